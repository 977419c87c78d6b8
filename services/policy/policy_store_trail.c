/* policy_store_trail.c -- credentials, the audit trail and the outbox. */
#include "es_cleanup.h"
#include "policy_statements.h"
#include "policy_store.h"

static const char *text(struct es_rows *rows, int column, struct es_arena *arena, bool *bad)
{
	const char *copy = es_arena_strdup(arena, es_col_text(rows, column));
	if (copy == NULL)
		*bad = true;
	return copy != NULL ? copy : "";
}

/* ---- credentials ---- */

static es_status credential_of(struct es_rows *rows, struct es_arena *arena, struct policy_credential *out)
{
	bool bad = false;
	const struct policy_credential credential = {
		.name = text(rows, 0, arena, &bad),
		.tenant = text(rows, 1, arena, &bad),
		.role = (uint8_t)es_col_int(rows, 2) & 3,
		.created_ms = es_col_int(rows, 3),
	};
	if (bad)
		return ES_TOO_LARGE;
	*out = credential;
	return ES_OK;
}

es_status policy_row_credential(struct es_db_conn *conn, const uint8_t digest[32], struct es_arena *arena,
                                struct policy_credential *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	ES_TRY(ES_DB_QUERY(conn, ST_CREDENTIAL, &rows, es_bind_blob(es_slice_of(digest, 32))));
	es_status status = es_rows_next(rows);
	if (status != ES_OK)
		return status;
	return credential_of(rows, arena, out);
}

es_status policy_row_credential_put(struct es_db_conn *conn, const struct policy_credential *credential,
                                    const uint8_t digest[32])
{
	return ES_DB_EXEC(conn, ST_CREDENTIAL_UPSERT, NULL, es_bind_str(credential->name),
	                  es_bind_blob(es_slice_of(digest, 32)), es_bind_int(credential->role),
	                  es_bind_str(credential->tenant), es_bind_int(credential->created_ms));
}

es_status policy_row_credential_delete(struct es_db_conn *conn, const char *name)
{
	int64_t changed = 0;
	ES_TRY(ES_DB_EXEC(conn, ST_CREDENTIAL_DELETE, &changed, es_bind_str(name)));
	return changed > 0 ? ES_OK : ES_NOT_FOUND;
}

