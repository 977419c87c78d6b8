/* auth_store_history.c -- rows of authentications that ended, and of identities of fast re-authentication. */
#include "auth_store.h"
#include "auth_store_int.h"
#include "es_crypto.h"

static int64_t time_of(struct es_slice id)
{
	uint64_t ms = 0;

	for (size_t i = 0; i < AUTH_SESSION_TIME && i < id.len; i++)
		ms = ms << 8 | id.ptr[i];
	return (int64_t)ms;
}

es_status auth_store_history_add(struct es_db_conn *conn, const struct auth_history_entry *entry)
{
	uint8_t id[AUTH_SESSION_ID];

	auth_session_first_id(entry->at_ms, id);
	es_random(id + AUTH_SESSION_TIME, sizeof id - AUTH_SESSION_TIME);
	return ES_DB_EXEC(conn, HISTORY_ADD, NULL, es_bind_blob(es_slice_of(id, sizeof id)), es_bind_str(entry->tenant),
	                  es_bind_str(entry->imsi.digits), es_bind_str(entry->method), es_bind_str(entry->source),
	                  es_bind_str(entry->result), es_bind_str(entry->address), es_bind_str(entry->app),
	                  es_bind_int(entry->rounds));
}

es_status auth_store_history_get(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                 struct auth_history_entry *entries, size_t max, size_t *count)
{
	struct es_rows *rows;
	es_status status;

	*count = 0;
	ES_TRY(ES_DB_QUERY(conn, HISTORY_GET, &rows, es_bind_str(tenant), es_bind_str(imsi), es_bind_int((int64_t)max)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct auth_history_entry *e = &entries[(*count)++];
		*e = (struct auth_history_entry){ .at_ms = time_of(es_col_blob(rows, 0)),
			                              .rounds = (uint8_t)es_col_int(rows, 6) };
		es_slice_to_str_cut(es_slice_str(tenant), e->tenant, sizeof e->tenant);
		es_slice_to_str_cut(es_slice_str(imsi), e->imsi.digits, sizeof e->imsi.digits);
		es_slice_to_str_cut(es_col_text(rows, 1), e->method, sizeof e->method);
		es_slice_to_str_cut(es_col_text(rows, 2), e->source, sizeof e->source);
		es_slice_to_str_cut(es_col_text(rows, 3), e->result, sizeof e->result);
		es_slice_to_str_cut(es_col_text(rows, 4), e->address, sizeof e->address);
		es_slice_to_str_cut(es_col_text(rows, 5), e->app, sizeof e->app);
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status auth_store_history_erase(struct es_db_conn *conn, const char *tenant, const char *imsi)
{
	return ES_DB_EXEC(conn, HISTORY_ERASE, NULL, es_bind_str(tenant), es_bind_str(imsi));
}

es_status auth_store_followed(struct es_db_conn *conn, const char *source, uint64_t *out)
{
	struct es_rows *rows;

	ES_TRY(ES_DB_QUERY(conn, FOLLOWED_GET, &rows, es_bind_str(source)));
	es_status status = es_rows_next(rows);
	if (status == ES_OK)
		*out = (uint64_t)es_col_int(rows, 0);
	es_rows_done(rows);
	return status;
}

es_status auth_store_set_followed(struct es_db_conn *conn, const char *source, uint64_t sequence)
{
	int64_t changed = 0;

	es_status status = ES_DB_EXEC(conn, FOLLOWED_SET, &changed, es_bind_int((int64_t)sequence), es_bind_str(source));
	return auth_store_exactly_one(status, changed);
}

es_status auth_store_reauth_get(struct es_db_conn *conn, const uint8_t id[AUTH_REAUTH_ID], int64_t now_ms,
                                struct es_arena *arena, struct es_slice *sealed)
{
	struct es_rows *rows;

	ES_TRY(ES_DB_QUERY(conn, REAUTH_GET, &rows, es_bind_blob(es_slice_of(id, AUTH_REAUTH_ID)), es_bind_int(now_ms)));
	ES_TRY(es_rows_next(rows));
	bool kept = auth_store_keep(arena, es_col_blob(rows, 0), sealed);
	es_rows_done(rows);
	return kept ? ES_OK : ES_TOO_LARGE;
}

es_status auth_store_reauth_spend(struct es_db_conn *conn, const uint8_t id[AUTH_REAUTH_ID])
{
	int64_t changed = 0;

	es_status status = ES_DB_EXEC(conn, REAUTH_SPEND, &changed, es_bind_blob(es_slice_of(id, AUTH_REAUTH_ID)));
	return auth_store_exactly_one(status, changed);
}

es_status auth_store_reauth_add(struct es_db_conn *conn, const uint8_t id[AUTH_REAUTH_ID], struct es_slice sealed,
                                int64_t expires_ms)
{
	return ES_DB_EXEC(conn, REAUTH_ADD, NULL, es_bind_blob(es_slice_of(id, AUTH_REAUTH_ID)), es_bind_blob(sealed),
	                  es_bind_int(expires_ms));
}
