/* esim_bus_admin.c -- ESIM_ADMIN: an operator's action on a worker, and who is told after it. */
#include "es_log.h"
#include "es_metrics.h"
#include "esim_admin.h"
#include "esim_bus.h"

ES_METRIC_COUNTER(requests, "openes_esim_admin_requests_total", "Actions of the operators' API, by outcome", "outcome",
                  es_admin_outcome_names);

void esim_admin_metrics(void)
{
	es_metric_register(&requests);
}

static es_status carry_out(const struct es_admin_request *request, const struct es_trace *trace,
                           struct es_admin_result *result, void *user)
{
	struct esim_bus *bus = user;
	struct esim_admin_effect effect;
	const es_status status = esim_admin_run(&bus->store, request, result, &effect);

	es_count(&requests, status == ES_OK ? result->outcome : ES_ADMIN_NONE);
	if (status != ES_OK || result->outcome > ES_ADMIN_CREATED)
		return status;
	if (effect.order[0] != '\0')
		es_info(trace, "admin.moved", es_f_str("action", request->action), es_f_str("order", effect.order));
	if (effect.sequence > 0 || effect.order[0] != '\0')
		esim_bus_moved(bus, NULL, effect.sequence);
	if (effect.wakes)
		esim_wake(bus->waits, effect.order);
	return status;
}

void esim_on_admin(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	struct esim_bus *bus = user;

	es_admin_serve(call, message, bus->readers, carry_out, bus);
}
