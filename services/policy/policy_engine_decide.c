/* policy_engine_decide.c -- POLICY_DECIDE: open the token, read the line, decide for every application asked. */
#include <string.h>

#include "es_cleanup.h"
#include "es_log.h"
#include "es_metrics.h"
#include "policy_deciding.h"
#include "policy_digest.h"
#include "policy_effects.h"
#include "policy_engine_esim.h"
#include "policy_flow.h"
#include "policy_token_check.h"

ES_METRIC_COUNTER(decisions, "openes_policy_decisions_total", "Requests with a token, by what became of it", "result",
                  policy_token_verdict_names);

#define VALIDITY_MIN_S 60 /* of what changes sooner: a million phones do not all come back in that second */

ES_METRIC_COUNTER1(refusals, "openes_policy_refused_by_rule_total", "Requests that a rule of the tenant refused");

ES_METRIC_COUNTER1(limited, "openes_policy_limited_total",
                   "Requests refused since their tenant asks too often: rises in a flood");

void policy_deciding_metrics(void)
{
	es_metric_register(&limited);
}

static char *dup(struct es_arena *arena, const char *text)
{
	return es_arena_strdup(arena, es_slice_str(text));
}

/* ---- the document's nodes as messages ---- */

static es_status node_message(const struct es_doc_node *node, struct es_arena *arena, unsigned depth,
                              Openes__DocNode **out);

static es_status node_messages(const struct es_doc_node *first, struct es_arena *arena, unsigned depth, size_t *count,
                               Openes__DocNode ***out)
{
	size_t n = 0, i = 0;
	for (const struct es_doc_node *node = first; node != NULL; node = node->next)
		n++;
	Openes__DocNode **nodes = es_arena_array(arena, n, sizeof(Openes__DocNode *));
	if (nodes == NULL)
		return ES_TOO_LARGE;
	for (const struct es_doc_node *node = first; node != NULL; node = node->next)
		ES_TRY(node_message(node, arena, depth, &nodes[i++]));
	*count = n;
	*out = nodes;
	return ES_OK;
}

static es_status node_message(const struct es_doc_node *node, struct es_arena *arena, unsigned depth,
                              Openes__DocNode **out)
{
	Openes__DocNode *message = es_arena_alloc(arena, sizeof *message);
	if (message == NULL || depth == 8) /* our own documents have three levels */
		return ES_TOO_LARGE;
	openes__doc_node__init(message);
	message->name = es_arena_strdup(arena, node->name);
	message->value = es_arena_strdup(arena, node->value);
	if (message->name == NULL || message->value == NULL)
		return ES_TOO_LARGE;
	message->is_parm = node->is_parm;
	message->is_list = node->is_list;
	ES_TRY(node_messages(node->child, arena, depth + 1, &message->n_children, &message->children));
	*out = message;
	return ES_OK;
}

/* ---- what is noted beside the answer ---- */

static struct policy_sighting sighting_of(const struct policy_deciding *d)
{
	return (struct policy_sighting){
		.tenant = es_slice_str(d->token.tenant),
		.imsi = es_slice_str(d->token.imsi.digits),
		.terminal_id = es_slice_str(d->device->terminal_id),
		.vendor = es_slice_str(d->device->terminal_vendor),
		.model = es_slice_str(d->device->terminal_model),
		.sw_version = es_slice_str(d->device->terminal_sw_version),
	};
}

static void note_device(struct policy_deciding *d)
{
	const struct policy_sighting sighting = sighting_of(d);
	d->is_noted = d->engine->seen != NULL && policy_seen_offer(d->engine->seen, &sighting, d->now_ms);
}

/* `first`: the nodes of the answer. An answer about one boost is none that the device keeps. */
static es_status note_answer(const struct policy_deciding *d, const struct policy_context *context, const char *app,
                             const struct es_doc_node *first)
{
	const struct policy_sighting sighting = sighting_of(d);
	struct policy_answered answered = { .app = es_slice_str(app),
		                                .version_major = context->version_major,
		                                .version_minor = context->version_minor,
		                                .language = context->language };

	if (!d->is_noted || (context->boost_type.len > 0 && strcmp(app, "ap2010") == 0) || !policy_is_kept(answered.app))
		return ES_OK;
	ES_TRY(policy_digest_of_answer(context, answered.app, first, d->arena, answered.digest));
	policy_seen_answer(d->engine->seen, &sighting, &answered, d->now_ms);
	return ES_OK;
}

