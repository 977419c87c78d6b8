/* policy_store_history.c -- the past of a line, and what time has in store for it: rows of policy's database. */
#include "es_cleanup.h"
#include "policy_due.h"
#include "policy_effects.h"
#include "policy_statements.h"
#include "policy_store.h"

#define HOUR_MS INT64_C(3600000)
#define COUNT_MAX INT64_C(1000000000)

/* ---- what happened ---- */

es_status policy_row_sim_change_add(struct es_db_conn *conn, const struct policy_subscriber *line, const char *previous,
                                    int64_t at_ms)
{
	const bool other_imsi = !es_slice_eq_str(es_slice_str(previous), line->imsi);

	return ES_DB_EXEC(conn, ST_SIM_CHANGE_ADD, NULL, es_bind_str(line->tenant), es_bind_str(line->imsi),
	                  es_bind_int((int64_t)line->version), es_bind_int(at_ms), es_bind_int(other_imsi),
	                  es_bind_str(previous));
}

es_status policy_row_sim_changes(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                                 policy_sim_change_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_SIM_CHANGES, &rows, es_bind_str(tenant), es_bind_str(imsi)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		const char *previous = es_arena_strdup(arena, es_col_text(rows, 1));
		if (previous == NULL)
			return ES_TOO_LARGE;
		ES_TRY(each(es_col_int(rows, 0), previous, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_attempts_add(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t at_ms,
                                  uint32_t count)
{
	return ES_DB_EXEC(conn, ST_ATTEMPTS_ADD, NULL, es_bind_str(tenant), es_bind_str(imsi), es_bind_int(at_ms / HOUR_MS),
	                  es_bind_int(count));
}

static uint32_t bounded(int64_t count)
{
	return (uint32_t)(count < 0 ? 0 : count > COUNT_MAX ? COUNT_MAX : count);
}

es_status policy_row_history(struct es_db_conn *conn, const struct policy_tenant *tenant, const char *imsi,
                             int64_t now_ms, struct policy_history *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_HISTORY, &rows, es_bind_str(tenant->id), es_bind_str(imsi),
	                   es_bind_int(now_ms - tenant->history.sim_changes_s * 1000),
	                   es_bind_int(now_ms - tenant->history.devices_s * 1000),
	                   es_bind_int((now_ms - tenant->history.attempts_s * 1000) / HOUR_MS)));
	es_status status = es_rows_next(rows);
	if (status != ES_OK)
		return status == ES_NOT_FOUND ? ES_INTERNAL : status;
	*out = (struct policy_history){ .sim_changes = bounded(es_col_int(rows, 0)),
		                            .devices = bounded(es_col_int(rows, 1)),
		                            .attempts = bounded(es_col_int(rows, 2)) };
	return ES_OK;
}

es_status policy_row_history_prune(struct es_db_conn *conn, int64_t now_ms)
{
	const int64_t day_ms = 24 * HOUR_MS;

	ES_TRY(ES_DB_EXEC(conn, ST_SIM_CHANGES_PRUNE, NULL, es_bind_int(now_ms - POLICY_HISTORY_DAYS * day_ms)));
	return ES_DB_EXEC(conn, ST_ATTEMPTS_PRUNE, NULL, es_bind_int((now_ms - (POLICY_ATTEMPTS_DAYS * day_ms)) / HOUR_MS));
}

es_status policy_row_devices_age_out(struct es_db_conn *conn, const char *tenant, int64_t before_ms, uint32_t limit,
                                     int64_t *count)
{
	return ES_DB_EXEC(conn, ST_DEVICES_AGE_OUT, count, es_bind_str(tenant), es_bind_int(before_ms), es_bind_int(limit));
}

/* ---- what is due ---- */

es_status policy_row_due_set(struct es_db_conn *conn, const struct policy_subscriber *line)
{
	return ES_DB_EXEC(conn, ST_DUE_SET, NULL, es_bind_str(line->tenant), es_bind_str(line->imsi),
	                  es_bind_int(policy_due_after(line, line->updated_ms)));
}

es_status policy_row_due(struct es_db_conn *conn, int64_t now_ms, uint32_t limit, struct es_arena *arena,
                         policy_due_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_DUE, &rows, es_bind_int(now_ms), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		const struct policy_due due = { .tenant = es_arena_strdup(arena, es_col_text(rows, 0)),
			                            .imsi = es_arena_strdup(arena, es_col_text(rows, 1)),
			                            .at_ms = es_col_int(rows, 2) };
		if (due.tenant == NULL || due.imsi == NULL)
			return ES_TOO_LARGE;
		ES_TRY(each(&due, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_due_take(struct es_db_conn *conn, const struct policy_due *due)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_DUE_TAKE, &changed, es_bind_str(due->tenant), es_bind_str(due->imsi),
	                  es_bind_int(due->at_ms)));
	return changed > 0 ? ES_OK : ES_NOT_FOUND;
}

es_status policy_row_due_done(struct es_db_conn *conn, const struct policy_subscriber *line, int64_t next_ms)
{
	return ES_DB_EXEC(conn, ST_DUE_DONE, NULL, es_bind_str(line->tenant), es_bind_str(line->imsi), es_bind_int(next_ms),
	                  es_bind_int((int64_t)line->version));
}

es_status policy_row_history_for(struct es_db_conn *conn, const struct policy_catalog *catalog,
                                 const struct policy_tenant *tenant, const char *imsi, int64_t now_ms,
                                 struct policy_history *room, const struct policy_history **out)
{
	*out = NULL;
	if (!policy_book_needs(policy_catalog_book(catalog, tenant->id), POLICY_NEEDS_HISTORY))
		return ES_OK;
	ES_TRY(policy_row_history(conn, tenant, imsi, now_ms, room));
	*out = room;
	return ES_OK;
}
