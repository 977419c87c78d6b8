/* esim_form_fuzz.c -- what operators write: what is taken from it is what it has to be. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_id.h"
#include "es_json.h"
#include "es_text.h"
#include "esim_activation_code.h"
#include "esim_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_profile(const struct esim_profile *p)
{
	struct esim_activation_code code;

	assert(p->app == ESIM_COMPANION || p->app == ESIM_PRIMARY);
	assert((p->app == ESIM_COMPANION) == (p->service != ESIM_SERVICE_NONE));
	assert(p->status >= ESIM_ACTIVATED && p->status <= ESIM_DEACTIVATED);
	assert(p->eid[0] != '\0' || p->device[0] != '\0');
	assert(p->eid[0] == '\0' || strlen(p->eid) == ESIM_EID);
	assert(es_text_is_clean_utf8(es_slice_str(p->device)) && es_text_is_clean_utf8(es_slice_str(p->name)));
	assert(!p->by_address || (esim_is_host(es_slice_str(p->smdp_address)) && p->eid[0] != '\0'));
	assert(p->activation_code[0] == '\0' ||
	       esim_activation_code_parse(es_slice_str(p->activation_code), &code) == ES_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct esim_profile profile;
	struct esim_stock_row row;
	struct esim_fault fault = { NULL, NULL };

	if (es_json_parse(es_slice_of(data, size), ES_JSON_SMALL, &json) != ES_OK || !cJSON_IsObject(json))
		return 0;
	memset(&profile, 0xa5, sizeof profile); /* nothing of what was there counts */
	if (esim_form_profile(json, &profile, &fault))
		check_profile(&profile);
	else
		assert(fault.field != NULL && fault.text != NULL);
	if (esim_form_stock(json, &row, &fault))
		assert(strlen(row.iccid) >= 18 && strlen(row.iccid) <= ESIM_ICCID && row.profile_type[0] != '\0');
	return 0;
}
