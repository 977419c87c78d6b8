/* auth_diameter.c -- DIAMETER_VECTOR, DIAMETER_PROFILE, DIAMETER_EAP, DIAMETER_END,
 * DIAMETER_EQUIPMENT over the bus. */
#include "auth_diameter.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth_diameter_result.h"
#include "bus.pb-c.h"
#include "diameter.pb-c.h"
#include "es_bus_pb.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"

enum { END_DEADLINE_MS = 5000 };

/* One section. */
struct section {
	struct auth_diameter *diameter;
	const char *name;
	struct section *next;
};

struct auth_diameter {
	pthread_rwlock_t lock; /* of `client`: held while it is called, taken for itself to end it */
	struct es_bus_client *client;
	struct section *sections;
};

es_status auth_diameter_new(const char *target, struct es_bus_key *key, struct auth_diameter **out,
                            struct es_buf *error)
{
	const struct es_bus_client_options options = {
		.target = target, .name = "diameter", .key = key, .slots = AUTH_DIAMETER_IN_FLIGHT_MAX
	};
	struct auth_diameter *d = calloc(1, sizeof *d);

	if (d == NULL)
		return ES_TOO_LARGE;
	const es_status status = es_bus_client_start(&options, &d->client, error);
	if (status != ES_OK) {
		free(d);
		return status;
	}
	(void)pthread_rwlock_init(&d->lock, NULL);
	*out = d;
	return ES_OK;
}

void auth_diameter_stop(struct auth_diameter *d)
{
	if (d == NULL)
		return;
	(void)pthread_rwlock_wrlock(&d->lock);
	struct es_bus_client *client = ES_TAKE(d->client);
	(void)pthread_rwlock_unlock(&d->lock);
	if (client != NULL) /* the callbacks that run now may call, in vain */
		es_bus_client_stop(client);
}

void auth_diameter_free(struct auth_diameter *d)
{
	if (d == NULL)
		return;
	auth_diameter_stop(d);
	for (struct section *section = d->sections, *next; section != NULL; section = next) {
		next = section->next;
		free(section);
	}
	(void)pthread_rwlock_destroy(&d->lock);
	free(d);
}

static es_status call(struct auth_diameter *d, uint32_t method, int64_t deadline, const struct es_trace *trace,
                      const ProtobufCMessage *request, es_bus_callback *done, void *user)
{
	/* Without a key: asked twice is two sequence numbers, and openes-diameter has a second try of its own. */
	const struct es_bus_call_options options = { .method = method, .deadline = deadline, .trace = trace };

	es_status status = ES_UNAVAILABLE;

	(void)pthread_rwlock_rdlock(&d->lock);
	if (d->client != NULL)
		status = es_bus_call(d->client, &options, request, done, user);
	(void)pthread_rwlock_unlock(&d->lock);
	return status;
}

/* ---- why not, for logs ---- */

static const char *why_status(es_status status)
{
	return status == ES_TIMEOUT ? "timeout" : status == ES_BUSY ? "too many in flight" : "no Diameter process";
}

/* "3004 from hss2.example.org" */
static const char *why_result(const Openes__DiameterResult *result, struct es_arena *arena)
{
	const char *text = NULL;

	if (result == NULL)
		return "a reply without a result";
	if (result->code != 0)
		text = es_arena_printf(arena, "%s%u from %s", result->is_experimental ? "experimental " : "", result->code,
		                       result->peer);
	else
		text = es_arena_strdup(arena, es_slice_str(result->why));
	return text != NULL && text[0] != '\0' ? text : "no answer";
}

/* ---- vectors ---- */

static bool take_vector(const Openes__DiameterVectorReply *reply, struct auth_vector *out)
{
	if (reply->rand.len != sizeof out->rand || reply->autn.len != sizeof out->autn || reply->xres.len < 4 ||
	    reply->xres.len > sizeof out->xres || reply->ck.len != sizeof out->ck || reply->ik.len != sizeof out->ik)
		return false;
	memset(out, 0, sizeof *out);
	memcpy(out->rand, reply->rand.data, sizeof out->rand);
	memcpy(out->autn, reply->autn.data, sizeof out->autn);
	memcpy(out->xres, reply->xres.data, reply->xres.len);
	out->xres_len = (uint8_t)reply->xres.len;
	memcpy(out->ck, reply->ck.data, sizeof out->ck);
	memcpy(out->ik, reply->ik.data, sizeof out->ik);
	return true;
}

static void vector_replied(const struct es_bus_reply_view *view, void *user)
{
	struct auth_ask *ask = user;
	const Openes__DiameterVectorReply *reply =
		view->status == ES_OK
			? (const void *)es_bus_unpack(&openes__diameter_vector_reply__descriptor, view->payload, ask->arena)
			: NULL;
	enum auth_source_answer answer = AUTH_SOURCE_AWAY;

	if (view->status != ES_OK) {
		ask->why = why_status(view->status);
		ask->turned_away = view->status == ES_BUSY;
	} else if (reply == NULL || reply->result == NULL) {
		ask->why = "a reply that does not parse";
	} else {
		ask->turned_away = reply->result->turned_away;
		answer = auth_diameter_vector_answer(reply->result->code, reply->result->is_experimental, ask->is_resync);
		ask->why = why_result(reply->result, ask->arena);
		if (answer == AUTH_SOURCE_VECTOR && !take_vector(reply, &ask->vector))
			answer = AUTH_SOURCE_AWAY;
	}
	ask->done(ask, answer);
}

