/* auth_store.h -- all SQL of auth.
 *
 * auth_store_open() opens the database; the other functions run inside an es_db_read() or es_db_write() job, on its
 * connection. They know rows, not what is sealed in them. */
#ifndef AUTH_STORE_H
#define AUTH_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth_auc.h"
#include "auth_history.h"
#include "auth_identity.h"
#include "auth_login_state.h"
#include "auth_session.h"
#include "auth_sqn.h"
#include "es_arena.h"
#include "es_db.h"

#define AUTH_KEYS_SEALED_MAX (AUTH_KEYS_PLAIN_MAX + ES_SEAL_OVERHEAD)
#define AUTH_OWNER 16

es_status auth_store_open(const char *url, struct es_db **out, struct es_buf *error) ES_MUST_USE;

/* ---- keys ---- */

struct auth_key_row {
	uint8_t sealed[AUTH_KEYS_SEALED_MAX];
	size_t sealed_len;
	uint8_t amf[2];
	char algorithm[16];
	int64_t generation, dif, hop, updated_ms;
};
/* ES_NOT_FOUND; ES_INTERNAL when the row is not what auth writes. */
es_status auth_store_keys_get(struct es_db_conn *conn, const char *tenant, const char *imsi,
                              struct auth_key_row *out) ES_MUST_USE;
es_status auth_store_keys_put(struct es_db_conn *conn, const char *tenant, const char *imsi,
                              const struct auth_key_row *row) ES_MUST_USE;
/* Also when there are none. */
es_status auth_store_keys_delete(struct es_db_conn *conn, const char *tenant, const char *imsi) ES_MUST_USE;
#define AUTH_KEYS_PAGE 64
struct auth_key_item {
	char tenant[32], imsi[16];
	struct auth_key_row row;
};
/* At most AUTH_KEYS_PAGE of them, in order, behind (tenant, imsi). A row that is not what auth writes is all zero. */
es_status auth_store_keys_page(struct es_db_conn *conn, const char *tenant, const char *imsi,
                               struct auth_key_item items[AUTH_KEYS_PAGE], size_t *count) ES_MUST_USE;
/* The same keys sealed anew; ES_CONFLICT when the row is not the one that was read. */
es_status auth_store_keys_reseal(struct es_db_conn *conn, const struct auth_key_item *item,
                                 struct es_slice sealed) ES_MUST_USE;
/* A difference is raised, never lowered; ES_CONFLICT when the keys have been replaced. */
es_status auth_store_raise_dif(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t generation,
                               int64_t dif) ES_MUST_USE;
/* Compare-and-set; ES_CONFLICT when it is not `seen` any more. */
es_status auth_store_set_hop(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t generation,
                             int64_t seen, int64_t hop) ES_MUST_USE;

/* ---- indices of replicas ---- */

struct auth_claim {
	uint8_t owner[AUTH_OWNER]; /* random, of this claim */
	const char *name;
	int64_t clock_tick, now_ms;
	/* Results. */
	unsigned ind;
	int64_t floor, hwm;
};
/* The row of the same name, else a free one, else the one claimed longest ago. ES_BUSY when every one was renewed within
 * the last two minutes, ES_CONFLICT when another replica was faster. */
es_status auth_store_claim(struct es_db_conn *conn, struct auth_claim *claim) ES_MUST_USE;
/* ES_CONFLICT: the index is somebody else's now. */
es_status auth_store_extend(struct es_db_conn *conn, unsigned ind, const uint8_t owner[AUTH_OWNER], int64_t hwm,
                            int64_t now_ms) ES_MUST_USE;
/* Gives the index back with the mark as it really is. */
es_status auth_store_release(struct es_db_conn *conn, unsigned ind, const uint8_t owner[AUTH_OWNER],
                             int64_t hwm) ES_MUST_USE;

/* ---- exchanges ---- */

struct auth_exchange_row {
	int64_t round;
	struct es_slice packet_hash, outcome, state, request; /* empty: NULL */
};
/* Slices live in the arena. ES_NOT_FOUND. */
es_status auth_store_exchange_get(struct es_db_conn *conn, const uint8_t session[AUTH_SESSION_ID],
                                  struct es_arena *arena, struct auth_exchange_row *out) ES_MUST_USE;
