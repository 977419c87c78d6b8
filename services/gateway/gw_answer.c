/* gw_answer.c -- the end of a device request: reply, one log line, one count. */
#include <inttypes.h>
#include <stdio.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_gzip.h"
#include "es_json.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_text.h"
#include "gw_exchange.h"
#include "gw_hold.h"

#define RELAY_TYPE "application/vnd.gsma.eap-relay.v1.0+json"
#define XML_TYPE "text/vnd.wap.connectivity-xml"
#define JSON_TYPE "application/json"
#define DOCUMENT_MAX (1024u * 1024)
#define GZIP_FROM 1024 /* smaller documents are not worth a client's trouble */

static const char *const outcome_labels[] = {
#define OUTCOME_LABEL(name, label, status, text) label,
	GW_OUTCOME_LIST(OUTCOME_LABEL)
#undef OUTCOME_LABEL
};
static const char *const app_labels[] = { "ap2003", "ap2004", "ap2005", "ap2006", "ap2009", "ap2010", "ap2011",
	                                      "ap2012", "ap2013", "ap2014", "ap2015", "ap2016", "own" };
_Static_assert(ES_COUNT(app_labels) == GW_KNOWN_APPS + 1, "one label for each application, one for all of operators");

ES_METRIC_COUNTER(requests, "openes_device_requests_total", "Device requests by outcome", "outcome", outcome_labels);
ES_METRIC_COUNTER(documents, "openes_device_documents_total", "Applications answered with a document", "app",
                  app_labels);
ES_METRIC_HISTOGRAM(seconds, "openes_device_request_seconds", "Time from the whole request to its answer");

void gw_answer_metrics(void)
{
	es_metric_register(&requests);
	es_metric_register(&documents);
	es_metric_register(&seconds);
	gw_sign_metrics();
}

/* The applications and the version asked for, for the log. */
static void describe(const struct gw_exchange *x, struct es_buf *apps, struct es_buf *version)
{
	if (x->request == NULL)
		return;
	for (size_t i = 0; i < x->request->n_apps; i++) {
		if (i > 0)
			es_put_u8(apps, ',');
		es_put_str(apps, x->request->apps[i]);
	}
	es_put_printf(version, "%u.%u", x->request->version_major, x->request->version_minor);
}

static const char *imsi_of(const struct gw_exchange *x)
{
	if (x->decision != NULL && x->decision->subject != NULL)
		return x->decision->subject->imsi;
	return x->request != NULL ? x->request->imsi : "";
}

/* One line for every request: who is asked about a subscriber's complaint finds here what the device was told. */
static enum es_log_level level_of(enum gw_outcome outcome)
{
	return gw_outcome_status(outcome) >= 500 && outcome != GW_OUTCOME_AUTHENTICATE ? ES_LOG_WARN : ES_LOG_INFO;
}

static void log_end(const struct gw_exchange *x, enum gw_outcome outcome, int64_t took_us)
{
	char apps_text[GW_APPS_MAX * 8], version_text[24];
	struct es_buf apps, version;

	es_buf_init_fixed(&apps, apps_text, sizeof(apps_text));
	es_buf_init_fixed(&version, version_text, sizeof(version_text));
	describe(x, &apps, &version);

	const struct es_field fields[] = { es_f_str("outcome", gw_outcome_label(outcome)),
		                               es_f_i64("code", gw_outcome_status(outcome)),
		                               es_f_slice("apps", es_buf_slice(&apps)),
		                               es_f_slice("version", es_buf_slice(&version)),
		                               es_f_i64("us", took_us),
		                               es_f_str("reason", x->reason != NULL ? x->reason : ""),
		                               es_f_id("imsi", es_slice_str(imsi_of(x))) };

	es_log_event(level_of(outcome), es_http_trace(x->http), "device.request", fields, ES_COUNT(fields));
}

/* Before the reply: afterwards the request is no longer ours. */
static void record(const struct gw_exchange *x, enum gw_outcome outcome)
{
	int64_t took_us = es_mono_us() - x->started_us;

	es_count(&requests, outcome);
	es_observe_us(&seconds, took_us > 0 ? (uint64_t)took_us : 0);
	log_end(x, outcome, took_us);
}

static void set_common_headers(const struct gw_exchange *x)
{
	char traceparent[ES_TRACEPARENT_SIZE];

	es_trace_format(es_http_trace(x->http), traceparent);
	es_http_set_header(x->http, "traceparent", traceparent);
	es_http_set_header(x->http, "Cache-Control", "no-store");
}

static void set_retry_after(const struct gw_exchange *x)
{
	char text[24];

	/* integer seconds: clients compare dates badly, and without the header some stop asking */
	snprintf(text, sizeof(text), "%lld",
	         (long long)(x->retry_after_s > 0 ? x->retry_after_s : x->config->retry_after_s));
	es_http_set_header(x->http, "Retry-After", text);
}

void gw_answer(struct gw_exchange *x, enum gw_outcome outcome)
{
	if (x->back.kind == GW_RETURN_FORM)
		gw_sheet_fault(x, outcome);
	else
		gw_answer_plain(x, outcome);
}

static void answer_unavailable(void *user)
{
	gw_answer(user, GW_OUTCOME_UNAVAILABLE);
}

void gw_answer_later(struct gw_exchange *x)
{
	gw_hold(x->clients->hold, answer_unavailable, x);
}

