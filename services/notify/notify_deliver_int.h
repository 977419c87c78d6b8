/* notify_deliver_int.h -- what the files of delivery share. */
#ifndef NOTIFY_DELIVER_INT_H
#define NOTIFY_DELIVER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "notify_deliver.h"
#include "notify_pace.h"
#include "notify_store_dead.h"
#include "notify_store_wake.h"

#define NOTIFY_NUMBERS_MAX 32 /* lines that policy is asked for at once */

struct notify_tenant_pace {
	struct notify_tenant_pace *next;
	struct notify_pace pace;
	char tenant[];
};

struct notify_deliver {
	struct notify_deliver_options o;
	struct es_bus_client *policy;
	pthread_t thread;
	bool has_thread;
	struct notify_tenant_pace *paces;                      /* of the thread */
	int64_t swept_ms, looked_ms, look_every_ms, pruned_ms; /* of the thread, monotonic */
	_Atomic bool stopping;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;  /* kicked, or a flight has ended */
	bool is_kicked;
	uint32_t flights, numbers; /* under way; of these, whose number is asked for */
};

/* ---- giving up, inside a write job ---- */

struct notify_given_up {
	const char *tenant, *account;
	enum notify_reason reason;
	const char *detail;
	int64_t now_ms;
};
/* The row goes, a dead letter is written (not: `is_silent`), and SMS takes its place where the rules say so: `by_sms`. */
es_status notify_give_up(struct es_db_conn *conn, const struct notify_rules *rules, const struct notify_taken *row,
                         const struct notify_given_up *why, bool is_silent, bool *by_sms) ES_MUST_USE;

/* Counts it and says so, after the commit. */
void notify_say_given_up(const struct notify_taken *row, const char *tenant, const char *account,
                         enum notify_reason reason);
/* Now and then: what is over is given up. The arena is NOTIFY_TAKE_MEMORY. */
void notify_sweep(struct notify_deliver *d, struct es_arena *arena);

/* ---- flights: one message each ---- */

/* Of rows that were taken together: sends them, now or when the number is known; what cannot be sent is put back. */
void notify_flight_launch(struct notify_deliver *d, struct notify_account *account, const struct notify_take *take,
                          const struct notify_taken *rows, size_t count);

/* ---- counting (notify_insight.c) ---- */

void notify_insight_init(void);
void notify_insight_queue(const struct notify_queue *queue, int64_t now_ms);
void notify_insight_taken(int64_t ended_leases);
/* A row, given up or withdrawn without a message. */
void notify_insight_dead(enum notify_channel channel, enum notify_reason reason);
void notify_insight_withdrawn(enum notify_channel channel, int64_t rows);
void notify_insight_tokens(enum notify_channel channel, int64_t tokens);
void notify_insight_heard(enum notify_channel channel, const struct notify_heard *heard);
void notify_insight_told(enum notify_channel channel, bool is_mass, int64_t ms);
void notify_insight_late(int64_t rows);
void notify_insight_by_sms(int64_t rows);

#endif
