/* policy_sheet_commit.c -- "sheet.act". */
#include "policy_sheet_commit.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_resource.h"
#include "policy_sheet_esim.h"

struct work {
	struct policy_admin_call *call;
	struct policy_sheet_commit *commit;
	struct policy_subscriber before, line;
	struct policy_store_user user_before, user;
	bool has_user, line_changed, user_changed;
	struct policy_consent consent;
};

void policy_sheet_nonce(const struct policy_flow *flow, char out[POLICY_NONCE_SIZE])
{
	es_hex_encode(es_slice_of(flow->nonce, sizeof flow->nonce), out);
}

static es_status end(struct work *w, enum policy_commit_outcome outcome, const char *error)
{
	w->commit->outcome = outcome;
	return policy_refuse(w->call, POLICY_ADMIN_CONFLICT, NULL, error);
}

/* The first to come uses the handle up; the row stays, and tells whoever comes later what for. */
static es_status use_up(struct work *w)
{
	struct policy_admin_call *call = w->call;
	char nonce[POLICY_NONCE_SIZE];
	const char *act;
	bool is_first = false;

	policy_sheet_nonce(&w->commit->sheet->state->flow, nonce);
	ES_TRY(policy_row_sheet_act_add(call->conn, call->tenant, nonce, w->commit->act, call->now_ms, &is_first));
	if (is_first)
		return ES_OK;
	ES_TRY(policy_row_sheet_act(call->conn, call->tenant, nonce, call->arena, &act));
	return end(w, strcmp(act, w->commit->act) == 0 ? POLICY_COMMIT_AGAIN : POLICY_COMMIT_USED, "is used up");
}

static es_status read_line(struct work *w)
{
	const struct policy_flow *flow = &w->commit->sheet->state->flow;
	struct policy_admin_call *call = w->call;
	bool exists = false;

	ES_TRY(policy_line_find(call, flow->imsi.digits, call->arena, &w->before, &exists));
	if (!exists)
		return end(w, POLICY_COMMIT_LOST, "no such subscriber");
	w->line = w->before;
	policy_resource_defaults(&policy_store_user_shape, &w->user_before);
	w->user_before.vendor = flow->store_vendor;
	w->user_before.user = flow->store_user;
	if (flow->store_vendor[0] != '\0') {
		es_status status = policy_row_store_user(call->conn, call->tenant, flow->imsi.digits, flow->store_vendor,
		                                         flow->store_user, call->arena, &w->user_before);
		if (status != ES_OK && status != ES_NOT_FOUND)
			return status;
		w->has_user = true;
	}
	w->user = w->user_before;
	return ES_OK;
}

static es_status store_user(struct work *w)
{
	struct policy_admin_call *call = w->call;

	w->user_changed = w->has_user && (w->user.terms != w->user_before.terms ||
	                                  strcmp(w->user.terms_version, w->user_before.terms_version) != 0);
	if (!w->user_changed)
		return ES_OK;
	ES_TRY(policy_tell(call, "subscriber.changed", call->tenant, w->line.imsi, "ap2012", &w->user.version));
	w->user.updated_ms = call->now_ms;
	return policy_row_store_user_put(call->conn, call->tenant, w->line.imsi, &w->user);
}

static es_status store_consent(struct work *w, struct policy_consent *c)
{
	const struct policy_sheet *sheet = w->commit->sheet;
	const struct policy_flow *flow = &sheet->state->flow;

	if (c->what[0] == '\0')
		return ES_OK;
	c->tenant = w->call->tenant;
	c->imsi = flow->imsi.digits;
	c->language = policy_language_code(sheet->context->language);
	c->channel = "sheet";
	c->terminal = flow->terminal;
	c->client = w->commit->client;
	c->store_vendor = flow->store_vendor;
	c->store_user = flow->store_user;
	return policy_row_consent_add(w->call->conn, c);
}

