/* policy_store_qos.c -- orders for quality of service: rows of policy's database. */
#include "policy_store_qos.h"

#include "es_cleanup.h"
#include "policy_statements.h"

static const char *text(struct es_rows *rows, int column, struct es_arena *arena, bool *bad)
{
	const char *copy = es_arena_strdup(arena, es_col_text(rows, column));
	*bad = *bad || copy == NULL;
	return copy != NULL ? copy : "";
}

/* Columns in the order of QOS_ORDER in policy_statements.c. */
static es_status order_of(struct es_rows *rows, struct es_arena *arena, struct policy_qos_order *out)
{
	bool bad = false;

	*out = (struct policy_qos_order){
		.id = text(rows, 0, arena, &bad),
		.tenant = text(rows, 1, arena, &bad),
		.imsi = text(rows, 2, arena, &bad),
		.msisdn = text(rows, 3, arena, &bad),
		.boost = es_col_int(rows, 4),
		.mode = (uint8_t)es_col_int(rows, 5),
		.source = text(rows, 6, arena, &bad),
		.profile = text(rows, 7, arena, &bad),
		.dnn = text(rows, 8, arena, &bad),
		.until_ms = es_col_int(rows, 9),
		.withdraws = es_col_int(rows, 10) != 0,
		.state = (uint8_t)es_col_int(rows, 11),
		.flags = (unsigned)es_col_int(rows, 12),
		.tries = es_col_int(rows, 13),
		.takes = es_col_int(rows, 14),
		.next_ms = es_col_int(rows, 15),
		.remote = text(rows, 16, arena, &bad),
		.reason = text(rows, 17, arena, &bad),
		.created_ms = es_col_int(rows, 18),
		.asked_ms = es_col_int(rows, 19),
		.active_ms = es_col_int(rows, 20),
		.ending_ms = es_col_int(rows, 21),
		.ended_ms = es_col_int(rows, 22),
		.version = (uint64_t)es_col_int(rows, 23),
	};
	return bad ? ES_TOO_LARGE : ES_OK;
}

es_status policy_row_qos_of_line(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                                 struct policy_qos_order *out, size_t room, size_t *count)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	*count = 0;
	ES_TRY(ES_DB_QUERY(conn, ST_QOS_LINE, &rows, es_bind_str(tenant), es_bind_str(imsi)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		if (*count == room)
			return ES_TOO_LARGE;
		ES_TRY(order_of(rows, arena, &out[(*count)++]));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_qos(struct es_db_conn *conn, const char *id, struct es_arena *arena, struct policy_qos_order *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_QOS_ONE, &rows, es_bind_str(id)));
	ES_TRY(es_rows_next(rows));
	return order_of(rows, arena, out);
}

es_status policy_row_qos_due(struct es_db_conn *conn, int64_t now_ms, uint32_t limit, struct es_arena *arena,
                             policy_qos_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_QOS_DUE, &rows, es_bind_int(now_ms), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_qos_order order;
		ES_TRY(order_of(rows, arena, &order));
		ES_TRY(each(&order, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_qos_list(struct es_db_conn *conn, const char *tenant, const char *after, uint8_t state,
                              uint32_t limit, struct es_arena *arena, policy_qos_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_QOS_LIST, &rows, es_bind_str(tenant), es_bind_str(after), es_bind_int(state),
	                   es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_qos_order order;
		es_arena_reset(arena);
		ES_TRY(order_of(rows, arena, &order));
		ES_TRY(each(&order, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_qos_add(struct es_db_conn *conn, const struct policy_qos_order *o)
{
	return ES_DB_EXEC(conn, ST_QOS_ADD, NULL, es_bind_str(o->id), es_bind_str(o->tenant), es_bind_str(o->imsi),
	                  es_bind_str(o->msisdn), es_bind_int(o->boost), es_bind_int(o->mode), es_bind_str(o->source),
	                  es_bind_str(o->profile), es_bind_str(o->dnn), es_bind_int(o->until_ms),
	                  es_bind_int(o->withdraws ? 1 : 0), es_bind_int(o->state), es_bind_int(o->flags),
	                  es_bind_int(o->tries), es_bind_int(o->takes), es_bind_int(o->next_ms), es_bind_str(o->remote),
	                  es_bind_str(o->reason), es_bind_int(o->created_ms), es_bind_int(o->asked_ms),
	                  es_bind_int(o->active_ms), es_bind_int(o->ending_ms), es_bind_int(o->ended_ms),
	                  es_bind_int((int64_t)o->version));
}

es_status policy_row_qos_put(struct es_db_conn *conn, const struct policy_qos_order *o)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_QOS_PUT, &changed, es_bind_str(o->id), es_bind_int(o->until_ms),
	                  es_bind_int(o->withdraws ? 1 : 0), es_bind_int(o->state), es_bind_int(o->flags),
	                  es_bind_int(o->tries), es_bind_int(o->takes), es_bind_int(o->next_ms), es_bind_str(o->remote),
	                  es_bind_str(o->reason), es_bind_int(o->asked_ms), es_bind_int(o->active_ms),
	                  es_bind_int(o->ending_ms), es_bind_int(o->ended_ms), es_bind_int((int64_t)o->version)));
	return changed > 0 ? ES_OK : ES_NOT_FOUND;
}

es_status policy_row_qos_delete(struct es_db_conn *conn, const char *id)
{
	return ES_DB_EXEC(conn, ST_QOS_DELETE, NULL, es_bind_str(id));
}

es_status policy_row_qos_forget(struct es_db_conn *conn, const char *tenant, const char *imsi)
{
	return ES_DB_EXEC(conn, ST_QOS_FORGET, NULL, es_bind_str(tenant), es_bind_str(imsi));
}

es_status policy_row_qos_prune(struct es_db_conn *conn, int64_t ended_before_ms)
{
	return ES_DB_EXEC(conn, ST_QOS_PRUNE, NULL, es_bind_int(ended_before_ms));
}
