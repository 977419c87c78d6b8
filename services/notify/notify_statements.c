/* notify_statements.c -- the SQL of notify, by number. */
#include "notify_statements.h"

#include "es_cleanup.h"

#define LISTED "id, told_ms, terminal_id, app_name, app, channel"
#define FAILURE                                                                                                        \
	"tenant, imsi, terminal_id, app_name, app, account, reason, detail, traceparent, id, at_ms, channel, attempts,"    \
	" changed_ms"

#define MASS                                                                                                           \
	"id, tenant, plan, kind, apps, state, rate, cursor, total, lines, woken, start_ms, paced_us, created_ms, "         \
	"changed_ms, ended_ms, lease_until_ms, lease, traceparent"

const char *const notify_statements[] = {
	[ST_IS_REGISTERED] = "SELECT registered_unix_ms FROM registration WHERE token_hash = ?1 AND app = ?2 AND tenant = "
						 "?3 AND imsi = ?4 AND"
						 " terminal_id = ?5 AND channel = ?6",
	[ST_DELETE_MOVED] = "DELETE FROM registration WHERE token_hash = ?1 AND"
						" NOT (tenant = ?2 AND imsi = ?3 AND terminal_id = ?4 AND channel = ?5)",
	[ST_PUT] = "INSERT INTO registration"
			   " (tenant, imsi, terminal_id, app, app_name, channel, token_hash, token_sealed, registered_unix_ms)"
			   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
			   " ON CONFLICT (tenant, imsi, terminal_id, app, app_name, channel) DO UPDATE SET"
			   " token_hash = excluded.token_hash, token_sealed = excluded.token_sealed,"
			   " registered_unix_ms = excluded.registered_unix_ms",
	[ST_REFRESH] = "UPDATE registration SET registered_unix_ms = ?7 WHERE token_hash = ?1 AND app = ?2 AND tenant = ?3"
				   " AND imsi = ?4 AND terminal_id = ?5 AND channel = ?6",
	[ST_DELETE_EXCESS] = "DELETE FROM registration WHERE tenant = ?1 AND imsi = ?2 AND id NOT IN"
						 " (SELECT id FROM registration WHERE tenant = ?1 AND imsi = ?2"
						 " ORDER BY registered_unix_ms DESC, id DESC LIMIT ?3)",
	[ST_DELETE_TOKEN] = "DELETE FROM registration WHERE token_hash = ?1 AND app = ?2 AND tenant = ?3 AND imsi = ?4 AND"
						" terminal_id = ?5",
	[ST_DELETE_SUBSCRIBER] = "DELETE FROM registration WHERE tenant = ?1 AND imsi = ?2",
	[ST_GET_TOKEN] = "SELECT token_sealed FROM registration WHERE tenant = ?1 AND imsi = ?2 AND terminal_id = ?3 AND"
					 " app = ?4 AND app_name = ?5 AND channel = ?6",
	[ST_GET_POSITION] = "SELECT sequence FROM followed WHERE source = ?1",
	[ST_SET_POSITION] = "UPDATE followed SET sequence = ?1 WHERE source = ?2",
	[ST_ADD_HASH_KEY] = "INSERT INTO hash_key (id, sealed) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING",
	[ST_SET_HASH_KEY] = "UPDATE hash_key SET sealed = ?1 WHERE id = 1",
	[ST_OF_LINE] = "SELECT " LISTED " FROM registration WHERE tenant = ?1 AND imsi = ?2 ORDER BY id LIMIT ?3",
	[ST_GET_HASH_KEY] = "SELECT sealed FROM hash_key WHERE id = 1",
	/* credentials */
	[ST_GET_CREDENTIAL] = "SELECT made_ms, sealed FROM credential WHERE name = ?1",
	[ST_PUT_CREDENTIAL] = "INSERT INTO credential (name, made_ms, sealed) VALUES (?1, ?2, ?3)"
						  " ON CONFLICT (name) DO UPDATE SET made_ms = excluded.made_ms, sealed = excluded.sealed",

	/* delivery */
	[ST_WAKE_PUT] =
		"INSERT INTO wake (tenant, imsi, terminal_id, app_name, app, channel, account, generation, changed_ms, due_ms,"
		" expires_ms, attempts, lease, mass, traceparent)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9, ?10, 0, 0, ?11, ?12)"
		" ON CONFLICT (tenant, imsi, terminal_id, app_name, app, channel) DO UPDATE SET"
		" generation = wake.generation + 1, traceparent = excluded.traceparent,"
		" changed_ms = CASE WHEN excluded.changed_ms < wake.changed_ms THEN excluded.changed_ms"
		" ELSE wake.changed_ms END,"
		" expires_ms = excluded.expires_ms,"
		" account = CASE WHEN wake.lease = 0 THEN excluded.account ELSE wake.account END,"
		" due_ms = CASE WHEN wake.lease = 0 AND wake.attempts = 0 AND excluded.due_ms < wake.due_ms"
		" THEN excluded.due_ms ELSE wake.due_ms END,"
		" mass = CASE WHEN wake.mass = excluded.mass THEN wake.mass ELSE 0 END",
	/* Two, since SQLite compares a pair of columns with an index by the first of them alone. */
	[ST_WAKE_NEXT_TENANT] = "SELECT account, tenant, due_ms FROM wake WHERE account = ?1 AND tenant > ?2"
							" ORDER BY tenant, due_ms LIMIT 1",
	[ST_WAKE_NEXT_ACCOUNT] = "SELECT account, tenant, due_ms FROM wake WHERE account > ?1"
							 " ORDER BY account, tenant, due_ms LIMIT 1",
	[ST_WAKE_ENDED_LEASES] = "SELECT COUNT(*) FROM (SELECT lease FROM wake WHERE account = ?1 AND tenant = ?2 AND"
							 " due_ms <= ?3 ORDER BY due_ms LIMIT ?4) AS due WHERE lease <> 0",
	[ST_WAKE_TAKE] = "UPDATE wake SET lease = ?5, due_ms = ?6, attempts = attempts + 1 WHERE id IN"
					 " (SELECT id FROM wake WHERE account = ?1 AND tenant = ?2 AND due_ms <= ?3"
					 " ORDER BY due_ms LIMIT ?4)",
	/* What else waits for the clients of those, and was not tried yet. */
	[ST_WAKE_TAKE_ALONG] = "UPDATE wake SET lease = ?3, due_ms = ?4, attempts = 1 WHERE id IN"
						   " (SELECT o.id FROM wake t JOIN wake o ON o.tenant = t.tenant AND o.imsi = t.imsi AND"
						   " o.terminal_id = t.terminal_id AND o.channel = t.channel"
						   " WHERE t.account = ?1 AND t.tenant = ?2 AND t.due_ms = ?4 AND t.lease = ?3"
						   " AND o.lease = 0 AND o.attempts = 0 AND o.account = t.account LIMIT ?5)",
	[ST_WAKE_TAKEN] =
		"SELECT w.id, w.generation, w.changed_ms, w.expires_ms, w.mass, w.attempts, w.channel, w.imsi, w.terminal_id,"
		" w.app_name, w.app, w.traceparent, r.token_hash, r.token_sealed"
		" FROM wake w LEFT JOIN registration r ON r.tenant = w.tenant AND r.imsi = w.imsi AND"
		" r.terminal_id = w.terminal_id AND r.app = w.app AND r.app_name = w.app_name AND r.channel = w.channel"
		" WHERE w.id IN (SELECT id FROM wake WHERE account = ?1 AND tenant = ?2 AND due_ms = ?3 AND lease = ?4)"
		" ORDER BY w.imsi, w.terminal_id, w.channel, r.token_hash, w.id",
	[ST_WAKE_EXPIRED] =
		"SELECT id, generation, changed_ms, expires_ms, mass, attempts, channel, imsi, terminal_id, app_name, app,"
		" traceparent, NULL, NULL, tenant, account FROM wake WHERE expires_ms <= ?1 AND (lease = 0 OR due_ms <= ?1)"
		" ORDER BY expires_ms LIMIT ?2",
	[ST_WAKE_HELD] = "SELECT generation FROM wake WHERE id = ?1 AND lease = ?2",
	[ST_WAKE_DELETE] = "DELETE FROM wake WHERE id = ?1",
	[ST_WAKE_FREE] = "UPDATE wake SET lease = 0, due_ms = ?2 WHERE id = ?1",
	[ST_WAKE_BEGIN] = "UPDATE wake SET lease = 0, due_ms = ?2, changed_ms = ?3, attempts = 0 WHERE id = ?1",
	[ST_WAKE_PUT_BACK] = "UPDATE wake SET lease = 0, due_ms = ?2, attempts = attempts - 1 WHERE id = ?1",
	[ST_WAKE_SET_ACCOUNT] = "UPDATE wake SET account = ?2, due_ms = ?3, lease = 0, attempts = 0 WHERE id = ?1",
	[ST_WAKE_QUEUE] = "SELECT channel, COUNT(*), MIN(changed_ms) FROM wake GROUP BY channel",
	[ST_WAKE_ERASE] = "DELETE FROM wake WHERE tenant = ?1 AND imsi = ?2",
	[ST_TOLD] = "UPDATE registration SET outcome = ?6, outcome_ms = ?7,"
				" told_ms = CASE WHEN CAST(?8 AS INTEGER) > 0 THEN CAST(?8 AS INTEGER) ELSE told_ms END"
				" WHERE token_hash = ?5 AND tenant = ?1 AND imsi = ?2 AND terminal_id = ?3 AND channel = ?4",
	[ST_WITHDRAW] = "DELETE FROM registration WHERE token_hash = ?1 AND tenant = ?2 AND imsi = ?3 AND"
					" terminal_id = ?4 AND channel = ?5 AND registered_unix_ms <= ?6",
	[ST_DEAD_ADD] = "INSERT INTO dead (at_ms, tenant, imsi, terminal_id, app_name, app, channel, account, reason,"
					" detail, attempts, changed_ms, traceparent)"
					" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
	[ST_SMS_TOLD] = "INSERT INTO sms_told (tenant, imsi, told_ms) VALUES (?1, ?2, ?3)"
					" ON CONFLICT (tenant, imsi) DO UPDATE SET told_ms = excluded.told_ms",
	[ST_SMS_TOLD_AT] = "SELECT told_ms FROM sms_told WHERE tenant = ?1 AND imsi = ?2",
	[ST_SMS_TOLD_ERASE] = "DELETE FROM sms_told WHERE tenant = ?1 AND imsi = ?2",
	[ST_SMS_TOLD_PRUNE] = "DELETE FROM sms_told WHERE told_ms < ?1",
	[ST_DEAD_ERASE] = "DELETE FROM dead WHERE tenant = ?1 AND imsi = ?2",
	[ST_DEAD_PRUNE] = "DELETE FROM dead WHERE id IN (SELECT id FROM dead WHERE at_ms < ?1 ORDER BY at_ms LIMIT ?2)",
	/* what operators look at */
	[ST_VIEW_REGISTRATIONS] =
		"SELECT app, app_name, terminal_id, outcome, channel, token_hash, registered_unix_ms, told_ms,"
		" outcome_ms FROM registration WHERE tenant = ?1 AND imsi = ?2"
		" ORDER BY registered_unix_ms DESC, id DESC LIMIT ?3",
	[ST_VIEW_DUE] =
		"SELECT app, app_name, terminal_id, account, channel, attempts, changed_ms, due_ms, expires_ms, mass,"
		" lease FROM wake WHERE tenant = ?1 AND imsi = ?2 ORDER BY due_ms, id LIMIT ?3",
	[ST_VIEW_HASTEN] = "UPDATE wake SET due_ms = ?7 WHERE tenant = ?1 AND imsi = ?2 AND terminal_id = ?3 AND"
					   " app_name = ?4 AND app = ?5 AND channel = ?6 AND lease = 0 AND due_ms > ?7",
	[ST_VIEW_FAILURES] = "SELECT " FAILURE " FROM dead WHERE tenant = ?1 AND id < ?2 AND (?3 = '' OR reason = ?3) AND"
						 " (?4 = 0 OR channel = ?4) ORDER BY id DESC LIMIT ?5",
	[ST_VIEW_FAILURES_OF_LINE] = "SELECT " FAILURE " FROM dead WHERE tenant = ?1 AND imsi = ?6 AND id < ?2 AND"
								 " (?3 = '' OR reason = ?3) AND (?4 = 0 OR channel = ?4) ORDER BY id DESC LIMIT ?5",
	[ST_VIEW_FAILURE] = "SELECT " FAILURE " FROM dead WHERE tenant = ?1 AND id = ?2",
	[ST_VIEW_FAILURE_DELETE] = "DELETE FROM dead WHERE tenant = ?1 AND id = ?2",
	[ST_VIEW_QUEUES] = "SELECT account, COUNT(*), MIN(changed_ms) FROM wake WHERE tenant = ?1 GROUP BY account"
					   " ORDER BY account LIMIT ?2",

	/* mass changes */
	[ST_MASS_ADD] = "INSERT INTO mass (tenant, plan, kind, apps, state, rate, cursor, total, lines, woken, start_ms,"
					" paced_us, created_ms, changed_ms, ended_ms, lease_until_ms, lease, traceparent)"
					" VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', -1, 0, 0, ?7, 0, ?8, ?9, 0, 0, 0, ?10)",
	[ST_MASS_AGAIN] = "UPDATE mass SET kind = ?2, apps = ?3, state = ?4, cursor = '', total = -1, lines = 0, woken = 0,"
					  " start_ms = ?5, changed_ms = ?6, lease_until_ms = 0, lease = 0, traceparent = ?7 WHERE id = ?1",
	[ST_MASS_FIND_OPEN] =
		"SELECT " MASS " FROM mass WHERE state <= 3 AND tenant = ?1 AND plan = ?2 ORDER BY id LIMIT 1",
	[ST_MASS_NEAR] = "SELECT 1 FROM mass WHERE tenant = ?1 AND plan <> '' AND (state <= 2 OR ended_ms > ?2) LIMIT 1",
	[ST_MASS_LIST] = "SELECT " MASS " FROM mass WHERE tenant = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
	[ST_MASS_GET] = "SELECT " MASS " FROM mass WHERE tenant = ?1 AND id = ?2",
	[ST_MASS_STATE] = "SELECT state FROM mass WHERE tenant = ?1 AND id = ?2",
	[ST_MASS_PAUSE] = "UPDATE mass SET state = 3, lease = 0, lease_until_ms = 0"
					  " WHERE tenant = ?1 AND id = ?2 AND state <= 2",
	[ST_MASS_RESUME] = "UPDATE mass SET state = 1, start_ms = ?3 WHERE tenant = ?1 AND id = ?2 AND state IN (1, 3)",
	[ST_MASS_CANCEL] = "UPDATE mass SET state = 5, ended_ms = ?3, lease = 0, lease_until_ms = 0"
					   " WHERE tenant = ?1 AND id = ?2 AND state <= 3",
	[ST_MASS_WITHDRAW] = "DELETE FROM wake WHERE mass = ?1 AND mass > 0 AND lease = 0",
	/* One that is paced far ahead at a low rate goes on at once. */
	[ST_MASS_SET_RATE] = "UPDATE mass SET rate = ?3, paced_us = CASE WHEN paced_us > ?4 THEN ?4 ELSE paced_us END"
						 " WHERE tenant = ?1 AND id = ?2 AND state <= 3",
	[ST_MASS_COUNT_OPEN] = "SELECT COUNT(*) FROM mass WHERE state <= 3",
	[ST_MASS_FREE] = "SELECT id FROM mass WHERE state <= 3 AND ((state = 1 AND start_ms <= ?1) OR"
					 " (state = 2 AND lease_until_ms <= ?1)) ORDER BY start_ms, id LIMIT ?2",
	[ST_MASS_TAKE] = "UPDATE mass SET state = 2, lease = ?2, lease_until_ms = ?4 WHERE id = ?1 AND"
					 " ((state = 1 AND start_ms <= ?3) OR (state = 2 AND lease_until_ms <= ?3))",
	[ST_MASS_HELD] = "SELECT " MASS " FROM mass WHERE id = ?1 AND lease = ?2 AND state = 2",
	[ST_MASS_LATE] = "SELECT COUNT(*) FROM (SELECT id FROM wake WHERE mass = ?1 AND mass > 0 AND lease = 0 AND"
					 " attempts = 0 AND due_ms < ?2 LIMIT ?3) AS late",
	[ST_MASS_MESSAGES] =
		"SELECT COUNT(*) FROM (SELECT DISTINCT w.terminal_id, w.channel, r.token_hash FROM wake w"
		" LEFT JOIN registration r ON r.tenant = w.tenant AND r.imsi = w.imsi AND r.terminal_id = w.terminal_id AND"
		" r.app = w.app AND r.app_name = w.app_name AND r.channel = w.channel"
		" WHERE w.tenant = ?1 AND w.imsi = ?2 AND w.mass = ?3 AND w.generation = 1) AS messages",
	[ST_MASS_MOVE] = "UPDATE mass SET cursor = ?3, lines = ?4, woken = ?5, paced_us = ?6, total = ?7, state = ?8,"
					 " ended_ms = ?9, lease_until_ms = ?10, lease = ?11"
					 " WHERE id = ?1 AND lease = ?2 AND state = 2",
	[ST_MASS_GIVE_BACK] = "UPDATE mass SET lease = 0, lease_until_ms = 0 WHERE id = ?1 AND lease = ?2 AND state = 2",
	[ST_MASS_PRUNE] = "DELETE FROM mass WHERE state >= 4 AND ended_ms < ?1",
};
_Static_assert(ES_COUNT(notify_statements) == ST_STATEMENT_COUNT, "every statement has its SQL");
