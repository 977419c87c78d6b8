/* esim_admin.c -- the table of actions, the transaction around one, and what they share. */
#include "esim_admin.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_text.h"
#include "esim_admin_call.h"
#include "esim_es2.h"

#define ARENA_BYTES (4u << 20)
#define BODY_OUT_MAX 900000u /* a bus frame is 1 MiB */
#define LIMIT_MAX 500
#define LIMIT 100

enum { WRITES = 1, BULK = 2 };

static const struct action {
	const char *name;
	unsigned flags;
	esim_admin_fn *run;
} actions[] = {
	{ "order.list", 0, esim_do_order_list },
	{ "order.get", 0, esim_do_order_get },
	{ "order.retry", WRITES, esim_do_order_retry },
	{ "order.cancel", WRITES, esim_do_order_cancel },
	{ "order.advance", WRITES, esim_do_order_advance },
	{ "profile.list", 0, esim_do_profile_list },
	{ "profile.get", 0, esim_do_profile_get },
	{ "profile.put", WRITES, esim_do_profile_put },
	{ "profile.delete", WRITES, esim_do_profile_delete },
	{ "profile.deleted", WRITES, esim_do_profile_deleted },
	{ "stock.list", 0, esim_do_stock_list },
	{ "stock.import", WRITES | BULK, esim_do_stock_import },
	{ "stock.delete", WRITES, esim_do_stock_delete },
	{ "event.list", 0, esim_do_event_list },
};

static const struct action *find(const char *name)
{
	for (size_t i = 0; i < ES_COUNT(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* ---- parameters ---- */

const char *esim_admin_param(const struct esim_admin_call *call, const char *name)
{
	for (size_t i = 0; i < call->request->param_count; i++)
		if (strcmp(call->request->params[i].name, name) == 0)
			return call->request->params[i].value;
	return "";
}

es_status esim_admin_limit(struct esim_admin_call *call, size_t *out)
{
	const char *text = esim_admin_param(call, "limit");
	uint32_t limit = LIMIT;

	if (text[0] != '\0' && es_parse_u32(es_slice_str(text), 1, LIMIT_MAX, &limit) != ES_OK)
		return esim_admin_refuse(call, ESIM_ADMIN_INVALID, "limit", "must be a number from 1 to 500");
	*out = limit;
	return ES_OK;
}

es_status esim_admin_iccid(struct esim_admin_call *call, char out[ESIM_ICCID + 1])
{
	if (!esim_es2_iccid(es_slice_str(esim_admin_param(call, "iccid")), out))
		return esim_admin_refuse(call, ESIM_ADMIN_INVALID, "iccid", "must have 18 to 20 digits");
	return ES_OK;
}

/* ---- answers ---- */

struct es_json_out esim_admin_begin(struct esim_admin_call *call)
{
	es_buf_reset(&call->result->body);
	struct es_json_out j = es_json_to(&call->result->body);
	es_json_object(&j, NULL);
	return j;
}

es_status esim_admin_end(struct esim_admin_call *call, struct es_json_out *j, enum esim_admin_outcome outcome)
{
	es_json_end_object(j);
	call->result->outcome = outcome;
	return es_buf_status(&call->result->body);
}

es_status esim_admin_refuse(struct esim_admin_call *call, enum esim_admin_outcome outcome, const char *field,
                            const char *error)
{
	struct es_json_out j = esim_admin_begin(call);

	es_json_put_str(&j, "error", error);
	if (field != NULL)
		es_json_put_str(&j, "field", field);
	ES_TRY(esim_admin_end(call, &j, outcome));
	return ES_CONFLICT;
}

void esim_admin_put_time(struct es_json_out *j, const char *name, int64_t at_ms)
{
	char text[21];

	if (at_ms == 0)
		return;
	es_time_iso8601(at_ms, text);
	es_json_put_str(j, name, text);
}

void esim_admin_moved(struct esim_admin_call *call, const struct esim_case *c)
{
	(void)snprintf(call->result->order, sizeof call->result->order, "%s", c->order.id);
	call->result->sequence = c->event;
	call->result->wakes = c->order.state != ESIM_ORDER_GOING || esim_order_is_offered(&c->order);
}

/* ---- the transaction ---- */

struct running {
	struct esim_admin_call call;
	const struct action *action;
};

static es_status in_transaction(struct es_db_conn *conn, void *user)
{
	struct running *running = user;
	struct esim_admin_call *call = &running->call;

	call->conn = conn;
	call->result->outcome = ESIM_ADMIN_NONE;
	call->result->sequence = 0;
	call->result->order[0] = '\0';
	call->result->wakes = false;
	es_arena_reset(call->arena);
	return running->action->run(call);
}

static es_status parse_body(struct running *running, cJSON **body)
{
	const struct es_json_limits bulk = { 800000, 5, 5000 };
	struct esim_admin_call *call = &running->call;
	const bool is_bulk = (running->action->flags & BULK) != 0;

	if (call->request->body.len == 0)
		return ES_OK;
	if (es_json_parse(call->request->body, is_bulk ? bulk : ES_JSON_SMALL, body) != ES_OK || !cJSON_IsObject(*body))
		return esim_admin_refuse(call, ESIM_ADMIN_INVALID, NULL, "the body is not a JSON object, or too large");
	call->body = *body;
	return ES_OK;
}

static es_status run(struct running *running)
{
	ES_CLEANUP(es_json_done) cJSON *body = NULL;
	struct esim_admin_call *call = &running->call;

	running->action = find(call->request->action);
	if (running->action == NULL)
		return esim_admin_refuse(call, ESIM_ADMIN_INVALID, "action", "no such action");
	call->tenant = esim_admin_param(call, "tenant");
	if (call->tenant[0] == '\0')
		return esim_admin_refuse(call, ESIM_ADMIN_INVALID, "tenant", "is missing");
	ES_TRY(parse_body(running, &body));
	const bool writes = (running->action->flags & WRITES) != 0;
	return writes ? es_db_write_wait(call->store->db, in_transaction, running)
	              : es_db_read(call->store->db, in_transaction, running);
}

es_status esim_admin_run(const struct esim_store *store, const struct esim_admin_request *request,
                         struct esim_admin_result *result)
{
	struct running running = { .call = {
								   .store = store, .request = request, .now_ms = es_wall_ms(), .result = result } };
	es_status status = ES_TOO_LARGE;

	*result = (struct esim_admin_result){ .outcome = ESIM_ADMIN_NONE };
	es_buf_init(&result->body, BODY_OUT_MAX);
	running.call.arena = es_arena_new(0, ARENA_BYTES);
	if (running.call.arena != NULL) {
		es_arena_set_secret(running.call.arena); /* activation codes pass through */
		status = run(&running);
	}
	es_arena_free(running.call.arena);
	/* A refusal rolled the transaction back on purpose; a failure after an answer was written did not succeed. */
	return status == ES_CONFLICT && result->outcome > ESIM_ADMIN_CREATED ? ES_OK : status;
}