static void ask_vector(void *self, struct auth_ask *ask)
{
	const struct section *section = self;
	Openes__DiameterVectorRequest request;

	openes__diameter_vector_request__init(&request);
	request.source = es_pb_text(section->name);
	request.imsi = es_pb_text(ask->imsi);
	request.is_aka_prime = ask->method == AUTH_AKA_PRIME;
	if (request.is_aka_prime && ask->network_name != NULL)
		request.network_name = es_pb_text(ask->network_name);
	if (ask->is_resync) {
		request.rand = es_pb_octets(es_slice_of(ask->rand, sizeof ask->rand));
		request.auts = es_pb_octets(es_slice_of(ask->auts, sizeof ask->auts));
	}
	const es_status status = call(section->diameter, OPENES__BUS_METHOD__DIAMETER_VECTOR, ask->deadline, ask->trace,
	                              &request.base, vector_replied, ask);
	if (status != ES_OK) {
		ask->why = why_status(status);
		ask->turned_away = status == ES_BUSY;
		ask->done(ask, AUTH_SOURCE_AWAY);
	}
}

/* Whoever asks an AAA for a vector has mixed up a route: there is none to be had. */
static void ask_no_vector(void *self, struct auth_ask *ask)
{
	(void)self;
	ask->why = "an AAA gives no vectors";
	ask->turned_away = true; /* the AAA has not heard of it */
	ask->done(ask, AUTH_SOURCE_AWAY);
}

static es_status new_source(struct auth_diameter *d, const char *name, const char *kind,
                            void (*ask)(void *, struct auth_ask *), struct auth_source *out)
{
	struct section *section = malloc(sizeof *section);

	if (section == NULL)
		return ES_TOO_LARGE;
	*section = (struct section){ .diameter = d, .name = name, .next = d->sections };
	d->sections = section;
	*out = (struct auth_source){ .name = name, .kind = kind, .ask = ask, .self = section };
	return ES_OK;
}

es_status auth_diameter_source(struct auth_diameter *d, const char *name, struct auth_source *out)
{
	return new_source(d, name, "swx", ask_vector, out);
}

es_status auth_diameter_relay_source(struct auth_diameter *d, const char *name, struct auth_source *out)
{
	return new_source(d, name, AUTH_RELAY_KIND, ask_no_vector, out);
}

/* ---- the relay ---- */

static enum auth_relay_verdict take_round(const Openes__DiameterEapReply *reply, struct auth_relay_ask *ask)
{
	ask->why = why_result(reply->result, ask->arena);
	ask->reply = es_pb_slice(reply->packet);
	ask->next_state = es_pb_slice(reply->state);
	ask->next_session = es_slice_str(reply->session);
	ask->next_destination_host = es_slice_str(reply->destination_host);
	ask->imsi = reply->imsi;
	ask->keeps_state = reply->keeps_state;
	return auth_diameter_eap_verdict(reply->result->code, reply->result->is_experimental);
}

static void round_replied(const struct es_bus_reply_view *view, void *user)
{
	struct auth_relay_ask *ask = user;
	const Openes__DiameterEapReply *reply =
		view->status == ES_OK
			? (const void *)es_bus_unpack(&openes__diameter_eap_reply__descriptor, view->payload, ask->arena)
			: NULL;
	enum auth_relay_verdict verdict = AUTH_RELAY_AWAY;

	if (view->status != ES_OK)
		ask->why = why_status(view->status);
	else if (reply == NULL || reply->result == NULL)
		ask->why = "a reply that does not parse";
	else
		verdict = take_round(reply, ask);
	ask->done(ask, verdict);
}

static void ask_round(void *self, struct auth_relay_ask *ask)
{
	struct auth_diameter *d = self;
	Openes__DiameterEapRequest request;

	openes__diameter_eap_request__init(&request);
	request.source = es_pb_text(ask->source);
	request.session = es_pb_text(ask->session);
	request.destination_host = es_pb_text(ask->destination_host);
	request.nai = es_pb_text(ask->nai);
	request.packet = es_pb_octets(ask->packet);
	request.state = es_pb_octets(ask->state);
	const es_status status =
		call(d, OPENES__BUS_METHOD__DIAMETER_EAP, ask->deadline, ask->trace, &request.base, round_replied, ask);
	if (status != ES_OK) {
		ask->why = why_status(status);
		ask->done(ask, AUTH_RELAY_AWAY);
	}
}

/* The AAA forgets a session by itself one day; more than a line in the log cannot be done. */
static void end_replied(const struct es_bus_reply_view *view, void *user)
{
	(void)user;
	if (view->status != ES_OK)
		es_warn(NULL, "auth.aaa_session_left", es_f_status(view->status));
}

