/* esim_operate.c -- ESIM_OPERATE: one ODSA request.
 *
 *     nothing to look up ──────────────────────────────► answered in the callback
 *     AcquireConfiguration: the line is read; what was told is noted in a write job, which answers
 *     ManageSubscription, ManageService: one write job reads, decides and writes the order
 *          └─ the order is under way: the device is kept waiting, a few seconds, for what comes of it
 *
 * Nothing blocks but reads on PostgreSQL, which belong to a worker. The device seen is noted beside it. */
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"
#include "esim_answer.h"
#include "esim_bus.h"
#include "esim_carry.h"
#include "esim_line.h"
#include "esim_note.h"
#include "esim_wire.h"

#define MARGIN_MS 500 /* of the call's deadline, kept for the way back */

ES_METRIC_COUNTER(operations, "openes_esim_operations_total", "ODSA requests by operation", "operation",
                  esim_operation_names);

enum {
	RESULT_1,
	RESULT_100,
	RESULT_101,
	RESULT_102,
	RESULT_103,
	RESULT_104,
	RESULT_NONE,
	RESULT_NOT_OFFERED,
	RESULT_FORBIDDEN,
	RESULT_UNACCEPTABLE,
	RESULT_FAILED
};
static const char *const result_names[] = { "1",    "100",         "101",       "102",          "103",   "104",
	                                        "none", "not_offered", "forbidden", "unacceptable", "failed" };
ES_METRIC_COUNTER(results, "openes_esim_results_total", "ODSA requests by OperationResult", "result", result_names);

/* One request in work: in the call's arena. */
struct work {
	struct esim_bus *bus;
	struct es_bus_call *call;
	const Openes__OperateRequest *message;
	struct esim_request request;
	struct esim_answer answer;
	struct esim_rows rows;
	struct esim_carried carried;
	int64_t until_ms; /* how long the device is kept waiting */
};

void esim_operate_metrics(void)
{
	es_metric_register(&operations);
	es_metric_register(&results);
}

/* ---- the answer ---- */

static size_t result_label(const struct esim_answer *answer)
{
	static const size_t of_verdict[] = { [ESIM_NOT_OFFERED] = RESULT_NOT_OFFERED,
		                                 [ESIM_FORBIDDEN] = RESULT_FORBIDDEN,
		                                 [ESIM_UNACCEPTABLE] = RESULT_UNACCEPTABLE };

	if (answer->verdict >= ESIM_NOT_OFFERED)
		return of_verdict[answer->verdict];
	if (answer->root == NULL)
		return RESULT_NONE;
	return answer->result == ESIM_SUCCESS ? RESULT_1 : (size_t)(RESULT_100 + (answer->result - ESIM_ERROR_GENERAL));
}

static void fail(struct work *w, es_status status, const char *detail)
{
	es_count(&results, RESULT_FAILED);
	es_bus_fail(w->call, status, detail);
}

static void reply(struct work *w)
{
	static const Openes__OperateReply__Outcome outcomes[] = {
		[ESIM_ANSWERS] = OPENES__OPERATE_REPLY__OUTCOME__ANSWERED,
		[ESIM_ORDERS] = OPENES__OPERATE_REPLY__OUTCOME__ANSWERED,
		[ESIM_FOLLOWS] = OPENES__OPERATE_REPLY__OUTCOME__ANSWERED,
		[ESIM_ASKS_SHEET] = OPENES__OPERATE_REPLY__OUTCOME__ANSWERED,
		[ESIM_NOT_OFFERED] = OPENES__OPERATE_REPLY__OUTCOME__NOT_OFFERED,
		[ESIM_FORBIDDEN] = OPENES__OPERATE_REPLY__OUTCOME__FORBIDDEN,
		[ESIM_UNACCEPTABLE] = OPENES__OPERATE_REPLY__OUTCOME__NOT_ACCEPTABLE,
	};
	struct es_arena *arena = es_bus_call_arena(w->call);
	Openes__OperateReply message;
	Openes__AppAnswer app;

	openes__operate_reply__init(&message);
	openes__app_answer__init(&app);
	app.app = w->message->app;
	message.outcome = outcomes[w->answer.verdict];
	message.reason = es_arena_strdup(arena, es_slice_str(w->answer.reason));
	if (message.outcome == OPENES__OPERATE_REPLY__OUTCOME__ANSWERED)
		message.answer = &app;
	if (w->answer.is_short || message.reason == NULL || esim_wire_nodes(w->answer.root, arena, &app) != ES_OK) {
		fail(w, ES_TOO_LARGE, "the answer does not fit its memory");
		return;
	}
	es_count(&results, result_label(&w->answer));
	es_bus_reply(w->call, &message.base);
}

