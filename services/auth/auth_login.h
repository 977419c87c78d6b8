/* auth_login.h -- a person's login from its start to a token: what OpenID Connect and one-time codes share.
 *
 * A login is a row that a handle finds: the `state` of OpenID Connect, the handle of the web sheet, the cookie of RCC.14.
 * The row is spent by the first right answer, by compare-and-set. Until a minute after its end the very same answer gets
 * the very same outcome, from any replica, since answers get lost; anything else is refused. Flows start on any thread
 * and never block. */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "auth_env.h"
#include "auth_login_state.h"
#include "auth_store.h"

#define AUTH_LOGIN_TTL_MS INT64_C(600000)
#define AUTH_LOGIN_AGAIN_MS INT64_C(60000)
#define AUTH_CODE_TTL_MS INT64_C(300000)
#define AUTH_CODE_TRIES 5

/* How a login, or a step of it, ended: label of the metric and word of the log. */
#define AUTH_LOGIN_REASON_LIST(X)                                                                                      \
	X(SUCCESS, "success")                                                                                              \
	X(STARTED, "started")                                                                                              \
	X(SECOND_FACTOR, "second_factor")                                                                                  \
	X(CODE_CONFIRMED, "code_confirmed")                                                                                \
	X(CODE_AWAITED, "code_awaited")                                                                                    \
	X(NOT_CONFIGURED, "not_configured")                                                                                \
	X(STATE_UNKNOWN, "state_unknown")                                                                                  \
	X(STATE_SPENT, "state_spent")                                                                                      \
	X(PROVIDER_ERROR, "provider_error")     /* error=... came back */                                                  \
	X(PROVIDER_REFUSED, "provider_refused") /* the token endpoint said no */                                           \
	X(LIMITED, "limited")                                                                                              \
	X(ID_TOKEN_INVALID, "id_token_invalid")                                                                            \
	X(ACCESS_TOKEN_INVALID, "access_token_invalid")                                                                    \
	X(SUBJECT_MISSING, "subject_missing")                                                                              \
	X(NOT_A_SUBSCRIBER, "not_a_subscriber")                                                                            \
	X(TERMINATED, "terminated")                                                                                        \
	X(NO_NUMBER, "no_number") /* a second factor, and nowhere to send it */                                            \
	X(WRONG_CODE, "wrong_code")                                                                                        \
	X(TOO_MANY_TRIES, "too_many_tries")                                                                                \
	X(NUMBER_INVALID, "number_invalid")                                                                                \
	X(NOT_ENABLED, "not_enabled") /* sent to the tenant's page: TS.43 7.7 */

enum auth_login_reason {
#define AUTH_LOGIN_REASON_ENUM(name, text) AUTH_LOGIN_##name,
	AUTH_LOGIN_REASON_LIST(AUTH_LOGIN_REASON_ENUM)
#undef AUTH_LOGIN_REASON_ENUM
		AUTH_LOGIN_REASON_COUNT
};
extern const char *const auth_login_reason_names[AUTH_LOGIN_REASON_COUNT];

enum auth_login_outcome {
	AUTH_LOGIN_REDIRECT = 1,
	AUTH_LOGIN_ADMIT, /* token, validity, request */
	AUTH_LOGIN_CODE_SENT,
	AUTH_LOGIN_ERROR_PAGE,
	AUTH_LOGIN_AUTHENTICATE,
	AUTH_LOGIN_TRY_LATER,
	AUTH_LOGIN_TRY_AGAIN, /* a wrong code on the web sheet */
};

/* Slices live in the task's arena. */
struct auth_login_reply {
	enum auth_login_outcome outcome;
	enum auth_login_reason reason;
	struct es_slice location, session, token, request;
	int64_t token_validity_s, retry_after_s;
	struct es_slice error_url, error_user_data, error_text;
	char tenant[32];
	struct es_slice tenant_name;
	uint32_t tries_left;
	char number_end[4];
};

/* What a request says that a login begins with. Inputs live in the task's arena. */
struct auth_login_start {
	struct es_slice host, accept_language, address;
	struct es_slice companion_model; /* of a request for a companion (ap2006); empty: none */
	char group[ES_TOKEN_GROUP_SIZE];
	uint8_t terminal[16], app_name[16];
	struct es_slice request; /* packed, opaque */
};
/* A new login of that kind for that tenant; id and handle are random. */
void auth_login_begin(const struct auth_env *env, enum auth_login_kind kind, const struct auth_tenant *tenant,
                      const struct auth_login_start *from, struct auth_login *out);

/* ---- spending a row ---- */

enum auth_login_verdict {
	AUTH_LOGIN_MINE,    /* `login` is open and nobody else works on it */
	AUTH_LOGIN_REPLAY,  /* this very answer a moment ago: `reply` is what it got */
	AUTH_LOGIN_UNKNOWN, /* no such login, or its time is over */
	AUTH_LOGIN_SPENT,   /* another answer before, or too long ago */
	AUTH_LOGIN_WRONG,   /* not the code; `tries_left` says how many more */
	AUTH_LOGIN_USED_UP, /* no try is left, or the code's time is over */
};

