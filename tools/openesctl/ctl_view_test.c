/* ctl_view_test.c -- JSON for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl_view.h"

static const struct ctl_view view = { (const struct ctl_column[]){ { "PLAN", "id", 0 },
	                                                               { "WIFI", "vowifi", 0 },
	                                                               { "MAX", "companion.max", 0 },
	                                                               { "NAME", "name", 0 },
	                                                               { NULL, NULL, 0 } } };

static void assert_text(struct es_buf *text, const char *expected)
{
	es_put_u8(text, '\0');
	assert_int_equal(es_buf_status(text), ES_OK);
	assert_string_equal((const char *)text->ptr, expected);
	es_buf_free(text);
}

static void a_list_is_aligned_by_characters_not_octets(void **state)
{
	cJSON *items = cJSON_Parse("[{\"id\":\"g\xc3\xb6ld\",\"vowifi\":true,\"companion\":{\"max\":3},\"name\":\"G\"},"
	                           "{\"id\":\"silver\",\"vowifi\":false}]");
	struct es_buf text;

	(void)state;
	es_buf_init(&text, 4096);
	ctl_view_lines(&view, items, true, &text);
	assert_text(&text, "PLAN    WIFI  MAX  NAME\n"
	                   "g\xc3\xb6ld    yes   3    G\n"
	                   "silver  no    -    -\n");
	cJSON_Delete(items);
}

static void one_thing_shows_all_its_members(void **state)
{
	cJSON *object = cJSON_Parse("{\"imsi\":\"001010000000042\",\"vowifi\":{\"terms\":\"available\"},\"opt_outs\":[],"
	                            "\"devices\":[{\"terminal_id\":\"1\"}]}");
	struct es_buf text;

	(void)state;
	es_buf_init(&text, 4096);
	ctl_view_object(object, &text);
	assert_text(&text, "imsi          001010000000042\n"
	                   "vowifi.terms  available\n"
	                   "opt_outs      -\n"
	                   "devices:\n"
	                   "  terminal_id   1\n");
	cJSON_Delete(object);
}

static void nothing_from_the_server_reaches_the_terminal_as_a_command(void **state)
{
	cJSON *object = cJSON_Parse("{\"model\":\"\\u001b[2JPhone\\r\\n\\u007f\"}");
	struct es_buf text;

	(void)state;
	es_buf_init(&text, 4096);
	ctl_view_object(object, &text);
	assert_text(&text, "model  ?[2JPhone???\n");
	cJSON_Delete(object);
}

static void an_explanation_is_a_tree_of_rules(void **state)
{
	cJSON *explained = cJSON_Parse("{\"app\":\"ap2004\",\"answer\":{\"EntitlementStatus\":\"2\"},\"rules\":[{\"rule\":"
	                               "\"plan\",\"saw\":\"vowifi, plan basic\",\"said\":\"not offered\"}]}");
	struct es_buf text;

	(void)state;
	es_buf_init(&text, 4096);
	ctl_tree_write(explained, &text);
	assert_text(&text, "ap2004\n"
	                   "├─ rules\n"
	                   "│  └─ plan: vowifi, plan basic → not offered\n"
	                   "└─ answer\n"
	                   "   └─ EntitlementStatus: 2\n");
	cJSON_Delete(explained);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_aligned_by_characters_not_octets),
		cmocka_unit_test(one_thing_shows_all_its_members),
		cmocka_unit_test(nothing_from_the_server_reaches_the_terminal_as_a_command),
		cmocka_unit_test(an_explanation_is_a_tree_of_rules),
	};
	return cmocka_run_group_tests_name("ctl_view", tests, NULL, NULL);
}
