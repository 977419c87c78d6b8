/* ph_client.c -- requests as TS.43 2.3 and 2.4 list them, and the EAP relay until a document or a refusal comes. */
#include "ph_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_arena.h"
#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

#include "ph_device.h"
#include "ph_doc.h"
#include "ph_eap_peer.h"
#include "ph_trace.h"

enum { PATH_SIZE = 16384, PACKET_MAX = 4096, ARENA_MAX = 4 << 20, IDENTITY_SIZE = 96, COMMON = 10 + PH_APPS_MAX };

struct ph_client {
	const struct ph_profile *profile;
	struct ph_trace *trace;
	struct es_arena *arena; /* of one exchange */
	struct es_buf path, body, packet, cookie;
	char accept_first[128], accept_next[128];
	struct ph_http_request request; /* the one to be sent */

	struct ph_phone *phone;
	struct ph_ask ask;
	const char *apps[PH_APPS_MAX]; /* of this exchange */
	size_t app_count;
	struct ph_eap_peer peer;
	char identity[IDENTITY_SIZE];
	bool is_relaying; /* the first challenge has come */
	unsigned rounds;
	struct ph_outcome outcome;
};

/* The parameters of one request; `app` is not among them, since it repeats. */
struct params {
	struct ph_param at[COMMON + 2 * PH_PARAMS_MAX];
	size_t count;
	char identity[IDENTITY_SIZE], terminal_id[PH_IMEI_SIZE];
};

struct ph_client *ph_client_new(const struct ph_profile *profile, struct ph_trace *trace)
{
	struct ph_client *c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	c->profile = profile;
	c->trace = trace;
	c->arena = es_arena_new(16384, ARENA_MAX);
	es_buf_init(&c->path, PATH_SIZE);
	es_buf_init(&c->body, PATH_SIZE);
	es_buf_init(&c->packet, PACKET_MAX);
	es_buf_init(&c->cookie, PATH_SIZE);
	if (c->arena != NULL)
		return c;
	ph_client_free(c);
	return NULL;
}

void ph_client_free(struct ph_client *c)
{
	if (c == NULL)
		return;
	if (c->is_relaying)
		ph_eap_peer_done(&c->peer);
	es_arena_free(c->arena);
	es_buf_free(&c->path);
	es_buf_free(&c->body);
	es_buf_free(&c->packet);
	es_buf_free(&c->cookie);
	free(c);
}

static void set_param(struct params *p, const char *name, const char *value)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->at[i].name, name) == 0) {
			p->at[i].value = value;
			return;
		}
	p->at[p->count++] = (struct ph_param){ name, value };
}

/* TS 23.003 19.3.2: 0 (6: EAP-AKA') <IMSI>@nai.epc.mnc<three digits>.mcc<MCC>.3gppnetwork.org */
static void make_identity(const struct ph_profile *profile, const char *imsi, char out[IDENTITY_SIZE])
{
	struct es_slice mcc = profile->mcc != NULL ? es_slice_str(profile->mcc) : es_slice_of(imsi, 3);
	struct es_slice mnc = profile->mnc != NULL ? es_slice_str(profile->mnc) : es_slice_of(imsi + 3, 2);
	(void)snprintf(out, IDENTITY_SIZE, "%c%s@nai.epc.mnc%s" ES_SLICE_FMT ".mcc" ES_SLICE_FMT ".3gppnetwork.org",
	               (profile->methods & PH_AKA_PRIME) != 0 ? '6' : '0', imsi, mnc.len == 2 ? "0" : "", ES_SLICE_ARG(mnc),
	               ES_SLICE_ARG(mcc));
}

static void put_proof(const struct ph_client *c, struct params *p)
{
	const char *imsi = c->phone->usim.imsi.digits;

	switch (c->ask.proof) {
	case PH_PROOF_TOKEN:
		set_param(p, "token", c->phone->token);
		if (imsi[0] != 0)
			set_param(p, "IMSI", imsi);
		break;
	case PH_PROOF_SIM:
		make_identity(c->profile, imsi, p->identity);
		set_param(p, "EAP_ID", p->identity);
		break;
	case PH_PROOF_NONE: break;
	}
}

