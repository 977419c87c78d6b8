/* esim_bss_fuzz.c -- an order management's answers: what is taken from them is what it has to be. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "es_id.h"
#include "es_text.h"
#include "esim_activation_code.h"
#include "esim_bss_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct esim_heard *h)
{
	struct esim_activation_code code;
	struct es_imsi imsi;

	assert(h->outcome <= ESIM_HEARD_LOST && h->retry_after_ms >= 0 && strlen(h->reason) <= ESIM_REASON);
	assert(h->outcome == ESIM_HEARD_DONE || (h->reason[0] != '\0' && h->iccid[0] == '\0' && h->plan[0] == '\0'));
	assert(es_text_is_clean_utf8(es_slice_str(h->reason)));
	assert(h->iccid[0] == '\0' || (strlen(h->iccid) >= 18 && strlen(h->iccid) <= ESIM_ICCID));
	assert(h->imsi[0] == '\0' || es_imsi_parse(es_slice_str(h->imsi), &imsi) == ES_OK);
	assert(h->smdp_address[0] == '\0' || esim_is_host(es_slice_str(h->smdp_address)));
	if (h->activation_code[0] == '\0')
		return;
	assert(esim_activation_code_parse(es_slice_str(h->activation_code), &code) == ES_OK);
	assert(code.text.len == strlen(h->activation_code) && es_slice_eq_str(code.matching_id, h->matching_id));
}

/* The first octet says step and status. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long codes[] = { 200, 204, 302, 404, 409, 422, 500, 503 };
	static const char *const steps[] = { "order", "cancel" };
	struct esim_heard heard;

	if (size == 0)
		return 0;
	(void)esim_bss_read(steps[data[0] / 8 % 2], codes[data[0] % 8], es_slice_of(data + 1, size - 1),
	                    (int64_t)data[0] - 1, &heard);
	check(&heard);
	return 0;
}
