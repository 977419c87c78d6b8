/* policy_qos_run.c -- rounds over orders that are due, and the thread that makes them. */
#include "policy_qos_run.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_log.h"
#include "es_metrics.h"
#include "policy_admin.h"
#include "policy_qos_follow.h"

#define ORDERS_MAX 32 /* of one round */
#define ARENA_BYTES (4u << 20)
#define ROUND_MS 1000
#define BUSY_MS 500 /* an order whose network has as many under way as may be is looked at again */
#define REASON_MAX 128

enum { ACTIVE, ENDED, FAILED, WITHDRAWN };
static const char *const ends[] = { "active", "ended", "failed", "withdrawn" };
ES_METRIC_COUNTER(steps, "openes_policy_qos_orders_total", "Orders for quality of service that came to a state",
                  "state", ends);

struct policy_qos_runner {
	struct policy_engine *engine;
	struct policy_qos_net *net;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool has_thread, stopping, is_failing;
};

/* ---- what came of a step ---- */

struct hearing {
	struct policy_store *store;
	struct policy_qos_pace pace;
	char id[POLICY_QOS_ID + 1];
	int64_t takes, now_ms;
	enum policy_qos_outcome outcome;
	char remote[POLICY_QOS_REMOTE_MAX + 1], reason[REASON_MAX];
	uint8_t state; /* what it came to; 0: it was not ours any more */
};

static void note_state(uint8_t state, const char *id, const char *reason)
{
	if (state == POLICY_QOS_ACTIVE)
		es_count(&steps, ACTIVE);
	else if (state == POLICY_QOS_ENDED)
		es_count(&steps, ENDED);
	else if (state == POLICY_QOS_FAILED)
		es_count(&steps, FAILED);
	if (state == POLICY_QOS_FAILED)
		es_warn(NULL, "qos.failed", es_f_str("order", id), es_f_str("why", reason));
}

static es_status hear_with(struct es_db_conn *conn, struct hearing *h, struct es_arena *arena)
{
	const struct policy_qos_heard heard = { h->outcome, h->remote, h->reason };
	struct policy_qos_order order;

	es_status status = policy_row_qos(conn, h->id, arena, &order);
	if (status != ES_OK || order.takes != h->takes)
		return status == ES_NOT_FOUND ? ES_OK : status;
	policy_qos_hear(&order, &heard, &h->pace, h->now_ms);
	ES_TRY(policy_qos_settle(conn, h->store, &order, arena, h->now_ms));
	h->state = order.state;
	return ES_OK;
}

static es_status hear(struct es_db_conn *conn, void *user)
{
	struct hearing *h = user;
	struct es_arena *arena = es_arena_new(0, ARENA_BYTES);

	h->state = 0;
	es_status status = arena != NULL ? hear_with(conn, h, arena) : ES_TOO_LARGE;
	es_arena_free(arena);
	return status;
}

/* What could not be written is found again when the taker is given up. */
static void heard(es_status status, void *user)
{
	struct hearing *h = user;

	if (status != ES_OK)
		es_warn(NULL, "qos.not_written", es_f_str("order", h->id), es_f_status(status));
	else
		note_state(h->state, h->id, h->reason);
	free(h);
}

static void on_sent(const struct policy_qos_heard *what, void *user)
{
	struct hearing *h = user;

	h->outcome = what->outcome;
	h->now_ms = es_wall_ms();
	(void)snprintf(h->remote, sizeof h->remote, "%s", what->remote);
	(void)snprintf(h->reason, sizeof h->reason, "%s", what->reason);
	es_status status = es_db_write(policy_store_db(h->store), hear, heard, h);
	if (status != ES_OK)
		heard(status, h);
}

/* ---- taking ---- */

struct round {
	struct policy_engine *engine;
	struct policy_qos_net *net;
	struct es_arena *arena, *row_arena;
	int64_t now_ms;
	struct policy_qos_order orders[ORDERS_MAX]; /* as they were found due */
	struct {
		struct policy_qos_order order; /* as it is since it was taken */
		bool has_room;                 /* of its network: given back whoever has the order in the end */
		enum policy_qos_act act;
		uint8_t came_to; /* a state without anything sent */
	} of[ORDERS_MAX];
	size_t count;
};

