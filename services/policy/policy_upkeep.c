/* policy_upkeep.c -- rounds of bounded work over the database, and the thread that makes them. */
#include "policy_upkeep.h"

#include <pthread.h>
#include <stdlib.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_log.h"
#include "es_metrics.h"
#include "policy_due.h"
#include "policy_touch.h"

#define LINES_MAX 64    /* of one commit */
#define DEVICES_MAX 500 /* of one commit */
#define ROUND_MS 1000
#define AGE_EVERY_MS (INT64_C(3600) * 1000)
#define NEVER_WORKED_OUT 1 /* `due` of lines of before there was one */
#define ARENA_BYTES (4u << 20)

ES_METRIC_COUNTER1(due_lines, "openes_policy_due_lines_total", "Lines whose answers changed by time alone");
ES_METRIC_COUNTER1(aged_devices, "openes_policy_devices_aged_out_total", "Devices forgotten since they were not seen");

struct policy_upkeep {
	struct policy_engine *engine;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool stopping;
	bool is_failing; /* of the thread: said once */
};

/* ---- what time has changed ---- */

struct round {
	struct policy_engine *engine;
	struct es_arena *arena, *line_arena;
	int64_t now_ms;
	struct policy_due items[LINES_MAX];
	size_t count;
	int64_t told;
	uint64_t sequence; /* of the last event */
};

static es_status take_note(const struct policy_due *due, void *user)
{
	struct round *r = user;

	if (r->count < LINES_MAX)
		r->items[r->count++] = *due;
	return ES_OK;
}

static es_status read_due(struct es_db_conn *conn, void *user)
{
	struct round *r = user;

	r->count = 0;
	return policy_row_due(conn, r->now_ms, LINES_MAX, r->arena, take_note, r);
}

static es_status tell(struct round *r, struct es_db_conn *conn, const struct policy_catalog *catalog,
                      struct policy_subscriber *line, int64_t since_ms, const char *apps)
{
	const struct policy_moment before = { line, since_ms }, after = { line, r->now_ms };
	struct policy_event event = { .at_ms = r->now_ms,
		                          .kind = "subscriber.changed",
		                          .tenant = line->tenant,
		                          .imsi = line->imsi,
		                          .apps = apps,
		                          .traceparent = "" };
	struct policy_touches devices;

	ES_TRY(policy_touch_compare(conn, catalog, &before, &after, r->line_arena, &devices));
	event.devices = devices.items;
	event.device_count = devices.count;
	ES_TRY(policy_row_event_add(conn, &event, &line->version));
	r->sequence = line->version;
	r->told++;
	return ES_OK;
}

static es_status settle_line(struct round *r, struct es_db_conn *conn, const struct policy_catalog *catalog,
                             const struct policy_due *due)
{
	char storage[128];
	struct es_buf apps;
	struct policy_subscriber line;
	uint64_t version;

	es_arena_reset(r->line_arena);
	es_status status = policy_row_due_take(conn, due);
	if (status != ES_OK) /* changed since, or told by another replica */
		return status == ES_NOT_FOUND ? ES_OK : status;
	ES_TRY(policy_row_subscriber(conn, due->tenant, due->imsi, r->line_arena, &line, &version));
	es_buf_init_fixed(&apps, storage, sizeof storage - 1);
	if (due->at_ms > NEVER_WORKED_OUT)
		policy_due_apps(&line, due->at_ms - 1, r->now_ms, &apps);
	storage[apps.len] = '\0';
	if (apps.len > 0)
		ES_TRY(tell(r, conn, catalog, &line, due->at_ms - 1, storage));
	return policy_row_due_done(conn, &line, policy_due_after(&line, r->now_ms));
}

static es_status settle(struct es_db_conn *conn, void *user)
{
	struct round *r = user;
	const struct policy_catalog *catalog = NULL;
	es_status status = ES_OK;

	r->told = 0;
	r->sequence = 0;
	ES_TRY(policy_catalog_in_write(r->engine->store, conn, &catalog));
	for (size_t i = 0; i < r->count && status == ES_OK; i++)
		status = settle_line(r, conn, catalog, &r->items[i]);
	policy_catalog_release(r->engine->store, catalog);
	return status;
}

static es_status round_of(struct round *r)
{
	struct es_db *db = policy_store_db(r->engine->store);

	ES_TRY(es_db_read(db, read_due, r));
	if (r->count == 0)
		return ES_OK;
	ES_TRY(es_db_write_wait(db, settle, r));
	es_count_by(&due_lines, 0, r->told);
	if (r->sequence > 0 && r->engine->tell != NULL)
		r->engine->tell(r->engine->tell_user, r->sequence);
	return ES_OK;
}

