/* policy_admin_elsewhere.c -- the table of actions that other processes carry out: who may, and what the trail calls it.
 *
 * A change is on record before it is ordered ("begun"); POLICY_ADMIN_END marks what became of it. */
#include <string.h>

#include "es_cleanup.h"
#include "es_id.h"
#include "policy_admin_call.h"

#define SUPPORT POLICY_SUPPORT, 0
#define OPERATOR POLICY_OPERATOR, POLICY_WRITES

static policy_admin_fn begin;

/* Names in braces are parameters, which then have to be there. Of a line the resource holds no more than its IMSI: erasing the
 * line renames it (ST_AUDIT_ERASE), and empties the detail. */
static const struct elsewhere {
	struct policy_admin_action action;
	const char *resource, *detail;
	bool needs_line; /* keys come before their line, and go after it */
} actions[] = {
	/* by auth */
	{ { "keys.put", OPERATOR, begin }, "subscriber/{imsi}/keys", "", false },
	{ { "keys.delete", OPERATOR, begin }, "subscriber/{imsi}/keys", "", false },
	{ { "keys.status", SUPPORT, begin }, "subscriber/{imsi}/keys", "", false },
	{ { "authentication.list", SUPPORT, begin }, "subscriber/{imsi}", "", false },
	{ { "keys.transport", POLICY_OPERATOR, POLICY_NO_TENANT, begin }, "", "", false },
	/* by esim */
	{ { "esim.order.list", SUPPORT, begin }, "", "", false },
	{ { "esim.order.get", SUPPORT, begin }, "esim-order/{order}", "", false },
	{ { "esim.order.retry", OPERATOR, begin }, "esim-order/{order}", "", false },
	{ { "esim.order.cancel", OPERATOR, begin }, "esim-order/{order}", "", false },
	{ { "esim.order.advance", OPERATOR, begin }, "esim-order/{order}", "", false },
	{ { "esim.profile.list", SUPPORT, begin }, "subscriber/{imsi}/profiles", "", false },
	{ { "esim.profile.get", SUPPORT, begin }, "profile/{iccid}", "", false },
	{ { "esim.profile.put", OPERATOR, begin }, "subscriber/{imsi}/profiles", "profile {iccid}", true },
	{ { "esim.profile.delete", OPERATOR, begin }, "subscriber/{imsi}/profiles", "profile {iccid}", false },
	{ { "esim.profile.deleted", OPERATOR, begin }, "profile/{iccid}", "", false },
	{ { "esim.stock.list", SUPPORT, begin }, "profile-stock", "", false },
	{ { "esim.stock.import", OPERATOR, begin }, "profile-stock", "", false },
	{ { "esim.stock.delete", OPERATOR, begin }, "profile-stock/{iccid}", "", false },
	{ { "esim.event.list", SUPPORT, begin }, "", "", false },
	/* by notify */
	{ { "notify.line.get", SUPPORT, begin }, "subscriber/{imsi}/notifications", "", false },
	{ { "notify.line.test", OPERATOR, begin }, "subscriber/{imsi}/notifications", "", true },
	{ { "notify.failure.list", SUPPORT, begin }, "", "", false },
	{ { "notify.failure.get", SUPPORT, begin }, "notification-failure/{failure}", "", false },
	{ { "notify.failure.replay", OPERATOR, begin }, "notification-failure/{failure}", "", false },
	{ { "notify.failure.replay-all", OPERATOR, begin }, "notification-failures", "", false },
	{ { "notify.failure.delete", OPERATOR, begin }, "notification-failure/{failure}", "", false },
	{ { "notify.mass.list", SUPPORT, begin }, "", "", false },
	{ { "notify.mass.get", SUPPORT, begin }, "mass-change/{change}", "", false },
	{ { "notify.mass.patch", OPERATOR, begin }, "mass-change/{change}", "", false },
	{ { "notify.mass.pause", OPERATOR, begin }, "mass-change/{change}", "", false },
	{ { "notify.mass.resume", OPERATOR, begin }, "mass-change/{change}", "", false },
	{ { "notify.mass.cancel", OPERATOR, begin }, "mass-change/{change}", "", false },
	{ { "notify.channel.list", SUPPORT, begin }, "", "", false },
};

static const struct elsewhere *find(const char *name)
{
	for (size_t i = 0; i < ES_COUNT(actions); i++)
		if (strcmp(actions[i].action.name, name) == 0)
			return &actions[i];
	return NULL;
}

const struct policy_admin_action *policy_elsewhere(const char *name)
{
	const struct elsewhere *found = find(name);

	return found != NULL ? &found->action : NULL;
}

static bool value_is_valid(struct es_slice name, struct es_slice value)
{
	struct es_imsi imsi;

	return es_slice_eq_str(name, "imsi") ? es_imsi_parse(value, &imsi) == ES_OK : policy_name_is_valid(value);
}

/* The template with its parameters. Refused where one of them is not there, or is no identifier. */
static es_status fill(struct policy_admin_call *call, const char *template, const char **out)
{
	struct es_slice rest = es_slice_str(template);
	const char *text = "";

	while (text != NULL && rest.len > 0) {
		const struct es_slice words = es_slice_cut(&rest, '{'), name = es_slice_cut(&rest, '}');
		const char *parameter = es_arena_strdup(call->arena, name);
		if (parameter == NULL)
			return ES_TOO_LARGE;
		const char *value = name.len > 0 ? policy_param(call, parameter) : "";
		if (name.len > 0 && !value_is_valid(name, es_slice_str(value)))
			return policy_refuse(call, POLICY_ADMIN_INVALID, parameter, "is not a valid identifier");
		text = es_arena_printf(call->arena, "%s" ES_SLICE_FMT "%s", text, ES_SLICE_ARG(words), value);
	}
	*out = text;
	return text != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status require_line(struct policy_admin_call *call)
{
	struct policy_subscriber line;
	bool exists = false;

	ES_TRY(policy_line_find(call, policy_param(call, "imsi"), call->arena, &line, &exists));
	return exists ? ES_OK : policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "imsi", "no such subscriber");
}

static es_status begin(struct policy_admin_call *call)
{
	const struct elsewhere *entry = find(call->action->name);

	if (entry == NULL)
		return ES_INTERNAL;
	ES_TRY(fill(call, entry->resource, &call->resource));
	ES_TRY(fill(call, entry->detail, &call->detail));
	if (entry->needs_line)
		ES_TRY(require_line(call));
	call->noted = "begun";
	struct es_json_out j = policy_answer_start(call);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}
