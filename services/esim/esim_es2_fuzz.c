/* esim_es2_fuzz.c -- answers and notices of an SM-DP+: what is taken from them is of its form, and no refusal is taken for a
 * profile. */
#undef NDEBUG /* the checks are the point, in every build */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "es_cleanup.h"
#include "esim_es2_notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_iccid(const char *text)
{
	assert(strlen(text) >= 18 && strspn(text, "0123456789") == strlen(text));
}

static void answers_are_of_their_form(struct es_slice body)
{
	static const struct esim_es2_request requests[] = {
		{ .function = ESIM_ES2_DOWNLOAD_ORDER, .profile_type = "t" },
		{ .function = ESIM_ES2_DOWNLOAD_ORDER, .iccid = "8900000000000000001", .is_repeat = true },
		{ .function = ESIM_ES2_CONFIRM_ORDER, .iccid = "8900000000000000001" },
		{ .function = ESIM_ES2_CONFIRM_ORDER, .iccid = "8900000000000000001", .matching_id = "M", .is_repeat = true },
		{ .function = ESIM_ES2_CANCEL_ORDER, .iccid = "8900000000000000001" },
		{ .function = ESIM_ES2_RELEASE_PROFILE, .iccid = "8900000000000000001", .is_repeat = true },
	};

	for (size_t i = 0; i < ES_COUNT(requests); i++) {
		struct esim_heard heard;

		if (!esim_es2_read(&requests[i], body, &heard))
			assert(heard.outcome == ESIM_HEARD_LOST);
		assert(strlen(heard.reason) < sizeof heard.reason);
		assert(strpbrk(heard.matching_id, "$ \"\r\n") == NULL && strpbrk(heard.smdp_address, "$/:@ \r\n") == NULL);
		if (heard.outcome == ESIM_HEARD_DONE && requests[i].function == ESIM_ES2_DOWNLOAD_ORDER)
			is_iccid(heard.iccid);
		if (heard.outcome == ESIM_HEARD_DONE && requests[i].function == ESIM_ES2_CONFIRM_ORDER)
			assert(heard.matching_id[0] != '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct es_slice body = es_slice_of(data, size);
	struct esim_es2_notice notice;

	answers_are_of_their_form(body);
	if (esim_es2_notice_read(body, &notice) != ES_OK)
		return 0;
	is_iccid(notice.iccid);
	assert(notice.point > 0 && notice.timestamp_ms >= 0 && !(notice.is_ok && notice.is_final));
	assert(notice.eid[0] == '\0' || strlen(notice.eid) == ESIM_EID);
	return 0;
}
