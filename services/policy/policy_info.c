/* policy_info.c -- a row per operation: whose it is, who may call it, what it needs, what it says. */
#include "policy_info.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"
#include "policy_esim.h"
#include "policy_resource.h"
#include "policy_rules.h"

const char *const policy_verdict_names[POLICY_VERDICT_COUNT] = {
#define POLICY_VERDICT_NAME(name, text) text,
	POLICY_VERDICT_LIST(POLICY_VERDICT_NAME)
#undef POLICY_VERDICT_NAME
};

/* ---- scopes and access tokens ---- */

static bool rule_allows(const char *rule, struct es_slice scope, enum es_operation operation)
{
	struct es_slice words = es_slice_str(rule), name = es_slice_trim(es_slice_cut(&words, ':'));

	if (es_operation_find(name) != operation)
		return false;
	while (words.ptr != NULL) {
		struct es_slice word = es_slice_cut(&words, ' ');
		if (word.len > 0 && es_scope_has(scope, word))
			return true;
	}
	return false;
}

bool policy_scope_allows(const struct policy_tenant *tenant, struct es_slice scope, enum es_operation operation)
{
	if (es_scope_has(scope, es_slice_str(es_operation_names[operation])))
		return true;
	for (size_t i = 0; i < tenant->disclosure.scopes.count; i++)
		if (rule_allows(tenant->disclosure.scopes.items[i], scope, operation))
			return true;
	return false;
}

static bool has_requestor(const struct policy_client *client, struct es_slice requestor)
{
	for (size_t i = 0; i < client->requestor_ids.count; i++)
		if (es_slice_eq_nocase(requestor, es_slice_str(client->requestor_ids.items[i])))
			return true;
	return client->requestor_ids.count == 0;
}

enum policy_verdict policy_access_check(const struct policy_caller *caller, const struct policy_tenant *tenant,
                                        enum es_operation operation)
{
	const struct es_grant *access = caller->access;

	if (!caller->has_access)
		return POLICY_VERDICT_ACCESS_MISSING;
	if (caller->access_opened == ES_EXPIRED)
		return POLICY_VERDICT_ACCESS_EXPIRED;
	if (caller->access_opened != ES_OK)
		return POLICY_VERDICT_ACCESS_UNAUTHENTIC;
	if (strcmp(access->tenant, tenant->id) != 0)
		return POLICY_VERDICT_ACCESS_OF_OTHER_TENANT;
	if (caller->client == NULL || caller->client->disabled)
		return POLICY_VERDICT_ACCESS_OF_NO_CLIENT;
	if (access->resource[0] != '\0' && !es_slice_eq_nocase(caller->host, es_slice_str(access->resource)))
		return POLICY_VERDICT_ACCESS_ELSEWHERE;
	if (es_grant_is_bound(access) && (caller->grant == NULL || !es_grant_is_bound_to(access, caller->grant)))
		return POLICY_VERDICT_ACCESS_FOR_ANOTHER;
	/* The phone speaks for its application and needs no requestor_id of its own. */
	if (caller->bearer != POLICY_BEARER_TOKEN && caller->requestor_id.len == 0)
		return POLICY_VERDICT_ACCESS_MISSING;
	if (caller->requestor_id.len > 0 && !has_requestor(caller->client, caller->requestor_id))
		return POLICY_VERDICT_OTHER_REQUESTOR;
	if (operation != ES_OP_COUNT && !policy_scope_allows(tenant, es_slice_str(access->scope), operation))
		return POLICY_VERDICT_OUT_OF_SCOPE;
	return POLICY_VERDICT_GOOD;
}

/* ---- what operations need: the verdict is GOOD, PARAMETER, or why the caller may not ---- */

typedef enum policy_verdict needs(const struct policy_context *context);

static enum policy_verdict needs_number(const struct policy_context *context)
{
	return context->subscriber->msisdn[0] != '\0' ? POLICY_VERDICT_GOOD : POLICY_VERDICT_NO_NUMBER;
}

/* E.164, with or without its '+': in a query some turn it into a blank. Empty: no number. */
static struct es_slice digits_of(struct es_slice number)
{
	number = es_slice_trim(number);
	if (number.len > 0 && number.ptr[0] == '+')
		number = es_slice_sub(number, 1, number.len);
	if (number.len < 5 || number.len > 15 || !es_text_is_digits(number))
		return (struct es_slice){ NULL, 0 };
	return number;
}

