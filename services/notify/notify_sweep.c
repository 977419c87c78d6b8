/* notify_sweep.c -- what is given up: rows whose time is over though nobody could send them, dead letters that were kept long
 * enough; and how long the queue is. On the delivery thread. */
#include "es_clock.h"
#include "es_log.h"
#include "notify_deliver_int.h"

#define SWEEP_MS 5000
#define LOOK_MS 15000
#define LOOK_SHARE 100 /* it costs no more than a hundredth of the time, however long the queue is */
#define PRUNE_MS (INT64_C(3600) * 1000)
#define PRUNE_ROWS 500
#define SMS_KEPT_MS (INT64_C(24) * PRUNE_MS) /* the longest sms_interval there may be */

/* ---- giving up ---- */

es_status notify_give_up(struct es_db_conn *conn, const struct notify_rules *rules, const struct notify_taken *row,
                         const struct notify_given_up *why, bool is_silent, bool *by_sms)
{
	const struct notify_dead dead = { .at_ms = why->now_ms,
		                              .tenant = why->tenant,
		                              .imsi = row->imsi,
		                              .terminal_id = row->terminal_id,
		                              .app_name = row->app_name,
		                              .app = row->app,
		                              .channel = row->channel,
		                              .account = why->account,
		                              .reason = notify_reason_names[why->reason],
		                              .detail = why->detail,
		                              .attempts = row->attempts,
		                              .changed_ms = row->changed_ms,
		                              .traceparent = row->traceparent };
	const struct notify_wake push = { .tenant = why->tenant,
		                              .imsi = row->imsi,
		                              .app = row->app,
		                              .channel = row->channel,
		                              .changed_ms = row->changed_ms,
		                              .mass = row->mass,
		                              .traceparent = row->traceparent };
	struct notify_wake sms;

	ES_TRY(notify_store_wake_delete(conn, row->id));
	if (!is_silent)
		ES_TRY(notify_store_dead_add(conn, &dead));
	*by_sms = notify_wake_by_sms(rules, &push, why->now_ms, &sms);
	return *by_sms ? notify_store_wake_put(conn, &sms) : ES_OK;
}

void notify_say_given_up(const struct notify_taken *row, const char *tenant, const char *account,
                         enum notify_reason reason)
{
	struct es_trace trace;
	const bool has_trace = es_trace_parse(es_slice_str(row->traceparent), &trace);

	notify_insight_dead(row->channel, reason);
	es_warn(has_trace ? &trace : NULL, "notify.given_up", es_f_str("channel", notify_channel_names[row->channel]),
	        es_f_str("account", account), es_f_str("tenant", tenant), es_f_id("imsi", es_slice_str(row->imsi)),
	        es_f_str("apps", row->app), es_f_i64("attempts", row->attempts),
	        es_f_str("reason", notify_reason_names[reason]));
}

/* ---- whose time is over ---- */

struct expiring {
	const struct notify_deliver *d;
	struct es_arena *arena;
	int64_t now_ms;
	struct notify_expired found;
	int64_t by_sms;
};

static es_status run_expire(struct es_db_conn *conn, void *user)
{
	struct expiring *x = user;
	const struct notify_ways *ways = &x->d->o.ways;

	es_arena_reset(x->arena);
	x->by_sms = 0;
	ES_TRY(notify_store_wake_expired(conn, x->now_ms, NOTIFY_TAKE_MAX, x->arena, &x->found));
	for (size_t i = 0; i < x->found.count; i++) {
		const struct notify_given_up why = { x->found.tenants[i], x->found.accounts[i], NOTIFY_WHY_EXPIRED, "",
			                                 x->now_ms };
		bool by_sms = false;
		ES_TRY(notify_give_up(conn, ways->rules(ways->user, why.tenant), &x->found.rows[i], &why, false, &by_sms));
		x->by_sms += by_sms ? 1 : 0;
	}
	return ES_OK;
}

static void expire(struct notify_deliver *d, struct es_arena *arena)
{
	struct expiring x = { .d = d, .arena = arena };

	do {
		x.now_ms = es_wall_ms();
		if (es_db_write_wait(notify_store_db(d->o.store), run_expire, &x) != ES_OK)
			return;
		notify_insight_by_sms(x.by_sms);
		for (size_t i = 0; i < x.found.count; i++)
			notify_say_given_up(&x.found.rows[i], x.found.tenants[i], x.found.accounts[i], NOTIFY_WHY_EXPIRED);
	} while (x.found.count == NOTIFY_TAKE_MAX && !d->stopping);
}

static es_status any_expired(struct es_db_conn *conn, void *user)
{
	struct expiring *x = user;

	es_arena_reset(x->arena);
	return notify_store_wake_expired(conn, es_wall_ms(), 1, x->arena, &x->found);
}

/* ---- dead letters ---- */

struct pruning {
	int64_t before_ms, forget_ms, removed;
};

static es_status run_prune(struct es_db_conn *conn, void *user)
{
	struct pruning *p = user;

	ES_TRY(notify_store_forget_sms(conn, p->forget_ms));
	return notify_store_dead_prune(conn, p->before_ms, PRUNE_ROWS, &p->removed);
}

static void prune(struct notify_deliver *d)
{
	struct pruning p = { .before_ms = es_wall_ms() - d->o.failures_kept_ms, .forget_ms = es_wall_ms() - SMS_KEPT_MS };

	while (!d->stopping && es_db_write_wait(notify_store_db(d->o.store), run_prune, &p) == ES_OK)
		if (p.removed < PRUNE_ROWS)
			return;
}

/* ---- how long the queue is ---- */

static es_status read_queue(struct es_db_conn *conn, void *user)
{
	return notify_store_wake_queue(conn, user);
}

static bool is_time(int64_t *last_ms, int64_t every_ms)
{
	const int64_t now_ms = es_mono_ms();

	if (*last_ms > 0 && now_ms - *last_ms < every_ms)
		return false;
	*last_ms = now_ms;
	return true;
}

static void look(struct notify_deliver *d)
{
	struct notify_queue queue;
	const int64_t start_ms = es_mono_ms();

	if (es_db_read(notify_store_db(d->o.store), read_queue, &queue) == ES_OK)
		notify_insight_queue(&queue, es_wall_ms());
	const int64_t rest_ms = (es_mono_ms() - start_ms) * LOOK_SHARE;
	d->look_every_ms = rest_ms > LOOK_MS ? rest_ms : LOOK_MS;
}

void notify_sweep(struct notify_deliver *d, struct es_arena *arena)
{
	struct expiring x = { .d = d, .arena = arena };

	if (is_time(&d->swept_ms, SWEEP_MS) && es_db_read(notify_store_db(d->o.store), any_expired, &x) == ES_OK &&
	    x.found.count > 0)
		expire(d, arena);
	if (is_time(&d->looked_ms, d->look_every_ms))
		look(d);
	if (is_time(&d->pruned_ms, PRUNE_MS))
		prune(d);
}
