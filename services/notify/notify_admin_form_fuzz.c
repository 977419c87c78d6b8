/* notify_admin_form_fuzz.c -- bodies that operators send about notifications. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "es_cleanup.h"
#include "notify_admin_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ES_CLEANUP(es_json_done) cJSON *body = NULL;
	struct notify_fault fault = { NULL, NULL };
	struct notify_test test;
	uint32_t rate = 0;

	if (es_json_parse(es_slice_of(data, size), ES_JSON_SMALL, &body) != ES_OK || !cJSON_IsObject(body))
		return 0;
	if (notify_form_test(body, &test, &fault)) {
		if (test.app_count > NOTIFY_APPS_MAX || test.terminal_id == NULL)
			abort();
		(void)notify_test_means(&test, "ap2004", "phone-1", NOTIFY_FCM);
	} else if (fault.field == NULL || fault.text == NULL) {
		abort();
	}
	if (notify_form_rate(body, &rate, &fault) && (rate == 0 || rate > NOTIFY_RATE_MAX))
		abort();
	return 0;
}
