/* notify_store_wake.h -- the rows of `wake`: merged in, taken under a lease, freed, ended. Inside a read or a write job, which may
 * run twice and then gives the same. */
#ifndef NOTIFY_STORE_WAKE_H
#define NOTIFY_STORE_WAKE_H

#include "notify_store.h"
#include "notify_wake.h"

/* Into what is there for this client and application: a generation more, the oldest change, the newest trace; one that is free
 * and was not tried yet is due as early as either wants. */
es_status notify_store_wake_put(struct es_db_conn *conn, const struct notify_wake *wake) ES_MUST_USE;

/* The pair of account and tenant after this one that has rows, and when the first of them is due. ES_NOT_FOUND: no more. */
struct notify_pair {
	char *account, *tenant; /* in the arena */
	int64_t due_ms;
};
es_status notify_store_wake_pair(struct es_db_conn *conn, const char *after_account, const char *after_tenant,
                                 struct es_arena *arena, struct notify_pair *out) ES_MUST_USE;

#define NOTIFY_TAKE_MAX 256
struct notify_take {
	const char *account, *tenant;
	int64_t now_ms, until_ms; /* until_ms: when the lease ends */
	int64_t lease;            /* random, positive */
	uint32_t limit; /* rows that are due, NOTIFY_TAKE_MAX at most; as many of the same clients may come along */
	/* Found. In the order that notify_group wants; texts in the arena. */
	struct notify_taken *rows;
	size_t count;
	int64_t ended_leases; /* rows that somebody had taken and never told of: they may be sent twice */
};
/* Bound of the arena that this needs. */
#define NOTIFY_TAKE_MEMORY ((size_t)4 * 1024 * 1024)
es_status notify_store_wake_take(struct es_db_conn *conn, struct notify_take *take, struct es_arena *arena) ES_MUST_USE;

/* Rows of anybody whose time is over and whom nobody has, `limit` at most: the oldest first, tenant and account of each in the
 * arrays of the same length. */
struct notify_expired {
	struct notify_taken *rows;
	const char **tenants, **accounts;
	size_t count;
};
es_status notify_store_wake_expired(struct es_db_conn *conn, int64_t now_ms, uint32_t limit, struct es_arena *arena,
                                    struct notify_expired *out) ES_MUST_USE;

/* Of a row that this lease holds; ES_NOT_FOUND: it does not any more. */
es_status notify_store_wake_held(struct es_db_conn *conn, int64_t id, int64_t lease, int64_t *generation) ES_MUST_USE;
es_status notify_store_wake_delete(struct es_db_conn *conn, int64_t id) ES_MUST_USE;
/* Free again, to be tried again. */
es_status notify_store_wake_free(struct es_db_conn *conn, int64_t id, int64_t due_ms) ES_MUST_USE;
/* What it was taken for is done, and newer events call: as if it had been made by these. */
es_status notify_store_wake_begin(struct es_db_conn *conn, int64_t id, int64_t due_ms, int64_t changed_ms) ES_MUST_USE;
/* Free again, as if it had not been taken. */
es_status notify_store_wake_put_back(struct es_db_conn *conn, int64_t id, int64_t due_ms) ES_MUST_USE;
es_status notify_store_wake_set_account(struct es_db_conn *conn, int64_t id, const char *account,
                                        int64_t due_ms) ES_MUST_USE;

/* By notif_action: how many wait, and since when the oldest (0: none). */
struct notify_queue {
	int64_t count[NOTIFY_BY_SMS + 1], oldest_ms[NOTIFY_BY_SMS + 1];
};
es_status notify_store_wake_queue(struct es_db_conn *conn, struct notify_queue *out) ES_MUST_USE;

/* ---- what becomes of registrations ---- */

struct notify_addressed {
	const char *tenant, *imsi, *terminal_id;
	enum notify_channel channel;
	struct es_slice token_hash;
};
/* "accepted", or why not; a client that was told is left alone for a while. */
es_status notify_store_told(struct es_db_conn *conn, const struct notify_addressed *to, const char *outcome,
                            bool accepted, int64_t now_ms) ES_MUST_USE;
/* The line was sent an SMS; notify_wake.rest_ms looks at it. */
es_status notify_store_told_by_sms(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                   int64_t now_ms) ES_MUST_USE;
es_status notify_store_forget_sms(struct es_db_conn *conn, int64_t before_ms) ES_MUST_USE;
/* The token is nobody's any more, for all its applications; unless it was registered after `since_ms`. */
es_status notify_store_withdraw(struct es_db_conn *conn, const struct notify_addressed *to, int64_t since_ms,
                                int64_t *removed) ES_MUST_USE;

#endif
