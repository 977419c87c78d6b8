/* policy_admin_explain.c -- customer care: why did this phone get that answer; and the portal: whose handle is this. */
#include <string.h>

#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_decide.h"
#include "policy_effects.h"
#include "policy_engine_bss.h"
#include "policy_esim.h"
#include "policy_flow.h"
#include "policy_resource.h"
#include "policy_ruleset.h"

struct question {
	const char *imsi, *app, *version;
	struct policy_subscriber line;
	struct policy_store_user store_user;
	struct policy_equipment equipment;
	enum policy_equipment_verdict equipment_verdict;
	struct policy_context context;
	struct policy_asking asking;
	struct policy_effects effects;
	struct policy_history history;
	struct policy_trace trace;
};

/* From the query, or from a body of the same names. */
static const char *value_of(const struct policy_admin_call *call, const char *name)
{
	const char *value = policy_param(call, name);
	const char *member = value[0] == '\0' && call->body != NULL ? es_json_str(call->body, name) : NULL;
	return member != NULL ? member : value;
}

/* TS.43 2.5: 1*DIGIT "." 1*DIGIT. */
static es_status parse_version(struct es_slice text, uint32_t *major, uint32_t *minor)
{
	struct es_slice rest = text, first = es_slice_cut(&rest, '.');
	ES_TRY(es_parse_u32(first, 0, 999, major));
	return es_parse_u32(rest, 0, 999, minor);
}

static es_status read_question(struct policy_admin_call *call, struct question *q)
{
	struct es_imsi valid;

	q->imsi = value_of(call, "imsi");
	q->app = value_of(call, "app");
	q->version = value_of(call, "entitlement_version");
	if (q->version[0] == '\0')
		q->version = "12.0";
	if (es_imsi_parse(es_slice_str(q->imsi), &valid) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "imsi", "6 to 15 digits");
	struct es_slice app = es_slice_str(q->app);
	if (!policy_is_answered(app) && !policy_is_odsa(app) && !policy_own_app_is_valid(app))
		return policy_refuse(call, POLICY_ADMIN_INVALID, "app", "must be an application of TS.43, as ap2004");
	if (parse_version(es_slice_str(q->version), &q->context.version_major, &q->context.version_minor) != ES_OK)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "entitlement_version",
		                     "must be two numbers with a dot, as 12.0");
	return ES_OK;
}

/* What orders and sheets of the line would be made from. */
static void write_esim_settings(const struct policy_context *context, struct es_json_out *j)
{
	const struct policy_tenant_esim *esim = &context->tenant->esim;
	const struct policy_plan *plan = context->plan;

	es_json_put_str(j, "smdp", esim->smdp);
	es_json_put_str(j, "bss", esim->bss);
	es_json_put_str(j, "download", policy_esim_download_names[esim->download]);
	es_json_put_str(j, "sheet", policy_esim_sheet_names[esim->sheet]);
	es_json_put_bool(j, "terms", policy_esim_has_terms(context));
	es_json_put_str(j, "companion_profile_type", plan != NULL ? plan->esim.companion_profile_type : "");
	es_json_put_str(j, "primary_profile_type", plan != NULL ? plan->esim.primary_profile_type : "");
}

static void write_esim(const struct policy_context *context, const struct policy_catalog *catalog, const char *app,
                       struct es_json_out *j)
{
	const struct policy_esim_facts facts = policy_decide_esim(context);
	const uint32_t device = policy_esim_device(es_slice_str(app));
	size_t count = 0;
	const struct policy_plan *plans = policy_catalog_plans(catalog, context->tenant->id, &count);

	es_json_object(j, "esim");
	es_json_put_bool(j, "companion_allowed", facts.companion_allowed);
	es_json_array(j, "companion_services");
	for (unsigned i = 0; policy_companion_names[i] != NULL; i++)
		if ((facts.companion_services >> i & 1) != 0)
			es_json_put_str(j, NULL, policy_companion_names[i]);
	es_json_end_array(j);
	es_json_put_bool(j, "primary_allowed", facts.primary_allowed);
	es_json_put_i64(j, "companion_max", facts.companion_max);
	es_json_put_bool(j, "incompatible",
	                 device == POLICY_FOR_COMPANION ? facts.companion_incompatible : facts.primary_incompatible);
	es_json_put_bool(j, "line_active", facts.line_active);
	es_json_put_bool(j, "no_web_view", facts.no_web_view);
	write_esim_settings(context, j);
	es_json_array(j, "offers");
	for (size_t i = 0; i < count; i++)
		if ((plans[i].esim.offered_to & device) != 0)
			es_json_put_str(j, NULL, plans[i].id);
	es_json_end_array(j);
	es_json_end_object(j);
}