/* A new row; ES_CONFLICT when there is one. */
es_status auth_store_exchange_insert(struct es_db_conn *conn, const uint8_t session[AUTH_SESSION_ID],
                                     const struct auth_exchange_row *row) ES_MUST_USE;
/* Compare-and-set from the round before row->round; ES_CONFLICT when it is not there any more. Keeps `request`. */
es_status auth_store_exchange_advance(struct es_db_conn *conn, const uint8_t session[AUTH_SESSION_ID],
                                      const struct auth_exchange_row *row) ES_MUST_USE;
/* ---- the record of authentications ---- */

es_status auth_store_history_add(struct es_db_conn *conn, const struct auth_history_entry *entry) ES_MUST_USE;
#define AUTH_HISTORY_MAX 100
/* The newest first, at most `max`. */
/* A subscriber is erased: nothing of him stays in it. */
es_status auth_store_history_erase(struct es_db_conn *conn, const char *tenant, const char *imsi) ES_MUST_USE;
/* How far the events of `source` have been followed. */
es_status auth_store_followed(struct es_db_conn *conn, const char *source, uint64_t *out) ES_MUST_USE;
es_status auth_store_set_followed(struct es_db_conn *conn, const char *source, uint64_t sequence) ES_MUST_USE;
es_status auth_store_history_get(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                 struct auth_history_entry *entries, size_t max, size_t *count) ES_MUST_USE;

/* ---- fast re-authentication ---- */

/* ES_NOT_FOUND: never given out, used, or expired. `sealed` lives in the arena. */
es_status auth_store_reauth_get(struct es_db_conn *conn, const uint8_t id[AUTH_REAUTH_ID], int64_t now_ms,
                                struct es_arena *arena, struct es_slice *sealed) ES_MUST_USE;
/* ES_CONFLICT when somebody was faster: the identity is spent. */
es_status auth_store_reauth_spend(struct es_db_conn *conn, const uint8_t id[AUTH_REAUTH_ID]) ES_MUST_USE;
es_status auth_store_reauth_add(struct es_db_conn *conn, const uint8_t id[AUTH_REAUTH_ID], struct es_slice sealed,
                                int64_t expires_ms) ES_MUST_USE;

/* ---- what is good once ---- */

#define AUTH_SPENT_ID 16
/* `before`: somebody else was first. The same call (its key, not empty), repeated, is nobody else. */
es_status auth_store_spend(struct es_db_conn *conn, const uint8_t id[AUTH_SPENT_ID], struct es_slice call,
                           int64_t expires_ms, bool *before) ES_MUST_USE;

/* ---- what is over ---- */

/* Removes at most 500 rows each of sessions, re-authentications and spent tokens that expired and of history from before
 * `history_from_ms`; `removed` says how many in all. */
es_status auth_store_purge(struct es_db_conn *conn, int64_t now_ms, int64_t history_from_ms,
                           int64_t *removed) ES_MUST_USE;

/* ---- logins of people ---- */

struct auth_login_row {
	int64_t step;                 /* as read; raised with each change */
	struct es_slice state, code;  /* of `code`, `answer` and `outcome` empty: NULL */
	int64_t code_until_ms, tries; /* 0: not sent; left */
	struct es_slice answer, outcome;
	int64_t claimed_ms, ended_ms;
};
/* Slices live in the arena. ES_NOT_FOUND. */
es_status auth_store_login_get(struct es_db_conn *conn, const uint8_t id[AUTH_LOGIN_ID], struct es_arena *arena,
                               struct auth_login_row *out) ES_MUST_USE;
es_status auth_store_login_insert(struct es_db_conn *conn, const uint8_t id[AUTH_LOGIN_ID],
                                  const struct auth_login_row *row) ES_MUST_USE;
/* Compare-and-set from row->step; ES_CONFLICT when it is not there any more. Keeps `state`. */
es_status auth_store_login_advance(struct es_db_conn *conn, const uint8_t id[AUTH_LOGIN_ID],
                                   const struct auth_login_row *row) ES_MUST_USE;
/* Counts one more of this subject in this hour. */
es_status auth_store_login_rate(struct es_db_conn *conn, const uint8_t subject[32], int64_t hour,
                                int64_t *count) ES_MUST_USE;
/* Removes logins that expired before now, and counts of past hours; at most 500 of each. */
es_status auth_store_login_purge(struct es_db_conn *conn, int64_t now_ms, int64_t *removed) ES_MUST_USE;

#endif
