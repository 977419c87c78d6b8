/* policy_admin_equipment.c -- actions on devices: the operator's list of single ones, and the table of models.
 *
 * Both are a key and a few members, put, removed, listed and imported the same way: a row of `tables` each. A device whose state
 * changes wakes the lines that it was seen with. */
#include <string.h>

#include "es_cleanup.h"
#include "policy_admin_call.h"
#include "policy_equipment.h"
#include "policy_lifecycle.h"

#define ROWS_MAX 500
#define WOKEN_MAX 100 /* lines of one device: a cloned IMEI has many, and each of them asks again by itself one day */

struct table {
	const char *key, *path, *event; /* parameter and member; name in the trail */
	const struct policy_shape *shape;
	enum policy_entry_kind kind;
	/* The key as it is kept, in the arena; NULL: out of memory. */
	const char *(*normal)(const char *key, struct es_arena *arena);
	/* Whether phones have to hear of it; `after` NULL: it is gone. */
	bool (*wakes)(const union policy_entry *before, const union policy_entry *after);
};

/* ---- the list of devices ---- */

/* Without check digit and software version. What is no IMEI is left as it is: the shape refuses it. */
static const char *normal_imei(const char *key, struct es_arena *arena)
{
	struct policy_imei imei;

	if (policy_imei_parse(es_slice_str(key), &imei) != ES_OK)
		return key;
	return es_arena_strdup(arena, es_slice_str(imei.digits));
}

static bool listed_wakes(const union policy_entry *before, const union policy_entry *after)
{
	return before == NULL || after == NULL || before->listed.state != after->listed.state;
}

/* ---- the table of models ---- */

static const char *normal_tac(const char *key, struct es_arena *arena)
{
	(void)arena;
	return key;
}

/* A model is many thousand phones, and the table is imported as a whole: they learn of it when they ask. */
static bool model_wakes(const union policy_entry *before, const union policy_entry *after)
{
	(void)before;
	(void)after;
	return false;
}

static const struct table equipment = {
	.key = "imei",
	.path = "equipment",
	.event = "equipment.changed",
	.shape = &policy_listed_shape,
	.kind = POLICY_LISTED,
	.normal = normal_imei,
	.wakes = listed_wakes,
};

static const struct table models = {
	.key = "tac",
	.path = "model",
	.event = "model.changed",
	.shape = &policy_device_model_shape,
	.kind = POLICY_MODEL,
	.normal = normal_tac,
	.wakes = model_wakes,
};

/* ---- what they have in common ---- */

struct listing {
	const struct policy_shape *shape;
	struct es_json_out *j;
	uint32_t limit, count;
	const char *next;
	char last[16];
};

static es_status write_row(const union policy_entry *entry, void *user)
{
	struct listing *l = user;

	if (l->count++ == l->limit) {
		l->next = l->last;
		return ES_OK;
	}
	es_json_object(l->j, NULL);
	policy_resource_write(l->shape, entry, l->j);
	es_json_end_object(l->j);
	memcpy(l->last, entry->any.key, strlen(entry->any.key) + 1); /* 14 digits at most */
	return ES_OK;
}

static es_status do_list(struct policy_admin_call *call, const struct table *table)
{
	struct listing l = { .shape = table->shape };

	ES_TRY(policy_param_limit(call, &l.limit));
	struct es_json_out j = policy_answer_start(call);
	l.j = &j;
	es_json_array(&j, "items");
	ES_TRY(policy_row_entries(call->conn, table->kind, call->tenant, policy_param(call, "cursor"), l.limit + 1,
	                          call->row_arena, write_row, &l));
	return policy_list_end(call, &j, l.next);
}

/* The key of the path as it is kept. */
static es_status path_key(struct policy_admin_call *call, const struct table *table, const char **out)
{
	const char *key = table->normal(policy_param(call, table->key), call->arena);

	if (key == NULL)
		return ES_TOO_LARGE;
	call->resource = es_arena_printf(call->arena, "%s/%s", table->path, key);
	*out = key;
	return call->resource != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status find(struct policy_admin_call *call, const struct table *table, const char *key,
                      struct es_arena *arena, union policy_entry *out)
{
	return policy_row_entry(call->conn, table->kind, call->tenant, key, arena, out);
}

static es_status refuse_missing(struct policy_admin_call *call, const struct table *table)
{
	return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, table->key, "is not there");
}

static es_status do_get(struct policy_admin_call *call, const struct table *table)
{
	union policy_entry entry;
	const char *key = NULL;

	ES_TRY(path_key(call, table, &key));
	es_status status = find(call, table, key, call->arena, &entry);
	if (status == ES_NOT_FOUND)
		return refuse_missing(call, table);
	return status != ES_OK ? status : policy_answer_resource(call, POLICY_ADMIN_DONE, table->shape, &entry);
}

