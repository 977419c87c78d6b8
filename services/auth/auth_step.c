/* auth_step.c -- how a response to an exchange ends: committed, answered, or answered again. */
#include "auth_step.h"

#include "auth_flow.h"
#include "auth_outcome.h"
#include "auth_store.h"
#include "es_cleanup.h"
#include "es_log.h"

#define ROUND_MAX 4096

void auth_step_fail(struct auth_step *s, es_status status, const char *detail)
{
	auth_relay_leave(&s->relay); /* the phone begins anew: an AAA says its last word once */
	auth_flow_fail(s->task, status, detail);
}

static struct auth_end end_of(const struct auth_step *s, bool is_recorded)
{
	return (struct auth_end){ .tenant = s->session.tenant,
		                      .group = s->session.group,
		                      .round = &s->round,
		                      .address = s->address,
		                      .had_token = s->session.had_token,
		                      .is_recorded = is_recorded };
}

static void finish(struct auth_step *s, bool is_recorded)
{
	const struct auth_end end = end_of(s, is_recorded);

	if (s->out->outcome == AUTH_CHALLENGE)
		s->out->cookie = s->cookie;
	if (s->out->outcome == AUTH_CHALLENGE && auth_outcome_is_refusal(s->out))
		auth_flow_ended(s->task, &end, s->out->reason);
	if (is_recorded && s->was_refused) /* it was counted then */
		s->task->answer(s->task, ES_OK, NULL);
	else
		auth_flow_finish(s->task, &end, s->out);
}

void auth_step_turn_away(struct auth_step *s, enum auth_outcome outcome, enum auth_reason reason)
{
	*s->out = (struct auth_reply){ .outcome = outcome, .reason = reason };
	finish(s, false);
}

void auth_step_away(struct auth_step *s)
{
	*s->out = (struct auth_reply){ .outcome = AUTH_AWAY, .reason = AUTH_NOBODY_ANSWERED };
	s->out->other_method =
		!s->session.had_token && auth_flow_has_other_method(s->task->env, s->session.tenant); /* TS.43 T7 */
	finish(s, false);
}

void auth_step_limited(struct auth_step *s, int64_t retry_after_s)
{
	*s->out = (struct auth_reply){ .outcome = AUTH_TOO_OFTEN, .reason = AUTH_LIMITED, .retry_after_s = retry_after_s };
	finish(s, false);
}

/* ---- what is in the row ---- */

es_status auth_step_request_of(struct auth_step *s, struct es_slice *request)
{
	if (!s->session.request_stored) {
		*request = s->session.request;
		return ES_OK;
	}
	return auth_row_open(s->task->env->session_keys, "request", s->session.id, s->row.request, s->task->arena, request);
}

void auth_step_replay(struct auth_step *s)
{
	if (!es_slice_eq(s->row.packet_hash, es_slice_of(s->packet_hash, sizeof s->packet_hash))) {
		auth_step_turn_away(s, AUTH_LOST_SESSION, AUTH_SESSION_SPENT);
		return;
	}
	es_status status = auth_outcome_open(s->task, s->session.id, s->row.outcome, s->out);
	if (status == ES_OK && s->out->outcome == AUTH_ADMIT)
		status = auth_step_request_of(s, &s->out->request);
	if (status != ES_OK) {
		auth_step_fail(s, ES_INTERNAL, "the outcome of this session does not open");
		return;
	}
	if (s->out->outcome == AUTH_CHALLENGE)
		s->out->cookie = s->cookie;
	es_debug(s->task->trace, "auth.exchange_repeated", es_f_str("reason", auth_reason_names[s->out->reason]));
	s->task->answer(s->task, ES_OK, NULL);
}

/* ---- commit ---- */

/* What is on record by this step: an end, or a refusal that the peer hears of first. */
static bool is_recorded_now(const struct auth_step *s)
{
	return s->out->outcome == AUTH_CHALLENGE ? auth_outcome_is_refusal(s->out) : !s->was_refused;
}

