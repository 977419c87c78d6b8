/* policy_limits_test.c -- what one tenant may ask, and that another does not pay for it. */
#include "policy_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* cmocka wants the ones above */
#include <cmocka.h>

#define NOW INT64_C(1800000000000)

static uint64_t refused;

static int start(void **state)
{
	*state = policy_limits_new();
	return *state == NULL;
}

static int stop(void **state)
{
	policy_limits_free(*state);
	return 0;
}

static void a_second_of_requests_is_allowed_at_once_and_then_one_at_a_time(void **state)
{
	for (int i = 0; i < 10; i++)
		assert_int_equal(policy_limits_take(*state, "a", 10, NOW, &refused), 0);
	assert_int_equal(policy_limits_take(*state, "a", 10, NOW, &refused), 1);
	assert_int_equal(policy_limits_take(*state, "a", 10, NOW + 99, &refused), 1);
	assert_int_equal(policy_limits_take(*state, "a", 10, NOW + 100, &refused), 0);
	assert_int_equal(policy_limits_take(*state, "a", 10, NOW + 100, &refused), 1);
}

static void the_flood_of_one_tenant_takes_nothing_from_another(void **state)
{
	for (int i = 0; i < 1000; i++)
		(void)policy_limits_take(*state, "a", 10, NOW, &refused);
	for (int i = 0; i < 10; i++)
		assert_int_equal(policy_limits_take(*state, "b", 10, NOW, &refused), 0);
	assert_int_equal(policy_limits_take(*state, "b", 10, NOW, &refused), 1);
}

static void a_tenant_without_a_limit_is_never_refused(void **state)
{
	for (int i = 0; i < 100000; i++)
		assert_int_equal(policy_limits_take(*state, "a", 0, NOW, &refused), 0);
}

static void a_limit_that_is_raised_or_a_clock_that_is_set_back_refuses_nobody_for_more_than_a_second(void **state)
{
	assert_int_equal(policy_limits_take(*state, "a", 1, NOW, &refused), 0);
	assert_int_equal(policy_limits_take(*state, "a", 1, NOW, &refused), 1);
	assert_int_equal(policy_limits_take(*state, "a", 1000, NOW + 1, &refused), 0);
	assert_int_equal(policy_limits_take(*state, "a", 1, NOW - 3600000, &refused), 1);
	assert_int_equal(policy_limits_take(*state, "a", 1, NOW - 3600000 + 1000, &refused), 0);
}

static void refusals_are_told_ten_seconds_apart_with_their_number(void **state)
{
	(void)policy_limits_take(*state, "a", 1, NOW, &refused);
	assert_int_equal(policy_limits_take(*state, "a", 1, NOW, &refused), 1);
	assert_int_equal(refused, 1);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(policy_limits_take(*state, "a", 1, NOW + 10, &refused), 1);
		assert_int_equal(refused, 0);
	}
	(void)policy_limits_take(*state, "a", 1, NOW + 10001, &refused);
	assert_int_equal(policy_limits_take(*state, "a", 1, NOW + 10001, &refused), 1);
	assert_int_equal(refused, 6);
}

static void as_many_tenants_as_there_can_be_have_their_own(void **state)
{
	char name[32];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1024; i++) {
			(void)snprintf(name, sizeof name, "tenant-%d", i);
			assert_int_equal(policy_limits_take(*state, name, 1, NOW, &refused), round);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_second_of_requests_is_allowed_at_once_and_then_one_at_a_time, start, stop),
		cmocka_unit_test_setup_teardown(the_flood_of_one_tenant_takes_nothing_from_another, start, stop),
		cmocka_unit_test_setup_teardown(a_tenant_without_a_limit_is_never_refused, start, stop),
		cmocka_unit_test_setup_teardown(
			a_limit_that_is_raised_or_a_clock_that_is_set_back_refuses_nobody_for_more_than_a_second, start, stop),
		cmocka_unit_test_setup_teardown(refusals_are_told_ten_seconds_apart_with_their_number, start, stop),
		cmocka_unit_test_setup_teardown(as_many_tenants_as_there_can_be_have_their_own, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
