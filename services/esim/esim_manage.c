/* esim_manage.c -- ManageSubscription: what its operation_type asks for, and what has to happen first (TS.43 6.2, 6.5.3).
 *
 * A row for each type. Each judges the request against the line and comes to one of: an answer that ends it, a sheet, a
 * question to the user, an order to be made, an order that there is already. Pure. */
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "esim_answer.h"
#include "esim_operations.h"

struct asked {
	const struct esim_request *request;
	struct esim_answer *answer;
	const struct esim_settings *settings;
	struct esim_draft *draft;
	char iccid[ESIM_ICCID + 1]; /* that it is about; "" */
};

/* ---- ends ---- */

static void invalid(const struct asked *a, const char *reason)
{
	esim_answer_result(a->answer, ESIM_INVALID_PARAMETER, reason);
}

static void dismiss(const struct asked *a, const char *reason)
{
	esim_answer_subscription(a->answer, ESIM_DISMISS);
	a->answer->reason = reason;
}

static void deny(const struct asked *a, const char *reason)
{
	a->answer->verdict = ESIM_FORBIDDEN;
	a->answer->reason = reason;
}

static void done(const struct asked *a)
{
	esim_answer_subscription(a->answer, ESIM_ALL_DONE);
}

static bool has_sheet(const struct asked *a)
{
	return a->request->facts.sheet_url[0] != '\0' && a->settings->sheet != ESIM_SHEET_NEVER;
}

static void order(const struct asked *a, enum esim_kind kind)
{
	a->draft->kind = (uint8_t)kind;
	a->answer->verdict = ESIM_ORDERS;
}

static void to_sheet(const struct asked *a, enum esim_kind kind)
{
	a->draft->kind = (uint8_t)kind;
	esim_answer_sheet(a->request, a->answer);
}

/* ---- finding ---- */

static bool is_on(const struct asked *a, const struct esim_profile *p)
{
	return (a->draft->eid[0] != '\0' && strcmp(p->eid, a->draft->eid) == 0) ||
	       (a->draft->device[0] != '\0' && strcmp(p->device, a->draft->device) == 0);
}

static const struct esim_profile *of_iccid(const struct asked *a, const char *iccid)
{
	const struct esim_line *line = &a->request->line;

	for (size_t i = 0; iccid[0] != '\0' && i < line->count; i++)
		if (line->profiles[i].ended_ms == 0 && line->profiles[i].app == a->request->app &&
		    strcmp(line->profiles[i].iccid, iccid) == 0)
			return &line->profiles[i];
	return NULL;
}

/* The one that lives on this device; of a phone with several the one that is under way, and no other (it may have two). */
static const struct esim_profile *of_device(const struct asked *a, bool under_way)
{
	const struct esim_line *line = &a->request->line;

	for (size_t i = 0; i < line->count; i++) {
		const struct esim_profile *p = &line->profiles[i];
		const bool is_under_way = line->orders[i].id[0] != '\0' && p->seen_ms == 0;
		if (p->ended_ms == 0 && p->app == a->request->app && is_on(a, p) && (is_under_way || !under_way))
			return p;
	}
	return NULL;
}

static const struct esim_order *order_of(const struct asked *a, const struct esim_profile *p)
{
	const struct esim_line *line = &a->request->line;
	const size_t i = (size_t)(p - line->profiles);

	return line->orders[i].id[0] != '\0' ? &line->orders[i] : NULL;
}

static void follow(const struct asked *a, const struct esim_profile *p)
{
	a->answer->verdict = ESIM_FOLLOWS;
	a->answer->subject = p;
}

static void about(const struct asked *a, const struct esim_profile *p)
{
	a->answer->subject = p;
	(void)es_slice_to_str(es_slice_str(p->id), a->draft->profile, sizeof a->draft->profile);
}

/* The profile that an ICCID, or else the device, names; NULL: the request has been ended. */
static const struct esim_profile *named(const struct asked *a)
{
	const struct esim_profile *p = a->iccid[0] != '\0' ? of_iccid(a, a->iccid) : of_device(a, false);

	if (p != NULL)
		about(a, p);
	else if (a->request->line.is_foreign_iccid || (a->iccid[0] == '\0' && a->request->line.is_foreign_device))
		deny(a, "somebody else's");
	else
		invalid(a, "no profile of this line");
	return p;
}