static es_status take_note(const struct policy_qos_order *order, void *user)
{
	struct round *r = user;

	if (r->count < ORDERS_MAX)
		r->orders[r->count++] = *order;
	return ES_OK;
}

static es_status read_due(struct es_db_conn *conn, void *user)
{
	struct round *r = user;

	r->count = 0;
	return policy_row_qos_due(conn, r->now_ms, ORDERS_MAX, r->arena, take_note, r);
}

/* What was found due is not changed: this may run twice, and another replica may have been quicker. */
static es_status take_one(struct round *r, struct es_db_conn *conn, size_t i)
{
	struct policy_qos_order order;

	r->of[i].act = POLICY_QOS_NOTHING;
	r->of[i].came_to = 0;
	es_status status = policy_row_qos(conn, r->orders[i].id, r->arena, &order);
	if (status != ES_OK || order.version != r->orders[i].version) /* another's, or changed: the next round sees it */
		return status == ES_NOT_FOUND ? ES_OK : status;
	if (!r->of[i].has_room) {
		order.next_ms = r->now_ms + BUSY_MS;
		return policy_row_qos_put(conn, &order);
	}
	const struct policy_qos_pace pace = policy_qos_net_pace(r->net, order.source);
	const uint8_t before = order.state;
	const enum policy_qos_act act = policy_qos_take(&order, &pace, r->now_ms);
	es_arena_reset(r->row_arena);
	ES_TRY(policy_qos_settle(conn, r->engine->store, &order, r->row_arena, r->now_ms));
	r->of[i].act = act;
	r->of[i].came_to = act == POLICY_QOS_NOTHING && order.state != before ? order.state : 0;
	r->of[i].order = order;
	return ES_OK;
}

static es_status take(struct es_db_conn *conn, void *user)
{
	struct round *r = user;
	es_status status = ES_OK;

	for (size_t i = 0; i < r->count && status == ES_OK; i++)
		status = take_one(r, conn, i);
	return status;
}

/* ---- doing ---- */

static void withdraw(struct round *r, const struct policy_qos_order *order)
{
	const struct policy_admin_param params[] = { { "tenant", order->tenant }, { "order", order->id } };
	const struct policy_admin_request request = { .credential = "",
		                                          .action = "qos.withdraw",
		                                          .client = "",
		                                          .params = params,
		                                          .param_count = ES_COUNT(params),
		                                          .system = "qos" };
	struct policy_admin_result result;

	es_status status = policy_admin_run(r->engine->store, r->engine->ring, &request, &result);
	es_buf_free(&result.body);
	if (status != ES_OK || result.outcome > POLICY_ADMIN_ACCEPTED) {
		es_warn(NULL, "qos.not_withdrawn", es_f_str("order", order->id), es_f_status(status));
		return;
	}
	es_count(&steps, WITHDRAWN);
	es_info(NULL, "qos.withdrawn", es_f_str("order", order->id));
	if (result.sequence > 0 && r->engine->tell != NULL)
		r->engine->tell(r->engine->tell_user, result.sequence);
}

static void send(struct round *r, const struct policy_qos_order *order, enum policy_qos_act act)
{
	struct hearing *h = calloc(1, sizeof *h);

	if (h == NULL) { /* found again later */
		policy_qos_net_leave(r->net, order->source);
		return;
	}
	h->store = r->engine->store;
	h->pace = policy_qos_net_pace(r->net, order->source);
	h->takes = order->takes;
	(void)snprintf(h->id, sizeof h->id, "%s", order->id);
	policy_qos_net_send(r->net, act, order, on_sent, h);
}

static void act(struct round *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct policy_qos_order *order = &r->of[i].order;
		const bool sends = r->of[i].act == POLICY_QOS_CREATE || r->of[i].act == POLICY_QOS_REMOVE;
		if (r->of[i].came_to != 0)
			note_state(r->of[i].came_to, order->id, order->reason);
		if (sends)
			send(r, order, r->of[i].act);
		else if (r->of[i].has_room)
			policy_qos_net_leave(r->net, r->orders[i].source);
		if (r->of[i].act == POLICY_QOS_WITHDRAW)
			withdraw(r, order);
	}
}

