/* policy_qos_send.c -- sections of the QoS file, requests to their networks, and what the answers mean. */
#include "policy_qos_send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_config_named.h"
#include "es_json.h"
#include "es_metrics.h"
#include "es_peer.h"
#include "es_text.h"
#include "policy_qos_answer.h"

#define FILE_MAX (1u << 20)
#define SECTIONS_MAX 32
#define ROOT_MAX 512
#define URL_MAX 2048
#define BODY_MAX 4096
#define ANSWER_MAX 65536
#define OPEN_END_S 86400 /* of a session whose boost has no end */

struct config {
	struct es_peer_settings peer;
	int64_t lease, retry_first, retry_max;
	uint32_t tries_max, sst;
	const char *sd, *notify_url, *application_server;
};

#define KEY(field, kind, fallback, min, max, help) ES_CONF(qos, struct config, field, kind, fallback, min, max, help)
static const struct es_conf_key keys[] = {
	ES_PEER_KEYS(qos, struct config, peer,
	             "apiRoot: what comes before /npcf-policyauthorization or /quality-on-demand"),
	ES_PEER_KEY(qos, struct config, peer, http2, ES_CONF_BOOL, "false", 0, 0,
	            "an http:// url is HTTP/2 by prior knowledge, as a 5G core's is"),
	KEY(lease, ES_CONF_DURATION, "30s", 100, 3600000,
	    "how much longer than that an order is left to the process that sent it: to write what came of it"),
	KEY(retry_first, ES_CONF_DURATION, "2s", 10, 3600000, "pause before the second try; it doubles from then on"),
	KEY(retry_max, ES_CONF_DURATION, "5m", 10, 86400000, "longest pause between tries"),
	KEY(tries_max, ES_CONF_U32, "10", 1, 1000, "tries of one step before an order fails"),
	KEY(sst, ES_CONF_U32, "0", 0, 255, "slice/service type told to a PCF; 0 with an empty sd: no slice is told"),
	KEY(sd, ES_CONF_STRING, "", 0, 0, "slice differentiator, 6 hex digits; empty: none"),
	KEY(notify_url, ES_CONF_STRING, "http://localhost/none", 0, 0,
	    "notifUri, which a PCF has to be told; nothing is subscribed to"),
	KEY(application_server, ES_CONF_STRING, "0.0.0.0/0", 0, 0,
	    "ipv4Address of applicationServer, which the API for developers has to be told"),
};

struct section {
	const char *name;
	const struct config *config;
	struct es_peer peer;
};

struct policy_qos_net {
	struct es_arena *arena; /* what the file says */
	struct es_fetcher *fetcher;
	struct section sections[SECTIONS_MAX];
	size_t count;
};

/* In the order of enum policy_qos_outcome. */
static const char *const outcomes[] = { "done", "refused", "unheard", "lost" };
ES_METRIC_COUNTER(requests, "openes_policy_qos_requests_total",
                  "Requests for quality of service, by what became of them", "outcome", outcomes);

struct trip {
	struct section *section;
	struct policy_qos_net *net;
	enum policy_qos_act act;
	uint8_t mode;
	char id[POLICY_QOS_ID + 1];
	char url[URL_MAX];
	struct es_buf body;
	int64_t deadline;
	policy_qos_sent *done;
	void *user;
};

static struct section *find(struct policy_qos_net *net, const char *name)
{
	for (size_t i = 0; i < net->count; i++)
		if (strcmp(net->sections[i].name, name) == 0)
			return &net->sections[i];
	return NULL;
}

/* ---- bounds ---- */

struct policy_qos_pace policy_qos_net_pace(struct policy_qos_net *net, const char *source)
{
	const struct section *s = find(net, source);

	if (s == NULL) /* the file may be mended, and the process started anew */
		return (struct policy_qos_pace){ 60000, 600000, 30000, 5 };
	return (struct policy_qos_pace){ s->config->retry_first, s->config->retry_max,
		                             s->config->peer.timeout + s->config->lease, s->config->tries_max };
}

