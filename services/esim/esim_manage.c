/* esim_manage.c -- ManageSubscription: what its operation_type asks for, and what has to happen first (TS.43 6.2, 6.5.3).
 *
 * A row for each type. Each judges the request against the line and comes to one of: an answer that ends it, a sheet, a
 * question to the user, an order to be made, an order that there is already. Pure. */
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "esim_answer.h"
#include "esim_asked.h"
#include "esim_operations.h"

/* ---- 0 SUBSCRIBE ---- */

static size_t count_devices(const struct esim_asked *a)
{
	const struct esim_line *line = &a->request->line;
	size_t count = 0;

	for (size_t i = 0; i < line->count; i++)
		count += line->profiles[i].ended_ms == 0 && line->profiles[i].app == a->request->app;
	return count;
}

static const char *refusal(const struct esim_asked *a)
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

static void subscribe_new(const struct esim_asked *a)
{
	const char *no = refusal(a);
	bool is_open = false;

	if (no != NULL) {
		esim_asked_dismiss(a, no);
		return;
	}
	if (!esim_asked_settle_plan(a, &is_open)) {
		if (a->request->app == ESIM_SERVER)
			esim_asked_invalid(a, "no plan of the enterprise");
		else
			esim_asked_dismiss(a, "the plan is not offered");
		return;
	}
	const bool choice = is_open || (a->request->app == ESIM_COMPANION && a->draft->service == ESIM_SERVICE_NONE &&
	                                esim_count_services(&a->request->facts) > 1);
	if (a->request->app != ESIM_SERVER && esim_asked_wants_sheet(a, choice)) {
		esim_asked_to_sheet(a, ESIM_SUBSCRIBE);
		return;
	}
	if (a->request->app == ESIM_COMPANION && a->draft->service == ESIM_SERVICE_NONE)
		a->draft->service = esim_first_service(&a->request->facts);
	if (a->request->app == ESIM_SERVER || !esim_asked_user(a, ESIM_INPUT_SUBSCRIBE))
		esim_asked_order(a, ESIM_SUBSCRIBE);
}

/* TS.43 8.12: a profile is there, and waits for its user's word. */
static void subscribe_waiting(const struct esim_asked *a, const struct esim_profile *p)
{
	esim_asked_about(a, p);
	if ((a->settings->input & ESIM_INPUT_DOWNLOAD) != 0) {
		if (!esim_asked_user(a, ESIM_INPUT_DOWNLOAD))
			esim_asked_order(a, ESIM_RELEASE);
	} else if (esim_asked_has_sheet(a)) {
		esim_asked_to_sheet(a, ESIM_RELEASE);
	} else {
		esim_asked_order(a, ESIM_RELEASE);
	}
}

/* A companion that has a profile, and asks for one without naming it, has lost it: it gets another in its place. */
static void subscribe_again(const struct esim_asked *a, const struct esim_profile *p)
{
	if (a->iccid[0] != '\0' && strcmp(a->iccid, p->iccid) == 0) {
		esim_asked_done(a);
		a->answer->shown = p;
		return;
	}
	if (esim_asked_is_replaced(a, p)) {
		esim_asked_busy(a);
		return;
	}
	(void)es_slice_to_str(es_slice_str(p->id), a->draft->old_profile, sizeof a->draft->old_profile);
	(void)es_slice_to_str(es_slice_str(p->iccid), a->draft->old_iccid, sizeof a->draft->old_iccid);
	a->draft->service = p->service;
	esim_asked_order(a, ESIM_RECOVER);
}

static void subscribe(const struct esim_asked *a)
{
	const struct esim_profile *waiting = esim_asked_of_iccid(a, a->iccid);
	const struct esim_profile *under_way = esim_asked_of_device(a, true);

	if (waiting != NULL && waiting->status == ESIM_DEACTIVATED && esim_asked_order_of(a, waiting) == NULL &&
	    a->request->app == ESIM_PRIMARY) {
		subscribe_waiting(a, waiting);
	} else if (a->request->line.is_foreign_device || a->request->line.is_foreign_iccid) {
		esim_asked_deny(a, "somebody else's device");
	} else if (under_way != NULL) {
		esim_asked_coming(a, under_way);
	} else {
		const struct esim_profile *there = a->request->app != ESIM_PRIMARY ? esim_asked_of_device(a, false) : NULL;
		if (there != NULL && there->ready_ms > 0 && there->seen_ms == 0)
			esim_asked_coming(a, there);
		else if (there != NULL)
			subscribe_again(a, there);
		else
			subscribe_new(a);
	}
}

/* ---- 1 UNSUBSCRIBE, 2 CHANGE ---- */

static const struct esim_profile *ended_on_device(const struct esim_asked *a)
{
	const struct esim_line *line = &a->request->line;

	for (size_t i = 0; i < line->count; i++) {
		const struct esim_profile *p = &line->profiles[i];
		if (p->ended_ms > 0 && p->app == a->request->app &&
		    (a->iccid[0] != '\0' ? strcmp(p->iccid, a->iccid) == 0 : esim_asked_is_on(a, p)))
			return p;
	}
	return NULL;
}

