/* ph_odsa_test.c -- answers as TS.43 6.6 shows them, in both forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_cleanup.h"

#include "ph_odsa.h"

#define XML(inner)                                                                                                     \
	"<wap-provisioningdoc version=\"1.1\"><characteristic type=\"APPLICATION\"><parm name=\"AppID\" "                  \
	"value=\"ap2006\"/>" inner "<parm name=\"OperationResult\" value=\"1\"/></characteristic></wap-provisioningdoc>"
#define PARM(name, value) "<parm name=\"" name "\" value=\"" value "\"/>"
#define CODE "MSRzbWRwLm9wLmV4YW1wbGUkQUJDRC0xMjM0" /* of 1$smdp.op.example$ABCD-1234 */

static struct ph_odsa answer;

static es_status read_as(const char *text, const char *app)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);

	assert_non_null(arena);
	return ph_odsa_read(es_slice_str(text), text[0] == '{', app, arena, &answer);
}

static void both_forms_say_the_same(void **state)
{
	static const char *const texts[] = {
		XML("<characteristic type=\"CompanionConfigurations\"><characteristic type=\"CompanionConfiguration\">" PARM(
			"ICCID", "8901010000000000017") PARM("CompanionDeviceService", "SharedNumber")
		        PARM("ServiceStatus", "1") "<characteristic type=\"DownloadInfo\">" PARM(
					"ProfileActivationCode",
					CODE) "</characteristic></characteristic><characteristic "
		                  "type=\"CompanionConfiguration\">" PARM("ServiceStatus", "2") PARM("PollingInterval", "30")
		                      PARM("PollingIntervalUnit", "1") "</characteristic></"
		                                                       "characteristic>" PARM("RegisterNotifStatus", "0")),
		"{\"Vers\":{\"version\":\"1\"},\"ap2006\":{\"CompanionConfigurations\":[{\"CompanionConfiguration\":{\"ICCID\":"
		"\"8901010000000000017\",\"CompanionDeviceService\":\"SharedNumber\",\"ServiceStatus\":\"1\",\"DownloadInfo\":{"
		"\"ProfileActivationCode\":\"" CODE "\"}}},{\"CompanionConfiguration\":{\"ServiceStatus\":2,\"PollingInterval\""
		":\"30\",\"PollingIntervalUnit\":\"1\"}}],\"RegisterNotifStatus\":\"0\",\"OperationResult\":\"1\"}}",
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(texts); i++) {
		assert_int_equal(read_as(texts[i], "ap2006"), ES_OK);
		assert_int_equal(answer.operation_result, 1);
		assert_int_equal(answer.registered, 0);
		assert_int_equal(answer.configuration_count, 2);
		const struct ph_configuration *first = &answer.configurations[0], *second = first + 1;
		assert_string_equal(first->iccid, "8901010000000000017");
		assert_string_equal(first->service, "SharedNumber");
		assert_int_equal(first->status, PH_ACTIVATED);
		assert_true(first->download.is_given && !second->download.is_given && !answer.download.is_given);
		assert_string_equal(first->download.activation_code, "1$smdp.op.example$ABCD-1234");
		assert_int_equal(ph_polling_ms(second->polling, second->polling_unit), 30000);
		assert_int_equal(ph_polling_ms(first->polling, first->polling_unit), 0);
	}
}

static void a_sheet_a_question_and_a_download_are_told_apart(void **state) /* TS.43 6.5.3 */
{
	(void)state;
	assert_int_equal(read_as(XML(PARM("SubscriptionResult", "1") PARM("SubscriptionServiceURL", "https://p.example/s")
	                                 PARM("SubscriptionServiceUserData", "sid=1&amp;x=2")),
	                         "ap2006"),
	                 ES_OK);
	assert_string_equal(answer.sheet_url, "https://p.example/s");
	assert_string_equal(answer.sheet_data, "sid=1&x=2");
	assert_int_equal(
		read_as("{\"ap2009\":{\"SubscriptionResult\":\"8\",\"MSG\":{\"Message\":\"Code?\",\"Accept_btn\":\"1\""
	            ",\"Reject_btn\":\"1\",\"Accept_freetext\":\"1\"},\"OperationResult\":\"1\"}}",
	            "ap2009"),
		ES_OK);
	assert_true(answer.message.is_given && answer.message.has_freetext == 1);
	assert_string_equal(answer.message.text, "Code?");
	assert_int_equal(
		read_as("{\"ap2009\":{\"SubscriptionResult\":\"2\",\"DownloadInfo\":{\"ProfileSmdpAddress\":\"s.example\""
	            ",\"ProfileIccid\":\"89\"},\"OperationResult\":\"1\"}}",
	            "ap2009"),
		ES_OK);
	assert_true(answer.download.is_given);
	assert_string_equal(answer.download.smdp_address, "s.example");
	assert_int_equal(answer.configuration_count, 0);
}

/* D46: exactly one configuration stands directly in the application, and may hold the question of 8.12.2. */
static void a_single_configuration_needs_no_list(void **state)
{
	(void)state;
	assert_int_equal(
		read_as("{\"ap2009\":{\"PrimaryConfiguration\":{\"ICCID\":\"8901\",\"ServiceStatus\":\"3\",\"MSG\":{"
	            "\"Message\":\"m\"}},\"OperationResult\":\"1\"}}",
	            "ap2009"),
		ES_OK);
	assert_int_equal(answer.configuration_count, 1);
	assert_int_equal(answer.configurations[0].status, PH_DEACTIVATED);
	assert_true(answer.message.is_given);
}

static void plans_and_tokens_are_found(void **state)
{
	(void)state;
	assert_int_equal(
		read_as("{\"ap2011\":{\"PlanOffers\":[{\"PlanOffer\":{\"PlanId\":\"B2B-10\"}},{\"PlanOffer\":{\"PlanId\":"
	            "\"B2B-50\"}}],\"OperationResult\":\"1\"}}",
	            "ap2011"),
		ES_OK);
	assert_string_equal(answer.plan, "B2B-10");
	assert_int_equal(
		read_as("{\"ap2009\":{\"TemporaryToken\":\"tt\",\"OperationTargets\":\"ManageSubscription\"}}", "ap2009"),
		ES_OK);
	assert_string_equal(answer.temporary_token, "tt");
	assert_int_equal(answer.operation_result, -1);
}

static void what_is_not_an_answer_is_said_to_be_none(void **state)
{
	static const struct {
		const char *text;
		es_status status;
	} cases[] = {
		{ "", ES_MALFORMED },
		{ "{\"ap2009\":{}}", ES_NOT_FOUND },
		{ "{\"ap2006\":{\"OperationResult\":\"one\"}}", ES_MALFORMED },
		{ "{\"ap2006\":{\"DownloadInfo\":{\"ProfileActivationCode\":\"$$$\"}}}", ES_MALFORMED },
		{ "{\"ap2006\":{\"CompanionConfigurations\":[{\"CompanionConfiguration\":{\"ICCID\":"
		  "\"890101000000000001700000000\"}}]"
		  "}}",
		  ES_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		if (read_as(cases[i].text, "ap2006") != cases[i].status)
			fail_msg("%s", cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_say_the_same),
		cmocka_unit_test(a_sheet_a_question_and_a_download_are_told_apart),
		cmocka_unit_test(a_single_configuration_needs_no_list),
		cmocka_unit_test(plans_and_tokens_are_found),
		cmocka_unit_test(what_is_not_an_answer_is_said_to_be_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
