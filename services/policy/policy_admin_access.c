/* policy_admin_access.c -- credentials and the audit trail. */
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_secret.h"
#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_resource.h"

/* ---- the trail ---- */

struct listing {
	struct es_json_out *j;
	uint32_t limit, count;
	bool more;
	char last[64];
};

static void put_time(struct es_json_out *j, const char *name, int64_t ms)
{
	char text[21];
	es_time_iso8601(ms, text);
	es_json_put_str(j, name, text);
}

static es_status write_audit(const struct policy_audit *entry, void *user)
{
	struct listing *listing = user;
	struct es_buf last;

	if (listing->count == listing->limit) {
		listing->more = true;
		return ES_OK;
	}
	listing->count++;
	es_buf_init_fixed(&last, listing->last, sizeof listing->last - 1);
	es_put_printf(&last, "%lld", (long long)entry->id);
	listing->last[last.len] = '\0';
	es_json_object(listing->j, NULL);
	es_json_put_str(listing->j, "id", listing->last);
	put_time(listing->j, "at", entry->at_ms);
	es_json_put_str(listing->j, "who", entry->who);
	es_json_put_str(listing->j, "client", entry->client);
	es_json_put_str(listing->j, "action", entry->action);
	es_json_put_str(listing->j, "tenant", entry->tenant);
	es_json_put_str(listing->j, "resource", entry->resource);
	es_json_put_str(listing->j, "outcome", entry->outcome);
	es_json_put_str(listing->j, "detail", entry->detail);
	es_json_end_object(listing->j);
	return ES_OK;
}