/* ---- waiting for the order ---- */

/* Nothing that the device could be told now differs from what it could be told later. */
static bool is_settled(const struct esim_order *o)
{
	return o->state != ESIM_ORDER_GOING || esim_order_is_offered(o);
}

static void answer_order(struct work *w)
{
	esim_answer_order(&w->request, &w->carried.c.order, &w->carried.c.profile, &w->answer);
	reply(w);
}

static es_status read_again(struct es_db_conn *conn, void *user)
{
	struct work *w = user;
	char id[ESIM_ID + 1];

	memcpy(id, w->carried.c.order.id, sizeof id);
	return esim_case_read(&w->bus->store, conn, id, &w->carried.c);
}

static void look_again(void *user)
{
	struct work *w = user;
	const es_status status = es_db_read(w->bus->store.db, read_again, w);

	if (status != ES_OK)
		fail(w, status, "the order cannot be read");
	else
		answer_order(w);
}

static void woken(void *user)
{
	struct work *w = user;

	if (es_worker_submit(w->bus->readers, look_again, w) != ES_OK)
		fail(w, ES_BUSY, "too many wait to be answered");
}

/* ---- writing ---- */

static es_status manage(struct es_db_conn *conn, void *user)
{
	struct work *w = user;
	char trace[ES_TRACEPARENT_SIZE];

	es_trace_format(es_bus_call_trace(w->call), trace);
	ES_TRY(esim_line_read(&w->bus->store, conn, &w->request, &w->rows));
	esim_operate(&w->request, &w->answer);
	return esim_carry_out(&w->bus->store, conn, &w->request, &w->answer, trace, &w->carried);
}

static void managed(es_status status, void *user)
{
	struct work *w = user;
	struct esim_bus *bus = w->bus;

	if (status != ES_OK) {
		fail(w, status, "the order was not written");
		return;
	}
	if (!w->carried.has_order || is_settled(&w->carried.c.order)) {
		esim_bus_moved(bus, NULL, w->carried.event);
		if (w->carried.has_order)
			answer_order(w);
		else
			reply(w);
		return;
	}
	/* From here on another thread may answer. */
	const uint64_t event = w->carried.event;
	status = esim_wait(bus->waits, w->carried.c.order.id, w->until_ms, woken, w);
	if (status != ES_OK)
		fail(w, status, "the order is under way");
	esim_bus_moved(bus, NULL, event);
}

/* ---- AcquireConfiguration, CheckEligibility ---- */

static es_status read_line(struct es_db_conn *conn, void *user)
{
	struct work *w = user;

	ES_TRY(esim_line_read(&w->bus->store, conn, &w->request, &w->rows));
	esim_operate(&w->request, &w->answer);
	return ES_OK;
}

static es_status note_told(struct es_db_conn *conn, void *user)
{
	struct work *w = user;

	return esim_carry_told(&w->bus->store, conn, &w->request, &w->answer, &w->carried.event);
}

static void told(es_status status, void *user)
{
	struct work *w = user;

	if (status != ES_OK) {
		fail(w, status, "what is told cannot be noted");
		return;
	}
	esim_bus_moved(w->bus, NULL, w->carried.event);
	reply(w);
}

static bool is_news(const struct work *w)
{
	for (size_t i = 0; i < w->request.line.count; i++)
		if ((w->answer.given >> i & 1) != 0 && w->rows.profiles[i].given_ms == 0)
			return true;
	return w->answer.polled != 0 || w->answer.shown != NULL;
}

