/* auth_config.c -- the keys of the [auth] section. */
#include "auth_config.h"

#include "es_cleanup.h"

#define SECOND INT64_C(1000)
#define DAY (86400 * SECOND)

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(auth, struct auth_config, field, kind, fallback, min, max, help)

const struct es_conf_key auth_config_keys[] = {
	ES_SERVICE_CONF_KEYS(auth, struct auth_config, "127.0.0.1:9101"),
	KEY(bus_listen, ES_CONF_STRING, "ipc:///run/openes/auth.sock", 0, 0, "where the other processes reach this one"),
	KEY(db, ES_CONF_SECRET, "sqlite:/var/lib/openes/auth.db", 0, 0, "sqlite:PATH or postgresql://..."),
	KEY(session_keys_file, ES_CONF_STRING, NULL, 0, 0, "key ring that seals EAP session cookies"),
	KEY(token_keys_file, ES_CONF_STRING, NULL, 0, 0, "key ring that seals tokens; policy holds the same"),
	KEY(auc_keys_file, ES_CONF_STRING, NULL, 0, 0, "key ring that seals K and OPc in the database"),
	KEY(transport_key_file, ES_CONF_STRING, NULL, 0, 0,
	    "X25519 private key, 64 hex digits: opens K and OPc on their way here"),
	KEY(policy_target, ES_CONF_STRING, "ipc:///run/openes/policy.sock", 0, 0, "where policy listens"),
	KEY(policy_events, ES_CONF_STRING, "ipc:///run/openes/policy-events.sock", 0, 0, "where policy rings for changes"),
	KEY(notify_target, ES_CONF_STRING, "ipc:///run/openes/notify.sock", 0, 0, "where notify listens: it sends the SMS"),
	KEY(core_file, ES_CONF_STRING, "", 0, 0,
	    "file that describes what auth connects to, a section each: `[diameter]`, `[peer NAME]`, `[swx NAME]`, "
	    "`[aaa NAME]`, `[udm NAME]`, `[oidc NAME]`; empty: nothing"),
	KEY(session_ttl, ES_CONF_DURATION, "60s", SECOND, 600 * SECOND, "life of one EAP exchange"),
	KEY(token_ttl, ES_CONF_DURATION, "7d", 60 * SECOND, 400 * DAY, "life of a token where the tenant says nothing"),
	KEY(imsi_challenges_per_minute, ES_CONF_U32, "30", 0, 100000,
	    "vectors fetched for one subscriber; past it 503 with Retry-After; 0: no limit"),
	KEY(address_challenges_per_minute, ES_CONF_U32, "0", 0, 10000000,
	    "exchanges begun from one address; 0: no limit, as behind a NAT or a load balancer"),
	KEY(imsi_resyncs_per_hour, ES_CONF_U32, "60", 0, 100000, "resynchronisations of one SIM; 0: no limit"),
	KEY(failures_per_hour, ES_CONF_U32, "60", 0, 100000,
	    "failed authentications of one subscriber from one address; 0: no limit"),
	KEY(history, ES_CONF_DURATION, "30d", 0, 4000 * DAY, "how long records of authentications are kept"),
	KEY(calls_max, ES_CONF_U32, "256", 1, 65536,
	    "calls in work at once, beside those that may wait for what core_file names; more are answered busy"),
	KEY(codes_per_number, ES_CONF_U32, "5", 0, 1000, "one-time codes that one number is sent in an hour; 0: no limit"),
	KEY(codes_per_address, ES_CONF_U32, "100", 0, 1000000,
	    "one-time codes that one client address may ask for in an hour; 0: no limit, behind something that hides "
	    "addresses"),
	KEY(logins_per_address, ES_CONF_U32, "1000", 0, 1000000,
	    "logins at a provider that one client address may begin in an hour; 0: no limit"),
};
_Static_assert(ES_COUNT(auth_config_keys) == AUTH_CONFIG_KEYS, "every key is counted");
