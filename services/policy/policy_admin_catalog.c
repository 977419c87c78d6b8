/* policy_admin_catalog.c -- actions on tenants and plans. */
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "policy_admin_call.h"
#include "policy_lifecycle.h"
#include "policy_resource.h"
#include "policy_tenant.h"

/* ---- reading: from the copy in memory, as of this transaction ---- */

es_status policy_call_catalog(struct policy_admin_call *call, const struct policy_catalog **out)
{
	uint64_t version = 0;
	ES_TRY(policy_row_catalog_version(call->conn, &version));
	return policy_catalog_at(call->store, call->conn, version, out);
}

es_status policy_list_end(struct policy_admin_call *call, struct es_json_out *j, const char *last)
{
	es_json_end_array(j);
	if (last != NULL)
		es_json_put_str(j, "next", last);
	return policy_answer_end(call, j, POLICY_ADMIN_DONE);
}

static es_status list_tenants(struct policy_admin_call *call, const struct policy_catalog *catalog)
{
	const char *cursor = policy_param(call, "cursor"), *last = NULL;
	uint32_t limit = 0, count = 0;

	ES_TRY(policy_param_limit(call, &limit));
	struct es_json_out j = policy_answer_start(call);
	es_json_array(&j, "items");
	for (size_t i = 0; i < catalog->tenant_count; i++) {
		const struct policy_tenant *tenant = &catalog->tenants[i];
		bool visible = call->who.tenant[0] == '\0' || strcmp(call->who.tenant, tenant->id) == 0;
		if (!visible || strcmp(tenant->id, cursor) <= 0)
			continue;
		if (count++ == limit)
			return policy_list_end(call, &j, last);
		es_json_object(&j, NULL);
		policy_resource_write(&policy_tenant_shape, tenant, &j);
		es_json_end_object(&j);
		last = tenant->id;
	}
	return policy_list_end(call, &j, NULL);
}

es_status policy_do_tenant_list(struct policy_admin_call *call)
{
	const struct policy_catalog *catalog = NULL;
	ES_TRY(policy_call_catalog(call, &catalog));
	es_status status = list_tenants(call, catalog);
	policy_catalog_release(call->store, catalog);
	return status;
}

es_status policy_do_tenant_get(struct policy_admin_call *call)
{
	const struct policy_catalog *catalog = NULL;
	ES_TRY(policy_call_catalog(call, &catalog));
	const struct policy_tenant *tenant = policy_catalog_tenant(catalog, call->tenant);
	es_status status = tenant != NULL ? policy_answer_resource(call, POLICY_ADMIN_DONE, &policy_tenant_shape, tenant)
	                                  : policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "tenant", "no such tenant");
	policy_catalog_release(call->store, catalog);
	return status;
}

static es_status list_plans(struct policy_admin_call *call, const struct policy_catalog *catalog)
{
	const char *cursor = policy_param(call, "cursor"), *last = NULL;
	uint32_t limit = 0, count = 0;

	ES_TRY(policy_param_limit(call, &limit));
	struct es_json_out j = policy_answer_start(call);
	es_json_array(&j, "items");
	for (size_t i = 0; i < catalog->plan_count; i++) {
		const struct policy_plan *plan = &catalog->plans[i];
		if (strcmp(plan->tenant, call->tenant) != 0 || strcmp(plan->id, cursor) <= 0)
			continue;
		if (count++ == limit)
			return policy_list_end(call, &j, last);
		es_json_object(&j, NULL);
		policy_resource_write(&policy_plan_shape, plan, &j);
		es_json_end_object(&j);
		last = plan->id;
	}
	return policy_list_end(call, &j, NULL);
}

es_status policy_do_plan_list(struct policy_admin_call *call)
{
	const struct policy_catalog *catalog = NULL;
	ES_TRY(policy_call_catalog(call, &catalog));
	es_status status = list_plans(call, catalog);
	policy_catalog_release(call->store, catalog);
	return status;
}

es_status policy_do_plan_get(struct policy_admin_call *call)
{
	const struct policy_catalog *catalog = NULL;
	ES_TRY(policy_call_catalog(call, &catalog));
	const struct policy_plan *plan = policy_catalog_plan(catalog, call->tenant, policy_param(call, "plan"));
	es_status status = plan != NULL ? policy_answer_resource(call, POLICY_ADMIN_DONE, &policy_plan_shape, plan)
	                                : policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "plan", "no such plan");
	policy_catalog_release(call->store, catalog);
	return status;
}

/* ---- writing ---- */

/* The document as it is kept: the version is a column of its own. */
es_status policy_document_of(struct policy_admin_call *call, const struct policy_shape *shape, const void *resource,
                             struct es_slice *out)
{
	struct es_buf text;
	es_buf_init(&text, 65536); /* es_json_parse reads as much when the catalog is loaded */
	struct es_json_out j = es_json_to(&text);
	es_json_object(&j, NULL);
	policy_resource_write(shape, resource, &j);
	es_json_end_object(&j);
	struct es_slice copy = es_arena_copy(call->arena, es_buf_slice(&text));
	bool fits = es_buf_status(&text) == ES_OK;
	es_buf_free(&text);
	if (!fits)
		return policy_refuse(call, POLICY_ADMIN_INVALID, NULL, "the document is larger than 65536 octets");
	if (copy.ptr == NULL)
		return ES_TOO_LARGE;
	*out = copy;
	return ES_OK;
}