/* ---- the answer ---- */

es_status policy_deciding_subject(const struct policy_deciding *d)
{
	Openes__Subject *subject = es_arena_alloc(d->arena, sizeof *subject);
	if (subject == NULL)
		return ES_TOO_LARGE;
	openes__subject__init(subject);
	subject->tenant = dup(d->arena, d->token.tenant);
	subject->imsi = dup(d->arena, d->token.imsi.digits);
	subject->msisdn = dup(d->arena, d->line.msisdn);
	subject->terminal_id = dup(d->arena, d->device->terminal_id);
	subject->app_name = dup(d->arena, d->device->app_name);
	if (subject->tenant == NULL || subject->imsi == NULL || subject->msisdn == NULL || subject->terminal_id == NULL ||
	    subject->app_name == NULL)
		return ES_TOO_LARGE;
	d->reply->subject = subject;
	return ES_OK;
}

static es_status answer_app(const struct policy_deciding *d, const struct policy_context *context, const char *app)
{
	struct es_doc_node *first = NULL;

	es_status status = policy_answer(context, es_slice_str(app), d->arena, &first);
	if (status == ES_UNSUPPORTED) /* settled rule 10: beside known ones, the known ones are answered */
		return policy_is_odsa(es_slice_str(app)) ? note_answer(d, context, app, NULL) : ES_OK;
	if (status != ES_OK)
		return status;
	ES_TRY(note_answer(d, context, app, first));
	Openes__AppAnswer *answer = es_arena_alloc(d->arena, sizeof *answer);
	if (answer == NULL)
		return ES_TOO_LARGE;
	openes__app_answer__init(answer);
	answer->app = dup(d->arena, app);
	if (answer->app == NULL)
		return ES_TOO_LARGE;
	ES_TRY(node_messages(first, d->arena, 0, &answer->n_nodes, &answer->nodes));
	d->reply->answers[d->reply->n_answers++] = answer;
	return ES_OK;
}

/* A handle costs a seal: the page that shows it asks for it. */
struct handle_maker {
	struct policy_handles handles; /* first: it is this maker */
	const struct policy_deciding *d;
};

static es_status make_handle(const struct policy_handles *handles, const char *app, struct es_arena *arena,
                             struct es_slice *out)
{
	const struct policy_deciding *d = ((const struct handle_maker *)(const void *)handles)->d;
	struct policy_flow flow;

	policy_flow_begin(&flow, d->token.tenant, &d->token.imsi, app, d->device->terminal_id, d->now_ms);
	if (strcmp(app, "ap2012") == 0) {
		memcpy(flow.store_vendor, d->billing.vendor, strlen(d->billing.vendor) + 1);
		memcpy(flow.store_user, d->billing.user, strlen(d->billing.user) + 1);
	}
	return policy_flow_seal(d->engine->ring, &flow, arena, out);
}

static bool is_operation(const struct policy_deciding *d, enum es_operation operation)
{
	return es_operation_find(d->caller.operation) == operation;
}

/* What nobody is going to read is not made: plans are offered, and a sheet is named, where a subscription is managed. */
static es_status fill_esim(const struct policy_deciding *d, const struct policy_context *context)
{
	const struct policy_tenant_esim *esim = &context->tenant->esim;
	struct policy_esim_asked asked = { .context = context, .catalog = d->catalog };
	struct policy_flow flow;

	if (is_operation(d, ES_OP_MANAGE_SUBSCRIPTION)) {
		const char *app = "";
		for (size_t i = 0; i < d->device->n_apps; i++) {
			asked.devices |= policy_esim_device(es_slice_str(d->device->apps[i]));
			if (app[0] == '\0' && policy_esim_device(es_slice_str(d->device->apps[i])) != 0)
				app = d->device->apps[i];
		}
		if (esim->sheet != POLICY_ESIM_SHEET_NEVER && app[0] != '\0') {
			policy_flow_begin(&flow, d->token.tenant, &d->token.imsi, app, d->device->terminal_id, d->now_ms);
			ES_TRY(policy_flow_seal(d->engine->ring, &flow, d->arena, &asked.handle));
			asked.flow = &flow;
		}
	}
	return policy_esim_fill(&asked, d->arena, &d->reply->esim);
}

