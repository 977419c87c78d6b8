/* gw_negotiate_test.c -- headers as real clients send them: Accept, Accept-Encoding, Accept-Language, Cookie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "gw_cookie.h"
#include "gw_negotiate.h"

#define RELAY "application/vnd.gsma.eap-relay.v1.0+json"
#define XML "text/vnd.wap.connectivity-xml"

/* Settled 24; the rows of ts43 3.3. */
static void the_form_is_one_the_client_reads(void **state)
{
	static const struct {
		const char *accept;
		enum gw_form form;
	} rows[] = {
		{ NULL, GW_FORM_XML },
		{ "", GW_FORM_XML },
		{ "*/*", GW_FORM_XML },
		{ "text/html, */*;q=0.1", GW_FORM_XML },
		{ "text/html", GW_FORM_XML },
		{ XML, GW_FORM_XML },
		{ "text/xml", GW_FORM_XML },
		{ "TEXT/VND.WAP.CONNECTIVITY-XML; charset=utf-8", GW_FORM_XML },
		{ "application/json, " XML, GW_FORM_XML },
		{ RELAY ", " XML, GW_FORM_XML },
		{ RELAY ", application/json, " XML, GW_FORM_XML },
		{ "application/json", GW_FORM_JSON },
		{ "application/json, application/xml", GW_FORM_JSON },
		{ RELAY ", application/json", GW_FORM_JSON },
		{ "application/json, " XML ";q=0", GW_FORM_JSON },
		{ "application/json;q=0.1, " XML "; q=0.000", GW_FORM_JSON },
		{ RELAY, GW_FORM_UNSAID },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct gw_accept accept = { 0 };

		gw_accept_add(&accept, es_slice_str(rows[i].accept));
		if (gw_accept_form(&accept) != rows[i].form)
			fail_msg("%s", rows[i].accept);
	}
}

/* V12-DOC-10, V12-DOC-11 */
static void gzip_is_used_where_it_is_named_and_not_refused(void **state)
{
	static const struct {
		const char *value;
		bool takes;
	} rows[] = {
		{ "gzip", true },         { "deflate, GZIP;q=0.5", true },
		{ "gzip;q=0", false },    { "gzip; q=0.0, deflate", false },
		{ "gzip;q=0.001", true }, { "*", false },
		{ "x-gzip", false },      { "", false },
		{ "identity", false },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		if (gw_accepts_gzip(es_slice_str(rows[i].value)) != rows[i].takes)
			fail_msg("%s", rows[i].value);
}

/* V12-REQ-22 */
static void lines_of_languages_are_joined_and_bounded(void **state)
{
	struct gw_language language = { .len = 0 };
	char line[GW_LANGUAGE_MAX];

	(void)state;
	gw_language_add(&language, ES_SLICE_LIT("fr-CA"));
	gw_language_add(&language, ES_SLICE_LIT(""));
	gw_language_add(&language, ES_SLICE_LIT("en;q=0.5"));
	gw_language_add(&language, ES_SLICE_LIT("d\xff"));
	assert_string_equal(language.text, "fr-CA, en;q=0.5");
	memset(line, 'x', sizeof(line));
	gw_language_add(&language, es_slice_of(line, sizeof(line)));
	gw_language_add(&language, es_slice_of(line, GW_LANGUAGE_MAX - language.len - 2));
	assert_string_equal(language.text, "fr-CA, en;q=0.5");
	gw_language_add(&language, es_slice_of(line, GW_LANGUAGE_MAX - language.len - 3));
	assert_int_equal(language.len, GW_LANGUAGE_MAX - 1);
	assert_int_equal(strlen(language.text), GW_LANGUAGE_MAX - 1);
}

/* The echoes of ts43 3.6. */
static void the_session_cookie_is_found_however_it_is_echoed(void **state)
{
	static const struct {
		const char *lines[3];
		const char *values; /* joined by blanks */
	} rows[] = {
		{ { "ecs=abc" }, "abc" },
		{ { "ecs=\"abc\"" }, "abc" },
		{ { "ecs=abc; Path=/; Secure; HttpOnly" }, "abc" },
		{ { "$Version=\"1\"; ecs=\"abc\"; $Path=\"/\"" }, "abc" },
		{ { "$Version=1, ecs=abc" }, "abc" },
		{ { "other=1; ecs=abc;x", "word" }, "abc" },
		{ { "other=1", " ecs = abc " }, "abc" },
		{ { "ecs=new", "ecs=old; ecs=new" }, "new old" },
		{ { "ecs=a=b==" }, "a=b==" },
		{ { "ecs=" }, "" },
		{ { "ecs" }, "" },
		{ { "xecs=abc" }, "" },
		{ { "ecs=a b" }, "" },
		{ { "ecs=a\x01" }, "" },
		{ { "ecs=1; ecs=2; ecs=3; ecs=4; ecs=5" }, "1 2 3 4" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct gw_cookies cookies = { .count = 0 };
		char text[64] = "";

		for (size_t k = 0; k < 3 && rows[i].lines[k] != NULL; k++)
			gw_cookies_add(&cookies, es_slice_str(rows[i].lines[k]));
		for (size_t k = 0; k < cookies.count; k++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s" ES_SLICE_FMT, k > 0 ? " " : "",
			         ES_SLICE_ARG(cookies.values[k]));
		assert_string_equal(text, rows[i].values);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_is_one_the_client_reads),
		cmocka_unit_test(gzip_is_used_where_it_is_named_and_not_refused),
		cmocka_unit_test(lines_of_languages_are_joined_and_bounded),
		cmocka_unit_test(the_session_cookie_is_found_however_it_is_echoed),
	};

	return cmocka_run_group_tests_name("gw_negotiate", tests, NULL, NULL);
}
