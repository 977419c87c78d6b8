/* policy_service.c -- the policy process: database, token keys, bus. */
#include "policy_service.h"

#include <stdlib.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_secret.h"
#include "policy_admin.h"
#include "policy_bus.h"
#include "policy_qos_run.h"
#include "policy_sheet_peers.h"
#include "policy_upkeep.h"

static const struct es_conf_key keys[] = {
	ES_SERVICE_CONF_KEYS(policy, struct policy_config, "127.0.0.1:9102"),
	ES_CONF(policy, struct policy_config, bus_listen, ES_CONF_STRING, "ipc:///run/openes/policy.sock", 0, 0,
	        "where the other processes call policy"),
	ES_CONF(policy, struct policy_config, events_listen, ES_CONF_STRING, "ipc:///run/openes/policy-events.sock", 0, 0,
	        "where policy rings when something changed"),
	ES_CONF(policy, struct policy_config, db, ES_CONF_SECRET, "sqlite:/var/lib/openes/policy.db", 0, 0,
	        "sqlite:/path/file.db or a postgresql:// URL"),
	ES_CONF(policy, struct policy_config, token_keys_file, ES_CONF_STRING, NULL, 0, 0,
	        "key ring that opens tokens, the same as auth's"),
	ES_CONF(policy, struct policy_config, admin_token_file, ES_CONF_STRING, "", 0, 0,
	        "file with the token of the first administrator; empty: none"),
	ES_CONF(policy, struct policy_config, sim_id_key_file, ES_CONF_STRING, "", 0, 0,
	        "64 hex digits: key of the hashed IMSIs that GetSubscriberInfo shows; empty: no hashes"),
	ES_CONF(policy, struct policy_config, private_id_key_file, ES_CONF_STRING, "", 0, 0,
	        "64 hex digits: key of private user identities (ap2013); empty: none are made"),
	ES_CONF(policy, struct policy_config, eir_file, ES_CONF_STRING, "", 0, 0,
	        "file that describes the EIRs asked over N5g-eir, one section [n5g NAME] each; empty: none"),
	ES_CONF(policy, struct policy_config, auth_target, ES_CONF_STRING, "ipc:///run/openes/auth.sock", 0, 0,
	        "where auth listens, to have EIRs asked over S13; empty: none is"),
	ES_CONF(policy, struct policy_config, esim_target, ES_CONF_STRING, "ipc:///run/openes/esim.sock", 0, 0,
	        "where esim listens, for the web sheets of eSIMs; empty: they do not work"),
	ES_CONF(policy, struct policy_config, bss_file, ES_CONF_STRING, "", 0, 0,
	        "file with a section for each of the operator's own systems (docs/bss.md); empty: none"),
	ES_CONF(policy, struct policy_config, sheet_peers_file, ES_CONF_STRING, "", 0, 0,
	        "file of the address services and payment pages of web sheets (docs/sheets.md); empty: none"),
	ES_CONF(policy, struct policy_config, qos_file, ES_CONF_STRING, "", 0, 0,
	        "file with a section for each network asked for quality of service (docs/qos.md); empty: none"),
	ES_CONF(policy, struct policy_config, note_devices, ES_CONF_BOOL, "true", 0, 0,
	        "note which devices a subscriber uses"),
};

struct policy {
	struct policy_engine engine;
	struct policy_bus *bus;
	struct policy_upkeep *upkeep;
	struct policy_qos_runner *qos;
};

static void stop(void *state, int64_t wait_ms)
{
	struct policy *policy = state;
	policy_upkeep_stop(policy->upkeep); /* it rings over the bus */
	policy_qos_runner_stop(policy->qos);
	policy_bus_stop(policy->bus, wait_ms); /* nobody waits for an EIR or a peer of the sheets any more */
	policy_eir_free(policy->engine.eir);
	policy_sheet_peers_stop(policy->engine.peers);
	policy_seen_stop(policy->engine.seen);
	policy_limits_free(policy->engine.limits);
	policy_store_close(policy->engine.store);
	es_keyring_free(policy->engine.ring);
	es_wipe(policy->engine.sim_id_key, sizeof policy->engine.sim_id_key);
	es_wipe(policy->engine.private_id_key, sizeof policy->engine.private_id_key);
	free(policy);
}

static es_status start_eir(struct policy *policy, struct es_service *service, const struct policy_config *config,
                           struct es_buf *error)
{
	const struct policy_eir_options options = { .file = config->eir_file,
		                                        .auth_target = config->auth_target,
		                                        .bus_key = es_service_bus_key(service),
		                                        .store = policy->engine.store };

	if (config->eir_file[0] == '\0' && config->auth_target[0] == '\0')
		return ES_OK;
	return policy_eir_start(&options, &policy->engine.eir, error);
}

static es_status start_parts(struct policy *policy, struct es_service *service, const struct policy_config *config,
                             struct es_buf *error)
{
	const struct policy_bus_options bus = {
		.listen = config->bus_listen,
		.events_listen = config->events_listen,
		.key = es_service_bus_key(service),
		.engine = &policy->engine,
		.bss_file = config->bss_file,
		.esim_target = config->esim_target,
	};
	es_crypto_init();
	ES_TRY(es_keyring_load(config->token_keys_file, &policy->engine.ring, error));
	if (config->sim_id_key_file[0] != '\0') {
		ES_TRY(es_secret_load(config->sim_id_key_file, policy->engine.sim_id_key, error));
		policy->engine.has_sim_id_key = true;
	}
	if (config->private_id_key_file[0] != '\0') {
		ES_TRY(es_secret_load(config->private_id_key_file, policy->engine.private_id_key, error));
		policy->engine.has_private_id_key = true;
	}
	ES_TRY(policy_store_open(config->db, &policy->engine.store, error));
	if (config->admin_token_file[0] != '\0')
		ES_TRY(policy_admin_bootstrap(policy->engine.store, config->admin_token_file, error));
	ES_TRY(start_eir(policy, service, config, error));
	ES_TRY(policy_sheet_peers_start(config->sheet_peers_file, &policy->engine.peers, error));
	if ((policy->engine.limits = policy_limits_new()) == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	if ((policy->engine.seen = policy_seen_start(policy->engine.store, config->note_devices)) == NULL) {
		es_put_str(error, "threads cannot be had");
		return ES_UNAVAILABLE;
	}
	ES_TRY(policy_bus_start(&bus, &policy->bus, error));
	if ((policy->upkeep = policy_upkeep_start(&policy->engine)) == NULL) {
		es_put_str(error, "threads cannot be had");
		return ES_UNAVAILABLE;
	}
	return policy_qos_runner_start(&policy->engine, config->qos_file, &policy->qos, error);
}

static es_status start(struct es_service *service, const void *config, void **state, struct es_buf *error)
{
	struct policy *policy = calloc(1, sizeof *policy);
	if (policy == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	es_status status = start_parts(policy, service, config, error);
	if (status != ES_OK) {
		stop(policy, 0);
		return status;
	}
	*state = policy;
	return ES_OK;
}

static bool is_ready(void *state)
{
	struct policy *policy = state;
	return es_db_is_ready(policy_store_db(policy->engine.store));
}

const struct es_service_ops policy_service = {
	.name = "policy",
	.summary = "decides what each subscriber may use, and keeps tenants, plans and subscribers",
	.keys = keys,
	.key_count = ES_COUNT(keys),
	.config_size = sizeof(struct policy_config),
	.start = start,
	.is_ready = is_ready,
	.stop = stop,
};
