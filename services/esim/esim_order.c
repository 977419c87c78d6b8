/* esim_order.c -- the walk over steps, forward and back. Pure. */
#include "esim_order.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define BIT(step) (UINT32_C(1) << (step))
#define OF(name) BIT(ESIM_STEP_##name)

#define AT_SMDP (OF(DOWNLOAD_ORDER) | OF(CONFIRM_ORDER) | OF(RELEASE))
#define AT_BSS (OF(VERIFY) | OF(ORDER) | OF(PROVISION) | OF(SERVICE) | OF(RETIRE_EARLY) | OF(RETIRE))
#define MAKES_PROFILE (OF(VERIFY) | OF(ORDER) | AT_SMDP | OF(PROVISION) | OF(OFFER) | OF(INSTALLED))
#define REPLACES (OF(RETIRE_EARLY) | OF(RETIRE))

static const uint32_t steps_of[ESIM_KINDS] = {
	[ESIM_SUBSCRIBE] = MAKES_PROFILE,
	[ESIM_UNSUBSCRIBE] = OF(ORDER) | OF(WITHDRAW),
	[ESIM_CHANGE] = OF(ORDER),
	[ESIM_TRANSFER] = MAKES_PROFILE | OF(DELETED) | REPLACES,
	[ESIM_RECOVER] = MAKES_PROFILE | REPLACES,
	[ESIM_SERVICE_ON] = OF(SERVICE),
	[ESIM_SERVICE_OFF] = OF(SERVICE),
	[ESIM_RELEASE] = OF(VERIFY) | OF(ORDER) | OF(RELEASE) | OF(OFFER) | OF(INSTALLED),
	[ESIM_LEND] = MAKES_PROFILE | REPLACES,
	[ESIM_RETURN] = OF(ORDER) | OF(WITHDRAW),
	[ESIM_TERMINATE] = OF(WITHDRAW),
};

const char *const esim_kind_names[ESIM_KINDS] = {
	[ESIM_SUBSCRIBE] = "subscribe",    [ESIM_UNSUBSCRIBE] = "unsubscribe", [ESIM_CHANGE] = "change",
	[ESIM_TRANSFER] = "transfer",      [ESIM_RECOVER] = "recover",         [ESIM_SERVICE_ON] = "activate",
	[ESIM_SERVICE_OFF] = "deactivate", [ESIM_RELEASE] = "release",         [ESIM_LEND] = "lend",
	[ESIM_RETURN] = "return",          [ESIM_TERMINATE] = "terminate",
};

static const struct {
	const char *name;
	enum esim_peer peer;
} steps[ESIM_ALL_STEPS] = {
	[ESIM_STEP_VERIFY] = { "verify", ESIM_PEER_BSS },
	[ESIM_STEP_ORDER] = { "order", ESIM_PEER_BSS },
	[ESIM_STEP_DELETED] = { "deleted", ESIM_PEER_NONE },
	[ESIM_STEP_DOWNLOAD_ORDER] = { "download_order", ESIM_PEER_SMDP },
	[ESIM_STEP_CONFIRM_ORDER] = { "confirm_order", ESIM_PEER_SMDP },
	[ESIM_STEP_PROVISION] = { "provision", ESIM_PEER_BSS },
	[ESIM_STEP_RELEASE] = { "release", ESIM_PEER_SMDP },
	[ESIM_STEP_SERVICE] = { "service", ESIM_PEER_BSS },
	[ESIM_STEP_OFFER] = { "offer", ESIM_PEER_NONE },
	[ESIM_STEP_RETIRE_EARLY] = { "retire", ESIM_PEER_BSS },
	[ESIM_STEP_INSTALLED] = { "installed", ESIM_PEER_NONE },
	[ESIM_STEP_RETIRE] = { "retire", ESIM_PEER_BSS },
	[ESIM_STEP_WITHDRAW] = { "withdraw", ESIM_PEER_SMDP },
	[ESIM_UNDO_PROFILE] = { "cancel_order", ESIM_PEER_SMDP },
	[ESIM_UNDO_PROVISION] = { "deprovision", ESIM_PEER_BSS },
	[ESIM_UNDO_ORDER] = { "cancel", ESIM_PEER_BSS },
};

