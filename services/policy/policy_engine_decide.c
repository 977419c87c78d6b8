/* policy_engine_decide.c -- POLICY_DECIDE: open the token, read the line, decide for every application asked. */
#include <string.h>

#include "es_cleanup.h"
#include "es_metrics.h"
#include "policy_deciding.h"
#include "policy_flow.h"
#include "policy_token_check.h"

ES_METRIC_COUNTER(decisions, "openes_policy_decisions_total", "Requests with a token, by what became of it", "result",
                  policy_token_verdict_names);

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

static es_status fill_esim(const struct policy_deciding *d, const struct policy_context *context)
{
	const struct policy_esim_facts facts = policy_decide_esim(context);
	Openes__EsimFacts *message = es_arena_alloc(d->arena, sizeof *message);
	char **services = es_arena_array(d->arena, 3, sizeof *services);

	if (message == NULL || services == NULL)
		return ES_TOO_LARGE;
	openes__esim_facts__init(message);
	message->companion_allowed = facts.companion_allowed;
	message->primary_allowed = facts.primary_allowed;
	message->companion_max = facts.companion_max;
	message->companion_services = services;
	for (unsigned i = 0; policy_companion_names[i] != NULL; i++) {
		if ((facts.companion_services >> i & 1) == 0)
			continue;
		char *name = dup(d->arena, policy_companion_names[i]);
		if (name == NULL)
			return ES_TOO_LARGE;
		services[message->n_companion_services++] = name;
	}
	message->not_enabled_url = dup(d->arena, context->tenant->not_enabled_url);
	message->not_enabled_user_data = dup(d->arena, context->tenant->not_enabled_user_data);
	if (message->not_enabled_url == NULL || message->not_enabled_user_data == NULL)
		return ES_TOO_LARGE;
	d->reply->esim = message;
	return ES_OK;
}

static es_status answer_app(const struct policy_deciding *d, const struct policy_context *context, const char *app)
{
	struct es_doc_node *first = NULL;

	es_status status = policy_answer(context, es_slice_str(app), d->arena, &first);
	if (status == ES_UNSUPPORTED) /* settled rule 10: beside known ones, the known ones are answered */
		return ES_OK;
	if (status != ES_OK)
		return status;
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

es_status policy_deciding_answer(struct policy_deciding *d, const struct policy_tenant *tenant)
{
	const struct handle_maker maker = { .handles = { make_handle }, .d = d };
	struct policy_context context = {
		.handles = &maker.handles,
		.tenant = tenant,
		.plan = policy_catalog_plan(d->catalog, d->token.tenant, d->line.plan),
		.subscriber = &d->line,
		.version_major = d->device->version_major,
		.version_minor = d->device->version_minor,
		.language = policy_language(es_slice_str(d->device->accept_language), tenant->language),
		.now_ms = d->now_ms,
		.caller = &d->caller,
		.boost_type = policy_boost_type(d->device),
	};
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
	d->reply->validity_s = tenant->validity_s;
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
	return policy_catalog_at(d->engine->store, conn, version, &d->catalog);
}

es_status policy_deciding_read(struct policy_deciding *d)
{
	return es_db_read(policy_store_db(d->engine->store), read_line, d);
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

static void note_device(const struct policy_deciding *d)
{
	if (d->engine->seen == NULL)
		return;
	const struct policy_sighting sighting = {
		.tenant = es_slice_str(d->token.tenant),
		.imsi = es_slice_str(d->token.imsi.digits),
		.terminal_id = es_slice_str(d->device->terminal_id),
		.vendor = es_slice_str(d->device->terminal_vendor),
		.model = es_slice_str(d->device->terminal_model),
		.sw_version = es_slice_str(d->device->terminal_sw_version),
	};
	policy_seen_offer(d->engine->seen, &sighting, d->now_ms);
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

	if (opened != POLICY_TOKEN_VALID)
		return outcome(d, opened);
	ES_TRY(policy_billing_begin(d));
	ES_TRY(policy_deciding_read(d));
	enum policy_token_verdict verdict = check(d);
	ES_TRY(outcome(d, verdict));
	if (verdict != POLICY_TOKEN_VALID)
		return ES_OK;
	const struct policy_tenant *tenant = policy_catalog_tenant(d->catalog, d->token.tenant);
	if (tenant == NULL)
		return ES_INTERNAL; /* the schema ties every line's plan to a tenant */
	note_device(d);
	ES_TRY(policy_caller_read(d, POLICY_BEARER_TOKEN));
	return policy_deciding_answer(d, tenant);
}

es_status policy_serve_decide(struct policy_engine *engine, const Openes__DecideRequest *request, int64_t now_ms,
                              struct es_arena *arena, Openes__DecideReply *reply)
{
	struct policy_deciding d = { .engine = engine,
		                         .request = request,
		                         .device = request->request,
		                         .now_ms = now_ms,
		                         .arena = arena,
		                         .reply = reply };

	if (d.device == NULL)
		return ES_MALFORMED;
	policy_access_open(&d);
	es_status status = policy_grant_decides(request) ? policy_grant_decide(&d) : decide(&d);
	policy_catalog_release(engine->store, d.catalog);
	return status;
}
