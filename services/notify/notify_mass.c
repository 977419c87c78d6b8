/* notify_mass.c -- the thread: which mass changes are taken, pages of lines from policy, one step after the other. */
#include "notify_mass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_log.h"
#include "es_metrics.h"
#include "notify_mass_int.h"

#define LOOK_MS 500 /* for mass changes that may be taken; and whether those under way were paused */
#define ASK_MS 5000 /* a page, with the lines counted */
#define BACK_OFF_MS 100
#define BACK_OFF_MAX_MS 5000
#define LAG_MS 1000
#define PRUNE_MS INT64_C(3600000)
#define KEPT_MS (90 * INT64_C(86400000))
#define PAGE_MEMORY ((size_t)2 * 1024 * 1024)
#define STEP_MEMORY ((size_t)64 * 1024)

ES_METRIC_GAUGE(open_ones, "openes_notify_mass_open", "Mass changes that are not at their end, paused ones too");
ES_METRIC_COUNTER1(lines, "openes_notify_mass_lines_total", "Lines that mass changes have gone past");
ES_METRIC_COUNTER1(woken, "openes_notify_mass_woken_total", "Messages that mass changes have made");

struct notify_mass_run {
	struct notify_mass_options o;
	struct es_bus_client *policy;
	pthread_t thread;
	bool has_thread;
	struct es_arena *arena; /* of a step */
	int64_t looked_ms, pruned_ms;
	struct notify_pass passes[NOTIFY_PASSES_MAX];

	pthread_mutex_t lock; /* guards what follows, and of a pass that asks its page */
	pthread_cond_t wake;
	bool stopping, is_kicked;
};

/* ---- a page of lines ---- */

static bool is_readable(const Openes__LinesReply *page, const struct notify_pass *p)
{
	const char *last = p->cursor.digits;
	struct es_imsi imsi;

	for (size_t i = 0; i < page->n_lines; i++) {
		const char *next = page->lines[i]->imsi;
		if (es_imsi_parse(es_slice_str(next), &imsi) != ES_OK || strcmp(next, last) <= 0)
			return false;
		last = next;
	}
	return page->reached[0] == '\0' ||
	       (es_imsi_parse(es_slice_str(page->reached), &imsi) == ES_OK && strcmp(page->reached, last) >= 0 &&
	        strcmp(page->reached, p->cursor.digits) > 0);
}

static es_status read_page(struct notify_pass *p, const struct es_bus_reply_view *reply)
{
	if (reply->status != ES_OK)
		return reply->status;
	p->page = (Openes__LinesReply *)es_bus_unpack(&openes__lines_reply__descriptor, reply->payload, p->arena);
	if (p->page == NULL || !is_readable(p->page, p)) {
		p->page = NULL;
		return ES_MALFORMED;
	}
	return ES_OK;
}

static void on_lines(const struct es_bus_reply_view *reply, void *user)
{
	struct notify_pass *p = user;
	struct notify_mass_run *run = p->run;

	pthread_mutex_lock(&run->lock);
	p->status = read_page(p, reply);
	p->asking = NOTIFY_ANSWERED;
	run->is_kicked = true;
	pthread_cond_broadcast(&run->wake);
	pthread_mutex_unlock(&run->lock);
}

static enum notify_asking asking_of(struct notify_pass *p)
{
	pthread_mutex_lock(&p->run->lock);
	const enum notify_asking asking = p->asking;
	pthread_mutex_unlock(&p->run->lock);
	return asking;
}

/* Policy or the database is away: said once, tried again less and less often. */
static void back_off(struct notify_pass *p, const char *event, es_status status)
{
	if (p->back_off_ms == 0)
		es_warn(NULL, event, es_f_i64("mass", p->id), es_f_status(status));
	p->back_off_ms = p->back_off_ms == 0 ? BACK_OFF_MS : 2 * p->back_off_ms;
	if (p->back_off_ms > BACK_OFF_MAX_MS)
		p->back_off_ms = BACK_OFF_MAX_MS;
	p->look_ms = es_mono_ms() + p->back_off_ms;
}

