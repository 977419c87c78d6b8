/* policy_seen.c -- the pile of sightings and the thread that empties it; it also trims the outbox and what EIRs answered long ago. */
#include "policy_seen.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "es_clock.h"
#include "es_cond.h"
#include "es_log.h"
#include "es_metrics.h"
#include "policy_store_qos.h"

#define PILE_MAX 512
#define NOTED_SLOTS 65536u /* two subscribers in one slot: one of them is written again, nothing worse */
#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define FLUSH_EVERY_MS 1000
#define PRUNE_EVERY_MS (INT64_C(3600) * 1000)
#define OUTBOX_LIFE_MS (7 * DAY_MS)
#define QOS_ORDER_LIFE_MS (30 * DAY_MS) /* after its end */
#define ANSWER_LIFE_MS (400 * DAY_MS)   /* of EIRs: longer than any tenant's max_age */

#define ANSWERS_MAX 1024
#define BSS_EVENTS_MORE_MS (7 * DAY_MS) /* a sender that tries again for a fortnight is still known */
#define BSS_DEAD_MORE_MS (83 * DAY_MS)

static const char *const outcomes[] = { "noted", "dropped", "failed" };
enum { NOTED, DROPPED, FAILED };
ES_METRIC_COUNTER(sightings, "openes_policy_devices_total", "Devices seen, by what became of the note", "result",
                  outcomes);
ES_METRIC_COUNTER(answers_noted, "openes_policy_device_answers_total", "Answers to devices, by what became of the note",
                  "result", outcomes);

ES_METRIC_COUNTER1(uncounted, "openes_policy_attempts_uncounted_total",
                   "Authentications left out of their line's history");

struct entry {
	char tenant[32], imsi[16], terminal_id[65], vendor[65], model[65], sw_version[65];
	int64_t at_ms;
};

struct answer {
	char tenant[32], imsi[16], terminal_id[65], app[32];
	uint32_t version_major, version_minor, language;
	uint8_t digest[POLICY_ANSWER_DIGEST];
	int64_t at_ms;
};

