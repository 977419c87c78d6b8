/* auth_route_test.c -- the choice of sources by IMSI prefix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_route.h"

static struct auth_route route(const char *const *rules, size_t count, const char *digits)
{
	struct es_slice list[8];
	struct es_imsi imsi;

	for (size_t i = 0; i < count; i++)
		list[i] = es_slice_str(rules[i]);
	assert_int_equal(es_imsi_parse(es_slice_str(digits), &imsi), ES_OK);
	const struct auth_tenant tenant = { .sources = list, .source_count = count };
	return auth_route_of(&tenant, &imsi);
}

static void a_tenant_that_says_nothing_uses_its_own_auc(void **state)
{
	(void)state;
	struct auth_route r = route(NULL, 0, "001010000000001");

	assert_int_equal(r.count, 1);
	assert_true(es_slice_eq_str(r.names[0], "auc"));
}

static void the_longest_prefix_decides_and_its_sources_keep_their_order(void **state)
{
	(void)state;
	static const char *const rules[] = { "*: udm", "00101: hss-a hss-b", "0010155: auc", "00102:lab" };
	struct auth_route r = route(rules, 4, "001010000000001");

	assert_int_equal(r.count, 2);
	assert_true(es_slice_eq_str(r.names[0], "hss-a"));
	assert_true(es_slice_eq_str(r.names[1], "hss-b"));
	r = route(rules, 4, "001015500000001");
	assert_int_equal(r.count, 1);
	assert_true(es_slice_eq_str(r.names[0], "auc"));
	r = route(rules, 4, "001020000000001");
	assert_true(es_slice_eq_str(r.names[0], "lab"));
	r = route(rules, 4, "310260000000001");
	assert_true(es_slice_eq_str(r.names[0], "udm"));
}

static void a_subscriber_no_rule_names_is_served_by_the_own_auc(void **state)
{
	(void)state;
	static const char *const rules[] = { "00101: hss-a" };
	struct auth_route r = route(rules, 1, "310260000000001");

	assert_int_equal(r.count, 1);
	assert_true(es_slice_eq_str(r.names[0], "auc"));
}

static void rules_that_make_no_sense_never_leave_a_subscriber_without_a_source(void **state)
{
	(void)state;
	static const char *const rules[] = { "", ":", "00101", "00101:", "*: a b c d e f" };
	struct auth_route r = route(rules, 4, "001010000000001");

	assert_int_equal(r.count, 1);
	assert_true(es_slice_eq_str(r.names[0], "auc"));
	r = route(rules + 4, 1, "001010000000001");
	assert_int_equal(r.count, AUTH_ROUTE_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tenant_that_says_nothing_uses_its_own_auc),
		cmocka_unit_test(the_longest_prefix_decides_and_its_sources_keep_their_order),
		cmocka_unit_test(a_subscriber_no_rule_names_is_served_by_the_own_auc),
		cmocka_unit_test(rules_that_make_no_sense_never_leave_a_subscriber_without_a_source),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
