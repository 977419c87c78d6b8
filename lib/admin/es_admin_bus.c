/* es_admin_bus.c -- an operator's action from protobuf to a worker and back. */
#include "es_admin.h"
#include "es_clock.h"
#include "es_log.h"
#include "policy.pb-c.h"

/* The same list, kept apart. */
static const Openes__AdminWorkReply__Outcome on_wire[ES_ADMIN_OUTCOMES] = {
	[ES_ADMIN_NONE] = OPENES__ADMIN_WORK_REPLY__OUTCOME__OUTCOME_NONE,
	[ES_ADMIN_DONE] = OPENES__ADMIN_WORK_REPLY__OUTCOME__DONE,
	[ES_ADMIN_CREATED] = OPENES__ADMIN_WORK_REPLY__OUTCOME__CREATED,
	[ES_ADMIN_NOT_FOUND] = OPENES__ADMIN_WORK_REPLY__OUTCOME__NOT_FOUND,
	[ES_ADMIN_INVALID] = OPENES__ADMIN_WORK_REPLY__OUTCOME__INVALID,
	[ES_ADMIN_CONFLICT] = OPENES__ADMIN_WORK_REPLY__OUTCOME__CONFLICT,
};

struct job {
	struct es_bus_call *call;
	const Openes__AdminWorkRequest *request; /* of the call's arena */
	es_admin_work *work;
	void *user;
};

static void answer(struct es_bus_call *call, es_status status, const struct es_admin_result *result)
{
	Openes__AdminWorkReply reply;

	openes__admin_work_reply__init(&reply);
	reply.outcome = on_wire[result->outcome];
	reply.body = (ProtobufCBinaryData){ .len = result->body.len, .data = result->body.ptr };
	if (status == ES_OK)
		es_bus_reply(call, &reply.base);
	else
		es_bus_fail(call, status, "the store did not do it");
}

static void carry_out(const struct job *job, const struct es_admin_param *params)
{
	const struct es_trace *trace = es_bus_call_trace(job->call);
	char traceparent[ES_TRACEPARENT_SIZE] = "";
	struct es_admin_result result;

	if (trace != NULL)
		es_trace_format(trace, traceparent);
	const struct es_admin_request request = {
		.action = job->request->action,
		.params = params,
		.param_count = job->request->n_params,
		.body = es_slice_of(job->request->body.data, job->request->body.len),
		.traceparent = traceparent,
	};
	const es_status status = job->work(&request, trace, &result, job->user);
	/* Before the answer, which ends the call and all that is in its arena. */
	es_info(trace, "admin.request", es_f_str("action", request.action), es_f_status(status),
	        es_f_str("outcome", es_admin_outcome_names[result.outcome]));
	answer(job->call, status, &result);
	es_buf_wipe(&result.body);
}

static void run(void *user)
{
	const struct job job = *(const struct job *)user; /* the call's arena ends with the answer */
	const size_t count = job.request->n_params;
	struct es_admin_param *params = es_arena_array(es_bus_call_arena(job.call), count, sizeof *params);

	if (params == NULL) {
		es_bus_fail(job.call, ES_TOO_LARGE, "no memory in the call");
		return;
	}
	for (size_t i = 0; i < count; i++)
		params[i] = (struct es_admin_param){ job.request->params[i]->name, job.request->params[i]->value };
	if (es_bus_call_deadline(job.call) <= es_wall_ms())
		es_bus_fail(job.call, ES_TIMEOUT, "waited too long for a worker");
	else
		carry_out(&job, params);
}

void es_admin_serve(struct es_bus_call *call, const ProtobufCMessage *message, struct es_worker *workers,
                    es_admin_work *work, void *user)
{
	struct job *job = es_arena_alloc(es_bus_call_arena(call), sizeof *job);

	if (job == NULL) {
		es_bus_fail(call, ES_TOO_LARGE, "no memory in the call");
		return;
	}
	*job = (struct job){ call, (const Openes__AdminWorkRequest *)message, work, user };
	const es_status status = es_worker_submit(workers, run, job);
	if (status != ES_OK)
		es_bus_fail(call, status, "all workers are busy");
}
