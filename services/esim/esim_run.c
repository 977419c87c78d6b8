/* esim_run.c -- rounds over orders that are due, steps under way, and the thread that makes the rounds. */
#include "esim_run.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "esim_prepare.h"
#include "esim_settle.h"

#define ORDERS_MAX 32 /* of one round */
#define ROUND_MS 200
#define BUSY_MS 250 /* an order whose peer has as many under way as may be is looked at again */

static const char *const outcome_names[] = { "done", "pending", "refused", "unheard", "lost", "gone", "taken" };
ES_METRIC_COUNTER(steps, "openes_esim_steps_total", "Steps of orders, by what came of them", "outcome", outcome_names);
static const char *const end_names[] = { "done", "undone", "stuck" };
ES_METRIC_COUNTER(ends, "openes_esim_orders_total", "Orders that came to a state", "state", end_names);

struct esim_runner {
	struct esim_runner_options o;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool has_thread, stopping, is_kicked, is_failing;
};

/* One step under way; it goes over into the next. */
struct trip {
	struct esim_runner *runner;
	struct esim_case c; /* as of the last commit */
	char id[ESIM_ID + 1];
	int64_t takes;    /* of ours; another's since then: what we hear does not count */
	uint64_t version; /* as it was found due */
	struct esim_heard heard;
	int64_t now_ms;
	/* of the transaction, set anew when it runs again */
	bool is_ours, asks, has_room;
	enum esim_peer peer;
	char section[ESIM_NAME + 1];
};

void esim_run_metrics(void)
{
	es_metric_register(&steps);
	es_metric_register(&ends);
}

const char *esim_section_of(const struct esim_order *order)
{
	return esim_order_peer(order) == ESIM_PEER_BSS ? order->bss : order->smdp;
}

static int64_t now_of(const struct esim_runner *runner)
{
	return runner->o.clock != NULL ? runner->o.clock(runner->o.user) : es_wall_ms();
}

/* ---- inside a transaction ---- */

static void leave_room(struct trip *t)
{
	const struct esim_peers *peers = t->runner->o.peers;

	if (t->has_room)
		peers->leave(peers->user, t->peer, t->section);
	t->has_room = false;
}

/* Room for the step that is due; without it the order is left for a moment. */
static bool get_room(struct trip *t)
{
	const struct esim_peers *peers = t->runner->o.peers;

	t->peer = esim_order_peer(&t->c.order);
	(void)snprintf(t->section, sizeof t->section, "%s", esim_section_of(&t->c.order));
	t->has_room = t->peer == ESIM_PEER_NONE || peers->enter(peers->user, t->peer, t->section);
	if (t->peer == ESIM_PEER_NONE)
		t->has_room = false;
	return t->peer == ESIM_PEER_NONE || t->has_room;
}

static es_status hear(struct trip *t, struct es_db_conn *conn)
{
	const struct esim_peers *peers = t->runner->o.peers;
	struct esim_order *o = &t->c.order;
	const uint8_t step = o->step;
	const struct esim_pace pace = peers->pace(peers->user, esim_order_peer(o), esim_section_of(o));

	ES_TRY(esim_prepare_heard(t->runner->o.store, conn, &t->c, &t->heard, t->now_ms));
	esim_profile_learn(&t->c.profile, o, &t->heard, peers->fqdn(peers->user, o->smdp));
	esim_order_hear(o, &t->heard, &pace, t->now_ms);
	return esim_row_step_note(conn, o->id, step, outcome_names[t->heard.outcome], t->heard.reason, t->now_ms);
}

/* Takes the order for its next step, if that is due; again and again where a step needs nobody. */
static es_status take(struct trip *t, struct es_db_conn *conn)
{
	const struct esim_peers *peers = t->runner->o.peers;
	struct esim_order *o = &t->c.order;

	t->asks = false;
	while (!esim_order_is_over(o) && o->next_ms > 0 && o->next_ms <= t->now_ms) {
		if (!get_room(t)) {
			o->next_ms = t->now_ms + BUSY_MS;
			return ES_OK;
		}
		const struct esim_pace pace = peers->pace(peers->user, t->peer, t->section);
		const enum esim_peer peer = t->peer;
		const bool is_taken = esim_order_take(o, &pace, t->now_ms);
		/* Overdue or cancelled, it has turned to somebody else: the next turn of the loop has room there. */
		if (!is_taken || esim_order_peer(o) != peer) {
			leave_room(t);
			if (is_taken) {
				o->flags &= ~(unsigned)ESIM_OUT;
				o->next_ms = t->now_ms;
			}
			continue;
		}
		ES_TRY(esim_prepare(conn, &t->c, t->now_ms, &t->asks, &t->heard));
		if (t->asks)
			return esim_row_step_note(conn, o->id, o->step, "", "", t->now_ms);
		leave_room(t);
		ES_TRY(hear(t, conn));
	}
	return ES_OK;
}

