/* esim_wait.c -- a list; it is as long as calls are in work. */
#include "esim_wait.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct waiting {
	struct waiting *next;
	char order[ESIM_ID + 1];
	int64_t until_ms;
	esim_woken *woken;
	void *user;
};

struct esim_waits {
	pthread_mutex_t lock;
	struct waiting *first;
};

struct esim_waits *esim_waits_new(void)
{
	struct esim_waits *waits = calloc(1, sizeof *waits);

	if (waits != NULL)
		(void)pthread_mutex_init(&waits->lock, NULL);
	return waits;
}

void esim_waits_free(struct esim_waits *waits)
{
	if (waits == NULL)
		return;
	(void)pthread_mutex_destroy(&waits->lock);
	free(waits);
}

es_status esim_wait(struct esim_waits *waits, const char *order, int64_t until_ms, esim_woken *woken, void *user)
{
	struct waiting *w = calloc(1, sizeof *w);

	if (w == NULL)
		return ES_TOO_LARGE;
	(void)snprintf(w->order, sizeof w->order, "%s", order);
	w->until_ms = until_ms;
	w->woken = woken;
	w->user = user;
	(void)pthread_mutex_lock(&waits->lock);
	w->next = waits->first;
	waits->first = w;
	(void)pthread_mutex_unlock(&waits->lock);
	return ES_OK;
}

/* Takes out of the list those of an order (NULL: of any) whose time is over. */
static struct waiting *take(struct esim_waits *waits, const char *order, int64_t now_ms, bool *some_left)
{
	struct waiting *taken = NULL;

	(void)pthread_mutex_lock(&waits->lock);
	for (struct waiting **at = &waits->first; *at != NULL;) {
		struct waiting *w = *at;
		if (order != NULL ? strcmp(w->order, order) != 0 : w->until_ms > now_ms) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->next = taken;
		taken = w;
	}
	*some_left = waits->first != NULL;
	(void)pthread_mutex_unlock(&waits->lock);
	return taken;
}

static void wake_all(struct waiting *taken)
{
	while (taken != NULL) {
		struct waiting *w = taken;
		taken = w->next;
		w->woken(w->user);
		free(w);
	}
}

void esim_wake(struct esim_waits *waits, const char *order)
{
	bool some_left = false;

	wake_all(take(waits, order, 0, &some_left));
}

bool esim_wake_late(struct esim_waits *waits, int64_t now_ms)
{
	bool some_left = false;

	wake_all(take(waits, NULL, now_ms, &some_left));
	return some_left;
}