static void collect_params(const struct ph_client *c, struct params *p)
{
	const struct ph_profile *profile = c->profile;

	p->count = 0;
	put_proof(c, p);
	if (!c->ask.is_server) {
		ph_device_imei(c->phone->usim.imsi.digits, p->terminal_id);
		set_param(p, "terminal_id", profile->terminal_id != NULL ? profile->terminal_id : p->terminal_id);
	}
	set_param(p, "terminal_vendor", "OPEN");
	set_param(p, "terminal_model", "SoftPhone");
	set_param(p, "terminal_sw_version", OPENES_VERSION);
	set_param(p, "vers", "0");
	for (size_t i = 0; i < profile->param_count; i++)
		set_param(p, profile->params[i].name, profile->params[i].value);
	for (size_t i = 0; i < c->ask.param_count; i++)
		set_param(p, c->ask.params[i].name, c->ask.params[i].value);
}

/* ---- writing a request ---- */

static void put_query(struct es_buf *path, char *separator, const char *name, const char *value)
{
	es_put_u8(path, (uint8_t)*separator);
	*separator = '&';
	es_put_str(path, name);
	es_put_u8(path, '=');
	es_percent_encode(es_slice_str(value), path);
}

static void write_query(const struct ph_client *c, const struct params *p, struct es_buf *path)
{
	char separator = strchr(c->profile->url, '?') == NULL ? '?' : '&';

	for (size_t i = 0; i < p->count; i++)
		put_query(path, &separator, p->at[i].name, p->at[i].value);
	for (size_t i = 0; i < c->app_count; i++)
		put_query(path, &separator, "app", c->apps[i]);
}

static void write_json(const struct ph_client *c, const struct params *p, struct es_buf *body)
{
	struct es_json_out j = es_json_to(body);

	es_json_object(&j, NULL);
	for (size_t i = 0; i < p->count; i++)
		es_json_put_str(&j, p->at[i].name, p->at[i].value);
	if (c->app_count == 1) {
		es_json_put_str(&j, "app", c->apps[0]);
	} else {
		es_json_array(&j, "app");
		for (size_t i = 0; i < c->app_count; i++)
			es_json_put_str(&j, NULL, c->apps[i]);
		es_json_end_array(&j);
	}
	es_json_end_object(&j);
}

/* TS.43 2.3 and 2.4. Accept names the relay type when a challenge may come (2.8.1). False: it does not fit. */
static bool write_first(struct ph_client *c)
{
	const struct ph_profile *profile = c->profile;
	struct params p;

	collect_params(c, &p);
	es_buf_reset(&c->path);
	es_buf_reset(&c->body);
	es_put_str(&c->path, ph_url_path(profile->url));
	if (profile->is_post)
		write_json(c, &p, &c->body);
	else
		write_query(c, &p, &c->path);
	es_put_u8(&c->path, 0);
	if (c->path.bad || c->body.bad)
		return false;
	(void)snprintf(c->accept_first, sizeof c->accept_first, "%s%s", c->ask.proof == PH_PROOF_SIM ? PH_RELAY ", " : "",
	               profile->accept);
	c->request = (struct ph_http_request){ .is_post = profile->is_post,
		                                   .path = (const char *)c->path.ptr,
		                                   .body = es_buf_slice(&c->body),
		                                   .accept = c->accept_first,
		                                   .content_type = PH_JSON,
		                                   .cookie = c->ask.cookie };
	for (size_t i = 0; i < c->app_count; i++)
		p.at[p.count++] = (struct ph_param){ "app", c->apps[i] };
	ph_trace_request(c->trace, &c->request, p.at, p.count, profile);
	return true;
}

