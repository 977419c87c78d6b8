/* auth_bus.c -- each handler unpacks, starts a flow, and answers when it answers. */
#include "auth_bus.h"

#include "auth.pb-c.h"
#include "auth_bus_call.h"
#include "auth_bus_equipment.h"
#include "auth_bus_tokens.h"
#include "auth_core_event.h"
#include "auth_exchange.h"
#include "auth_login_bus.h"
#include "auth_provision.h"
#include "bus.pb-c.h"
#include "es_bus_pb.h"
#include "es_cleanup.h"
#include "es_token.h"

/* One call, in its own arena. The task comes first: an answer finds its call by it. */
struct call {
	struct auth_bus_call base;
	union {
		struct auth_reply eap;
		struct auth_renewed renewed;
		struct auth_keys_status keys;
		struct auth_history_list history;
		struct auth_core_known known;
	} out;
};

static struct call *call_of(struct auth_task *task)
{
	return (struct call *)(void *)task;
}

/* ---- exchanges ---- */

static const Openes__EapReply__Outcome outcomes[] = {
	[AUTH_CHALLENGE] = OPENES__EAP_REPLY__OUTCOME__CHALLENGE,
	[AUTH_ADMIT] = OPENES__EAP_REPLY__OUTCOME__SUCCESS,
	[AUTH_REJECT] = OPENES__EAP_REPLY__OUTCOME__REJECTED,
	[AUTH_BAD_PACKET] = OPENES__EAP_REPLY__OUTCOME__MALFORMED,
	[AUTH_LOST_SESSION] = OPENES__EAP_REPLY__OUTCOME__NO_SESSION,
	[AUTH_AWAY] = OPENES__EAP_REPLY__OUTCOME__AWAY,
	[AUTH_TOO_OFTEN] = OPENES__EAP_REPLY__OUTCOME__LIMITED,
};

static void reply_eap(struct auth_task *task, es_status status, const char *detail)
{
	struct call *call = call_of(task);
	const struct auth_reply *out = &call->out.eap;
	Openes__EapReply reply;

	openes__eap_reply__init(&reply);
	if (status != ES_OK) {
		es_bus_fail(call->base.bus, status, detail);
		return;
	}
	reply.outcome = outcomes[out->outcome];
	reply.reason = out->outcome == AUTH_CHALLENGE ? reply.reason : es_pb_text(auth_reason_names[out->reason]);
	reply.packet = es_pb_octets(out->packet);
	reply.cookie = es_arena_strdup(task->arena, out->cookie);
	reply.token = es_arena_strdup(task->arena, out->token);
	reply.token_validity_s = out->token_validity_s;
	reply.other_method = out->other_method;
	reply.retry_after_s = out->retry_after_s;
	if (out->outcome == AUTH_ADMIT)
		reply.request = (void *)es_bus_unpack(&openes__device_request__descriptor, out->request, task->arena);
	if (reply.cookie == NULL || reply.token == NULL || (out->outcome == AUTH_ADMIT && reply.request == NULL))
		es_bus_fail(call->base.bus, ES_TOO_LARGE, "the answer is too large");
	else
		es_bus_reply(call->base.bus, &reply.base);
}

/* False: nothing in it that a token could be bound to. */
static bool start_from(const Openes__EapStartRequest *request, struct es_arena *arena, struct auth_start *in)
{
	const Openes__DeviceRequest *device = request->request;

	if (device == NULL || device->n_apps == 0 || es_token_group(es_slice_str(device->apps[0]), in->group) != ES_OK)
		return false;
	in->eap_id = es_slice_str(request->eap_id);
	in->had_token = request->had_token;
	in->host = es_slice_str(device->host);
	in->gid1 = es_slice_str(device->gid1);
	in->address = es_slice_str(request->client_address);
	es_token_digest(es_slice_str(device->terminal_id), in->terminal);
	es_token_digest(es_slice_str(device->app_name), in->app_name);
	size_t size = openes__device_request__get_packed_size(device);
	uint8_t *packed = es_arena_alloc(arena, size);
	if (packed == NULL)
		return false;
	in->request = es_slice_of(packed, openes__device_request__pack(device, packed));
	return true;
}

static void on_eap_start(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_eap);

	if (call == NULL)
		return;
	struct auth_start *in = es_arena_alloc(call->base.task.arena, sizeof *in);
	if (in == NULL || !start_from((const void *)message, call->base.task.arena, in)) {
		es_bus_fail(bus, ES_MALFORMED, "the request names no application");
		return;
	}
	auth_exchange_start(&call->base.task, in, &call->out.eap);
}

