/* es_worker.c -- a ring of jobs, one mutex, n threads. */
#include "es_worker.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct job {
	void (*fn)(void *user);
	void *user;
};

struct es_worker {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *queue; /* ring of `max`: `waiting` jobs from `head` on */
	unsigned head, waiting, max;
	bool stopping;
	pthread_t *threads;
	unsigned started;
};

static void *run(void *arg)
{
	struct es_worker *w = arg;

	(void)pthread_mutex_lock(&w->lock);
	for (;;) {
		while (w->waiting == 0 && !w->stopping)
			(void)pthread_cond_wait(&w->wake, &w->lock);
		if (w->waiting == 0)
			break;
		struct job job = w->queue[w->head];
		w->head = (w->head + 1) % w->max;
		w->waiting--;
		(void)pthread_mutex_unlock(&w->lock);
		job.fn(job.user);
		(void)pthread_mutex_lock(&w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* How many of `threads` could be started. */
static unsigned start(struct es_worker *w, const char *name, unsigned threads)
{
	char short_name[16]; /* the kernel's limit */
	sigset_t all, before;

	(void)snprintf(short_name, sizeof short_name, "%.15s", name);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* threads inherit it */
	while (w->started < threads && pthread_create(&w->threads[w->started], NULL, run, w) == 0)
		(void)pthread_setname_np(w->threads[w->started++], short_name);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w->started;
}

struct es_worker *es_worker_new(const char *name, unsigned threads, unsigned queue_max)
{
	assert(threads > 0 && queue_max > 0);
	struct es_worker *w = calloc(1, sizeof *w);
	if (w == NULL)
		return NULL;
	(void)pthread_mutex_init(&w->lock, NULL); /* these two cannot fail on Linux */
	(void)pthread_cond_init(&w->wake, NULL);
	w->max = queue_max;
	w->queue = calloc(queue_max, sizeof *w->queue);
	w->threads = calloc(threads, sizeof *w->threads);
	if (w->queue == NULL || w->threads == NULL || start(w, name, threads) < threads) {
		es_worker_free(w);
		return NULL;
	}
	return w;
}

es_status es_worker_submit(struct es_worker *w, void (*fn)(void *user), void *user)
{
	es_status status = ES_OK;

	(void)pthread_mutex_lock(&w->lock);
	if (w->stopping) {
		status = ES_UNAVAILABLE;
	} else if (w->waiting == w->max) {
		status = ES_BUSY;
	} else {
		w->queue[(w->head + w->waiting) % w->max] = (struct job){ fn, user };
		w->waiting++;
		(void)pthread_cond_signal(&w->wake);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return status;
}

void es_worker_stop(struct es_worker *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stopping = true;
	(void)pthread_cond_broadcast(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	while (w->started > 0)
		(void)pthread_join(w->threads[--w->started], NULL);
}

void es_worker_free(struct es_worker *w)
{
	if (w == NULL)
		return;
	es_worker_stop(w);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	free(w->queue);
	free(w->threads);
	free(w);
}
