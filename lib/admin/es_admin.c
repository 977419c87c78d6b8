/* es_admin.c -- one action of an owner's table: its parameters and body, the transaction around it, its answer. */
#include "es_admin.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_text.h"
#include "es_time.h"

#define ARENA_BYTES (4u << 20)
#define BODY_OUT_MAX 900000u /* a bus frame is 1 MiB */
#define LIMIT_MAX 500
#define LIMIT 100

const char *const es_admin_outcome_names[ES_ADMIN_OUTCOMES] = {
	[ES_ADMIN_NONE] = "failed",         [ES_ADMIN_DONE] = "done",       [ES_ADMIN_CREATED] = "created",
	[ES_ADMIN_NOT_FOUND] = "not_found", [ES_ADMIN_INVALID] = "invalid", [ES_ADMIN_CONFLICT] = "conflict",
};

/* ---- parameters ---- */

const char *es_admin_param(const struct es_admin_call *call, const char *name)
{
	for (size_t i = 0; i < call->request->param_count; i++)
		if (strcmp(call->request->params[i].name, name) == 0)
			return call->request->params[i].value;
	return "";
}

es_status es_admin_limit(struct es_admin_call *call, size_t *out)
{
	const char *text = es_admin_param(call, "limit");
	uint32_t limit = LIMIT;

	if (text[0] != '\0' && es_parse_u32(es_slice_str(text), 1, LIMIT_MAX, &limit) != ES_OK)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "limit", "must be a number from 1 to 500");
	*out = limit;
	return ES_OK;
}

es_status es_admin_number(struct es_admin_call *call, const char *name, int64_t *out)
{
	const char *text = es_admin_param(call, name);

	*out = 0;
	if (text[0] != '\0' && es_parse_i64(es_slice_str(text), 1, INT64_MAX, out) != ES_OK)
		return es_admin_refuse(call, ES_ADMIN_INVALID, name, "must be a number");
	return ES_OK;
}

/* ---- answers ---- */

struct es_json_out es_admin_begin(struct es_admin_call *call)
{
	es_buf_reset(&call->result->body);
	struct es_json_out j = es_json_to(&call->result->body);
	es_json_object(&j, NULL);
	return j;
}

es_status es_admin_end(struct es_admin_call *call, struct es_json_out *j, enum es_admin_outcome outcome)
{
	es_json_end_object(j);
	call->result->outcome = outcome;
	return es_buf_status(&call->result->body);
}

es_status es_admin_refuse(struct es_admin_call *call, enum es_admin_outcome outcome, const char *field,
                          const char *error)
{
	struct es_json_out j = es_admin_begin(call);

	es_json_put_str(&j, "error", error);
	if (field != NULL)
		es_json_put_str(&j, "field", field);
	ES_TRY(es_admin_end(call, &j, outcome));
	return ES_CONFLICT;
}

void es_admin_put_time(struct es_json_out *j, const char *name, int64_t at_ms)
{
	char text[21];

	if (at_ms == 0)
		return;
	es_time_iso8601(at_ms, text);
	es_json_put_str(j, name, text);
}

/* ---- the transaction ---- */

struct running {
	struct es_admin_call call;
	const struct es_admin_desk *desk;
	const struct es_admin_action *action;
};

static es_status in_transaction(struct es_db_conn *conn, void *user)
{
	struct running *running = user;
	struct es_admin_call *call = &running->call;

	call->conn = conn;
	call->result->outcome = ES_ADMIN_NONE;
	es_arena_reset(call->arena);
	if (running->desk->restart != NULL)
		running->desk->restart(running->desk->user);
	return running->action->run(call);
}

static es_status parse_body(struct running *running, cJSON **body)
{
	const struct es_json_limits bulk = { 800000, 5, 5000 };
	struct es_admin_call *call = &running->call;
	const bool is_bulk = (running->action->flags & ES_ADMIN_BULK) != 0;

	if (call->request->body.len == 0)
		return ES_OK;
	if (es_json_parse(call->request->body, is_bulk ? bulk : ES_JSON_SMALL, body) != ES_OK || !cJSON_IsObject(*body))
		return es_admin_refuse(call, ES_ADMIN_INVALID, NULL, "the body is not a JSON object, or too large");
	call->body = *body;
	return ES_OK;
}

static const struct es_admin_action *find(const struct es_admin_desk *desk, const char *name)
{
	for (size_t i = 0; i < desk->action_count; i++)
		if (strcmp(desk->actions[i].name, name) == 0)
			return &desk->actions[i];
	return NULL;
}

static es_status run(struct running *running)
{
	ES_CLEANUP(es_json_done) cJSON *body = NULL;
	struct es_admin_call *call = &running->call;

	running->action = find(running->desk, call->request->action);
	if (running->action == NULL)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "action", "no such action");
	call->tenant = es_admin_param(call, "tenant");
	if (call->tenant[0] == '\0')
		return es_admin_refuse(call, ES_ADMIN_INVALID, "tenant", "is missing");
	ES_TRY(parse_body(running, &body));
	const bool writes = (running->action->flags & ES_ADMIN_WRITES) != 0;
	return writes ? es_db_write_wait(running->desk->db, in_transaction, running)
	              : es_db_read(running->desk->db, in_transaction, running);
}

es_status es_admin_run(const struct es_admin_desk *desk, const struct es_admin_request *request,
                       struct es_admin_result *result)
{
	struct running running = {
		.call = { .request = request, .now_ms = es_wall_ms(), .user = desk->user, .result = result }, .desk = desk
	};
	es_status status = ES_TOO_LARGE;

	*result = (struct es_admin_result){ .outcome = ES_ADMIN_NONE };
	es_buf_init(&result->body, BODY_OUT_MAX);
	running.call.arena = es_arena_new(0, ARENA_BYTES);
	if (running.call.arena != NULL) {
		es_arena_set_secret(running.call.arena); /* activation codes and push tokens pass through */
		status = run(&running);
	}
	es_arena_free(running.call.arena);
	/* A refusal rolled the transaction back on purpose; a failure after an answer was written did not succeed. */
	return status == ES_CONFLICT && result->outcome > ES_ADMIN_CREATED ? ES_OK : status;
}
