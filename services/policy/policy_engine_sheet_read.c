/* policy_engine_sheet_read.c -- what a sheet shows is read as a decision reads it: the same line, device, past and rules. */
#include <string.h>

#include "es_cleanup.h"
#include "policy_resource.h"
#include "policy_sheet_commit.h"
#include "policy_sheeting.h"

#define ROWS_BYTES 65536 /* of one device at a time */

/* ---- reading: line, catalog and what the handle was used for, of one moment ---- */

static es_status find_device(const struct policy_device *device, void *user)
{
	struct policy_sheeting *s = user;

	if (strcmp(device->terminal_id, s->state.flow.terminal) != 0)
		return ES_OK;
	s->device = (struct policy_device){
		.vendor = es_arena_strdup(s->arena, es_slice_str(device->vendor)),
		.model = es_arena_strdup(s->arena, es_slice_str(device->model)),
		.sw_version = es_arena_strdup(s->arena, es_slice_str(device->sw_version)),
	};
	return s->device.vendor != NULL && s->device.model != NULL && s->device.sw_version != NULL ? ES_OK : ES_TOO_LARGE;
}

/* A page shows what the phone's next answer is going to be: rules look at the same device and the same past. */
static es_status read_what_rules_see(struct policy_sheeting *s, struct es_db_conn *conn)
{
	const struct policy_flow *flow = &s->state.flow;
	const struct policy_tenant *tenant = policy_catalog_tenant(s->catalog, flow->tenant);
	struct es_arena *rows = es_arena_new(0, ROWS_BYTES);

	if (tenant == NULL || rows == NULL) {
		es_arena_free(rows);
		return tenant == NULL ? ES_OK : ES_TOO_LARGE;
	}
	s->device = (struct policy_device){ .vendor = "", .model = "", .sw_version = "" };
	es_status status = policy_row_devices(conn, flow->tenant, flow->imsi.digits, rows, find_device, s);
	es_arena_free(rows);
	if (status == ES_OK && policy_equipment_is_read(&tenant->equipment)) {
		status = policy_row_equipment(conn, tenant, flow->terminal, s->device.sw_version, s->now_ms, s->arena,
		                              &s->equipment);
		s->context.equipment = &s->equipment;
	}
	if (status == ES_OK)
		status = policy_row_history_for(conn, s->catalog, tenant, flow->imsi.digits, s->now_ms, &s->history,
		                                &s->context.history);
	return status;
}

static es_status read_all(struct es_db_conn *conn, void *user)
{
	struct policy_sheeting *s = user;
	const struct policy_flow *flow = &s->state.flow;
	uint64_t version = 0;
	char nonce[POLICY_NONCE_SIZE];

	es_status status = policy_row_subscriber(conn, flow->tenant, flow->imsi.digits, s->arena, &s->line, &version);
	s->has_line = status == ES_OK;
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	if (flow->store_vendor[0] != '\0') {
		status = policy_row_store_user(conn, flow->tenant, flow->imsi.digits, flow->store_vendor, flow->store_user,
		                               s->arena, &s->user);
		s->has_user = status == ES_OK;
		if (status != ES_OK && status != ES_NOT_FOUND)
			return status;
	}
	ES_TRY(policy_row_consent_of(conn, flow->tenant, flow->imsi.digits, "identity-document", &s->is_identified));
	policy_sheet_nonce(flow, nonce);
	status = policy_row_sheet_act(conn, flow->tenant, nonce, s->arena, &s->used_for);
	s->is_used = status == ES_OK;
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	ES_TRY(policy_catalog_at(s->engine->store, conn, version, &s->catalog));
	return s->has_line ? read_what_rules_see(s, conn) : ES_OK;
}

/* Before the tenant is known, a tenant of defaults has the words. */
const struct policy_tenant *policy_sheeting_tenant(const struct policy_sheeting *s)
{
	const struct policy_tenant *tenant =
		s->catalog != NULL ? policy_catalog_tenant(s->catalog, s->state.flow.tenant) : NULL;
	return tenant != NULL ? tenant : &s->none;
}

es_status policy_sheeting_read(struct policy_sheeting *s)
{
	ES_TRY(es_db_read(policy_store_db(s->engine->store), read_all, s));
	const struct policy_tenant *tenant = policy_sheeting_tenant(s);
	s->context = (struct policy_context){
		.tenant = tenant,
		.plan = s->has_line ? policy_catalog_plan(s->catalog, s->state.flow.tenant, s->line.plan) : NULL,
		.subscriber = &s->line,
		.version_major = 12,
		.language = policy_language(es_slice_str(s->accept_language), tenant->language),
		.now_ms = s->now_ms,
		.store_user = s->has_user ? &s->user : NULL,
		.equipment = s->context.equipment,
		.history = s->context.history,
		.book = s->catalog != NULL ? policy_catalog_book(s->catalog, s->state.flow.tenant) : NULL,
		.asking = &s->asking,
	};
	s->asking = (struct policy_asking){ .terminal_id = s->state.flow.terminal,
		                                .vendor = s->has_line ? s->device.vendor : "",
		                                .model = s->has_line ? s->device.model : "",
		                                .sw_version = s->has_line ? s->device.sw_version : "",
		                                .app_name = "",
		                                .gid1 = "" };
	policy_asking_read(&s->asking);
	if (s->has_line)
		policy_effects_apply(&s->context, &s->effects);
	if (s->state.boost_type >= 0) {
		const char *type = es_arena_printf(s->arena, "%lld", (long long)s->state.boost_type);
		if (type == NULL)
			return ES_TOO_LARGE;
		s->context.boost_type = es_slice_str(type);
	}
	s->sheet = (struct policy_sheet){ .is_identified = s->is_identified,
		                              .context = &s->context,
		                              .state = &s->state,
		                              .arena = s->arena,
		                              .alert = POLICY_SAYS_COUNT };
	for (size_t i = 0; s->state.boost_type >= 0 && s->context.plan != NULL && i < s->context.plan->upgrades.count; i++)
		policy_sheet_offer_plan(&s->sheet,
		                        policy_catalog_plan(s->catalog, tenant->id, s->context.plan->upgrades.items[i]));
	return ES_OK;
}
