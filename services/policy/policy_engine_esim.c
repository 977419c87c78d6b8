/* policy_engine_esim.c -- facts, settings, sheet and offers as one message. */
#include "policy_engine_esim.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_rules.h"
#include "policy_sheet_commit.h"

#define OFFERS_MAX 64 /* nobody chooses from more */

/* Exhaustion sticks in `bad`, and is told once. */
struct filling {
	const struct policy_esim_asked *asked;
	struct es_arena *arena;
	bool bad;
};

static void *make(struct filling *f, size_t size)
{
	void *message = es_arena_alloc(f->arena, size);

	f->bad = f->bad || message == NULL;
	return message;
}

static char *dup(struct filling *f, const char *text)
{
	char *copy = es_arena_strdup(f->arena, es_slice_str(text));

	f->bad = f->bad || copy == NULL;
	return copy;
}

/* ---- facts ---- */

static void fill_services(struct filling *f, uint32_t services, Openes__EsimFacts *out)
{
	char **names = es_arena_array(f->arena, 3, sizeof *names);

	if (names == NULL) {
		f->bad = true;
		return;
	}
	out->companion_services = names;
	for (unsigned i = 0; policy_companion_names[i] != NULL; i++)
		if ((services >> i & 1) != 0)
			names[out->n_companion_services++] = dup(f, policy_companion_names[i]);
}

static void fill_facts(struct filling *f, Openes__EsimFacts *out)
{
	const struct policy_context *context = f->asked->context;
	const struct policy_esim_facts facts = policy_decide_esim(context);

	out->companion_allowed = facts.companion_allowed;
	out->primary_allowed = facts.primary_allowed;
	out->companion_incompatible = facts.companion_incompatible;
	out->primary_incompatible = facts.primary_incompatible;
	out->companion_max = facts.companion_max;
	out->line_active = facts.line_active;
	out->no_web_view = facts.no_web_view;
	out->eligibility_polling_s = context->tenant->esim.eligibility_polling_s;
	out->plan = dup(f, context->plan != NULL ? context->plan->id : "");
	out->iccid = dup(f, context->subscriber->iccid);
	out->language = dup(f, policy_language_code(context->language));
	out->not_enabled_url = dup(f, context->tenant->not_enabled_url);
	out->not_enabled_user_data = dup(f, context->tenant->not_enabled_user_data);
	fill_services(f, facts.companion_services, out);
}

/* ---- settings ---- */

static Openes__EsimText *text_of(struct filling *f)
{
	const struct policy_context *context = f->asked->context;
	const struct policy_esim_text *text = &context->tenant->esim.text;
	Openes__EsimText *out = make(f, sizeof *out);

	if (out == NULL)
		return NULL;
	openes__esim_text__init(out);
	out->title = dup(f, policy_esim_says(context, &text->title));
	out->message = dup(f, policy_esim_says(context, &text->message));
	out->accept_label = dup(f, policy_esim_says(context, &text->accept_label));
	out->reject_label = dup(f, policy_esim_says(context, &text->reject_label));
	out->has_freetext = text->freetext;
	out->hint = dup(f, policy_esim_says(context, &text->hint));
	out->validation = dup(f, text->validation);
	out->error_text = dup(f, policy_esim_says(context, &text->error_text));
	return out;
}

/* Profiles of a plan may be at another SM-DP+ than the tenant's others. */
static const char *smdp_of(const struct filling *f, const struct policy_plan *plan)
{
	return plan != NULL && plan->esim.smdp[0] != '\0' ? plan->esim.smdp : f->asked->context->tenant->esim.smdp;
}

static void fill_smdps(struct filling *f, Openes__EsimSettings *out)
{
	const struct policy_list *others = &f->asked->context->tenant->esim.smdp_others;

	out->smdp = dup(f, smdp_of(f, f->asked->context->plan));
	out->smdp_others = es_arena_array(f->arena, others->count, sizeof *out->smdp_others);
	f->bad = f->bad || out->smdp_others == NULL;
	for (size_t i = 0; !f->bad && i < others->count; i++)
		out->smdp_others[out->n_smdp_others++] = dup(f, others->items[i]);
}

static Openes__EsimSettings *settings_of(struct filling *f)
{
	const struct policy_context *context = f->asked->context;
	const struct policy_tenant_esim *esim = &context->tenant->esim;
	const struct policy_plan *plan = context->plan;
	Openes__EsimSettings *out = make(f, sizeof *out);

	if (out == NULL)
		return NULL;
	openes__esim_settings__init(out);
	fill_smdps(f, out);
	out->bss = dup(f, esim->bss);
	out->bss_orders_profile = esim->bss_orders_profile;
	out->provision = esim->provision;
	out->release_late = esim->release_late;
	out->own_stock = esim->own_stock;
	out->confirmation_code = esim->confirmation_code;
	out->download = (Openes__EsimSettings__Download)esim->download; /* the same numbers: policy_types.h */
	out->sheet = (Openes__EsimSettings__Sheet)esim->sheet;
	out->input = esim->input;
	out->input_to_bss = esim->input_to_bss;
	out->text = text_of(f);
	out->manage_service = esim->manage_service;
	out->redownloadable = esim->redownloadable;
	out->retire_when_ready = esim->retire_when_ready;
	out->max_refresh = (uint32_t)esim->max_refresh;
	out->polling_interval_s = (uint32_t)esim->polling_interval_s;
	out->answer_within_ms = (uint32_t)esim->answer_within_ms;
	out->install_within_s = esim->install_within_s;
	out->download_repeat_s = esim->download_repeat_s;
	out->companion_profile_type = dup(f, plan != NULL ? plan->esim.companion_profile_type : "");
	out->primary_profile_type = dup(f, plan != NULL ? plan->esim.primary_profile_type : "");
	return out;
}