struct auth_login_claim {
	struct auth_task *task;
	struct auth_login_reply *out; /* where the adapter reads the answer from */
	struct es_slice handle;       /* as the device showed it */
	unsigned kinds;               /* bits 1 << auth_login_kind that may be spent here */
	struct es_slice answer;
	bool is_error; /* `answer` is a provider's error, which is not compared with anything */
	/* Once. A failure: nothing has changed, and the same call may be repeated. */
	void (*done)(struct auth_login_claim *claim, es_status status);

	/* Results, with ES_OK. */
	enum auth_login_verdict verdict;
	struct auth_login login; /* also of AUTH_LOGIN_WRONG and AUTH_LOGIN_REPLAY */
	struct auth_login_row row;
	struct auth_login_reply reply;
	uint32_t tries_left;
	/* Of auth_login_end() and auth_login_release(). */
	uint8_t next_id[AUTH_LOGIN_ID];
	struct auth_login_row next_row;
	bool has_next;
	struct auth_history_entry record; /* of a login that ended */
	es_status why;
	const char *detail;
	struct auth_find find; /* of auth_login_find() */
	void (*found)(struct auth_login_claim *claim);
};
void auth_login_claim(struct auth_login_claim *claim);
/* Inside a write job, with claim->login.id set: reads and opens the login. AUTH_LOGIN_MINE: nobody has answered it yet;
 * else AUTH_LOGIN_UNKNOWN. Takes nothing. */
es_status auth_login_read(struct es_db_conn *conn, struct auth_login_claim *claim) ES_MUST_USE;
/* Nothing was decided: the same answer may come again. Fails the task with `status`. */
void auth_login_release(struct auth_login_claim *claim, es_status status, const char *detail);
/* Commits the outcome, and `next` (NULL: none) with it, and finishes the task: this is the end of claim and task. */
void auth_login_end(struct auth_login_claim *claim, const struct auth_login_reply *reply,
                    const struct auth_login *next);

/* ---- the end ---- */

/* The question whose line this is, by one of the two, the other "": all of it but `done`. */
void auth_login_ask(struct auth_task *task, const struct auth_login *login, const char *msisdn, const char *imsi,
                    struct auth_find *out);
/* Asks it, copying the texts. `found` runs with the answer in claim->find and the line's IMSI in claim->login; a line that is
 * nobody's, or a policy that does not answer, ends the claim. */
void auth_login_find(struct auth_login_claim *claim, const char *msisdn, const char *imsi,
                     void (*found)(struct auth_login_claim *claim));
/* Ends the claim with the token of the line in claim->find. */
void auth_login_give_token(struct auth_login_claim *claim);
/* Both: policy is asked about this line once more. */
void auth_login_admit(struct auth_login_claim *claim, const struct es_imsi *imsi);
/* The login that takes the place of this one, with a handle and a secret of its own. */
void auth_login_follow(const struct auth_login_claim *claim, enum auth_login_kind kind, struct auth_login *next);
/* Ends the claim without a token, with what the tenant wants the user to see (TS.43 2.8.4), or with 511 for a login that
 * came without a browser. */
void auth_login_deny(struct auth_login_claim *claim, enum auth_login_reason reason);

/* Makes the token that the login was for; `reply` becomes AUTH_LOGIN_ADMIT. */
es_status auth_login_token(struct auth_task *task, const struct auth_login *login, const struct es_imsi *imsi,
                           uint32_t epoch, struct auth_login_reply *reply) ES_MUST_USE;
/* Counts and logs, then answers with *reply: the adapter reads it from where the flow's caller put it. */
void auth_login_finish(struct auth_task *task, const struct auth_login *login, struct auth_login_reply *out,
                       const struct auth_login_reply *reply);
/* A reply that says no more than this. */
void auth_login_refuse(struct auth_task *task, const struct auth_login *login, struct auth_login_reply *out,
                       enum auth_login_outcome outcome, enum auth_login_reason reason);

/* Stores a new login, and answers with what is in *out when it is committed; too many for this address in this hour:
 * AUTH_LOGIN_TRY_LATER. */
void auth_login_store(struct auth_task *task, const struct auth_login *login, struct es_slice address,
                      struct auth_login_reply *out);

/* Inside a write job: one more of `subject` in this hour. ES_DENIED: more than `most` (0: no limit). */
es_status auth_login_count(struct es_db_conn *conn, const struct auth_env *env, const char *what, const char *tenant,
                           struct es_slice subject, uint32_t most) ES_MUST_USE;
/* The same of an address, by its network. */
es_status auth_login_count_address(struct es_db_conn *conn, const struct auth_env *env, const char *what,
                                   struct es_slice address, uint32_t most) ES_MUST_USE;
/* Until the limits count anew. */
int64_t auth_login_wait_s(const struct auth_env *env);

es_status auth_login_seal(struct auth_env *env, const struct auth_login *login, struct es_arena *arena,
                          struct es_slice *sealed) ES_MUST_USE;

void auth_login_metrics(void);

#endif
