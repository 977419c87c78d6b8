/* notify_store.c -- all SQL of notify. */
#include "notify_store.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "notify_0001_sql.h"
#include "notify_0002_sql.h"
#include "notify_0003_sql.h"
#include "notify_store_int.h"

/* What all messages under way may tell at once, and registrations besides. */
#define QUEUE_MAX 8192

#define PURPOSE_TOKEN "push"
#define PURPOSE_HASH_KEY "push-hash"

static const struct es_migration migrations[] = { { 1, notify_0001_sql },
	                                              { 2, notify_0002_sql },
	                                              { 3, notify_0003_sql } };

static const struct es_slice no_aad = { NULL, 0 };

/* ---- the key of the hash ---- */

static es_status read_hash_key(struct es_db_conn *conn, struct notify_store *store)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(es_db_query(conn, ST_GET_HASH_KEY, NULL, 0, &rows));
	ES_TRY(es_rows_next(rows));
	const struct es_slice sealed = es_col_blob(rows, 0);
	if (sealed.len != NOTIFY_HASH_KEY_SIZE + ES_SEAL_OVERHEAD)
		return ES_UNAUTHENTIC;
	return es_unseal(store->ring, PURPOSE_HASH_KEY, no_aad, sealed, store->hash_key);
}

/* Made once, by whichever replica comes first; sealed again at every start, so that it follows the key ring. */
static es_status make_hash_key(struct es_db_conn *conn, void *user)
{
	struct notify_store *store = user;
	uint8_t sealed[NOTIFY_HASH_KEY_SIZE + ES_SEAL_OVERHEAD];
	const struct es_slice bytes = { sealed, sizeof sealed };

	es_random(store->hash_key, sizeof store->hash_key);
	es_seal(store->ring, PURPOSE_HASH_KEY, no_aad, es_slice_of(store->hash_key, sizeof store->hash_key), sealed);
	ES_TRY(ES_DB_EXEC(conn, ST_ADD_HASH_KEY, NULL, es_bind_blob(bytes)));
	ES_TRY(read_hash_key(conn, store));
	es_seal(store->ring, PURPOSE_HASH_KEY, no_aad, es_slice_of(store->hash_key, sizeof store->hash_key), sealed);
	return ES_DB_EXEC(conn, ST_SET_HASH_KEY, NULL, es_bind_blob(bytes));
}

es_status notify_store_open(const char *url, struct es_keyring *ring, struct notify_store **out, struct es_buf *error)
{
	const struct es_db_options options = { .url = url,
		                                   .migrations = migrations,
		                                   .migration_count = ES_COUNT(migrations),
		                                   .statements = notify_statements,
		                                   .statement_count = ST_STATEMENT_COUNT,
		                                   .queue_max = QUEUE_MAX };
	struct notify_store *store = calloc(1, sizeof *store);

	if (store == NULL) {
		es_put_str(error, es_status_meaning(ES_TOO_LARGE));
		return ES_TOO_LARGE;
	}
	store->ring = ring;
	es_status status = es_db_open(&options, &store->db, error);
	if (status == ES_OK) {
		status = es_db_write_wait(store->db, make_hash_key, store);
		if (status == ES_UNAUTHENTIC)
			es_put_str(error, "push_keys_file does not hold the key that sealed this database: add its line again");
		else if (status != ES_OK)
			es_put_str(error, es_status_meaning(status));
	}
	if (status != ES_OK) {
		notify_store_close(store);
		return status;
	}
	*out = store;
	return ES_OK;
}

void notify_store_close(struct notify_store *store)
{
	if (store == NULL)
		return;
	es_db_close(store->db);
	es_wipe(store->hash_key, sizeof store->hash_key);
	free(store);
}

struct es_db *notify_store_db(struct notify_store *store)
{
	return store->db;
}

int64_t notify_new_lease(void)
{
	uint64_t random;

	es_random(&random, sizeof random);
	return (int64_t)(random % INT64_MAX) + 1;
}

/* ---- tokens ---- */

void notify_store_hash(const struct notify_store *store, struct es_slice token, uint8_t out[NOTIFY_HASH_SIZE])
{
	es_hmac_sha256(es_slice_of(store->hash_key, sizeof store->hash_key), &token, 1, out);
}

