/* esim_process.c -- start in order, stop in reverse. */
#include "esim_process.h"

#include <stdlib.h>
#include <string.h>

#include "es_clock.h"
#include "es_follow.h"
#include "esim_bus.h"
#include "esim_follow.h"
#include "esim_real_peers.h"

#define READERS 8
#define READERS_QUEUE 1024
#define UPKEEP_MS (INT64_C(3600) * 1000)
#define EVENTS_KEPT_MS (INT64_C(7) * 24 * 3600 * 1000)
#define SHEETS_KEPT_MS (INT64_C(2) * 24 * 3600 * 1000)
#define WAITING_MS 50 /* how late a device may be told that its time is over */

struct esim_process {
	struct esim_bus bus;
	struct esim_real_peers *real;
	struct esim_peers peers;
	struct es_bus_server *server;
	struct es_follow *follow;
	uint64_t event; /* of the page of policy's events that is being applied */
	int64_t upkeep_ms;
};

/* ---- policy's events ---- */

static void begin(void *user)
{
	struct esim_process *p = user;

	p->event = 0;
}

static es_status apply(struct es_db_conn *conn, const Openes__Event *event, void *user)
{
	struct esim_process *p = user;

	return esim_follow_event(&p->bus.store, conn, event, es_wall_ms(), &p->event);
}

static void applied(void *user)
{
	struct esim_process *p = user;

	if (p->event > 0)
		esim_bus_moved(&p->bus, NULL, p->event);
}

/* ---- the runner's news, and its clock ---- */

static void moved(void *user, const struct esim_order *order, uint64_t event)
{
	struct esim_process *p = user;

	esim_bus_moved(&p->bus, order, event);
}

static es_status prune(struct es_db_conn *conn, void *user)
{
	const int64_t now = es_wall_ms();

	(void)user;
	return esim_row_prune(conn, now - EVENTS_KEPT_MS, now - SHEETS_KEPT_MS);
}

static void pruned(es_status status, void *user)
{
	(void)status; /* the next hour does it again */
	(void)user;
}

static int64_t tick(void *user, int64_t now_ms)
{
	struct esim_process *p = user;

	if (now_ms >= p->upkeep_ms) {
		p->upkeep_ms = now_ms + UPKEEP_MS;
		if (es_db_write(p->bus.store.db, prune, pruned, NULL) != ES_OK)
			p->upkeep_ms = now_ms + 60000;
	}
	return esim_wake_late(p->bus.waits, now_ms) ? WAITING_MS : INT64_MAX;
}

/* ---- life ---- */

static es_status start_orders(struct esim_process *p, const struct esim_config *config, struct es_buf *error)
{
	const struct esim_runner_options runner = {
		.store = &p->bus.store, .peers = &p->peers, .moved = moved, .tick = tick, .user = p
	};

	ES_TRY(es_keyring_load(config->profile_keys_file, &p->bus.store.ring, error));
	ES_TRY(esim_store_open(config->db, &p->bus.store.db, error));
	ES_TRY(esim_real_peers_start(config->peers_file, &p->real, &p->peers, error));
	p->bus.smdp = esim_real_peers_smdp(p->real);
	p->bus.waits = esim_waits_new();
	p->bus.readers = es_worker_new("esim-readers", READERS, READERS_QUEUE);
	if (p->bus.waits == NULL || p->bus.readers == NULL)
		return ES_TOO_LARGE;
	return esim_runner_start(&runner, true, &p->bus.runner, error);
}

static es_status start_parts(struct esim_process *p, const struct esim_config *config, struct es_bus_key *key,
                             struct es_buf *error)
{
	const struct es_follow_options follow = { .source = ES_FOLLOW_POLICY,
		                                      .target = config->policy_target,
		                                      .events = config->policy_events,
		                                      .key = key,
		                                      .poll_ms = config->events_poll,
		                                      .db = NULL,
		                                      .position = esim_store_position,
		                                      .set_position = esim_store_set_position,
		                                      .begin = begin,
		                                      .apply = apply,
		                                      .done = applied,
		                                      .user = p };
	const struct es_bus_server_options server = {
		.url = config->bus_listen,
		.key = key,
		.service = "esim",
		.methods = esim_bus_methods,
		.method_count = esim_bus_method_count,
		.user = &p->bus,
		.slots = config->calls_max,
	};
	struct es_follow_options with_db = follow;

	esim_bus_init();
	ES_TRY(start_orders(p, config, error));
	ES_TRY(es_bus_publisher_start(config->events_listen, key, &p->bus.publisher, error));
	with_db.db = p->bus.store.db;
	ES_TRY(es_follow_start(&with_db, &p->follow, error));
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

/* Who waits is answered before the bus closes; what SM-DP+ and BSS still say is written before the database closes. */
void esim_process_stop(struct esim_process *p, int64_t wait_ms)
{
	if (p == NULL)
		return;
	esim_runner_stop(p->bus.runner);
	if (p->bus.waits != NULL)
		(void)esim_wake_late(p->bus.waits, INT64_MAX);
	if (p->server != NULL)
		es_bus_server_stop(p->server, wait_ms);
	es_follow_stop(p->follow);
	es_worker_stop(p->bus.readers);
	esim_real_peers_stop(p->real);
	es_db_close(p->bus.store.db); /* finishes what is queued */
	es_follow_free(p->follow);
	es_worker_free(p->bus.readers);
	esim_runner_free(p->bus.runner);
	esim_real_peers_free(p->real);
	esim_waits_free(p->bus.waits);
	es_bus_publisher_stop(p->bus.publisher);
	es_keyring_free(p->bus.store.ring);
	free(p);
}

bool esim_process_is_ready(struct esim_process *p)
{
	return es_db_is_ready(p->bus.store.db);
}