bool policy_qos_net_enter(struct policy_qos_net *net, const char *source)
{
	struct section *s = find(net, source);

	return s == NULL || es_peer_enter(&s->peer.room) == ES_PEER_ENTERED;
}

void policy_qos_net_leave(struct policy_qos_net *net, const char *source)
{
	struct section *s = find(net, source);

	if (s != NULL)
		es_peer_leave(&s->peer.room);
}

/* ---- the answer ---- */

static void finish(struct trip *t, enum policy_qos_outcome outcome, const char *remote, const char *reason)
{
	const struct policy_qos_heard heard = { outcome, remote, reason };

	es_count(&requests, (size_t)outcome);
	policy_qos_net_leave(t->net, t->section->name);
	t->done(&heard, t->user);
	es_buf_free(&t->body);
	free(t);
}

static void read_made(struct trip *t, const struct es_fetch_answer *answer)
{
	char remote[POLICY_QOS_REMOTE_MAX + 1];
	struct es_buf out;

	es_buf_init_fixed(&out, remote, sizeof remote);
	es_status status = t->mode == POLICY_QOS_PCF ? policy_qos_read_location(answer->location, &out)
	                                             : policy_qos_read_session(answer->body, &out);
	if (status == ES_OK)
		finish(t, POLICY_QOS_DONE, remote, "");
	else
		finish(t, POLICY_QOS_LOST, "", "the answer does not name what was made");
}

/* RFC 9110: what the peer certainly did not act upon, and what may do so when it is asked again. */
static enum policy_qos_outcome of_code(long code)
{
	if (code == 401 || code == 408 || code == 425 || code == 429 || code == 503)
		return POLICY_QOS_UNHEARD;
	return code >= 300 && code < 500 ? POLICY_QOS_REFUSED : POLICY_QOS_LOST;
}

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	struct trip *t = user;
	char reason[32];

	if (answer->status != ES_OK) {
		finish(t, answer->is_unsent && !t->section->config->peer.http2 ? POLICY_QOS_UNHEARD : POLICY_QOS_LOST, "",
		       answer->status == ES_TIMEOUT ? "no answer in time" : answer->why);
		return;
	}
	if (answer->code == 401)
		(void)es_peer_refused(&t->section->peer);
	(void)snprintf(reason, sizeof reason, "HTTP status %ld", answer->code);
	if (t->act == POLICY_QOS_CREATE && (answer->code == 201 || answer->code == 200))
		read_made(t, answer);
	else if (t->act == POLICY_QOS_REMOVE &&
	         ((answer->code >= 200 && answer->code < 300) || answer->code == 404 || answer->code == 410))
		finish(t, POLICY_QOS_DONE, "", "");
	else
		finish(t, of_code(answer->code), "", reason);
}

/* ---- the request ---- */

static void write_pcf(const struct config *c, const struct policy_qos_order *o, struct es_buf *out)
{
	struct es_json_out j = es_json_to(out);
	char supi[32];

	(void)snprintf(supi, sizeof supi, "imsi-%s", o->imsi);
	es_json_object(&j, NULL);
	es_json_object(&j, "ascReqData");
	es_json_put_str(&j, "supi", supi);
	if (o->dnn[0] != '\0')
		es_json_put_str(&j, "dnn", o->dnn);
	if (c->sst != 0 || c->sd[0] != '\0') {
		es_json_object(&j, "sliceInfo");
		es_json_put_i64(&j, "sst", c->sst);
		if (c->sd[0] != '\0')
			es_json_put_str(&j, "sd", c->sd);
		es_json_end_object(&j);
	}
	es_json_object(&j, "medComponents");
	es_json_object(&j, "1");
	es_json_put_i64(&j, "medCompN", 1);
	es_json_put_str(&j, "qosReference", o->profile);
	es_json_end_object(&j);
	es_json_end_object(&j);
	es_json_put_str(&j, "notifUri", c->notify_url);
	es_json_put_str(&j, "suppFeat", "0");
	es_json_end_object(&j);
	es_json_end_object(&j);
}

