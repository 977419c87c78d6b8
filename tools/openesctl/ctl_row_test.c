/* ctl_row_test.c -- lines of lists as objects. */
#include "ctl_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"

static void row_of(enum ctl_row_names whose, const char *header, const char *line, const char *expected)
{
	struct ctl_rows rows;
	const char *why = NULL;
	cJSON *json = NULL;

	assert_int_equal(ctl_rows_begin(es_slice_str(header), whose, &rows, &why), ES_OK);
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

static void row(const char *header, const char *line, const char *expected)
{
	row_of(CTL_ROW_THEIRS, header, line, expected);
}

/* What holds for both. */
static void any(const char *header, const char *line, const char *expected)
{
	row_of(CTL_ROW_THEIRS, header, line, expected);
	row_of(CTL_ROW_OURS, header, line, expected);
}

static void a_line_under_its_header_is_an_object(void **state)
{
	(void)state;
	row("IMSI,Tarif\r\n", "001010123456789,Gold\r\n", "{\"IMSI\":\"001010123456789\",\"Tarif\":\"Gold\"}");
	any("\xef\xbb\xbf"
	    "a;b",
	    "1; 2 ", "{\"a\":\"1\",\"b\":\"2\"}");
	any("a,b,c", "\"x, \"\"y\"\"\",,z", "{\"a\":\"x, \\\"y\\\"\",\"c\":\"z\"}");
	row("imsi,vowifi.terms,vowifi.address", "1,available,in_progress",
	    "{\"imsi\":\"1\",\"vowifi\":{\"terms\":\"available\",\"address\":\"in_progress\"}}");
	any("a", "", "{}");
	any("imei;state\n", "356938035643809;blocked", "{\"imei\":\"356938035643809\",\"state\":\"blocked\"}");
}

static void a_member_of_ours_may_be_a_list(void **state)
{
	static const char header[] = "\xef\xbb\xbftac, vendor,model,capabilities\r\n";

	(void)state;
	row_of(
		CTL_ROW_OURS, header, "35693803,ACME,\"One, 2\",volte|vonr: 14.2|\r\n",
		"{\"tac\":\"35693803\",\"vendor\":\"ACME\",\"model\":\"One, 2\",\"capabilities\":[\"volte\",\"vonr: 14.2\"]}");
	row_of(CTL_ROW_OURS, header, "35693803,,,", "{\"tac\":\"35693803\"}");
	row_of(CTL_ROW_OURS, "capabilities", " a b || c |d", "{\"capabilities\":[\"a b\",\"c\",\"d\"]}");
	row("capabilities", "a|b", "{\"capabilities\":\"a|b\"}");
}

static void a_line_of_json_is_itself(void **state)
{
	(void)state;
	any("{\"first\": 1}", "{\"a\": [1, {\"b\": null}]}\n", "{\"a\":[1,{\"b\":null}]}");
	any("{\"first\": 1}", "{\"a\": }", NULL);
	any("{\"first\": 1}", "{\"a\": [[[[[[[1]]]]]]]}", NULL);
	any(" {\"imei\":\"356938035643809\"}\n", "{\"imei\":\"356938035643809\",\"state\":\"tracked\"}\n",
	    "{\"imei\":\"356938035643809\",\"state\":\"tracked\"}");
	any("\xef\xbb\xbf{}", "\xef\xbb\xbf{\"a\":1}", "{\"a\":1}");
}

static void what_is_the_first_row_already_is_told(void **state)
{
	static const struct {
		const char *line;
		bool is_json;
	} cases[] = { { " {\"imei\":\"1\"}\n", true }, { "\xef\xbb\xbf{}", true }, { "imei\n", false } };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct ctl_rows rows;
		const char *why = NULL;
		assert_int_equal(ctl_rows_begin(es_slice_str(cases[i].line), CTL_ROW_OURS, &rows, &why), ES_OK);
		assert_int_equal(rows.is_json, cases[i].is_json);
	}
}

static void a_line_that_does_not_fit_is_refused(void **state)
{
	static const char *const bad[] = { "1", "1,2,3", "\"1,2", "\"1\"x,2", "\xff,2" };
	static const char *const bad_json[] = { "[1]", "{", "", "7" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		any("a,b", bad[i], NULL);
	for (size_t i = 0; i < ES_COUNT(bad_json); i++)
		any("{}", bad_json[i], NULL);
	row("a,a.b", "1,2", NULL);
}

static void a_header_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *line;
		bool is_theirs; /* a name of theirs, none of ours */
	} cases[] = {
		{ "a,,b", false },    { "a,a", false },     { "\"a", false },          { "", false },   { "a,\x01", false },
		{ "tac,tac", false }, { "tac,\"x", false }, { "35693803,ACME", true }, { "a.b", true },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		for (int whose = CTL_ROW_THEIRS; whose <= CTL_ROW_OURS; whose++) {
			struct ctl_rows rows;
			const char *why = NULL;
			const bool is_good = cases[i].is_theirs && whose == CTL_ROW_THEIRS;
			const es_status status =
				ctl_rows_begin(es_slice_str(cases[i].line), (enum ctl_row_names)whose, &rows, &why);
			assert_int_equal(status, is_good ? ES_OK : ES_MALFORMED);
			assert_int_equal(why == NULL, is_good);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_under_its_header_is_an_object),
		cmocka_unit_test(a_member_of_ours_may_be_a_list),
		cmocka_unit_test(a_line_of_json_is_itself),
		cmocka_unit_test(what_is_the_first_row_already_is_told),
		cmocka_unit_test(a_line_that_does_not_fit_is_refused),
		cmocka_unit_test(a_header_that_is_none_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
