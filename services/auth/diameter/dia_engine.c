/* dia_engine.c -- between those who ask and freeDiameter: dia_pending.h under a lock, a clock, a sender. */
#include "dia_engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dia_answer.h"
#include "dia_pending.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_worker.h"

enum { IDLE_MS = 1000, STUCK_MS = 20000, ANSWERS_MAX = 256 };

ES_METRIC_GAUGE(in_flight, "openes_diameter_in_flight", "Questions to HSSs and AAAs under way");
ES_METRIC_GAUGE(peers_open, "openes_diameter_peers_open", "Peers that are connected");
ES_METRIC_HISTOGRAM(latency, "openes_diameter_seconds", "Time to the answer of an HSS or AAA");
static const char *const endings[] = { "answered", "timeout", "discarded", "turned_away", "no_peer" };
enum ending { ANSWERED, TIMED_OUT, DISCARDED, TURNED_AWAY, NO_PEER };
ES_METRIC_COUNTER(questions, "openes_diameter_questions_total", "Questions to HSSs and AAAs by how they ended", "end",
                  endings);
ES_METRIC_COUNTER1(repeats, "openes_diameter_repeats_total", "Questions asked of a second peer");

struct dia_engine {
	const struct dia_config *config;
	struct dia_library_hooks hooks;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* monotonic */
	struct dia_pending pending;
	struct owner {
		dia_done *done;
		void *owner;
	} * owners; /* by place, beside the slots */
	bool stopping;
	int64_t wakes_at; /* mono ms: when the clock looks again by itself */
	pthread_t clock;
	bool has_clock, has_library;
	struct es_worker *sender;
	_Atomic int64_t sending_since; /* mono ms; 0: not sending */
};

/* ---- the end of a question ---- */

/* Under the lock: what has to be told, and the place is free. */
static struct owner take(struct dia_engine *e, struct dia_slot *slot)
{
	struct owner *owner = &e->owners[slot - e->pending.slots];
	const struct owner taken = *owner;

	*owner = (struct owner){ 0 };
	dia_pending_close(&e->pending, slot);
	es_gauge_add(&in_flight, -1);
	return taken;
}

static void finish(const struct owner *owner, enum ending ending, struct es_slice body, const char *why)
{
	es_count(&questions, ending);
	owner->done(owner->owner, body, why);
}

/* Of another command, or of none. */
static bool fits(const struct dia_slot *slot, struct es_slice octets, struct dia_message *out)
{
	return dia_message_parse(octets, out) == ES_OK && (out->flags & DIA_REQUEST) == 0 &&
	       memcmp(slot->octets + 5, octets.ptr + 5, 3) == 0;
}

/* Made by our own library, since it had nobody to send the request to. */
static bool is_local(const struct dia_engine *e, struct es_slice body)
{
	struct es_slice host;

	return dia_find(body, DIA_ORIGIN_HOST, &host) == ES_OK && es_slice_eq_str(host, e->config->node.identity);
}

/* A peer that says it cannot: the library goes elsewhere only when the E bit is set as well. */
static bool is_for_another(const struct dia_slot *slot, uint32_t open, struct es_slice body)
{
	struct dia_result result;

	return slot->may_repeat && (slot->source->peers & open & ~slot->tried) != 0 &&
	       dia_result_read(body, &result) == ES_OK && !result.is_experimental &&
	       (result.code == DIA_UNABLE_TO_DELIVER || result.code == DIA_TOO_BUSY);
}

