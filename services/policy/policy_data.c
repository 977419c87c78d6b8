/* policy_data.c -- ap2010, data plan related information (TS.43 9): plans, boosts, usage, 5G SA; and one boost in real time.
 *
 * Every part is left out where the plan says nothing of it, as the standard lets a server do. */
#include "policy_rules.h"

#include "es_cleanup.h"
#include "es_text.h"

enum { NO_BOOST = -1 };

/* EntitlementStatus of a boost that needs no purchase (TS.43 T87); the others are those of every service. */
enum { INCLUDED = 4 };

/* ---- one boost ---- */

/* Where the plan has it; NULL: it does not. */
static const struct policy_boost *boost_of(const struct policy_plan *plan, int64_t type)
{
	const struct policy_boost *boosts = plan != NULL ? plan->data.boosts.items : NULL;

	for (size_t i = 0; boosts != NULL && i < plan->data.boosts.count; i++)
		if (policy_boost_kind(boosts[i].type) == policy_boost_kind(type))
			return &boosts[i];
	return NULL;
}

/* What the line has of it by now. */
static uint8_t held_prov(const struct policy_context *context, int64_t type)
{
	const struct policy_objects *held = &context->subscriber->data.boosts;
	const struct policy_line_boost *items = held->items;

	for (size_t i = 0; i < held->count; i++) {
		bool over = items[i].until_ms != 0 && items[i].until_ms <= context->now_ms;
		if (policy_boost_kind(items[i].type) == policy_boost_kind(type))
			return over ? POLICY_NOT_PROVISIONED : items[i].prov & 3;
	}
	return POLICY_NOT_PROVISIONED;
}

struct boost_state {
	uint8_t status, prov;
	bool sells; /* the page is shown */
	const char *why;
};

/* Only pairs that a phone can act on: 1/0 is bought on the page, 1/1 and 1/2 are in force, 3/3 is waited for, 4/1 is part
 * of the plan, 0/0 and 2/2 end it. */
static struct boost_state boost_state(const struct policy_context *context, const struct policy_boost *boost)
{
	if (boost == NULL)
		return (struct boost_state){ POLICY_INCOMPATIBLE, POLICY_NOT_TRACKED, false, "not in the plan" };
	if (policy_withheld_by(context, POLICY_SERVICE_BOOST) != NULL)
		return (struct boost_state){ POLICY_DISABLED, POLICY_NOT_PROVISIONED, false, "withheld by a rule" };
	if (policy_is_off(context, POLICY_SERVICE_BOOST))
		return (struct boost_state){ POLICY_INCOMPATIBLE, POLICY_NOT_TRACKED, false, "the line has opted out" };
	if (context->subscriber->status != POLICY_ACTIVE)
		return (struct boost_state){ POLICY_DISABLED, POLICY_NOT_PROVISIONED, false, "the line is not active" };
	switch (held_prov(context, boost->type)) {
	case POLICY_PROVISIONED: return (struct boost_state){ POLICY_ENABLED, POLICY_PROVISIONED, false, "bought" };
	case POLICY_NOT_TRACKED: return (struct boost_state){ POLICY_ENABLED, POLICY_NOT_TRACKED, false, "bought" };
	case POLICY_PROV_IN_PROGRESS:
		return (struct boost_state){ POLICY_PROVISIONING, POLICY_PROV_IN_PROGRESS, false, "being provisioned" };
	default: break;
	}
	if (boost->offer == POLICY_BOOST_INCLUDED)
		return (struct boost_state){ INCLUDED, POLICY_PROVISIONED, false, "part of the plan" };
	if (boost->offer == POLICY_BOOST_PAUSED)
		return (struct boost_state){ POLICY_DISABLED, POLICY_NOT_PROVISIONED, false, "not sold at present" };
	if (context->tenant->boost_page.url[0] == '\0')
		return (struct boost_state){ POLICY_DISABLED, POLICY_NOT_PROVISIONED, false, "no page to buy it on" };
	return (struct boost_state){ POLICY_ENABLED, POLICY_NOT_PROVISIONED, true, "may be bought" };
}

/* BoostTypeStatus (TS.43 T77). One in force or part of the plan may be asked for, too; one that is on its way not yet. */
static uint8_t boost_type_status(const struct boost_state *state)
{
	if (state->status == INCLUDED)
		return POLICY_ENABLED;
	return state->status == POLICY_PROVISIONING ? POLICY_DISABLED : state->status;
}

/* A text that is no boost type is a boost that no plan has. */
static int64_t asked_type(struct es_slice text)
{
	uint32_t type = 0;
	return es_parse_u32(es_slice_trim(text), 0, 255, &type) == ES_OK ? (int64_t)type : NO_BOOST;
}

