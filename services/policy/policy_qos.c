/* policy_qos.c -- the steps of an order, and which orders a line wants. */
#include "policy_qos.h"

#include <string.h>

const char *const policy_qos_state_names[] = { [0] = "",
	                                           [POLICY_QOS_WANTED] = "wanted",
	                                           [POLICY_QOS_ASKING] = "asking",
	                                           [POLICY_QOS_ACTIVE] = "active",
	                                           "ending",
	                                           "failed",
	                                           "ended",
	                                           NULL };

static bool has(const struct policy_qos_order *o, unsigned flag)
{
	return (o->flags & flag) != 0;
}

static bool is_over(const struct policy_qos_order *o, int64_t now_ms)
{
	return o->until_ms != 0 && o->until_ms <= now_ms;
}

static bool is_goal(const struct policy_qos_order *o, int64_t now_ms)
{
	return has(o, POLICY_QOS_GOAL) && !is_over(o, now_ms);
}

/* Nothing of it is or may be in the network. */
static bool is_clean(const struct policy_qos_order *o)
{
	return o->remote[0] == '\0' && !has(o, POLICY_QOS_UNSURE);
}

/* ---- steps ---- */

static void end(struct policy_qos_order *o, int64_t now_ms)
{
	o->state = POLICY_QOS_ENDED;
	o->flags &= POLICY_QOS_CANCELLED;
	o->next_ms = 0;
	o->ended_ms = now_ms;
}

static void fail(struct policy_qos_order *o, int64_t now_ms)
{
	const bool is_wanted = is_goal(o, now_ms);

	if (!is_wanted && is_clean(o)) {
		end(o, now_ms);
		return;
	}
	o->state = POLICY_QOS_FAILED;
	o->next_ms = 0;
	if (is_wanted && o->withdraws) {
		o->flags |= POLICY_QOS_WITHDRAWING;
		o->next_ms = now_ms;
	}
}

static void step(struct policy_qos_order *o, uint8_t state, int64_t now_ms)
{
	o->state = state;
	o->tries = 0;
	o->next_ms = now_ms;
	if (state == POLICY_QOS_ENDING)
		o->ending_ms = now_ms;
}

static enum policy_qos_act go(struct policy_qos_order *o, enum policy_qos_act act, const struct policy_qos_pace *pace,
                              int64_t now_ms)
{
	if (o->tries >= pace->tries_max) { /* whoever tried ended in the middle of it, too */
		fail(o, now_ms);
		return POLICY_QOS_NOTHING;
	}
	o->tries++;
	o->takes++;
	o->flags |= POLICY_QOS_OUT;
	o->next_ms = now_ms + pace->lease_ms;
	return act;
}

static enum policy_qos_act ask(struct policy_qos_order *o, const struct policy_qos_pace *pace, int64_t now_ms)
{
	if (!is_goal(o, now_ms) && is_clean(o)) {
		end(o, now_ms);
		return POLICY_QOS_NOTHING;
	}
	if (o->state == POLICY_QOS_WANTED) {
		step(o, POLICY_QOS_ASKING, now_ms);
		o->asked_ms = now_ms;
	}
	return go(o, POLICY_QOS_CREATE, pace, now_ms);
}

enum policy_qos_act policy_qos_take(struct policy_qos_order *o, const struct policy_qos_pace *pace, int64_t now_ms)
{
	if (has(o, POLICY_QOS_OUT) && o->state == POLICY_QOS_ASKING)
		o->flags |= POLICY_QOS_UNSURE; /* its taker was never heard of again */
	o->flags &= ~(unsigned)POLICY_QOS_OUT;
	o->next_ms = 0;
	if (o->state == POLICY_QOS_ACTIVE && is_goal(o, now_ms)) {
		o->next_ms = o->until_ms;
		return POLICY_QOS_NOTHING;
	}
	if (o->state == POLICY_QOS_ACTIVE)
		step(o, POLICY_QOS_ENDING, now_ms);
	switch (o->state) {
	case POLICY_QOS_WANTED:
	case POLICY_QOS_ASKING: return ask(o, pace, now_ms);
	case POLICY_QOS_ENDING: return go(o, POLICY_QOS_REMOVE, pace, now_ms);
	default: break;
	}
	if (o->state != POLICY_QOS_FAILED || !has(o, POLICY_QOS_WITHDRAWING))
		return POLICY_QOS_NOTHING;
	o->next_ms = now_ms + pace->lease_ms;
	o->takes++;
	return POLICY_QOS_WITHDRAW;
}

static void made(struct policy_qos_order *o, const char *remote, int64_t now_ms)
{
	o->remote = remote;
	o->reason = "";
	o->flags &= ~(unsigned)POLICY_QOS_UNSURE;
	o->active_ms = now_ms;
	if (is_goal(o, now_ms)) {
		step(o, POLICY_QOS_ACTIVE, now_ms);
		o->next_ms = o->until_ms;
	} else {
		step(o, POLICY_QOS_ENDING, now_ms);
	}
}

static void again(struct policy_qos_order *o, const struct policy_qos_pace *pace, int64_t now_ms)
{
	int64_t pause = pace->retry_first_ms;

	if (o->state == POLICY_QOS_ASKING && !is_goal(o, now_ms) && is_clean(o)) {
		end(o, now_ms);
		return;
	}
	if (o->tries >= pace->tries_max) {
		fail(o, now_ms);
		return;
	}
	for (int64_t i = 1; i < o->tries && pause < pace->retry_max_ms; i++)
		pause *= 2;
	o->next_ms = now_ms + (pause < pace->retry_max_ms ? pause : pace->retry_max_ms);
}

