/* policy_store_devices.c -- devices, and what each was answered: rows of policy's database (policy_store.h). */
#include <string.h>

#include "es_cleanup.h"
#include "policy_statements.h"
#include "policy_store.h"

/* Copies a text column; exhaustion sticks in `bad`. */
static const char *text(struct es_rows *rows, int column, struct es_arena *arena, bool *bad)
{
	const char *copy = es_arena_strdup(arena, es_col_text(rows, column));
	if (copy == NULL)
		*bad = true;
	return copy != NULL ? copy : "";
}

/* ---- devices ---- */

es_status policy_row_device_seen(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                 const struct policy_device *d)
{
	ES_TRY(ES_DB_EXEC(conn, ST_DEVICE_UPSERT, NULL, es_bind_str(tenant), es_bind_str(imsi), es_bind_str(d->terminal_id),
	                  es_bind_str(d->vendor), es_bind_str(d->model), es_bind_str(d->sw_version),
	                  es_bind_int(d->last_seen_ms)));
	return ES_DB_EXEC(conn, ST_DEVICE_TRIM, NULL, es_bind_str(tenant), es_bind_str(imsi),
	                  es_bind_int(POLICY_DEVICES_MAX));
}

es_status policy_row_devices(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                             policy_device_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(
		ES_DB_QUERY(conn, ST_DEVICES, &rows, es_bind_str(tenant), es_bind_str(imsi), es_bind_int(POLICY_DEVICES_MAX)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		bool bad = false;
		es_arena_reset(arena);
		const struct policy_device device = {
			.terminal_id = text(rows, 0, arena, &bad),
			.vendor = text(rows, 1, arena, &bad),
			.model = text(rows, 2, arena, &bad),
			.sw_version = text(rows, 3, arena, &bad),
			.first_seen_ms = es_col_int(rows, 4),
			.last_seen_ms = es_col_int(rows, 5),
		};
		if (bad)
			return ES_TOO_LARGE;
		ES_TRY(each(&device, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- what they were answered ---- */

es_status policy_row_device_answered(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                     const struct policy_device_app *a)
{
	return ES_DB_EXEC(conn, ST_DEVICE_APP_UPSERT, NULL, es_bind_str(tenant), es_bind_str(imsi),
	                  es_bind_str(a->terminal_id), es_bind_str(a->app), es_bind_int(a->version_major),
	                  es_bind_int(a->version_minor), es_bind_int(a->language),
	                  es_bind_blob(es_slice_of(a->digest, sizeof a->digest)), es_bind_int(a->answered_ms));
}

es_status policy_row_device_apps(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                                 policy_device_app_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_DEVICE_APPS, &rows, es_bind_str(tenant), es_bind_str(imsi),
	                   es_bind_int(POLICY_DEVICE_APPS_MAX)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		const struct es_slice digest = es_col_blob(rows, 5);
		bool bad = digest.len != POLICY_ANSWER_DIGEST;
		struct policy_device_app one = {
			.terminal_id = text(rows, 0, arena, &bad),
			.app = text(rows, 1, arena, &bad),
			.version_major = (uint32_t)es_col_int(rows, 2),
			.version_minor = (uint32_t)es_col_int(rows, 3),
			.language = (uint32_t)es_col_int(rows, 4),
			.answered_ms = es_col_int(rows, 6),
			.vendor = text(rows, 7, arena, &bad),
			.model = text(rows, 8, arena, &bad),
			.sw_version = text(rows, 9, arena, &bad),
		};
		if (bad)
			return ES_TOO_LARGE;
		memcpy(one.digest, digest.ptr, sizeof one.digest);
		ES_TRY(each(&one, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}
