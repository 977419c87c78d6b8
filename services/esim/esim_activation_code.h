/* esim_activation_code.h -- activation codes (SGP.22 4.1): 1$HOST$MATCHING-ID[$OID[$1[$KEY-ID]]]. Pure.
 *
 * A code is what a device downloads a profile with, as secret as that. */
#ifndef ESIM_ACTIVATION_CODE_H
#define ESIM_ACTIVATION_CODE_H

#include <stdbool.h>

#include "es_slice.h"
#include "es_status.h"

struct esim_activation_code {
	struct es_slice text;        /* without the LPA: of a QR code; this and the others are parts of what was read */
	struct es_slice host;        /* of the SM-DP+ */
	struct es_slice matching_id; /* may be empty */
	bool needs_confirmation;     /* the device asks its user for a confirmation code */
};
/* ES_MALFORMED: none, or of another format than 1. */
es_status esim_activation_code_parse(struct es_slice text, struct esim_activation_code *out) ES_MUST_USE;

/* Labels of letters, digits and hyphens, as an SM-DP+ is named. */
bool esim_is_host(struct es_slice text);

#endif