void policy_qos_hear(struct policy_qos_order *o, const struct policy_qos_heard *heard,
                     const struct policy_qos_pace *pace, int64_t now_ms)
{
	const bool is_asking = o->state == POLICY_QOS_ASKING;

	if (!has(o, POLICY_QOS_OUT) || (!is_asking && o->state != POLICY_QOS_ENDING))
		return;
	o->flags &= ~(unsigned)POLICY_QOS_OUT;
	if (heard->outcome == POLICY_QOS_DONE) {
		if (is_asking) {
			made(o, heard->remote, now_ms);
		} else {
			o->reason = "";
			end(o, now_ms);
		}
		return;
	}
	o->reason = heard->reason;
	if (is_asking && heard->outcome == POLICY_QOS_LOST)
		o->flags |= POLICY_QOS_UNSURE;
	if (heard->outcome == POLICY_QOS_REFUSED)
		fail(o, now_ms);
	else
		again(o, pace, now_ms);
}

/* ---- from outside ---- */

/* Of one that failed: what may be in the network is looked for and ended. */
static void resume(struct policy_qos_order *o, int64_t now_ms)
{
	if (o->remote[0] != '\0')
		step(o, POLICY_QOS_ENDING, now_ms);
	else if (is_goal(o, now_ms) || !is_clean(o))
		step(o, POLICY_QOS_ASKING, now_ms);
	else
		end(o, now_ms);
}

void policy_qos_unwant(struct policy_qos_order *o, int64_t now_ms)
{
	const bool was_goal = has(o, POLICY_QOS_GOAL);

	o->flags &= ~(unsigned)(POLICY_QOS_GOAL | POLICY_QOS_WITHDRAWING);
	if (o->state == POLICY_QOS_WANTED || (o->state == POLICY_QOS_ASKING && !has(o, POLICY_QOS_OUT) && is_clean(o)))
		end(o, now_ms);
	else if (o->state == POLICY_QOS_ACTIVE)
		o->next_ms = now_ms;
	else if (o->state == POLICY_QOS_FAILED && was_goal)
		resume(o, now_ms);
}

bool policy_qos_retry(struct policy_qos_order *o, int64_t now_ms)
{
	if (o->state != POLICY_QOS_FAILED)
		return false;
	o->flags &= ~(unsigned)POLICY_QOS_WITHDRAWING;
	resume(o, now_ms);
	return true;
}

bool policy_qos_cancel(struct policy_qos_order *o, int64_t now_ms)
{
	if (o->state == POLICY_QOS_ENDED)
		return false;
	o->flags |= POLICY_QOS_CANCELLED;
	if (o->state == POLICY_QOS_FAILED)
		end(o, now_ms);
	else
		policy_qos_unwant(o, now_ms);
	return true;
}

/* ---- what a line wants ---- */

static const struct policy_boost *boost_of(const struct policy_plan *plan, int64_t type)
{
	const struct policy_boost *boosts = plan != NULL ? plan->data.boosts.items : NULL;

	for (size_t i = 0; boosts != NULL && i < plan->data.boosts.count; i++)
		if (policy_boost_kind(boosts[i].type) == policy_boost_kind(type))
			return &boosts[i];
	return NULL;
}

bool policy_qos_wanted(const struct policy_tenant *tenant, const struct policy_plan *plan,
                       const struct policy_subscriber *line, const struct policy_line_boost *boost, int64_t now_ms,
                       struct policy_qos_order *order)
{
	const struct policy_boost *sold = boost_of(plan, boost->type);

	*order = (struct policy_qos_order){ .id = "",
		                                .tenant = line->tenant,
		                                .imsi = line->imsi,
		                                .msisdn = line->msisdn,
		                                .boost = policy_boost_kind(boost->type),
		                                .until_ms = boost->until_ms,
		                                .state = POLICY_QOS_WANTED,
		                                .flags = POLICY_QOS_GOAL,
		                                .next_ms = now_ms,
		                                .created_ms = now_ms,
		                                .remote = "",
		                                .reason = "" };
	if (tenant == NULL || tenant->qos.mode == POLICY_QOS_OFF || sold == NULL || sold->qos_profile[0] == '\0')
		return false;
	order->mode = tenant->qos.mode;
	order->source = tenant->qos.source;
	order->dnn = tenant->qos.dnn;
	order->withdraws = tenant->qos.on_failure == POLICY_QOS_WITHDRAWS;
	order->profile = sold->qos_profile;
	return line->status == POLICY_ACTIVE && (line->opt_outs & POLICY_SERVICE_BOOST) == 0 &&
	       boost->prov == POLICY_PROVISIONED && !is_over(order, now_ms);
}

bool policy_qos_same(const struct policy_qos_order *a, const struct policy_qos_order *b)
{
	/* A session of the API for developers knows its end and its number; one of a PCF knows neither. */
	const bool knows_more = a->mode == POLICY_QOS_CAMARA;

	return a->boost == b->boost && a->mode == b->mode && strcmp(a->source, b->source) == 0 &&
	       strcmp(a->profile, b->profile) == 0 && strcmp(a->dnn, b->dnn) == 0 &&
	       (!knows_more || (a->until_ms == b->until_ms && strcmp(a->msisdn, b->msisdn) == 0));
}