const char *const esim_order_state_names[] = { "", "going", "waiting", "undoing", "stuck", "done", "undone", NULL };
const char *const esim_service_names[] = { "", "SharedNumber", "DiffNumber", "FamilyNumber", NULL };

const char *esim_step_name(enum esim_step step)
{
	assert(step < ESIM_ALL_STEPS);
	return steps[step].name;
}

enum esim_peer esim_step_peer(enum esim_step step)
{
	assert(step < ESIM_ALL_STEPS);
	return steps[step].peer;
}

bool esim_order_is_over(const struct esim_order *order)
{
	return order->state == ESIM_ORDER_DONE || order->state == ESIM_ORDER_UNDONE;
}

enum esim_peer esim_order_peer(const struct esim_order *order)
{
	return esim_order_is_over(order) ? ESIM_PEER_NONE : esim_step_peer((enum esim_step)order->step);
}

bool esim_order_is_offered(const struct esim_order *order)
{
	return (order->done & OF(OFFER)) != 0 && (order->flags & ESIM_BACK) == 0;
}

bool esim_order_makes_profile(const struct esim_order *order)
{
	return (steps_of[order->kind] & OF(DOWNLOAD_ORDER)) != 0;
}

/* ---- moving ---- */

static void say(struct esim_order *order, const char *reason)
{
	(void)snprintf(order->reason, sizeof order->reason, "%s", reason);
}

static void end(struct esim_order *order, enum esim_order_state state, int64_t now_ms)
{
	order->state = (uint8_t)state;
	order->next_ms = 0;
	order->ended_ms = now_ms;
	order->flags &= ~(unsigned)(ESIM_OUT | ESIM_UNSURE);
}

static void stick(struct esim_order *order, const char *reason)
{
	order->state = ESIM_ORDER_STUCK;
	order->next_ms = 0;
	say(order, reason);
}

/* What a step waits for has been said already. */
static bool is_met(const struct esim_order *order, int step)
{
	return step == ESIM_STEP_OFFER || (step == ESIM_STEP_INSTALLED && (order->flags & ESIM_SEEN) != 0) ||
	       (step == ESIM_STEP_DELETED && (order->flags & ESIM_GONE) != 0);
}

/* To the first step that is left in the direction it goes. */
static void go_on(struct esim_order *order, int64_t now_ms)
{
	const bool is_back = (order->flags & ESIM_BACK) != 0;
	const int first = is_back ? ESIM_STEPS : 0, last = is_back ? ESIM_ALL_STEPS : ESIM_STEPS;

	order->tries = 0;
	order->flags &= ~(unsigned)ESIM_UNSURE;
	for (int step = first; step < last; step++) {
		if ((order->steps & ~order->done & BIT(step)) == 0)
			continue;
		if (is_met(order, step)) {
			order->done |= BIT(step);
			continue;
		}
		const bool waits = steps[step].peer == ESIM_PEER_NONE;
		order->step = (uint8_t)step;
		order->state = is_back ? ESIM_ORDER_UNDOING : waits ? ESIM_ORDER_WAITING : ESIM_ORDER_GOING;
		order->next_ms = waits ? now_ms + order->install_within_ms : now_ms;
		return;
	}
	end(order, is_back ? ESIM_ORDER_UNDONE : ESIM_ORDER_DONE, now_ms);
}

/* What may have been acted upon is undone. Undoing what was not is harmless: CancelOrder of a profile that nobody ordered is
 * answered so, and a BSS knows which order it has never seen. */
static void turn_back(struct esim_order *order, int64_t now_ms)
{
	static const struct {
		uint32_t begun;
		int undo;
	} undoing[] = { { AT_SMDP, ESIM_UNDO_PROFILE },
		            { OF(PROVISION), ESIM_UNDO_PROVISION },
		            { OF(ORDER), ESIM_UNDO_ORDER } };

	order->flags |= ESIM_BACK;
	for (size_t i = 0; i < sizeof undoing / sizeof *undoing; i++)
		if ((order->begun & undoing[i].begun) != 0)
			order->steps |= BIT(undoing[i].undo);
	go_on(order, now_ms);
}

