/* notify_provider_test.c -- requests to Apple, Google and Microsoft, and each row of what their answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "notify_apns.h"
#include "notify_fcm.h"
#include "notify_oauth.h"
#include "notify_payload.h"
#include "notify_wns.h"

#define MINUTE INT64_C(60000)
#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define AT INT64_C(1767225600123) /* 2026-01-01T00:00:00.123Z */

static struct notify_message message_of(size_t apps)
{
	return (struct notify_message){ .tenant = "demo",
		                            .imsi = "001010123456789",
		                            .address = ES_SLICE_LIT(TOKEN),
		                            .apps = { "ap2003", "ap2004", "ap2005" },
		                            .app_count = apps,
		                            .now_ms = AT,
		                            .expires_ms = AT + 3600000,
		                            .id = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
		                            .collapse = "c0ffee" };
}

/* ---- payloads ---- */

static void writes(const char *template, size_t apps, const char *expected)
{
	const struct notify_message m = message_of(apps);
	char room[4096] = "";
	struct es_buf out;

	es_buf_init_fixed(&out, room, sizeof room - 1);
	notify_payload_write(template, &m, &out);
	assert_int_equal(es_buf_status(&out), ES_OK);
	assert_string_equal(room, expected);
}

/* V12-NOTIF-05, V12-NOTIF-06, V12-NOTIF-07 */
static void test_one_application_is_a_string_and_several_are_an_array_with_a_time_that_has_a_zone(void **state)
{
	(void)state;
	writes(NOTIFY_PAYLOAD, 1, "{\"data\":{\"app\":\"ap2003\",\"timestamp\":\"2026-01-01T00:00:00+00:00\"}}");
	writes(NOTIFY_PAYLOAD, 2,
	       "{\"data\":{\"app\":[\"ap2003\",\"ap2004\"],\"timestamp\":\"2026-01-01T00:00:00+00:00\"}}");
	writes(NOTIFY_PAYLOAD_APNS, 1,
	       "{\"aps\":{\"content-available\":1},\"data\":{\"app\":\"ap2003\",\"timestamp\":\"2026-01-01T00:00:00+00:"
	       "00\"}}");
}

static void test_where_only_strings_are_allowed_the_array_is_text(void **state)
{
	(void)state;
	writes(NOTIFY_PAYLOAD_FCM, 1, "{\"app\":\"ap2003\",\"timestamp\":\"2026-01-01T00:00:00+00:00\"}");
	writes(NOTIFY_PAYLOAD_FCM, 2,
	       "{\"app\":\"[\\\"ap2003\\\",\\\"ap2004\\\"]\",\"timestamp\":\"2026-01-01T00:00:00+00:00\"}");
}

static void test_a_template_that_makes_no_payload_is_known_at_the_start(void **state)
{
	(void)state;
	assert_null(notify_payload_fault(NOTIFY_PAYLOAD, 4096, false));
	assert_null(notify_payload_fault(NOTIFY_PAYLOAD_APNS, 4096, false));
	assert_null(notify_payload_fault(NOTIFY_PAYLOAD_FCM, 4096, true));
	assert_null(
		notify_payload_fault("{\"data\":\"{imsi} {app_text}\",\"a\":{app},\"t\":\"{timestamp}\"}", 4096, false));
	assert_non_null(notify_payload_fault(NOTIFY_PAYLOAD, 4096, true));
	assert_non_null(notify_payload_fault(NOTIFY_PAYLOAD, 100, false));
	assert_non_null(notify_payload_fault("{\"data\":{app}}", 4096, false));
	assert_non_null(notify_payload_fault("{\"t\":\"{timestamp}\"}", 4096, false));
	assert_non_null(notify_payload_fault("{\"app\":\"{app}\",\"t\":\"{timestamp}\"}", 4096, false));
}

/* ---- requests ---- */

static const char *header_of(const struct notify_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	return NULL;
}