static void on_eap_continue(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__EapContinueRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_eap);

	if (call == NULL)
		return;
	struct es_slice *cookies = es_arena_array(call->base.task.arena, request->n_cookies, sizeof *cookies);
	if (cookies == NULL) {
		es_bus_fail(bus, ES_TOO_LARGE, "too many cookies");
		return;
	}
	for (size_t i = 0; i < request->n_cookies; i++)
		cookies[i] = es_slice_str(request->cookies[i]);
	auth_exchange_continue(&call->base.task, cookies, request->n_cookies, es_pb_slice(request->packet),
	                       es_slice_str(request->client_address), &call->out.eap);
}

static void reply_renewed(struct auth_task *task, es_status status, const char *detail)
{
	struct call *call = call_of(task);
	Openes__TokenRenewReply reply;

	openes__token_renew_reply__init(&reply);
	reply.token = es_arena_strdup(task->arena, call->out.renewed.token);
	reply.token_validity_s = call->out.renewed.validity_s;
	if (status != ES_OK || reply.token == NULL)
		es_bus_fail(call->base.bus, status != ES_OK ? status : ES_TOO_LARGE, detail);
	else
		es_bus_reply(call->base.bus, &reply.base);
}

static void on_token_renew(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__TokenRenewRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_renewed);

	if (call != NULL)
		auth_token_renew(&call->base.task, es_slice_str(request->token), &call->out.renewed);
}

/* ---- keys ---- */

static void reply_empty(struct auth_task *task, es_status status, const char *detail)
{
	Openes__Empty reply;

	openes__empty__init(&reply);
	if (status != ES_OK)
		es_bus_fail(call_of(task)->base.bus, status, detail);
	else
		es_bus_reply(call_of(task)->base.bus, &reply.base);
}

static void on_keys_put(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__KeysPutRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_empty);

	if (call == NULL)
		return;
	auth_keys_put(&call->base.task, &(struct auth_keys_put){ .tenant = request->tenant,
	                                                         .imsi = request->imsi,
	                                                         .box = es_pb_slice(request->box),
	                                                         .amf = es_pb_slice(request->amf),
	                                                         .algorithm = request->algorithm,
	                                                         .has_sqn = request->has_sqn,
	                                                         .sqn = request->sqn });
}

static void on_keys_delete(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__KeysRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_empty);

	if (call != NULL)
		auth_keys_delete(&call->base.task, request->tenant, request->imsi);
}

static void reply_keys_status(struct auth_task *task, es_status status, const char *detail)
{
	struct call *call = call_of(task);
	Openes__KeysStatusReply reply;

	openes__keys_status_reply__init(&reply);
	if (status != ES_OK) {
		es_bus_fail(call->base.bus, status, detail);
		return;
	}
	reply.exists = call->out.keys.exists;
	reply.algorithm = es_pb_text(call->out.keys.algorithm);
	reply.updated_unix_ms = call->out.keys.updated_ms;
	es_bus_reply(call->base.bus, &reply.base);
}

static void on_keys_status(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__KeysRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_keys_status);

	if (call != NULL)
		auth_keys_status(&call->base.task, request->tenant, request->imsi, &call->out.keys);
}

static char *text_in(struct es_arena *arena, const char *text)
{
	return es_arena_strdup(arena, es_slice_str(text));
}

static Openes__HistoryEntry *history_message(const struct auth_history_entry *from, struct es_arena *arena)
{
	Openes__HistoryEntry *entry = es_arena_alloc(arena, sizeof *entry);

	if (entry == NULL)
		return NULL;
	openes__history_entry__init(entry);
	entry->at_unix_ms = from->at_ms;
	entry->method = text_in(arena, from->method);
	entry->source = text_in(arena, from->source);
	entry->result = text_in(arena, from->result);
	entry->client_address = text_in(arena, from->address);
	entry->app = text_in(arena, from->app);
	entry->rounds = from->rounds;
	return entry->app != NULL ? entry : NULL; /* the last one: nothing before it failed */
}

static void reply_history(struct auth_task *task, es_status status, const char *detail)
{
	struct call *call = call_of(task);
	const struct auth_history_list *list = &call->out.history;
	Openes__HistoryReply reply;

	openes__history_reply__init(&reply);
	if (status == ES_OK) {
		reply.entries = es_arena_array(task->arena, list->count, sizeof(Openes__HistoryEntry *));
		status = reply.entries == NULL ? ES_TOO_LARGE : ES_OK;
	}
	for (; status == ES_OK && reply.n_entries < list->count; reply.n_entries++) {
		reply.entries[reply.n_entries] = history_message(&list->entries[reply.n_entries], task->arena);
		if (reply.entries[reply.n_entries] == NULL)
			status = ES_TOO_LARGE;
	}
	if (status != ES_OK)
		es_bus_fail(call->base.bus, status, detail);
	else
		es_bus_reply(call->base.bus, &reply.base);
}

