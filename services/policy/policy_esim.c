/* policy_esim.c -- facts for ODSA: from the plan, the line, the table of models and the tenant. */
#include "policy_esim.h"

#include <string.h>

#include "es_cleanup.h"
#include "policy_rules.h"

/* An eSIM application is allowed where a service would be enabled: in the plan, not opted out of, the line active. */
static bool is_allowed(const struct policy_context *context, const char *rule, bool in_plan,
                       enum policy_service service)
{
	const struct policy_offer offer = {
		.rule = rule, .in_plan = in_plan, .service = service, .prov = POLICY_NOT_TRACKED
	};
	struct policy_says message = { .text = POLICY_TEXT_NONE };
	return policy_offer_status(context, &offer, &message) == POLICY_ENABLED;
}

/* A model that the table does not have is let through: nobody said anything of it. */
static bool is_incompatible(const struct policy_context *context, const char *capability)
{
	const struct policy_equipment *e = context->equipment;

	if (!context->tenant->esim.by_model || e == NULL || (e->vendor[0] == '\0' && e->model[0] == '\0'))
		return false;
	for (size_t i = 0; i < e->capabilities.count; i++)
		if (strcmp(e->capabilities.items[i], capability) == 0)
			return false;
	POLICY_NOTE(context->trace, "device.capability", "incompatible", "%s %s has no \"%s\"", e->vendor, e->model,
	            capability);
	return true;
}

static bool has_no_web_view(const struct policy_context *context)
{
	const struct policy_list *models = &context->tenant->esim.no_web_view;

	for (size_t i = 0; context->asking != NULL && i < models->count; i++)
		if (es_slice_eq_nocase(es_slice_str(context->asking->model), es_slice_str(models->items[i])))
			return true;
	return false;
}

struct policy_esim_facts policy_decide_esim(const struct policy_context *context)
{
	static const struct policy_plan nothing = { .id = "" };
	const struct policy_plan *plan = context->plan != NULL ? context->plan : &nothing;

	return (struct policy_esim_facts){
		.companion_allowed = is_allowed(context, "companion", plan->companion_allowed, POLICY_SERVICE_COMPANION),
		.primary_allowed = is_allowed(context, "primary", plan->primary_esim, POLICY_SERVICE_PRIMARY),
		.companion_incompatible = is_incompatible(context, "companion"),
		.primary_incompatible = is_incompatible(context, "esim"),
		.companion_services = plan->companion_services,
		.companion_max = (uint32_t)plan->companion_max,
		.line_active = context->subscriber->status == POLICY_ACTIVE,
		.no_web_view = has_no_web_view(context),
	};
}

const char *policy_esim_says(const struct policy_context *context, const struct policy_list *list)
{
	return policy_text_of(list, context->language, context->tenant->language);
}

bool policy_esim_has_terms(const struct policy_context *context)
{
	return context->tenant->sheets.esim_texts.count > 0;
}

uint32_t policy_esim_device(struct es_slice app)
{
	if (es_slice_eq_nocase(app, ES_SLICE_LIT("ap2006")))
		return POLICY_FOR_COMPANION;
	return es_slice_eq_nocase(app, ES_SLICE_LIT("ap2009")) ? POLICY_FOR_PRIMARY : 0;
}

static void put_text(struct es_buf *out, const char *text)
{
	const struct es_slice slice = es_slice_str(text);

	es_put_u32(out, (uint32_t)slice.len);
	es_put_bytes(out, slice);
}

/* What orders are made with is theirs, and what sheets say is no answer: neither is in it. */
void policy_esim_digest(const struct policy_context *context, struct es_buf *out)
{
	const struct policy_esim_facts facts = policy_decide_esim(context);
	const struct policy_tenant *tenant = context->tenant;
	const struct policy_tenant_esim *esim = &tenant->esim;
	const bool yes[] = { facts.companion_allowed,      facts.primary_allowed,      facts.line_active,
		                 facts.companion_incompatible, facts.primary_incompatible, facts.no_web_view,
		                 esim->manage_service };
	const int64_t numbers[] = { facts.companion_services,    facts.companion_max, esim->max_refresh,
		                        esim->polling_interval_s,    esim->input,         esim->download,
		                        esim->eligibility_polling_s, esim->sheet };

	for (size_t i = 0; i < ES_COUNT(yes); i++)
		es_put_u8(out, yes[i]);
	for (size_t i = 0; i < ES_COUNT(numbers); i++)
		es_put_u64(out, (uint64_t)numbers[i]);
	put_text(out, tenant->not_enabled_url);
	put_text(out, tenant->not_enabled_user_data);
	put_text(out, context->subscriber->iccid);
}
