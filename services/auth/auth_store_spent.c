/* auth_store_spent.c -- rows of what is good once: temporary tokens, assertions. */
#include "auth_store.h"
#include "auth_store_int.h"

es_status auth_store_spend(struct es_db_conn *conn, const uint8_t id[AUTH_SPENT_ID], struct es_slice call,
                           int64_t expires_ms, bool *before)
{
	struct es_bind key = es_bind_blob(es_slice_of(id, AUTH_SPENT_ID));
	struct es_rows *rows;
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, SPENT_INSERT, &changed, key, es_bind_blob(call), es_bind_int(expires_ms)));
	*before = false;
	if (changed == 1)
		return ES_OK;
	ES_TRY(es_db_query(conn, SPENT_CALL, &key, 1, &rows));
	ES_TRY(es_rows_next(rows));
	*before = call.len == 0 || !es_slice_eq(es_col_blob(rows, 0), call);
	es_rows_done(rows);
	return ES_OK;
}