/* Binds a sealed token to its owner: copied into another's row it does not open. */
static struct es_slice owner_digest(const struct notify_owner *owner, uint8_t out[32])
{
	static const struct es_slice nul = { (const uint8_t *)"", 1 };
	const struct es_slice parts[] = { owner->tenant, nul, owner->imsi, nul, owner->terminal_id };

	es_sha256(parts, ES_COUNT(parts), out);
	return es_slice_of(out, 32);
}

void notify_store_seal(struct notify_store *store, const struct notify_owner *owner, struct es_slice token,
                       uint8_t *out)
{
	uint8_t digest[32];

	es_seal(store->ring, PURPOSE_TOKEN, owner_digest(owner, digest), token, out);
}

es_status notify_store_unseal(struct notify_store *store, const struct notify_owner *owner, struct es_slice sealed,
                              struct es_arena *arena, struct es_slice *out)
{
	uint8_t digest[32];

	if (sealed.len < ES_SEAL_OVERHEAD)
		return ES_MALFORMED;
	uint8_t *plain = es_arena_alloc(arena, sealed.len - ES_SEAL_OVERHEAD);
	if (plain == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_unseal(store->ring, PURPOSE_TOKEN, owner_digest(owner, digest), sealed, plain));
	*out = es_slice_of(plain, sealed.len - ES_SEAL_OVERHEAD);
	return ES_OK;
}

void notify_store_pseudonym(const struct notify_store *store, const struct es_slice *parts, size_t count,
                            uint8_t out[16])
{
	uint8_t digest[32];

	es_hmac_sha256(es_slice_of(store->hash_key, sizeof store->hash_key), parts, count, digest);
	memcpy(out, digest, 16);
}

/* ---- registrations ---- */

static struct es_slice hash_of(const struct notify_registration *r)
{
	return es_slice_of(r->token_hash, sizeof r->token_hash);
}

/* `is_old`: it is time to note that it came again. */
static es_status is_registered(struct es_db_conn *conn, const struct notify_registration *r, struct es_slice app,
                               bool *out, bool *is_old)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_IS_REGISTERED, &rows, es_bind_blob(hash_of(r)), es_bind_text(app),
	                   es_bind_text(r->owner.tenant), es_bind_text(r->owner.imsi), es_bind_text(r->owner.terminal_id),
	                   es_bind_int(r->channel)));
	const es_status status = es_rows_next(rows);
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	*out = status == ES_OK;
	*is_old = status == ES_OK && es_col_int(rows, 0) < r->now_ms - NOTIFY_REFRESH_MS;
	return ES_OK;
}

es_status notify_store_duplicates(struct es_db_conn *conn, const struct notify_registration *r, size_t *out,
                                  bool *is_old)
{
	size_t count = 0;

	*is_old = false;
	for (size_t i = 0; i < r->app_count; i++) {
		bool found = false, old = false;
		ES_TRY(is_registered(conn, r, r->apps[i], &found, &old));
		count += found ? 1 : 0;
		*is_old = *is_old || old;
	}
	*out = count;
	return ES_OK;
}

static es_status refresh(struct es_db_conn *conn, const struct notify_registration *r, struct es_slice app)
{
	return ES_DB_EXEC(conn, ST_REFRESH, NULL, es_bind_blob(hash_of(r)), es_bind_text(app),
	                  es_bind_text(r->owner.tenant), es_bind_text(r->owner.imsi), es_bind_text(r->owner.terminal_id),
	                  es_bind_int(r->channel), es_bind_int(r->now_ms));
}

static es_status put(struct es_db_conn *conn, const struct notify_registration *r, struct es_slice app)
{
	return ES_DB_EXEC(conn, ST_PUT, NULL, es_bind_text(r->owner.tenant), es_bind_text(r->owner.imsi),
	                  es_bind_text(r->owner.terminal_id), es_bind_text(app), es_bind_text(r->owner.app_name),
	                  es_bind_int(r->channel), es_bind_blob(hash_of(r)), es_bind_blob(r->token_sealed),
	                  es_bind_int(r->now_ms));
}

