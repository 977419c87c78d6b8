/* auth_store.c -- statements, and rows to structs and back. */
#include "auth_store.h"

#include <string.h>

#include "auth_0001_sql.h"
#include "auth_0002_sql.h"
#include "auth_0003_sql.h"
#include "auth_0004_sql.h"
#include "auth_0005_sql.h"
#include "auth_store_int.h"
#include "es_cleanup.h"

#define CLAIM_FRESH_MS 120000
#define SPENT_GRACE_MS 60000 /* clocks of replicas differ: what one calls expired another may still take */

static const char *const statements[] = {
	[KEYS_GET] =
		"SELECT sealed, amf, algorithm, generation, dif, hop, updated_ms FROM auc_key WHERE tenant = ?1 AND imsi = ?2",
	[KEYS_PUT] =
		"INSERT INTO auc_key (tenant, imsi, sealed, amf, algorithm, generation, dif, hop, updated_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (tenant, imsi) DO UPDATE SET sealed = "
		"excluded.sealed, "
		"amf = excluded.amf, algorithm = excluded.algorithm, generation = excluded.generation, dif = excluded.dif, "
		"hop = excluded.hop, updated_ms = excluded.updated_ms",
	[KEYS_DELETE] = "DELETE FROM auc_key WHERE tenant = ?1 AND imsi = ?2",
	[KEYS_PAGE] = "SELECT sealed, amf, algorithm, generation, dif, hop, updated_ms, tenant, imsi FROM auc_key "
				  "WHERE (tenant, imsi) > (?1, ?2) ORDER BY tenant, imsi LIMIT ?3",
	[KEYS_RESEAL] = "UPDATE auc_key SET sealed = ?4 WHERE tenant = ?1 AND imsi = ?2 AND sealed = ?3",
	[KEYS_RAISE_DIF] = "UPDATE auc_key SET dif = CASE WHEN dif < ?4 THEN ?4 ELSE dif END "
					   "WHERE tenant = ?1 AND imsi = ?2 AND generation = ?3",
	[KEYS_SET_HOP] = "UPDATE auc_key SET hop = ?5 WHERE tenant = ?1 AND imsi = ?2 AND generation = ?3 AND hop = ?4",
	/* Our own row, else one given back, else the one whose owner has been silent longest. */
	[REPLICA_BEST] = "SELECT ind, owner, hwm, claimed_ms, name FROM sqn_replica ORDER BY "
					 "CASE WHEN name = ?1 THEN 0 WHEN length(owner) = 0 THEN 1 ELSE 2 END, claimed_ms, ind LIMIT 1",
	[REPLICA_COUNT] = "SELECT count(*) FROM sqn_replica",
	[REPLICA_NEW] = "INSERT INTO sqn_replica (ind, owner, name, hwm, claimed_ms) VALUES (?1, ?2, ?3, ?4, ?5) ON "
					"CONFLICT DO NOTHING",
	[REPLICA_CLAIM] = "UPDATE sqn_replica SET owner = ?4, name = ?5, hwm = ?6, claimed_ms = ?7 "
					  "WHERE ind = ?1 AND owner = ?2 AND hwm = ?3",
	[REPLICA_EXTEND] = "UPDATE sqn_replica SET hwm = ?3, claimed_ms = ?4 WHERE ind = ?1 AND owner = ?2 AND hwm <= ?3",
	[REPLICA_RELEASE] = "UPDATE sqn_replica SET hwm = ?3, owner = ?4 WHERE ind = ?1 AND owner = ?2",
	[EXCHANGE_GET] = "SELECT round, packet_hash, outcome, state, request FROM exchange WHERE session = ?1",
	[EXCHANGE_INSERT] = "INSERT INTO exchange (session, round, packet_hash, outcome, state, request) "
						"VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
	[EXCHANGE_ADVANCE] = "UPDATE exchange SET round = ?2, packet_hash = ?4, outcome = ?5, state = ?6 "
						 "WHERE session = ?1 AND round = ?3",
	[EXCHANGE_PURGE] = "DELETE FROM exchange WHERE session IN "
					   "(SELECT session FROM exchange WHERE session < ?1 ORDER BY session LIMIT 500)",
	[HISTORY_ADD] = "INSERT INTO history (id, tenant, imsi, method, source, result, address, app, rounds) "
					"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[HISTORY_GET] = "SELECT id, method, source, result, address, app, rounds FROM history "
					"WHERE tenant = ?1 AND imsi = ?2 ORDER BY id DESC LIMIT ?3",
	[HISTORY_ERASE] = "DELETE FROM history WHERE tenant = ?1 AND imsi = ?2",
	[FOLLOWED_GET] = "SELECT sequence FROM followed WHERE source = ?1",
	[FOLLOWED_SET] = "UPDATE followed SET sequence = ?1 WHERE source = ?2",
	[HISTORY_PURGE] = "DELETE FROM history WHERE id IN (SELECT id FROM history WHERE id < ?1 ORDER BY id LIMIT 500)",
	[REAUTH_GET] = "SELECT sealed FROM reauth WHERE id = ?1 AND expires_ms > ?2",
	[REAUTH_SPEND] = "DELETE FROM reauth WHERE id = ?1",
	[REAUTH_ADD] = "INSERT INTO reauth (id, sealed, expires_ms) VALUES (?1, ?2, ?3)",
	[REAUTH_PURGE] = "DELETE FROM reauth WHERE id IN "
					 "(SELECT id FROM reauth WHERE expires_ms <= ?1 ORDER BY expires_ms LIMIT 500)",
	[SPENT_INSERT] = "INSERT INTO spent (id, call, expires_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
	[SPENT_CALL] = "SELECT call FROM spent WHERE id = ?1",
	[SPENT_PURGE] = "DELETE FROM spent WHERE id IN "
					"(SELECT id FROM spent WHERE expires_ms < ?1 ORDER BY expires_ms LIMIT 500)",
	[LOGIN_GET] = "SELECT step, state, code, code_until_ms, tries, answer, claimed_ms, outcome, ended_ms FROM login "
				  "WHERE id = ?1",
	[LOGIN_INSERT] = "INSERT INTO login (id, step, state, code, code_until_ms, tries, answer, claimed_ms, outcome, "
					 "ended_ms) VALUES (?1, 0, ?2, ?3, ?4, ?5, NULL, 0, NULL, 0)",
	[LOGIN_ADVANCE] = "UPDATE login SET step = step + 1, code = ?3, code_until_ms = ?4, tries = ?5, answer = ?6, "
					  "claimed_ms = ?7, outcome = ?8, ended_ms = ?9 WHERE id = ?1 AND step = ?2",
	[LOGIN_PURGE] = "DELETE FROM login WHERE id IN (SELECT id FROM login WHERE id < ?1 ORDER BY id LIMIT 500)",
	[LOGIN_RATE] =
		"INSERT INTO login_rate (subject, hour, count) VALUES (?1, ?2, 1) ON CONFLICT (subject) DO UPDATE SET "
		"count = CASE WHEN login_rate.hour = excluded.hour THEN login_rate.count + 1 ELSE 1 END, "
		"hour = excluded.hour RETURNING count",
	[LOGIN_RATE_PURGE] = "DELETE FROM login_rate WHERE subject IN "
						 "(SELECT subject FROM login_rate WHERE hour < ?1 LIMIT 500)",
};
_Static_assert(ES_COUNT(statements) == STATEMENT_COUNT, "every statement has its SQL");

