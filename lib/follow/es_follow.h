/* es_follow.h -- keeps up with the outbox of policy or esim: the doorbell wakes, POLICY_EVENTS or ESIM_EVENTS is the truth, the
 * place reached is a row in the follower's own database, moved in the same transaction as what the events did: each event takes
 * effect once, in order, whoever is killed in between. One page is under way at a time. Replicas on one database share the place.
 *
 * A follower that comes after events were trimmed goes on with the oldest that is left; one that finds the source's head behind
 * its own place (an old database was restored there) goes on from that head. Both are said in the log and counted. */
#ifndef ES_FOLLOW_H
#define ES_FOLLOW_H

#include "es_bus.h"
#include "es_db.h"
#include "policy.pb-c.h"

struct es_follow;

enum es_follow_source { ES_FOLLOW_POLICY, ES_FOLLOW_ESIM };

struct es_follow_options {
	enum es_follow_source source;
	const char *target, *events; /* where it listens, and where it rings */
	struct es_bus_key *key;      /* borrowed */
	int64_t poll_ms;             /* a lost ring goes unnoticed no longer */
	struct es_db *db;            /* the follower's; borrowed */

	/* Inside a read or a write job. `source` is its name: "policy", "esim". */
	es_status (*position)(struct es_db_conn *conn, const char *source, uint64_t *out);
	es_status (*set_position)(struct es_db_conn *conn, const char *source, uint64_t sequence);
	/* Inside the write job of a page, in this order; may run twice. `begin` and `done` may be NULL. */
	void (*begin)(void *user);
	es_status (*apply)(struct es_db_conn *conn, const Openes__Event *event, void *user);
	void (*done)(void *user); /* after the commit, on the writer thread: must not block */
	void *user;               /* borrowed; nobody else calls with it at the same time */
};
es_status es_follow_start(const struct es_follow_options *options, struct es_follow **out,
                          struct es_buf *error) ES_MUST_USE;
/* Takes no more events. A write already queued still runs: free after the database is closed. NULL is fine for both. */
void es_follow_stop(struct es_follow *follow);
void es_follow_free(struct es_follow *follow);

#endif
