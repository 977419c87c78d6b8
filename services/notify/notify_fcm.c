/* notify_fcm.c -- one message as FCM takes it, and its table of errors. Pure. */
#include "notify_fcm.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "notify_payload.h"

#define SECOND INT64_C(1000)
#define TTL_MAX_S (INT64_C(28) * 86400) /* longer ones FCM refuses */
#define BODY_MAX 16384
#define FCM_ERROR "type.googleapis.com/google.firebase.fcm.v1.FcmError"

/* By FcmError's errorCode, which says more than the status it came with. */
static const struct notify_row errors[] = {
	{ 0, "UNREGISTERED", NOTIFY_GONE, NOTIFY_WHY_TOKEN, .wait_ms = 0 },
	{ 0, "INVALID_ARGUMENT", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 }, /* of the token: see below */
	{ 0, "SENDER_ID_MISMATCH", NOTIFY_GONE, NOTIFY_WHY_SENDER, .wait_ms = 0 },
	/* What Firebase has for Apple's or a browser's own service: messages to other devices are taken. */
	{ 0, "THIRD_PARTY_AUTH_ERROR", NOTIFY_REFUSED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 0, "APNS_AUTH_ERROR", NOTIFY_REFUSED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 0, "QUOTA_EXCEEDED", NOTIFY_LATER, NOTIFY_WHY_RATE, .wait_ms = 60 * SECOND, .rests = true },
	{ 0, "UNAVAILABLE", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, .wait_ms = 10 * SECOND, .rests = true },
	{ 0, "INTERNAL", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, .wait_ms = 10 * SECOND, .rests = true },
};

/* Errors of Google's without an FcmError. */
static const struct notify_row statuses[] = {
	{ 400, NULL, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 401, NULL, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .remedy = NOTIFY_NEW_CREDENTIAL },
	{ 403, NULL, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 404, NULL, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 }, /* there is no such project */
	{ 429, NULL, NOTIFY_LATER, NOTIFY_WHY_RATE, .wait_ms = 60 * SECOND, .rests = true },
	{ 500, NULL, NOTIFY_LATER, NOTIFY_WHY_PROVIDER, .wait_ms = 10 * SECOND, .rests = true },
	{ 503, NULL, NOTIFY_LATER, NOTIFY_WHY_PROVIDER, .wait_ms = 10 * SECOND, .rests = true },
};
static const struct notify_row accepted = { .verdict = NOTIFY_ACCEPTED, .reason = NOTIFY_WHY_NONE };
static const struct notify_row bad_token = { .verdict = NOTIFY_GONE, .reason = NOTIFY_WHY_TOKEN };
static const struct notify_row device_rate = { .verdict = NOTIFY_LATER,
	                                           .reason = NOTIFY_WHY_DEVICE_RATE,
	                                           .wait_ms = 60 * SECOND };

/* ---- the request ---- */

static void put_android(const struct notify_fcm_settings *s, const struct notify_message *m, struct es_json_out *j,
                        struct es_arena *arena)
{
	const int64_t left_s = (m->expires_ms - m->now_ms) / SECOND;
	const int64_t ttl_s = left_s < 0 ? 0 : left_s > TTL_MAX_S ? TTL_MAX_S : left_s;

	es_json_object(j, "android");
	es_json_put_str(j, "priority", strcmp(s->priority, "high") == 0 ? "HIGH" : "NORMAL");
	es_json_put_str(j, "ttl", es_arena_printf(arena, "%llds", (long long)ttl_s));
	if (s->collapses)
		es_json_put_str(j, "collapse_key", m->collapse);
	if (s->package[0] != '\0')
		es_json_put_str(j, "restricted_package_name", s->package);
	if (s->direct_boot)
		es_json_put_bool(j, "direct_boot_ok", true);
	es_json_end_object(j);
}

