/* policy_bus.c -- requests from the bus to the engine and to the operators' API.
 *
 * Reads run right in the bus's callback on SQLite and on workers where they would block (PostgreSQL). What commits always
 * runs on a worker, so that a slow disk never holds a decision. */
#include "policy_bus.h"

#include <stdio.h>
#include <stdlib.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_text.h"
#include "es_worker.h"
#include "policy_admin.h"
#include "policy_bus_bss.h"
#include "policy_bus_int.h"
#include "policy_core.h"
#include "policy_deciding.h"
#include "policy_engine_sheet.h"
#include "policy_sheet_peers.h"

#define TOPIC "policy"
#define CALLS 256 /* in work at once; those that wait for answers from outside come on top */
/* POLICY_TENANTS_BYTES_MAX and POLICY_CLIENTS_BYTES_MAX as messages: pointers and ends of strings, too */
#define TENANTS_MEMORY (4u << 20)

static const char *const outcome_names[POLICY_ADMIN_OUTCOMES] = {
	[POLICY_ADMIN_NONE] = "failed",
	[POLICY_ADMIN_DONE] = "done",
	[POLICY_ADMIN_CREATED] = "created",
	[POLICY_ADMIN_ACCEPTED] = "accepted",
	[POLICY_ADMIN_UNAUTHENTICATED] = "unauthenticated",
	[POLICY_ADMIN_FORBIDDEN] = "forbidden",
	[POLICY_ADMIN_NOT_FOUND] = "not_found",
	[POLICY_ADMIN_INVALID] = "invalid",
	[POLICY_ADMIN_CONFLICT] = "conflict",
};
ES_METRIC_COUNTER(admin_requests, "openes_policy_admin_requests_total", "Requests of the operators' API, by outcome",
                  "result", outcome_names);

static const char *const told_names[POLICY_TOLD_COUNT] = {
	[POLICY_TOLD_NOTHING] = "refused",     [POLICY_TOLD_APPLIED] = "applied",   [POLICY_TOLD_UNCHANGED] = "unchanged",
	[POLICY_TOLD_DUPLICATE] = "duplicate", [POLICY_TOLD_OUTDATED] = "outdated", [POLICY_TOLD_DEAD] = "dead_letter",
};
ES_METRIC_COUNTER(bss_events, "openes_policy_bss_events_total", "Events of a BSS, by what became of them", "result",
                  told_names);

/* ---- serving one request ---- */

typedef void serve_fn(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request);

static void serve_find(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	Openes__FindReply reply = OPENES__FIND_REPLY__INIT;
	policy_bus_answer(
		call, policy_serve_find(bus->engine, (const Openes__FindRequest *)request, es_bus_call_arena(call), &reply),
		&reply.base);
}

static void serve_lines(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	Openes__LinesReply reply = OPENES__LINES_REPLY__INIT;
	policy_bus_answer(
		call, policy_serve_lines(bus->engine, (const Openes__LinesRequest *)request, es_bus_call_arena(call), &reply),
		&reply.base);
}

/* All tenants may be more than a call's memory holds. */
static void serve_tenants(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	Openes__TenantsReply reply = OPENES__TENANTS_REPLY__INIT;
	struct es_arena *arena = es_arena_new(0, TENANTS_MEMORY);
	es_status status = ES_TOO_LARGE;

	if (arena != NULL)
		status = policy_serve_tenants(bus->engine, (const Openes__TenantsRequest *)request, arena, &reply);
	policy_bus_answer(call, status, &reply.base);
	es_arena_free(arena);
}

static void serve_events(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
	policy_bus_answer(
		call, policy_serve_events(bus->engine, (const Openes__EventsRequest *)request, es_bus_call_arena(call), &reply),
		&reply.base);
}

/* The numbers of policy_admin_outcome and of the wire are the same list, kept apart. */
static Openes__AdminReply__Outcome outcome_on_wire(enum policy_admin_outcome outcome)
{
	static const Openes__AdminReply__Outcome on_wire[POLICY_ADMIN_OUTCOMES] = {
		[POLICY_ADMIN_NONE] = OPENES__ADMIN_REPLY__OUTCOME__OUTCOME_NONE,
		[POLICY_ADMIN_DONE] = OPENES__ADMIN_REPLY__OUTCOME__DONE,
		[POLICY_ADMIN_CREATED] = OPENES__ADMIN_REPLY__OUTCOME__CREATED,
		[POLICY_ADMIN_ACCEPTED] = OPENES__ADMIN_REPLY__OUTCOME__ACCEPTED,
		[POLICY_ADMIN_UNAUTHENTICATED] = OPENES__ADMIN_REPLY__OUTCOME__UNAUTHENTICATED,
		[POLICY_ADMIN_FORBIDDEN] = OPENES__ADMIN_REPLY__OUTCOME__FORBIDDEN,
		[POLICY_ADMIN_NOT_FOUND] = OPENES__ADMIN_REPLY__OUTCOME__NOT_FOUND,
		[POLICY_ADMIN_INVALID] = OPENES__ADMIN_REPLY__OUTCOME__INVALID,
		[POLICY_ADMIN_CONFLICT] = OPENES__ADMIN_REPLY__OUTCOME__CONFLICT,
	};
	return on_wire[outcome];
}