void gw_answer_plain(struct gw_exchange *x, enum gw_outcome outcome)
{
	unsigned status = gw_outcome_status(outcome);

	record(x, outcome);
	set_common_headers(x);
	switch (status) {
	case 401: es_http_set_header(x->http, "WWW-Authenticate", "Bearer"); break;
	case 405: es_http_set_header(x->http, "Allow", "GET, POST"); break;
	case 406: es_http_set_reason(x->http, "protocol not supported"); break; /* TS.43 2.5 */
	case 503: set_retry_after(x); break;
	default: break;
	}
	es_http_reply(x->http, status, "text/plain", es_slice_str(gw_outcome_text(outcome)));
}

/* TS.43 2.8.1. Base64 stands unescaped in the JSON string: clients undo no escapes but their own library's. */
void gw_answer_challenge(struct gw_exchange *x, struct es_slice packet, const char *cookie)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf body;
	char *set_cookie = es_arena_printf(x->arena, GW_COOKIE_NAME "=%s; Path=/; Secure; HttpOnly", cookie);

	es_buf_init(&body, DOCUMENT_MAX);
	es_put_str(&body, "{\"eap-relay-packet\":\"");
	es_base64_encode(packet, &body);
	es_put_str(&body, "\"}");
	if (packet.len == 0 || cookie[0] == '\0' || set_cookie == NULL || es_buf_status(&body) != ES_OK) {
		gw_answer(x, GW_OUTCOME_INTERNAL);
		return;
	}
	record(x, GW_OUTCOME_CHALLENGE);
	set_common_headers(x);
	/* The same value again with every challenge: some clients keep the first, some the last (ts43 3.6). */
	es_http_set_header(x->http, "Set-Cookie", set_cookie);
	es_http_reply(x->http, gw_outcome_status(GW_OUTCOME_CHALLENGE), RELAY_TYPE, es_buf_slice(&body));
}

static bool wants_json(const struct gw_exchange *x)
{
	return x->form == GW_FORM_UNSAID ? x->request->wants_json : x->form == GW_FORM_JSON;
}

static void answer_document(struct gw_exchange *x, enum gw_outcome outcome)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf plain;
	ES_CLEANUP(es_buf_wipe) struct es_buf packed;
	bool as_json = wants_json(x), is_packed;

	es_buf_init(&plain, DOCUMENT_MAX);
	es_buf_init(&packed, DOCUMENT_MAX);
	if (gw_document_write(x, as_json, &plain) != ES_OK) {
		x->reason = "the document exceeds its bounds";
		gw_answer(x, GW_OUTCOME_INTERNAL);
		return;
	}
	is_packed = x->takes_gzip && plain.len >= GZIP_FROM && es_gzip(es_buf_slice(&plain), &packed) == ES_OK;
	for (size_t i = 0; i < x->request->n_apps; i++)
		es_count(&documents, gw_app_index(es_slice_str(x->request->apps[i])));
	const struct gw_content content = {
		.status = gw_outcome_status(outcome),
		.type = as_json ? JSON_TYPE : XML_TYPE,
		.coding = is_packed ? "gzip" : NULL,
		.octets = es_buf_slice(is_packed ? &packed : &plain),
	};
	set_common_headers(x);
	if (is_packed)
		es_http_set_header(x->http, "Content-Encoding", content.coding);
	gw_sign_answer(x, &content);
	record(x, outcome);
	es_http_reply(x->http, content.status, content.type, content.octets);
}

void gw_answer_document(struct gw_exchange *x)
{
	answer_document(x, GW_OUTCOME_DOCUMENT);
}

void gw_answer_error_page(struct gw_exchange *x)
{
	answer_document(x, GW_OUTCOME_ERROR_PAGE);
}

/* ---- logins of people ---- */

/* TS.43 8.3: nothing but the cookie, which the second request brings back together with the code. */
void gw_answer_code_sent(struct gw_exchange *x, const char *cookie)
{
	char *set_cookie = es_arena_printf(x->arena, GW_COOKIE_NAME "=%s; Path=/; Secure; HttpOnly", cookie);

	if (cookie[0] == '\0' || set_cookie == NULL) {
		gw_answer(x, GW_OUTCOME_INTERNAL);
		return;
	}
	record(x, GW_OUTCOME_CODE_SENT);
	set_common_headers(x);
	es_http_set_header(x->http, "Set-Cookie", set_cookie);
	es_http_reply(x->http, gw_outcome_status(GW_OUTCOME_CODE_SENT), NULL, (struct es_slice){ NULL, 0 });
}

void gw_answer_redirect(struct gw_exchange *x, const char *location)
{
	record(x, GW_OUTCOME_REDIRECT);
	set_common_headers(x);
	es_http_set_header(x->http, "Location", location);
	es_http_set_header(x->http, "Referrer-Policy", "no-referrer");
	es_http_reply(x->http, gw_outcome_status(GW_OUTCOME_REDIRECT), NULL, (struct es_slice){ NULL, 0 });
}

void gw_answer_html(struct gw_exchange *x, enum gw_outcome outcome, const char *policy, struct es_slice page)
{
	unsigned status = gw_outcome_status(outcome);

	record(x, outcome);
	set_common_headers(x);
	es_http_set_header(x->http, "Content-Security-Policy", policy);
	es_http_set_header(x->http, "Referrer-Policy", "no-referrer");
	es_http_set_header(x->http, "X-Content-Type-Options", "nosniff");
	es_http_set_header(x->http, "Vary", "Accept-Language");
	if (status == 503)
		set_retry_after(x);
	if (status == 405)
		es_http_set_header(x->http, "Allow", "GET, POST");
	es_http_reply(x->http, status, "text/html; charset=utf-8", page);
}
