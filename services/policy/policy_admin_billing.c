/* policy_admin_billing.c -- actions on users of stores: what they have agreed to for carrier billing (TS.43 11). */
#include <string.h>

#include "policy_admin_call.h"
#include "policy_resource.h"

static es_status find_line(struct policy_admin_call *call, const char *imsi)
{
	struct policy_subscriber line;
	bool exists = false;

	call->resource = es_arena_printf(call->arena, "subscriber/%s/store-users", imsi);
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	ES_TRY(policy_line_find(call, imsi, call->arena, &line, &exists));
	return exists ? ES_OK : policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "imsi", "no such subscriber");
}

static es_status write_one(const struct policy_store_user *one, void *user)
{
	struct es_json_out *j = user;

	es_json_object(j, NULL);
	policy_resource_write(&policy_store_user_shape, one, j);
	es_json_end_object(j);
	return ES_OK;
}

es_status policy_do_store_user_list(struct policy_admin_call *call)
{
	const char *imsi = policy_param(call, "imsi");
	uint32_t limit = 0;

	ES_TRY(policy_param_limit(call, &limit));
	ES_TRY(find_line(call, imsi));
	struct es_json_out j = policy_answer_start(call);
	es_json_array(&j, "items");
	ES_TRY(policy_row_store_users(call->conn, call->tenant, imsi, limit, call->row_arena, write_one, &j));
	es_json_end_array(&j);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

/* Who has agreed has agreed to the tenant's present text, unless the body names another. */
static es_status complete(struct policy_admin_call *call, struct policy_store_user *user)
{
	struct policy_document document = { .version = 0 };
	struct policy_tenant tenant;
	bool exists = false;

	if (user->terms != POLICY_AVAILABLE || cJSON_GetObjectItemCaseSensitive(call->body, "terms_version") != NULL)
		return ES_OK;
	es_status found = policy_row_tenant_document(call->conn, call->tenant, call->arena, &document);
	policy_resource_defaults(&policy_tenant_shape, &tenant);
	ES_TRY(policy_read_before(call, &policy_tenant_shape, found, document.json, &tenant, &exists));
	user->terms_version = tenant.billing.terms;
	return ES_OK;
}

static es_status store(struct policy_admin_call *call, const char *imsi, const struct policy_store_user *before,
                       bool exists, struct policy_store_user *user)
{
	struct policy_touches devices;

	if (exists && before->terms == user->terms && strcmp(before->terms_version, user->terms_version) == 0) {
		call->noted = "unchanged";
		return policy_answer_resource(call, POLICY_ADMIN_DONE, &policy_store_user_shape, user);
	}
	ES_TRY(policy_touch_all(call->conn, call->tenant, imsi, "ap2012", call->row_arena, &devices));
	ES_TRY(policy_tell_devices(call, "subscriber.changed", call->tenant, imsi, "ap2012", &devices, &user->version));
	user->updated_ms = call->now_ms;
	ES_TRY(policy_row_store_user_put(call->conn, call->tenant, imsi, user));
	const char *change = policy_change_in_words(call->arena, &policy_store_user_shape, before, user);
	if (change == NULL)
		return ES_TOO_LARGE;
	call->detail = es_arena_printf(call->arena, "store_vendor: \"%s\"; store_user_id: \"%s\"; %s", user->vendor,
	                               user->user, change);
	if (call->detail == NULL)
		return ES_TOO_LARGE;
	return policy_answer_resource(call, exists ? POLICY_ADMIN_DONE : POLICY_ADMIN_CREATED, &policy_store_user_shape,
	                              user);
}

/* Over what is known of the user the body names. */
es_status policy_do_store_user_patch(struct policy_admin_call *call)
{
	const char *imsi = policy_param(call, "imsi");
	struct policy_store_user named, before, user;

	ES_TRY(find_line(call, imsi));
	policy_resource_defaults(&policy_store_user_shape, &named);
	ES_TRY(policy_read_body(call, &policy_store_user_shape, &named));
	es_status status =
		policy_row_store_user(call->conn, call->tenant, imsi, named.vendor, named.user, call->arena, &before);
	if (status == ES_NOT_FOUND) {
		policy_resource_defaults(&policy_store_user_shape, &before);
		before.vendor = named.vendor;
		before.user = named.user;
	} else if (status != ES_OK) {
		return status;
	}
	user = before;
	ES_TRY(policy_read_body(call, &policy_store_user_shape, &user));
	ES_TRY(complete(call, &user));
	return store(call, imsi, &before, status == ES_OK, &user);
}