es_status policy_read_body(struct policy_admin_call *call, const struct policy_shape *shape, void *into)
{
	struct policy_fault fault = { "", "the body must be a JSON object" };
	es_status status = policy_resource_read(shape, call->body, call->arena, into, &fault);
	return status == ES_MALFORMED ? policy_refuse(call, POLICY_ADMIN_INVALID, fault.field, fault.error) : status;
}

/* The resource as it was; false in `exists` when there was none. */
es_status policy_read_before(struct policy_admin_call *call, const struct policy_shape *shape, es_status found,
                             struct es_slice document, void *into, bool *exists)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_fault fault;

	*exists = found == ES_OK;
	if (found != ES_OK)
		return found == ES_NOT_FOUND ? ES_OK : found;
	ES_TRY(es_json_parse(document, ES_JSON_SMALL, &json));
	policy_resource_defaults(shape, into);
	return policy_resource_read(shape, json, call->arena, into, &fault);
}

es_status policy_describe(struct policy_admin_call *call, const struct policy_shape *shape, const void *before,
                          const void *after)
{
	call->detail = policy_change_in_words(call->arena, shape, before, after);
	return call->detail != NULL ? ES_OK : ES_TOO_LARGE;
}

/* All other tenants beside the one that is put. */
struct neighbours {
	const struct policy_tenant *tenant;
	size_t count, bytes;
	const char *collision; /* the claim that one of them makes, too; NULL: none */
	char with[32];
};

static es_status look_at_neighbour(const struct policy_tenant *other, size_t document_len, void *user)
{
	struct neighbours *n = user;

	if (strcmp(other->id, n->tenant->id) == 0)
		return ES_OK;
	n->count++;
	n->bytes += document_len;
	const char *claim = n->collision == NULL ? policy_tenants_collide(n->tenant, other) : NULL;
	if (claim != NULL) {
		n->collision = claim;
		(void)snprintf(n->with, sizeof n->with, "%s", other->id);
	}
	return ES_OK;
}

static es_status check_neighbours(struct policy_admin_call *call, const struct policy_tenant *tenant,
                                  struct es_slice document)
{
	struct neighbours n = { .tenant = tenant };

	ES_TRY(policy_row_tenants(call->conn, call->row_arena, look_at_neighbour, &n));
	if (n.collision != NULL) {
		const char *error = es_arena_printf(call->arena, "tenant %s answers for the very same subscribers", n.with);
		return error == NULL ? ES_TOO_LARGE : policy_refuse(call, POLICY_ADMIN_CONFLICT, n.collision, error);
	}
	if (n.count >= POLICY_TENANTS_MAX || n.bytes + document.len > POLICY_TENANTS_BYTES_MAX)
		return policy_refuse(call, POLICY_ADMIN_CONFLICT, NULL, "this server holds no more tenants");
	return ES_OK;
}

/* Whom a tenant answers for, and how much of the machine it may have, is settled between the tenants, so not by the
 * administrator of one. */
static es_status check_claims(struct policy_admin_call *call, const struct policy_tenant *before,
                              const struct policy_tenant *after)
{
	if (call->who.tenant[0] == '\0')
		return ES_OK;
	if (before->limits.requests_per_second != after->limits.requests_per_second)
		return policy_refuse(call, POLICY_ADMIN_FORBIDDEN, "limits", "limits need a credential for all tenants");
	if (before->authentication.challenges_per_second != after->authentication.challenges_per_second)
		return policy_refuse(call, POLICY_ADMIN_FORBIDDEN, "authentication.challenges_per_second",
		                     "limits need a credential for all tenants");
	if (policy_tenant_claims_equal(before, after))
		return ES_OK;
	return policy_refuse(call, POLICY_ADMIN_FORBIDDEN, "hosts",
	                     "hosts, plmns, imsi_ranges and gid1 need a credential for all tenants");
}

