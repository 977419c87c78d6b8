/* policy_store_bss.c -- what the operator's own systems said, sent, and what of it could not be applied. */
#include "es_cleanup.h"
#include "policy_statements.h"
#include "policy_store.h"

static es_status one(es_status status, int64_t changed)
{
	if (status != ES_OK)
		return status;
	return changed > 0 ? ES_OK : ES_NOT_FOUND;
}

es_status policy_row_bss_answered(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *source,
                                  int64_t at_ms)
{
	int64_t changed = 0;
	es_status status = ES_DB_EXEC(conn, ST_SUBSCRIBER_BSS, &changed, es_bind_str(tenant), es_bind_str(imsi),
	                              es_bind_int(at_ms), es_bind_str(source));
	return one(status, changed);
}

es_status policy_row_bss_last(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *source,
                              int64_t *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_BSS_LINE, &rows, es_bind_str(tenant), es_bind_str(imsi), es_bind_str(source)));
	es_status status = es_rows_next(rows);
	*out = status == ES_OK ? es_col_int(rows, 0) : 0;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_bss_last_put(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *source,
                                  int64_t at_ms)
{
	return ES_DB_EXEC(conn, ST_BSS_LINE_UPSERT, NULL, es_bind_str(tenant), es_bind_str(imsi), es_bind_str(source),
	                  es_bind_int(at_ms));
}

es_status policy_row_bss_event_add(struct es_db_conn *conn, const char *tenant, const char *source, const char *id,
                                   int64_t at_ms)
{
	int64_t changed = 0;
	ES_TRY(ES_DB_EXEC(conn, ST_BSS_EVENT_ADD, &changed, es_bind_str(tenant), es_bind_str(source), es_bind_str(id),
	                  es_bind_int(at_ms)));
	return changed > 0 ? ES_OK : ES_CONFLICT;
}

/* ---- what could not be applied ---- */

es_status policy_row_bss_dead_add(struct es_db_conn *conn, const char *tenant, const struct policy_bss_dead *dead)
{
	return ES_DB_EXEC(conn, ST_BSS_DEAD_ADD, NULL, es_bind_str(tenant), es_bind_str(dead->source),
	                  es_bind_int(dead->at_ms), es_bind_str(dead->event_id), es_bind_str(dead->name),
	                  es_bind_str(dead->reason), es_bind_str(dead->body));
}

static const char *text(struct es_rows *rows, int column, struct es_arena *arena, bool *bad)
{
	const char *copy = es_arena_strdup(arena, es_col_text(rows, column));
	*bad = *bad || copy == NULL;
	return copy != NULL ? copy : "";
}

/* Columns in the order of DEAD in policy_statements.c. */
static es_status dead_of(struct es_rows *rows, struct es_arena *arena, struct policy_bss_dead *out)
{
	bool bad = false;

	*out = (struct policy_bss_dead){
		.id = es_col_int(rows, 0),
		.source = text(rows, 1, arena, &bad),
		.at_ms = es_col_int(rows, 2),
		.event_id = text(rows, 3, arena, &bad),
		.name = text(rows, 4, arena, &bad),
		.reason = text(rows, 5, arena, &bad),
		.tries = es_col_int(rows, 6),
		.body = text(rows, 7, arena, &bad),
	};
	return bad ? ES_TOO_LARGE : ES_OK;
}

es_status policy_row_bss_deads(struct es_db_conn *conn, const char *tenant, int64_t after, uint32_t limit,
                               struct es_arena *arena, policy_bss_dead_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_BSS_DEADS, &rows, es_bind_str(tenant), es_bind_int(after), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_bss_dead dead;
		es_arena_reset(arena);
		ES_TRY(dead_of(rows, arena, &dead));
		ES_TRY(each(&dead, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_bss_dead(struct es_db_conn *conn, const char *tenant, int64_t id, struct es_arena *arena,
                              struct policy_bss_dead *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_BSS_DEAD, &rows, es_bind_str(tenant), es_bind_int(id)));
	ES_TRY(es_rows_next(rows));
	return dead_of(rows, arena, out);
}

es_status policy_row_bss_dead_try(struct es_db_conn *conn, const char *tenant, int64_t id, const char *reason)
{
	int64_t changed = 0;
	es_status status =
		ES_DB_EXEC(conn, ST_BSS_DEAD_TRY, &changed, es_bind_str(tenant), es_bind_int(id), es_bind_str(reason));
	return one(status, changed);
}

es_status policy_row_bss_dead_delete(struct es_db_conn *conn, const char *tenant, int64_t id)
{
	int64_t changed = 0;
	es_status status = ES_DB_EXEC(conn, ST_BSS_DEAD_DELETE, &changed, es_bind_str(tenant), es_bind_int(id));
	return one(status, changed);
}

es_status policy_row_bss_dead_forget(struct es_db_conn *conn, const char *tenant, const char *named)
{
	return ES_DB_EXEC(conn, ST_BSS_DEADS_FORGET, NULL, es_bind_str(tenant), es_bind_str(named));
}

es_status policy_row_bss_prune(struct es_db_conn *conn, int64_t events_ms, int64_t dead_ms)
{
	ES_TRY(ES_DB_EXEC(conn, ST_BSS_EVENTS_PRUNE, NULL, es_bind_int(events_ms)));
	return ES_DB_EXEC(conn, ST_BSS_DEADS_PRUNE, NULL, es_bind_int(dead_ms));
}