es_status auth_store_open(const char *url, struct es_db **out, struct es_buf *error)
{
	static const struct es_migration migrations[] = {
		{ 1, auth_0001_sql }, { 2, auth_0002_sql }, { 3, auth_0003_sql }, { 4, auth_0004_sql }, { 5, auth_0005_sql }
	};

	return es_db_open(&(struct es_db_options){ .url = url,
	                                           .migrations = migrations,
	                                           .migration_count = ES_COUNT(migrations),
	                                           .statements = statements,
	                                           .statement_count = STATEMENT_COUNT },
	                  out, error);
}

/* ---- keys ---- */

static bool key_row_from(struct es_rows *rows, struct auth_key_row *out)
{
	struct es_slice sealed = es_col_blob(rows, 0), amf = es_col_blob(rows, 1), algorithm = es_col_text(rows, 2);

	if (sealed.len < ES_SEAL_OVERHEAD || sealed.len > sizeof out->sealed || amf.len != sizeof out->amf ||
	    algorithm.len >= sizeof out->algorithm)
		return false;
	*out = (struct auth_key_row){ .sealed_len = sealed.len,
		                          .generation = es_col_int(rows, 3),
		                          .dif = es_col_int(rows, 4),
		                          .hop = es_col_int(rows, 5),
		                          .updated_ms = es_col_int(rows, 6) };
	memcpy(out->sealed, sealed.ptr, sealed.len);
	memcpy(out->amf, amf.ptr, amf.len);
	if (algorithm.len > 0)
		memcpy(out->algorithm, algorithm.ptr, algorithm.len);
	return true;
}