void esim_order_begin(struct esim_order *order, const struct esim_plan *plan, int64_t now_ms)
{
	uint32_t left_out = 0;

	if (!plan->has_bss)
		left_out |= AT_BSS;
	if (!plan->verifies)
		left_out |= OF(VERIFY);
	if (!plan->provisions)
		left_out |= OF(PROVISION);
	if (!plan->has_smdp || plan->bss_orders_profile)
		left_out |= AT_SMDP | OF(WITHDRAW);
	if (!plan->releases_late && order->kind != ESIM_RELEASE)
		left_out |= OF(RELEASE);
	if (!plan->deletes_first)
		left_out |= OF(DELETED);
	if (plan->is_downloaded)
		left_out |= OF(WITHDRAW);
	left_out |= plan->retires_early ? OF(RETIRE) : OF(RETIRE_EARLY);
	order->steps = steps_of[order->kind] & ~left_out;
	order->begun = order->done = 0;
	order->created_ms = order->updated_ms = now_ms;
	order->ended_ms = 0;
	go_on(order, now_ms);
}

/* ---- taking ---- */

/* Where the old profile has ended already, what nobody downloaded yet is all that there is: the clock does not take it away. */
static void overdue(struct esim_order *order, int64_t now_ms)
{
	if (order->step == ESIM_STEP_INSTALLED && (order->begun & REPLACES) != 0) {
		stick(order, "nobody downloaded the profile, and the old one has ended");
		return;
	}
	if (order->step == ESIM_STEP_INSTALLED)
		order->flags |= ESIM_EXPIRED;
	say(order,
	    order->step == ESIM_STEP_INSTALLED ? "nobody downloaded the profile" : "the old profile was not deleted");
	turn_back(order, now_ms);
}

bool esim_order_take(struct esim_order *order, const struct esim_pace *pace, int64_t now_ms)
{
	assert(!esim_order_is_over(order) && order->state != ESIM_ORDER_STUCK);
	if (order->state == ESIM_ORDER_WAITING)
		overdue(order, now_ms);
	if ((order->flags & ESIM_OUT) != 0) /* who had it is given up */
		order->flags |= ESIM_UNSURE;
	if ((order->flags & (ESIM_CANCELLED | ESIM_UNSURE | ESIM_BACK)) == ESIM_CANCELLED)
		turn_back(order, now_ms);
	order->updated_ms = now_ms;
	if (esim_order_is_over(order) || order->state == ESIM_ORDER_STUCK)
		return false;
	order->flags |= ESIM_OUT;
	order->begun |= BIT(order->step);
	order->takes++;
	order->next_ms = now_ms + pace->lease_ms;
	return true;
}

/* ---- hearing ---- */

static int64_t pause_of(const struct esim_pace *pace, int64_t tries)
{
	int64_t pause = pace->retry_first_ms;

	for (int64_t i = 1; i < tries && pause < pace->retry_max_ms; i++)
		pause *= 2;
	return pause < pace->retry_max_ms ? pause : pace->retry_max_ms;
}

/* While it goes back its reason stays why it turned. */
static void try_again(struct esim_order *order, const struct esim_pace *pace, const char *reason, int64_t now_ms)
{
	if ((order->flags & ESIM_BACK) == 0)
		say(order, reason);
	if ((order->flags & (ESIM_CANCELLED | ESIM_UNSURE | ESIM_BACK)) == ESIM_CANCELLED)
		turn_back(order, now_ms);
	else if (++order->tries >= pace->tries_max)
		stick(order, reason);
	else
		order->next_ms = now_ms + pause_of(pace, order->tries);
}

