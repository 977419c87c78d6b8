/* gw_admin_front.c -- an HTTP request to the operators' API becomes an AdminRequest to policy, its outcome HTTP again.
 *
 * The gateway judges form only: path, method, media type, credential's shape. Who may do what, and whether a body makes
 * sense, is policy's to say. Bodies and credentials are never logged. */
#include <stdio.h>
#include <string.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_json.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_text.h"
#include "gw_admin_call.h"

/* An import commits 500 rows in one group; operators wait longer than phones do. */
#define CALL_MS 15000

static const char *const result_names[] = { "done", "refused", "unavailable", "failed" };
enum { RESULT_DONE, RESULT_REFUSED, RESULT_UNAVAILABLE, RESULT_FAILED };
ES_METRIC_COUNTER(admin_requests, "openes_gateway_admin_requests_total", "Requests to the operators' API", "result",
                  result_names);

/* ---- answers ---- */

static size_t result_of(unsigned status)
{
	if (status < 400)
		return RESULT_DONE;
	if (status == 503)
		return RESULT_UNAVAILABLE;
	return status < 500 ? RESULT_REFUSED : RESULT_FAILED;
}

static void set_headers(struct gw_admin_call *call, unsigned status)
{
	struct es_http_request *r = call->request;
	char text[ES_TRACEPARENT_SIZE], trace[33];

	es_hex_encode(es_slice_of(es_http_trace(r)->trace_id, sizeof es_http_trace(r)->trace_id), trace);
	es_http_set_header(r, "Openes-Trace", trace);
	es_http_set_header(r, "Cache-Control", "no-store");
	es_http_set_header(r, "X-Content-Type-Options", "nosniff");
	if (call->audit_id[0] != '\0')
		es_http_set_header(r, "Openes-Audit-Id", call->audit_id);
	if (status == 401)
		es_http_set_header(r, "WWW-Authenticate", "Bearer realm=\"openes\"");
	if (status == 405)
		es_http_set_header(r, "Allow", call->match.allow);
	if (status == 503) {
		(void)snprintf(text, sizeof text, "%u", call->admin->config->retry_after_s);
		es_http_set_header(r, "Retry-After", text);
	}
}

void gw_admin_answer(struct gw_admin_call *call, unsigned status, struct es_slice json)
{
	const struct gw_admin_route *route = call->match.route;

	if (status == 200 && json.len == 0)
		status = 204;
	set_headers(call, status);
	es_count(&admin_requests, result_of(status));
	es_info(es_http_trace(call->request), "admin.request", es_f_str("action", route != NULL ? route->action : "none"),
	        es_f_u64("http_status", status), es_f_str("audit_id", call->audit_id),
	        es_f_slice("tenant", gw_admin_param_of(&call->match, "tenant")),
	        es_f_str("client", es_http_peer(call->request)),
	        es_f_i64("ms", es_mono_ms() - es_http_started_ms(call->request)));
	/* Last: from here on the request, and with it the call, belongs to the HTTP server. */
	es_http_reply(call->request, status, status == 204 ? NULL : "application/json", json);
}

void gw_admin_answer_error(struct gw_admin_call *call, unsigned status, const char *error, const char *field)
{
	struct es_buf body;

	es_buf_init(&body, 4096);
	struct es_json_out json = es_json_to(&body);
	es_json_object(&json, NULL);
	es_json_put_str(&json, "error", error);
	if (field != NULL)
		es_json_put_str(&json, "field", field);
	es_json_end_object(&json);
	gw_admin_answer(call, status, es_buf_slice(&body));
	es_buf_free(&body);
}

struct gw_admin_http gw_admin_http_of(es_status status)
{
	switch (status) {
	case ES_OK: return (struct gw_admin_http){ 200, "" };
	case ES_MALFORMED: return (struct gw_admin_http){ 422, "the request does not parse" };
	case ES_UNAUTHENTIC: return (struct gw_admin_http){ 422, "the sealed keys do not open" };
	case ES_UNSUPPORTED: return (struct gw_admin_http){ 422, "this is not offered here" };
	case ES_DENIED: return (struct gw_admin_http){ 403, "this credential may not do that" };
	case ES_NOT_FOUND: return (struct gw_admin_http){ 404, "there is no such thing" };
	case ES_EXPIRED:
	case ES_CONFLICT: return (struct gw_admin_http){ 409, "the present state does not allow that" };
	case ES_TOO_LARGE: return (struct gw_admin_http){ 413, "the request is too large" };
	case ES_BUSY:
	case ES_UNAVAILABLE:
	case ES_TIMEOUT: return (struct gw_admin_http){ 503, "a part of the server did not answer; try again" };
	case ES_INTERNAL:
	case ES_STATUS_COUNT: break;
	}
	return (struct gw_admin_http){ 500, "the server failed; its log has the reason under this trace" };
}

void gw_admin_answer_status(struct gw_admin_call *call, es_status status)
{
	struct gw_admin_http http = gw_admin_http_of(status);
	gw_admin_answer_error(call, http.status, http.text, NULL);
}