static void decide_boost(const struct policy_context *context, struct policy_decision *out)
{
	const int64_t type = asked_type(context->boost_type);
	const struct boost_state state = boost_state(context, type >= 0 ? boost_of(context->plan, type) : NULL);

	POLICY_NOTE(context->trace, "boost",
	            state.sells                           ? "to be bought"
	            : state.status == POLICY_DISABLED     ? "not now"
	            : state.status == POLICY_INCOMPATIBLE ? "not offered"
	            : state.status == POLICY_PROVISIONING ? "provisioning"
	                                                  : "go ahead",
	            "type %d, plan %s: %s", (int)type, context->plan != NULL ? context->plan->id : "missing", state.why);
	out->status = state.status;
	out->boost.is_asked = true;
	out->boost.sells = state.sells;
	out->boost.prov = state.prov;
	out->boost.type = type;
}

/* ---- usage ---- */

/* Why usage is not told, NULL when it is: numbers of another cycle or of long ago say nothing of now. */
static const char *usage_fault(const struct policy_context *context, const struct policy_usage *usage)
{
	const int64_t max_age_ms = context->tenant->usage_max_age_s * 1000;

	if (usage->cycle_end_ms != 0 && usage->cycle_end_ms <= context->now_ms)
		return "its billing cycle is over";
	if (max_age_ms > 0 && context->now_ms - usage->as_of_ms > max_age_ms)
		return "older than the tenant's usage_max_age";
	return NULL;
}

bool policy_usage_is_told(const struct policy_context *context, const struct policy_usage *usage)
{
	return usage_fault(context, usage) == NULL;
}

/* ---- 5G SA ---- */

static bool has_nr_sa(const struct policy_context *context)
{
	return context->plan->data.nr_sa == POLICY_NR_SA_ENABLED && !policy_is_off(context, POLICY_SERVICE_NR_SA) &&
	       policy_is_in_force(context, POLICY_SERVICE_NR_SA);
}

/* ---- deciding: what is told follows from the plan; here it is said why ---- */

static void note_boosts(const struct policy_context *context, const struct policy_plan *plan)
{
	static const char *const words[] = { "not now", "may be offered", "not offered" };
	const struct policy_boost *boosts = plan->data.boosts.items;

	for (size_t i = 0; i < plan->data.boosts.count; i++) {
		const struct boost_state state = boost_state(context, &boosts[i]);
		POLICY_NOTE(context->trace, "boost", words[boost_type_status(&state)], "type %d: %s", (int)boosts[i].type,
		            state.why);
	}
}

static void note_usage(const struct policy_context *context)
{
	const struct policy_usage *usage = context->subscriber->data.usage.items;

	for (size_t i = 0; i < context->subscriber->data.usage.count; i++) {
		const char *fault = usage_fault(context, &usage[i]);
		char as_of[21];
		es_time_iso8601(usage[i].as_of_ms, as_of);
		POLICY_NOTE(context->trace, "usage", fault == NULL ? "told" : "left out", "%s as of %s%s%s",
		            policy_usage_type_names[usage[i].type & 1], as_of, fault != NULL ? ": " : "",
		            fault != NULL ? fault : "");
	}
}

void policy_decide_data(const struct policy_context *context, struct policy_decision *out)
{
	const struct policy_plan *plan = context->plan;

	if (context->boost_type.len > 0) {
		decide_boost(context, out);
		return;
	}
	if (context->trace == NULL)
		return;
	POLICY_NOTE(context->trace, "plan", plan != NULL ? "go on" : "nothing of it is told", "plan %s",
	            plan != NULL ? plan->id : "missing");
	if (plan != NULL) {
		POLICY_NOTE(context->trace, "data_plan", plan->data.plans.count > 0 ? "told" : "left out",
		            "%zu access types in the plan", plan->data.plans.count);
		note_boosts(context, plan);
		POLICY_NOTE(context->trace, "5g_sa",
		            plan->data.nr_sa == POLICY_NR_SA_NOT_TOLD ? "left out"
		            : has_nr_sa(context)                      ? "enabled"
		                                                      : "disabled",
		            "plan %s, line is %s%s", policy_nr_sa_names[plan->data.nr_sa],
		            policy_status_names[context->subscriber->status],
		            policy_is_off(context, POLICY_SERVICE_NR_SA) ? ", opted out" : "");
	}
	note_usage(context);
}

/* ---- rendering ---- */

static void put_optional(struct policy_render *r, struct es_doc_node *parent, const char *name, int64_t number)
{
	if (number >= 0)
		policy_put_number(r, parent, name, number);
}

/* TS.43 T76 */
static void put_plans(struct policy_render *r, const struct policy_plan *plan)
{
	static const char *const types[] = { "Metered", "Unmetered" };
	const struct policy_data_plan *plans = plan->data.plans.items;

	if (plan->data.plans.count == 0)
		return;
	struct es_doc_node *list = policy_put_group(r, r->root, "DataPlanInfo", true);
	for (size_t i = 0; i < plan->data.plans.count; i++) {
		struct es_doc_node *details = policy_put_group(r, list, "DataPlanInfoDetails", false);
		policy_put_number(r, details, "AccessType", plans[i].access);
		policy_put(r, details, "DataPlanType", types[plans[i].type & 1]);
	}
}