es_status notify_fcm_request(const struct notify_fcm_settings *settings, const struct notify_message *message,
                             const char *bearer, struct es_arena *arena, struct notify_request *out)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf body, data;
	struct es_json_out j = es_json_to(&body);

	es_buf_init(&data, BODY_MAX);
	es_buf_init(&body, BODY_MAX);
	notify_payload_write(settings->data, message, &data);
	es_json_object(&j, NULL);
	es_json_object(&j, "message");
	es_json_put(&j, "token", message->address);
	es_json_put_raw(&j, "data", es_buf_slice(&data));
	put_android(settings, message, &j, arena);
	es_json_end_object(&j);
	es_json_end_object(&j);
	ES_TRY(es_buf_status(&data));
	ES_TRY(es_buf_status(&body));
	*out = (struct notify_request){ .url = settings->url, .body = es_arena_copy(arena, es_buf_slice(&body)) };
	notify_request_header(out, "Authorization", bearer);
	notify_request_header(out, "Content-Type", "application/json");
	return out->body.ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

/* ---- the answer ---- */

static bool is_type(const cJSON *detail, const char *suffix)
{
	const char *type = es_json_str(detail, "@type");
	const size_t len = type != NULL ? strlen(type) : 0, tail = strlen(suffix);

	return len >= tail && strcmp(type + len - tail, suffix) == 0;
}

/* NULL: there is none. */
static const cJSON *detail_of(const cJSON *error, const char *suffix)
{
	const cJSON *detail, *details = cJSON_GetObjectItemCaseSensitive(error, "details");

	cJSON_ArrayForEach(detail, details) if (is_type(detail, suffix)) return detail;
	return NULL;
}

/* Whether a member of the list `name` says so under `key`. */
static bool lists(const cJSON *detail, const char *name, const char *key, const char *value, bool is_prefix)
{
	const cJSON *one, *list = cJSON_GetObjectItemCaseSensitive(detail, name);

	cJSON_ArrayForEach(one, list)
	{
		const char *text = es_json_str(one, key);
		if (text != NULL && (is_prefix ? strncmp(text, value, strlen(value)) : strcmp(text, value)) == 0)
			return true;
	}
	return false;
}

/* The message is ours, the token the device's: only what says that it is the token withdraws it. */
static const struct notify_row *closer(const struct notify_row *row, const cJSON *error)
{
	if (row->verdict == NOTIFY_REFUSED && row->reason == NOTIFY_WHY_MESSAGE &&
	    lists(detail_of(error, "google.rpc.BadRequest"), "fieldViolations", "field", "message.token", false))
		return &bad_token;
	if (row->reason == NOTIFY_WHY_RATE &&
	    lists(detail_of(error, "google.rpc.QuotaFailure"), "violations", "subject", "device", true))
		return &device_rate;
	return row;
}

void notify_fcm_heard(const struct notify_answer *answer, struct notify_reply *reply)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	const bool is_json = es_json_parse(answer->body, ES_JSON_SMALL, &json) == ES_OK && cJSON_IsObject(json);
	const cJSON *error = is_json ? cJSON_GetObjectItemCaseSensitive(json, "error") : NULL;
	const char *name = is_json ? es_json_str(json, "name") : NULL;

	if (answer->code == 200 && name != NULL && error == NULL) {
		notify_row_reply(&accepted, answer, "", reply);
		return;
	}
	if (answer->code < 400 || !cJSON_IsObject(error)) {
		notify_row_reply(notify_row_of_stranger(answer->code), answer, "", reply);
		return;
	}
	const char *code = es_json_str(detail_of(error, "google.firebase.fcm.v1.FcmError"), "errorCode");
	const char *status = es_json_str(error, "status"), *word = code != NULL ? code : status != NULL ? status : "";
	const struct notify_row *row = code != NULL ? notify_row_find(errors, ES_COUNT(errors), answer->code, code)
	                                            : notify_row_find(statuses, ES_COUNT(statuses), answer->code, "");
	notify_row_reply(closer(row, error), answer, word, reply);
}
