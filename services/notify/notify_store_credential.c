/* notify_store_credential.c -- read, or made and written, in one write transaction: two processes never both make one. */
#include "notify_store_credential.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "notify_store_int.h"

#define PURPOSE "provider-credential"
#define AHEAD_MAX_MS (5 * 60000) /* made by a clock that is ahead of ours */

struct fetching {
	struct notify_store *store;
	const char *name;
	int64_t since_ms, made_ms;
	notify_vault_make *make;
	notify_vault_got *got;
	void *user;
	struct es_buf secret;
};

static es_status read_one(struct es_db_conn *conn, struct fetching *f, int64_t now)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	uint8_t plain[NOTIFY_VAULT_MAX];

	ES_TRY(ES_DB_QUERY(conn, ST_GET_CREDENTIAL, &rows, es_bind_str(f->name)));
	ES_TRY(es_rows_next(rows));
	const struct es_slice sealed = es_col_blob(rows, 1);
	f->made_ms = es_col_int(rows, 0);
	if (f->made_ms < f->since_ms || f->made_ms > now + AHEAD_MAX_MS || sealed.len <= ES_SEAL_OVERHEAD ||
	    sealed.len > sizeof plain + ES_SEAL_OVERHEAD)
		return ES_NOT_FOUND;
	/* One that does not open any more, its key being gone, is made anew. */
	if (es_unseal(f->store->ring, PURPOSE, es_slice_str(f->name), sealed, plain) != ES_OK)
		return ES_NOT_FOUND;
	es_put_bytes(&f->secret, es_slice_of(plain, sealed.len - ES_SEAL_OVERHEAD));
	es_wipe(plain, sizeof plain);
	return es_buf_status(&f->secret);
}

static es_status write_one(struct es_db_conn *conn, struct fetching *f, int64_t now)
{
	uint8_t sealed[NOTIFY_VAULT_MAX + ES_SEAL_OVERHEAD];

	es_buf_reset(&f->secret);
	ES_TRY(f->make(now, &f->secret, f->user));
	ES_TRY(es_buf_status(&f->secret));
	f->made_ms = now;
	es_seal(f->store->ring, PURPOSE, es_slice_str(f->name), es_buf_slice(&f->secret), sealed);
	return ES_DB_EXEC(conn, ST_PUT_CREDENTIAL, NULL, es_bind_str(f->name), es_bind_int(now),
	                  es_bind_blob(es_slice_of(sealed, f->secret.len + ES_SEAL_OVERHEAD)));
}

static es_status read_or_make(struct es_db_conn *conn, void *user)
{
	struct fetching *f = user;
	const int64_t now = es_wall_ms();

	es_buf_reset(&f->secret);
	const es_status status = read_one(conn, f, now);
	return status == ES_NOT_FOUND ? write_one(conn, f, now) : status;
}

static void finished(es_status status, void *user)
{
	struct fetching *f = user;

	f->got(status, f->made_ms, status == ES_OK ? es_buf_slice(&f->secret) : (struct es_slice){ 0 }, f->user);
	es_buf_wipe(&f->secret);
	free(f);
}

static es_status get(const struct notify_vault *vault, const char *name, int64_t since_ms, notify_vault_make *make,
                     notify_vault_got *got, void *user)
{
	struct notify_store *store = vault->store;
	struct fetching *f = calloc(1, sizeof *f);

	if (f == NULL)
		return ES_TOO_LARGE;
	*f =
		(struct fetching){ .store = store, .name = name, .since_ms = since_ms, .make = make, .got = got, .user = user };
	es_buf_init(&f->secret, NOTIFY_VAULT_MAX);
	const es_status status = es_db_write(store->db, read_or_make, finished, f);
	if (status != ES_OK)
		free(f);
	return status;
}

struct notify_vault notify_store_vault(struct notify_store *store)
{
	return (struct notify_vault){ .get = get, .store = store };
}
