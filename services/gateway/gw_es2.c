/* gw_es2.c -- from a notification of an SM-DP+ to ESIM_NOTIFIED, and back to an empty answer. No SM-DP+ is known here. */
#include "gw_es2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.pb-c.h"
#include "es_bus_pb.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_http.h"
#include "es_log.h"
#include "es_metrics.h"
#include "esim.pb-c.h"

#define BODY_MAX 65536u /* resultData may have several KiB */
#define CONNECTIONS_MAX 64u
#define PREFIX "/gsma/rsp2/es2plus/"
#define PROTOCOL "X-Admin-Protocol"
#define PROTOCOL_MAX 32

static const char *const functions[] = { "handleDownloadProgressInfo", "handleNotification" };

enum result { TAKEN, NOT_OURS, UNREADABLE, STRANGER, AWAY, NO_NOTICE, RESULTS };
static const char *const result_names[RESULTS] = {
	[TAKEN] = "taken",       [NOT_OURS] = "not_ours", [UNREADABLE] = "unreadable",
	[STRANGER] = "stranger", [AWAY] = "unavailable",  [NO_NOTICE] = "no_notice",
};
ES_METRIC_COUNTER(requests, "openes_es2_requests_total", "Notifications of SM-DP+s, by result", "result", result_names);

/* By NotifiedReply.outcome. What names no profile of ours is taken all the same: it would be sent again and again. */
static const struct {
	enum result result;
	unsigned status;
} answers[] = {
	[OPENES__NOTIFIED_REPLY__OUTCOME__OUTCOME_NONE] = { AWAY, 503 },
	[OPENES__NOTIFIED_REPLY__OUTCOME__TAKEN] = { TAKEN, 204 },
	[OPENES__NOTIFIED_REPLY__OUTCOME__UNREADABLE] = { UNREADABLE, 400 },
	[OPENES__NOTIFIED_REPLY__OUTCOME__OF_NOBODY] = { STRANGER, 403 },
	[OPENES__NOTIFIED_REPLY__OUTCOME__NOT_OURS] = { NOT_OURS, 204 },
};

struct gw_es2 {
	const struct gw_config *config;
	const struct gw_clients *clients;
	struct es_http_server *http;
};

struct asked {
	struct es_http_request *http;
	const struct gw_es2 *es2;
	const char *function;
};

/* ---- answers ---- */

/* Repeated as it came, which the sender understands; it is a short text that goes into a header. */
static void repeat_protocol(struct es_http_request *http)
{
	const struct es_slice protocol = es_http_header(http, PROTOCOL);
	char text[PROTOCOL_MAX + 1];

	if (es_slice_starts_with(protocol, ES_SLICE_LIT("gsma/rsp/v")) && es_slice_to_str(protocol, text, sizeof text))
		es_http_set_header(http, PROTOCOL, text);
}

static void answer(const struct asked *asked, unsigned status, enum result result)
{
	char retry_after[16];

	es_count(&requests, result);
	es_info(es_http_trace(asked->http), "es2.request", es_f_str("function", asked->function),
	        es_f_str("result", result_names[result]), es_f_i64("code", status));
	repeat_protocol(asked->http);
	if (status == 503) {
		(void)snprintf(retry_after, sizeof retry_after, "%u", asked->es2->config->retry_after_s);
		es_http_set_header(asked->http, "Retry-After", retry_after);
	}
	es_http_reply(asked->http, status, NULL, (struct es_slice){ NULL, 0 });
}

static void on_reply(const struct es_bus_reply_view *view, void *user)
{
	const struct asked *asked = user;
	const Openes__NotifiedReply *reply = NULL;

	if (view->status == ES_OK)
		reply =
			(const void *)es_bus_unpack(&openes__notified_reply__descriptor, view->payload, es_http_arena(asked->http));
	const size_t outcome = reply != NULL && reply->outcome > 0 ? (size_t)reply->outcome : 0;
	const size_t row = outcome < ES_COUNT(answers) ? outcome : 0;
	answer(asked, answers[row].status, answers[row].result);
}

/* ---- the request ---- */