static void ask(struct notify_pass *p)
{
	Openes__LinesRequest request = OPENES__LINES_REQUEST__INIT;
	const int64_t limit = p->rate < 50 ? 50 : p->rate > NOTIFY_MASS_PAGE ? NOTIFY_MASS_PAGE : p->rate;
	const struct es_bus_call_options options = { .method = OPENES__BUS_METHOD__POLICY_LINES,
		                                         .deadline = es_wall_ms() + ASK_MS,
		                                         .idempotency_key = ES_SLICE_LIT("lines") };

	es_arena_reset(p->arena);
	p->page = NULL;
	p->next = 0;
	request.tenant = p->tenant;
	request.plan = p->plan;
	request.after = p->cursor.digits;
	request.limit = (uint32_t)limit;
	request.count = p->total < 0;
	pthread_mutex_lock(&p->run->lock);
	p->asking = NOTIFY_ASKED;
	pthread_mutex_unlock(&p->run->lock);
	const es_status status = es_bus_call(p->run->policy, &options, &request.base, on_lines, p);
	if (status == ES_OK)
		return;
	p->status = status;
	p->asking = NOTIFY_ANSWERED;
}

/* ---- steps ---- */

static void leave(struct notify_pass *p)
{
	p->id = 0;
	p->page = NULL;
	p->asking = NOTIFY_NOT_ASKED;
}

static void say(const char *event, const struct notify_mass *m)
{
	struct es_trace trace;
	const bool has_trace = es_trace_parse(es_slice_str(m->traceparent), &trace);

	es_info(has_trace ? &trace : NULL, event, es_f_i64("mass", m->id), es_f_str("tenant", m->tenant),
	        es_f_str("plan", m->plan), es_f_str("apps", m->apps), es_f_i64("rate", m->rate),
	        es_f_i64("lines", m->lines), es_f_i64("total", m->total), es_f_i64("woken", m->woken));
}

static void say_lag(struct notify_pass *p, bool is_late)
{
	if (is_late && !p->is_late)
		es_warn(NULL, "notify.mass_waits", es_f_i64("mass", p->id),
		        es_f_str("for", "deliveries that do not keep up with its rate"));
	p->is_late = is_late;
}

static void note_progress(struct notify_pass *p, const struct notify_mass_step *s)
{
	const struct notify_mass *m = &s->mass;
	const int tenths = m->total > 0 ? (int)(m->lines * 10 / m->total) : 0;

	if (s->ends)
		say("notify.mass_done", m);
	else if (tenths > p->tenths)
		say("notify.mass_progress", m);
	p->tenths = tenths;
	es_count_by(&lines, 0, (int64_t)s->taken);
	es_count_by(&woken, 0, s->messages);
	notify_waking_count(&s->woken);
}

static int64_t next_look(const struct notify_pass *p, const struct notify_mass_step *s)
{
	const bool is_used_up = p->page == NULL || p->next == p->page->n_lines;

	if (s->is_late)
		return LAG_MS;
	if (s->wait_ms == 0 && (s->taken > 0 || is_used_up))
		return 0;
	return s->wait_ms < 10 ? 10 : s->wait_ms > LOOK_MS ? LOOK_MS : s->wait_ms;
}

static void stepped(struct notify_pass *p, const struct notify_mass_step *s)
{
	p->next += s->taken;
	p->rate = s->mass.rate;
	p->total = s->mass.total;
	(void)snprintf(p->cursor.digits, sizeof p->cursor.digits, "%s", s->mass.cursor);
	say_lag(p, s->is_late);
	note_progress(p, s);
	p->look_ms = es_mono_ms() + next_look(p, s);
	if (s->messages > 0)
		notify_deliver_kick(p->run->o.deliver);
	if (s->ends)
		leave(p);
}

/* With a page: its next lines. Without: keeps the lease, and hears of a pause. */
static void step(struct notify_pass *p)
{
	struct notify_mass_run *run = p->run;
	const int64_t now_ms = es_mono_ms();
	struct notify_mass_step s = {
		.pass = p, .ways = &run->o.ways, .arena = run->arena, .looks_at_lag = now_ms >= p->lag_ms
	};

	if (s.looks_at_lag)
		p->lag_ms = now_ms + LAG_MS;
	const es_status status = es_db_write_wait(notify_store_db(run->o.store), notify_mass_step, &s);
	if (status != ES_OK) {
		back_off(p, "notify.mass_not_written", status);
		return;
	}
	if (s.is_lost)
		leave(p);
	else
		stepped(p, &s);
}

