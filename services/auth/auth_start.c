/* auth_start.c -- AUTH_EAP_START: from EAP_ID to the first request, without a commit on the usual path. */
#include <stddef.h>
#include <string.h>

#include "auth_challenge.h"
#include "auth_exchange.h"
#include "auth_flow.h"
#include "auth_identity.h"
#include "auth_reauth_flow.h"
#include "auth_relay_flow.h"
#include "auth_store.h"
#include "es_crypto.h"

struct start {
	struct auth_task *task;
	const struct auth_start *in;
	struct auth_reply *out;
	struct auth_identity identity;
	struct auth_session session; /* its tenant and first round are filled in as they become known */
	struct auth_route route;
	struct auth_challenge challenge;
	struct auth_relay_step relay;
	struct auth_reauth_found reauth;
	struct es_slice sealed_request;
};

static void finish(struct start *s)
{
	const struct auth_end end = { .tenant = s->session.tenant,
		                          .group = s->in->group,
		                          .round = &s->session.first,
		                          .address = s->in->address,
		                          .had_token = s->in->had_token };

	auth_flow_finish(s->task, &end, s->out);
}

static void refuse(struct start *s, enum auth_outcome outcome, enum auth_reason reason)
{
	s->out->outcome = outcome;
	s->out->reason = reason;
	finish(s);
}

/* TS.43 T7: 511 sends the phone to the other method, and only where there is one and it came without a token. */
static void away(struct start *s)
{
	s->out->other_method = !s->in->had_token && auth_flow_has_other_method(s->task->env, s->session.tenant);
	refuse(s, AUTH_AWAY, AUTH_NOBODY_ANSWERED);
}

static void limited(struct start *s, int64_t retry_after_s)
{
	s->out->retry_after_s = retry_after_s;
	refuse(s, AUTH_TOO_OFTEN, AUTH_LIMITED);
}

/* ---- the cookie, and the row when it has no room ---- */

static es_status store_request_job(struct es_db_conn *conn, void *user)
{
	const struct start *s = user;
	const struct auth_exchange_row row = { .request = s->sealed_request };

	/* A conflict is this very job run a second time: nobody else has this random id. */
	es_status status = auth_store_exchange_insert(conn, s->session.id, &row);
	return status == ES_CONFLICT ? ES_OK : status;
}

static void request_stored(es_status status, void *user)
{
	struct start *s = user;

	if (status != ES_OK)
		auth_flow_fail(s->task, ES_UNAVAILABLE, "the request was not stored");
	else
		finish(s);
}

static void reply_challenge(struct start *s)
{
	struct auth_env *env = s->task->env;

	s->out->outcome = AUTH_CHALLENGE;
	es_status status = auth_session_seal(env->session_keys, &s->session, s->task->arena, &s->out->cookie);
	if (status != ES_OK) {
		auth_flow_fail(s->task, status, "the session cookie was not made");
		return;
	}
	if (!s->session.request_stored) {
		finish(s);
		return;
	}
	status =
		auth_row_seal(env->session_keys, "request", s->session.id, s->in->request, s->task->arena, &s->sealed_request);
	if (status == ES_OK)
		status = es_db_write(env->db, store_request_job, request_stored, s);
	if (status != ES_OK)
		auth_flow_fail(s->task, status, "the request could not be stored");
}

/* ---- by vector ---- */

static void challenged(struct auth_challenge *challenge, enum auth_challenge_result result)
{
	struct start *s = (struct start *)(void *)((uint8_t *)challenge - offsetof(struct start, challenge));

	switch (result) {
	case AUTH_CHALLENGE_READY:
		s->out->packet = challenge->packet;
		reply_challenge(s);
		break;
	case AUTH_CHALLENGE_REFUSED: refuse(s, AUTH_REJECT, challenge->reason); break;
	case AUTH_CHALLENGE_AWAY: away(s); break;
	case AUTH_CHALLENGE_LIMITED: limited(s, challenge->retry_after_s); break;
	case AUTH_CHALLENGE_BROKEN: auth_flow_fail(s->task, ES_INTERNAL, challenge->why); break;
	}
}

static void challenge(struct start *s)
{
	s->challenge = (struct auth_challenge){
		.task = s->task, .session = &s->session, .round = &s->session.first, .route = s->route, .ready = challenged
	};
	auth_challenge_seek(&s->challenge);
}

/* ---- through a 3GPP AAA ---- */