/* TS.43 T78 */
static void put_characteristics(struct policy_render *r, struct es_doc_node *details, const struct policy_boost *boost)
{
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{ "PDB", boost->delay_ms },
		{ "Jitter", boost->jitter_ns },
		{ "MinDownlinkDataRate", boost->down_min },
		{ "MaxDownlinkDataRate", boost->down_max },
		{ "MaxDownlinkBurstRate", boost->down_burst },
		{ "MinUplinkDataRate", boost->up_min },
		{ "MaxUplinkDataRate", boost->up_max },
		{ "MaxUplinkBurstRate", boost->up_burst },
		{ "PER", boost->loss_exponent },
	};
	struct es_doc_node *target = NULL;

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		if (rows[i].value < 0)
			continue;
		if (target == NULL)
			target = policy_put_group(r, details, "TargetCharacteristicsInfo", false);
		policy_put_number(r, target, rows[i].name, rows[i].value);
	}
}

/* TS.43 T77 */
static void put_boosts(struct policy_render *r, const struct policy_plan *plan)
{
	const struct policy_boost *boosts = plan->data.boosts.items;

	if (plan->data.boosts.count == 0)
		return;
	struct es_doc_node *list = policy_put_group(r, r->root, "DataBoostInfo", true);
	for (size_t i = 0; i < plan->data.boosts.count; i++) {
		const struct boost_state state = boost_state(r->context, &boosts[i]);
		int64_t type = policy_boost_kind(boosts[i].type);
		if (type == POLICY_REALTIME_INTERACTIVE && r->context->version_major < 12)
			type = 0;
		struct es_doc_node *details = policy_put_group(r, list, "DataBoostInfoDetails", false);
		policy_put_number(r, details, "BoostType", type);
		policy_put_number(r, details, "BoostTypeStatus", boost_type_status(&state));
		put_characteristics(r, details, &boosts[i]);
	}
}

/* TS.43 T79 */
static void put_usage(struct policy_render *r, struct es_doc_node *list, const struct policy_usage *usage)
{
	const struct policy_plan *plan = r->context->plan;
	struct es_doc_node *details = policy_put_group(r, list, "DataUsageInfoDetails", false);
	int64_t allowance = usage->allowance;

	if (allowance < 0 && plan != NULL)
		allowance = plan->data.allowances[usage->type & 1];
	policy_put_number(r, details, "DataUsageType", usage->type);
	if (usage->name[0] != '\0')
		policy_put(r, details, "DataUsageName", usage->name);
	if (usage->description[0] != '\0')
		policy_put(r, details, "DataUsageDescription", usage->description);
	if (usage->cycle_end_ms != 0)
		policy_put_time(r, details, "EndOfBillingCycle", usage->cycle_end_ms);
	put_optional(r, details, "DataAllowanceInBytes", allowance);
	policy_put_number(r, details, "DataUsedInBytes", usage->used);
}

static void put_usages(struct policy_render *r)
{
	const struct policy_objects *usage = &r->context->subscriber->data.usage;
	const struct policy_usage *items = usage->items;
	struct es_doc_node *list = NULL;

	for (size_t i = 0; i < usage->count; i++) {
		if (usage_fault(r->context, &items[i]) != NULL)
			continue;
		if (list == NULL)
			list = policy_put_group(r, r->root, "DataUsageInfo", true);
		put_usage(r, list, &items[i]);
	}
}

/* TS.43 T80 */
static void put_nr_sa(struct policy_render *r, const struct policy_plan *plan)
{
	if (plan->data.nr_sa == POLICY_NR_SA_NOT_TOLD)
		return;
	struct es_doc_node *info = policy_put_group(r, r->root, "5GSAInfo", false);
	struct es_doc_node *details = policy_put_group(r, info, "5GSAInfoDetails", false);
	policy_put_number(r, details, "5GSAStatus", has_nr_sa(r->context));
}

/* TS.43 T87, T88 */
static void render_boost(struct policy_render *r, const struct policy_decision *decision)
{
	policy_put_number(r, r->root, "EntitlementStatus", decision->status);
	policy_put_number(r, r->root, "ProvStatus", decision->boost.prov);
	if (decision->boost.sells)
		policy_put_page(r, &r->context->tenant->boost_page, "ap2010", decision->boost.type);
}

void policy_render_data(struct policy_render *r, const struct policy_decision *decision)
{
	const struct policy_plan *plan = r->context->plan;

	if (decision->boost.is_asked) {
		render_boost(r, decision);
		return;
	}
	if (plan != NULL) {
		put_plans(r, plan);
		put_boosts(r, plan);
	}
	put_usages(r);
	if (plan != NULL)
		put_nr_sa(r, plan);
}
