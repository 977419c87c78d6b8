/* esim_asked.c -- ends, finding, and what is asked first. Pure. */
#include "esim_asked.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "esim_answer.h"

/* ---- ends ---- */

void esim_asked_invalid(const struct esim_asked *a, const char *reason)
{
	esim_answer_result(a->answer, ESIM_INVALID_PARAMETER, reason);
}

void esim_asked_dismiss(const struct esim_asked *a, const char *reason)
{
	esim_answer_subscription(a->answer, ESIM_DISMISS);
	a->answer->reason = reason;
}

void esim_asked_deny(const struct esim_asked *a, const char *reason)
{
	a->answer->verdict = ESIM_FORBIDDEN;
	a->answer->reason = reason;
}

void esim_asked_done(const struct esim_asked *a)
{
	esim_answer_subscription(a->answer, ESIM_ALL_DONE);
}

void esim_asked_busy(const struct esim_asked *a)
{
	esim_answer_result(a->answer, ESIM_ERROR_GENERAL, "an order about it is under way"); /* V12-ODSA-G-07 */
}

bool esim_asked_has_sheet(const struct esim_asked *a)
{
	return a->request->facts.sheet_url[0] != '\0' && a->settings->sheet != ESIM_SHEET_NEVER;
}

bool esim_asked_has_management(const struct esim_asked *a)
{
	return a->settings->smdp[0] != '\0' || a->settings->bss[0] != '\0' ||
	       (a->answer->offer != NULL && a->answer->offer->smdp[0] != '\0');
}

void esim_asked_order(const struct esim_asked *a, enum esim_kind kind)
{
	a->draft->kind = (uint8_t)kind;
	if (esim_draft_is_new(a->draft) && !esim_asked_has_management(a)) {
		esim_answer_result(a->answer, ESIM_ERROR_GENERAL, "nobody to order a profile from"); /* V12-ODSA-G-07 */
		return;
	}
	a->answer->verdict = ESIM_ORDERS;
}

void esim_asked_to_sheet(const struct esim_asked *a, enum esim_kind kind)
{
	a->draft->kind = (uint8_t)kind;
	esim_answer_sheet(a->request, a->answer);
}

/* ---- finding ---- */

bool esim_asked_is_on(const struct esim_asked *a, const struct esim_profile *p)
{
	return (a->draft->eid[0] != '\0' && strcmp(p->eid, a->draft->eid) == 0) ||
	       (a->draft->device[0] != '\0' && strcmp(p->device, a->draft->device) == 0);
}

const struct esim_profile *esim_asked_of_iccid(const struct esim_asked *a, const char *iccid)
{
	const struct esim_line *line = &a->request->line;

	for (size_t i = 0; iccid[0] != '\0' && i < line->count; i++)
		if (line->profiles[i].ended_ms == 0 && line->profiles[i].app == a->request->app &&
		    strcmp(line->profiles[i].iccid, iccid) == 0)
			return &line->profiles[i];
	return NULL;
}

bool esim_asked_is_replaced(const struct esim_asked *a, const struct esim_profile *p)
{
	const struct esim_line *line = &a->request->line;

	for (size_t i = 0; i < line->count; i++)
		if (line->orders[i].id[0] != '\0' && strcmp(line->orders[i].old_profile, p->id) == 0)
			return true;
	return false;
}

const struct esim_profile *esim_asked_of_device(const struct esim_asked *a, bool under_way)
{
	const struct esim_line *line = &a->request->line;
	const struct esim_profile *replaced = NULL;

	for (size_t i = 0; i < line->count; i++) {
		const struct esim_profile *p = &line->profiles[i];
		const bool is_under_way = line->orders[i].id[0] != '\0' && p->seen_ms == 0;
		if (p->ended_ms > 0 || p->app != a->request->app || !esim_asked_is_on(a, p) || (under_way && !is_under_way))
			continue;
		if (!esim_asked_is_replaced(a, p))
			return p;
		replaced = p;
	}
	return replaced;
}

const struct esim_order *esim_asked_order_of(const struct esim_asked *a, const struct esim_profile *p)
{
	const struct esim_line *line = &a->request->line;
	const size_t i = (size_t)(p - line->profiles);

	return line->orders[i].id[0] != '\0' ? &line->orders[i] : NULL;
}

