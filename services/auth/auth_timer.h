/* auth_timer.h -- the one thread of auth that may wait: it calls `tick` every second, and soon after a ring. */
#ifndef AUTH_TIMER_H
#define AUTH_TIMER_H

#include <stdbool.h>

#include "es_status.h"

struct auth_timer;

/* `tick` runs on the timer's thread only; `rung` says whether auth_timer_ring() was called since the last time. Rings close
 * to each other become one. */
typedef void auth_timer_tick(void *user, bool rung);
es_status auth_timer_start(auth_timer_tick *tick, void *user, struct auth_timer **out) ES_MUST_USE;
void auth_timer_ring(struct auth_timer *timer); /* any thread, never blocks */
/* Waits for a tick that is running. NULL is fine. */
void auth_timer_stop(struct auth_timer *timer);

#endif
