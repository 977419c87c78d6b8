/* auth_bus_tokens.c -- AUTH_SPEND, AUTH_ACQUIRE, AUTH_CLIENT_TOKEN and AUTH_SERVER_TOKEN: messages to structs and back. */
#include "auth_bus_tokens.h"

#include "auth.pb-c.h"
#include "auth_acquire.h"
#include "auth_bus_call.h"
#include "auth_client.h"
#include "auth_server_token.h"
#include "auth_spend.h"
#include "es_bus_device.h"

/* One call, in its own arena. The task comes first: an answer finds its call by it. */
struct call {
	struct auth_bus_call base;
	struct auth_acquire acquire;
	union {
		struct auth_spent spent;
		struct auth_acquired acquired;
		struct auth_client_token client_token;
	} out;
};

static struct call *call_of(struct auth_task *task)
{
	return (struct call *)(void *)task;
}

static void reply_spent(struct auth_task *task, es_status status, const char *detail)
{
	Openes__SpendReply reply;

	openes__spend_reply__init(&reply);
	reply.spent_before = call_of(task)->out.spent.spent_before;
	if (status != ES_OK)
		es_bus_fail(call_of(task)->base.bus, status, detail);
	else
		es_bus_reply(call_of(task)->base.bus, &reply.base);
}

void auth_on_spend(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__SpendRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_spent);

	if (call != NULL)
		auth_token_spend(&call->base.task, es_slice_str(request->token), es_bus_call_idempotency_key(bus),
		                 &call->out.spent);
}

/* Parms to nodes; NULL: memory. */
static Openes__AppAnswer *answer_of(const struct auth_acquired *out, struct es_slice app, struct es_arena *arena)
{
	Openes__AppAnswer *answer = es_arena_alloc(arena, sizeof *answer);
	Openes__DocNode *nodes = es_arena_array(arena, AUTH_ACQUIRED_MAX, sizeof *nodes);
	Openes__DocNode **list = es_arena_array(arena, AUTH_ACQUIRED_MAX, sizeof(Openes__DocNode *));

	if (answer == NULL || nodes == NULL || list == NULL)
		return NULL;
	openes__app_answer__init(answer);
	answer->app = es_arena_strdup(arena, app);
	answer->nodes = list;
	for (size_t i = 0; i < out->count; i++) {
		openes__doc_node__init(&nodes[i]);
		nodes[i].is_parm = true;
		nodes[i].name = es_arena_strdup(arena, es_slice_str(out->parms[i].name));
		nodes[i].value = es_arena_strdup(arena, out->parms[i].value);
		if (nodes[i].name == NULL || nodes[i].value == NULL)
			return NULL;
		list[answer->n_nodes++] = &nodes[i];
	}
	return answer->app != NULL ? answer : NULL;
}

static void reply_acquired(struct auth_task *task, es_status status, const char *detail)
{
	static const Openes__AcquireReply__Outcome on_wire[] = {
		[AUTH_ACQUIRED] = OPENES__ACQUIRE_REPLY__OUTCOME__MADE,
		[AUTH_ACQUIRE_REFUSED] = OPENES__ACQUIRE_REPLY__OUTCOME__REFUSED,
		[AUTH_ACQUIRE_DEAD] = OPENES__ACQUIRE_REPLY__OUTCOME__DEAD,
		[AUTH_ACQUIRE_INVALID] = OPENES__ACQUIRE_REPLY__OUTCOME__INVALID,
	};
	struct call *call = call_of(task);
	const struct auth_acquired *out = &call->out.acquired;
	Openes__AcquireReply reply;

	openes__acquire_reply__init(&reply);
	if (status != ES_OK) {
		es_bus_fail(call->base.bus, status, detail);
		return;
	}
	reply.outcome = on_wire[out->outcome];
	reply.reason = es_arena_strdup(task->arena, es_slice_str(out->reason));
	reply.answer = answer_of(out, call->acquire.app, task->arena);
	if (reply.reason == NULL || reply.answer == NULL)
		es_bus_fail(call->base.bus, ES_TOO_LARGE, "the answer is too large");
	else
		es_bus_reply(call->base.bus, &reply.base);
}

