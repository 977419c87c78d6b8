/* auth_sqn_source.h -- auth_sqn.h for the whole process: its lock, its row in the database, and those who wait for it.
 *
 * Any thread may take a number; none blocks. Claims and extensions are commits of the writer thread. */
#ifndef AUTH_SQN_SOURCE_H
#define AUTH_SQN_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth_sqn.h"
#include "es_db.h"
#include "es_status.h"

struct auth_sqn_source;

/* `db` is borrowed. `now_ms` is the wall clock. Claims nothing yet: auth_sqn_source_poll() does. NULL: out of memory. */
struct auth_sqn_source *auth_sqn_source_new(struct es_db *db, const char *name, int64_t (*now_ms)(void));
/* Gives the index back (waits for that commit). Nobody may be waiting any more. NULL is fine. */
void auth_sqn_source_free(struct auth_sqn_source *source);

/* To be called every second or so, from a thread that may wait: claims an index, keeps the mark ahead of the clock. */
void auth_sqn_source_poll(struct auth_sqn_source *source);
bool auth_sqn_source_is_ready(struct auth_sqn_source *source);

/* Who has to wait for a commit lives in the caller's memory until `resume` runs: on the writer thread, where it asks again
 * when the status is ES_OK. */
struct auth_sqn_waiter {
	void (*resume)(struct auth_sqn_waiter *waiter, es_status status);
	struct auth_sqn_waiter *next;
};

enum auth_sqn_took { AUTH_TOOK, AUTH_TOOK_WAITING, AUTH_TOOK_FAILED };

/* AUTH_TOOK: `sqn` is ours alone. AUTH_TOOK_WAITING: `waiter` will be resumed. AUTH_TOOK_FAILED: `why` is ES_BUSY (too many
 * wait, this subscriber is too fast) or ES_UNAVAILABLE (no index, numbers exhausted, a clock far behind). */
enum auth_sqn_took auth_sqn_source_take(struct auth_sqn_source *source, uint64_t subscriber, int64_t dif,
                                        struct auth_sqn_waiter *waiter, uint64_t *sqn, es_status *why);
/* The tick in force, for auth_sqn_plan_resync() and auth_sqn_initial_dif(). */
int64_t auth_sqn_source_tick(struct auth_sqn_source *source);

#endif
