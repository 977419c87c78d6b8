/* policy_data_test.c -- ap2010 as tables: settings in, answer out. */
#include "policy_answer_testing.h"

#define PAGE "\"data\":{\"boost_url\":\"https://p.example/boost\"}"
#define BOOST(more) "\"data\":{\"boosts\":[{\"type\":166" more "}]}"
#define HELD(more) "\"boosts\":[{\"type\":166" more "}]"

struct test_case {
	struct question asked;
	const char *expected;
};

static void run(const struct test_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct question q = cases[i].asked;
		q.app = "ap2010";
		assert_string_equal(answer_to(&q), cases[i].expected);
	}
}

static void what_the_plan_does_not_say_is_left_out(void **state) /* V12-DATA-14 */
{
	static const struct test_case cases[] = {
		{ { .plan = NULL }, "" },
		{ { .plan = "gone" }, "" },
		{ { .plan = "\"data\":{\"5g_sa\":\"enabled\"}" }, "5GSAInfo{5GSAInfoDetails{5GSAStatus=1;}}" },
		{ { .plan = "\"data\":{\"allowance\":5}" }, "" },
	};
	(void)state;
	run(cases, ES_COUNT(cases));
}

static void plan_types_go_by_access_in_the_numbers_of_ap2010(void **state) /* V12-DATA-01, V12-DATA-02 */
{
	static const struct test_case cases[] = {
		{ { .plan = "\"data\":{\"plans\":[{\"access\":\"all\",\"type\":\"unmetered\"}]}" },
		  "DataPlanInfo[DataPlanInfoDetails{AccessType=0;DataPlanType=Unmetered;}]" },
		{ { .plan = "\"data\":{\"plans\":[{\"access\":\"wifi\",\"type\":\"unmetered\"},{\"access\":\"2g\"},"
		            "{\"access\":\"3g\"},{\"access\":\"4g\"},{\"access\":\"5g\",\"type\":\"metered\"}]}",
		    .version = 6 },
		  "DataPlanInfo[DataPlanInfoDetails{AccessType=1;DataPlanType=Unmetered;}"
		  "DataPlanInfoDetails{AccessType=2;DataPlanType=Metered;}"
		  "DataPlanInfoDetails{AccessType=3;DataPlanType=Metered;}"
		  "DataPlanInfoDetails{AccessType=4;DataPlanType=Metered;}"
		  "DataPlanInfoDetails{AccessType=5;DataPlanType=Metered;}]" },
	};
	(void)state;
	run(cases, ES_COUNT(cases));
}

#define DETAILS(type, status) "DataBoostInfo[DataBoostInfoDetails{BoostType=" type ";BoostTypeStatus=" status ";}]"

static void boosts_are_told_with_what_they_aim_at(void **state) /* V12-DATA-03, V12-DATA-05, V12-DATA-06 */
{
	static const struct test_case cases[] = {
		{ { .tenant = PAGE,
		    .plan =
		        "\"data\":{\"boosts\":[{\"type\":166,\"delay_ms\":30,\"jitter_ns\":1000000,\"downlink_min\":0,"
		        "\"downlink_max\":100,\"downlink_burst\":150,\"uplink_min\":5,\"uplink_max\":50,\"uplink_burst\":60,"
		        "\"loss_exponent\":3},{\"type\":1,\"offer\":\"paused\"},{\"type\":255,\"loss_exponent\":0}]}" },
		  "DataBoostInfo[DataBoostInfoDetails{BoostType=166;BoostTypeStatus=1;TargetCharacteristicsInfo{PDB=30;"
		  "Jitter=1000000;MinDownlinkDataRate=0;MaxDownlinkDataRate=100;MaxDownlinkBurstRate=150;MinUplinkDataRate=5;"
		  "MaxUplinkDataRate=50;MaxUplinkBurstRate=60;PER=3;}}"
		  "DataBoostInfoDetails{BoostType=1;BoostTypeStatus=0;}"
		  "DataBoostInfoDetails{BoostType=255;BoostTypeStatus=1;TargetCharacteristicsInfo{PER=0;}}]" },
		/* whatever it is called in the plan, each client is told the name that its version knows */
		{ { .tenant = PAGE, .plan = "\"data\":{\"boosts\":[{\"type\":0}]}" }, DETAILS("166", "1") },
		{ { .tenant = PAGE, .plan = BOOST(""), .version = 11 }, DETAILS("0", "1") },
		/* nothing to buy it on; opted out; line not active; bought; on its way; part of the plan */
		{ { .plan = BOOST("") }, DETAILS("166", "0") },
		{ { .tenant = PAGE, .plan = BOOST(""), .line = "\"opt_outs\":[\"data_boost\"]" }, DETAILS("166", "2") },
		{ { .tenant = PAGE, .plan = BOOST(""), .line = "\"status\":\"barred\"" }, DETAILS("166", "0") },
		{ { .plan = BOOST(""), .line = HELD("") }, DETAILS("166", "1") },
		{ { .tenant = PAGE, .plan = BOOST(""), .line = HELD(",\"provisioning\":\"in_progress\"") },
		  DETAILS("166", "0") },
		{ { .plan = BOOST(",\"offer\":\"included\"") }, DETAILS("166", "1") },
	};
	(void)state;
	run(cases, ES_COUNT(cases));
}

