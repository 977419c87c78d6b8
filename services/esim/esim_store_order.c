/* esim_store_order.c -- orders, their steps, and drafts of orders as rows. */
#include <string.h>

#include "es_cleanup.h"
#include "esim_sealed.h"
#include "esim_statements.h"

#define TEXT(member, number) ESIM_TEXT(struct esim_order, member, number)
#define NUMBER(member, number) ESIM_NUMBER(struct esim_order, member, number)

static const struct esim_member members[] = {
	TEXT(enterprise, 1),   NUMBER(step, 2),       NUMBER(flags, 3),     NUMBER(steps, 4),
	NUMBER(begun, 5),      NUMBER(done, 6),       TEXT(smdp, 7),        TEXT(bss, 8),
	TEXT(profile_type, 9), TEXT(plan, 10),        NUMBER(download, 11), NUMBER(install_within_ms, 12),
	TEXT(response, 13),    TEXT(old_iccid, 14),   TEXT(old_device, 15), TEXT(requester, 16),
	TEXT(msisdn, 17),      NUMBER(tries, 18),     TEXT(reason, 19),     NUMBER(updated_ms, 20),
	TEXT(old_profile, 21), TEXT(traceparent, 22), NUMBER(app, 23),      TEXT(smdp_others, 24),
};
static const struct esim_sealed sealed = { "esim-order", members, ES_COUNT(members) };

#undef TEXT
#undef NUMBER
#define TEXT(member, number) ESIM_TEXT(struct esim_draft, member, number)
#define NUMBER(member, number) ESIM_NUMBER(struct esim_draft, member, number)

static const struct esim_member draft_members[] = {
	NUMBER(kind, 1),    TEXT(msisdn, 2),         TEXT(enterprise, 3),   TEXT(requester, 4),  TEXT(device, 5),
	TEXT(eid, 6),       NUMBER(service, 7),      TEXT(name, 8),         TEXT(vendor, 9),     TEXT(model, 10),
	TEXT(plan, 11),     TEXT(profile, 12),       TEXT(old_profile, 13), TEXT(old_iccid, 14), TEXT(old_device, 15),
	TEXT(response, 16), NUMBER(redownloads, 17),
};
static const struct esim_sealed sealed_draft = { "esim-draft", draft_members, ES_COUNT(draft_members) };

static es_status read_row(const struct esim_store *store, struct es_rows *rows, struct esim_order *out)
{
	memset(out, 0, sizeof *out);
	ES_TRY(ESIM_COL(rows, 0, out->id));
	ES_TRY(ESIM_COL(rows, 1, out->tenant));
	ES_TRY(ESIM_COL(rows, 2, out->imsi));
	ES_TRY(ESIM_COL(rows, 3, out->profile));
	out->kind = (uint8_t)es_col_int(rows, 4);
	out->state = (uint8_t)es_col_int(rows, 5);
	out->next_ms = es_col_int(rows, 6);
	out->takes = es_col_int(rows, 7);
	out->created_ms = es_col_int(rows, 8);
	out->ended_ms = es_col_int(rows, 9);
	out->version = (uint64_t)es_col_int(rows, 10);
	ES_TRY(esim_open_row(store, &sealed, out->id, es_col_blob(rows, 11), out));
	return out->kind < ESIM_KINDS && out->step < ESIM_ALL_STEPS ? ES_OK : ES_INTERNAL;
}

static es_status one(const struct esim_store *store, struct es_rows *rows, struct esim_order *out)
{
	es_status status = es_rows_next(rows);

	if (status == ES_OK) {
		status = read_row(store, rows, out);
		es_rows_done(rows);
	}
	return status;
}

static es_status many(const struct esim_store *store, struct es_rows *taken, struct esim_order *out, size_t max,
                      size_t *count)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = taken;
	es_status status;

	*count = 0;
	while ((status = es_rows_next(rows)) == ES_OK && *count < max)
		ES_TRY(read_row(store, rows, &out[(*count)++]));
	if (status != ES_OK)
		rows = NULL; /* finished */
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status esim_row_order(const struct esim_store *store, struct es_db_conn *conn, const char *id,
                         struct esim_order *out)
{
	struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_ORDER, &rows, es_bind_str(id)));
	return one(store, rows, out);
}

es_status esim_row_order_of_profile(const struct esim_store *store, struct es_db_conn *conn, const char *profile,
                                    struct esim_order *out)
{
	struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_ORDERS_OF_PROFILE, &rows, es_bind_str(profile)));
	return one(store, rows, out);
}

es_status esim_row_order_put(const struct esim_store *store, struct es_db_conn *conn, struct esim_order *o)
{
	uint8_t data[ESIM_DATA_MAX];
	struct es_slice octets;

	o->version++;
	ES_TRY(esim_seal_row(store, &sealed, o->id, o, data, &octets));
	return ES_DB_EXEC(conn, ST_ORDER_PUT, NULL, es_bind_str(o->id), es_bind_str(o->tenant), es_bind_str(o->imsi),
	                  es_bind_str(o->profile), es_bind_int(o->kind), es_bind_int(o->state), es_bind_int(o->next_ms),
	                  es_bind_int(o->takes), es_bind_int(o->created_ms), es_bind_int(o->ended_ms),
	                  es_bind_int((int64_t)o->version), es_bind_blob(octets));
}

