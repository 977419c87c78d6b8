/* notify_apns.c -- one message as APNs takes it, and its table of reasons. Pure. */
#include "notify_apns.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "notify_payload.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define PAYLOAD_MAX 4096
#define PAYLOAD_MAX_VOIP 5120

static const struct {
	const char *name, *topic_end; /* NULL: any topic */
	size_t payload_max;
} types[] = {
	{ "alert", NULL, PAYLOAD_MAX },
	{ "background", NULL, PAYLOAD_MAX },
	{ "voip", ".voip", PAYLOAD_MAX_VOIP },
	{ "complication", ".complication", PAYLOAD_MAX },
	{ "fileprovider", ".pushkit.fileprovider", PAYLOAD_MAX },
	{ "location", ".location-query", PAYLOAD_MAX },
	{ "pushtotalk", ".voip-ptt", PAYLOAD_MAX },
	{ "liveactivity", ".push-type.liveactivity", PAYLOAD_MAX },
	{ "controls", NULL, PAYLOAD_MAX },
	{ "mdm", NULL, PAYLOAD_MAX },
};

static const struct notify_row reasons[] = {
	{ 200, NULL, NOTIFY_ACCEPTED, NOTIFY_WHY_NONE, .wait_ms = 0 },
	{ 400, "BadDeviceToken", NOTIFY_GONE, NOTIFY_WHY_TOKEN, .remedy = NOTIFY_OTHER_HOST },
	{ 400, "DeviceTokenNotForTopic", NOTIFY_REFUSED, NOTIFY_WHY_SENDER, .wait_ms = 0 },
	{ 400, "BadCollapseId", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "BadExpirationDate", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "BadMessageId", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "BadPriority", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "InvalidPushType", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "PayloadEmpty", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "DuplicateHeaders", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "MissingDeviceToken", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "BadTopic", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "MissingTopic", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "TopicDisallowed", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 400, "IdleTimeout", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, .remedy = NOTIFY_NEW_CONNECTION },
	{ 403, "ExpiredProviderToken", NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .remedy = NOTIFY_NEW_CREDENTIAL },
	{ 403, "InvalidProviderToken", NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 403, "MissingProviderToken", NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 403, "Forbidden", NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 403, "BadCertificate", NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 403, "BadCertificateEnvironment", NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 403, "UnrelatedKeyIdInToken", NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 403, "BadEnvironmentKeyInToken", NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 403, "InvalidSigningKey", NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .wait_ms = 0 },
	{ 404, "BadPath", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 405, "MethodNotAllowed", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 410, "Unregistered", NOTIFY_GONE, NOTIFY_WHY_TOKEN, .wait_ms = 0 },
	{ 410, "ExpiredToken", NOTIFY_GONE, NOTIFY_WHY_TOKEN, .wait_ms = 0 },
	{ 413, "PayloadTooLarge", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 429, "TooManyProviderTokenUpdates", NOTIFY_LATER, NOTIFY_WHY_RATE, .wait_ms = MINUTE, .rests = true },
	{ 429, "TooManyRequests", NOTIFY_LATER, NOTIFY_WHY_DEVICE_RATE, .wait_ms = 5 * MINUTE },
	{ 500, "InternalServerError", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, .rests = true, .leaves = true },
	{ 503, "ServiceUnavailable", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, .rests = true },
	{ 503, "Shutdown", NOTIFY_LATER, NOTIFY_WHY_PROVIDER, .rests = true, .leaves = true },
};

/* ---- settings ---- */

static bool ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), tail = strlen(end);

	return len > tail && strcmp(text + len - tail, end) == 0;
}