static void tells_nobody(const struct notify_request *request)
{
	char text[8192];

	assert_true(es_slice_to_str(request->body, text, sizeof text));
	assert_null(strstr(text, "001010123456789"));
	assert_null(strstr(text, "demo"));
	for (size_t i = 0; i < request->header_count; i++)
		assert_null(strstr(request->headers[i].value, "001010123456789"));
}

static void test_a_request_to_apple_has_its_headers_and_no_identity(void **state)
{
	const struct notify_apns_settings settings = { .urls = { "https://one", "https://two" },
		                                           .topic = "com.example.carrier",
		                                           .push_type = "background",
		                                           .priority = "5",
		                                           .payload = NOTIFY_PAYLOAD_APNS };
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
	const struct notify_message m = message_of(1);
	struct notify_request r;

	(void)state;
	assert_int_equal(notify_apns_request(&settings, &m, 1, "bearer x", arena, &r), ES_OK);
	assert_string_equal(r.url, "https://two/3/device/" TOKEN);
	assert_string_equal(header_of(&r, "authorization"), "bearer x");
	assert_string_equal(header_of(&r, "apns-topic"), "com.example.carrier");
	assert_string_equal(header_of(&r, "apns-push-type"), "background");
	assert_string_equal(header_of(&r, "apns-priority"), "5");
	assert_string_equal(header_of(&r, "apns-expiration"), "1767229200");
	assert_string_equal(header_of(&r, "apns-collapse-id"), "c0ffee");
	assert_string_equal(header_of(&r, "apns-id"), "01020304-0506-0708-090a-0b0c0d0e0f10");
	tells_nobody(&r);
	assert_int_equal(notify_apns_request(&settings, &m, 0, "", arena, &r), ES_OK);
	assert_string_equal(r.url, "https://one/3/device/" TOKEN);
	assert_null(header_of(&r, "authorization"));
}