/* A name to show instead of the IMSI (TS.43 12), where the tenant's names are made here. */
static es_status make_identity(struct policy_deciding *d, struct policy_context *context)
{
	const struct policy_private_identity *p = &context->tenant->private_identity;
	bool asked = false;

	for (size_t i = 0; i < d->device->n_apps; i++)
		asked = asked || strcmp(d->device->apps[i], "ap2013") == 0;
	if (!asked || p->kind < POLICY_IDENTITY_PSEUDONYM || !d->engine->has_private_id_key)
		return ES_OK;
	ES_TRY(policy_identity_make(es_slice_of(d->engine->private_id_key, 32), p->kind, d->token.tenant,
	                            d->token.imsi.digits, d->now_ms, p->life_s, d->arena, &d->identity));
	context->private_identity = &d->identity;
	return ES_OK;
}

/* Whether any of the applications may not have its operation, and what is due before it is answered. */
static enum policy_verdict judge(const struct policy_deciding *d, const struct policy_context *context)
{
	for (size_t i = 0; i < d->device->n_apps; i++) {
		const struct policy_judgement j = policy_judge(context, es_slice_str(d->device->apps[i]));
		if (j.verdict != POLICY_VERDICT_GOOD)
			return j.verdict;
		d->reply->spend = d->reply->spend || j.spend;
		d->reply->acquire = d->reply->acquire || j.acquire;
	}
	return POLICY_VERDICT_GOOD;
}

static es_status answer_apps(const struct policy_deciding *d, const struct policy_context *context)
{
	bool odsa = false;

	d->reply->answers = es_arena_array(d->arena, d->device->n_apps, sizeof(Openes__AppAnswer *));
	if (d->reply->answers == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < d->device->n_apps; i++) {
		odsa = odsa || policy_is_odsa(es_slice_str(d->device->apps[i]));
		ES_TRY(answer_app(d, context, d->device->apps[i]));
	}
	return odsa ? fill_esim(d, context) : ES_OK;
}

static struct policy_asking asking_of(const Openes__DeviceRequest *device)
{
	struct policy_asking asking = { .terminal_id = device->terminal_id,
		                            .vendor = device->terminal_vendor,
		                            .model = device->terminal_model,
		                            .sw_version = device->terminal_sw_version,
		                            .app_name = device->app_name,
		                            .gid1 = device->gid1 };
	policy_asking_read(&asking);
	return asking;
}

/* The gateway cannot know what operators call their own: one of nobody, alone, is a malformed request. */
static bool has_known_app(const struct policy_deciding *d, const struct policy_context *context)
{
	for (size_t i = 0; i < d->device->n_apps; i++) {
		const struct es_slice app = es_slice_str(d->device->apps[i]);
		if (policy_is_answered(app) || policy_is_odsa(app) || policy_own_app_find(context->book, app) != NULL)
			return true;
	}
	return false;
}

/* 403, whatever was asked (TS.43 2.10). */
static es_status refuse_by_rule(const struct policy_deciding *d, const struct policy_rule *rule)
{
	es_count(&refusals, 0);
	es_info(NULL, "decide.refused_by_rule", es_f_str("tenant", d->token.tenant),
	        es_f_id("imsi", es_slice_str(d->token.imsi.digits)), es_f_str("rule", rule->id));
	d->reply->outcome = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN;
	d->reply->reason = dup(d->arena, "refused_by_rule");
	return d->reply->reason != NULL ? ES_OK : ES_TOO_LARGE;
}

/* How long an answer is good for: no longer than until an outage, a rule or an add-on begins or ends. */
static int64_t validity_of(const struct policy_context *context)
{
	const int64_t whole = context->tenant->validity_s;

	if (context->effects == NULL || context->effects->changes_ms == 0)
		return whole;
	const int64_t left = (context->effects->changes_ms - context->now_ms + 999) / 1000;
	if (left < VALIDITY_MIN_S)
		return whole < VALIDITY_MIN_S ? whole : VALIDITY_MIN_S;
	return left < whole ? left : whole;
}

