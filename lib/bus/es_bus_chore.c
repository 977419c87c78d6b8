/* es_bus_chore.c -- what waits for NNG, and so must not be done on its threads, nor on the resolver's, which waits for name
 * servers: one thread, one queue. */
#include <pthread.h>
#include <stddef.h>

#include "es_bus_internal.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t added;
	struct es_bus_chore *first, **last;
	bool is_running;
} chores = { .lock = PTHREAD_MUTEX_INITIALIZER, .added = PTHREAD_COND_INITIALIZER, .last = &chores.first };

static void *run(void *unused)
{
	(void)pthread_mutex_lock(&chores.lock);
	for (;;) {
		struct es_bus_chore *chore = chores.first;
		if (chore == NULL) {
			(void)pthread_cond_wait(&chores.added, &chores.lock);
			continue;
		}
		chores.first = chore->next;
		if (chores.first == NULL) {
			chores.last = &chores.first;
		}
		(void)pthread_mutex_unlock(&chores.lock);
		chore->run(chore->user); /* may add it again, or free it */
		(void)pthread_mutex_lock(&chores.lock);
	}
	return unused;
}

/* The thread stays for good, like NNG's: it idles when there is nothing to do. */
es_status es_bus_chores_start(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	(void)pthread_mutex_lock(&chores.lock);
	if (!chores.is_running) {
		(void)pthread_attr_init(&attr);
		(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		chores.is_running = pthread_create(&thread, &attr, run, NULL) == 0;
		(void)pthread_attr_destroy(&attr);
	}
	const bool is_running = chores.is_running;
	(void)pthread_mutex_unlock(&chores.lock);
	return is_running ? ES_OK : ES_UNAVAILABLE;
}

void es_bus_chore_do(struct es_bus_chore *chore)
{
	(void)pthread_mutex_lock(&chores.lock);
	chore->next = NULL;
	*chores.last = chore;
	chores.last = &chore->next;
	(void)pthread_cond_signal(&chores.added);
	(void)pthread_mutex_unlock(&chores.lock);
}
