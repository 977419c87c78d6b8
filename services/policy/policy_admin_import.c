/* policy_admin_import.c -- many subscribers in one transaction: each row goes in whole or not at all. */
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_bss.h"

#define ROWS_MAX 500

struct import {
	struct policy_admin_call *call;
	struct es_json_out *j;
	char plan[64]; /* the last one that was looked up, since a list has few */
	bool plan_exists;
	const struct policy_bss_source *source; /* whose rows these are, by its mapping; NULL: subscribers as they are */
	const char *source_name;
	unsigned created, changed, unchanged, refused;
};

static es_status check_plan(struct import *import, const char *plan, struct policy_fault *fault)
{
	if (strcmp(import->plan, plan) != 0) {
		ES_TRY(policy_row_plan_exists(import->call->conn, import->call->tenant, plan, &import->plan_exists));
		memcpy(import->plan, plan, strlen(plan) + 1); /* 63 at most: policy_name_is_valid() */
	}
	if (import->plan_exists)
		return ES_OK;
	*fault = (struct policy_fault){ "plan", "no such plan" };
	return ES_MALFORMED;
}

/* The row over the line that is there, else over the defaults: what a row does not name stays. */
static es_status read_row(struct import *import, const cJSON *json, struct policy_subscriber *before, bool *exists,
                          struct policy_subscriber *line, struct policy_fault *fault)
{
	struct es_arena *arena = import->call->row_arena;

	policy_resource_defaults(&policy_subscriber_shape, line);
	ES_TRY(policy_resource_read(&policy_subscriber_shape, json, arena, line, fault));
	ES_TRY(check_plan(import, line->plan, fault));
	ES_TRY(policy_line_find(import->call, line->imsi, arena, before, exists));
	if (!*exists)
		return ES_OK;
	*line = *before;
	return policy_resource_read(&policy_subscriber_shape, json, arena, line, fault);
}

/* Counts the row, and enters it in the trail under its own name when something changed. */
static es_status note_row(struct import *import, const struct policy_subscriber *before,
                          const struct policy_subscriber *line, bool changed, const char **outcome)
{
	struct policy_admin_call *call = import->call;
	unsigned *counter = before == NULL ? &import->created : changed ? &import->changed : &import->unchanged;

	(*counter)++;
	*outcome = before == NULL ? "created" : changed ? "changed" : "unchanged";
	if (!changed)
		return ES_OK;
	const char *resource = es_arena_printf(call->row_arena, "subscriber/%s", line->imsi);
	const char *detail =
		before == NULL ? "" : policy_change_in_words(call->row_arena, &policy_subscriber_shape, before, line);
	if (resource == NULL || detail == NULL)
		return ES_TOO_LARGE;
	return policy_note_in_trail(call, resource, *outcome, detail);
}

static es_status import_row(struct import *import, const cJSON *json, const char **outcome, struct policy_fault *fault)
{
	struct policy_admin_call *call = import->call;
	struct policy_subscriber before, line;
	bool exists = false, changed = false;

	ES_TRY(read_row(import, json, &before, &exists, &line, fault));
	ES_TRY(policy_line_store(call, exists ? &before : NULL, &line, &changed, fault));
	if (import->source != NULL)
		ES_TRY(policy_row_bss_answered(call->conn, call->tenant, line.imsi, import->source_name, call->now_ms));
	return note_row(import, exists ? &before : NULL, &line, changed, outcome);
}

/* `*mapped` is the caller's. */
static es_status map_row(struct import *import, const cJSON *row, cJSON **mapped, struct policy_fault *fault)
{
	char room[256];
	struct es_buf why;

	es_arena_reset(import->call->row_arena);
	if (import->source == NULL)
		return ES_OK;
	es_buf_init_fixed(&why, room, sizeof room);
	es_status status = policy_bss_row_patch(import->source, row, mapped, &why);
	if (status != ES_MALFORMED)
		return status;
	fault->error = es_arena_strdup(import->call->row_arena, es_buf_slice(&why));
	return fault->error != NULL ? ES_MALFORMED : ES_TOO_LARGE;
}

static void put_result(struct import *import, const cJSON *row, es_status status, const char *outcome,
                       const struct policy_fault *fault)
{
	const char *imsi = es_json_str(row, "imsi");

	es_json_object(import->j, NULL);
	es_json_put(import->j, "imsi", es_slice_sub(es_slice_str(imsi), 0, 15));
	es_json_put_str(import->j, "outcome", outcome);
	if (status == ES_MALFORMED) {
		import->refused++;
		es_json_put_str(import->j, "error", fault->error);
		es_json_put_str(import->j, "field", fault->field);
	}
	es_json_end_object(import->j);
}

/* A bad row is reported and the others go in; only the world's failures end it. */
static es_status import_rows(struct import *import, const cJSON *rows)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, rows)
	{
		ES_CLEANUP(es_json_done) cJSON *mapped = NULL;
		struct policy_fault fault = { "", "must be an object" };
		const char *outcome = "refused";
		es_status status = map_row(import, row, &mapped, &fault);
		if (status == ES_OK)
			status = import_row(import, mapped != NULL ? mapped : row, &outcome, &fault);
		if (status != ES_OK && status != ES_MALFORMED)
			return status;
		put_result(import, mapped != NULL ? mapped : row, status, outcome, &fault);
	}
	return ES_OK;
}

es_status policy_do_subscriber_import(struct policy_admin_call *call)
{
	const cJSON *rows = cJSON_GetObjectItemCaseSensitive(call->body, "rows");

	if (!cJSON_IsArray(rows) || cJSON_GetArraySize(rows) > ROWS_MAX)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "rows", "must be an array of at most 500 subscribers");
	const char *source = policy_param(call, "source");
	char at[21];
	struct es_json_out j = policy_answer_start(call);
	struct import import = { .call = call, .j = &j, .source_name = source };
	if (source[0] != '\0' && (import.source = policy_bss_find(call->request->bss, source)) == NULL)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "source", "is no section of the BSS file");
	es_time_iso8601(call->now_ms, at);
	es_json_put_str(&j, "at", at);
	es_json_array(&j, "results");
	ES_TRY(import_rows(&import, rows));
	es_json_end_array(&j);
	es_json_put_i64(&j, "created", import.created);
	es_json_put_i64(&j, "changed", import.changed);
	es_json_put_i64(&j, "unchanged", import.unchanged);
	es_json_put_i64(&j, "refused", import.refused);
	call->resource = "subscribers";
	call->noted = es_arena_printf(call->arena, "%u created, %u changed, %u unchanged, %u refused", import.created,
	                              import.changed, import.unchanged, import.refused);
	if (call->noted == NULL)
		return ES_TOO_LARGE;
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}