struct waking {
	struct policy_admin_call *call;
	const char *event, *imsis[WOKEN_MAX];
	size_t count;
};

static es_status add_line(const char *imsi, void *user)
{
	struct waking *w = user;
	w->imsis[w->count++] = imsi;
	return ES_OK;
}

/* All applications of the lines that the device was seen with. */
static es_status wake(struct policy_admin_call *call, const struct table *table, const char *key,
                      struct es_arena *arena)
{
	struct waking w = { .call = call };
	uint64_t sequence;
	const char *apps = "";

	ES_TRY(policy_row_device_lines(call->conn, call->tenant, key, WOKEN_MAX, arena, add_line, &w));
	if (w.count > 0)
		ES_TRY(policy_apps_of_all(call, &apps));
	for (size_t i = 0; i < w.count; i++)
		ES_TRY(policy_tell(call, table->event, call->tenant, w.imsis[i], apps, &sequence));
	return ES_OK;
}

/* The change itself: of the tenant, and by itself it wakes nobody. One for a whole import. */
static es_status tell(struct policy_admin_call *call, const struct table *table, uint64_t *version)
{
	return *version != 0 ? ES_OK : policy_tell(call, table->event, call->tenant, "", "", version);
}

/* `before` NULL: there was none. `entry` is whole and its key normal. */
static es_status store(struct policy_admin_call *call, const struct table *table, const union policy_entry *before,
                       union policy_entry *entry, struct es_arena *arena, uint64_t *version, bool *changed)
{
	*changed = before == NULL || policy_resource_differs(table->shape, before, entry);
	if (!*changed)
		return ES_OK;
	ES_TRY(tell(call, table, version));
	entry->any.version = *version;
	if (table == &equipment && entry->listed.since_ms == 0)
		entry->listed.since_ms = call->now_ms;
	ES_TRY(policy_row_entry_put(call->conn, table->kind, entry));
	return table->wakes(before, entry) ? wake(call, table, entry->any.key, arena) : ES_OK;
}

static es_status do_put(struct policy_admin_call *call, const struct table *table)
{
	union policy_entry before, entry;
	const char *key = NULL;
	uint64_t version = 0;
	bool changed = false;

	ES_TRY(path_key(call, table, &key));
	es_status found = find(call, table, key, call->arena, &before);
	if (found != ES_OK && found != ES_NOT_FOUND)
		return found;
	policy_resource_defaults(table->shape, &entry);
	entry.any.tenant = call->tenant;
	entry.any.key = key;
	ES_TRY(policy_read_body(call, table->shape, &entry));
	const char *named = table->normal(entry.any.key, call->arena);
	if (named == NULL)
		return ES_TOO_LARGE;
	entry.any.key = named;
	if (strcmp(named, key) != 0 || key[0] == '\0')
		return policy_refuse(call, POLICY_ADMIN_INVALID, table->key, "is not the one of the path");
	if (found == ES_OK && table == &equipment && entry.listed.since_ms == 0)
		entry.listed.since_ms = before.listed.since_ms;
	ES_TRY(store(call, table, found == ES_OK ? &before : NULL, &entry, call->arena, &version, &changed));
	if (!changed) {
		call->noted = "unchanged";
		return policy_answer_resource(call, POLICY_ADMIN_DONE, table->shape, &before);
	}
	if (found == ES_OK)
		ES_TRY(policy_describe(call, table->shape, &before, &entry));
	return policy_answer_resource(call, found == ES_OK ? POLICY_ADMIN_DONE : POLICY_ADMIN_CREATED, table->shape,
	                              &entry);
}

