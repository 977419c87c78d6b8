/* notify_store.h -- push registrations and the place in policy's outbox: all SQL of notify.
 *
 * Push tokens are sealed (es_keyring.h) and found by a keyed hash. Functions that take a connection run inside
 * es_db_read or a write job; they may run twice and then give the same. */
#ifndef NOTIFY_STORE_H
#define NOTIFY_STORE_H

#include "es_arena.h"
#include "es_db.h"
#include "es_keyring.h"
#include "notify_message.h"

#define NOTIFY_HASH_SIZE 32
/* Of one subscriber, all terminals and applications together; more push out the oldest. */
#define NOTIFY_REGISTRATIONS_MAX 64
/* How old what is noted of a registration may grow before it is noted that the same came again: so long a provider's word that
 * the token is dead may count though it was renewed. */
#define NOTIFY_REFRESH_MS (INT64_C(10) * 60 * 1000)

struct notify_store;

/* `ring` is borrowed. */
es_status notify_store_open(const char *url, struct es_keyring *ring, struct notify_store **out,
                            struct es_buf *error) ES_MUST_USE;
void notify_store_close(struct notify_store *store);
struct es_db *notify_store_db(struct notify_store *store);
/* What rows are taken under: random, above 0. */
int64_t notify_new_lease(void);

/* Who registers: slices live as long as the caller's request. */
struct notify_owner {
	struct es_slice tenant, imsi, terminal_id, app_name;
};

struct notify_registration {
	struct notify_owner owner;
	struct es_slice apps[NOTIFY_APPS_MAX];
	size_t app_count;
	enum notify_channel channel;
	int64_t now_ms;
	uint8_t token_hash[NOTIFY_HASH_SIZE];
	struct es_slice token_sealed; /* empty where nothing will be stored */
};

void notify_store_hash(const struct notify_store *store, struct es_slice token, uint8_t out[NOTIFY_HASH_SIZE]);
/* Seals for this owner into `out`: token.len + ES_SEAL_OVERHEAD octets. */
void notify_store_seal(struct notify_store *store, const struct notify_owner *owner, struct es_slice token,
                       uint8_t *out);

/* For how many of the applications this very token is registered for this subscriber, terminal and channel. `is_old`: for one of
 * them so long ago that registering again is to be noted. */
es_status notify_store_duplicates(struct es_db_conn *conn, const struct notify_registration *r, size_t *out,
                                  bool *is_old) ES_MUST_USE;
/* Registers for every application; a token known for another subscriber, terminal or channel moves. `duplicates` as
 * above, before the change. */
es_status notify_store_register(struct es_db_conn *conn, const struct notify_registration *r,
                                size_t *duplicates) ES_MUST_USE;
/* The token wakes this subscriber's terminal no more for these applications (V12-NOTIF-03). */
es_status notify_store_disable(struct es_db_conn *conn, const struct notify_registration *r) ES_MUST_USE;

/* A subscriber is gone: nothing of him stays. */
es_status notify_store_erase(struct es_db_conn *conn, struct es_slice tenant, struct es_slice imsi,
                             int64_t *removed) ES_MUST_USE;
/* One registration of a line. */
struct notify_listed {
	int64_t id;
	const char *terminal_id, *app_name, *app;
	enum notify_channel channel;
	int64_t told_ms;
};
/* Those of one line, NOTIFY_REGISTRATIONS_MAX at most, into the arena. */
es_status notify_store_of_line(struct es_db_conn *conn, struct es_slice tenant, struct es_slice imsi,
                               struct es_arena *arena, struct notify_listed **out, size_t *count) ES_MUST_USE;

/* How far the events of `source` were followed: "policy", "esim". */
es_status notify_store_position(struct es_db_conn *conn, const char *source, uint64_t *out) ES_MUST_USE;
es_status notify_store_set_position(struct es_db_conn *conn, const char *source, uint64_t sequence) ES_MUST_USE;

/* Opens a token that was sealed for this owner, into the arena. */
es_status notify_store_unseal(struct notify_store *store, const struct notify_owner *owner, struct es_slice sealed,
                              struct es_arena *arena, struct es_slice *out) ES_MUST_USE;
/* A name for a client that tells nothing of him: the same for the same text under this database's key. */
void notify_store_pseudonym(const struct notify_store *store, const struct es_slice *parts, size_t count,
                            uint8_t out[16]);

#endif