static const struct {
	unsigned status;
	const char *text; /* when policy's answer brought none */
} outcome_http[] = {
	[OPENES__ADMIN_REPLY__OUTCOME__OUTCOME_NONE] = { 500, "the answer had no outcome" },
	[OPENES__ADMIN_REPLY__OUTCOME__DONE] = { 200, NULL },
	[OPENES__ADMIN_REPLY__OUTCOME__CREATED] = { 201, NULL },
	[OPENES__ADMIN_REPLY__OUTCOME__UNAUTHENTICATED] = { 401, "the credential is not known here" },
	[OPENES__ADMIN_REPLY__OUTCOME__FORBIDDEN] = { 403, "this credential may not do that" },
	[OPENES__ADMIN_REPLY__OUTCOME__NOT_FOUND] = { 404, "there is no such thing" },
	[OPENES__ADMIN_REPLY__OUTCOME__INVALID] = { 422, "the request is not valid" },
	[OPENES__ADMIN_REPLY__OUTCOME__CONFLICT] = { 409, "the present state does not allow that" },
	[OPENES__ADMIN_REPLY__OUTCOME__ACCEPTED] = { 202, NULL },
};

void gw_admin_note_audit(struct gw_admin_call *call, const Openes__AdminReply *reply)
{
	(void)snprintf(call->audit_id, sizeof call->audit_id, "%s", reply->audit_id);
}

void gw_admin_answer_reply(struct gw_admin_call *call, const Openes__AdminReply *reply)
{
	size_t outcome = (size_t)reply->outcome;
	struct es_slice body = es_slice_of(reply->body.data, reply->body.len);

	gw_admin_note_audit(call, reply);
	if (outcome >= ES_COUNT(outcome_http) || outcome_http[outcome].status == 0)
		outcome = OPENES__ADMIN_REPLY__OUTCOME__OUTCOME_NONE;
	if (body.len == 0 && outcome_http[outcome].text != NULL)
		gw_admin_answer_error(call, outcome_http[outcome].status, outcome_http[outcome].text, NULL);
	else
		gw_admin_answer(call, outcome_http[outcome].status, body);
}

/* ---- to the bus ---- */

es_status gw_admin_params(const struct gw_admin_call *call, Openes__Param ***out, size_t *out_count)
{
	struct es_arena *arena = es_http_arena(call->request);
	size_t count = call->match.param_count;
	Openes__Param *values = es_arena_array(arena, count, sizeof *values);
	Openes__Param **params = es_arena_array(arena, count, sizeof *params);

	if (values == NULL || params == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < count; i++) {
		openes__param__init(&values[i]);
		values[i].name = es_arena_strdup(arena, es_slice_str(call->match.params[i].name));
		values[i].value = es_arena_strdup(arena, call->match.params[i].value);
		if (values[i].name == NULL || values[i].value == NULL)
			return ES_TOO_LARGE;
		params[i] = &values[i];
	}
	*out = params;
	*out_count = count;
	return ES_OK;
}

es_status gw_admin_message(const struct gw_admin_call *call, struct es_slice body, Openes__AdminRequest *message)
{
	struct es_arena *arena = es_http_arena(call->request);

	openes__admin_request__init(message);
	message->credential = call->credential;
	message->signature = call->signature;
	message->action = es_arena_strdup(arena, es_slice_str(call->match.route->action));
	message->client_address = es_arena_strdup(arena, es_slice_str(es_http_peer(call->request)));
	if (message->action == NULL || message->client_address == NULL)
		return ES_TOO_LARGE;
	ES_TRY(gw_admin_params(call, &message->params, &message->n_params));
	/* protobuf-c's struct knows no const; packing only reads. */
	message->body = (ProtobufCBinaryData){ .len = body.len, .data = (uint8_t *)(uintptr_t)body.ptr };
	return ES_OK;
}

es_status gw_admin_bus(struct gw_admin_call *call, struct es_bus_client *client, uint32_t method, bool repeatable,
                       const ProtobufCMessage *message, es_bus_callback *callback)
{
	uint8_t key[16];
	struct es_bus_call_options options = {
		.method = method,
		.deadline = es_wall_ms() + CALL_MS,
		.trace = es_http_trace(call->request),
	};

	if (repeatable) {
		es_random(key, sizeof key);
		options.idempotency_key = es_slice_of(key, sizeof key);
	}
	return es_bus_call(client, &options, message, callback, call);
}

static void on_policy(const struct es_bus_reply_view *view, void *user)
{
	struct gw_admin_call *call = user;

	if (view->status != ES_OK) {
		gw_admin_answer_status(call, view->status);
		return;
	}
	Openes__AdminReply *reply = (Openes__AdminReply *)es_bus_unpack(&openes__admin_reply__descriptor, view->payload,
	                                                                es_http_arena(call->request));
	if (reply == NULL)
		gw_admin_answer_status(call, ES_INTERNAL);
	else
		gw_admin_answer_reply(call, reply);
}

