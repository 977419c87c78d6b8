/* policy_effects.c -- add-ons, outages and rules applied to a plan, with every step in the explanation. */
#include "policy_effects.h"

#include <string.h>
#include <strings.h>

#include "es_cleanup.h"

/* ---- services ---- */

static void grant_volte(struct policy_plan *plan)
{
	plan->volte = POLICY_EVERYWHERE;
}

static void grant_vonr(struct policy_plan *plan)
{
	plan->vonr = POLICY_EVERYWHERE;
}

static void grant_vowifi(struct policy_plan *plan)
{
	plan->vowifi = true;
}

static void grant_smsoip(struct policy_plan *plan)
{
	plan->smsoip = true;
}

static void grant_companion(struct policy_plan *plan)
{
	plan->companion_allowed = true;
}

static void grant_primary(struct policy_plan *plan)
{
	plan->primary_esim = true;
}

static void grant_nr_sa(struct policy_plan *plan)
{
	plan->data.nr_sa = POLICY_NR_SA_ENABLED;
}

static void grant_carrier_billing(struct policy_plan *plan)
{
	plan->carrier_billing = true;
}

static void grant_private_identity(struct policy_plan *plan)
{
	plan->private_identity = true;
}

static void grant_satellite(struct policy_plan *plan)
{
	plan->satellite.offered = true;
}

/* A boost is a list of its own: an offer's, not a switch. */
static const struct {
	enum policy_service service;
	void (*grant)(struct policy_plan *plan);
} grants[] = {
	{ POLICY_SERVICE_VOLTE, grant_volte },
	{ POLICY_SERVICE_VONR, grant_vonr },
	{ POLICY_SERVICE_VOWIFI, grant_vowifi },
	{ POLICY_SERVICE_SMSOIP, grant_smsoip },
	{ POLICY_SERVICE_COMPANION, grant_companion },
	{ POLICY_SERVICE_PRIMARY, grant_primary },
	{ POLICY_SERVICE_NR_SA, grant_nr_sa },
	{ POLICY_SERVICE_CARRIER_BILLING, grant_carrier_billing },
	{ POLICY_SERVICE_PRIVATE_IDENTITY, grant_private_identity },
	{ POLICY_SERVICE_SATELLITE, grant_satellite },
};

/* What is granted is not withheld any more, and the other way round: the later rule wins. */
static void grant_services(struct policy_effects *e, uint32_t services)
{
	for (size_t i = 0; i < ES_COUNT(grants); i++)
		if ((services & (uint32_t)grants[i].service) != 0)
			grants[i].grant(&e->plan);
	for (unsigned bit = 0; bit < POLICY_SERVICES; bit++)
		if ((services >> bit & 1) != 0)
			e->withheld[bit] = NULL;
}

static void withhold_services(struct policy_effects *e, const struct policy_rule *rule)
{
	for (unsigned bit = 0; bit < POLICY_SERVICES; bit++)
		if ((rule->withhold >> bit & 1) != 0)
			e->withheld[bit] = rule;
}

/* ---- features ---- */

static size_t feature_at(const struct policy_effects *e, const char *feature)
{
	size_t i = 0;
	while (i < e->feature_count && strcmp(e->features[i], feature) != 0)
		i++;
	return i;
}

static void add_feature(struct policy_effects *e, const char *feature)
{
	if (feature_at(e, feature) == e->feature_count && e->feature_count < POLICY_FEATURES_MAX)
		e->features[e->feature_count++] = feature;
	for (size_t i = 0; i < e->lost_count; i++)
		if (strcmp(e->lost[i].feature, feature) == 0)
			e->lost[i] = e->lost[--e->lost_count];
}

static void add_features(struct policy_effects *e, const struct policy_list *features)
{
	for (size_t i = 0; i < features->count; i++)
		add_feature(e, features->items[i]);
}