static void on_answered(void *user, uint32_t id, struct es_slice octets)
{
	struct dia_engine *e = user;
	struct dia_message message;
	const uint32_t open = dia_library_open_peers();

	(void)pthread_mutex_lock(&e->lock);
	struct dia_slot *slot = dia_pending_find(&e->pending, id);
	if (slot == NULL) { /* the second of two, or too late */
		(void)pthread_mutex_unlock(&e->lock);
		return;
	}
	const bool is_good = fits(slot, octets, &message);
	if (is_good && !is_local(e, message.body) && is_for_another(slot, open, message.body)) {
		slot->attempt_until = 0; /* the clock asks again, now */
		(void)pthread_cond_signal(&e->changed);
		(void)pthread_mutex_unlock(&e->lock);
		return;
	}
	const int64_t took = es_mono_us() - slot->begun_us;
	const struct owner owner = take(e, slot);
	(void)pthread_mutex_unlock(&e->lock);
	if (!is_good) {
		finish(&owner, DISCARDED, (struct es_slice){ 0 }, "malformed answer");
	} else if (is_local(e, message.body)) {
		finish(&owner, NO_PEER, (struct es_slice){ 0 }, "no peer");
	} else {
		es_observe_us(&latency, took > 0 ? (uint64_t)took : 0);
		finish(&owner, ANSWERED, message.body, NULL);
	}
}

static void on_discarded(void *user, uint32_t id)
{
	struct dia_engine *e = user;

	(void)pthread_mutex_lock(&e->lock);
	struct dia_slot *slot = dia_pending_find(&e->pending, id);
	const struct owner owner = slot != NULL ? take(e, slot) : (struct owner){ 0 };
	(void)pthread_mutex_unlock(&e->lock);
	if (owner.done != NULL)
		finish(&owner, DISCARDED, (struct es_slice){ 0 }, "malformed answer");
}

/* ---- routing ---- */

static int on_score(void *user, uint32_t id, size_t peer)
{
	struct dia_engine *e = user;

	(void)pthread_mutex_lock(&e->lock);
	const struct dia_slot *slot = dia_pending_find(&e->pending, id);
	const int score = slot != NULL ? dia_slot_score(slot, peer) : -1;
	(void)pthread_mutex_unlock(&e->lock);
	return score;
}

static void on_sending(void *user, uint32_t id, size_t peer)
{
	struct dia_engine *e = user;

	(void)pthread_mutex_lock(&e->lock);
	struct dia_slot *slot = dia_pending_find(&e->pending, id);
	if (slot != NULL)
		slot->tried |= 1u << peer;
	(void)pthread_mutex_unlock(&e->lock);
}

/* ---- sending, on the thread that may block ---- */

struct outgoing {
	struct dia_engine *engine;
	uint32_t id; /* of a question; 0: an answer */
	struct dia_asked *asked;
	uint32_t code;
	bool is_experimental;
};

/* A copy, since the question may end meanwhile. */
static uint8_t *copy_request(struct dia_engine *e, uint32_t id, size_t *len, int64_t *ms)
{
	uint8_t *octets = NULL;

	(void)pthread_mutex_lock(&e->lock);
	const struct dia_slot *slot = dia_pending_find(&e->pending, id);
	if (slot != NULL && (octets = malloc(slot->len)) != NULL) {
		memcpy(octets, slot->octets, slot->len);
		dia_message_mark(octets, id, slot->tried != 0 ? DIA_RESENT : 0);
		*len = slot->len;
		*ms = slot->deadline - es_mono_ms();
	}
	(void)pthread_mutex_unlock(&e->lock);
	return octets;
}

static void send_question(struct dia_engine *e, uint32_t id)
{
	size_t len = 0;
	int64_t ms = 0;
	uint8_t *octets = copy_request(e, id, &len, &ms);

	if (octets == NULL)
		return; /* it has ended; or its deadline will say so */
	if (ms > 0 && dia_library_send(es_slice_of(octets, len), id, ms) != ES_OK)
		es_warn(NULL, "diameter.not_sent");
	es_wipe(octets, len);
	free(octets);
}

static void run_outgoing(void *user)
{
	struct outgoing *out = user;

	atomic_store(&out->engine->sending_since, es_mono_ms());
	if (out->asked != NULL)
		dia_library_answer(out->asked, out->code, out->is_experimental);
	else
		send_question(out->engine, out->id);
	atomic_store(&out->engine->sending_since, 0);
	free(out);
}

static es_status submit(struct dia_engine *e, const struct outgoing *what)
{
	struct outgoing *out = malloc(sizeof *out);

	if (out == NULL)
		return ES_TOO_LARGE;
	*out = *what;
	const es_status status = es_worker_submit(e->sender, run_outgoing, out);
	if (status != ES_OK)
		free(out);
	return status;
}

