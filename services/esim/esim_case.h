/* esim_case.h -- an order with the profiles it is about, read and written together. Inside a write job. */
#ifndef ESIM_CASE_H
#define ESIM_CASE_H

#include "esim_store.h"

struct esim_case {
	struct esim_order order;
	struct esim_profile profile, old; /* old: only with has_old */
	bool has_old;
	/* as they were read */
	struct esim_profile profile_before, old_before;
	uint8_t state_before;
	uint64_t event; /* number of the last event that was written; 0: none */
};

es_status esim_case_read(const struct esim_store *store, struct es_db_conn *conn, const char *order,
                         struct esim_case *out) ES_MUST_USE;
/* Of an order made a moment ago, whose profile is in `c` as it is in the database, or new (version 0). */
es_status esim_case_begin(const struct esim_store *store, struct es_db_conn *conn, struct esim_case *c,
                          int64_t now_ms) ES_MUST_USE;
/* Settles what the order's state means for the profiles, writes all of it, and an event for every device that would be
 * told something else than before. */
es_status esim_case_write(const struct esim_store *store, struct es_db_conn *conn, struct esim_case *c,
                          int64_t now_ms) ES_MUST_USE;

/* A profile without an order: written, with its event. */
es_status esim_profile_write(const struct esim_store *store, struct es_db_conn *conn, struct esim_profile *profile,
                             const struct esim_profile *before, const char *traceparent, int64_t now_ms,
                             uint64_t *event) ES_MUST_USE;

/* The profile is installed, as its SM-DP+ or its device says; deleted; could not be downloaded. `order` of the case is the
 * one that waits, if there is one. ES_NOT_FOUND: an ICCID we know nothing of. */
enum esim_sign { ESIM_SIGN_DOWNLOADED, ESIM_SIGN_INSTALLED, ESIM_SIGN_DELETED, ESIM_SIGN_FAILED };
es_status esim_case_sign(const struct esim_store *store, struct es_db_conn *conn, const char *tenant, const char *iccid,
                         enum esim_sign sign, const char *reason, int64_t now_ms, struct esim_case *out) ES_MUST_USE;

#endif