static es_status do_delete(struct policy_admin_call *call, const struct table *table)
{
	union policy_entry before;
	const char *key = NULL;
	uint64_t version = 0;

	ES_TRY(path_key(call, table, &key));
	es_status status = find(call, table, key, call->arena, &before);
	if (status == ES_NOT_FOUND)
		return refuse_missing(call, table);
	if (status != ES_OK)
		return status;
	ES_TRY(policy_row_entry_delete(call->conn, table->kind, call->tenant, key));
	ES_TRY(tell(call, table, &version));
	if (table->wakes(&before, NULL))
		ES_TRY(wake(call, table, key, call->arena));
	struct es_json_out j = policy_answer_start(call);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

/* ---- many at once ---- */

struct import {
	struct policy_admin_call *call;
	const struct table *table;
	struct es_json_out *j;
	uint64_t version;
	unsigned created, changed, unchanged, refused;
};

/* The row over the entry that is there, else over the defaults: what a row does not name stays. */
static es_status read_row(struct import *im, const cJSON *json, union policy_entry *before, bool *exists,
                          union policy_entry *entry, struct policy_fault *fault)
{
	struct es_arena *arena = im->call->row_arena;

	policy_resource_defaults(im->table->shape, entry);
	ES_TRY(policy_resource_read(im->table->shape, json, arena, entry, fault));
	const char *key = im->table->normal(entry->any.key, arena);
	if (key == NULL)
		return ES_TOO_LARGE;
	es_status found = find(im->call, im->table, key, arena, before);
	if (found != ES_OK && found != ES_NOT_FOUND)
		return found;
	*exists = found == ES_OK;
	if (*exists) {
		*entry = *before;
		ES_TRY(policy_resource_read(im->table->shape, json, arena, entry, fault));
	}
	entry->any.tenant = im->call->tenant;
	entry->any.key = key;
	return ES_OK;
}

/* Counts the row; a device is entered in the trail under its own name, models are told by their number alone. */
static es_status note_row(struct import *im, const union policy_entry *before, const union policy_entry *entry,
                          bool changed, const char **outcome)
{
	struct policy_admin_call *call = im->call;
	unsigned *counter = before == NULL ? &im->created : changed ? &im->changed : &im->unchanged;

	(*counter)++;
	*outcome = before == NULL ? "created" : changed ? "changed" : "unchanged";
	if (!changed || im->table != &equipment)
		return ES_OK;
	const char *resource = es_arena_printf(call->row_arena, "%s/%s", im->table->path, entry->any.key);
	const char *detail = before == NULL ? "" : policy_change_in_words(call->row_arena, im->table->shape, before, entry);
	if (resource == NULL || detail == NULL)
		return ES_TOO_LARGE;
	return policy_note_in_trail(call, resource, *outcome, detail);
}

static es_status import_row(struct import *im, const cJSON *json, const char **outcome, struct policy_fault *fault)
{
	union policy_entry before, entry;
	bool exists = false, changed = false;

	es_arena_reset(im->call->row_arena);
	ES_TRY(read_row(im, json, &before, &exists, &entry, fault));
	ES_TRY(store(im->call, im->table, exists ? &before : NULL, &entry, im->call->row_arena, &im->version, &changed));
	return note_row(im, exists ? &before : NULL, &entry, changed, outcome);
}

/* A bad row is reported and the others go in; only the world's failures end it. */
static es_status import_rows(struct import *im, const cJSON *rows)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, rows)
	{
		struct policy_fault fault = { "", "must be an object" };
		const char *outcome = "refused", *key = cJSON_IsObject(row) ? es_json_str(row, im->table->key) : NULL;
		es_status status = import_row(im, row, &outcome, &fault);
		if (status != ES_OK && status != ES_MALFORMED)
			return status;
		es_json_object(im->j, NULL);
		es_json_put(im->j, im->table->key, es_slice_sub(es_slice_str(key != NULL ? key : ""), 0, 16));
		es_json_put_str(im->j, "outcome", outcome);
		if (status == ES_MALFORMED) {
			im->refused++;
			es_json_put_str(im->j, "error", fault.error);
			es_json_put_str(im->j, "field", fault.field);
		}
		es_json_end_object(im->j);
	}
	return ES_OK;
}

static es_status do_import(struct policy_admin_call *call, const struct table *table)
{
	const cJSON *rows = cJSON_GetObjectItemCaseSensitive(call->body, "rows");

	if (!cJSON_IsArray(rows) || cJSON_GetArraySize(rows) > ROWS_MAX)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "rows", "must be an array of at most 500 objects");
	struct es_json_out j = policy_answer_start(call);
	struct import im = { .call = call, .table = table, .j = &j };
	es_json_array(&j, "results");
	ES_TRY(import_rows(&im, rows));
	es_json_end_array(&j);
	es_json_put_i64(&j, "created", im.created);
	es_json_put_i64(&j, "changed", im.changed);
	es_json_put_i64(&j, "unchanged", im.unchanged);
	es_json_put_i64(&j, "refused", im.refused);
	call->resource = table->path;
	call->noted = es_arena_printf(call->arena, "%u created, %u changed, %u unchanged, %u refused", im.created,
	                              im.changed, im.unchanged, im.refused);
	return call->noted == NULL ? ES_TOO_LARGE : policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

#define ACTION(name, how, table)                                                                                       \
	es_status policy_do_##name(struct policy_admin_call *call)                                                         \
	{                                                                                                                  \
		return how(call, &(table));                                                                                    \
	}
ACTION(equipment_list, do_list, equipment)
ACTION(equipment_get, do_get, equipment)
ACTION(equipment_put, do_put, equipment)
ACTION(equipment_delete, do_delete, equipment)
ACTION(equipment_import, do_import, equipment)
ACTION(model_list, do_list, models)
ACTION(model_get, do_get, models)
ACTION(model_put, do_put, models)
ACTION(model_delete, do_delete, models)
ACTION(model_import, do_import, models)