static void take_answer(struct notify_pass *p)
{
	p->asking = NOTIFY_NOT_ASKED;
	if (p->status != ES_OK) {
		step(p);
		if (p->id != 0)
			back_off(p, "notify.mass_no_lines", p->status);
		return;
	}
	p->back_off_ms = 0;
	if (p->total < 0)
		p->total = p->page->total;
	step(p);
}

/* The lines of the page are made, and there are more. */
static bool wants_page(const struct notify_pass *p)
{
	return p->page == NULL || p->next == p->page->n_lines;
}

static void advance(struct notify_pass *p)
{
	const enum notify_asking asking = asking_of(p);

	if (asking == NOTIFY_ASKED || (asking == NOTIFY_NOT_ASKED && es_mono_ms() < p->look_ms))
		return;
	if (asking == NOTIFY_ANSWERED)
		take_answer(p);
	else if (wants_page(p))
		ask(p);
	else
		step(p);
}

/* ---- taking ---- */

struct looking {
	int64_t now_ms, ids[NOTIFY_PASSES_MAX], open;
	size_t count;
};

static es_status run_look(struct es_db_conn *conn, void *user)
{
	struct looking *l = user;
	return notify_store_mass_open(conn, l->now_ms, l->ids, ES_COUNT(l->ids), &l->count, &l->open);
}

struct taking {
	struct es_arena *arena;
	int64_t id, lease, now_ms;
	struct notify_mass mass;
};

static es_status run_take(struct es_db_conn *conn, void *user)
{
	struct taking *t = user;

	es_arena_reset(t->arena);
	ES_TRY(notify_store_mass_take(conn, t->id, t->lease, t->now_ms));
	return notify_store_mass_held(conn, t->id, t->lease, t->arena, &t->mass);
}

/* False: somebody else was faster, or the database is away. */
static bool take(struct notify_mass_run *run, int64_t id, struct notify_pass *p)
{
	struct taking t = { .arena = run->arena, .id = id, .lease = notify_new_lease(), .now_ms = es_wall_ms() };
	struct es_arena *arena = p->arena;

	if (es_db_write_wait(notify_store_db(run->o.store), run_take, &t) != ES_OK)
		return false;
	*p = (struct notify_pass){
		.run = run, .id = id, .lease = t.lease, .rate = t.mass.rate, .total = t.mass.total, .arena = arena
	};
	(void)snprintf(p->cursor.digits, sizeof p->cursor.digits, "%s", t.mass.cursor);
	(void)snprintf(p->tenant, sizeof p->tenant, "%s", t.mass.tenant);
	(void)snprintf(p->plan, sizeof p->plan, "%s", t.mass.plan);
	p->tenths = t.mass.total > 0 ? (int)(t.mass.lines * 10 / t.mass.total) : 0;
	say(t.mass.cursor[0] == '\0' ? "notify.mass_started" : "notify.mass_continued", &t.mass);
	return true;
}

static struct notify_pass *free_place(struct notify_mass_run *run)
{
	for (size_t i = 0; i < NOTIFY_PASSES_MAX; i++)
		if (run->passes[i].id == 0)
			return &run->passes[i];
	return NULL;
}

static void look(struct notify_mass_run *run)
{
	struct looking l = { .now_ms = es_wall_ms() };

	run->looked_ms = es_mono_ms();
	if (es_db_read(notify_store_db(run->o.store), run_look, &l) != ES_OK)
		return; /* who writes says that the database is away */
	es_gauge_set(&open_ones, l.open);
	for (size_t i = 0; i < l.count; i++) {
		struct notify_pass *p = free_place(run);
		if (p != NULL)
			(void)take(run, l.ids[i], p);
	}
}

static es_status run_prune(struct es_db_conn *conn, void *user)
{
	(void)user;
	return notify_store_mass_prune(conn, es_wall_ms() - KEPT_MS);
}

static void prune(struct notify_mass_run *run)
{
	if (run->pruned_ms != 0 && es_mono_ms() < run->pruned_ms + PRUNE_MS)
		return;
	run->pruned_ms = es_mono_ms();
	const es_status status = es_db_write_wait(notify_store_db(run->o.store), run_prune, NULL);
	if (status != ES_OK)
		es_warn(NULL, "notify.mass_not_pruned", es_f_status(status));
}

/* ---- the thread ---- */

