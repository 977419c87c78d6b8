/* auth_sqn_source.c -- between auth_sqn.c and the table sqn_replica. */
#include "auth_sqn_source.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth_store.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"

#define REMEMBERED 65536
#define WAITERS_MAX 256

ES_METRIC_GAUGE(index_gauge, "openes_auth_sqn_index", "Index (IND) this replica generates under, -1: none");

struct auth_sqn_source {
	struct es_db *db;
	int64_t (*now_ms)(void);
	char name[128];

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t extended;
	struct auth_sqn *sqn;
	struct auth_sqn_clock clock;
	bool claimed, extending;
	unsigned ind;
	uint8_t owner[AUTH_OWNER];
	struct auth_sqn_waiter *waiters;
	size_t waiting;

	/* Of the one extension under way: written before it is queued, read by its job. */
	struct {
		unsigned ind;
		uint8_t owner[AUTH_OWNER];
		int64_t hwm, now_ms;
	} extension;
};

struct auth_sqn_source *auth_sqn_source_new(struct es_db *db, const char *name, int64_t (*now_ms)(void))
{
	struct auth_sqn_source *source = calloc(1, sizeof *source);

	if (source == NULL)
		return NULL;
	source->sqn = auth_sqn_new(REMEMBERED);
	if (source->sqn == NULL) {
		free(source);
		return NULL;
	}
	(void)pthread_mutex_init(&source->lock, NULL); /* with default attributes neither fails on Linux */
	(void)pthread_cond_init(&source->extended, NULL);
	source->db = db;
	source->now_ms = now_ms;
	size_t len = strnlen(name, sizeof source->name - 1);
	memcpy(source->name, name, len);
	es_metric_register(&index_gauge);
	es_gauge_set(&index_gauge, -1);
	return source;
}

/* With the lock held. */
static int64_t clock_tick(struct auth_sqn_source *source)
{
	return auth_sqn_clock_read(&source->clock, source->now_ms(), es_mono_ms());
}

/* ---- release ---- */

struct release {
	unsigned ind;
	uint8_t owner[AUTH_OWNER];
	int64_t hwm;
};

static es_status release_job(struct es_db_conn *conn, void *user)
{
	struct release *r = user;

	return auth_store_release(conn, r->ind, r->owner, r->hwm);
}

void auth_sqn_source_free(struct auth_sqn_source *source)
{
	if (source == NULL)
		return;
	pthread_mutex_lock(&source->lock);
	while (source->extending)
		pthread_cond_wait(&source->extended, &source->lock);
	pthread_mutex_unlock(&source->lock);
	if (source->claimed) {
		struct release r = { .ind = source->ind, .hwm = auth_sqn_unused_from(source->sqn) };
		memcpy(r.owner, source->owner, sizeof r.owner);
		es_status status = es_db_write_wait(source->db, release_job, &r);
		if (status != ES_OK) /* harmless: the next owner starts at the mark that stands */
			es_info(NULL, "auth.sqn_index_kept", es_f_status(status));
	}
	pthread_cond_destroy(&source->extended);
	pthread_mutex_destroy(&source->lock);
	auth_sqn_free(source->sqn);
	free(source);
}

/* ---- extension ---- */

static es_status extension_job(struct es_db_conn *conn, void *user)
{
	struct auth_sqn_source *source = user;

	return auth_store_extend(conn, source->extension.ind, source->extension.owner, source->extension.hwm,
	                         source->extension.now_ms);
}

static void lose(struct auth_sqn_source *source)
{
	auth_sqn_lost(source->sqn);
	source->claimed = false;
	es_gauge_set(&index_gauge, -1);
}

static void resume_all(struct auth_sqn_waiter *list, es_status status)
{
	while (list != NULL) {
		struct auth_sqn_waiter *waiter = list;
		list = list->next; /* the waiter's memory may be gone once it ran */
		waiter->resume(waiter, status);
	}
}

static void extension_done(es_status status, void *user)
{
	struct auth_sqn_source *source = user;

	pthread_mutex_lock(&source->lock);
	source->extending = false;
	bool still_ours = source->claimed && source->ind == source->extension.ind &&
	                  memcmp(source->owner, source->extension.owner, AUTH_OWNER) == 0;
	if (still_ours && status == ES_OK)
		auth_sqn_extended(source->sqn, source->extension.hwm);
	if (still_ours && status == ES_CONFLICT)
		lose(source);
	struct auth_sqn_waiter *waiters = source->waiters;
	source->waiters = NULL;
	source->waiting = 0;
	pthread_cond_broadcast(&source->extended);
	pthread_mutex_unlock(&source->lock); /* from here on `source` may be gone */

	if (status != ES_OK)
		es_warn(NULL, "auth.sqn_mark_not_extended", es_f_status(status));
	resume_all(waiters, status == ES_OK ? ES_OK : ES_UNAVAILABLE);
}

