/* policy_store.c -- subscribers and devices; opening the database. */
#include "policy_store.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "policy_resource.h"
#include "policy_schema_10_sql.h"
#include "policy_schema_11_sql.h"
#include "policy_schema_12_sql.h"
#include "policy_schema_1_sql.h"
#include "policy_schema_2_sql.h"
#include "policy_schema_3_sql.h"
#include "policy_schema_4_sql.h"
#include "policy_schema_5_sql.h"
#include "policy_schema_6_sql.h"
#include "policy_schema_7_sql.h"
#include "policy_schema_8_sql.h"
#include "policy_schema_9_sql.h"
#include "policy_statements.h"
#include "policy_store_catalog.h"

struct policy_store {
	struct es_db *db;
	struct policy_catalog_cache *cache;
};

static const struct es_migration migrations[] = {
	{ 1, policy_schema_1_sql }, { 2, policy_schema_2_sql },   { 3, policy_schema_3_sql },   { 4, policy_schema_4_sql },
	{ 5, policy_schema_5_sql }, { 6, policy_schema_6_sql },   { 7, policy_schema_7_sql },   { 8, policy_schema_8_sql },
	{ 9, policy_schema_9_sql }, { 10, policy_schema_10_sql }, { 11, policy_schema_11_sql }, { 12, policy_schema_12_sql }
};

es_status policy_store_open(const char *url, struct policy_store **out, struct es_buf *error)
{
	const struct es_db_options options = {
		.url = url,
		.migrations = migrations,
		.migration_count = ES_COUNT(migrations),
		.statements = policy_statements,
		.statement_count = ST_COUNT,
		.pg_readers = 8, /* as many as policy_bus.c has reading workers */
	};
	struct policy_store *store = calloc(1, sizeof *store);
	if (store == NULL || (store->cache = policy_catalog_cache_new()) == NULL) {
		free(store);
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	es_status status = es_db_open(&options, &store->db, error);
	if (status != ES_OK) {
		policy_store_close(store);
		return status;
	}
	*out = store;
	return ES_OK;
}

void policy_store_close(struct policy_store *store)
{
	if (store == NULL)
		return;
	es_db_close(store->db);
	policy_catalog_cache_free(store->cache);
	free(store);
}

struct es_db *policy_store_db(struct policy_store *store)
{
	return store->db;
}

es_status policy_catalog_at(struct policy_store *store, struct es_db_conn *conn, uint64_t version,
                            const struct policy_catalog **out)
{
	return policy_catalog_cache_get(store->cache, conn, version, out);
}

es_status policy_catalog_in_write(struct policy_store *store, struct es_db_conn *conn,
                                  const struct policy_catalog **out)
{
	uint64_t version = 0;

	ES_TRY(policy_row_catalog_version(conn, &version));
	return policy_catalog_cache_peek(store->cache, conn, version, out);
}

void policy_catalog_release(struct policy_store *store, const struct policy_catalog *catalog)
{
	if (catalog != NULL)
		policy_catalog_cache_put(store->cache, catalog);
}

/* ---- helpers ---- */

/* Copies a text column; exhaustion sticks in `bad`. */
static const char *text(struct es_rows *rows, int column, struct es_arena *arena, bool *bad)
{
	const char *copy = es_arena_strdup(arena, es_col_text(rows, column));
	if (copy == NULL)
		*bad = true;
	return copy != NULL ? copy : "";
}

static es_status exec_one(es_status status, int64_t changed)
{
	if (status != ES_OK)
		return status;
	return changed > 0 ? ES_OK : ES_NOT_FOUND;
}

/* ---- subscribers ---- */

enum {
	COL_IMSI = 14,
	COL_ACCOUNT,
	COL_BILLING_BARRED,
	COL_BILLING_PROV,
	COL_DATA,
	COL_SATELLITE,
	COL_ICCID,
	COL_BSS_AT,
	COL_BSS_SOURCE,
	COL_AFTER_LINE
};

#define DATA_OCTETS 65536 /* of a line's usage and boosts: as much as is read again */

/* Empty for nearly every line: then nothing is parsed. */
static es_status data_of(struct es_slice text, struct es_arena *arena, struct policy_line_data *out)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_fault fault;

	policy_resource_defaults(&policy_line_data_shape, out);
	if (text.len == 0)
		return ES_OK;
	ES_TRY(es_json_parse(text, ES_JSON_SMALL, &json));
	return policy_resource_read(&policy_line_data_shape, json, arena, out, &fault);
}

