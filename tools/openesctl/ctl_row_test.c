/* ctl_row_test.c -- lines of lists as objects. */
#include "ctl_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"

static void row(const char *header, const char *line, const char *expected)
{
	struct ctl_rows rows;
	bool is_header = false;
	const char *why = NULL;
	cJSON *json = NULL;

	assert_int_equal(ctl_rows_begin(es_slice_str(header), &rows, &is_header, &why), ES_OK);
	es_status status = ctl_row_read(&rows, es_slice_str(line), &json, &why);
	if (expected == NULL) {
		assert_int_equal(status, ES_MALFORMED);
		assert_non_null(why);
		assert_null(json);
		return;
	}
	if (status != ES_OK)
		fail_msg("%s: %s", line, why);
	char *text = cJSON_PrintUnformatted(json);
	assert_string_equal(text, expected);
	cJSON_free(text);
	cJSON_Delete(json);
}

static void a_line_under_its_header_is_an_object(void **state)
{
	(void)state;
	row("IMSI,Tarif\r\n", "001010123456789,Gold\r\n", "{\"IMSI\":\"001010123456789\",\"Tarif\":\"Gold\"}");
	row("\xef\xbb\xbf"
	    "a;b",
	    "1; 2 ", "{\"a\":\"1\",\"b\":\"2\"}");
	row("a,b,c", "\"x, \"\"y\"\"\",,z", "{\"a\":\"x, \\\"y\\\"\",\"c\":\"z\"}");
	row("imsi,vowifi.terms,vowifi.address", "1,available,in_progress",
	    "{\"imsi\":\"1\",\"vowifi\":{\"terms\":\"available\",\"address\":\"in_progress\"}}");
	row("a", "", "{}");
}

static void a_line_of_json_is_itself(void **state)
{
	(void)state;
	row("{\"first\": 1}", "{\"a\": [1, {\"b\": null}]}\n", "{\"a\":[1,{\"b\":null}]}");
	row("{\"first\": 1}", "{\"a\": }", NULL);
	row("{\"first\": 1}", "{\"a\": [[[[[[[1]]]]]]]}", NULL);
}

static void a_line_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	row("a,b", "1", NULL);
	row("a,b", "1,2,3", NULL);
	row("a,b", "\"1,2", NULL);
	row("a,b", "\"1\"x,2", NULL);
	row("a,b", "\xff,2", NULL);
	row("a,a.b", "1,2", NULL);
}

static void a_header_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "a,,b", "a,a", "\"a", "", "a,\x01" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct ctl_rows rows;
		bool is_header = false;
		const char *why = NULL;
		assert_int_equal(ctl_rows_begin(es_slice_str(bad[i]), &rows, &is_header, &why), ES_MALFORMED);
		assert_non_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_under_its_header_is_an_object),
		cmocka_unit_test(a_line_of_json_is_itself),
		cmocka_unit_test(a_line_that_does_not_fit_is_refused),
		cmocka_unit_test(a_header_that_is_none_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
