/* esim_message_test.c -- MSG: what a device is to ask its user, and what it may come back with (TS.43 6.2, T45). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "esim_testing.h"

static const struct esim_text plain = { .message = "May it be?", .title = "", .accept_label = "", .reject_label = "" };
static const struct esim_text full = { .title = "Gr\xc3\xbc\xc3\x9f"
	                                            "e",
	                                   .message = "Your code, please",
	                                   .accept_label = "Yes",
	                                   .reject_label = "No",
	                                   .has_freetext = true,
	                                   .hint = "four digits",
	                                   .validation = "^[0-9]{4}$",
	                                   .error_text = "digits!" };

static void subscribe(const struct esim_text *text, const char *query, char out[1024])
{
	struct esim_param params[ESIM_TEST_PARAMS];
	struct esim_request request = { .app = ESIM_PRIMARY,
		                            .operation = ES_SLICE_LIT("ManageSubscription"),
		                            .params = params,
		                            .facts = { .primary_allowed = true, .line_active = true },
		                            .tenant = "demo",
		                            .imsi = "001010000000001",
		                            .msisdn = "",
		                            .terminal_id = "phone" };
	struct esim_answer answer = { .arena = es_arena_new(0, 65536) };
	char whole[512];

	request.facts.settings.input = ESIM_INPUT_SUBSCRIBE;
	request.facts.settings.smdp = "dp";
	request.facts.settings.text = *text;
	esim_test_facts(&request.facts);
	(void)snprintf(whole, sizeof whole, "operation_type=0&%s", query);
	request.param_count = esim_test_params(whole, params);
	esim_operate(&request, &answer);
	esim_test_answer(&answer, out, 1024);
	if (answer.verdict == ESIM_ORDERS)
		(void)snprintf(out, 1024, "order %s", answer.draft.response);
	es_arena_free(answer.arena);
}

#define ASK(inner) "OperationResult=1 SubscriptionResult=8 MSG{ " inner " }"
#define VALIDATION "Accept_freetext_validation=encodedValue=XlswLTldezR9JA=="

static const struct {
	const char *conformance;
	const struct esim_text *text;
	const char *query, *answer;
} cases[] = {
	{ "V12-ODSA-MS-23", &plain, "", ASK("Message=May it be? Accept_btn=1 Reject_btn=1 Accept_freetext=0") },
	{ "V12-ODSA-MS-24", &full, "",
	  ASK("Title=Gr\xc3\xbc\xc3\x9f"
	      "e Message=Your code, please Accept_btn=1 Accept_btn_label=Yes Reject_btn=1"
	      " Reject_btn_label=No Accept_freetext=1 Accept_freetext_hint=four digits " VALIDATION
	      " Accept_freetext_validation_failed_error_text=digits!") },
	/* characters, not octets; -1 and what is no number: no limit */
	{ "V12-ODSA-MS-26", &full, "MSG_character_display_limits=3,4,1,-1,x,2",
	  ASK("Title=Gr\xc3\xbc Message=Your Accept_btn=1 Accept_btn_label=Y Reject_btn=1 Reject_btn_label=No"
	      " Accept_freetext=1 Accept_freetext_hint=four digits " VALIDATION
	      " Accept_freetext_validation_failed_error_text=di") },
	{ "V12-ODSA-MS-26", &plain, "MSG_character_display_limits=,3",
	  ASK("Message=May Accept_btn=1 Reject_btn=1 Accept_freetext=0") },
	{ "V12-ODSA-MS-26", &plain, "MSG_character_display_limits=0,0",
	  ASK("Message=May it be? Accept_btn=1 Reject_btn=1 Accept_freetext=0") },
	/* what comes back */
	{ "V12-ODSA-MS-14", &plain, "MSG_btn=1", "order " },
	{ "V12-ODSA-MS-14", &full, "MSG_btn=1&MSG_response=1234", "order 1234" },
	{ "V12-ODSA-MS-14", &full, "MSG_btn=0", "OperationResult=1 SubscriptionResult=5" },
	{ "V12-ODSA-MS-14", &full, "MSG_btn=0&MSG_response=1234", "OperationResult=1 SubscriptionResult=5" },
	{ "V12-ODSA-G-06", &full, "MSG_btn=1", "OperationResult=104" },
	{ "V12-ODSA-G-06", &full, "MSG_btn=1&MSG_response=12345", "OperationResult=104" },
	{ "V12-ODSA-G-06", &full, "MSG_btn=1&MSG_response=null", "OperationResult=104" },
	{ "V12-ODSA-G-06", &plain, "MSG_btn=1&MSG_response=1234", "OperationResult=104" },
	{ "V12-ODSA-MS-13", &plain, "MSG_btn=2", ASK("Message=May it be? Accept_btn=1 Reject_btn=1 Accept_freetext=0") },
};

static void a_device_asks_within_its_limits_and_is_taken_at_its_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char answer[1024];
		subscribe(cases[i].text, cases[i].query, answer);
		if (strcmp(answer, cases[i].answer) != 0)
			fail_msg("%s %s:\n%s, not\n%s", cases[i].conformance, cases[i].query, answer, cases[i].answer);
	}
}

/* It is kept with the order, which has room for so much. */
static void what_is_too_long_to_be_kept_is_no_answer(void **state)
{
	struct esim_text text = full;
	char query[400], typed[ESIM_CODE + 2], answer[1024];

	(void)state;
	text.validation = "";
	memset(typed, '7', sizeof typed);
	typed[ESIM_CODE + 1] = '\0';
	(void)snprintf(query, sizeof query, "MSG_btn=1&MSG_response=%s", typed);
	subscribe(&text, query, answer);
	assert_string_equal(answer, "OperationResult=104");
	(void)snprintf(query, sizeof query, "MSG_btn=1&MSG_response=%s", typed + 1);
	subscribe(&text, query, answer);
	assert_string_equal(answer + strlen("order "), typed + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_asks_within_its_limits_and_is_taken_at_its_word),
		cmocka_unit_test(what_is_too_long_to_be_kept_is_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