static void finished(struct esim_order *order, const struct esim_heard *heard, int64_t now_ms)
{
	/* V12-ODSA-MS-06: by code, or by address and ICCID. */
	const bool names_profile =
		heard->activation_code[0] != '\0' || (heard->smdp_address[0] != '\0' && heard->iccid[0] != '\0');

	order->flags &= ~(unsigned)ESIM_UNSURE;
	/* Whoever was to order the profile has to say where it is. */
	if (order->step == ESIM_STEP_ORDER && esim_order_makes_profile(order) && (order->steps & OF(DOWNLOAD_ORDER)) == 0 &&
	    !names_profile) {
		stick(order, "the BSS named no profile to download");
		return;
	}
	/* Taken back by a try whose answer was lost, or downloaded in between: a refusal says the same of both. */
	if (order->step == ESIM_UNDO_PROFILE && heard->reason[0] != '\0' && (order->begun & OF(CONFIRM_ORDER)) != 0)
		order->flags |= ESIM_FETCHED;
	order->done |= BIT(order->step);
	order->reason[0] = (order->flags & ESIM_BACK) != 0 ? order->reason[0] : '\0';
	if ((order->flags & (ESIM_CANCELLED | ESIM_BACK)) == ESIM_CANCELLED)
		turn_back(order, now_ms);
	else
		go_on(order, now_ms);
}

static void pending(struct esim_order *order, const struct esim_heard *heard, const struct esim_pace *pace,
                    int64_t now_ms)
{
	order->flags &= ~(unsigned)ESIM_UNSURE;
	order->tries = 0; /* it answers */
	if ((order->flags & (ESIM_CANCELLED | ESIM_BACK)) == ESIM_CANCELLED)
		turn_back(order, now_ms);
	else
		order->next_ms = now_ms + (heard->retry_after_ms > 0 ? heard->retry_after_ms : pace->retry_first_ms);
}

/* Once the device may have the new profile, or while going back, there is no way but to have a person look. */
static void refused(struct esim_order *order, const char *reason, int64_t now_ms)
{
	const bool was_unsure = (order->flags & ESIM_UNSURE) != 0;

	order->flags &= ~(unsigned)ESIM_UNSURE;
	if ((order->flags & ESIM_BACK) != 0 || (order->done & OF(OFFER)) != 0) {
		stick(order, reason);
		return;
	}
	if (order->step == ESIM_STEP_VERIFY)
		order->flags |= ESIM_BAD_INPUT;
	if (order->step == ESIM_STEP_DOWNLOAD_ORDER && !was_unsure) /* nothing was set aside */
		order->begun &= ~OF(DOWNLOAD_ORDER);
	say(order, reason);
	turn_back(order, now_ms);
}

/* CancelOrder was too late: the device has it. Nobody had told us, and nobody wanted it undone but the clock. */
static void was_downloaded(struct esim_order *order, const struct esim_heard *heard, int64_t now_ms)
{
	/* Nobody downloads what was never confirmed: it was not ordered, and is said to be where it was. */
	if ((order->steps & OF(DOWNLOAD_ORDER)) == 0 || (order->begun & OF(CONFIRM_ORDER)) != 0)
		order->flags |= ESIM_FETCHED;
	if ((order->flags & ESIM_EXPIRED) == 0 || (order->flags & ESIM_CANCELLED) != 0) {
		finished(order, heard, now_ms);
		return;
	}
	order->flags = (order->flags & ~(unsigned)(ESIM_BACK | ESIM_EXPIRED)) | ESIM_SEEN;
	order->steps &= BIT(ESIM_STEPS) - 1;
	order->reason[0] = '\0';
	go_on(order, now_ms);
}

void esim_order_hear(struct esim_order *order, const struct esim_heard *heard, const struct esim_pace *pace,
                     int64_t now_ms)
{
	assert((order->flags & ESIM_OUT) != 0);
	order->flags &= ~(unsigned)ESIM_OUT;
	order->updated_ms = now_ms;
	switch (heard->outcome) {
	case ESIM_HEARD_DONE: finished(order, heard, now_ms); break;
	case ESIM_HEARD_PENDING: pending(order, heard, pace, now_ms); break;
	case ESIM_HEARD_REFUSED: refused(order, heard->reason, now_ms); break;
	case ESIM_HEARD_LOST:
		order->flags |= ESIM_UNSURE;
		try_again(order, pace, heard->reason, now_ms);
		break;
	case ESIM_HEARD_TAKEN:
		order->flags &= ~(unsigned)ESIM_UNSURE;
		try_again(order, pace, heard->reason, now_ms);
		break;
	case ESIM_HEARD_UNHEARD: try_again(order, pace, heard->reason, now_ms); break;
	case ESIM_HEARD_GONE: was_downloaded(order, heard, now_ms); break;
	}
}

