/* notify_follow.c -- what an event does to push registrations. */
#include "notify_follow.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_metrics.h"

#define LINE_MEMORY ((size_t)64 * 1024)

ES_METRIC_COUNTER1(removed, "openes_notify_registrations_removed_total", "Registrations removed with their subscriber");
ES_METRIC_COUNTER1(due, "openes_notify_registrations_due_total",
                   "Registrations that an event of policy called to wake");

/* After these nobody is there to be woken (docs/decisions.md lists policy's events). */
static const char *const farewells[] = { "subscriber.terminated", "subscriber.removed", "subscriber.erased" };

struct notify_follow {
	struct es_follow *follow;
	int64_t removed, due; /* of the page under way */
};

static bool is_farewell(const Openes__Event *event)
{
	for (size_t i = 0; i < ES_COUNT(farewells); i++)
		if (strcmp(event->kind, farewells[i]) == 0)
			return true;
	return false;
}

/* ---- whom an event is for ---- */

static bool is_among(char *const *apps, size_t count, struct es_slice app)
{
	for (size_t i = 0; i < count; i++)
		if (es_slice_eq_str(app, apps[i]))
			return true;
	return false;
}

static const Openes__EventDevice *device_of(const Openes__Event *event, struct es_slice terminal_id)
{
	for (size_t i = 0; i < event->n_devices; i++)
		if (es_slice_eq_str(terminal_id, event->devices[i]->terminal_id))
			return event->devices[i];
	return NULL;
}

/* What policy knows of the device counts; where it knows nothing, the applications that the change may alter at all. */
static bool is_touched(const Openes__Event *event, const struct notify_listed *r)
{
	const Openes__EventDevice *device = device_of(event, r->owner.terminal_id);

	if (device != NULL && is_among(device->apps, device->n_apps, r->app))
		return true;
	if (device != NULL && is_among(device->unchanged, device->n_unchanged, r->app))
		return false;
	return is_among(event->apps, event->n_apps, r->app);
}

struct marking {
	struct es_db_conn *conn;
	const Openes__Event *event;
	int64_t count;
};

static es_status mark(const struct notify_listed *r, void *user)
{
	struct marking *m = user;

	if (!is_touched(m->event, r))
		return ES_OK;
	m->count++;
	return notify_store_mark(m->conn, r->id, m->event->sequence);
}

/* Of one line. An event about a tenant or a plan is a mass change, for whoever delivers to find the lines of. */
static es_status mark_due(struct es_db_conn *conn, const Openes__Event *event, int64_t *count)
{
	struct marking m = { conn, event, 0 };
	struct es_arena *arena = es_arena_new(0, LINE_MEMORY);
	es_status status = ES_TOO_LARGE;

	if (arena != NULL)
		status = notify_store_of_line(conn, es_slice_str(event->tenant), es_slice_str(event->imsi), arena, mark, &m);
	es_arena_free(arena);
	*count = m.count;
	return status;
}

/* ---- the page ---- */

static void begin(void *user)
{
	struct notify_follow *f = user;
	f->removed = f->due = 0;
}

static es_status apply(struct es_db_conn *conn, const Openes__Event *event, void *user)
{
	struct notify_follow *f = user;
	int64_t count = 0;

	if (is_farewell(event)) {
		ES_TRY(notify_store_erase(conn, es_slice_str(event->tenant), es_slice_str(event->imsi), &count));
		f->removed += count;
	} else if (event->imsi[0] != '\0') {
		ES_TRY(mark_due(conn, event, &count));
		f->due += count;
	}
	return ES_OK;
}

static void done(void *user)
{
	const struct notify_follow *f = user;
	es_count_by(&removed, 0, f->removed);
	es_count_by(&due, 0, f->due);
}

es_status notify_follow_start(const struct notify_follow_options *options, struct notify_follow **out,
                              struct es_buf *error)
{
	struct notify_follow *f = calloc(1, sizeof *f);
	const struct es_follow_options follow = { .policy_target = options->policy_target,
		                                      .policy_events = options->policy_events,
		                                      .key = options->key,
		                                      .poll_ms = options->poll_ms,
		                                      .db = notify_store_db(options->store),
		                                      .position = notify_store_position,
		                                      .set_position = notify_store_set_position,
		                                      .begin = begin,
		                                      .apply = apply,
		                                      .done = done,
		                                      .user = f };

	if (f == NULL)
		return ES_TOO_LARGE;
	es_metric_register(&removed);
	es_metric_register(&due);
	es_status status = es_follow_start(&follow, &f->follow, error);
	if (status != ES_OK) {
		free(f);
		return status;
	}
	*out = f;
	return ES_OK;
}

void notify_follow_stop(struct notify_follow *f)
{
	if (f != NULL)
		es_follow_stop(f->follow);
}

void notify_follow_free(struct notify_follow *f)
{
	if (f == NULL)
		return;
	es_follow_free(f->follow);
	free(f);
}
