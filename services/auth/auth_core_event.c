/* auth_core_event.c -- one call of policy for each tenant concerned, one after the other. */
#include "auth_core_event.h"

#include <stddef.h>

#include "auth_flow.h"
#include "auth_route.h"
#include "es_log.h"

struct telling {
	struct auth_task *task;
	struct auth_core_known *out;
	struct auth_core_change change;
	const char **tenants; /* that share one IMSI and one HSS */
	size_t count, at;
};

static void tell_next(struct telling *t);

static void told(struct auth_core_change *change, es_status status)
{
	struct telling *t = (struct telling *)(void *)((uint8_t *)change - offsetof(struct telling, change));

	if (status != ES_OK) {
		auth_flow_fail(t->task, ES_UNAVAILABLE, "policy could not be told");
		return;
	}
	t->out->known = t->out->known || change->known;
	t->at++;
	tell_next(t);
}

static void tell_next(struct telling *t)
{
	struct auth_env *env = t->task->env;

	if (t->at == t->count) {
		t->task->answer(t->task, ES_OK, NULL);
		return;
	}
	t->change.tenant = t->tenants[t->at];
	t->change.done = told;
	if (env->core_change(env->policy, &t->change) != ES_OK)
		auth_flow_fail(t->task, ES_UNAVAILABLE, "policy could not be asked");
}

static bool routes_to(const struct auth_tenant *tenant, const struct es_imsi *imsi, const char *source)
{
	const struct auth_route route = auth_route_of(tenant, imsi);

	for (size_t i = 0; i < route.count; i++)
		if (es_slice_eq_str(route.names[i], source))
			return true;
	return false;
}

/* False: no memory. Nobody is left out, or the network would take it for told. */
static bool note_tenants(struct telling *t, const struct auth_tenants *tenants, const struct es_imsi *imsi)
{
	t->tenants = es_arena_array(t->task->arena, tenants->count, sizeof *t->tenants);
	for (size_t i = 0; t->tenants != NULL && i < tenants->count; i++) {
		if (!routes_to(&tenants->items[i], imsi, t->change.event->source))
			continue;
		t->tenants[t->count] = es_arena_strdup(t->task->arena, es_slice_str(tenants->items[i].id));
		if (t->tenants[t->count++] == NULL)
			return false;
	}
	return t->tenants != NULL;
}

/* ES_UNAVAILABLE: a replica that has just started does not know yet whom it concerns. */
static es_status find_tenants(struct telling *t, const struct es_imsi *imsi)
{
	const struct auth_tenants *tenants = auth_snapshot_get(t->task->env->tenants);
	es_status status = ES_UNAVAILABLE;

	if (tenants != NULL)
		status = note_tenants(t, tenants, imsi) ? ES_OK : ES_TOO_LARGE;
	auth_snapshot_put(tenants);
	return status;
}

void auth_core_event(struct auth_task *task, const struct auth_core_event *event, struct auth_core_known *out)
{
	struct telling *t = es_arena_alloc(task->arena, sizeof *t);
	struct es_imsi imsi;

	*out = (struct auth_core_known){ .known = false };
	if (t == NULL || es_imsi_parse(es_slice_str(event->imsi), &imsi) != ES_OK) {
		auth_flow_fail(task, ES_MALFORMED, "an event of the core network without an IMSI");
		return;
	}
	*t = (struct telling){
		.task = task,
		.out = out,
		.change = { .event = event, .arena = task->arena, .deadline = task->deadline, .trace = task->trace }
	};
	es_status status = find_tenants(t, &imsi);
	if (status != ES_OK) {
		auth_flow_fail(task, status, "whose subscriber this is cannot be told");
		return;
	}
	es_info(task->trace, "auth.core_event", es_f_str("source", event->source),
	        es_f_str("kind", event->kind == AUTH_CORE_PROFILE ? "profile" : "deregistered"),
	        es_f_id("imsi", es_slice_str(event->imsi)), es_f_u64("tenants", t->count));
	tell_next(t);
}
