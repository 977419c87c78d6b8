/* notify_store_view.h -- what operators look at: registrations and wake-ups of a line, failures, mass changes, queues. Inside a read or
 * a write job; texts live in the arena. */
#ifndef NOTIFY_STORE_VIEW_H
#define NOTIFY_STORE_VIEW_H

#include "notify_store_dead.h"
#include "notify_store_wake.h"

/* ---- one line ---- */

#define NOTIFY_FINGERPRINT_SIZE 13 /* of a push token's hash: hexadecimal, with its end */
struct notify_seen {
	const char *app, *app_name, *terminal_id, *outcome;
	enum notify_channel channel;
	char fingerprint[NOTIFY_FINGERPRINT_SIZE];
	int64_t registered_ms, told_ms, outcome_ms; /* 0: never */
};
/* The newest first. */
es_status notify_view_registrations(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                    struct es_arena *arena, struct notify_seen **out, size_t *count) ES_MUST_USE;

#define NOTIFY_DUE_MAX 256
struct notify_due {
	const char *app, *app_name, *terminal_id, *account;
	enum notify_channel channel;
	int64_t attempts, changed_ms, due_ms, expires_ms, mass;
	bool is_taken; /* due_ms is when its lease ends */
};
/* What comes first comes first. */
es_status notify_view_due(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                          struct notify_due **out, size_t *count) ES_MUST_USE;
/* A wake-up that is free goes now, however long it was to wait. */
es_status notify_view_hasten(struct es_db_conn *conn, const struct notify_wake *wake) ES_MUST_USE;

/* ---- failures ---- */

struct notify_dead_filter {
	const char *tenant;
	int64_t before;              /* numbers below this one; 0: from the newest on */
	const char *reason, *imsi;   /* "": any */
	enum notify_channel channel; /* 0: any */
};
/* The newest first, `max` at most. */
es_status notify_view_failures(struct es_db_conn *conn, const struct notify_dead_filter *filter, size_t max,
                               struct es_arena *arena, struct notify_dead **out, size_t *count) ES_MUST_USE;
/* ES_NOT_FOUND: the tenant has no such. */
es_status notify_view_failure(struct es_db_conn *conn, const char *tenant, int64_t id, struct es_arena *arena,
                              struct notify_dead *out) ES_MUST_USE;
es_status notify_view_failure_delete(struct es_db_conn *conn, const char *tenant, int64_t id) ES_MUST_USE;
/* Whether the client that it was for is registered still. */
es_status notify_view_is_registered(struct es_db_conn *conn, const struct notify_dead *dead, bool *out) ES_MUST_USE;

/* ---- queues ---- */

struct notify_waiting {
	const char *account;
	int64_t count, oldest_ms;
};
/* Of a tenant, by account, `max` at most. */
es_status notify_view_queues(struct es_db_conn *conn, const char *tenant, size_t max, struct es_arena *arena,
                             struct notify_waiting **out, size_t *count) ES_MUST_USE;

#endif
