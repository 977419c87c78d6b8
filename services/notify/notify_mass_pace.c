/* notify_mass_pace.c -- a point in time that moves on by what was made. */
#include "notify_mass_pace.h"

#define SECOND_US INT64_C(1000000)
#define AHEAD_US (NOTIFY_MASS_AHEAD_MS * INT64_C(1000))
#define MESSAGES_MAX 100 /* of one line */

void notify_mass_pace_begin(struct notify_mass_pace *pace, int64_t rate, int64_t paced_us, int64_t now_us)
{
	pace->rate = rate > 0 ? rate : 1;
	/* Further ahead it comes only when the clock is set back. */
	const int64_t furthest = now_us + AHEAD_US + MESSAGES_MAX * SECOND_US / pace->rate;
	pace->paced_us = paced_us < now_us ? now_us : paced_us > furthest ? now_us + AHEAD_US : paced_us;
}

bool notify_mass_pace_has_room(const struct notify_mass_pace *pace, int64_t now_us)
{
	return pace->paced_us < now_us + AHEAD_US;
}

int64_t notify_mass_pace_due_ms(const struct notify_mass_pace *pace)
{
	return pace->paced_us / 1000;
}

void notify_mass_pace_take(struct notify_mass_pace *pace, int64_t messages)
{
	pace->paced_us += (messages * SECOND_US + pace->rate - 1) / pace->rate;
}

int64_t notify_mass_pace_wait_ms(const struct notify_mass_pace *pace, int64_t now_us)
{
	const int64_t over = pace->paced_us - now_us - AHEAD_US / 2;

	return over > 0 ? (over + 999) / 1000 : 0;
}
