/* notify_pace.c -- the bucket is a point in time: when it is full. Taking moves it ahead. */
#include "notify_pace.h"

#define SECOND INT64_C(1000000)

/* The time that one takes, never less than it is. */
static int64_t one_of(const struct notify_pace *pace)
{
	return (SECOND + pace->rate - 1) / pace->rate;
}

/* What the bucket holds when it is full, as time: who asks a little late loses nothing. */
static int64_t depth(const struct notify_pace *pace)
{
	return SECOND / 10 + one_of(pace);
}

void notify_pace_init(struct notify_pace *pace, uint32_t rate, int64_t now_us)
{
	*pace = (struct notify_pace){ .rate = rate, .full_us = now_us };
}

uint32_t notify_pace_room(const struct notify_pace *pace, int64_t now_us, int64_t *wait_ms)
{
	*wait_ms = 0;
	if (pace->rate == 0)
		return UINT32_MAX;
	const int64_t missing = pace->full_us > now_us ? pace->full_us - now_us : 0, there = depth(pace) - missing;
	const int64_t one = one_of(pace);
	if (there >= one)
		return (uint32_t)(there * pace->rate / SECOND);
	*wait_ms = (one - there + 999) / 1000;
	return 0;
}

void notify_pace_take(struct notify_pace *pace, int64_t now_us, uint32_t count)
{
	if (pace->rate == 0)
		return;
	if (pace->full_us < now_us)
		pace->full_us = now_us;
	pace->full_us += count * SECOND / pace->rate;
}
