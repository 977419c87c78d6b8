/* gw_server.c -- from a form to AUTH_CLIENT_TOKEN and back to JSON. No key and no client is known here. */
#include "gw_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.pb-c.h"
#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_http.h"
#include "es_json.h"
#include "es_log.h"
#include "es_metrics.h"
#include "gw_request.h"

#define BODY_MAX 32768u /* two assertions, percent-encoded */
#define CONNECTIONS_MAX 256u
#define ANSWER_MAX 16384u
#define FORM_TYPE "application/x-www-form-urlencoded"

enum result { ISSUED, REFUSED, AWAY, NO_FORM };
static const char *const result_names[] = {
	[ISSUED] = "issued", [REFUSED] = "refused", [AWAY] = "unavailable", [NO_FORM] = "no_form"
};
ES_METRIC_COUNTER(requests, "openes_server_requests_total", "Requests at the token endpoint, by result", "result",
                  result_names);

struct gw_server {
	const struct gw_config *config;
	const struct gw_clients *clients;
	struct es_http_server *http;
};

struct asked {
	struct es_http_request *http;
	const struct gw_server *server;
};

/* ---- answers ---- */

static void answer(struct es_http_request *http, unsigned status, enum result result, const char *reason,
                   const struct es_buf *body)
{
	es_count(&requests, result);
	es_info(es_http_trace(http), "server.request", es_f_str("result", result_names[result]), es_f_i64("code", status),
	        es_f_str("reason", reason));
	es_http_set_header(http, "Cache-Control", "no-store"); /* RFC 6749 5.1 */
	es_http_set_header(http, "Pragma", "no-cache");
	es_http_reply(http, status, "application/json", es_buf_slice(body));
}

/* RFC 6749 5.2 */
static void answer_error(struct es_http_request *http, unsigned status, enum result result, const char *error,
                         const char *description)
{
	char storage[512];
	struct es_buf body;

	es_buf_init_fixed(&body, storage, sizeof storage);
	struct es_json_out j = es_json_to(&body);
	es_json_object(&j, NULL);
	es_json_put_str(&j, "error", error);
	if (description[0] != '\0')
		es_json_put_str(&j, "error_description", description);
	es_json_end_object(&j);
	answer(http, status, result, error, &body);
}

static void answer_away(const struct asked *asked)
{
	char retry_after[16];

	(void)snprintf(retry_after, sizeof retry_after, "%u", asked->server->config->retry_after_s);
	es_http_set_header(asked->http, "Retry-After", retry_after);
	answer_error(asked->http, 503, AWAY, "temporarily_unavailable", "");
}

static void answer_token(const struct asked *asked, const Openes__ClientTokenReply *reply)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf body;

	es_buf_init(&body, ANSWER_MAX);
	struct es_json_out j = es_json_to(&body);
	es_json_object(&j, NULL);
	es_json_put_str(&j, "access_token", reply->access_token);
	es_json_put_str(&j, "token_type", "Bearer");
	es_json_put_i64(&j, "expires_in", reply->expires_in_s);
	es_json_put_str(&j, "scope", reply->scope);
	es_json_end_object(&j);
	if (es_buf_status(&body) != ES_OK)
		answer_away(asked);
	else
		answer(asked->http, 200, ISSUED, "", &body);
}

static void on_reply(const struct es_bus_reply_view *view, void *user)
{
	const struct asked *asked = user;
	const Openes__ClientTokenReply *reply = NULL;

	if (view->status == ES_OK)
		reply = (const void *)es_bus_unpack(&openes__client_token_reply__descriptor, view->payload,
		                                    es_http_arena(asked->http));
	if (reply == NULL)
		answer_away(asked);
	else if (reply->error[0] == '\0' && reply->access_token[0] != '\0')
		answer_token(asked, reply);
	else /* 401 is for the client itself */
		answer_error(asked->http, strcmp(reply->error, "invalid_client") == 0 ? 401 : 400, REFUSED, reply->error,
		             reply->error_description);
}

/* ---- the request ---- */

static bool is_form(const struct es_http_request *http)
{
	struct es_slice rest = es_http_header(http, "Content-Type");
	struct es_slice type = es_slice_trim(es_slice_cut(&rest, ';'));

	return es_slice_eq_nocase(type, ES_SLICE_LIT(FORM_TYPE));
}

