/* policy_store_sheet.c -- acts and consents of web sheets: rows of policy's database (policy_store.h). */
#include "es_cleanup.h"
#include "policy_statements.h"
#include "policy_store.h"

es_status policy_row_sheet_act(struct es_db_conn *conn, const char *tenant, const char *nonce, struct es_arena *arena,
                               const char **act)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_SHEET_ACT, &rows, es_bind_str(tenant), es_bind_str(nonce)));
	ES_TRY(es_rows_next(rows));
	*act = es_arena_strdup(arena, es_col_text(rows, 0));
	return *act != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_row_sheet_act_add(struct es_db_conn *conn, const char *tenant, const char *nonce, const char *act,
                                   int64_t now_ms, bool *is_first)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, ST_SHEET_ACT_ADD, &changed, es_bind_str(tenant), es_bind_str(nonce), es_bind_str(act),
	                  es_bind_int(now_ms)));
	*is_first = changed > 0;
	return ES_OK;
}

es_status policy_row_consent_add(struct es_db_conn *conn, const struct policy_consent *c)
{
	return ES_DB_EXEC(conn, ST_CONSENT_ADD, NULL, es_bind_str(c->tenant), es_bind_str(c->imsi), es_bind_int(c->at_ms),
	                  es_bind_str(c->what), es_bind_str(c->text), es_bind_str(c->digest), es_bind_str(c->language),
	                  es_bind_str(c->channel), es_bind_str(c->terminal), es_bind_str(c->client),
	                  es_bind_str(c->store_vendor), es_bind_str(c->store_user));
}

es_status policy_row_consents(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t before,
                              uint32_t limit, struct es_arena *arena, policy_consent_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_CONSENTS, &rows, es_bind_str(tenant), es_bind_str(imsi), es_bind_int(before),
	                   es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		const char *texts[9];
		bool bad = false;
		es_arena_reset(arena);
		for (int i = 0; i < 9; i++) {
			texts[i] = es_arena_strdup(arena, es_col_text(rows, 3 + i));
			bad = bad || texts[i] == NULL;
		}
		if (bad)
			return ES_TOO_LARGE;
		const struct policy_consent one = { .id = es_col_int(rows, 0),
			                                .at_ms = es_col_int(rows, 1),
			                                .kept_until_ms = es_col_int(rows, 2),
			                                .tenant = tenant,
			                                .imsi = imsi,
			                                .what = texts[0],
			                                .text = texts[1],
			                                .digest = texts[2],
			                                .language = texts[3],
			                                .channel = texts[4],
			                                .terminal = texts[5],
			                                .client = texts[6],
			                                .store_vendor = texts[7],
			                                .store_user = texts[8] };
		ES_TRY(each(&one, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_consent_of(struct es_db_conn *conn, const char *tenant, const char *imsi, const char *what,
                                bool *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_CONSENT_OF, &rows, es_bind_str(tenant), es_bind_str(imsi), es_bind_str(what)));
	es_status status = es_rows_next(rows);
	*out = status == ES_OK;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_consents_move(struct es_db_conn *conn, const char *tenant, const char *from, const char *to)
{
	return ES_DB_EXEC(conn, ST_CONSENTS_MOVE, NULL, es_bind_str(tenant), es_bind_str(from), es_bind_str(to));
}

es_status policy_row_consents_keep(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t until_ms)
{
	return ES_DB_EXEC(conn, ST_CONSENTS_KEEP, NULL, es_bind_str(tenant), es_bind_str(imsi), es_bind_int(until_ms));
}

es_status policy_row_sheets_prune(struct es_db_conn *conn, int64_t now_ms)
{
	/* A handle that is older than that opens nothing. */
	ES_TRY(
		ES_DB_EXEC(conn, ST_SHEET_ACTS_PRUNE, NULL, es_bind_int(now_ms - POLICY_FLOW_LIFE_MS - POLICY_PAGE_LIFE_MS)));
	return ES_DB_EXEC(conn, ST_CONSENTS_PRUNE, NULL, es_bind_int(now_ms));
}