static es_status store_tenant(struct policy_admin_call *call, struct policy_tenant *tenant, struct es_slice document)
{
	struct policy_tenant before;
	struct policy_document stored = { .version = 0 };
	bool created = false, exists = false;

	policy_resource_defaults(&policy_tenant_shape, &before);
	es_status found = policy_row_tenant_document(call->conn, tenant->id, call->arena, &stored);
	ES_TRY(policy_read_before(call, &policy_tenant_shape, found, stored.json, &before, &exists));
	ES_TRY(check_claims(call, &before, tenant));
	if (exists && es_slice_eq(stored.json, document)) {
		call->noted = "unchanged";
		tenant->version = stored.version;
		return policy_answer_resource(call, POLICY_ADMIN_DONE, &policy_tenant_shape, tenant);
	}
	ES_TRY(check_neighbours(call, tenant, document));
	/* A new one has no lines. */
	const char *apps = exists ? policy_tenant_changed_apps(&before, tenant) : "";
	if (apps[0] != '\0')
		ES_TRY(policy_apps_of_all(call, &apps));
	ES_TRY(policy_tell(call, "tenant.changed", tenant->id, "", apps, &tenant->version));
	ES_TRY(policy_row_tenant_put(call->conn, tenant->id, document, tenant->version, &created));
	ES_TRY(policy_describe(call, &policy_tenant_shape, &before, tenant));
	return policy_answer_resource(call, created ? POLICY_ADMIN_CREATED : POLICY_ADMIN_DONE, &policy_tenant_shape,
	                              tenant);
}

/* A section that is misspelt would be found out by the first phone that waits in vain. */
static es_status check_sources(struct policy_admin_call *call, const struct policy_tenant_bss *bss)
{
	static const char error[] = "is no section of policy's BSS file";

	if (bss->source[0] != '\0' && policy_bss_find(call->request->bss, bss->source) == NULL)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "bss.source", error);
	for (size_t i = 0; i < bss->events_from.count; i++)
		if (policy_bss_find(call->request->bss, bss->events_from.items[i]) == NULL)
			return policy_refuse(call, POLICY_ADMIN_INVALID, "bss.events_from", error);
	return ES_OK;
}

es_status policy_do_tenant_put(struct policy_admin_call *call)
{
	struct policy_tenant tenant;
	struct es_slice document = { NULL, 0 };

	policy_resource_defaults(&policy_tenant_shape, &tenant);
	tenant.id = call->tenant;
	ES_TRY(policy_read_body(call, &policy_tenant_shape, &tenant));
	if (strcmp(tenant.id, call->tenant) != 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "id", "is not the one of the path");
	ES_TRY(check_sources(call, &tenant.bss));
	call->resource = es_arena_printf(call->arena, "tenant/%s", tenant.id);
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	ES_TRY(policy_document_of(call, &policy_tenant_shape, &tenant, &document));
	return store_tenant(call, &tenant, document);
}

static es_status store_plan(struct policy_admin_call *call, struct policy_plan *plan, struct es_slice document)
{
	struct policy_plan before;
	struct policy_document stored = { .version = 0 };
	bool created = false, exists = false;

	policy_resource_defaults(&policy_plan_shape, &before);
	es_status found = policy_row_plan_document(call->conn, call->tenant, plan->id, call->arena, &stored);
	ES_TRY(policy_read_before(call, &policy_plan_shape, found, stored.json, &before, &exists));
	if (exists && es_slice_eq(stored.json, document)) {
		call->noted = "unchanged";
		plan->version = stored.version;
		return policy_answer_resource(call, POLICY_ADMIN_DONE, &policy_plan_shape, plan);
	}
	const char *apps = ""; /* of a new one: no line has it */
	if (exists)
		ES_TRY(policy_apps_of_all(call, &apps));
	ES_TRY(policy_tell_plan(call, "plan.changed", plan->id, apps, &plan->version));
	ES_TRY(policy_row_plan_put(call->conn, call->tenant, plan->id, document, plan->version, &created));
	ES_TRY(policy_describe(call, &policy_plan_shape, &before, plan));
	return policy_answer_resource(call, created ? POLICY_ADMIN_CREATED : POLICY_ADMIN_DONE, &policy_plan_shape, plan);
}

es_status policy_do_plan_put(struct policy_admin_call *call)
{
	const char *id = policy_param(call, "plan");
	struct policy_plan plan;
	struct es_slice document = { NULL, 0 };

	policy_resource_defaults(&policy_plan_shape, &plan);
	plan.id = id;
	ES_TRY(policy_read_body(call, &policy_plan_shape, &plan));
	if (!policy_name_is_valid(es_slice_str(id)) || strcmp(plan.id, id) != 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "id", "is not the one of the path");
	call->resource = es_arena_printf(call->arena, "plan/%s", plan.id);
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	ES_TRY(policy_document_of(call, &policy_plan_shape, &plan, &document));
	return store_plan(call, &plan, document);
}

es_status policy_do_plan_delete(struct policy_admin_call *call)
{
	const char *id = policy_param(call, "plan");
	uint64_t sequence = 0;
	bool in_use = false;

	call->resource = es_arena_printf(call->arena, "plan/%s", id);
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	ES_TRY(policy_row_plan_in_use(call->conn, call->tenant, id, &in_use));
	if (in_use)
		return policy_refuse(call, POLICY_ADMIN_CONFLICT, "plan", "subscribers have this plan");
	es_status status = policy_row_plan_delete(call->conn, call->tenant, id);
	if (status == ES_NOT_FOUND)
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "plan", "no such plan");
	if (status != ES_OK)
		return status;
	ES_TRY(policy_tell_plan(call, "plan.removed", id, "", &sequence)); /* no line had it */
	struct es_json_out j = policy_answer_start(call);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}