es_status policy_upkeep_due(struct policy_engine *engine, int64_t now_ms, bool *more)
{
	struct round r = { .engine = engine, .now_ms = now_ms };
	es_status status = ES_TOO_LARGE;

	r.arena = es_arena_new(0, ARENA_BYTES);
	r.line_arena = es_arena_new(0, ARENA_BYTES);
	if (r.arena != NULL && r.line_arena != NULL)
		status = round_of(&r);
	es_arena_free(r.arena);
	es_arena_free(r.line_arena);
	*more = status == ES_OK && r.count == LINES_MAX;
	return status;
}

/* ---- what is too old ---- */

struct ageing {
	struct policy_engine *engine;
	const struct policy_catalog *catalog;
	const struct policy_tenant *tenant;
	int64_t now_ms, count;
};

static es_status read_catalog(struct es_db_conn *conn, void *user)
{
	struct ageing *a = user;
	uint64_t version = 0;

	ES_TRY(policy_row_catalog_version(conn, &version));
	return policy_catalog_at(a->engine->store, conn, version, &a->catalog);
}

static es_status age_tenant(struct es_db_conn *conn, void *user)
{
	struct ageing *a = user;

	a->count = 0;
	return policy_row_devices_age_out(conn, a->tenant->id, a->now_ms - a->tenant->device_life_s * 1000, DEVICES_MAX,
	                                  &a->count);
}

static es_status age_history(struct es_db_conn *conn, void *user)
{
	const struct ageing *a = user;
	return policy_row_history_prune(conn, a->now_ms);
}

es_status policy_upkeep_age(struct policy_engine *engine, int64_t now_ms, bool *more)
{
	struct es_db *db = policy_store_db(engine->store);
	struct ageing a = { .engine = engine, .now_ms = now_ms };
	es_status status = es_db_read(db, read_catalog, &a);

	*more = false;
	for (size_t i = 0; status == ES_OK && i < a.catalog->tenant_count; i++) {
		a.tenant = &a.catalog->tenants[i];
		status = es_db_write_wait(db, age_tenant, &a);
		if (status == ES_OK)
			es_count_by(&aged_devices, 0, a.count);
		*more = *more || (status == ES_OK && a.count == DEVICES_MAX);
	}
	policy_catalog_release(engine->store, a.catalog);
	return status == ES_OK ? es_db_write_wait(db, age_history, &a) : status;
}

/* ---- the thread ---- */

/* False: it is time to end. */
static bool pause_for(struct policy_upkeep *upkeep, int64_t ms)
{
	const int64_t until = es_mono_ms() + ms;

	(void)pthread_mutex_lock(&upkeep->lock);
	while (ms > 0 && !upkeep->stopping && es_cond_wait_until(&upkeep->wake, &upkeep->lock, until)) {
	}
	const bool go_on = !upkeep->stopping;
	(void)pthread_mutex_unlock(&upkeep->lock);
	return go_on;
}

static void say(struct policy_upkeep *upkeep, es_status status)
{
	if (status != ES_OK && !upkeep->is_failing)
		es_warn(NULL, "upkeep.failed", es_f_status(status));
	upkeep->is_failing = status != ES_OK;
}

static void *run(void *user)
{
	struct policy_upkeep *upkeep = user;
	int64_t age_at_ms = es_mono_ms();
	bool more = false;

	while (pause_for(upkeep, more ? 0 : ROUND_MS)) {
		bool more_ageing = false;
		es_status status = policy_upkeep_due(upkeep->engine, es_wall_ms(), &more);
		if (status == ES_OK && es_mono_ms() >= age_at_ms) {
			status = policy_upkeep_age(upkeep->engine, es_wall_ms(), &more_ageing);
			age_at_ms = es_mono_ms() + (more_ageing ? 0 : AGE_EVERY_MS);
		}
		say(upkeep, status);
	}
	return NULL;
}

struct policy_upkeep *policy_upkeep_start(struct policy_engine *engine)
{
	struct policy_upkeep *upkeep = calloc(1, sizeof *upkeep);

	if (upkeep == NULL)
		return NULL;
	upkeep->engine = engine;
	es_metric_register(&due_lines);
	es_metric_register(&aged_devices);
	(void)pthread_mutex_init(&upkeep->lock, NULL);
	es_cond_init(&upkeep->wake);
	if (pthread_create(&upkeep->thread, NULL, run, upkeep) != 0) {
		free(upkeep);
		return NULL;
	}
	return upkeep;
}

void policy_upkeep_stop(struct policy_upkeep *upkeep)
{
	if (upkeep == NULL)
		return;
	(void)pthread_mutex_lock(&upkeep->lock);
	upkeep->stopping = true;
	(void)pthread_cond_signal(&upkeep->wake);
	(void)pthread_mutex_unlock(&upkeep->lock);
	(void)pthread_join(upkeep->thread, NULL);
	(void)pthread_cond_destroy(&upkeep->wake);
	(void)pthread_mutex_destroy(&upkeep->lock);
	free(upkeep);
}
