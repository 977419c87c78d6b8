/* es_cond.h -- condition variables that wait by the monotonic clock: a step of the wall clock wakes nobody. Any thread. */
#ifndef ES_COND_H
#define ES_COND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Of one that es_cond_wait_until() waits for; ended by pthread_cond_destroy(). */
void es_cond_init(pthread_cond_t *cond);
/* pthread_cond_wait(), but no longer than until `mono_ms` (es_mono_ms()): false when that has come. True says no more than that
 * it may be worth looking. */
bool es_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t mono_ms);

#endif
