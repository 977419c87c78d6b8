/* esim_odsa_test.c -- which operation gets which answer (TS.43 6, settled rules 15, 18, 27). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "esim_testing.h"

static const struct es_slice all_services[] = { { (const uint8_t *)"familynumber", 12 },
	                                            { (const uint8_t *)"SharedNumber", 12 },
	                                            { (const uint8_t *)"SharedNumber", 12 },
	                                            { (const uint8_t *)"Carrier pigeon", 14 } };

static void operate(const char *app, const char *operation, const char *query, const struct esim_facts *facts,
                    char out[512])
{
	struct esim_param params[ESIM_TEST_PARAMS];
	struct esim_request request = { .operation = es_slice_str(operation),
		                            .params = params,
		                            .facts = *facts,
		                            .tenant = "demo",
		                            .imsi = "",
		                            .msisdn = "",
		                            .terminal_id = "imei-1" };
	struct esim_answer answer = { .arena = es_arena_new(0, 65536) };

	assert_true(esim_app_parse(es_slice_str(app), &request.app));
	esim_test_facts(&request.facts);
	request.param_count = esim_test_params(query, params);
	esim_operate(&request, &answer);
	esim_test_answer(&answer, out, 512);
	es_arena_free(answer.arena);
}

static const struct {
	const char *conformance, *app, *operation, *params, *answer;
} cases[] = {
	/* the authentication step: AppID alone, which the gateway writes */
	{ "6", "ap2006", "", "", "" },
	{ "6", "AP2009", "", "", "" },
	/* V12-ODSA-CE-01, CE-02, G-01, G-02 */
	{ "V12-ODSA-CE-01", "ap2006", "CheckEligibility", "companion_terminal_id=1",
	  "OperationResult=1 CompanionAppEligibility=1 CompanionDeviceServices=SharedNumber,FamilyNumber" },
	{ "V12-ODSA-CE-02", "ap2009", "CheckEligibility", "", "OperationResult=1 PrimaryAppEligibility=1" },
	{ "rule 15", "ap2009", "checkELIGIBILITY", "", "OperationResult=1 PrimaryAppEligibility=1" },
	{ "rule 15", "ap2006", "CheckEligibility", "Companion_Terminal_ID=1",
	  "OperationResult=1 CompanionAppEligibility=1 CompanionDeviceServices=SharedNumber,FamilyNumber" },
	/* V12-ODSA-G-04: missing, empty, and the word null */
	{ "V12-ODSA-G-04", "ap2006", "CheckEligibility", "", "OperationResult=102" },
	{ "V12-ODSA-G-04", "ap2006", "CheckEligibility", "companion_terminal_id=", "OperationResult=102" },
	{ "rule 27", "ap2006", "CheckEligibility", "companion_terminal_id=null", "OperationResult=102" },
	/* V12-ODSA-G-03: unknown, and known of another application */
	{ "V12-ODSA-G-03", "ap2006", "MakeCoffee", "", "OperationResult=101" },
	{ "V12-ODSA-G-03", "ap2006", "CheckEligibility ", "companion_terminal_id=1", "OperationResult=101" },
	{ "V12-ODSA-G-03", "ap2006", "AcquirePlan", "", "OperationResult=101" },
	{ "V12-ODSA-G-03", "ap2006", "AcquireTemporaryToken", "operation_targets=x", "OperationResult=101" },
	{ "V12-ODSA-G-03", "ap2009", "GetPhoneNumber", "", "OperationResult=101" },
	{ "V12-ODSA-G-03", "ap2011", "ManageService", "operation_type=10", "OperationResult=101" },
	/* the others are made by auth, and never seen here */
	{ "V12-ODSA-AT-01", "ap2009", "AcquireTemporaryToken", "", "OperationResult=102" },
	{ "V12-ODSA-AT-01", "ap2009", "AcquireTemporaryToken", "operation_targets=Coffee", "OperationResult=102" },
	/* V12-ODSA-CE-03, V12-SRV-08 */
	{ "V12-ODSA-CE-03", "ap2011", "CheckEligibility", "", "OperationResult=1 EnterpriseAppEligibility=0" },
	/* V12-ODSA-AC-01 */
	{ "V12-ODSA-AC-01", "ap2006", "AcquireConfiguration", "companion_terminal_id=1", "OperationResult=1" },
	{ "V12-ODSA-AC-01", "ap2009", "AcquireConfiguration", "", "OperationResult=1" },
	{ "V12-ODSA-AC-01", "ap2011", "AcquireConfiguration", "enterprise_terminal_id=1", "OperationResult=1" },
	/* V12-ODSA-MS-01, MS-02 */
	{ "V12-ODSA-MS-01", "ap2006", "ManageSubscription", "", "OperationResult=102" },
	{ "V12-ODSA-MS-01", "ap2009", "ManageSubscription", "operation_type=8", "OperationResult=102" },
	{ "V12-ODSA-MS-01", "ap2009", "ManageSubscription", "operation_type=-1", "OperationResult=102" },
	{ "V12-ODSA-MS-02", "ap2006", "ManageSubscription", "operation_type=0&companion_terminal_id=1",
	  "OperationResult=102" },
	{ "V12-ODSA-MV-04", "ap2006", "ManageService", "", "OperationResult=103" },
	{ "V12-ODSA-MV-04", "ap2009", "manageservice", "operation_type=10", "OperationResult=103" },
};

