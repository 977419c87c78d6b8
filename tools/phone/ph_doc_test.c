/* ph_doc_test.c -- documents as a phone reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_buf.h"
#include "es_cleanup.h"

#include "ph_doc.h"

struct story {
	struct es_arena *arena;
	struct es_buf text;
	char storage[1024];
};

static int set_up(void **state)
{
	static struct story s;
	s.arena = es_arena_new(0, 65536);
	es_buf_init_fixed(&s.text, s.storage, sizeof s.storage);
	*state = &s;
	return s.arena == NULL;
}

static int tear_down(void **state)
{
	struct story *s = *state;
	es_arena_free(s->arena);
	return 0;
}

static void note(void *user, enum ph_doc_event event, unsigned depth, struct es_slice name, struct es_slice value)
{
	struct story *s = user;
	es_put_printf(&s->text, "%u", depth);
	if (event == PH_DOC_CLOSE)
		es_put_str(&s->text, "} ");
	else if (event == PH_DOC_OPEN)
		es_put_printf(&s->text, ES_SLICE_FMT "{ ", ES_SLICE_ARG(name));
	else
		es_put_printf(&s->text, ES_SLICE_FMT "=" ES_SLICE_FMT " ", ES_SLICE_ARG(name), ES_SLICE_ARG(value));
}

static void assert_story(struct story *s, const char *body, bool is_json, const char *expected)
{
	es_buf_reset(&s->text);
	assert_int_equal(ph_doc_walk(es_slice_str(body), is_json, s->arena, note, s), ES_OK);
	es_put_u8(&s->text, 0);
	assert_string_equal(s->storage, expected);
}

static void xml_is_read_in_order(void **state)
{
	assert_story(*state,
	             "<?xml version=\"1.0\"?>\n<!-- one - two -->\n<wap-provisioningdoc version='1.1'>\n"
	             "<characteristic type=\"VERS\">\n<parm name=\"version\" value=\"1\"/>\n</characteristic>\n"
	             "<characteristic type=\"APPLICATION\"><parm value=\"a&amp;b &lt;&#233;&gt;\" name=\"v\"></parm>"
	             "<characteristic type=\"L\"/></characteristic >\n</wap-provisioningdoc>\n",
	             false, "0VERS{ 1version=1 0} 0APPLICATION{ 1v=a&b <\xc3\xa9> 1L{ 1} 0} ");
}

static void json_is_read_in_order_and_lists_lose_their_wrappers(void **state)
{
	assert_story(
		*state,
		"{\"Vers\":{\"version\":\"1\",\"validity\":60},\"ap2003\":{\"List\":[{\"Details\":{\"AccessType\":\"1\"}},"
		"{\"Details\":{\"AccessType\":\"2\"}}],\"flag\":true}}",
		true,
		"0Vers{ 1version=1 1validity=60 0} 0ap2003{ 1List{ 2Details{ 3AccessType=1 2} 2Details{ 3AccessType=2 2} "
		"1} 1flag=true 0} ");
}

static void malformed_documents_are_refused(void **state)
{
	static const struct {
		const char *body;
		bool is_json;
		es_status expected;
	} cases[] = {
		{ "", false, ES_MALFORMED },
		{ "<wap-provisioningdoc>", false, ES_MALFORMED },
		{ "<wap-provisioningdoc></characteristic>", false, ES_MALFORMED },
		{ "<wap-provisioningdoc/><wap-provisioningdoc/>", false, ES_MALFORMED },
		{ "<parm name=\"a\" value=\"b\"/>", false, ES_MALFORMED },
		{ "<wap-provisioningdoc><other/></wap-provisioningdoc>", false, ES_MALFORMED },
		{ "<wap-provisioningdoc>text</wap-provisioningdoc>", false, ES_MALFORMED },
		{ "<wap-provisioningdoc a=b/>", false, ES_MALFORMED },
		{ "<wap-provisioningdoc a=\"b/>", false, ES_MALFORMED },
		{ "<wap-provisioningdoc a=\"&unknown;\"/>", false, ES_MALFORMED },
		{ "<wap-provisioningdoc a=\"&;\"/>", false, ES_MALFORMED },
		{ "<wap-provisioningdoc a=\"&#1114112;\"/>", false, ES_MALFORMED },
		{ "<!DOCTYPE x><wap-provisioningdoc/>", false, ES_MALFORMED },
		{ "<!-- <wap-provisioningdoc/>", false, ES_MALFORMED },
		{ "[]", true, ES_MALFORMED },
		{ "{\"Vers\":", true, ES_MALFORMED },
	};
	struct story *s = *state;

	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		es_buf_reset(&s->text);
		if (ph_doc_walk(es_slice_str(cases[i].body), cases[i].is_json, s->arena, note, s) != cases[i].expected)
			fail_msg("case %zu: %s", i, cases[i].body);
	}
}

static void nesting_is_bounded(void **state)
{
	struct story *s = *state;
	ES_CLEANUP(es_buf_free) struct es_buf deep;

	es_buf_init(&deep, 65536);
	es_put_str(&deep, "<wap-provisioningdoc>");
	for (int i = 0; i < 100; i++)
		es_put_str(&deep, "<characteristic type=\"x\">");
	assert_int_equal(ph_doc_walk(es_buf_slice(&deep), false, s->arena, note, s), ES_TOO_LARGE);
}

static void token_and_its_validity_are_found(void **state)
{
	struct story *s = *state;
	struct es_slice token;
	int64_t validity_s = 0;

	assert_int_equal(
		ph_doc_token(ES_SLICE_LIT("<wap-provisioningdoc><characteristic type=\"TOKEN\">"
	                              "<parm name=\"token\" value=\"abc\"/><parm name=\"validity\" value=\"60\"/>"
	                              "</characteristic></wap-provisioningdoc>"),
	                 false, s->arena, &token, &validity_s),
		ES_OK);
	assert_true(es_slice_eq_str(token, "abc"));
	assert_int_equal(validity_s, 60);
	assert_int_equal(ph_doc_token(ES_SLICE_LIT("{\"Token\":{\"token\":\"x\"}}"), true, s->arena, &token, &validity_s),
	                 ES_OK);
	assert_int_equal(validity_s, -1);
	assert_int_equal(ph_doc_token(ES_SLICE_LIT("{\"ap2003\":{\"token\":\"x\"}}"), true, s->arena, &token, &validity_s),
	                 ES_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(xml_is_read_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_is_read_in_order_and_lists_lose_their_wrappers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(malformed_documents_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nesting_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(token_and_its_validity_are_found, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
