/* notify_provider_fuzz.c -- answers of push providers and token endpoints: the first octet is the status, by number. */
#undef NDEBUG /* the checks are the point, in every build */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "es_cleanup.h"
#include "notify_apns.h"
#include "notify_fcm.h"
#include "notify_oauth.h"
#include "notify_wns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const long codes[] = { 200, 201, 302, 400, 401, 403, 404, 405, 406, 408, 410, 413, 429, 500, 502, 503 };

static void is_well_formed(const struct notify_heard *heard)
{
	assert(heard->verdict <= NOTIFY_STOPPED && heard->reason < NOTIFY_REASONS && heard->gone_ms >= 0);
	assert(heard->wait_ms >= 0 && heard->wait_ms <= NOTIFY_WAIT_MAX_MS);
	assert(memchr(heard->detail, '\0', sizeof heard->detail) != NULL);
	for (const char *c = heard->detail; *c != '\0'; c++)
		assert(*c >= ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const all[])(const struct notify_answer *,
	                           struct notify_reply *) = { notify_apns_heard, notify_fcm_heard, notify_wns_heard };
	ES_CLEANUP(es_buf_wipe) struct es_buf bearer;
	struct notify_heard why;
	int64_t life = 0;

	es_buf_init(&bearer, 8192);
	if (size == 0)
		return 0;
	const struct es_slice rest = es_slice_of(data + 1, size - 1);
	const struct notify_answer answer = { .code = codes[data[0] % ES_COUNT(codes)],
		                                  .body = rest,
		                                  .said = es_slice_sub(rest, 0, 80),
		                                  .retry_after_ms = data[0] > 127 ? data[0] * INT64_C(100000) : -1 };
	for (size_t i = 0; i < ES_COUNT(all); i++) {
		struct notify_reply reply;
		all[i](&answer, &reply);
		is_well_formed(&reply.heard);
		assert(reply.rest_ms >= 0 && reply.rest_ms <= NOTIFY_REST_MAX_MS);
		assert(reply.heard.verdict != NOTIFY_ACCEPTED || answer.code == 200);
		assert(reply.heard.verdict != NOTIFY_GONE || answer.code >= 400);
	}
	if (notify_oauth_read(&answer, &bearer, &life, &why))
		assert(answer.code == 200 && life > 0 && bearer.len > 7 && memchr(bearer.ptr, '\n', bearer.len) == NULL);
	else
		is_well_formed(&why);
	return 0;
}
