/* gw_return_test.c -- returns told from ordinary requests, and the page of the web sheet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gw_return.h"
#include "gw_sheet_page.h"

static struct es_arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = es_arena_new(0, 1u << 20);
	return arena == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	es_arena_free(arena);
	return 0;
}

static enum gw_fault read_query(const char *query, struct gw_return *out)
{
	struct gw_params *params = es_arena_alloc(arena, sizeof(*params));

	assert_int_equal(gw_query_parse(es_slice_str(query), arena, params), GW_FAULT_NONE);
	return gw_return_read(params, out);
}

static enum gw_return_kind kind_of(const char *query)
{
	struct gw_return back;

	assert_int_equal(read_query(query, &back), GW_FAULT_NONE);
	return back.kind;
}

static void a_return_is_told_from_a_request(void **state)
{
	(void)state;
	assert_int_equal(kind_of("code=c&state=s"), GW_RETURN_OIDC);
	assert_int_equal(kind_of("error=access_denied&state=s&error_description=no"), GW_RETURN_OIDC);
	assert_int_equal(kind_of("state=s&app=ap2004"), GW_RETURN_NONE);
	assert_int_equal(kind_of("code=c&app=ap2004"), GW_RETURN_NONE);
	assert_int_equal(kind_of("code=&state=s"), GW_RETURN_NONE);
	assert_int_equal(kind_of("OTP=123456"), GW_RETURN_CODE);
	assert_int_equal(kind_of("otp=123456&app=ap2009"), GW_RETURN_CODE);
	assert_int_equal(kind_of("OTP=&msisdn=%2B34600000001"), GW_RETURN_NONE);
	assert_int_equal(kind_of("OTP=123456&token=abc"), GW_RETURN_NONE);
	assert_int_equal(kind_of("OTP=123456&token=null"), GW_RETURN_CODE);
	assert_int_equal(kind_of("OTP=null&app=ap2004"), GW_RETURN_NONE);
	assert_int_equal(kind_of("app=ap2004"), GW_RETURN_NONE);
}

static void what_says_two_things_says_none(void **state)
{
	struct gw_return back;

	(void)state;
	assert_int_equal(read_query("code=a&code=b&state=s", &back), GW_FAULT_REPEATED);
	assert_int_equal(read_query("code=a&state=s&state=t", &back), GW_FAULT_REPEATED);
	assert_int_equal(read_query("OTP=1&otp=2", &back), GW_FAULT_REPEATED);
	assert_int_equal(read_query("code=a&code=a&state=s", &back), GW_FAULT_NONE);
}

static void the_form_is_read(void **state)
{
	struct gw_return back;

	(void)state;
	assert_int_equal(gw_return_read_form(ES_SLICE_LIT("h=handle&code=+123456+"), arena, &back), GW_FAULT_NONE);
	assert_true(es_slice_eq_str(back.handle, "handle") && es_slice_eq_str(back.code, "123456") && !back.again);
	assert_int_equal(gw_return_read_form(ES_SLICE_LIT("h=handle&again=1"), arena, &back), GW_FAULT_NONE);
	assert_true(back.again && back.code.len == 0);
	assert_int_equal(gw_return_read_form(ES_SLICE_LIT("h=a&h=b"), arena, &back), GW_FAULT_REPEATED);
}

static char *write_page(struct gw_sheet_page page)
{
	struct es_buf out;
	char *text;

	page.nonce = "the-nonce";
	page.path = "/otp";
	es_buf_init(&out, 65536);
	gw_sheet_write(&page, &out);
	assert_int_equal(es_buf_status(&out), ES_OK);
	assert_true(out.len < 20000);
	text = es_arena_strdup(arena, es_buf_slice(&out));
	assert_non_null(text);
	es_buf_free(&out);
	return text;
}

static void every_language_has_every_page(void **state)
{
	static const char *const wanted[] = { "en", "es", "fr", "de", "ar" };

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		size_t language = gw_sheet_language(es_slice_str(wanted[i]));
		assert_string_equal(gw_sheet_language_name(language), wanted[i]);
		for (int kind = GW_SHEET_ASK; kind <= GW_SHEET_LATER; kind++) {
			char *page = write_page((struct gw_sheet_page){ .kind = (enum gw_sheet_kind)kind,
			                                                .language = language,
			                                                .tenant = ES_SLICE_LIT("Demo & Söhne <b>"),
			                                                .handle = ES_SLICE_LIT("the-handle"),
			                                                .number_end = ES_SLICE_LIT("01"),
			                                                .tries_left = 3 });
			assert_null(strstr(page, "{{"));
			assert_null(strstr(page, "%1"));
			assert_null(strstr(page, "%2"));
			assert_null(strstr(page, "<script"));
			assert_null(strstr(page, "http"));
			assert_non_null(strstr(page, "Demo &amp; Söhne &lt;b&gt;"));
			assert_int_equal(strstr(page, "dir=\"rtl\"") != NULL, strcmp(wanted[i], "ar") == 0);
			assert_int_equal(strstr(page, "value=\"the-handle\"") != NULL, kind <= GW_SHEET_WRONG);
		}
	}
}

static void the_language_is_the_best_that_there_is(void **state)
{
	(void)state;
	assert_string_equal(gw_sheet_language_name(gw_sheet_language(ES_SLICE_LIT("it, fr-CA;q=0.8, de;q=0.7"))), "fr");
	assert_string_equal(gw_sheet_language_name(gw_sheet_language(ES_SLICE_LIT("DE-at"))), "de");
	assert_string_equal(gw_sheet_language_name(gw_sheet_language(ES_SLICE_LIT("xx"))), "en");
	assert_string_equal(gw_sheet_language_name(gw_sheet_language(ES_SLICE_LIT(""))), "en");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_return_is_told_from_a_request),
		cmocka_unit_test(what_says_two_things_says_none),
		cmocka_unit_test(the_form_is_read),
		cmocka_unit_test(every_language_has_every_page),
		cmocka_unit_test(the_language_is_the_best_that_there_is),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
