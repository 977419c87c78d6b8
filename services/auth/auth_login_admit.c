/* auth_login_admit.c -- the last step of a login: is the line still there, and then the token. */
#include <stddef.h>

#include "auth_flow.h"
#include "auth_login.h"
#include "es_cleanup.h"
#include "es_crypto.h"

static void copy_slice(struct es_arena *arena, struct es_slice from, struct es_slice *out)
{
	*out = es_arena_copy(arena, from);
}

void auth_login_deny(struct auth_login_claim *c, enum auth_login_reason reason)
{
	struct auth_login_reply reply = { .outcome = AUTH_LOGIN_AUTHENTICATE, .reason = reason };

	if (c->login.kind != AUTH_LOGIN_SMS) {
		const struct auth_tenants *tenants;
		const struct auth_tenant *tenant = auth_snapshot_tenant(c->task->env->tenants, c->login.tenant, &tenants);
		reply.outcome = AUTH_LOGIN_ERROR_PAGE;
		reply.request = c->login.request;
		if (tenant != NULL) {
			copy_slice(c->task->arena, tenant->error_url, &reply.error_url);
			copy_slice(c->task->arena, tenant->error_user_data, &reply.error_user_data);
			copy_slice(c->task->arena, tenant->error_text, &reply.error_text);
		}
		auth_snapshot_put(tenants);
	}
	auth_login_end(c, &reply, NULL);
}

/* ---- the line ---- */

static void line_found(struct auth_find *find, es_status status)
{
	struct auth_login_claim *c = (void *)((uint8_t *)find - offsetof(struct auth_login_claim, find));

	if (status != ES_OK) {
		auth_login_release(c, ES_UNAVAILABLE, "policy did not say whose line this is");
	} else if (find->found != AUTH_FOUND) {
		auth_login_deny(c, find->found == AUTH_FIND_TERMINATED ? AUTH_LOGIN_TERMINATED : AUTH_LOGIN_NOT_A_SUBSCRIBER);
	} else {
		c->login.imsi = find->line_imsi;
		c->found(c);
	}
}

void auth_login_find(struct auth_login_claim *c, const char *msisdn, const char *imsi,
                     void (*found)(struct auth_login_claim *claim))
{
	c->found = found;
	auth_login_ask(c->task, &c->login, es_arena_strdup(c->task->arena, es_slice_str(msisdn)),
	               es_arena_strdup(c->task->arena, es_slice_str(imsi)), &c->find);
	c->find.done = line_found;
	es_status status = c->find.msisdn == NULL || c->find.imsi == NULL
	                       ? ES_TOO_LARGE
	                       : c->task->env->find(c->task->env->policy, &c->find);
	if (status != ES_OK)
		auth_login_release(c, ES_UNAVAILABLE, "policy could not be asked");
}

void auth_login_ask(struct auth_task *task, const struct auth_login *login, const char *msisdn, const char *imsi,
                    struct auth_find *out)
{
	*out = (struct auth_find){ .tenant = login->tenant,
		                       .msisdn = msisdn,
		                       .imsi = imsi,
		                       .arena = task->arena,
		                       .deadline = task->deadline,
		                       .trace = task->trace,
		                       .key = es_slice_of(login->id + 6, 16) };
}

/* ---- and then ---- */

void auth_login_give_token(struct auth_login_claim *c)
{
	struct auth_login_reply reply;

	if (auth_login_token(c->task, &c->login, &c->find.line_imsi, c->find.epoch, &reply) != ES_OK)
		auth_login_release(c, ES_INTERNAL, "the token was not made");
	else
		auth_login_end(c, &reply, NULL);
}

void auth_login_admit(struct auth_login_claim *c, const struct es_imsi *imsi)
{
	auth_login_find(c, "", imsi->digits, auth_login_give_token);
}

void auth_login_follow(const struct auth_login_claim *c, enum auth_login_kind kind, struct auth_login *next)
{
	uint8_t random[16];

	*next = c->login;
	next->kind = kind;
	es_random(random, sizeof random);
	auth_login_name(next, c->task->env->now_ms() + AUTH_LOGIN_TTL_MS, random);
	es_random(next->secret, sizeof next->secret);
}