static es_status describe(struct work *w)
{
	struct policy_admin_call *call = w->call;
	const char *change = policy_change_in_words(call->arena, &policy_subscriber_shape, &w->before, &w->line);

	call->resource = es_arena_printf(call->arena, "subscriber/%s", w->line.imsi);
	if (change == NULL || call->resource == NULL)
		return ES_TOO_LARGE;
	call->detail = es_arena_printf(call->arena, "%s %s%s%s%s%s", w->commit->sheet->state->flow.app, w->commit->act,
	                               w->consent.what[0] != '\0' ? "; consent: " : "", w->consent.what,
	                               change[0] != '\0' ? "; " : "", change);
	if (!w->line_changed && !w->user_changed && w->consent.what[0] == '\0')
		call->noted = "unchanged";
	return call->detail != NULL ? ES_OK : ES_TOO_LARGE;
}

/* A picture is with the operator already: that is on record at once, and the sheet goes on. */
static es_status keep_document(struct work *w)
{
	ES_TRY(read_line(w));
	policy_sheet_document(w->commit->sheet, w->commit->document, &w->consent);
	ES_TRY(store_consent(w, &w->consent));
	ES_TRY(describe(w));
	w->call->noted = NULL;
	struct es_json_out j = policy_answer_start(w->call);
	w->commit->outcome = POLICY_COMMIT_DONE;
	return policy_answer_end(w->call, &j, POLICY_ADMIN_DONE);
}

es_status policy_do_sheet_act(struct policy_admin_call *call)
{
	struct policy_sheet_commit *commit = call->request->own;
	struct work w = { .call = call, .commit = commit };
	struct policy_fault fault = { "", "" };
	bool is_off = strcmp(commit->act, "off") == 0;

	commit->outcome = POLICY_COMMIT_FAILED;
	if (commit->document != NULL)
		return keep_document(&w);
	ES_TRY(use_up(&w));
	ES_TRY(read_line(&w));
	if (!policy_sheet_apply(commit->sheet, is_off, &w.line, &w.user, &w.consent))
		return end(&w, POLICY_COMMIT_LOST, "is not to be had any more");
	if (commit->sheet->upgrade != NULL) {
		bool exists = false;
		ES_TRY(policy_row_plan_exists(call->conn, call->tenant, w.line.plan, &exists));
		if (!exists)
			return end(&w, POLICY_COMMIT_LOST, "the plan is gone");
	}
	es_status status = policy_line_store(call, &w.before, &w.line, &w.line_changed, &fault);
	if (status == ES_MALFORMED)
		return end(&w, POLICY_COMMIT_LOST, fault.error);
	if (status != ES_OK)
		return status;
	ES_TRY(store_user(&w));
	ES_TRY(store_consent(&w, &w.consent));
	if (policy_sheet_is_esim(commit->sheet->state->flow.app)) {
		policy_esim_sheet_agreed(commit->sheet, commit->plan, &w.consent);
		ES_TRY(store_consent(&w, &w.consent));
	}
	ES_TRY(describe(&w));
	struct es_json_out j = policy_answer_start(call);
	commit->outcome = POLICY_COMMIT_DONE;
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

es_status policy_sheet_commit_run(struct policy_store *store, struct es_keyring *ring, const struct es_trace *trace,
                                  struct policy_sheet_commit *commit)
{
	const struct policy_flow *flow = &commit->sheet->state->flow;
	const struct policy_admin_param params[] = { { "tenant", flow->tenant }, { "imsi", flow->imsi.digits } };
	const struct policy_admin_request request = { .credential = "",
		                                          .action = "sheet.act",
		                                          .client = commit->client,
		                                          .params = params,
		                                          .param_count = ES_COUNT(params),
		                                          .system = "sheet",
		                                          .own = commit,
		                                          .trace = trace };
	struct policy_admin_result result;

	es_status status = policy_admin_run(store, ring, &request, &result);
	es_buf_free(&result.body);
	commit->sequence = status == ES_OK ? result.sequence : 0;
	if (status == ES_OK && result.outcome == POLICY_ADMIN_NOT_FOUND)
		commit->outcome = POLICY_COMMIT_LOST; /* the tenant itself is gone */
	return status != ES_OK || commit->outcome != POLICY_COMMIT_FAILED ? status : ES_INTERNAL;
}
