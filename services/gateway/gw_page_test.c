/* gw_page_test.c -- user data as phones send it, forms, and where they come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gw_page_request.h"

static void user_data_is_read_in_whatever_form_it_comes(void **state)
{
	static const struct {
		const char *text;
		enum gw_fault fault;
		const char *handle, *boost;
	} cases[] = {
		{ "sid=abc", GW_FAULT_NONE, "abc", "" },
		{ "sid=abc&boost_type=166", GW_FAULT_NONE, "abc", "166" },
		{ " {\"sid\":\"abc\",\"boost_type\":\"0\"}\n", GW_FAULT_NONE, "abc", "0" },
		{ "<flow><sid>abc</sid></flow>", GW_FAULT_NONE, "abc", "" },
		{ "<flow><sid> abc </sid><boost_type>7</boost_type></flow>", GW_FAULT_NONE, "abc", "7" },
		{ "encodedValue=eyJzaWQiOiJhYmMifQ==", GW_FAULT_NONE, "abc", "" },
		{ "encodedValue=eyJzaWQiOiJhYmMifQ%3D%3D", GW_FAULT_NONE, "abc", "" },
		{ "encodedValue=PGZsb3c+PHNpZD5hYmM8L3NpZD48L2Zsb3c+", GW_FAULT_NONE, "abc", "" },
		{ "encodedValue=c2lkPWFiYw==", GW_FAULT_NONE, "abc", "" },
		{ "encodedValue=ZW5jb2RlZFZhbHVlPXh4", GW_FAULT_SYNTAX, "", "" }, /* once, and not in itself */
		{ "sid=abc&sid=abc", GW_FAULT_NONE, "abc", "" },
		{ "sid=abc&sid=abd", GW_FAULT_REPEATED, "", "" },
		{ "sid=abc&other=1", GW_FAULT_NONE, "abc", "" },
		{ "sid=", GW_FAULT_SYNTAX, "", "" },
		{ "", GW_FAULT_SYNTAX, "", "" },
		{ "{\"sid\":7}", GW_FAULT_SYNTAX, "", "" },
		{ "[\"sid\"]", GW_FAULT_SYNTAX, "", "" },
		{ "<flow><sid>abc<b></sid></flow>", GW_FAULT_SYNTAX, "", "" },
		{ "<flow></flow>", GW_FAULT_SYNTAX, "", "" },
		{ "sid=abc&boost_type=123456789", GW_FAULT_TOO_LONG, "", "" },
	};
	struct es_arena *arena = es_arena_new(0, 1u << 20);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct gw_page_open open;
		enum gw_fault fault = gw_page_read_open(es_slice_str(cases[i].text), arena, &open);
		if (fault != cases[i].fault)
			fail_msg("%s: %s", cases[i].text, gw_fault_label(fault));
		if (fault == GW_FAULT_NONE && (!es_slice_eq_str(open.handle, cases[i].handle) ||
		                               !es_slice_eq(open.boost_type, es_slice_str(cases[i].boost))))
			fail_msg("%s: " ES_SLICE_FMT, cases[i].text, ES_SLICE_ARG(open.handle));
	}
	es_arena_free(arena);
}

static void a_form_has_its_act_and_its_fields_once(void **state)
{
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	struct gw_page_act act;

	(void)state;
	assert_int_equal(gw_page_read_act(ES_SLICE_LIT("page=P&do=address&street=12+High%20St%26&unit="), arena, &act),
	                 GW_FAULT_NONE);
	assert_true(es_slice_eq_str(act.page, "P") && es_slice_eq_str(act.action, "address"));
	assert_int_equal(act.field_count, 2);
	assert_true(es_slice_eq_str(act.fields[0].value, "12 High St&"));
	assert_int_equal(gw_page_read_act(ES_SLICE_LIT("page=P&do=a&do=b"), arena, &act), GW_FAULT_REPEATED);
	assert_int_equal(gw_page_read_act(ES_SLICE_LIT("x=1&x=1"), arena, &act), GW_FAULT_REPEATED);
	assert_int_equal(gw_page_read_act(ES_SLICE_LIT("x=%ff"), arena, &act), GW_FAULT_TEXT);
	assert_int_equal(gw_page_read_act(ES_SLICE_LIT("x=%0"), arena, &act), GW_FAULT_SYNTAX);
	assert_int_equal(gw_page_read_act(ES_SLICE_LIT("x=%00"), arena, &act), GW_FAULT_TEXT);
	es_arena_free(arena);
}

static void forms_of_other_sites_are_told_apart(void **state)
{
	static const struct {
		const char *origin, *host;
		bool ours;
	} cases[] = {
		{ "https://es.example", "es.example", true },
		{ "https://ES.example:8443", "es.example:8443", true },
		{ "http://es.example", "es.example", true },
		{ NULL, "es.example", true },
		{ "null", "es.example", false },
		{ "https://es.example.evil", "es.example", false },
		{ "https://es.example:8443", "es.example", false },
		{ "https://", "", true },
		{ "ftp://es.example", "es.example", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(gw_page_origin_is_ours(es_slice_str(cases[i].origin), es_slice_str(cases[i].host)),
		                 cases[i].ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(user_data_is_read_in_whatever_form_it_comes),
		cmocka_unit_test(a_form_has_its_act_and_its_fields_once),
		cmocka_unit_test(forms_of_other_sites_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
