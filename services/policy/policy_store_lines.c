/* policy_store_lines.c -- lines with what their devices were answered, for who wakes these: rows of policy's database. */
#include "es_cleanup.h"
#include "policy_statements.h"
#include "policy_store.h"

static es_status each_row(struct es_rows *rows, struct es_arena *arena, policy_woken_each *each, void *user)
{
	es_status status;

	while ((status = es_rows_next(rows)) == ES_OK) {
		es_arena_reset(arena);
		const struct policy_woken row = {
			.imsi = es_arena_strdup(arena, es_col_text(rows, 0)),
			.msisdn = es_arena_strdup(arena, es_col_text(rows, 1)),
			.status = (uint8_t)es_col_int(rows, 2) & 3,
			.app = es_col_is_null(rows, 3) ? "" : es_arena_strdup(arena, es_col_text(rows, 3)),
		};
		if (row.imsi == NULL || row.msisdn == NULL || row.app == NULL)
			return ES_TOO_LARGE;
		ES_TRY(each(&row, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_woken(struct es_db_conn *conn, const char *tenant, const char *plan, const char *after,
                           uint32_t limit, struct es_arena *arena, policy_woken_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	if (plan[0] == '\0')
		ES_TRY(ES_DB_QUERY(conn, ST_WOKEN, &rows, es_bind_str(tenant), es_bind_str(after), es_bind_int(limit)));
	else
		ES_TRY(ES_DB_QUERY(conn, ST_WOKEN_PLAN, &rows, es_bind_str(tenant), es_bind_str(after), es_bind_int(limit),
		                   es_bind_str(plan)));
	return each_row(rows, arena, each, user);
}

es_status policy_row_woken_line(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                                policy_woken_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_WOKEN_LINE, &rows, es_bind_str(tenant), es_bind_str(imsi)));
	return each_row(rows, arena, each, user);
}

es_status policy_row_woken_count(struct es_db_conn *conn, const char *tenant, const char *plan, int64_t *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	if (plan[0] == '\0')
		ES_TRY(ES_DB_QUERY(conn, ST_WOKEN_COUNT, &rows, es_bind_str(tenant)));
	else
		ES_TRY(ES_DB_QUERY(conn, ST_WOKEN_COUNT_PLAN, &rows, es_bind_str(tenant), es_bind_str(plan)));
	ES_TRY(es_rows_next(rows));
	*out = es_col_int(rows, 0);
	return ES_OK;
}
