/* notify_mass_pace_test.c -- when the wake-ups of a mass change are due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "notify_mass_pace.h"

#define T0 (INT64_C(1767225600000) * 1000)
#define MS INT64_C(1000)
#define SECOND (1000 * MS)

/* As long as there is room, `messages` a line; returns how many messages. */
static int64_t fill(struct notify_mass_pace *pace, int64_t now_us, int64_t messages)
{
	int64_t made = 0;

	while (notify_mass_pace_has_room(pace, now_us)) {
		notify_mass_pace_take(pace, messages);
		made += messages;
	}
	return made;
}

static void as_many_are_made_as_the_rate_says_and_a_second_ahead_at_most(void **state)
{
	(void)state;
	const int64_t rates[] = { 1, 3, 7, 500, 3000, 100000 };
	for (size_t i = 0; i < ES_COUNT(rates); i++) {
		struct notify_mass_pace pace = { .paced_us = 0 };
		int64_t now = T0, made = 0, paced = 0;
		for (unsigned step = 0; step < 400; step++, now += 250 * MS) {
			notify_mass_pace_begin(&pace, rates[i], paced, now);
			made += fill(&pace, now, 1);
			paced = pace.paced_us;
			/* Up to a second ahead, and the one that was begun within it. */
			assert_true(made <= rates[i] * ((now - T0) / SECOND + 2) + 1);
		}
		assert_true(made >= rates[i] * 98);
	}
}

static void they_are_spread_evenly(void **state)
{
	struct notify_mass_pace pace;
	(void)state;
	notify_mass_pace_begin(&pace, 500, 0, T0);
	for (int64_t i = 0; i < 500; i++) {
		assert_true(notify_mass_pace_has_room(&pace, T0));
		assert_int_equal(notify_mass_pace_due_ms(&pace), T0 / 1000 + 2 * i);
		notify_mass_pace_take(&pace, 1);
	}
	assert_false(notify_mass_pace_has_room(&pace, T0));
}

static void a_line_with_many_messages_takes_its_time_and_one_with_none_takes_none(void **state)
{
	struct notify_mass_pace pace;
	(void)state;
	notify_mass_pace_begin(&pace, 10, 0, T0);
	notify_mass_pace_take(&pace, 0);
	assert_int_equal(notify_mass_pace_due_ms(&pace), T0 / 1000);
	notify_mass_pace_take(&pace, 4);
	assert_int_equal(notify_mass_pace_due_ms(&pace), T0 / 1000 + 400);
	notify_mass_pace_take(&pace, 64);
	assert_false(notify_mass_pace_has_room(&pace, T0));
	assert_int_equal(notify_mass_pace_wait_ms(&pace, T0), 6300);
	assert_int_equal(notify_mass_pace_wait_ms(&pace, T0 + 6300 * MS), 0);
}

static void nothing_is_made_up_for_after_a_pause(void **state)
{
	struct notify_mass_pace pace;
	(void)state;
	notify_mass_pace_begin(&pace, 100, 0, T0);
	(void)fill(&pace, T0, 1);
	notify_mass_pace_begin(&pace, 100, pace.paced_us, T0 + 3600 * SECOND);
	assert_int_equal(notify_mass_pace_due_ms(&pace), T0 / 1000 + 3600000);
	assert_int_equal(fill(&pace, T0 + 3600 * SECOND, 1), 100);
}

static void a_clock_that_is_set_back_stops_nothing(void **state)
{
	struct notify_mass_pace pace;
	(void)state;
	notify_mass_pace_begin(&pace, 100, T0 + 3600 * SECOND, T0);
	assert_int_equal(notify_mass_pace_due_ms(&pace), T0 / 1000 + 1000);
	/* What one line makes at a low rate is no such case. */
	notify_mass_pace_begin(&pace, 1, T0 + 64 * SECOND, T0);
	assert_int_equal(notify_mass_pace_due_ms(&pace), T0 / 1000 + 64000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_are_made_as_the_rate_says_and_a_second_ahead_at_most),
		cmocka_unit_test(they_are_spread_evenly),
		cmocka_unit_test(a_line_with_many_messages_takes_its_time_and_one_with_none_takes_none),
		cmocka_unit_test(nothing_is_made_up_for_after_a_pause),
		cmocka_unit_test(a_clock_that_is_set_back_stops_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
