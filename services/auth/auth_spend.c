/* auth_spend.c -- AUTH_SPEND, and the job behind everything that is good once: table `spent`. */
#include "auth_spend.h"

#include <stddef.h>
#include <string.h>

#include "auth_flow.h"
#include "auth_store.h"

static es_status spend_job(struct es_db_conn *conn, void *user)
{
	struct auth_spending *s = user;

	s->spent_before = false;
	for (size_t i = 0; i < s->count; i++) {
		bool before = false;
		ES_TRY(auth_store_spend(conn, s->ids[i], s->call, s->expires_ms, &before));
		if (before) {
			s->spent_before = true;
			return ES_CONFLICT; /* rolls back the others */
		}
	}
	return ES_OK;
}

static void spend_done(es_status status, void *user)
{
	struct auth_spending *s = user;

	s->done(s, status == ES_CONFLICT && s->spent_before ? ES_OK : status);
}

es_status auth_spend_start(struct auth_env *env, struct auth_spending *spending)
{
	return es_db_write(env->db, spend_job, spend_done, spending);
}

/* ---- AUTH_SPEND ---- */

struct token_spending {
	struct auth_task *task;
	struct auth_spent *out;
	struct auth_spending spending;
};

static void token_spent(struct auth_spending *spending, es_status status)
{
	struct token_spending *t =
		(struct token_spending *)(void *)((uint8_t *)spending - offsetof(struct token_spending, spending));

	t->out->spent_before = spending->spent_before;
	t->task->answer(t->task, status, status == ES_OK ? NULL : "the use was not noted");
}

void auth_token_spend(struct auth_task *task, struct es_slice token, struct es_slice call, struct auth_spent *out)
{
	struct token_spending *t = es_arena_alloc(task->arena, sizeof *t);
	struct es_grant grant;

	if (t == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*out = (struct auth_spent){ .spent_before = true };
	if (es_grant_open(task->env->token_keys, ES_GRANT_TEMPORARY, token, task->env->now_ms(), &grant) != ES_OK) {
		task->answer(task, ES_OK, NULL);
		return;
	}
	*t = (struct token_spending){ .task = task, .out = out };
	t->spending =
		(struct auth_spending){ .count = 1, .call = call, .expires_ms = grant.expires_ms, .done = token_spent };
	memcpy(t->spending.ids[0], grant.id, sizeof grant.id);
	es_status status = auth_spend_start(task->env, &t->spending);
	if (status != ES_OK)
		auth_flow_fail(task, status, "too many commits are waiting");
}