es_status policy_row_credentials(struct es_db_conn *conn, const char *after, uint32_t limit, struct es_arena *arena,
                                 policy_credential_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_CREDENTIALS, &rows, es_bind_str(after), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_credential credential;
		es_arena_reset(arena);
		ES_TRY(credential_of(rows, arena, &credential));
		ES_TRY(each(&credential, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- the audit trail ---- */

es_status policy_row_audit_add(struct es_db_conn *conn, const struct policy_audit *entry, int64_t *id)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	ES_TRY(ES_DB_QUERY(conn, ST_AUDIT_ADD, &rows, es_bind_int(entry->at_ms), es_bind_str(entry->who),
	                   es_bind_str(entry->client), es_bind_str(entry->action), es_bind_str(entry->tenant),
	                   es_bind_str(entry->resource), es_bind_str(entry->outcome), es_bind_str(entry->detail)));
	es_status status = es_rows_next(rows);
	if (status != ES_OK)
		return status == ES_NOT_FOUND ? ES_INTERNAL : status;
	*id = es_col_int(rows, 0);
	return ES_OK;
}

es_status policy_row_audit_end(struct es_db_conn *conn, int64_t id, const char *outcome)
{
	int64_t changed = 0;
	ES_TRY(ES_DB_EXEC(conn, ST_AUDIT_END, &changed, es_bind_int(id), es_bind_str(outcome)));
	return changed > 0 ? ES_OK : ES_NOT_FOUND;
}

es_status policy_row_audit_erase(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *pseudonym,
                                 int64_t until_ms, int64_t *count)
{
	return ES_DB_EXEC(conn, ST_AUDIT_ERASE, count, es_bind_str(tenant), es_bind_str(imsi), es_bind_str(pseudonym),
	                  es_bind_int(until_ms));
}

es_status policy_row_audits(struct es_db_conn *conn, const char *tenant, int64_t before, uint32_t limit,
                            struct es_arena *arena, policy_audit_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	const struct es_bind binds[] = { es_bind_int(before), es_bind_int(limit), es_bind_str(tenant) };
	bool all = tenant[0] == '\0';
	es_status status;

	ES_TRY(es_db_query(conn, all ? ST_AUDITS : ST_AUDITS_TENANT, binds, all ? 2 : 3, &rows));
	while ((status = es_rows_next(rows)) == ES_OK) {
		bool bad = false;
		es_arena_reset(arena);
		const struct policy_audit entry = {
			.id = es_col_int(rows, 0),
			.at_ms = es_col_int(rows, 1),
			.who = text(rows, 2, arena, &bad),
			.client = text(rows, 3, arena, &bad),
			.action = text(rows, 4, arena, &bad),
			.tenant = text(rows, 5, arena, &bad),
			.resource = text(rows, 6, arena, &bad),
			.outcome = text(rows, 7, arena, &bad),
			.detail = text(rows, 8, arena, &bad),
		};
		if (bad)
			return ES_TOO_LARGE;
		ES_TRY(each(&entry, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- the outbox ---- */

static es_status one_number(struct es_db_conn *conn, enum policy_statement statement, uint64_t *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	ES_TRY(es_db_query(conn, statement, NULL, 0, &rows));
	es_status status = es_rows_next(rows);
	if (status != ES_OK)
		return status == ES_NOT_FOUND ? ES_INTERNAL : status;
	*out = (uint64_t)es_col_int(rows, 0);
	return ES_OK;
}

es_status policy_row_event_head(struct es_db_conn *conn, uint64_t *out)
{
	return one_number(conn, ST_EVENT_HEAD, out);
}

es_status policy_row_event_add(struct es_db_conn *conn, const struct policy_event *event, uint64_t *sequence)
{
	uint64_t next = 0;
	ES_TRY(one_number(conn, ST_EVENT_NEXT, &next));
	ES_TRY(ES_DB_EXEC(conn, ST_EVENT_ADD, NULL, es_bind_int((int64_t)next), es_bind_int(event->at_ms),
	                  es_bind_str(event->kind), es_bind_str(event->tenant), es_bind_str(event->imsi),
	                  es_bind_str(event->apps), es_bind_str(event->traceparent),
	                  es_bind_str(event->plan != NULL ? event->plan : ""),
	                  es_bind_str(event->moved_to != NULL ? event->moved_to : "")));
	for (size_t i = 0; i < event->device_count; i++)
		ES_TRY(ES_DB_EXEC(conn, ST_EVENT_DEVICE_ADD, NULL, es_bind_int((int64_t)next),
		                  es_bind_str(event->devices[i].terminal_id), es_bind_str(event->devices[i].apps),
		                  es_bind_str(event->devices[i].unchanged)));
	*sequence = next;
	return ES_OK;
}

es_status policy_row_event_devices(struct es_db_conn *conn, uint64_t first, uint64_t last, uint32_t limit,
                                   struct es_arena *arena, policy_event_device_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_EVENT_DEVICES, &rows, es_bind_int((int64_t)first), es_bind_int((int64_t)last),
	                   es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		bool bad = false;
		const struct policy_touch device = {
			.terminal_id = text(rows, 1, arena, &bad),
			.apps = text(rows, 2, arena, &bad),
			.unchanged = text(rows, 3, arena, &bad),
		};
		if (bad)
			return ES_TOO_LARGE;
		ES_TRY(each((uint64_t)es_col_int(rows, 0), &device, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_events(struct es_db_conn *conn, uint64_t after, uint32_t limit, struct es_arena *arena,
                            policy_event_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_EVENTS, &rows, es_bind_int((int64_t)after), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		bool bad = false;
		const struct policy_event event = {
			.sequence = (uint64_t)es_col_int(rows, 0),
			.at_ms = es_col_int(rows, 1),
			.kind = text(rows, 2, arena, &bad),
			.tenant = text(rows, 3, arena, &bad),
			.imsi = text(rows, 4, arena, &bad),
			.apps = text(rows, 5, arena, &bad),
			.traceparent = text(rows, 6, arena, &bad),
			.plan = text(rows, 7, arena, &bad),
			.moved_to = text(rows, 8, arena, &bad),
		};
		if (bad)
			return ES_TOO_LARGE;
		ES_TRY(each(&event, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_events_prune(struct es_db_conn *conn, int64_t before_ms)
{
	return ES_DB_EXEC(conn, ST_EVENTS_PRUNE, NULL, es_bind_int(before_ms));
}
