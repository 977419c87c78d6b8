/* policy_admin_enterprise.c -- actions on enterprises, whose devices servers manage (TS.43 10). */
#include <string.h>

#include "policy_admin_call.h"
#include "policy_resource.h"

#define ENTERPRISES_MAX 10000 /* of one tenant */

static es_status list_enterprises(struct policy_admin_call *call, const struct policy_catalog *catalog)
{
	const char *cursor = policy_param(call, "cursor"), *last = NULL;
	uint32_t limit = 0, count = 0;

	ES_TRY(policy_param_limit(call, &limit));
	struct es_json_out j = policy_answer_start(call);
	es_json_array(&j, "items");
	for (size_t i = 0; i < catalog->enterprise_count; i++) {
		const struct policy_enterprise *enterprise = &catalog->enterprises[i];
		if (strcmp(enterprise->tenant, call->tenant) != 0 || strcmp(enterprise->id, cursor) <= 0)
			continue;
		if (count++ == limit)
			return policy_list_end(call, &j, last);
		es_json_object(&j, NULL);
		policy_resource_write(&policy_enterprise_shape, enterprise, &j);
		es_json_end_object(&j);
		last = enterprise->id;
	}
	return policy_list_end(call, &j, NULL);
}

es_status policy_do_enterprise_list(struct policy_admin_call *call)
{
	const struct policy_catalog *catalog = NULL;
	ES_TRY(policy_call_catalog(call, &catalog));
	es_status status = list_enterprises(call, catalog);
	policy_catalog_release(call->store, catalog);
	return status;
}

es_status policy_do_enterprise_get(struct policy_admin_call *call)
{
	const struct policy_catalog *catalog = NULL;
	ES_TRY(policy_call_catalog(call, &catalog));
	const struct policy_enterprise *enterprise =
		policy_catalog_enterprise(catalog, call->tenant, policy_param(call, "enterprise"));
	es_status status = enterprise != NULL
	                       ? policy_answer_resource(call, POLICY_ADMIN_DONE, &policy_enterprise_shape, enterprise)
	                       : policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "enterprise", "no such enterprise");
	policy_catalog_release(call->store, catalog);
	return status;
}

/* ---- writing ---- */

/* A plan that is misspelt would be found out by the first device that waits in vain. */
static es_status check_plans(struct policy_admin_call *call, const struct policy_enterprise *enterprise)
{
	for (size_t i = 0; i < enterprise->plans.count; i++) {
		bool exists = false;
		ES_TRY(policy_row_plan_exists(call->conn, call->tenant, enterprise->plans.items[i], &exists));
		if (!exists)
			return policy_refuse(call, POLICY_ADMIN_INVALID, "plans", "has a plan that the tenant does not have");
	}
	return ES_OK;
}

static es_status check_room(struct policy_admin_call *call)
{
	const struct policy_catalog *catalog = NULL;
	size_t count = 0;

	ES_TRY(policy_call_catalog(call, &catalog));
	for (size_t i = 0; i < catalog->enterprise_count; i++)
		count += strcmp(catalog->enterprises[i].tenant, call->tenant) == 0;
	policy_catalog_release(call->store, catalog);
	if (count >= ENTERPRISES_MAX)
		return policy_refuse(call, POLICY_ADMIN_CONFLICT, NULL, "the tenant holds no more enterprises");
	return ES_OK;
}

static es_status store_enterprise(struct policy_admin_call *call, struct policy_enterprise *enterprise,
                                  struct es_slice document)
{
	struct policy_enterprise before;
	struct policy_document stored = { .version = 0 };
	bool exists = false;

	policy_resource_defaults(&policy_enterprise_shape, &before);
	es_status found = policy_row_enterprise_document(call->conn, call->tenant, enterprise->id, call->arena, &stored);
	ES_TRY(policy_read_before(call, &policy_enterprise_shape, found, stored.json, &before, &exists));
	if (exists && es_slice_eq(stored.json, document)) {
		call->noted = "unchanged";
		enterprise->version = stored.version;
		return policy_answer_resource(call, POLICY_ADMIN_DONE, &policy_enterprise_shape, enterprise);
	}
	if (!exists)
		ES_TRY(check_room(call));
	ES_TRY(policy_tell(call, "enterprise.changed", call->tenant, "", "", &enterprise->version));
	ES_TRY(policy_row_enterprise_put(call->conn, call->tenant, enterprise->id, document, enterprise->version));
	ES_TRY(policy_describe(call, &policy_enterprise_shape, &before, enterprise));
	return policy_answer_resource(call, exists ? POLICY_ADMIN_DONE : POLICY_ADMIN_CREATED, &policy_enterprise_shape,
	                              enterprise);
}

es_status policy_do_enterprise_put(struct policy_admin_call *call)
{
	const char *id = policy_param(call, "enterprise");
	struct policy_enterprise enterprise;
	struct es_slice document = { NULL, 0 };

	policy_resource_defaults(&policy_enterprise_shape, &enterprise);
	enterprise.id = id;
	ES_TRY(policy_read_body(call, &policy_enterprise_shape, &enterprise));
	if (!policy_name_is_valid(es_slice_str(id)) || strcmp(enterprise.id, id) != 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "id", "is not the one of the path");
	ES_TRY(check_plans(call, &enterprise));
	call->resource = es_arena_printf(call->arena, "enterprise/%s", enterprise.id);
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	ES_TRY(policy_document_of(call, &policy_enterprise_shape, &enterprise, &document));
	return store_enterprise(call, &enterprise, document);
}

/* Its TOKENs are dead with the commit: policy looks the enterprise up with each of them. */
es_status policy_do_enterprise_delete(struct policy_admin_call *call)
{
	const char *id = policy_param(call, "enterprise");
	uint64_t sequence = 0;

	call->resource = es_arena_printf(call->arena, "enterprise/%s", id);
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	es_status status = policy_row_enterprise_delete(call->conn, call->tenant, id);
	if (status == ES_NOT_FOUND)
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "enterprise", "no such enterprise");
	if (status != ES_OK)
		return status;
	ES_TRY(policy_tell(call, "enterprise.removed", call->tenant, "", "", &sequence));
	struct es_json_out j = policy_answer_start(call);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}
