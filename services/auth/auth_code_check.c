/* auth_code_check.c -- AUTH_CODE_CHECK: a code from a phone (RCC.14) or from the web sheet, and the sheet itself. */
#include <string.h>

#include "auth_code.h"
#include "auth_flow.h"
#include "auth_oidc.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

struct checking {
	struct auth_login_claim claim;
	struct auth_code_check in;
	struct auth_login next;
	/* of the sheet */
	char code[AUTH_CODE_DIGITS + 1];
	uint8_t hash[32];
	bool is_due, is_limited;
	struct auth_sms sms;
	es_status why;
};

/* What every answer for the web sheet says. */
static void describe(struct checking *k, struct auth_login_reply *reply)
{
	struct auth_login_claim *c = &k->claim;
	const struct auth_tenants *tenants;
	const struct auth_tenant *tenant = auth_snapshot_tenant(c->task->env->tenants, c->login.tenant, &tenants);
	size_t len = strlen(c->login.msisdn.text);

	if (tenant != NULL)
		reply->tenant_name =
			es_arena_copy(c->task->arena, tenant->name.len > 0 ? tenant->name : es_slice_str(tenant->id));
	auth_snapshot_put(tenants);
	if (len > 2)
		memcpy(reply->number_end, c->login.msisdn.text + len - 2, 3);
	reply->session = c->handle;
	reply->tries_left = c->tries_left;
	reply->location = auth_oidc_redirect_uri(c->task->env->oidc, c->login.provider);
}

/* ---- a code ---- */

/* The second factor is right: the token is still withheld, until the client comes back with what only this answer says. */
static void confirm(struct checking *k)
{
	struct auth_login_claim *c = &k->claim;
	struct auth_login_reply reply = { .outcome = AUTH_LOGIN_REDIRECT, .reason = AUTH_LOGIN_CODE_CONFIRMED };
	struct es_slice back = auth_oidc_redirect_uri(c->task->env->oidc, c->login.provider);
	char secret[2 * sizeof k->next.secret + 1];

	if (back.len == 0) {
		auth_login_deny(c, AUTH_LOGIN_NOT_CONFIGURED);
		return;
	}
	auth_login_follow(c, AUTH_LOGIN_BACK, &k->next);
	es_hex_encode(es_slice_of(k->next.secret, sizeof k->next.secret), secret);
	const char *mark = es_slice_find(back, '?') < back.len ? "&" : "?";
	const char *location = es_arena_printf(c->task->arena, ES_SLICE_FMT "%scode=%s&state=%s", ES_SLICE_ARG(back), mark,
	                                       secret, k->next.handle);
	es_wipe(secret, sizeof secret);
	if (location == NULL) {
		auth_login_release(c, ES_TOO_LARGE, "the call is too large");
		return;
	}
	reply.location = es_slice_str(location);
	auth_login_end(c, &reply, &k->next);
}

/* On the web sheet a person may try again, or have another code sent; a phone gets 511 (V12-OTP-03). */
static void turn_down(struct checking *k, enum auth_login_reason reason)
{
	struct auth_login_claim *c = &k->claim;
	struct auth_login_reply reply = { .outcome = AUTH_LOGIN_AUTHENTICATE, .reason = reason };

	if (c->login.kind == AUTH_LOGIN_FACTOR) {
		reply.outcome = AUTH_LOGIN_TRY_AGAIN;
		describe(k, &reply);
	}
	auth_login_finish(c->task, &c->login, c->out, &reply);
}

static void judged(struct auth_login_claim *c, es_status status)
{
	struct checking *k = (void *)c;

	if (status != ES_OK) {
		auth_flow_fail(c->task, status, "the code could not be looked at");
		return;
	}
	switch (c->verdict) {
	case AUTH_LOGIN_MINE:
		if (c->login.kind == AUTH_LOGIN_FACTOR)
			confirm(k);
		else
			auth_login_admit(c, &c->login.imsi);
		break;
	case AUTH_LOGIN_REPLAY: auth_login_finish(c->task, &c->login, c->out, &c->reply); break;
	case AUTH_LOGIN_WRONG: turn_down(k, AUTH_LOGIN_WRONG_CODE); break;
	case AUTH_LOGIN_USED_UP:
		c->tries_left = 0;
		turn_down(k, AUTH_LOGIN_TOO_MANY_TRIES);
		break;
	case AUTH_LOGIN_UNKNOWN:
	case AUTH_LOGIN_SPENT:
		auth_login_refuse(c->task, NULL, c->out, AUTH_LOGIN_AUTHENTICATE,
		                  c->verdict == AUTH_LOGIN_SPENT ? AUTH_LOGIN_STATE_SPENT : AUTH_LOGIN_STATE_UNKNOWN);
		break;
	}
}

/* ---- the sheet is shown ---- */

static bool is_due(const struct checking *k, int64_t now)
{
	return k->in.again || now >= k->claim.row.code_until_ms;
}

