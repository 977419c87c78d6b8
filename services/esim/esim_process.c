/* esim_process.c -- start in order, stop in reverse. */
#include "esim_process.h"

#include <stdlib.h>
#include <string.h>

#include "es_follow.h"
#include "esim_bus.h"
#include "esim_store.h"

struct esim_process {
	struct esim_bus bus;
	struct es_bus_server *server;
	struct es_follow *follow;
};

static es_status apply(struct es_db_conn *conn, const Openes__Event *event, void *user)
{
	(void)user;
	if (strcmp(event->kind, "subscriber.erased") != 0)
		return ES_OK;
	return esim_store_erase(conn, es_slice_str(event->tenant), es_slice_str(event->imsi));
}

static es_status start_parts(struct esim_process *p, const struct esim_config *config, struct es_bus_key *key,
                             struct es_buf *error)
{
	ES_TRY(esim_store_open(config->db, &p->bus.db, error));
	const struct es_follow_options follow = { .policy_target = config->policy_target,
		                                      .policy_events = config->policy_events,
		                                      .key = key,
		                                      .poll_ms = config->events_poll,
		                                      .db = p->bus.db,
		                                      .position = esim_store_position,
		                                      .set_position = esim_store_set_position,
		                                      .apply = apply };
	ES_TRY(es_follow_start(&follow, &p->follow, error));
	esim_bus_init();
	const struct es_bus_server_options server = {
		.url = config->bus_listen,
		.key = key,
		.service = "esim",
		.methods = esim_bus_methods,
		.method_count = esim_bus_method_count,
		.user = &p->bus,
		.slots = config->calls_max,
	};
	return es_bus_server_start(&server, &p->server, error);
}

es_status esim_process_start(const struct esim_config *config, struct es_bus_key *key, struct esim_process **out,
                             struct es_buf *error)
{
	struct esim_process *p = calloc(1, sizeof *p);

	if (p == NULL)
		return ES_TOO_LARGE;
	const es_status status = start_parts(p, config, key, error);
	if (status != ES_OK) {
		if (error->len == 0)
			es_put_str(error, es_status_meaning(status));
		esim_process_stop(p, 0);
		return status;
	}
	*out = p;
	return ES_OK;
}

void esim_process_stop(struct esim_process *p, int64_t wait_ms)
{
	if (p == NULL)
		return;
	if (p->server != NULL)
		es_bus_server_stop(p->server, wait_ms);
	es_follow_stop(p->follow);
	es_db_close(p->bus.db); /* finishes a page that is queued */
	es_follow_free(p->follow);
	free(p);
}

bool esim_process_is_ready(struct esim_process *p)
{
	return es_db_is_ready(p->bus.db);
}
