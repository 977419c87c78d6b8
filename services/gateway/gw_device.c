/* gw_device.c -- from the HTTP request to the exchange: path, method, body, parameters, negotiation. */
#include "gw_device.h"

#include <stdlib.h>

#include "es_clock.h"
#include "es_gzip.h"
#include "es_http.h"
#include "es_log.h"
#include "gw_exchange.h"
#include "gw_hold.h"
#include "gw_pages.h"

#define PATHS_MAX 16
#define GUNZIP_RATIO_MAX 100

struct gw_device {
	const struct gw_config *config;
	const struct gw_clients *clients;
	const struct gw_sign_keys *sign_keys;
	struct es_http_server *server;
	struct es_slice paths[PATHS_MAX];
	size_t path_count;
};

/* ---- reading ---- */

static void on_accept(struct es_slice value, void *user)
{
	gw_accept_add(user, value);
}

static void on_accept_encoding(struct es_slice value, void *user)
{
	bool *takes_gzip = user;

	*takes_gzip |= gw_accepts_gzip(value);
}

static void on_language(struct es_slice value, void *user)
{
	gw_language_add(user, value);
}

static void on_cookie(struct es_slice value, void *user)
{
	gw_cookies_add(user, value);
}

static void negotiate(struct gw_exchange *x)
{
	struct gw_accept accept = { 0 };

	es_http_headers(x->http, "Accept", on_accept, &accept);
	x->form = gw_accept_form(&accept);
	es_http_headers(x->http, "Accept-Encoding", on_accept_encoding, &x->takes_gzip);
}

static enum gw_fault unpack_body(const struct gw_exchange *x, struct es_slice *body)
{
	struct es_slice coding = es_http_header(x->http, "Content-Encoding");

	*body = es_http_body(x->http);
	if (coding.len == 0 || es_slice_eq_nocase(coding, ES_SLICE_LIT("identity")))
		return GW_FAULT_NONE;
	/* RFC 9110 8.4.1.3: x-gzip is the same. */
	if (!es_slice_eq_nocase(coding, ES_SLICE_LIT("gzip")) && !es_slice_eq_nocase(coding, ES_SLICE_LIT("x-gzip")))
		return GW_FAULT_CODING;
	es_status status = es_gunzip(*body, (size_t)x->config->body_max, GUNZIP_RATIO_MAX, x->arena, body);

	if (status == ES_OK)
		return GW_FAULT_NONE;
	return status == ES_TOO_LARGE ? GW_FAULT_BODY_SIZE : GW_FAULT_CODING;
}

/* A POST without a body has its parameters where a GET has them. */
static enum gw_fault read_params(struct gw_exchange *x, struct gw_params *params)
{
	struct es_slice body = { NULL, 0 };
	enum gw_fault fault = GW_FAULT_NONE;

	if (es_slice_eq_str(es_http_method(x->http), "POST"))
		fault = unpack_body(x, &body);
	if (fault != GW_FAULT_NONE)
		return fault;
	if (body.len > 0)
		return gw_json_parse(body, x->arena, params, &x->packet);
	return gw_query_parse(es_http_query(x->http), x->arena, params);
}

static char *credential(struct gw_exchange *x, struct es_slice value)
{
	return value.len > 0 ? es_arena_strdup(x->arena, value) : NULL;
}

static enum gw_fault read_request(struct gw_exchange *x)
{
	struct gw_params *params = es_arena_alloc(x->arena, sizeof(*params));
	struct gw_device_request *request = es_arena_alloc(x->arena, sizeof(*request));
	struct gw_language language = { .len = 0 };
	enum gw_fault fault;

	if (params == NULL || request == NULL)
		return GW_FAULT_TOO_LONG;
	fault = read_params(x, params);
	if (fault != GW_FAULT_NONE)
		return fault;
	if (x->packet.len > 0) {
		es_http_headers(x->http, "Cookie", on_cookie, &x->cookies);
		return GW_FAULT_NONE;
	}
	fault = gw_return_read(params, &x->back);
	if (fault != GW_FAULT_NONE)
		return fault;
	if (x->back.kind != GW_RETURN_NONE) {
		es_http_headers(x->http, "Cookie", on_cookie, &x->cookies);
		return GW_FAULT_NONE;
	}
	fault = gw_request_build(params, x->config->version_major_max, request);
	if (fault != GW_FAULT_NONE)
		return fault;
	es_http_headers(x->http, "Accept-Language", on_language, &language);
	x->token = credential(x, request->token);
	x->eap_id = credential(x, request->eap_id);
	x->temporary_token = credential(x, request->temporary_token);
	x->operator_token = credential(x, request->operator_token);
	x->access_token = credential(x, request->access_token);
	x->request = gw_wire_request(request, x->http, &language, x->form != GW_FORM_XML, x->arena);
	return x->request != NULL ? GW_FAULT_NONE : GW_FAULT_TOO_LONG;
}

