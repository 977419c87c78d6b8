/* policy_token_check.h -- may this token serve this request? (TS.43 2.8.5, settled rules 13 and 14) Pure. */
#ifndef POLICY_TOKEN_CHECK_H
#define POLICY_TOKEN_CHECK_H

#include "es_token.h"
#include "policy_explain.h"
#include "policy_types.h"

struct policy_request {
	const char *const *apps; /* all that were asked, ODSA too */
	size_t app_count;
	struct es_slice imsi;        /* as claimed; empty: none */
	struct es_slice terminal_id; /* empty: none */
	struct es_slice app_name;
	bool fresh; /* the token was made by this very exchange, for all of its applications */
};

/* Each refusal is a 511 but TERMINATED (403). The names are metric labels and reasons in logs. */
#define POLICY_TOKEN_LIST(X)                                                                                           \
	X(VALID, "valid")                                                                                                  \
	X(MALFORMED, "token_malformed")                                                                                    \
	X(UNAUTHENTIC, "token_unauthentic")                                                                                \
	X(EXPIRED, "token_expired")                                                                                        \
	X(UNKNOWN, "subscriber_unknown")                                                                                   \
	X(REVOKED, "token_revoked")                                                                                        \
	X(OTHER_IMSI, "other_imsi")                                                                                        \
	X(OTHER_TERMINAL, "other_terminal")                                                                                \
	X(OTHER_APP_NAME, "other_app_name")                                                                                \
	X(OTHER_APP, "other_app")                                                                                          \
	X(TERMINATED, "terminated")

enum policy_token_verdict {
#define POLICY_TOKEN_ENUM(name, text) POLICY_TOKEN_##name,
	POLICY_TOKEN_LIST(POLICY_TOKEN_ENUM)
#undef POLICY_TOKEN_ENUM
		POLICY_TOKEN_COUNT
};

extern const char *const policy_token_verdict_names[POLICY_TOKEN_COUNT];

/* What es_token_open() said, before any subscriber is looked up. */
enum policy_token_verdict policy_token_opened(es_status opened);
/* `subscriber` NULL: there is none of that IMSI. */
enum policy_token_verdict policy_token_check(const struct es_token *token, const struct policy_subscriber *subscriber,
                                             const struct policy_request *request, struct policy_trace *trace);
int64_t policy_token_remaining_s(const struct es_token *token, int64_t now_ms);
/* Less than a quarter of its life is left. */
bool policy_token_wants_renewal(const struct es_token *token, int64_t now_ms);

#endif
