/* auth_store_login.c -- rows of people who log in, and how many codes they were given. */
#include "auth_store.h"
#include "auth_store_int.h"

es_status auth_store_login_get(struct es_db_conn *conn, const uint8_t id[AUTH_LOGIN_ID], struct es_arena *arena,
                               struct auth_login_row *out)
{
	struct es_rows *rows;
	struct auth_login_row row;

	ES_TRY(ES_DB_QUERY(conn, LOGIN_GET, &rows, es_bind_blob(es_slice_of(id, AUTH_LOGIN_ID))));
	ES_TRY(es_rows_next(rows));
	row.step = es_col_int(rows, 0);
	row.code_until_ms = es_col_int(rows, 3);
	row.tries = es_col_int(rows, 4);
	row.claimed_ms = es_col_int(rows, 6);
	row.ended_ms = es_col_int(rows, 8);
	bool kept = auth_store_keep(arena, es_col_blob(rows, 1), &row.state) &&
	            auth_store_keep(arena, es_col_blob(rows, 2), &row.code) &&
	            auth_store_keep(arena, es_col_blob(rows, 5), &row.answer) &&
	            auth_store_keep(arena, es_col_blob(rows, 7), &row.outcome);
	es_rows_done(rows);
	if (!kept)
		return ES_TOO_LARGE;
	*out = row;
	return ES_OK;
}

es_status auth_store_login_insert(struct es_db_conn *conn, const uint8_t id[AUTH_LOGIN_ID],
                                  const struct auth_login_row *row)
{
	return ES_DB_EXEC(conn, LOGIN_INSERT, NULL, es_bind_blob(es_slice_of(id, AUTH_LOGIN_ID)), es_bind_blob(row->state),
	                  auth_store_blob_or_null(row->code), es_bind_int(row->code_until_ms), es_bind_int(row->tries));
}

es_status auth_store_login_advance(struct es_db_conn *conn, const uint8_t id[AUTH_LOGIN_ID],
                                   const struct auth_login_row *row)
{
	int64_t changed = 0;

	es_status status =
		ES_DB_EXEC(conn, LOGIN_ADVANCE, &changed, es_bind_blob(es_slice_of(id, AUTH_LOGIN_ID)), es_bind_int(row->step),
	               auth_store_blob_or_null(row->code), es_bind_int(row->code_until_ms), es_bind_int(row->tries),
	               auth_store_blob_or_null(row->answer), es_bind_int(row->claimed_ms),
	               auth_store_blob_or_null(row->outcome), es_bind_int(row->ended_ms));
	return auth_store_exactly_one(status, changed);
}

es_status auth_store_login_rate(struct es_db_conn *conn, const uint8_t subject[32], int64_t hour, int64_t *count)
{
	struct es_rows *rows;

	ES_TRY(ES_DB_QUERY(conn, LOGIN_RATE, &rows, es_bind_blob(es_slice_of(subject, 32)), es_bind_int(hour)));
	ES_TRY(es_rows_next(rows));
	*count = es_col_int(rows, 0);
	es_rows_done(rows);
	return ES_OK;
}

es_status auth_store_login_purge(struct es_db_conn *conn, int64_t now_ms, int64_t *removed)
{
	uint8_t first_alive[AUTH_SESSION_ID];
	int64_t rates = 0;

	auth_session_first_id(now_ms + 1, first_alive);
	ES_TRY(ES_DB_EXEC(conn, LOGIN_PURGE, removed, es_bind_blob(es_slice_of(first_alive, AUTH_SESSION_TIME))));
	ES_TRY(ES_DB_EXEC(conn, LOGIN_RATE_PURGE, &rates, es_bind_int(now_ms / 3600000)));
	*removed += rates;
	return ES_OK;
}
