/* dia_bus.c -- one question of auth: check it, write the request, read the answer.
 *
 * A network that refuses, is away or talks nonsense is a result in the reply; the call itself fails for a damaged question
 * only. */
#include "dia_bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.pb-c.h"
#include "dia_eap.h"
#include "dia_s13.h"
#include "dia_sessions.h"
#include "dia_swx.h"
#include "diameter.pb-c.h"
#include "es_bus_pb.h"
#include "es_cleanup.h"
#include "es_id.h"
#include "es_log.h"
#include "es_metrics.h"

enum { REQUEST_MAX = 16 * 1024, EAP_MAX = 4096, NAI_MAX = 253, STATE_MAX = 4096, SESSION_MAX = 256 };

/* Copies: who asks for metrics may do so after the configuration's end. */
static char source_texts[DIA_SOURCES_MAX][ES_CONFIG_NAME_MAX + 1];
static const char *source_names[DIA_SOURCES_MAX];
static struct es_metric by_source = {
	.kind = ES_COUNTER,
	.name = "openes_diameter_requests_total",
	.help = "Questions of auth by section of the core file",
	.label = "source",
	.values = source_names,
};
static const char *const results[] = { "success", "challenge",      "refused",   "unknown",
	                                   "busy",    "protocol_error", "transient", "none" };
enum result_class { SUCCESS, CHALLENGE, REFUSED, UNKNOWN, BUSY, PROTOCOL_ERROR, TRANSIENT, NONE };
ES_METRIC_COUNTER(by_result, "openes_diameter_results_total", "Results of HSSs, AAAs and EIRs", "result", results);

void dia_bus_init(const struct dia_config *config)
{
	for (size_t i = 0; i < config->source_count; i++) {
		(void)snprintf(source_texts[i], sizeof source_texts[i], "%s", config->sources[i].name);
		source_names[i] = source_texts[i];
	}
	by_source.series = config->source_count;
	if (by_source.series > 0)
		es_metric_register(&by_source);
	es_metric_register(&by_result);
}

static enum result_class class_of(const struct dia_result *result)
{
	static const enum result_class by_thousand[] = { NONE, CHALLENGE, SUCCESS, PROTOCOL_ERROR, TRANSIENT, REFUSED };
	const uint32_t thousand = result->code / 1000;

	if (result->is_experimental && (result->code == 5001 || result->code == 5422))
		return UNKNOWN;
	if (!result->is_experimental && result->code == DIA_TOO_BUSY)
		return BUSY;
	return thousand < ES_COUNT(by_thousand) ? by_thousand[thousand] : NONE;
}

/* ---- a job, in its call's arena ---- */

struct job {
	struct dia_bus *bus;
	struct es_bus_call *call;
	struct es_arena *arena;
	const struct dia_source *source;
	const char *session;
	bool is_aka_prime, turned_away;
	/* Of a body, or without one when result->code is 0. The answer is packed before it returns, so it may point into the body. */
	void (*reply)(struct job *job, struct dia_result *result, struct es_slice body);
};

static Openes__DiameterResult *result_message(const struct job *job, const struct dia_result *result)
{
	Openes__DiameterResult *m = es_arena_alloc(job->arena, sizeof *m);

	if (m == NULL)
		return NULL;
	openes__diameter_result__init(m);
	m->code = result->code;
	m->is_experimental = result->is_experimental;
	m->turned_away = job->turned_away;
	char *peer = es_arena_strdup(job->arena, result->peer);
	char *why = es_arena_strdup(job->arena, es_slice_str(result->why));
	if (peer != NULL)
		m->peer = peer;
	if (why != NULL)
		m->why = why;
	return m;
}

static void note(const struct job *job, const struct dia_result *result)
{
	const struct es_trace *trace = es_bus_call_trace(job->call);

	es_count(&by_result, class_of(result));
	es_info(trace, "diameter.answer", es_f_str("source", job->source->name), es_f_u64("code", result->code),
	        es_f_bool("experimental", result->is_experimental), es_f_slice("peer", result->peer),
	        es_f_str("why", result->why));
}

static void on_done(void *owner, struct es_slice body, const char *why)
{
	struct job *job = owner;
	struct dia_result result = { .why = why };

	if (why == NULL && dia_result_read(body, &result) != ES_OK)
		result = (struct dia_result){ .why = "malformed answer" };
	job->reply(job, &result, result.code != 0 ? body : (struct es_slice){ 0 });
}

