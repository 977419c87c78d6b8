/* policy_statements.c -- the SQL, in SQLite's words (es_db.h translates for PostgreSQL). */
#include "policy_statements.h"

#define LINE                                                                                                           \
	"s.msisdn, s.plan, s.status, s.opt_outs, s.voice_prov, s.sms_prov, s.vowifi_terms, s.vowifi_address, "             \
	"s.vowifi_address_expiry, "                                                                                        \
	"s.vowifi_address_id, s.vowifi_prov, s.epoch, s.version, s.updated, s.imsi, "                                      \
	"s.account, s.billing_barred, s.billing_prov, s.data_state, s.satellite_prov, s.iccid, s.bss_at, s.bss_source"
#define LISTED "imei, state, reason, since, version"
#define MODEL "tac, vendor, model, capabilities, version"
#define STORE_USER "vendor, user_id, terms, terms_version, version, updated"
#define AUDIT "id, at, who, client, action, tenant, resource, outcome, detail"
#define QOS_ORDER                                                                                                      \
	"id, tenant, imsi, msisdn, boost, mode, source, profile, dnn, until, withdraws, state, flags, tries, takes, "      \
	"next_at, remote, reason, created, asked, active, ending, ended, version"
#define DEAD "id, source, at, event_id, name, reason, tries, body"
#define PAGE_OF_LINES "ORDER BY s.imsi LIMIT ?3"
/* Lines with the applications of their devices, a row each. The number beside ?3 is for PostgreSQL: it plans for as many lines. */
#define WOKEN "SELECT p.imsi, p.msisdn, p.status, a.app FROM "
#define WOKEN_PAGE_END " ORDER BY imsi LIMIT 500) q ORDER BY imsi LIMIT ?3) p "
#define WOKEN_APPS                                                                                                     \
	"LEFT JOIN device_app a ON a.tenant = ?1 AND a.imsi = p.imsi GROUP BY p.imsi, p.msisdn, p.status, a.app "          \
	"ORDER BY p.imsi, a.app"
#define WOKEN_FROM_PAGE WOKEN "(SELECT imsi, msisdn, status FROM (SELECT imsi, msisdn, status FROM subscriber "

