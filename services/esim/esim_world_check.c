/* esim_world_check.c -- what must hold once every order is over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "esim_world.h"

#define ORDERS_MAX 96

struct rows {
	struct world *w;
	struct esim_order orders[ORDERS_MAX];
	struct esim_profile profiles[ESIM_PROFILES_MAX];
	size_t order_count, profile_count;
	struct esim_stock_count counts[8];
	size_t count_count;
};

static es_status read_orders(struct es_db_conn *conn, void *user)
{
	struct rows *r = user;
	const struct esim_order_filter all = { .tenant = r->w->tenant, .imsi = "", .iccid = "", .eid = "", .after_id = "" };

	return esim_row_orders(&r->w->processes[0]->store, conn, &all, r->orders, ORDERS_MAX, &r->order_count);
}

static es_status read_profiles(struct es_db_conn *conn, void *user)
{
	struct rows *r = user;

	return esim_row_profiles(&r->w->processes[0]->store, conn, r->w->tenant, WORLD_IMSI, "", 1, r->profiles,
	                         &r->profile_count);
}

static void fetch(struct rows *r, es_db_fn *fn)
{
	if (es_db_read(r->w->processes[0]->store.db, fn, r) != ES_OK)
		world_fault(r->w, "the database cannot be read");
}

static struct rows *rows_new(struct world *w)
{
	struct rows *r = calloc(1, sizeof *r);

	es_db_testing_require(r != NULL, "out of memory");
	r->w = w;
	return r;
}

size_t world_orders(struct world *w, struct esim_order *out, size_t max)
{
	struct rows *r = rows_new(w);

	fetch(r, read_orders);
	const size_t count = r->order_count < max ? r->order_count : max;
	memcpy(out, r->orders, count * sizeof *out);
	free(r);
	return count;
}

size_t world_profiles(struct world *w, struct esim_profile *out, size_t max)
{
	struct rows *r = rows_new(w);

	fetch(r, read_profiles);
	const size_t count = r->profile_count < max ? r->profile_count : max;
	memcpy(out, r->profiles, count * sizeof *out);
	free(r);
	return count;
}

/* ---- profiles ---- */

static bool same(const char *a, const char *b)
{
	return a[0] != '\0' && strcmp(a, b) == 0;
}

static void check_pair(const struct rows *r, const struct esim_profile *a, const struct esim_profile *b)
{
	const bool live = a->ended_ms == 0 && b->ended_ms == 0;

	if (live && same(a->iccid, b->iccid))
		world_fault(r->w, "ICCID %s is given to two profiles", a->iccid);
	if (same(a->matching_id, b->matching_id))
		world_fault(r->w, "a MatchingID is given twice");
	if (live && a->app == ESIM_COMPANION && b->app == ESIM_COMPANION && same(a->device, b->device))
		world_fault(r->w, "%s has two profiles that live", a->device);
}

static void check_profiles(const struct rows *r)
{
	for (size_t i = 0; i < r->profile_count; i++) {
		const struct esim_profile *p = &r->profiles[i];
		if (p->ended_ms != 0 && p->status != ESIM_NO_REUSE)
			world_fault(r->w, "profile %.6s has ended, and has status %d", p->id, p->status);
		if (p->ended_ms == 0 && p->status != ESIM_ACTIVATED && p->status != ESIM_DEACTIVATED)
			world_fault(r->w, "profile %.6s lives, and has status %d", p->id, p->status);
		if (p->ended_ms == 0 && !r->w->facts.line_active)
			world_fault(r->w, "profile %.6s lives on a line that has ended", p->id);
		for (size_t k = i + 1; k < r->profile_count; k++)
			check_pair(r, p, &r->profiles[k]);
	}
}

/* What is set aside at the SM-DP+ is a profile's that lives. Only what was reserved for its type, and never told to us, may
 * be left over: ES2+ knows no question for it. */
static void check_held(const struct rows *r)
{
	struct world *w = r->w;

	w->leaks = 0;
	for (size_t i = 0; i < w->held_count; i++) {
		const struct world_held *h = &w->held[i];
		bool is_live = false, is_known = false;
		if (h->at == WORLD_AVAILABLE || h->at == WORLD_INSTALLED)
			continue;
		for (size_t k = 0; k < r->profile_count; k++) {
			const struct esim_profile *p = &r->profiles[k];
			if (strcmp(p->id, h->profile) != 0 || strcmp(p->iccid, h->iccid) != 0)
				continue;
			is_known = true;
			is_live = p->ended_ms == 0;
		}
		if (!is_live && (is_known || !h->of_type))
			world_fault(w, "%s is still %s at the SM-DP+, and nobody's", h->iccid, world_at_names[h->at]);
		w->leaks += !is_live && !is_known;
	}
}

