/* es_clock.c -- the only reader of the system's clocks. */
#include "es_clock.h"

#include <time.h>

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t); /* fails only for a clock that does not exist */
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t es_wall_ms(void)
{
	return now_us(CLOCK_REALTIME) / 1000;
}

int64_t es_mono_ms(void)
{
	return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t es_mono_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}
