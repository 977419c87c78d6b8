/* policy_admin_clients.c -- actions on OAuth clients: servers that may ask for access tokens (TS.43 2.8.3). */
#include <string.h>

#include "es_cleanup.h"
#include "es_jose.h"
#include "policy_admin_call.h"
#include "policy_resource.h"
#include "policy_tenant.h"

static es_status list_clients(struct policy_admin_call *call, const struct policy_catalog *catalog)
{
	const char *cursor = policy_param(call, "cursor"), *last = NULL;
	uint32_t limit = 0, count = 0;

	ES_TRY(policy_param_limit(call, &limit));
	struct es_json_out j = policy_answer_start(call);
	es_json_array(&j, "items");
	for (size_t i = 0; i < catalog->client_count; i++) {
		const struct policy_client *client = &catalog->clients[i];
		if (strcmp(client->tenant, call->tenant) != 0 || strcmp(client->id, cursor) <= 0)
			continue;
		if (count++ == limit)
			return policy_list_end(call, &j, last);
		es_json_object(&j, NULL);
		policy_resource_write(&policy_client_shape, client, &j);
		es_json_end_object(&j);
		last = client->id;
	}
	return policy_list_end(call, &j, NULL);
}

es_status policy_do_client_list(struct policy_admin_call *call)
{
	const struct policy_catalog *catalog = NULL;
	ES_TRY(policy_call_catalog(call, &catalog));
	es_status status = list_clients(call, catalog);
	policy_catalog_release(call->store, catalog);
	return status;
}

es_status policy_do_client_get(struct policy_admin_call *call)
{
	const struct policy_catalog *catalog = NULL;
	ES_TRY(policy_call_catalog(call, &catalog));
	const struct policy_client *client = policy_catalog_client(catalog, call->tenant, policy_param(call, "client"));
	es_status status = client != NULL ? policy_answer_resource(call, POLICY_ADMIN_DONE, &policy_client_shape, client)
	                                  : policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "client", "no such client");
	policy_catalog_release(call->store, catalog);
	return status;
}

/* ---- writing ---- */

/* A key set may be given as the object that it is: it is kept as its text. */
static es_status read_client(struct policy_admin_call *call, struct policy_client *client)
{
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_Duplicate(call->body, true);
	const cJSON *given = call->body;
	cJSON *jwks = cJSON_GetObjectItemCaseSensitive(body, "jwks");

	if (cJSON_IsObject(jwks)) {
		char *text = cJSON_PrintUnformatted(jwks);
		cJSON *item = text != NULL ? cJSON_CreateString(text) : NULL;
		cJSON_free(text);
		if (item == NULL || !cJSON_ReplaceItemInObjectCaseSensitive(body, "jwks", item)) {
			cJSON_Delete(item);
			return ES_TOO_LARGE;
		}
	}
	call->body = body;
	es_status status = policy_read_body(call, &policy_client_shape, client);
	call->body = given;
	return status;
}

/* What auth could not use is refused here, where somebody reads the reason. */
static es_status check_keys(struct policy_admin_call *call, const struct policy_client *client)
{
	struct es_jwks *keys = NULL;
	char storage[256];
	struct es_buf error;

	es_buf_init_fixed(&error, storage, sizeof storage);
	if (es_jwks_parse(es_slice_str(client->jwks), &keys, &error) == ES_OK) {
		es_jwks_free(keys);
		return ES_OK;
	}
	const char *why = es_arena_printf(call->arena, ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	return policy_refuse(call, POLICY_ADMIN_INVALID, "jwks", why != NULL && why[0] != '\0' ? why : "no usable key");
}

static es_status check_room(struct policy_admin_call *call, const struct policy_client *client,
                            struct es_slice document)
{
	size_t count = 0, octets = 0;

	ES_TRY(policy_row_clients_beside(call->conn, call->tenant, client->id, &count, &octets));
	if (count >= POLICY_CLIENTS_MAX || octets + document.len > POLICY_CLIENTS_BYTES_MAX)
		return policy_refuse(call, POLICY_ADMIN_CONFLICT, NULL, "this server holds no more clients");
	return ES_OK;
}

static es_status store_client(struct policy_admin_call *call, struct policy_client *client, struct es_slice document)
{
	struct policy_client before;
	struct policy_document stored = { .version = 0 };
	bool exists = false;

	policy_resource_defaults(&policy_client_shape, &before);
	es_status found = policy_row_client_document(call->conn, call->tenant, client->id, call->arena, &stored);
	ES_TRY(policy_read_before(call, &policy_client_shape, found, stored.json, &before, &exists));
	if (exists && es_slice_eq(stored.json, document)) {
		call->noted = "unchanged";
		client->version = stored.version;
		return policy_answer_resource(call, POLICY_ADMIN_DONE, &policy_client_shape, client);
	}
	ES_TRY(check_room(call, client, document));
	ES_TRY(policy_tell(call, "client.changed", call->tenant, "", "", &client->version));
	ES_TRY(policy_row_client_put(call->conn, call->tenant, client->id, document, client->version));
	ES_TRY(policy_describe(call, &policy_client_shape, &before, client));
	return policy_answer_resource(call, exists ? POLICY_ADMIN_DONE : POLICY_ADMIN_CREATED, &policy_client_shape,
	                              client);
}

es_status policy_do_client_put(struct policy_admin_call *call)
{
	const char *id = policy_param(call, "client");
	struct policy_client client;
	struct es_slice document = { NULL, 0 };

	policy_resource_defaults(&policy_client_shape, &client);
	client.id = id;
	ES_TRY(read_client(call, &client));
	if (!policy_name_is_valid(es_slice_str(id)) || strcmp(client.id, id) != 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "id", "is not the one of the path");
	ES_TRY(check_keys(call, &client));
	call->resource = es_arena_printf(call->arena, "client/%s", client.id);
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	ES_TRY(policy_document_of(call, &policy_client_shape, &client, &document));
	return store_client(call, &client, document);
}

/* Its access tokens are dead with the commit: policy looks the client up with each of them. */
es_status policy_do_client_delete(struct policy_admin_call *call)
{
	const char *id = policy_param(call, "client");
	uint64_t sequence = 0;

	call->resource = es_arena_printf(call->arena, "client/%s", id);
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	es_status status = policy_row_client_delete(call->conn, call->tenant, id);
	if (status == ES_NOT_FOUND)
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "client", "no such client");
	if (status != ES_OK)
		return status;
	ES_TRY(policy_tell(call, "client.removed", call->tenant, "", "", &sequence));
	struct es_json_out j = policy_answer_start(call);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}