/* ---- orders ---- */

static const char *name_of(const struct esim_order *o)
{
	return esim_kind_names[o->kind];
}

static void check_order(const struct rows *r, const struct esim_order *o)
{
	const uint32_t ordered = UINT32_C(1) << ESIM_STEP_ORDER, provisioned = UINT32_C(1) << ESIM_STEP_PROVISION;
	struct world *w = r->w;

	if (!esim_order_is_over(o)) {
		world_fault(w, "%s %.6s is lost: %s at %s, %s", name_of(o), o->id, esim_order_state_names[o->state],
		            esim_step_name((enum esim_step)o->step), o->reason);
		return;
	}
	const struct world_sale *s = world_sale_of(w, o->id);
	const bool has_retired =
		s->has_retired && (o->flags & ESIM_CANCELLED) == 0; /* a person's decision, not the clock's */
	if (o->state == ESIM_ORDER_UNDONE && (s->is_ordered || s->is_provisioned || has_retired))
		world_fault(w, "%s %.6s is undone, and still%s%s%s", name_of(o), o->id, s->is_ordered ? " paid" : "",
		            s->is_provisioned ? " provisioned" : "", has_retired ? " has ended the old profile" : "");
	if (o->state == ESIM_ORDER_DONE &&
	    (((o->steps & ordered) != 0 && !s->is_ordered) || ((o->steps & provisioned) != 0 && !s->is_provisioned)))
		world_fault(w, "%s %.6s is done, but not at the BSS", name_of(o), o->id);
}

/* ---- stock ---- */

/* Takes what is free, looks at it, and puts it back by failing. */
static es_status read_stock(struct es_db_conn *conn, void *user)
{
	struct rows *r = user;
	struct world *w = r->w;
	char iccid[ESIM_ICCID + 1];
	es_status status;

	ES_TRY(esim_row_stock_counts(conn, w->tenant, r->counts, ES_COUNT(r->counts), &r->count_count));
	while ((status = esim_row_stock_take(conn, w->tenant, "gold", "check", w->now_ms, iccid)) == ES_OK) {
		const struct world_held *h = world_held_of(w, iccid);
		if (h != NULL && h->at != WORLD_AVAILABLE)
			world_fault(w, "%s is free in our stock, and %s at the SM-DP+", iccid, world_at_names[h->at]);
		for (size_t i = 0; i < r->profile_count; i++)
			if (r->profiles[i].ended_ms == 0 && strcmp(r->profiles[i].iccid, iccid) == 0)
				world_fault(w, "%s is free in our stock, and a profile's", iccid);
	}
	return status == ES_NOT_FOUND ? ES_CONFLICT : status;
}

static void check_stock(struct rows *r)
{
	if (es_db_write_wait(r->w->processes[0]->store.db, read_stock, r) != ES_CONFLICT)
		world_fault(r->w, "the stock cannot be read");
	for (size_t i = 0; i < r->count_count; i++)
		if (r->counts[i].state == ESIM_STOCK_KEPT)
			world_fault(r->w, "%d ICCIDs are kept for orders that are over", (int)r->counts[i].count);
}

/* ---- events ---- */

static es_status read_events(struct es_db_conn *conn, void *user)
{
	struct rows *r = user;
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 1 << 20);
	struct esim_event events[64];
	uint64_t head = 0, last = 0;
	size_t count = 0;

	ES_TRY(esim_row_events(conn, 0, 0, arena, events, &count, &head));
	last = head > 64 ? head - 64 : 0;
	ES_TRY(esim_row_events(conn, last, 64, arena, events, &count, &head));
	for (size_t i = 0; i < count; i++)
		if (events[i].sequence != ++last)
			world_fault(r->w, "event %llu is followed by another than the next", (unsigned long long)last);
	if (last != head)
		world_fault(r->w, "the last event is not the head");
	return ES_OK;
}

const char *world_check(struct world *w)
{
	struct rows *r = rows_new(w);

	fetch(r, read_orders);
	fetch(r, read_profiles);
	check_profiles(r);
	check_held(r);
	for (size_t i = 0; i < r->order_count; i++)
		check_order(r, &r->orders[i]);
	check_stock(r);
	fetch(r, read_events);
	for (size_t i = 0; i < WORLD_PROCESSES; i++)
		if (w->processes[i]->room != 0)
			world_fault(w, "process %zu keeps room for %d requests that nobody makes", i, w->processes[i]->room);
	free(r);
	return w->fault;
}
