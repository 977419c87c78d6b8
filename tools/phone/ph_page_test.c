/* ph_page_test.c -- our own sheets, and whatever else calls itself HTML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_cleanup.h"

#include "ph_page.h"

#define FORM                                                                                                           \
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"></head><body data-object=\"ODSAServiceFlow\">"   \
	"<h1>Choose a plan &amp; go</h1>\n<form method=\"post\" action=\"/sheet/act\">\n<input type=\"hidden\" "           \
	"name=\"page\" value=\"a+b/c=\">\n<label class=\"pick\"><input type=\"radio\" name=\"plan\" value=\"gold\" "       \
	"required><span>Gold</span></label><input type=radio name=plan value=silver>"                                      \
	"<input type=\"checkbox\" name=\"agree\" value=\"1\" required><input type=\"text\" name=\"code\" value=\"\">"      \
	"<button type=\"submit\" name=\"do\" class=\"leave\" formnovalidate data-leave value=\"cancel\">No</button>"       \
	"<button type=\"submit\" name=\"do\" value=\"accept\">Yes</button><button type=\"button\" hidden "                 \
	"data-close>X</button>"                                                                                            \
	"</form></body></html>"

static struct ph_page page;

static es_status read_page(const char *text, struct es_arena *arena)
{
	assert_non_null(arena);
	return ph_page_read(es_slice_str(text), arena, &page);
}

static void assert_accepted(const struct ph_param *fills, size_t count, const char *body)
{
	ES_CLEANUP(es_buf_free) struct es_buf out;

	es_buf_init(&out, 4096);
	assert_non_null(ph_page_accept(&page, fills, count, &out));
	es_put_u8(&out, 0);
	assert_string_equal((const char *)out.ptr, body);
}

static void a_form_is_filled_by_somebody_willing(void **state)
{
	static const struct ph_param fills[] = { { "plan", "silver" }, { "code", "12 & 3" } },
								 leave[] = { { "do", "cancel" } }, elsewhere[] = { { "plan", "bronze" } };
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);

	(void)state;
	assert_int_equal(read_page(FORM, arena), ES_OK);
	assert_true(es_slice_eq_str(page.title, "Choose a plan & go"));
	assert_true(es_slice_eq_str(page.action, "/sheet/act"));
	assert_int_equal(page.call.methods.len, 0);
	assert_accepted(NULL, 0, "page=a%2Bb%2Fc%3D&plan=gold&agree=1&code=&do=accept");
	assert_accepted(fills, 2, "page=a%2Bb%2Fc%3D&plan=silver&agree=1&code=12%20%26%203&do=accept");
	assert_accepted(elsewhere, 1, "page=a%2Bb%2Fc%3D&plan=gold&agree=1&code=&do=accept");
	assert_accepted(leave, 1, "page=a%2Bb%2Fc%3D&plan=gold&agree=1&code=&do=cancel");
}

static void a_call_and_a_refresh_are_found(void **state) /* TS.43 6.7 */
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);

	(void)state;
	assert_int_equal(read_page("<body data-call=\"profileReadyWithDefaultSmdp\" "
	                           "data-arguments=\"[&quot;s.example&quot;,&quot;8901&quot;]\" data-at-once=\"1\">",
	                           arena),
	                 ES_OK);
	assert_true(es_slice_eq_str(page.call.methods, "profileReadyWithDefaultSmdp"));
	assert_true(es_slice_eq_str(page.call.arguments[0], "s.example") &&
	            es_slice_eq_str(page.call.arguments[1], "8901"));
	assert_int_equal(page.call.arguments[2].len, 0);
	assert_true(page.calls_at_once);
	assert_int_equal(page.refresh_s, -1);
	assert_int_equal(read_page("<meta http-equiv=refresh content='2; url=/sheet/w?x=1&amp;y'><body>", arena), ES_OK);
	assert_int_equal(page.refresh_s, 2);
	assert_true(es_slice_eq_str(page.refresh_url, "/sheet/w?x=1&y"));
	assert_int_equal(read_page("<body data-call=f data-arguments='{}'>", arena), ES_MALFORMED);
}

static void a_working_page_is_looked_at_again_and_a_delayed_one_is_finished(void **state)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);

	(void)state;
	assert_int_equal(
		read_page("<body data-again=\"2\"><form action=/a><button name=do value=look>Look</button><button "
	              "type=button class=\"may\" data-method=\"finishFlow\" data-list=\"[]\">Go</button></form>",
	              arena),
		ES_OK);
	assert_int_equal(page.again_s, 2);
	assert_int_equal(page.field_count, 1);
	assert_int_equal(page.pressed.methods.len, 0);
	assert_int_equal(
		read_page("<body><dl><div><dt>Device</dt><dd>My Watch</dd></div><div><dt>Code</dt><dd>4711</dd></div></dl>"
	              "<button type=button data-method=\"deleteProfileInUse finishFlow\" "
	              "data-list='[\"8901\"]'>Delete</button>",
	              arena),
		ES_OK);
	assert_true(es_slice_eq_str(page.code, "4711"));
	assert_true(es_slice_eq_str(page.pressed.methods, "deleteProfileInUse finishFlow"));
	assert_true(es_slice_eq_str(page.pressed.arguments[0], "8901"));
}

static void nothing_is_made_of_what_is_no_page(void **state)
{
	static const char *const texts[] = { "",        "<",     "<<<",        "<input name=", "<button name='x",
		                                 "</form>", "a < b", "<form =\"x>" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(texts); i++) {
		ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
		assert_int_equal(read_page(texts[i], arena), ES_OK);
		assert_int_equal(page.field_count, 0);
		assert_null(ph_page_accept(&page, NULL, 0, &(struct es_buf){ 0 }));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_form_is_filled_by_somebody_willing),
		cmocka_unit_test(a_call_and_a_refresh_are_found),
		cmocka_unit_test(a_working_page_is_looked_at_again_and_a_delayed_one_is_finished),
		cmocka_unit_test(nothing_is_made_of_what_is_no_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
