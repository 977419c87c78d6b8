/* esim_run.h -- takes orders that are due, has their steps carried out, and writes what came of it.
 *
 * Any number of replicas may do it: one takes an order, by a compare-and-set that also says when it is given up, and what a
 * former taker hears then does not count. Nothing is kept in memory that is not in the database. When a step is heard of, the
 * next one is taken in the same transaction: an order that meets no trouble waits for nobody. */
#ifndef ESIM_RUN_H
#define ESIM_RUN_H

#include "esim_case.h"
#include "esim_peers.h"

struct esim_runner;

struct esim_runner_options {
	const struct esim_store *store; /* borrowed, as is what follows */
	const struct esim_peers *peers;
	/* After a commit, on any thread; may not block. `event` 0: none was written. */
	void (*moved)(void *user, const struct esim_order *order, uint64_t event);
	/* Now and then, on the runner's thread: returns how long it may sleep, ms. May be NULL. */
	int64_t (*tick)(void *user, int64_t now_ms);
	/* What time it is when an answer comes, wall ms. NULL: es_wall_ms(). */
	int64_t (*clock)(void *user);
	void *user;
};
/* `has_thread` false: only esim_runner_round() moves anything. */
es_status esim_runner_start(const struct esim_runner_options *options, bool has_thread, struct esim_runner **out,
                            struct es_buf *error) ES_MUST_USE;
/* Takes no more. What is under way still writes what it hears: free after peers and database are closed. */
void esim_runner_stop(struct esim_runner *runner); /* NULL is fine for both */
void esim_runner_free(struct esim_runner *runner);

/* Something is due now: look. Any thread. */
void esim_runner_kick(struct esim_runner *runner);
/* One round. `more`: another would find more. Never in a callback. */
es_status esim_runner_round(struct esim_runner *runner, int64_t now_ms, bool *more) ES_MUST_USE;
void esim_run_metrics(void);

#endif
