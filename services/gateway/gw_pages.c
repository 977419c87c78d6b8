/* gw_pages.c -- web sheets: from the HTTP request to policy, and back as a page. */
#include "gw_pages.h"

#include <stdio.h>
#include <string.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_text.h"
#include "flow_html.h"
#include "gw_negotiate.h"
#include "gw_page_request.h"
#include "look_html.h"
#include "parts_html.h"

#define PAGE_MAX 98304 /* with a logo, and terms of service */

enum result { SHOWN, PAYING, BAD, FOREIGN, GONE, METHOD, NOT_FOUND, AWAY, FAILED, RESULTS };
static const struct {
	unsigned status;
} results[RESULTS] = {
	[SHOWN] = { 200 },  [PAYING] = { 303 },    [BAD] = { 400 },  [FOREIGN] = { 403 }, [GONE] = { 410 },
	[METHOD] = { 405 }, [NOT_FOUND] = { 404 }, [AWAY] = { 503 }, [FAILED] = { 500 },
};
static const char *const result_names[RESULTS] = {
	[SHOWN] = "shown",   [PAYING] = "paying",       [BAD] = "bad_request",  [FOREIGN] = "foreign", [GONE] = "gone",
	[METHOD] = "method", [NOT_FOUND] = "not_found", [AWAY] = "unavailable", [FAILED] = "failed",
};
ES_METRIC_COUNTER(requests, "openes_sheet_requests_total", "Requests for web sheets, by result", "result",
                  result_names);
ES_METRIC_HISTOGRAM(seconds, "openes_sheet_request_seconds", "Time from the whole request for a sheet to its answer");

void gw_pages_metrics(void)
{
	es_metric_register(&requests);
	es_metric_register(&seconds);
}

struct asked {
	struct es_http_request *http;
	const struct gw_config *config;
	const struct gw_clients *clients;
	struct es_arena *arena;
	int64_t started_us;
	char *language;
};

/* ---- answers ---- */

static void record(const struct asked *a, enum result result, const char *reason, const char *tenant, const char *app)
{
	const int64_t took_us = es_mono_us() - a->started_us;
	const struct es_field fields[] = { es_f_str("result", result_names[result]),
		                               es_f_i64("code", results[result].status),
		                               es_f_str("reason", reason),
		                               es_f_str("tenant", tenant),
		                               es_f_str("app", app),
		                               es_f_i64("us", took_us) };

	es_count(&requests, result);
	es_observe_us(&seconds, took_us > 0 ? (uint64_t)took_us : 0);
	es_log_event(results[result].status >= 500 ? ES_LOG_WARN : ES_LOG_INFO, es_http_trace(a->http), "sheet.request",
	             fields, ES_COUNT(fields));
}

static void set_headers(const struct asked *a)
{
	char traceparent[ES_TRACEPARENT_SIZE];

	es_trace_format(es_http_trace(a->http), traceparent);
	es_http_set_header(a->http, "traceparent", traceparent);
	es_http_set_header(a->http, "Cache-Control", "no-store");
	/* Forms have to say where they come from (Origin), other sites learn nothing. */
	es_http_set_header(a->http, "Referrer-Policy", "same-origin");
	es_http_set_header(a->http, "X-Content-Type-Options", "nosniff");
	es_http_set_header(a->http, "Vary", "Accept-Language");
}

static void answer_plain(const struct asked *a, enum result result, const char *reason)
{
	char retry_after[16];

	record(a, result, reason, "", "");
	set_headers(a);
	if (results[result].status == 503) {
		(void)snprintf(retry_after, sizeof retry_after, "%u", a->config->retry_after_s);
		es_http_set_header(a->http, "Retry-After", retry_after);
	}
	if (results[result].status == 405)
		es_http_set_header(a->http, "Allow", "GET, POST");
	es_http_reply(a->http, results[result].status, "text/plain", ES_SLICE_LIT(""));
}

static void make_nonce(char out[33])
{
	uint8_t random[16];

	es_random(random, sizeof random);
	es_hex_encode(es_slice_of(random, sizeof random), out);
}