#define SHOWN "ServiceFlow_URL=https://p.example/boost;ServiceFlow_UserData=sid=abc&boost_type=166;"
#define NOT_OFFERED "EntitlementStatus=2;ProvStatus=2;"

static void a_boost_is_answered_in_real_time(void **state) /* V12-DATA-11, V12-DATA-12 */
{
	static const struct test_case cases[] = {
		{ { .tenant = PAGE, .plan = BOOST(""), .boost_type = "166" }, "EntitlementStatus=1;ProvStatus=0;" SHOWN },
		{ { .tenant = PAGE, .plan = BOOST(""), .boost_type = "166", .version = 2 },
		  "EntitlementStatus=1;ProvStatus=0;" SHOWN },
		{ { .plan = BOOST(""), .boost_type = "166" }, "EntitlementStatus=0;ProvStatus=0;" },
		{ { .tenant = PAGE, .plan = BOOST(",\"offer\":\"paused\""), .boost_type = "166" },
		  "EntitlementStatus=0;ProvStatus=0;" },
		{ { .tenant = PAGE, .plan = BOOST(",\"offer\":\"included\""), .boost_type = "166" },
		  "EntitlementStatus=4;ProvStatus=1;" },
		/* bought: for good, until later, until before now; also when it is not sold any more */
		{ { .tenant = PAGE, .plan = BOOST(""), .line = HELD(""), .boost_type = "166" },
		  "EntitlementStatus=1;ProvStatus=1;" },
		{ { .tenant = PAGE,
		    .plan = BOOST(",\"offer\":\"paused\""),
		    .line = HELD(",\"until\":\"2026-01-01T00:00:01Z\""),
		    .boost_type = "166" },
		  "EntitlementStatus=1;ProvStatus=1;" },
		{ { .tenant = PAGE,
		    .plan = BOOST(""),
		    .line = HELD(",\"until\":\"2026-01-01T00:00:00Z\""),
		    .boost_type = "166" },
		  "EntitlementStatus=1;ProvStatus=0;" SHOWN },
		{ { .tenant = PAGE,
		    .plan = BOOST(""),
		    .line = HELD(",\"provisioning\":\"not_required\""),
		    .boost_type = "166" },
		  "EntitlementStatus=1;ProvStatus=2;" },
		{ { .tenant = PAGE, .plan = BOOST(""), .line = HELD(",\"provisioning\":\"in_progress\""), .boost_type = "166" },
		  "EntitlementStatus=3;ProvStatus=3;" },
		{ { .tenant = PAGE,
		    .plan = BOOST(""),
		    .line = HELD(",\"provisioning\":\"not_provisioned\""),
		    .boost_type = "166" },
		  "EntitlementStatus=1;ProvStatus=0;" SHOWN },
		/* one that was bought, for another one */
		{ { .tenant = PAGE, .plan = BOOST(""), .line = "\"boosts\":[{\"type\":1}]", .boost_type = "166" },
		  "EntitlementStatus=1;ProvStatus=0;" SHOWN },
		/* not eligible */
		{ { .tenant = PAGE, .plan = BOOST(""), .boost_type = "1" }, NOT_OFFERED },
		{ { .tenant = PAGE, .plan = "gone", .boost_type = "166" }, NOT_OFFERED },
		{ { .tenant = PAGE, .plan = BOOST(""), .line = "\"opt_outs\":[\"data_boost\"]", .boost_type = "166" },
		  NOT_OFFERED },
		{ { .tenant = PAGE,
		    .plan = BOOST(",\"offer\":\"included\""),
		    .line = "\"status\":\"suspended\"",
		    .boost_type = "166" },
		  "EntitlementStatus=0;ProvStatus=0;" },
		/* no boost type at all */
		{ { .tenant = PAGE, .plan = BOOST(""), .boost_type = "256" }, NOT_OFFERED },
		{ { .tenant = PAGE, .plan = BOOST(""), .boost_type = "-1" }, NOT_OFFERED },
		{ { .tenant = PAGE, .plan = BOOST(""), .boost_type = "REALTIME" }, NOT_OFFERED },
	};
	(void)state;
	run(cases, ES_COUNT(cases));
}