static enum policy_verdict needs_msisdn(const struct policy_context *context)
{
	return digits_of(context->caller->msisdn).len > 0 ? POLICY_VERDICT_GOOD : POLICY_VERDICT_PARAMETER;
}

static enum policy_verdict needs_sim_id(const struct policy_context *context)
{
	if (context->tenant->disclosure.sim_id == POLICY_SIM_ID_HASH && context->caller->sim_key.len == 0)
		return POLICY_VERDICT_NOT_OFFERED;
	return needs_number(context);
}

static enum policy_verdict needs_targets(const struct policy_context *context, uint32_t possible)
{
	uint32_t targets = 0;

	if (!es_operations_parse(context->caller->targets, &targets) || (targets & ~possible) != 0)
		return POLICY_VERDICT_PARAMETER;
	return POLICY_VERDICT_GOOD;
}

static enum policy_verdict needs_phone_targets(const struct policy_context *context)
{
	return needs_targets(context, context->tenant->disclosure.phone_operations & ~ES_OP_BIT(ACQUIRE_TEMPORARY_TOKEN));
}

/* Operator tokens are made of it; what they are good for is their scope (V12-APP-15). */
static enum policy_verdict needs_app_targets(const struct policy_context *context)
{
	return needs_targets(context, context->tenant->disclosure.app_operations & ES_OP_BIT(ACQUIRE_OPERATOR_TOKEN));
}

/* TS.43 8.9: issued when the subscription allows the targets. */
static enum policy_verdict needs_transfer(const struct policy_context *context)
{
	if (!policy_decide_esim(context).primary_allowed)
		return POLICY_VERDICT_NOT_A_TARGET;
	return needs_targets(context, ES_OP_BIT(CHECK_ELIGIBILITY) | ES_OP_BIT(MANAGE_SUBSCRIPTION) |
	                                  ES_OP_BIT(MANAGE_SERVICE) | ES_OP_BIT(ACQUIRE_CONFIGURATION));
}

static bool list_has(const struct policy_list *list, struct es_slice one)
{
	for (size_t i = 0; i < list->count; i++)
		if (es_slice_eq_str(one, list->items[i]))
			return true;
	return false;
}

static bool may_ask_for(const struct policy_client *client, struct es_slice scope)
{
	while (scope.ptr != NULL) {
		struct es_slice word = es_slice_cut(&scope, ' ');
		if (word.len > 0 && !list_has(&client->scopes, word))
			return false;
	}
	return true;
}

/* TS.43 14.1.1: client_id and scope, both, of an application that is known here. */
static enum policy_verdict needs_client(const struct policy_context *context)
{
	const struct policy_caller *caller = context->caller;

	if (caller->client_id.len == 0 || !es_scope_is_valid(caller->scope) || caller->scope.len >= ES_GRANT_SCOPE_SIZE)
		return POLICY_VERDICT_PARAMETER;
	if (caller->named == NULL || caller->named->disabled || (caller->has_access && caller->client != caller->named))
		return POLICY_VERDICT_OTHER_CLIENT;
	return may_ask_for(caller->named, caller->scope) ? POLICY_VERDICT_GOOD : POLICY_VERDICT_OUT_OF_SCOPE;
}

static enum policy_verdict needs_client_or_scope(const struct policy_context *context)
{
	const struct policy_caller *caller = context->caller;

	return caller->client_id.len > 0 || caller->scope.len > 0 ? POLICY_VERDICT_GOOD : POLICY_VERDICT_PARAMETER;
}

static enum policy_verdict needs_app_token(const struct policy_context *context)
{
	return context->caller->app_token.len > 0 ? POLICY_VERDICT_GOOD : POLICY_VERDICT_PARAMETER;
}

/* ---- what they answer ---- */

typedef void says(struct policy_render *r);

static void says_number(struct policy_render *r)
{
	policy_put(r, r->root, "MSISDN", r->context->subscriber->msisdn);
}

