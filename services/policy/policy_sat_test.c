/* policy_sat_test.c -- ap2016 as tables: settings in, answer out, in both forms of the document. */
#include "policy_answer_testing.h"

#define URL "\"satellite\":{\"url\":\"https://p.example/sky\"}"
#define OFFER "\"satellite\":{\"offered\":true,\"allowed\":[{\"plmn\":\"00199\"}],\"barred\":[\"00188\",\"001777\"]}"
#define PROV(word) "\"satellite\":{\"provisioning\":\"" word "\"}"
#define BARRED "PLMNBarred[{PLMN=00188;}{PLMN=001777;}]"
#define SWITCHED_OFF "This service is switched off for your line. Customer care can switch it on."

struct test_case {
	struct question asked;
	const char *expected;
};

static void run(const struct test_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct question q = cases[i].asked;
		q.app = "ap2016";
		assert_string_equal(answer_to(&q), cases[i].expected);
	}
}

/* V12-SAT-01, V12-SAT-02, V12-SAT-03, V12-SAT-04, V12-SAT-05 */
static void status_follows_plan_line_and_provisioning(void **state)
{
	static const struct test_case cases[] = {
		{ { .plan = OFFER }, "EntitlementStatus=1;MessageForIncompatible=;PLMNAllowed[{PLMN=00199;}]" BARRED },
		{ { .plan = OFFER, .line = PROV("provisioned"), .version = 2 },
		  "EntitlementStatus=1;MessageForIncompatible=;PLMNAllowed[{PLMN=00199;}]" BARRED },
		{ { .plan = OFFER, .line = PROV("in_progress") }, "EntitlementStatus=3;MessageForIncompatible=;" BARRED },
		/* allowed and not active: the page is where it is activated */
		{ { .tenant = URL, .plan = OFFER, .line = PROV("not_provisioned") },
		  "EntitlementStatus=0;ServiceFlow_URL=https://p.example/sky;ServiceFlow_UserData=sid=abc;"
		  "MessageForIncompatible=;" BARRED },
		{ { .tenant = "\"satellite\":{\"url\":\"https://p.example/sky\",\"contents\":\"json\"}",
		    .plan = OFFER,
		    .line = PROV("not_provisioned") },
		  "EntitlementStatus=0;ServiceFlow_URL=https://p.example/sky;ServiceFlow_UserData="
		  "encodedValue=eyJzaWQiOiJhYmMifQ==;ServiceFlow_ContentsType=json;MessageForIncompatible=;" BARRED },
		/* without a page, or with a line that none would help, never status 0 */
		{ { .plan = OFFER, .line = PROV("not_provisioned") },
		  "EntitlementStatus=2;MessageForIncompatible=" SWITCHED_OFF ";" BARRED },
		{ { .tenant = URL, .plan = OFFER, .line = "\"status\":\"suspended\"" },
		  "EntitlementStatus=2;MessageForIncompatible=" SWITCHED_OFF ";" BARRED },
		/* not offered */
		{ { .tenant = URL, .plan = OFFER, .line = "\"opt_outs\":[\"satellite\"]" },
		  "EntitlementStatus=2;MessageForIncompatible=" SWITCHED_OFF ";" BARRED },
		{ { .tenant = URL, .plan = "\"satellite\":{\"barred\":[\"00188\"]}" },
		  "EntitlementStatus=2;MessageForIncompatible=Satellite service is not included in your plan.;"
		  "PLMNBarred[{PLMN=00188;}]" },
		{ { .tenant = URL, .plan = "gone" },
		  "EntitlementStatus=2;MessageForIncompatible=Satellite service is not included in your plan.;" },
	};
	(void)state;
	run(cases, ES_COUNT(cases));
}

