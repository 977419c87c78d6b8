/* auth_relay_flow.c -- the state of a relayed exchange in and out of what auth_relay.h is asked. */
#include "auth_relay_flow.h"

#include <stddef.h>
#include <string.h>

#include "auth_tenant.h"
#include "es_eap.h"
#include "es_log.h"

#define EAP_HEADER 4

static void next_relay(struct auth_relay_step *step);

/* What may go to the phone: an EAP-Request whose Length is its length (RFC 3748 4.1). */
static bool is_request(struct es_slice packet)
{
	return packet.len > EAP_HEADER && packet.len <= ES_EAP_MAX_PACKET && packet.ptr[0] == EAP_REQUEST &&
	       (size_t)(packet.ptr[2] << 8 | packet.ptr[3]) == packet.len;
}

static bool take_challenge(struct auth_relay_step *step)
{
	const struct auth_relay_ask *ask = &step->ask;
	struct auth_relay_state *relay = &step->round->relay;

	if (!is_request(ask->reply) || ask->next_state.len > sizeof relay->avp_state || ask->next_session.len == 0 ||
	    !es_slice_to_str(es_slice_str(ask->source), relay->source, sizeof relay->source) ||
	    !es_slice_to_str(ask->next_session, relay->session, sizeof relay->session) ||
	    !es_slice_to_str(ask->next_destination_host, relay->destination_host, sizeof relay->destination_host))
		return false;
	memset(relay->avp_state, 0, sizeof relay->avp_state);
	if (ask->next_state.len > 0)
		memcpy(relay->avp_state, ask->next_state.ptr, ask->next_state.len);
	relay->avp_state_len = (uint8_t)ask->next_state.len;
	relay->identifier = ask->reply.ptr[1];
	memcpy(step->round->source, relay->source, sizeof step->round->source);
	step->round->eap.requests++;
	step->packet = ask->reply;
	return true;
}

static bool is_another(const struct auth_relay_step *step)
{
	const char *imsi = step->ask.imsi;

	return imsi != NULL && imsi[0] != '\0' && strcmp(imsi, step->round->imsi.digits) != 0;
}

static void answered(struct auth_relay_ask *ask, enum auth_relay_verdict verdict)
{
	struct auth_relay_step *step =
		(struct auth_relay_step *)(void *)((uint8_t *)ask - offsetof(struct auth_relay_step, ask));

	if (verdict == AUTH_RELAY_CHALLENGE && !take_challenge(step)) {
		verdict = AUTH_RELAY_AWAY;
		ask->why = "an answer that cannot be handed on";
	}
	step->keeps_state = verdict == AUTH_RELAY_ACCEPTED && ask->keeps_state;
	if (verdict == AUTH_RELAY_ACCEPTED && is_another(step)) {
		es_warn(step->task->trace, "auth.relay_other_subscriber", es_f_str("source", ask->source),
		        es_f_id("imsi", es_slice_str(ask->imsi)));
		verdict = AUTH_RELAY_REJECTED;
	}
	if (verdict == AUTH_RELAY_AWAY) {
		es_warn(step->task->trace, "auth.relay_away", es_f_str("source", ask->source), es_f_str("why", ask->why));
		if (step->at < step->route.count) {
			next_relay(step);
			return;
		}
	}
	step->done(step, verdict);
}

static void ask(struct auth_relay_step *step, struct es_slice packet)
{
	struct auth_env *env = step->task->env;

	step->ask =
		(struct auth_relay_ask){ .source = step->source,
		                         .session = step->session,
		                         .destination_host = step->destination_host,
		                         .nai = step->nai,
		                         .packet = packet,
		                         .state = es_slice_of(step->round->relay.avp_state, step->round->relay.avp_state_len),
		                         .arena = step->task->arena,
		                         .deadline = step->task->deadline,
		                         .trace = step->task->trace,
		                         .done = answered };
	if (step->at < step->route.count) /* the next one is to have its chance */
		step->ask.deadline = env->now_ms() + (step->task->deadline - env->now_ms()) / 2;
	env->relay.ask(env->relay.self, &step->ask);
}