/* Of ap2012: what the user of the store that is asked about has agreed to. */
static es_status read_store_user(struct policy_admin_call *call, struct question *q)
{
	const char *vendor = value_of(call, "store_vendor"), *user = value_of(call, "store_user_id");

	if (vendor[0] == '\0' || user[0] == '\0')
		return ES_OK;
	es_status status =
		policy_row_store_user(call->conn, call->tenant, q->imsi, vendor, user, call->arena, &q->store_user);
	if (status == ES_OK)
		q->context.store_user = &q->store_user;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* The document as the phone would get it, but for TOKEN, handles and private identities. */
static es_status write_document(struct policy_admin_call *call, const struct question *q, struct es_json_out *j)
{
	struct es_doc_app app = { .app_id = es_slice_str(q->app) };
	const struct es_doc doc = { .version = policy_vers(&q->context),
		                        .validity_s = q->context.tenant->validity_s,
		                        .apps = &app };
	struct es_buf text;

	es_status decided = policy_answer(&q->context, app.app_id, call->arena, &app.first);
	if (decided == ES_UNSUPPORTED)
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "app", "the tenant has no such application");
	if (decided != ES_OK)
		return decided;
	es_buf_init(&text, 65536);
	es_doc_write_json(&doc, &text);
	es_status status = es_buf_status(&text);
	if (status == ES_OK)
		es_json_put_raw(j, "answer", es_buf_slice(&text));
	es_buf_free(&text);
	return status;
}

/* The device that is asked about, else the one that was seen last; without any, nothing is known of one. */
struct choosing {
	struct policy_admin_call *call;
	const char *wanted;
	struct policy_device device;
	bool is_chosen, failed;
};

static const char *kept(struct choosing *c, const char *text)
{
	const char *copy = es_arena_strdup(c->call->arena, es_slice_str(text));
	c->failed = c->failed || copy == NULL;
	return copy;
}

static es_status choose(const struct policy_device *device, void *user)
{
	struct choosing *c = user;
	const bool is_wanted = c->wanted[0] == '\0' || strcmp(c->wanted, device->terminal_id) == 0;

	if (!is_wanted || (c->is_chosen && c->device.last_seen_ms >= device->last_seen_ms))
		return ES_OK;
	c->device = (struct policy_device){ .terminal_id = kept(c, device->terminal_id),
		                                .vendor = kept(c, device->vendor),
		                                .model = kept(c, device->model),
		                                .sw_version = kept(c, device->sw_version),
		                                .last_seen_ms = device->last_seen_ms };
	c->is_chosen = true;
	return c->failed ? ES_TOO_LARGE : ES_OK;
}

static es_status read_device(struct policy_admin_call *call, struct question *q)
{
	struct choosing c = { .call = call, .wanted = value_of(call, "terminal_id") };

	ES_TRY(policy_row_devices(call->conn, call->tenant, q->imsi, call->row_arena, choose, &c));
	if (q->context.book != NULL || policy_equipment_is_read(&q->context.tenant->equipment)) /* somebody looks at it */
		policy_note(&q->trace, "device", c.is_chosen ? "looked at" : "not seen yet", "%s",
		            c.wanted[0] != '\0' ? "the one that was asked about"
		            : c.is_chosen       ? "the one that was seen last"
		                                : "none");
	if (!c.is_chosen && c.wanted[0] == '\0')
		return ES_OK;
	const char *sw_version = value_of(call, "terminal_sw_version");
	q->asking =
		(struct policy_asking){ .terminal_id = c.is_chosen ? c.device.terminal_id : c.wanted,
		                        .vendor = c.is_chosen ? c.device.vendor : "",
		                        .model = c.is_chosen ? c.device.model : "",
		                        .sw_version = sw_version[0] != '\0' || !c.is_chosen ? sw_version : c.device.sw_version,
		                        .app_name = "",
		                        .gid1 = "" };
	policy_asking_read(&q->asking);
	q->context.asking = &q->asking;
	return ES_OK;
}

/* Rules see the device; whether one of them refuses stands before any application. */
static bool is_refused(struct question *q)
{
	policy_effects_apply(&q->context, &q->effects);
	return q->context.effects != NULL && q->effects.refused_by != NULL;
}

/* What the line is known by, and what a request now would do about it. */
static void write_bss(struct question *q, struct es_json_out *j)
{
	const struct policy_tenant *tenant = q->context.tenant;
	const bool is_asked = tenant->bss.mode == POLICY_BSS_QUERY;
	const bool is_fresh = policy_bss_is_fresh(tenant, &q->line, q->context.now_ms);
	const int64_t age_s = (q->context.now_ms - q->line.bss_ms) / 1000;

	if (!is_asked && q->line.bss_ms == 0)
		return;
	es_json_object(j, "bss");
	es_json_put_str(j, "mode", policy_bss_mode_names[tenant->bss.mode]);
	es_json_put_str(j, "source", q->line.bss_ms > 0 ? q->line.bss_source : "");
	if (q->line.bss_ms > 0)
		es_json_put_i64(j, "age", age_s);
	es_json_put_bool(j, "asked_next_time", is_asked && !is_fresh);
	es_json_end_object(j);
	if (q->line.bss_ms > 0)
		POLICY_NOTE(&q->trace, "bss", is_fresh || !is_asked ? "used" : "asked first", "%s answered %lld s ago",
		            q->line.bss_source, (long long)age_s);
	else
		POLICY_NOTE(&q->trace, "bss", "asked first", "%s was never asked", tenant->bss.source);
}

