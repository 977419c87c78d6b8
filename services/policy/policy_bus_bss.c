/* policy_bus_bss.c -- an answer of a BSS as a change, made like an operator's, in the name of its source. */
#include "policy_bus_bss.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "policy_admin.h"

static es_status write_patch(const cJSON *patch, struct es_buf *out)
{
	char *text = patch != NULL ? cJSON_PrintUnformatted(patch) : NULL;

	if (patch != NULL && text == NULL)
		return ES_TOO_LARGE;
	es_put_str(out, text != NULL ? text : "");
	cJSON_free(text);
	return es_buf_status(out);
}

static enum policy_bss_outcome outcome_of(es_status status, const struct policy_admin_result *done,
                                          const struct policy_bss_result *result)
{
	const struct es_slice body = es_buf_slice(&done->body);

	if (status != ES_OK) {
		es_error(result->trace, "bss.not_kept", es_f_str("source", result->name), es_f_status(status));
		return POLICY_BSS_AWAY;
	}
	if (done->outcome == POLICY_ADMIN_DONE)
		return result->outcome;
	es_warn(result->trace, "bss.wrong_answer", es_f_str("source", result->name),
	        es_f_id("imsi", es_slice_str(result->imsi)), es_f_slice("why", body));
	return POLICY_BSS_WRONG;
}

enum policy_bss_outcome policy_bus_bss_apply(struct policy_engine *engine, const struct policy_bss_result *result,
                                             uint64_t *sequence)
{
	ES_CLEANUP(es_buf_free) struct es_buf body;
	char system[64];
	const struct policy_admin_param params[] = {
		{ "tenant", result->tenant },
		{ "imsi", result->imsi },
		{ "source", result->name },
		{ "create", result->is_new ? "true" : "false" },
	};
	struct policy_admin_request request = {
		.credential = "",
		.action = "bss.apply",
		.client = "",
		.params = params,
		.param_count = ES_COUNT(params),
		.system = system,
		.trace = result->trace,
	};
	struct policy_admin_result done;

	(void)snprintf(system, sizeof system, "bss:%s", result->name);
	es_buf_init(&body, 65536);
	if (result->outcome == POLICY_BSS_UNKNOWN)
		es_warn(result->trace, "bss.line_not_known", es_f_str("source", result->name),
		        es_f_id("imsi", es_slice_str(result->imsi)));
	else if (write_patch(result->patch, &body) != ES_OK)
		return POLICY_BSS_WRONG;
	request.body = es_buf_slice(&body);
	es_status status = policy_admin_run(engine->store, engine->ring, &request, &done);
	enum policy_bss_outcome outcome = outcome_of(status, &done, result);
	*sequence = status == ES_OK ? done.sequence : 0;
	es_buf_wipe(&done.body);
	return outcome;
}

static const char *param_of(const struct policy_admin_request *request, const char *name)
{
	for (size_t i = 0; i < request->param_count; i++)
		if (strcmp(request->params[i].name, name) == 0)
			return request->params[i].value;
	return "";
}

void policy_bus_bss_signed(const struct policy_bss *bss, struct es_slice signature, struct es_arena *arena,
                           struct policy_admin_request *request)
{
	/* Nothing else may be had for a signature. */
	const bool is_event = strcmp(request->action, "bss.event") == 0 || strcmp(request->action, "bss.listener") == 0;
	const struct policy_bss_source *source = policy_bss_find(bss, param_of(request, "source"));

	if (!is_event || signature.len == 0 || source == NULL || request->elsewhere)
		return;
	es_status status = policy_bss_verify(source, signature, request->body, es_wall_ms());
	if (status == ES_OK)
		request->system = es_arena_printf(arena, "bss:%s", param_of(request, "source"));
	else
		es_warn(request->trace, "bss.bad_signature", es_f_str("source", param_of(request, "source")),
		        es_f_status(status));
}
