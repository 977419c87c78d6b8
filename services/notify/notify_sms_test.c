/* notify_sms_test.c -- what stands in a request to the SMS gateway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notify_sms_body.h"

static void expect_body(const char *template, bool is_json, const char *text, const char *expected)
{
	const struct notify_sms_values values = { .to = ES_SLICE_LIT("+34600000001"),
		                                      .from = ES_SLICE_LIT("Demo"),
		                                      .text = es_slice_str(text) };
	struct es_buf out;

	es_buf_init(&out, 4096);
	notify_sms_body(template, is_json, &values, &out);
	assert_int_equal(es_buf_status(&out), ES_OK);
	es_put_u8(&out, '\0');
	assert_string_equal((const char *)out.ptr, expected);
	es_buf_free(&out);
}

static void a_json_body_is_escaped_as_json(void **state)
{
	(void)state;
	expect_body("{\"to\":\"{to}\",\"from\":\"{from}\",\"text\":\"{text}\"}", true, "say \"123456\"\n\\",
	            "{\"to\":\"+34600000001\",\"from\":\"Demo\",\"text\":\"say \\\"123456\\\"\\n\\\\\"}");
}

static void a_form_body_is_escaped_as_a_form(void **state)
{
	(void)state;
	expect_body("to={to}&from={from}&text={text}&coding=2", false, "a&b=c +1",
	            "to=%2B34600000001&from=Demo&text=a%26b%3Dc%20%2B1&coding=2");
}

static void a_value_is_not_a_template(void **state)
{
	(void)state;
	expect_body("to={to}&text={text}", false, "{to}", "to=%2B34600000001&text=%7Bto%7D");
	expect_body("\"{text}\" \"{to}\" {other}", true, "{from}", "\"{from}\" \"+34600000001\" {other}");
}

static void a_template_names_number_and_text(void **state)
{
	(void)state;
	assert_true(notify_sms_template_is_usable("{to} {text}"));
	assert_false(notify_sms_template_is_usable("{to}"));
	assert_false(notify_sms_template_is_usable("{text}"));
}

static void a_wake_up_stands_in_its_own_template(void **state)
{
	const struct notify_sms_values values = { .to = ES_SLICE_LIT("+34600000001"),
		                                      .udh = ES_SLICE_LIT("0605041f9f0000"),
		                                      .data = ES_SLICE_LIT("3030") };
	struct es_buf out;

	(void)state;
	es_buf_init(&out, 4096);
	notify_sms_body("to={to}&udh={udh}&data={data}", false, &values, &out);
	assert_true(es_slice_eq_str(es_buf_slice(&out), "to=%2B34600000001&udh=0605041f9f0000&data=3030"));
	es_buf_free(&out);
	assert_true(notify_sms_template_wakes("{to} {udh} {data}"));
	assert_false(notify_sms_template_wakes("{to} {text}"));
}

static void each_answer_has_its_verdict(void **state)
{
	static const struct {
		long code;
		enum notify_verdict verdict;
		enum notify_reason reason;
	} rows[] = {
		{ 200, NOTIFY_ACCEPTED, NOTIFY_WHY_NONE },      { 202, NOTIFY_ACCEPTED, NOTIFY_WHY_NONE },
		{ 302, NOTIFY_LATER, NOTIFY_WHY_NOT_READABLE }, { 400, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE },
		{ 401, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL }, { 403, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL },
		{ 404, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE },    { 408, NOTIFY_LATER, NOTIFY_WHY_PROVIDER },
		{ 429, NOTIFY_LATER, NOTIFY_WHY_RATE },         { 500, NOTIFY_LATER, NOTIFY_WHY_PROVIDER },
		{ 503, NOTIFY_LATER, NOTIFY_WHY_PROVIDER },
	};
	struct notify_heard heard;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		notify_sms_heard(rows[i].code, 7, &heard);
		assert_int_equal(heard.verdict, rows[i].verdict);
		assert_int_equal(heard.reason, rows[i].reason);
		assert_int_equal(heard.wait_ms, rows[i].verdict == NOTIFY_LATER ? 7000 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_json_body_is_escaped_as_json),
		cmocka_unit_test(a_form_body_is_escaped_as_a_form),
		cmocka_unit_test(a_value_is_not_a_template),
		cmocka_unit_test(a_template_names_number_and_text),
		cmocka_unit_test(a_wake_up_stands_in_its_own_template),
		cmocka_unit_test(each_answer_has_its_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