es_status notify_store_register(struct es_db_conn *conn, const struct notify_registration *r, size_t *duplicates)
{
	size_t found_before = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_DELETE_MOVED, NULL, es_bind_blob(hash_of(r)), es_bind_text(r->owner.tenant),
	                  es_bind_text(r->owner.imsi), es_bind_text(r->owner.terminal_id), es_bind_int(r->channel)));
	for (size_t i = 0; i < r->app_count; i++) {
		bool found = false, is_old = false;
		ES_TRY(is_registered(conn, r, r->apps[i], &found, &is_old));
		if (!found)
			ES_TRY(put(conn, r, r->apps[i]));
		else if (is_old)
			ES_TRY(refresh(conn, r, r->apps[i]));
		found_before += found ? 1 : 0;
	}
	ES_TRY(ES_DB_EXEC(conn, ST_DELETE_EXCESS, NULL, es_bind_text(r->owner.tenant), es_bind_text(r->owner.imsi),
	                  es_bind_int(NOTIFY_REGISTRATIONS_MAX)));
	*duplicates = found_before;
	return ES_OK;
}

es_status notify_store_disable(struct es_db_conn *conn, const struct notify_registration *r)
{
	for (size_t i = 0; i < r->app_count; i++)
		ES_TRY(ES_DB_EXEC(conn, ST_DELETE_TOKEN, NULL, es_bind_blob(hash_of(r)), es_bind_text(r->apps[i]),
		                  es_bind_text(r->owner.tenant), es_bind_text(r->owner.imsi),
		                  es_bind_text(r->owner.terminal_id)));
	return ES_OK;
}

/* ---- following ---- */

es_status notify_store_erase(struct es_db_conn *conn, struct es_slice tenant, struct es_slice imsi, int64_t *removed)
{
	ES_TRY(ES_DB_EXEC(conn, ST_WAKE_ERASE, NULL, es_bind_text(tenant), es_bind_text(imsi)));
	ES_TRY(ES_DB_EXEC(conn, ST_SMS_TOLD_ERASE, NULL, es_bind_text(tenant), es_bind_text(imsi)));
	ES_TRY(ES_DB_EXEC(conn, ST_DEAD_ERASE, NULL, es_bind_text(tenant), es_bind_text(imsi)));
	return ES_DB_EXEC(conn, ST_DELETE_SUBSCRIBER, removed, es_bind_text(tenant), es_bind_text(imsi));
}

static es_status read_listed(struct es_rows *rows, struct es_arena *arena, struct notify_listed *out)
{
	const char *texts[3];

	for (int i = 0; i < 3; i++)
		if ((texts[i] = es_arena_strdup(arena, es_col_text(rows, 2 + i))) == NULL)
			return ES_TOO_LARGE;
	*out = (struct notify_listed){ .id = es_col_int(rows, 0),
		                           .told_ms = es_col_int(rows, 1),
		                           .terminal_id = texts[0],
		                           .app_name = texts[1],
		                           .app = texts[2],
		                           .channel = (enum notify_channel)es_col_int(rows, 5) };
	return ES_OK;
}

es_status notify_store_of_line(struct es_db_conn *conn, struct es_slice tenant, struct es_slice imsi,
                               struct es_arena *arena, struct notify_listed **out, size_t *count)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	*count = 0;
	*out = es_arena_array(arena, NOTIFY_REGISTRATIONS_MAX, sizeof **out);
	if (*out == NULL)
		return ES_TOO_LARGE;
	ES_TRY(ES_DB_QUERY(conn, ST_OF_LINE, &rows, es_bind_text(tenant), es_bind_text(imsi),
	                   es_bind_int(NOTIFY_REGISTRATIONS_MAX)));
	while ((status = es_rows_next(rows)) == ES_OK && *count < NOTIFY_REGISTRATIONS_MAX)
		ES_TRY(read_listed(rows, arena, &(*out)[(*count)++]));
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status notify_store_position(struct es_db_conn *conn, const char *source, uint64_t *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_GET_POSITION, &rows, es_bind_str(source)));
	ES_TRY(es_rows_next(rows));
	*out = (uint64_t)es_col_int(rows, 0);
	return ES_OK;
}

es_status notify_store_set_position(struct es_db_conn *conn, const char *source, uint64_t sequence)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_SET_POSITION, &changed, es_bind_int((int64_t)sequence), es_bind_str(source)));
	return changed == 1 ? ES_OK : ES_INTERNAL;
}
