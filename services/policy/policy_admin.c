/* policy_admin.c -- the table of actions, credentials and roles, the transaction around an action, the trail. */
#include "policy_admin.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_bss_map.h"
#include "policy_lifecycle.h"
#include "policy_resource.h"
#include "policy_ruleset.h"

#define ARENA_BYTES (4u << 20)
#define BODY_OUT_MAX 900000u /* a bus frame is 1 MiB */
#define DETAIL_MAX 1024

static const struct policy_admin_action actions[] = {
	/* name                     least role        flags                                   done by */
	{ "tenant.list", POLICY_READONLY, POLICY_NO_TENANT, policy_do_tenant_list },
	{ "tenant.get", POLICY_READONLY, 0, policy_do_tenant_get },
	{ "tenant.put", POLICY_ADMIN, POLICY_WRITES, policy_do_tenant_put },
	{ "plan.list", POLICY_READONLY, 0, policy_do_plan_list },
	{ "plan.get", POLICY_READONLY, 0, policy_do_plan_get },
	{ "plan.put", POLICY_ADMIN, POLICY_WRITES, policy_do_plan_put },
	{ "plan.delete", POLICY_ADMIN, POLICY_WRITES, policy_do_plan_delete },
	{ "client.list", POLICY_READONLY, 0, policy_do_client_list },
	{ "client.get", POLICY_READONLY, 0, policy_do_client_get },
	{ "client.put", POLICY_ADMIN, POLICY_WRITES, policy_do_client_put },
	{ "client.delete", POLICY_ADMIN, POLICY_WRITES, policy_do_client_delete },
	{ "enterprise.list", POLICY_READONLY, 0, policy_do_enterprise_list },
	{ "enterprise.get", POLICY_READONLY, 0, policy_do_enterprise_get },
	{ "enterprise.put", POLICY_ADMIN, POLICY_WRITES, policy_do_enterprise_put },
	{ "enterprise.delete", POLICY_ADMIN, POLICY_WRITES, policy_do_enterprise_delete },
	{ "rules.list", POLICY_READONLY, 0, policy_do_rules_list },
	{ "rules.get", POLICY_READONLY, 0, policy_do_rules_get },
	{ "rules.add", POLICY_ADMIN, POLICY_WRITES | POLICY_TRIAL | POLICY_DEEP, policy_do_rules_add },
	{ "rules.test", POLICY_OPERATOR, POLICY_DEEP, policy_do_rules_test },
	{ "rules.activate", POLICY_ADMIN, POLICY_WRITES, policy_do_rules_activate },
	{ "addon.list", POLICY_READONLY, 0, policy_do_addon_list },
	{ "addon.get", POLICY_READONLY, 0, policy_do_addon_get },
	{ "addon.put", POLICY_ADMIN, POLICY_WRITES | POLICY_DEEP, policy_do_addon_put },
	{ "addon.delete", POLICY_ADMIN, POLICY_WRITES, policy_do_addon_delete },
	{ "outage.list", POLICY_READONLY, 0, policy_do_outage_list },
	{ "outage.get", POLICY_READONLY, 0, policy_do_outage_get },
	{ "outage.put", POLICY_OPERATOR, POLICY_WRITES | POLICY_DEEP, policy_do_outage_put },
	{ "outage.delete", POLICY_OPERATOR, POLICY_WRITES, policy_do_outage_delete },
	{ "subscriber.list", POLICY_SUPPORT, 0, policy_do_subscriber_list },
	{ "subscriber.get", POLICY_SUPPORT, 0, policy_do_subscriber_get },
	{ "subscriber.put", POLICY_OPERATOR, POLICY_WRITES | POLICY_TRIAL, policy_do_subscriber_put },
	{ "subscriber.patch", POLICY_OPERATOR, POLICY_WRITES, policy_do_subscriber_patch },
	{ "subscriber.delete", POLICY_OPERATOR, POLICY_WRITES, policy_do_subscriber_delete },
	{ "subscriber.suspend", POLICY_OPERATOR, POLICY_WRITES, policy_do_subscriber_suspend },
	{ "subscriber.resume", POLICY_OPERATOR, POLICY_WRITES, policy_do_subscriber_resume },
	{ "subscriber.swap-sim", POLICY_OPERATOR, POLICY_WRITES | POLICY_TRIAL, policy_do_subscriber_swap_sim },
	{ "subscriber.reset-tokens", POLICY_OPERATOR, POLICY_WRITES, policy_do_subscriber_reset_tokens },
	{ "subscriber.terminate", POLICY_OPERATOR, POLICY_WRITES, policy_do_subscriber_terminate },
	{ "subscriber.erase", POLICY_ADMIN, POLICY_WRITES, policy_do_subscriber_erase },
	{ "subscriber.import", POLICY_OPERATOR, POLICY_WRITES | POLICY_BULK | POLICY_TRIAL, policy_do_subscriber_import },
	{ "store-user.list", POLICY_SUPPORT, 0, policy_do_store_user_list },
	{ "store-user.patch", POLICY_OPERATOR, POLICY_WRITES, policy_do_store_user_patch },
	{ "equipment.list", POLICY_SUPPORT, 0, policy_do_equipment_list },
	{ "equipment.get", POLICY_SUPPORT, 0, policy_do_equipment_get },
	{ "equipment.put", POLICY_OPERATOR, POLICY_WRITES, policy_do_equipment_put },
	{ "equipment.delete", POLICY_OPERATOR, POLICY_WRITES, policy_do_equipment_delete },
	{ "equipment.import", POLICY_OPERATOR, POLICY_WRITES | POLICY_BULK | POLICY_TRIAL, policy_do_equipment_import },
	{ "model.list", POLICY_READONLY, 0, policy_do_model_list },
	{ "model.get", POLICY_READONLY, 0, policy_do_model_get },
	{ "model.put", POLICY_OPERATOR, POLICY_WRITES, policy_do_model_put },
	{ "model.delete", POLICY_OPERATOR, POLICY_WRITES, policy_do_model_delete },
	{ "model.import", POLICY_OPERATOR, POLICY_WRITES | POLICY_BULK | POLICY_TRIAL, policy_do_model_import },
	{ "consent.list", POLICY_SUPPORT, 0, policy_do_consent_list },
	{ "sheet.act", POLICY_ADMIN, POLICY_INTERNAL | POLICY_WRITES, policy_do_sheet_act },
	{ "qos.list", POLICY_SUPPORT, 0, policy_do_qos_list },
	{ "qos.retry", POLICY_OPERATOR, POLICY_WRITES, policy_do_qos_retry },
	{ "qos.cancel", POLICY_OPERATOR, POLICY_WRITES, policy_do_qos_cancel },
	{ "qos.withdraw", POLICY_ADMIN, POLICY_INTERNAL | POLICY_WRITES, policy_do_qos_withdraw },
	{ "explain", POLICY_SUPPORT, 0, policy_do_explain },
	{ "flow.resolve", POLICY_SUPPORT, POLICY_NO_TENANT, policy_do_flow_resolve },
	{ "audit.list", POLICY_ADMIN, POLICY_NO_TENANT, policy_do_audit_list },
	{ "credential.list", POLICY_ADMIN, POLICY_NO_TENANT | POLICY_GLOBAL, policy_do_credential_list },
	{ "credential.put", POLICY_ADMIN, POLICY_NO_TENANT | POLICY_GLOBAL | POLICY_WRITES, policy_do_credential_put },
	{ "credential.delete", POLICY_ADMIN, POLICY_NO_TENANT | POLICY_GLOBAL | POLICY_WRITES,
	  policy_do_credential_delete },
	{ "bss.event", POLICY_OPERATOR, POLICY_WRITES | POLICY_TOLD, policy_do_bss_event },
	{ "bss.listener", POLICY_OPERATOR, POLICY_WRITES | POLICY_TOLD, policy_do_bss_listener },
	{ "bss.dead-letter.list", POLICY_OPERATOR, 0, policy_do_bss_dead_list },
	{ "bss.dead-letter.replay", POLICY_OPERATOR, POLICY_WRITES, policy_do_bss_dead_replay },
	{ "bss.dead-letter.delete", POLICY_OPERATOR, POLICY_WRITES, policy_do_bss_dead_delete },
	{ "bss.apply", POLICY_ADMIN, POLICY_WRITES | POLICY_INTERNAL, policy_do_bss_apply },
};

