/* gw_admin_owned.c -- what esim and notify own: their work between policy's BEGIN and END.
 *
 * One message for all of it: the owner judges parameters and body, and makes the JSON. */
#include <string.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "gw_admin_call.h"

/* What an outcome becomes when the owner's answer brought no text; 0: no such outcome. */
static const struct {
	unsigned http_status;
	es_status status;
	const char *why; /* in the trail; NULL: it is done */
} outcomes[] = {
	[OPENES__ADMIN_WORK_REPLY__OUTCOME__DONE] = { 200, ES_OK, NULL },
	[OPENES__ADMIN_WORK_REPLY__OUTCOME__CREATED] = { 201, ES_OK, NULL },
	[OPENES__ADMIN_WORK_REPLY__OUTCOME__NOT_FOUND] = { 404, ES_NOT_FOUND, "not_found" },
	[OPENES__ADMIN_WORK_REPLY__OUTCOME__INVALID] = { 422, ES_MALFORMED, "invalid" },
	[OPENES__ADMIN_WORK_REPLY__OUTCOME__CONFLICT] = { 409, ES_CONFLICT, "conflict" },
};

static void end_as(struct gw_admin_call *call, const Openes__AdminWorkReply *reply)
{
	const size_t outcome = (size_t)reply->outcome;
	const struct es_slice body = es_slice_of(reply->body.data, reply->body.len);

	if (outcome >= ES_COUNT(outcomes) || outcomes[outcome].http_status == 0)
		gw_admin_end_failed(call, ES_INTERNAL);
	else if (outcomes[outcome].why == NULL)
		gw_admin_end_done(call, outcomes[outcome].http_status, body);
	else if (body.len == 0)
		gw_admin_end_failed(call, outcomes[outcome].status);
	else
		gw_admin_end_refused(call, outcomes[outcome].http_status, outcomes[outcome].why, body);
}

static void on_done(const struct es_bus_reply_view *view, void *user)
{
	struct gw_admin_call *call = user;
	const Openes__AdminWorkReply *reply = NULL;

	if (view->status != ES_OK) {
		gw_admin_end_failed(call, view->status);
		return;
	}
	reply = (const Openes__AdminWorkReply *)es_bus_unpack(&openes__admin_work_reply__descriptor, view->payload,
	                                                      es_http_arena(call->request));
	if (reply == NULL)
		gw_admin_end_failed(call, ES_INTERNAL);
	else
		end_as(call, reply);
}

/* Among policy's actions an owner's begin with its name, which it does not hear itself. */
static void ask(struct gw_admin_call *call, struct es_bus_client *owner, uint32_t method)
{
	const struct es_slice body = es_http_body(call->request);
	struct es_slice action = es_slice_str(call->match.route->action);
	Openes__AdminWorkRequest message;

	openes__admin_work_request__init(&message);
	const bool reads = strcmp(call->match.route->method, "GET") == 0;
	es_status status = gw_admin_params(call, &message.params, &message.n_params);
	(void)es_slice_cut(&action, '.');
	message.action = es_arena_strdup(es_http_arena(call->request), action);
	if (message.action == NULL)
		status = ES_TOO_LARGE;
	/* protobuf-c's struct knows no const; packing only reads. */
	message.body = (ProtobufCBinaryData){ .len = body.len, .data = (uint8_t *)(uintptr_t)body.ptr };
	if (status == ES_OK)
		status = gw_admin_bus(call, owner, method, reads, &message.base, on_done);
	if (status != ES_OK)
		gw_admin_end_failed(call, status);
}

void gw_admin_esim(struct gw_admin_call *call)
{
	ask(call, call->admin->clients->esim, OPENES__BUS_METHOD__ESIM_ADMIN);
}

void gw_admin_notify(struct gw_admin_call *call)
{
	ask(call, call->admin->clients->notify, OPENES__BUS_METHOD__NOTIFY_ADMIN);
}
