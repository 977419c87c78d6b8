/* policy_store_billing.c -- users of stores: rows of policy's database (policy_store.h). */
#include "es_cleanup.h"
#include "policy_statements.h"
#include "policy_store.h"

/* Columns in the order of STORE_USER in policy_statements.c. */
static es_status row_of(struct es_rows *rows, struct es_arena *arena, struct policy_store_user *out)
{
	*out = (struct policy_store_user){
		.vendor = es_arena_strdup(arena, es_col_text(rows, 0)),
		.user = es_arena_strdup(arena, es_col_text(rows, 1)),
		.terms = (uint8_t)es_col_int(rows, 2) & 3,
		.terms_version = es_arena_strdup(arena, es_col_text(rows, 3)),
		.version = (uint64_t)es_col_int(rows, 4),
		.updated_ms = es_col_int(rows, 5),
	};
	return out->vendor != NULL && out->user != NULL && out->terms_version != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_row_store_user(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *vendor,
                                const char *user, struct es_arena *arena, struct policy_store_user *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_STORE_USER, &rows, es_bind_str(tenant), es_bind_str(imsi), es_bind_str(vendor),
	                   es_bind_str(user)));
	ES_TRY(es_rows_next(rows));
	return row_of(rows, arena, out);
}

es_status policy_row_store_user_put(struct es_db_conn *conn, const char *tenant, const char *imsi,
                                    const struct policy_store_user *u)
{
	ES_TRY(ES_DB_EXEC(conn, ST_STORE_USER_UPSERT, NULL, es_bind_str(tenant), es_bind_str(imsi), es_bind_str(u->vendor),
	                  es_bind_str(u->user), es_bind_int(u->terms), es_bind_str(u->terms_version),
	                  es_bind_int((int64_t)u->version), es_bind_int(u->updated_ms)));
	return ES_DB_EXEC(conn, ST_STORE_USER_TRIM, NULL, es_bind_str(tenant), es_bind_str(imsi),
	                  es_bind_int(POLICY_STORE_USERS_MAX));
}

es_status policy_row_store_users(struct es_db_conn *conn, const char *tenant, const char *imsi, uint32_t limit,
                                 struct es_arena *arena, policy_store_user_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_STORE_USERS, &rows, es_bind_str(tenant), es_bind_str(imsi), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_store_user one;
		es_arena_reset(arena);
		ES_TRY(row_of(rows, arena, &one));
		ES_TRY(each(&one, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}
