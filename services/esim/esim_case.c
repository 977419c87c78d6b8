/* esim_case.c -- order, profile and old profile in one transaction, with what devices are to be told. */
#include "esim_case.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "esim_odsa.h"
#include "esim_settle.h"

es_status esim_case_read(const struct esim_store *store, struct es_db_conn *conn, const char *order,
                         struct esim_case *out)
{
	memset(out, 0, sizeof *out);
	ES_TRY(esim_row_order(store, conn, order, &out->order));
	ES_TRY(esim_row_profile(store, conn, out->order.profile, &out->profile));
	if (out->order.old_profile[0] != '\0') {
		const es_status status = esim_row_profile(store, conn, out->order.old_profile, &out->old);
		if (status != ES_OK && status != ES_NOT_FOUND)
			return status;
		out->has_old = status == ES_OK;
	}
	out->profile_before = out->profile;
	out->old_before = out->old;
	out->state_before = out->order.state;
	return ES_OK;
}

/* ---- events ---- */

/* What changed, in the first row that holds. */
static const char *event_of(const struct esim_profile *p, const struct esim_profile *before)
{
	const struct {
		bool is;
		const char *kind;
	} kinds[] = {
		{ p->ended_ms != 0 && before->ended_ms == 0, "profile.ended" },
		{ p->ready_ms != before->ready_ms && p->ready_ms != 0, "profile.ready" },
		{ p->seen_ms != 0 && before->seen_ms == 0, "profile.installed" },
		{ p->status != before->status && p->status == ESIM_ACTIVATED, "profile.activated" },
		{ p->status != before->status && p->status == ESIM_ACTIVATING, "profile.activating" },
		{ p->status != before->status && p->status == ESIM_DEACTIVATED, "profile.deactivated" },
	};

	for (size_t i = 0; i < ES_COUNT(kinds); i++)
		if (kinds[i].is)
			return kinds[i].kind;
	return "profile.changed";
}

es_status esim_profile_write(const struct esim_store *store, struct es_db_conn *conn, struct esim_profile *profile,
                             const struct esim_profile *before, const char *traceparent, int64_t now_ms,
                             uint64_t *event)
{
	struct esim_event e = { .at_ms = now_ms,
		                    .kind = event_of(profile, before),
		                    .tenant = profile->tenant,
		                    .imsi = profile->imsi,
		                    .app = esim_app_id((enum esim_app)profile->app),
		                    .terminal_id = profile->requester,
		                    .traceparent = traceparent };

	ES_TRY(esim_row_profile_put(store, conn, profile));
	if (!esim_profile_differs(profile, before))
		return ES_OK;
	ES_TRY(esim_row_event_add(conn, &e));
	*event = e.sequence;
	return ES_OK;
}

static es_status order_event(struct es_db_conn *conn, struct esim_case *c, int64_t now_ms)
{
	static const char *const kinds[] = {
		[ESIM_ORDER_STUCK] = "order.stuck", [ESIM_ORDER_DONE] = "order.done", [ESIM_ORDER_UNDONE] = "order.undone"
	};
	const struct esim_order *o = &c->order;

	if (o->state == c->state_before || o->state < ESIM_ORDER_STUCK)
		return ES_OK;
	struct esim_event e = { .at_ms = now_ms,
		                    .kind = kinds[o->state],
		                    .tenant = o->tenant,
		                    .imsi = o->imsi,
		                    .app = esim_app_id((enum esim_app)o->app),
		                    .terminal_id = "",
		                    .traceparent = o->traceparent };
	ES_TRY(esim_row_event_add(conn, &e));
	c->event = e.sequence;
	return ES_OK;
}

/* ---- stock ---- */

/* An ICCID of ours is used up once it may be on a device, and free again when its SM-DP+ took it back. */
static es_status settle_stock(struct es_db_conn *conn, const struct esim_case *c, int64_t now_ms)
{
	const struct esim_order *o = &c->order;

	if ((o->flags & ESIM_OWN_STOCK) == 0 || c->profile.iccid[0] == '\0' || !esim_order_is_over(o) ||
	    o->state == c->state_before)
		return ES_OK;
	const bool is_free =
		o->state == ESIM_ORDER_UNDONE && c->profile.seen_ms == 0 && (o->flags & (ESIM_SEEN | ESIM_FETCHED)) == 0;
	/* Closed by a person before the SM-DP+ took it back. */
	const bool is_spoiled = (o->steps & ~o->done & UINT32_C(1) << ESIM_UNDO_PROFILE) != 0;
	const enum esim_stock_state state = is_spoiled ? ESIM_STOCK_SPOILED : is_free ? ESIM_STOCK_FREE : ESIM_STOCK_USED;
	return esim_row_stock_set(conn, o->tenant, c->profile.iccid, state, now_ms);
}

/* ---- writing ---- */