static void acquire(void *user)
{
	struct work *w = user;
	es_status status = es_db_read(w->bus->store.db, read_line, w);

	if (status == ES_OK && !is_news(w)) {
		reply(w);
		return;
	}
	if (status == ES_OK)
		status = es_db_write(w->bus->store.db, note_told, told, w);
	if (status != ES_OK)
		fail(w, status, "the profiles cannot be read");
}

/* A device that is told to come back is counted (V12-ODSA-CE-08). */
static es_status count_poll(struct es_db_conn *conn, void *user)
{
	struct work *w = user;
	const int64_t forget = w->request.facts.eligibility_polling_s * 10000;

	return esim_row_poll(conn, w->request.tenant, w->request.imsi, w->request.terminal_id, w->request.now_ms,
	                     w->request.now_ms - forget, &w->request.eligibility_polls);
}

static void counted(es_status status, void *user)
{
	struct work *w = user;

	if (status != ES_OK) {
		fail(w, status, "the question cannot be counted");
		return;
	}
	esim_operate(&w->request, &w->answer);
	reply(w);
}

static bool is_poll(const struct work *w)
{
	return w->request.app == ESIM_PRIMARY && w->request.facts.eligibility_polling_s > 0 &&
	       !w->request.facts.primary_allowed && esim_operation_index(w->request.operation) == 0;
}

/* ---- in ---- */

static es_status get_rows(struct work *w, enum esim_needs needs)
{
	struct es_arena *arena = es_bus_call_arena(w->call);

	if (needs >= ESIM_NEEDS_LINE)
		w->rows.profiles = es_arena_array(arena, ESIM_PROFILES_MAX, sizeof(struct esim_profile));
	if (needs == ESIM_NEEDS_ORDERS)
		w->rows.orders = es_arena_array(arena, ESIM_PROFILES_MAX, sizeof(struct esim_order));
	return (needs < ESIM_NEEDS_LINE || w->rows.profiles != NULL) &&
	               (needs < ESIM_NEEDS_ORDERS || w->rows.orders != NULL)
	           ? ES_OK
	           : ES_TOO_LARGE;
}

static void start(struct work *w)
{
	const enum esim_needs needs = esim_operation_needs(w->request.app, w->request.operation);
	struct es_db *db = w->bus->store.db;
	es_status status = get_rows(w, needs);

	if (status != ES_OK) {
		fail(w, status, "the line does not fit its memory");
		return;
	}
	switch (needs) {
	case ESIM_NEEDS_ORDERS: status = es_db_write(db, manage, managed, w); break;
	case ESIM_NEEDS_LINE:
		if (es_db_reads_block(db))
			status = es_worker_submit(w->bus->readers, acquire, w);
		else
			acquire(w);
		break;
	case ESIM_NEEDS_NOTHING:
		if (is_poll(w)) {
			status = es_db_write(db, count_poll, counted, w);
			break;
		}
		esim_operate(&w->request, &w->answer);
		reply(w);
		break;
	}
	if (status != ES_OK)
		fail(w, status, "too many wait to be written");
}

void esim_on_operate(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	struct es_arena *arena = es_bus_call_arena(call);
	struct work *w = es_arena_alloc(arena, sizeof *w);
	es_status status = ES_TOO_LARGE;

	if (w != NULL) {
		*w = (struct work){ .bus = user, .call = call, .message = (const Openes__OperateRequest *)message };
		w->answer.arena = arena;
		w->request.now_ms = es_wall_ms();
		status = esim_wire_request(w->message, arena, &w->request);
	}
	if (status != ES_OK) {
		es_count(&results, RESULT_FAILED);
		es_bus_fail(call, status, "subject, application or parameters cannot be used");
		return;
	}
	const int64_t latest = es_bus_call_deadline(call) - MARGIN_MS;
	w->until_ms = w->request.now_ms + w->request.facts.settings.answer_within_ms;
	w->until_ms = w->until_ms < latest ? w->until_ms : latest;
	es_count(&operations, esim_operation_index(w->request.operation));
	esim_note_device(&w->bus->store, &w->request);
	start(w);
}