void auth_on_acquire(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__AcquireRequest *request = (const void *)message;
	const Openes__DeviceRequest *device = request->request;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_acquired);

	if (call == NULL)
		return;
	if (device == NULL) {
		es_bus_fail(bus, ES_MALFORMED, "no request of a device");
		return;
	}
	call->acquire = (struct auth_acquire){ .token = es_slice_str(request->token),
		                                   .app = es_slice_str(request->app),
		                                   .operation = es_slice_str(device->operation),
		                                   .targets = es_device_param(device, "operation_targets"),
		                                   .client_id = es_device_param(device, "client_id"),
		                                   .scope = es_device_param(device, "scope"),
		                                   .requestor_id = es_slice_str(device->requestor_id),
		                                   .app_token = es_device_param(device, "App_token"),
		                                   .call = es_bus_call_idempotency_key(bus) };
	if (call->acquire.targets.len == 0)
		call->acquire.targets = es_device_param(device, "operation_target"); /* TS.43 14.1.5 has both */
	auth_acquire(&call->base.task, &call->acquire, &call->out.acquired);
}

static void reply_client_token(struct auth_task *task, es_status status, const char *detail)
{
	const struct auth_client_token *out = &call_of(task)->out.client_token;
	Openes__ClientTokenReply reply;

	openes__client_token_reply__init(&reply);
	if (status != ES_OK) {
		es_bus_fail(call_of(task)->base.bus, status, detail);
		return;
	}
	bool ok = out->error == AUTH_CLIENT_ERROR_NONE;
	reply.error = es_arena_strdup(task->arena, es_slice_str(ok ? "" : auth_client_error_names[out->error]));
	reply.error_description = es_arena_strdup(task->arena, es_slice_str(ok ? NULL : out->why));
	reply.access_token = es_arena_strdup(task->arena, out->token);
	reply.scope = es_arena_strdup(task->arena, out->scope);
	reply.expires_in_s = out->expires_in_s;
	if (reply.error == NULL || reply.error_description == NULL || reply.access_token == NULL || reply.scope == NULL)
		es_bus_fail(call_of(task)->base.bus, ES_TOO_LARGE, "the answer is too large");
	else
		es_bus_reply(call_of(task)->base.bus, &reply.base);
}

void auth_on_client_token(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__ClientTokenRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_client_token);

	if (call == NULL)
		return;
	struct auth_client_request *in = es_arena_alloc(call->base.task.arena, sizeof *in);
	struct auth_client_param *params = es_arena_array(call->base.task.arena, request->n_form, sizeof *params);
	if (in == NULL || params == NULL) {
		es_bus_fail(bus, ES_TOO_LARGE, "the form is too large");
		return;
	}
	for (size_t i = 0; i < request->n_form; i++)
		params[i] =
			(struct auth_client_param){ es_slice_str(request->form[i]->name), es_slice_str(request->form[i]->value) };
	*in = (struct auth_client_request){ .params = params,
		                                .param_count = request->n_form,
		                                .host = es_slice_str(request->host),
		                                .path = es_slice_str(request->path),
		                                .call = es_bus_call_idempotency_key(bus) };
	auth_client_token(&call->base.task, in, &call->out.client_token);
}

void auth_on_server_token(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__ServerTokenRequest *request = (const void *)message;
	struct es_arena *arena = es_bus_call_arena(bus);
	struct auth_server_token io = { .access_token = es_slice_str(request->access_token),
		                            .requestor_id = es_slice_str(request->requestor_id),
		                            .enterprise_id = es_slice_str(request->enterprise_id) };
	Openes__ServerTokenReply reply;

	openes__server_token_reply__init(&reply);
	es_status status = auth_server_token(user, arena, &io);
	if (status == ES_OK && (reply.token = es_arena_strdup(arena, io.token)) == NULL)
		status = ES_TOO_LARGE;
	reply.token_validity_s = io.validity_s;
	if (status != ES_OK)
		es_bus_fail(bus, status, "the token was not made");
	else
		es_bus_reply(bus, &reply.base);
}
