/* notify_store_mass.h -- rows of `mass`: a change of many lines, gone through in the order of their IMSIs.
 *
 * All functions run inside es_db_read or a write job, which may run twice and then gives the same; texts they give out live in
 * the arena. Times are wall ms. Who goes through a mass change holds its lease, and whatever he writes is refused once somebody
 * has paused, cancelled or restarted it: that takes the lease from him. */
#ifndef NOTIFY_STORE_MASS_H
#define NOTIFY_STORE_MASS_H

#include "notify_mass_pace.h"
#include "notify_rules.h"
#include "notify_store.h"

enum notify_mass_state {
	NOTIFY_MASS_WAITING = 1, /* until start_ms */
	NOTIFY_MASS_RUNNING,
	NOTIFY_MASS_PAUSED, /* until a person resumes it */
	NOTIFY_MASS_DONE,
	NOTIFY_MASS_CANCELLED,
	NOTIFY_MASS_STATES
};
extern const char *const notify_mass_state_names[NOTIFY_MASS_STATES]; /* "waiting", ...; [0]: "" */

/* Wake-ups a second: what a person may set. */
#define NOTIFY_MASS_RATE_MAX 100000
/* TS.43's, and those of the operator's own before and after a change of his rules. */
#define NOTIFY_MASS_APPS_MAX 48
/* Who holds a lease renews it long before this is over. */
#define NOTIFY_MASS_LEASE_MS 20000

struct notify_mass {
	int64_t id;
	const char *tenant, *plan; /* plan "": all lines of the tenant */
	const char *kind;          /* of the newest event, "plan.changed" */
	const char *apps;          /* separated by blanks, in order */
	enum notify_mass_state state;
	int64_t rate;         /* wake-ups a second */
	const char *cursor;   /* IMSI gone past */
	int64_t total;        /* lines; -1: not counted yet */
	int64_t lines, woken; /* gone past; messages made */
	int64_t start_ms;     /* not before */
	int64_t paced_us;     /* wall us up to which they are due */
	int64_t created_ms, changed_ms, ended_ms;
	int64_t lease_until_ms, lease; /* lease 0: nobody's */
	const char *traceparent;
};

/* ---- begun by an event ---- */

struct notify_mass_event {
	const char *tenant, *plan, *kind;
	char *const *apps;
	size_t app_count;
	int64_t at_ms; /* of the event */
	const char *traceparent;
};
/* Without applications, or by rules that wake nobody, nothing happens. One that is open for the same tenant and plan starts again from the beginning, for its applications and these; if a person has
 * paused it, it stays so. Another one waits until now_ms + rules->mass_delay, or for a person (mass_hold). */
es_status notify_store_mass_start(struct es_db_conn *conn, const struct notify_rules *rules,
                                  const struct notify_mass_event *event, int64_t now_ms) ES_MUST_USE;

/* Whether a change of a plan of this tenant is being told of, or was until `since_ms`. */
es_status notify_store_mass_near(struct es_db_conn *conn, const char *tenant, int64_t since_ms, bool *out) ES_MUST_USE;

/* ---- by people: `tenant` is that of the path; ES_NOT_FOUND: it has no such mass change ---- */

typedef es_status notify_mass_each(const struct notify_mass *one, void *user);
/* Newest first, with ids below `before` (0: from the newest on). Texts live until the arena is reset, which is the caller's. */
es_status notify_store_mass_list(struct es_db_conn *conn, const char *tenant, int64_t before, uint32_t limit,
                                 struct es_arena *arena, notify_mass_each *each, void *user) ES_MUST_USE;
es_status notify_store_mass_get(struct es_db_conn *conn, const char *tenant, int64_t id, struct es_arena *arena,
                                struct notify_mass *out) ES_MUST_USE;
/* ES_CONFLICT: it has ended. To pause what is paused, and to resume what runs, changes nothing; one that
 * waits for another edit begins when it is resumed. Up to NOTIFY_MASS_AHEAD_MS of
 * wake-ups were made already and are sent. */
es_status notify_store_mass_pause(struct es_db_conn *conn, const char *tenant, int64_t id, int64_t now_ms) ES_MUST_USE;
es_status notify_store_mass_resume(struct es_db_conn *conn, const char *tenant, int64_t id, int64_t now_ms) ES_MUST_USE;
/* What it alone called for and nobody is sending now goes, too. */
es_status notify_store_mass_cancel(struct es_db_conn *conn, const char *tenant, int64_t id, int64_t now_ms) ES_MUST_USE;
/* 1 .. NOTIFY_MASS_RATE_MAX; at once. */
es_status notify_store_mass_set_rate(struct es_db_conn *conn, const char *tenant, int64_t id, int64_t rate,
                                     int64_t now_ms) ES_MUST_USE;

/* ---- by who goes through it ---- */

/* How many are open, and of those that one may take now the ids, the longest waiting first. */
es_status notify_store_mass_open(struct es_db_conn *conn, int64_t now_ms, int64_t *ids, size_t room, size_t *count,
                                 int64_t *open) ES_MUST_USE;
/* ES_NOT_FOUND: it cannot be taken (any more). */
es_status notify_store_mass_take(struct es_db_conn *conn, int64_t id, int64_t lease, int64_t now_ms) ES_MUST_USE;
/* As it is; ES_NOT_FOUND: the lease is lost. */
es_status notify_store_mass_held(struct es_db_conn *conn, int64_t id, int64_t lease, struct es_arena *arena,
                                 struct notify_mass *out) ES_MUST_USE;
/* Whether more than `most` of its wake-ups should have gone before `before_ms` and were not tried yet. */
es_status notify_store_mass_lags(struct es_db_conn *conn, int64_t id, int64_t before_ms, uint32_t most,
                                 bool *out) ES_MUST_USE;
/* Messages that the wake-ups of this line make, which it made just now: push tokens, or an SMS. */
es_status notify_store_mass_messages(struct es_db_conn *conn, const struct notify_mass *mass, const char *imsi,
                                     int64_t *out) ES_MUST_USE;
/* Moves it on to one->cursor, lines, woken, paced_us, total, state (running or done), and renews the lease. */
es_status notify_store_mass_move(struct es_db_conn *conn, const struct notify_mass *one, int64_t now_ms) ES_MUST_USE;
/* For the next one to take. */
es_status notify_store_mass_give_back(struct es_db_conn *conn, int64_t id, int64_t lease) ES_MUST_USE;

/* Those that ended before then. */
es_status notify_store_mass_prune(struct es_db_conn *conn, int64_t before_ms) ES_MUST_USE;

#endif