/* ---- asking first ---- */

/* The device asks its user, or has asked. True: the request goes no further, it was ended. */
static bool asks_user(const struct asked *a, enum esim_input when)
{
	if ((a->settings->input & when) == 0) {
		if (esim_param(a->request, "MSG_response").len == 0)
			return false;
		esim_answer_result(a->answer, ESIM_INVALID_MSG_RESPONSE, "nothing was asked"); /* V12-ODSA-G-06 */
		return true;
	}
	switch (esim_message_button(a->request)) {
	case 0: dismiss(a, "the user declined"); return true;
	case 1:
		if (esim_message_check(a->request) != ESIM_SUCCESS) {
			esim_answer_result(a->answer, ESIM_INVALID_MSG_RESPONSE, "what was typed is not what was asked for");
			return true;
		}
		es_slice_to_str_cut(esim_param(a->request, "MSG_response"), a->draft->response, sizeof a->draft->response);
		return false;
	default:
		esim_answer_subscription(a->answer, ESIM_NEEDS_INPUT);
		esim_answer_message(a->request, a->answer, NULL);
		return true;
	}
}

/* The plan: the one that is named, the only one there is, or the first where nobody can choose. False: it cannot be had. */
static bool settle_plan(const struct asked *a, bool *is_open)
{
	const struct esim_facts *facts = &a->request->facts;

	*is_open = a->draft->plan[0] == '\0' && facts->offer_count > 1;
	for (size_t i = 0; i < facts->offer_count; i++) {
		if (a->draft->plan[0] != '\0' && strcmp(a->draft->plan, facts->offers[i].id) != 0)
			continue;
		a->answer->offer = &facts->offers[i];
		return true;
	}
	return a->draft->plan[0] == '\0';
}

static bool wants_sheet(const struct asked *a, bool is_choice)
{
	return has_sheet(a) && (a->settings->sheet == ESIM_SHEET_ALWAYS || is_choice || a->request->facts.sheet_has_terms);
}

/* ---- 0 SUBSCRIBE ---- */

static size_t count_devices(const struct asked *a)
{
	const struct esim_line *line = &a->request->line;
	size_t count = 0;

	for (size_t i = 0; i < line->count; i++)
		count += line->profiles[i].ended_ms == 0 && line->profiles[i].app == a->request->app;
	return count;
}

static const char *refusal(const struct asked *a)
{
	const struct esim_facts *facts = &a->request->facts;

	switch (a->request->app) {
	case ESIM_COMPANION:
		if (!facts->companion_allowed || !facts->line_active || esim_first_service(facts) == ESIM_SERVICE_NONE)
			return "companions are not allowed";
		if (a->draft->service != ESIM_SERVICE_NONE && !esim_offers_service(facts, a->draft->service))
			return "the service is not offered";
		return count_devices(a) >= facts->companion_max ? "as many companions as the plan allows" : NULL;
	case ESIM_PRIMARY: return facts->primary_allowed && facts->line_active ? NULL : "not allowed";
	case ESIM_SERVER:
		if (!facts->enterprise_allowed)
			return "the enterprise is not allowed";
		return facts->enterprise_max > 0 && count_devices(a) >= facts->enterprise_max
		           ? "as many devices as the enterprise may have"
		           : NULL;
	case ESIM_INFORMATION:
	case ESIM_APP_AUTH: break;
	}
	return "not allowed";
}

static void subscribe_new(const struct asked *a)
{
	const char *no = refusal(a);
	bool is_open = false;

	if (no != NULL) {
		dismiss(a, no);
		return;
	}
	if (!settle_plan(a, &is_open)) {
		if (a->request->app == ESIM_SERVER)
			invalid(a, "no plan of the enterprise");
		else
			dismiss(a, "the plan is not offered");
		return;
	}
	const bool choice = is_open || (a->request->app == ESIM_COMPANION && a->draft->service == ESIM_SERVICE_NONE &&
	                                esim_count_services(&a->request->facts) > 1);
	if (a->request->app != ESIM_SERVER && wants_sheet(a, choice)) {
		to_sheet(a, ESIM_SUBSCRIBE);
		return;
	}
	if (a->request->app == ESIM_COMPANION && a->draft->service == ESIM_SERVICE_NONE)
		a->draft->service = esim_first_service(&a->request->facts);
	if (a->request->app == ESIM_SERVER || !asks_user(a, ESIM_INPUT_SUBSCRIBE))
		order(a, ESIM_SUBSCRIBE);
}