static void end_session(void *self, const char *source, const char *session, const char *destination_host,
                        const char *nai)
{
	struct auth_diameter *d = self;
	Openes__DiameterEndRequest request;

	openes__diameter_end_request__init(&request);
	request.source = es_pb_text(source);
	request.session = es_pb_text(session);
	request.destination_host = es_pb_text(destination_host);
	request.nai = es_pb_text(nai);
	const es_status status = call(d, OPENES__BUS_METHOD__DIAMETER_END, es_wall_ms() + END_DEADLINE_MS, NULL,
	                              &request.base, end_replied, NULL);
	if (status != ES_OK)
		es_warn(NULL, "auth.aaa_session_left", es_f_status(status));
}

struct auth_relay auth_diameter_relay(struct auth_diameter *d)
{
	return (struct auth_relay){ .ask = ask_round, .end = end_session, .self = d };
}

/* ---- the profile ---- */

static void profile_replied(const struct es_bus_reply_view *view, void *user)
{
	struct auth_profile_ask *ask = user;
	const Openes__DiameterProfileReply *reply =
		view->status == ES_OK
			? (const void *)es_bus_unpack(&openes__diameter_profile_reply__descriptor, view->payload, ask->arena)
			: NULL;
	enum auth_profile_answer answer = AUTH_PROFILE_AWAY;

	if (view->status != ES_OK) {
		ask->why = why_status(view->status);
	} else if (reply == NULL || reply->result == NULL) {
		ask->why = "a reply that does not parse";
	} else {
		ask->why = why_result(reply->result, ask->arena);
		if (reply->profile != NULL) {
			answer = AUTH_PROFILE_KNOWN;
			ask->msisdn = reply->profile->msisdn;
			ask->has_access = reply->profile->has_access;
			ask->access_barred = reply->profile->access_barred;
		} else if (auth_diameter_vector_answer(reply->result->code, reply->result->is_experimental, false) ==
		           AUTH_SOURCE_UNKNOWN) {
			answer = AUTH_PROFILE_UNKNOWN;
		}
	}
	ask->done(ask, answer);
}

void auth_diameter_profile(struct auth_diameter *d, struct auth_profile_ask *ask)
{
	Openes__DiameterProfileRequest request;

	openes__diameter_profile_request__init(&request);
	request.source = es_pb_text(ask->source);
	request.imsi = es_pb_text(ask->imsi);
	ask->msisdn = "";
	const es_status status =
		call(d, OPENES__BUS_METHOD__DIAMETER_PROFILE, ask->deadline, ask->trace, &request.base, profile_replied, ask);
	if (status != ES_OK) {
		ask->why = why_status(status);
		ask->done(ask, AUTH_PROFILE_AWAY);
	}
}

/* ---- devices ---- */

static enum auth_equipment_answer take_equipment(const Openes__DiameterEquipmentReply *reply)
{
	static const enum auth_equipment_answer answers[] = {
		[OPENES__EQUIPMENT_REPLY__STATE__ALLOWED] = AUTH_EQUIPMENT_ALLOWED,
		[OPENES__EQUIPMENT_REPLY__STATE__TRACKED] = AUTH_EQUIPMENT_TRACKED,
		[OPENES__EQUIPMENT_REPLY__STATE__BLOCKED] = AUTH_EQUIPMENT_BLOCKED,
	};
	const Openes__DiameterResult *result = reply->result;

	if (auth_diameter_is_unknown_equipment(result->code, result->is_experimental))
		return AUTH_EQUIPMENT_UNKNOWN;
	const bool is_told = (size_t)reply->state < sizeof answers / sizeof *answers && answers[reply->state] != 0;
	return is_told ? answers[reply->state] : AUTH_EQUIPMENT_AWAY;
}

static void equipment_replied(const struct es_bus_reply_view *view, void *user)
{
	struct auth_equipment_ask *ask = user;
	const Openes__DiameterEquipmentReply *reply =
		view->status == ES_OK
			? (const void *)es_bus_unpack(&openes__diameter_equipment_reply__descriptor, view->payload, ask->arena)
			: NULL;
	enum auth_equipment_answer answer = AUTH_EQUIPMENT_AWAY;

	if (view->status != ES_OK) {
		ask->why = view->status == ES_NOT_FOUND ? "no such section" : why_status(view->status);
	} else if (reply == NULL || reply->result == NULL) {
		ask->why = "a reply that does not parse";
	} else {
		ask->why = why_result(reply->result, ask->arena);
		answer = take_equipment(reply);
	}
	ask->done(ask, answer);
}

void auth_diameter_equipment(struct auth_diameter *d, struct auth_equipment_ask *ask)
{
	Openes__EquipmentRequest request;

	openes__equipment_request__init(&request);
	request.source = es_pb_text(ask->source);
	request.imei = es_pb_text(ask->imei);
	request.software = es_pb_text(ask->software);
	const es_status status = call(d, OPENES__BUS_METHOD__DIAMETER_EQUIPMENT, ask->deadline, ask->trace, &request.base,
	                              equipment_replied, ask);
	if (status != ES_OK) {
		ask->why = why_status(status);
		ask->done(ask, AUTH_EQUIPMENT_AWAY);
	}
}
