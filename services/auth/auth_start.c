/* auth_start.c -- AUTH_EAP_START: from EAP_ID to the first challenge, without a commit on the usual path. */
#include <stddef.h>
#include <string.h>

#include "auth_exchange.h"
#include "auth_flow.h"
#include "auth_store.h"
#include "es_crypto.h"

struct start {
	struct auth_task *task;
	const struct auth_start *in;
	struct auth_reply *out;
	bool decoys;                 /* the tenant wants unknown IMSIs challenged */
	struct auth_session session; /* its tenant and first round are filled in as they become known */
	struct auth_keys keys;
	struct auth_number number;
	struct es_slice sealed_request;
};

static void refuse(struct start *s, enum auth_outcome outcome, enum auth_reason reason)
{
	s->out->outcome = outcome;
	s->out->reason = reason;
	auth_flow_finish(s->task, s->session.tenant, &s->session.first, s->in->had_token, s->out);
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
		auth_flow_finish(s->task, s->session.tenant, &s->session.first, s->in->had_token, s->out);
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
		auth_flow_finish(s->task, s->session.tenant, &s->session.first, s->in->had_token, s->out);
		return;
	}
	status =
		auth_row_seal(env->session_keys, "request", s->session.id, s->in->request, s->task->arena, &s->sealed_request);
	if (status == ES_OK)
		status = es_db_write(env->db, store_request_job, request_stored, s);
	if (status != ES_OK)
		auth_flow_fail(s->task, status, "the request could not be stored");
}

/* ---- the challenge ---- */

static void number_ready(struct auth_number *number, es_status status)
{
	struct start *s = (struct start *)(void *)((uint8_t *)number - offsetof(struct start, number));

	if (status == ES_OK)
		status = auth_flow_challenge(s->task, &s->keys, number->sqn, &s->session.first.eap, &s->out->packet);
	auth_keys_wipe(&s->keys);
	if (status != ES_OK)
		auth_flow_fail(s->task, status, "no sequence number could be given out");
	else
		reply_challenge(s);
}

static void with_keys(void *user)
{
	struct start *s = user;

	es_status status = auth_flow_keys(s->task->env, s->session.tenant, s->session.first.imsi.digits, &s->keys);
	s->number = (struct auth_number){ .task = s->task, .keys = &s->keys, .ready = number_ready };
	if (status == ES_OK) {
		auth_flow_number(&s->number);
	} else if (status == ES_NOT_FOUND && s->decoys) {
		s->session.first.decoy = true;
		auth_flow_decoy(&s->keys, &s->number.sqn);
		number_ready(&s->number, ES_OK);
	} else if (status == ES_NOT_FOUND) {
		refuse(s, AUTH_REJECT, AUTH_UNKNOWN_IMSI); /* settled rule 7: 403 at once */
	} else {
		auth_flow_fail(s->task, status, "the keys could not be read");
	}
}

/* AKA-Identity, where the tenant turned it on (settled rule 8). */
static void ask_identity(struct start *s)
{
	uint8_t storage[32];
	struct es_buf buf;

	es_buf_init_fixed(&buf, storage, sizeof storage);
	es_status status = auth_eap_request_identity(&s->session.first.eap, AUTH_EAP_ID_PERMANENT, &buf);
	if (status == ES_OK) {
		s->out->packet = es_arena_copy(s->task->arena, es_buf_slice(&buf));
		status = s->out->packet.ptr == NULL ? ES_TOO_LARGE : ES_OK;
	}
	if (status != ES_OK)
		auth_flow_fail(s->task, status, "the identity request was not made");
	else
		reply_challenge(s);
}

/* False: EAP_ID is too long. */
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
	s->decoys = tenant->decoy_challenge;
	return auth_eap_begin(&session->first.eap, s->in->eap_id,
	                      (struct auth_eap_options){ .checkcode = tenant->checkcode,
	                                                 .notifications = tenant->notifications,
	                                                 .first_identifier = random[0] }) == ES_OK;
}

static void route(struct start *s, const struct auth_tenants *tenants)
{
	struct es_nai nai;
	enum auth_method method = AUTH_AKA;

	enum auth_identity_kind kind = auth_identity_classify(s->in->eap_id, &nai, &method);
	switch (method == AUTH_AKA_PRIME ? AUTH_ID_UNUSABLE : kind) {
	case AUTH_ID_MALFORMED: refuse(s, AUTH_BAD_PACKET, AUTH_MALFORMED); break;
	case AUTH_ID_FOREIGN: refuse(s, AUTH_REJECT, AUTH_NOT_OURS); break;
	case AUTH_ID_PSEUDONYM:
	case AUTH_ID_REAUTH:
	case AUTH_ID_UNUSABLE: {
		const struct auth_tenant *tenant = auth_tenant_of_host(tenants, s->in->host);
		if (tenant == NULL || !tenant->identity_request)
			refuse(s, AUTH_REJECT, AUTH_IDENTITY_UNUSABLE);
		else if (!begin(s, tenant))
			refuse(s, AUTH_BAD_PACKET, AUTH_MALFORMED);
		else
			ask_identity(s);
		break;
	}
	case AUTH_ID_PERMANENT: {
		const struct auth_tenant *tenant = auth_tenant_resolve(tenants, s->in->host, &nai, s->in->gid1);
		s->session.first.imsi = nai.imsi;
		if (tenant == NULL)
			refuse(s, AUTH_REJECT, AUTH_NOT_OURS);
		else if (!begin(s, tenant))
			refuse(s, AUTH_BAD_PACKET, AUTH_MALFORMED);
		else
			auth_flow_reading(s->task, with_keys, s);
		break;
	}
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
	const struct auth_tenants *tenants = auth_snapshot_get(task->env->tenants);
	if (tenants == NULL) {
		auth_flow_fail(task, ES_UNAVAILABLE, "policy has not told the tenants yet");
		return;
	}
	route(s, tenants); /* keeps nothing of the snapshot */
	auth_snapshot_put(tenants);
}