/* The next one of the route that is a relay: those of vectors cannot take over. */
static void next_relay(struct auth_relay_step *step)
{
	const struct auth_source *source = NULL;

	while (step->at < step->route.count && source == NULL) {
		source = auth_sources_find(step->task->env->sources, step->route.names[step->at++]);
		if (source != NULL && strcmp(source->kind, AUTH_RELAY_KIND) != 0)
			source = NULL;
	}
	const struct auth_eap *eap = &step->round->eap;
	uint8_t *packet = es_arena_alloc(step->task->arena, EAP_HEADER + 1 + (size_t)eap->identity_len);
	if (source == NULL || packet == NULL || step->task->env->relay.ask == NULL ||
	    !es_slice_to_str(es_slice_str(source->name), step->source, sizeof step->source)) {
		step->done(step, AUTH_RELAY_AWAY);
		return;
	}
	uint16_t len = (uint16_t)(EAP_HEADER + 1 + eap->identity_len);
	const uint8_t header[EAP_HEADER + 1] = { EAP_RESPONSE, 0, (uint8_t)(len >> 8), (uint8_t)len, EAP_TYPE_IDENTITY };
	memcpy(packet, header, sizeof header);
	memcpy(packet + sizeof header, eap->identity, eap->identity_len);
	ask(step, es_slice_of(packet, len));
}

static void take_nai(struct auth_relay_step *step)
{
	memcpy(step->nai, step->round->eap.identity, step->round->eap.identity_len);
	step->nai[step->round->eap.identity_len] = '\0';
}

void auth_relay_begin(struct auth_relay_step *step, const struct auth_route *route)
{
	step->route = *route;
	take_nai(step);
	next_relay(step);
}

/* An identity that is told to be of this subscriber: a pseudonym of the AAA's can be anybody's. */
static bool is_same_subscriber(const struct auth_round *round, struct es_slice identity)
{
	enum auth_method method;
	struct es_nai nai;

	if (es_slice_eq(identity, es_slice_of(round->eap.identity, round->eap.identity_len)))
		return true;
	return auth_identity_classify(identity, &nai, &method) == AUTH_ID_PERMANENT &&
	       strcmp(nai.imsi.digits, round->imsi.digits) == 0;
}

/* Whoever answers AKA-Identity is whom the AAA then authenticates (TS 33.402 6.2 asks everybody again), while the token
 * will be of whom EAP_ID named: it has to be the same. Of other methods' packets that could not be told. */
static bool may_go_on(const struct auth_round *round, struct es_slice packet)
{
	struct es_eap_packet read;
	uint8_t type = packet.ptr[EAP_HEADER];

	if (type == EAP_TYPE_NAK)
		return true;
	if (type != EAP_TYPE_AKA && type != EAP_TYPE_AKA_PRIME)
		return false;
	if (packet.len <= EAP_HEADER + 1 || packet.ptr[EAP_HEADER + 1] != AKA_IDENTITY)
		return true;
	return es_eap_parse(packet, &read) == ES_OK && read.has_identity && is_same_subscriber(round, read.identity);
}

es_status auth_relay_next(struct auth_relay_step *step, struct es_slice packet)
{
	const struct auth_relay_state *relay = &step->round->relay;

	if (packet.len <= EAP_HEADER || packet.len > ES_EAP_MAX_PACKET || packet.ptr[0] != EAP_RESPONSE ||
	    packet.ptr[1] != relay->identifier || (size_t)(packet.ptr[2] << 8 | packet.ptr[3]) != packet.len ||
	    !may_go_on(step->round, packet))
		return ES_MALFORMED;
	take_nai(step);
	memcpy(step->source, relay->source, sizeof step->source);
	memcpy(step->session, relay->session, sizeof step->session);
	memcpy(step->destination_host, relay->destination_host, sizeof step->destination_host);
	if (step->task->env->relay.ask == NULL)
		step->done(step, AUTH_RELAY_AWAY); /* the section is gone since the exchange began */
	else
		ask(step, packet);
	return ES_OK;
}

void auth_relay_leave(struct auth_relay_step *step)
{
	if (!step->keeps_state) /* also when nothing was relayed */
		return;
	const struct auth_relay *relay = &step->task->env->relay;
	if (relay->end != NULL)
		relay->end(relay->self, step->source, step->session, step->destination_host, step->nai);
}
