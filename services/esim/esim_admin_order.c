/* esim_admin_order.c -- orders: what there is and what became of it, another try, no more of it, the BSS's late answer. */
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"
#include "esim_admin_call.h"
#include "esim_bss_message.h"
#include "esim_odsa.h"
#include "esim_settle.h"

/* ---- one, as JSON ---- */

/* `profile` NULL: it is gone, with the line that was erased. */
static void write_order(const struct esim_order *o, const struct esim_profile *profile, struct es_json_out *j)
{
	es_json_put_str(j, "id", o->id);
	es_json_put_str(j, "kind", esim_kind_names[o->kind]);
	es_json_put_str(j, "state", esim_order_state_names[o->state]);
	es_json_put_str(j, "step", esim_step_name((enum esim_step)o->step));
	es_json_put_str(j, "app", esim_app_id(o->app));
	es_json_put_str(j, "imsi", o->imsi);
	es_json_put_str(j, "enterprise", o->enterprise);
	es_json_put_str(j, "iccid", profile != NULL ? profile->iccid : "");
	es_json_put_str(j, "eid", profile != NULL ? profile->eid : "");
	es_json_put_str(j, "terminal_id", profile != NULL ? profile->device : "");
	es_json_put_str(j, "old_iccid", o->old_iccid);
	es_json_put_str(j, "plan", o->plan);
	es_json_put_str(j, "profile_type", o->profile_type);
	es_json_put_str(j, "smdp", o->smdp);
	es_json_put_str(j, "bss", o->bss);
	es_json_put_i64(j, "tries", o->tries);
	es_json_put_bool(j, "is_cancelled", (o->flags & ESIM_CANCELLED) != 0);
	es_json_put_bool(j, "is_unsure", (o->flags & ESIM_UNSURE) != 0);
	es_json_put_str(j, "reason", o->reason);
	es_admin_put_time(j, "created", o->created_ms);
	es_admin_put_time(j, "updated", o->updated_ms);
	es_admin_put_time(j, "ended", o->ended_ms);
	es_admin_put_time(j, "next", o->next_ms);
}

static void write_left(const struct esim_order *o, struct es_json_out *j)
{
	const bool is_back = (o->flags & ESIM_BACK) != 0;

	es_json_array(j, "left");
	for (unsigned step = is_back ? ESIM_STEPS : 0; step < (is_back ? ESIM_ALL_STEPS : ESIM_STEPS); step++)
		if ((o->steps & ~o->done & UINT32_C(1) << step) != 0)
			es_json_put_str(j, NULL, esim_step_name((enum esim_step)step));
	es_json_end_array(j);
}

static es_status write_steps(struct es_admin_call *call, const struct esim_order *o, struct es_json_out *j)
{
	struct esim_step_note *notes = es_arena_array(call->arena, ESIM_STEPS_KEPT, sizeof *notes);
	size_t count = 0;

	if (notes == NULL)
		return ES_TOO_LARGE;
	ES_TRY(esim_row_steps(call->conn, o->id, notes, &count));
	es_json_array(j, "steps");
	for (size_t i = 0; i < count; i++) {
		const struct esim_step_note *n = &notes[i];
		es_json_object(j, NULL);
		es_json_put_str(j, "step", n->step < ESIM_ALL_STEPS ? esim_step_name((enum esim_step)n->step) : "");
		es_admin_put_time(j, "at", n->at_ms);
		es_json_put_str(j, "outcome", n->outcome[0] != '\0' ? n->outcome : "sent");
		es_json_put_str(j, "reason", n->reason);
		es_json_end_object(j);
	}
	es_json_end_array(j);
	return ES_OK;
}

/* ---- the list ---- */

#define BATCH 64
#define BATCHES 40 /* looked through for one page where little of it is meant */

struct listing {
	struct esim_order_filter filter;
	size_t kind; /* ESIM_KINDS: any */
	bool is_more;
	size_t limit, count;
	char cursor[64];
	char after_id[ESIM_ID + 1];
};

/* "1700000000000.<id>": when it was made, and which one. */
static es_status read_cursor(struct es_admin_call *call, struct listing *l)
{
	struct es_slice rest = es_slice_str(es_admin_param(call, "cursor"));
	const bool is_there = rest.len > 0;
	const struct es_slice at = es_slice_cut(&rest, '.');

	l->filter.after_id = l->after_id;
	if (!is_there)
		return ES_OK;
	if (es_parse_i64(at, 0, INT64_MAX, &l->filter.after_ms) != ES_OK ||
	    !es_slice_to_str(rest, l->after_id, sizeof l->after_id))
		return es_admin_refuse(call, ES_ADMIN_INVALID, "cursor", "must be the \"next\" of an answer");
	return ES_OK;
}