static void reply_admin(struct es_bus_call *call, const struct policy_admin_result *result)
{
	Openes__AdminReply reply = OPENES__ADMIN_REPLY__INIT;
	char audit_id[24] = "";

	if (result->audit_id > 0)
		(void)snprintf(audit_id, sizeof audit_id, "%lld", (long long)result->audit_id);
	reply.outcome = outcome_on_wire(result->outcome);
	reply.audit_id = audit_id;
	reply.body.data = result->body.ptr;
	reply.body.len = result->body.len;
	es_bus_reply(call, &reply.base);
}

/* `result->body` is to be wiped in any case. */
static es_status carry_out(struct policy_bus *bus, const struct policy_admin_request *request,
                           struct policy_admin_result *result)
{
	es_status status = policy_admin_run(bus->engine->store, bus->engine->ring, request, result);

	es_count(&admin_requests, status == ES_OK ? result->outcome : POLICY_ADMIN_NONE);
	es_info(request->trace, "admin.request", es_f_str("action", request->action), es_f_status(status),
	        es_f_str("outcome", outcome_names[result->outcome]), es_f_i64("audit_id", result->audit_id));
	if (status == ES_OK && result->sequence > 0)
		es_bus_publish(bus->publisher, TOPIC, result->sequence);
	if (status == ES_OK && result->told != POLICY_TOLD_NOTHING)
		es_count(&bss_events, result->told);
	return status;
}

static void run_admin(struct policy_bus *bus, struct es_bus_call *call, const Openes__AdminRequest *message,
                      bool elsewhere)
{
	struct policy_admin_param *params = es_arena_array(es_bus_call_arena(call), message->n_params, sizeof *params);
	struct policy_admin_result result;

	if (params == NULL) {
		es_bus_fail(call, ES_TOO_LARGE, "too many parameters");
		return;
	}
	for (size_t i = 0; i < message->n_params; i++)
		params[i] = (struct policy_admin_param){ message->params[i]->name, message->params[i]->value };
	struct policy_admin_request request = {
		.credential = message->credential,
		.action = message->action,
		.client = message->client_address,
		.params = params,
		.param_count = message->n_params,
		.body = es_slice_of(message->body.data, message->body.len),
		.elsewhere = elsewhere,
		.bss = bus->bss,
		.trace = es_bus_call_trace(call),
	};
	policy_bus_bss_signed(bus->bss, es_slice_str(message->signature), es_bus_call_arena(call), &request);
	es_status status = carry_out(bus, &request, &result);
	if (status == ES_OK)
		reply_admin(call, &result);
	else
		es_bus_fail(call, status, es_status_meaning(status));
	es_buf_wipe(&result.body); /* may hold a new credential */
}

static void serve_admin(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	run_admin(bus, call, (const Openes__AdminRequest *)request, false);
}

static void serve_admin_begin(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	run_admin(bus, call, (const Openes__AdminRequest *)request, true);
}

static void serve_admin_end(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	const Openes__AdminEndRequest *end = (const Openes__AdminEndRequest *)request;
	const Openes__Empty reply = OPENES__EMPTY__INIT;
	policy_bus_answer(call, policy_admin_end(bus->engine->store, end->audit_id, end->outcome), &reply.base);
}

/* What an HSS tells unasked is a change like any other, with its event, its place in the trail and its effect on tokens. */
static void serve_core_event(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request)
{
	struct es_arena *arena = es_bus_call_arena(call);
	Openes__CoreEventReply reply = OPENES__CORE_EVENT_REPLY__INIT;
	struct policy_admin_request change = { .credential = "", .client = "", .trace = es_bus_call_trace(call) };
	struct policy_admin_result result;

	es_status status = policy_core_change((const Openes__CoreEventRequest *)request, arena, &change);
	if (status != ES_OK) {
		es_bus_fail(call, status, "an event of the core network that says nothing");
		return;
	}
	status = carry_out(bus, &change, &result);
	es_buf_wipe(&result.body);
	reply.known = result.outcome == POLICY_ADMIN_DONE;
	policy_bus_answer(call, status, &reply.base);
}