static void on_history(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__HistoryRequest *request = (const void *)message;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_history);

	if (call != NULL)
		auth_history_list(&call->base.task, request->tenant, request->imsi, request->limit, &call->out.history);
}

/* ---- the core network ---- */

static void reply_known(struct auth_task *task, es_status status, const char *detail)
{
	Openes__CoreEventReply reply;

	openes__core_event_reply__init(&reply);
	reply.known = call_of(task)->out.known.known;
	if (status != ES_OK)
		es_bus_fail(call_of(task)->base.bus, status, detail);
	else
		es_bus_reply(call_of(task)->base.bus, &reply.base);
}

static void on_core_event(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const Openes__CoreEventRequest *request = (const void *)message;
	const Openes__CoreProfile *profile = request->profile;
	struct call *call = auth_bus_begin(bus, user, sizeof(struct call), reply_known);

	if (call == NULL)
		return;
	struct auth_core_event *event = es_arena_alloc(call->base.task.arena, sizeof *event);
	bool is_profile = request->kind == OPENES__CORE_EVENT_REQUEST__KIND__PROFILE_CHANGED;
	if (event == NULL || (is_profile && profile == NULL)) {
		es_bus_fail(bus, ES_MALFORMED, "an event of the core network that says nothing");
		return;
	}
	*event = (struct auth_core_event){ .kind = is_profile ? AUTH_CORE_PROFILE : AUTH_CORE_DEREGISTERED,
		                               .source = request->source,
		                               .imsi = request->imsi,
		                               .reason = request->reason,
		                               .msisdn = is_profile ? profile->msisdn : "",
		                               .has_access = is_profile && profile->has_access,
		                               .access_barred = is_profile && profile->access_barred };
	auth_core_event(&call->base.task, event, &call->out.known);
}

static void on_transport_key(struct es_bus_call *bus, const ProtobufCMessage *message, void *user)
{
	const struct auth_env *env = user;
	Openes__TransportKeyReply reply;

	openes__transport_key_reply__init(&reply);
	(void)message;
	reply.public_key = es_pb_octets(es_slice_of(env->transport_public, sizeof env->transport_public));
	es_bus_reply(bus, &reply.base);
}

const struct es_bus_method auth_bus_methods[] = {
	{ OPENES__BUS_METHOD__AUTH_EAP_START, &openes__eap_start_request__descriptor, on_eap_start },
	{ OPENES__BUS_METHOD__AUTH_EAP_CONTINUE, &openes__eap_continue_request__descriptor, on_eap_continue },
	{ OPENES__BUS_METHOD__AUTH_TOKEN_RENEW, &openes__token_renew_request__descriptor, on_token_renew },
	{ OPENES__BUS_METHOD__AUTH_OIDC_START, &openes__oidc_start_request__descriptor, auth_bus_oidc_start },
	{ OPENES__BUS_METHOD__AUTH_OIDC_FINISH, &openes__oidc_finish_request__descriptor, auth_bus_oidc_finish },
	{ OPENES__BUS_METHOD__AUTH_CODE_START, &openes__code_start_request__descriptor, auth_bus_code_start },
	{ OPENES__BUS_METHOD__AUTH_CODE_CHECK, &openes__code_check_request__descriptor, auth_bus_code_check },
	{ OPENES__BUS_METHOD__AUTH_KEYS_PUT, &openes__keys_put_request__descriptor, on_keys_put },
	{ OPENES__BUS_METHOD__AUTH_KEYS_DELETE, &openes__keys_request__descriptor, on_keys_delete },
	{ OPENES__BUS_METHOD__AUTH_KEYS_STATUS, &openes__keys_request__descriptor, on_keys_status },
	{ OPENES__BUS_METHOD__AUTH_CORE_EVENT, &openes__core_event_request__descriptor, on_core_event },
	{ OPENES__BUS_METHOD__AUTH_EQUIPMENT, &openes__equipment_request__descriptor, auth_on_equipment },
	{ OPENES__BUS_METHOD__AUTH_HISTORY, &openes__history_request__descriptor, on_history },
	{ OPENES__BUS_METHOD__AUTH_TRANSPORT_KEY, &openes__empty__descriptor, on_transport_key },
	{ OPENES__BUS_METHOD__AUTH_SPEND, &openes__spend_request__descriptor, auth_on_spend },
	{ OPENES__BUS_METHOD__AUTH_ACQUIRE, &openes__acquire_request__descriptor, auth_on_acquire },
	{ OPENES__BUS_METHOD__AUTH_SERVER_TOKEN, &openes__server_token_request__descriptor, auth_on_server_token },
	{ OPENES__BUS_METHOD__AUTH_CLIENT_TOKEN, &openes__client_token_request__descriptor, auth_on_client_token },
};
const size_t auth_bus_method_count = ES_COUNT(auth_bus_methods);