/* The same body each time: its duration counts from when it was first asked for. */
static void write_camara(const struct config *c, const struct policy_qos_order *o, struct es_buf *out)
{
	const int64_t left_s = o->until_ms != 0 ? (o->until_ms - o->asked_ms + 999) / 1000 : OPEN_END_S;
	struct es_json_out j = es_json_to(out);

	es_json_object(&j, NULL);
	es_json_object(&j, "device");
	es_json_put_str(&j, "phoneNumber", o->msisdn);
	es_json_end_object(&j);
	es_json_object(&j, "applicationServer");
	es_json_put_str(&j, "ipv4Address", c->application_server);
	es_json_end_object(&j);
	es_json_put_str(&j, "qosProfile", o->profile);
	es_json_put_i64(&j, "duration", left_s > 0 ? left_s : 1);
	es_json_end_object(&j);
}

static es_status write_request(struct trip *t, const struct policy_qos_order *o)
{
	const struct config *c = t->section->config;
	const bool is_pcf = o->mode == POLICY_QOS_PCF, is_create = t->act == POLICY_QOS_CREATE;
	const char *path = is_pcf ? "/npcf-policyauthorization/v1/app-sessions" : "/quality-on-demand/v1/sessions";
	/* TS 29.514 5.3.3.4.2: a PCF's is deleted by an operation of its own. */
	const int len = snprintf(t->url, sizeof t->url, "%s%s%s%s%s", c->peer.url, path, is_create ? "" : "/",
	                         is_create ? "" : o->remote, is_pcf && !is_create ? "/delete" : "");

	if (is_create && is_pcf)
		write_pcf(c, o, &t->body);
	else if (is_create)
		write_camara(c, o, &t->body);
	return len > 0 && (size_t)len < sizeof t->url ? es_buf_status(&t->body) : ES_TOO_LARGE;
}

static void carry(struct trip *t, const char *bearer)
{
	const bool deletes = t->act == POLICY_QOS_REMOVE && t->mode == POLICY_QOS_CAMARA;
	struct es_fetch_header headers[4] = { { "Accept", "application/json, application/problem+json" },
		                                  { "Idempotency-Key", t->id },
		                                  { "x-correlator", t->id } };
	size_t count = 3;

	if (t->body.len > 0)
		headers[count++] = (struct es_fetch_header){ "Content-Type", "application/json" };
	const struct es_fetch_request request = { .method = deletes ? "DELETE" : "POST",
		                                      .url = t->url,
		                                      .headers = headers,
		                                      .header_count = count,
		                                      .body = es_buf_slice(&t->body),
		                                      .answer_max = ANSWER_MAX,
		                                      .deadline = t->deadline,
		                                      .is_once = !t->section->config->peer.http2 };
	es_status status = es_peer_send(&t->section->peer, bearer, &request, on_answer, t);
	if (status != ES_OK)
		finish(t, POLICY_QOS_UNHEARD, "", es_status_meaning(status));
}

static void on_token(const char *bearer, const char *why, void *user)
{
	struct trip *t = user;

	if (bearer == NULL)
		finish(t, POLICY_QOS_UNHEARD, "", why);
	else
		carry(t, bearer);
}

void policy_qos_net_send(struct policy_qos_net *net, enum policy_qos_act act, const struct policy_qos_order *order,
                         policy_qos_sent *done, void *user)
{
	struct section *section = find(net, order->source);
	const struct policy_qos_heard nobody = { POLICY_QOS_UNHEARD, "", "no section of that name in the QoS file" };
	const struct policy_qos_heard nameless = { POLICY_QOS_REFUSED, "", "the line has no number to name it by" };
	const struct policy_qos_heard no_memory = { POLICY_QOS_UNHEARD, "", "out of memory" };
	const bool has_name = order->mode == POLICY_QOS_PCF || act == POLICY_QOS_REMOVE || order->msisdn[0] != '\0';
	struct trip *t = section != NULL && has_name ? calloc(1, sizeof *t) : NULL;

	if (t == NULL) {
		policy_qos_net_leave(net, order->source);
		done(section == NULL ? &nobody : !has_name ? &nameless : &no_memory, user);
		return;
	}
	t->section = section;
	t->net = net;
	t->act = act;
	t->mode = order->mode;
	t->deadline = es_wall_ms() + section->config->peer.timeout;
	t->done = done;
	t->user = user;
	(void)snprintf(t->id, sizeof t->id, "%s", order->id);
	es_buf_init(&t->body, BODY_MAX);
	if (write_request(t, order) != ES_OK)
		finish(t, POLICY_QOS_REFUSED, "", "the request would be too large");
	else
		es_peer_prepare(&section->peer, t->deadline, on_token, t);
}