static void leave_all(struct round *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->of[i].has_room)
			policy_qos_net_leave(r->net, r->orders[i].source);
}

static es_status round_of(struct round *r)
{
	struct es_db *db = policy_store_db(r->engine->store);

	ES_TRY(es_db_read(db, read_due, r));
	if (r->count == 0)
		return ES_OK;
	for (size_t i = 0; i < r->count; i++)
		r->of[i].has_room = policy_qos_net_enter(r->net, r->orders[i].source);
	es_status status = es_db_write_wait(db, take, r);
	if (status == ES_OK)
		act(r);
	else
		leave_all(r);
	return status;
}

es_status policy_qos_round(struct policy_engine *engine, struct policy_qos_net *net, int64_t now_ms, bool *more)
{
	struct round *r = calloc(1, sizeof *r);
	es_status status = ES_TOO_LARGE;

	*more = false;
	if (r == NULL)
		return status;
	*r = (struct round){ .engine = engine, .net = net, .now_ms = now_ms };
	r->arena = es_arena_new(0, ARENA_BYTES);
	r->row_arena = es_arena_new(0, ARENA_BYTES);
	if (r->arena != NULL && r->row_arena != NULL)
		status = round_of(r);
	*more = status == ES_OK && r->count == ORDERS_MAX;
	es_arena_free(r->arena);
	es_arena_free(r->row_arena);
	free(r);
	return status;
}

/* ---- the thread ---- */

/* False: it is time to end. */
static bool pause_for(struct policy_qos_runner *runner, int64_t ms)
{
	const int64_t until = es_mono_ms() + ms;

	(void)pthread_mutex_lock(&runner->lock);
	while (ms > 0 && !runner->stopping && es_cond_wait_until(&runner->wake, &runner->lock, until)) {
	}
	const bool go_on = !runner->stopping;
	(void)pthread_mutex_unlock(&runner->lock);
	return go_on;
}

static void *run(void *user)
{
	struct policy_qos_runner *runner = user;
	bool more = false;

	while (pause_for(runner, more ? 0 : ROUND_MS)) {
		es_status status = policy_qos_round(runner->engine, runner->net, es_wall_ms(), &more);
		if (status != ES_OK && !runner->is_failing)
			es_warn(NULL, "qos.round_failed", es_f_status(status));
		runner->is_failing = status != ES_OK;
	}
	return NULL;
}

es_status policy_qos_runner_start(struct policy_engine *engine, const char *file, struct policy_qos_runner **out,
                                  struct es_buf *error)
{
	struct policy_qos_runner *runner = calloc(1, sizeof *runner);

	if (runner == NULL)
		return ES_TOO_LARGE;
	runner->engine = engine;
	es_metric_register(&steps);
	(void)pthread_mutex_init(&runner->lock, NULL);
	es_cond_init(&runner->wake);
	es_status status = policy_qos_net_start(file, &runner->net, error);
	if (status == ES_OK && pthread_create(&runner->thread, NULL, run, runner) != 0) {
		es_put_str(error, "threads cannot be had");
		status = ES_UNAVAILABLE;
	}
	runner->has_thread = status == ES_OK;
	*out = runner;
	if (status != ES_OK)
		policy_qos_runner_stop(ES_TAKE(*out));
	return status;
}

void policy_qos_runner_stop(struct policy_qos_runner *runner)
{
	if (runner == NULL)
		return;
	(void)pthread_mutex_lock(&runner->lock);
	runner->stopping = true;
	(void)pthread_cond_signal(&runner->wake);
	(void)pthread_mutex_unlock(&runner->lock);
	if (runner->has_thread)
		(void)pthread_join(runner->thread, NULL);
	policy_qos_net_stop(runner->net); /* writes what it hears */
	policy_qos_net_free(runner->net);
	(void)pthread_cond_destroy(&runner->wake);
	(void)pthread_mutex_destroy(&runner->lock);
	free(runner);
}
