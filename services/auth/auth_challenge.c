/* auth_challenge.c -- asks auth_pending.h, auth_guard.h and auth_sources.h, in this order. */
#include "auth_challenge.h"

#include <stddef.h>
#include <string.h>

#include "auth_auc_source.h"
#include "auth_flow.h"
#include "auth_identity.h"
#include "auth_outcome.h"
#include "auth_pseudonym.h"
#include "auth_store.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_text.h"

ES_METRIC_COUNTER1(resent, "openes_auth_challenges_resent_total", "Unanswered challenges sent again");

static void end(struct auth_challenge *c, enum auth_challenge_result result)
{
	auth_vector_wipe(&c->ask.vector);
	auth_vector_wipe(&c->pending.vector);
	c->ready(c, result);
}

static void refuse(struct auth_challenge *c, enum auth_reason reason)
{
	c->reason = reason;
	end(c, AUTH_CHALLENGE_REFUSED);
}

/* ---- the packet ---- */

struct es_slice auth_challenge_reauth_id(struct auth_task *task, const struct auth_eap *eap)
{
	struct es_slice realm = es_slice_of(eap->identity, eap->identity_len);
	uint8_t storage[AUTH_EAP_NEXT_ID_MAX], id[AUTH_REAUTH_ID];
	struct es_buf text;

	(void)es_slice_cut(&realm, '@');
	es_buf_init_fixed(&text, storage, sizeof storage);
	es_random(id, sizeof id);
	auth_reauth_id_make((enum auth_method)eap->method, id, realm, &text);
	return es_buf_status(&text) == ES_OK ? es_arena_copy(task->arena, es_buf_slice(&text))
	                                     : (struct es_slice){ NULL, 0 };
}

/* What the tenant wants the SIM to have for the next time. */
static void fill_offer(struct auth_challenge *c, struct auth_eap_offer *offer)
{
	uint8_t storage[AUTH_PSEUDONYM_SIZE];
	struct es_buf name;

	struct auth_env *env = c->task->env;
	enum auth_method method = (enum auth_method)c->round->eap.method;

	*offer = (struct auth_eap_offer){ .iv = { 0 } };
	es_random(offer->iv, sizeof offer->iv);
	if (c->gives_pseudonym) {
		es_buf_init_fixed(&name, storage, sizeof storage);
		auth_pseudonym_make(env->session_keys, c->session->tenant, &c->round->imsi, method, &name);
		offer->next_pseudonym = es_arena_copy(c->task->arena, es_buf_slice(&name));
	}
	c->round->reauths_left = c->reauths;
	if (c->reauths > 0)
		offer->next_reauth_id = auth_challenge_reauth_id(c->task, &c->round->eap);
}

static void write_packet(struct auth_challenge *c)
{
	uint8_t storage[AUTH_EAP_REQUEST_MAX];
	struct auth_eap_offer offer;
	struct es_buf buf;

	fill_offer(c, &offer);
	es_buf_init_fixed(&buf, storage, sizeof storage);
	es_status status = auth_eap_challenge(&c->round->eap, &c->ask.vector, &offer, &buf);
	if (status == ES_OK) {
		c->packet = es_arena_copy(c->task->arena, es_buf_slice(&buf));
		status = c->packet.ptr == NULL ? ES_TOO_LARGE : ES_OK;
	}
	c->why = "the challenge was not made";
	end(c, status == ES_OK ? AUTH_CHALLENGE_READY : AUTH_CHALLENGE_BROKEN);
}

/* ---- the vector ---- */

static void keep_and_write(struct auth_challenge *c)
{
	struct auth_env *env = c->task->env;

	if (c->is_resync) { /* the AUTS was genuine: the SIM has seen the old one */
		(void)auth_guard_take(env->guard, AUTH_LIMIT_RESYNCS_IMSI, es_slice_str(c->session->tenant),
		                      es_slice_str(c->round->imsi.digits), env->now_ms());
		auth_pending_forget(env->pending, &c->key, c->ask.rand);
	} else {
		c->pending = (struct auth_pending_challenge){ .vector = c->ask.vector, .decoy = c->round->decoy };
		memcpy(c->pending.session, c->session->id, sizeof c->pending.session);
		memcpy(c->pending.source, c->round->source, sizeof c->pending.source);
		auth_pending_keep(env->pending, &c->key, env->now_ms() + env->session_ttl_ms, &c->pending);
	}
	write_packet(c);
}

static void answered(struct auth_ask *ask, enum auth_source_answer answer)
{
	struct auth_challenge *c = (struct auth_challenge *)(void *)((uint8_t *)ask - offsetof(struct auth_challenge, ask));

	es_slice_to_str_cut(es_slice_str(ask->source), c->round->source, sizeof c->round->source);
	switch (answer) {
	case AUTH_SOURCE_VECTOR:
		c->round->decoy = false; /* of a challenge before this one, say by the other method's source */
		keep_and_write(c);
		break;
	case AUTH_SOURCE_UNKNOWN:
		if (!c->may_decoy) {
			refuse(c, AUTH_UNKNOWN_IMSI); /* settled rule 7: 403 at once */
			break;
		}
		c->round->decoy = true;
		auth_auc_decoy(ask);
		keep_and_write(c);
		break;
	case AUTH_SOURCE_REFUSED: refuse(c, AUTH_NETWORK_REFUSED); break;
	case AUTH_SOURCE_AUTS_INVALID: refuse(c, AUTH_AUTS_INVALID); break;
	case AUTH_SOURCE_SQN_OUT_OF_REACH: refuse(c, AUTH_SQN_OUT_OF_REACH); break;
	case AUTH_SOURCE_AWAY:
		c->why = ask->why;
		end(c, AUTH_CHALLENGE_AWAY);
		break;
	}
}

