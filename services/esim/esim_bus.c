/* esim_bus.c -- one ODSA request. The answer is made in the callback, pure; the device seen is noted beside it. */
#include "esim_bus.h"

#include <stdlib.h>
#include <string.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_id.h"
#include "es_metrics.h"
#include "es_text.h"
#include "esim.pb-c.h"
#include "esim_odsa.h"
#include "esim_store.h"

#define PARAMS_MAX 128
#define SERVICES_MAX 8
#define DEVICE_ID_MAX 64
#define EID_DIGITS 32

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
	RESULT_FAILED
};
static const char *const result_names[] = { "1", "100", "101", "102", "103", "104", "none", "not_offered", "failed" };
ES_METRIC_COUNTER(results, "openes_esim_results_total", "ODSA requests by OperationResult", "result", result_names);

static const char *const note_names[] = { "written", "dropped", "failed" };
enum { NOTE_WRITTEN, NOTE_DROPPED, NOTE_FAILED };
ES_METRIC_COUNTER(notes, "openes_esim_device_notes_total",
                  "Devices seen: noted, or left out because the queue was full", "result", note_names);

void esim_bus_init(void)
{
	es_metric_register(&operations);
	es_metric_register(&results);
	es_metric_register(&notes);
}

/* ---- the device seen ---- */

struct note {
	struct esim_device device; /* its slices point into `text` */
	int64_t now_ms;
	size_t used;
	uint8_t text[512];
};

static struct es_slice keep(struct note *note, struct es_slice s)
{
	if (s.len > sizeof note->text - note->used)
		return (struct es_slice){ NULL, 0 };
	uint8_t *at = note->text + note->used;
	if (s.len > 0)
		memcpy(at, s.ptr, s.len);
	note->used += s.len;
	return es_slice_of(at, s.len);
}

static es_status write_note(struct es_db_conn *conn, void *user)
{
	const struct note *note = user;

	return esim_store_seen(conn, &note->device, note->now_ms);
}

static void note_done(es_status status, void *user)
{
	es_count(&notes, status == ES_OK ? NOTE_WRITTEN : NOTE_FAILED);
	free(user);
}

/* An identifier worth keeping; what a device makes up beyond that is none. */
static struct es_slice device_id(struct es_slice value)
{
	return value.len <= DEVICE_ID_MAX ? value : (struct es_slice){ NULL, 0 };
}

/* The first parameter of the names that is there. */
static struct es_slice first_of(const struct esim_request *request, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct es_slice value = esim_param(request, names[i]);
		if (value.len > 0)
			return value;
	}
	return (struct es_slice){ NULL, 0 };
}

static struct es_slice eid_of(const struct esim_request *request)
{
	static const char *const names[] = { "companion_terminal_eid", "target_terminal_eid", "terminal_eid",
		                                 "enterprise_terminal_eid" };
	const struct es_slice eid = first_of(request, names, ES_COUNT(names));

	return eid.len == EID_DIGITS && es_text_is_digits(eid) ? eid : (struct es_slice){ NULL, 0 };
}

static void note_device(struct esim_bus *bus, const Openes__Subject *subject, const struct esim_request *request)
{
	static const char *const others[] = { "companion_terminal_id", "target_terminal_id", "enterprise_terminal_id" };
	if (subject->imsi[0] == '\0')
		return;
	struct note *note = calloc(1, sizeof *note);
	if (note == NULL) {
		es_count(&notes, NOTE_DROPPED);
		return;
	}
	note->device = (struct esim_device){
		.tenant = keep(note, device_id(es_slice_str(subject->tenant))),
		.imsi = keep(note, es_slice_str(subject->imsi)),
		.terminal_id = keep(note, device_id(es_slice_str(subject->terminal_id))),
		.companion_terminal_id = keep(note, device_id(first_of(request, others, ES_COUNT(others)))),
		.eid = keep(note, eid_of(request)),
	};
	note->now_ms = es_wall_ms();
	if (es_db_write(bus->db, write_note, note_done, note) == ES_OK)
		return;
	es_count(&notes, NOTE_DROPPED);
	free(note);
}

/* ---- from protobuf ---- */

static void read_facts(const Openes__EsimFacts *facts, struct es_slice services[SERVICES_MAX], struct esim_facts *out)
{
	*out = (struct esim_facts){ .companion_services = services };
	if (facts == NULL)
		return; /* nothing is allowed */
	out->companion_allowed = facts->companion_allowed;
	out->primary_allowed = facts->primary_allowed;
	for (size_t i = 0; i < facts->n_companion_services && i < SERVICES_MAX; i++)
		services[out->companion_service_count++] = es_slice_str(facts->companion_services[i]);
	out->not_enabled_url = es_slice_str(facts->not_enabled_url);
	out->not_enabled_user_data = es_slice_str(facts->not_enabled_user_data);
}