static es_status read_state(struct es_admin_call *call, struct listing *l)
{
	const char *state = es_admin_param(call, "state"), *stuck = es_admin_param(call, "stuck");
	const bool is_stuck = strcmp(stuck, "true") == 0;

	for (uint8_t i = 1; state[0] != '\0' && esim_order_state_names[i] != NULL; i++)
		if (strcmp(state, esim_order_state_names[i]) == 0)
			l->filter.state = i;
	if (state[0] != '\0' && l->filter.state == 0)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "state",
		                       "must be one of: going, waiting, undoing, stuck, done, undone");
	if (!is_stuck && stuck[0] != '\0' && strcmp(stuck, "false") != 0)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "stuck", "must be true or false");
	if (is_stuck && state[0] != '\0' && l->filter.state != ESIM_ORDER_STUCK)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "stuck", "is another state");
	if (is_stuck)
		l->filter.state = ESIM_ORDER_STUCK;
	return ES_OK;
}

static es_status read_kind(struct es_admin_call *call, struct listing *l)
{
	const char *kind = es_admin_param(call, "kind");

	l->kind = 0;
	while (l->kind < ESIM_KINDS && strcmp(kind, esim_kind_names[l->kind]) != 0)
		l->kind++;
	if (kind[0] != '\0' && l->kind == ESIM_KINDS)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "kind", "is no kind of order");
	return ES_OK;
}

static es_status read_filter(struct es_admin_call *call, struct listing *l, char iccid[ESIM_ICCID + 1])
{
	l->filter.tenant = call->tenant;
	l->filter.imsi = es_admin_param(call, "imsi");
	l->filter.eid = es_admin_param(call, "eid");
	l->filter.iccid = iccid;
	iccid[0] = '\0';
	if (es_admin_param(call, "iccid")[0] != '\0')
		ES_TRY(esim_admin_iccid(call, iccid));
	ES_TRY(es_admin_limit(call, &l->limit));
	ES_TRY(read_cursor(call, l));
	ES_TRY(read_state(call, l));
	return read_kind(call, l);
}

/* The store looks up by one of them; the others are looked at here. */
static bool is_meant(const struct listing *l, const struct esim_order *o, const struct esim_profile *p)
{
	const struct esim_order_filter *f = &l->filter;

	return (f->state == 0 || o->state == f->state) && (l->kind == ESIM_KINDS || o->kind == l->kind) &&
	       (f->imsi[0] == '\0' || strcmp(o->imsi, f->imsi) == 0) &&
	       (f->iccid[0] == '\0' || (p != NULL && strcmp(p->iccid, f->iccid) == 0)) &&
	       (f->eid[0] == '\0' || (p != NULL && strcmp(p->eid, f->eid) == 0));
}