/* The POST of 2.8.1: the packet, the cookie, and nothing else. */
static bool write_packet(struct ph_client *c, struct es_slice packet)
{
	es_buf_reset(&c->body);
	es_put_str(&c->body, "{\"eap-relay-packet\":\"");
	es_base64_encode(packet, &c->body);
	es_put_str(&c->body, "\"}");
	if (c->body.bad)
		return false;
	(void)snprintf(c->accept_next, sizeof c->accept_next, PH_RELAY ", %s", c->profile->accept);
	c->request = (struct ph_http_request){ .is_post = true,
		                                   .path = ph_url_path(c->profile->url),
		                                   .body = es_buf_slice(&c->body),
		                                   .accept = c->accept_next,
		                                   .content_type = PH_RELAY,
		                                   .cookie = c->cookie.len == 0 ? NULL : (const char *)c->cookie.ptr };
	ph_trace_request(c->trace, &c->request, NULL, 0, c->profile);
	return true;
}

/* ---- reading an answer ---- */

static bool is_type(const struct ph_http_answer *answer, const char *type)
{
	struct es_slice rest = es_slice_str(answer->type);
	return es_slice_eq_nocase(es_slice_trim(es_slice_cut(&rest, ';')), es_slice_str(type));
}

static bool is_challenge(const struct ph_http_answer *answer)
{
	return answer->status == 200 && is_type(answer, PH_RELAY);
}

static es_status read_packet(struct ph_client *c, const struct ph_http_answer *answer, struct es_slice *packet)
{
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;

	ES_TRY(es_json_parse(answer->body, ES_JSON_SMALL, &tree));
	const char *text = es_json_str(tree, "eap-relay-packet");
	return text == NULL ? ES_MALFORMED : es_base64_decode(es_slice_str(text), c->arena, packet);
}

/* Android keeps the cookie of the first challenge and repeats it for the rest of the exchange. */
static void keep_cookie(struct ph_client *c, const struct ph_http_answer *answer)
{
	if (c->cookie.len > 0 || answer->cookie.len == 0)
		return;
	es_put_bytes(&c->cookie, answer->cookie);
	es_put_u8(&c->cookie, 0);
}

static void end_with(struct ph_client *c, enum ph_result result, const char *why)
{
	c->outcome.result = result;
	c->outcome.why = why;
}

static const struct ph_http_request *next_request(struct ph_client *c, bool is_written)
{
	if (!is_written) {
		end_with(c, PH_GAVE_UP, "the request does not fit in its buffer");
		return NULL;
	}
	c->outcome.requests++;
	return &c->request;
}

/* ---- the relay ---- */

static void begin_relay(struct ph_client *c)
{
	make_identity(c->profile, c->phone->usim.imsi.digits, c->identity);
	const char *sent = c->identity;
	for (size_t i = 0; i < c->profile->param_count; i++) /* MK is made from what was sent, whatever that was */
		if (strcmp(c->profile->params[i].name, "EAP_ID") == 0)
			sent = c->profile->params[i].value;
	ph_eap_peer_init(&c->peer, &c->phone->usim, es_slice_str(sent));
	if (c->profile->methods != 0)
		c->peer.methods = c->profile->methods;
	if (c->profile->network_name != NULL)
		c->peer.network_name = c->profile->network_name;
	c->is_relaying = true;
}

