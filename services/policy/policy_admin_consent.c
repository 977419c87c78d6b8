/* policy_admin_consent.c -- what people agreed to on web sheets: listed, and kept for a while after their line. */
#include <stdio.h>
#include <string.h>

#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_resource.h"

struct listing {
	struct es_json_out *j;
	uint32_t limit, count;
	char last[24];
	bool more;
};

static void put_time(struct es_json_out *j, const char *name, int64_t ms)
{
	char text[21];

	if (ms == 0)
		return;
	es_time_iso8601(ms, text);
	es_json_put_str(j, name, text);
}

static es_status write_one(const struct policy_consent *c, void *user)
{
	struct listing *listing = user;
	struct es_json_out *j = listing->j;

	if (listing->count == listing->limit) {
		listing->more = true;
		return ES_OK;
	}
	listing->count++;
	(void)snprintf(listing->last, sizeof listing->last, "%lld", (long long)c->id);
	es_json_object(j, NULL);
	es_json_put_i64(j, "id", c->id);
	put_time(j, "at", c->at_ms);
	es_json_put_str(j, "what", c->what);
	es_json_put_str(j, "text", c->text);
	es_json_put_str(j, "digest", c->digest);
	es_json_put_str(j, "language", c->language);
	es_json_put_str(j, "channel", c->channel);
	es_json_put_str(j, "terminal_id", c->terminal);
	es_json_put_str(j, "client", c->client);
	if (c->store_vendor[0] != '\0') {
		es_json_put_str(j, "store_vendor", c->store_vendor);
		es_json_put_str(j, "store_user_id", c->store_user);
	}
	put_time(j, "kept_until", c->kept_until_ms);
	es_json_end_object(j);
	return ES_OK;
}

/* Newest first; also of a line that is gone. */
es_status policy_do_consent_list(struct policy_admin_call *call)
{
	const char *imsi = policy_param(call, "imsi"), *cursor = policy_param(call, "cursor");
	struct listing listing = { .count = 0 };
	int64_t before = INT64_MAX;
	struct es_imsi valid;

	ES_TRY(policy_param_limit(call, &listing.limit));
	if (es_imsi_parse(es_slice_str(imsi), &valid) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "imsi", "6 to 15 digits");
	if (cursor[0] != '\0' && es_parse_i64(es_slice_str(cursor), 1, INT64_MAX, &before) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "cursor", "is none of this list");
	struct es_json_out j = policy_answer_start(call);
	listing.j = &j;
	es_json_array(&j, "items");
	ES_TRY(policy_row_consents(call->conn, call->tenant, imsi, before, listing.limit + 1, call->row_arena, write_one,
	                           &listing));
	return policy_list_end(call, &j, listing.more ? listing.last : NULL);
}

es_status policy_consents_outlive(struct policy_admin_call *call, const char *imsi)
{
	struct policy_document document = { .version = 0 };
	struct policy_tenant tenant;
	bool exists = false;

	es_status found = policy_row_tenant_document(call->conn, call->tenant, call->arena, &document);
	policy_resource_defaults(&policy_tenant_shape, &tenant);
	ES_TRY(policy_read_before(call, &policy_tenant_shape, found, document.json, &tenant, &exists));
	return policy_row_consents_keep(call->conn, call->tenant, imsi, call->now_ms + tenant.sheets.consent_s * 1000 + 1);
}
