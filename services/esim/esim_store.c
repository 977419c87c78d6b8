/* esim_store.c -- the database as a whole, devices seen, and the place in policy's outbox. */
#include "esim_store.h"

#include "es_cleanup.h"
#include "esim_0001_sql.h"
#include "esim_0002_sql.h"
#include "esim_0003_sql.h"
#include "esim_statements.h"

#define QUIET_MS 60000

static const struct es_migration migrations[] = { { 1, esim_0001_sql }, { 2, esim_0002_sql }, { 3, esim_0003_sql } };

es_status esim_store_open(const char *url, struct es_db **out, struct es_buf *error)
{
	const struct es_db_options options = { .url = url,
		                                   .migrations = migrations,
		                                   .migration_count = ES_COUNT(migrations),
		                                   .statements = esim_statements,
		                                   .statement_count = ST_COUNT };

	return es_db_open(&options, out, error);
}

es_status esim_store_seen(struct es_db_conn *conn, const struct esim_device *d, int64_t now_ms)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_SEEN, &changed, es_bind_text(d->tenant), es_bind_text(d->imsi),
	                  es_bind_text(d->terminal_id), es_bind_text(d->companion_terminal_id), es_bind_text(d->eid),
	                  es_bind_int(now_ms), es_bind_int(QUIET_MS)));
	if (changed == 0)
		return ES_OK;
	return ES_DB_EXEC(conn, ST_DELETE_EXCESS, NULL, es_bind_text(d->tenant), es_bind_text(d->imsi),
	                  es_bind_int(ESIM_DEVICES_MAX));
}

static es_status read_int(struct es_rows *rows, int64_t *out)
{
	const es_status status = es_rows_next(rows);

	if (status == ES_OK)
		*out = es_col_int(rows, 0);
	es_rows_done(rows);
	return status;
}

es_status esim_store_device(struct es_db_conn *conn, const struct esim_device *d, int64_t *count, int64_t *last_seen_ms)
{
	struct es_rows *rows = NULL;
	int64_t devices = 0, seen = 0;

	ES_TRY(ES_DB_QUERY(conn, ST_COUNT_DEVICES, &rows, es_bind_text(d->tenant), es_bind_text(d->imsi)));
	ES_TRY(read_int(rows, &devices));
	ES_TRY(ES_DB_QUERY(conn, ST_LAST_SEEN, &rows, es_bind_text(d->tenant), es_bind_text(d->imsi),
	                   es_bind_text(d->terminal_id), es_bind_text(d->companion_terminal_id), es_bind_text(d->eid)));
	const es_status status = read_int(rows, &seen);
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	*count = devices;
	*last_seen_ms = seen;
	return ES_OK;
}

es_status esim_store_erase(struct es_db_conn *conn, struct es_slice tenant, struct es_slice imsi)
{
	static const size_t statements[] = { ST_ERASE_DEVICES,  ST_ERASE_STEPS,   ST_ERASE_ORDERS,
		                                 ST_ERASE_PROFILES, ST_ERASE_INTENTS, ST_POLL_CLEAR };

	for (size_t i = 0; i < ES_COUNT(statements); i++)
		ES_TRY(ES_DB_EXEC(conn, statements[i], NULL, es_bind_text(tenant), es_bind_text(imsi)));
	return ES_OK;
}

es_status esim_store_move(struct es_db_conn *conn, struct es_slice tenant, struct es_slice from, struct es_slice to)
{
	static const size_t statements[] = { ST_PROFILES_MOVE, ST_ORDERS_MOVE };

	for (size_t i = 0; i < ES_COUNT(statements); i++)
		ES_TRY(ES_DB_EXEC(conn, statements[i], NULL, es_bind_text(tenant), es_bind_text(from), es_bind_text(to)));
	return ES_OK;
}

es_status esim_store_position(struct es_db_conn *conn, const char *source, uint64_t *out)
{
	struct es_rows *rows = NULL;
	int64_t position = 0;

	ES_TRY(ES_DB_QUERY(conn, ST_GET_POSITION, &rows, es_bind_str(source)));
	ES_TRY(read_int(rows, &position));
	*out = (uint64_t)position;
	return ES_OK;
}

es_status esim_store_set_position(struct es_db_conn *conn, const char *source, uint64_t sequence)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_SET_POSITION, &changed, es_bind_int((int64_t)sequence), es_bind_str(source)));
	return changed == 1 ? ES_OK : ES_INTERNAL;
}