static es_status data_text(const struct policy_line_data *data, struct es_buf *out)
{
	struct es_json_out j = es_json_to(out);

	if (data->usage.count == 0 && data->boosts.count == 0 && data->addons.count == 0 && data->facts.count == 0)
		return ES_OK;
	es_json_object(&j, NULL);
	policy_resource_write(&policy_line_data_shape, data, &j);
	es_json_end_object(&j);
	return es_buf_status(out);
}

/* Columns in the order of LINE in policy_statements.c. */
static es_status line_of(struct es_rows *rows, const char *tenant, struct es_arena *arena,
                         struct policy_subscriber *out)
{
	bool bad = false;
	struct policy_subscriber line = {
		.tenant = es_arena_strdup(arena, es_slice_str(tenant)),
		.imsi = text(rows, COL_IMSI, arena, &bad),
		.msisdn = text(rows, 0, arena, &bad),
		.plan = text(rows, 1, arena, &bad),
		.status = (uint8_t)es_col_int(rows, 2) & 3,
		.opt_outs = (uint32_t)es_col_int(rows, 3),
		.voice_prov = (uint8_t)es_col_int(rows, 4) & 3,
		.sms_prov = (uint8_t)es_col_int(rows, 5) & 3,
		.epoch = (uint64_t)es_col_int(rows, 11),
		.version = (uint64_t)es_col_int(rows, 12),
		.updated_ms = es_col_int(rows, 13),
	};
	line.vowifi.terms = (uint8_t)es_col_int(rows, 6) & 3;
	line.vowifi.address = (uint8_t)es_col_int(rows, 7) & 3;
	line.vowifi.address_expiry_ms = es_col_int(rows, 8);
	line.vowifi.address_id = text(rows, 9, arena, &bad);
	line.vowifi.prov = (uint8_t)es_col_int(rows, 10) & 3;
	line.account = (uint8_t)es_col_int(rows, COL_ACCOUNT) % 3;
	line.billing.barred = es_col_int(rows, COL_BILLING_BARRED) != 0;
	line.billing.prov = (uint8_t)es_col_int(rows, COL_BILLING_PROV) & 3;
	line.satellite_prov = (uint8_t)es_col_int(rows, COL_SATELLITE) & 3;
	line.iccid = text(rows, COL_ICCID, arena, &bad);
	line.bss_ms = es_col_int(rows, COL_BSS_AT);
	line.bss_source = text(rows, COL_BSS_SOURCE, arena, &bad);
	es_status status = data_of(es_col_text(rows, COL_DATA), arena, &line.data);
	if (status != ES_OK)
		return status == ES_MALFORMED ? ES_INTERNAL : status; /* our own writer wrote it */
	if (bad || line.tenant == NULL)
		return ES_TOO_LARGE;
	*out = line;
	return ES_OK;
}

es_status policy_row_subscriber(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                                struct policy_subscriber *out, uint64_t *catalog_version)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_SUBSCRIBER, &rows, es_bind_str(tenant), es_bind_str(imsi)));
	es_status status = es_rows_next(rows);
	if (status != ES_OK)
		return status == ES_NOT_FOUND ? ES_INTERNAL : status;
	*catalog_version = (uint64_t)es_col_int(rows, COL_AFTER_LINE);
	if (es_col_is_null(rows, COL_IMSI))
		return ES_NOT_FOUND;
	return line_of(rows, tenant, arena, out);
}