static void sleep_until(struct notify_mass_run *run, int64_t mono_ms)
{
	pthread_mutex_lock(&run->lock);
	while (!run->stopping && !run->is_kicked && es_cond_wait_until(&run->wake, &run->lock, mono_ms))
		;
	run->is_kicked = false;
	pthread_mutex_unlock(&run->lock);
}

static int64_t next_of(struct notify_mass_run *run)
{
	int64_t next = run->looked_ms + LOOK_MS;

	for (size_t i = 0; i < NOTIFY_PASSES_MAX; i++) {
		struct notify_pass *p = &run->passes[i];
		if (p->id != 0 && asking_of(p) == NOTIFY_NOT_ASKED && p->look_ms < next)
			next = p->look_ms;
	}
	return next;
}

static bool is_stopping(struct notify_mass_run *run)
{
	pthread_mutex_lock(&run->lock);
	const bool stopping = run->stopping;
	pthread_mutex_unlock(&run->lock);
	return stopping;
}

static void *thread_main(void *user)
{
	struct notify_mass_run *run = user;

	while (!is_stopping(run)) {
		if (es_mono_ms() >= run->looked_ms + LOOK_MS)
			look(run);
		prune(run);
		for (size_t i = 0; i < NOTIFY_PASSES_MAX; i++)
			if (run->passes[i].id != 0)
				advance(&run->passes[i]);
		sleep_until(run, next_of(run));
	}
	return NULL;
}

/* ---- life ---- */

static es_status start_parts(struct notify_mass_run *run, struct es_buf *error)
{
	const struct es_bus_client_options policy = {
		.target = run->o.policy_target, .name = "policy", .key = run->o.key, .slots = NOTIFY_PASSES_MAX
	};

	run->arena = es_arena_new(0, STEP_MEMORY);
	if (run->arena == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < NOTIFY_PASSES_MAX; i++) {
		run->passes[i].arena = es_arena_new(0, PAGE_MEMORY);
		if (run->passes[i].arena == NULL)
			return ES_TOO_LARGE;
	}
	ES_TRY(es_bus_client_start(&policy, &run->policy, error));
	run->has_thread = pthread_create(&run->thread, NULL, thread_main, run) == 0;
	return run->has_thread ? ES_OK : ES_UNAVAILABLE;
}

es_status notify_mass_start(const struct notify_mass_options *options, struct notify_mass_run **out,
                            struct es_buf *error)
{
	struct notify_mass_run *run = calloc(1, sizeof *run);

	if (run == NULL)
		return ES_TOO_LARGE;
	es_metric_register(&open_ones);
	es_metric_register(&lines);
	es_metric_register(&woken);
	notify_waking_init();
	run->o = *options;
	run->looked_ms = es_mono_ms() - LOOK_MS;
	pthread_mutex_init(&run->lock, NULL);
	es_cond_init(&run->wake);
	const es_status status = start_parts(run, error);
	if (status != ES_OK) {
		notify_mass_stop(run);
		return status;
	}
	*out = run;
	return ES_OK;
}

static es_status run_give_back(struct es_db_conn *conn, void *user)
{
	const struct notify_mass_run *run = user;

	for (size_t i = 0; i < NOTIFY_PASSES_MAX; i++)
		if (run->passes[i].id != 0)
			ES_TRY(notify_store_mass_give_back(conn, run->passes[i].id, run->passes[i].lease));
	return ES_OK;
}

void notify_mass_stop(struct notify_mass_run *run)
{
	if (run == NULL)
		return;
	pthread_mutex_lock(&run->lock);
	run->stopping = true;
	pthread_cond_broadcast(&run->wake);
	pthread_mutex_unlock(&run->lock);
	if (run->has_thread) {
		pthread_join(run->thread, NULL);
		if (es_db_write_wait(notify_store_db(run->o.store), run_give_back, run) != ES_OK)
			es_warn(NULL, "notify.mass_not_given_back"); /* its lease ends by itself */
	}
	if (run->policy != NULL)
		es_bus_client_stop(run->policy); /* answers come to the passes until then */
	for (size_t i = 0; i < NOTIFY_PASSES_MAX; i++)
		es_arena_free(run->passes[i].arena);
	es_arena_free(run->arena);
	pthread_cond_destroy(&run->wake);
	pthread_mutex_destroy(&run->lock);
	free(run);
}