/* One challenge: the packet out of the answer, through the peer, and back. */
static const struct ph_http_request *relay(struct ph_client *c, const struct ph_http_answer *answer)
{
	struct es_slice packet;
	struct ph_eap_step step;

	if (!c->is_relaying)
		begin_relay(c);
	keep_cookie(c, answer);
	if (c->rounds++ == 2 * PH_CHALLENGES_MAX || c->outcome.challenges == PH_CHALLENGES_MAX) {
		end_with(c, PH_GAVE_UP, "the server does not stop asking");
		return NULL;
	}
	if (c->cookie.len == 0) {
		end_with(c, PH_GAVE_UP, "the challenge came without a cookie");
		return NULL;
	}
	if (read_packet(c, answer, &packet) != ES_OK) {
		end_with(c, PH_GAVE_UP, "there is no eap-relay-packet in the answer");
		return NULL;
	}
	ph_trace_packet(c->trace, packet);
	if (ph_eap_peer_step(&c->peer, packet, &c->packet, &step) != ES_OK || step.response.len == 0) {
		end_with(c, PH_GAVE_UP, "the packet asks for no answer");
		return NULL;
	}
	ph_trace_step(c->trace, &step);
	c->outcome.challenges += step.did != PH_EAP_IDENTIFIED && step.did != PH_EAP_ACKNOWLEDGED;
	c->outcome.resyncs += step.did == PH_EAP_RESYNC;
	return next_request(c, write_packet(c, step.response));
}

static void read_document(struct ph_client *c, const struct ph_http_answer *answer)
{
	struct ph_outcome *out = &c->outcome;
	struct es_slice token;

	out->document = answer->body;
	out->is_json = is_type(answer, PH_JSON);
	es_status status = ph_doc_token(answer->body, out->is_json, c->arena, &token, &out->token_validity_s);
	if (status != ES_OK && status != ES_NOT_FOUND) {
		end_with(c, PH_GAVE_UP, "the document is malformed");
		return;
	}
	if (status == ES_OK && token.len >= sizeof c->phone->token) {
		end_with(c, PH_GAVE_UP, "the token is longer than this phone keeps");
		return;
	}
	out->result = PH_DOCUMENT;
	out->has_token = status == ES_OK;
	if (out->has_token) {
		memcpy(c->phone->token, token.ptr, token.len);
		c->phone->token[token.len] = 0;
	}
}

/* ---- an exchange ---- */

const struct ph_http_request *ph_client_ask(struct ph_client *c, struct ph_phone *phone, const struct ph_ask *ask)
{
	if (c->is_relaying)
		ph_eap_peer_done(&c->peer);
	c->outcome = (struct ph_outcome){ .result = PH_GAVE_UP, .why = "", .token_validity_s = -1 };
	c->is_relaying = false;
	c->rounds = 0;
	c->phone = phone;
	c->ask = *ask;
	if (ask->proof == PH_PROOF_TOKEN && phone->token[0] == 0)
		c->ask.proof = PH_PROOF_SIM;
	c->app_count = ask->app != NULL ? 1 : c->profile->app_count;
	memcpy(c->apps, ask->app != NULL ? &ask->app : c->profile->apps, c->app_count * sizeof *c->apps);
	es_arena_reset(c->arena);
	es_buf_reset(&c->cookie);
	return next_request(c, write_first(c));
}

const struct ph_http_request *ph_client_begin(struct ph_client *c, struct ph_phone *phone, bool use_token)
{
	const struct ph_ask ask = { .proof = use_token ? PH_PROOF_TOKEN : PH_PROOF_SIM };

	return ph_client_ask(c, phone, &ask);
}

const struct ph_http_request *ph_client_answer(struct ph_client *c, const struct ph_http_answer *answer)
{
	ph_trace_answer(c->trace, answer);
	c->outcome.status = answer->status;
	c->outcome.cookie = answer->cookie;
	c->outcome.location = answer->location;
	if (is_challenge(answer))
		return relay(c, answer);
	(void)snprintf(c->outcome.retry_after, sizeof c->outcome.retry_after, "%s", answer->retry_after);
	if (answer->status == 0)
		end_with(c, PH_NO_ANSWER, answer->failure);
	else if (answer->status != 200)
		end_with(c, PH_REFUSED, answer->reason);
	else if (is_type(answer, PH_XML) || is_type(answer, PH_JSON) || is_type(answer, "text/xml"))
		read_document(c, answer);
	else
		end_with(c, PH_GAVE_UP, "the answer is neither a challenge nor a document");
	return NULL;
}

const struct ph_outcome *ph_client_outcome(const struct ph_client *c)
{
	return &c->outcome;
}
