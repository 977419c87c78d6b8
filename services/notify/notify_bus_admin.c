/* notify_bus_admin.c -- NOTIFY_ADMIN: an operator's action on a worker, and who is told after it. */
#include "es_metrics.h"
#include "notify_admin.h"
#include "notify_bus.h"

ES_METRIC_COUNTER(requests, "openes_notify_admin_requests_total", "Actions of the operators' API, by outcome",
                  "outcome", es_admin_outcome_names);

void notify_admin_metrics(void)
{
	es_metric_register(&requests);
}

static es_status carry_out(const struct es_admin_request *request, const struct es_trace *trace,
                           struct es_admin_result *result, void *user)
{
	struct notify_bus *bus = user;
	const struct notify_admin_world world = { .db = notify_store_db(bus->store), .ways = bus->ways };
	struct notify_admin_effect effect;
	const es_status status = notify_admin_run(&world, request, result, &effect);

	(void)trace;
	es_count(&requests, status == ES_OK ? result->outcome : ES_ADMIN_NONE);
	if (status == ES_OK && result->outcome <= ES_ADMIN_CREATED && effect.woken)
		notify_deliver_kick(bus->deliver);
	return status;
}

void notify_on_admin(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	struct notify_bus *bus = user;

	es_admin_serve(call, message, bus->admins, carry_out, bus);
}