/* ---- the operator's own systems ---- */

static enum policy_bss_outcome on_bss_answer(void *user, const struct policy_bss_result *result)
{
	struct policy_bus *bus = user;
	uint64_t sequence = 0;
	enum policy_bss_outcome outcome = policy_bus_bss_apply(bus->engine, result, &sequence);

	if (sequence > 0)
		es_bus_publish(bus->publisher, TOPIC, sequence);
	return outcome;
}

/* ---- to the right thread ---- */

struct job {
	struct policy_bus *bus;
	struct es_bus_call *call;
	const ProtobufCMessage *request; /* of the call's arena */
	serve_fn *serve;
};

static void run_job(void *user)
{
	const struct job job = *(const struct job *)user; /* the call's arena ends with the answer */
	if (es_bus_call_deadline(job.call) <= es_wall_ms())
		es_bus_fail(job.call, ES_TIMEOUT, "waited too long for a worker");
	else
		job.serve(job.bus, job.call, job.request);
}

static void hand_over(struct policy_bus *bus, struct es_worker *worker, struct es_bus_call *call,
                      const ProtobufCMessage *request, serve_fn *serve)
{
	struct job *job = es_arena_alloc(es_bus_call_arena(call), sizeof *job);
	if (job == NULL) {
		es_bus_fail(call, ES_TOO_LARGE, "no memory in the call");
		return;
	}
	*job = (struct job){ bus, call, request, serve };
	es_status status = es_worker_submit(worker, run_job, job);
	if (status != ES_OK)
		es_bus_fail(call, status, "all workers are busy");
}

static void read_lane(struct policy_bus *bus, struct es_bus_call *call, const ProtobufCMessage *request,
                      serve_fn *serve)
{
	if (bus->readers != NULL)
		hand_over(bus, bus->readers, call, request, serve);
	else
		serve(bus, call, request);
}

