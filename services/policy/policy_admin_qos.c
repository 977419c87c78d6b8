/* policy_admin_qos.c -- actions on orders for quality of service: what there is, another try, no more of it; and a boost taken back
 * that the network did not give. */
#include <stdio.h>
#include <string.h>

#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_qos_follow.h"

/* ---- the list ---- */

struct listing {
	struct es_json_out *j;
	uint32_t limit, count;
	char last[POLICY_QOS_ID + 1];
	bool more;
};

static void put_time(struct es_json_out *j, const char *name, int64_t at_ms)
{
	char text[21];

	if (at_ms == 0)
		return;
	es_time_iso8601(at_ms, text);
	es_json_put_str(j, name, text);
}

static void write_order(const struct policy_qos_order *o, struct es_json_out *j)
{
	es_json_put_str(j, "id", o->id);
	es_json_put_str(j, "imsi", o->imsi);
	es_json_put_i64(j, "boost", o->boost);
	es_json_put_str(j, "state", policy_qos_state_names[o->state]);
	es_json_put_str(j, "mode", policy_qos_mode_names[o->mode]);
	es_json_put_str(j, "source", o->source);
	es_json_put_str(j, "qos_profile", o->profile);
	es_json_put_bool(j, "is_wanted", (o->flags & POLICY_QOS_GOAL) != 0);
	es_json_put_bool(j, "may_exist", o->remote[0] != '\0' || (o->flags & (POLICY_QOS_UNSURE | POLICY_QOS_OUT)) != 0);
	es_json_put_i64(j, "tries", o->tries);
	es_json_put_str(j, "remote_id", o->remote);
	es_json_put_str(j, "reason", o->reason);
	put_time(j, "until", o->until_ms);
	put_time(j, "created", o->created_ms);
	put_time(j, "asked", o->asked_ms);
	put_time(j, "active", o->active_ms);
	put_time(j, "ending", o->ending_ms);
	put_time(j, "ended", o->ended_ms);
	put_time(j, "next", o->next_ms);
}

static es_status write_one(const struct policy_qos_order *order, void *user)
{
	struct listing *l = user;

	if (l->count == l->limit) {
		l->more = true;
		return ES_OK;
	}
	l->count++;
	(void)snprintf(l->last, sizeof l->last, "%s", order->id);
	es_json_object(l->j, NULL);
	write_order(order, l->j);
	es_json_end_object(l->j);
	return ES_OK;
}

es_status policy_do_qos_list(struct policy_admin_call *call)
{
	const char *state = policy_param(call, "state");
	const int value = state[0] != '\0' ? policy_name_value(policy_qos_state_names, state) : 0;
	struct listing listing = { .limit = 0 };

	ES_TRY(policy_param_limit(call, &listing.limit));
	if (value < 0)
		return policy_refuse(call, POLICY_ADMIN_INVALID, "state",
		                     "must be one of: wanted, asking, active, ending, failed, ended");
	struct es_json_out j = policy_answer_start(call);
	listing.j = &j;
	es_json_array(&j, "items");
	ES_TRY(policy_row_qos_list(call->conn, call->tenant, policy_param(call, "cursor"), (uint8_t)value,
	                           listing.limit + 1, call->row_arena, write_one, &listing));
	return policy_list_end(call, &j, listing.more ? listing.last : NULL);
}

/* ---- one ---- */

static es_status load(struct policy_admin_call *call, struct policy_qos_order *out)
{
	es_status status = policy_row_qos(call->conn, policy_param(call, "order"), call->arena, out);

	if (status == ES_NOT_FOUND || (status == ES_OK && strcmp(out->tenant, call->tenant) != 0))
		return policy_refuse(call, POLICY_ADMIN_NOT_FOUND, "order", "no such order");
	if (status != ES_OK)
		return status;
	call->resource = es_arena_printf(call->arena, "qos-order/%s", out->id);
	call->detail =
		es_arena_printf(call->arena, "boost %d, state: %s", (int)out->boost, policy_qos_state_names[out->state]);
	return call->resource != NULL && call->detail != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status change(struct policy_admin_call *call, bool (*how)(struct policy_qos_order *, int64_t),
                        const char *refusal)
{
	struct policy_qos_order order;

	ES_TRY(load(call, &order));
	if (!how(&order, call->now_ms))
		return policy_refuse(call, POLICY_ADMIN_CONFLICT, "state", refusal);
	ES_TRY(policy_qos_settle(call->conn, call->store, &order, call->row_arena, call->now_ms));
	struct es_json_out j = policy_answer_start(call);
	write_order(&order, &j);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}

es_status policy_do_qos_retry(struct policy_admin_call *call)
{
	return change(call, policy_qos_retry, "only what failed is tried again");
}

es_status policy_do_qos_cancel(struct policy_admin_call *call)
{
	return change(call, policy_qos_cancel, "is at its end");
}

/* ---- compensation ---- */

static bool take_boost(struct policy_admin_call *call, struct policy_subscriber *line, int64_t kind)
{
	const struct policy_objects *had = &line->data.boosts;
	struct policy_line_boost *boosts = es_arena_array(call->arena, had->count + 1, sizeof *boosts);

	if (boosts == NULL)
		return false;
	if (had->count > 0)
		memcpy(boosts, had->items, had->count * sizeof *boosts);
	for (size_t i = 0; i < had->count; i++)
		if (policy_boost_kind(boosts[i].type) == kind)
			boosts[i].prov = POLICY_NOT_PROVISIONED;
	line->data.boosts.items = boosts;
	return true;
}

/* Storing the line lets go of its order, too (policy_qos_follow()). */
static es_status withdraw_from(struct policy_admin_call *call, const struct policy_qos_order *order,
                               const struct policy_subscriber *before, bool *changed)
{
	struct policy_subscriber line = *before;
	struct policy_fault fault = { "", "" };

	if (!take_boost(call, &line, order->boost))
		return ES_TOO_LARGE;
	es_status status = policy_line_store(call, before, &line, changed, &fault);
	if (status != ES_OK)
		return status == ES_MALFORMED ? policy_refuse(call, POLICY_ADMIN_CONFLICT, fault.field, fault.error) : status;
	return policy_line_note(call, before, &line);
}

es_status policy_do_qos_withdraw(struct policy_admin_call *call)
{
	struct policy_qos_order order;
	struct policy_subscriber before;
	bool exists = false, changed = false;

	ES_TRY(load(call, &order));
	if (order.state != POLICY_QOS_FAILED || (order.flags & POLICY_QOS_WITHDRAWING) == 0)
		return policy_refuse(call, POLICY_ADMIN_CONFLICT, "state", "is not to be withdrawn any more");
	ES_TRY(policy_line_find(call, order.imsi, call->arena, &before, &exists));
	if (exists)
		ES_TRY(withdraw_from(call, &order, &before, &changed));
	if (!changed) { /* there is nothing to take back */
		policy_qos_unwant(&order, call->now_ms);
		ES_TRY(policy_qos_settle(call->conn, call->store, &order, call->row_arena, call->now_ms));
	}
	struct es_json_out j = policy_answer_start(call);
	return policy_answer_end(call, &j, POLICY_ADMIN_DONE);
}
