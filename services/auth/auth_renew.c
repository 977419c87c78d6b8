/* auth_renew.c -- AUTH_TOKEN_RENEW: a token near its end becomes a new one with the same binding. */
#include <stddef.h>
#include <string.h>

#include "auth_exchange.h"
#include "auth_flow.h"

struct renewal {
	struct auth_task *task;
	struct auth_renewed *out;
	struct es_token token;
	struct auth_admit admit;
};

static void admitted(struct auth_admit *admit, es_status status)
{
	struct renewal *r = (struct renewal *)(void *)((uint8_t *)admit - offsetof(struct renewal, admit));
	struct auth_env *env = r->task->env;

	if (status != ES_OK) {
		auth_flow_fail(r->task, ES_UNAVAILABLE, "policy did not say whether to admit");
		return;
	}
	/* Another epoch: the old token is dead, and a new one is for a new authentication only. */
	if (admit->admission != AUTH_ADMITTED || admit->epoch != r->token.epoch) {
		r->task->answer(r->task, ES_OK, NULL);
		return;
	}
	int64_t ttl_ms = auth_flow_token_ttl(env, r->token.tenant);
	r->token.issued_ms = env->now_ms();
	r->token.expires_ms = r->token.issued_ms + ttl_ms;
	status = es_token_seal(env->token_keys, &r->token, r->task->arena, &r->out->token);
	if (status == ES_OK)
		r->out->validity_s = ttl_ms / 1000;
	r->task->answer(r->task, status, status == ES_OK ? NULL : "the token was not made");
}

void auth_token_renew(struct auth_task *task, struct es_slice token, struct auth_renewed *out)
{
	struct renewal *r = es_arena_alloc(task->arena, sizeof *r);

	*out = (struct auth_renewed){ 0 };
	if (r == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*r = (struct renewal){ .task = task, .out = out };
	if (es_token_open(task->env->token_keys, token, task->env->now_ms(), &r->token) != ES_OK) {
		task->answer(task, ES_OK, NULL); /* damaged or expired: not renewed, which is an answer and no failure */
		return;
	}
	r->admit = (struct auth_admit){ .tenant = r->token.tenant,
		                            .imsi = r->token.imsi.digits,
		                            .arena = task->arena,
		                            .deadline = task->deadline,
		                            .trace = task->trace,
		                            .key = token,
		                            .done = admitted };
	if (task->env->admit(task->env->policy, &r->admit) != ES_OK)
		auth_flow_fail(task, ES_UNAVAILABLE, "policy could not be asked");
}
