/* notify_pace_test.c -- a rate is kept, evenly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "notify_pace.h"

#define SECOND INT64_C(1000000)

/* How many go in `seconds`, when as many go as may, whenever it is asked. */
static uint64_t gone(uint32_t rate, int64_t seconds, int64_t step_us)
{
	struct notify_pace pace;
	uint64_t count = 0;
	int64_t wait_ms = 0;

	notify_pace_init(&pace, rate, 0);
	for (int64_t now = 0; now < seconds * SECOND; now += step_us) {
		const uint32_t room = notify_pace_room(&pace, now, &wait_ms);
		notify_pace_take(&pace, now, room);
		count += room;
	}
	return count;
}

static void the_rate_is_kept_whatever_it_is(void **state)
{
	static const uint32_t rates[] = { 1, 3, 7, 10, 99, 1000, 12345, 1000000 };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rates); i++)
		for (int64_t step = 100; step <= 20000; step *= 14) {
			const uint64_t count = gone(rates[i], 20, step), wanted = 20 * (uint64_t)rates[i];
			assert_in_range(count, wanted - wanted / 20 - 1, wanted + rates[i] / 5 + 2);
		}
}

static void a_burst_is_short_and_then_it_is_said_how_long_to_wait(void **state)
{
	struct notify_pace pace;
	int64_t wait_ms = 0;

	(void)state;
	notify_pace_init(&pace, 1000, SECOND);
	assert_int_equal(notify_pace_room(&pace, SECOND, &wait_ms), 101);
	notify_pace_take(&pace, SECOND, 101);
	assert_int_equal(notify_pace_room(&pace, SECOND, &wait_ms), 0);
	assert_int_equal(wait_ms, 1);
	assert_int_equal(notify_pace_room(&pace, SECOND + 1000, &wait_ms), 1);
	assert_int_equal(notify_pace_room(&pace, 100 * SECOND, &wait_ms), 101); /* nothing is saved up */
}

static void without_a_rate_any_number_may_go(void **state)
{
	struct notify_pace pace;
	int64_t wait_ms = 1;

	(void)state;
	notify_pace_init(&pace, 0, 0);
	notify_pace_take(&pace, 0, 1000000);
	assert_true(notify_pace_room(&pace, 0, &wait_ms) == UINT32_MAX && wait_ms == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rate_is_kept_whatever_it_is),
		cmocka_unit_test(a_burst_is_short_and_then_it_is_said_how_long_to_wait),
		cmocka_unit_test(without_a_rate_any_number_may_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