void dia_engine_answer(struct dia_engine *e, struct dia_asked *asked, uint32_t code, bool is_experimental)
{
	const struct outgoing out = { .engine = e, .asked = asked, .code = code, .is_experimental = is_experimental };

	if (submit(e, &out) == ES_OK)
		return;
	es_warn(NULL, "diameter.answer_lost"); /* the peer asks again */
	dia_library_drop(asked);
}

/* ---- the clock ---- */

struct due {
	struct owner owner;
	uint32_t again; /* id */
};

/* Under the lock: the next thing that is due, of the places from `*place` on. */
static bool take_due(struct dia_engine *e, int64_t now, uint32_t open, size_t *place, struct due *out)
{
	*out = (struct due){ 0 };
	while (*place < e->pending.size) {
		struct dia_slot *slot = &e->pending.slots[(*place)++];
		const enum dia_due due = e->stopping && slot->id != 0 ? DIA_DUE_END : dia_slot_due(slot, now);
		if (due == DIA_DUE_END) {
			out->owner = take(e, slot);
			return true;
		}
		if (due == DIA_DUE_ATTEMPT) {
			slot->may_repeat = false;
			if ((slot->source->peers & open & ~slot->tried) == 0)
				continue;
			out->again = slot->id;
			return true;
		}
	}
	return false;
}

static void run_due(struct dia_engine *e, const struct due *due)
{
	if (due->again == 0) {
		finish(&due->owner, TIMED_OUT, (struct es_slice){ 0 }, "timeout");
	} else if (submit(e, &(struct outgoing){ .engine = e, .id = due->again }) == ES_OK) {
		es_count(&repeats, 0);
	}
}

/* The library holds on to the sender: nothing goes out any more, and only a new process helps. */
static void check_sender(struct dia_engine *e, int64_t now)
{
	const int64_t since = atomic_load(&e->sending_since);

	if (since == 0 || now - since < STUCK_MS)
		return;
	es_error(NULL, "diameter.stuck", es_f_str("next", "this process ends, to be started again"));
	_exit(EXIT_FAILURE);
}

static void *run_clock(void *user)
{
	struct dia_engine *e = user;
	bool stopped = false;

	while (!stopped) {
		const uint32_t open = dia_library_open_peers();
		const int64_t now = es_mono_ms();
		size_t place = 0;
		struct due due;
		es_gauge_set(&peers_open, __builtin_popcount(open));
		check_sender(e, now);
		(void)pthread_mutex_lock(&e->lock);
		while (take_due(e, now, open, &place, &due)) {
			(void)pthread_mutex_unlock(&e->lock);
			run_due(e, &due);
			(void)pthread_mutex_lock(&e->lock);
		}
		stopped = e->stopping;
		const int64_t next = dia_pending_next(&e->pending);
		e->wakes_at = next < now + IDLE_MS ? next : now + IDLE_MS;
		if (!stopped && e->wakes_at > now)
			(void)es_cond_wait_until(&e->changed, &e->lock, e->wakes_at);
		(void)pthread_mutex_unlock(&e->lock);
	}
	return NULL;
}

/* ---- asking ---- */

static uint32_t pinned_to(const struct dia_engine *e, const char *host)
{
	const size_t peer = host[0] != '\0' ? dia_config_peer_of_host(e->config, es_slice_str(host)) : SIZE_MAX;

	return peer != SIZE_MAX ? 1u << peer : 0; /* behind an agent: any peer leads there */
}

static void fill_slot(struct dia_engine *e, struct dia_slot *slot, const struct dia_question *q)
{
	const int64_t now = es_mono_ms(), left = q->deadline - es_wall_ms();

	slot->deadline = now + (left < q->source->timeout ? left : q->source->timeout);
	slot->attempt_until = now + q->source->attempt;
	slot->begun_us = es_mono_us();
	slot->may_repeat = q->may_repeat;
	slot->pinned = pinned_to(e, q->destination_host);
	e->owners[slot - e->pending.slots] = (struct owner){ .done = q->done, .owner = q->owner };
	es_gauge_add(&in_flight, 1);
}