static void test_what_apple_does_not_take_together_is_refused_at_the_start(void **state)
{
	static const struct {
		const char *type, *priority, *topic;
		bool is_right;
	} rows[] = {
		{ "background", "5", "com.example", true },
		{ "background", "10", "com.example", false },
		{ "background", "1", "com.example", false },
		{ "alert", "10", "com.example", true },
		{ "alert", "1", "com.example", true },
		{ "alert", "7", "com.example", false },
		{ "voip", "10", "com.example.voip", true },
		{ "voip", "10", "com.example", false },
		{ "complication", "5", "com.example", false },
		{ "secret", "5", "com.example", false },
		{ "alert", "5", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const struct notify_apns_settings settings = { .topic = rows[i].topic,
			                                           .push_type = rows[i].type,
			                                           .priority = rows[i].priority,
			                                           .payload = NOTIFY_PAYLOAD_APNS };
		assert_int_equal(notify_apns_fault(&settings) == NULL, rows[i].is_right);
	}
}

static void test_a_request_to_google_has_all_as_text_and_no_identity(void **state)
{
	const struct notify_fcm_settings settings = { .url = "https://one/v1/projects/p/messages:send",
		                                          .priority = "high",
		                                          .package = "com.example.ims",
		                                          .data = NOTIFY_PAYLOAD_FCM,
		                                          .collapses = true,
		                                          .direct_boot = true };
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
	const struct notify_message m = message_of(2);
	struct notify_request r;

	(void)state;
	assert_int_equal(notify_fcm_request(&settings, &m, "Bearer x", arena, &r), ES_OK);
	assert_string_equal(r.url, settings.url);
	assert_string_equal(header_of(&r, "Authorization"), "Bearer x");
	assert_true(es_slice_eq_str(
		r.body,
		"{\"message\":{\"token\":\"" TOKEN "\",\"data\":{\"app\":\"[\\\"ap2003\\\",\\\"ap2004\\\"]\","
		"\"timestamp\":\"2026-01-01T00:00:00+00:00\"},\"android\":{\"priority\":\"HIGH\",\"ttl\":\"3600s\","
		"\"collapse_key\":\"c0ffee\",\"restricted_package_name\":\"com.example.ims\",\"direct_boot_ok\":true}}}"));
	tells_nobody(&r);
}

static void test_a_request_to_windows_goes_to_its_hosts_alone(void **state)
{
	const struct notify_wns_settings settings = { .host_suffix = "notify.windows.com",
		                                          .payload = NOTIFY_PAYLOAD,
		                                          .caches = true };
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
	struct notify_message m = message_of(1);
	struct notify_request r;

	(void)state;
	m.address = ES_SLICE_LIT("https://db5.notify.windows.com/w/?token=AwYAAAB%2f");
	assert_int_equal(notify_wns_request(&settings, &m, "Bearer x", arena, &r), ES_OK);
	assert_string_equal(r.url, "https://db5.notify.windows.com/w/?token=AwYAAAB%2f");
	assert_string_equal(header_of(&r, "X-WNS-Type"), "wns/raw");
	assert_string_equal(header_of(&r, "X-WNS-TTL"), "3600");
	assert_string_equal(header_of(&r, "X-WNS-Cache-Policy"), "cache");
	assert_string_equal(header_of(&r, "Content-Type"), "application/octet-stream");
	tells_nobody(&r);
	m.address = ES_SLICE_LIT("https://evil.example/w/?token=AwYAAAB%2f");
	assert_int_equal(notify_wns_request(&settings, &m, "Bearer x", arena, &r), ES_DENIED);
}

static void test_a_channel_uri_leads_nowhere_but_to_the_service(void **state)
{
	static const struct {
		const char *uri;
		bool is_allowed;
	} rows[] = {
		{ "https://notify.windows.com/x", true },
		{ "https://DB5.Notify.Windows.COM/x", true },
		{ "HTTPS://a.b.notify.windows.com?x=1", true },
		{ "https://a.notify.windows.com:443/x", true },
		{ "https://a.notify.windows.com", true },
		{ "https://a.notify.windows.com:8443/x", false },
		{ "https://a.notify.windows.com:/x", false },
		{ "https://a.notify.windows.com:443:8443/x", false },
		{ "http://a.notify.windows.com/x", false },
		{ "https:/a.notify.windows.com/x", false },
		{ "https://evilnotify.windows.com/x", false },
		{ "https://notify.windows.com.evil.example/x", false },
		{ "https://evil.example/notify.windows.com", false },
		{ "https://evil.example?.notify.windows.com", false },
		{ "https://evil.example#.notify.windows.com", false },
		{ "https://evil.example\\.notify.windows.com/x", false },
		{ "https://evil.example%2f.notify.windows.com/x", false },
		{ "https://user@a.notify.windows.com/x", false },
		{ "https://a.notify.windows.com@evil.example/x", false },
		{ "https://a.notify.windows.com:443@evil.example/x", false },
		{ "https://127.0.0.1/x", false },
		{ "https://[::1]/x", false },
		{ "https://.notify.windows.com/x", false },
		{ "https://a.notify.windows.com./x", false },
		{ "https://a.notify.windows.com/x y", false },
		{ "https://a.notify.windows.com/x#y", false },
		{ "https:///x", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		if (notify_wns_uri_is_allowed(es_slice_str(rows[i].uri), "notify.windows.com", 0) != rows[i].is_allowed)
			fail_msg("%s", rows[i].uri);
	assert_true(notify_wns_uri_is_allowed(ES_SLICE_LIT("https://127.0.0.1:99/x"), "127.0.0.1", 99));
	assert_false(notify_wns_uri_is_allowed(ES_SLICE_LIT("https://127.0.0.1:98/x"), "127.0.0.1", 99));
}

/* ---- answers ---- */

struct row {
	long code;
	const char *word;
	enum notify_verdict verdict;
	enum notify_reason reason;
	enum notify_remedy remedy;
	int64_t wait_ms;
	bool rests, leaves;
};

typedef void hear(const struct notify_answer *answer, struct notify_reply *reply);

static struct notify_reply reply_to(hear *heard, long code, const char *body, const char *said, int64_t retry_after_ms)
{
	const struct notify_answer answer = { .code = code,
		                                  .body = es_slice_str(body),
		                                  .said = es_slice_str(said),
		                                  .retry_after_ms = retry_after_ms,
		                                  .now_ms = AT };
	struct notify_reply reply;

	memset(&reply, 0xff, sizeof reply);
	heard(&answer, &reply);
	return reply;
}

static void is_row(const struct row *row, const struct notify_reply *reply)
{
	if (reply->heard.verdict != row->verdict || reply->heard.reason != row->reason || reply->remedy != row->remedy ||
	    reply->heard.wait_ms != row->wait_ms || (reply->rest_ms > 0) != row->rests || reply->leaves != row->leaves)
		fail_msg("%ld %s: verdict %d, reason %s, remedy %d, wait %lld, rest %lld, leaves %d", row->code, row->word,
		         reply->heard.verdict, notify_reason_names[reply->heard.reason], reply->remedy,
		         (long long)reply->heard.wait_ms, (long long)reply->rest_ms, reply->leaves);
	assert_int_equal(reply->is_sound, row->code < 500 && row->reason != NOTIFY_WHY_NOT_READABLE);
}

/* Apple's table, row by row; the words of the columns are those of the classes there. */
#define CONFIG NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL
#define BUG NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE
static const struct row apple[] = {
	{ 200, "", NOTIFY_ACCEPTED, NOTIFY_WHY_NONE, 0, 0, 0, 0 },
	{ 400, "BadDeviceToken", NOTIFY_GONE, NOTIFY_WHY_TOKEN, NOTIFY_OTHER_HOST, 0, 0, 0 },
	{ 400, "DeviceTokenNotForTopic", NOTIFY_REFUSED, NOTIFY_WHY_SENDER, 0, 0, 0, 0 },
	{ 400, "BadCollapseId", BUG, 0, 0, 0, 0 },
	{ 400, "BadExpirationDate", BUG, 0, 0, 0, 0 },
	{ 400, "BadMessageId", BUG, 0, 0, 0, 0 },
	{ 400, "BadPriority", BUG, 0, 0, 0, 0 },
	{ 400, "InvalidPushType", BUG, 0, 0, 0, 0 },
	{ 400, "PayloadEmpty", BUG, 0, 0, 0, 0 },
	{ 400, "DuplicateHeaders", BUG, 0, 0, 0, 0 },
	{ 400, "MissingDeviceToken", BUG, 0, 0, 0, 0 },
	{ 400, "BadTopic", BUG, 0, 0, 0, 0 },
	{ 400, "MissingTopic", BUG, 0, 0, 0, 0 },
	{ 400, "TopicDisallowed", BUG, 0, 0, 0, 0 },
	{ 400, "IdleTimeout", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, NOTIFY_NEW_CONNECTION, 0, 0, 0 },
	{ 403, "ExpiredProviderToken", CONFIG, NOTIFY_NEW_CREDENTIAL, 0, 0, 0 },
	{ 403, "InvalidProviderToken", CONFIG, 0, 0, 0, 0 },
	{ 403, "MissingProviderToken", CONFIG, 0, 0, 0, 0 },
	{ 403, "Forbidden", CONFIG, 0, 0, 0, 0 },
	{ 403, "BadCertificate", CONFIG, 0, 0, 0, 0 },
	{ 403, "BadCertificateEnvironment", CONFIG, 0, 0, 0, 0 },
	{ 403, "UnrelatedKeyIdInToken", CONFIG, 0, 0, 0, 0 },
	{ 403, "BadEnvironmentKeyInToken", CONFIG, 0, 0, 0, 0 },
	{ 403, "InvalidSigningKey", CONFIG, 0, 0, 0, 0 },
	{ 404, "BadPath", BUG, 0, 0, 0, 0 },
	{ 405, "MethodNotAllowed", BUG, 0, 0, 0, 0 },
	{ 410, "Unregistered", NOTIFY_GONE, NOTIFY_WHY_TOKEN, 0, 0, 0, 0 },
	{ 410, "ExpiredToken", NOTIFY_GONE, NOTIFY_WHY_TOKEN, 0, 0, 0, 0 },
	{ 413, "PayloadTooLarge", BUG, 0, 0, 0, 0 },
	{ 429, "TooManyProviderTokenUpdates", NOTIFY_LATER, NOTIFY_WHY_RATE, 0, MINUTE, 1, 0 },
	{ 429, "TooManyRequests", NOTIFY_LATER, NOTIFY_WHY_DEVICE_RATE, 0, 5 * MINUTE, 0, 0 },
	{ 500, "InternalServerError", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, 0, 0, 0, 1 },
	{ 503, "ServiceUnavailable", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, 0, 0, 0, 0 },
	{ 503, "Shutdown", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, 0, 0, 0, 1 },
	/* words that nobody told of: by the class of the status */
	{ 400, "BadWeather", BUG, 0, 0, 0, 0 },
	{ 403, "BadWeather", CONFIG, 0, 0, 0, 0 },
	{ 410, "BadWeather", NOTIFY_GONE, NOTIFY_WHY_TOKEN, 0, 0, 0, 0 },
	{ 429, "BadWeather", NOTIFY_LATER, NOTIFY_WHY_RATE, 0, MINUTE, 1, 0 },
	{ 502, "BadWeather", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, 0, 0, 0, 0 },
};

static void test_every_reason_of_apples_means_what_its_table_says(void **state)
{
	char body[128];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(apple); i++) {
		(void)snprintf(body, sizeof body, "{\"reason\":\"%s\"}", apple[i].word);
		const struct notify_reply reply =
			reply_to(notify_apns_heard, apple[i].code, apple[i].code == 200 ? "" : body, "", -1);
		is_row(&apple[i], &reply);
		assert_int_equal(reply.keeps_credential, strcmp(apple[i].word, "TooManyProviderTokenUpdates") == 0);
	}
}

static void test_apple_says_since_when_a_token_is_gone(void **state)
{
	struct notify_reply reply =
		reply_to(notify_apns_heard, 410, "{\"reason\":\"Unregistered\",\"timestamp\":1767225500000}", "", -1);

	(void)state;
	assert_int_equal(reply.heard.gone_ms, 1767225500000);
	assert_string_equal(reply.heard.detail, "410 Unregistered");
	reply = reply_to(notify_apns_heard, 410, "{\"reason\":\"Unregistered\",\"timestamp\":-5}", "", -1);
	assert_int_equal(reply.heard.gone_ms, 0);
	reply = reply_to(notify_apns_heard, 429, "{\"reason\":\"TooManyRequests\"}", "", 20 * MINUTE);
	assert_int_equal(reply.heard.wait_ms, 20 * MINUTE);
	reply = reply_to(notify_apns_heard, 503, "{\"reason\":\"ServiceUnavailable\"}", "", 24 * 60 * MINUTE);
	assert_int_equal(reply.heard.wait_ms, NOTIFY_WAIT_MAX_MS);
	assert_int_equal(reply.rest_ms, NOTIFY_REST_MAX_MS);
}

/* Google's table: status, errorCode of FcmError. */
static const struct row google[] = {
	{ 404, "UNREGISTERED", NOTIFY_GONE, NOTIFY_WHY_TOKEN, 0, 0, 0, 0 },
	{ 400, "INVALID_ARGUMENT", BUG, 0, 0, 0, 0 },
	{ 403, "SENDER_ID_MISMATCH", NOTIFY_GONE, NOTIFY_WHY_SENDER, 0, 0, 0, 0 },
	{ 401, "THIRD_PARTY_AUTH_ERROR", NOTIFY_REFUSED, NOTIFY_WHY_CREDENTIAL, 0, 0, 0, 0 },
	{ 401, "APNS_AUTH_ERROR", NOTIFY_REFUSED, NOTIFY_WHY_CREDENTIAL, 0, 0, 0, 0 },
	{ 401, "", CONFIG, NOTIFY_NEW_CREDENTIAL, 0, 0, 0 },
	{ 403, "", CONFIG, 0, 0, 0, 0 },
	{ 404, "", CONFIG, 0, 0, 0, 0 },
	{ 400, "", BUG, 0, 0, 0, 0 },
	{ 429, "QUOTA_EXCEEDED", NOTIFY_LATER, NOTIFY_WHY_RATE, 0, MINUTE, 1, 0 },
	{ 429, "", NOTIFY_LATER, NOTIFY_WHY_RATE, 0, MINUTE, 1, 0 },
	{ 503, "UNAVAILABLE", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, 0, 10000, 0, 0 },
	{ 500, "INTERNAL", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, 0, 10000, 0, 0 },
	{ 503, "", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, 0, 10000, 0, 0 },
	/* the errorCode counts before the status */
	{ 400, "UNREGISTERED", NOTIFY_GONE, NOTIFY_WHY_TOKEN, 0, 0, 0, 0 },
	{ 418, "BAD_WEATHER", BUG, 0, 0, 0, 0 },
	{ 403, "BAD_WEATHER", CONFIG, 0, 0, 0, 0 },
};

#define FCM_DETAIL "{\"@type\":\"type.googleapis.com/google.firebase.fcm.v1.FcmError\",\"errorCode\":\"%s\"}"

static void test_every_error_of_googles_means_what_its_table_says(void **state)
{
	char body[512];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(google); i++) {
		(void)snprintf(
			body, sizeof body, "{\"error\":{\"status\":\"X\",\"details\":[{\"@type\":\"a/b\"}%s" FCM_DETAIL "%s]}}",
			google[i].word[0] != '\0' ? "," : ",{\"not\":", google[i].word, google[i].word[0] != '\0' ? "" : "}");
		const struct notify_reply reply = reply_to(notify_fcm_heard, google[i].code, body, "", -1);
		is_row(&google[i], &reply);
	}
	const struct notify_reply reply = reply_to(notify_fcm_heard, 200, "{\"name\":\"projects/p/messages/1\"}", "", -1);
	assert_int_equal(reply.heard.verdict, NOTIFY_ACCEPTED);
}

#define BAD_REQUEST "{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\",\"fieldViolations\":[{\"field\":\"%s\"}]}"

static struct notify_reply reply_to_argument(const char *field)
{
	char body[1024];

	(void)snprintf(body, sizeof body,
	               "{\"error\":{\"status\":\"INVALID_ARGUMENT\",\"details\":[" BAD_REQUEST "," FCM_DETAIL "]}}", field,
	               "INVALID_ARGUMENT");
	return reply_to(notify_fcm_heard, 400, body, "", -1);
}

static void test_a_message_that_google_calls_malformed_takes_no_token_along(void **state)
{
	struct notify_reply reply = reply_to_argument("message.data");

	(void)state;
	assert_int_equal(reply.heard.verdict, NOTIFY_REFUSED);
	reply = reply_to_argument("message.token");
	assert_int_equal(reply.heard.verdict, NOTIFY_GONE);
	assert_int_equal(reply.heard.reason, NOTIFY_WHY_TOKEN);
}

static void test_google_says_when_to_come_again_and_whose_quota_it_is(void **state)
{
	static const char device[] =
		"{\"error\":{\"details\":[{\"@type\":\"x/"
		"google.rpc.QuotaFailure\",\"violations\":[{\"subject\":\"device:1\"}]},"
		"{\"@type\":\"x/google.firebase.fcm.v1.FcmError\",\"errorCode\":\"QUOTA_EXCEEDED\"}]}}";
	struct notify_reply reply = reply_to(notify_fcm_heard, 429, device, "", -1);

	(void)state;
	assert_int_equal(reply.heard.reason, NOTIFY_WHY_DEVICE_RATE);
	assert_int_equal(reply.rest_ms, 0);
	reply = reply_to(notify_fcm_heard, 503, "{\"error\":{}}", "", 30000);
	assert_int_equal(reply.heard.wait_ms, 30000);
	assert_int_equal(reply.rest_ms, 30000);
}

static const struct row windows[] = {
	{ 200, "received", NOTIFY_ACCEPTED, NOTIFY_WHY_NONE, 0, 0, 0, 0 },
	{ 200, "dropped", BUG, 0, 0, 0, 0 },
	{ 200, "channelthrottled", NOTIFY_LATER, NOTIFY_WHY_DEVICE_RATE, 0, 5 * MINUTE, 0, 0 },
	{ 200, "", NOTIFY_LATER, NOTIFY_WHY_NOT_READABLE, 0, 0, 0, 0 },
	{ 400, "", BUG, 0, 0, 0, 0 },
	{ 401, "", CONFIG, NOTIFY_NEW_CREDENTIAL, 0, 0, 0 },
	{ 403, "", NOTIFY_REFUSED, NOTIFY_WHY_SENDER, 0, 0, 0, 0 },
	{ 404, "", NOTIFY_GONE, NOTIFY_WHY_TOKEN, 0, 0, 0, 0 },
	{ 405, "", BUG, 0, 0, 0, 0 },
	{ 406, "", NOTIFY_LATER, NOTIFY_WHY_RATE, 0, MINUTE, 1, 0 },
	{ 410, "", NOTIFY_GONE, NOTIFY_WHY_TOKEN, 0, 0, 0, 0 },
	{ 413, "", BUG, 0, 0, 0, 0 },
	{ 500, "", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, 0, 0, 0, 0 },
	{ 503, "", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, 0, 0, 0, 0 },
	{ 418, "", BUG, 0, 0, 0, 0 },
	{ 302, "", NOTIFY_LATER, NOTIFY_WHY_NOT_READABLE, 0, 0, 0, 0 },
};

static void test_every_status_of_windows_means_what_its_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(windows); i++) {
		const struct notify_reply reply = reply_to(notify_wns_heard, windows[i].code, "", windows[i].word, -1);
		is_row(&windows[i], &reply);
	}
	assert_int_equal(reply_to(notify_wns_heard, 406, "", "", 90000).rest_ms, 90000);
}

