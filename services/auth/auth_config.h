/* auth_config.h -- the [auth] section. */
#ifndef AUTH_CONFIG_H
#define AUTH_CONFIG_H

#include "es_service.h"

struct auth_config {
	struct es_service_config base;
	const char *bus_listen;
	const char *db;
	const char *session_keys_file, *token_keys_file, *auc_keys_file; /* es_keyring.h */
	const char *transport_key_file;
	const char *policy_target, *policy_events, *notify_target;
	const char *core_file;          /* es_config_named.h; "": none */
	int64_t session_ttl, token_ttl; /* ms */
	uint32_t calls_max;
	uint32_t imsi_challenges_per_minute, address_challenges_per_minute, imsi_resyncs_per_hour, failures_per_hour;
	int64_t history;
	uint32_t codes_per_number, codes_per_address, logins_per_address; /* in an hour */
};

#define AUTH_CONFIG_KEYS 29
extern const struct es_conf_key auth_config_keys[AUTH_CONFIG_KEYS];

#endif