static void relayed(struct auth_relay_step *step, enum auth_relay_verdict verdict)
{
	struct start *s = (struct start *)(void *)((uint8_t *)step - offsetof(struct start, relay));

	switch (verdict) {
	case AUTH_RELAY_CHALLENGE:
		s->out->packet = step->packet;
		reply_challenge(s);
		break;
	case AUTH_RELAY_REJECTED: refuse(s, AUTH_REJECT, AUTH_AAA_REJECTED); break;
	case AUTH_RELAY_ACCEPTED: /* before the SIM was asked anything: no AAA of ours says so */
	case AUTH_RELAY_AWAY: away(s); break;
	}
}

static void relay(struct start *s)
{
	s->relay = (struct auth_relay_step){ .task = s->task, .round = &s->session.first, .done = relayed };
	auth_relay_begin(&s->relay, &s->route);
}

/* ---- by asking who it is ---- */

static void ask_identity(struct start *s)
{
	es_status status = auth_flow_ask_identity(s->task, &s->session.first.eap, &s->out->packet);

	if (status != ES_OK)
		auth_flow_fail(s->task, status, "the identity request was not made");
	else
		reply_challenge(s);
}

/* ---- who is it? ---- */

/* False: the call was answered. */
static bool begin(struct start *s, const struct auth_tenant *tenant)
{
	struct auth_session *session = &s->session;
	uint8_t random[AUTH_SESSION_ID - AUTH_SESSION_TIME + 1]; /* of the session's id and the first Identifier */

	es_random(random, sizeof random);
	session->expires_ms = s->task->env->now_ms() + s->task->env->session_ttl_ms;
	auth_session_first_id(session->expires_ms, session->id);
	memcpy(session->id + AUTH_SESSION_TIME, random + 1, sizeof random - 1);
	session->had_token = s->in->had_token;
	memcpy(session->tenant, tenant->id, sizeof session->tenant);
	memcpy(session->group, s->in->group, sizeof session->group);
	memcpy(session->terminal, s->in->terminal, sizeof session->terminal);
	memcpy(session->app_name, s->in->app_name, sizeof session->app_name);
	session->request = s->in->request;

	const struct auth_eap_options options = auth_identity_options(tenant, s->identity.method, random[0]);
	if (auth_eap_begin(&session->first.eap, s->in->eap_id, options) == ES_OK)
		return true;
	refuse(s, AUTH_BAD_PACKET, AUTH_MALFORMED);
	return false;
}

/* Before anything is made of its identity, which costs more than this. Seconds to wait; 0: go on. */
static int64_t wait_for_address(const struct start *s)
{
	return auth_guard_take(s->task->env->guard, AUTH_LIMIT_CHALLENGES_ADDRESS, s->in->address,
	                       (struct es_slice){ NULL, 0 }, s->task->env->now_ms());
}

/* Seconds to wait; 0: go on. */
static int64_t wait_for_limits(struct start *s, const struct auth_tenant *tenant)
{
	struct auth_guard *guard = s->task->env->guard;
	int64_t now = s->task->env->now_ms(), wait = 0;
	const struct auth_rate of_tenant = { .per_hour = (uint64_t)tenant->challenges_per_second * 3600,
		                                 .burst = tenant->challenges_per_second };
	const struct es_slice nothing = { NULL, 0 }, imsi = es_slice_str(s->session.first.imsi.digits);

	if (imsi.len > 0)
		wait = auth_guard_look(guard, AUTH_LIMIT_FAILURES, imsi, s->in->address, now);
	if (wait == 0)
		wait =
			auth_guard_take_at(guard, AUTH_LIMIT_CHALLENGES_TENANT, of_tenant, es_slice_str(tenant->id), nothing, now);
	return wait;
}

/* The subscriber is known: his tenant's settings say how he is authenticated. */
static void authenticate(struct start *s)
{
	if (auth_sources_is_relayed(s->task->env->sources, &s->route))
		relay(s);
	else
		challenge(s);
}

enum next { REFUSED, AUTHENTICATE, ASK_IDENTITY, READ_REAUTH, REAUTHENTICATE };

static enum next turn_away(struct start *s, enum auth_outcome outcome, enum auth_reason reason)
{
	refuse(s, outcome, reason);
	return REFUSED;
}

static enum next with_tenant(struct start *s, const struct auth_tenant *tenant, enum next next)
{
	if (tenant == NULL)
		return turn_away(s, AUTH_REJECT, next == AUTHENTICATE ? AUTH_NOT_OURS : AUTH_IDENTITY_UNUSABLE);
	if (!begin(s, tenant))
		return REFUSED;
	int64_t wait = wait_for_limits(s, tenant);
	if (wait > 0) {
		limited(s, wait);
		return REFUSED;
	}
	s->route = auth_route_kept(tenant, &s->session.first.imsi, s->task->arena);
	return next;
}