es_status policy_deciding_answer(struct policy_deciding *d, const struct policy_tenant *tenant)
{
	const struct handle_maker maker = { .handles = { make_handle }, .d = d };
	struct policy_context context = {
		.handles = &maker.handles,
		.tenant = tenant,
		.plan = policy_catalog_plan(d->catalog, d->token.tenant, d->line.plan),
		.book = policy_catalog_book(d->catalog, d->token.tenant),
		.subscriber = &d->line,
		.version_major = d->device->version_major,
		.version_minor = d->device->version_minor,
		.language = policy_language(es_slice_str(d->device->accept_language), tenant->language),
		.now_ms = d->now_ms,
		.caller = &d->caller,
		.boost_type = policy_boost_type(d->device),
		.equipment = d->equipment.is_read ? &d->equipment.known : NULL,
		.history = d->history,
	};
	const struct policy_asking asking = asking_of(d->device);
	struct policy_effects effects;

	context.asking = &asking;
	policy_effects_apply(&context, &effects);
	if (context.effects != NULL && effects.refused_by != NULL)
		return refuse_by_rule(d, effects.refused_by);
	if (!has_known_app(d, &context))
		return policy_verdict_outcome(d, POLICY_VERDICT_PARAMETER);
	const enum policy_verdict verdict = d->billing.is_malformed ? POLICY_VERDICT_PARAMETER : judge(d, &context);

	if (verdict != POLICY_VERDICT_GOOD || d->caller.bearer != POLICY_BEARER_TOKEN || d->caller.operation.len > 0)
		ES_TRY(policy_verdict_outcome(d, verdict));
	if (verdict != POLICY_VERDICT_GOOD)
		return ES_OK;
	ES_TRY(policy_deciding_subject(d));
	ES_TRY(make_identity(d, &context));
	ES_TRY(policy_billing_prepare(d, &context));
	ES_TRY(answer_apps(d, &context));
	d->reply->vers = policy_vers(&context);
	d->reply->validity_s = validity_of(&context);
	if (tenant->signing_key[0] != '\0' && (d->reply->signing_key_id = dup(d->arena, tenant->signing_key)) == NULL)
		return ES_TOO_LARGE;
	if (d->caller.bearer != POLICY_BEARER_TOKEN)
		return ES_OK;
	d->reply->token_remaining_s = policy_token_remaining_s(&d->token, d->now_ms);
	d->reply->eap_over_token = tenant->authentication.eap_over_token;
	d->reply->token_renew = !d->request->fresh && policy_token_wants_renewal(&d->token, d->now_ms);
	return ES_OK;
}

/* ---- the way there ---- */

static es_status read_line(struct es_db_conn *conn, void *user)
{
	struct policy_deciding *d = user;
	uint64_t version = 0;

	es_status status = policy_row_subscriber(conn, d->token.tenant, d->token.imsi.digits, d->arena, &d->line, &version);
	d->has_line = status == ES_OK;
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	ES_TRY(policy_billing_read(d, conn));
	ES_TRY(policy_catalog_at(d->engine->store, conn, version, &d->catalog));
	const struct policy_tenant *tenant = policy_catalog_tenant(d->catalog, d->token.tenant);
	if (d->has_line && tenant != NULL)
		ES_TRY(policy_row_history_for(conn, d->catalog, tenant, d->token.imsi.digits, d->now_ms, &d->history_read,
		                              &d->history));
	return policy_equipment_read(d, conn);
}

es_status policy_deciding_read(struct policy_deciding *d)
{
	return es_db_read(policy_store_db(d->engine->store), read_line, d);
}

/* A token that was made for this very request was counted by auth: whoever came through a whole authentication is served. */
bool policy_deciding_is_limited(struct policy_deciding *d)
{
	static char reason[] = "limited";
	const struct policy_tenant *tenant = policy_catalog_tenant(d->catalog, d->token.tenant);
	uint64_t refused = 0;

	if (d->engine->limits == NULL || tenant == NULL || d->request->fresh || (d->wait != NULL && d->wait->was_counted))
		return false;
	if (d->wait != NULL)
		d->wait->was_counted = true;
	const int64_t wait_s =
		policy_limits_take(d->engine->limits, tenant->id, tenant->limits.requests_per_second, d->now_ms, &refused);
	if (wait_s == 0)
		return false;
	es_count(&limited, 0);
	if (refused > 0)
		es_warn(NULL, "tenant.limited", es_f_str("tenant", tenant->id), es_f_u64("refused", refused));
	d->reply->outcome = OPENES__DECIDE_REPLY__OUTCOME__LIMITED;
	d->reply->reason = reason;
	d->reply->retry_after_s = wait_s;
	return true;
}