/* A resynchronisation is drawn when its AUTS was genuine: with false ones nobody uses up another's. */
static bool is_within_limits(struct auth_challenge *c)
{
	struct auth_env *env = c->task->env;
	const struct es_slice tenant = es_slice_str(c->session->tenant), imsi = es_slice_str(c->round->imsi.digits);

	c->retry_after_s = c->is_resync
	                       ? auth_guard_look(env->guard, AUTH_LIMIT_RESYNCS_IMSI, tenant, imsi, env->now_ms())
	                       : auth_guard_take(env->guard, AUTH_LIMIT_CHALLENGES_IMSI, tenant, imsi, env->now_ms());
	return c->retry_after_s == 0;
}

/* Copies what it needs of the tenant: the snapshot is given back before anything is asked. False: there is none. */
static bool read_tenant(struct auth_challenge *c)
{
	const struct auth_tenants *tenants;
	const struct auth_tenant *tenant = auth_snapshot_tenant(c->task->env->tenants, c->session->tenant, &tenants);

	if (tenant != NULL) {
		if (c->route.count == 0)
			c->route = auth_route_kept(tenant, &c->round->imsi, c->task->arena);
		c->may_decoy = tenant->decoy_challenge && !c->is_resync;
		c->gives_pseudonym = tenant->pseudonyms;
		c->reauths = (uint16_t)tenant->reauthentications; /* 1000 at most */
	}
	auth_snapshot_put(tenants);
	return tenant != NULL;
}

static void fetch(struct auth_challenge *c)
{
	if (!is_within_limits(c)) {
		end(c, AUTH_CHALLENGE_LIMITED);
		return;
	}
	c->ask = (struct auth_ask){ .tenant = c->session->tenant,
		                        .imsi = c->round->imsi.digits,
		                        .method = (enum auth_method)c->round->eap.method,
		                        .network_name = c->round->eap.network_name,
		                        .is_resync = c->is_resync,
		                        .arena = c->task->arena,
		                        .deadline = c->task->deadline,
		                        .trace = c->task->trace,
		                        .done = answered };
	if (c->is_resync) {
		memcpy(c->ask.rand, c->round->eap.rand, sizeof c->ask.rand);
		memcpy(c->ask.auts, c->auts, sizeof c->ask.auts);
	}
	auth_sources_ask(c->task->env->sources, &c->route, &c->ask);
}

/* ---- one that is out already ---- */

static es_status read_exchange_job(struct es_db_conn *conn, void *user)
{
	const struct auth_challenge *c = user;
	struct auth_exchange_row row;
	struct auth_reply reply;

	ES_TRY(auth_store_exchange_get(conn, c->pending.session, c->task->arena, &row));
	if (row.outcome.len == 0)
		return ES_NOT_FOUND;
	ES_TRY(auth_outcome_open(c->task, c->pending.session, row.outcome, &reply));
	return auth_outcome_is_refusal(&reply) ? ES_NOT_FOUND : ES_OK;
}

/* Another replica may have taken the SIM's answer: the challenge is used up then. */
static void send_again(void *user)
{
	struct auth_challenge *c = user;
	struct auth_env *env = c->task->env;

	if (es_db_read(env->db, read_exchange_job, c) == ES_OK) {
		auth_pending_forget(env->pending, &c->key, c->pending.vector.rand);
		fetch(c);
		return;
	}
	c->ask.vector = c->pending.vector;
	c->round->decoy = c->pending.decoy;
	memcpy(c->round->source, c->pending.source, sizeof c->round->source);
	auth_pending_resent(env->pending, &c->key, c->ask.vector.rand, c->session->id);
	es_count(&resent, 0);
	es_debug(c->task->trace, "auth.challenge_resent", es_f_str("tenant", c->session->tenant),
	         es_f_id("imsi", es_slice_str(c->round->imsi.digits)));
	write_packet(c);
}

void auth_challenge_seek(struct auth_challenge *c)
{
	struct auth_env *env = c->task->env;
	const struct auth_session *session = c->session;

	if (!read_tenant(c)) {
		c->why = "the tenant is gone";
		end(c, AUTH_CHALLENGE_AWAY);
		return;
	}
	if (c->round->eap.id_log_len > 0 && auth_sources_is_relayed(env->sources, &c->route)) {
		refuse(c, AUTH_IDENTITY_UNUSABLE); /* who is his AAA's is known too late */
		return;
	}
	c->key = auth_pending_key_of(session->tenant, c->round->imsi.digits, (enum auth_method)c->round->eap.method,
	                             c->round->eap.network_name, session->terminal, session->app_name, session->group);
	if (!c->is_resync && auth_pending_find(env->pending, &c->key, env->now_ms(), &c->pending))
		auth_flow_reading(c->task, send_again, c);
	else
		fetch(c);
}

void auth_challenge_answered(struct auth_env *env, const struct auth_session *session, const struct auth_round *round)
{
	const struct auth_pending_key key =
		auth_pending_key_of(session->tenant, round->imsi.digits, (enum auth_method)round->eap.method,
	                        round->eap.network_name, session->terminal, session->app_name, session->group);

	auth_pending_forget(env->pending, &key, round->eap.rand);
}
