/* gw_admin_elsewhere.c -- what another process than policy carries out: allowed and recorded by policy before, marked after.
 *
 *     POLICY_ADMIN_BEGIN -> the work -> POLICY_ADMIN_END -> the answer
 *
 * When the work fails, the trail says so ("failed: timeout") and so does the answer. */
#include <stdio.h>

#include "bus.pb-c.h"
#include "es_log.h"
#include "gw_admin_call.h"

/* ---- the end: policy marks the audit record, the caller gets the answer ---- */

static void answer_result(struct gw_admin_call *call)
{
	if (call->result.text != NULL)
		gw_admin_answer_error(call, call->result.status, call->result.text, call->result.field);
	else
		gw_admin_answer(call, call->result.status, call->result.body);
}

static void on_ended(const struct es_bus_reply_view *view, void *user)
{
	struct gw_admin_call *call = user;

	/* The change is made or not, whatever became of its mark; the trail shows it as begun. ES_NOT_FOUND is an END that
	 * was repeated and had arrived the first time. */
	if (view->status != ES_OK && view->status != ES_NOT_FOUND)
		es_error(es_http_trace(call->request), "admin.audit_unmarked", es_f_str("audit_id", call->audit_id),
		         es_f_str("outcome", call->result.outcome), es_f_status(view->status));
	answer_result(call);
}

static void end(struct gw_admin_call *call)
{
	Openes__AdminEndRequest message;

	openes__admin_end_request__init(&message);
	if (call->audit_id[0] == '\0') { /* a read: policy keeps no record of it */
		answer_result(call);
		return;
	}
	message.audit_id = call->audit_id;
	message.outcome = call->result.outcome;
	es_status status = gw_admin_bus(call, call->admin->clients->policy, OPENES__BUS_METHOD__POLICY_ADMIN_END, true,
	                                &message.base, on_ended);
	if (status != ES_OK)
		on_ended(&(struct es_bus_reply_view){ .status = status, .detail = "" }, call);
}

void gw_admin_end_done(struct gw_admin_call *call, unsigned http_status, struct es_slice body)
{
	(void)snprintf(call->result.outcome, sizeof call->result.outcome, "done");
	call->result.status = http_status;
	call->result.body = body;
	end(call);
}

void gw_admin_end_refused(struct gw_admin_call *call, unsigned http_status, const char *why, struct es_slice body)
{
	(void)snprintf(call->result.outcome, sizeof call->result.outcome, "failed: %s", why);
	call->result.status = http_status;
	call->result.body = body;
	end(call);
}

void gw_admin_end_failed(struct gw_admin_call *call, es_status status)
{
	struct gw_admin_http http = gw_admin_http_of(status);

	call->result.text = http.text;
	gw_admin_end_refused(call, http.status, es_status_name(status), (struct es_slice){ NULL, 0 });
}

void gw_admin_end_invalid(struct gw_admin_call *call, const char *text, const char *field)
{
	call->result.text = text;
	call->result.field = field;
	gw_admin_end_refused(call, 422, "invalid", (struct es_slice){ NULL, 0 });
}

/* ---- the begin: policy allows and records ---- */

static void on_begun(const struct es_bus_reply_view *view, void *user)
{
	struct gw_admin_call *call = user;
	Openes__AdminReply *reply = NULL;

	if (view->status != ES_OK) {
		gw_admin_answer_status(call, view->status);
		return;
	}
	reply = (Openes__AdminReply *)es_bus_unpack(&openes__admin_reply__descriptor, view->payload,
	                                            es_http_arena(call->request));
	if (reply == NULL) {
		gw_admin_answer_status(call, ES_INTERNAL);
		return;
	}
	if (reply->outcome != OPENES__ADMIN_REPLY__OUTCOME__DONE) {
		gw_admin_answer_reply(call, reply);
		return;
	}
	gw_admin_note_audit(call, reply);
	call->work(call);
}

void gw_admin_begin(struct gw_admin_call *call, gw_admin_work *work)
{
	Openes__AdminRequest message;
	/* The trail needs who, what and whom; what is put stays here. */
	es_status status = gw_admin_message(call, (struct es_slice){ NULL, 0 }, &message);

	call->work = work;
	if (status == ES_OK)
		status = gw_admin_bus(call, call->admin->clients->policy, OPENES__BUS_METHOD__POLICY_ADMIN_BEGIN, false,
		                      &message.base, on_begun);
	if (status != ES_OK)
		gw_admin_answer_status(call, status);
}
