/* policy_admin_bss.c -- what an operator's own system answered about a line, kept like an operator's change. */
#include <string.h>

#include "es_cleanup.h"
#include "policy_admin_call.h"
#include "policy_lifecycle.h"

static es_status done(struct policy_admin_call *call, const char *outcome)
{
	struct es_json_out j = policy_answer_start(call);
	es_json_put_str(&j, "outcome", outcome);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

es_status policy_line_read(struct policy_admin_call *call, const cJSON *patch, const char *imsi,
                           struct policy_subscriber *line, struct policy_fault *fault)
{
	bool exists = false;

	line->imsi = imsi;
	ES_TRY(policy_resource_read(&policy_subscriber_shape, patch, call->arena, line, fault));
	if (strcmp(line->imsi, imsi) != 0) {
		*fault = (struct policy_fault){ "imsi", "is another line's" };
		return ES_MALFORMED;
	}
	ES_TRY(policy_row_plan_exists(call->conn, call->tenant, line->plan, &exists));
	if (!exists)
		*fault = (struct policy_fault){ "plan", "no such plan" };
	return exists ? ES_OK : ES_MALFORMED;
}

es_status policy_line_note(struct policy_admin_call *call, const struct policy_subscriber *before,
                           const struct policy_subscriber *line)
{
	call->resource = es_arena_printf(call->arena, "subscriber/%s", line->imsi);
	call->noted = before == NULL ? "created" : "changed";
	call->detail = before == NULL ? "" : policy_change_in_words(call->arena, &policy_subscriber_shape, before, line);
	return call->resource != NULL && call->detail != NULL ? ES_OK : ES_TOO_LARGE;
}

/* Parameters: tenant, imsi, source, create ("true": where we have no such line). No body: the source does not know it. */
es_status policy_do_bss_apply(struct policy_admin_call *call)
{
	const char *imsi = policy_param(call, "imsi"), *source = policy_param(call, "source");
	struct policy_subscriber before, line;
	struct policy_fault fault = { "", "" };
	bool exists = false, changed = false;

	call->is_quiet = true;
	ES_TRY(policy_line_find(call, imsi, call->arena, &before, &exists));
	if (!exists && (call->body == NULL || strcmp(policy_param(call, "create"), "true") != 0))
		return done(call, "gone");
	if (call->body != NULL) {
		policy_resource_defaults(&policy_subscriber_shape, &line);
		if (exists)
			line = before;
		es_status status = policy_line_read(call, call->body, imsi, &line, &fault);
		if (status == ES_OK)
			status = policy_line_store(call, exists ? &before : NULL, &line, &changed, &fault);
		if (status == ES_MALFORMED)
			return policy_refuse(call, POLICY_ADMIN_INVALID, fault.field, fault.error);
		if (status != ES_OK)
			return status;
	}
	if (changed) {
		call->is_quiet = false;
		ES_TRY(policy_line_note(call, exists ? &before : NULL, &line));
	}
	ES_TRY(policy_row_bss_answered(call->conn, call->tenant, imsi, source, call->now_ms));
	return done(call, !exists ? "created" : changed ? "changed" : "unchanged");
}