es_status auth_store_keys_get(struct es_db_conn *conn, const char *tenant, const char *imsi, struct auth_key_row *out)
{
	struct es_rows *rows;

	ES_TRY(ES_DB_QUERY(conn, KEYS_GET, &rows, es_bind_str(tenant), es_bind_str(imsi)));
	ES_TRY(es_rows_next(rows));
	bool sound = key_row_from(rows, out);
	es_rows_done(rows);
	return sound ? ES_OK : ES_INTERNAL;
}

es_status auth_store_keys_put(struct es_db_conn *conn, const char *tenant, const char *imsi,
                              const struct auth_key_row *row)
{
	return ES_DB_EXEC(conn, KEYS_PUT, NULL, es_bind_str(tenant), es_bind_str(imsi),
	                  es_bind_blob(es_slice_of(row->sealed, row->sealed_len)), es_bind_blob(es_slice_of(row->amf, 2)),
	                  es_bind_str(row->algorithm), es_bind_int(row->generation), es_bind_int(row->dif),
	                  es_bind_int(row->hop), es_bind_int(row->updated_ms));
}

es_status auth_store_keys_delete(struct es_db_conn *conn, const char *tenant, const char *imsi)
{
	return ES_DB_EXEC(conn, KEYS_DELETE, NULL, es_bind_str(tenant), es_bind_str(imsi));
}

es_status auth_store_keys_page(struct es_db_conn *conn, const char *tenant, const char *imsi,
                               struct auth_key_item items[AUTH_KEYS_PAGE], size_t *count)
{
	struct es_rows *rows;
	es_status status;
	size_t n = 0;

