/* policy_store_equipment.c -- the list of devices, the table of models and what EIRs answered (policy_store.h). */
#include "es_cleanup.h"
#include "policy_statements.h"
#include "policy_store.h"

static const char *text(struct es_rows *rows, int column, struct es_arena *arena, bool *bad)
{
	const char *copy = es_arena_strdup(arena, es_col_text(rows, column));
	*bad = *bad || copy == NULL;
	return copy != NULL ? copy : "";
}

es_status policy_row_device_lines(struct es_db_conn *conn, const char *tenant, const char *imei, uint32_t limit,
                                  struct es_arena *arena, policy_imsi_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_DEVICE_LINES, &rows, es_bind_str(tenant), es_bind_str(imei), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		const char *imsi = es_arena_strdup(arena, es_col_text(rows, 0));
		if (imsi == NULL)
			return ES_TOO_LARGE;
		ES_TRY(each(imsi, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

static uint8_t state_of(struct es_rows *rows, int column)
{
	const int64_t state = es_col_int(rows, column);
	return state >= POLICY_EQUIPMENT_ALLOWED && state <= POLICY_EQUIPMENT_UNKNOWN ? (uint8_t)state : 0;
}

static es_status capabilities_of(struct es_slice lines, struct es_arena *arena, struct policy_list *out)
{
	size_t count = 0, most = lines.len > 0 ? 1 : 0;

	for (size_t i = 0; i < lines.len; i++)
		most += lines.ptr[i] == '\n';
	const char **items = es_arena_array(arena, most, sizeof *items);
	if (items == NULL)
		return ES_TOO_LARGE;
	while (lines.len > 0)
		if ((items[count++] = es_arena_strdup(arena, es_slice_cut(&lines, '\n'))) == NULL)
			return ES_TOO_LARGE;
	*out = (struct policy_list){ items, count };
	return ES_OK;
}

/* ---- the list, and the table of models ---- */

#define ANY_FIRST(type, key_member)                                                                                    \
	(offsetof(struct type, key_member) == offsetof(union policy_entry, any.key) &&                                     \
	 offsetof(struct type, version) == offsetof(union policy_entry, any.version))
_Static_assert(ANY_FIRST(policy_listed, imei), "tenant, key and version come first");
_Static_assert(ANY_FIRST(policy_device_model, tac), "tenant, key and version come first");

/* Columns in the order of LISTED in policy_statements.c. */
static es_status read_listed(struct es_rows *rows, struct es_arena *arena, union policy_entry *out)
{
	bool bad = false;

	out->listed = (struct policy_listed){
		.imei = text(rows, 0, arena, &bad),
		.state = state_of(rows, 1),
		.reason = text(rows, 2, arena, &bad),
		.since_ms = es_col_int(rows, 3),
		.version = (uint64_t)es_col_int(rows, 4),
	};
	return bad ? ES_TOO_LARGE : ES_OK;
}

static es_status put_listed(struct es_db_conn *conn, const union policy_entry *entry)
{
	const struct policy_listed *l = &entry->listed;
	return ES_DB_EXEC(conn, ST_LISTED_UPSERT, NULL, es_bind_str(l->tenant), es_bind_str(l->imei), es_bind_int(l->state),
	                  es_bind_str(l->reason), es_bind_int(l->since_ms), es_bind_int((int64_t)l->version));
}

/* Columns in the order of MODEL in policy_statements.c. */
static es_status read_model(struct es_rows *rows, struct es_arena *arena, union policy_entry *out)
{
	bool bad = false;

	out->model = (struct policy_device_model){
		.tac = text(rows, 0, arena, &bad),
		.vendor = text(rows, 1, arena, &bad),
		.model = text(rows, 2, arena, &bad),
		.version = (uint64_t)es_col_int(rows, 4),
	};
	return bad ? ES_TOO_LARGE : capabilities_of(es_col_text(rows, 3), arena, &out->model.capabilities);
}

static es_status put_model(struct es_db_conn *conn, const union policy_entry *entry)
{
	const struct policy_device_model *m = &entry->model;
	ES_CLEANUP(es_buf_free) struct es_buf lines;

	es_buf_init(&lines, 16384);
	for (size_t i = 0; i < m->capabilities.count; i++)
		es_put_printf(&lines, "%s%s", i > 0 ? "\n" : "", m->capabilities.items[i]);
	ES_TRY(es_buf_status(&lines));
	return ES_DB_EXEC(conn, ST_MODEL_UPSERT, NULL, es_bind_str(m->tenant), es_bind_str(m->tac), es_bind_str(m->vendor),
	                  es_bind_str(m->model), es_bind_text(es_buf_slice(&lines)), es_bind_int((int64_t)m->version));
}

static const struct {
	enum policy_statement get, remove, list;
	es_status (*read)(struct es_rows *rows, struct es_arena *arena, union policy_entry *out); /* without the tenant */
	es_status (*put)(struct es_db_conn *conn, const union policy_entry *entry);
} kinds[] = {
	[POLICY_LISTED] = { ST_LISTED, ST_LISTED_DELETE, ST_LISTEDS, read_listed, put_listed },
	[POLICY_MODEL] = { ST_MODEL, ST_MODEL_DELETE, ST_MODELS, read_model, put_model },
};

static es_status entry_of(struct es_rows *rows, enum policy_entry_kind kind, const char *tenant, struct es_arena *arena,
                          union policy_entry *out)
{
	ES_TRY(kinds[kind].read(rows, arena, out));
	out->any.tenant = es_arena_strdup(arena, es_slice_str(tenant));
	return out->any.tenant != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_row_entry(struct es_db_conn *conn, enum policy_entry_kind kind, const char *tenant, const char *key,
                           struct es_arena *arena, union policy_entry *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, kinds[kind].get, &rows, es_bind_str(tenant), es_bind_str(key)));
	ES_TRY(es_rows_next(rows));
	return entry_of(rows, kind, tenant, arena, out);
}

es_status policy_row_entry_put(struct es_db_conn *conn, enum policy_entry_kind kind, const union policy_entry *entry)
{
	return kinds[kind].put(conn, entry);
}

es_status policy_row_entry_delete(struct es_db_conn *conn, enum policy_entry_kind kind, const char *tenant,
                                  const char *key)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, kinds[kind].remove, &changed, es_bind_str(tenant), es_bind_str(key)));
	return changed > 0 ? ES_OK : ES_NOT_FOUND;
}