/* A proxy, a captive portal, a page of maintenance: nobody's token is gone because of them. */
static void test_what_is_no_answer_of_the_provider_gives_nothing_up(void **state)
{
	static const char *const bodies[] = { "", "<html>", "[]", "{}", "{\"error\":\"no\"}" };
	static const long codes[] = { 201, 302, 400, 401, 403, 404, 410, 429, 500, 503 };

	(void)state;
	for (size_t b = 0; b < ES_COUNT(bodies); b++)
		for (size_t c = 0; c < ES_COUNT(codes); c++) {
			assert_int_equal(reply_to(notify_apns_heard, codes[c], bodies[b], "", -1).heard.verdict, NOTIFY_LATER);
			assert_int_equal(reply_to(notify_fcm_heard, codes[c], bodies[b], "", -1).heard.verdict, NOTIFY_LATER);
		}
	assert_int_equal(reply_to(notify_fcm_heard, 200, "<html>", "", -1).heard.reason, NOTIFY_WHY_NOT_READABLE);
}

static void test_a_word_of_a_provider_is_clean_in_our_log(void **state)
{
	const struct notify_reply reply = reply_to(notify_apns_heard, 400, "{\"reason\":\"a\\nb\\u00e4\"}", "", -1);

	(void)state;
	assert_string_equal(reply.heard.detail, "400 a?b??");
}

