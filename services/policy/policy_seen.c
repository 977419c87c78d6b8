/* policy_seen.c -- the pile of sightings and the thread that empties it; it also trims the outbox. */
#include "policy_seen.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"

#define PILE_MAX 512
#define NOTED_SLOTS 65536u /* two subscribers in one slot: one of them is written again, nothing worse */
#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define PRUNE_EVERY_MS (INT64_C(3600) * 1000)
#define OUTBOX_LIFE_MS (7 * DAY_MS)

static const char *const outcomes[] = { "noted", "dropped", "failed" };
enum { NOTED, DROPPED, FAILED };
ES_METRIC_COUNTER(sightings, "openes_policy_devices_total", "Devices seen, by what became of the note", "result",
                  outcomes);

struct entry {
	char tenant[32], imsi[16], terminal_id[65], vendor[65], model[65], sw_version[65];
	int64_t at_ms;
};

struct policy_seen {
	struct policy_store *store;
	bool is_noting;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool stopping;
	struct entry pile[PILE_MAX], writing[PILE_MAX];
	size_t count, writing_count;
	uint64_t noted[NOTED_SLOTS]; /* hash of device and day */
	int64_t pruned_ms;           /* monotonic; of the thread */
};

static void copy(char *to, size_t size, struct es_slice from)
{
	size_t len = from.len < size ? from.len : size - 1;
	/* Cut between characters: the column holds UTF-8. */
	while (len < from.len && len > 0 && (from.ptr[len] & 0xc0) == 0x80)
		len--;
	if (len > 0)
		memcpy(to, from.ptr, len);
	to[len] = '\0';
}

static uint64_t hash_of(const struct policy_sighting *s, int64_t day)
{
	const struct es_slice parts[] = { s->tenant, s->imsi, s->terminal_id };
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)day;
	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < parts[i].len; k++)
			hash = (hash ^ parts[i].ptr[k]) * UINT64_C(0x100000001b3);
		hash = (hash ^ 0xff) * UINT64_C(0x100000001b3);
	}
	return hash != 0 ? hash : 1;
}

void policy_seen_offer(struct policy_seen *seen, const struct policy_sighting *s, int64_t now_ms)
{
	uint64_t hash = hash_of(s, now_ms / DAY_MS), *slot = &seen->noted[hash % NOTED_SLOTS];
	bool dropped = false;

	if (!seen->is_noting || s->terminal_id.len == 0)
		return;
	(void)pthread_mutex_lock(&seen->lock);
	if (*slot == hash) {
		/* noted today */
	} else if (seen->count == PILE_MAX) {
		dropped = true;
	} else {
		struct entry *e = &seen->pile[seen->count++];
		copy(e->tenant, sizeof e->tenant, s->tenant);
		copy(e->imsi, sizeof e->imsi, s->imsi);
		copy(e->terminal_id, sizeof e->terminal_id, s->terminal_id);
		copy(e->vendor, sizeof e->vendor, s->vendor);
		copy(e->model, sizeof e->model, s->model);
		copy(e->sw_version, sizeof e->sw_version, s->sw_version);
		e->at_ms = now_ms;
		*slot = hash;
	}
	(void)pthread_mutex_unlock(&seen->lock);
	if (dropped)
		es_count(&sightings, DROPPED);
}

/* ---- the thread ---- */

static es_status write_pile(struct es_db_conn *conn, void *user)
{
	const struct policy_seen *seen = user;
	for (size_t i = 0; i < seen->writing_count; i++) {
		const struct entry *e = &seen->writing[i];
		const struct policy_device device = { e->terminal_id, e->vendor, e->model, e->sw_version, e->at_ms, e->at_ms };
		es_status status = policy_row_device_seen(conn, e->tenant, e->imsi, &device);
		if (status != ES_OK && status != ES_CONFLICT) /* deleted since: nothing to note */
			return status;
	}
	return ES_OK;
}

static es_status prune(struct es_db_conn *conn, void *user)
{
	const int64_t *before_ms = user;
	ES_TRY(policy_row_sheets_prune(conn, es_wall_ms()));
	return policy_row_events_prune(conn, *before_ms);
}

/* Consumers keep their last number and come every few seconds; a week covers any that is down. */
static void prune_sometimes(struct policy_seen *seen)
{
	int64_t now = es_mono_ms(), before = es_wall_ms() - OUTBOX_LIFE_MS;
	if (now - seen->pruned_ms < PRUNE_EVERY_MS)
		return;
	seen->pruned_ms = now;
	es_status status = es_db_write_wait(policy_store_db(seen->store), prune, &before);
	if (status != ES_OK)
		es_warn(NULL, "outbox.prune_failed", es_f_status(status));
}

static void flush(struct policy_seen *seen)
{
	if (seen->writing_count == 0)
		return;
	es_status status = es_db_write_wait(policy_store_db(seen->store), write_pile, seen);
	es_count_by(&sightings, status == ES_OK ? NOTED : FAILED, (int64_t)seen->writing_count);
	if (status == ES_OK)
		return;
	es_warn(NULL, "devices.not_noted", es_f_status(status), es_f_u64("count", seen->writing_count));
	(void)pthread_mutex_lock(&seen->lock);
	memset(seen->noted, 0, sizeof seen->noted); /* they are offered again at their next request */
	(void)pthread_mutex_unlock(&seen->lock);
}

static void *run(void *user)
{
	struct policy_seen *seen = user;
	bool stopping = false;

	while (!stopping) {
		struct timespec until;
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += 1;
		(void)pthread_mutex_lock(&seen->lock);
		while (!seen->stopping && pthread_cond_timedwait(&seen->wake, &seen->lock, &until) == 0) {
		}
		stopping = seen->stopping;
		memcpy(seen->writing, seen->pile, seen->count * sizeof *seen->pile);
		seen->writing_count = seen->count;
		seen->count = 0;
		(void)pthread_mutex_unlock(&seen->lock);
		flush(seen);
		if (!stopping)
			prune_sometimes(seen);
	}
	return NULL;
}

struct policy_seen *policy_seen_start(struct policy_store *store, bool is_noting)
{
	struct policy_seen *seen = calloc(1, sizeof *seen);
	pthread_condattr_t clock;

	if (seen == NULL)
		return NULL;
	seen->store = store;
	seen->is_noting = is_noting;
	seen->pruned_ms = es_mono_ms();
	es_metric_register(&sightings);
	if (pthread_mutex_init(&seen->lock, NULL) != 0 || pthread_condattr_init(&clock) != 0) {
		free(seen);
		return NULL;
	}
	(void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	bool ok = pthread_cond_init(&seen->wake, &clock) == 0;
	(void)pthread_condattr_destroy(&clock);
	if (!ok || pthread_create(&seen->thread, NULL, run, seen) != 0) {
		free(seen);
		return NULL;
	}
	return seen;
}

void policy_seen_stop(struct policy_seen *seen)
{
	if (seen == NULL)
		return;
	(void)pthread_mutex_lock(&seen->lock);
	seen->stopping = true;
	(void)pthread_cond_signal(&seen->wake);
	(void)pthread_mutex_unlock(&seen->lock);
	(void)pthread_join(seen->thread, NULL);
	(void)pthread_cond_destroy(&seen->wake);
	(void)pthread_mutex_destroy(&seen->lock);
	free(seen);
}