/* The gateway and policy have checked these; a request that misses them was made by neither. */
static es_status read_request(const Openes__OperateRequest *m, struct es_arena *arena, struct esim_request *out)
{
	struct es_imsi imsi;

	if (m->subject == NULL || m->request == NULL || m->subject->tenant[0] == '\0' ||
	    m->request->n_params > PARAMS_MAX || !esim_app_parse(es_slice_str(m->app), &out->app))
		return ES_MALFORMED;
	/* A server asks for nobody (TS.43 10). */
	if (out->app != ESIM_SERVER || m->subject->imsi[0] != '\0')
		ES_TRY(es_imsi_parse(es_slice_str(m->subject->imsi), &imsi));

	struct esim_param *params = es_arena_array(arena, m->request->n_params, sizeof *params);
	struct es_slice *services = es_arena_array(arena, SERVICES_MAX, sizeof *services);
	if (params == NULL || services == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < m->request->n_params; i++) {
		params[i].name = es_slice_str(m->request->params[i]->name);
		params[i].value = es_slice_str(m->request->params[i]->value);
	}
	out->params = params;
	out->param_count = m->request->n_params;
	out->operation = es_slice_str(m->request->operation);
	read_facts(m->facts, services, &out->facts);
	return ES_OK;
}

/* ---- to protobuf ---- */

static size_t result_label(const struct esim_answer *answer)
{
	if (!answer->is_offered)
		return RESULT_NOT_OFFERED;
	if (answer->node_count == 0)
		return RESULT_NONE;
	return answer->result == ESIM_SUCCESS ? RESULT_1 : (size_t)(RESULT_100 + (answer->result - ESIM_ERROR_GENERAL));
}

static es_status write_nodes(const struct esim_answer *answer, struct es_arena *arena, Openes__AppAnswer *out)
{
	Openes__DocNode *nodes = es_arena_array(arena, answer->node_count, sizeof *nodes);
	Openes__DocNode **pointers = es_arena_array(arena, answer->node_count, sizeof(Openes__DocNode *));

	if (nodes == NULL || pointers == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < answer->node_count; i++) {
		openes__doc_node__init(&nodes[i]);
		nodes[i].name = es_arena_strdup(arena, es_slice_str(answer->nodes[i].name));
		nodes[i].value = es_arena_strdup(arena, answer->nodes[i].value);
		nodes[i].is_parm = true;
		if (nodes[i].name == NULL || nodes[i].value == NULL)
			return ES_TOO_LARGE;
		pointers[i] = &nodes[i];
	}
	out->nodes = pointers;
	out->n_nodes = answer->node_count;
	return ES_OK;
}

static void reply(struct es_bus_call *call, const Openes__OperateRequest *request, const struct esim_answer *answer)
{
	Openes__OperateReply message;
	Openes__AppAnswer app;

	openes__operate_reply__init(&message);
	openes__app_answer__init(&app);
	message.outcome = OPENES__OPERATE_REPLY__OUTCOME__NOT_OFFERED;
	if (answer->is_offered) {
		if (write_nodes(answer, es_bus_call_arena(call), &app) != ES_OK) {
			es_count(&results, RESULT_FAILED);
			es_bus_fail(call, ES_TOO_LARGE, "the answer does not fit its memory");
			return;
		}
		app.app = request->app;
		message.answer = &app;
		message.outcome = OPENES__OPERATE_REPLY__OUTCOME__ANSWERED;
	}
	es_count(&results, result_label(answer));
	es_bus_reply(call, &message.base);
}

static void on_operate(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__OperateRequest *m = (const Openes__OperateRequest *)message;
	struct esim_request request = { .app = ESIM_COMPANION };
	struct esim_answer answer;
	const es_status status = read_request(m, es_bus_call_arena(call), &request);

	if (status != ES_OK) {
		es_count(&results, RESULT_FAILED);
		es_bus_fail(call, status, "subject, application or parameters cannot be used");
		return;
	}
	es_count(&operations, esim_operation_index(request.operation));
	esim_operate(&request, &answer);
	note_device(user, m->subject, &request);
	reply(call, m, &answer);
}

const struct es_bus_method esim_bus_methods[] = {
	{ OPENES__BUS_METHOD__ESIM_OPERATE, &openes__operate_request__descriptor, on_operate },
};
const size_t esim_bus_method_count = ES_COUNT(esim_bus_methods);