/* TS.43 8.12: a profile is there, and waits for its user's word. */
static void subscribe_waiting(const struct asked *a, const struct esim_profile *p)
{
	about(a, p);
	if ((a->settings->input & ESIM_INPUT_DOWNLOAD) != 0) {
		if (!asks_user(a, ESIM_INPUT_DOWNLOAD))
			order(a, ESIM_RELEASE);
	} else if (has_sheet(a)) {
		to_sheet(a, ESIM_RELEASE);
	} else {
		order(a, ESIM_RELEASE);
	}
}

/* A companion that has a profile, and asks for one without naming it, has lost it: it gets another in its place. */
static void subscribe_again(const struct asked *a, const struct esim_profile *p)
{
	if (strcmp(a->iccid, p->iccid) == 0) {
		done(a);
		a->answer->subject = p;
		a->answer->is_installed = true;
		return;
	}
	(void)es_slice_to_str(es_slice_str(p->id), a->draft->old_profile, sizeof a->draft->old_profile);
	(void)es_slice_to_str(es_slice_str(p->iccid), a->draft->old_iccid, sizeof a->draft->old_iccid);
	a->draft->service = p->service;
	order(a, ESIM_RECOVER);
}

static void subscribe(const struct asked *a)
{
	const struct esim_profile *waiting = of_iccid(a, a->iccid);
	const struct esim_profile *under_way = of_device(a, true);

	if (waiting != NULL && waiting->status == ESIM_DEACTIVATED && order_of(a, waiting) == NULL &&
	    a->request->app == ESIM_PRIMARY) {
		subscribe_waiting(a, waiting);
	} else if (a->request->line.is_foreign_device || a->request->line.is_foreign_iccid) {
		deny(a, "somebody else's device");
	} else if (under_way != NULL) {
		follow(a, under_way);
	} else {
		const struct esim_profile *there = a->request->app != ESIM_PRIMARY ? of_device(a, false) : NULL;
		if (there != NULL && there->ready_ms > 0 && there->seen_ms == 0)
			follow(a, there); /* handed out, and perhaps never arrived */
		else if (there != NULL)
			subscribe_again(a, there);
		else
			subscribe_new(a);
	}
}

/* ---- 1 UNSUBSCRIBE, 2 CHANGE ---- */

static const struct esim_profile *ended_on_device(const struct asked *a)
{
	const struct esim_line *line = &a->request->line;

	for (size_t i = 0; i < line->count; i++) {
		const struct esim_profile *p = &line->profiles[i];
		if (p->ended_ms > 0 && p->app == a->request->app &&
		    (a->iccid[0] != '\0' ? strcmp(p->iccid, a->iccid) == 0 : is_on(a, p)))
			return p;
	}
	return NULL;
}

static void unsubscribe(const struct asked *a)
{
	const struct esim_profile *live = a->iccid[0] != '\0' ? of_iccid(a, a->iccid) : of_device(a, false);

	if (live == NULL && ended_on_device(a) != NULL) {
		done(a); /* asked again */
		return;
	}
	const struct esim_profile *p = named(a);
	if (p == NULL)
		return;
	if (a->request->app != ESIM_SERVER && wants_sheet(a, false))
		to_sheet(a, ESIM_UNSUBSCRIBE);
	else
		order(a, ESIM_UNSUBSCRIBE);
}

static void change(const struct asked *a)
{
	const struct esim_profile *p = named(a);
	bool is_open = false;

	if (p == NULL)
		return;
	if (!settle_plan(a, &is_open))
		dismiss(a, "the plan is not offered");
	else if (a->draft->plan[0] != '\0' && a->answer->offer != NULL)
		order(a, ESIM_CHANGE);
	else if (has_sheet(a) && a->request->app != ESIM_SERVER)
		to_sheet(a, ESIM_CHANGE);
	else
		dismiss(a, "there is nothing to choose from");
}

/* ---- 3 TRANSFER ---- */

static bool has_esim_management(const struct asked *a)
{
	return a->settings->smdp[0] != '\0' || a->settings->bss[0] != '\0';
}

