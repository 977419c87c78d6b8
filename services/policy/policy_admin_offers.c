/* policy_admin_offers.c -- add-ons and outages: documents of a tenant, each read whole before it is kept. */
#include <string.h>

#include "es_cleanup.h"
#include "policy_admin_call.h"
#include "policy_ruleset.h"
#include "policy_store_rules.h"

static const struct {
	const char *param, *missing, *changed, *removed;
} kinds[] = {
	[POLICY_ADDON] = { "addon", "no such add-on", "addon.changed", "addon.removed" },
	[POLICY_OUTAGE] = { "outage", "no such outage", "outage.changed", "outage.removed" },
};

static es_status name_it(struct policy_admin_call *call, enum policy_offer_kind kind, const char **id)
{
	*id = policy_param(call, kinds[kind].param);
	call->resource = es_arena_printf(call->arena, "%s/%s", kinds[kind].param, *id);
	return call->resource != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status answer(struct policy_admin_call *call, enum policy_admin_outcome outcome, struct es_slice document)
{
	es_buf_reset(&call->result->body);
	es_put_bytes(&call->result->body, document);
	call->result->outcome = outcome;
	return es_buf_status(&call->result->body);
}

static es_status get(struct policy_admin_call *call, enum policy_offer_kind kind)
{
	struct es_slice document = { NULL, 0 };
	const char *id;

	ES_TRY(name_it(call, kind, &id));
	es_status status = policy_row_offer(call->conn, kind, call->tenant, id, call->arena, &document);
	if (status == ES_NOT_FOUND)
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, kinds[kind].param, kinds[kind].missing);
	return status == ES_OK ? answer(call, POLICY_ADMIN_DONE, document) : status;
}

static es_status check(struct policy_admin_call *call, enum policy_offer_kind kind, const char *id)
{
	struct policy_fault fault = { "", "the body must be a JSON object" };
	struct policy_addon addon = { .id = "" };
	struct policy_rule outage = { .id = "" };

	es_status status = kind == POLICY_ADDON ? policy_addon_read(call->body, call->arena, &addon, &fault)
	                                        : policy_outage_read(call->body, call->arena, &outage, &fault);
	if (status == ES_MALFORMED)
		return policy_refuse(call, POLICY_ADMIN_INVALID, fault.field, fault.error);
	if (status != ES_OK)
		return status;
	if (strcmp(kind == POLICY_ADDON ? addon.id : outage.id, id) != 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "id", "is not the one of the path");
	return ES_OK;
}

static es_status store(struct policy_admin_call *call, enum policy_offer_kind kind)
{
	struct es_slice document = { NULL, 0 }, before = { NULL, 0 };
	uint64_t version = 0;
	const char *id;

	ES_TRY(name_it(call, kind, &id));
	ES_TRY(check(call, kind, id));
	ES_TRY(policy_body_as_given(call, &document));
	es_status found = policy_row_offer(call->conn, kind, call->tenant, id, call->arena, &before);
	if (found != ES_OK && found != ES_NOT_FOUND)
		return found;
	if (found == ES_OK && es_slice_eq(before, document)) {
		call->noted = "unchanged";
		return answer(call, POLICY_ADMIN_DONE, document);
	}
	ES_TRY(policy_book_changed(call, kinds[kind].changed, &version));
	ES_TRY(policy_row_offer_put(call->conn, kind, call->tenant, id, document));
	return answer(call, found == ES_OK ? POLICY_ADMIN_DONE : POLICY_ADMIN_CREATED, document);
}

/* The path says its name; the body may say it, too. */
static es_status put(struct policy_admin_call *call, enum policy_offer_kind kind)
{
	const cJSON *given = call->body;
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_Duplicate(given, true);

	if (cJSON_IsObject(body) && !cJSON_HasObjectItem(body, "id") &&
	    cJSON_AddStringToObject(body, "id", policy_param(call, kinds[kind].param)) == NULL)
		return ES_TOO_LARGE;
	call->body = body;
	es_status status = store(call, kind);
	call->body = given;
	return status;
}

/* Lines may still have an add-on: it gives them nothing then. */
static es_status take_away(struct policy_admin_call *call, enum policy_offer_kind kind)
{
	uint64_t version = 0;
	const char *id;

	ES_TRY(name_it(call, kind, &id));
	es_status status = policy_row_offer_delete(call->conn, kind, call->tenant, id);
	if (status == ES_NOT_FOUND)
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, kinds[kind].param, kinds[kind].missing);
	if (status != ES_OK)
		return status;
	ES_TRY(policy_book_changed(call, kinds[kind].removed, &version));
	struct es_json_out j = policy_answer_start(call);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

struct listing {
	struct es_json_out *j;
	uint32_t limit, count;
	char last[64];
	bool more;
};

static es_status write_row(const char *id, struct es_slice document, void *user)
{
	struct listing *l = user;
	const size_t len = strlen(id);

	if (l->count == l->limit) {
		l->more = true;
		return ES_OK;
	}
	l->count++;
	memcpy(l->last, id, len < sizeof l->last ? len + 1 : 0);
	es_json_put_raw(l->j, NULL, document);
	return ES_OK;
}

static es_status list(struct policy_admin_call *call, enum policy_offer_kind kind)
{
	struct listing l = { .limit = 0 };

	ES_TRY(policy_param_limit(call, &l.limit));
	struct es_json_out j = policy_answer_start(call);
	l.j = &j;
	es_json_array(&j, "items");
	ES_TRY(policy_row_offers(call->conn, kind, call->tenant, policy_param(call, "cursor"), l.limit + 1, call->row_arena,
	                         write_row, &l));
	return policy_list_end(call, &j, l.more ? l.last : NULL);
}

#define ACTIONS(name, kind)                                                                                            \
	es_status policy_do_##name##_list(struct policy_admin_call *call)                                                  \
	{                                                                                                                  \
		return list(call, kind);                                                                                       \
	}                                                                                                                  \
	es_status policy_do_##name##_get(struct policy_admin_call *call)                                                   \
	{                                                                                                                  \
		return get(call, kind);                                                                                        \
	}                                                                                                                  \
	es_status policy_do_##name##_put(struct policy_admin_call *call)                                                   \
	{                                                                                                                  \
		return put(call, kind);                                                                                        \
	}                                                                                                                  \
	es_status policy_do_##name##_delete(struct policy_admin_call *call)                                                \
	{                                                                                                                  \
		return take_away(call, kind);                                                                                  \
	}
ACTIONS(addon, POLICY_ADDON)
ACTIONS(outage, POLICY_OUTAGE)
