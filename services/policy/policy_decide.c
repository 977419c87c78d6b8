/* policy_decide.c -- a row per application: from which version of TS.43, who decides, who renders. */
#include "policy_decide.h"

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_rules.h"

/* ---- what every service has in common ---- */

static bool has_opted_out(const struct policy_context *context, enum policy_service service)
{
	return (context->subscriber->opt_outs & (uint32_t)service) != 0;
}

bool policy_is_off(const struct policy_context *context, enum policy_service service)
{
	const struct policy_rule *rule = policy_withheld_by(context, service);
	return has_opted_out(context, service) || (rule != NULL && rule->as == POLICY_INCOMPATIBLE);
}

bool policy_is_in_force(const struct policy_context *context, enum policy_service service)
{
	const struct policy_rule *rule = policy_withheld_by(context, service);
	return context->subscriber->status == POLICY_ACTIVE && (rule == NULL || rule->as != POLICY_DISABLED);
}

const char *policy_message(const struct policy_context *context, const struct policy_says *says)
{
	if (says->own != NULL && says->own->count > 0)
		return policy_text_of(says->own, context->language, context->tenant->language);
	return policy_text_for(context->tenant, says->text, context->language);
}

uint8_t policy_offer_status(const struct policy_context *context, const struct policy_offer *offer,
                            struct policy_says *message)
{
	/* TS.43 T14 by ProvStatus: a service that is not tracked counts as provisioned. */
	static const uint8_t by_prov[] = {
		[POLICY_NOT_PROVISIONED] = POLICY_DISABLED,
		[POLICY_PROVISIONED] = POLICY_ENABLED,
		[POLICY_NOT_TRACKED] = POLICY_ENABLED,
		[POLICY_PROV_IN_PROGRESS] = POLICY_PROVISIONING,
	};
	struct policy_trace *trace = context->trace;
	const struct policy_subscriber *line = context->subscriber;

	POLICY_NOTE(trace, "plan", offer->in_plan ? "offered" : "not offered", "%s, plan %s", offer->rule,
	            context->plan != NULL ? context->plan->id : "missing");
	const struct policy_rule *rule = policy_withheld_by(context, offer->service);
	if (rule == NULL)
		rule = policy_withheld_by(context, offer->falls_with);
	if (offer->feature != NULL)
		rule = policy_feature_withheld_by(context, offer->feature); /* the plan had it, as far as anybody knows */
	if (!offer->in_plan && (rule == NULL || offer->feature == NULL)) {
		*message = (struct policy_says){ offer->not_in_plan, NULL };
		return POLICY_INCOMPATIBLE;
	}
	if (rule != NULL && rule->as == POLICY_INCOMPATIBLE) {
		POLICY_NOTE(trace, "withheld", "not offered", "%s by %s", offer->rule, rule->id);
		*message = (struct policy_says){ POLICY_TEXT_AWAY, &rule->texts };
		return POLICY_INCOMPATIBLE;
	}
	bool out = has_opted_out(context, offer->service);
	POLICY_NOTE(trace, "opt_out", out ? "not offered" : "go on", "%s", offer->rule);
	if (out) {
		*message = (struct policy_says){ POLICY_TEXT_OPTED_OUT, NULL };
		return POLICY_INCOMPATIBLE;
	}
	if (rule != NULL) {
		POLICY_NOTE(trace, "withheld", "disabled", "%s by %s", offer->rule, rule->id);
		return POLICY_DISABLED;
	}
	POLICY_NOTE(trace, "status", line->status == POLICY_ACTIVE ? "go on" : "disabled", "line is %s",
	            policy_status_names[line->status]);
	if (line->status != POLICY_ACTIVE)
		return POLICY_DISABLED; /* settled rule 16 */
	uint8_t status = by_prov[offer->prov & 3];
	POLICY_NOTE(trace, "provisioning",
	            status == POLICY_ENABLED    ? "enabled"
	            : status == POLICY_DISABLED ? "disabled"
	                                        : "provisioning",
	            "%s is %s", offer->rule, policy_prov_names[offer->prov & 3]);
	return status;
}

/* ---- the applications decided here ---- */

static void decide_smsoip(const struct policy_context *context, struct policy_decision *out)
{
	const struct policy_offer offer = {
		.rule = "smsoip",
		.in_plan = context->plan != NULL && context->plan->smsoip,
		.service = POLICY_SERVICE_SMSOIP,
		.not_in_plan = POLICY_TEXT_SMSOIP,
		.prov = context->subscriber->sms_prov,
	};
	out->status = policy_offer_status(context, &offer, &out->message);
}

/* ---- rendering ---- */

void policy_put(struct policy_render *r, struct es_doc_node *parent, const char *name, const char *value)
{
	if (parent == NULL || es_doc_parm(r->arena, parent, es_slice_str(name), es_slice_str(value)) == NULL)
		r->bad = true;
}

void policy_put_number(struct policy_render *r, struct es_doc_node *parent, const char *name, int64_t number)
{
	static const char *const digits[] = { "0", "1", "2", "3" }; /* nearly all there are */
	const char *text = number >= 0 && number < (int64_t)ES_COUNT(digits)
	                       ? digits[number]
	                       : es_arena_printf(r->arena, "%lld", (long long)number);

	r->bad = r->bad || text == NULL;
	policy_put(r, parent, name, text != NULL ? text : "");
}

