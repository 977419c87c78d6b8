/* auth_store_int.h -- what the files of auth_store*.c share: the statements by name (their SQL stands in auth_store.c), and
 * how rows and arguments are handled. */
#ifndef AUTH_STORE_INT_H
#define AUTH_STORE_INT_H

#include "auth_store.h"

enum auth_statement {
	KEYS_GET,
	KEYS_PUT,
	KEYS_DELETE,
	KEYS_PAGE,
	KEYS_RESEAL,
	KEYS_RAISE_DIF,
	KEYS_SET_HOP,
	REPLICA_BEST,
	REPLICA_COUNT,
	REPLICA_NEW,
	REPLICA_CLAIM,
	REPLICA_EXTEND,
	REPLICA_RELEASE,
	EXCHANGE_GET,
	EXCHANGE_INSERT,
	EXCHANGE_ADVANCE,
	EXCHANGE_PURGE,
	HISTORY_ADD,
	HISTORY_GET,
	HISTORY_PURGE,
	HISTORY_ERASE,
	FOLLOWED_GET,
	FOLLOWED_SET,
	REAUTH_GET,
	REAUTH_SPEND,
	REAUTH_ADD,
	REAUTH_PURGE,
	SPENT_INSERT,
	SPENT_CALL,
	SPENT_PURGE,
	LOGIN_GET,
	LOGIN_INSERT,
	LOGIN_ADVANCE,
	LOGIN_PURGE,
	LOGIN_RATE,
	LOGIN_RATE_PURGE,
	STATEMENT_COUNT
};

/* An UPDATE that must touch one row. */
static inline es_status auth_store_exactly_one(es_status status, int64_t changed)
{
	if (status != ES_OK)
		return status;
	return changed == 1 ? ES_OK : ES_CONFLICT;
}

static inline struct es_bind auth_store_blob_or_null(struct es_slice bytes)
{
	return bytes.len > 0 ? es_bind_blob(bytes) : es_bind_null();
}

/* False when the arena has no room. */
static inline bool auth_store_keep(struct es_arena *arena, struct es_slice from, struct es_slice *out)
{
	*out = es_arena_copy(arena, from);
	return out->len == from.len;
}

#endif