static es_status renew_code(struct es_db_conn *conn, struct checking *k, int64_t now)
{
	struct auth_login_claim *c = &k->claim;

	es_status status =
		auth_code_count(conn, c->task->env, AUTH_LOGIN_FACTOR, c->login.tenant, c->login.msisdn.text, k->in.address);
	k->is_limited = status == ES_DENIED;
	if (k->is_limited)
		return ES_OK;
	ES_TRY(status);
	auth_code_make(k->code);
	auth_code_hash(&c->login, es_slice_str(k->code), k->hash);
	c->row.code = es_slice_of(k->hash, sizeof k->hash);
	c->row.code_until_ms = now + AUTH_CODE_TTL_MS;
	c->row.tries = AUTH_CODE_TRIES;
	ES_TRY(auth_store_login_advance(conn, c->login.id, &c->row));
	c->row.step++;
	return ES_OK;
}

static es_status show_job(struct es_db_conn *conn, void *user)
{
	struct checking *k = user;
	struct auth_login_claim *c = &k->claim;
	int64_t now = c->task->env->now_ms();

	k->is_due = k->is_limited = false;
	ES_TRY(auth_login_read(conn, c));
	if (c->verdict != AUTH_LOGIN_MINE)
		return ES_OK;
	k->is_due = is_due(k, now);
	if (k->is_due)
		ES_TRY(renew_code(conn, k, now));
	c->tries_left = c->row.tries > 0 ? (uint32_t)c->row.tries : 0;
	return ES_OK;
}

static es_status unsend_job(struct es_db_conn *conn, void *user)
{
	struct checking *k = user;

	return auth_store_login_advance(conn, k->claim.login.id, &k->claim.row);
}

static void unsent(es_status status, void *user)
{
	struct checking *k = user;

	(void)status; /* at worst the person waits for the code's time to be over, or asks for another */
	auth_flow_fail(k->claim.task, ES_UNAVAILABLE, "the SMS with the code was not accepted");
}

static void show(struct checking *k)
{
	struct auth_login_reply reply = { .outcome = AUTH_LOGIN_CODE_SENT, .reason = AUTH_LOGIN_CODE_AWAITED };

	describe(k, &reply);
	auth_login_finish(k->claim.task, &k->claim.login, k->claim.out, &reply);
}

/* A code that went nowhere is taken back: the next look at the sheet sends another one. */
static void sms_done(struct auth_sms *sms, es_status status)
{
	struct checking *k = (void *)((uint8_t *)sms - offsetof(struct checking, sms));

	if (status == ES_OK) {
		show(k);
		return;
	}
	k->claim.row.code = (struct es_slice){ NULL, 0 };
	k->claim.row.code_until_ms = 0;
	if (es_db_write(k->claim.task->env->db, unsend_job, unsent, k) != ES_OK)
		unsent(ES_BUSY, k);
}

static void send_code(struct checking *k)
{
	struct auth_login_claim *c = &k->claim;
	struct auth_login_reply names = { .outcome = AUTH_LOGIN_CODE_SENT };

	describe(k, &names);
	k->sms = (struct auth_sms){ .tenant = c->login.tenant,
		                        .msisdn = c->login.msisdn.text,
		                        .text = auth_code_text(c->task->arena, c->login.language, names.tenant_name, k->code),
		                        .deadline = c->task->deadline,
		                        .trace = c->task->trace,
		                        .done = sms_done };
	es_wipe(k->code, sizeof k->code);
	es_status status = k->sms.text == NULL ? ES_TOO_LARGE : c->task->env->sms(c->task->env->notify, &k->sms);
	if (status != ES_OK)
		sms_done(&k->sms, status);
}

static void looked(es_status status, void *user)
{
	struct checking *k = user;
	struct auth_login_claim *c = &k->claim;

	if (status == ES_OK && c->task->env->is_stopping)
		status = ES_UNAVAILABLE;
	if (status != ES_OK) {
		auth_flow_fail(c->task, status == ES_CONFLICT ? ES_BUSY : status, "the login could not be looked at");
	} else if (c->verdict != AUTH_LOGIN_MINE) {
		auth_login_refuse(c->task, NULL, c->out, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_STATE_UNKNOWN);
	} else if (k->is_limited) {
		c->out->retry_after_s = auth_login_wait_s(c->task->env);
		c->out->outcome = AUTH_LOGIN_TRY_LATER;
		c->out->reason = AUTH_LOGIN_LIMITED;
		auth_login_finish(c->task, &c->login, c->out, c->out);
	} else if (k->is_due) {
		send_code(k);
	} else {
		show(k);
	}
}

void auth_code_check(struct auth_task *task, const struct auth_code_check *check, struct auth_login_reply *out)
{
	struct checking *k = es_arena_alloc(task->arena, sizeof *k);

	if (k == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*k = (struct checking){
		.claim = { .task = task, .out = out, .handle = check->session, .answer = check->code, .done = judged },
		.in = *check
	};
	*out = (struct auth_login_reply){ 0 };
	if (check->code.len > 0) {
		k->claim.kinds = 1u << AUTH_LOGIN_FACTOR | 1u << AUTH_LOGIN_SMS;
		auth_login_claim(&k->claim);
		return;
	}
	k->claim.kinds = 1u << AUTH_LOGIN_FACTOR;
	if (auth_login_id_of(check->session, k->claim.login.id) != ES_OK) {
		auth_login_refuse(task, NULL, out, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_STATE_UNKNOWN);
		return;
	}
	es_status status = es_db_write(task->env->db, show_job, looked, k);
	if (status != ES_OK)
		auth_flow_fail(task, status, "the login could not be looked at");
}