/* TS.43 6.5.10: the number is echoed when it is the right one, and never told otherwise. */
static void says_verification(struct policy_render *r)
{
	struct es_slice own = digits_of(es_slice_str(r->context->subscriber->msisdn));
	bool matches = own.len > 0 && es_slice_eq(digits_of(r->context->caller->msisdn), own);

	policy_put_number(r, r->root, "PhoneNumberVerification", matches);
	if (matches)
		policy_put(r, r->root, "msisdn", r->context->subscriber->msisdn);
}

/* A key for each tenant, so that hashes of two brands cannot be put side by side. */
static void hash_imsi(const struct policy_context *context, char out[65])
{
	const struct es_slice name[] = { ES_SLICE_LIT("sim-id "), es_slice_str(context->tenant->id) };
	const struct es_slice imsi = es_slice_str(context->subscriber->imsi);
	uint8_t key[32], hash[32];

	es_hmac_sha256(context->caller->sim_key, name, ES_COUNT(name), key);
	es_hmac_sha256(es_slice_of(key, sizeof key), &imsi, 1, hash);
	es_wipe(key, sizeof key);
	es_hex_encode(es_slice_of(hash, sizeof hash), out);
}

/* TS.43 T52, T53 */
static void says_subscriber(struct policy_render *r)
{
	const struct policy_disclosure *d = &r->context->tenant->disclosure;
	struct es_doc_node *info = policy_put_group(r, r->root, "SubscriberInfo", false);
	char *hash = es_arena_alloc(r->arena, 65); /* nodes keep what they are given */

	if (hash == NULL) {
		r->bad = true;
		return;
	}
	policy_put(r, info, "MSISDN", r->context->subscriber->msisdn);
	if (d->sim_id == POLICY_SIM_ID_HASH) {
		hash_imsi(r->context, hash);
		policy_put_number(r, info, "SimIdType", 2);
		policy_put(r, info, "SimID", hash);
	} else {
		policy_put_number(r, info, "SimIdType", 0);
		policy_put(r, info, "SimID", r->context->subscriber->imsi);
	}
	if (d->mvno_name[0] != '\0')
		policy_put(r, info, "MvnoName", d->mvno_name);
}

/* TS.43 T123 */
static void says_validity(struct policy_render *r)
{
	const struct policy_caller *caller = r->context->caller;
	bool holds = true;
	const char *looked_at = caller->client_id.len == 0 ? "scope"
	                        : caller->scope.len == 0   ? "client_id"
	                                                   : "scope,client_id";

	if (caller->client_id.len > 0)
		holds = es_slice_eq_str(caller->client_id, caller->grant->client_id);
	if (caller->scope.len > 0)
		holds = holds && es_scope_is_valid(caller->scope) &&
		        es_scope_covers(es_slice_str(caller->grant->scope), caller->scope);
	policy_put_number(r, r->root, "OperatorTokenValidity", holds);
	policy_put(r, r->root, "OperatorTokenValidatedParams", looked_at);
}

/* TS.43 T126 */
static void says_device(struct policy_render *r)
{
	says_number(r);
	if (r->context->tenant->disclosure.shows_imsi)
		policy_put(r, r->root, "IMSI", r->context->subscriber->imsi);
}

/* ---- the table ---- */

enum { TOKEN = POLICY_BEARER_TOKEN, TEMPORARY = POLICY_BEARER_TEMPORARY, OPERATOR = POLICY_BEARER_OPERATOR };

struct policy_operation {
	const char *app;
	enum es_operation name;
	unsigned bearers;
	needs *needs;
	says *says; /* NULL: auth makes the answer */
};

static const struct policy_operation operations[] = {
	{ "ap2009", ES_OP_ACQUIRE_TEMPORARY_TOKEN, TOKEN, needs_transfer, NULL },
	{ "ap2014", ES_OP_ACQUIRE_TEMPORARY_TOKEN, TOKEN, needs_phone_targets, NULL },
	{ "ap2014", ES_OP_GET_PHONE_NUMBER, TOKEN | TEMPORARY, needs_number, says_number },
	{ "ap2014", ES_OP_VERIFY_PHONE_NUMBER, TOKEN | TEMPORARY, needs_msisdn, says_verification },
	{ "ap2014", ES_OP_GET_SUBSCRIBER_INFO, TOKEN | TEMPORARY, needs_sim_id, says_subscriber },
	{ "ap2015", ES_OP_ACQUIRE_TEMPORARY_TOKEN, TOKEN, needs_app_targets, NULL },
	{ "ap2015", ES_OP_ACQUIRE_OPERATOR_TOKEN, TOKEN | TEMPORARY, needs_client, NULL },
	{ "ap2015", ES_OP_VALIDATE_OPERATOR_TOKEN, OPERATOR, needs_client_or_scope, says_validity },
	{ "ap2015", ES_OP_GET_SUBSCRIBER_DEVICE_INFO, OPERATOR, needs_number, says_device },
	{ "ap2015", ES_OP_VERIFY_PHONE_NUMBER, OPERATOR, needs_msisdn, says_verification },
	{ "ap2015", ES_OP_GET_3P_APP_INFO, TOKEN, needs_app_token, NULL },
};

