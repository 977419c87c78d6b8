/* policy_sheet_esim.h -- the sheets of eSIMs (ap2006, ap2009; TS.43 6.7) as values: what a person is asked, what esim is asked then,
 * and what the page says of its answer.
 *
 * Pure. A walk differs from the others in that esim owns what it is about: each request has two passes. The first takes the act and
 * says what esim is to be asked; the second has esim's answer (policy_esim_view) and shows the step that follows from it. */
#ifndef POLICY_SHEET_ESIM_H
#define POLICY_SHEET_ESIM_H

#include "policy_esim.h"
#include "policy_sheet.h"

/* What esim is asked: EsimSheetRequest.Act. */
enum policy_esim_act {
	POLICY_ESIM_ASK_NOTHING, /* no act of this page */
	POLICY_ESIM_LOOK,
	POLICY_ESIM_ORDER,
	POLICY_ESIM_SELECT,
	POLICY_ESIM_REFUSE,
};

/* EsimSheetReply.State */
enum policy_esim_state {
	POLICY_ESIM_STATE_NONE,
	POLICY_ESIM_NEW,
	POLICY_ESIM_WORKING,
	POLICY_ESIM_READY,
	POLICY_ESIM_DELAYED,
	POLICY_ESIM_DELETE_FIRST,
	POLICY_ESIM_DONE,
	POLICY_ESIM_FAILED,
	POLICY_ESIM_STATES
};

struct policy_esim_profile {
	const char *iccid, *terminal_id, *name;
};

#define POLICY_ESIM_PICKS_MAX 16 /* plans, or old profiles, that one page offers */

/* What esim said. Texts are never NULL. Codes are secret: they go into the page and nowhere else. */
struct policy_esim_view {
	enum policy_esim_state state;
	enum policy_esim_kind kind;
	bool is_refused;                                            /* by rule */
	const char *device_name, *device_model, *device_id;         /* that it is about */
	struct policy_esim_profile profiles[POLICY_ESIM_PICKS_MAX]; /* that may be the old one */
	size_t profile_count;
	const char *activation_code, *smdp_address, *iccid, *msisdn, *confirmation_code;
	const char *service; /* that the device asked for; "": any */
};

/* What a sheet of an eSIM has beside other sheets. */
struct policy_esim_sheet {
	struct policy_sheet *sheet;
	const struct policy_plan *offers[POLICY_ESIM_PICKS_MAX];
	size_t offer_count;
	const struct policy_esim_view *view; /* NULL: not asked yet, or esim did not answer */
};

bool policy_sheet_is_esim(const char *app);
/* Index of a kind's name on the bus; POLICY_ESIM_NO_KIND: none. */
enum policy_esim_kind policy_esim_kind_of(const char *name);

/* First pass: takes up what the form says, and what esim is to be asked about it. */
enum policy_esim_act policy_esim_sheet_act(struct policy_esim_sheet *sheet, const char *action);
/* Second pass: the step that is due now, into the state. `asked`: what it answered to. */
void policy_esim_sheet_told(struct policy_esim_sheet *sheet, enum policy_esim_act asked);
/* The page; without a view the one that says so and offers to look again. `is_carried`: it has a form, so its state is sealed. */
void policy_esim_sheet_show(const struct policy_esim_sheet *sheet, struct policy_page_model *page, bool *is_carried);

/* What the person agreed to by an order or a choice, for the record: which plan at which price, for good or for a while. */
void policy_esim_sheet_agreed(const struct policy_sheet *sheet, const struct policy_plan *plan,
                              struct policy_consent *consent);

/* A page that no phone's handle leads to: NotEnabledURL and GeneralErrorURL (TS.43 T73). False: there is none of that name. */
bool policy_esim_page_named(const char *name, enum policy_sheet_text *title, enum policy_sheet_text *text);

#endif
