/* notify_statements.c -- the SQL of notify, by number. */
#include "notify_statements.h"

#include "es_cleanup.h"

#define LISTED "id, due_sequence, tenant, imsi, terminal_id, app_name, app, channel"

const char *const notify_statements[] = {
	[ST_IS_REGISTERED] =
		"SELECT 1 FROM registration WHERE token_hash = ?1 AND app = ?2 AND tenant = ?3 AND imsi = ?4 AND"
		" terminal_id = ?5 AND channel = ?6",
	[ST_DELETE_MOVED] = "DELETE FROM registration WHERE token_hash = ?1 AND"
						" NOT (tenant = ?2 AND imsi = ?3 AND terminal_id = ?4 AND channel = ?5)",
	[ST_PUT] = "INSERT INTO registration"
			   " (tenant, imsi, terminal_id, app, app_name, channel, token_hash, token_sealed, registered_unix_ms)"
			   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
			   " ON CONFLICT (tenant, imsi, terminal_id, app, app_name, channel) DO UPDATE SET"
			   " token_hash = excluded.token_hash, token_sealed = excluded.token_sealed,"
			   " registered_unix_ms = excluded.registered_unix_ms",
	[ST_DELETE_EXCESS] = "DELETE FROM registration WHERE tenant = ?1 AND imsi = ?2 AND id NOT IN"
						 " (SELECT id FROM registration WHERE tenant = ?1 AND imsi = ?2"
						 " ORDER BY registered_unix_ms DESC, id DESC LIMIT ?3)",
	[ST_DELETE_TOKEN] = "DELETE FROM registration WHERE token_hash = ?1 AND app = ?2 AND tenant = ?3 AND imsi = ?4 AND"
						" terminal_id = ?5",
	[ST_DELETE_SUBSCRIBER] = "DELETE FROM registration WHERE tenant = ?1 AND imsi = ?2",
	[ST_GET_TOKEN] = "SELECT token_sealed FROM registration WHERE tenant = ?1 AND imsi = ?2 AND terminal_id = ?3 AND"
					 " app = ?4 AND app_name = ?5 AND channel = ?6",
	[ST_GET_POSITION] = "SELECT sequence FROM followed WHERE source = 'policy'",
	[ST_SET_POSITION] = "UPDATE followed SET sequence = ?1 WHERE source = 'policy'",
	[ST_ADD_HASH_KEY] = "INSERT INTO hash_key (id, sealed) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING",
	[ST_SET_HASH_KEY] = "UPDATE hash_key SET sealed = ?1 WHERE id = 1",
	[ST_OF_LINE] = "SELECT " LISTED " FROM registration WHERE tenant = ?1 AND imsi = ?2 ORDER BY id LIMIT ?3",
	[ST_DUE] = "SELECT " LISTED " FROM registration WHERE due_sequence > 0 ORDER BY due_sequence, id LIMIT ?1",
	[ST_MARK] = "UPDATE registration SET due_sequence = ?2 WHERE id = ?1",
	[ST_GET_HASH_KEY] = "SELECT sealed FROM hash_key WHERE id = 1",
	/* credentials */
	[ST_GET_CREDENTIAL] = "SELECT made_ms, sealed FROM credential WHERE name = ?1",
	[ST_PUT_CREDENTIAL] = "INSERT INTO credential (name, made_ms, sealed) VALUES (?1, ?2, ?3)"
						  " ON CONFLICT (name) DO UPDATE SET made_ms = excluded.made_ms, sealed = excluded.sealed",
};
_Static_assert(ES_COUNT(notify_statements) == ST_STATEMENT_COUNT, "every statement has its SQL");
