/* notify_deliver.h -- sends what is due: a thread takes rows of `wake` under a lease, makes messages of them, gives them to
 * accounts, and writes what these tell.
 *
 * Rounds go over the pairs of account and tenant that have rows; each is given its share of the account's room, within its
 * tenant's rate. The thread sleeps until something is due or notify_deliver_kick() comes, and looks by itself every few seconds,
 * since another process may have made rows. What an account tells is written by es_db_write; where that fails (a full queue, a
 * database that is away) the row's lease ends by itself, and it is sent again: at least once. */
#ifndef NOTIFY_DELIVER_H
#define NOTIFY_DELIVER_H

#include "es_bus.h"
#include "notify_account.h"
#include "notify_rules.h"
#include "notify_store.h"

/* Rules and accounts (notify_channels.h), or a test's. Both are immutable; any thread. */
struct notify_ways {
	const struct notify_rules *(*rules)(const void *user, const char *tenant);
	struct notify_account *(*account)(const void *user, const char *name); /* NULL: no such */
	const void *user;
};

struct notify_deliver_options {
	struct notify_store *store; /* borrowed */
	struct notify_ways ways;
	const char *policy_target; /* asked for numbers, to send SMS to */
	struct es_bus_key *key;    /* borrowed */
	int64_t lease_ms;          /* a message is given half of it */
	uint32_t flights_max;      /* messages under way at once */
	int64_t failures_kept_ms;  /* dead letters older than this go */
};

struct notify_deliver;
es_status notify_deliver_new(const struct notify_deliver_options *options, struct notify_deliver **out,
                             struct es_buf *error) ES_MUST_USE;
/* Once the accounts know whom to kick. */
es_status notify_deliver_start(struct notify_deliver *deliver) ES_MUST_USE;
/* There may be something to send, or room for it: a notify_roomy. Any thread, does not block. NULL is fine. */
void notify_deliver_kick(void *deliver);
/* Takes no more, and waits up to wait_ms for what is under way. Then close the accounts, whose messages go back where they came
 * from, then the store, then free. NULL is fine for both. */
void notify_deliver_stop(struct notify_deliver *deliver, int64_t wait_ms);
void notify_deliver_free(struct notify_deliver *deliver);

#endif
