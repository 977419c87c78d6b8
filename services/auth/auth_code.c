/* auth_code.c -- AUTH_CODE_START and AUTH_CODE_CHECK: codes made, sent by notify, and taken once. */
#include "auth_code.h"

#include <stdlib.h>
#include <string.h>

#include "auth_flow.h"
#include "auth_oidc.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_text.h"

#define NUMBER_MAX 32

/* ---- numbers and limits ---- */

es_status auth_code_number(struct es_slice text, struct es_msisdn *out)
{
	char digits[NUMBER_MAX + 2] = "+";
	size_t len = 1;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (c == ' ' || c == '-' || c == '(' || c == ')' || c == '.' || (c == '+' && len == 1))
			continue;
		if (c < '0' || c > '9' || len > NUMBER_MAX)
			return ES_MALFORMED;
		digits[len++] = (char)c;
	}
	return es_msisdn_parse(es_slice_of(digits, len), out);
}

es_status auth_code_count(struct es_db_conn *conn, const struct auth_env *env, enum auth_login_kind kind,
                          const char *tenant, const char *msisdn, struct es_slice address)
{
	static const char *const subjects[] = {
		[AUTH_LOGIN_SMS] = "codes to number", [AUTH_LOGIN_FACTOR] = "second factors to number"
	};

	ES_TRY(auth_login_count_address(conn, env, "codes for address", address, env->codes_per_address));
	return auth_login_count(conn, env, subjects[kind], tenant, es_slice_str(msisdn), env->codes_per_number);
}

/* ---- RCC.14: the number comes with the request ---- */

struct starting {
	struct auth_task *task;
	struct auth_login_reply *out;
	struct auth_login login;
	struct es_msisdn msisdn;
	struct es_slice address, tenant_name;
	struct auth_find find;
	struct auth_login_row row;
	char code[AUTH_CODE_DIGITS + 1];
	bool is_known, is_limited;
};

static es_status seal_row(struct starting *s)
{
	return auth_login_seal(s->task->env, &s->login, s->task->arena, &s->row.state);
}

static es_status start_job(struct es_db_conn *conn, void *user)
{
	struct starting *s = user;

	es_status status = auth_code_count(conn, s->task->env, AUTH_LOGIN_SMS, s->login.tenant, s->msisdn.text, s->address);
	s->is_limited = status == ES_DENIED;
	if (s->is_limited)
		return ES_OK;
	ES_TRY(status);
	return auth_store_login_insert(conn, s->login.id, &s->row);
}

/* Nobody waits for it: an answer that came later, or failed, for numbers that exist would tell which ones do. */
static void send_unwaited(struct starting *s)
{
	struct auth_env *env = s->task->env;
	struct auth_sms sms = { .tenant = s->login.tenant,
		                    .msisdn = s->msisdn.text,
		                    .deadline = env->now_ms() + AUTH_CODE_TTL_MS / 10,
		                    .trace = s->task->trace };

	sms.text = auth_code_text(s->task->arena, s->login.language, s->tenant_name, s->code);
	es_status status = sms.text == NULL ? ES_TOO_LARGE : env->sms(env->notify, &sms);
	if (status != ES_OK)
		es_warn(s->task->trace, "auth.sms_not_sent", es_f_status(status), es_f_str("tenant", s->login.tenant));
}

static void started(es_status status, void *user)
{
	struct starting *s = user;

	if (status == ES_OK && s->task->env->is_stopping)
		status = ES_UNAVAILABLE;
	if (status == ES_OK && s->is_limited) {
		s->out->retry_after_s = auth_login_wait_s(s->task->env);
		s->out->outcome = AUTH_LOGIN_TRY_LATER;
		s->out->reason = AUTH_LOGIN_LIMITED;
	} else if (status == ES_OK) {
		if (s->is_known)
			send_unwaited(s);
		s->out->outcome = AUTH_LOGIN_CODE_SENT;
		s->out->reason = AUTH_LOGIN_CODE_AWAITED;
		s->out->session = es_slice_str(s->login.handle);
	}
	es_wipe(s->code, sizeof s->code);
	if (status == ES_OK)
		auth_login_finish(s->task, &s->login, s->out, s->out);
	else
		auth_flow_fail(s->task, ES_UNAVAILABLE, "the code was not committed");
}

/* For a number that is nobody's all is done in the same way, but the row has no code that could be right. */
static void number_looked_up(struct auth_find *find, es_status status)
{
	struct starting *s = (void *)((uint8_t *)find - offsetof(struct starting, find));
	uint8_t *hash = es_arena_alloc(s->task->arena, 32);

	if (status != ES_OK || hash == NULL) {
		auth_flow_fail(s->task, ES_UNAVAILABLE, "policy did not say whose number this is");
		return;
	}
	s->is_known = find->found == AUTH_FOUND;
	if (s->is_known) {
		s->login.imsi = find->line_imsi;
		s->login.msisdn = s->msisdn;
	}
	auth_code_make(s->code);
	auth_code_hash(&s->login, es_slice_str(s->code), hash);
	s->row =
		(struct auth_login_row){ .tries = AUTH_CODE_TRIES, .code_until_ms = s->task->env->now_ms() + AUTH_CODE_TTL_MS };
	if (s->is_known)
		s->row.code = es_slice_of(hash, 32);
	status = seal_row(s);
	if (status == ES_OK)
		status = es_db_write(s->task->env->db, start_job, started, s);
	if (status != ES_OK)
		auth_flow_fail(s->task, status, "the code could not be stored");
}

static void look_up_number(struct starting *s)
{
	auth_login_ask(s->task, &s->login, s->msisdn.text, "", &s->find);
	s->find.done = number_looked_up;
	es_status status = s->task->env->find(s->task->env->policy, &s->find);
	if (status != ES_OK)
		auth_flow_fail(s->task, ES_UNAVAILABLE, "policy could not be asked");
}

/* False: this host's tenant has no such codes. */
static bool begin_start(struct starting *s, const struct auth_login_start *start)
{
	const struct auth_tenants *tenants = auth_snapshot_get(s->task->env->tenants);
	const struct auth_tenant *tenant = tenants != NULL ? auth_tenant_of_host(tenants, start->host) : NULL;
	bool has_codes = tenant != NULL && tenant->sms_code;

	if (has_codes) {
		auth_login_begin(s->task->env, AUTH_LOGIN_SMS, tenant, start, &s->login);
		s->tenant_name = es_arena_copy(s->task->arena, tenant->name.len > 0 ? tenant->name : es_slice_str(tenant->id));
		memcpy(s->login.language, auth_code_language(start->accept_language, tenant->language), 3);
	}
	auth_snapshot_put(tenants);
	return has_codes;
}

void auth_code_start(struct auth_task *task, struct es_slice msisdn, const struct auth_login_start *start,
                     struct auth_login_reply *out)
{
	struct starting *s = es_arena_alloc(task->arena, sizeof *s);

	if (s == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*s = (struct starting){ .task = task, .out = out, .address = start->address };
	if (!begin_start(s, start))
		auth_oidc_start(task, start, out);
	else if (auth_code_number(msisdn, &s->msisdn) != ES_OK)
		auth_login_refuse(task, &s->login, out, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_NUMBER_INVALID);
	else
		look_up_number(s);
}
