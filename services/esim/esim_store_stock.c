/* esim_store_stock.c -- ICCIDs kept ready, questions counted, and the outbox, as rows. */
#include <stdio.h>

#include "es_cleanup.h"
#include "esim_sealed.h"
#include "esim_statements.h"

es_status esim_row_stock_add(struct es_db_conn *conn, const char *tenant, const char *iccid, const char *profile_type,
                             int64_t now_ms, bool *is_new)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_STOCK_ADD, &changed, es_bind_str(tenant), es_bind_str(iccid), es_bind_str(profile_type),
	                  es_bind_int(now_ms)));
	*is_new = changed > 0;
	return ES_OK;
}

es_status esim_row_stock_take(struct es_db_conn *conn, const char *tenant, const char *profile_type, const char *order,
                              int64_t now_ms, char iccid[ESIM_ICCID + 1])
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_STOCK_TAKE, &rows, es_bind_str(tenant), es_bind_str(profile_type), es_bind_str(order),
	                   es_bind_int(now_ms)));
	const es_status status = es_rows_next(rows);
	if (status != ES_OK) {
		rows = NULL;
		return status;
	}
	return esim_col_text(rows, 0, iccid, ESIM_ICCID + 1);
}

es_status esim_row_stock_set(struct es_db_conn *conn, const char *tenant, const char *iccid,
                             enum esim_stock_state state, int64_t now_ms)
{
	return ES_DB_EXEC(conn, ST_STOCK_SET, NULL, es_bind_str(tenant), es_bind_str(iccid), es_bind_int((int64_t)state),
	                  es_bind_int(now_ms));
}

es_status esim_row_stock_counts(struct es_db_conn *conn, const char *tenant, struct esim_stock_count *out, size_t max,
                                size_t *count)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	*count = 0;
	ES_TRY(ES_DB_QUERY(conn, ST_STOCK_COUNTS, &rows, es_bind_str(tenant), es_bind_int((int64_t)max)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct esim_stock_count *c = &out[(*count)++];
		ES_TRY(ESIM_COL(rows, 0, c->profile_type));
		c->state = es_col_int(rows, 1);
		c->count = es_col_int(rows, 2);
	}
	rows = NULL; /* finished */
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status esim_row_stock_type(struct es_db_conn *conn, const char *tenant, const char *iccid,
                              char profile_type[ESIM_NAME + 1])
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_STOCK_ROW, &rows, es_bind_str(tenant), es_bind_str(iccid)));
	const es_status status = es_rows_next(rows);
	if (status != ES_OK) {
		rows = NULL;
		return status;
	}
	return esim_col_text(rows, 0, profile_type, ESIM_NAME + 1);
}

es_status esim_row_stock_delete(struct es_db_conn *conn, const char *tenant, const char *iccid)
{
	struct es_rows *rows = NULL;
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_STOCK_DELETE, &changed, es_bind_str(tenant), es_bind_str(iccid)));
	if (changed > 0)
		return ES_OK;
	ES_TRY(ES_DB_QUERY(conn, ST_STOCK_ROW, &rows, es_bind_str(tenant), es_bind_str(iccid)));
	const es_status status = es_rows_next(rows);
	if (status != ES_OK)
		return status;
	es_rows_done(rows);
	return ES_CONFLICT;
}

es_status esim_row_poll(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *terminal_id,
                        int64_t now_ms, int64_t since_ms, int64_t *count)
{
	struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_POLL, &rows, es_bind_str(tenant), es_bind_str(imsi), es_bind_str(terminal_id),
	                   es_bind_int(now_ms), es_bind_int(since_ms)));
	ES_TRY(es_rows_next(rows));
	*count = es_col_int(rows, 0);
	es_rows_done(rows);
	return ES_OK;
}

/* ---- the outbox ---- */

static es_status number(struct es_db_conn *conn, size_t statement, uint64_t *out)
{
	struct es_rows *rows = NULL;

	ES_TRY(es_db_query(conn, statement, NULL, 0, &rows));
	const es_status status = es_rows_next(rows);
	if (status != ES_OK)
		return status == ES_NOT_FOUND ? ES_INTERNAL : status;
	*out = (uint64_t)es_col_int(rows, 0);
	es_rows_done(rows);
	return ES_OK;
}

es_status esim_row_event_add(struct es_db_conn *conn, struct esim_event *e)
{
	ES_TRY(number(conn, ST_EVENT_NEXT, &e->sequence));
	return ES_DB_EXEC(conn, ST_EVENT_ADD, NULL, es_bind_int((int64_t)e->sequence), es_bind_int(e->at_ms),
	                  es_bind_str(e->kind), es_bind_str(e->tenant), es_bind_str(e->imsi), es_bind_str(e->app),
	                  es_bind_str(e->terminal_id), es_bind_str(e->traceparent));
}

static es_status read_event(struct es_rows *rows, struct es_arena *arena, struct esim_event *e)
{
	const char **const texts[] = { &e->kind, &e->tenant, &e->imsi, &e->app, &e->terminal_id, &e->traceparent };

	e->sequence = (uint64_t)es_col_int(rows, 0);
	e->at_ms = es_col_int(rows, 1);
	for (size_t i = 0; i < ES_COUNT(texts); i++)
		if ((*texts[i] = es_arena_strdup(arena, es_col_text(rows, (int)i + 2))) == NULL)
			return ES_TOO_LARGE;
	return ES_OK;
}

es_status esim_row_events(struct es_db_conn *conn, uint64_t after, size_t max, struct es_arena *arena,
                          struct esim_event *out, size_t *count, uint64_t *head)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	*count = 0;
	ES_TRY(number(conn, ST_EVENT_HEAD, head));
	ES_TRY(ES_DB_QUERY(conn, ST_EVENTS, &rows, es_bind_int((int64_t)after), es_bind_int((int64_t)max)));
	while ((status = es_rows_next(rows)) == ES_OK)
		ES_TRY(read_event(rows, arena, &out[(*count)++]));
	rows = NULL; /* finished */
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status esim_row_prune(struct es_db_conn *conn, int64_t events_before_ms, int64_t intents_before_ms)
{
	ES_TRY(ES_DB_EXEC(conn, ST_EVENTS_PRUNE, NULL, es_bind_int(events_before_ms)));
	return ES_DB_EXEC(conn, ST_INTENTS_PRUNE, NULL, es_bind_int(intents_before_ms));
}
