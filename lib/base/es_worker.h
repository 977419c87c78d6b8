/* es_worker.h -- a bounded pool of threads for work that blocks. Any thread may submit. */
#ifndef ES_WORKER_H
#define ES_WORKER_H

#include <stdint.h>

#include "es_status.h"

struct es_worker;
/* `queue_max` jobs may wait; more is ES_BUSY. NULL when threads cannot be had. */
struct es_worker *es_worker_new(const char *name, unsigned threads, unsigned queue_max);
es_status es_worker_submit(struct es_worker *worker, void (*fn)(void *user), void *user) ES_MUST_USE;
/* Runs what is queued, joins, frees. */
void es_worker_free(struct es_worker *worker);

#endif