static void withhold_features(struct policy_effects *e, const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->withhold_own.count; i++) {
		const char *feature = rule->withhold_own.items[i];
		const size_t at = feature_at(e, feature);
		if (at == e->feature_count || e->lost_count == POLICY_FEATURES_MAX)
			continue; /* who did not have it has lost nothing */
		e->features[at] = e->features[--e->feature_count];
		e->lost[e->lost_count].feature = feature;
		e->lost[e->lost_count++].rule = rule;
	}
}

/* ---- add-ons ---- */

static const struct policy_addon *find_addon(const struct policy_book *book, const char *id)
{
	for (size_t i = 0; book != NULL && i < book->addon_count; i++)
		if (strcmp(book->addons[i].id, id) == 0)
			return &book->addons[i];
	return NULL;
}

static void note_boundary(const struct policy_context *context, struct policy_effects *e, int64_t ms)
{
	if (ms > context->now_ms && (e->changes_ms == 0 || ms < e->changes_ms))
		e->changes_ms = ms;
}

static void apply_addon(const struct policy_context *context, const struct policy_line_addon *held,
                        struct policy_effects *e)
{
	const struct policy_addon *addon = find_addon(context->book, held->id);
	const bool over = held->until_ms != 0 && held->until_ms <= context->now_ms;

	POLICY_NOTE(context->trace, "add-on",
	            over            ? "over"
	            : addon == NULL ? "gives nothing"
	                            : "applied",
	            "%s%s", held->id, addon == NULL ? ", which the tenant does not have" : "");
	note_boundary(context, e, held->until_ms);
	if (over || addon == NULL)
		return;
	policy_overlay_apply(addon->offer, &e->plan);
	add_features(e, &addon->features);
}

/* ---- rules ---- */

static void note_rule(const struct policy_context *context, const struct policy_rule *rule, const char *said,
                      const struct policy_condition_why *why)
{
	char storage[1024];
	struct es_buf text;
	struct policy_value value;

	es_buf_init_fixed(&text, storage, sizeof storage - 1);
	if (why->fact == NULL) {
		policy_note(context->trace, rule->is_outage ? "outage" : "rule", said, "%s", rule->id);
		return;
	}
	if (policy_fact_get(why->fact, context, &value))
		policy_value_print(&value, &text);
	else
		es_put_str(&text, "not known");
	storage[text.len] = '\0';
	policy_note(context->trace, rule->is_outage ? "outage" : "rule", said, "%s: %s%s is %.80s%s (%s), wanted %s",
	            rule->id, why->fact->fact != NULL ? "" : POLICY_FACT_OWN,
	            why->fact->fact != NULL ? why->fact->fact->name : why->fact->own, storage, text.len > 80 ? "..." : "",
	            policy_fact_source(why->fact), why->wanted);
}

static bool is_in_time(const struct policy_context *context, const struct policy_rule *rule)
{
	return (rule->from_ms == 0 || rule->from_ms <= context->now_ms) &&
	       (rule->until_ms == 0 || rule->until_ms > context->now_ms);
}

static void take_settings(struct policy_effects *e, const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->setting_count && e->setting_count < POLICY_SETTINGS_MAX; i++)
		e->settings[e->setting_count++] = &rule->settings[i];
}

/* Whether it applied. */
static bool apply_rule(const struct policy_context *context, const struct policy_rule *rule, struct policy_effects *e)
{
	struct policy_condition_why why = { .fact = NULL };

	note_boundary(context, e, rule->from_ms);
	note_boundary(context, e, rule->until_ms);
	if (!is_in_time(context, rule)) {
		POLICY_NOTE(context->trace, rule->is_outage ? "outage" : "rule", "not its time", "%s", rule->id);
		return false;
	}
	const bool holds = policy_condition_holds(rule->when, context, context->trace != NULL ? &why : NULL);
	if (context->trace != NULL)
		note_rule(context, rule, holds ? "applied" : "does not apply", &why);
	if (!holds)
		return false;
	policy_overlay_apply(rule->offer, &e->plan);
	grant_services(e, rule->grant);
	add_features(e, &rule->grant_own);
	withhold_services(e, rule);
	withhold_features(e, rule);
	take_settings(e, rule);
	if (rule->refuses)
		e->refused_by = rule;
	return true;
}

