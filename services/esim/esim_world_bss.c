/* esim_world_bss.c -- a BSS that remembers each order: the same step of it asked twice is done once. */
#include <stdio.h>
#include <string.h>

#include "esim_world.h"

#define COPY(to, from) (void)snprintf((to), sizeof(to), "%s", (from))

struct world_sale *world_sale_of(struct world *w, const char *order)
{
	for (size_t i = 0; i < w->sale_count; i++)
		if (strcmp(w->sales[i].order, order) == 0)
			return &w->sales[i];
	if (w->sale_count == sizeof w->sales / sizeof *w->sales) {
		world_fault(w, "more orders than the BSS has room for");
		return &w->sales[0];
	}
	struct world_sale *s = &w->sales[w->sale_count++];
	memset(s, 0, sizeof *s);
	COPY(s->order, order);
	return s;
}

/* "The BSS owns the order": it has the SM-DP+ make the profile ready by itself. */
static void order_profile(struct world *w, struct world_sale *s, const char *profile)
{
	for (size_t i = 0; i < w->held_count && s->iccid[0] == '\0'; i++) {
		struct world_held *h = &w->held[i];
		if (h->at != WORLD_AVAILABLE || h->by_name)
			continue;
		COPY(s->iccid, h->iccid);
		(void)snprintf(s->matching_id, sizeof s->matching_id, "BSS-%.8s", s->order);
		COPY(h->matching_id, s->matching_id);
		COPY(h->profile, profile);
		h->at = WORLD_RELEASED;
		h->of_type = true;
	}
}

static void give_back(struct world *w, const char *iccid)
{
	struct world_held *h = world_held_of(w, iccid);

	if (h == NULL || h->at == WORLD_INSTALLED)
		return;
	h->at = WORLD_AVAILABLE;
	h->eid[0] = h->matching_id[0] = '\0';
}

static void tell_profile(const struct world_sale *s, struct esim_heard *out)
{
	COPY(out->iccid, s->iccid);
	(void)snprintf(out->activation_code, sizeof out->activation_code, "1$smdp.example$%s", s->matching_id);
}

static void do_order(struct world *w, const struct esim_ask *ask, struct world_sale *s, struct esim_heard *out)
{
	const bool owns = w->facts.settings.bss_orders_profile;

	if (s->is_cancelled) {
		out->outcome = ESIM_HEARD_REFUSED;
		return;
	}
	s->is_ordered = true;
	if (owns && esim_order_makes_profile(ask->order)) {
		order_profile(w, s, ask->profile->id);
		if (s->iccid[0] != '\0')
			tell_profile(s, out);
	} else if (owns && ask->order->kind == ESIM_UNSUBSCRIBE) {
		give_back(w, ask->profile->iccid);
	}
}

static void do_retire(struct world *w, const struct esim_ask *ask, struct world_sale *s)
{
	const struct esim_order *o = ask->order;

	/* V12-ODSA-P-04: not before there is another one. */
	if (!esim_order_is_offered(o) || (o->step == ESIM_STEP_RETIRE && (o->flags & ESIM_SEEN) == 0))
		world_fault(w, "order %.6s: the old profile ends before the new one is there", o->id);
	s->has_retired = true;
}

static void act(struct world *w, const struct esim_ask *ask, struct world_sale *s, struct esim_heard *out)
{
	switch (ask->order->step) {
	case ESIM_STEP_ORDER: do_order(w, ask, s, out); break;
	case ESIM_STEP_PROVISION:
		if (s->is_provisioned && strcmp(s->iccid, ask->profile->iccid) != 0)
			world_fault(w, "order %.6s: provisioned twice, under two ICCIDs", s->order);
		s->is_provisioned = true;
		COPY(s->iccid, ask->profile->iccid);
		break;
	case ESIM_STEP_RETIRE:
	case ESIM_STEP_RETIRE_EARLY: do_retire(w, ask, s); break;
	case ESIM_UNDO_PROVISION: s->is_provisioned = false; break;
	case ESIM_UNDO_ORDER:
		if (s->matching_id[0] != '\0' && !s->is_cancelled)
			give_back(w, s->iccid);
		s->is_ordered = false;
		s->is_cancelled = true;
		break;
	default: break; /* verify, service: it looks, and switches */
	}
}

/* What it has done it answers as it did. */
static bool has_done(const struct world_sale *s, uint8_t step)
{
	return (step == ESIM_STEP_ORDER && s->is_ordered) || (step == ESIM_STEP_PROVISION && s->is_provisioned) ||
	       ((step == ESIM_STEP_RETIRE || step == ESIM_STEP_RETIRE_EARLY) && s->has_retired);
}

void world_bss(struct world *w, const struct esim_ask *ask, enum world_fate fate, struct esim_heard *out)
{
	struct world_sale *s = world_sale_of(w, ask->order->id);

	memset(out, 0, sizeof *out);
	out->outcome = ESIM_HEARD_DONE;
	if ((fate == WORLD_REFUSES || fate == WORLD_PENDS) && has_done(s, ask->order->step))
		fate = WORLD_ANSWERS;
	switch (fate) {
	case WORLD_AWAY: out->outcome = ESIM_HEARD_UNHEARD; return;
	case WORLD_REFUSES: out->outcome = ESIM_HEARD_REFUSED; return;
	case WORLD_PENDS: out->outcome = ESIM_HEARD_PENDING; return;
	case WORLD_LOST_BEFORE: out->outcome = ESIM_HEARD_LOST; return;
	case WORLD_ANSWERS:
	case WORLD_LOST_AFTER:
	case WORLD_FATES: break;
	}
	act(w, ask, s, out);
	if (fate == WORLD_LOST_AFTER)
		*out = (struct esim_heard){ .outcome = ESIM_HEARD_LOST };
}
