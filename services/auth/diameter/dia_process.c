/* dia_process.c -- start in order, stop in reverse; and the end of whoever started it. */
#include "dia_process.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "dia_bus.h"
#include "dia_events.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_log.h"

enum { CONFIG_MAX = 4 << 20, SLOTS_SPARE = 32, LAST_RESORT_S = 5 };

struct dia_process {
	struct es_arena *arena;
	struct dia_config config;
	struct dia_bus bus;
	struct dia_engine *engine;
	struct dia_events *events;
	struct es_bus_server *server;
};

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(diameter, struct dia_process_config, field, kind, fallback, min, max, help)
static const struct es_conf_key keys[] = {
	ES_SERVICE_CONF_KEYS(diameter, struct dia_process_config, ""),
	KEY(core_file, ES_CONF_STRING, NULL, 0, 0, "peers, HSSs and AAAs (docs/core-network.md)"),
	KEY(bus_listen, ES_CONF_STRING, NULL, 0, 0, "where auth reaches this process"),
	KEY(auth_target, ES_CONF_STRING, NULL, 0, 0, "where auth listens"),
	KEY(parent, ES_CONF_U32, "0", 0, INT32_MAX, "process that this one ends with; 0: none"),
};

/* The core file, too: auth asks with --check-config before it starts this process for good. */
static es_status check(const void *config, struct es_buf *error)
{
	const struct dia_process_config *c = config;
	struct es_arena *arena = es_arena_new(0, CONFIG_MAX);
	struct dia_config parsed;

	if (arena == NULL)
		return ES_TOO_LARGE;
	const es_status status = dia_config_load(c->core_file, c->base.instance[0] != '\0' ? c->base.instance : "diameter",
	                                         arena, &parsed, error);
	es_arena_free(arena);
	return status;
}

/* The signal comes when the thread ends that started us; should it have ended already, nobody would tell. */
static es_status die_with(uint32_t parent, struct es_buf *error)
{
	if (parent == 0)
		return ES_OK;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == (pid_t)parent)
		return ES_OK;
	es_put_str(error, "the process that started this one is gone");
	return ES_UNAVAILABLE;
}

static es_status start_parts(struct dia_process *p, struct es_service *service, const struct dia_process_config *c,
                             struct es_buf *error)
{
	struct es_bus_key *key = es_service_bus_key(service);

	ES_TRY(die_with(c->parent, error));
	p->arena = es_arena_new(0, CONFIG_MAX);
	if (p->arena == NULL)
		return ES_TOO_LARGE;
	ES_TRY(dia_config_load(c->core_file, es_service_instance(service), p->arena, &p->config, error));
	if (p->config.source_count == 0) {
		es_put_printf(error, "%s has neither [swx] nor [aaa]", c->core_file);
		return ES_MALFORMED;
	}
	dia_bus_init(&p->config);
	ES_TRY(dia_events_new(&p->config, c->auth_target, key, &p->events, error));
	ES_TRY(dia_engine_start(&p->config, dia_events_asked, p->events, &p->engine, error));
	dia_events_set_engine(p->events, p->engine);
	p->bus.config = &p->config;
	p->bus.engine = p->engine;
	p->bus.session_high = (uint32_t)time(NULL);
	es_random(&p->bus.session_low, sizeof p->bus.session_low);
	return es_bus_server_start(&(struct es_bus_server_options){ .url = c->bus_listen,
	                                                            .key = key,
	                                                            .service = "diameter",
	                                                            .methods = dia_bus_methods,
	                                                            .method_count = dia_bus_method_count,
	                                                            .user = &p->bus,
	                                                            .slots = p->config.in_flight_max + SLOTS_SPARE },
	                           &p->server, error);
}

/* The library's shutdown waits for threads of its own without a bound. */
static void *last_resort(void *user)
{
	const struct timespec pause = { .tv_sec = LAST_RESORT_S };

	(void)user;
	(void)nanosleep(&pause, NULL);
	es_error(NULL, "diameter.stop_overrun");
	_exit(EXIT_FAILURE);
}

static void bound_stop(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, last_resort, NULL) == 0)
		(void)pthread_detach(thread);
}

static void stop(void *state, int64_t wait_ms)
{
	struct dia_process *p = state;

	if (p->server != NULL)
		es_bus_server_stop(p->server, wait_ms);
	bound_stop();
	dia_events_stop(p->events);
	dia_engine_stop(p->engine);
	dia_events_free(p->events);
	es_arena_free(p->arena);
	free(p);
}

static es_status start(struct es_service *service, const void *config, void **state, struct es_buf *error)
{
	struct dia_process *p = calloc(1, sizeof *p);

	if (p == NULL)
		return ES_TOO_LARGE;
	const es_status status = start_parts(p, service, config, error);
	if (status != ES_OK) {
		stop(p, 0);
		return status;
	}
	*state = p;
	return ES_OK;
}

/* Peers come and go; without any, questions are answered "no peer". */
static bool is_ready(void *state)
{
	(void)state;
	return true;
}

const struct es_service_ops dia_service = {
	.name = "diameter",
	.summary = "speaks Diameter with HSSs and AAAs for openes-auth, which starts it",
	.keys = keys,
	.key_count = ES_COUNT(keys),
	.config_size = sizeof(struct dia_process_config),
	.check = check,
	.start = start,
	.is_ready = is_ready,
	.stop = stop,
};
