/* es_worker.h -- a bounded pool of threads for work that blocks. Any thread may submit.
 *
 * The threads block every signal: those are for the main thread. */
#ifndef ES_WORKER_H
#define ES_WORKER_H

#include <stdint.h>

#include "es_status.h"

struct es_worker;
/* `queue_max` jobs may wait; more is ES_BUSY. `name` is what ps and gdb show, 15 characters of it. NULL when threads
 * cannot be had. */
struct es_worker *es_worker_new(const char *name, unsigned threads, unsigned queue_max);
es_status es_worker_submit(struct es_worker *worker, void (*fn)(void *user), void *user) ES_MUST_USE;
/* Runs what is queued and joins; who submits from then on gets ES_UNAVAILABLE, until es_worker_free(). NULL is fine. */
void es_worker_stop(struct es_worker *worker);
/* The same, and frees. NULL is fine. */
void es_worker_free(struct es_worker *worker);

#endif