void policy_effects_apply(struct policy_context *context, struct policy_effects *out)
{
	static const struct policy_plan nothing = {
		.tenant = "", .id = "", .name = "", .data = { .allowances = { -1, -1 } }
	};
	const struct policy_book *book = context->book;
	const struct policy_objects *addons = &context->subscriber->data.addons;

	context->effects = NULL;
	if (book == NULL && addons->count == 0)
		return;
	*out = (struct policy_effects){ .plan = context->plan != NULL ? *context->plan : nothing };
	add_features(out, &out->plan.features);
	context->effects = out;
	if (context->plan == NULL)
		POLICY_NOTE(context->trace, "plan", "offers nothing", "the line's plan is gone");
	context->plan = &out->plan;
	for (size_t i = 0; i < addons->count; i++)
		apply_addon(context, (const struct policy_line_addon *)addons->items + i, out);
	for (size_t i = 0; book != NULL && i < book->outage_count; i++)
		(void)apply_rule(context, &book->outages[i], out);
	for (size_t i = 0; book != NULL && book->rules != NULL && i < book->rules->rule_count; i++) {
		if (!apply_rule(context, &book->rules->rules[i], out))
			continue;
		out->applied[i / 32] |= UINT32_C(1) << i % 32;
		if (book->rules->rules[i].is_last)
			break;
	}
	if (out->plan.satellite.allowed.count == 0)
		out->plan.satellite.offered = false; /* of no network it would be a promise without any (TS.43 T136) */
}

/* ---- looking at them ---- */

const struct policy_rule *policy_withheld_by(const struct policy_context *context, enum policy_service service)
{
	for (unsigned bit = 0; context->effects != NULL && bit < POLICY_SERVICES; bit++)
		if (((uint32_t)service >> bit & 1) != 0)
			return context->effects->withheld[bit];
	return NULL;
}

const struct policy_rule *policy_feature_withheld_by(const struct policy_context *context, const char *feature)
{
	for (size_t i = 0; context->effects != NULL && i < context->effects->lost_count; i++)
		if (strcmp(context->effects->lost[i].feature, feature) == 0)
			return context->effects->lost[i].rule;
	return NULL;
}

bool policy_has_feature(const struct policy_context *context, const char *feature)
{
	if (context->effects != NULL)
		return feature_at(context->effects, feature) < context->effects->feature_count;
	for (size_t i = 0; context->plan != NULL && i < context->plan->features.count; i++)
		if (strcmp(context->plan->features.items[i], feature) == 0)
			return true;
	return false;
}

bool policy_book_needs(const struct policy_book *book, uint32_t what)
{
	if (book == NULL)
		return false;
	for (size_t i = 0; i < book->outage_count; i++)
		if ((book->outages[i].needs & what) != 0)
			return true;
	return book->rules != NULL && (book->rules->needs & what) != 0;
}

const struct policy_own_app *policy_own_app_find(const struct policy_book *book, struct es_slice app)
{
	if (book == NULL || book->rules == NULL)
		return NULL;
	for (size_t i = 0; i < book->rules->app_count; i++)
		if (es_slice_eq_nocase(app, es_slice_str(book->rules->apps[i].id)))
			return &book->rules->apps[i];
	return NULL;
}

es_status policy_template_print(const struct policy_template *value, const struct policy_context *context,
                                struct es_buf *out)
{
	for (size_t i = 0; i < value->count; i++) {
		struct policy_value fact;
		if (value->parts[i].text != NULL)
			es_put_str(out, value->parts[i].text);
		else if (policy_fact_get(&value->parts[i].fact, context, &fact))
			policy_value_print(&fact, out);
	}
	return es_buf_status(out);
}