const char *notify_apns_fault(const struct notify_apns_settings *s)
{
	size_t i = 0;

	while (i < ES_COUNT(types) && strcmp(types[i].name, s->push_type) != 0)
		i++;
	if (i == ES_COUNT(types))
		return "push_type is none of Apple's";
	if (s->topic[0] == '\0' || strpbrk(s->topic, " \t:") != NULL)
		return "topic is a bundle id or what Apple assigned";
	if (types[i].topic_end != NULL && !ends_with(s->topic, types[i].topic_end))
		return "topic has not the ending that push_type needs";
	if (strcmp(s->priority, "10") != 0 && strcmp(s->priority, "5") != 0 && strcmp(s->priority, "1") != 0)
		return "priority is 10, 5 or 1";
	if (strcmp(s->push_type, "background") == 0 && strcmp(s->priority, "5") != 0)
		return "priority is 5 where push_type is background";
	return notify_payload_fault(s->payload, types[i].payload_max, false) != NULL
	           ? "payload makes no JSON object with all of its words that is short enough"
	           : NULL;
}

/* ---- the request ---- */

static const char *uuid_of(const uint8_t id[16], struct es_arena *arena)
{
	char text[37];
	size_t at = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		(void)snprintf(text + at, 3, "%02x", id[i]);
		at += 2;
	}
	return es_arena_strdup(arena, es_slice_str(text));
}

es_status notify_apns_request(const struct notify_apns_settings *s, const struct notify_message *m, unsigned host,
                              const char *credential, struct es_arena *arena, struct notify_request *out)
{
	ES_CLEANUP(es_buf_free) struct es_buf body;
	const char *id = uuid_of(m->id, arena),
			   *expiration = es_arena_printf(arena, "%lld", (long long)(m->expires_ms / SECOND));

	es_buf_init(&body, PAYLOAD_MAX_VOIP);
	notify_payload_write(s->payload, m, &body);
	ES_TRY(es_buf_status(&body));
	*out = (struct notify_request){ .url = es_arena_printf(arena, "%s/3/device/" ES_SLICE_FMT, s->urls[host],
		                                                   ES_SLICE_ARG(m->address)),
		                            .body = es_arena_copy(arena, es_buf_slice(&body)) };
	if (out->url == NULL || out->body.ptr == NULL || id == NULL || expiration == NULL)
		return ES_TOO_LARGE;
	if (credential[0] != '\0')
		notify_request_header(out, "authorization", credential);
	notify_request_header(out, "content-type", "application/json");
	notify_request_header(out, "apns-topic", s->topic);
	notify_request_header(out, "apns-push-type", s->push_type);
	notify_request_header(out, "apns-priority", s->priority);
	notify_request_header(out, "apns-expiration", expiration);
	notify_request_header(out, "apns-id", id);
	if (m->collapse[0] != '\0')
		notify_request_header(out, "apns-collapse-id", m->collapse);
	return ES_OK;
}

void notify_apns_claims(const char *team, int64_t now_s, struct es_buf *out)
{
	struct es_json_out j = es_json_to(out);

	es_json_object(&j, NULL);
	es_json_put_str(&j, "iss", team);
	es_json_put_i64(&j, "iat", now_s);
	es_json_end_object(&j);
}

/* ---- the answer ---- */

void notify_apns_heard(const struct notify_answer *answer, struct notify_reply *reply)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	const bool is_json = es_json_parse(answer->body, ES_JSON_SMALL, &json) == ES_OK && cJSON_IsObject(json);
	const char *reason = is_json ? es_json_str(json, "reason") : NULL;
	int64_t timestamp = 0;

	if (answer->code != 200 && reason == NULL) {
		notify_row_reply(notify_row_of_stranger(answer->code), answer, "", reply);
		return;
	}
	if (answer->code == 200)
		reason = "";
	notify_row_reply(notify_row_find(reasons, ES_COUNT(reasons), answer->code, reason), answer, reason, reply);
	if (reply->heard.verdict == NOTIFY_GONE && es_json_i64(json, "timestamp", &timestamp) && timestamp > 0)
		reply->heard.gone_ms = timestamp;
	reply->keeps_credential = strcmp(reason, "TooManyProviderTokenUpdates") == 0;
}
