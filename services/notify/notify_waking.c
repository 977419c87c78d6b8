/* notify_waking.c -- from a change to rows that wait to be woken. */
#include "notify_waking.h"

#include <stdlib.h>

#include "es_cleanup.h"
#include "es_metrics.h"

#define LINE_MEMORY ((size_t)1024 * 1024)

ES_METRIC_COUNTER(called_for, "openes_notify_wakes_total", "Wake-ups that changes called for, by channel", "channel",
                  notify_channel_names);
ES_METRIC_COUNTER1(no_account, "openes_notify_no_account_total",
                   "Clients that nobody wakes, as their tenant has no account for their channel");

void notify_waking_init(void)
{
	es_metric_register(&called_for);
	es_metric_register(&no_account);
}

void notify_waking_count(const struct notify_woken *woken)
{
	for (size_t i = 0; i < ES_COUNT(woken->made); i++)
		if (woken->made[i] > 0)
			es_count_by(&called_for, i, woken->made[i]);
	if (woken->no_account > 0)
		es_count_by(&no_account, 0, woken->no_account);
}

_Static_assert(NOTIFY_REGISTRATIONS_MAX <= NOTIFY_CLIENTS_MAX, "all registrations of a line are looked at");

static es_status put_wakes(struct es_db_conn *conn, const struct notify_rules *rules,
                           const struct notify_change *change, int64_t now_ms, struct es_arena *arena,
                           struct notify_woken *woken)
{
	struct notify_wakes *wakes = es_arena_alloc(arena, sizeof *wakes);
	struct notify_client *clients = es_arena_array(arena, NOTIFY_CLIENTS_MAX, sizeof *clients);
	struct notify_listed *listed = NULL;
	size_t count = 0;

	if (wakes == NULL || clients == NULL)
		return ES_TOO_LARGE;
	ES_TRY(
		notify_store_of_line(conn, es_slice_str(change->tenant), es_slice_str(change->imsi), arena, &listed, &count));
	for (size_t i = 0; i < count; i++)
		clients[i] = (struct notify_client){ listed[i].terminal_id, listed[i].app_name, listed[i].app,
			                                 listed[i].channel, listed[i].told_ms };
	notify_wakes_of(rules, change, clients, count, now_ms, wakes);
	for (size_t i = 0; i < wakes->count; i++) {
		ES_TRY(notify_store_wake_put(conn, &wakes->items[i]));
		woken->made[wakes->items[i].channel]++;
	}
	woken->no_account += (int64_t)wakes->no_account;
	return ES_OK;
}

es_status notify_waking_line(struct es_db_conn *conn, const struct notify_rules *rules,
                             const struct notify_change *change, int64_t now_ms, struct notify_woken *woken)
{
	if (rules->order == NOTIFY_NOBODY)
		return ES_OK;
	struct es_arena *arena = es_arena_new(0, LINE_MEMORY);
	const es_status status = arena == NULL ? ES_TOO_LARGE : put_wakes(conn, rules, change, now_ms, arena, woken);
	es_arena_free(arena);
	return status;
}
