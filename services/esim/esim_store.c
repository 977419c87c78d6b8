/* esim_store.c -- all SQL of esim. */
#include "esim_store.h"

#include "es_cleanup.h"
#include "esim_0001_sql.h"
#include "esim_0002_sql.h"

#define QUIET_MS 60000

enum { SEEN, DELETE_EXCESS, COUNT_DEVICES, LAST_SEEN, ERASE, GET_POSITION, SET_POSITION, STATEMENT_COUNT };

static const char *const statements[] = {
	[SEEN] = "INSERT INTO device"
			 " (tenant, imsi, terminal_id, companion_terminal_id, eid, first_seen_unix_ms, last_seen_unix_ms)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)"
			 " ON CONFLICT (tenant, imsi, terminal_id, companion_terminal_id, eid) DO UPDATE"
			 " SET last_seen_unix_ms = excluded.last_seen_unix_ms"
			 " WHERE device.last_seen_unix_ms <= excluded.last_seen_unix_ms - ?7",
	[DELETE_EXCESS] = "DELETE FROM device WHERE tenant = ?1 AND imsi = ?2 AND id NOT IN"
					  " (SELECT id FROM device WHERE tenant = ?1 AND imsi = ?2"
					  " ORDER BY last_seen_unix_ms DESC, id DESC LIMIT ?3)",
	[COUNT_DEVICES] = "SELECT count(*) FROM device WHERE tenant = ?1 AND imsi = ?2",
	[LAST_SEEN] = "SELECT last_seen_unix_ms FROM device WHERE tenant = ?1 AND imsi = ?2 AND terminal_id = ?3 AND"
				  " companion_terminal_id = ?4 AND eid = ?5",
	[ERASE] = "DELETE FROM device WHERE tenant = ?1 AND imsi = ?2",
	[GET_POSITION] = "SELECT sequence FROM followed WHERE source = 'policy'",
	[SET_POSITION] = "UPDATE followed SET sequence = ?1 WHERE source = 'policy'",
};
_Static_assert(ES_COUNT(statements) == STATEMENT_COUNT, "every statement has its SQL");

static const struct es_migration migrations[] = { { 1, esim_0001_sql }, { 2, esim_0002_sql } };

/* What is lost with the power is seen again at the device's next request: no commit waits for the disk. */
es_status esim_store_open(const char *url, struct es_db **out, struct es_buf *error)
{
	const struct es_db_options options = { .url = url,
		                                   .migrations = migrations,
		                                   .migration_count = ES_COUNT(migrations),
		                                   .statements = statements,
		                                   .statement_count = STATEMENT_COUNT,
		                                   .relaxed = true };

	return es_db_open(&options, out, error);
}

es_status esim_store_seen(struct es_db_conn *conn, const struct esim_device *d, int64_t now_ms)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, SEEN, &changed, es_bind_text(d->tenant), es_bind_text(d->imsi),
	                  es_bind_text(d->terminal_id), es_bind_text(d->companion_terminal_id), es_bind_text(d->eid),
	                  es_bind_int(now_ms), es_bind_int(QUIET_MS)));
	if (changed == 0)
		return ES_OK;
	return ES_DB_EXEC(conn, DELETE_EXCESS, NULL, es_bind_text(d->tenant), es_bind_text(d->imsi),
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

	ES_TRY(ES_DB_QUERY(conn, COUNT_DEVICES, &rows, es_bind_text(d->tenant), es_bind_text(d->imsi)));
	ES_TRY(read_int(rows, &devices));
	ES_TRY(ES_DB_QUERY(conn, LAST_SEEN, &rows, es_bind_text(d->tenant), es_bind_text(d->imsi),
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
	return ES_DB_EXEC(conn, ERASE, NULL, es_bind_text(tenant), es_bind_text(imsi));
}

es_status esim_store_position(struct es_db_conn *conn, uint64_t *out)
{
	struct es_rows *rows = NULL;
	int64_t position = 0;

	ES_TRY(es_db_query(conn, GET_POSITION, NULL, 0, &rows));
	ES_TRY(read_int(rows, &position));
	*out = (uint64_t)position;
	return ES_OK;
}

es_status esim_store_set_position(struct es_db_conn *conn, uint64_t sequence)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, SET_POSITION, &changed, es_bind_int((int64_t)sequence)));
	return changed == 1 ? ES_OK : ES_INTERNAL;
}