static es_status write_explanation(struct policy_admin_call *call, struct question *q,
                                   const struct policy_catalog *catalog)
{
	struct es_json_out j = policy_answer_start(call);
	es_json_put_str(&j, "imsi", q->imsi);
	es_json_put_str(&j, "app", q->app);
	es_json_put_str(&j, "entitlement_version", q->version);
	es_json_put_str(&j, "status", policy_status_names[q->line.status]);
	write_bss(q, &j);
	if (q->line.status == POLICY_TERMINATED)
		POLICY_NOTE(&q->trace, "subscriber.status", "refused", "terminated: 403 before any application is looked at");
	else if (is_refused(q))
		POLICY_NOTE(&q->trace, "rule", "refused", "%s: 403 before any application is looked at",
		            q->effects.refused_by->id);
	else if (q->equipment_verdict != POLICY_EQUIPMENT_GOOD)
		es_json_put_str(&j, "refused", policy_equipment_verdict_names[q->equipment_verdict]);
	else if (policy_is_odsa(es_slice_str(q->app)))
		write_esim(&q->context, catalog, q->app, &j);
	else
		ES_TRY(write_document(call, q, &j));
	policy_trace_write(&q->trace, &j);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

static es_status explain(struct policy_admin_call *call, struct question *q, const struct policy_catalog *catalog)
{
	static const struct policy_identity hidden = { "(not shown)", 0 };

	q->context.tenant = policy_catalog_tenant(catalog, call->tenant);
	if (q->context.tenant == NULL)
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "tenant", "no such tenant");
	q->context.plan = policy_catalog_plan(catalog, call->tenant, q->line.plan);
	q->context.book = policy_catalog_book(catalog, call->tenant);
	ES_TRY(read_device(call, q));
	ES_TRY(policy_row_history_for(call->conn, catalog, q->context.tenant, q->imsi, call->now_ms, &q->history,
	                              &q->context.history));
	q->context.subscriber = &q->line;
	q->context.now_ms = call->now_ms;
	q->context.trace = &q->trace;
	q->context.boost_type = es_slice_str(value_of(call, "boost_type"));
	q->context.private_identity = &hidden;
	ES_TRY(read_store_user(call, q));
	if (policy_equipment_is_read(&q->context.tenant->equipment)) {
		const bool known = q->context.asking != NULL;
		ES_TRY(policy_explain_device(call, q->context.tenant, known ? q->asking.terminal_id : "",
		                             known ? q->asking.sw_version : "", &q->trace, &q->equipment,
		                             &q->equipment_verdict));
		q->context.equipment = &q->equipment;
	}
	q->context.language = policy_language(es_slice_str(value_of(call, "accept_language")), q->context.tenant->language);
	return write_explanation(call, q, catalog);
}

es_status policy_do_explain(struct policy_admin_call *call)
{
	const struct policy_catalog *catalog = NULL;
	struct question q = { .imsi = "", .trace = { .arena = call->arena } };
	uint64_t version = 0;

	ES_TRY(read_question(call, &q));
	es_status status = policy_row_subscriber(call->conn, call->tenant, q.imsi, call->arena, &q.line, &version);
	if (status == ES_NOT_FOUND)
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "imsi", "no such subscriber");
	if (status != ES_OK)
		return status;
	ES_TRY(policy_catalog_at(call->store, call->conn, version, &catalog));
	status = explain(call, &q, catalog);
	policy_catalog_release(call->store, catalog);
	return status;
}

es_status policy_do_flow_resolve(struct policy_admin_call *call)
{
	struct policy_flow flow;
	struct policy_subscriber line;
	uint64_t version = 0;

	es_status status = policy_flow_open(call->ring, policy_flow_handle(es_slice_str(value_of(call, "user_data"))),
	                                    call->now_ms, call->arena, &flow);
	bool ours = status == ES_OK && (call->who.tenant[0] == '\0' || strcmp(call->who.tenant, flow.tenant) == 0);
	if (!ours)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "user_data", "is not a handle of this server, or is too old");
	status = policy_row_subscriber(call->conn, flow.tenant, flow.imsi.digits, call->arena, &line, &version);
	if (status == ES_NOT_FOUND)
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "user_data", "the subscriber is gone");
	if (status != ES_OK)
		return status;
	struct es_json_out j = policy_answer_start(call);
	es_json_put_str(&j, "tenant", flow.tenant);
	es_json_put_str(&j, "app", flow.app);
	es_json_put_str(&j, "terminal_id", flow.terminal);
	if (flow.store_vendor[0] != '\0') {
		es_json_put_str(&j, "store_vendor", flow.store_vendor);
		es_json_put_str(&j, "store_user_id", flow.store_user);
	}
	es_json_object(&j, "subscriber");
	policy_resource_write(&policy_subscriber_shape, &line, &j);
	es_json_end_object(&j);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}