static void types_0_and_166_are_one(void **state) /* V12-DATA-04 */
{
	static const char *const plans[] = { "\"data\":{\"boosts\":[{\"type\":0}]}", BOOST("") };
	static const char *const lines[] = { "\"boosts\":[{\"type\":0}]", HELD("") };
	static const char *const types[] = { "0", "166" };
	(void)state;
	for (size_t p = 0; p < ES_COUNT(plans); p++)
		for (size_t t = 0; t < ES_COUNT(types); t++) {
			struct question q = { .tenant = PAGE, .plan = plans[p], .app = "ap2010", .boost_type = types[t] };
			assert_non_null(strstr(answer_to(&q), "EntitlementStatus=1;ProvStatus=0;ServiceFlow_URL="));
			for (size_t l = 0; l < ES_COUNT(lines); l++) {
				q.line = lines[l];
				assert_string_equal(answer_to(&q), "EntitlementStatus=1;ProvStatus=1;");
			}
		}
}

static void the_page_is_told_in_each_form_of_user_data(void **state) /* V12-DATA-12 */
{
	static const struct test_case cases[] = {
		{ { .tenant = "\"data\":{\"boost_url\":\"https://p.example/\",\"boost_contents\":\"json\"}",
		    .plan = BOOST(""),
		    .boost_type = "166" },
		  "EntitlementStatus=1;ProvStatus=0;ServiceFlow_URL=https://p.example/;ServiceFlow_UserData="
		  "encodedValue=eyJzaWQiOiJhYmMiLCJib29zdF90eXBlIjoiMTY2In0=;ServiceFlow_ContentsType=json;" },
		{ { .tenant = "\"data\":{\"boost_url\":\"https://p.example/\",\"boost_contents\":\"xml\"}",
		    .plan = BOOST(""),
		    .boost_type = "0" },
		  "EntitlementStatus=1;ProvStatus=0;ServiceFlow_URL=https://p.example/;ServiceFlow_UserData="
		  "encodedValue=PGZsb3c+PHNpZD5hYmM8L3NpZD48Ym9vc3RfdHlwZT4wPC9ib29zdF90eXBlPjwvZmxvdz4=;"
		  "ServiceFlow_ContentsType=xml;" },
		{ { .tenant = PAGE, .plan = BOOST(""), .boost_type = "166", .no_handle = true },
		  "EntitlementStatus=1;ProvStatus=0;ServiceFlow_URL=https://p.example/boost;"
		  "ServiceFlow_UserData=sid=&boost_type=166;" },
	};
	(void)state;
	run(cases, ES_COUNT(cases));
}

#define USAGE(more) "\"usage\":[{\"used\":734003200,\"as_of\":\"2025-12-31T23:00:00Z\"" more "}]"
#define ANSWER(more) "DataUsageInfo[DataUsageInfoDetails{DataUsageType=0;" more "}]"

