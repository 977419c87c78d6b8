/* policy_info.h -- operations that tell about a subscriber or make a token for somebody else: ap2014 (TS.43 13), ap2015
 * (TS.43 14) and AcquireTemporaryToken of ap2009 (TS.43 8.9). Who may call which, with what, and what is answered. Pure.
 *
 * Whoever shows a TOKEN is the phone: its faults are answered 200 with OperationResult (settled rule 18). Whoever shows a
 * temporary or operator token is somebody else, and gets statuses (TS.43 T8). */
#ifndef POLICY_INFO_H
#define POLICY_INFO_H

#include "es_grant.h"
#include "es_slice.h"
#include "es_status.h"
#include "policy_types.h"

struct policy_context;

/* What became of it; names are metric labels and reasons in logs. What each is to the caller: policy_engine_grant.c. */
#define POLICY_VERDICT_LIST(X)                                                                                         \
	X(GOOD, "decided")                                                                                                 \
	X(UNAUTHENTIC, "grant_unauthentic")                                                                                \
	X(EXPIRED, "grant_expired")                                                                                        \
	X(REVOKED, "grant_revoked")                                                                                        \
	X(NO_SUBSCRIBER, "no_subscriber")                                                                                  \
	X(NO_NUMBER, "no_number")                                                                                          \
	X(TERMINATED, "terminated")                                                                                        \
	X(OTHER_APP, "grant_of_other_app")                                                                                 \
	X(NOT_A_TARGET, "not_a_target")                                                                                    \
	X(OUT_OF_SCOPE, "out_of_scope")                                                                                    \
	X(OTHER_REQUESTOR, "other_requestor")                                                                              \
	X(OTHER_CLIENT, "other_client")                                                                                    \
	X(OTHER_ENTERPRISE, "other_enterprise")                                                                            \
	X(ACCESS_UNAUTHENTIC, "access_unauthentic")                                                                        \
	X(ACCESS_EXPIRED, "access_expired")                                                                                \
	X(ACCESS_OF_OTHER_TENANT, "access_of_other_tenant")                                                                \
	X(ACCESS_OF_NO_CLIENT, "access_of_no_client")                                                                      \
	X(ACCESS_ELSEWHERE, "access_elsewhere")                                                                            \
	X(ACCESS_FOR_ANOTHER, "access_for_another_token")                                                                  \
	X(ACCESS_MISSING, "access_missing")                                                                                \
	X(NOT_OFFERED, "operation_not_offered")                                                                            \
	X(PARAMETER, "parameter")

enum policy_verdict {
#define POLICY_VERDICT_ENUM(name, text) POLICY_VERDICT_##name,
	POLICY_VERDICT_LIST(POLICY_VERDICT_ENUM)
#undef POLICY_VERDICT_ENUM
		POLICY_VERDICT_COUNT
};
extern const char *const policy_verdict_names[POLICY_VERDICT_COUNT];

enum policy_bearer {
	POLICY_BEARER_TOKEN = 1,
	POLICY_BEARER_TEMPORARY = 2,
	POLICY_BEARER_OPERATOR = 4,
	POLICY_BEARER_ACCESS = 8
};

/* Who asks, and what beside the applications. Slices are empty where nothing was sent. */
struct policy_caller {
	enum policy_bearer bearer;
	const struct es_grant *grant; /* of TEMPORARY and OPERATOR */
	/* The access token, alone or beside another one. */
	bool has_access;
	es_status access_opened;            /* es_grant_open() */
	const struct es_grant *access;      /* when it opened, expired or not */
	const struct policy_client *client; /* of its tenant and client_id; NULL: none any more */
	struct es_slice host, requestor_id;
	struct es_slice operation, msisdn, client_id, scope, targets, app_token;
	const struct policy_client *named; /* of `client_id`; NULL: none */
	size_t app_count;
	struct es_slice sim_key; /* empty: no hashes of IMSIs can be made */
};

/* OperationResult, TS.43 T38 */
enum policy_result {
	POLICY_RESULT_NONE = 0,
	POLICY_RESULT_SUCCESS = 1,
	POLICY_RESULT_GENERAL = 100,
	POLICY_RESULT_OPERATION = 101,
	POLICY_RESULT_PARAMETER = 102
};

struct policy_operation; /* a row */
struct policy_judgement {
	enum policy_verdict verdict;
	enum policy_result result;                /* with GOOD; NONE: AppID alone, or the answer is another process's */
	const struct policy_operation *operation; /* with SUCCESS */
	bool spend;                               /* the temporary token is good for this once (settled rule 17) */
	bool acquire;                             /* auth makes the answer */
};

/* For one of the applications asked. `context->caller` is set. */
struct policy_judgement policy_judge(const struct policy_context *context, struct es_slice app);

/* The access token alone: is it good here, and does it let this requestor do that? `operation` ES_OP_COUNT: none asked. */
enum policy_verdict policy_access_check(const struct policy_caller *caller, const struct policy_tenant *tenant,
                                        enum es_operation operation);

/* Whether scopes allow an operation: by its own name, or by what the tenant calls it (operation_scopes). */
bool policy_scope_allows(const struct policy_tenant *tenant, struct es_slice scope, enum es_operation operation);

#endif
