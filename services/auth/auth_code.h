/* auth_code.h -- one-time codes by SMS: RCC.14 (TS.43 8.3) and the second factor after OpenID Connect (2.8.2.1).
 *
 * Six digits, five minutes, five tries, of which the last is gone before the code is looked at; kept as a keyed hash. What
 * a number and a client's address may be sent in an hour is counted in the database. To a number that is nobody's the same
 * is answered, and nothing is sent; RCC.14's answer therefore does not wait for the SMS. */
#ifndef AUTH_CODE_H
#define AUTH_CODE_H

#include "auth_login.h"

/* RCC.14: a code to this number, and the cookie. Where the tenant has no such codes, what a request without a number gets. */
void auth_code_start(struct auth_task *task, struct es_slice msisdn, const struct auth_login_start *start,
                     struct auth_login_reply *out);

struct auth_code_check {
	struct es_slice session, code, address;
	bool again; /* of the web sheet: another SMS */
};
void auth_code_check(struct auth_task *task, const struct auth_code_check *check, struct auth_login_reply *out);

/* A number as people write it, and as queries damage it: blanks and dashes are passed over, a lost '+' is put back. */
es_status auth_code_number(struct es_slice text, struct es_msisdn *out) ES_MUST_USE;

/* The two limits in one; ES_OK, or ES_DENIED when one of them is reached. Whoever may not ask any more from his address uses
 * up nothing of a number, and codes of RCC.14, which anybody may ask for, use up none of its second factors. `kind` is
 * AUTH_LOGIN_SMS or AUTH_LOGIN_FACTOR. Inside a write job. */
es_status auth_code_count(struct es_db_conn *conn, const struct auth_env *env, enum auth_login_kind kind,
                          const char *tenant, const char *msisdn, struct es_slice address) ES_MUST_USE;

/* auth_code_text.c: the first of `languages` (Accept-Language) that there are texts in, else `fallback`, else English. */
const char *auth_code_language(struct es_slice languages, struct es_slice fallback);
/* NULL when the arena is exhausted. */
const char *auth_code_text(struct es_arena *arena, const char *language, struct es_slice tenant, const char *code);

#endif