static void old_is(const struct asked *a, const struct esim_profile *p)
{
	(void)es_slice_to_str(es_slice_str(p->id), a->draft->old_profile, sizeof a->draft->old_profile);
	(void)es_slice_to_str(es_slice_str(p->iccid), a->draft->old_iccid, sizeof a->draft->old_iccid);
	if (a->draft->old_device[0] == '\0')
		(void)es_slice_to_str(es_slice_str(p->device), a->draft->old_device, sizeof a->draft->old_device);
	if (a->draft->service == ESIM_SERVICE_NONE)
		a->draft->service = p->service;
}

static void transfer_companion(const struct asked *a)
{
	if (a->draft->old_iccid[0] == '\0') { /* V12-ODSA-MS-21 */
		if (has_sheet(a))
			to_sheet(a, ESIM_TRANSFER);
		else
			dismiss(a, "there is no sheet to choose the old companion on");
		return;
	}
	if (!has_esim_management(a)) { /* TS.43 7.6 */
		a->answer->verdict = ESIM_UNACCEPTABLE;
		a->answer->reason = "no eSIM management";
		return;
	}
	const struct esim_profile *old = of_iccid(a, a->draft->old_iccid);
	if (old == NULL) {
		invalid(a, "the old profile is none of this line");
		return;
	}
	old_is(a, old);
	order(a, ESIM_TRANSFER);
}

enum old_one { OLD_KNOWN, OLD_OPEN, OLD_WRONG };

/* The profile that is moved: named by ICCID or device, or the only one there is. What we do not know the BSS may. */
static enum old_one find_old(const struct asked *a)
{
	const struct esim_line *line = &a->request->line;
	const struct esim_profile *only = NULL, *old = of_iccid(a, a->draft->old_iccid);
	size_t count = 0;

	for (size_t i = 0; i < line->count; i++) {
		const struct esim_profile *p = &line->profiles[i];
		if (p->ended_ms > 0 || p->app != ESIM_PRIMARY || is_on(a, p))
			continue;
		count++;
		only = p;
		if (old == NULL && a->draft->old_iccid[0] == '\0' && a->draft->old_device[0] != '\0' &&
		    strcmp(p->device, a->draft->old_device) == 0)
			old = p;
	}
	const char *own = a->request->facts.iccid;
	if (a->draft->old_iccid[0] == '\0' && old == NULL) {
		if (count + (own[0] != '\0') > 1)
			return OLD_OPEN;
		if (count == 1)
			old = only;
	}
	if (old != NULL) {
		old_is(a, old);
		return OLD_KNOWN;
	}
	if (a->draft->old_iccid[0] == '\0')
		(void)es_slice_to_str(es_slice_str(own), a->draft->old_iccid, sizeof a->draft->old_iccid);
	const bool is_judged = own[0] == '\0' && a->settings->bss[0] != '\0';
	return is_judged || strcmp(a->draft->old_iccid, own) == 0 ? OLD_KNOWN : OLD_WRONG;
}

static void transfer_primary(const struct asked *a)
{
	const struct esim_profile *under_way = of_device(a, true);
	bool is_open = false;

	if (under_way != NULL) {
		follow(a, under_way);
		return;
	}
	if (!a->request->facts.primary_allowed || !a->request->facts.line_active) {
		dismiss(a, "not allowed");
		return;
	}
	const enum old_one old = find_old(a);
	if (old == OLD_WRONG || (old == OLD_OPEN && !has_sheet(a))) { /* V12-ODSA-MS-15 */
		invalid(a, old == OLD_WRONG ? "the old profile is none of this line" : "which of several profiles is not said");
		return;
	}
	if (a->settings->redownloadable && !a->draft->redownloads) { /* V12-ODSA-MS-12 */
		esim_answer_subscription(a->answer, ESIM_NEEDS_REDOWNLOADABLE);
		return;
	}
	/* Moved, the subscription keeps its plan: only which profile, and consent, is left to a person. */
	(void)settle_plan(a, &is_open);
	a->answer->offer = a->draft->plan[0] != '\0' ? a->answer->offer : NULL;
	if (wants_sheet(a, old == OLD_OPEN))
		to_sheet(a, ESIM_TRANSFER);
	else if (!asks_user(a, ESIM_INPUT_TRANSFER))
		order(a, ESIM_TRANSFER);
}

