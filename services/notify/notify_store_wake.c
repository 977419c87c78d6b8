/* notify_store_wake.c -- rows of `wake` in the database, and what deliveries note of registrations. */
#include "notify_store_wake.h"

#include "es_cleanup.h"
#include "notify_store_int.h"

/* By how much a row has to wait longer: the line has had its last SMS too lately. */
static es_status rest_of(struct es_db_conn *conn, const struct notify_wake *w, int64_t *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	*out = 0;
	if (w->rest_ms <= 0)
		return ES_OK;
	ES_TRY(ES_DB_QUERY(conn, ST_SMS_TOLD_AT, &rows, es_bind_str(w->tenant), es_bind_str(w->imsi)));
	const es_status status = es_rows_next(rows);
	if (status == ES_NOT_FOUND)
		return ES_OK;
	ES_TRY(status);
	const int64_t rested = es_col_int(rows, 0) + w->rest_ms;
	*out = rested > w->due_ms ? rested - w->due_ms : 0;
	return ES_OK;
}

es_status notify_store_wake_put(struct es_db_conn *conn, const struct notify_wake *w)
{
	int64_t rest = 0;

	ES_TRY(rest_of(conn, w, &rest));
	return ES_DB_EXEC(conn, ST_WAKE_PUT, NULL, es_bind_str(w->tenant), es_bind_str(w->imsi),
	                  es_bind_str(w->terminal_id), es_bind_str(w->app_name), es_bind_str(w->app),
	                  es_bind_int(w->channel), es_bind_str(w->account), es_bind_int(w->changed_ms),
	                  es_bind_int(w->due_ms + rest), es_bind_int(w->expires_ms + rest), es_bind_int(w->mass),
	                  es_bind_str(w->traceparent));
}

static es_status read_pair(struct es_rows *rows, struct es_arena *arena, struct notify_pair *out)
{
	ES_TRY(es_rows_next(rows));
	out->account = es_arena_strdup(arena, es_col_text(rows, 0));
	out->tenant = es_arena_strdup(arena, es_col_text(rows, 1));
	out->due_ms = es_col_int(rows, 2);
	return out->account == NULL || out->tenant == NULL ? ES_TOO_LARGE : ES_OK;
}

es_status notify_store_wake_pair(struct es_db_conn *conn, const char *after_account, const char *after_tenant,
                                 struct es_arena *arena, struct notify_pair *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *tenants = NULL;
	ES_CLEANUP(es_rows_cleanup) struct es_rows *accounts = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_WAKE_NEXT_TENANT, &tenants, es_bind_str(after_account), es_bind_str(after_tenant)));
	const es_status status = read_pair(tenants, arena, out);
	if (status != ES_NOT_FOUND)
		return status;
	ES_TRY(ES_DB_QUERY(conn, ST_WAKE_NEXT_ACCOUNT, &accounts, es_bind_str(after_account)));
	return read_pair(accounts, arena, out);
}

/* ---- taking ---- */

static es_status count_ended(struct es_db_conn *conn, struct notify_take *t)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_WAKE_ENDED_LEASES, &rows, es_bind_str(t->account), es_bind_str(t->tenant),
	                   es_bind_int(t->now_ms), es_bind_int(t->limit)));
	ES_TRY(es_rows_next(rows));
	t->ended_leases = es_col_int(rows, 0);
	return ES_OK;
}

static es_status read_taken(struct es_rows *rows, struct es_arena *arena, struct notify_taken *out)
{
	const char *texts[5];

	for (int i = 0; i < 5; i++)
		if ((texts[i] = es_arena_strdup(arena, es_col_text(rows, 7 + i))) == NULL)
			return ES_TOO_LARGE;
	*out = (struct notify_taken){ .id = es_col_int(rows, 0),
		                          .generation = es_col_int(rows, 1),
		                          .changed_ms = es_col_int(rows, 2),
		                          .expires_ms = es_col_int(rows, 3),
		                          .mass = es_col_int(rows, 4),
		                          .attempts = es_col_int(rows, 5),
		                          .channel = (enum notify_channel)es_col_int(rows, 6),
		                          .imsi = texts[0],
		                          .terminal_id = texts[1],
		                          .app_name = texts[2],
		                          .app = texts[3],
		                          .traceparent = texts[4] };
	if (es_col_is_null(rows, 12))
		return ES_OK;
	out->token_hash = es_arena_copy(arena, es_col_blob(rows, 12));
	out->token_sealed = es_arena_copy(arena, es_col_blob(rows, 13));
	return out->token_hash.ptr == NULL || out->token_sealed.ptr == NULL ? ES_TOO_LARGE : ES_OK;
}

static es_status read_all(struct es_db_conn *conn, struct notify_take *t, struct es_arena *arena)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	const size_t room = 2 * (size_t)t->limit;
	es_status status;

	t->count = 0;
	t->rows = es_arena_array(arena, room, sizeof *t->rows);
	if (t->rows == NULL)
		return ES_TOO_LARGE;
	ES_TRY(ES_DB_QUERY(conn, ST_WAKE_TAKEN, &rows, es_bind_str(t->account), es_bind_str(t->tenant),
	                   es_bind_int(t->until_ms), es_bind_int(t->lease)));
	while ((status = es_rows_next(rows)) == ES_OK && t->count < room)
		ES_TRY(read_taken(rows, arena, &t->rows[t->count++]));
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status notify_store_wake_take(struct es_db_conn *conn, struct notify_take *t, struct es_arena *arena)
{
	ES_TRY(count_ended(conn, t));
	ES_TRY(ES_DB_EXEC(conn, ST_WAKE_TAKE, NULL, es_bind_str(t->account), es_bind_str(t->tenant), es_bind_int(t->now_ms),
	                  es_bind_int(t->limit), es_bind_int(t->lease), es_bind_int(t->until_ms)));
	ES_TRY(ES_DB_EXEC(conn, ST_WAKE_TAKE_ALONG, NULL, es_bind_str(t->account), es_bind_str(t->tenant),
	                  es_bind_int(t->lease), es_bind_int(t->until_ms), es_bind_int(t->limit)));
	return read_all(conn, t, arena);
}