static enum policy_token_verdict check(const struct policy_deciding *d)
{
	const struct policy_request request = {
		.apps = (const char *const *)d->device->apps,
		.app_count = d->device->n_apps,
		.imsi = es_slice_str(d->device->imsi),
		.terminal_id = es_slice_str(d->device->terminal_id),
		.app_name = es_slice_str(d->device->app_name),
		.fresh = d->request->fresh,
	};
	return policy_token_check(&d->token, d->has_line ? &d->line : NULL, &request, NULL);
}

static es_status outcome(const struct policy_deciding *d, enum policy_token_verdict verdict)
{
	es_count(&decisions, verdict);
	d->reply->reason = dup(d->arena, policy_token_verdict_names[verdict]);
	if (d->reply->reason == NULL)
		return ES_TOO_LARGE;
	if (verdict == POLICY_TOKEN_VALID)
		d->reply->outcome = OPENES__DECIDE_REPLY__OUTCOME__DECIDED;
	else if (verdict == POLICY_TOKEN_TERMINATED)
		d->reply->outcome = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN;
	else
		d->reply->outcome = OPENES__DECIDE_REPLY__OUTCOME__AUTHENTICATE;
	return ES_OK;
}

static es_status decide(struct policy_deciding *d)
{
	enum policy_token_verdict opened =
		policy_token_opened(es_token_open(d->engine->ring, es_slice_str(d->request->token), d->now_ms, &d->token));
	enum policy_equipment_next next = POLICY_EQUIPMENT_GO_ON;

	if (opened != POLICY_TOKEN_VALID)
		return outcome(d, opened);
	ES_TRY(policy_billing_begin(d));
	d->equipment.is_wanted = true;
	ES_TRY(policy_deciding_read(d));
	if (policy_deciding_is_limited(d))
		return ES_OK;
	enum policy_token_verdict verdict = check(d);
	if (verdict != POLICY_TOKEN_VALID)
		return outcome(d, verdict);
	const struct policy_tenant *tenant = policy_catalog_tenant(d->catalog, d->token.tenant);
	if (tenant == NULL)
		return ES_INTERNAL; /* the schema ties every line's plan to a tenant */
	ES_TRY(policy_bss_look(d->need, tenant, d->line.imsi, &d->line, d->now_ms, d->arena));
	if (d->need->is_wanted)
		return ES_OK;
	const char *plan = d->line.plan;
	ES_TRY(policy_bss_hold(d->need, tenant, &d->line, d->now_ms, &plan));
	if (policy_catalog_plan(d->catalog, d->token.tenant, plan) != NULL)
		d->line.plan = plan; /* of the catalog, which is kept to the end; one that is gone would offer nothing */
	note_device(d);
	ES_TRY(policy_equipment_settle(d, tenant, &next));
	if (next != POLICY_EQUIPMENT_GO_ON)
		return ES_OK;
	ES_TRY(outcome(d, verdict));
	ES_TRY(policy_caller_read(d, POLICY_BEARER_TOKEN));
	return policy_deciding_answer(d, tenant);
}

es_status policy_serve_decide(struct policy_engine *engine, const Openes__DecideRequest *request, int64_t now_ms,
                              struct es_arena *arena, Openes__DecideReply *reply)
{
	struct policy_bss_need nobody = { .has_asked = true, .outcome = POLICY_BSS_NOT_ASKED };
	return policy_serve_decide_asking(engine, request, now_ms, arena, NULL, &nobody, reply);
}

es_status policy_serve_decide_asking(struct policy_engine *engine, const Openes__DecideRequest *request, int64_t now_ms,
                                     struct es_arena *arena, struct policy_wait *wait, struct policy_bss_need *need,
                                     Openes__DecideReply *reply)
{
	struct policy_deciding d = { .engine = engine,
		                         .request = request,
		                         .device = request->request,
		                         .now_ms = now_ms,
		                         .arena = arena,
		                         .wait = wait,
		                         .need = need,
		                         .reply = reply };

	if (d.device == NULL)
		return ES_MALFORMED;
	policy_access_open(&d);
	es_status status = policy_grant_decides(request)    ? policy_grant_decide(&d)
	                   : policy_server_decides(request) ? policy_server_decide(&d)
	                                                    : decide(&d);
	policy_catalog_release(engine->store, d.catalog);
	return status;
}
