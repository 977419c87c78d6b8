/* notify_follow.c -- what an event does to push registrations, and whom it wakes. */
#include "notify_follow.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_metrics.h"
#include "notify_store_mass.h"
#include "notify_waking.h"

ES_METRIC_COUNTER1(removed, "openes_notify_registrations_removed_total", "Registrations removed with their subscriber");

/* After these nobody is there to be woken (docs/decisions.md lists policy's events). */
static const char *const farewells[] = { "subscriber.terminated", "subscriber.removed", "subscriber.erased" };

struct notify_follow {
	struct es_follow *follow;
	struct notify_ways ways;
	struct notify_deliver *deliver;
	bool has_mass_changes; /* esim's events without a line are of enterprises, and wake nobody */
	int64_t removed;       /* of the page under way */
	struct notify_woken woken;
};

static bool is_farewell(const Openes__Event *event)
{
	for (size_t i = 0; i < ES_COUNT(farewells); i++)
		if (strcmp(event->kind, farewells[i]) == 0)
			return true;
	return false;
}

/* ---- a line ---- */

/* Policy holds each device's last answer against what it would get now, and may have lost the note of it with a crash. That
 * does no harm, as each change of an answer is told of by itself; but a line that leaves a plan before the change of that
 * plan has come to it is told of neither. So while one is under way what policy calls unchanged is not relied upon. */
#define NEAR_MS 60000
static es_status is_relied_upon(struct es_db_conn *conn, const Openes__Event *event, const struct notify_follow *f,
                                int64_t now_ms, bool *out)
{
	bool is_near = false;

	if (f->has_mass_changes && event->n_devices > 0)
		ES_TRY(notify_store_mass_near(conn, event->tenant, now_ms - NEAR_MS, &is_near));
	*out = !is_near;
	return ES_OK;
}

static es_status wake_line(struct es_db_conn *conn, const Openes__Event *event, struct notify_follow *f)
{
	const int64_t now_ms = es_wall_ms();
	bool has_unchanged = true;

	ES_TRY(is_relied_upon(conn, event, f, now_ms, &has_unchanged));
	struct notify_device *devices = calloc(event->n_devices + 1, sizeof *devices);
	const struct notify_change change = { .tenant = event->tenant,
		                                  .imsi = event->imsi,
		                                  .apps = event->apps,
		                                  .app_count = event->n_apps,
		                                  .devices = devices,
		                                  .device_count = event->n_devices,
		                                  .changed_ms = event->at_unix_ms,
		                                  .traceparent = event->traceparent };

	if (devices == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < event->n_devices; i++) {
		const Openes__EventDevice *device = event->devices[i];
		devices[i] = (struct notify_device){ device->terminal_id, device->apps, device->n_apps, device->unchanged,
			                                 has_unchanged ? device->n_unchanged : 0 };
	}
	const es_status status =
		notify_waking_line(conn, f->ways.rules(f->ways.user, event->tenant), &change, now_ms, &f->woken);
	free(devices);
	return status;
}

/* ---- a tenant or a plan ---- */

static es_status begin_mass(struct es_db_conn *conn, const Openes__Event *event, const struct notify_follow *f)
{
	const struct notify_mass_event begun = { .tenant = event->tenant,
		                                     .plan = event->plan,
		                                     .kind = event->kind,
		                                     .apps = event->apps,
		                                     .app_count = event->n_apps,
		                                     .at_ms = event->at_unix_ms,
		                                     .traceparent = event->traceparent };

	return notify_store_mass_start(conn, f->ways.rules(f->ways.user, event->tenant), &begun, es_wall_ms());
}

/* ---- the page ---- */

static void begin(void *user)
{
	struct notify_follow *f = user;
	f->removed = 0;
	memset(&f->woken, 0, sizeof f->woken);
}

static es_status apply(struct es_db_conn *conn, const Openes__Event *event, void *user)
{
	struct notify_follow *f = user;
	int64_t count = 0;

	if (is_farewell(event)) {
		ES_TRY(notify_store_erase(conn, es_slice_str(event->tenant), es_slice_str(event->imsi), &count));
		f->removed += count;
	} else if (event->imsi[0] != '\0') {
		ES_TRY(wake_line(conn, event, f));
	} else if (f->has_mass_changes) {
		ES_TRY(begin_mass(conn, event, f));
	}
	return ES_OK;
}

static void done(void *user)
{
	const struct notify_follow *f = user;
	es_count_by(&removed, 0, f->removed);
	notify_waking_count(&f->woken);
	notify_deliver_kick(f->deliver);
}

es_status notify_follow_start(const struct notify_follow_options *options, struct notify_follow **out,
                              struct es_buf *error)
{
	struct notify_follow *f = calloc(1, sizeof *f);
	const struct es_follow_options follow = { .source = options->source,
		                                      .target = options->target,
		                                      .events = options->events,
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
	notify_waking_init();
	f->ways = options->ways;
	f->has_mass_changes = options->source == ES_FOLLOW_POLICY;
	f->deliver = options->deliver;
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
