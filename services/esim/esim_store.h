/* esim_store.h -- esim's database: all SQL is behind this header.
 *
 * Functions that take a connection run inside es_db_read() or a write job and are part of its transaction. ES_NOT_FOUND: no
 * such row. Rows are sealed with the ring of `store` where they hold secrets: opening what another key sealed is
 * ES_UNAUTHENTIC. */
#ifndef ESIM_STORE_H
#define ESIM_STORE_H

#include "es_db.h"
#include "es_keyring.h"
#include "esim_draft.h"
#include "esim_types.h"

struct esim_store {
	struct es_db *db;
	struct es_keyring *ring;
};

es_status esim_store_open(const char *url, struct es_db **out, struct es_buf *error) ES_MUST_USE;

/* ---- devices seen ---- */

/* Of one subscriber; more push out those seen longest ago. */
#define ESIM_DEVICES_MAX 32

struct esim_device {
	struct es_slice tenant, imsi, terminal_id, companion_terminal_id, eid;
};
/* Inside a write job. A device seen less than a minute ago is left as it is. */
es_status esim_store_seen(struct es_db_conn *conn, const struct esim_device *device, int64_t now_ms) ES_MUST_USE;
/* How many devices one subscriber has, and when this one was seen last (0: never). For tests and customer care. */
es_status esim_store_device(struct es_db_conn *conn, const struct esim_device *device, int64_t *count,
                            int64_t *last_seen_ms) ES_MUST_USE;

/* ---- policy's outbox, as far as it was followed ---- */

es_status esim_store_position(struct es_db_conn *conn, const char *source, uint64_t *out) ES_MUST_USE;
es_status esim_store_set_position(struct es_db_conn *conn, const char *source, uint64_t sequence) ES_MUST_USE;
/* Everything that is kept of a subscriber. */
es_status esim_store_erase(struct es_db_conn *conn, struct es_slice tenant, struct es_slice imsi) ES_MUST_USE;
/* The line has another SIM: its profiles and orders are of that IMSI from now on. */
es_status esim_store_move(struct es_db_conn *conn, struct es_slice tenant, struct es_slice from,
                          struct es_slice to) ES_MUST_USE;

/* ---- profiles ---- */

#define ESIM_PROFILES_MAX 64                            /* of a line, in one answer */
#define ESIM_ENDED_SHOWN_MS (INT64_C(24) * 3600 * 1000) /* how long one that ended is still spoken of */

es_status esim_row_profile(const struct esim_store *store, struct es_db_conn *conn, const char *id,
                           struct esim_profile *out) ES_MUST_USE;
/* The one that lives; without one the one that ended last. */
es_status esim_row_profile_of_iccid(const struct esim_store *store, struct es_db_conn *conn, const char *tenant,
                                    const char *iccid, struct esim_profile *out) ES_MUST_USE;
/* The same of any tenant: ICCIDs are the world's. */
es_status esim_row_profile_of_any(const struct esim_store *store, struct es_db_conn *conn, const char *iccid,
                                  struct esim_profile *out) ES_MUST_USE;
/* Of a line (enterprise "") or of an enterprise (imsi ""), those that live first. */
es_status esim_row_profiles(const struct esim_store *store, struct es_db_conn *conn, const char *tenant,
                            const char *imsi, const char *enterprise, int64_t now_ms,
                            struct esim_profile out[ESIM_PROFILES_MAX], size_t *count) ES_MUST_USE;
/* ES_CONFLICT: another one that lives has this ICCID. Gives it the next version. */
es_status esim_row_profile_put(const struct esim_store *store, struct es_db_conn *conn,
                               struct esim_profile *profile) ES_MUST_USE;
/* Whether somebody else's profile that lives has this ICCID; is on this device (by EID, by terminal_id), which is no phone.
 * "": no. */
es_status esim_row_is_foreign(struct es_db_conn *conn, const struct esim_draft *asker, const char *iccid,
                              bool *iccid_is, bool *device_is) ES_MUST_USE;

/* ---- orders ---- */

#define ESIM_STEPS_KEPT 64

es_status esim_row_order(const struct esim_store *store, struct es_db_conn *conn, const char *id,
                         struct esim_order *out) ES_MUST_USE;
/* Gives it the next version. */
es_status esim_row_order_put(const struct esim_store *store, struct es_db_conn *conn,
                             struct esim_order *order) ES_MUST_USE;
/* The one that is not over. */
es_status esim_row_order_of_profile(const struct esim_store *store, struct es_db_conn *conn, const char *profile,
                                    struct esim_order *out) ES_MUST_USE;