	ES_TRY(ES_DB_QUERY(conn, KEYS_PAGE, &rows, es_bind_str(tenant), es_bind_str(imsi), es_bind_int(AUTH_KEYS_PAGE)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct auth_key_item *item = &items[n < AUTH_KEYS_PAGE ? n : 0];
		bool named = es_slice_to_str(es_col_text(rows, 7), item->tenant, sizeof item->tenant) &&
		             es_slice_to_str(es_col_text(rows, 8), item->imsi, sizeof item->imsi) && item->tenant[0] != '\0' &&
		             item->imsi[0] != '\0';
		if (n++ == AUTH_KEYS_PAGE || !named) {
			es_rows_done(rows);
			return ES_INTERNAL;
		}
		if (!key_row_from(rows, &item->row)) /* a damaged row does not hide those behind it */
			item->row = (struct auth_key_row){ 0 };
	}
	if (status != ES_NOT_FOUND)
		return status;
	*count = n;
	return ES_OK;
}

es_status auth_store_keys_reseal(struct es_db_conn *conn, const struct auth_key_item *item, struct es_slice sealed)
{
	int64_t changed = 0;

	es_status status =
		ES_DB_EXEC(conn, KEYS_RESEAL, &changed, es_bind_str(item->tenant), es_bind_str(item->imsi),
	               es_bind_blob(es_slice_of(item->row.sealed, item->row.sealed_len)), es_bind_blob(sealed));
	return auth_store_exactly_one(status, changed);
}

es_status auth_store_raise_dif(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t generation,
                               int64_t dif)
{
	int64_t changed = 0;

	es_status status = ES_DB_EXEC(conn, KEYS_RAISE_DIF, &changed, es_bind_str(tenant), es_bind_str(imsi),
	                              es_bind_int(generation), es_bind_int(dif));
	return auth_store_exactly_one(status, changed);
}

es_status auth_store_set_hop(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t generation,
                             int64_t seen, int64_t hop)
{
	int64_t changed = 0;

	es_status status = ES_DB_EXEC(conn, KEYS_SET_HOP, &changed, es_bind_str(tenant), es_bind_str(imsi),
	                              es_bind_int(generation), es_bind_int(seen), es_bind_int(hop));
	return auth_store_exactly_one(status, changed);
}

/* ---- indices of replicas ---- */

struct replica {
	unsigned ind;
	uint8_t owner[AUTH_OWNER];
	size_t owner_len;
	int64_t hwm, claimed_ms;
	bool same_name;
};

static es_status best_replica(struct es_db_conn *conn, const char *name, struct replica *out)
{
	struct es_rows *rows;

	ES_TRY(ES_DB_QUERY(conn, REPLICA_BEST, &rows, es_bind_str(name)));
	ES_TRY(es_rows_next(rows));
	struct es_slice owner = es_col_blob(rows, 1);
	int64_t ind = es_col_int(rows, 0);
	bool sound = ind >= 0 && ind < AUTH_SQN_REPLICAS && owner.len <= sizeof out->owner;
	if (sound) {
		*out = (struct replica){ .ind = (unsigned)ind,
			                     .owner_len = owner.len,
			                     .hwm = es_col_int(rows, 2),
			                     .claimed_ms = es_col_int(rows, 3),
			                     .same_name = es_slice_eq_str(es_col_text(rows, 4), name) };
		if (owner.len > 0)
			memcpy(out->owner, owner.ptr, owner.len);
	}
	es_rows_done(rows);
	return sound ? ES_OK : ES_INTERNAL;
}

/* The next index nobody has ever had; ES_NOT_FOUND when all are there. */
static es_status claim_new(struct es_db_conn *conn, struct auth_claim *claim)
{
	struct es_rows *rows;
	int64_t changed = 0;

	ES_TRY(es_db_query(conn, REPLICA_COUNT, NULL, 0, &rows));
	ES_TRY(es_rows_next(rows));
	int64_t ind = es_col_int(rows, 0);
	es_rows_done(rows);
	if (ind >= AUTH_SQN_REPLICAS)
		return ES_NOT_FOUND;
	claim->ind = (unsigned)ind;
	claim->floor = 0;
	claim->hwm = claim->clock_tick + AUTH_SQN_EXTEND;
	es_status status =
		ES_DB_EXEC(conn, REPLICA_NEW, &changed, es_bind_int(ind), es_bind_blob(es_slice_of(claim->owner, AUTH_OWNER)),
	               es_bind_str(claim->name), es_bind_int(claim->hwm), es_bind_int(claim->now_ms));
	return auth_store_exactly_one(status, changed);
}

es_status auth_store_claim(struct es_db_conn *conn, struct auth_claim *claim)
{
	struct replica row;
	int64_t changed = 0;

	es_status found = best_replica(conn, claim->name, &row);
	if (found != ES_OK && found != ES_NOT_FOUND)
		return found;
	if (found == ES_NOT_FOUND || (!row.same_name && row.owner_len > 0)) {
		es_status status = claim_new(conn, claim);
		if (status != ES_NOT_FOUND)
			return status;
		if (found == ES_NOT_FOUND)
			return ES_CONFLICT;
		if (claim->now_ms - row.claimed_ms < CLAIM_FRESH_MS)
			return ES_BUSY;
	}
	/* Everything below the old mark may have been given out, by an owner who may still be running. */
	claim->ind = row.ind;
	claim->floor = row.hwm;
	claim->hwm = (row.hwm > claim->clock_tick ? row.hwm : claim->clock_tick) + AUTH_SQN_EXTEND;
	es_status status = ES_DB_EXEC(conn, REPLICA_CLAIM, &changed, es_bind_int(row.ind),
	                              es_bind_blob(es_slice_of(row.owner, row.owner_len)), es_bind_int(row.hwm),
	                              es_bind_blob(es_slice_of(claim->owner, AUTH_OWNER)), es_bind_str(claim->name),
	                              es_bind_int(claim->hwm), es_bind_int(claim->now_ms));
	return auth_store_exactly_one(status, changed);
}

es_status auth_store_extend(struct es_db_conn *conn, unsigned ind, const uint8_t owner[AUTH_OWNER], int64_t hwm,
                            int64_t now_ms)
{
	int64_t changed = 0;

	es_status status = ES_DB_EXEC(conn, REPLICA_EXTEND, &changed, es_bind_int(ind),
	                              es_bind_blob(es_slice_of(owner, AUTH_OWNER)), es_bind_int(hwm), es_bind_int(now_ms));
	return auth_store_exactly_one(status, changed);
}

es_status auth_store_release(struct es_db_conn *conn, unsigned ind, const uint8_t owner[AUTH_OWNER], int64_t hwm)
{
	int64_t changed = 0;

	es_status status =
		ES_DB_EXEC(conn, REPLICA_RELEASE, &changed, es_bind_int(ind), es_bind_blob(es_slice_of(owner, AUTH_OWNER)),
	               es_bind_int(hwm), es_bind_blob((struct es_slice){ 0 }));
	return auth_store_exactly_one(status, changed);
}

/* ---- exchanges ---- */

es_status auth_store_exchange_get(struct es_db_conn *conn, const uint8_t session[AUTH_SESSION_ID],
                                  struct es_arena *arena, struct auth_exchange_row *out)
{
	struct es_rows *rows;
	struct auth_exchange_row row;

