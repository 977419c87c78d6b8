/* es_service.h -- what every process is made of besides its own work: command line, configuration, logging, signals,
 * the operations port (/livez, /readyz, /metrics), graceful drain.
 *
 *     int main(int argc, char **argv) { return es_service_main(&auth_service, argc, argv); }
 *
 * Life: parse arguments (--config FILE, --check-config, --print-config, the process's own, --help, --version) -> load configuration -> start()
 * -> ready -> SIGTERM or SIGINT: readiness false, drain(), stop() -> exit 0, within drain_ms. Start failing exits 1
 * with one sentence. A process whose bus is stuck (es_bus_is_sound()) drains by itself and exits 1, for its supervisor to
 * start it again. SIGHUP is ignored. Runs on the main thread; the process's own threads do the work. */
#ifndef ES_SERVICE_H
#define ES_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "es_buf.h"
#include "es_bus.h"
#include "es_config.h"
#include "es_status.h"

/* Keys every process has, at the start of its own struct:
 *     struct auth_config { struct es_service_config base; ... }; with ES_SERVICE_CONF_KEYS(section, struct auth_config) in its table. */
struct es_service_config {
	const char *log_level, *log_format; /* debug|info|warn|error; auto|json|human */
	bool log_identities;
	const char *instance;   /* "": host name */
	const char *ops_listen; /* "127.0.0.1:9101"; "": none */
	const char *bus_key_file;
	const char *pseudonym_key_file; /* 64 hex digits; "": a random key, pseudonyms then differ by process */
	int64_t drain;                  /* ms: bound on the graceful stop */
};
/* clang-format off */
#define ES_SERVICE_CONF_KEYS(section, type, ops_default) \
	{ #section, "log_level", ES_CONF_STRING, offsetof(type, base.log_level), "info", 0, 0, "debug, info, warn or error" }, \
	{ #section, "log_format", ES_CONF_STRING, offsetof(type, base.log_format), "auto", 0, 0, "auto, json or human" }, \
	{ #section, "log_identities", ES_CONF_BOOL, offsetof(type, base.log_identities), "false", 0, 0, "labs only: identities in clear in logs" }, \
	{ #section, "instance", ES_CONF_STRING, offsetof(type, base.instance), "", 0, 0, "name of this replica; empty: the host name" }, \
	{ #section, "ops_listen", ES_CONF_STRING, offsetof(type, base.ops_listen), ops_default, 0, 0, "address of /livez, /readyz, /metrics; empty: none" }, \
	{ #section, "bus_key_file", ES_CONF_STRING, offsetof(type, base.bus_key_file), NULL, 0, 0, "file with the bus secret, 64 hex digits" }, \
	{ #section, "pseudonym_key_file", ES_CONF_STRING, offsetof(type, base.pseudonym_key_file), "", 0, 0, "file with the log pseudonym key, 64 hex digits" }, \
	{ #section, "drain", ES_CONF_DURATION, offsetof(type, base.drain), "10s", 0, 300000, "bound on a graceful stop" }
/* clang-format on */

/* An option of one process more, that prints something of what the configuration names, and ends. */
struct es_service_print {
	const char *option, *argument, *help; /* "print-answer-keys", "TENANT" */
	/* Not ES_OK: exit 1 with the sentence in `error`. */
	es_status (*print)(const void *config, const char *argument, struct es_buf *out, struct es_buf *error);
};

struct es_service;
struct es_service_ops {
	const char *name;    /* "auth" */
	const char *summary; /* one sentence for --help */
	const struct es_conf_key *keys;
	size_t key_count;
	size_t config_size;                   /* of the struct that starts with struct es_service_config */
	const struct es_service_print *print; /* NULL: none */
	/* Beyond types and ranges; NULL: nothing. One sentence into error. */
	es_status (*check)(const void *config, struct es_buf *error);
	es_status (*start)(struct es_service *service, const void *config, void **state, struct es_buf *error);
	bool (*is_ready)(void *state); /* any thread */
	void (*drain)(void *state);    /* stop taking new work; NULL: nothing */
	void (*stop)(void *state, int64_t wait_ms);
};
int es_service_main(const struct es_service_ops *ops, int argc, char **argv);
struct es_bus_key *es_service_bus_key(struct es_service *service);
const char *es_service_instance(const struct es_service *service);

#endif
