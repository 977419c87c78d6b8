/* esim_wait.h -- devices that are kept waiting for their order: by its id, woken once, by news or by the clock. Any thread.
 *
 * Nothing here is needed for an order to go on: who was not waited for asks again. */
#ifndef ESIM_WAIT_H
#define ESIM_WAIT_H

#include <stdint.h>

#include "es_status.h"
#include "esim_types.h"

struct esim_waits;

struct esim_waits *esim_waits_new(void);        /* NULL: out of memory */
void esim_waits_free(struct esim_waits *waits); /* nobody waits any more; NULL is fine */

/* `woken` runs once, on whatever thread wakes it, and may not block. */
typedef void esim_woken(void *user);
es_status esim_wait(struct esim_waits *waits, const char *order, int64_t until_ms, esim_woken *woken,
                    void *user) ES_MUST_USE;
void esim_wake(struct esim_waits *waits, const char *order);
/* Those whose time is over. INT64_MAX: all. True: some are left. */
bool esim_wake_late(struct esim_waits *waits, int64_t now_ms);

#endif