#define LINE_BINDS(line, data)                                                                                         \
	es_bind_str((line)->tenant), es_bind_str((line)->imsi), es_bind_str((line)->msisdn), es_bind_str((line)->plan),    \
		es_bind_int((line)->status), es_bind_int((line)->opt_outs), es_bind_int((line)->voice_prov),                   \
		es_bind_int((line)->sms_prov), es_bind_int((line)->vowifi.terms), es_bind_int((line)->vowifi.address),         \
		es_bind_int((line)->vowifi.address_expiry_ms), es_bind_str((line)->vowifi.address_id),                         \
		es_bind_int((line)->vowifi.prov), es_bind_int((int64_t)(line)->epoch), es_bind_int((int64_t)(line)->version),  \
		es_bind_int((line)->updated_ms), es_bind_int((line)->account), es_bind_int((line)->billing.barred),            \
		es_bind_int((line)->billing.prov), es_bind_text(data), es_bind_int((line)->satellite_prov),                    \
		es_bind_str((line)->iccid)

es_status policy_row_subscriber_insert(struct es_db_conn *conn, const struct policy_subscriber *line)
{
	ES_CLEANUP(es_buf_free) struct es_buf text;
	int64_t changed = 0;

	es_buf_init(&text, DATA_OCTETS);
	ES_TRY(data_text(&line->data, &text));
	ES_TRY(ES_DB_EXEC(conn, ST_SUBSCRIBER_INSERT, &changed, LINE_BINDS(line, es_buf_slice(&text))));
	return changed > 0 ? policy_row_due_set(conn, line) : ES_CONFLICT;
}

es_status policy_row_subscriber_update(struct es_db_conn *conn, const struct policy_subscriber *line)
{
	ES_CLEANUP(es_buf_free) struct es_buf text;
	int64_t changed = 0;

	es_buf_init(&text, DATA_OCTETS);
	ES_TRY(data_text(&line->data, &text));
	es_status status = ES_DB_EXEC(conn, ST_SUBSCRIBER_UPDATE, &changed, LINE_BINDS(line, es_buf_slice(&text)));
	ES_TRY(exec_one(status, changed));
	return policy_row_due_set(conn, line);
}

es_status policy_row_subscriber_move(struct es_db_conn *conn, const char *tenant, const char *from, const char *to)
{
	int64_t changed = 0;
	ES_TRY(ES_DB_EXEC(conn, ST_DEVICES_DELETE, NULL, es_bind_str(tenant), es_bind_str(from)));
	es_status status =
		ES_DB_EXEC(conn, ST_SUBSCRIBER_MOVE, &changed, es_bind_str(tenant), es_bind_str(from), es_bind_str(to));
	return exec_one(status, changed);
}

es_status policy_row_subscriber_delete(struct es_db_conn *conn, const char *tenant, const char *imsi)
{
	int64_t changed = 0;
	ES_TRY(ES_DB_EXEC(conn, ST_DEVICES_DELETE, NULL, es_bind_str(tenant), es_bind_str(imsi)));
	es_status status = ES_DB_EXEC(conn, ST_SUBSCRIBER_DELETE, &changed, es_bind_str(tenant), es_bind_str(imsi));
	return exec_one(status, changed);
}

/* The index that serves the filter: the number, else the plan, else the IMSI itself. */
static es_status start_list(struct es_db_conn *conn, const char *tenant, const struct policy_filter *f,
                            struct es_rows **rows)
{
	struct es_bind binds[6] = {
		es_bind_str(tenant),    es_bind_str(f->after),  es_bind_int(f->limit),
		es_bind_int(f->status), es_bind_str(f->msisdn), es_bind_str(f->plan),
	};
	if (f->msisdn[0] != '\0')
		return es_db_query(conn, ST_SUBSCRIBERS_MSISDN, binds, 6, rows);
	if (f->unanswered_since_ms > 0) {
		binds[4] = es_bind_int(f->unanswered_since_ms);
		return es_db_query(conn, ST_SUBSCRIBERS_UNANSWERED, binds, 5, rows);
	}
	if (f->plan[0] == '\0')
		return es_db_query(conn, ST_SUBSCRIBERS, binds, 4, rows);
	binds[4] = binds[5];
	return es_db_query(conn, ST_SUBSCRIBERS_PLAN, binds, 5, rows);
}

es_status policy_row_subscribers(struct es_db_conn *conn, const char *tenant, const struct policy_filter *filter,
                                 struct es_arena *arena, policy_subscriber_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(start_list(conn, tenant, filter, &rows));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_subscriber line;
		es_arena_reset(arena);
		ES_TRY(line_of(rows, tenant, arena, &line));
		ES_TRY(each(&line, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}