/* ---- access tokens ---- */

static bool reads(long code, const char *body, char *bearer, int64_t *life, struct notify_heard *why)
{
	const struct notify_answer answer = { .code = code, .body = es_slice_str(body), .retry_after_ms = -1 };
	struct es_buf out;

	memset(bearer, 0, 256);
	es_buf_init_fixed(&out, bearer, 255);
	return notify_oauth_read(&answer, &out, life, why);
}

static void test_an_access_token_is_taken_with_its_life(void **state)
{
	struct notify_heard why;
	char bearer[256];
	int64_t life = 0;

	(void)state;
	assert_true(
		reads(200, "{\"access_token\":\"abc\",\"token_type\":\"bearer\",\"expires_in\":3599}", bearer, &life, &why));
	assert_string_equal(bearer, "Bearer abc");
	assert_int_equal(life, 3599000);
	assert_true(reads(200, "{\"access_token\":\"abc\",\"token_type\":\"Bearer\"}", bearer, &life, &why));
	assert_int_equal(life, 60000);
	assert_false(reads(200, "{\"access_token\":\"a\\r\\nb\",\"token_type\":\"Bearer\"}", bearer, &life, &why));
	assert_int_equal(why.reason, NOTIFY_WHY_NOT_READABLE);
}

static void test_a_key_that_is_refused_stops_the_account_and_an_endpoint_that_fails_does_not(void **state)
{
	struct notify_heard why;
	char bearer[256];
	int64_t life;

	(void)state;
	assert_false(reads(400, "{\"error\":\"invalid_grant\"}", bearer, &life, &why));
	assert_int_equal(why.verdict, NOTIFY_STOPPED);
	assert_string_equal(why.detail, "400 invalid_grant");
	assert_false(reads(401, "{\"error\":\"unauthorized_client\"}", bearer, &life, &why));
	assert_int_equal(why.verdict, NOTIFY_STOPPED);
	assert_false(reads(404, "<html>", bearer, &life, &why));
	assert_int_equal(why.verdict, NOTIFY_LATER);
	assert_false(reads(503, "{\"error\":\"temporarily_unavailable\"}", bearer, &life, &why));
	assert_int_equal(why.verdict, NOTIFY_LATER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_application_is_a_string_and_several_are_an_array_with_a_time_that_has_a_zone),
		cmocka_unit_test(test_where_only_strings_are_allowed_the_array_is_text),
		cmocka_unit_test(test_a_template_that_makes_no_payload_is_known_at_the_start),
		cmocka_unit_test(test_a_request_to_apple_has_its_headers_and_no_identity),
		cmocka_unit_test(test_what_apple_does_not_take_together_is_refused_at_the_start),
		cmocka_unit_test(test_a_request_to_google_has_all_as_text_and_no_identity),
		cmocka_unit_test(test_a_request_to_windows_goes_to_its_hosts_alone),
		cmocka_unit_test(test_a_channel_uri_leads_nowhere_but_to_the_service),
		cmocka_unit_test(test_every_reason_of_apples_means_what_its_table_says),
		cmocka_unit_test(test_apple_says_since_when_a_token_is_gone),
		cmocka_unit_test(test_every_error_of_googles_means_what_its_table_says),
		cmocka_unit_test(test_a_message_that_google_calls_malformed_takes_no_token_along),
		cmocka_unit_test(test_google_says_when_to_come_again_and_whose_quota_it_is),
		cmocka_unit_test(test_every_status_of_windows_means_what_its_table_says),
		cmocka_unit_test(test_what_is_no_answer_of_the_provider_gives_nothing_up),
		cmocka_unit_test(test_a_word_of_a_provider_is_clean_in_our_log),
		cmocka_unit_test(test_an_access_token_is_taken_with_its_life),
		cmocka_unit_test(test_a_key_that_is_refused_stops_the_account_and_an_endpoint_that_fails_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