static void application_and_operation_decide_the_answer(void **state)
{
	const struct esim_facts facts = { .companion_allowed = true,
		                              .primary_allowed = true,
		                              .companion_services = all_services,
		                              .companion_service_count = ES_COUNT(all_services),
		                              .not_enabled_url = ES_SLICE_LIT("https://why.example/") };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char answer[512];
		operate(cases[i].app, cases[i].operation, cases[i].params, &facts, answer);
		if (strcmp(answer, cases[i].answer) != 0)
			print_message("%s: %s %s %s\n", cases[i].conformance, cases[i].app, cases[i].operation, cases[i].params);
		assert_string_equal(answer, cases[i].answer);
	}
}

static const char why[] = " NotEnabledURL=https://why.example/ NotEnabledUserData=sid=77";

/* V12-ODSA-CE-04, and TS.43 6.5.2 on NotEnabledURL. */
static void who_is_not_eligible_is_told_where_to_read_why(void **state)
{
	struct esim_facts facts = { .companion_services = all_services,
		                        .companion_service_count = 2,
		                        .not_enabled_url = ES_SLICE_LIT("https://why.example/"),
		                        .not_enabled_user_data = ES_SLICE_LIT("sid=77") };
	char answer[512], expected[512];

	(void)state;
	operate("ap2009", "CheckEligibility", "", &facts, answer);
	(void)snprintf(expected, sizeof expected, "OperationResult=1 PrimaryAppEligibility=0%s", why);
	assert_string_equal(answer, expected);

	operate("ap2006", "CheckEligibility", "companion_terminal_id=1", &facts, answer);
	(void)snprintf(expected, sizeof expected,
	               "OperationResult=1 CompanionAppEligibility=0 CompanionDeviceServices=SharedNumber,FamilyNumber%s",
	               why);
	assert_string_equal(answer, expected);

	/* Allowed, and no service to activate. */
	facts.companion_allowed = true;
	facts.companion_service_count = 0;
	operate("ap2006", "CheckEligibility", "companion_terminal_id=1", &facts, answer);
	(void)snprintf(expected, sizeof expected, "OperationResult=1 CompanionAppEligibility=0 CompanionDeviceServices=%s",
	               why);
	assert_string_equal(answer, expected);

	/* User data without a page to give it to is left out. */
	facts.not_enabled_url = (struct es_slice){ NULL, 0 };
	operate("ap2009", "CheckEligibility", "", &facts, answer);
	assert_string_equal(answer, "OperationResult=1 PrimaryAppEligibility=0");
}

static void every_operation_has_its_name_for_metrics(void **state)
{
	(void)state;
	for (size_t i = 0; i < ESIM_OPERATIONS; i++)
		assert_int_equal(esim_operation_index(es_slice_str(esim_operation_names[i])), i);
	assert_int_equal(esim_operation_index(es_slice_str("other")), ESIM_OPERATION_UNKNOWN);
	assert_int_equal(esim_operation_index(es_slice_str("")), ESIM_OPERATION_NONE);
}

static void only_the_odsa_applications_are_served(void **state)
{
	enum esim_app app;

	(void)state;
	assert_false(esim_app_parse(es_slice_str("ap2004"), &app));
	assert_false(esim_app_parse(es_slice_str("ap20060"), &app));
	assert_false(esim_app_parse(es_slice_str(""), &app));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(application_and_operation_decide_the_answer),
		cmocka_unit_test(who_is_not_eligible_is_told_where_to_read_why),
		cmocka_unit_test(every_operation_has_its_name_for_metrics),
		cmocka_unit_test(only_the_odsa_applications_are_served),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