/* A 3GPP AAA asks by itself, in an exchange that begins with EAP_ID: one that we began is not its. */
static bool may_ask_who(const struct start *s, const struct auth_tenant *tenant)
{
	static const struct es_imsi nobody = { "" };

	if (tenant == NULL || !tenant->identity_request)
		return false;
	const struct auth_route route = auth_route_of(tenant, &nobody);
	return !auth_sources_is_relayed(s->task->env->sources, &route);
}

/* Nothing to be done with this identity: AKA-Identity, where the tenant turned it on (settled rule 8). */
static enum next ask_who(struct start *s, const struct auth_tenants *tenants)
{
	const struct auth_tenant *tenant = auth_tenant_of_host(tenants, s->in->host);

	return with_tenant(s, may_ask_who(s, tenant) ? tenant : NULL, ASK_IDENTITY);
}

static void go_on(struct start *s, enum next next);

static enum next route(struct start *s, const struct auth_tenants *tenants)
{
	struct auth_identity *id = &s->identity;

	switch (auth_identity_of(s->in->eap_id, tenants, s->task->env->session_keys, s->in->host, s->in->gid1, id)) {
	case AUTH_ID_MALFORMED: return turn_away(s, AUTH_BAD_PACKET, AUTH_MALFORMED);
	case AUTH_ID_FOREIGN: return turn_away(s, AUTH_REJECT, AUTH_NOT_OURS);
	case AUTH_ID_PSEUDONYM: /* one that opened: as good as the permanent identity */
	case AUTH_ID_PERMANENT: s->session.first.imsi = id->imsi; return with_tenant(s, id->tenant, AUTHENTICATE);
	case AUTH_ID_REAUTH: return READ_REAUTH; /* its row says whose it is */
	case AUTH_ID_UNUSABLE: break;
	}
	return ask_who(s, tenants);
}

/* An identity of fast re-authentication: whose it is stands in its row. */
static void read_reauth(void *user)
{
	struct start *s = user;
	es_status status = auth_reauth_read(s->task, s->identity.reauth_id, &s->reauth);

	if (status != ES_OK && status != ES_NOT_FOUND) {
		auth_flow_fail(s->task, status, "the re-authentication could not be read");
		return;
	}
	const struct auth_tenants *tenants = auth_snapshot_get(s->task->env->tenants);
	const struct auth_tenant *tenant = status == ES_OK ? auth_tenant_by_id(tenants, s->reauth.tenant) : NULL;
	bool is_good = tenant != NULL && tenant->reauthentications > 0 && s->reauth.context.method == s->identity.method &&
	               auth_identity_offers(tenant, s->identity.method);
	if (is_good)
		s->session.first.imsi = s->reauth.imsi;
	enum next next = is_good ? with_tenant(s, tenant, REAUTHENTICATE) : ask_who(s, tenants);
	auth_snapshot_put(tenants);
	go_on(s, next);
}

static void reauthenticate(struct start *s)
{
	es_status status =
		auth_reauth_request(s->task, s->identity.reauth_id, &s->reauth, &s->session.first, &s->out->packet);

	es_wipe(&s->reauth, sizeof s->reauth);
	if (status == ES_OK)
		reply_challenge(s);
	else /* the round is half that of a re-authentication: nothing else begins with it */
		auth_flow_fail(s->task, status, "the re-authentication was not made");
}

static void go_on(struct start *s, enum next next)
{
	switch (next) {
	case REFUSED: break;
	case AUTHENTICATE: authenticate(s); break;
	case ASK_IDENTITY: ask_identity(s); break;
	case READ_REAUTH: auth_flow_reading(s->task, read_reauth, s); break;
	case REAUTHENTICATE: reauthenticate(s); break;
	}
}

void auth_exchange_start(struct auth_task *task, const struct auth_start *in, struct auth_reply *out)
{
	struct start *s = es_arena_alloc(task->arena, sizeof *s);

	if (s == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*s = (struct start){ .task = task, .in = in, .out = out };
	*out = (struct auth_reply){ 0 };
	const int64_t wait = wait_for_address(s);
	if (wait > 0) {
		limited(s, wait);
		return;
	}
	const struct auth_tenants *tenants = auth_snapshot_get(task->env->tenants);
	if (tenants == NULL) {
		auth_flow_fail(task, ES_UNAVAILABLE, "policy has not told the tenants yet");
		return;
	}
	enum next next = route(s, tenants); /* nothing of the snapshot is kept, and with REFUSED `s` is gone */
	auth_snapshot_put(tenants);
	go_on(s, next);
}