	ES_TRY(ES_DB_QUERY(conn, EXCHANGE_GET, &rows, es_bind_blob(es_slice_of(session, AUTH_SESSION_ID))));
	ES_TRY(es_rows_next(rows));
	row.round = es_col_int(rows, 0);
	bool kept = auth_store_keep(arena, es_col_blob(rows, 1), &row.packet_hash) &&
	            auth_store_keep(arena, es_col_blob(rows, 2), &row.outcome) &&
	            auth_store_keep(arena, es_col_blob(rows, 3), &row.state) &&
	            auth_store_keep(arena, es_col_blob(rows, 4), &row.request);
	es_rows_done(rows);
	if (!kept)
		return ES_TOO_LARGE;
	*out = row;
	return ES_OK;
}

es_status auth_store_exchange_insert(struct es_db_conn *conn, const uint8_t session[AUTH_SESSION_ID],
                                     const struct auth_exchange_row *row)
{
	int64_t changed = 0;

	es_status status = ES_DB_EXEC(conn, EXCHANGE_INSERT, &changed, es_bind_blob(es_slice_of(session, AUTH_SESSION_ID)),
	                              es_bind_int(row->round), auth_store_blob_or_null(row->packet_hash),
	                              auth_store_blob_or_null(row->outcome), auth_store_blob_or_null(row->state),
	                              auth_store_blob_or_null(row->request));
	return auth_store_exactly_one(status, changed);
}

es_status auth_store_exchange_advance(struct es_db_conn *conn, const uint8_t session[AUTH_SESSION_ID],
                                      const struct auth_exchange_row *row)
{
	int64_t changed = 0;

	es_status status =
		ES_DB_EXEC(conn, EXCHANGE_ADVANCE, &changed, es_bind_blob(es_slice_of(session, AUTH_SESSION_ID)),
	               es_bind_int(row->round), es_bind_int(row->round - 1), auth_store_blob_or_null(row->packet_hash),
	               auth_store_blob_or_null(row->outcome), auth_store_blob_or_null(row->state));
	return auth_store_exactly_one(status, changed);
}

es_status auth_store_purge(struct es_db_conn *conn, int64_t now_ms, int64_t history_from_ms, int64_t *removed)
{
	uint8_t first_alive[AUTH_SESSION_ID], first_kept[AUTH_SESSION_ID];
	int64_t sessions = 0, history = 0, reauths = 0, spent = 0;

	auth_session_first_id(now_ms + 1, first_alive);
	auth_session_first_id(history_from_ms, first_kept);
	ES_TRY(ES_DB_EXEC(conn, EXCHANGE_PURGE, &sessions, es_bind_blob(es_slice_of(first_alive, sizeof first_alive))));
	ES_TRY(ES_DB_EXEC(conn, HISTORY_PURGE, &history, es_bind_blob(es_slice_of(first_kept, sizeof first_kept))));
	ES_TRY(ES_DB_EXEC(conn, REAUTH_PURGE, &reauths, es_bind_int(now_ms)));
	ES_TRY(ES_DB_EXEC(conn, SPENT_PURGE, &spent, es_bind_int(now_ms - SPENT_GRACE_MS)));
	*removed = sessions + history + reauths + spent;
	return ES_OK;
}
