/* policy_voice.c -- ap2003, Voice-over-Cellular (TS.43 4). */
#include "es_cleanup.h"
#include "policy_rules.h"

enum { ACCESS_LTE = 1, ACCESS_NR = 2 };
enum { NETWORK_ALL = 1, NETWORK_HOME = 2, NETWORK_ROAMING = 3 };

/* A radio access type with the networks its voice may be used in. */
struct rat_offer {
	uint8_t access;
	unsigned scope; /* enum policy_scope */
	enum policy_service service, falls_with;
	enum policy_text nowhere, not_abroad, not_home;
	const char *rule, *irat;
};

static void add(struct policy_decision *out, const struct rat_offer *rat, uint8_t network, uint8_t status,
                struct policy_says message)
{
	out->rats[out->rat_count++] = (struct policy_rat){
		.access = rat->access,
		.network = network,
		.status = status,
		.message = status == POLICY_INCOMPATIBLE ? message : (struct policy_says){ .text = POLICY_TEXT_NONE },
		.irat = status == POLICY_INCOMPATIBLE ? NULL : rat->irat,
	};
}

/* One entry for all networks, or one each for roaming and home: never both forms for one access type (V12-VOC-08). Home
 * comes last, since clients that know only the flat form take the last status they read. */
static void add_rat(const struct policy_context *context, const struct rat_offer *rat, struct policy_decision *out)
{
	const struct policy_offer offer = {
		.rule = rat->rule,
		.in_plan = rat->scope != POLICY_NOWHERE,
		.service = rat->service,
		.falls_with = rat->falls_with,
		.not_in_plan = rat->nowhere,
		.prov = context->subscriber->voice_prov,
	};
	struct policy_says message = { .text = POLICY_TEXT_NONE };
	uint8_t status = policy_offer_status(context, &offer, &message);

	if (status == POLICY_INCOMPATIBLE) {
		add(out, rat, NETWORK_ALL, status, message);
		return;
	}
	bool everywhere = rat->scope == POLICY_EVERYWHERE, home = (rat->scope & POLICY_HOME) != 0;
	POLICY_NOTE(context->trace, "scope",
	            everywhere ? "everywhere"
	            : home     ? "not abroad"
	                       : "not at home",
	            "%s in %s", rat->rule, policy_scope_names[rat->scope]);
	if (everywhere) {
		add(out, rat, NETWORK_ALL, status, message);
		return;
	}
	add(out, rat, NETWORK_ROAMING, home ? POLICY_INCOMPATIBLE : status,
	    (struct policy_says){ .text = rat->not_abroad });
	add(out, rat, NETWORK_HOME, home ? status : POLICY_INCOMPATIBLE, (struct policy_says){ .text = rat->not_home });
}

void policy_decide_voice(const struct policy_context *context, struct policy_decision *out)
{
	static const struct policy_plan nothing = { .id = "" };
	const struct policy_plan *plan = context->plan != NULL ? context->plan : &nothing;
	const enum policy_service no_service = 0;
	unsigned nr_scope = plan->vonr;

	if (plan->vonr_eps_fallback) {
		/* The call falls to LTE: it ends where VoLTE does, and is withheld with it. */
		const bool has_opted_out = (context->subscriber->opt_outs & (uint32_t)POLICY_SERVICE_VOLTE) != 0;
		unsigned lte_scope = has_opted_out ? POLICY_NOWHERE : plan->volte;
		nr_scope &= lte_scope;
		POLICY_NOTE(context->trace, "vonr_eps_fallback", "only where volte is", "vonr %s, volte %s",
		            policy_scope_names[plan->vonr], policy_scope_names[lte_scope]);
	}
	const struct rat_offer rats[] = {
		{ ACCESS_NR, nr_scope, POLICY_SERVICE_VONR, plan->vonr_eps_fallback ? POLICY_SERVICE_VOLTE : no_service,
		  POLICY_TEXT_NR, POLICY_TEXT_NR_ABROAD, POLICY_TEXT_NR, "vonr",
		  plan->vonr_eps_fallback                    ? "EPS-Fallback" /* MUST, V12-VOC-07 */
		  : (plan->irat & POLICY_IRAT_5G_SRVCC) != 0 ? "5G-SRVCC"
		                                             : NULL },
		{ ACCESS_LTE, plan->volte, POLICY_SERVICE_VOLTE, no_service, POLICY_TEXT_LTE, POLICY_TEXT_LTE_ABROAD,
		  POLICY_TEXT_LTE_HOME, "volte", (plan->irat & POLICY_IRAT_4G_SRVCC) != 0 ? "4G-SRVCC" : NULL },
	};
	for (size_t i = 0; i < ES_COUNT(rats); i++)
		add_rat(context, &rats[i], out);
	out->status = out->rats[out->rat_count - 1].status;
	out->message = out->rats[out->rat_count - 1].message;
}

/* Before 7.0 ap2003 is VoLTE alone (TS.43 4). */
void policy_render_voice_flat(struct policy_render *r, const struct policy_decision *decision)
{
	policy_put_number(r, r->root, "EntitlementStatus", decision->status);
	policy_put(r, r->root, "MessageForIncompatible", policy_message(r->context, &decision->message));
}

void policy_render_voice_list(struct policy_render *r, const struct policy_decision *decision)
{
	struct es_doc_node *list = policy_put_group(r, r->root, "VoiceOverCellularEntitleInfo", true);

	for (size_t i = 0; i < decision->rat_count; i++) {
		const struct policy_rat *rat = &decision->rats[i];
		struct es_doc_node *details = policy_put_group(r, list, "RATVoiceEntitleInfoDetails", false);
		policy_put_number(r, details, "AccessType", rat->access);
		policy_put_number(r, details, "HomeRoamingNWType", rat->network);
		policy_put_number(r, details, "EntitlementStatus", rat->status);
		if (rat->status == POLICY_INCOMPATIBLE) /* V12-VOC-05: only then */
			policy_put(r, details, "MessageForIncompatible", policy_message(r->context, &rat->message));
		if (rat->irat != NULL)
			policy_put(r, details, "NetworkVoiceIRATCapability", rat->irat);
	}
	if (r->context->tenant->ap2003_flat_after)
		policy_put_number(r, r->root, "EntitlementStatus", decision->status);
}