static void usage_is_what_was_put_last(void **state) /* V12-DATA-07, V12-DATA-08, V12-DATA-09 */
{
	static const struct test_case cases[] = {
		/* unlimited, and a cycle without an end */
		{ { .line = USAGE("") }, ANSWER("DataUsedInBytes=734003200;") },
		{ { .plan = "gone", .line = USAGE("") }, ANSWER("DataUsedInBytes=734003200;") },
		{ { .plan = "\"data\":{\"allowance\":10737418240}", .line = USAGE(",\"cycle_end\":\"2026-01-31T21:59:59Z\"") },
		  ANSWER(
			  "EndOfBillingCycle=2026-01-31T21:59:59Z;DataAllowanceInBytes=10737418240;DataUsedInBytes=734003200;") },
		{ { .plan = "\"data\":{\"allowance\":10737418240}", .line = USAGE(",\"allowance\":0") },
		  ANSWER("DataAllowanceInBytes=0;DataUsedInBytes=734003200;") },
		{ { .plan = "\"data\":{\"tethering_allowance\":7}",
		    .line = "\"usage\":[{\"used\":1000000000000000,\"as_of\":\"2025-12-31T23:00:00Z\",\"name\":\"Roaming\","
		            "\"description\":\"In \\\"Europe\\\"\"},"
		            "{\"type\":\"tethering\",\"used\":4294967296,\"as_of\":\"2025-12-31T23:00:00Z\"}]" },
		  "DataUsageInfo[DataUsageInfoDetails{DataUsageType=0;DataUsageName=Roaming;DataUsageDescription=In \"Europe\";"
		  "DataUsedInBytes=1000000000000000;}DataUsageInfoDetails{DataUsageType=1;DataAllowanceInBytes=7;"
		  "DataUsedInBytes=4294967296;}]" },
		/* numbers that say nothing of now */
		{ { .line = USAGE(",\"cycle_end\":\"2026-01-01T00:00:00Z\"") }, "" },
		{ { .tenant = "\"data\":{\"usage_max_age\":3600}", .line = USAGE("") }, ANSWER("DataUsedInBytes=734003200;") },
		{ { .tenant = "\"data\":{\"usage_max_age\":3599}", .line = USAGE("") }, "" },
	};
	(void)state;
	run(cases, ES_COUNT(cases));
}

#define SA(digit) "5GSAInfo{5GSAInfoDetails{5GSAStatus=" digit ";}}"

static void standalone_5g_follows_plan_and_line(void **state) /* V12-DATA-10 */
{
	static const struct test_case cases[] = {
		{ { .plan = "\"data\":{\"5g_sa\":\"enabled\"}" }, SA("1") },
		{ { .plan = "\"data\":{\"5g_sa\":\"disabled\"}" }, SA("0") },
		{ { .plan = "\"data\":{\"5g_sa\":\"enabled\"}", .line = "\"opt_outs\":[\"5g_sa\"]" }, SA("0") },
		{ { .plan = "\"data\":{\"5g_sa\":\"enabled\"}", .line = "\"status\":\"suspended\"" }, SA("0") },
	};
	(void)state;
	run(cases, ES_COUNT(cases));
}

static void explanations_say_what_was_looked_at(void **state)
{
	const struct question all = { .tenant = "\"data\":{\"usage_max_age\":60}",
		                          .plan = "\"data\":{\"plans\":[{}],\"boosts\":[{\"type\":166}],\"5g_sa\":\"enabled\"}",
		                          .line = USAGE(""),
		                          .app = "ap2010" };
	struct question boost = { .tenant = PAGE, .plan = BOOST(""), .app = "ap2010", .boost_type = "166" };
	(void)state;
	assert_string_equal(
		explanation_of(&all),
		"plan: plan p -> go on|data_plan: 1 access types in the plan -> told|"
		"boost: type 166: no page to buy it on -> not now|"
		"5g_sa: plan enabled, line is active -> enabled|"
		"usage: cellular as of 2025-12-31T23:00:00Z: older than the tenant's usage_max_age -> left out|");
	assert_string_equal(explanation_of(&boost), "boost: type 166, plan p: may be bought -> to be bought|");
	boost.boost_type = "x";
	assert_string_equal(explanation_of(&boost), "boost: type -1, plan p: not in the plan -> not offered|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_plan_does_not_say_is_left_out),
		cmocka_unit_test(plan_types_go_by_access_in_the_numbers_of_ap2010),
		cmocka_unit_test(boosts_are_told_with_what_they_aim_at),
		cmocka_unit_test(a_boost_is_answered_in_real_time),
		cmocka_unit_test(types_0_and_166_are_one),
		cmocka_unit_test(the_page_is_told_in_each_form_of_user_data),
		cmocka_unit_test(usage_is_what_was_put_last),
		cmocka_unit_test(standalone_5g_follows_plan_and_line),
		cmocka_unit_test(explanations_say_what_was_looked_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
