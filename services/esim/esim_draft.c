/* esim_draft.c -- from what is wanted to an order. Pure. */
#include "esim_draft.h"

#include <stdio.h>
#include <string.h>

#include "es_buf.h"

#define COPY(to, from) (void)snprintf((to), sizeof(to), "%s", (from))

bool esim_draft_is_new(const struct esim_draft *draft)
{
	const struct esim_order order = { .kind = draft->kind };

	return esim_order_makes_profile(&order);
}

static const char *profile_type_of(const struct esim_draft *draft, const struct esim_settings *settings,
                                   const struct esim_offer *offer)
{
	const bool is_companion = draft->app != ESIM_PRIMARY;
	const char *of_plan = is_companion ? settings->companion_profile_type : settings->primary_profile_type;
	const char *of_offer = offer == NULL  ? ""
	                       : is_companion ? offer->companion_profile_type
	                                      : offer->primary_profile_type;

	return of_offer[0] != '\0' ? of_offer : of_plan;
}

static const char *smdp_of(const struct esim_settings *settings, const struct esim_offer *offer)
{
	return offer != NULL && offer->smdp[0] != '\0' ? offer->smdp : settings->smdp;
}

/* Each between commas; those that do not fit cannot be named. */
static void join(const struct esim_settings *settings, char *out, size_t size)
{
	struct es_buf list;

	es_buf_init_fixed(&list, out, size - 1);
	for (size_t i = 0; i < settings->smdp_other_count; i++)
		if (list.len + strlen(settings->smdp_others[i]) + 2 < size)
			es_put_printf(&list, "%s%s,", list.len == 0 ? "," : "", settings->smdp_others[i]);
	out[list.len] = '\0';
}

static void fill_profile(const struct esim_draft *draft, const struct esim_settings *settings,
                         const struct esim_offer *offer, const struct esim_ids *ids, int64_t now_ms,
                         struct esim_profile *p)
{
	memset(p, 0, sizeof *p);
	COPY(p->id, ids->profile);
	COPY(p->tenant, draft->tenant);
	COPY(p->imsi, draft->imsi);
	COPY(p->enterprise, draft->enterprise);
	p->app = draft->app;
	COPY(p->eid, draft->eid);
	COPY(p->device, draft->device);
	COPY(p->requester, draft->requester);
	p->service = draft->service;
	COPY(p->name, draft->name);
	COPY(p->vendor, draft->vendor);
	COPY(p->model, draft->model);
	COPY(p->smdp, smdp_of(settings, offer));
	/* ES2+ binds what is found by address to an EID; without one only an activation code leads to it. */
	p->is_of_bss = settings->bss_orders_profile;
	p->by_address = settings->download != ESIM_DOWNLOAD_CODE && draft->eid[0] != '\0';
	if (!p->by_address)
		COPY(p->matching_id, ids->matching_id);
	if (draft->service == ESIM_SHARED_NUMBER || draft->app == ESIM_PRIMARY)
		COPY(p->msisdn, draft->msisdn);
	if (draft->kind == ESIM_LEND)
		COPY(p->home, draft->old_profile);
	p->created_ms = now_ms;
}

static void fill_order(const struct esim_draft *draft, const struct esim_settings *settings,
                       const struct esim_offer *offer, const struct esim_ids *ids, struct esim_order *o)
{
	memset(o, 0, sizeof *o);
	COPY(o->id, ids->order);
	COPY(o->tenant, draft->tenant);
	COPY(o->imsi, draft->imsi);
	COPY(o->enterprise, draft->enterprise);
	COPY(o->msisdn, draft->msisdn);
	o->app = draft->app;
	o->kind = draft->kind;
	COPY(o->smdp, smdp_of(settings, offer));
	join(settings, o->smdp_others, sizeof o->smdp_others);
	COPY(o->bss, settings->bss);
	COPY(o->profile_type, profile_type_of(draft, settings, offer));
	COPY(o->plan, offer != NULL ? offer->id : draft->plan);
	o->download = settings->download;
	o->install_within_ms = settings->install_within_s * 1000;
	COPY(o->response, draft->response);
	COPY(o->old_iccid, draft->old_iccid);
	COPY(o->old_device, draft->old_device);
	COPY(o->old_profile, draft->old_profile);
	COPY(o->requester, draft->requester);
}

void esim_draft_order(const struct esim_draft *draft, const struct esim_settings *settings,
                      const struct esim_offer *offer, const struct esim_ids *ids, int64_t now_ms,
                      struct esim_order *order, struct esim_profile *profile)
{
	const bool reuses = draft->kind == ESIM_TRANSFER && settings->redownloadable && draft->redownloads;

	fill_order(draft, settings, offer, ids, order);
	if (esim_draft_is_new(draft))
		fill_profile(draft, settings, offer, ids, now_ms, profile);
	else if (draft->kind != ESIM_RETURN)
		COPY(order->smdp, profile->smdp);
	COPY(order->profile, profile->id);
	COPY(profile->order, order->id);
	if (offer != NULL && (esim_draft_is_new(draft) || draft->kind == ESIM_CHANGE))
		COPY(profile->plan, offer->id);
	order->flags = (reuses ? ESIM_REUSES : 0U) |
	               (settings->own_stock && !reuses && esim_draft_is_new(draft) ? ESIM_OWN_STOCK : 0U) |
	               (settings->release_late ? ESIM_LATE : 0U) | (settings->confirmation_code ? ESIM_BY_CODE : 0U);
	const bool is_mine = esim_draft_is_new(draft) || draft->kind == ESIM_RETURN;
	const struct esim_plan plan = {
		.has_bss = settings->bss[0] != '\0',
		.has_smdp = order->smdp[0] != '\0',
		.verifies = settings->input_to_bss && draft->response[0] != '\0',
		.bss_orders_profile = is_mine ? settings->bss_orders_profile : profile->is_of_bss,
		.provisions = settings->provision,
		.releases_late = settings->release_late,
		.deletes_first = reuses,
		.retires_early = settings->retire_when_ready,
		.is_downloaded = draft->kind != ESIM_RETURN && profile->seen_ms > 0,
	};
	esim_order_begin(order, &plan, now_ms);
}
