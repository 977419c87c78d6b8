/* esim_world_smdp.c -- an SM-DP+ by its state machine (SGP.22 3.1.6, 5.3): what it refuses is read as the real one's is. */
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "esim_es2.h"
#include "esim_world.h"

#define COPY(to, from) (void)snprintf((to), sizeof(to), "%s", (from))

const char *const world_at_names[] = { "available", "allocated", "confirmed", "released", "installed" };

struct code {
	const char *subject, *reason;
};
static const struct code done = { "", "" }, in_use = { "8.2.1", "3.3" }, unknown = { "8.2.1", "3.9" },
						 other_eid = { "8.2.1", "3.10" }, no_stock = { "8.2.5", "3.7" }, taken = { "8.2.6", "3.3" },
						 wrong_state = { "8.2.1", "3.5" }, other_code = { "8.2.6", "3.10" },
						 refused = { "8.1.1", "3.8" }, inaccessible = { "8.8", "5.1" };

struct world_held *world_held_of(struct world *w, const char *iccid)
{
	for (size_t i = 0; i < w->held_count; i++)
		if (iccid[0] != '\0' && strcmp(w->held[i].iccid, iccid) == 0)
			return &w->held[i];
	return NULL;
}

static struct world_held *any_free(struct world *w)
{
	for (size_t i = 0; i < w->held_count; i++)
		if (w->held[i].at == WORLD_AVAILABLE && !w->held[i].by_name)
			return &w->held[i];
	return NULL;
}

static struct code download_order(struct world *w, const struct esim_es2_request *r, const char *profile,
                                  struct esim_heard *out)
{
	struct world_held *h = r->iccid[0] != '\0' ? world_held_of(w, r->iccid) : any_free(w);

	if (h == NULL)
		return r->iccid[0] != '\0' ? unknown : no_stock;
	if (h->at != WORLD_AVAILABLE)
		return h->eid[0] != '\0' && strcmp(h->eid, r->eid) != 0 ? other_eid : in_use;
	h->at = WORLD_ALLOCATED;
	h->of_type = r->iccid[0] == '\0';
	COPY(h->eid, r->eid);
	COPY(h->profile, profile);
	h->matching_id[0] = '\0';
	COPY(out->iccid, h->iccid);
	return done;
}

static struct code confirm_order(struct world *w, const struct esim_es2_request *r, struct esim_heard *out)
{
	struct world_held *h = world_held_of(w, r->iccid);

	if (h == NULL)
		return unknown;
	if (h->at != WORLD_ALLOCATED)
		return in_use;
	for (size_t i = 0; i < w->held_count; i++)
		if (r->matching_id[0] != '\0' && strcmp(w->held[i].matching_id, r->matching_id) == 0)
			return taken;
	h->at = r->release ? WORLD_RELEASED : WORLD_CONFIRMED;
	COPY(h->matching_id, r->matching_id);
	COPY(out->matching_id, r->matching_id);
	return done;
}

static struct code release_profile(struct world *w, const struct esim_es2_request *r)
{
	struct world_held *h = world_held_of(w, r->iccid);

	if (h == NULL)
		return unknown;
	if (h->at != WORLD_CONFIRMED)
		return wrong_state;
	h->at = WORLD_RELEASED;
	return done;
}

static struct code cancel_order(struct world *w, const struct esim_es2_request *r)
{
	struct world_held *h = world_held_of(w, r->iccid);

	if (h == NULL)
		return unknown;
	if (h->at == WORLD_AVAILABLE || h->at == WORLD_INSTALLED)
		return in_use;
	if (h->matching_id[0] != '\0' && (r->matching_id == NULL || strcmp(h->matching_id, r->matching_id) != 0))
		return other_code;
	h->at = WORLD_AVAILABLE;
	h->eid[0] = h->matching_id[0] = '\0';
	return done;
}

static struct code act(struct world *w, const struct esim_es2_request *r, const char *profile, struct esim_heard *out)
{
	switch (r->function) {
	case ESIM_ES2_DOWNLOAD_ORDER: return download_order(w, r, profile, out);
	case ESIM_ES2_CONFIRM_ORDER: return confirm_order(w, r, out);
	case ESIM_ES2_RELEASE_PROFILE: return release_profile(w, r);
	case ESIM_ES2_CANCEL_ORDER:
	case ESIM_ES2_FUNCTIONS: break;
	}
	return cancel_order(w, r);
}

/* As esim_real_peers.c puts it. */
static struct esim_es2_request request_of(const struct esim_ask *ask)
{
	static const uint8_t functions[ESIM_ALL_STEPS] = { [ESIM_STEP_DOWNLOAD_ORDER] = ESIM_ES2_DOWNLOAD_ORDER,
		                                               [ESIM_STEP_CONFIRM_ORDER] = ESIM_ES2_CONFIRM_ORDER,
		                                               [ESIM_STEP_RELEASE] = ESIM_ES2_RELEASE_PROFILE,
		                                               [ESIM_STEP_WITHDRAW] = ESIM_ES2_CANCEL_ORDER,
		                                               [ESIM_UNDO_PROFILE] = ESIM_ES2_CANCEL_ORDER };
	const struct esim_order *o = ask->order;
	struct esim_es2_request r = { .function = (enum esim_es2_function)functions[o->step],
		                          .iccid = ask->target->iccid,
		                          .eid = ask->target->eid,
		                          .release = (o->flags & ESIM_LATE) == 0,
		                          .is_repeat = (o->flags & ESIM_UNSURE) != 0,
		                          .is_fetched = (o->flags & (ESIM_FETCHED | ESIM_SEEN)) != 0 };

	if (r.function == ESIM_ES2_CONFIRM_ORDER ||
	    (r.function == ESIM_ES2_CANCEL_ORDER && ask->target->matching_id[0] != '\0'))
		r.matching_id = ask->target->matching_id;
	return r;
}

/* Said as it is on the wire, and read by what reads the real one. */
static void say(const struct esim_es2_request *r, struct code code, struct esim_heard *out)
{
	const bool is_done = code.subject[0] == '\0';
	char body[512];

	const int len = snprintf(body, sizeof body,
	                         "{\"header\":{\"functionExecutionStatus\":{\"status\":\"%s\",\"statusCodeData\":"
	                         "{\"subjectCode\":\"%s\",\"reasonCode\":\"%s\"}}},\"iccid\":\"%s\",\"matchingId\":\"%s\"}",
	                         is_done ? "Executed-Success" : "Failed", is_done ? "8.8" : code.subject,
	                         is_done ? "1.1" : code.reason, out->iccid, out->matching_id);
	(void)esim_es2_read(r, es_slice_of((const uint8_t *)body, (size_t)len), out);
}

void world_smdp(struct world *w, const struct esim_ask *ask, enum world_fate fate, struct esim_heard *out)
{
	const struct esim_es2_request r = request_of(ask);
	const bool acts = fate == WORLD_ANSWERS || fate == WORLD_LOST_AFTER;

	memset(out, 0, sizeof *out);
	const struct code code = acts ? act(w, &r, ask->target->id, out) : fate == WORLD_REFUSES ? refused : inaccessible;
	if (fate == WORLD_LOST_BEFORE || fate == WORLD_LOST_AFTER)
		*out = (struct esim_heard){ .outcome = ESIM_HEARD_LOST, .reason = "no answer in time" };
	else
		say(&r, code, out);
}
