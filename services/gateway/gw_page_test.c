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
		{ "page=not-enabled&tenant=demo", GW_FAULT_NONE, "", "" },
		{ "tenant=demo", GW_FAULT_SYNTAX, "", "" },
		{ "page=0123456789012345678901234567890123456789", GW_FAULT_TOO_LONG, "", "" },
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

static void a_form_with_a_file_has_its_parts(void **state)
{
#define PART(headers, value) "\r\nContent-Disposition: form-data; " headers "\r\n\r\n" value "\r\n--B"
	static const char type[] = "multipart/form-data; boundary=B";
	static const struct {
		const char *type, *body;
		enum gw_fault fault;
	} bad[] = {
		{ "multipart/form-data", "--B--", GW_FAULT_SYNTAX },
		{ type, "", GW_FAULT_SYNTAX },
		{ type, "--B", GW_FAULT_SYNTAX },
		{ type, "--B\r\nno headers\r\n--B--", GW_FAULT_SYNTAX },
		{ type, "--B" PART("name=\"a\"", "1"), GW_FAULT_SYNTAX },
		{ type, "--B" PART("name=\"a\"", "1") PART("name=\"a\"", "2") "--", GW_FAULT_REPEATED },
		{ type, "--B" PART("name=\"other\"; filename=\"x\"", "1") "--", GW_FAULT_REPEATED },
		{ type,
		  "--B" PART("name=\"document\"; filename=\"x\"", "1") PART("name=\"document\"; filename=\"y\"", "1") "--",
		  GW_FAULT_REPEATED },
	};
	struct gw_page_act act;

	(void)state;
	assert_int_equal(gw_page_read_multipart(
						 es_slice_str(type),
						 ES_SLICE_LIT("--B" PART("name=\"page\"", "P") PART("name=\"do\"", "identity")
	                                      PART("name=\"document\"; filename=\"a;b.jpg\"\r\nContent-Type: image/jpeg",
	                                           "\xff\xd8\0\r\n--A") PART("name=agree", "yes") "--\r\n"),
						 &act),
	                 GW_FAULT_NONE);
	assert_true(es_slice_eq_str(act.page, "P") && es_slice_eq_str(act.action, "identity"));
	assert_int_equal(act.upload.len, 8);
	assert_int_equal(act.field_count, 1);
	assert_int_equal(gw_page_read_multipart(es_slice_str(type), ES_SLICE_LIT("--B--"), &act), GW_FAULT_NONE);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (gw_page_read_multipart(es_slice_str(bad[i].type), es_slice_str(bad[i].body), &act) != bad[i].fault)
			fail_msg("%s", bad[i].body);
#undef PART
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
		cmocka_unit_test(a_form_with_a_file_has_its_parts),
		cmocka_unit_test(forms_of_other_sites_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