#define ON_READ(name)                                                                                                  \
	static void on_##name(struct es_bus_call *call, const ProtobufCMessage *request, void *user)                       \
	{                                                                                                                  \
		read_lane(user, call, request, serve_##name);                                                                  \
	}
#define ON_COMMIT(name)                                                                                                \
	static void on_##name(struct es_bus_call *call, const ProtobufCMessage *request, void *user)                       \
	{                                                                                                                  \
		struct policy_bus *bus = user;                                                                                 \
		hand_over(bus, bus->operators, call, request, serve_##name);                                                   \
	}
ON_READ(find)
ON_READ(tenants)
ON_READ(events)
ON_COMMIT(admin)
ON_COMMIT(admin_begin)
ON_COMMIT(admin_end)
ON_COMMIT(core_event)

/* Counting a million lines takes a second: with the operators' own long work. */
static void on_lines(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	struct policy_bus *bus = user;
	if (((const Openes__LinesRequest *)request)->count)
		hand_over(bus, bus->operators, call, request, serve_lines);
	else
		read_lane(bus, call, request, serve_lines);
}

static void on_admit(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	read_lane(user, call, request, policy_bus_admit);
}

static void on_decide(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	struct policy_bus *bus = user;
	if (policy_decide_commits((const Openes__DecideRequest *)request))
		hand_over(bus, bus->answers, call, request, policy_bus_decide);
	else
		read_lane(bus, call, request, policy_bus_decide);
}

static void on_sheet_open(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	read_lane(user, call, request, policy_bus_sheet_open);
}

static void on_sheet_act(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	struct policy_bus *bus = user;
	hand_over(bus, bus->answers, call, request, policy_bus_sheet_act);
}

static void on_told(void *user, uint64_t sequence)
{
	const struct policy_bus *bus = user;
	es_bus_publish(bus->publisher, TOPIC, sequence);
}

static const struct es_bus_method methods[] = {
	{ OPENES__BUS_METHOD__POLICY_DECIDE, &openes__decide_request__descriptor, on_decide },
	{ OPENES__BUS_METHOD__POLICY_ADMIT, &openes__admit_request__descriptor, on_admit },
	{ OPENES__BUS_METHOD__POLICY_FIND, &openes__find_request__descriptor, on_find },
	{ OPENES__BUS_METHOD__POLICY_TENANTS, &openes__tenants_request__descriptor, on_tenants },
	{ OPENES__BUS_METHOD__POLICY_EVENTS, &openes__events_request__descriptor, on_events },
	{ OPENES__BUS_METHOD__POLICY_LINES, &openes__lines_request__descriptor, on_lines },
	{ OPENES__BUS_METHOD__POLICY_SHEET_OPEN, &openes__sheet_open_request__descriptor, on_sheet_open },
	{ OPENES__BUS_METHOD__POLICY_SHEET_ACT, &openes__sheet_act_request__descriptor, on_sheet_act },
	{ OPENES__BUS_METHOD__POLICY_ADMIN, &openes__admin_request__descriptor, on_admin },
	{ OPENES__BUS_METHOD__POLICY_ADMIN_BEGIN, &openes__admin_request__descriptor, on_admin_begin },
	{ OPENES__BUS_METHOD__POLICY_CORE_EVENT, &openes__core_event_request__descriptor, on_core_event },
	{ OPENES__BUS_METHOD__POLICY_ADMIN_END, &openes__admin_end_request__descriptor, on_admin_end },
};

/* ---- life ---- */

static es_status start_parts(const struct policy_bus_options *options, struct policy_bus *bus, struct es_buf *error)
{
	const struct es_bus_server_options server = {
		.url = options->listen,
		.key = options->key,
		.service = "policy",
		.methods = methods,
		.method_count = ES_COUNT(methods),
		.user = bus,
		.slots = CALLS + policy_eir_waiting_max(options->engine->eir),
	};
	struct es_bus_server_options slotted = server;
	bool blocks = es_db_reads_block(policy_store_db(options->engine->store));

	es_metric_register(&admin_requests);
	es_metric_register(&bss_events);
	policy_deciding_metrics();
	policy_grant_metrics();
	policy_equipment_metrics();
	policy_sheet_metrics();
	bus->operators = es_worker_new("operators", 4, 64);
	bus->answers = es_worker_new("answers", 4, 128);
	if (blocks)
		bus->readers = es_worker_new("readers", 8, 512);
	if (bus->operators == NULL || bus->answers == NULL || (blocks && bus->readers == NULL)) {
		es_put_str(error, "threads cannot be had");
		return ES_UNAVAILABLE;
	}
	ES_TRY(es_bus_publisher_start(options->events_listen, options->key, &bus->publisher, error));
	bus->engine->tell = on_told;
	bus->engine->tell_user = bus;
	if (options->bss_file[0] != '\0') {
		const struct policy_bss_options bss = { .file = options->bss_file, .apply = on_bss_answer, .user = bus };
		ES_TRY(policy_bss_start(&bss, &bus->bss, error));
		slotted.slots += policy_bss_waiting_max(bus->bss);
	}
	if (options->esim_target[0] != '\0') {
		const struct es_bus_client_options esim = { .target = options->esim_target,
			                                        .name = "esim",
			                                        .key = options->key };
		ES_TRY(es_bus_client_start(&esim, &bus->esim, error));
	}
	ES_TRY(es_bus_server_start(&slotted, &bus->server, error));
	if (bus->bss != NULL)
		policy_bss_register(bus->bss);
	return ES_OK;
}

es_status policy_bus_start(const struct policy_bus_options *options, struct policy_bus **out, struct es_buf *error)
{
	struct policy_bus *bus = calloc(1, sizeof *bus);
	if (bus == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	bus->engine = options->engine;
	es_status status = start_parts(options, bus, error);
	if (status != ES_OK) {
		policy_bus_stop(bus, 0);
		return status;
	}
	*out = bus;
	return ES_OK;
}

void policy_bus_stop(struct policy_bus *bus, int64_t wait_ms)
{
	if (bus == NULL)
		return;
	if (bus->server != NULL)
		es_bus_server_stop(bus->server, wait_ms);
	policy_eir_stop(bus->engine->eir); /* calls that still wait for answers get them while there are workers */
	policy_bss_stop(bus->bss);
	policy_sheet_peers_quit(bus->engine->peers); /* its answers come to the workers */
	if (bus->esim != NULL)
		es_bus_client_stop(bus->esim); /* the same */
	if (bus->operators != NULL)
		es_worker_free(bus->operators);
	if (bus->answers != NULL)
		es_worker_free(bus->answers);
	if (bus->readers != NULL)
		es_worker_free(bus->readers);
	policy_bss_free(bus->bss);
	if (bus->publisher != NULL)
		es_bus_publisher_stop(bus->publisher);
	free(bus);
}