static struct job *begin(struct dia_bus *bus, struct es_bus_call *call, const char *name, enum dia_role role,
                         void (*reply)(struct job *, struct dia_result *, struct es_slice))
{
	const struct dia_source *source = dia_config_source(bus->config, name, role);
	struct job *job = source == NULL ? NULL : es_arena_alloc(es_bus_call_arena(call), sizeof *job);

	if (job == NULL) {
		es_bus_fail(call, source == NULL ? ES_NOT_FOUND : ES_TOO_LARGE, "no such section in the core file");
		return NULL;
	}
	*job = (struct job){ .bus = bus, .call = call, .arena = es_bus_call_arena(call), .source = source, .reply = reply };
	es_count(&by_source, source->index);
	return job;
}

static const char *new_session(struct job *job)
{
	struct dia_bus *bus = job->bus;

	return dia_session_id(&bus->config->node, bus->session_high, bus->session_low++, job->arena);
}

/* `written` is what the writer of the request said. */
static void ask(struct job *job, es_status written, struct es_buf *request, bool may_repeat, const char *host)
{
	const struct dia_question question = { .source = job->source,
		                                   .octets = es_buf_slice(request),
		                                   .deadline = es_bus_call_deadline(job->call),
		                                   .may_repeat = may_repeat,
		                                   .destination_host = host,
		                                   .done = on_done,
		                                   .owner = job };
	const es_status status = written != ES_OK ? written : dia_engine_ask(job->bus->engine, &question);

	es_buf_wipe(request);
	if (status == ES_BUSY || status == ES_UNAVAILABLE) { /* else the job may be over, and gone */
		job->turned_away = status == ES_BUSY;
		on_done(job, (struct es_slice){ 0 }, job->turned_away ? "too many in flight" : "no peer");
	} else if (status != ES_OK) {
		es_bus_fail(job->call, status, "the request could not be made");
	}
}

/* ---- DIAMETER_VECTOR ---- */

static void reply_vector(struct job *job, struct dia_result *result, struct es_slice body)
{
	Openes__DiameterVectorReply reply;
	struct dia_vector v;

	openes__diameter_vector_reply__init(&reply);
	if (result->code == DIA_SUCCESS && !result->is_experimental) {
		const es_status status = dia_swx_read_vector(body, job->is_aka_prime, &v);
		if (status == ES_OK) {
			reply.rand = es_pb_octets(v.rand);
			reply.autn = es_pb_octets(v.autn);
			reply.xres = es_pb_octets(v.xres);
			reply.ck = es_pb_octets(v.ck);
			reply.ik = es_pb_octets(v.ik);
		} else {
			result->code = 0;
			result->why = status == ES_NOT_FOUND ? "success without a vector" : "malformed answer";
		}
	}
	note(job, result);
	reply.result = result_message(job, result);
	es_bus_reply(job->call, &reply.base);
}

static bool is_imsi(const char *text)
{
	struct es_imsi imsi;

	return es_imsi_parse(es_slice_str(text), &imsi) == ES_OK;
}

static void on_vector(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__DiameterVectorRequest *r = (const void *)message;
	const struct dia_vector_ask vector = { .imsi = r->imsi,
		                                   .is_aka_prime = r->is_aka_prime,
		                                   .network_name = r->network_name,
		                                   .rand = es_pb_slice(r->rand),
		                                   .auts = es_pb_slice(r->auts) };
	struct es_buf request;

	if (!is_imsi(r->imsi) || (r->auts.len != 0 && (r->auts.len != 14 || r->rand.len != 16)) ||
	    strlen(r->network_name) > NAI_MAX) {
		es_bus_fail(call, ES_MALFORMED, "imsi, auts or network name");
		return;
	}
	struct job *job = begin(user, call, r->source, DIA_HSS, reply_vector);
	if (job == NULL)
		return;
	job->is_aka_prime = r->is_aka_prime;
	job->session = new_session(job);
	es_buf_init(&request, REQUEST_MAX);
	ask(job,
	    job->session == NULL ? ES_TOO_LARGE
	                         : dia_swx_write_mar(job->bus->config, job->source, job->session, &vector, &request),
	    &request, true, "");
}

/* ---- DIAMETER_PROFILE ---- */