es_status notify_store_wake_expired(struct es_db_conn *conn, int64_t now_ms, uint32_t limit, struct es_arena *arena,
                                    struct notify_expired *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	out->count = 0;
	out->rows = es_arena_array(arena, limit, sizeof *out->rows);
	out->tenants = es_arena_array(arena, limit, sizeof *out->tenants);
	out->accounts = es_arena_array(arena, limit, sizeof *out->accounts);
	if (out->rows == NULL || out->tenants == NULL || out->accounts == NULL)
		return ES_TOO_LARGE;
	ES_TRY(ES_DB_QUERY(conn, ST_WAKE_EXPIRED, &rows, es_bind_int(now_ms), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK && out->count < limit) {
		const size_t i = out->count++;
		ES_TRY(read_taken(rows, arena, &out->rows[i]));
		out->tenants[i] = es_arena_strdup(arena, es_col_text(rows, 14));
		out->accounts[i] = es_arena_strdup(arena, es_col_text(rows, 15));
		if (out->tenants[i] == NULL || out->accounts[i] == NULL)
			return ES_TOO_LARGE;
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- afterwards ---- */

es_status notify_store_wake_held(struct es_db_conn *conn, int64_t id, int64_t lease, int64_t *generation)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_WAKE_HELD, &rows, es_bind_int(id), es_bind_int(lease)));
	ES_TRY(es_rows_next(rows));
	*generation = es_col_int(rows, 0);
	return ES_OK;
}

es_status notify_store_wake_delete(struct es_db_conn *conn, int64_t id)
{
	return ES_DB_EXEC(conn, ST_WAKE_DELETE, NULL, es_bind_int(id));
}

es_status notify_store_wake_free(struct es_db_conn *conn, int64_t id, int64_t due_ms)
{
	return ES_DB_EXEC(conn, ST_WAKE_FREE, NULL, es_bind_int(id), es_bind_int(due_ms));
}

es_status notify_store_wake_begin(struct es_db_conn *conn, int64_t id, int64_t due_ms, int64_t changed_ms)
{
	return ES_DB_EXEC(conn, ST_WAKE_BEGIN, NULL, es_bind_int(id), es_bind_int(due_ms), es_bind_int(changed_ms));
}

es_status notify_store_wake_put_back(struct es_db_conn *conn, int64_t id, int64_t due_ms)
{
	return ES_DB_EXEC(conn, ST_WAKE_PUT_BACK, NULL, es_bind_int(id), es_bind_int(due_ms));
}

es_status notify_store_wake_set_account(struct es_db_conn *conn, int64_t id, const char *account, int64_t due_ms)
{
	return ES_DB_EXEC(conn, ST_WAKE_SET_ACCOUNT, NULL, es_bind_int(id), es_bind_str(account), es_bind_int(due_ms));
}

es_status notify_store_wake_queue(struct es_db_conn *conn, struct notify_queue *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	*out = (struct notify_queue){ { 0 }, { 0 } };
	ES_TRY(es_db_query(conn, ST_WAKE_QUEUE, NULL, 0, &rows));
	while ((status = es_rows_next(rows)) == ES_OK) {
		const int64_t channel = es_col_int(rows, 0);
		out->count[channel] = es_col_int(rows, 1);
		out->oldest_ms[channel] = es_col_int(rows, 2);
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- registrations, and lines by SMS ---- */

es_status notify_store_told_by_sms(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t now_ms)
{
	return ES_DB_EXEC(conn, ST_SMS_TOLD, NULL, es_bind_str(tenant), es_bind_str(imsi), es_bind_int(now_ms));
}

es_status notify_store_forget_sms(struct es_db_conn *conn, int64_t before_ms)
{
	return ES_DB_EXEC(conn, ST_SMS_TOLD_PRUNE, NULL, es_bind_int(before_ms));
}

es_status notify_store_told(struct es_db_conn *conn, const struct notify_addressed *to, const char *outcome,
                            bool accepted, int64_t now_ms)
{
	return ES_DB_EXEC(conn, ST_TOLD, NULL, es_bind_str(to->tenant), es_bind_str(to->imsi), es_bind_str(to->terminal_id),
	                  es_bind_int(to->channel), es_bind_blob(to->token_hash), es_bind_str(outcome), es_bind_int(now_ms),
	                  es_bind_int(accepted ? now_ms : 0));
}

es_status notify_store_withdraw(struct es_db_conn *conn, const struct notify_addressed *to, int64_t since_ms,
                                int64_t *removed)
{
	return ES_DB_EXEC(conn, ST_WITHDRAW, removed, es_bind_blob(to->token_hash), es_bind_str(to->tenant),
	                  es_bind_str(to->imsi), es_bind_str(to->terminal_id), es_bind_int(to->channel),
	                  es_bind_int(since_ms));
}