es_status esim_row_orders_due(const struct esim_store *store, struct es_db_conn *conn, int64_t now_ms,
                              struct esim_order *out, size_t max, size_t *count)
{
	struct es_rows *rows = NULL;

	*count = 0;
	ES_TRY(ES_DB_QUERY(conn, ST_ORDERS_DUE, &rows, es_bind_int(now_ms), es_bind_int((int64_t)max)));
	return many(store, rows, out, max, count);
}

es_status esim_row_orders(const struct esim_store *store, struct es_db_conn *conn,
                          const struct esim_order_filter *filter, struct esim_order *out, size_t max, size_t *count)
{
	const struct {
		size_t statement;
		bool is_given;
		struct es_bind by;
	} ways[] = {
		{ ST_ORDERS_LIST_ICCID, filter->iccid[0] != '\0', es_bind_str(filter->iccid) },
		{ ST_ORDERS_LIST_EID, filter->eid[0] != '\0', es_bind_str(filter->eid) },
		{ ST_ORDERS_LIST_LINE, filter->imsi[0] != '\0', es_bind_str(filter->imsi) },
		{ ST_ORDERS_LIST_STATE, filter->state != 0, es_bind_int(filter->state) },
		{ ST_ORDERS_LIST, true, es_bind_null() },
	};
	size_t way = 0;
	struct es_rows *rows = NULL;

	while (!ways[way].is_given)
		way++;
	const struct es_bind binds[] = { es_bind_str(filter->tenant), es_bind_int(filter->after_ms),
		                             es_bind_str(filter->after_id), es_bind_int((int64_t)max), ways[way].by };
	*count = 0;
	ES_TRY(es_db_query(conn, ways[way].statement, binds, ways[way].by.kind != ES_BIND_NULL ? 5 : 4, &rows));
	return many(store, rows, out, max, count);
}

/* ---- steps ---- */

es_status esim_row_step_note(struct es_db_conn *conn, const char *order, uint8_t step, const char *outcome,
                             const char *reason, int64_t now_ms)
{
	ES_TRY(ES_DB_EXEC(conn, ST_STEP_NOTE, NULL, es_bind_str(order), es_bind_int(step), es_bind_int(now_ms),
	                  es_bind_str(outcome), es_bind_str(reason)));
	return ES_DB_EXEC(conn, ST_STEPS_TRIM, NULL, es_bind_str(order), es_bind_int(ESIM_STEPS_KEPT - 8));
}

es_status esim_row_steps(struct es_db_conn *conn, const char *order, struct esim_step_note out[ESIM_STEPS_KEPT],
                         size_t *count)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	*count = 0;
	ES_TRY(ES_DB_QUERY(conn, ST_STEPS, &rows, es_bind_str(order), es_bind_int(ESIM_STEPS_KEPT)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct esim_step_note *note = &out[(*count)++];
		note->number = es_col_int(rows, 0);
		note->step = (uint8_t)es_col_int(rows, 1);
		note->at_ms = es_col_int(rows, 2);
		ES_TRY(ESIM_COL(rows, 3, note->outcome));
		ES_TRY(ESIM_COL(rows, 4, note->reason));
	}
	rows = NULL; /* finished */
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- drafts ---- */

es_status esim_row_intent(const struct esim_store *store, struct es_db_conn *conn, const char *nonce,
                          struct esim_draft *out, char order[ESIM_ID + 1], int64_t *created_ms)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	memset(out, 0, sizeof *out);
	ES_TRY(ES_DB_QUERY(conn, ST_INTENT, &rows, es_bind_str(nonce)));
	const es_status status = es_rows_next(rows);
	if (status != ES_OK) {
		rows = NULL;
		return status;
	}
	ES_TRY(ESIM_COL(rows, 0, out->tenant));
	ES_TRY(ESIM_COL(rows, 1, out->imsi));
	out->app = (uint16_t)es_col_int(rows, 2);
	ES_TRY(esim_col_text(rows, 3, order, ESIM_ID + 1));
	*created_ms = es_col_int(rows, 4);
	ES_TRY(esim_open_row(store, &sealed_draft, nonce, es_col_blob(rows, 5), out));
	return out->kind < ESIM_KINDS ? ES_OK : ES_INTERNAL;
}

es_status esim_row_intent_put(const struct esim_store *store, struct es_db_conn *conn, const char *nonce,
                              const struct esim_draft *draft, const char *order, int64_t created_ms)
{
	uint8_t data[ESIM_DATA_MAX];
	struct es_slice octets;

	ES_TRY(esim_seal_row(store, &sealed_draft, nonce, draft, data, &octets));
	return ES_DB_EXEC(conn, ST_INTENT_PUT, NULL, es_bind_str(nonce), es_bind_str(draft->tenant),
	                  es_bind_str(draft->imsi), es_bind_int(draft->app), es_bind_str(order), es_bind_int(created_ms),
	                  es_bind_blob(octets));
}
