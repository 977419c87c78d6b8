/* esim_bus_admin.c -- ESIM_ADMIN: an operator's action from protobuf to esim_admin.c and back, on a worker. */
#include "bus.pb-c.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"
#include "esim.pb-c.h"
#include "esim_admin.h"
#include "esim_bus.h"

static const char *const outcome_names[] = { "failed", "done", "created", "not_found", "invalid", "conflict" };
ES_METRIC_COUNTER(requests, "openes_esim_admin_requests_total", "Actions of the operators' API, by outcome", "outcome",
                  outcome_names);

/* The same list, kept apart. */
static const Openes__EsimAdminReply__Outcome on_wire[] = {
	[ESIM_ADMIN_NONE] = OPENES__ESIM_ADMIN_REPLY__OUTCOME__OUTCOME_NONE,
	[ESIM_ADMIN_DONE] = OPENES__ESIM_ADMIN_REPLY__OUTCOME__DONE,
	[ESIM_ADMIN_CREATED] = OPENES__ESIM_ADMIN_REPLY__OUTCOME__CREATED,
	[ESIM_ADMIN_NOT_FOUND] = OPENES__ESIM_ADMIN_REPLY__OUTCOME__NOT_FOUND,
	[ESIM_ADMIN_INVALID] = OPENES__ESIM_ADMIN_REPLY__OUTCOME__INVALID,
	[ESIM_ADMIN_CONFLICT] = OPENES__ESIM_ADMIN_REPLY__OUTCOME__CONFLICT,
};

void esim_admin_metrics(void)
{
	es_metric_register(&requests);
}

struct job {
	struct esim_bus *bus;
	struct es_bus_call *call;
	const Openes__EsimAdminRequest *request; /* of the call's arena */
};

static void answer(struct es_bus_call *call, es_status status, const struct esim_admin_result *result)
{
	Openes__EsimAdminReply reply;

	openes__esim_admin_reply__init(&reply);
	reply.outcome = on_wire[result->outcome];
	reply.body = (ProtobufCBinaryData){ .len = result->body.len, .data = result->body.ptr };
	if (status == ES_OK)
		es_bus_reply(call, &reply.base);
	else
		es_bus_fail(call, status, "the store did not do it");
}

static void after(struct esim_bus *bus, const struct es_trace *trace, const char *action, es_status status,
                  const struct esim_admin_result *result)
{
	es_count(&requests, status == ES_OK ? result->outcome : ESIM_ADMIN_NONE);
	es_info(trace, "admin.request", es_f_str("action", action), es_f_status(status),
	        es_f_str("outcome", outcome_names[result->outcome]), es_f_str("order", result->order));
	if (status != ES_OK || result->outcome > ESIM_ADMIN_CREATED)
		return;
	if (result->sequence > 0 || result->order[0] != '\0')
		esim_bus_moved(bus, NULL, result->sequence);
	if (result->wakes)
		esim_wake(bus->waits, result->order);
}

static void carry_out(const struct job *job, const struct esim_admin_param *params)
{
	const struct es_trace *trace = es_bus_call_trace(job->call);
	char traceparent[ES_TRACEPARENT_SIZE] = "";
	struct esim_admin_result result;

	if (trace != NULL)
		es_trace_format(trace, traceparent);
	const struct esim_admin_request request = {
		.action = job->request->action,
		.params = params,
		.param_count = job->request->n_params,
		.body = es_slice_of(job->request->body.data, job->request->body.len),
		.traceparent = traceparent,
	};
	const es_status status = esim_admin_run(&job->bus->store, &request, &result);
	/* Before the answer, which ends the call and all that is in its arena. */
	after(job->bus, trace, request.action, status, &result);
	answer(job->call, status, &result);
	es_buf_wipe(&result.body);
}

static void run(void *user)
{
	const struct job job = *(const struct job *)user; /* the call's arena ends with the answer */
	const size_t count = job.request->n_params;
	struct esim_admin_param *params = es_arena_array(es_bus_call_arena(job.call), count, sizeof *params);

	if (params == NULL) {
		es_bus_fail(job.call, ES_TOO_LARGE, "no memory in the call");
		return;
	}
	for (size_t i = 0; i < count; i++)
		params[i] = (struct esim_admin_param){ job.request->params[i]->name, job.request->params[i]->value };
	if (es_bus_call_deadline(job.call) <= es_wall_ms())
		es_bus_fail(job.call, ES_TIMEOUT, "waited too long for a worker");
	else
		carry_out(&job, params);
}

void esim_on_admin(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	struct esim_bus *bus = user;
	struct job *job = es_arena_alloc(es_bus_call_arena(call), sizeof *job);

	if (job == NULL) {
		es_bus_fail(call, ES_TOO_LARGE, "no memory in the call");
		return;
	}
	*job = (struct job){ bus, call, (const Openes__EsimAdminRequest *)message };
	const es_status status = es_worker_submit(bus->readers, run, job);
	if (status != ES_OK)
		es_bus_fail(call, status, "all workers are busy");
}