/* ---- the handler ---- */

static bool is_served(const struct gw_device *device, struct es_slice path)
{
	for (size_t i = 0; i < device->path_count; i++)
		if (es_slice_eq(path, device->paths[i]))
			return true;
	return false;
}

static bool is_served_method(struct es_slice method)
{
	return es_slice_eq_str(method, "GET") || es_slice_eq_str(method, "POST");
}

static void handle(struct es_http_request *http, void *user)
{
	const struct gw_device *device = user;
	struct gw_exchange *x;
	enum gw_fault fault;

	if (gw_pages_serves(device->config, es_http_path(http))) {
		gw_pages_handle(http, device->config, device->clients);
		return;
	}
	x = es_arena_alloc(es_http_arena(http), sizeof(*x));
	if (x == NULL) {
		es_http_reply(http, 500, NULL, (struct es_slice){ NULL, 0 });
		return;
	}
	x->http = http;
	x->arena = es_http_arena(http);
	x->config = device->config;
	x->clients = device->clients;
	x->sign_keys = device->sign_keys;
	x->started_us = es_mono_us();
	x->deadline = es_wall_ms() + device->config->call_time;
	if (es_slice_eq_str(es_http_path(http), device->config->sheet_path)) {
		es_http_headers(http, "Accept-Language", on_language, &x->language);
		gw_sheet_handle(x);
		return;
	}
	if (!is_served(device, es_http_path(http))) {
		gw_answer(x, GW_OUTCOME_NOT_FOUND);
		return;
	}
	if (!is_served_method(es_http_method(http))) {
		gw_answer(x, GW_OUTCOME_METHOD);
		return;
	}
	negotiate(x);
	fault = read_request(x);
	if (fault == GW_FAULT_NONE) {
		gw_flow_start(x);
		return;
	}
	x->reason = gw_fault_label(fault);
	gw_answer(x, gw_outcome_of_fault(fault));
}

/* ---- start and stop ---- */

static es_status read_paths(struct gw_device *device, struct es_buf *error)
{
	struct es_slice rest = es_slice_str(device->config->device_paths);

	while (rest.ptr != NULL) {
		struct es_slice path = es_slice_trim(es_slice_cut(&rest, ','));

		if (path.len == 0 || path.ptr[0] != '/' || device->path_count == PATHS_MAX) {
			es_put_printf(error, "device_paths: up to %d paths, each beginning with '/'", PATHS_MAX);
			return ES_MALFORMED;
		}
		device->paths[device->path_count++] = path;
	}
	return ES_OK;
}

static const char *or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

static es_status start_server(struct gw_device *device, struct es_buf *error)
{
	const struct gw_config *config = device->config;
	const struct es_http_options options = {
		.name = "device",
		.listen = config->device_listen,
		.cert_file = or_null(config->device_cert_file),
		.key_file = or_null(config->device_key_file),
		.ticket_key_file = or_null(config->ticket_key_file),
		.threads = config->device_threads,
		.connections_max = config->connections_max,
		.connections_per_address = config->connections_per_address,
		.requests_per_minute = config->requests_per_minute,
		.body_max = (uint32_t)config->body_max,
		.header_max = (uint32_t)config->header_max,
		.request_ms = (uint32_t)config->request_time,
		.idle_ms = (uint32_t)config->idle_time,
		.handler = handle,
		.user = device,
	};

	if (options.cert_file == NULL)
		es_warn(NULL, "device.plain_http", es_f_str("listen", options.listen));
	return es_http_start(&options, &device->server, error);
}

es_status gw_device_start(const struct gw_config *config, const struct gw_clients *clients,
                          const struct gw_sign_keys *sign_keys, struct gw_device **out, struct es_buf *error)
{
	struct gw_device *device = calloc(1, sizeof(*device));
	es_status status;

	if (device == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	device->config = config;
	device->clients = clients;
	device->sign_keys = sign_keys;
	gw_answer_metrics();
	gw_pages_metrics();
	status = read_paths(device, error);
	if (status == ES_OK)
		status = start_server(device, error);
	if (status != ES_OK) {
		free(device);
		return status;
	}
	*out = device;
	return ES_OK;
}

uint16_t gw_device_port(const struct gw_device *device)
{
	return es_http_port(device->server);
}

void gw_device_drain(struct gw_device *device)
{
	es_http_drain(device->server);
}

void gw_device_stop(struct gw_device *device, int64_t wait_ms)
{
	if (device == NULL)
		return;
	gw_hold_quit(device->clients->hold);
	es_http_stop(device->server, wait_ms);
	free(device);
}