static es_status write(const struct esim_store *store, struct es_db_conn *conn, struct esim_case *c, int64_t now_ms)
{
	const char *trace = c->order.traceparent;

	/* The old one first: a profile that is loaded again keeps its ICCID. */
	if (c->has_old && (esim_profile_differs(&c->old, &c->old_before) || c->old.is_lent != c->old_before.is_lent))
		ES_TRY(esim_profile_write(store, conn, &c->old, &c->old_before, trace, now_ms, &c->event));
	ES_TRY(esim_profile_write(store, conn, &c->profile, &c->profile_before, trace, now_ms, &c->event));
	ES_TRY(esim_row_order_put(store, conn, &c->order));
	ES_TRY(settle_stock(conn, c, now_ms));
	return order_event(conn, c, now_ms);
}

es_status esim_case_write(const struct esim_store *store, struct es_db_conn *conn, struct esim_case *c, int64_t now_ms)
{
	esim_settle(&c->order, &c->profile, c->has_old ? &c->old : NULL, now_ms);
	return write(store, conn, c, now_ms);
}

es_status esim_case_begin(const struct esim_store *store, struct es_db_conn *conn, struct esim_case *c, int64_t now_ms)
{
	c->has_old = false;
	c->state_before = 0;
	c->event = 0;
	memset(&c->profile_before, 0, sizeof c->profile_before);
	if (c->profile.version > 0)
		ES_TRY(esim_row_profile(store, conn, c->profile.id, &c->profile_before));
	if (c->order.old_profile[0] != '\0') {
		ES_TRY(esim_row_profile(store, conn, c->order.old_profile, &c->old));
		c->old_before = c->old;
		c->has_old = true;
	}
	return esim_case_write(store, conn, c, now_ms);
}

/* ---- signs ---- */

static void note_sign(struct esim_case *c, bool has_order, enum esim_sign sign, const char *reason, int64_t now_ms)
{
	switch (sign) {
	case ESIM_SIGN_DOWNLOADED:
		if (has_order)
			c->order.flags |= ESIM_FETCHED;
		break;
	case ESIM_SIGN_INSTALLED:
		if (c->profile.seen_ms == 0 && c->profile.ended_ms == 0)
			c->profile.seen_ms = now_ms;
		if (has_order)
			esim_order_installed(&c->order, now_ms);
		break;
	case ESIM_SIGN_DELETED:
		if (has_order)
			esim_order_deleted(&c->order, now_ms);
		break;
	case ESIM_SIGN_FAILED:
		if (has_order)
			esim_order_failed(&c->order, reason, now_ms);
		break;
	}
}

/* Deleted on its device: whoever waits for that is an order that takes the profile elsewhere. */
static es_status order_that_waits(const struct esim_store *store, struct es_db_conn *conn,
                                  const struct esim_profile *deleted, struct esim_case *out)
{
	struct esim_profile *line = calloc(ESIM_PROFILES_MAX, sizeof *line);
	struct esim_order order;
	es_status status = ES_TOO_LARGE;
	size_t count = 0;

	if (line != NULL)
		status = esim_row_profiles(store, conn, deleted->tenant, deleted->imsi, deleted->enterprise, INT64_MAX, line,
		                           &count);
	es_status found = status == ES_OK ? ES_NOT_FOUND : status;
	for (size_t i = 0; status == ES_OK && found == ES_NOT_FOUND && i < count; i++) {
		found = esim_row_order_of_profile(store, conn, line[i].id, &order);
		if (found == ES_OK && strcmp(order.old_profile, deleted->id) != 0)
			found = ES_NOT_FOUND;
	}
	free(line);
	return found == ES_OK ? esim_case_read(store, conn, order.id, out) : found;
}

es_status esim_case_sign(const struct esim_store *store, struct es_db_conn *conn, const char *tenant, const char *iccid,
                         enum esim_sign sign, const char *reason, int64_t now_ms, struct esim_case *out)
{
	struct esim_profile profile;
	struct esim_order order;

	memset(out, 0, sizeof *out);
	ES_TRY(esim_row_profile_of_iccid(store, conn, tenant, iccid, &profile));
	es_status status = sign == ESIM_SIGN_DELETED ? order_that_waits(store, conn, &profile, out)
	                                             : esim_row_order_of_profile(store, conn, profile.id, &order);
	if (status == ES_OK && sign != ESIM_SIGN_DELETED)
		status = esim_case_read(store, conn, order.id, out);
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	const bool has_order = status == ES_OK;
	if (!has_order)
		out->profile = out->profile_before = profile;
	note_sign(out, has_order, sign, reason, now_ms);
	if (has_order)
		return esim_case_write(store, conn, out, now_ms);
	return esim_profile_write(store, conn, &out->profile, &out->profile_before, "", now_ms, &out->event);
}