es_status policy_do_audit_list(struct policy_admin_call *call)
{
	const char *cursor = policy_param(call, "cursor"), *tenant = policy_param(call, "tenant");
	struct listing listing = { .limit = 0 };
	int64_t before = INT64_MAX;

	ES_TRY(policy_param_limit(call, &listing.limit));
	if (cursor[0] != '\0' && es_parse_i64(es_slice_str(cursor), 1, INT64_MAX, &before) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "cursor", "must be the \"next\" of an answer");
	if (call->who.tenant[0] != '\0') {
		if (tenant[0] != '\0' && strcmp(tenant, call->who.tenant) != 0)
			return policy_refuse(call, POLICY_ADMIN_FORBIDDEN, NULL, "the credential is for another tenant");
		tenant = call->who.tenant;
	}
	struct es_json_out j = policy_answer_start(call);
	listing.j = &j;
	es_json_array(&j, "items");
	ES_TRY(policy_row_audits(call->conn, tenant, before, listing.limit + 1, call->row_arena, write_audit, &listing));
	es_json_end_array(&j);
	if (listing.more)
		es_json_put_str(&j, "next", listing.last);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

/* ---- credentials ---- */

static void write_credential_fields(struct es_json_out *j, const struct policy_credential *credential)
{
	es_json_put_str(j, "name", credential->name);
	es_json_put_str(j, "role", policy_role_names[credential->role]);
	es_json_put_str(j, "tenant", credential->tenant);
	put_time(j, "created", credential->created_ms);
}

static es_status write_credential(const struct policy_credential *credential, void *user)
{
	struct listing *listing = user;
	struct es_buf last;

	if (listing->count == listing->limit) {
		listing->more = true;
		return ES_OK;
	}
	listing->count++;
	es_buf_init_fixed(&last, listing->last, sizeof listing->last - 1);
	es_put_str(&last, credential->name);
	listing->last[last.len] = '\0';
	es_json_object(listing->j, NULL);
	write_credential_fields(listing->j, credential);
	es_json_end_object(listing->j);
	return ES_OK;
}

es_status policy_do_credential_list(struct policy_admin_call *call)
{
	struct listing listing = { .limit = 0 };

	ES_TRY(policy_param_limit(call, &listing.limit));
	struct es_json_out j = policy_answer_start(call);
	listing.j = &j;
	es_json_array(&j, "items");
	ES_TRY(policy_row_credentials(call->conn, policy_param(call, "cursor"), listing.limit + 1, call->row_arena,
	                              write_credential, &listing));
	es_json_end_array(&j);
	if (listing.more)
		es_json_put_str(&j, "next", listing.last);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

static void digest_of(struct es_slice token, uint8_t digest[32])
{
	es_sha256(&token, 1, digest);
}

/* {"role", "tenant"?, "name"?}: the body beside the name of the path. */
static es_status read_credential(struct policy_admin_call *call, struct policy_credential *out)
{
	const char *name = policy_param(call, "name");
	const char *role = es_json_str(call->body, "role"), *tenant = es_json_str(call->body, "tenant");
	const char *again = es_json_str(call->body, "name");
	bool exists = false;

	if (!policy_name_is_valid(es_slice_str(name)) || (again != NULL && strcmp(again, name) != 0))
		return policy_refuse(call, POLICY_ADMIN_INVALID, "name",
		                     "1 to 63 letters, digits, '.', '_' and '-', as in the path");
	int number = role != NULL ? policy_name_value(policy_role_names, role) : -1;
	if (number < 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "role", "must be one of: readonly, support, operator, admin");
	if (tenant != NULL && tenant[0] != '\0') {
		ES_TRY(policy_row_tenant_exists(call->conn, tenant, &exists));
		if (!exists)
			return policy_refuse(call, POLICY_ADMIN_INVALID, "tenant", "no such tenant");
	}
	*out = (struct policy_credential){
		.name = name, .tenant = tenant != NULL ? tenant : "", .role = (uint8_t)number, .created_ms = call->now_ms
	};
	call->resource = es_arena_printf(call->arena, "credential/%s", name);
	return call->resource != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_do_credential_put(struct policy_admin_call *call)
{
	struct policy_credential credential = { .name = "" };
	uint8_t random[32], digest[32], storage[64];
	struct es_buf token;

	ES_TRY(read_credential(call, &credential));
	es_random(random, sizeof random);
	es_buf_init_fixed(&token, storage, sizeof storage);
	es_base64url_encode(es_slice_of(random, sizeof random), &token);
	digest_of(es_buf_slice(&token), digest);
	es_status status = policy_row_credential_put(call->conn, &credential, digest);
	if (status == ES_OK) {
		struct es_json_out j = policy_answer_start(call);
		write_credential_fields(&j, &credential);
		es_json_put(&j, "token", es_buf_slice(&token)); /* this once */
		status = policy_answer_end(call, &j, POLICY_ADMIN_CREATED);
	}
	es_wipe(random, sizeof random);
	es_wipe(storage, sizeof storage);
	return status;
}

es_status policy_do_credential_delete(struct policy_admin_call *call)
{
	const char *name = policy_param(call, "name");

	if (strcmp(name, call->who.name) == 0)
		return policy_refuse(call, POLICY_ADMIN_CONFLICT, "name", "a credential cannot delete itself");
	call->resource = es_arena_printf(call->arena, "credential/%s", name);
	if (call->resource == NULL)
		return ES_TOO_LARGE;
	es_status status = policy_row_credential_delete(call->conn, name);
	if (status == ES_NOT_FOUND)
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "name", "no such credential");
	if (status != ES_OK)
		return status;
	struct es_json_out j = policy_answer_start(call);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

/* ---- the first credential ---- */

static es_status put_bootstrap(struct es_db_conn *conn, void *user)
{
	const struct policy_credential credential = {
		.name = "bootstrap", .tenant = "", .role = POLICY_ADMIN, .created_ms = es_wall_ms()
	};
	return policy_row_credential_put(conn, &credential, user);
}

es_status policy_admin_bootstrap(struct policy_store *store, const char *path, struct es_buf *error)
{
	uint8_t text[512], digest[32];
	size_t len = 0;

	ES_TRY(es_secret_file(path, text, sizeof text, &len, error));
	struct es_slice token = es_slice_trim(es_slice_of(text, len));
	bool usable = token.len >= 16 && len < sizeof text;
	digest_of(token, digest);
	es_wipe(text, sizeof text);
	if (!usable) {
		es_put_printf(error, "admin_token_file %s must hold 16 to 500 characters", path);
		return ES_MALFORMED;
	}
	es_status status = es_db_write_wait(policy_store_db(store), put_bootstrap, digest);
	/* A replica that starts at the same moment was faster, which PostgreSQL says by the digest and not by the name. */
	if (status == ES_CONFLICT)
		status = es_db_write_wait(policy_store_db(store), put_bootstrap, digest);
	if (status != ES_OK)
		es_put_printf(error, "the bootstrap credential cannot be stored: %s", es_status_meaning(status));
	return status;
}
