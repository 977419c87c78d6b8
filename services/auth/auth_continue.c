/* auth_continue.c -- AUTH_EAP_CONTINUE: what a response of the peer means, and what is asked before it is answered. */
#include <string.h>

#include "auth_flow.h"
#include "auth_identity.h"
#include "auth_step.h"
#include "es_crypto.h"

#define COOKIES_MAX 8

/* A packet for the peer, or a failure: 403 at once, or a notification first where tenant or peer want it. */
static void carry_out(struct auth_step *s, const struct auth_eap_action *action)
{
	if (action->what == AUTH_EAP_FAILED) {
		auth_step_reject(s, action->reason);
		return;
	}
	s->out->outcome = AUTH_CHALLENGE;
	s->out->packet = es_arena_copy(s->task->arena, es_slice_of(action->packet, action->packet_len));
	if (s->out->packet.ptr == NULL)
		auth_step_fail(s, ES_TOO_LARGE, "the call is too large");
	else if (action->reason != AUTH_SUCCESS)
		auth_step_notify(s, action->reason);
	else
		auth_step_commit(s);
}

static void refuse(struct auth_step *s, enum auth_reason reason)
{
	struct auth_eap_action action;

	auth_eap_refuse(&s->round.eap, reason, &action);
	carry_out(s, &action);
}

/* ---- a new challenge: after a resynchronisation, an identity, a Nak or a re-authentication that did not do ---- */

static void challenged(struct auth_challenge *challenge, enum auth_challenge_result result)
{
	struct auth_step *s = (struct auth_step *)(void *)((uint8_t *)challenge - offsetof(struct auth_step, challenge));

	switch (result) {
	case AUTH_CHALLENGE_READY:
		s->out->outcome = AUTH_CHALLENGE;
		s->out->packet = challenge->packet;
		auth_step_commit(s);
		break;
	case AUTH_CHALLENGE_REFUSED: refuse(s, challenge->reason); break;
	case AUTH_CHALLENGE_AWAY: auth_step_away(s); break;
	case AUTH_CHALLENGE_LIMITED: auth_step_limited(s, challenge->retry_after_s); break;
	case AUTH_CHALLENGE_BROKEN: auth_step_fail(s, ES_INTERNAL, challenge->why); break;
	}
}

static void challenge(struct auth_step *s, const uint8_t *auts)
{
	s->challenge = (struct auth_challenge){
		.task = s->task, .session = &s->session, .round = &s->round, .is_resync = auts != NULL, .ready = challenged
	};
	if (auts != NULL)
		memcpy(s->challenge.auts, auts, sizeof s->challenge.auts);
	auth_challenge_seek(&s->challenge);
}

static void resynchronise(struct auth_step *s, const uint8_t auts[14])
{
	auth_flow_count_resync();
	if (s->round.decoy)
		refuse(s, AUTH_AUTS_INVALID);
	else
		challenge(s, auts);
}

static void ask_permanent_identity(struct auth_step *s)
{
	es_status status = auth_flow_ask_identity(s->task, &s->round.eap, &s->out->packet);

	s->out->outcome = AUTH_CHALLENGE;
	if (status == ES_OK)
		auth_step_commit(s);
	else if (status == ES_CONFLICT)
		refuse(s, AUTH_IDENTITY_UNUSABLE);
	else
		auth_step_fail(s, status, "the identity request was not made");
}

/* What EAP_ID is held to at the start, now that there is somebody to hold to it. */
static void named(struct auth_step *s, const struct es_imsi *imsi)
{
	struct auth_env *env = s->task->env;

	s->round.imsi = *imsi;
	int64_t wait =
		auth_guard_look(env->guard, AUTH_LIMIT_FAILURES, es_slice_str(imsi->digits), s->address, env->now_ms());
	if (wait > 0)
		auth_step_limited(s, wait);
	else
		challenge(s, NULL);
}

/* The answer to AKA-Identity counts as EAP_ID would, within the tenant that asked. */
static void identified(struct auth_step *s)
{
	const struct auth_tenants *tenants;
	const struct auth_tenant *tenant = auth_snapshot_tenant(s->task->env->tenants, s->session.tenant, &tenants);
	struct auth_identity id;
	enum auth_identity_kind kind = AUTH_ID_FOREIGN;

	if (tenant != NULL)
		kind = auth_identity_within(es_slice_of(s->round.eap.identity, s->round.eap.identity_len), tenant,
		                            s->task->env->session_keys, &id);
	auth_snapshot_put(tenants);
	switch (kind) {
	case AUTH_ID_PERMANENT:
	case AUTH_ID_PSEUDONYM: named(s, &id.imsi); break;
	case AUTH_ID_REAUTH:
	case AUTH_ID_UNUSABLE: ask_permanent_identity(s); break;
	case AUTH_ID_MALFORMED: refuse(s, AUTH_IDENTITY_UNUSABLE); break;
	case AUTH_ID_FOREIGN: refuse(s, AUTH_NOT_OURS); break;
	}
}

/* ---- success ---- */

