/* auth_login_admit.c -- the last step of a login: is the line still there, and then the token. */
#include <string.h>

#include "auth_flow.h"
#include "auth_login.h"
#include "es_cleanup.h"

static void copy_slice(struct es_arena *arena, struct es_slice from, struct es_slice *out)
{
	*out = es_arena_copy(arena, from);
}

void auth_login_deny(struct auth_login_claim *c, enum auth_login_reason reason)
{
	struct auth_login_reply reply = { .outcome = AUTH_LOGIN_AUTHENTICATE, .reason = reason };

	if (c->login.kind != AUTH_LOGIN_SMS) {
		const struct auth_tenants *tenants = auth_snapshot_get(c->task->env->tenants);
		const struct auth_tenant *tenant = tenants != NULL ? auth_tenant_by_id(tenants, c->login.tenant) : NULL;
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

static void line_found(struct auth_find *find, es_status status)
{
	struct auth_login_claim *c = (void *)((uint8_t *)find - offsetof(struct auth_login_claim, find));
	struct auth_login_reply reply;

	if (status != ES_OK) {
		auth_login_release(c, ES_UNAVAILABLE, "policy did not say whose line this is");
		return;
	}
	if (find->found != AUTH_FOUND) {
		auth_login_deny(c, find->found == AUTH_FIND_TERMINATED ? AUTH_LOGIN_TERMINATED : AUTH_LOGIN_NOT_A_SUBSCRIBER);
		return;
	}
	c->login.imsi = find->line_imsi;
	if (auth_login_token(c->task, &c->login, &find->line_imsi, find->epoch, &reply) != ES_OK)
		auth_login_release(c, ES_INTERNAL, "the token was not made");
	else
		auth_login_end(c, &reply, NULL);
}

void auth_login_admit(struct auth_login_claim *c, const struct es_imsi *imsi)
{
	const char *digits = es_arena_strdup(c->task->arena, es_slice_str(imsi->digits));

	if (digits == NULL) {
		auth_login_release(c, ES_TOO_LARGE, "the call is too large");
		return;
	}
	c->find = (struct auth_find){ .tenant = c->login.tenant,
		                          .msisdn = "",
		                          .imsi = digits,
		                          .arena = c->task->arena,
		                          .deadline = c->task->deadline,
		                          .trace = c->task->trace,
		                          .key = es_slice_of(c->login.id + 6, 16),
		                          .done = line_found };
	es_status status = c->task->env->find(c->task->env->policy, &c->find);
	if (status != ES_OK)
		auth_login_release(c, ES_UNAVAILABLE, "policy could not be asked");
}
