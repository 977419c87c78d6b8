/* policy_statements.c -- the SQL, in SQLite's words (es_db.h translates for PostgreSQL). */
#include "policy_statements.h"

#define LINE                                                                                                           \
	"s.msisdn, s.plan, s.status, s.opt_outs, s.voice_prov, s.sms_prov, s.vowifi_terms, s.vowifi_address, "             \
	"s.vowifi_address_expiry, "                                                                                        \
	"s.vowifi_address_id, s.vowifi_prov, s.epoch, s.version, s.updated, s.imsi, "                                      \
	"s.account, s.billing_barred, s.billing_prov, s.data_state, s.satellite_prov"
#define STORE_USER "vendor, user_id, terms, terms_version, version, updated"
#define AUDIT "id, at, who, client, action, tenant, resource, outcome, detail"
#define PAGE_OF_LINES "ORDER BY s.imsi LIMIT ?3"

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
	/* The version comes even when there is no such line; both in one statement, so that they are of one moment. */
	[ST_SUBSCRIBER] =
		"SELECT " LINE
		", c.version FROM catalog c LEFT JOIN subscriber s ON s.tenant = ?1 AND s.imsi = ?2 WHERE c.id = 1",
	[ST_SUBSCRIBER_INSERT] = "INSERT INTO subscriber (tenant, imsi, msisdn, plan, status, opt_outs, voice_prov, "
							 "sms_prov, vowifi_terms, vowifi_address, "
							 "vowifi_address_expiry, vowifi_address_id, vowifi_prov, epoch, version, updated, "
							 "account, billing_barred, billing_prov, data_state, satellite_prov) "
							 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
							 "?17, ?18, ?19, ?20, ?21) ON CONFLICT (tenant, imsi) DO NOTHING",
	[ST_SUBSCRIBER_UPDATE] = "UPDATE subscriber SET msisdn = ?3, plan = ?4, status = ?5, opt_outs = ?6, voice_prov = "
							 "?7, sms_prov = ?8, vowifi_terms = ?9, "
							 "vowifi_address = ?10, vowifi_address_expiry = ?11, vowifi_address_id = ?12, vowifi_prov "
							 "= ?13, epoch = ?14, version = ?15, "
							 "updated = ?16, account = ?17, billing_barred = ?18, billing_prov = ?19, data_state = "
							 "?20, satellite_prov = ?21 WHERE tenant = ?1 AND imsi = ?2",
	[ST_SUBSCRIBER_MOVE] = "UPDATE subscriber SET imsi = ?3 WHERE tenant = ?1 AND imsi = ?2",
	[ST_SUBSCRIBER_DELETE] = "DELETE FROM subscriber WHERE tenant = ?1 AND imsi = ?2",
	[ST_SUBSCRIBERS] = "SELECT " LINE " FROM subscriber s WHERE s.tenant = ?1 AND s.imsi > ?2 "
					   "AND (?4 < 0 OR s.status = ?4) " PAGE_OF_LINES,
	[ST_SUBSCRIBERS_MSISDN] =
		"SELECT " LINE " FROM subscriber s WHERE s.tenant = ?1 AND s.imsi > ?2 "
		"AND s.msisdn = ?5 AND (?6 = '' OR s.plan = ?6) AND (?4 < 0 OR s.status = ?4) " PAGE_OF_LINES,
	[ST_SUBSCRIBERS_PLAN] = "SELECT " LINE " FROM subscriber s WHERE s.tenant = ?1 AND s.imsi > ?2 "
							"AND s.plan = ?5 AND (?4 < 0 OR s.status = ?4) " PAGE_OF_LINES,
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
		"INSERT INTO credential (name, digest, role, tenant, created) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) "
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
	[ST_EVENT_ADD] =
		"INSERT INTO outbox (sequence, at, kind, tenant, imsi, apps, traceparent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[ST_EVENTS] = "SELECT sequence, at, kind, tenant, imsi, apps, traceparent FROM outbox WHERE sequence > ?1 ORDER BY "
				  "sequence LIMIT ?2",
	[ST_EVENTS_PRUNE] = "DELETE FROM outbox WHERE at < ?1",
};
