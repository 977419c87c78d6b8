/* esim_service.c -- openes-esim as a process: its configuration and its life (es_service.h). */
#include "esim_process.h"

#include "es_cleanup.h"

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(esim, struct esim_config, field, kind, fallback, min, max, help)

static const struct es_conf_key keys[] = {
	ES_SERVICE_CONF_KEYS(esim, struct esim_config, "127.0.0.1:9103"),
	KEY(bus_listen, ES_CONF_STRING, "ipc:///run/openes/esim.sock", 0, 0, "where the other processes reach this one"),
	KEY(db, ES_CONF_SECRET, "sqlite:/var/lib/openes/esim.db", 0, 0, "sqlite:PATH or postgresql://..."),
	KEY(events_listen, ES_CONF_STRING, "ipc:///run/openes/esim-events.sock", 0, 0,
	    "where this one rings for changes of profiles"),
	KEY(profile_keys_file, ES_CONF_STRING, NULL, 0, 0,
	    "key ring that seals profiles and orders in the database: they hold activation codes"),
	KEY(peers_file, ES_CONF_STRING, "", 0, 0,
	    "sections [smdp NAME] and [bss NAME]: who carries out orders of profiles; empty: nobody"),
	KEY(policy_target, ES_CONF_STRING, "ipc:///run/openes/policy.sock", 0, 0, "where policy listens"),
	KEY(policy_events, ES_CONF_STRING, "ipc:///run/openes/policy-events.sock", 0, 0, "where policy rings for changes"),
	KEY(events_poll, ES_CONF_DURATION, "10s", 1000, 3600000, "how long a lost ring may go unnoticed"),
	KEY(calls_max, ES_CONF_U32, "256", 1, 65536, "calls in work at once; more are answered busy"),
};

static es_status start(struct es_service *service, const void *config, void **state, struct es_buf *error)
{
	struct esim_process *process = NULL;

	ES_TRY(esim_process_start(config, es_service_bus_key(service), &process, error));
	*state = process;
	return ES_OK;
}

static bool is_ready(void *state)
{
	return esim_process_is_ready(state);
}

static void stop(void *state, int64_t wait_ms)
{
	esim_process_stop(state, wait_ms);
}

const struct es_service_ops esim_service = {
	.name = "esim",
	.summary = "answers eSIM operations, orders profiles and follows their orders (TS.43 6 to 8, 10)",
	.keys = keys,
	.key_count = ES_COUNT(keys),
	.config_size = sizeof(struct esim_config),
	.start = start,
	.is_ready = is_ready,
	.stop = stop,
};