static void answer_page(const struct asked *a, enum result result, const Openes__SheetReply *page)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf html;
	char nonce[33];

	make_nonce(nonce);
	es_buf_init(&html, PAGE_MAX);
	const struct gw_pages_frame frame = { a->config->pages_path, nonce, (unsigned)a->config->body_max };
	gw_pages_write(page, &frame, &html);
	const char *policy =
		es_arena_printf(a->arena,
	                    "default-src 'none'; style-src 'self' 'nonce-%s'; script-src 'self'; "
	                    "img-src data:; form-action 'self' %s; base-uri 'none'; frame-ancestors 'none'",
	                    nonce, page->pay_origin);
	if (policy == NULL || es_buf_status(&html) != ES_OK) {
		answer_plain(a, FAILED, "the page exceeds its bounds");
		return;
	}
	record(a, result, page->reason, page->tenant, page->app);
	set_headers(a);
	es_http_set_header(a->http, "Content-Security-Policy", policy);
	es_http_set_header(a->http, "Content-Language", page->language);
	es_http_reply(a->http, results[result].status, "text/html; charset=utf-8", es_buf_slice(&html));
}

/* Pages that are made without policy: it does not answer, or what came is no request of a page. */
static void answer_own(const struct asked *a, enum result result, const char *reason)
{
	static char code[] = "en";
	Openes__SheetReply page;
	Openes__SheetBlock line;
	Openes__SheetBlock *lines[] = { &line };
	char retry_after[16];

	openes__sheet_reply__init(&page);
	openes__sheet_block__init(&line);
	page.language = code;
	page.title =
		es_arena_strdup(a->arena, es_slice_str(result == AWAY ? "Please try again" : "This page cannot be shown"));
	line.label = es_arena_strdup(
		a->arena,
		es_slice_str(result == AWAY ? "Something did not answer in time. Nothing was changed. Wait a moment and "
	                                  "open this page again from the settings of your phone."
	                                : "Open it from the settings of your phone."));
	page.reason = es_arena_strdup(a->arena, es_slice_str(reason));
	if (page.title == NULL || line.label == NULL || page.reason == NULL) {
		answer_plain(a, FAILED, reason);
		return;
	}
	page.blocks = lines;
	page.n_blocks = 1;
	if (result == AWAY) {
		(void)snprintf(retry_after, sizeof retry_after, "%u", a->config->retry_after_s);
		es_http_set_header(a->http, "Retry-After", retry_after);
	}
	if (result == METHOD)
		es_http_set_header(a->http, "Allow", "GET, POST");
	answer_page(a, result, &page);
}

static void on_reply(const struct es_bus_reply_view *view, void *user)
{
	const struct asked *a = user;
	const Openes__SheetReply *reply = NULL;

	if (view->status == ES_OK)
		reply = (const void *)es_bus_unpack(&openes__sheet_reply__descriptor, view->payload, a->arena);
	if (reply == NULL) {
		answer_own(a, es_status_is_retryable(view->status) ? AWAY : FAILED, es_status_name(view->status));
		return;
	}
	switch ((int)reply->outcome) {
	case OPENES__SHEET_REPLY__OUTCOME__SHOWN: answer_page(a, SHOWN, reply); return;
	case OPENES__SHEET_REPLY__OUTCOME__BAD: answer_page(a, BAD, reply); return;
	case OPENES__SHEET_REPLY__OUTCOME__GONE: answer_page(a, GONE, reply); return;
	case OPENES__SHEET_REPLY__OUTCOME__PAY: break;
	default: answer_own(a, FAILED, "no outcome"); return;
	}
	record(a, PAYING, reply->reason, reply->tenant, reply->app);
	set_headers(a);
	es_http_set_header(a->http, "Location", reply->location);
	es_http_reply(a->http, results[PAYING].status, NULL, (struct es_slice){ NULL, 0 });
}

/* ---- requests ---- */