/* An exchange that ended: its record, and what it did to identities of re-authentication. */
static es_status commit_end(struct es_db_conn *conn, struct auth_step *s)
{
	if (!is_recorded_now(s))
		return ES_OK;
	if (s->out->outcome == AUTH_ADMIT) {
		es_status status = auth_reauth_commit(conn, &s->round, &s->reauth);
		s->reauth_spent = status == ES_CONFLICT;
		ES_TRY(status);
	}
	return auth_store_history_add(conn, &s->record);
}

static es_status commit_job(struct es_db_conn *conn, void *user)
{
	struct auth_step *s = user;

	s->lost = s->reauth_spent = false;
	es_status status = s->has_row ? auth_store_exchange_advance(conn, s->session.id, &s->next)
	                              : auth_store_exchange_insert(conn, s->session.id, &s->next);
	if (status == ES_OK)
		return commit_end(conn, s);
	if (status != ES_CONFLICT)
		return status;
	s->lost = true;
	return auth_store_exchange_get(conn, s->session.id, s->task->arena, &s->row);
}

static void committed(es_status status, void *user)
{
	struct auth_step *s = user;

	if (status == ES_OK && s->lost) {
		auth_relay_leave(&s->relay);
		auth_step_replay(s);
	} else if (status == ES_OK) {
		auth_relay_leave(&s->relay);
		finish(s, true);
	} else if (status == ES_CONFLICT && s->reauth_spent) {
		*s->out = (struct auth_reply){ 0 };
		auth_step_reject(s, AUTH_REAUTHENTICATION_SPENT);
	} else { /* the exchange has not moved; without an AAA, whose word is spent, the phone may send it again */
		auth_step_fail(s, status == ES_BUSY ? ES_BUSY : ES_UNAVAILABLE, "the step was not committed");
	}
}

void auth_step_commit(struct auth_step *s)
{
	struct auth_env *env = s->task->env;
	es_status status = ES_OK;

	s->next = (struct auth_exchange_row){ .round = (s->has_row ? s->row.round : 0) + 1,
		                                  .packet_hash = es_slice_of(s->packet_hash, sizeof s->packet_hash) };
	if (is_recorded_now(s)) {
		const struct auth_end end = end_of(s, true);
		s->record = auth_flow_record(env, &end, s->out->reason);
	}
	status = auth_outcome_seal(s->task, s->session.id, s->out, &s->next.outcome);
	if (status == ES_OK && s->out->outcome == AUTH_ADMIT)
		status = auth_reauth_row_of(s->task, &s->session, &s->round, &s->reauth);
	if (status == ES_OK && s->out->outcome == AUTH_CHALLENGE) {
		ES_CLEANUP(es_buf_wipe) struct es_buf b;
		es_buf_init(&b, ROUND_MAX);
		auth_round_pack(&s->round, &b);
		status = es_buf_status(&b);
		if (status == ES_OK)
			status = auth_row_seal(env->session_keys, "round", s->session.id, es_buf_slice(&b), s->task->arena,
			                       &s->next.state);
	}
	if (status == ES_OK)
		status = es_db_write(env->db, commit_job, committed, s);
	if (status != ES_OK)
		auth_step_fail(s, status, "the step could not be committed");
}

/* A guess, or a broken SIM: whoever tries again and again from there has to wait. */
static void count_failure(const struct auth_step *s)
{
	(void)auth_guard_take(s->task->env->guard, AUTH_LIMIT_FAILURES, es_slice_str(s->round.imsi.digits), s->address,
	                      s->task->env->now_ms());
}

static enum auth_reason reason_of(const struct auth_step *s, enum auth_reason reason)
{
	return s->round.decoy ? AUTH_UNKNOWN_IMSI : reason;
}

void auth_step_reject(struct auth_step *s, enum auth_reason reason)
{
	if (!s->was_refused)
		count_failure(s);
	s->out->outcome = AUTH_REJECT;
	s->out->reason = reason_of(s, reason);
	auth_step_commit(s);
}

void auth_step_notify(struct auth_step *s, enum auth_reason reason)
{
	count_failure(s);
	s->out->reason = reason_of(s, reason);
	auth_step_commit(s);
}