static const struct policy_admin_action *find(const char *name)
{
	for (size_t i = 0; i < ES_COUNT(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* ---- what the actions use ---- */

const char *policy_param(const struct policy_admin_call *call, const char *name)
{
	for (size_t i = 0; i < call->request->param_count; i++)
		if (strcmp(call->request->params[i].name, name) == 0)
			return call->request->params[i].value;
	return "";
}

es_status policy_param_limit(struct policy_admin_call *call, uint32_t *out)
{
	const char *limit = policy_param(call, "limit");
	if (limit[0] == '\0') {
		*out = 100;
		return ES_OK;
	}
	if (es_parse_u32(es_slice_str(limit), 1, 500, out) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "limit", "must be a number from 1 to 500");
	return ES_OK;
}

struct es_json_out policy_answer_start(struct policy_admin_call *call)
{
	es_buf_reset(&call->result->body);
	struct es_json_out j = es_json_to(&call->result->body);
	es_json_object(&j, NULL);
	return j;
}

es_status policy_answer_end(struct policy_admin_call *call, struct es_json_out *j, enum policy_admin_outcome outcome)
{
	es_json_end_object(j);
	call->result->outcome = outcome;
	return es_buf_status(&call->result->body);
}

es_status policy_answer_resource(struct policy_admin_call *call, enum policy_admin_outcome outcome, const void *shape,
                                 const void *resource)
{
	struct es_json_out j = policy_answer_start(call);
	policy_resource_write(shape, resource, &j);
	return policy_answer_end(call, &j, outcome);
}

es_status policy_refuse(struct policy_admin_call *call, enum policy_admin_outcome outcome, const char *field,
                        const char *error)
{
	struct es_json_out j = policy_answer_start(call);
	es_json_put_str(&j, "error", error);
	if (field != NULL && field[0] != '\0')
		es_json_put_str(&j, "field", field);
	ES_TRY(policy_answer_end(call, &j, outcome));
	return ES_CONFLICT;
}

es_status policy_tell(struct policy_admin_call *call, const char *kind, const char *tenant, const char *imsi,
                      const char *apps, uint64_t *sequence)
{
	return policy_tell_devices(call, kind, tenant, imsi, apps, NULL, sequence);
}

static es_status add_event(struct policy_admin_call *call, struct policy_event *event, uint64_t *sequence)
{
	char traceparent[ES_TRACEPARENT_SIZE] = "";
	if (call->request->trace != NULL)
		es_trace_format(call->request->trace, traceparent);
	event->at_ms = call->now_ms;
	event->traceparent = traceparent;
	ES_TRY(policy_row_event_add(call->conn, event, sequence));
	call->result->sequence = *sequence;
	return ES_OK;
}

es_status policy_tell_plan(struct policy_admin_call *call, const char *kind, const char *plan, const char *apps,
                           uint64_t *sequence)
{
	struct policy_event event = { .kind = kind, .tenant = call->tenant, .imsi = "", .apps = apps, .plan = plan };
	return add_event(call, &event, sequence);
}

es_status policy_tell_devices(struct policy_admin_call *call, const char *kind, const char *tenant, const char *imsi,
                              const char *apps, const struct policy_touches *devices, uint64_t *sequence)
{
	struct policy_event event = { .kind = kind,
		                          .tenant = tenant,
		                          .imsi = imsi,
		                          .apps = apps,
		                          .devices = devices != NULL ? devices->items : NULL,
		                          .device_count = devices != NULL ? devices->count : 0 };
	return add_event(call, &event, sequence);
}

es_status policy_tell_removed(struct policy_admin_call *call, const char *imsi, const char *moved_to,
                              const struct policy_touches *devices, uint64_t *sequence)
{
	struct policy_event event = { .kind = "subscriber.removed",
		                          .tenant = call->tenant,
		                          .imsi = imsi,
		                          .moved_to = moved_to,
		                          .apps = POLICY_ALL_APPS,
		                          .devices = devices->items,
		                          .device_count = devices->count };
	return add_event(call, &event, sequence);
}

es_status policy_call_catalog_in_write(struct policy_admin_call *call, const struct policy_catalog **out)
{
	if (call->catalog == NULL)
		ES_TRY(policy_catalog_in_write(call->store, call->conn, &call->catalog));
	*out = call->catalog;
	return ES_OK;
}

static void release_catalog(struct policy_admin_call *call)
{
	policy_catalog_release(call->store, call->catalog);
	call->catalog = NULL;
}

/* ---- who may ---- */

static es_status authorize(struct policy_admin_call *call)
{
	const struct es_slice token = es_slice_str(call->request->credential);
	uint8_t digest[32];

	if (call->request->system != NULL) {
		call->who = (struct policy_credential){ .name = call->request->system, .tenant = "", .role = POLICY_ADMIN };
		return ES_OK;
	}
	es_sha256(&token, 1, digest);
	es_status status =
		token.len == 0 ? ES_NOT_FOUND : policy_row_credential(call->conn, digest, call->arena, &call->who);
	if (status == ES_NOT_FOUND)
		return policy_refuse(call, POLICY_ADMIN_UNAUTHENTICATED, NULL, "the credential is not known");
	if (status != ES_OK)
		return status;
	if (call->who.role < call->action->role)
		return policy_refuse(call, POLICY_ADMIN_FORBIDDEN, NULL, "the credential's role does not allow this");

	bool everywhere = call->who.tenant[0] == '\0';
	bool global = (call->action->flags & POLICY_GLOBAL) != 0;
	bool any = (call->action->flags & POLICY_NO_TENANT) != 0;
	if (!everywhere && (global || (!any && strcmp(call->who.tenant, call->tenant) != 0)))
		return policy_refuse(call, POLICY_ADMIN_FORBIDDEN, NULL, "the credential is for another tenant");
	if (any)
		return ES_OK;
	if (!policy_id_is_valid(es_slice_str(call->tenant)))
		return policy_refuse(call, POLICY_ADMIN_INVALID, "tenant", "1 to 31 of a-z, 0-9 and -");
	return ES_OK;
}

/* Every action in a tenant but the one that makes it needs the tenant. */
static es_status require_tenant(struct policy_admin_call *call)
{
	bool exists = false;
	if ((call->action->flags & POLICY_NO_TENANT) != 0 || call->action->run == policy_do_tenant_put)
		return ES_OK;
	ES_TRY(policy_row_tenant_exists(call->conn, call->tenant, &exists));
	return exists ? ES_OK : policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "tenant", "no such tenant");
}

/* ---- the transaction ---- */

es_status policy_note_in_trail(struct policy_admin_call *call, const char *resource, const char *outcome,
                               const char *detail)
{
	const struct policy_audit entry = {
		.at_ms = call->now_ms,
		.who = call->who.name,
		.client = call->request->client,
		.action = call->action->name,
		.tenant = call->tenant,
		.resource = resource,
		.outcome = outcome,
		.detail = detail,
	};
	return policy_row_audit_add(call->conn, &entry, &call->result->audit_id);
}

static es_status note_in_trail(struct policy_admin_call *call)
{
	const char *outcome = call->result->outcome == POLICY_ADMIN_CREATED ? "created" : "done";
	return policy_note_in_trail(call, call->resource, call->noted != NULL ? call->noted : outcome, call->detail);
}

const char *policy_change_in_words(struct es_arena *arena, const struct policy_shape *shape, const void *before,
                                   const void *after)
{
	static const char cut[] = "; ...";
	char storage[DETAIL_MAX];
	struct es_buf text;

	es_buf_init_fixed(&text, storage, sizeof storage - sizeof cut);
	policy_resource_diff(shape, before, after, &text);
	return es_arena_printf(arena, ES_SLICE_FMT "%s", ES_SLICE_ARG(es_buf_slice(&text)),
	                       es_buf_status(&text) == ES_OK ? "" : cut);
}

/* dry_run=true: would this be accepted? */
static es_status read_trial(struct policy_admin_call *call)
{
	const char *text = policy_param(call, "dry_run");

	call->is_trial = strcmp(text, "true") == 0;
	if (!call->is_trial && text[0] != '\0' && strcmp(text, "false") != 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "dry_run", "must be true or false");
	if (call->is_trial && (call->action->flags & POLICY_TRIAL) == 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "dry_run", "is not known here");
	return ES_OK;
}

/* ES_CONFLICT rolls back what was done for the answer. */
static es_status undo_trial(struct policy_admin_call *call)
{
	call->result->sequence = 0;
	call->result->audit_id = 0;
	if (call->result->outcome == POLICY_ADMIN_CREATED)
		call->result->outcome = POLICY_ADMIN_DONE;
	return ES_CONFLICT;
}

static es_status attempt(struct policy_admin_call *call)
{
	ES_TRY(authorize(call));
	ES_TRY(require_tenant(call));
	ES_TRY(read_trial(call));
	ES_TRY(call->action->run(call));
	if (call->is_trial)
		return undo_trial(call);
	return (call->action->flags & POLICY_WRITES) != 0 && !call->is_quiet ? note_in_trail(call) : ES_OK;
}

static es_status in_transaction(struct es_db_conn *conn, void *user)
{
	struct policy_admin_call *call = user;

	call->conn = conn;
	call->resource = "";
	call->noted = NULL;
	call->is_quiet = false;
	call->detail = "";
	call->all_apps = NULL;
	call->result->outcome = POLICY_ADMIN_NONE;
	call->result->audit_id = 0;
	call->result->sequence = 0;
	call->result->told = POLICY_TOLD_NOTHING;
	es_arena_reset(call->arena);
	release_catalog(call);
	return attempt(call);
}

static es_status only_authorize(struct es_db_conn *conn, void *user)
{
	struct policy_admin_call *call = user;
	call->conn = conn;
	return authorize(call);
}

static es_status run(struct policy_admin_call *call)
{
	struct es_db *db = policy_store_db(call->store);
	bool writes = (call->action->flags & POLICY_WRITES) != 0;
	es_status status = writes ? es_db_write_wait(db, in_transaction, call) : es_db_read(db, in_transaction, call);
	release_catalog(call);
	return status;
}

static es_status parse_body(struct policy_admin_call *call, cJSON **body)
{
	const struct es_json_limits bulk = { 800000, 9, 100000 };
	struct es_json_limits limits = ES_JSON_SMALL;

	if (call->request->body.len == 0)
		return ES_OK;
	if ((call->action->flags & POLICY_BULK) != 0)
		limits = bulk;
	else if ((call->action->flags & POLICY_DEEP) != 0)
		limits = POLICY_RULESET_JSON;
	else if ((call->action->flags & POLICY_TOLD) != 0)
		limits = POLICY_BSS_JSON;
	if (es_json_parse(call->request->body, limits, body) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, NULL, "the body is not JSON, or too large");
	call->body = *body;
	return ES_OK;
}

static es_status run_with_arenas(struct policy_admin_call *call)
{
	ES_CLEANUP(es_json_done) cJSON *body = NULL;

	const char *name = call->request->action;
	call->action = call->request->elsewhere ? policy_elsewhere(name) : find(name);
	if (call->action == NULL || ((call->action->flags & POLICY_INTERNAL) != 0 && call->request->system == NULL))
		return policy_refuse(call, POLICY_ADMIN_INVALID, "action", "no such action");
	call->tenant = (call->action->flags & POLICY_NO_TENANT) != 0 ? "" : policy_param(call, "tenant");
	/* Strangers get neither to the parser nor to the one writer. */
	if (call->request->body.len > 0 || (call->action->flags & POLICY_WRITES) != 0)
		ES_TRY(es_db_read(policy_store_db(call->store), only_authorize, call));
	ES_TRY(parse_body(call, &body));
	return run(call);
}

es_status policy_admin_run(struct policy_store *store, struct es_keyring *ring,
                           const struct policy_admin_request *request, struct policy_admin_result *result)
{
	struct policy_admin_call call = {
		.store = store, .ring = ring, .request = request, .now_ms = es_wall_ms(), .result = result
	};

	*result = (struct policy_admin_result){ .outcome = POLICY_ADMIN_NONE };
	es_buf_init(&result->body, BODY_OUT_MAX);
	call.arena = es_arena_new(0, ARENA_BYTES);
	call.row_arena = es_arena_new(0, ARENA_BYTES);
	es_status status = ES_TOO_LARGE;
	if (call.arena != NULL && call.row_arena != NULL) {
		es_arena_set_secret(call.arena); /* a new credential's token passes through */
		status = run_with_arenas(&call);
	}
	es_arena_free(call.arena);
	es_arena_free(call.row_arena);
	/* A refusal and a trial rolled the transaction back on purpose; a failure after an answer was written did not succeed. */
	bool meant = result->outcome > POLICY_ADMIN_ACCEPTED || (call.is_trial && result->outcome != POLICY_ADMIN_NONE);
	return status == ES_CONFLICT && meant ? ES_OK : status;
}

/* ---- the end of what others did ---- */

struct ending {
	int64_t id;
	const char *outcome;
};

static es_status end_in_transaction(struct es_db_conn *conn, void *user)
{
	const struct ending *ending = user;
	return policy_row_audit_end(conn, ending->id, ending->outcome);
}

es_status policy_admin_end(struct policy_store *store, const char *audit_id, const char *outcome)
{
	struct ending ending = { .outcome = outcome };
	struct es_slice text = es_slice_str(outcome);

	ES_TRY(es_parse_i64(es_slice_str(audit_id), 1, INT64_MAX, &ending.id));
	if (text.len == 0 || text.len > 128 || !es_text_is_clean_utf8(text))
		return ES_MALFORMED;
	return es_db_write_wait(policy_store_db(store), end_in_transaction, &ending);
}