static const struct policy_operation *find(struct es_slice app, enum es_operation name)
{
	for (size_t i = 0; i < ES_COUNT(operations); i++)
		if (operations[i].name == name && es_slice_eq_nocase(app, es_slice_str(operations[i].app)))
			return &operations[i];
	return NULL;
}

static bool is_offered(const struct policy_context *context, const struct policy_operation *operation)
{
	const struct policy_disclosure *d = &context->tenant->disclosure;
	uint32_t bit = UINT32_C(1) << operation->name;

	if (strcmp(operation->app, "ap2014") == 0)
		return (d->phone_operations & bit) != 0;
	if (strcmp(operation->app, "ap2015") == 0)
		return (d->app_operations & bit) != 0;
	return true;
}

static bool needs_access(const struct policy_context *context, const struct policy_operation *operation)
{
	const struct policy_disclosure *d = &context->tenant->disclosure;

	return (strcmp(operation->app, "ap2014") == 0 && d->phone_needs_access) ||
	       (strcmp(operation->app, "ap2015") == 0 && d->app_needs_access);
}

/* ---- judging ---- */

static struct policy_judgement refuse(enum policy_verdict verdict)
{
	return (struct policy_judgement){ .verdict = verdict };
}

static struct policy_judgement result(enum policy_result result)
{
	return (struct policy_judgement){ .verdict = POLICY_VERDICT_GOOD, .result = result };
}

/* In the phone's request for a number no server needs to show itself; one that makes a token for an application does. */
static enum policy_verdict check_access(const struct policy_context *context, const struct policy_operation *operation)
{
	const struct policy_caller *caller = context->caller;
	bool is_asked = needs_access(context, operation);

	if (caller->bearer == POLICY_BEARER_TOKEN && operation->name != ES_OP_ACQUIRE_OPERATOR_TOKEN)
		is_asked = false;
	if (!caller->has_access && !is_asked)
		return POLICY_VERDICT_GOOD;
	return policy_access_check(caller, context->tenant, operation->name);
}

static struct policy_judgement carried_out(const struct policy_context *context,
                                           const struct policy_operation *operation)
{
	bool once = context->caller->bearer == POLICY_BEARER_TEMPORARY;

	if (operation->says == NULL && context->caller->app_count != 1)
		return refuse(POLICY_VERDICT_PARAMETER); /* one answer with a token in it, one application that it is of */
	return (struct policy_judgement){
		.verdict = POLICY_VERDICT_GOOD,
		.result = operation->says != NULL ? POLICY_RESULT_SUCCESS : POLICY_RESULT_NONE,
		.operation = operation,
		.spend = once && operation->says != NULL, /* auth spends by itself what it makes another one of */
		.acquire = operation->says == NULL,
	};
}

/* The phone itself: what is wrong with the operation is told in the document. */
static struct policy_judgement judge_phone(const struct policy_context *context, struct es_slice app)
{
	/* What the phone is told instead of a status. */
	static const enum policy_result told[POLICY_VERDICT_COUNT] = {
		[POLICY_VERDICT_PARAMETER] = POLICY_RESULT_PARAMETER,
		[POLICY_VERDICT_ACCESS_MISSING] = POLICY_RESULT_PARAMETER,
		[POLICY_VERDICT_OTHER_CLIENT] = POLICY_RESULT_PARAMETER,
		[POLICY_VERDICT_OUT_OF_SCOPE] = POLICY_RESULT_PARAMETER,
		[POLICY_VERDICT_NO_NUMBER] = POLICY_RESULT_GENERAL,
	};
	const struct policy_caller *caller = context->caller;