static bool fill_form(Openes__ClientTokenRequest *request, const struct gw_params *params, struct es_arena *arena)
{
	Openes__Param *items = es_arena_array(arena, params->count, sizeof *items);

	request->form = es_arena_array(arena, params->count, sizeof(Openes__Param *));
	if (items == NULL || request->form == NULL)
		return false;
	for (size_t i = 0; i < params->count; i++) {
		openes__param__init(&items[i]);
		items[i].name = es_arena_strdup(arena, params->items[i].name);
		items[i].value = es_arena_strdup(arena, params->items[i].value);
		if (items[i].name == NULL || items[i].value == NULL)
			return false;
		request->form[request->n_form++] = &items[i];
	}
	return true;
}

/* Host as the client wrote it, in lower case: its assertion names the endpoint so. */
static char *host_of(struct es_http_request *http)
{
	char *host = es_arena_strdup(es_http_arena(http), es_http_header(http, "Host"));

	for (char *c = host; c != NULL && *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	return host;
}

static bool fill(Openes__ClientTokenRequest *request, struct es_http_request *http, const struct gw_params *params)
{
	static char path[] = GW_SERVER_PATH;

	openes__client_token_request__init(request);
	request->path = path;
	request->host = host_of(http);
	request->client_address = es_arena_strdup(es_http_arena(http), es_slice_str(es_http_peer(http)));
	return request->host != NULL && request->client_address != NULL && fill_form(request, params, es_http_arena(http));
}

static void ask(const struct gw_server *server, struct es_http_request *http, const struct gw_params *params)
{
	struct asked *asked = es_arena_alloc(es_http_arena(http), sizeof *asked);
	Openes__ClientTokenRequest request;
	uint8_t key[16];

	if (asked == NULL || !fill(&request, http, params)) {
		answer_error(http, 400, NO_FORM, "invalid_request", "the form is too large");
		return;
	}
	*asked = (struct asked){ .http = http, .server = server };
	es_random(key, sizeof key); /* a call that is repeated inside is no replay of its assertion */
	const struct es_bus_call_options options = { .method = OPENES__BUS_METHOD__AUTH_CLIENT_TOKEN,
		                                         .deadline = es_wall_ms() + server->config->call_time,
		                                         .trace = es_http_trace(http),
		                                         .idempotency_key = es_slice_of(key, sizeof key) };
	if (es_bus_call(server->clients->auth, &options, &request.base, on_reply, asked) != ES_OK)
		answer_away(asked);
}

static void handle(struct es_http_request *http, void *user)
{
	const struct gw_server *server = user;
	struct gw_params *params = es_arena_alloc(es_http_arena(http), sizeof *params);

	if (!es_slice_eq_str(es_http_path(http), GW_SERVER_PATH)) {
		answer_error(http, 404, NO_FORM, "not_found", "");
	} else if (!es_slice_eq_str(es_http_method(http), "POST")) {
		es_http_set_header(http, "Allow", "POST");
		answer_error(http, 405, NO_FORM, "invalid_request", "the token endpoint is POSTed to");
	} else if (!is_form(http) || params == NULL ||
	           gw_query_parse(es_http_body(http), es_http_arena(http), params) != GW_FAULT_NONE) {
		answer_error(http, 400, NO_FORM, "invalid_request", "the body has to be a form (" FORM_TYPE ")");
	} else {
		ask(server, http, params);
	}
}

/* ---- start and stop ---- */

static const char *or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

es_status gw_server_start(const struct gw_config *config, const struct gw_clients *clients, struct gw_server **out,
                          struct es_buf *error)
{
	*out = NULL;
	if (or_null(config->server_listen) == NULL)
		return ES_OK;
	struct gw_server *server = calloc(1, sizeof *server);
	if (server == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	*server = (struct gw_server){ .config = config, .clients = clients };
	const struct es_http_options options = {
		.name = "server",
		.listen = config->server_listen,
		.cert_file = or_null(config->server_cert_file),
		.key_file = or_null(config->server_key_file),
		.client_ca_file = or_null(config->server_client_ca_file),
		.threads = 1,
		.connections_max = CONNECTIONS_MAX,
		.requests_per_minute = config->server_requests_per_minute,
		.body_max = BODY_MAX,
		.request_ms = (uint32_t)config->request_time,
		.idle_ms = (uint32_t)config->idle_time,
		.handler = handle,
		.user = server,
	};
	es_metric_register(&requests);
	es_status status = es_http_start(&options, &server->http, error);
	if (status != ES_OK) {
		free(server);
		return status;
	}
	*out = server;
	return ES_OK;
}

void gw_server_drain(struct gw_server *server)
{
	if (server != NULL)
		es_http_drain(server->http);
}

void gw_server_stop(struct gw_server *server, int64_t wait_ms)
{
	if (server == NULL)
		return;
	es_http_stop(server->http, wait_ms);
	free(server);
}

uint16_t gw_server_port(const struct gw_server *server)
{
	return es_http_port(server->http);
}