/* ---- what others say ---- */

static void met(struct esim_order *order, unsigned flag, int step, int64_t now_ms)
{
	if (esim_order_is_over(order))
		return;
	order->flags |= flag;
	order->updated_ms = now_ms;
	if ((order->state == ESIM_ORDER_WAITING || order->state == ESIM_ORDER_STUCK) && order->step == step)
		go_on(order, now_ms);
}

void esim_order_installed(struct esim_order *order, int64_t now_ms)
{
	met(order, ESIM_SEEN, ESIM_STEP_INSTALLED, now_ms);
}

void esim_order_deleted(struct esim_order *order, int64_t now_ms)
{
	met(order, ESIM_GONE, ESIM_STEP_DELETED, now_ms);
}

void esim_order_failed(struct esim_order *order, const char *reason, int64_t now_ms)
{
	if (order->state != ESIM_ORDER_WAITING || order->step != ESIM_STEP_INSTALLED)
		return;
	order->updated_ms = now_ms;
	if ((order->begun & REPLACES) != 0) { /* as when the clock takes it: overdue() */
		stick(order, reason);
		return;
	}
	say(order, reason);
	turn_back(order, now_ms);
}

bool esim_order_retry(struct esim_order *order, int64_t now_ms)
{
	if (order->state != ESIM_ORDER_STUCK)
		return false;
	const bool waits = steps[order->step].peer == ESIM_PEER_NONE;
	order->state = (order->flags & ESIM_BACK) != 0 ? ESIM_ORDER_UNDOING : waits ? ESIM_ORDER_WAITING : ESIM_ORDER_GOING;
	order->tries = 0;
	order->updated_ms = now_ms;
	order->next_ms = waits ? now_ms + order->install_within_ms : now_ms;
	return true;
}

/* There is a way back from an order that makes a profile, until the profile is known to be on its device, or the old one has
 * ended and somebody may yet download; from others, before anything was asked for. */
static bool has_way_back(const struct esim_order *order, bool line_ends)
{
	const bool is_needless = line_ends || (order->state == ESIM_ORDER_STUCK && order->step == ESIM_STEP_INSTALLED);

	if (!esim_order_makes_profile(order) && order->kind != ESIM_RELEASE)
		return order->begun == 0;
	return (order->flags & ESIM_SEEN) == 0 && (order->done & OF(INSTALLED)) == 0 &&
	       ((order->begun & REPLACES) == 0 || is_needless);
}

static bool take_back(struct esim_order *order, bool line_ends, const char *reason, int64_t now_ms)
{
	if (order->state == ESIM_ORDER_UNDONE || (order->flags & ESIM_BACK) != 0) {
		order->flags |= ESIM_CANCELLED;
		return true;
	}
	if (order->state == ESIM_ORDER_DONE || !has_way_back(order, line_ends))
		return false;
	order->flags |= ESIM_CANCELLED;
	order->updated_ms = now_ms;
	say(order, reason);
	if (order->state == ESIM_ORDER_STUCK || (order->flags & (ESIM_OUT | ESIM_UNSURE)) == 0)
		turn_back(order, now_ms);
	return true;
}

bool esim_order_cancel(struct esim_order *order, const char *reason, int64_t now_ms)
{
	return take_back(order, false, reason, now_ms);
}

bool esim_order_end_line(struct esim_order *order, int64_t now_ms)
{
	return take_back(order, true, "the line has ended", now_ms);
}

bool esim_order_close(struct esim_order *order, int64_t now_ms)
{
	if (order->state != ESIM_ORDER_STUCK || (order->flags & ESIM_BACK) == 0)
		return false;
	order->updated_ms = now_ms;
	end(order, ESIM_ORDER_UNDONE, now_ms);
	return true;
}
