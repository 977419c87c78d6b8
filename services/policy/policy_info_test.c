/* policy_info_test.c -- who may call which operation, with what, and how each of them is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "policy_decide.h"
#include "policy_resource.h"

static const char *const rules[] = { "GetPhoneNumber: number:read other", "VerifyPhoneNumber:payments" };
static const char *const client_scopes[] = { "number:read", "payments" };
static const char *const requestors[] = { "mdm-1", "mdm-2" };

static struct policy_tenant tenant;
static struct policy_subscriber line;
static struct policy_plan plan;
static struct policy_client client;
static struct es_grant grant, access_grant;

static int set_up(void **state)
{
	(void)state;
	policy_resource_defaults(&policy_tenant_shape, &tenant);
	tenant.id = "demo";
	tenant.disclosure.phone_operations = POLICY_PHONE_OPERATIONS;
	tenant.disclosure.app_operations = POLICY_APP_OPERATIONS;
	tenant.disclosure.scopes = (struct policy_list){ (const char **)(uintptr_t)rules, ES_COUNT(rules) };
	line = (struct policy_subscriber){
		.tenant = "demo", .imsi = "001010000000001", .msisdn = "+15550000001", .plan = "p"
	};
	plan = (struct policy_plan){ .tenant = "demo", .id = "p", .name = "", .primary_esim = true };
	client = (struct policy_client){ .tenant = "demo", .id = "mdm" };
	client.scopes = (struct policy_list){ (const char **)(uintptr_t)client_scopes, ES_COUNT(client_scopes) };
	client.requestor_ids = (struct policy_list){ (const char **)(uintptr_t)requestors, ES_COUNT(requestors) };
	grant = es_grant_new(ES_GRANT_TEMPORARY, "demo", 1000);
	grant.operations = ES_OP_BIT(GET_PHONE_NUMBER) | ES_OP_BIT(VERIFY_PHONE_NUMBER);
	memcpy(grant.app, "ap2014", 7);
	access_grant = es_grant_new(ES_GRANT_ACCESS, "demo", 1000);
	memcpy(access_grant.client_id, "mdm", 4);
	memcpy(access_grant.scope, "number:read", 12);
	return 0;
}

static struct policy_caller caller_of(enum policy_bearer bearer, const char *operation)
{
	return (struct policy_caller){ .bearer = bearer,
		                           .grant = bearer == POLICY_BEARER_TOKEN ? NULL : &grant,
		                           .operation = es_slice_str(operation),
		                           .requestor_id = ES_SLICE_LIT("mdm-1"),
		                           .host = ES_SLICE_LIT("ecs.example"),
		                           .app_count = 1 };
}

static struct policy_caller with_access(struct policy_caller caller)
{
	caller.has_access = true;
	caller.access_opened = ES_OK;
	caller.access = &access_grant;
	caller.client = &client;
	return caller;
}

static struct policy_judgement judge(const struct policy_caller *caller, const char *app)
{
	const struct policy_context context = {
		.tenant = &tenant, .plan = &plan, .subscriber = &line, .version_major = 12, .caller = caller
	};
	return policy_judge(&context, es_slice_str(app));
}

static void assert_refused(struct policy_caller caller, const char *app, enum policy_verdict verdict)
{
	const struct policy_judgement j = judge(&caller, app);
	if (j.verdict != verdict || j.spend || j.acquire)
		fail_msg("%s %.*s: %s", app, (int)caller.operation.len, (const char *)caller.operation.ptr,
		         policy_verdict_names[j.verdict]);
}

static void assert_told(struct policy_caller caller, const char *app, enum policy_result result)
{
	const struct policy_judgement j = judge(&caller, app);
	assert_int_equal(j.verdict, POLICY_VERDICT_GOOD);
	assert_int_equal(j.result, result);
	assert_false(j.spend);
}

/* Settled rules 17 and 18 */
static void a_temporary_token_is_spent_by_what_it_answers_and_by_nothing_else(void **state)
{
	struct policy_caller caller = caller_of(POLICY_BEARER_TEMPORARY, "getphonenumber");
	(void)state;
	assert_true(judge(&caller, "ap2014").spend);
	caller.bearer = POLICY_BEARER_TOKEN;
	assert_false(judge(&caller, "ap2014").spend);
	caller = caller_of(POLICY_BEARER_TEMPORARY, "CheckEligibility");
	memcpy(grant.app, "ap2009", 7);
	grant.operations = ES_OP_BIT(CHECK_ELIGIBILITY);
	assert_told(caller, "ap2009", POLICY_RESULT_NONE);
}

