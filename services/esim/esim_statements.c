/* esim_statements.c -- all SQL of esim. */
#include "esim_statements.h"

#define PROFILE "id, tenant, imsi, enterprise, app, iccid, eid, device, status, ended, version, data"
/* Two looks, an index each: one with OR would go through all of a tenant's. */
#define FOREIGN " AND ended = 0 AND app = ?6 AND (imsi <> ?4 OR enterprise <> ?5)"
#define ORDER "id, tenant, imsi, profile, kind, state, next, takes, created, ended, version, data"

/* Numbers of states as in esim_types.h: 1 going, 2 waiting, 3 undoing, 4 stuck. */
const char *const esim_statements[ST_COUNT] = {
	[ST_SEEN] = "INSERT INTO device"
				" (tenant, imsi, terminal_id, companion_terminal_id, eid, first_seen_unix_ms, last_seen_unix_ms)"
				" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)"
				" ON CONFLICT (tenant, imsi, terminal_id, companion_terminal_id, eid) DO UPDATE"
				" SET last_seen_unix_ms = excluded.last_seen_unix_ms"
				" WHERE device.last_seen_unix_ms <= excluded.last_seen_unix_ms - ?7",
	[ST_DELETE_EXCESS] = "DELETE FROM device WHERE tenant = ?1 AND imsi = ?2 AND id NOT IN"
						 " (SELECT id FROM device WHERE tenant = ?1 AND imsi = ?2"
						 " ORDER BY last_seen_unix_ms DESC, id DESC LIMIT ?3)",
	[ST_COUNT_DEVICES] = "SELECT count(*) FROM device WHERE tenant = ?1 AND imsi = ?2",
	[ST_LAST_SEEN] = "SELECT last_seen_unix_ms FROM device WHERE tenant = ?1 AND imsi = ?2 AND terminal_id = ?3 AND"
					 " companion_terminal_id = ?4 AND eid = ?5",
	[ST_ERASE_DEVICES] = "DELETE FROM device WHERE tenant = ?1 AND imsi = ?2",
	[ST_GET_POSITION] = "SELECT sequence FROM followed WHERE source = ?1",
	[ST_SET_POSITION] = "UPDATE followed SET sequence = ?1 WHERE source = ?2",

	[ST_PROFILE] = "SELECT " PROFILE " FROM profile WHERE id = ?1",
	[ST_PROFILE_OF_ICCID] =
		"SELECT " PROFILE " FROM profile WHERE tenant = ?1 AND iccid = ?2 ORDER BY ended = 0 DESC, ended DESC LIMIT 1",
	[ST_PROFILE_OF_ANY] =
		"SELECT " PROFILE " FROM profile WHERE iccid = ?1 ORDER BY ended = 0 DESC, ended DESC LIMIT 1",
	[ST_PROFILES_OF_LINE] = "SELECT " PROFILE " FROM profile WHERE tenant = ?1 AND imsi = ?2 AND enterprise = ?3"
							" AND (ended = 0 OR ended > ?4) ORDER BY ended = 0 DESC, id LIMIT ?5",
	[ST_PROFILE_PUT] = "INSERT INTO profile (" PROFILE ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
					   " ON CONFLICT (id) DO UPDATE SET imsi = excluded.imsi, iccid = excluded.iccid,"
					   " eid = excluded.eid, device = excluded.device, status = excluded.status,"
					   " ended = excluded.ended, version = excluded.version, data = excluded.data",
	[ST_PROFILES_MOVE] = "UPDATE profile SET imsi = ?3 WHERE tenant = ?1 AND imsi = ?2",
	[ST_ORDERS_MOVE] = "UPDATE orders SET imsi = ?3 WHERE tenant = ?1 AND imsi = ?2",
	[ST_FOREIGN_ICCID] = "SELECT count(*) FROM profile WHERE tenant = ?1 AND iccid = ?2 AND ended = 0"
						 " AND (imsi <> ?3 OR enterprise <> ?4)",
	[ST_FOREIGN_DEVICE] =
		"SELECT (SELECT count(*) FROM profile WHERE tenant = ?1 AND eid = ?2 AND eid <> ''" FOREIGN
		") + (SELECT count(*) FROM profile WHERE tenant = ?1 AND device = ?3 AND device <> ''" FOREIGN ")",
	[ST_ERASE_PROFILES] = "DELETE FROM profile WHERE tenant = ?1 AND imsi = ?2 AND imsi <> ''",

	[ST_ORDER] = "SELECT " ORDER " FROM orders WHERE id = ?1",
	[ST_ORDER_PUT] = "INSERT INTO orders (" ORDER ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
					 " ON CONFLICT (id) DO UPDATE SET state = excluded.state, next = excluded.next,"
					 " takes = excluded.takes, ended = excluded.ended, version = excluded.version,"
					 " data = excluded.data",
	[ST_ORDERS_DUE] = "SELECT " ORDER " FROM orders WHERE next > 0 AND next <= ?1 ORDER BY next LIMIT ?2",
	[ST_ORDERS_OF_PROFILE] =
		"SELECT " ORDER " FROM orders WHERE profile = ?1 AND ended = 0 ORDER BY created DESC, id LIMIT 1",
	[ST_ORDERS_LIST] = "SELECT " ORDER " FROM orders WHERE tenant = ?1 AND (created, id) > (CAST(?2 AS INTEGER), ?3)"
					   " ORDER BY created, id LIMIT ?4",
	[ST_ORDERS_LIST_STATE] =
		"SELECT " ORDER " FROM orders WHERE tenant = ?1 AND state = ?5 AND (created, id) > (CAST(?2 AS INTEGER), ?3)"
		" ORDER BY created, id LIMIT ?4",
	[ST_ORDERS_LIST_LINE] =
		"SELECT " ORDER " FROM orders WHERE tenant = ?1 AND imsi = ?5 AND (created, id) > (CAST(?2 AS INTEGER), ?3)"
		" ORDER BY created, id LIMIT ?4",
	[ST_ORDERS_LIST_ICCID] =
		"SELECT " ORDER " FROM orders WHERE profile IN (SELECT id FROM profile WHERE tenant = ?1"
		" AND iccid = ?5) AND (created, id) > (CAST(?2 AS INTEGER), ?3) ORDER BY created, id LIMIT ?4",
	[ST_ORDERS_LIST_EID] = "SELECT " ORDER " FROM orders WHERE profile IN (SELECT id FROM profile WHERE tenant = ?1"
						   " AND eid = ?5) AND (created, id) > (CAST(?2 AS INTEGER), ?3) ORDER BY created, id LIMIT ?4",
	[ST_ERASE_STEPS] = "DELETE FROM order_step WHERE order_id IN"
					   " (SELECT id FROM orders WHERE tenant = ?1 AND imsi = ?2 AND imsi <> '')",
	[ST_ERASE_ORDERS] = "DELETE FROM orders WHERE tenant = ?1 AND imsi = ?2 AND imsi <> ''",
	[ST_STEP_NOTE] = "INSERT INTO order_step (order_id, number, step, at, outcome, reason) SELECT ?1,"
					 " (SELECT COALESCE(max(number), 0) + 1 FROM order_step WHERE order_id = ?1), ?2, ?3, ?4, ?5",
	[ST_STEPS] =
		"SELECT number, step, at, outcome, reason FROM order_step WHERE order_id = ?1 ORDER BY number LIMIT ?2",
	[ST_STEPS_TRIM] = "DELETE FROM order_step WHERE order_id = ?1 AND number > 8 AND number <="
					  " (SELECT max(number) FROM order_step WHERE order_id = ?1) - ?2",

	[ST_STOCK_ADD] =
		"INSERT INTO stock (tenant, iccid, profile_type, state, order_id, at) VALUES (?1, ?2, ?3, 0, '', ?4)"
		" ON CONFLICT (tenant, iccid) DO NOTHING",
	[ST_STOCK_TAKE] = "UPDATE stock SET state = 1, order_id = ?3, at = ?4 WHERE tenant = ?1 AND iccid ="
					  " (SELECT iccid FROM stock WHERE tenant = ?1 AND profile_type = ?2 AND state = 0"
					  " ORDER BY iccid LIMIT 1) AND state = 0 RETURNING iccid",
	[ST_STOCK_SET] =
		"UPDATE stock SET state = ?3, order_id = CASE WHEN CAST(?3 AS INTEGER) = 0 THEN '' ELSE order_id END, at = ?4"
		" WHERE tenant = ?1 AND iccid = ?2",
	[ST_STOCK_COUNTS] = "SELECT profile_type, state, count(*) FROM stock WHERE tenant = ?1 GROUP BY profile_type, state"
						" ORDER BY profile_type, state LIMIT ?2",
	[ST_STOCK_DELETE] = "DELETE FROM stock WHERE tenant = ?1 AND iccid = ?2 AND state IN (0, 3)",
	[ST_STOCK_ROW] = "SELECT profile_type, state, order_id FROM stock WHERE tenant = ?1 AND iccid = ?2",

	[ST_INTENT] = "SELECT tenant, imsi, app, order_id, created, data FROM intent WHERE nonce = ?1",
	[ST_INTENT_PUT] = "INSERT INTO intent (nonce, tenant, imsi, app, order_id, created, data)"
					  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
					  " ON CONFLICT (nonce) DO UPDATE SET order_id = excluded.order_id, data = excluded.data",
	[ST_INTENTS_PRUNE] = "DELETE FROM intent WHERE created < ?1",
	[ST_ERASE_INTENTS] = "DELETE FROM intent WHERE tenant = ?1 AND imsi = ?2 AND imsi <> ''",

	[ST_POLL] = "INSERT INTO poll (tenant, imsi, terminal_id, count, at) VALUES (?1, ?2, ?3, 1, ?4)"
				" ON CONFLICT (tenant, imsi, terminal_id) DO UPDATE SET"
				" count = CASE WHEN poll.at < ?5 THEN 1 ELSE poll.count + 1 END, at = excluded.at RETURNING count",
	[ST_POLL_CLEAR] = "DELETE FROM poll WHERE tenant = ?1 AND imsi = ?2",

	[ST_EVENT_NEXT] = "UPDATE outbox_head SET sequence = sequence + 1 WHERE id = 1 RETURNING sequence",
	[ST_EVENT_HEAD] = "SELECT sequence FROM outbox_head WHERE id = 1",
	[ST_EVENT_ADD] = "INSERT INTO outbox (sequence, at, kind, tenant, imsi, app, terminal_id, traceparent)"
					 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[ST_EVENTS] = "SELECT sequence, at, kind, tenant, imsi, app, terminal_id, traceparent FROM outbox"
				  " WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
	[ST_EVENTS_PRUNE] = "DELETE FROM outbox WHERE at < ?1",
};
