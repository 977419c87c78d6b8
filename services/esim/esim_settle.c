/* esim_settle.c -- a table: which end an order comes to, by kind, for the profile and for the old one. Pure. */
#include "esim_settle.h"

#include <stdio.h>
#include <string.h>

#define COPY(to, from) (void)snprintf((to), sizeof(to), "%s", (from))

enum effect {
	STAYS,
	ACTIVE,
	COMING, /* activating */
	OFF,
	LENT,  /* off, until it is given back */
	ENDED, /* not to be used again */
};

static void apply(enum effect effect, struct esim_profile *p, int64_t now_ms)
{
	static const uint8_t status[] = { [ACTIVE] = ESIM_ACTIVATED,
		                              [COMING] = ESIM_ACTIVATING,
		                              [OFF] = ESIM_DEACTIVATED,
		                              [LENT] = ESIM_DEACTIVATED,
		                              [ENDED] = ESIM_NO_REUSE };

	/* One that has ended stays so, whatever another order about it still comes to. */
	if (p == NULL || effect == STAYS || (p->ended_ms != 0 && effect != ENDED))
		return;
	p->status = status[effect];
	if (effect == ACTIVE || effect == LENT)
		p->is_lent = effect == LENT;
	if (effect == ENDED && p->ended_ms == 0)
		p->ended_ms = now_ms;
}

/* Of the profile while its order is under way, when it is done, when it is undone; of the old one when it is done. */
static const struct {
	enum effect going, done, undone, old;
} effects[ESIM_KINDS] = {
	[ESIM_SUBSCRIBE] = { COMING, ACTIVE, ENDED, STAYS }, [ESIM_UNSUBSCRIBE] = { STAYS, ENDED, STAYS, STAYS },
	[ESIM_CHANGE] = { STAYS, STAYS, STAYS, STAYS },      [ESIM_TRANSFER] = { COMING, ACTIVE, ENDED, ENDED },
	[ESIM_RECOVER] = { COMING, ACTIVE, ENDED, ENDED },   [ESIM_SERVICE_ON] = { COMING, ACTIVE, OFF, STAYS },
	[ESIM_SERVICE_OFF] = { STAYS, OFF, STAYS, STAYS },   [ESIM_RELEASE] = { COMING, ACTIVE, OFF, STAYS },
	[ESIM_LEND] = { COMING, ACTIVE, ENDED, LENT },       [ESIM_RETURN] = { COMING, ACTIVE, LENT, ENDED },
	[ESIM_TERMINATE] = { ENDED, ENDED, ENDED, STAYS },
};

static bool is_downloaded_again(const struct esim_order *order, const struct esim_profile *old)
{
	return (order->flags & ESIM_REUSES) != 0 && old != NULL && (order->flags & ESIM_GONE) != 0;
}

/* A release that is undone leaves a profile that waits for another word, or none where the SM-DP+ took it back. */
static enum effect undone(const struct esim_order *order)
{
	const bool is_taken_back = (order->done & UINT32_C(1) << ESIM_UNDO_PROFILE) != 0;

	return order->kind == ESIM_RELEASE && is_taken_back ? ENDED : effects[order->kind].undone;
}

/* May be downloaded from now on. */
static void offer(const struct esim_order *order, struct esim_profile *p, int64_t now_ms)
{
	if (p->ended_ms != 0)
		return;
	p->status = ESIM_ACTIVATED;
	p->needs_word = false;
	if (p->ready_ms == 0) {
		p->ready_ms = now_ms;
		p->given_ms = p->polls = 0;
	}
	if ((order->flags & ESIM_SEEN) != 0 && p->seen_ms == 0)
		p->seen_ms = now_ms;
}

void esim_settle(const struct esim_order *order, struct esim_profile *profile, struct esim_profile *old, int64_t now_ms)
{
	const bool is_new = esim_order_makes_profile(order) || order->kind == ESIM_RELEASE;
	const uint32_t retired = UINT32_C(1) << ESIM_STEP_RETIRE | UINT32_C(1) << ESIM_STEP_RETIRE_EARLY;

	profile->updated_ms = now_ms;
	if (order->state == ESIM_ORDER_UNDONE)
		apply(undone(order), profile, now_ms);
	else if (is_new && esim_order_is_offered(order))
		offer(order, profile, now_ms);
	else if (order->state == ESIM_ORDER_DONE)
		apply(effects[order->kind].done, profile, now_ms);
	else if ((order->flags & ESIM_BACK) == 0)
		apply(effects[order->kind].going, profile, now_ms);
	/* A profile that is loaded again leaves its old device before it has a new one. */
	if (order->state == ESIM_ORDER_DONE || (order->done & retired) != 0)
		apply(effects[order->kind].old, old, now_ms);
	else if (is_downloaded_again(order, old))
		apply(ENDED, old, now_ms);
}

bool esim_profile_differs(const struct esim_profile *a, const struct esim_profile *b)
{
	return a->status != b->status || a->ended_ms != b->ended_ms || a->ready_ms != b->ready_ms ||
	       a->is_lent != b->is_lent || a->needs_word != b->needs_word || (a->seen_ms == 0) != (b->seen_ms == 0) ||
	       strcmp(a->iccid, b->iccid) != 0 || strcmp(a->plan, b->plan) != 0;
}

/* ---- what a step brought ---- */

static void take(char *to, size_t size, const char *from)
{
	if (from[0] != '\0')
		(void)snprintf(to, size, "%s", from);
}
#define TAKE(to, from) take((to), sizeof(to), (from))

/* SGP.22 4.1: 1$address$matching id[$OID[$1]]. */
static void make_code(struct esim_profile *p)
{
	const int len = snprintf(p->activation_code, sizeof p->activation_code, "1$%s$%s%s", p->smdp_address,
	                         p->matching_id, p->confirmation_code[0] != '\0' ? "$$1" : "");

	if (len < 0 || (size_t)len >= sizeof p->activation_code)
		p->activation_code[0] = '\0';
}

/* A BSS names SM-DP+s of its own tenant only. */
static bool may_be_named(const struct esim_order *order, const char *smdp)
{
	char between[ESIM_NAME + 3];

	(void)snprintf(between, sizeof between, ",%s,", smdp);
	return smdp[0] != '\0' && strstr(order->smdp_others, between) != NULL;
}

void esim_profile_learn(struct esim_profile *p, struct esim_order *order, const struct esim_heard *heard,
                        const char *fqdn)
{
	TAKE(p->iccid, heard->iccid);
	TAKE(p->profile_imsi, heard->imsi);
	TAKE(p->msisdn, heard->msisdn);
	TAKE(p->plan, heard->plan);
	TAKE(p->confirmation_code, heard->confirmation_code);
	TAKE(p->smdp_address, heard->smdp_address);
	TAKE(order->profile_type, heard->profile_type);
	if (may_be_named(order, heard->smdp)) {
		TAKE(p->smdp, heard->smdp);
		TAKE(order->smdp, heard->smdp);
	}
	if (heard->activation_code[0] != '\0') {
		TAKE(p->activation_code, heard->activation_code);
		p->by_address = false;
	} else if (order->step == ESIM_STEP_ORDER && heard->smdp_address[0] != '\0') {
		p->by_address = true;
	}
	if (order->step != ESIM_STEP_CONFIRM_ORDER || heard->outcome != ESIM_HEARD_DONE)
		return;
	if (p->smdp_address[0] == '\0')
		TAKE(p->smdp_address, fqdn);
	if (!p->by_address) {
		TAKE(p->matching_id, heard->matching_id);
		make_code(p);
	}
}