/* V12-TT-01, V12-TT-03, V12-TT-04, V12-TT-06, V12-INFO-03, V12-INFO-04 */
static void somebody_else_is_refused_by_verdicts(void **state)
{
	struct policy_caller caller = caller_of(POLICY_BEARER_TEMPORARY, "GetPhoneNumber");
	(void)state;
	assert_refused(caller, "ap2015", POLICY_VERDICT_OTHER_APP);
	caller.app_count = 2;
	assert_refused(caller, "ap2014", POLICY_VERDICT_OTHER_APP);
	assert_refused(caller_of(POLICY_BEARER_TEMPORARY, "GetSubscriberInfo"), "ap2014", POLICY_VERDICT_NOT_A_TARGET);
	assert_refused(caller_of(POLICY_BEARER_TEMPORARY, "AcquireTemporaryToken"), "ap2014", POLICY_VERDICT_NOT_A_TARGET);
	assert_refused(caller_of(POLICY_BEARER_TEMPORARY, ""), "ap2014", POLICY_VERDICT_PARAMETER);
	assert_refused(caller_of(POLICY_BEARER_TEMPORARY, "VerifyPhoneNumber"), "ap2014", POLICY_VERDICT_PARAMETER);
	memcpy(grant.requestor, "mdm-2", 6);
	assert_refused(caller_of(POLICY_BEARER_TEMPORARY, "GetPhoneNumber"), "ap2014", POLICY_VERDICT_OTHER_REQUESTOR);
	grant.requestor[0] = '\0';
	line.msisdn = "";
	assert_refused(caller_of(POLICY_BEARER_TEMPORARY, "GetPhoneNumber"), "ap2014", POLICY_VERDICT_NO_NUMBER);
	tenant.disclosure.phone_operations = 0;
	assert_refused(caller_of(POLICY_BEARER_TEMPORARY, "GetPhoneNumber"), "ap2014", POLICY_VERDICT_NOT_OFFERED);
}

/* Settled rule 18 */
static void the_phone_is_told_in_the_document(void **state)
{
	(void)state;
	assert_told(caller_of(POLICY_BEARER_TOKEN, ""), "ap2014", POLICY_RESULT_NONE);
	assert_told(caller_of(POLICY_BEARER_TOKEN, "GetHoroscope"), "ap2014", POLICY_RESULT_OPERATION);
	assert_told(caller_of(POLICY_BEARER_TOKEN, "Get3PAppInfo"), "ap2014", POLICY_RESULT_OPERATION);
	assert_told(caller_of(POLICY_BEARER_TOKEN, "VerifyPhoneNumber"), "ap2014", POLICY_RESULT_PARAMETER);
	assert_told(caller_of(POLICY_BEARER_TOKEN, "AcquireTemporaryToken"), "ap2014", POLICY_RESULT_PARAMETER);
	assert_told(caller_of(POLICY_BEARER_TOKEN, "ValidateOperatorToken"), "ap2015", POLICY_RESULT_PARAMETER);
	assert_told(caller_of(POLICY_BEARER_TOKEN, "GetPhoneNumber"), "ap2014", POLICY_RESULT_SUCCESS);
	/* Of esim's applications only this one operation is looked at. */
	assert_told(caller_of(POLICY_BEARER_TOKEN, "CheckEligibility"), "ap2009", POLICY_RESULT_NONE);
	line.msisdn = "";
	assert_told(caller_of(POLICY_BEARER_TOKEN, "GetPhoneNumber"), "ap2014", POLICY_RESULT_GENERAL);
	tenant.disclosure.phone_operations = 0;
	assert_refused(caller_of(POLICY_BEARER_TOKEN, "GetPhoneNumber"), "ap2014", POLICY_VERDICT_NOT_OFFERED);
}

static void one_application_alone_gets_a_token(void **state)
{
	struct policy_caller caller = caller_of(POLICY_BEARER_TOKEN, "AcquireTemporaryToken");
	(void)state;
	caller.targets = ES_SLICE_LIT("GetPhoneNumber");
	assert_true(judge(&caller, "ap2014").acquire);
	caller.app_count = 2;
	assert_refused(caller, "ap2014", POLICY_VERDICT_PARAMETER);
	caller.app_count = 1;
	caller.targets = ES_SLICE_LIT("ManageSubscription,AcquireConfiguration");
	assert_true(judge(&caller, "ap2009").acquire);
	assert_told(caller, "ap2014", POLICY_RESULT_PARAMETER);
	plan.primary_esim = false;
	assert_refused(caller, "ap2009", POLICY_VERDICT_NOT_A_TARGET);
}

