/* esim_admin_stock.c -- ICCIDs that the SM-DP+ holds for us, and what happened, for whoever follows it. */
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "esim_admin_call.h"
#include "esim_form.h"

#define COUNTS_MAX 2000 /* of types and states */
#define ROWS_MAX 500
#define EVENTS_MAX 500

/* ---- counts ---- */

static const char *const states[] = { [ESIM_STOCK_FREE] = "free",
	                                  [ESIM_STOCK_KEPT] = "reserved",
	                                  [ESIM_STOCK_USED] = "used",
	                                  [ESIM_STOCK_SPOILED] = "spoiled" };

/* All states of the type at `counts`; how many they are. */
static size_t write_type(const struct esim_stock_count *counts, size_t count, struct es_json_out *j)
{
	int64_t by_state[ES_COUNT(states)] = { 0 };
	size_t n = 0;

	for (; n < count && strcmp(counts[n].profile_type, counts[0].profile_type) == 0; n++)
		if (counts[n].state >= 0 && (size_t)counts[n].state < ES_COUNT(states))
			by_state[counts[n].state] = counts[n].count;
	es_json_object(j, NULL);
	es_json_put_str(j, "profile_type", counts[0].profile_type);
	for (size_t i = 0; i < ES_COUNT(states); i++)
		es_json_put_i64(j, states[i], by_state[i]);
	es_json_end_object(j);
	return n;
}

es_status esim_do_stock_list(struct es_admin_call *call)
{
	struct esim_stock_count *counts = es_arena_array(call->arena, COUNTS_MAX, sizeof *counts);
	size_t count = 0, limit = 0;

	if (counts == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_admin_limit(call, &limit));
	ES_TRY(esim_row_stock_counts(call->conn, call->tenant, counts, COUNTS_MAX, &count));
	struct es_json_out j = es_admin_begin(call);
	es_json_array(&j, "items");
	for (size_t at = 0; at < count && limit > 0; limit--)
		at += write_type(counts + at, count - at, &j);
	es_json_end_array(&j);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

/* ---- import ---- */

enum { CREATED, UNCHANGED, REFUSED, OUTCOMES };
static const char *const outcomes[OUTCOMES] = { "created", "unchanged", "refused" };

static es_status add(struct es_admin_call *call, const struct esim_stock_row *row, size_t *outcome,
                     struct esim_fault *fault)
{
	struct esim_stock_row there = { .iccid = "" };
	bool is_new = false;

	ES_TRY(esim_row_stock_add(call->conn, call->tenant, row->iccid, row->profile_type, call->now_ms, &is_new));
	*outcome = is_new ? CREATED : UNCHANGED;
	if (is_new)
		return ES_OK;
	ES_TRY(esim_row_stock_type(call->conn, call->tenant, row->iccid, there.profile_type));
	if (strcmp(there.profile_type, row->profile_type) == 0)
		return ES_OK;
	*fault = (struct esim_fault){ "profile_type", "is there as another type" };
	*outcome = REFUSED;
	return ES_OK;
}

static es_status import_row(struct es_admin_call *call, const cJSON *json, size_t counts[OUTCOMES],
                            struct es_json_out *j)
{
	struct esim_fault fault = { NULL, NULL };
	struct esim_stock_row row;
	size_t outcome = REFUSED;

	if (esim_form_stock(json, &row, &fault))
		ES_TRY(add(call, &row, &outcome, &fault));
	counts[outcome]++;
	const char *iccid = es_json_str(json, "iccid");
	es_json_object(j, NULL);
	es_json_put_str(j, "iccid", iccid != NULL ? iccid : "");
	es_json_put_str(j, "outcome", outcomes[outcome]);
	if (outcome == REFUSED) {
		es_json_put_str(j, "error", fault.text);
		es_json_put_str(j, "field", fault.field);
	}
	es_json_end_object(j);
	return ES_OK;
}

es_status esim_do_stock_import(struct es_admin_call *call)
{
	const cJSON *rows = cJSON_GetObjectItemCaseSensitive(call->body, "rows");
	size_t counts[OUTCOMES] = { 0 };

	if (!cJSON_IsArray(rows) || cJSON_GetArraySize(call->body) > 1 || cJSON_GetArraySize(rows) > ROWS_MAX)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "rows",
		                       "must be an array of up to 500 objects, and nothing else");
	struct es_json_out j = es_admin_begin(call);
	es_json_array(&j, "results");
	for (const cJSON *row = rows->child; row != NULL; row = row->next)
		ES_TRY(import_row(call, row, counts, &j));
	es_json_end_array(&j);
	for (size_t i = 0; i < OUTCOMES; i++)
		es_json_put_i64(&j, outcomes[i], (int64_t)counts[i]);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

es_status esim_do_stock_delete(struct es_admin_call *call)
{
	char iccid[ESIM_ICCID + 1];

	ES_TRY(esim_admin_iccid(call, iccid));
	const es_status status = esim_row_stock_delete(call->conn, call->tenant, iccid);
	if (status == ES_NOT_FOUND)
		return es_admin_refuse(call, ES_ADMIN_NOT_FOUND, "iccid", "the stock has no such profile");
	if (status == ES_CONFLICT)
		return es_admin_refuse(call, ES_ADMIN_CONFLICT, "iccid", "an order has it");
	if (status != ES_OK)
		return status;
	struct es_json_out j = es_admin_begin(call);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

/* ---- events ---- */

static void write_event(const struct esim_event *e, struct es_json_out *j)
{
	es_json_object(j, NULL);
	es_json_put_i64(j, "number", (int64_t)e->sequence);
	es_admin_put_time(j, "at", e->at_ms);
	es_json_put_str(j, "kind", e->kind);
	es_json_put_str(j, "imsi", e->imsi);
	es_json_put_str(j, "app", e->app);
	es_json_put_str(j, "terminal_id", e->terminal_id);
	es_json_end_object(j);
}

/* Events of all tenants stand in one row: a page holds what is this tenant's among as many as were asked for. */
es_status esim_do_event_list(struct es_admin_call *call)
{
	struct esim_event *events = es_arena_array(call->arena, EVENTS_MAX, sizeof *events);
	const char *text = es_admin_param(call, "after");
	uint64_t after = 0, head = 0;
	size_t count = 0, limit = 0;

	if (events == NULL)
		return ES_TOO_LARGE;
	if (text[0] != '\0' && es_parse_u64(es_slice_str(text), 0, INT64_MAX, &after) != ES_OK)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "after", "must be a number");
	ES_TRY(es_admin_limit(call, &limit));
	ES_TRY(esim_row_events(call->conn, after, limit, call->arena, events, &count, &head));
	struct es_json_out j = es_admin_begin(call);
	es_json_array(&j, "items");
	for (size_t i = 0; i < count; i++) {
		after = events[i].sequence;
		if (strcmp(events[i].tenant, call->tenant) == 0)
			write_event(&events[i], &j);
	}
	es_json_end_array(&j);
	es_json_put_i64(&j, "next", (int64_t)after);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}
