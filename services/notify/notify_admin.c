/* notify_admin.c -- the table of actions, and what they share beside es_admin.h. */
#include "notify_admin.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "notify_admin_call.h"

#define WAKE_MS (INT64_C(5) * 60 * 1000)

struct desk {
	const struct notify_admin_world *world;
	struct notify_admin_effect *effect;
};

static const struct es_admin_action actions[] = {
	{ "line.get", 0, notify_do_line_get },
	{ "line.test", ES_ADMIN_WRITES, notify_do_line_test },
	{ "failure.list", 0, notify_do_failure_list },
	{ "failure.get", 0, notify_do_failure_get },
	{ "failure.replay", ES_ADMIN_WRITES, notify_do_failure_replay },
	{ "failure.replay-all", ES_ADMIN_WRITES, notify_do_failure_replay_all },
	{ "failure.delete", ES_ADMIN_WRITES, notify_do_failure_delete },
	{ "mass.list", 0, notify_do_mass_list },
	{ "mass.get", 0, notify_do_mass_get },
	{ "mass.patch", ES_ADMIN_WRITES, notify_do_mass_patch },
	{ "mass.pause", ES_ADMIN_WRITES, notify_do_mass_pause },
	{ "mass.resume", ES_ADMIN_WRITES, notify_do_mass_resume },
	{ "mass.cancel", ES_ADMIN_WRITES, notify_do_mass_cancel },
	{ "channel.list", 0, notify_do_channel_list },
};

/* ---- for actions ---- */

const struct notify_admin_world *notify_admin_world(const struct es_admin_call *call)
{
	const struct desk *desk = call->user;

	return desk->world;
}

struct notify_admin_effect *notify_admin_effect(const struct es_admin_call *call)
{
	const struct desk *desk = call->user;

	return desk->effect;
}

const struct notify_rules *notify_admin_rules(const struct es_admin_call *call)
{
	const struct notify_admin_world *world = notify_admin_world(call);

	return world->ways.rules(world->ways.user, call->tenant);
}

const char *notify_admin_account(const struct es_admin_call *call, enum notify_channel channel)
{
	return notify_rules_account(notify_admin_rules(call), channel);
}

es_status notify_admin_channel(struct es_admin_call *call, enum notify_channel *out)
{
	const char *text = es_admin_param(call, "channel");

	*out = notify_channel_named(text);
	if (text[0] != '\0' && *out == 0)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "channel", "must be one of: gcm, fcm, wns, apns, sms");
	return ES_OK;
}

es_status notify_admin_cursor(struct es_admin_call *call, int64_t *out)
{
	return es_admin_number(call, "cursor", out);
}

void notify_admin_put_id(struct es_json_out *j, const char *name, int64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%lld", (long long)id);
	es_json_put_str(j, name, text);
}

/* What waits there already keeps its time: a test is no reason to forget a change sooner. */
static es_status expiry_of(struct es_admin_call *call, const struct notify_wake *wake, int64_t *out)
{
	struct notify_due *due = NULL;
	size_t count = 0;

	*out = call->now_ms + WAKE_MS;
	ES_TRY(notify_view_due(call->conn, wake->tenant, wake->imsi, call->arena, &due, &count));
	for (size_t i = 0; i < count; i++)
		if (due[i].expires_ms > *out && due[i].channel == wake->channel && strcmp(due[i].app, wake->app) == 0 &&
		    strcmp(due[i].terminal_id, wake->terminal_id) == 0 && strcmp(due[i].app_name, wake->app_name) == 0)
			*out = due[i].expires_ms;
	return ES_OK;
}

es_status notify_admin_wake(struct es_admin_call *call, struct notify_wake *wake)
{
	wake->tenant = call->tenant;
	wake->due_ms = call->now_ms;
	wake->mass = 0;
	ES_TRY(expiry_of(call, wake, &wake->expires_ms));
	ES_TRY(notify_store_wake_put(call->conn, wake));
	ES_TRY(notify_view_hasten(call->conn, wake));
	notify_admin_effect(call)->woken = true;
	return ES_OK;
}

/* ---- the run ---- */

static void restart(void *user)
{
	const struct desk *desk = user;

	*desk->effect = (struct notify_admin_effect){ .woken = false };
}

es_status notify_admin_run(const struct notify_admin_world *world, const struct es_admin_request *request,
                           struct es_admin_result *result, struct notify_admin_effect *effect)
{
	struct desk desk = { world, effect };
	const struct es_admin_desk own = {
		.db = world->db, .actions = actions, .action_count = ES_COUNT(actions), .restart = restart, .user = &desk
	};

	restart(&desk);
	return es_admin_run(&own, request, result);
}
