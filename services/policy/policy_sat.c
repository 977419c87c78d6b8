/* policy_sat.c -- ap2016, SatMode (TS.43 15): whether a line may use satellites, of which networks, and for what. */
#include "es_cleanup.h"
#include "policy_rules.h"

/* Status 0 sends the user to a page (T136). Whom no page helps is told so in words: the line is not active, or the tenant
 * has no page and customer care has to switch it on. */
void policy_decide_satellite(const struct policy_context *context, struct policy_decision *out)
{
	const struct policy_subscriber *line = context->subscriber;
	const struct policy_offer offer = {
		.rule = "satellite",
		.in_plan = context->plan != NULL && context->plan->satellite.offered,
		.service = POLICY_SERVICE_SATELLITE,
		.not_in_plan = POLICY_TEXT_SATELLITE,
		.prov = line->satellite_prov,
	};

	out->status = policy_offer_status(context, &offer, &out->message);
	if (out->status != POLICY_DISABLED)
		return;
	const bool in_force = policy_is_in_force(context, POLICY_SERVICE_SATELLITE);
	bool has_page = in_force && context->tenant->satellite_page.url[0] != '\0';
	POLICY_NOTE(context->trace, "satellite.page", has_page ? "to be activated there" : "not offered",
	            !in_force  ? "none for a line that is not active"
	            : has_page ? "the tenant has one"
	                       : "the tenant has none");
	if (has_page)
		return;
	out->status = POLICY_INCOMPATIBLE;
	out->message.text = POLICY_TEXT_OPTED_OUT;
}

/* ---- rendering ---- */

/* TS.43 T144: what there is beside messages; nothing where that is nothing. */
static void put_services(struct policy_render *r, struct es_doc_node *network, const struct policy_sat_network *allowed)
{
	static const char *const policies[] = { NULL, "Constrained", "Unconstrained" };
	const struct {
		const char *type, *policy;
	} services[] = {
		{ "data", policies[allowed->data % ES_COUNT(policies)] },
		{ "voice", policies[allowed->voice % ES_COUNT(policies)] },
	};
	struct es_doc_node *list = NULL;

	for (size_t i = 0; i < ES_COUNT(services); i++) {
		if (services[i].policy == NULL)
			continue;
		if (list == NULL)
			list = policy_put_group(r, network, "AllowedServicesInfo", true);
		struct es_doc_node *service = policy_put_group(r, list, "AllowedServices", false);
		policy_put(r, service, "ServiceType", services[i].type);
		policy_put(r, service, "ServicePolicy", services[i].policy);
	}
}

/* TS.43 T143. Elements without a name: XML repeats the characteristic, JSON has an array of flat objects. */
static void put_allowed(struct policy_render *r, const struct policy_plan *plan)
{
	static const char *const types[] = { NULL, "Metered", "Unmetered" };
	const struct policy_sat_network *allowed = plan->satellite.allowed.items;
	struct es_doc_node *list = policy_put_group(r, r->root, "PLMNAllowed", true);

	for (size_t i = 0; i < plan->satellite.allowed.count; i++) {
		struct es_doc_node *network = policy_put_group(r, list, "", false);
		const char *type = types[allowed[i].metering % ES_COUNT(types)];
		policy_put(r, network, "PLMN", allowed[i].plmn);
		if (type != NULL)
			policy_put(r, network, "DataPlanType", type);
		put_services(r, network, &allowed[i]);
	}
}

static void put_barred(struct policy_render *r, const struct policy_plan *plan)
{
	if (plan->satellite.barred.count == 0)
		return;
	struct es_doc_node *list = policy_put_group(r, r->root, "PLMNBarred", true);
	for (size_t i = 0; i < plan->satellite.barred.count; i++) {
		struct es_doc_node *network = policy_put_group(r, list, "", false);
		policy_put(r, network, "PLMN", plan->satellite.barred.items[i]);
	}
}

void policy_render_satellite(struct policy_render *r, const struct policy_decision *decision)
{
	const struct policy_plan *plan = r->context->plan;

	policy_put_number(r, r->root, "EntitlementStatus", decision->status);
	if (decision->status == POLICY_DISABLED)
		policy_put_page(r, &r->context->tenant->satellite_page, "ap2016", -1);
	policy_put(r, r->root, "MessageForIncompatible", policy_message(r->context, &decision->message));
	if (decision->status == POLICY_ENABLED)
		put_allowed(r, plan);
	if (plan != NULL)
		put_barred(r, plan);
}
