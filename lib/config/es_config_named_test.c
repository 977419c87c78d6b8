/* es_config_named_test.c -- sections that occur many times: what is read, and what is refused with which sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_config_named.h"

struct node {
	const char *identity;
	uint32_t watchdog;
};
struct peer {
	const char *host;
	uint32_t port;
	bool tls;
	int64_t timeout;
};

static const struct es_conf_key node_keys[] = {
	ES_CONF(node, struct node, identity, ES_CONF_STRING, NULL, 0, 0, "Who we are."),
	ES_CONF(node, struct node, watchdog, ES_CONF_U32, "6", 6, 60, "Seconds."),
};
static const struct es_conf_key peer_keys[] = {
	ES_CONF(peer, struct peer, host, ES_CONF_STRING, NULL, 0, 0, "Who it is."),
	ES_CONF(peer, struct peer, port, ES_CONF_U32, "3868", 1, 65535, "Where."),
	ES_CONF(peer, struct peer, tls, ES_CONF_BOOL, "yes", 0, 0, "How."),
	ES_CONF(peer, struct peer, timeout, ES_CONF_DURATION, "3s", 100, 60000, "How long."),
};
static const struct es_conf_section kinds[] = {
	{ "node", node_keys, ES_COUNT(node_keys), sizeof(struct node), true },
	{ "peer", peer_keys, ES_COUNT(peer_keys), sizeof(struct peer), false },
	{ "udm", NULL, 0, 0, false },
};

struct fixture {
	struct es_arena *arena;
	struct es_buf error;
	char text[1024];
	const struct es_conf_named *list;
	size_t count;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->arena = es_arena_new(0, 256 * 1024);
	assert_non_null(f->arena);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	es_arena_free(f->arena);
	free(f);
	return 0;
}

static es_status parse(struct fixture *f, const char *text)
{
	memset(f->text, 0, sizeof f->text);
	es_buf_init_fixed(&f->error, f->text, sizeof f->text - 1);
	return es_config_named_parse(kinds, ES_COUNT(kinds), es_slice_str(text), f->arena, &f->list, &f->count, &f->error);
}

static void sections_come_in_the_order_of_the_file_with_their_defaults(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "[peer b]\nhost = hss-b.example\n\n[node]\nidentity=ecs.example\n[udm x]\nany = thing\n"
	                          "[peer  a ]\nhost = hss-a.example\nport = 3869\ntls = no\ntimeout = 250ms\n"),
	                 ES_OK);
	assert_int_equal(f->count, 4);
	assert_string_equal(f->list[0].name, "b");
	const struct peer *b = f->list[0].values;
	assert_string_equal(b->host, "hss-b.example");
	assert_int_equal(b->port, 3868);
	assert_true(b->tls && b->timeout == 3000);
	assert_ptr_equal(f->list[1].section, &kinds[0]);
	assert_string_equal(f->list[1].name, "");
	assert_int_equal(((const struct node *)f->list[1].values)->watchdog, 6);
	assert_true(f->list[2].section == &kinds[2] && f->list[2].values == NULL); /* somebody else reads it */
	assert_string_equal(f->list[2].name, "x");
	const struct peer *a = f->list[3].values;
	assert_string_equal(f->list[3].name, "a");
	assert_int_equal(f->list[3].line, 8);
	assert_true(a->port == 3869 && !a->tls && a->timeout == 250);
}

static void an_empty_file_has_no_section(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, ""), ES_OK);
	assert_int_equal(f->count, 0);
}

static void a_refusal_names_line_section_and_reason(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{ "[peer a]\n", "configuration:1: [peer a] host is required" },
		{ "\n[peer a]\nhost=\n", "configuration:3: [peer a] host must not be empty" },
		{ "[peer a]\nhost=x\nprot=1\n", "configuration:3: [peer a] has no key prot" },
		{ "[peer a]\nhost=x\nport=0\n", "configuration:3: [peer a] port must be 1 to 65535" },
		{ "[peer a]\nhost=x\nhost=y\n", "configuration:3: [peer a] host is set twice, first in line 2" },
		{ "[peer a]\nhost=x\n[peer  a]\nhost=y\n", "configuration:3: [peer  a] stands there twice, first in line 1" },
		{ "[node]\nidentity=x\n[node]\n", "configuration:3: [node] stands there twice, first in line 1" },
		{ "[node main]\nidentity=x\n", "configuration:1: [node main] takes no name" },
		{ "[peer]\nhost=x\n", "configuration:1: [peer] needs a name: 1 to 31 of a-z, 0-9, '-' and '_'" },
		{ "[peer A]\nhost=x\n", "configuration:1: [peer A] needs a name: 1 to 31 of a-z, 0-9, '-' and '_'" },
		{ "[hss a]\n", "configuration:1: [hss a] is no section of this file" },
		{ "host=x\n", "configuration:1: host stands before any [section]" },
		{ "[peer a]\nhost\n", "configuration:2: neither a [section] nor a \"key = value\"" },
		{ "[peer a\nhost=x\n", "configuration:1: neither a [section] nor a \"key = value\"" },
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		assert_int_equal(parse(f, rows[i].text), ES_MALFORMED);
		assert_string_equal(f->text, rows[i].sentence);
	}
}

static void too_many_sections_are_refused(void **state)
{
	struct fixture *f = *state;
	struct es_buf text;

	es_buf_init(&text, 65536);
	for (int i = 0; i <= ES_CONFIG_NAMED_MAX; i++)
		es_put_printf(&text, "[udm n%d]\n", i);
	es_put_u8(&text, 0);
	assert_int_equal(parse(f, (const char *)text.ptr), ES_MALFORMED);
	assert_non_null(strstr(f->text, "is one section too many"));
	es_buf_free(&text);
}

static void a_file_that_is_not_there_is_named(void **state)
{
	struct fixture *f = *state;

	es_buf_init_fixed(&f->error, f->text, sizeof f->text - 1);
	assert_int_equal(es_config_named_load(kinds, ES_COUNT(kinds), "/nonexistent/core.conf", f->arena, &f->list,
	                                      &f->count, &f->error),
	                 ES_NOT_FOUND);
	assert_string_equal(f->text, "/nonexistent/core.conf: No such file or directory");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(sections_come_in_the_order_of_the_file_with_their_defaults),
		TEST(an_empty_file_has_no_section),
		TEST(a_refusal_names_line_section_and_reason),
		TEST(too_many_sections_are_refused),
		TEST(a_file_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
