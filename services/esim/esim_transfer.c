/* esim_transfer.c -- ManageSubscription, types 3 and 7: a profile that takes the place of another (TS.43 7.6, 8.5 to 8.11, 8.13). Pure. */
#include <string.h>

#include "es_text.h"
#include "esim_answer.h"
#include "esim_asked.h"

/* ---- 3 TRANSFER ---- */

static void transfer_companion(const struct esim_asked *a)
{
	if (a->draft->old_iccid[0] == '\0') { /* V12-ODSA-MS-21 */
		if (esim_asked_has_sheet(a))
			esim_asked_to_sheet(a, ESIM_TRANSFER);
		else
			esim_asked_dismiss(a, "there is no sheet to choose the old companion on");
		return;
	}
	if (!esim_asked_has_management(a)) { /* TS.43 7.6 */
		a->answer->verdict = ESIM_UNACCEPTABLE;
		a->answer->reason = "no eSIM management";
		return;
	}
	const struct esim_profile *old = esim_asked_of_iccid(a, a->draft->old_iccid);
	if (old == NULL) {
		esim_asked_invalid(a, "the old profile is none of this line");
		return;
	}
	esim_asked_shows(a, old, a->draft->old_iccid);
	if (esim_asked_is_busy(a, old) || esim_asked_is_replaced(a, old)) {
		esim_asked_busy(a);
		return;
	}
	esim_asked_replaces(a, old);
	esim_asked_order(a, ESIM_TRANSFER);
}

enum old_one { OLD_KNOWN, OLD_OPEN, OLD_WRONG, OLD_BUSY };

/* The profile that is moved: named by ICCID or device, or the only one there is. What we do not know the BSS may. */
static enum old_one find_old(const struct esim_asked *a)
{
	const struct esim_line *line = &a->request->line;
	const struct esim_profile *only = NULL, *old = esim_asked_of_iccid(a, a->draft->old_iccid);
	size_t count = 0;

	for (size_t i = 0; i < line->count; i++) {
		const struct esim_profile *p = &line->profiles[i];
		if (p->ended_ms > 0 || p->app != ESIM_PRIMARY || esim_asked_is_on(a, p))
			continue;
		count++;
		only = p;
		if (old == NULL && a->draft->old_iccid[0] == '\0' && a->draft->old_device[0] != '\0' &&
		    strcmp(p->device, a->draft->old_device) == 0)
			old = p;
	}
	esim_asked_shows(a, old, a->draft->old_iccid);
	const char *own = a->request->facts.iccid;
	if (a->draft->old_iccid[0] == '\0' && old == NULL) {
		if (count + (own[0] != '\0') > 1)
			return OLD_OPEN;
		if (count == 1)
			old = only;
	}
	if (old != NULL) {
		esim_asked_replaces(a, old);
		return esim_asked_is_busy(a, old) || esim_asked_is_replaced(a, old) ? OLD_BUSY : OLD_KNOWN;
	}
	if (a->draft->old_iccid[0] == '\0')
		(void)es_slice_to_str(es_slice_str(own), a->draft->old_iccid, sizeof a->draft->old_iccid);
	const bool is_judged = own[0] == '\0' && a->settings->bss[0] != '\0';
	return is_judged || strcmp(a->draft->old_iccid, own) == 0 ? OLD_KNOWN : OLD_WRONG;
}

static void transfer_primary(const struct esim_asked *a)
{
	bool is_open = false;

	if (!a->request->facts.primary_allowed || !a->request->facts.line_active) {
		esim_asked_dismiss(a, "not allowed");
		return;
	}
	const enum old_one old = find_old(a);
	if (old == OLD_WRONG || (old == OLD_OPEN && !esim_asked_has_sheet(a))) { /* V12-ODSA-MS-15 */
		esim_asked_invalid(a, old == OLD_WRONG ? "the old profile is none of this line"
		                                       : "which of several profiles is not said");
		return;
	}
	if (old == OLD_BUSY) {
		esim_asked_busy(a);
		return;
	}
	if (a->settings->redownloadable && !a->draft->redownloads) { /* V12-ODSA-MS-12 */
		esim_answer_subscription(a->answer, ESIM_NEEDS_REDOWNLOADABLE);
		return;
	}
	/* Moved, the subscription keeps its plan: only which profile, and consent, is left to a person. */
	(void)esim_asked_settle_plan(a, &is_open);
	a->answer->offer = a->draft->plan[0] != '\0' ? a->answer->offer : NULL;
	if (esim_asked_wants_sheet(a, old == OLD_OPEN))
		esim_asked_to_sheet(a, ESIM_TRANSFER);
	else if (!esim_asked_user(a, ESIM_INPUT_TRANSFER))
		esim_asked_order(a, ESIM_TRANSFER);
}

void esim_asked_transfer(const struct esim_asked *a)
{
	if (a->request->line.is_foreign_device || a->request->line.is_foreign_old) {
		esim_asked_deny(a, a->request->line.is_foreign_old ? "the old profile is somebody else's"
		                                                   : "somebody else's device");
		return;
	}
	const struct esim_profile *under_way = esim_asked_of_device(a, true);
	if (under_way != NULL)
		esim_asked_coming(a, under_way);
	else if (a->request->app == ESIM_COMPANION)
		transfer_companion(a);
	else
		transfer_primary(a);
}

/* ---- 7 RECOVER ---- */

void esim_asked_recover(const struct esim_asked *a)
{
	const struct esim_profile *p = a->iccid[0] != '\0' ? esim_asked_named(a) : NULL;
	const struct esim_profile *under_way = esim_asked_of_device(a, true);

	if (a->iccid[0] == '\0')
		esim_asked_invalid(a, "no ICCID");
	if (p == NULL)
		return;
	esim_asked_shows(a, p, a->iccid); /* it was there, to be erased */
	if (under_way != NULL && a->answer->shown != under_way) {
		esim_asked_coming(a, under_way);
		return;
	}
	if (esim_asked_is_busy(a, p) || esim_asked_is_replaced(a, p)) {
		esim_asked_busy(a);
		return;
	}
	if (p->status != ESIM_ACTIVATED) {
		esim_asked_invalid(a, "the profile is not active");
		return;
	}
	a->draft->profile[0] = '\0';
	a->answer->subject = NULL;
	esim_asked_replaces(a, p);
	if (a->draft->device[0] == '\0')
		(void)es_slice_to_str(es_slice_str(p->device), a->draft->device, sizeof a->draft->device);
	if (a->draft->eid[0] == '\0')
		(void)es_slice_to_str(es_slice_str(p->eid), a->draft->eid, sizeof a->draft->eid);
	if (esim_asked_wants_sheet(a, false))
		esim_asked_to_sheet(a, ESIM_RECOVER);
	else if (!esim_asked_user(a, ESIM_INPUT_RECOVER))
		esim_asked_order(a, ESIM_RECOVER);
}
