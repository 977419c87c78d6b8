/* notify_wns.c -- channel URIs judged, one message as WNS takes it, and its table of statuses. Pure. */
#include "notify_wns.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "notify_payload.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)

/* By HTTP status, and where it is 200, by X-WNS-Status. */
static const struct notify_row statuses[] = {
	{ 200, "received", NOTIFY_ACCEPTED, NOTIFY_WHY_NONE, .wait_ms = 0 },
	{ 200, "dropped", NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 200, "channelthrottled", NOTIFY_LATER, NOTIFY_WHY_DEVICE_RATE, .wait_ms = 5 * MINUTE },
	{ 200, NULL, NOTIFY_LATER, NOTIFY_WHY_NOT_READABLE, .wait_ms = 0 },
	{ 400, NULL, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 401, NULL, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, .remedy = NOTIFY_NEW_CREDENTIAL },
	{ 403, NULL, NOTIFY_REFUSED, NOTIFY_WHY_SENDER, .wait_ms = 0 },
	{ 404, NULL, NOTIFY_GONE, NOTIFY_WHY_TOKEN, .wait_ms = 0 },
	{ 405, NULL, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 406, NULL, NOTIFY_LATER, NOTIFY_WHY_RATE, .wait_ms = MINUTE, .rests = true },
	{ 410, NULL, NOTIFY_GONE, NOTIFY_WHY_TOKEN, .wait_ms = 0 },
	{ 413, NULL, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, .wait_ms = 0 },
	{ 500, NULL, NOTIFY_LATER, NOTIFY_WHY_PROVIDER, .rests = true },
	{ 503, NULL, NOTIFY_LATER, NOTIFY_WHY_PROVIDER, .rests = true },
};

/* ---- the channel URI ---- */

static bool are_all(struct es_slice text, const char *allowed)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\0' || strchr(allowed, text.ptr[i]) == NULL)
			return false;
	return true;
}

/* The host itself, or a name below it. */
static bool is_below(struct es_slice host, struct es_slice suffix)
{
	if (host.len == suffix.len)
		return es_slice_eq_nocase(host, suffix);
	return host.len > suffix.len && host.ptr[host.len - suffix.len - 1] == '.' && host.ptr[0] != '.' &&
	       es_slice_eq_nocase(es_slice_sub(host, host.len - suffix.len, host.len), suffix);
}

static bool is_port(struct es_slice text, uint32_t port)
{
	uint32_t number;

	return es_parse_u32(text, 1, 65535, &number) == ES_OK && (number == port || number == 443);
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool notify_wns_uri_is_allowed(struct es_slice uri, const char *host_suffix, uint32_t port)
{
	static const char scheme[] = "https://";
	const size_t start = sizeof scheme - 1;
	size_t end = start;

	if (uri.len <= start || uri.len > NOTIFY_WNS_URI_MAX ||
	    !es_slice_eq_nocase(es_slice_sub(uri, 0, start), es_slice_str(scheme)))
		return false;
	while (end < uri.len && uri.ptr[end] != '/' && uri.ptr[end] != '?')
		end++;
	struct es_slice rest = es_slice_sub(uri, start, end);
	const bool has_port = es_slice_find(rest, ':') < rest.len;
	const struct es_slice host = es_slice_cut(&rest, ':');
	return host.len > 0 && host_suffix[0] != '\0' && are_all(host, LETTERS "-.") &&
	       is_below(host, es_slice_str(host_suffix)) && (!has_port || is_port(rest, port)) &&
	       are_all(es_slice_sub(uri, end, uri.len), LETTERS "-._~/?:@!$&'()*+,;=%");
}

/* ---- the request ---- */

es_status notify_wns_request(const struct notify_wns_settings *s, const struct notify_message *m, const char *bearer,
                             struct es_arena *arena, struct notify_request *out)
{
	ES_CLEANUP(es_buf_free) struct es_buf body;
	const int64_t left_s = (m->expires_ms - m->now_ms) / SECOND;

	es_buf_init(&body, NOTIFY_WNS_PAYLOAD_MAX);
	if (!notify_wns_uri_is_allowed(m->address, s->host_suffix, s->port))
		return ES_DENIED;
	notify_payload_write(s->payload, m, &body);
	ES_TRY(es_buf_status(&body));
	const char *ttl = es_arena_printf(arena, "%lld", (long long)(left_s > 1 ? left_s : 1));
	*out = (struct notify_request){ .url = es_arena_strdup(arena, m->address),
		                            .body = es_arena_copy(arena, es_buf_slice(&body)) };
	if (out->url == NULL || out->body.ptr == NULL || ttl == NULL)
		return ES_TOO_LARGE;
	notify_request_header(out, "Authorization", bearer);
	notify_request_header(out, "Content-Type", "application/octet-stream");
	notify_request_header(out, "X-WNS-Type", "wns/raw");
	notify_request_header(out, "X-WNS-Cache-Policy", s->caches ? "cache" : "no-cache");
	notify_request_header(out, "X-WNS-RequestForStatus", "true");
	notify_request_header(out, "X-WNS-TTL", ttl);
	return ES_OK;
}

/* ---- the answer ---- */

void notify_wns_heard(const struct notify_answer *answer, struct notify_reply *reply)
{
	char said[64];

	es_slice_to_str_cut(answer->said, said, sizeof said);
	notify_row_reply(notify_row_find(statuses, ES_COUNT(statuses), answer->code, said), answer, said, reply);
}
