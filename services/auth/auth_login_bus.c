/* auth_login_bus.c -- logins of people on the bus: each handler unpacks, starts a flow, and answers when it answers. */
#include "auth_login_bus.h"

#include <string.h>

#include "auth.pb-c.h"
#include "auth_bus_call.h"
#include "auth_code.h"
#include "auth_oidc.h"
#include "es_bus_device.h"
#include "es_cleanup.h"
#include "es_token.h"

/* The task comes first: an answer finds its call by it. */
struct call {
	struct auth_bus_call base;
	struct auth_login_reply out;
};

static const Openes__LoginReply__Outcome outcomes[] = {
	[AUTH_LOGIN_REDIRECT] = OPENES__LOGIN_REPLY__OUTCOME__REDIRECT,
	[AUTH_LOGIN_ADMIT] = OPENES__LOGIN_REPLY__OUTCOME__SUCCESS,
	[AUTH_LOGIN_CODE_SENT] = OPENES__LOGIN_REPLY__OUTCOME__CODE_SENT,
	[AUTH_LOGIN_ERROR_PAGE] = OPENES__LOGIN_REPLY__OUTCOME__ERROR_PAGE,
	[AUTH_LOGIN_AUTHENTICATE] = OPENES__LOGIN_REPLY__OUTCOME__AUTHENTICATE,
	[AUTH_LOGIN_TRY_LATER] = OPENES__LOGIN_REPLY__OUTCOME__LIMITED,
	[AUTH_LOGIN_TRY_AGAIN] = OPENES__LOGIN_REPLY__OUTCOME__WRONG_CODE,
};

static char *text_of(struct es_arena *arena, struct es_slice text, bool *bad)
{
	char *copy = es_arena_strdup(arena, text);

	*bad |= copy == NULL;
	return copy;
}

static bool fill(Openes__LoginReply *reply, const struct auth_login_reply *out, struct es_arena *arena)
{
	bool bad = false;

	reply->outcome = outcomes[out->outcome];
	reply->location = text_of(arena, out->location, &bad);
	reply->session = text_of(arena, out->session, &bad);
	reply->token = text_of(arena, out->token, &bad);
	reply->error_url = text_of(arena, out->error_url, &bad);
	reply->error_user_data = text_of(arena, out->error_user_data, &bad);
	reply->error_text = text_of(arena, out->error_text, &bad);
	reply->reason = text_of(arena, es_slice_str(auth_login_reason_names[out->reason]), &bad);
	reply->tenant = text_of(arena, es_slice_str(out->tenant), &bad);
	reply->tenant_name = text_of(arena, out->tenant_name, &bad);
	reply->number_end = text_of(arena, es_slice_str(out->number_end), &bad);
	reply->token_validity_s = out->token_validity_s;
	reply->retry_after_s = out->retry_after_s;
	reply->tries_left = out->tries_left;
	if (out->outcome == AUTH_LOGIN_ADMIT || out->outcome == AUTH_LOGIN_ERROR_PAGE) {
		reply->request = (void *)es_bus_unpack(&openes__device_request__descriptor, out->request, arena);
		bad |= reply->request == NULL;
	}
	return !bad;
}

static void answer(struct auth_task *task, es_status status, const char *detail)
{
	struct call *call = (void *)task;
	Openes__LoginReply reply;

	openes__login_reply__init(&reply);
	if (status != ES_OK)
		es_bus_fail(call->base.bus, status, detail);
	else if (!fill(&reply, &call->out, task->arena))
		es_bus_fail(call->base.bus, ES_TOO_LARGE, "the answer is too large");
	else
		es_bus_reply(call->base.bus, &reply.base);
}

/* False: nothing in it that a token could be bound to. */
static bool start_from(const Openes__DeviceRequest *device, const char *address, struct es_arena *arena,
                       struct auth_login_start *in)
{
	if (device == NULL || device->n_apps == 0 || es_token_group(es_slice_str(device->apps[0]), in->group) != ES_OK)
		return false;
	in->host = es_slice_str(device->host);
	in->accept_language = es_slice_str(device->accept_language);
	in->address = es_slice_str(address);
	if (strcmp(device->apps[0], "ap2006") == 0 && es_device_param(device, "companion_terminal_id").len > 0)
		in->companion_model = es_device_param(device, "companion_terminal_model");
	es_token_digest(es_slice_str(device->terminal_id), in->terminal);
	es_token_digest(es_slice_str(device->app_name), in->app_name);
	uint8_t *packed = es_arena_alloc(arena, openes__device_request__get_packed_size(device));
	if (packed == NULL)
		return false;
	in->request = es_slice_of(packed, openes__device_request__pack(device, packed));
	return true;
}

void auth_bus_oidc_start(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__OidcStartRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), answer);
	struct auth_login_start in = { .request = { NULL, 0 } };

	if (call == NULL)
		return;
	if (start_from(request->request, request->client_address, call->base.task.arena, &in))
		auth_oidc_start(&call->base.task, &in, &call->out);
	else
		es_bus_fail(bus, ES_MALFORMED, "the request names no application");
}

void auth_bus_oidc_finish(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__OidcFinishRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), answer);

	if (call != NULL)
		auth_oidc_finish(&call->base.task,
		                 &(struct auth_oidc_finish){ .state = es_slice_str(request->state),
		                                             .code = es_slice_str(request->code),
		                                             .error = es_slice_str(request->error) },
		                 &call->out);
}

void auth_bus_code_start(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__CodeStartRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), answer);
	struct auth_login_start in = { .request = { NULL, 0 } };

	if (call == NULL)
		return;
	if (start_from(request->request, request->client_address, call->base.task.arena, &in))
		auth_code_start(&call->base.task, es_slice_str(request->msisdn), &in, &call->out);
	else
		es_bus_fail(bus, ES_MALFORMED, "the request names no application");
}

void auth_bus_code_check(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__CodeCheckRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), answer);

	if (call != NULL)
		auth_code_check(&call->base.task,
		                &(struct auth_code_check){ .session = es_slice_str(request->session),
		                                           .code = es_slice_str(request->code),
		                                           .address = es_slice_str(request->client_address),
		                                           .again = request->again },
		                &call->out);
}
