/* notify_mass_step.c -- one transaction of a mass change: wake-ups of some lines, and how far it has come. */
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "notify_mass_int.h"

#define LINES_MAX 250 /* of one transaction: other writers wait for it */
#define LATE_MS 2000
#define LATE_SECONDS 10 /* of its rate: so many may be late */
#define LATE_MIN 1000

struct apps {
	char *items[NOTIFY_MASS_APPS_MAX];
	size_t count;
};

static es_status read_apps(const char *text, struct es_arena *arena, struct apps *out)
{
	struct es_slice rest = es_slice_str(text);

	out->count = 0;
	while (rest.len > 0 && out->count < NOTIFY_MASS_APPS_MAX) {
		char *app = es_arena_strdup(arena, es_slice_cut(&rest, ' '));
		if (app == NULL)
			return ES_TOO_LARGE;
		out->items[out->count++] = app;
	}
	return ES_OK;
}

static es_status wake_line(struct es_db_conn *conn, struct notify_mass_step *s, const struct apps *apps,
                           const Openes__Line *line, struct notify_mass_pace *pace)
{
	const struct notify_mass *mass = &s->mass;
	const struct notify_change change = { .tenant = mass->tenant,
		                                  .imsi = line->imsi,
		                                  .apps = apps->items,
		                                  .app_count = apps->count,
		                                  .answered = line->apps,
		                                  .answered_count = line->n_apps,
		                                  .changed_ms = mass->changed_ms,
		                                  .due_ms = notify_mass_pace_due_ms(pace),
		                                  .mass = mass->id,
		                                  .traceparent = mass->traceparent };
	const struct notify_rules *rules = s->ways->rules(s->ways->user, mass->tenant);
	struct notify_woken woken = { .no_account = 0 };
	int64_t made = 0, messages = 0;

	ES_TRY(notify_waking_line(conn, rules, &change, es_wall_ms(), &woken));
	for (size_t i = 0; i < ES_COUNT(woken.made); i++) {
		made += woken.made[i];
		s->woken.made[i] += woken.made[i];
	}
	s->woken.no_account += woken.no_account;
	if (made == 0)
		return ES_OK;
	ES_TRY(notify_store_mass_messages(conn, mass, line->imsi, &messages));
	notify_mass_pace_take(pace, messages);
	s->messages += messages;
	return ES_OK;
}

static es_status wake_lines(struct es_db_conn *conn, struct notify_mass_step *s, struct notify_mass_pace *pace)
{
	const Openes__LinesReply *page = s->pass->page;
	struct apps apps;

	ES_TRY(read_apps(s->mass.apps, s->arena, &apps));
	while (s->pass->next + s->taken < page->n_lines && s->taken < LINES_MAX &&
	       notify_mass_pace_has_room(pace, es_wall_ms() * 1000)) {
		const Openes__Line *line = page->lines[s->pass->next + s->taken];
		ES_TRY(wake_line(conn, s, &apps, line, pace));
		s->mass.cursor = line->imsi;
		s->taken++;
	}
	return ES_OK;
}

/* Deliveries that do not keep up would send all at once when they can again. */
static es_status look_at_lag(struct es_db_conn *conn, struct notify_mass_step *s, int64_t now_ms)
{
	const int64_t most = s->mass.rate * LATE_SECONDS;

	s->is_late = s->pass->is_late;
	if (!s->looks_at_lag)
		return ES_OK;
	return notify_store_mass_lags(conn, s->mass.id, now_ms - LATE_MS, (uint32_t)(most < LATE_MIN ? LATE_MIN : most),
	                              &s->is_late);
}

static es_status go_on(struct es_db_conn *conn, struct notify_mass_step *s, int64_t now_ms)
{
	const Openes__LinesReply *page = s->pass->page;
	struct notify_mass_pace pace;

	notify_mass_pace_begin(&pace, s->mass.rate, s->mass.paced_us, now_ms * 1000);
	if (page != NULL && !s->is_late)
		ES_TRY(wake_lines(conn, s, &pace));
	if (page != NULL && s->pass->next + s->taken == page->n_lines) {
		s->ends = page->reached[0] == '\0';
		s->mass.cursor = s->ends ? s->mass.cursor : page->reached;
	}
	if (s->mass.total < 0)
		s->mass.total = s->pass->total;
	s->mass.lines += (int64_t)s->taken;
	s->mass.woken += s->messages;
	s->mass.paced_us = pace.paced_us;
	s->mass.state = s->ends ? NOTIFY_MASS_DONE : NOTIFY_MASS_RUNNING;
	s->wait_ms = notify_mass_pace_wait_ms(&pace, now_ms * 1000);
	return notify_store_mass_move(conn, &s->mass, now_ms);
}

es_status notify_mass_step(struct es_db_conn *conn, void *user)
{
	struct notify_mass_step *s = user;
	const int64_t now_ms = es_wall_ms();

	es_arena_reset(s->arena);
	s->is_lost = s->is_late = s->ends = false;
	s->taken = 0;
	s->messages = s->wait_ms = 0;
	s->woken = (struct notify_woken){ .no_account = 0 };
	const es_status status = notify_store_mass_held(conn, s->pass->id, s->pass->lease, s->arena, &s->mass);
	if (status == ES_NOT_FOUND || (status == ES_OK && strcmp(s->mass.cursor, s->pass->cursor.digits) != 0)) {
		s->is_lost = true;
		return ES_OK;
	}
	if (status != ES_OK)
		return status;
	ES_TRY(look_at_lag(conn, s, now_ms));
	return go_on(conn, s, now_ms);
}