/* ---- life ---- */

static const char *fault_of(const struct config *c)
{
	const char *fault = es_peer_fault(&c->peer, true);
	uint8_t sd[3];

	if (fault != NULL)
		return fault;
	if (strlen(c->peer.url) > ROOT_MAX)
		return "url is too long";
	if (c->sd[0] != '\0' && (strlen(c->sd) != 6 || es_hex_decode(es_slice_str(c->sd), sd, sizeof sd) != ES_OK))
		return "sd is 6 hex digits";
	return c->retry_first <= c->retry_max ? NULL : "retry_first is above retry_max";
}

static es_status fill(struct policy_qos_net *net, struct section *s, struct es_buf *error)
{
	const struct config *c = s->config;
	const char *fault = fault_of(c);

	if (fault != NULL) {
		es_put_str(error, fault);
		return ES_MALFORMED;
	}
	return es_peer_open(&s->peer, net->fetcher, s->name, &c->peer, error);
}

static es_status add(struct policy_qos_net *net, const char *file, const struct es_conf_named *named,
                     struct es_buf *error)
{
	char room[768];
	struct es_buf why;

	if (net->count == SECTIONS_MAX) {
		es_put_printf(error, "%s: more than %d sections", file, SECTIONS_MAX);
		return ES_TOO_LARGE;
	}
	struct section *s = &net->sections[net->count++];
	s->name = named->name;
	s->config = named->values;
	es_buf_init_fixed(&why, room, sizeof room);
	es_status status = fill(net, s, &why);
	if (status != ES_OK)
		es_put_printf(error, "%s, [qos %s], line %u: " ES_SLICE_FMT, file, s->name, named->line,
		              ES_SLICE_ARG(es_buf_slice(&why)));
	return status;
}

static es_status start(struct policy_qos_net *net, const char *file, struct es_buf *error)
{
	static const struct es_conf_section kind = { "qos", keys, ES_COUNT(keys), sizeof(struct config), false };
	const struct es_fetcher_options fetcher = { .name = "policy-qos", .in_flight_max = 4096 };
	const struct es_conf_named *named = NULL;
	size_t count = 0;

	if (file[0] == '\0')
		return ES_OK;
	if ((net->arena = es_arena_new(0, FILE_MAX)) == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_config_named_load(&kind, 1, file, net->arena, &named, &count, error));
	ES_TRY(es_fetcher_start(&fetcher, &net->fetcher, error));
	for (size_t i = 0; i < count; i++)
		ES_TRY(add(net, file, &named[i], error));
	return ES_OK;
}

es_status policy_qos_net_start(const char *file, struct policy_qos_net **out, struct es_buf *error)
{
	struct policy_qos_net *net = calloc(1, sizeof *net);

	if (net == NULL)
		return ES_TOO_LARGE;
	es_metric_register(&requests);
	es_status status = start(net, file, error);
	if (status != ES_OK) {
		policy_qos_net_stop(net);
		policy_qos_net_free(net);
		return status;
	}
	*out = net;
	return ES_OK;
}

void policy_qos_net_stop(struct policy_qos_net *net)
{
	if (net != NULL)
		es_fetcher_stop(ES_TAKE(net->fetcher));
}

void policy_qos_net_free(struct policy_qos_net *net)
{
	if (net == NULL)
		return;
	for (size_t i = 0; i < net->count; i++)
		es_peer_close(&net->sections[i].peer);
	es_arena_free(net->arena);
	free(net);
}