static void ask(struct asked *a, uint32_t method, const ProtobufCMessage *request, bool may_repeat)
{
	uint8_t key[16];
	struct es_bus_call_options options = { .method = method,
		                                   .deadline = es_wall_ms() + a->config->call_time,
		                                   .trace = es_http_trace(a->http) };

	es_random(key, sizeof key);
	if (may_repeat)
		options.idempotency_key = es_slice_of(key, sizeof key);
	if (es_bus_call(a->clients->policy, &options, request, on_reply, a) != ES_OK)
		answer_own(a, AWAY, "not sent");
}

static char *text_of(struct asked *a, struct es_slice text)
{
	return es_arena_strdup(a->arena, text);
}

static void open_page(struct asked *a, struct es_slice text)
{
	Openes__SheetOpenRequest request;
	struct gw_page_open open;
	enum gw_fault fault = gw_page_read_open(text, a->arena, &open);

	openes__sheet_open_request__init(&request);
	/* Whatever it was: policy has the words for a handle that is none, in the reader's language. */
	request.handle = text_of(a, fault == GW_FAULT_NONE ? open.handle : ES_SLICE_LIT(""));
	request.boost_type = text_of(a, fault == GW_FAULT_NONE ? open.boost_type : ES_SLICE_LIT(""));
	request.page_name = text_of(a, fault == GW_FAULT_NONE ? open.page : ES_SLICE_LIT(""));
	request.tenant = text_of(a, fault == GW_FAULT_NONE ? open.tenant : ES_SLICE_LIT(""));
	request.accept_language = a->language;
	request.client_address = text_of(a, es_slice_str(es_http_peer(a->http)));
	if (request.handle == NULL || request.boost_type == NULL || request.page_name == NULL || request.tenant == NULL ||
	    request.client_address == NULL)
		answer_plain(a, FAILED, "out of memory");
	else
		ask(a, OPENES__BUS_METHOD__POLICY_SHEET_OPEN, &request.base, true);
}

static bool is_host(struct es_slice host)
{
	for (size_t i = 0; i < host.len; i++)
		if (host.ptr[i] <= ' ' || host.ptr[i] >= 0x7f || strchr("/?#@\\\"'<>%", host.ptr[i]) != NULL)
			return false;
	return host.len > 0;
}

static bool fill_fields(struct asked *a, const struct gw_page_act *act, Openes__SheetActRequest *request)
{
	Openes__Param *items = es_arena_array(a->arena, act->field_count, sizeof *items);

	request->fields = es_arena_array(a->arena, act->field_count, sizeof(Openes__Param *));
	if (items == NULL || request->fields == NULL)
		return false;
	for (size_t i = 0; i < act->field_count; i++) {
		openes__param__init(&items[i]);
		items[i].name = text_of(a, act->fields[i].name);
		items[i].value = text_of(a, act->fields[i].value);
		if (items[i].name == NULL || items[i].value == NULL)
			return false;
		request->fields[request->n_fields++] = &items[i];
	}
	return true;
}

static enum gw_fault read_act(const struct asked *a, struct es_slice text, struct gw_page_act *act)
{
	const struct es_slice type = es_http_header(a->http, "Content-Type");
	const struct es_slice multipart = ES_SLICE_LIT("multipart/form-data");

	if (es_slice_eq_nocase(es_slice_sub(type, 0, multipart.len), multipart))
		return gw_page_read_multipart(type, text, act);
	return gw_page_read_act(text, a->arena, act);
}

static void act_on_page(struct asked *a, struct es_slice text, bool is_payment)
{
	Openes__SheetActRequest request;
	struct gw_page_act *act = es_arena_alloc(a->arena, sizeof *act);
	const struct es_slice host = es_http_header(a->http, "Host");

	if (act == NULL || read_act(a, text, act) != GW_FAULT_NONE || !is_host(host) ||
	    (is_payment ? act->result.len == 0 : act->page.len == 0 || act->action.len == 0)) {
		answer_own(a, BAD, "malformed");
		return;
	}
	openes__sheet_act_request__init(&request);
	if (is_payment) {
		request.result = text_of(a, act->result);
	} else {
		request.page = text_of(a, act->page);
		request.action = text_of(a, act->action);
	}
	request.upload = (ProtobufCBinaryData){ act->upload.len, (uint8_t *)(uintptr_t)act->upload.ptr }; /* only read */
	request.accept_language = a->language;
	request.client_address = text_of(a, es_slice_str(es_http_peer(a->http)));
	request.back_url =
		es_arena_printf(a->arena, "https://" ES_SLICE_FMT "%s/paid", ES_SLICE_ARG(host), a->config->pages_path);
	if (request.page == NULL || request.action == NULL || request.result == NULL || request.client_address == NULL ||
	    request.back_url == NULL || !fill_fields(a, act, &request)) {
		answer_plain(a, FAILED, "out of memory");
		return;
	}
	/* The handle's row makes a second run answer what the first did. */
	ask(a, OPENES__BUS_METHOD__POLICY_SHEET_ACT, &request.base, true);
}

