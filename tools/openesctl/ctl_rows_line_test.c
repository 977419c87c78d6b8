/* ctl_rows_line_test.c -- lines of CSV and JSON as objects, and why they are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ctl_rows_line.h"
#include "es_cleanup.h"

static struct ctl_list begun(const char *header)
{
	struct ctl_list rows;
	const char *why = NULL;

	assert_int_equal(ctl_list_begin(es_slice_str(header), &rows, &why), ES_OK);
	return rows;
}

static void assert_row(const struct ctl_list *rows, const char *line, const char *expected)
{
	cJSON *object = NULL;
	const char *why = NULL;

	assert_int_equal(ctl_list_line(rows, es_slice_str(line), &object, &why), ES_OK);
	char *text = cJSON_PrintUnformatted(object);
	assert_string_equal(text, expected);
	cJSON_free(text);
	cJSON_Delete(object);
}

static void columns_are_members(void **state)
{
	const struct ctl_list rows = begun("\xef\xbb\xbftac, vendor,model,capabilities\r\n");
	(void)state;

	assert_row(
		&rows, "35693803,ACME,\"One, 2\",volte|vonr: 14.2|\r\n",
		"{\"tac\":\"35693803\",\"vendor\":\"ACME\",\"model\":\"One, 2\",\"capabilities\":[\"volte\",\"vonr: 14.2\"]}");
	assert_row(&rows, "35693803,,,", "{\"tac\":\"35693803\"}");
	const struct ctl_list other = begun("imei;state\n");
	assert_row(&other, "356938035643809;blocked", "{\"imei\":\"356938035643809\",\"state\":\"blocked\"}");
}

static void json_lines_are_taken_as_they_are(void **state)
{
	const struct ctl_list rows = begun(" {\"imei\":\"356938035643809\"}\n");
	(void)state;

	assert_true(rows.is_json);
	assert_row(&rows, "{\"imei\":\"356938035643809\",\"state\":\"tracked\"}\n",
	           "{\"imei\":\"356938035643809\",\"state\":\"tracked\"}");
}

static void what_is_no_row_has_a_reason(void **state)
{
	static const char *const bad_headers[] = { "", "35693803,ACME", "tac,tac", "tac,\"x" };
	static const char *const bad_lines[] = { "1", "1,2,3", "\"1,2", "\"1\"x,2", "\xff,2" };
	static const char *const bad_json[] = { "[1]", "{", "", "7" };
	const struct ctl_list csv = begun("tac,vendor"), json = begun("{}");
	struct ctl_list rows;
	cJSON *object = NULL;
	(void)state;

	for (size_t i = 0; i < ES_COUNT(bad_headers); i++) {
		const char *why = NULL;
		assert_int_equal(ctl_list_begin(es_slice_str(bad_headers[i]), &rows, &why), ES_MALFORMED);
		assert_non_null(why);
	}
	for (size_t i = 0; i < ES_COUNT(bad_lines); i++) {
		const char *why = NULL;
		assert_int_equal(ctl_list_line(&csv, es_slice_str(bad_lines[i]), &object, &why), ES_MALFORMED);
		assert_non_null(why);
	}
	for (size_t i = 0; i < ES_COUNT(bad_json); i++) {
		const char *why = NULL;
		assert_int_equal(ctl_list_line(&json, es_slice_str(bad_json[i]), &object, &why), ES_MALFORMED);
		assert_non_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_members),
		cmocka_unit_test(json_lines_are_taken_as_they_are),
		cmocka_unit_test(what_is_no_row_has_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