static void unsubscribe(const struct esim_asked *a)
{
	const struct esim_profile *live =
		a->iccid[0] != '\0' ? esim_asked_of_iccid(a, a->iccid) : esim_asked_of_device(a, false);

	if (live == NULL && ended_on_device(a) != NULL) {
		esim_asked_done(a); /* asked again */
		return;
	}
	const struct esim_profile *p = esim_asked_named(a);
	if (p == NULL)
		return;
	const struct esim_order *o = esim_asked_order_of(a, p);
	if (o != NULL && esim_asked_is_ending(o))
		esim_asked_done(a); /* asked again */
	else if (o != NULL && o->kind == ESIM_RELEASE)
		esim_asked_busy(a);
	else if (a->request->app != ESIM_SERVER && esim_asked_wants_sheet(a, false))
		esim_asked_to_sheet(a, ESIM_UNSUBSCRIBE);
	else
		esim_asked_order(a, ESIM_UNSUBSCRIBE);
}

static void change(const struct esim_asked *a)
{
	const struct esim_profile *p = esim_asked_named(a);
	bool is_open = false;

	if (p == NULL)
		return;
	esim_asked_shows(a, p, a->iccid);
	const struct esim_order *o = esim_asked_order_of(a, p);
	if (!esim_asked_settle_plan(a, &is_open))
		esim_asked_dismiss(a, "the plan is not offered");
	else if (o != NULL && o->kind == ESIM_CHANGE && strcmp(o->plan, a->draft->plan) == 0)
		esim_asked_follow(a, p); /* asked again */
	else if (esim_asked_is_busy(a, p))
		esim_asked_busy(a);
	else if (a->draft->plan[0] != '\0' && a->answer->offer != NULL)
		esim_asked_order(a, ESIM_CHANGE);
	else if (esim_asked_has_sheet(a) && a->request->app != ESIM_SERVER)
		esim_asked_to_sheet(a, ESIM_CHANGE);
	else
		esim_asked_dismiss(a, "there is nothing to choose from");
}

/* ---- 4 UPDATE, 5 and 6 ---- */

static void update(const struct esim_asked *a)
{
	const struct esim_profile *p = esim_asked_named(a);

	if (p == NULL)
		return;
	esim_asked_done(a); /* V12-ODSA-MS-17 */
	esim_asked_shows(a, p, a->iccid);
}

static void switch_to(const struct esim_asked *a, uint8_t from, enum esim_kind kind)
{
	const struct esim_profile *p = esim_asked_named(a);

	if (p == NULL)
		return;
	esim_asked_shows(a, p, a->iccid);
	const struct esim_order *under_way = esim_asked_order_of(a, p);
	const bool is_coming = under_way != NULL && p->seen_ms == 0 && a->answer->shown != p;
	if (under_way != NULL && under_way->kind == kind)
		esim_asked_follow(a, p);
	else if (p->status != from || is_coming) /* V12-ODSA-MS-18 */
		esim_asked_invalid(a, "the profile is in another state");
	else if (esim_asked_is_busy(a, p))
		esim_asked_busy(a);
	else
		esim_asked_order(a, kind);
}

/* A profile that rests while another device has the line comes back, and the other one ends. */
static void activate(const struct esim_asked *a)
{
	const struct esim_line *line = &a->request->line;
	const struct esim_profile *p = esim_asked_of_iccid(a, a->iccid);

	for (size_t i = 0; p != NULL && p->is_lent && i < line->count; i++)
		if (line->profiles[i].ended_ms == 0 && strcmp(line->profiles[i].home, p->id) == 0)
			esim_asked_replaces(a, &line->profiles[i]);
	switch_to(a, ESIM_DEACTIVATED, p != NULL && p->is_lent ? ESIM_RETURN : ESIM_SERVICE_ON);
}

static void deactivate(const struct esim_asked *a)
{
	switch_to(a, ESIM_ACTIVATED, ESIM_SERVICE_OFF);
}

/* ---- */

static void dismissed(const struct esim_asked *a)
{
	esim_asked_dismiss(a, "not of this application");
}

/* operation_type, TS.43 6.2; for devices of people, and for those of an enterprise. */
static const struct {
	void (*of_people)(const struct esim_asked *a);
	void (*of_enterprise)(const struct esim_asked *a);
} types[] = {
	{ subscribe, subscribe },   { unsubscribe, unsubscribe },
	{ change, change },         { esim_asked_transfer, dismissed },
	{ update, update },         { activate, activate },
	{ deactivate, deactivate }, { esim_asked_recover, dismissed },
};

void esim_manage_subscription(const struct esim_request *request, struct esim_answer *answer)
{
	struct esim_asked a = {
		.request = request, .answer = answer, .settings = &request->facts.settings, .draft = &answer->draft
	};
	int64_t type = -1;

	if (es_parse_i64(esim_param(request, "operation_type"), 0, ES_COUNT(types) - 1, &type) != ES_OK) {
		esim_asked_invalid(&a, "operation_type is none of 0 to 7");
		return;
	}
	esim_draft_read(request, &answer->draft);
	(void)esim_iccid_of(request, a.iccid);
	if (request->app == ESIM_SERVER)
		types[type].of_enterprise(&a);
	else
		types[type].of_people(&a);
}
