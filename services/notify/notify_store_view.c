/* notify_store_view.c -- what operators look at, in the database. */
#include "notify_store_view.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "notify_store_int.h"

/* Copies a row's texts; NULL ends it: the arena is full. */
static bool copy_texts(struct es_rows *rows, int first, struct es_arena *arena, const char **const *to, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((*to[i] = es_arena_strdup(arena, es_col_text(rows, first + (int)i))) == NULL)
			return false;
	return true;
}

/* Reads rows into an array of the arena; `read` fills one. */
typedef bool read_row(struct es_rows *rows, struct es_arena *arena, void *one);
static es_status read_all(struct es_rows *rows, struct es_arena *arena, size_t max, size_t size, read_row *read,
                          void **out, size_t *count)
{
	es_status status = ES_OK;

	*count = 0;
	*out = es_arena_array(arena, max, size);
	if (*out == NULL)
		status = ES_TOO_LARGE;
	while (status == ES_OK && *count < max && (status = es_rows_next(rows)) == ES_OK)
		if (!read(rows, arena, (uint8_t *)*out + (*count)++ * size))
			status = ES_TOO_LARGE;
	es_rows_done(rows);
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- one line ---- */

static bool read_seen(struct es_rows *rows, struct es_arena *arena, void *one)
{
	struct notify_seen *seen = one;
	const char **const texts[] = { &seen->app, &seen->app_name, &seen->terminal_id, &seen->outcome };
	const struct es_slice hash = es_col_blob(rows, 5);

	*seen = (struct notify_seen){ .channel = (enum notify_channel)es_col_int(rows, 4),
		                          .registered_ms = es_col_int(rows, 6),
		                          .told_ms = es_col_int(rows, 7),
		                          .outcome_ms = es_col_int(rows, 8) };
	es_hex_encode(es_slice_sub(hash, 0, (NOTIFY_FINGERPRINT_SIZE - 1) / 2), seen->fingerprint);
	return copy_texts(rows, 0, arena, texts, ES_COUNT(texts));
}

es_status notify_view_registrations(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                    struct es_arena *arena, struct notify_seen **out, size_t *count)
{
	struct es_rows *rows = NULL;
	void *items = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_VIEW_REGISTRATIONS, &rows, es_bind_str(tenant), es_bind_str(imsi),
	                   es_bind_int(NOTIFY_REGISTRATIONS_MAX)));
	ES_TRY(read_all(rows, arena, NOTIFY_REGISTRATIONS_MAX, sizeof **out, read_seen, &items, count));
	*out = items;
	return ES_OK;
}

static bool read_due(struct es_rows *rows, struct es_arena *arena, void *one)
{
	struct notify_due *due = one;
	const char **const texts[] = { &due->app, &due->app_name, &due->terminal_id, &due->account };

	*due = (struct notify_due){ .channel = (enum notify_channel)es_col_int(rows, 4),
		                        .attempts = es_col_int(rows, 5),
		                        .changed_ms = es_col_int(rows, 6),
		                        .due_ms = es_col_int(rows, 7),
		                        .expires_ms = es_col_int(rows, 8),
		                        .mass = es_col_int(rows, 9),
		                        .is_taken = es_col_int(rows, 10) != 0 };
	return copy_texts(rows, 0, arena, texts, ES_COUNT(texts));
}

es_status notify_view_due(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                          struct notify_due **out, size_t *count)
{
	struct es_rows *rows = NULL;
	void *items = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_VIEW_DUE, &rows, es_bind_str(tenant), es_bind_str(imsi), es_bind_int(NOTIFY_DUE_MAX)));
	ES_TRY(read_all(rows, arena, NOTIFY_DUE_MAX, sizeof **out, read_due, &items, count));
	*out = items;
	return ES_OK;
}

es_status notify_view_hasten(struct es_db_conn *conn, const struct notify_wake *w)
{
	return ES_DB_EXEC(conn, ST_VIEW_HASTEN, NULL, es_bind_str(w->tenant), es_bind_str(w->imsi),
	                  es_bind_str(w->terminal_id), es_bind_str(w->app_name), es_bind_str(w->app),
	                  es_bind_int(w->channel), es_bind_int(w->due_ms));
}