es_status policy_row_entries(struct es_db_conn *conn, enum policy_entry_kind kind, const char *tenant,
                             const char *after, uint32_t limit, struct es_arena *arena, policy_entry_each *each,
                             void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, kinds[kind].list, &rows, es_bind_str(tenant), es_bind_str(after), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		union policy_entry entry;
		es_arena_reset(arena);
		ES_TRY(entry_of(rows, kind, tenant, arena, &entry));
		ES_TRY(each(&entry, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- of one device ---- */

static es_status facts_of(struct es_rows *rows, struct es_arena *arena, struct policy_equipment_facts *out)
{
	bool bad = false;
	const uint64_t listed = (uint64_t)es_col_int(rows, 2), model = (uint64_t)es_col_int(rows, 8);

	out->listed = state_of(rows, 0);
	out->listed_ms = es_col_int(rows, 1);
	out->answer = state_of(rows, 3);
	out->answer_ms = es_col_int(rows, 4);
	out->vendor = text(rows, 5, arena, &bad);
	out->model = text(rows, 6, arena, &bad);
	out->version = listed > model ? listed : model;
	if (bad)
		return ES_TOO_LARGE;
	return capabilities_of(es_col_text(rows, 7), arena, &out->capabilities);
}

es_status policy_row_equipment_facts(struct es_db_conn *conn, const char *tenant, const char *source,
                                     struct es_arena *arena, struct policy_equipment_facts *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	const struct es_slice imei = es_slice_str(out->imei.digits);

	out->vendor = "";
	out->model = "";
	if (imei.len == 0)
		return ES_OK;
	ES_TRY(ES_DB_QUERY(conn, ST_EQUIPMENT_FACTS, &rows, es_bind_str(tenant), es_bind_text(imei), es_bind_str(source),
	                   es_bind_text(es_slice_sub(imei, 0, POLICY_TAC_DIGITS))));
	es_status status = es_rows_next(rows);
	if (status != ES_OK)
		return status == ES_NOT_FOUND ? ES_INTERNAL : status;
	return facts_of(rows, arena, out);
}

es_status policy_row_equipment_answer_put(struct es_db_conn *conn, const char *tenant, const char *imei,
                                          const char *source, uint8_t state, int64_t as_of_ms)
{
	return ES_DB_EXEC(conn, ST_EQUIPMENT_ANSWER_PUT, NULL, es_bind_str(tenant), es_bind_str(imei), es_bind_str(source),
	                  es_bind_int(state), es_bind_int(as_of_ms));
}

es_status policy_row_equipment_answers_prune(struct es_db_conn *conn, int64_t before_ms)
{
	return ES_DB_EXEC(conn, ST_EQUIPMENT_ANSWERS_PRUNE, NULL, es_bind_int(before_ms));
}

es_status policy_row_equipment(struct es_db_conn *conn, const struct policy_tenant *tenant, const char *terminal_id,
                               const char *sw_version, int64_t now_ms, struct es_arena *arena,
                               struct policy_equipment *out)
{
	struct policy_equipment_facts facts = { .vendor = "", .model = "" };

	if (policy_imei_parse(es_slice_str(terminal_id), &facts.imei) != ES_OK)
		facts.imei = (struct policy_imei){ .digits = "" };
	ES_TRY(policy_row_equipment_facts(conn, tenant->id, tenant->equipment.source, arena, &facts));
	return policy_equipment_conclude(&tenant->equipment, &facts, POLICY_EQUIPMENT_NOT_ASKED, es_slice_str(sw_version),
	                                 now_ms, arena, out);
}
