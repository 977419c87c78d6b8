/* esim_eligibility_test.c -- who may have an eSIM, how often it is asked, and which plans there are (TS.43 6.5.2, 6.5.6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "esim_testing.h"

static const struct es_slice every_service[] = { ES_SLICE_LIT("FamilyNumber"), ES_SLICE_LIT("DiffNumber"),
	                                             ES_SLICE_LIT("SharedNumber") };
static const struct esim_offer plans[] = { { "gold", "Gold", "All of it", "", "", "" }, { "tin", "", "", "", "", "" } };

static void ask(const char *app, const char *operation, const struct esim_facts *facts, int64_t polls, char out[512])
{
	struct esim_param params[ESIM_TEST_PARAMS];
	struct esim_request request = { .operation = es_slice_str(operation),
		                            .params = params,
		                            .facts = *facts,
		                            .tenant = "demo",
		                            .imsi = "",
		                            .msisdn = "",
		                            .terminal_id = "imei-1",
		                            .eligibility_polls = polls };
	struct esim_answer answer = { .arena = es_arena_new(0, 65536) };

	assert_true(esim_app_parse(es_slice_str(app), &request.app));
	esim_test_facts(&request.facts);
	request.param_count = esim_test_params("companion_terminal_id=1", params);
	esim_operate(&request, &answer);
	esim_test_answer(&answer, out, 512);
	es_arena_free(answer.arena);
}

/* V12-ODSA-CE-04, CE-05 */
static void eligibility_is_no_yes_or_never_with_this_device(void **state)
{
	static const struct {
		const char *app;
		struct esim_facts facts;
		const char *answer;
	} cases[] = {
		{ "ap2006", { .companion_services = every_service }, "CompanionAppEligibility=0 CompanionDeviceServices=" },
		{ "ap2006",
		  { .companion_allowed = true, .companion_services = every_service, .companion_service_count = 3 },
		  "CompanionAppEligibility=1 CompanionDeviceServices=SharedNumber,DiffNumber,FamilyNumber" },
		{ "ap2006",
		  { .companion_allowed = true,
		    .companion_incompatible = true,
		    .companion_services = every_service,
		    .companion_service_count = 1 },
		  "CompanionAppEligibility=2 CompanionDeviceServices=FamilyNumber" },
		{ "ap2009", { .primary_allowed = true }, "PrimaryAppEligibility=1" },
		{ "ap2009", { .primary_allowed = true, .primary_incompatible = true }, "PrimaryAppEligibility=2" },
		{ "ap2011", { .enterprise_allowed = true }, "EnterpriseAppEligibility=1" },
		{ "ap2011", { .primary_allowed = true }, "EnterpriseAppEligibility=0" }, /* V12-SRV-08 */
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char answer[512], expected[512];
		ask(cases[i].app, "CheckEligibility", &cases[i].facts, 0, answer);
		(void)snprintf(expected, sizeof expected, "OperationResult=1 %s", cases[i].answer);
		assert_string_equal(answer, expected);
	}
}

/* V12-ODSA-CE-06 to CE-08 */
static void who_may_not_yet_is_told_to_come_back_so_and_so_often(void **state)
{
	static const struct {
		bool allowed, incompatible;
		int64_t interval_s, polls;
		uint32_t max;
		const char *answer;
	} cases[] = {
		{ false, false, 600, 1, 0, "PrimaryAppEligibility=0 PollingInterval=10" },
		{ false, false, 90, 1, 0, "PrimaryAppEligibility=0 PollingInterval=90 PollingIntervalUnit=1" },
		{ false, false, 600, 2, 3, "PrimaryAppEligibility=0 PollingInterval=10" },
		{ false, false, 600, 3, 3, "PrimaryAppEligibility=0" },
		{ false, false, 0, 1, 0, "PrimaryAppEligibility=0" },
		{ true, false, 600, 1, 0, "PrimaryAppEligibility=1" },
		{ false, true, 600, 1, 0, "PrimaryAppEligibility=2" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct esim_facts facts = { .primary_allowed = cases[i].allowed,
			                        .primary_incompatible = cases[i].incompatible,
			                        .eligibility_polling_s = cases[i].interval_s };
		char answer[512], expected[512];
		facts.settings.max_refresh = cases[i].max;
		ask("ap2009", "CheckEligibility", &facts, cases[i].polls, answer);
		(void)snprintf(expected, sizeof expected, "OperationResult=1 %s", cases[i].answer);
		assert_string_equal(answer, expected);
	}
}

/* V12-ODSA-AP-01, AP-02 */
static void an_enterprise_is_told_of_its_plans(void **state)
{
	struct esim_facts facts = { .enterprise_allowed = true, .offers = plans, .offer_count = ES_COUNT(plans) };
	char answer[512];

	(void)state;
	ask("ap2011", "AcquirePlan", &facts, 0, answer);
	assert_string_equal(answer, "OperationResult=1 PlanOffers[ PlanOffer{ PlanId=gold PlanName=Gold"
	                            " PlanDescription=All of it } PlanOffer{ PlanId=tin } ]");
	facts.offer_count = 0;
	ask("ap2011", "AcquirePlan", &facts, 0, answer);
	assert_string_equal(answer, "OperationResult=1");
	facts.offer_count = ES_COUNT(plans);
	facts.enterprise_allowed = false;
	ask("ap2011", "AcquirePlan", &facts, 0, answer);
	assert_string_equal(answer, "OperationResult=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eligibility_is_no_yes_or_never_with_this_device),
		cmocka_unit_test(who_may_not_yet_is_told_to_come_back_so_and_so_often),
		cmocka_unit_test(an_enterprise_is_told_of_its_plans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