static void ask(struct asked *asked)
{
	char fingerprint[ES_HTTP_FINGERPRINT + 1] = "";
	Openes__NotifiedRequest request;
	uint8_t key[16];

	openes__notified_request__init(&request);
	if (!es_http_client_fingerprint(asked->http, fingerprint)) {
		answer(asked, 403, STRANGER);
		return;
	}
	request.fingerprint = fingerprint;
	request.function = es_pb_text(asked->function);
	request.body = es_pb_octets(es_http_body(asked->http));
	es_random(key, sizeof key); /* a notice taken twice is a notice taken once */
	const struct es_bus_call_options options = { .method = OPENES__BUS_METHOD__ESIM_NOTIFIED,
		                                         .deadline = es_wall_ms() + asked->es2->config->call_time,
		                                         .trace = es_http_trace(asked->http),
		                                         .idempotency_key = es_slice_of(key, sizeof key) };
	if (es_bus_call(asked->es2->clients->esim, &options, &request.base, on_reply, asked) != ES_OK)
		answer(asked, 503, AWAY);
}

/* The one that the path ends with, behind whatever prefix the SM-DP+ was told. NULL: none. */
static const char *function_of(struct es_slice path)
{
	for (size_t i = 0; i < ES_COUNT(functions); i++) {
		const size_t len = sizeof PREFIX - 1 + strlen(functions[i]);
		const struct es_slice end = es_slice_sub(path, path.len > len ? path.len - len : 0, path.len);

		if (es_slice_starts_with(end, ES_SLICE_LIT(PREFIX)) &&
		    es_slice_eq_str(es_slice_sub(end, sizeof PREFIX - 1, end.len), functions[i]))
			return functions[i];
	}
	return NULL;
}

static bool is_json(const struct es_http_request *http)
{
	struct es_slice rest = es_http_header(http, "Content-Type");
	const struct es_slice type = es_slice_trim(es_slice_cut(&rest, ';'));

	return es_slice_eq_nocase(type, ES_SLICE_LIT("application/json"));
}

static void handle(struct es_http_request *http, void *user)
{
	const char *function = function_of(es_http_path(http));
	struct asked now = { .http = http, .es2 = user, .function = function != NULL ? function : "none" };
	struct asked *asked = es_arena_alloc(es_http_arena(http), sizeof *asked);

	if (asked == NULL) {
		answer(&now, 503, AWAY);
		return;
	}
	*asked = now;
	if (function == NULL) {
		answer(asked, 404, NO_NOTICE);
	} else if (!es_slice_eq_str(es_http_method(http), "POST")) {
		es_http_set_header(http, "Allow", "POST");
		answer(asked, 405, NO_NOTICE);
	} else if (!is_json(http)) {
		answer(asked, 415, NO_NOTICE);
	} else {
		ask(asked);
	}
}

/* ---- start and stop ---- */

es_status gw_es2_start(const struct gw_config *config, const struct gw_clients *clients, struct gw_es2 **out,
                       struct es_buf *error)
{
	*out = NULL;
	if (config->es2_listen == NULL || config->es2_listen[0] == '\0')
		return ES_OK;
	struct gw_es2 *es2 = calloc(1, sizeof *es2);
	if (es2 == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	*es2 = (struct gw_es2){ .config = config, .clients = clients };
	const struct es_http_options options = {
		.name = "es2",
		.listen = config->es2_listen,
		.cert_file = config->es2_cert_file,
		.key_file = config->es2_key_file,
		.client_ca_file = config->es2_client_ca_file,
		.threads = 1,
		.connections_max = CONNECTIONS_MAX,
		.body_max = BODY_MAX,
		.request_ms = (uint32_t)config->request_time,
		.idle_ms = (uint32_t)config->idle_time,
		.handler = handle,
		.user = es2,
	};
	es_metric_register(&requests);
	es_status status = es_http_start(&options, &es2->http, error);
	if (status != ES_OK) {
		free(es2);
		return status;
	}
	*out = es2;
	return ES_OK;
}

void gw_es2_drain(struct gw_es2 *es2)
{
	if (es2 != NULL)
		es_http_drain(es2->http);
}

void gw_es2_stop(struct gw_es2 *es2, int64_t wait_ms)
{
	if (es2 == NULL)
		return;
	es_http_stop(es2->http, wait_ms);
	free(es2);
}

uint16_t gw_es2_port(const struct gw_es2 *es2)
{
	return es_http_port(es2->http);
}