static es_status write_taken(struct trip *t, struct es_db_conn *conn)
{
	ES_TRY(take(t, conn));
	ES_TRY(esim_case_write(t->runner->o.store, conn, &t->c, t->now_ms));
	t->is_ours = true;
	return ES_OK;
}

static es_status read_case(struct trip *t, struct es_db_conn *conn)
{
	leave_room(t); /* of a run of this job that did not count */
	t->is_ours = t->asks = false;
	return esim_case_read(t->runner->o.store, conn, t->id, &t->c);
}

static es_status take_due(struct es_db_conn *conn, void *user)
{
	struct trip *t = user;
	const es_status status = read_case(t, conn);

	if (status != ES_OK || t->c.order.version != t->version) /* another's, or changed: the next round sees it */
		return status == ES_NOT_FOUND ? ES_OK : status;
	return write_taken(t, conn);
}

static es_status hear_and_go_on(struct es_db_conn *conn, void *user)
{
	struct trip *t = user;
	const struct esim_heard heard = t->heard; /* take() may hear on its own */
	es_status status = read_case(t, conn);

	if (status == ES_OK && t->c.order.takes == t->takes && (t->c.order.flags & ESIM_OUT) != 0) {
		status = hear(t, conn);
		if (status == ES_OK)
			status = write_taken(t, conn);
	}
	t->heard = heard;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- after it ---- */

static void on_heard(const struct esim_heard *heard, void *user);

static void note_end(const struct esim_case *c)
{
	const struct esim_order *o = &c->order;

	if (o->state == c->state_before || o->state < ESIM_ORDER_STUCK)
		return;
	es_count(&ends, o->state == ESIM_ORDER_DONE ? 0 : o->state == ESIM_ORDER_UNDONE ? 1 : 2);
	if (o->state == ESIM_ORDER_STUCK)
		es_warn(NULL, "esim.order_stuck", es_f_str("order", o->id), es_f_str("step", esim_step_name(o->step)),
		        es_f_str("why", o->reason));
	else
		es_info(NULL, o->state == ESIM_ORDER_DONE ? "esim.order_done" : "esim.order_undone", es_f_str("order", o->id),
		        es_f_str("kind", esim_kind_names[o->kind]), es_f_str("why", o->reason));
}

static void done_with(struct trip *t)
{
	es_wipe(t, sizeof *t);
	free(t);
}

static void after(es_status status, void *user)
{
	struct trip *t = user;
	const struct esim_peers *peers = t->runner->o.peers;

	if (status != ES_OK) {
		/* What could not be written is found again when its taker is given up. */
		es_warn(NULL, "esim.order_not_written", es_f_str("order", t->id), es_f_status(status));
		t->asks = false;
	} else if (t->is_ours) {
		note_end(&t->c);
		t->runner->o.moved(t->runner->o.user, &t->c.order, t->c.event);
	}
	if (!t->is_ours || !t->asks) {
		leave_room(t);
		done_with(t);
		return;
	}
	const struct esim_ask ask = { &t->c.order, &t->c.profile, esim_step_target(&t->c), t->c.order.old_iccid };
	t->takes = t->c.order.takes;
	t->has_room = false; /* whoever is asked gives it back */
	peers->send(peers->user, t->peer, t->section, &ask, on_heard, t);
}

static void on_heard(const struct esim_heard *heard, void *user)
{
	struct trip *t = user;

	es_count(&steps, heard->outcome);
	t->heard = *heard;
	t->now_ms = now_of(t->runner);
	const es_status status = es_db_write(t->runner->o.store->db, hear_and_go_on, after, t);
	if (status != ES_OK) {
		t->is_ours = false;
		after(status, t);
	}
}

/* ---- rounds ---- */

struct round {
	const struct esim_store *store;
	int64_t now_ms;
	struct esim_order orders[ORDERS_MAX];
	size_t count;
};

static es_status read_due(struct es_db_conn *conn, void *user)
{
	struct round *r = user;

	return esim_row_orders_due(r->store, conn, r->now_ms, r->orders, ORDERS_MAX, &r->count);
}

static es_status take_one(struct esim_runner *runner, const struct esim_order *order, int64_t now_ms)
{
	struct trip *t = calloc(1, sizeof *t);

	if (t == NULL)
		return ES_TOO_LARGE;
	t->runner = runner;
	t->now_ms = now_ms;
	t->version = order->version;
	memcpy(t->id, order->id, sizeof t->id);
	const es_status status = es_db_write(runner->o.store->db, take_due, after, t);
	if (status != ES_OK)
		done_with(t);
	return status;
}

es_status esim_runner_round(struct esim_runner *runner, int64_t now_ms, bool *more)
{
	struct round *r = calloc(1, sizeof *r);
	es_status status = ES_TOO_LARGE;

	*more = false;
	if (r == NULL)
		return status;
	r->store = runner->o.store;
	r->now_ms = now_ms;
	status = es_db_read(r->store->db, read_due, r);
	for (size_t i = 0; status == ES_OK && i < r->count; i++)
		status = take_one(runner, &r->orders[i], now_ms);
	*more = status == ES_OK && r->count == ORDERS_MAX;
	es_wipe(r, sizeof *r);
	free(r);
	return status;
}

/* ---- the thread ---- */

/* False: it is time to end. */
static bool pause_for(struct esim_runner *runner, int64_t ms)
{
	const int64_t until = es_mono_ms() + ms;

	(void)pthread_mutex_lock(&runner->lock);
	while (!runner->stopping && !runner->is_kicked && es_cond_wait_until(&runner->wake, &runner->lock, until)) {
	}
	runner->is_kicked = false;
	const bool go_on = !runner->stopping;
	(void)pthread_mutex_unlock(&runner->lock);
	return go_on;
}

static void *run(void *user)
{
	struct esim_runner *runner = user;
	int64_t sleep_ms = 0;
	bool more = false;

	while (pause_for(runner, sleep_ms)) {
		const int64_t now = es_wall_ms();
		const es_status status = esim_runner_round(runner, now, &more);
		if (status != ES_OK && !runner->is_failing)
			es_warn(NULL, "esim.round_failed", es_f_status(status));
		runner->is_failing = status != ES_OK;
		const int64_t tick_ms = runner->o.tick != NULL ? runner->o.tick(runner->o.user, now) : ROUND_MS;
		/* Orders found due are in the writer's queue: a round at once would find them again. */
		sleep_ms = more ? 5 : tick_ms < ROUND_MS ? tick_ms : ROUND_MS;
	}
	return NULL;
}

void esim_runner_kick(struct esim_runner *runner)
{
	(void)pthread_mutex_lock(&runner->lock);
	runner->is_kicked = true;
	(void)pthread_cond_signal(&runner->wake);
	(void)pthread_mutex_unlock(&runner->lock);
}

es_status esim_runner_start(const struct esim_runner_options *options, bool has_thread, struct esim_runner **out,
                            struct es_buf *error)
{
	struct esim_runner *runner = calloc(1, sizeof *runner);

	if (runner == NULL)
		return ES_TOO_LARGE;
	runner->o = *options;
	(void)pthread_mutex_init(&runner->lock, NULL);
	es_cond_init(&runner->wake);
	if (has_thread && pthread_create(&runner->thread, NULL, run, runner) != 0) {
		es_put_str(error, "threads cannot be had");
		esim_runner_free(runner);
		return ES_UNAVAILABLE;
	}
	runner->has_thread = has_thread;
	*out = runner;
	return ES_OK;
}

void esim_runner_stop(struct esim_runner *runner)
{
	if (runner == NULL)
		return;
	(void)pthread_mutex_lock(&runner->lock);
	runner->stopping = true;
	(void)pthread_cond_signal(&runner->wake);
	(void)pthread_mutex_unlock(&runner->lock);
	if (runner->has_thread)
		(void)pthread_join(runner->thread, NULL);
	runner->has_thread = false;
}

void esim_runner_free(struct esim_runner *runner)
{
	if (runner == NULL)
		return;
	(void)pthread_cond_destroy(&runner->wake);
	(void)pthread_mutex_destroy(&runner->lock);
	free(runner);
}
