/* gw_admin_esim.c -- orders, profiles and the stock of ICCIDs: the work of esim between policy's BEGIN and END.
 *
 * One message for all of them: esim judges parameters and body, and makes the JSON. */
#include <string.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "esim.pb-c.h"
#include "gw_admin_call.h"

/* What an outcome becomes when esim's answer brought no text; 0: no such outcome. */
static const struct {
	unsigned http_status;
	es_status status;
	const char *why; /* in the trail; NULL: it is done */
} outcomes[] = {
	[OPENES__ESIM_ADMIN_REPLY__OUTCOME__DONE] = { 200, ES_OK, NULL },
	[OPENES__ESIM_ADMIN_REPLY__OUTCOME__CREATED] = { 201, ES_OK, NULL },
	[OPENES__ESIM_ADMIN_REPLY__OUTCOME__NOT_FOUND] = { 404, ES_NOT_FOUND, "not_found" },
	[OPENES__ESIM_ADMIN_REPLY__OUTCOME__INVALID] = { 422, ES_MALFORMED, "invalid" },
	[OPENES__ESIM_ADMIN_REPLY__OUTCOME__CONFLICT] = { 409, ES_CONFLICT, "conflict" },
};

static void end_as(struct gw_admin_call *call, const Openes__EsimAdminReply *reply)
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
	const Openes__EsimAdminReply *reply = NULL;

	if (view->status != ES_OK) {
		gw_admin_end_failed(call, view->status);
		return;
	}
	reply = (const Openes__EsimAdminReply *)es_bus_unpack(&openes__esim_admin_reply__descriptor, view->payload,
	                                                      es_http_arena(call->request));
	if (reply == NULL)
		gw_admin_end_failed(call, ES_INTERNAL);
	else
		end_as(call, reply);
}

void gw_admin_esim(struct gw_admin_call *call)
{
	static const char prefix[] = "esim."; /* of what is esim's among policy's actions */
	const struct es_slice body = es_http_body(call->request);
	Openes__EsimAdminRequest message;

	openes__esim_admin_request__init(&message);
	const bool reads = strcmp(call->match.route->method, "GET") == 0;
	es_status status = gw_admin_params(call, &message.params, &message.n_params);
	message.action =
		es_arena_strdup(es_http_arena(call->request), es_slice_str(call->match.route->action + sizeof prefix - 1));
	if (message.action == NULL)
		status = ES_TOO_LARGE;
	/* protobuf-c's struct knows no const; packing only reads. */
	message.body = (ProtobufCBinaryData){ .len = body.len, .data = (uint8_t *)(uintptr_t)body.ptr };
	if (status == ES_OK)
		status = gw_admin_bus(call, call->admin->clients->esim, OPENES__BUS_METHOD__ESIM_ADMIN, reads, &message.base,
		                      on_done);
	if (status != ES_OK)
		gw_admin_end_failed(call, status);
}
