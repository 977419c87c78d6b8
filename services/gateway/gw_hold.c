/* gw_hold.c -- a queue in the order of time, since all wait equally long, and the thread at its end. */
#include "gw_hold.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "es_clock.h"
#include "es_cond.h"

struct held {
	int64_t due_ms; /* monotonic */
	void (*release)(void *user);
	void *user;
};

struct gw_hold {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* by the monotonic clock */
	pthread_t thread;
	int64_t hold_ms;
	bool is_quitting, has_ended;
	size_t places, first, count;
	struct held queue[];
};

/* With the lock, which is not held while release() runs. */
static void release_first(struct gw_hold *hold)
{
	const struct held held = hold->queue[hold->first];

	hold->first = (hold->first + 1) % hold->places;
	hold->count--;
	(void)pthread_mutex_unlock(&hold->lock);
	held.release(held.user);
	(void)pthread_mutex_lock(&hold->lock);
}

static void *run(void *user)
{
	struct gw_hold *hold = user;

	(void)pthread_mutex_lock(&hold->lock);
	while (!hold->is_quitting || hold->count > 0) {
		if (hold->count == 0) {
			(void)pthread_cond_wait(&hold->changed, &hold->lock);
			continue;
		}
		const int64_t due_ms = hold->queue[hold->first].due_ms;
		if (hold->is_quitting || due_ms <= es_mono_ms()) {
			release_first(hold);
			continue;
		}
		(void)es_cond_wait_until(&hold->changed, &hold->lock, due_ms);
	}
	(void)pthread_mutex_unlock(&hold->lock);
	return NULL;
}

static void hold_done(struct gw_hold *hold)
{
	(void)pthread_cond_destroy(&hold->changed);
	(void)pthread_mutex_destroy(&hold->lock);
	free(hold);
}

es_status gw_hold_start(size_t places, int64_t hold_ms, struct gw_hold **out)
{
	struct gw_hold *hold = calloc(1, sizeof *hold + places * sizeof hold->queue[0]);

	if (hold == NULL)
		return ES_UNAVAILABLE;
	hold->places = places;
	hold->hold_ms = hold_ms;
	(void)pthread_mutex_init(&hold->lock, NULL);
	es_cond_init(&hold->changed);
	if (pthread_create(&hold->thread, NULL, run, hold) != 0) {
		hold_done(hold);
		return ES_UNAVAILABLE;
	}
	*out = hold;
	return ES_OK;
}

/* False: no place. */
static bool put(struct gw_hold *hold, const struct held *held)
{
	(void)pthread_mutex_lock(&hold->lock);
	const bool has_place = !hold->is_quitting && hold->count < hold->places;

	if (has_place) {
		hold->queue[(hold->first + hold->count++) % hold->places] = *held;
		if (hold->count == 1)
			(void)pthread_cond_signal(&hold->changed);
	}
	(void)pthread_mutex_unlock(&hold->lock);
	return has_place;
}

void gw_hold(struct gw_hold *hold, void (*release)(void *user), void *user)
{
	const struct held held = { hold != NULL ? es_mono_ms() + hold->hold_ms : 0, release, user };

	if (hold == NULL || !put(hold, &held))
		release(user);
}

void gw_hold_quit(struct gw_hold *hold)
{
	if (hold == NULL)
		return;
	(void)pthread_mutex_lock(&hold->lock);
	const bool has_ended = hold->has_ended;
	hold->is_quitting = hold->has_ended = true;
	(void)pthread_cond_signal(&hold->changed);
	(void)pthread_mutex_unlock(&hold->lock);
	if (!has_ended)
		(void)pthread_join(hold->thread, NULL);
}

void gw_hold_free(struct gw_hold *hold)
{
	if (hold != NULL)
		hold_done(hold);
}