static enum es_token_method token_method(const struct auth_round *round)
{
	if (round->relay.source[0] != '\0')
		return ES_METHOD_AAA;
	return round->eap.method == AUTH_AKA_PRIME ? ES_METHOD_EAP_AKA_PRIME : ES_METHOD_EAP_AKA;
}

static es_status make_token(struct auth_step *s, uint32_t epoch)
{
	struct auth_env *env = s->task->env;
	const struct auth_session *session = &s->session;
	struct es_token token = { .imsi = s->round.imsi, .epoch = epoch, .method = token_method(&s->round) };
	int64_t ttl_ms = auth_flow_token_ttl(env, session->tenant);

	memcpy(token.tenant, session->tenant, sizeof token.tenant);
	memcpy(token.group, session->group, sizeof token.group);
	memcpy(token.terminal, session->terminal, sizeof token.terminal);
	memcpy(token.app_name, session->app_name, sizeof token.app_name);
	token.issued_ms = env->now_ms();
	token.expires_ms = token.issued_ms + ttl_ms;
	s->out->token_validity_s = ttl_ms / 1000;
	return es_token_seal(env->token_keys, &token, s->task->arena, &s->out->token);
}

/* The SIM is genuine and its owner is not to be served: a peer that was promised a result hears it (RFC 4187 6.2). */
static void turn_down(struct auth_step *s, enum auth_reason reason)
{
	if (s->round.relay.source[0] != '\0')
		auth_step_reject(s, reason);
	else
		refuse(s, reason);
}

static void admitted(struct auth_admit *admit, es_status status)
{
	struct auth_step *s = (struct auth_step *)(void *)((uint8_t *)admit - offsetof(struct auth_step, admit));

	if (status != ES_OK) {
		auth_step_fail(s, ES_UNAVAILABLE, "policy did not say whether to admit");
		return;
	}
	switch (admit->admission) {
	case AUTH_ADMIT_TERMINATED: turn_down(s, AUTH_TERMINATED); return;
	case AUTH_ADMIT_UNKNOWN: turn_down(s, AUTH_NOT_A_SUBSCRIBER); return;
	case AUTH_ADMITTED: break;
	}
	if (s->announces) {
		struct auth_eap_action action;
		auth_eap_announce(&s->round.eap, &action);
		carry_out(s, &action);
		return;
	}
	s->out->outcome = AUTH_ADMIT;
	s->out->reason = AUTH_SUCCESS;
	status = auth_step_request_of(s, &s->out->request);
	if (status == ES_OK)
		status = make_token(s, admit->epoch);
	if (status != ES_OK)
		auth_step_fail(s, ES_INTERNAL, "the token was not made");
	else
		auth_step_commit(s);
}

static void ask_policy(struct auth_step *s)
{
	s->admit = (struct auth_admit){ .tenant = s->session.tenant,
		                            .imsi = s->round.imsi.digits,
		                            .arena = s->task->arena,
		                            .deadline = s->task->deadline,
		                            .trace = s->task->trace,
		                            .key = es_slice_of(s->session.id, sizeof s->session.id),
		                            .done = admitted };
	es_status status = s->task->env->admit(s->task->env->policy, &s->admit);
	if (status != ES_OK)
		auth_step_fail(s, ES_UNAVAILABLE, "policy could not be asked");
}

static void profiled(struct auth_profile *profile)
{
	ask_policy((struct auth_step *)(void *)((uint8_t *)profile - offsetof(struct auth_step, profile)));
}

/* The SIM is who it says. What its HSS says of it comes before policy's word. */
static void proven(struct auth_step *s)
{
	auth_challenge_answered(s->task->env, &s->session, &s->round);
	s->profile = (struct auth_profile){ .task = s->task, .session = &s->session, .round = &s->round, .done = profiled };
	if (s->round.eap.result_agreed && !s->announces) /* asked before the notification */
		ask_policy(s);
	else
		auth_profile_take(&s->profile);
}

/* ---- the response ---- */

static void take_step(struct auth_step *s)
{
	struct auth_eap_action action;

	s->was_refused = s->round.eap.notified && s->round.eap.failure != AUTH_SUCCESS;
	if (auth_eap_step(&s->round.eap, s->packet, &action) != ES_OK) {
		auth_step_turn_away(s, AUTH_BAD_PACKET, AUTH_MALFORMED); /* V12-AUTH-15; the session stays as it is */
		return;
	}
	switch (action.what) {
	case AUTH_EAP_SEND:
	case AUTH_EAP_FAILED: carry_out(s, &action); break;
	case AUTH_EAP_IDENTITY: identified(s); break;
	case AUTH_EAP_RESYNC: resynchronise(s, action.auts); break;
	case AUTH_EAP_FULL_AUTH:
		memset(s->round.reauth_id, 0, sizeof s->round.reauth_id);
		challenge(s, NULL);
		break;
	case AUTH_EAP_METHOD:
		if (s->round.imsi.digits[0] == '\0') /* a Nak of AKA-Identity */
			ask_permanent_identity(s);
		else
			challenge(s, NULL);
		break;
	case AUTH_EAP_PROVEN:
	case AUTH_EAP_DONE:
		s->announces = action.what == AUTH_EAP_PROVEN;
		proven(s);
		break;
	}
}