/* In two parts, since compilers need not take a longer text at once. */
static void answer_asset(const struct asked *a, const char *type, const char *first, const char *second)
{
	const char *text = es_arena_printf(a->arena, "%s%s", first, second);

	if (text == NULL) {
		answer_plain(a, FAILED, "out of memory");
		return;
	}
	record(a, SHOWN, "asset", "", "");
	es_http_set_header(a->http, "Cache-Control", "public, max-age=300");
	es_http_set_header(a->http, "X-Content-Type-Options", "nosniff");
	es_http_reply(a->http, 200, type, es_slice_str(text));
}

/* ---- paths ---- */

static struct es_slice below(const struct gw_config *config, struct es_slice path)
{
	return es_slice_sub(path, strlen(config->pages_path), path.len);
}

bool gw_pages_serves(const struct gw_config *config, struct es_slice path)
{
	if (config->pages_path == NULL || config->pages_path[0] == '\0' ||
	    !es_slice_starts_with(path, es_slice_str(config->pages_path)))
		return false;
	const struct es_slice rest = below(config, path);
	return rest.len == 0 || rest.ptr[0] == '/';
}

static void on_language(struct es_slice value, void *user)
{
	gw_language_add(user, value);
}

static void handle_form(struct asked *a, bool is_post)
{
	if (!is_post)
		answer_own(a, METHOD, "act");
	else if (!gw_page_origin_is_ours(es_http_header(a->http, "Origin"), es_http_header(a->http, "Host")))
		answer_own(a, FOREIGN, "origin");
	else
		act_on_page(a, es_http_body(a->http), false);
}

void gw_pages_handle(struct es_http_request *http, const struct gw_config *config, const struct gw_clients *clients)
{
	struct asked *a = es_arena_alloc(es_http_arena(http), sizeof *a);
	struct gw_language language = { .len = 0 };
	bool is_post = es_slice_eq_str(es_http_method(http), "POST");
	bool is_get = es_slice_eq_str(es_http_method(http), "GET");

	if (a == NULL) {
		es_http_reply(http, 500, NULL, (struct es_slice){ NULL, 0 });
		return;
	}
	*a = (struct asked){
		.http = http, .config = config, .clients = clients, .arena = es_http_arena(http), .started_us = es_mono_us()
	};
	es_http_headers(http, "Accept-Language", on_language, &language);
	a->language = es_arena_strdup(a->arena, es_slice_of(language.text, language.len));
	const struct es_slice path = below(config, es_http_path(http));
	const struct es_slice text = is_post && es_http_body(http).len > 0 ? es_http_body(http) : es_http_query(http);

	if (a->language == NULL)
		answer_plain(a, FAILED, "out of memory");
	else if (!is_post && !is_get)
		answer_own(a, METHOD, "method");
	else if (path.len == 0 || es_slice_eq_str(path, "/"))
		open_page(a, text);
	else if (es_slice_eq_str(path, "/act"))
		handle_form(a, is_post);
	else if (es_slice_eq_str(path, "/paid"))
		act_on_page(a, text, true);
	else if (es_slice_eq_str(path, "/look.css") && is_get)
		answer_asset(a, "text/css; charset=utf-8", look_html, parts_html);
	else if (es_slice_eq_str(path, "/flow.js") && is_get)
		answer_asset(a, "text/javascript; charset=utf-8", flow_html, "");
	else
		answer_own(a, NOT_FOUND, "path");
}