void esim_asked_follow(const struct esim_asked *a, const struct esim_profile *p)
{
	a->answer->verdict = ESIM_FOLLOWS;
	a->answer->subject = p;
}

bool esim_asked_is_busy(const struct esim_asked *a, const struct esim_profile *p)
{
	const struct esim_order *o = esim_asked_order_of(a, p);

	const bool is_there = p->seen_ms > 0 || a->answer->shown == p;
	return o != NULL && (!is_there || !esim_order_makes_profile(o));
}

void esim_asked_shows(const struct esim_asked *a, const struct esim_profile *p, const char *iccid)
{
	if (p != NULL && iccid[0] != '\0' && strcmp(p->iccid, iccid) == 0 && p->ready_ms > 0 && p->seen_ms == 0)
		a->answer->shown = p;
}

bool esim_asked_is_ending(const struct esim_order *o)
{
	return o->kind == ESIM_UNSUBSCRIBE || o->kind == ESIM_TERMINATE ||
	       (esim_order_makes_profile(o) && (o->flags & ESIM_BACK) != 0);
}

void esim_asked_about(const struct esim_asked *a, const struct esim_profile *p)
{
	a->answer->subject = p;
	(void)es_slice_to_str(es_slice_str(p->id), a->draft->profile, sizeof a->draft->profile);
}

const struct esim_profile *esim_asked_named(const struct esim_asked *a)
{
	const struct esim_profile *p =
		a->iccid[0] != '\0' ? esim_asked_of_iccid(a, a->iccid) : esim_asked_of_device(a, false);

	if (p != NULL)
		esim_asked_about(a, p);
	else if (a->request->line.is_foreign_iccid || (a->iccid[0] == '\0' && a->request->line.is_foreign_device))
		esim_asked_deny(a, "somebody else's");
	else
		esim_asked_invalid(a, "no profile of this line");
	return p;
}

/* ---- asking first ---- */

bool esim_asked_user(const struct esim_asked *a, enum esim_input when)
{
	if ((a->settings->input & when) == 0) {
		if (esim_param(a->request, "MSG_response").len == 0)
			return false;
		esim_answer_result(a->answer, ESIM_INVALID_MSG_RESPONSE, "nothing was asked"); /* V12-ODSA-G-06 */
		return true;
	}
	switch (esim_message_button(a->request)) {
	case 0: esim_asked_dismiss(a, "the user declined"); return true;
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

bool esim_asked_settle_plan(const struct esim_asked *a, bool *is_open)
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

bool esim_asked_wants_sheet(const struct esim_asked *a, bool is_choice)
{
	return esim_asked_has_sheet(a) &&
	       (a->settings->sheet == ESIM_SHEET_ALWAYS || is_choice || a->request->facts.sheet_has_terms);
}

/* ---- what comes, and what it takes the place of ---- */

void esim_asked_coming(const struct esim_asked *a, const struct esim_profile *p)
{
	const struct esim_order *o = esim_asked_order_of(a, p);

	if (o != NULL && (esim_order_makes_profile(o) || o->kind == ESIM_RELEASE)) {
		esim_asked_follow(a, p);
	} else if (p->ready_ms == 0 || (o != NULL && esim_asked_is_ending(o))) {
		esim_answer_subscription(a->answer, ESIM_DELAYED);
	} else {
		esim_answer_subscription(a->answer, ESIM_DOWNLOAD);
		esim_answer_download(a->answer, NULL, p);
	}
}

void esim_asked_replaces(const struct esim_asked *a, const struct esim_profile *p)
{
	(void)es_slice_to_str(es_slice_str(p->id), a->draft->old_profile, sizeof a->draft->old_profile);
	(void)es_slice_to_str(es_slice_str(p->iccid), a->draft->old_iccid, sizeof a->draft->old_iccid);
	if (a->draft->old_device[0] == '\0')
		(void)es_slice_to_str(es_slice_str(p->device), a->draft->old_device, sizeof a->draft->old_device);
	if (a->draft->service == ESIM_SERVICE_NONE)
		a->draft->service = p->service;
}