static void reply_profile(struct job *job, struct dia_result *result, struct es_slice body)
{
	Openes__DiameterProfileReply reply;
	Openes__CoreProfile profile;
	struct dia_profile p;

	openes__diameter_profile_reply__init(&reply);
	openes__core_profile__init(&profile);
	if (result->code == DIA_SUCCESS && !result->is_experimental) {
		const es_status status = dia_swx_read_profile(body, &p);
		if (status == ES_OK) {
			profile.msisdn = p.msisdn;
			profile.has_access = p.has_access;
			profile.access_barred = p.access_barred;
			reply.profile = &profile;
		} else {
			result->code = 0;
			result->why = status == ES_NOT_FOUND ? "success without user data" : "malformed answer";
		}
	}
	note(job, result);
	reply.result = result_message(job, result);
	es_bus_reply(job->call, &reply.base);
}

static void on_profile(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__DiameterProfileRequest *r = (const void *)message;
	struct es_buf request;

	if (!is_imsi(r->imsi)) {
		es_bus_fail(call, ES_MALFORMED, "imsi");
		return;
	}
	struct job *job = begin(user, call, r->source, DIA_HSS, reply_profile);
	if (job == NULL)
		return;
	job->session = new_session(job);
	es_buf_init(&request, REQUEST_MAX);
	ask(job,
	    job->session == NULL ? ES_TOO_LARGE
	                         : dia_swx_write_sar(job->bus->config, job->source, job->session, r->imsi, &request),
	    &request, true, "");
}

/* ---- DIAMETER_EAP, DIAMETER_END ---- */

static void reply_eap(struct job *job, struct dia_result *result, struct es_slice body)
{
	Openes__DiameterEapReply reply;
	struct dia_eap_answer eap = { 0 };

	openes__diameter_eap_reply__init(&reply);
	if (result->code != 0 && (dia_eap_read(body, result, &eap) != ES_OK || eap.packet.len > EAP_MAX ||
	                          eap.state.len > STATE_MAX || result->peer.len == 0))
		*result = (struct dia_result){ .why = "malformed answer" };
	note(job, result);
	if (result->code != 0) {
		reply.packet = es_pb_octets(eap.packet);
		reply.state = es_pb_octets(eap.state);
		reply.keeps_state = eap.keeps_state;
		char *imsi = es_arena_strdup(job->arena, eap.imsi);
		if (imsi != NULL)
			reply.imsi = imsi;
	}
	if (reply.keeps_state)
		dia_sessions_add(es_slice_str(job->session));
	reply.session = es_pb_text(job->session);
	reply.result = result_message(job, result);
	if (reply.result != NULL)
		reply.destination_host = reply.result->peer;
	es_bus_reply(job->call, &reply.base);
}

/* Session and host come from the cookie that auth sealed; they were made here and at the AAA. */
static bool is_text(const char *text, size_t max)
{
	const size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len <= max;
}

static void on_eap(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__DiameterEapRequest *r = (const void *)message;
	struct dia_eap_ask eap = { .destination_host = r->destination_host,
		                       .nai = es_slice_str(r->nai),
		                       .packet = es_pb_slice(r->packet),
		                       .state = es_pb_slice(r->state) };
	const bool is_first = r->session[0] == '\0';
	struct es_buf request;

	if (eap.packet.len == 0 || eap.packet.len > EAP_MAX || eap.nai.len == 0 || eap.nai.len > NAI_MAX ||
	    eap.state.len > STATE_MAX || !is_text(r->session, SESSION_MAX) || !is_text(r->destination_host, NAI_MAX)) {
		es_bus_fail(call, ES_MALFORMED, "packet, nai, session or state");
		return;
	}
	struct job *job = begin(user, call, r->source, DIA_AAA, reply_eap);
	if (job == NULL)
		return;
	job->session = is_first ? new_session(job) : es_arena_strdup(job->arena, es_slice_str(r->session));
	eap.session = job->session;
	es_buf_init(&request, REQUEST_MAX);
	/* In the middle of an exchange only one AAA knows the challenge. */
	ask(job, job->session == NULL ? ES_TOO_LARGE : dia_eap_write_der(job->bus->config, job->source, &eap, &request),
	    &request, is_first, r->destination_host);
}

static void reply_end(struct job *job, struct dia_result *result, struct es_slice body)
{
	(void)body;
	note(job, result);
	Openes__DiameterResult *reply = result_message(job, result);
	if (reply != NULL)
		es_bus_reply(job->call, &reply->base);
	else
		es_bus_fail(job->call, ES_TOO_LARGE, "the answer does not fit its memory");
}