/* ---- failures ---- */

static bool read_dead(struct es_rows *rows, struct es_arena *arena, void *one)
{
	struct notify_dead *dead = one;
	const char **const texts[] = { &dead->tenant,  &dead->imsi,   &dead->terminal_id, &dead->app_name,   &dead->app,
		                           &dead->account, &dead->reason, &dead->detail,      &dead->traceparent };

	*dead = (struct notify_dead){ .id = es_col_int(rows, 9),
		                          .at_ms = es_col_int(rows, 10),
		                          .channel = (enum notify_channel)es_col_int(rows, 11),
		                          .attempts = es_col_int(rows, 12),
		                          .changed_ms = es_col_int(rows, 13) };
	return copy_texts(rows, 0, arena, texts, ES_COUNT(texts));
}

es_status notify_view_failures(struct es_db_conn *conn, const struct notify_dead_filter *f, size_t max,
                               struct es_arena *arena, struct notify_dead **out, size_t *count)
{
	const struct es_bind binds[] = { es_bind_str(f->tenant),    es_bind_int(f->before > 0 ? f->before : INT64_MAX),
		                             es_bind_str(f->reason),    es_bind_int(f->channel),
		                             es_bind_int((int64_t)max), es_bind_str(f->imsi) };
	const bool of_line = f->imsi[0] != '\0';
	struct es_rows *rows = NULL;
	void *items = NULL;

	ES_TRY(es_db_query(conn, of_line ? ST_VIEW_FAILURES_OF_LINE : ST_VIEW_FAILURES, binds,
	                   ES_COUNT(binds) - (of_line ? 0 : 1), &rows));
	ES_TRY(read_all(rows, arena, max, sizeof **out, read_dead, &items, count));
	*out = items;
	return ES_OK;
}

es_status notify_view_failure(struct es_db_conn *conn, const char *tenant, int64_t id, struct es_arena *arena,
                              struct notify_dead *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_VIEW_FAILURE, &rows, es_bind_str(tenant), es_bind_int(id)));
	ES_TRY(es_rows_next(rows));
	return read_dead(rows, arena, out) ? ES_OK : ES_TOO_LARGE;
}

es_status notify_view_failure_delete(struct es_db_conn *conn, const char *tenant, int64_t id)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_VIEW_FAILURE_DELETE, &changed, es_bind_str(tenant), es_bind_int(id)));
	return changed == 1 ? ES_OK : ES_NOT_FOUND;
}

es_status notify_view_is_registered(struct es_db_conn *conn, const struct notify_dead *d, bool *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_GET_TOKEN, &rows, es_bind_str(d->tenant), es_bind_str(d->imsi),
	                   es_bind_str(d->terminal_id), es_bind_str(d->app), es_bind_str(d->app_name),
	                   es_bind_int(d->channel)));
	const es_status status = es_rows_next(rows);
	*out = status == ES_OK;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- queues ---- */

static bool read_waiting(struct es_rows *rows, struct es_arena *arena, void *one)
{
	struct notify_waiting *waiting = one;
	const char **const texts[] = { &waiting->account };

	*waiting = (struct notify_waiting){ .count = es_col_int(rows, 1), .oldest_ms = es_col_int(rows, 2) };
	return copy_texts(rows, 0, arena, texts, ES_COUNT(texts));
}

es_status notify_view_queues(struct es_db_conn *conn, const char *tenant, size_t max, struct es_arena *arena,
                             struct notify_waiting **out, size_t *count)
{
	struct es_rows *rows = NULL;
	void *items = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_VIEW_QUEUES, &rows, es_bind_str(tenant), es_bind_int((int64_t)max)));
	ES_TRY(read_all(rows, arena, max, sizeof **out, read_waiting, &items, count));
	*out = items;
	return ES_OK;
}
