/* auth_guard_test.c -- rates: what is let through, and how long the others are told to wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "auth_guard.h"
#include "es_crypto.h"
#include "es_log.h"

#define NOW INT64_C(1790000000000)
static const struct es_slice none = { NULL, 0 };

static struct auth_guard *guard_of(uint64_t per_hour, uint32_t burst)
{
	const struct auth_rate rates[AUTH_LIMIT_COUNT] = {
		[AUTH_LIMIT_CHALLENGES_IMSI] = { per_hour, burst }, [AUTH_LIMIT_FAILURES] = { per_hour, burst }
	};
	return auth_guard_new(rates);
}

static int64_t take(struct auth_guard *guard, const char *key, int64_t now_ms)
{
	return auth_guard_take(guard, AUTH_LIMIT_CHALLENGES_IMSI, es_slice_str(key), none, now_ms);
}

static void a_burst_is_let_through_and_then_the_rate_holds(void **state)
{
	(void)state;
	struct auth_guard *guard = guard_of(60, 5); /* one a minute */

	for (int i = 0; i < 5; i++)
		assert_int_equal(take(guard, "a", NOW), 0);
	assert_in_range(take(guard, "a", NOW), 60, 61);
	assert_in_range(take(guard, "a", NOW + 30000), 30, 31);
	assert_int_equal(take(guard, "a", NOW + 61000), 0);
	assert_true(take(guard, "a", NOW + 61000) > 0);
	assert_int_equal(take(guard, "b", NOW), 0);
	auth_guard_free(guard);
}

static void a_limit_of_zero_is_none(void **state)
{
	(void)state;
	struct auth_guard *guard = guard_of(0, 0);

	for (int i = 0; i < 1000; i++)
		assert_int_equal(take(guard, "a", NOW), 0);
	auth_guard_free(guard);
}

static void looking_draws_nothing(void **state)
{
	(void)state;
	struct auth_guard *guard = guard_of(60, 2);
	const struct es_slice imsi = ES_SLICE_LIT("001010000000001"), here = ES_SLICE_LIT("192.0.2.1"),
						  there = ES_SLICE_LIT("192.0.2.2");

	for (int i = 0; i < 10; i++)
		assert_int_equal(auth_guard_look(guard, AUTH_LIMIT_FAILURES, imsi, here, NOW), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(auth_guard_take(guard, AUTH_LIMIT_FAILURES, imsi, here, NOW), 0);
	assert_true(auth_guard_look(guard, AUTH_LIMIT_FAILURES, imsi, here, NOW) > 0);
	assert_int_equal(auth_guard_look(guard, AUTH_LIMIT_FAILURES, imsi, there, NOW), 0); /* nobody else is locked out */
	auth_guard_free(guard);
}

/* Whoever only looks, and that may be anybody with any name, takes no place away from those who failed. */
static void looking_makes_nobody_forgotten(void **state)
{
	(void)state;
	struct auth_guard *guard = guard_of(60, 1);
	const struct es_slice here = ES_SLICE_LIT("192.0.2.1"), imsi = ES_SLICE_LIT("001010000000001");
	char other[16];

	for (int i = 0; i < 80000; i++) { /* more than the table holds */
		(void)snprintf(other, sizeof other, "%d", i);
		assert_int_equal(auth_guard_take(guard, AUTH_LIMIT_FAILURES, es_slice_str(other), here, NOW), 0);
	}
	assert_int_equal(auth_guard_take(guard, AUTH_LIMIT_FAILURES, imsi, here, NOW), 0);
	for (int i = 80000; i < 160000; i++) {
		(void)snprintf(other, sizeof other, "%d", i);
		assert_int_equal(auth_guard_look(guard, AUTH_LIMIT_FAILURES, es_slice_str(other), here, NOW), 0);
	}
	assert_true(auth_guard_look(guard, AUTH_LIMIT_FAILURES, imsi, here, NOW) > 0);
	auth_guard_free(guard);
}

static void a_tenant_brings_its_own_rate(void **state)
{
	(void)state;
	struct auth_guard *guard = guard_of(0, 0);
	const struct auth_rate rate = { .per_hour = 3600 * 2, .burst = 2 };
	const struct es_slice tenant = ES_SLICE_LIT("demo");

	assert_int_equal(auth_guard_take_at(guard, AUTH_LIMIT_CHALLENGES_TENANT, rate, tenant, none, NOW), 0);
	assert_int_equal(auth_guard_take_at(guard, AUTH_LIMIT_CHALLENGES_TENANT, rate, tenant, none, NOW), 0);
	assert_int_equal(auth_guard_take_at(guard, AUTH_LIMIT_CHALLENGES_TENANT, rate, tenant, none, NOW), 1);
	assert_int_equal(auth_guard_take_at(guard, AUTH_LIMIT_CHALLENGES_TENANT, rate, tenant, none, NOW + 500), 0);
	auth_guard_free(guard);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_let_through_and_then_the_rate_holds),
		cmocka_unit_test(a_limit_of_zero_is_none),
		cmocka_unit_test(looking_draws_nothing),
		cmocka_unit_test(looking_makes_nobody_forgotten),
		cmocka_unit_test(a_tenant_brings_its_own_rate),
	};
	es_crypto_init();
	es_log_set_level(ES_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