const char *const policy_statements[ST_COUNT] = {
	[ST_CATALOG_VERSION] = "SELECT version FROM catalog WHERE id = 1",
	[ST_CATALOG_RAISE] = "UPDATE catalog SET version = version + 1 WHERE id = 1",
	[ST_TENANTS] = "SELECT id, document, version FROM tenant ORDER BY id",
	[ST_TENANT_DOCUMENT] = "SELECT document, version FROM tenant WHERE id = ?1",
	[ST_TENANT_EXISTS] = "SELECT 1 FROM tenant WHERE id = ?1",
	[ST_TENANT_UPSERT] = "INSERT INTO tenant (id, document, version) VALUES (?1, ?2, ?3) "
						 "ON CONFLICT (id) DO UPDATE SET document = excluded.document, version = excluded.version",
	[ST_PLANS] = "SELECT tenant, id, document, version FROM plan ORDER BY tenant, id",
	[ST_PLAN_DOCUMENT] = "SELECT document, version FROM plan WHERE tenant = ?1 AND id = ?2",
	[ST_PLAN_EXISTS] = "SELECT 1 FROM plan WHERE tenant = ?1 AND id = ?2",
	[ST_PLAN_UPSERT] =
		"INSERT INTO plan (tenant, id, document, version) VALUES (?1, ?2, ?3, ?4) "
		"ON CONFLICT (tenant, id) DO UPDATE SET document = excluded.document, version = excluded.version",
	[ST_PLAN_DELETE] = "DELETE FROM plan WHERE tenant = ?1 AND id = ?2",
	[ST_PLAN_IN_USE] = "SELECT 1 FROM subscriber WHERE tenant = ?1 AND plan = ?2 LIMIT 1",
	[ST_CLIENTS] = "SELECT tenant, id, document, version FROM oauth_client ORDER BY tenant, id",
	[ST_CLIENT_DOCUMENT] = "SELECT document, version FROM oauth_client WHERE tenant = ?1 AND id = ?2",
	[ST_CLIENT_UPSERT] =
		"INSERT INTO oauth_client (tenant, id, document, version) VALUES (?1, ?2, ?3, ?4) "
		"ON CONFLICT (tenant, id) DO UPDATE SET document = excluded.document, version = excluded.version",
	[ST_CLIENT_DELETE] = "DELETE FROM oauth_client WHERE tenant = ?1 AND id = ?2",
	/* What there is beside one of them. */
	[ST_CLIENT_SIZES] = "SELECT tenant, length(document) FROM oauth_client WHERE NOT (tenant = ?1 AND id = ?2)",
	[ST_ENTERPRISES] = "SELECT tenant, id, document, version FROM enterprise ORDER BY tenant, id",
	[ST_ENTERPRISE_DOCUMENT] = "SELECT document, version FROM enterprise WHERE tenant = ?1 AND id = ?2",
	[ST_ENTERPRISE_UPSERT] =
		"INSERT INTO enterprise (tenant, id, document, version) VALUES (?1, ?2, ?3, ?4) "
		"ON CONFLICT (tenant, id) DO UPDATE SET document = excluded.document, version = excluded.version",
	[ST_ENTERPRISE_DELETE] = "DELETE FROM enterprise WHERE tenant = ?1 AND id = ?2",
	[ST_BOOKS] = "SELECT b.tenant, b.active, b.version, r.document FROM rule_book b LEFT JOIN ruleset r "
				 "ON r.tenant = b.tenant AND r.number = b.active WHERE ?1 = '' OR b.tenant = ?1",
	[ST_BOOK] = "SELECT active, previous FROM rule_book WHERE tenant = ?1",
	[ST_BOOK_UPSERT] = "INSERT INTO rule_book (tenant, active, previous, version) VALUES (?1, ?2, ?3, ?4) "
					   "ON CONFLICT (tenant) DO UPDATE SET active = excluded.active, previous = excluded.previous, "
					   "version = excluded.version",
	[ST_RULESET] = "SELECT document, author, created FROM ruleset WHERE tenant = ?1 AND number = ?2",
	[ST_RULESETS] = "SELECT number, author, created FROM ruleset WHERE tenant = ?1 AND number < ?2 "
					"ORDER BY number DESC LIMIT ?3",
	[ST_RULESET_LAST] = "SELECT number FROM ruleset WHERE tenant = ?1 ORDER BY number DESC LIMIT 1",
	[ST_RULESET_ADD] = "INSERT INTO ruleset (tenant, number, document, author, created) VALUES (?1, ?2, ?3, ?4, ?5)",
	[ST_RULESETS_TRIM] = "DELETE FROM ruleset WHERE tenant = ?1 AND number <= ?2 AND number <> ?3 AND number <> ?4",
	[ST_ADDON] = "SELECT document FROM addon WHERE tenant = ?1 AND id = ?2",
	[ST_ADDONS] = "SELECT id, document FROM addon WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
	[ST_ADDONS_ALL] = "SELECT tenant, document FROM addon WHERE ?1 = '' OR tenant = ?1 ORDER BY tenant, id",
	[ST_ADDON_UPSERT] = "INSERT INTO addon (tenant, id, document) VALUES (?1, ?2, ?3) "
						"ON CONFLICT (tenant, id) DO UPDATE SET document = excluded.document",
	[ST_ADDON_DELETE] = "DELETE FROM addon WHERE tenant = ?1 AND id = ?2",
	[ST_OUTAGE] = "SELECT document FROM outage WHERE tenant = ?1 AND id = ?2",
	[ST_OUTAGES] = "SELECT id, document FROM outage WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
	[ST_OUTAGES_ALL] = "SELECT tenant, document FROM outage WHERE ?1 = '' OR tenant = ?1 ORDER BY tenant, id",
	[ST_OUTAGE_UPSERT] = "INSERT INTO outage (tenant, id, document) VALUES (?1, ?2, ?3) "
						 "ON CONFLICT (tenant, id) DO UPDATE SET document = excluded.document",
	[ST_OUTAGE_DELETE] = "DELETE FROM outage WHERE tenant = ?1 AND id = ?2",
	/* The version comes even when there is no such line; both in one statement, so that they are of one moment. */
	[ST_SUBSCRIBER] =
		"SELECT " LINE
		", c.version FROM catalog c LEFT JOIN subscriber s ON s.tenant = ?1 AND s.imsi = ?2 WHERE c.id = 1",
	[ST_SUBSCRIBER_INSERT] = "INSERT INTO subscriber (tenant, imsi, msisdn, plan, status, opt_outs, voice_prov, "
							 "sms_prov, vowifi_terms, vowifi_address, "
							 "vowifi_address_expiry, vowifi_address_id, vowifi_prov, epoch, version, updated, "
							 "account, billing_barred, billing_prov, data_state, satellite_prov, iccid) "
							 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
							 "?17, ?18, ?19, ?20, ?21, ?22) ON CONFLICT (tenant, imsi) DO NOTHING",
	[ST_SUBSCRIBER_UPDATE] = "UPDATE subscriber SET msisdn = ?3, plan = ?4, status = ?5, opt_outs = ?6, voice_prov = "
							 "?7, sms_prov = ?8, vowifi_terms = ?9, "
							 "vowifi_address = ?10, vowifi_address_expiry = ?11, vowifi_address_id = ?12, vowifi_prov "
							 "= ?13, epoch = ?14, version = ?15, "
							 "updated = ?16, account = ?17, billing_barred = ?18, billing_prov = ?19, data_state = "
							 "?20, satellite_prov = ?21, iccid = ?22 WHERE tenant = ?1 AND imsi = ?2",
	[ST_SUBSCRIBER_MOVE] = "UPDATE subscriber SET imsi = ?3 WHERE tenant = ?1 AND imsi = ?2",
	[ST_SUBSCRIBER_DELETE] = "DELETE FROM subscriber WHERE tenant = ?1 AND imsi = ?2",
	[ST_SUBSCRIBERS] = "SELECT " LINE " FROM subscriber s WHERE s.tenant = ?1 AND s.imsi > ?2 "
					   "AND (?4 < 0 OR s.status = ?4) " PAGE_OF_LINES,
	[ST_SUBSCRIBERS_MSISDN] =
		"SELECT " LINE " FROM subscriber s WHERE s.tenant = ?1 AND s.imsi > ?2 "
		"AND s.msisdn = ?5 AND (?6 = '' OR s.plan = ?6) AND (?4 < 0 OR s.status = ?4) " PAGE_OF_LINES,
	[ST_SUBSCRIBERS_PLAN] = "SELECT " LINE " FROM subscriber s WHERE s.tenant = ?1 AND s.imsi > ?2 "
							"AND s.plan = ?5 AND (?4 < 0 OR s.status = ?4) " PAGE_OF_LINES,
	/* A terminated line is no more anybody's. */
	[ST_SUBSCRIBERS_UNANSWERED] = "SELECT " LINE " FROM subscriber s WHERE s.tenant = ?1 AND s.imsi > ?2 "
								  "AND (?4 < 0 OR s.status = ?4) AND s.status <> 3 AND s.bss_at < ?5 " PAGE_OF_LINES,
	[ST_WOKEN] = WOKEN_FROM_PAGE "WHERE tenant = ?1 AND imsi > ?2" WOKEN_PAGE_END WOKEN_APPS,
	[ST_WOKEN_PLAN] = WOKEN_FROM_PAGE "WHERE tenant = ?1 AND plan = ?4 AND imsi > ?2" WOKEN_PAGE_END WOKEN_APPS,
	[ST_WOKEN_LINE] =
		WOKEN "(SELECT imsi, msisdn, status FROM subscriber WHERE tenant = ?1 AND imsi = ?2) p " WOKEN_APPS,
	[ST_WOKEN_COUNT] = "SELECT count(*) FROM subscriber WHERE tenant = ?1 AND status <> 3",
	[ST_WOKEN_COUNT_PLAN] = "SELECT count(*) FROM subscriber WHERE tenant = ?1 AND plan = ?2 AND status <> 3",
	[ST_DEVICE_UPSERT] =
		"INSERT INTO device (tenant, imsi, terminal_id, vendor, model, sw_version, first_seen, last_seen) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT (tenant, imsi, terminal_id) DO UPDATE SET vendor = "
		"excluded.vendor, "
		"model = excluded.model, sw_version = excluded.sw_version, last_seen = excluded.last_seen",
	[ST_DEVICE_TRIM] =
		"DELETE FROM device WHERE tenant = ?1 AND imsi = ?2 AND terminal_id IN (SELECT terminal_id FROM device "
		"WHERE tenant = ?1 AND imsi = ?2 ORDER BY last_seen DESC, terminal_id LIMIT 1000 OFFSET ?3)",
	[ST_DEVICES] = "SELECT terminal_id, vendor, model, sw_version, first_seen, last_seen FROM device WHERE tenant = ?1 "
				   "AND imsi = ?2 "
				   "ORDER BY last_seen DESC, terminal_id LIMIT ?3",
	[ST_DEVICES_DELETE] = "DELETE FROM device WHERE tenant = ?1 AND imsi = ?2",
	/* Those who used the device last. The index is on this very expression; what else has these characters is not taken for it. */
	[ST_DEVICE_LINES] = "SELECT imsi FROM device WHERE tenant = ?1 AND substr(terminal_id, 1, 14) = ?2 "
						"AND length(terminal_id) BETWEEN 14 AND 16 ORDER BY last_seen DESC, imsi LIMIT ?3",
	[ST_LISTED] = "SELECT " LISTED " FROM equipment WHERE tenant = ?1 AND imei = ?2",
	[ST_LISTEDS] = "SELECT " LISTED " FROM equipment WHERE tenant = ?1 AND imei > ?2 ORDER BY imei LIMIT ?3",
	[ST_LISTED_UPSERT] =
		"INSERT INTO equipment (tenant, imei, state, reason, since, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
		"ON CONFLICT (tenant, imei) DO UPDATE SET state = excluded.state, reason = excluded.reason, "
		"since = excluded.since, version = excluded.version",
	[ST_LISTED_DELETE] = "DELETE FROM equipment WHERE tenant = ?1 AND imei = ?2",
	[ST_MODEL] = "SELECT " MODEL " FROM device_model WHERE tenant = ?1 AND tac = ?2",
	[ST_MODELS] = "SELECT " MODEL " FROM device_model WHERE tenant = ?1 AND tac > ?2 ORDER BY tac LIMIT ?3",
	[ST_MODEL_UPSERT] =
		"INSERT INTO device_model (tenant, tac, vendor, model, capabilities, version) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant, tac) DO UPDATE SET vendor = excluded.vendor, "
		"model = excluded.model, capabilities = excluded.capabilities, version = excluded.version",
	[ST_MODEL_DELETE] = "DELETE FROM device_model WHERE tenant = ?1 AND tac = ?2",
	[ST_EQUIPMENT_FACTS] =
		"SELECT e.state, e.since, e.version, a.state, a.as_of, m.vendor, m.model, m.capabilities, m.version "
		"FROM catalog c LEFT JOIN equipment e ON e.tenant = ?1 AND e.imei = ?2 "
		"LEFT JOIN equipment_answer a ON a.tenant = ?1 AND a.imei = ?2 AND a.source = ?3 "
		"LEFT JOIN device_model m ON m.tenant = ?1 AND m.tac = ?4 WHERE c.id = 1",
	/* Of two replicas that asked, the later answer stays. */
	[ST_EQUIPMENT_ANSWER_PUT] =
		"INSERT INTO equipment_answer (tenant, imei, source, state, as_of) VALUES (?1, ?2, ?3, ?4, ?5) "
		"ON CONFLICT (tenant, imei, source) DO UPDATE SET state = excluded.state, as_of = excluded.as_of "
		"WHERE equipment_answer.as_of <= excluded.as_of",
	[ST_EQUIPMENT_ANSWERS_PRUNE] = "DELETE FROM equipment_answer WHERE as_of < ?1",
	[ST_STORE_USER] =
		"SELECT " STORE_USER " FROM store_user WHERE tenant = ?1 AND imsi = ?2 AND vendor = ?3 AND user_id = ?4",
	[ST_STORE_USERS] =
		"SELECT " STORE_USER " FROM store_user WHERE tenant = ?1 AND imsi = ?2 ORDER BY vendor, user_id LIMIT ?3",
	[ST_STORE_USER_UPSERT] =
		"INSERT INTO store_user (tenant, imsi, vendor, user_id, terms, terms_version, version, updated) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (tenant, imsi, vendor, user_id) DO UPDATE SET "
		"terms = excluded.terms, terms_version = excluded.terms_version, version = excluded.version, "
		"updated = excluded.updated",
	/* The one whose answer is oldest makes room. */
	[ST_STORE_USER_TRIM] =
		"DELETE FROM store_user WHERE tenant = ?1 AND imsi = ?2 AND version < (SELECT min(version) FROM "
		"(SELECT version FROM store_user WHERE tenant = ?1 AND imsi = ?2 ORDER BY version DESC LIMIT ?3) "
		"AS newest)",
	[ST_SHEET_ACT] = "SELECT act FROM sheet_act WHERE tenant = ?1 AND nonce = ?2",
	[ST_SHEET_ACT_ADD] =
		"INSERT INTO sheet_act (tenant, nonce, act, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (tenant, nonce) DO NOTHING",
	[ST_SHEET_ACTS_PRUNE] = "DELETE FROM sheet_act WHERE at < ?1",
	[ST_CONSENT_ADD] = "INSERT INTO consent (tenant, imsi, at, what, text_name, digest, language, channel, terminal, "
					   "client, store_vendor, store_user, kept_until) "
					   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0)",
	[ST_CONSENTS] = "SELECT id, at, kept_until, what, text_name, digest, language, channel, terminal, client, "
					"store_vendor, store_user FROM consent WHERE tenant = ?1 AND imsi = ?2 AND id < ?3 "
					"ORDER BY id DESC LIMIT ?4",
	[ST_CONSENT_OF] = "SELECT 1 FROM consent WHERE tenant = ?1 AND imsi = ?2 AND what = ?3 AND kept_until = 0 LIMIT 1",
	[ST_CONSENTS_MOVE] = "UPDATE consent SET imsi = ?3 WHERE tenant = ?1 AND imsi = ?2 AND kept_until = 0",
	[ST_CONSENTS_KEEP] = "UPDATE consent SET kept_until = ?3 WHERE tenant = ?1 AND imsi = ?2 AND kept_until = 0",
	[ST_CONSENTS_PRUNE] = "DELETE FROM consent WHERE kept_until > 0 AND kept_until <= ?1",
	[ST_CREDENTIAL] = "SELECT name, tenant, role, created FROM credential WHERE digest = ?1",
	[ST_CREDENTIAL_UPSERT] =
		"INSERT INTO credential (name, digest, role, tenant, created) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT "
		"(name) "
		"DO UPDATE SET "
		"digest = excluded.digest, role = excluded.role, tenant = excluded.tenant, created = excluded.created",
	[ST_CREDENTIAL_DELETE] = "DELETE FROM credential WHERE name = ?1",
	[ST_CREDENTIALS] = "SELECT name, tenant, role, created FROM credential WHERE name > ?1 ORDER BY name LIMIT ?2",
	[ST_AUDIT_ADD] = "INSERT INTO audit (at, who, client, action, tenant, resource, outcome, detail) "
					 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id",
	[ST_AUDIT_END] = "UPDATE audit SET outcome = ?2 WHERE id = ?1 AND outcome = 'begun'",
	[ST_AUDITS] = "SELECT " AUDIT " FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
	[ST_AUDITS_TENANT] = "SELECT " AUDIT " FROM audit WHERE id < ?1 AND tenant = ?3 ORDER BY id DESC LIMIT ?2",
	[ST_EVENT_NEXT] = "UPDATE outbox_head SET sequence = sequence + 1 WHERE id = 1 RETURNING sequence",
	[ST_EVENT_HEAD] = "SELECT sequence FROM outbox_head WHERE id = 1",
	[ST_EVENT_ADD] = "INSERT INTO outbox (sequence, at, kind, tenant, imsi, apps, traceparent, plan, moved_to)"
					 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[ST_EVENTS] = "SELECT sequence, at, kind, tenant, imsi, apps, traceparent, plan, moved_to FROM outbox"
				  " WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
	[ST_SUBSCRIBER_BSS] = "UPDATE subscriber SET bss_at = ?3, bss_source = ?4 WHERE tenant = ?1 AND imsi = ?2",
	[ST_BSS_LINE] = "SELECT event_at FROM bss_line WHERE tenant = ?1 AND imsi = ?2 AND source = ?3",
	[ST_BSS_LINE_UPSERT] = "INSERT INTO bss_line (tenant, imsi, source, event_at) VALUES (?1, ?2, ?3, ?4) "
						   "ON CONFLICT (tenant, imsi, source) DO UPDATE SET event_at = excluded.event_at",
	[ST_BSS_EVENT_ADD] = "INSERT INTO bss_event (tenant, source, id, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT "
						 "(tenant, source, id) DO NOTHING",
	[ST_BSS_EVENTS_PRUNE] = "DELETE FROM bss_event WHERE at < ?1",
	[ST_BSS_DEAD_ADD] = "INSERT INTO bss_dead (tenant, source, at, event_id, name, reason, tries, body) "
						"VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7)",
	[ST_BSS_DEADS] = "SELECT " DEAD " FROM bss_dead WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
	[ST_BSS_DEAD] = "SELECT " DEAD " FROM bss_dead WHERE tenant = ?1 AND id = ?2",
	[ST_BSS_DEAD_TRY] = "UPDATE bss_dead SET reason = ?3, tries = tries + 1 WHERE tenant = ?1 AND id = ?2",
	[ST_BSS_DEAD_DELETE] = "DELETE FROM bss_dead WHERE tenant = ?1 AND id = ?2",
	[ST_BSS_DEADS_FORGET] = "DELETE FROM bss_dead WHERE tenant = ?1 AND body LIKE '%' || ?2 || '%'",
	[ST_BSS_DEADS_PRUNE] = "DELETE FROM bss_dead WHERE at < ?1",
	[ST_QOS_LINE] = "SELECT " QOS_ORDER
					" FROM qos_order WHERE tenant = ?1 AND imsi = ?2 AND (state <> 6 OR flags <> 0) ORDER BY id",
	[ST_QOS_ONE] = "SELECT " QOS_ORDER " FROM qos_order WHERE id = ?1",
	[ST_QOS_DUE] =
		"SELECT " QOS_ORDER " FROM qos_order WHERE next_at > 0 AND next_at <= ?1 ORDER BY next_at, id LIMIT ?2",
	[ST_QOS_LIST] = "SELECT " QOS_ORDER " FROM qos_order WHERE tenant = ?1 AND id > ?2 AND (?3 = 0 OR state = ?3) "
					"ORDER BY id LIMIT ?4",
	[ST_QOS_ADD] = "INSERT INTO qos_order (" QOS_ORDER ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
				   "?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
	[ST_QOS_PUT] = "UPDATE qos_order SET until = ?2, withdraws = ?3, state = ?4, flags = ?5, tries = ?6, takes = ?7, "
				   "next_at = ?8, remote = ?9, reason = ?10, asked = ?11, active = ?12, ending = ?13, ended = ?14, "
				   "version = version + 1 WHERE id = ?1 AND version = ?15",
	[ST_QOS_DELETE] = "DELETE FROM qos_order WHERE id = ?1",
	[ST_QOS_FORGET] = "DELETE FROM qos_order WHERE tenant = ?1 AND imsi = ?2 AND state = 6",
	[ST_QOS_PRUNE] = "DELETE FROM qos_order WHERE state = 6 AND flags = 0 AND ended < ?1",
	[ST_EVENTS_PRUNE] = "DELETE FROM outbox WHERE at < ?1",
	/* An answer of long ago that comes late (another replica's pile) does not take the place of a newer one. */
	[ST_DEVICE_APP_UPSERT] =
		"INSERT INTO device_app (tenant, imsi, terminal_id, app, version_major, version_minor, language, digest, "
		"answered) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (tenant, imsi, terminal_id, app) "
		"DO UPDATE SET version_major = excluded.version_major, version_minor = excluded.version_minor, "
		"language = excluded.language, digest = excluded.digest, answered = excluded.answered "
		"WHERE device_app.answered <= excluded.answered AND (device_app.digest <> excluded.digest "
		"OR device_app.version_major <> excluded.version_major "
		"OR device_app.version_minor <> excluded.version_minor OR device_app.language <> excluded.language "
		"OR device_app.answered + 86400000 <= excluded.answered)",
	[ST_DEVICE_APPS] =
		"SELECT a.terminal_id, a.app, a.version_major, a.version_minor, a.language, a.digest, a.answered, "
		"d.vendor, d.model, d.sw_version FROM device_app a JOIN device d ON d.tenant = a.tenant AND "
		"d.imsi = a.imsi AND d.terminal_id = a.terminal_id WHERE a.tenant = ?1 AND a.imsi = ?2 "
		"ORDER BY a.terminal_id, a.app LIMIT ?3",
	[ST_EVENT_DEVICE_ADD] =
		"INSERT INTO outbox_device (sequence, terminal_id, apps, unchanged) VALUES (?1, ?2, ?3, ?4)",
	[ST_EVENT_DEVICES] = "SELECT sequence, terminal_id, apps, unchanged FROM outbox_device "
						 "WHERE sequence BETWEEN ?1 AND ?2 ORDER BY sequence, terminal_id LIMIT ?3",
	[ST_SIM_CHANGE_ADD] =
		"INSERT INTO sim_change (tenant, imsi, sequence, at, kind, previous) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[ST_SIM_CHANGES] = "SELECT at, previous FROM sim_change WHERE tenant = ?1 AND imsi = ?2 ORDER BY sequence DESC "
					   "LIMIT 100",
	[ST_SIM_CHANGES_PRUNE] = "DELETE FROM sim_change WHERE at < ?1",
	[ST_ATTEMPTS_ADD] = "INSERT INTO line_attempt (tenant, imsi, hour, attempts) VALUES (?1, ?2, ?3, ?4) "
						"ON CONFLICT (tenant, imsi, hour) DO UPDATE SET "
						"attempts = line_attempt.attempts + excluded.attempts",
	[ST_ATTEMPTS_PRUNE] = "DELETE FROM line_attempt WHERE hour < ?1",
	[ST_HISTORY] = "SELECT (SELECT count(*) FROM sim_change WHERE tenant = ?1 AND imsi = ?2 AND at >= ?3), "
				   "(SELECT count(*) FROM device WHERE tenant = ?1 AND imsi = ?2 AND first_seen >= ?4), "
				   "(SELECT CAST(coalesce(sum(attempts), 0) AS INTEGER) FROM line_attempt "
				   "WHERE tenant = ?1 AND imsi = ?2 AND hour >= ?5)",
	[ST_DEVICES_AGE_OUT] = "DELETE FROM device WHERE tenant = ?1 AND (imsi, terminal_id) IN "
						   "(SELECT imsi, terminal_id FROM device WHERE tenant = ?1 AND last_seen < ?2 "
						   "ORDER BY last_seen LIMIT ?3)",
	[ST_DUE] = "SELECT tenant, imsi, due FROM subscriber WHERE due > 0 AND due <= ?1 ORDER BY due LIMIT ?2",
	[ST_DUE_SET] = "UPDATE subscriber SET due = ?3 WHERE tenant = ?1 AND imsi = ?2 AND due <> ?3",
	[ST_DUE_TAKE] = "UPDATE subscriber SET due = 0 WHERE tenant = ?1 AND imsi = ?2 AND due = ?3",
	[ST_DUE_DONE] = "UPDATE subscriber SET due = ?3, version = ?4 WHERE tenant = ?1 AND imsi = ?2",
	/* By the names that entries about a line have: equality finds them in any collation. */
	[ST_AUDIT_ERASE] = "UPDATE audit SET resource = replace(resource, ?2, ?3), "
					   "detail = CASE WHEN detail = '' THEN '' ELSE '(erased)' END WHERE tenant = ?1 AND resource IN "
					   "('subscriber/' || ?2, 'subscriber/' || ?2 || '/keys', 'subscriber/' || ?2 || '/store-users', "
					   "'subscriber/' || ?2 || '/profiles', 'subscriber/' || ?2 || '/notifications') "
					   "AND at <= ?4",
};