static es_status refuse(enum ending ending, es_status status)
{
	es_count(&questions, ending);
	return status;
}

es_status dia_engine_ask(struct dia_engine *e, const struct dia_question *q)
{
	if ((dia_library_open_peers() & q->source->peers) == 0)
		return refuse(NO_PEER, ES_UNAVAILABLE);
	uint8_t *octets = malloc(q->octets.len);
	if (octets == NULL)
		return ES_TOO_LARGE;
	memcpy(octets, q->octets.ptr, q->octets.len);
	(void)pthread_mutex_lock(&e->lock);
	struct dia_slot *slot = e->stopping ? NULL : dia_pending_open(&e->pending, q->source, octets, q->octets.len);
	if (slot == NULL) {
		(void)pthread_mutex_unlock(&e->lock);
		free(octets);
		return refuse(TURNED_AWAY, ES_BUSY);
	}
	fill_slot(e, slot, q);
	const uint32_t id = slot->id;
	const int64_t due = dia_slot_next(slot);
	if (due <
	    e->wakes_at) { /* else the clock finds it: it is not woken, nor looks through all places, for each question */
		e->wakes_at = due;
		(void)pthread_cond_signal(&e->changed);
	}
	(void)pthread_mutex_unlock(&e->lock);
	/* The question is the engine's now: should the sender be overrun, its deadline ends it. */
	if (submit(e, &(struct outgoing){ .engine = e, .id = id }) != ES_OK)
		es_warn(NULL, "diameter.not_sent");
	return ES_OK;
}

/* ---- life ---- */

static void show_metrics(void)
{
	es_metric_register(&in_flight);
	es_metric_register(&peers_open);
	es_metric_register(&latency);
	es_metric_register(&questions);
	es_metric_register(&repeats);
}

static es_status start_parts(struct dia_engine *e, struct es_buf *error)
{
	uint32_t seed;

	(void)pthread_mutex_init(&e->lock, NULL);
	es_cond_init(&e->changed);
	es_random(&seed, sizeof seed);
	ES_TRY(dia_pending_init(&e->pending, e->config, seed));
	e->owners = calloc(e->pending.size + 1, sizeof *e->owners);
	e->sender = es_worker_new("dia-send", 1, 2 * e->config->in_flight_max + ANSWERS_MAX);
	if (e->owners == NULL || e->sender == NULL)
		return ES_TOO_LARGE;
	ES_TRY(dia_library_start(e->config, &e->hooks, error));
	e->has_library = true;
	e->has_clock = pthread_create(&e->clock, NULL, run_clock, e) == 0;
	return e->has_clock ? ES_OK : ES_TOO_LARGE;
}

es_status dia_engine_start(const struct dia_config *config,
                           bool (*asked)(void *user, struct dia_asked *asked, struct es_slice octets), void *asked_user,
                           struct dia_engine **out, struct es_buf *error)
{
	struct dia_engine *e = calloc(1, sizeof *e);

	if (e == NULL)
		return ES_TOO_LARGE;
	show_metrics();
	e->config = config;
	e->hooks = (struct dia_library_hooks){ .user = e,
		                                   .answered = on_answered,
		                                   .discarded = on_discarded,
		                                   .score = on_score,
		                                   .sending = on_sending,
		                                   .asked = asked,
		                                   .asked_user = asked_user };
	const es_status status = start_parts(e, error);
	if (status != ES_OK) {
		dia_engine_stop(e);
		return status;
	}
	*out = e;
	return ES_OK;
}

void dia_engine_stop(struct dia_engine *e)
{
	if (e == NULL)
		return;
	(void)pthread_mutex_lock(&e->lock);
	e->stopping = true;
	(void)pthread_cond_signal(&e->changed);
	(void)pthread_mutex_unlock(&e->lock);
	if (e->has_clock)
		(void)pthread_join(e->clock, NULL);
	es_worker_stop(e->sender);
	if (e->has_library)
		dia_library_stop(); /* until here peers may ask, and be answered */
	es_worker_free(e->sender);
	dia_pending_free(&e->pending);
	free(e->owners);
	free(e);
}