/* With the lock held. False when it could not be queued. */
static bool start_extension(struct auth_sqn_source *source, int64_t hwm)
{
	if (source->extending)
		return true;
	source->extension.ind = source->ind;
	memcpy(source->extension.owner, source->owner, AUTH_OWNER);
	source->extension.hwm = hwm;
	source->extension.now_ms = source->now_ms();
	source->extending = true;
	if (es_db_write(source->db, extension_job, extension_done, source) != ES_OK) {
		source->extending = false;
		return false;
	}
	return true;
}

/* ---- claim ---- */

static es_status claim_job(struct es_db_conn *conn, void *user)
{
	return auth_store_claim(conn, user);
}

static void claim(struct auth_sqn_source *source)
{
	struct auth_claim c = { .name = source->name, .now_ms = source->now_ms() };

	c.clock_tick = auth_sqn_tick_of(c.now_ms);
	es_random(c.owner, sizeof c.owner);
	es_status status = es_db_write_wait(source->db, claim_job, &c);
	if (status != ES_OK) {
		es_warn(NULL, "auth.sqn_index_not_claimed", es_f_status(status));
		return;
	}
	pthread_mutex_lock(&source->lock);
	auth_sqn_claimed(source->sqn, c.ind, c.floor, c.hwm);
	if (c.floor > clock_tick(source))
		auth_sqn_clock_raise(&source->clock, c.floor, es_mono_ms());
	source->claimed = true;
	source->ind = c.ind;
	memcpy(source->owner, c.owner, AUTH_OWNER);
	pthread_mutex_unlock(&source->lock);
	es_gauge_set(&index_gauge, (int64_t)c.ind);
	es_info(NULL, "auth.sqn_index_claimed", es_f_u64("ind", c.ind));
}

void auth_sqn_source_poll(struct auth_sqn_source *source)
{
	pthread_mutex_lock(&source->lock);
	bool claimed = source->claimed;
	int64_t wanted = auth_sqn_wanted_hwm(source->sqn, clock_tick(source));
	if (claimed && wanted != 0)
		(void)start_extension(source, wanted);
	pthread_mutex_unlock(&source->lock);
	if (!claimed)
		claim(source);
}

bool auth_sqn_source_is_ready(struct auth_sqn_source *source)
{
	pthread_mutex_lock(&source->lock);
	bool claimed = source->claimed;
	pthread_mutex_unlock(&source->lock);
	return claimed;
}

/* ---- numbers ---- */

static enum auth_sqn_took wait_for_mark(struct auth_sqn_source *source, int64_t tick, struct auth_sqn_waiter *waiter,
                                        es_status *why)
{
	*why = ES_BUSY;
	if (source->waiting >= WAITERS_MAX || !start_extension(source, auth_sqn_wanted_hwm(source->sqn, tick)))
		return AUTH_TOOK_FAILED;
	waiter->next = source->waiters;
	source->waiters = waiter;
	source->waiting++;
	return AUTH_TOOK_WAITING;
}

enum auth_sqn_took auth_sqn_source_take(struct auth_sqn_source *source, uint64_t subscriber, int64_t dif,
                                        struct auth_sqn_waiter *waiter, uint64_t *sqn, es_status *why)
{
	enum auth_sqn_took took = AUTH_TOOK_FAILED;

	pthread_mutex_lock(&source->lock);
	int64_t tick = clock_tick(source);
	switch (auth_sqn_next(source->sqn, tick, subscriber, dif, sqn)) {
	case AUTH_SQN_OK: took = AUTH_TOOK; break;
	case AUTH_SQN_WAIT: took = wait_for_mark(source, tick, waiter, why); break;
	case AUTH_SQN_NO_INDEX: *why = ES_UNAVAILABLE; break;
	case AUTH_SQN_TOO_FAST: *why = ES_BUSY; break;
	case AUTH_SQN_EXHAUSTED:
		*why = ES_UNAVAILABLE;
		es_warn(NULL, "auth.sqn_exhausted", es_f_i64("dif", dif), es_f_i64("clock_tick", tick));
		break;
	}
	pthread_mutex_unlock(&source->lock);
	return took;
}

int64_t auth_sqn_source_tick(struct auth_sqn_source *source)
{
	pthread_mutex_lock(&source->lock);
	int64_t tick = auth_sqn_tick(source->sqn, clock_tick(source));
	pthread_mutex_unlock(&source->lock);
	return tick;
}