/* An open hash of the lines that authenticated since the last commit. */
#define ATTEMPT_SLOTS 2048u
#define ATTEMPT_PROBES 8u
struct attempts {
	char tenant[32], imsi[16];
	int64_t at_ms;
	uint32_t count; /* 0: free */
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
	struct answer answers[ANSWERS_MAX], writing_answers[ANSWERS_MAX];
	size_t answer_count, writing_answer_count;
	uint64_t noted[NOTED_SLOTS];    /* hash of device and day */
	uint64_t answered[NOTED_SLOTS]; /* hash of device, application, answer and day */
	struct attempts attempts[ATTEMPT_SLOTS], writing_attempts[ATTEMPT_SLOTS];
	bool has_attempts, is_writing_attempts;
	bool is_orphaned;  /* of the thread: an answer's device is gone, so `noted` is wrong */
	int64_t pruned_ms; /* monotonic; of the thread */
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

static uint64_t mix(uint64_t hash, struct es_slice part)
{
	for (size_t k = 0; k < part.len; k++)
		hash = (hash ^ part.ptr[k]) * UINT64_C(0x100000001b3);
	return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t hash_of(const struct policy_sighting *s, int64_t day)
{
	uint64_t hash = mix(mix(UINT64_C(0xcbf29ce484222325) ^ (uint64_t)day, s->tenant), s->imsi);
	hash = mix(hash, s->terminal_id);
	return hash != 0 ? hash : 1;
}

bool policy_seen_is_noting(const struct policy_seen *seen)
{
	return seen != NULL && seen->is_noting;
}

bool policy_seen_offer(struct policy_seen *seen, const struct policy_sighting *s, int64_t now_ms)
{
	uint64_t hash = hash_of(s, now_ms / DAY_MS), *slot = &seen->noted[hash % NOTED_SLOTS];
	bool dropped = false;

	if (!seen->is_noting || s->terminal_id.len == 0)
		return false;
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
	return !dropped;
}

void policy_seen_answer(struct policy_seen *seen, const struct policy_sighting *s, const struct policy_answered *a,
                        int64_t now_ms)
{
	const uint32_t form[] = { a->version_major, a->version_minor, a->language };
	uint64_t hash = mix(mix(hash_of(s, now_ms / DAY_MS), a->app), es_slice_of(a->digest, sizeof a->digest));
	bool dropped = false;

	hash = mix(hash, es_slice_of((const uint8_t *)form, sizeof form)) | 1;
	uint64_t *slot = &seen->answered[hash / 2 % NOTED_SLOTS];
	(void)pthread_mutex_lock(&seen->lock);
	if (*slot == hash) {
		/* noted today */
	} else if (seen->answer_count == ANSWERS_MAX) {
		dropped = true;
	} else {
		struct answer *e = &seen->answers[seen->answer_count++];
		copy(e->tenant, sizeof e->tenant, s->tenant);
		copy(e->imsi, sizeof e->imsi, s->imsi);
		copy(e->terminal_id, sizeof e->terminal_id, s->terminal_id);
		copy(e->app, sizeof e->app, a->app);
		e->version_major = a->version_major;
		e->version_minor = a->version_minor;
		e->language = a->language;
		memcpy(e->digest, a->digest, sizeof e->digest);
		e->at_ms = now_ms;
		*slot = hash;
	}
	(void)pthread_mutex_unlock(&seen->lock);
	if (dropped)
		es_count(&answers_noted, DROPPED);
}

void policy_seen_attempt(struct policy_seen *seen, struct es_slice tenant, struct es_slice imsi, int64_t now_ms)
{
	const uint64_t hash = mix(mix(UINT64_C(0xcbf29ce484222325), tenant), imsi);
	bool counted = false;

	if (!policy_seen_is_noting(seen))
		return;
	(void)pthread_mutex_lock(&seen->lock);
	for (uint64_t i = 0; i < ATTEMPT_PROBES && !counted; i++) {
		struct attempts *slot = &seen->attempts[(hash + i) % ATTEMPT_SLOTS];
		if (slot->count == 0) {
			copy(slot->tenant, sizeof slot->tenant, tenant);
			copy(slot->imsi, sizeof slot->imsi, imsi);
			slot->at_ms = now_ms;
		}
		counted = es_slice_eq_str(tenant, slot->tenant) && es_slice_eq_str(imsi, slot->imsi);
		slot->count += counted && slot->count < UINT32_MAX;
	}
	seen->has_attempts = true;
	(void)pthread_mutex_unlock(&seen->lock);
	if (!counted)
		es_count(&uncounted, 0);
}

/* ---- the thread ---- */

static es_status write_attempts(struct es_db_conn *conn, const struct policy_seen *seen)
{
	for (size_t i = 0; i < ATTEMPT_SLOTS && seen->is_writing_attempts; i++) {
		const struct attempts *a = &seen->writing_attempts[i];
		es_status status = ES_OK;
		if (a->count > 0)
			status = policy_row_attempts_add(conn, a->tenant, a->imsi, a->at_ms, a->count);
		if (status != ES_OK && status != ES_CONFLICT) /* deleted since */
			return status;
	}
	return ES_OK;
}

static es_status write_answers(struct es_db_conn *conn, struct policy_seen *seen)
{
	for (size_t i = 0; i < seen->writing_answer_count; i++) {
		const struct answer *e = &seen->writing_answers[i];
		struct policy_device_app one = { .terminal_id = e->terminal_id,
			                             .app = e->app,
			                             .version_major = e->version_major,
			                             .version_minor = e->version_minor,
			                             .language = e->language,
			                             .answered_ms = e->at_ms };
		memcpy(one.digest, e->digest, sizeof one.digest);
		es_status status = policy_row_device_answered(conn, e->tenant, e->imsi, &one);
		seen->is_orphaned = seen->is_orphaned || status == ES_CONFLICT;
		if (status != ES_OK && status != ES_CONFLICT)
			return status;
	}
	return ES_OK;
}

static es_status write_pile(struct es_db_conn *conn, void *user)
{
	struct policy_seen *seen = user;

	seen->is_orphaned = false;
	for (size_t i = 0; i < seen->writing_count; i++) {
		const struct entry *e = &seen->writing[i];
		const struct policy_device device = { e->terminal_id, e->vendor, e->model, e->sw_version, e->at_ms, e->at_ms };
		es_status status = policy_row_device_seen(conn, e->tenant, e->imsi, &device);
		if (status != ES_OK && status != ES_CONFLICT) /* deleted since: nothing to note */
			return status;
	}
	ES_TRY(write_answers(conn, seen));
	return write_attempts(conn, seen);
}

static es_status prune(struct es_db_conn *conn, void *user)
{
	const int64_t *now_ms = user, events_ms = *now_ms - OUTBOX_LIFE_MS;
	ES_TRY(policy_row_events_prune(conn, events_ms));
	ES_TRY(policy_row_bss_prune(conn, events_ms - BSS_EVENTS_MORE_MS, events_ms - BSS_DEAD_MORE_MS));
	ES_TRY(policy_row_sheets_prune(conn, *now_ms));
	ES_TRY(policy_row_qos_prune(conn, *now_ms - QOS_ORDER_LIFE_MS));
	return policy_row_equipment_answers_prune(conn, *now_ms - ANSWER_LIFE_MS);
}

/* Consumers keep their last number and come every few seconds; a week covers any that is down. */
static void prune_sometimes(struct policy_seen *seen)
{
	int64_t now = es_mono_ms(), wall = es_wall_ms();
	if (now - seen->pruned_ms < PRUNE_EVERY_MS)
		return;
	seen->pruned_ms = now;
	es_status status = es_db_write_wait(policy_store_db(seen->store), prune, &wall);
	if (status != ES_OK)
		es_warn(NULL, "outbox.prune_failed", es_f_status(status));
}

static void flush(struct policy_seen *seen)
{
	if (seen->writing_count == 0 && seen->writing_answer_count == 0 && !seen->is_writing_attempts)
		return;
	es_status status = es_db_write_wait(policy_store_db(seen->store), write_pile, seen);
	es_count_by(&sightings, status == ES_OK ? NOTED : FAILED, (int64_t)seen->writing_count);
	es_count_by(&answers_noted, status == ES_OK ? NOTED : FAILED, (int64_t)seen->writing_answer_count);
	if (status == ES_OK && !seen->is_orphaned)
		return;
	if (status != ES_OK)
		es_warn(NULL, "devices.not_noted", es_f_status(status),
		        es_f_u64("count", seen->writing_count + seen->writing_answer_count));
	(void)pthread_mutex_lock(&seen->lock);
	memset(seen->noted, 0, sizeof seen->noted); /* they are offered again at their next request */
	memset(seen->answered, 0, sizeof seen->answered);
	(void)pthread_mutex_unlock(&seen->lock);
}

static void take_attempts(struct policy_seen *seen)
{
	seen->is_writing_attempts = seen->has_attempts;
	if (!seen->has_attempts)
		return;
	memcpy(seen->writing_attempts, seen->attempts, sizeof seen->attempts);
	memset(seen->attempts, 0, sizeof seen->attempts);
	seen->has_attempts = false;
}

static void *run(void *user)
{
	struct policy_seen *seen = user;
	bool stopping = false;

	while (!stopping) {
		const int64_t until = es_mono_ms() + FLUSH_EVERY_MS;
		(void)pthread_mutex_lock(&seen->lock);
		while (!seen->stopping && es_cond_wait_until(&seen->wake, &seen->lock, until)) {
		}
		stopping = seen->stopping;
		memcpy(seen->writing, seen->pile, seen->count * sizeof *seen->pile);
		seen->writing_count = seen->count;
		seen->count = 0;
		memcpy(seen->writing_answers, seen->answers, seen->answer_count * sizeof *seen->answers);
		seen->writing_answer_count = seen->answer_count;
		seen->answer_count = 0;
		take_attempts(seen);
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

	if (seen == NULL)
		return NULL;
	seen->store = store;
	seen->is_noting = is_noting;
	seen->pruned_ms = es_mono_ms();
	es_metric_register(&sightings);
	es_metric_register(&answers_noted);
	es_metric_register(&uncounted);
	(void)pthread_mutex_init(&seen->lock, NULL);
	es_cond_init(&seen->wake);
	if (pthread_create(&seen->thread, NULL, run, seen) != 0) {
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