/* ---- a response on its way to a 3GPP AAA ---- */

static void relayed(struct auth_relay_step *step, enum auth_relay_verdict verdict)
{
	struct auth_step *s = (struct auth_step *)(void *)((uint8_t *)step - offsetof(struct auth_step, relay));

	switch (verdict) {
	case AUTH_RELAY_CHALLENGE:
		s->out->outcome = AUTH_CHALLENGE;
		s->out->packet = step->packet;
		auth_step_commit(s);
		break;
	case AUTH_RELAY_ACCEPTED: ask_policy(s); break;
	case AUTH_RELAY_REJECTED: auth_step_reject(s, AUTH_AAA_REJECTED); break;
	case AUTH_RELAY_AWAY: auth_step_away(s); break;
	}
}

static void relay_step(struct auth_step *s)
{
	s->relay = (struct auth_relay_step){ .task = s->task, .round = &s->round, .done = relayed };
	if (auth_relay_next(&s->relay, s->packet) != ES_OK)
		auth_step_turn_away(s, AUTH_BAD_PACKET, AUTH_MALFORMED);
}

static es_status read_row_job(struct es_db_conn *conn, void *user)
{
	struct auth_step *s = user;

	return auth_store_exchange_get(conn, s->session.id, s->task->arena, &s->row);
}

static es_status later_round(struct auth_step *s)
{
	struct es_slice plain;

	ES_TRY(auth_row_open(s->task->env->session_keys, "round", s->session.id, s->row.state, s->task->arena, &plain));
	struct es_reader in = es_reader_of(plain);
	return auth_round_unpack(&in, &s->round);
}

static void with_row(void *user)
{
	struct auth_step *s = user;

	s->round = s->session.first;
	es_status status = es_db_read(s->task->env->db, read_row_job, s);
	s->has_row = status == ES_OK;
	bool is_later = s->has_row && s->row.round > 0;
	if (status != ES_OK && status != ES_NOT_FOUND) {
		auth_step_fail(s, status, "the session could not be read");
	} else if (!s->has_row && s->session.request_stored) {
		auth_step_turn_away(s, AUTH_LOST_SESSION, AUTH_SESSION_EXPIRED);
	} else if (is_later && (s->row.state.len == 0 ||
	                        es_slice_eq(s->row.packet_hash, es_slice_of(s->packet_hash, sizeof s->packet_hash)))) {
		auth_step_replay(s);
	} else if (is_later && later_round(s) != ES_OK) {
		auth_step_fail(s, ES_INTERNAL, "the round of this session does not open");
	} else if (s->round.relay.source[0] != '\0') {
		relay_step(s);
	} else {
		take_step(s);
	}
}

/* A right answer to the first challenge needs nothing but the cookie: no row is read on the usual path. Should there be one
 * already, the commit finds it and it decides (`lost`). */
static bool is_right_at_once(struct auth_step *s)
{
	struct auth_eap_action action;

	if (s->session.request_stored || s->session.first.decoy || s->session.first.relay.source[0] != '\0')
		return false;
	s->round = s->session.first;
	return auth_eap_step(&s->round.eap, s->packet, &action) == ES_OK && action.what == AUTH_EAP_DONE;
}

/* Clients echo cookies in many ways, so there may be several candidates; of those that open, the one of the exchange that
 * began last: a client may still send the cookie of an exchange it gave up. */
static es_status open_latest(struct auth_step *s, const struct es_slice *cookies, size_t count)
{
	struct auth_session session;
	es_status result = ES_NOT_FOUND;

	for (size_t i = 0; i < count && i < COOKIES_MAX; i++) {
		es_status status =
			auth_session_open(s->task->env->session_keys, cookies[i], s->task->env->now_ms(), s->task->arena, &session);
		if (status == ES_EXPIRED && result == ES_NOT_FOUND)
			result = ES_EXPIRED;
		if (status != ES_OK || (result == ES_OK && session.expires_ms <= s->session.expires_ms))
			continue;
		s->session = session;
		s->cookie = cookies[i];
		result = ES_OK;
	}
	auth_session_wipe(&session);
	return result;
}

void auth_exchange_continue(struct auth_task *task, const struct es_slice *cookies, size_t cookie_count,
                            struct es_slice packet, struct es_slice address, struct auth_reply *out)
{
	struct auth_step *s = es_arena_alloc(task->arena, sizeof *s);

	if (s == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*s = (struct auth_step){ .task = task, .out = out, .packet = packet, .address = address };
	*out = (struct auth_reply){ 0 };
	es_sha256(&packet, 1, s->packet_hash);
	es_status opened = open_latest(s, cookies, cookie_count);
	if (opened != ES_OK)
		auth_step_turn_away(s, AUTH_LOST_SESSION,
		                    opened == ES_EXPIRED ? AUTH_SESSION_EXPIRED : AUTH_NO_SESSION); /* V12-AUTH-16 */
	else if (is_right_at_once(s)) {
		proven(s);
	} else {
		auth_flow_reading(task, with_row, s);
	}
}
