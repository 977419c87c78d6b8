/* notify_admin_form_test.c -- what operators write about notifications, and the numbers they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "notify_admin_form.h"

static cJSON *parsed(const char *text)
{
	cJSON *json = NULL;

	assert_int_equal(es_json_parse(es_slice_str(text), ES_JSON_SMALL, &json), ES_OK);
	return json;
}

static void a_test_may_name_applications_a_device_and_a_channel(void **state)
{
	ES_CLEANUP(es_json_done)
	cJSON *body = parsed("{\"apps\":[\"ap2003\",\"ap2004\"],\"terminal_id\":\"phone-1\",\"channel\":\"fcm\"}");
	struct notify_fault fault = { NULL, NULL };
	struct notify_test test;

	(void)state;
	assert_true(notify_form_test(body, &test, &fault));
	assert_true(notify_test_means(&test, "ap2004", "phone-1", NOTIFY_FCM));
	assert_true(notify_test_means(&test, "ap2003", "phone-1", NOTIFY_GCM)); /* which FCM delivers */
	assert_false(notify_test_means(&test, "ap2005", "phone-1", NOTIFY_FCM));
	assert_false(notify_test_means(&test, "ap2004", "phone-2", NOTIFY_FCM));
	assert_false(notify_test_means(&test, "ap2004", "phone-1", NOTIFY_APNS));
	assert_true(notify_form_test(NULL, &test, &fault));
	assert_true(notify_test_means(&test, "ap2011", "", NOTIFY_WNS));
}

static void a_test_that_makes_no_sense_is_refused_with_its_field(void **state)
{
	static const struct {
		const char *json, *field;
	} cases[] = {
		{ "{\"apps\":\"ap2004\"}", "apps" },
		{ "{\"apps\":[]}", "apps" },
		{ "{\"apps\":[7]}", "apps" },
		{ "{\"apps\":[\"ap200\"]}", "apps" },
		{ "{\"apps\":[\"ap2004\",\"ap2004\"]}", "apps" },
		{ "{\"apps\":[\"ap2001\",\"ap2002\",\"ap2003\",\"ap2004\",\"ap2005\",\"ap2006\",\"ap2007\",\"ap2008\","
		  "\"ap2009\","
		  "\"ap2010\",\"ap2011\",\"ap2012\",\"ap2013\",\"ap2014\",\"ap2015\",\"ap2016\",\"ap2017\"]}",
		  "apps" },
		{ "{\"terminal_id\":\"\"}", "terminal_id" },
		{ "{\"terminal_id\":1}", "terminal_id" },
		{ "{\"channel\":\"pigeon\"}", "channel" },
		{ "{\"channel\":1}", "channel" },
		{ "{\"channel\":\"sms\"}", "apps" },
		{ "{\"channel\":\"sms\",\"apps\":[\"ap2004\"],\"terminal_id\":\"phone-1\"}", "terminal_id" },
		{ "{\"color\":\"red\"}", "body" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		ES_CLEANUP(es_json_done) cJSON *body = parsed(cases[i].json);
		struct notify_fault fault = { NULL, NULL };
		struct notify_test test;
		assert_false(notify_form_test(body, &test, &fault));
		assert_string_equal(fault.field, cases[i].field);
		assert_non_null(fault.text);
	}
}

static void a_rate_is_a_number_of_wake_ups_a_second(void **state)
{
	static const char *const bad[] = { "{}", "{\"rate\":0}", "{\"rate\":100001}", "{\"rate\":\"5\"}",
		                               "{\"rate\":5,\"x\":1}" };
	ES_CLEANUP(es_json_done) cJSON *good = parsed("{\"rate\":50}");
	struct notify_fault fault = { NULL, NULL };
	uint32_t rate = 0;

	(void)state;
	assert_true(notify_form_rate(good, &rate, &fault));
	assert_int_equal(rate, 50);
	assert_false(notify_form_rate(NULL, &rate, &fault));
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		ES_CLEANUP(es_json_done) cJSON *body = parsed(bad[i]);
		assert_false(notify_form_rate(body, &rate, &fault));
		assert_string_equal(fault.field, "rate");
	}
}

static void a_hundred_percent_are_all_lines_and_no_fewer(void **state)
{
	(void)state;
	assert_int_equal(notify_percent(0, 1000), 0);
	assert_int_equal(notify_percent(999, 1000), 99);
	assert_int_equal(notify_percent(1000, 1000), 100);
	assert_int_equal(notify_percent(1001, 1000), 100);
	assert_int_equal(notify_percent(0, 0), 100);
	assert_int_equal(notify_percent(INT64_MAX / 2, INT64_MAX), 50);
}

static void the_end_is_estimated_from_the_lines_that_are_left_and_what_they_took_so_far(void **state)
{
	(void)state;
	/* 900 lines left, half of them woken: 450 wake-ups at 10 a second */
	assert_int_equal(notify_estimated_end(100, 1000, 50, 10, 5000), 5000 + 45000);
	assert_int_equal(notify_estimated_end(0, 1000, 0, 10, 5000), 5000 + 100000);
	assert_int_equal(notify_estimated_end(1000, 1000, 10, 10, 5000), 5000);
	assert_int_equal(notify_estimated_end(100, 1000, 0, 10, 5000), 5000);
	assert_int_equal(notify_estimated_end(0, -1, 0, 10, 5000), 0); /* not counted yet */
	assert_int_equal(notify_estimated_end(1, INT64_MAX, 1, 1, 5000), 0);
}

static void names_of_channels_and_reasons_are_those_of_the_interface(void **state)
{
	(void)state;
	for (int channel = NOTIFY_GCM; channel <= NOTIFY_BY_SMS; channel++)
		assert_int_equal(notify_channel_named(notify_channel_name((enum notify_channel)channel)), channel);
	assert_int_equal(notify_channel_named(""), 0);
	assert_string_equal(notify_channel_name((enum notify_channel)9), "");
	assert_true(notify_reason_is_known("credential"));
	assert_false(notify_reason_is_known("none"));
	assert_false(notify_reason_is_known(""));
}

static void a_trace_is_told_as_the_gateway_tells_it(void **state)
{
	char storage[256];
	struct es_buf buf;

	(void)state;
	es_buf_init_fixed(&buf, storage, sizeof storage);
	struct es_json_out j = es_json_to(&buf);
	es_json_object(&j, NULL);
	notify_write_trace(&j, "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01");
	notify_write_apps(&j, "ap2003 ap2004");
	es_json_end_object(&j);
	assert_true(es_slice_eq_str(es_buf_slice(&buf),
	                            "{\"trace\":\"0123456789abcdef0123456789abcdef\",\"apps\":[\"ap2003\",\"ap2004\"]}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_test_may_name_applications_a_device_and_a_channel),
		cmocka_unit_test(a_test_that_makes_no_sense_is_refused_with_its_field),
		cmocka_unit_test(a_rate_is_a_number_of_wake_ups_a_second),
		cmocka_unit_test(a_hundred_percent_are_all_lines_and_no_fewer),
		cmocka_unit_test(the_end_is_estimated_from_the_lines_that_are_left_and_what_they_took_so_far),
		cmocka_unit_test(names_of_channels_and_reasons_are_those_of_the_interface),
		cmocka_unit_test(a_trace_is_told_as_the_gateway_tells_it),
	};
	return cmocka_run_group_tests_name("notify_admin_form", tests, NULL, NULL);
}