_Static_assert((int)POLICY_DOWNLOAD_SMDS == OPENES__ESIM_SETTINGS__DOWNLOAD__SMDS &&
                   (int)POLICY_ESIM_SHEET_ALWAYS == OPENES__ESIM_SETTINGS__SHEET__SHEET_ALWAYS &&
                   (int)POLICY_INPUT_DOWNLOAD == OPENES__ESIM_SETTINGS__INPUT__INPUT_DOWNLOAD,
               "numbers of the wire");

/* ---- where a person goes on ---- */

static Openes__EsimSheet *sheet_of(struct filling *f)
{
	const struct policy_context *context = f->asked->context;
	const struct policy_page *page = &context->tenant->esim.page;
	Openes__EsimSheet *out = make(f, sizeof *out);
	const char *user_data, *contents_type;
	char nonce[POLICY_NONCE_SIZE];

	if (out == NULL)
		return NULL;
	openes__esim_sheet__init(out);
	if (policy_page_user_data(page, f->asked->handle, -1, f->arena, &user_data, &contents_type) != ES_OK) {
		f->bad = true;
		return NULL;
	}
	policy_sheet_nonce(f->asked->flow, nonce);
	out->url = dup(f, page->url);
	out->user_data = dup(f, user_data);
	out->contents_type = dup(f, contents_type);
	out->nonce = dup(f, nonce);
	out->has_terms = policy_esim_has_terms(context);
	return out;
}

/* ---- offers ---- */

static Openes__PlanOffer *offer_of(struct filling *f, const struct policy_plan *plan)
{
	Openes__PlanOffer *out = make(f, sizeof *out);

	if (out == NULL)
		return NULL;
	openes__plan_offer__init(out);
	out->id = dup(f, plan->id);
	out->name = dup(f, plan->name);
	out->description = dup(f, plan->description);
	out->companion_profile_type = dup(f, plan->esim.companion_profile_type);
	out->primary_profile_type = dup(f, plan->esim.primary_profile_type);
	out->smdp = dup(f, smdp_of(f, plan));
	return out;
}

static void fill_offers(struct filling *f, Openes__EsimFacts *out)
{
	size_t count = 0;
	const struct policy_plan *plans = policy_catalog_plans(f->asked->catalog, f->asked->context->tenant->id, &count);

	out->offers = es_arena_array(f->arena, OFFERS_MAX, sizeof *out->offers);
	f->bad = f->bad || out->offers == NULL;
	for (size_t i = 0; !f->bad && i < count && out->n_offers < OFFERS_MAX; i++)
		if ((plans[i].esim.offered_to & f->asked->devices) != 0)
			out->offers[out->n_offers++] = offer_of(f, &plans[i]);
}

static void fill_enterprise(struct filling *f, const struct policy_enterprise *enterprise, Openes__EsimFacts *out)
{
	out->enterprise_id = dup(f, enterprise->id);
	out->enterprise_allowed = enterprise->allowed;
	out->enterprise_max = (uint32_t)enterprise->devices_max;
	out->offers = es_arena_array(f->arena, OFFERS_MAX, sizeof *out->offers);
	f->bad = f->bad || out->offers == NULL;
	for (size_t i = 0; !f->bad && i < enterprise->plans.count && out->n_offers < OFFERS_MAX; i++) {
		const struct policy_plan *plan =
			policy_catalog_plan(f->asked->catalog, enterprise->tenant, enterprise->plans.items[i]);
		if (plan != NULL) /* one that was removed since is offered to nobody */
			out->offers[out->n_offers++] = offer_of(f, plan);
	}
}

es_status policy_esim_fill(const struct policy_esim_asked *asked, struct es_arena *arena, Openes__EsimFacts **out)
{
	struct filling f = { .asked = asked, .arena = arena };
	Openes__EsimFacts *facts = make(&f, sizeof *facts);

	if (facts == NULL)
		return ES_TOO_LARGE;
	openes__esim_facts__init(facts);
	fill_facts(&f, facts);
	facts->settings = settings_of(&f);
	if (asked->flow != NULL)
		facts->sheet = sheet_of(&f);
	if (asked->devices != 0)
		fill_offers(&f, facts);
	if (asked->enterprise != NULL)
		fill_enterprise(&f, asked->enterprise, facts);
	*out = facts;
	return f.bad ? ES_TOO_LARGE : ES_OK;
}