static void services_beside_messages_are_told_for_each_network(void **state) /* V12-SAT-07, V12-SAT-08 */
{
	static const struct test_case cases[] = {
		{ { .plan =
		        "\"satellite\":{\"offered\":true,\"allowed\":["
		        "{\"plmn\":\"00199\",\"plan_type\":\"metered\",\"data\":\"constrained\",\"voice\":\"unconstrained\"},"
		        "{\"plmn\":\"001990\",\"plan_type\":\"unmetered\"},"
		        "{\"plmn\":\"99970\",\"voice\":\"constrained\"}]}" },
		  "EntitlementStatus=1;MessageForIncompatible=;PLMNAllowed["
		  "{PLMN=00199;DataPlanType=Metered;AllowedServicesInfo["
		  "AllowedServices{ServiceType=data;ServicePolicy=Constrained;}"
		  "AllowedServices{ServiceType=voice;ServicePolicy=Unconstrained;}]}"
		  "{PLMN=001990;DataPlanType=Unmetered;}"
		  "{PLMN=99970;AllowedServicesInfo[AllowedServices{ServiceType=voice;ServicePolicy=Constrained;}]}]" },
	};
	(void)state;
	run(cases, ES_COUNT(cases));
}

static void networks_are_repeated_in_xml_and_flat_in_json(void **state) /* V12-SAT-06 */
{
	static const struct question q = {
		.plan = "\"satellite\":{\"offered\":true,\"allowed\":[{\"plmn\":\"00199\",\"data\":\"constrained\"},"
				"{\"plmn\":\"00198\"}],\"barred\":[\"00188\"]}",
		.app = "ap2016",
	};
	struct es_arena *arena = es_arena_new(0, 65536);
	struct es_doc_app app = { .app_id = ES_SLICE_LIT("ap2016") };
	const struct es_doc doc = { .version = 1, .validity_s = 60, .apps = &app };
	struct asked asked;
	struct es_buf out;
	(void)state;

	prepare(&q, arena, &asked);
	assert_int_equal(policy_answer(&asked.context, app.app_id, arena, &app.first), ES_OK);
	es_buf_init(&out, 65536);
	es_doc_write_json(&doc, &out);
	es_put_u8(&out, 0);
	assert_string_equal(
		(const char *)out.ptr,
		"{\"Vers\":{\"version\":\"1\",\"validity\":\"60\"},\"ap2016\":{\"EntitlementStatus\":\"1\","
		"\"MessageForIncompatible\":\"\",\"PLMNAllowed\":[{\"PLMN\":\"00199\",\"AllowedServicesInfo\":["
		"{\"AllowedServices\":{\"ServiceType\":\"data\",\"ServicePolicy\":\"Constrained\"}}]},{\"PLMN\":\"00198\"}],"
		"\"PLMNBarred\":[{\"PLMN\":\"00188\"}]}}");
	es_buf_reset(&out);
	es_doc_write_xml(&doc, &out);
	es_put_u8(&out, 0);
	assert_non_null(strstr((const char *)out.ptr, "<characteristic type=\"PLMNAllowed\">\n"
	                                              "<parm name=\"PLMN\" value=\"00198\"/>\n"
	                                              "</characteristic>\n"
	                                              "<characteristic type=\"PLMNBarred\">\n"
	                                              "<parm name=\"PLMN\" value=\"00188\"/>\n"
	                                              "</characteristic>\n"
	                                              "</characteristic>\n"
	                                              "</wap-provisioningdoc>\n"));
	es_buf_free(&out);
	es_arena_free(arena);
}

static void explanations_say_why_nobody_is_sent_to_a_page(void **state)
{
	const struct question q = { .plan = OFFER, .line = PROV("not_provisioned"), .app = "ap2016" };
	(void)state;
	assert_string_equal(explanation_of(&q), "plan: satellite, plan p -> offered|opt_out: satellite -> go on|"
	                                        "status: line is active -> go on|"
	                                        "provisioning: satellite is not_provisioned -> disabled|"
	                                        "satellite.page: the tenant has none -> not offered|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_follows_plan_line_and_provisioning),
		cmocka_unit_test(services_beside_messages_are_told_for_each_network),
		cmocka_unit_test(networks_are_repeated_in_xml_and_flat_in_json),
		cmocka_unit_test(explanations_say_why_nobody_is_sent_to_a_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