	if (caller->operation.len == 0)
		return result(POLICY_RESULT_NONE);
	const struct policy_operation *operation = find(app, es_operation_find(caller->operation));
	if (operation == NULL)
		return result(policy_is_odsa(app) ? POLICY_RESULT_NONE : POLICY_RESULT_OPERATION);
	if (!is_offered(context, operation))
		return refuse(POLICY_VERDICT_NOT_OFFERED);
	if ((operation->bearers & TOKEN) == 0)
		return result(POLICY_RESULT_PARAMETER); /* the operator token is missing */
	enum policy_verdict verdict = check_access(context, operation);
	if (verdict == POLICY_VERDICT_GOOD)
		verdict = operation->needs(context);
	if (verdict == POLICY_VERDICT_GOOD)
		return carried_out(context, operation);
	return told[verdict] != POLICY_RESULT_NONE ? result(told[verdict]) : refuse(verdict);
}

/* May the token do that? */
static enum policy_verdict check_grant(const struct policy_context *context, struct es_slice app,
                                       enum es_operation name)
{
	const struct policy_caller *caller = context->caller;
	const struct es_grant *grant = caller->grant;

	if (!es_slice_eq_nocase(app, es_slice_str(grant->app)) || caller->app_count != 1)
		return POLICY_VERDICT_OTHER_APP;
	if (name == ES_OP_COUNT)
		return POLICY_VERDICT_PARAMETER;
	if (grant->requestor[0] != '\0' && !es_slice_eq_nocase(caller->requestor_id, es_slice_str(grant->requestor)))
		return POLICY_VERDICT_OTHER_REQUESTOR;
	if (caller->bearer == POLICY_BEARER_TEMPORARY)
		return (grant->operations >> name & 1) != 0 ? POLICY_VERDICT_GOOD : POLICY_VERDICT_NOT_A_TARGET;
	if (name != ES_OP_VALIDATE_OPERATOR_TOKEN &&
	    !policy_scope_allows(context->tenant, es_slice_str(grant->scope), name))
		return POLICY_VERDICT_OUT_OF_SCOPE;
	return POLICY_VERDICT_GOOD;
}

static struct policy_judgement judge_third_party(const struct policy_context *context, struct es_slice app)
{
	const struct policy_caller *caller = context->caller;
	enum es_operation name = es_operation_find(caller->operation);
	const struct policy_operation *operation = find(app, name);
	enum policy_verdict verdict = check_grant(context, app, name);

	if (verdict != POLICY_VERDICT_GOOD)
		return refuse(verdict);
	if (policy_is_odsa(app))
		return result(POLICY_RESULT_NONE); /* a target of a transfer: esim carries it out, as often as needed */
	if (operation == NULL || (operation->bearers & caller->bearer) == 0)
		return refuse(POLICY_VERDICT_NOT_A_TARGET);
	if (!is_offered(context, operation))
		return refuse(POLICY_VERDICT_NOT_OFFERED);
	verdict = check_access(context, operation);
	if (verdict == POLICY_VERDICT_GOOD)
		verdict = operation->needs(context);
	return verdict == POLICY_VERDICT_GOOD ? carried_out(context, operation) : refuse(verdict);
}

struct policy_judgement policy_judge(const struct policy_context *context, struct es_slice app)
{
	return context->caller->bearer == POLICY_BEARER_TOKEN ? judge_phone(context, app) : judge_third_party(context, app);
}

/* ---- as rows of policy_decide.c ---- */

void policy_decide_phone_number(const struct policy_context *context, struct policy_decision *out)
{
	if (context->caller != NULL)
		out->operation = policy_judge(context, ES_SLICE_LIT("ap2014"));
}

void policy_decide_app_authentication(const struct policy_context *context, struct policy_decision *out)
{
	if (context->caller != NULL)
		out->operation = policy_judge(context, ES_SLICE_LIT("ap2015"));
}

void policy_render_operation(struct policy_render *r, const struct policy_decision *decision)
{
	if (decision->operation.result == POLICY_RESULT_NONE)
		return; /* without an operation AppID alone is the answer */
	if (decision->operation.result == POLICY_RESULT_SUCCESS)
		decision->operation.operation->says(r);
	policy_put_number(r, r->root, "OperationResult", decision->operation.result);
}
