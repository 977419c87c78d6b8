/* notify_smsc_flow_test.c -- what throttling does to a bind's rate, and how it comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notify_smsc_flow.h"

#define SECOND INT64_C(1000000)
#define START (1000 * SECOND)

static void one_that_was_too_many_stops_all_for_a_second_and_halves_the_rate(void **state)
{
	struct notify_smsc_flow flow;
	int64_t wait = 0;

	(void)state;
	notify_smsc_flow_init(&flow, 100, START);
	assert_int_equal(notify_smsc_flow_room(&flow, START, &wait), 11);
	notify_smsc_flow_sent(&flow, START);
	notify_smsc_flow_throttled(&flow, START);
	notify_smsc_flow_throttled(&flow, START + 1000); /* sent before the pause */
	assert_int_equal(notify_smsc_flow_room(&flow, START, &wait), 0);
	assert_int_equal(wait, 1000);
	assert_int_equal(flow.pace.rate, 50);
	assert_int_not_equal(notify_smsc_flow_room(&flow, START + SECOND, &wait), 0);
	notify_smsc_flow_throttled(&flow, START + SECOND);
	assert_int_equal(flow.pace.rate, 25);
	assert_int_equal(notify_smsc_flow_room(&flow, START + SECOND, &wait), 0);
	assert_int_equal(wait, 2000);
}

static void the_pause_ends_at_a_minute_and_the_rate_at_one(void **state)
{
	struct notify_smsc_flow flow;
	int64_t now = START, wait = 0;

	(void)state;
	notify_smsc_flow_init(&flow, 100, now);
	for (int i = 0; i < 20; i++) {
		notify_smsc_flow_throttled(&flow, now);
		assert_int_equal(notify_smsc_flow_room(&flow, now, &wait), 0);
		assert_true(wait <= 60000);
		now += wait * 1000;
	}
	assert_int_equal(wait, 60000);
	assert_int_equal(flow.pace.rate, 1);
}

static void a_rate_comes_back_by_quarters_to_what_was_set(void **state)
{
	struct notify_smsc_flow flow;
	int64_t now = START;
	int steps = 0;

	(void)state;
	notify_smsc_flow_init(&flow, 100, now);
	notify_smsc_flow_throttled(&flow, now);
	notify_smsc_flow_taken(&flow, now + SECOND); /* too early */
	assert_int_equal(flow.pace.rate, 50);
	now += SECOND;
	while (flow.pace.rate < 100) {
		const uint32_t before = flow.pace.rate;
		now += 10 * SECOND;
		notify_smsc_flow_taken(&flow, now);
		assert_true(flow.pace.rate > before && flow.pace.rate <= 100);
		assert_true(++steps < 10);
	}
	notify_smsc_flow_throttled(&flow, now);
	assert_int_equal(flow.pause, SECOND); /* as at first */
}

static void without_a_rate_it_is_half_of_what_went_and_free_again_later(void **state)
{
	struct notify_smsc_flow flow;
	int64_t now = START;

	(void)state;
	notify_smsc_flow_init(&flow, 0, now);
	for (int i = 0; i < 200; i++)
		notify_smsc_flow_sent(&flow, now);
	notify_smsc_flow_throttled(&flow, now);
	assert_int_equal(flow.pace.rate, 100);
	now += SECOND;
	for (int i = 0; i < 20; i++)
		notify_smsc_flow_taken(&flow, now += 10 * SECOND);
	assert_int_equal(flow.pace.rate, 0);
	assert_int_equal(flow.pause, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_was_too_many_stops_all_for_a_second_and_halves_the_rate),
		cmocka_unit_test(the_pause_ends_at_a_minute_and_the_rate_at_one),
		cmocka_unit_test(a_rate_comes_back_by_quarters_to_what_was_set),
		cmocka_unit_test(without_a_rate_it_is_half_of_what_went_and_free_again_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