static void ask_policy(struct gw_admin_call *call)
{
	Openes__AdminRequest message;
	bool reads = strcmp(call->match.route->method, "GET") == 0;
	es_status status = gw_admin_message(call, es_http_body(call->request), &message);

	if (status == ES_OK)
		status = gw_admin_bus(call, call->admin->clients->policy, OPENES__BUS_METHOD__POLICY_ADMIN, reads,
		                      &message.base, on_policy);
	if (status != ES_OK)
		gw_admin_answer_status(call, status);
}

/* ---- from HTTP ---- */

struct authorization {
	size_t count;
	struct es_slice value;
};

static void on_authorization(struct es_slice value, void *user)
{
	struct authorization *a = user;
	a->count++;
	a->value = value;
}

/* RFC 6750 2.1: "Bearer" 1*SP b64token, once. */
static bool bearer_read(struct gw_admin_call *call)
{
	struct authorization a = { .count = 0 };
	const struct es_slice scheme = ES_SLICE_LIT("Bearer ");

	es_http_headers(call->request, "Authorization", on_authorization, &a);
	if (a.count != 1 || !es_slice_eq_nocase(es_slice_sub(a.value, 0, scheme.len), scheme))
		return false;
	struct es_slice token = es_slice_trim(es_slice_sub(a.value, scheme.len, a.value.len));
	if (token.len == 0 || token.len > 512)
		return false;
	for (size_t i = 0; i < token.len; i++) {
		if (token.ptr[i] <= ' ' || token.ptr[i] > '~')
			return false;
	}
	call->credential = es_arena_strdup(es_http_arena(call->request), token);
	return call->credential != NULL;
}

/* Of an event of a BSS, where the route takes one. */
static bool signature_read(struct gw_admin_call *call)
{
	const bool is_taken = call->match.route != NULL && gw_admin_route_is_signed(call->match.route);
	const struct es_slice none = { NULL, 0 };
	struct es_slice text = is_taken ? es_http_header(call->request, "Openes-Signature") : none;

	if (text.len > 1024 || !es_text_is_clean_utf8(text))
		text = none;
	call->signature = es_arena_strdup(es_http_arena(call->request), text);
	return call->signature != NULL && text.len > 0;
}

/* "application/json", with or without parameters. */
static bool body_is_json(const struct es_http_request *request)
{
	struct es_slice type = es_http_header(request, "Content-Type");
	struct es_slice media = es_slice_trim(es_slice_cut(&type, ';'));

	return es_slice_eq_nocase(media, ES_SLICE_LIT("application/json")) &&
	       es_http_header(request, "Content-Encoding").len == 0;
}

/* True when the body is of the kind the route wants; else it has been answered. */
static bool body_is_accepted(struct gw_admin_call *call)
{
	enum gw_admin_body wanted = call->match.route->body;
	bool has_body = es_http_body(call->request).len > 0;

	if (wanted == GW_BODY_NONE && has_body)
		gw_admin_answer_error(call, 400, "this action takes no body", NULL);
	else if ((wanted == GW_BODY_JSON || has_body) && !body_is_json(call->request))
		gw_admin_answer_error(call, 415, "the body has to be application/json, not compressed", NULL);
	else
		return true;
	return false;
}

static void no_route(struct gw_admin_call *call, es_status status)
{
	if (status == ES_UNSUPPORTED)
		gw_admin_answer_error(call, 405, "this path has no such method; Allow names those it has", NULL);
	else if (status == ES_MALFORMED)
		gw_admin_answer_error(call, 422, "this is not a valid identifier", call->match.field);
	else
		gw_admin_answer_error(call, 404, "there is no such path", NULL);
}

static void do_it(struct gw_admin_call *call)
{
	static gw_admin_work *const works[] = {
		[GW_OWNER_AUTH] = gw_admin_keys, [GW_OWNER_ESIM] = gw_admin_esim, [GW_OWNER_NOTIFY] = gw_admin_notify
	};
	const enum gw_admin_owner owner = call->match.route->owner;

	if (owner == GW_OWNER_POLICY)
		ask_policy(call);
	else
		gw_admin_begin(call, works[owner]);
}

void gw_admin_handle(struct es_http_request *request, void *user)
{
	struct es_arena *arena = es_http_arena(request);
	struct gw_admin_call *call = es_arena_alloc(arena, sizeof *call);

	if (call == NULL) {
		es_http_reply(request, 500, NULL, (struct es_slice){ NULL, 0 });
		return;
	}
	es_arena_set_secret(arena);
	call->admin = user;
	call->request = request;
	es_status status = gw_admin_route_find(es_http_method(request), es_http_path(request), &call->match);
	/* Without a credential nobody learns which paths there are. */
	call->credential = es_arena_strdup(arena, (struct es_slice){ NULL, 0 });
	if (!(signature_read(call) && call->credential != NULL) && !bearer_read(call)) {
		gw_admin_answer_error(call, 401, "send the header 'Authorization: Bearer <credential>'", NULL);
		return;
	}
	if (status == ES_OK)
		status = gw_admin_query_read(es_http_query(request), arena, &call->match);
	else {
		no_route(call, status);
		return;
	}
	if (status != ES_OK) {
		gw_admin_answer_error(call, 422, "this parameter is unknown, repeated or not valid", call->match.field);
		return;
	}
	if (!body_is_accepted(call))
		return;
	do_it(call);
}