static void transfer(const struct asked *a)
{
	if (a->request->line.is_foreign_device || a->request->line.is_foreign_old) {
		deny(a, a->request->line.is_foreign_old ? "the old profile is somebody else's" : "somebody else's device");
		return;
	}
	if (a->request->app == ESIM_COMPANION) {
		const struct esim_profile *under_way = of_device(a, true);
		if (under_way != NULL)
			follow(a, under_way);
		else
			transfer_companion(a);
	} else {
		transfer_primary(a);
	}
}

/* ---- 4 UPDATE, 5 and 6, 7 RECOVER ---- */

static void update(const struct asked *a)
{
	if (named(a) == NULL)
		return;
	done(a); /* V12-ODSA-MS-17 */
	a->answer->is_installed = true;
}

static void switch_to(const struct asked *a, uint8_t from, enum esim_kind kind)
{
	const struct esim_profile *p = named(a);

	if (p == NULL)
		return;
	const struct esim_order *under_way = order_of(a, p);
	if (under_way != NULL && under_way->kind == kind)
		follow(a, p);
	else if (p->status != from || (under_way != NULL && p->seen_ms == 0)) /* V12-ODSA-MS-18 */
		invalid(a, "the profile is in another state");
	else
		order(a, kind);
}

/* A profile that rests while another device has the line comes back, and the other one ends. */
static void activate(const struct asked *a)
{
	const struct esim_line *line = &a->request->line;
	const struct esim_profile *p = of_iccid(a, a->iccid);

	for (size_t i = 0; p != NULL && p->is_lent && i < line->count; i++)
		if (line->profiles[i].ended_ms == 0 && strcmp(line->profiles[i].home, p->id) == 0)
			old_is(a, &line->profiles[i]);
	switch_to(a, ESIM_DEACTIVATED, p != NULL && p->is_lent ? ESIM_RETURN : ESIM_SERVICE_ON);
}

static void deactivate(const struct asked *a)
{
	switch_to(a, ESIM_ACTIVATED, ESIM_SERVICE_OFF);
}

static void recover(const struct asked *a)
{
	const struct esim_profile *p = a->iccid[0] != '\0' ? named(a) : NULL;
	const struct esim_profile *under_way = of_device(a, true);

	if (a->iccid[0] == '\0')
		invalid(a, "no ICCID");
	if (p == NULL)
		return;
	if (under_way != NULL && under_way != p) {
		follow(a, under_way);
		return;
	}
	if (p->status != ESIM_ACTIVATED) {
		invalid(a, "the profile is not active");
		return;
	}
	a->draft->profile[0] = '\0';
	a->answer->subject = NULL;
	old_is(a, p);
	if (a->draft->device[0] == '\0')
		(void)es_slice_to_str(es_slice_str(p->device), a->draft->device, sizeof a->draft->device);
	if (a->draft->eid[0] == '\0')
		(void)es_slice_to_str(es_slice_str(p->eid), a->draft->eid, sizeof a->draft->eid);
	if (wants_sheet(a, false))
		to_sheet(a, ESIM_RECOVER);
	else if (!asks_user(a, ESIM_INPUT_RECOVER))
		order(a, ESIM_RECOVER);
}

/* ---- */

static void dismissed(const struct asked *a)
{
	dismiss(a, "not of this application");
}

/* operation_type, TS.43 6.2; for devices of people, and for those of an enterprise. */
static const struct {
	void (*of_people)(const struct asked *a);
	void (*of_enterprise)(const struct asked *a);
} types[] = {
	{ subscribe, subscribe }, { unsubscribe, unsubscribe }, { change, change },         { transfer, dismissed },
	{ update, update },       { activate, activate },       { deactivate, deactivate }, { recover, dismissed },
};

void esim_manage_subscription(const struct esim_request *request, struct esim_answer *answer)
{
	struct asked a = {
		.request = request, .answer = answer, .settings = &request->facts.settings, .draft = &answer->draft
	};
	int64_t type = -1;

	if (es_parse_i64(esim_param(request, "operation_type"), 0, ES_COUNT(types) - 1, &type) != ES_OK) {
		invalid(&a, "operation_type is none of 0 to 7");
		return;
	}
	esim_draft_read(request, &answer->draft);
	(void)esim_iccid_of(request, a.iccid);
	if (request->app == ESIM_SERVER)
		types[type].of_enterprise(&a);
	else
		types[type].of_people(&a);
}