void policy_put_time(struct policy_render *r, struct es_doc_node *parent, const char *name, int64_t ms)
{
	char text[21];

	es_time_iso8601(ms, text);
	const char *copy = es_arena_strdup(r->arena, es_slice_str(text));
	r->bad = r->bad || copy == NULL;
	policy_put(r, parent, name, copy != NULL ? copy : "");
}

struct es_doc_node *policy_put_group(struct policy_render *r, struct es_doc_node *parent, const char *name,
                                     bool is_list)
{
	struct es_doc_node *node =
		parent == NULL ? NULL : es_doc_characteristic(r->arena, parent, es_slice_str(name), is_list);
	r->bad = r->bad || node == NULL;
	return node;
}

/* TS.43 T24. */
static void render_status(struct policy_render *r, const struct policy_decision *decision)
{
	policy_put_number(r, r->root, "EntitlementStatus", decision->status);
}

/* ---- the table ---- */

struct row {
	const char *app;
	uint32_t since_major; /* form of this version and later; the newest that fits is taken */
	void (*decide)(const struct policy_context *context, struct policy_decision *out);
	void (*render)(struct policy_render *r, const struct policy_decision *decision);
};

static const struct row rows[] = {
	/* app      since  decides                renders */
	{ "ap2003", 7, policy_decide_voice, policy_render_voice_list }, /* settled rule 3, TS.43 annex A32 */
	{ "ap2003", 0, policy_decide_voice, policy_render_voice_flat },
	{ "ap2004", 0, policy_decide_vowifi, policy_render_vowifi },
	{ "ap2005", 0, decide_smsoip, render_status },
	{ "ap2010", 0, policy_decide_data, policy_render_data },
	{ "ap2012", 0, policy_decide_billing, policy_render_billing },
	{ "ap2013", 0, policy_decide_identity, policy_render_identity },
	{ "ap2014", 0, policy_decide_phone_number, policy_render_operation },
	{ "ap2015", 0, policy_decide_app_authentication, policy_render_operation },
	{ "ap2016", 0, policy_decide_satellite, policy_render_satellite },
};

static const struct row *find(struct es_slice app, uint32_t version_major)
{
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		if (version_major >= rows[i].since_major && es_slice_eq_nocase(app, es_slice_str(rows[i].app)))
			return &rows[i];
	return NULL;
}

bool policy_is_answered(struct es_slice app)
{
	return find(app, UINT32_MAX) != NULL;
}

bool policy_is_odsa(struct es_slice app)
{
	static const char *const odsa[] = { "ap2006", "ap2009", "ap2011" };
	for (size_t i = 0; i < ES_COUNT(odsa); i++)
		if (es_slice_eq_nocase(app, es_slice_str(odsa[i])))
			return true;
	return false;
}

static struct policy_decision decide(const struct policy_context *context, const struct row *row)
{
	struct policy_decision decision = { .status = POLICY_INCOMPATIBLE };
	row->decide(context, &decision);
	return decision;
}

es_status policy_decide(const struct policy_context *context, struct es_slice app, struct policy_decision *out)
{
	const struct row *row = find(app, context->version_major);
	if (row == NULL)
		return ES_UNSUPPORTED;
	*out = decide(context, row);
	return ES_OK;
}

es_status policy_answer(const struct policy_context *context, struct es_slice app, struct es_arena *arena,
                        struct es_doc_node **first)
{
	const struct row *row = find(app, context->version_major);
	const struct policy_own_app *own = policy_own_app_find(context->book, app);
	struct policy_render r = { .context = context, .arena = arena };

	if (row == NULL && own == NULL)
		return ES_UNSUPPORTED;
	r.root = es_doc_characteristic(arena, NULL, ES_SLICE_LIT("APPLICATION"), false);
	if (r.root == NULL)
		return ES_TOO_LARGE;
	if (row != NULL) {
		const struct policy_decision decision = decide(context, row);
		row->render(&r, &decision);
	} else {
		struct policy_decision decision = { .status = POLICY_INCOMPATIBLE };
		policy_decide_own(context, own, &decision);
		policy_render_own(&r, own, &decision);
	}
	policy_render_settings(&r, row != NULL ? row->app : own->id);
	if (r.bad)
		return ES_TOO_LARGE;
	*first = r.root->child;
	return ES_OK;
}

/* All versions are numbers of the outbox. */
int32_t policy_vers(const struct policy_context *context)
{
	uint64_t version = context->subscriber->version;

	if (context->tenant->version > version)
		version = context->tenant->version;
	if (context->plan != NULL && context->plan->version > version)
		version = context->plan->version;
	if (context->store_user != NULL && context->store_user->version > version)
		version = context->store_user->version;
	if (context->book != NULL && context->book->version > version)
		version = context->book->version;
	if (context->equipment != NULL && context->equipment->version > version)
		version = context->equipment->version;
	const int32_t vers = (int32_t)(version & INT32_MAX);
	return vers > 0 ? vers : 1; /* 0 and below mean something else (TS.43 2.9.4) */
}
