/* esim_process.h -- the parts of openes-esim put together, for main.c and for tests. */
#ifndef ESIM_PROCESS_H
#define ESIM_PROCESS_H

#include "es_bus.h"
#include "es_db.h"
#include "es_service.h"

/* The [esim] section. */
struct esim_config {
	struct es_service_config base;
	const char *bus_listen, *events_listen;
	const char *db, *profile_keys_file, *peers_file;
	uint32_t calls_max;
	const char *policy_target, *policy_events;
	int64_t events_poll;
};

extern const struct es_service_ops esim_service;

struct esim_process;
es_status esim_process_start(const struct esim_config *config, struct es_bus_key *key, struct esim_process **out,
                             struct es_buf *error) ES_MUST_USE;
void esim_process_stop(struct esim_process *process, int64_t wait_ms);
bool esim_process_is_ready(struct esim_process *process);

#endif