es_status esim_row_orders_due(const struct esim_store *store, struct es_db_conn *conn, int64_t now_ms,
                              struct esim_order *out, size_t max, size_t *count) ES_MUST_USE;
struct esim_order_filter {
	const char *tenant;
	/* One of these is looked up by, the first that is there of those above it; what else is meant is the caller's to look at. */
	const char *iccid, *eid, *imsi; /* of the profile, living or not; of the line; "": all */
	uint8_t state;                  /* 0: all */
	int64_t after_ms;               /* of the last one seen; with its id */
	const char *after_id;
};
es_status esim_row_orders(const struct esim_store *store, struct es_db_conn *conn,
                          const struct esim_order_filter *filter, struct esim_order *out, size_t max,
                          size_t *count) ES_MUST_USE;

struct esim_step_note {
	int64_t number, at_ms;
	uint8_t step; /* enum esim_step */
	char outcome[16], reason[ESIM_REASON + 1];
};
es_status esim_row_step_note(struct es_db_conn *conn, const char *order, uint8_t step, const char *outcome,
                             const char *reason, int64_t now_ms) ES_MUST_USE;
es_status esim_row_steps(struct es_db_conn *conn, const char *order, struct esim_step_note out[ESIM_STEPS_KEPT],
                         size_t *count) ES_MUST_USE;

/* ---- stock ---- */

enum esim_stock_state { ESIM_STOCK_FREE, ESIM_STOCK_KEPT, ESIM_STOCK_USED, ESIM_STOCK_SPOILED };

/* `is_new` false: it was there already, and stays as it is. */
es_status esim_row_stock_add(struct es_db_conn *conn, const char *tenant, const char *iccid, const char *profile_type,
                             int64_t now_ms, bool *is_new) ES_MUST_USE;
/* Keeps a free one for the order. ES_NOT_FOUND: there is none of the type. */
es_status esim_row_stock_take(struct es_db_conn *conn, const char *tenant, const char *profile_type, const char *order,
                              int64_t now_ms, char iccid[ESIM_ICCID + 1]) ES_MUST_USE;
es_status esim_row_stock_set(struct es_db_conn *conn, const char *tenant, const char *iccid,
                             enum esim_stock_state state, int64_t now_ms) ES_MUST_USE;
struct esim_stock_count {
	char profile_type[ESIM_NAME + 1];
	int64_t state, count;
};
es_status esim_row_stock_counts(struct es_db_conn *conn, const char *tenant, struct esim_stock_count *out, size_t max,
                                size_t *count) ES_MUST_USE;
/* ES_NOT_FOUND: there is none. */
es_status esim_row_stock_type(struct es_db_conn *conn, const char *tenant, const char *iccid,
                              char profile_type[ESIM_NAME + 1]) ES_MUST_USE;
/* ES_NOT_FOUND: there is none. ES_CONFLICT: an order has it. */
es_status esim_row_stock_delete(struct es_db_conn *conn, const char *tenant, const char *iccid) ES_MUST_USE;

/* ---- what a sheet is about ---- */

es_status esim_row_intent(const struct esim_store *store, struct es_db_conn *conn, const char *nonce,
                          struct esim_draft *out, char order[ESIM_ID + 1], int64_t *created_ms) ES_MUST_USE;
es_status esim_row_intent_put(const struct esim_store *store, struct es_db_conn *conn, const char *nonce,
                              const struct esim_draft *draft, const char *order, int64_t created_ms) ES_MUST_USE;

/* How often this device has asked for its eligibility since `since_ms`, this time included. */
es_status esim_row_poll(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *terminal_id,
                        int64_t now_ms, int64_t since_ms, int64_t *count) ES_MUST_USE;

/* ---- events ---- */

struct esim_event {
	uint64_t sequence;
	int64_t at_ms;
	const char *kind, *tenant, *imsi, *app, *terminal_id, *traceparent;
};
/* Fills in its number. */
es_status esim_row_event_add(struct es_db_conn *conn, struct esim_event *event) ES_MUST_USE;
/* Texts are the arena's. `head`: the last number there is. */
es_status esim_row_events(struct es_db_conn *conn, uint64_t after, size_t max, struct es_arena *arena,
                          struct esim_event *out, size_t *count, uint64_t *head) ES_MUST_USE;
/* Events and sheets older than that. */
es_status esim_row_prune(struct es_db_conn *conn, int64_t events_before_ms, int64_t intents_before_ms) ES_MUST_USE;

#endif
