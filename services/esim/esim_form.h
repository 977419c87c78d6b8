/* esim_form.h -- what operators write: a profile that another channel activated, a row of the stock. Pure.
 *
 * Whatever comes from outside is hostile until read here. */
#ifndef ESIM_FORM_H
#define ESIM_FORM_H

#include <cjson/cJSON.h>

#include "esim_types.h"

struct esim_fault {
	const char *field; /* points into the JSON, or is static */
	const char *text;
};

const char *esim_status_name(uint8_t status);

/* Fills in what a person may write of a profile, and leaves the rest as it is. False, with `fault`: a member is unknown,
 * missing or not good. */
bool esim_form_profile(const cJSON *json, struct esim_profile *out, struct esim_fault *fault);

struct esim_stock_row {
	char iccid[ESIM_ICCID + 1], profile_type[ESIM_NAME + 1];
};
bool esim_form_stock(const cJSON *json, struct esim_stock_row *out, struct esim_fault *fault);

#endif