static es_status profile_of(struct es_admin_call *call, const struct esim_order *o, struct esim_profile *room,
                            const struct esim_profile **out)
{
	const es_status status = esim_row_profile(esim_admin_store(call), call->conn, o->profile, room);

	*out = status == ES_OK ? room : NULL;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

static es_status list_one(struct es_admin_call *call, struct listing *l, const struct esim_order *o,
                          struct es_json_out *j)
{
	struct esim_profile room;
	const struct esim_profile *profile = NULL;

	es_status status = profile_of(call, o, &room, &profile);
	if (status == ES_OK && is_meant(l, o, profile)) {
		l->is_more = l->count == l->limit;
		if (!l->is_more) {
			l->count++;
			es_json_object(j, NULL);
			write_order(o, profile, j);
			es_json_end_object(j);
		}
	}
	es_wipe(&room, sizeof room);
	return status;
}

static void pass(struct listing *l, const struct esim_order *o)
{
	l->filter.after_ms = o->created_ms;
	(void)snprintf(l->after_id, sizeof l->after_id, "%s", o->id);
	(void)snprintf(l->cursor, sizeof l->cursor, "%lld.%s", (long long)o->created_ms, o->id);
}

/* Ends with `is_more` at a full page, and where it was long enough looked for. */
static es_status list_all(struct es_admin_call *call, struct listing *l, struct es_json_out *j)
{
	struct esim_order *orders = es_arena_array(call->arena, BATCH, sizeof *orders);
	size_t count = BATCH;

	if (orders == NULL)
		return ES_TOO_LARGE;
	for (size_t batch = 0; batch < BATCHES && count == BATCH; batch++) {
		ES_TRY(esim_row_orders(esim_admin_store(call), call->conn, &l->filter, orders, BATCH, &count));
		for (size_t i = 0; i < count; i++) {
			ES_TRY(list_one(call, l, &orders[i], j));
			if (l->is_more)
				return ES_OK;
			pass(l, &orders[i]);
		}
	}
	l->is_more = count == BATCH;
	return ES_OK;
}

es_status esim_do_order_list(struct es_admin_call *call)
{
	struct listing l = { .count = 0 };
	char iccid[ESIM_ICCID + 1];

	ES_TRY(read_filter(call, &l, iccid));
	struct es_json_out j = es_admin_begin(call);
	es_json_array(&j, "items");
	ES_TRY(list_all(call, &l, &j));
	es_json_end_array(&j);
	if (l.is_more)
		es_json_put_str(&j, "next", l.cursor);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

/* ---- one ---- */

static es_status load(struct es_admin_call *call, struct esim_case **out)
{
	struct esim_case *c = es_arena_alloc(call->arena, sizeof *c);
	const es_status status =
		c == NULL ? ES_TOO_LARGE : esim_case_read(esim_admin_store(call), call->conn, es_admin_param(call, "order"), c);

	if (status == ES_NOT_FOUND || (status == ES_OK && strcmp(c->order.tenant, call->tenant) != 0))
		return es_admin_refuse(call, ES_ADMIN_NOT_FOUND, "order", "no such order");
	*out = c;
	return status;
}

static es_status answer(struct es_admin_call *call, const struct esim_case *c)
{
	struct es_json_out j = es_admin_begin(call);

	write_order(&c->order, &c->profile, &j);
	write_left(&c->order, &j);
	ES_TRY(write_steps(call, &c->order, &j));
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

es_status esim_do_order_get(struct es_admin_call *call)
{
	struct esim_case *c = NULL;

	ES_TRY(load(call, &c));
	return answer(call, c);
}

/* ---- a change ---- */

/* The order has moved. */
static es_status moved(struct es_admin_call *call, struct esim_case *c, uint8_t step, const char *outcome)
{
	ES_TRY(esim_row_step_note(call->conn, c->order.id, step, outcome, c->order.reason, call->now_ms));
	ES_TRY(esim_case_write(esim_admin_store(call), call->conn, c, call->now_ms));
	esim_admin_moved(call, c);
	return answer(call, c);
}

es_status esim_do_order_retry(struct es_admin_call *call)
{
	struct esim_case *c = NULL;

	ES_TRY(load(call, &c));
	if (!esim_order_retry(&c->order, call->now_ms))
		return es_admin_refuse(call, ES_ADMIN_CONFLICT, "state", "only what is stuck is tried again");
	return moved(call, c, c->order.step, "retried");
}

es_status esim_do_order_cancel(struct es_admin_call *call)
{
	struct esim_case *c = NULL;

	ES_TRY(load(call, &c));
	const uint8_t step = c->order.step;
	if (esim_order_close(&c->order, call->now_ms))
		return moved(call, c, step, "closed");
	if (!esim_order_cancel(&c->order, "an operator took it back", call->now_ms))
		return es_admin_refuse(call, ES_ADMIN_CONFLICT, "state",
		                       "is done, or so far that its device may have the profile");
	return moved(call, c, step, "cancelled");
}

/* ---- what the BSS says late ---- */

static es_status refuse_late(struct es_admin_call *call, const char *why)
{
	return es_admin_refuse(call, ES_ADMIN_CONFLICT, "step", why);
}

/* The order, as if it had just been asked for: whoever was asking has been overtaken. */
static es_status take_late(struct es_admin_call *call, struct esim_order *o)
{
	const struct esim_pace pace = { .lease_ms = 0 };
	const uint8_t step = o->step;

	if (esim_order_peer(o) != ESIM_PEER_BSS || (o->begun & UINT32_C(1) << step) == 0)
		return refuse_late(call, "the order waits for no answer of the BSS");
	if ((o->flags & ESIM_OUT) != 0)
		return refuse_late(call, "the BSS is being asked right now; try again");
	if (o->state == ESIM_ORDER_STUCK && !esim_order_retry(o, call->now_ms))
		return ES_INTERNAL;
	if (!esim_order_take(o, &pace, call->now_ms) || o->step != step)
		return refuse_late(call, "the order is being taken back");
	return ES_OK;
}

es_status esim_do_order_advance(struct es_admin_call *call)
{
	const struct esim_pace pace = { .lease_ms = 0 };
	struct esim_heard heard;
	struct esim_case *c = NULL;

	ES_TRY(load(call, &c));
	const uint8_t step = c->order.step;
	ES_TRY(take_late(call, &c->order));
	esim_bss_read(esim_step_name((enum esim_step)step), 200, call->request->body, -1, &heard);
	es_status status = ES_OK;
	if (heard.outcome != ESIM_HEARD_DONE && heard.outcome != ESIM_HEARD_REFUSED) {
		status = es_admin_refuse(call, ES_ADMIN_INVALID, "state",
		                         heard.reason[0] != '\0' ? heard.reason : "must be done or refused");
	} else {
		esim_profile_learn(&c->profile, &c->order, &heard, "");
		esim_order_hear(&c->order, &heard, &pace, call->now_ms);
		status = moved(call, c, step, heard.outcome == ESIM_HEARD_DONE ? "done" : "refused");
	}
	es_wipe(&heard, sizeof heard);
	return status;
}