/* V12-APP-11 */
static void operations_are_called_in_scopes_by_name_or_as_the_tenant_says(void **state)
{
	(void)state;
	assert_true(policy_scope_allows(&tenant, ES_SLICE_LIT("a number:read"), ES_OP_GET_PHONE_NUMBER));
	assert_true(policy_scope_allows(&tenant, ES_SLICE_LIT("other"), ES_OP_GET_PHONE_NUMBER));
	assert_true(policy_scope_allows(&tenant, ES_SLICE_LIT("GetPhoneNumber"), ES_OP_GET_PHONE_NUMBER));
	assert_true(policy_scope_allows(&tenant, ES_SLICE_LIT("payments"), ES_OP_VERIFY_PHONE_NUMBER));
	assert_false(policy_scope_allows(&tenant, ES_SLICE_LIT("payments"), ES_OP_GET_PHONE_NUMBER));
	assert_false(policy_scope_allows(&tenant, ES_SLICE_LIT("number:rea"), ES_OP_GET_PHONE_NUMBER));
	assert_false(policy_scope_allows(&tenant, ES_SLICE_LIT(""), ES_OP_GET_PHONE_NUMBER));
}

/* V12-S2S-05, V12-INFO-13 */
static void an_access_token_is_looked_at_from_all_sides(void **state)
{
	struct policy_caller good = with_access(caller_of(POLICY_BEARER_TEMPORARY, "GetPhoneNumber")), caller;
	(void)state;
	assert_true(judge(&good, "ap2014").spend);
	caller = good;
	caller.access_opened = ES_EXPIRED;
	assert_refused(caller, "ap2014", POLICY_VERDICT_ACCESS_EXPIRED);
	caller.access_opened = ES_UNAUTHENTIC;
	caller.access = NULL;
	assert_refused(caller, "ap2014", POLICY_VERDICT_ACCESS_UNAUTHENTIC);
	caller = good;
	caller.client = NULL;
	assert_refused(caller, "ap2014", POLICY_VERDICT_ACCESS_OF_NO_CLIENT);
	caller = good;
	caller.requestor_id = ES_SLICE_LIT("mdm-3");
	assert_refused(caller, "ap2014", POLICY_VERDICT_OTHER_REQUESTOR);
	caller.requestor_id = ES_SLICE_LIT("");
	assert_refused(caller, "ap2014", POLICY_VERDICT_ACCESS_MISSING);
	memcpy(access_grant.resource, "ecs.example", 12);
	assert_true(judge(&good, "ap2014").spend);
	memcpy(access_grant.resource, "ecs.elsewhe", 12);
	assert_refused(good, "ap2014", POLICY_VERDICT_ACCESS_ELSEWHERE);
	access_grant.resource[0] = '\0';
	memcpy(access_grant.bound, grant.id, sizeof grant.id);
	assert_true(judge(&good, "ap2014").spend);
	access_grant.bound[0] ^= 1;
	assert_refused(good, "ap2014", POLICY_VERDICT_ACCESS_FOR_ANOTHER);
	memset(access_grant.bound, 0, sizeof access_grant.bound);
	memcpy(access_grant.scope, "payments", 9);
	assert_refused(good, "ap2014", POLICY_VERDICT_OUT_OF_SCOPE);
	client.disabled = true;
	assert_refused(good, "ap2014", POLICY_VERDICT_ACCESS_OF_NO_CLIENT);
	memcpy(access_grant.tenant, "other", 6);
	assert_refused(good, "ap2014", POLICY_VERDICT_ACCESS_OF_OTHER_TENANT);
	tenant.disclosure.phone_needs_access = true;
	assert_refused(caller_of(POLICY_BEARER_TEMPORARY, "GetPhoneNumber"), "ap2014", POLICY_VERDICT_ACCESS_MISSING);
	assert_told(caller_of(POLICY_BEARER_TOKEN, "GetPhoneNumber"), "ap2014", POLICY_RESULT_SUCCESS);
}

/* V12-INFO-11 */
static void hashes_need_a_key(void **state)
{
	struct policy_caller caller = caller_of(POLICY_BEARER_TOKEN, "GetSubscriberInfo");
	(void)state;
	assert_told(caller, "ap2014", POLICY_RESULT_SUCCESS);
	tenant.disclosure.sim_id = POLICY_SIM_ID_HASH;
	assert_refused(caller, "ap2014", POLICY_VERDICT_NOT_OFFERED);
	caller.sim_key = ES_SLICE_LIT("01234567890123456789012345678901");
	assert_told(caller, "ap2014", POLICY_RESULT_SUCCESS);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_temporary_token_is_spent_by_what_it_answers_and_by_nothing_else),
		TEST(somebody_else_is_refused_by_verdicts),
		TEST(the_phone_is_told_in_the_document),
		TEST(one_application_alone_gets_a_token),
		TEST(operations_are_called_in_scopes_by_name_or_as_the_tenant_says),
		TEST(an_access_token_is_looked_at_from_all_sides),
		TEST(hashes_need_a_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
