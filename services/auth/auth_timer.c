/* auth_timer.c -- a thread with a condition variable. */
#include "auth_timer.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "es_clock.h"
#include "es_cond.h"

#define PERIOD_MS 1000
#define RING_SPACING_MS 5

struct auth_timer {
	auth_timer_tick *tick;
	void *user;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool rung, stopping;
};

/* With the lock held, until `at` or the stop; when `ring_ends_it`, until a ring as well. */
static void wait_until(struct auth_timer *timer, int64_t at, bool ring_ends_it)
{
	while (!timer->stopping && !(ring_ends_it && timer->rung)) {
		if (!es_cond_wait_until(&timer->wake, &timer->lock, at))
			break;
	}
}

static void *run(void *arg)
{
	struct auth_timer *timer = arg;

	pthread_mutex_lock(&timer->lock);
	while (!timer->stopping) {
		bool rung = timer->rung;
		timer->rung = false;
		pthread_mutex_unlock(&timer->lock);
		timer->tick(timer->user, rung);
		pthread_mutex_lock(&timer->lock);
		const int64_t now = es_mono_ms();
		wait_until(timer, now + RING_SPACING_MS, false);
		wait_until(timer, now + PERIOD_MS, true);
	}
	pthread_mutex_unlock(&timer->lock);
	return NULL;
}

es_status auth_timer_start(auth_timer_tick *tick, void *user, struct auth_timer **out)
{
	struct auth_timer *timer = calloc(1, sizeof *timer);
	sigset_t all, before;

	if (timer == NULL)
		return ES_TOO_LARGE;
	timer->tick = tick;
	timer->user = user;
	(void)pthread_mutex_init(&timer->lock, NULL);
	es_cond_init(&timer->wake);

	(void)sigfillset(&all); /* signals are for the main thread */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&timer->thread, NULL, run, timer);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed != 0) {
		pthread_cond_destroy(&timer->wake);
		pthread_mutex_destroy(&timer->lock);
		free(timer);
		return ES_BUSY;
	}
	*out = timer;
	return ES_OK;
}

void auth_timer_ring(struct auth_timer *timer)
{
	pthread_mutex_lock(&timer->lock);
	timer->rung = true;
	pthread_cond_signal(&timer->wake);
	pthread_mutex_unlock(&timer->lock);
}

void auth_timer_stop(struct auth_timer *timer)
{
	if (timer == NULL)
		return;
	pthread_mutex_lock(&timer->lock);
	timer->stopping = true;
	pthread_cond_signal(&timer->wake);
	pthread_mutex_unlock(&timer->lock);
	(void)pthread_join(timer->thread, NULL);
	pthread_cond_destroy(&timer->wake);
	pthread_mutex_destroy(&timer->lock);
	free(timer);
}