static void on_end(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__DiameterEndRequest *r = (const void *)message;
	const struct dia_eap_ask eap = { .session = r->session,
		                             .destination_host = r->destination_host,
		                             .nai = es_slice_str(r->nai) };
	struct es_buf request;

	if (r->session[0] == '\0' || !is_text(r->session, SESSION_MAX) || !is_text(r->destination_host, NAI_MAX) ||
	    eap.nai.len == 0 || eap.nai.len > NAI_MAX) {
		es_bus_fail(call, ES_MALFORMED, "session, host or nai");
		return;
	}
	struct job *job = begin(user, call, r->source, DIA_AAA, reply_end);
	if (job == NULL)
		return;
	(void)dia_sessions_remove(es_slice_str(r->session));
	es_buf_init(&request, REQUEST_MAX);
	ask(job, dia_eap_write_str(job->bus->config, job->source, &eap, &request), &request, false, r->destination_host);
}

/* ---- DIAMETER_EQUIPMENT ---- */

static void reply_equipment(struct job *job, struct dia_result *result, struct es_slice body)
{
	static const Openes__EquipmentReply__State states[] = {
		[DIA_WHITELISTED] = OPENES__EQUIPMENT_REPLY__STATE__ALLOWED,
		[DIA_BLACKLISTED] = OPENES__EQUIPMENT_REPLY__STATE__BLOCKED,
		[DIA_GREYLISTED] = OPENES__EQUIPMENT_REPLY__STATE__TRACKED,
	};
	Openes__DiameterEquipmentReply reply;
	enum dia_equipment_status told;

	openes__diameter_equipment_reply__init(&reply);
	if (result->code == DIA_SUCCESS && !result->is_experimental) {
		const es_status status = dia_s13_read_status(body, &told);
		if (status == ES_OK) {
			reply.state = states[told];
		} else {
			result->code = 0;
			result->why = status == ES_NOT_FOUND ? "success without a status" : "malformed answer";
		}
	}
	note(job, result);
	reply.result = result_message(job, result);
	es_bus_reply(job->call, &reply.base);
}

static void on_equipment(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__EquipmentRequest *r = (const void *)message;
	struct es_buf request;

	if (!dia_s13_can_ask(r->imei, r->software)) {
		es_bus_fail(call, ES_MALFORMED, "imei or software version");
		return;
	}
	struct job *job = begin(user, call, r->source, DIA_EIR, reply_equipment);
	if (job == NULL)
		return;
	job->session = new_session(job);
	es_buf_init(&request, REQUEST_MAX);
	ask(job,
	    job->session == NULL
	        ? ES_TOO_LARGE
	        : dia_s13_write_ecr(job->bus->config, job->source, job->session, r->imei, r->software, &request),
	    &request, true, "");
}

/* ---- DIAMETER_STATUS ---- */

static void on_status(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const struct dia_bus *bus = user;
	const struct dia_config *config = bus->config;
	struct es_arena *arena = es_bus_call_arena(call);
	Openes__DiameterStatusReply reply;
	const uint32_t open = dia_library_open_peers();

	(void)message;
	openes__diameter_status_reply__init(&reply);
	reply.peers = es_arena_array(arena, config->peer_count, sizeof(Openes__DiameterStatusReply__Peer *));
	for (size_t i = 0; i < config->peer_count && reply.peers != NULL; i++) {
		Openes__DiameterStatusReply__Peer *peer = es_arena_alloc(arena, sizeof *peer);
		char *name = es_arena_strdup(arena, es_slice_str(config->peers[i].name));
		if (peer == NULL || name == NULL)
			break;
		openes__diameter_status_reply__peer__init(peer);
		peer->name = name;
		peer->is_open = (open & 1u << i) != 0;
		peer->outstanding = dia_library_outstanding(i);
		reply.peers[reply.n_peers++] = peer;
	}
	es_bus_reply(call, &reply.base);
}

const struct es_bus_method dia_bus_methods[] = {
	{ OPENES__BUS_METHOD__DIAMETER_VECTOR, &openes__diameter_vector_request__descriptor, on_vector },
	{ OPENES__BUS_METHOD__DIAMETER_PROFILE, &openes__diameter_profile_request__descriptor, on_profile },
	{ OPENES__BUS_METHOD__DIAMETER_EAP, &openes__diameter_eap_request__descriptor, on_eap },
	{ OPENES__BUS_METHOD__DIAMETER_END, &openes__diameter_end_request__descriptor, on_end },
	{ OPENES__BUS_METHOD__DIAMETER_EQUIPMENT, &openes__equipment_request__descriptor, on_equipment },
	{ OPENES__BUS_METHOD__DIAMETER_STATUS, &openes__empty__descriptor, on_status },
};
const size_t dia_bus_method_count = ES_COUNT(dia_bus_methods);
