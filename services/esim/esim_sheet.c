/* esim_sheet.c -- ESIM_SHEET: what a web sheet is about, and what the person on it decided (TS.43 6.7).
 *
 * A draft was kept under the sheet's nonce when the device was sent there. Asked for twice, the same order is meant. */
#include <stdio.h>
#include <string.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_metrics.h"
#include "es_text.h"
#include "esim_bus.h"
#include "esim_conflict.h"
#include "esim_line.h"
#include "esim_operations.h"
#include "esim_settle.h"
#include "esim_wire.h"

#define SHEET_LIFE_MS (INT64_C(24) * 3600 * 1000)

struct sheet {
	struct esim_bus *bus;
	struct es_bus_call *call;
	const Openes__EsimSheetRequest *message;
	struct esim_request request; /* who asks; it has no parameters */
	struct esim_rows rows;
	struct esim_draft draft;
	char order[ESIM_ID + 1];
	int64_t created_ms;
	struct esim_case c;
	bool has_order, is_known, is_refused;
	const char *reason;
	uint64_t event;
};

/* ---- what there is ---- */

static es_status read_sheet(struct sheet *s, struct es_db_conn *conn)
{
	const struct esim_store *store = &s->bus->store;
	es_status status = esim_row_intent(store, conn, s->message->nonce, &s->draft, s->order, &s->created_ms);

	s->has_order = s->is_known = s->is_refused = false;
	s->reason = "";
	if (status != ES_OK)
		return status == ES_NOT_FOUND ? ES_OK : status;
	s->is_known = strcmp(s->draft.tenant, s->request.tenant) == 0 && strcmp(s->draft.imsi, s->request.imsi) == 0 &&
	              s->draft.app == s->request.app && s->created_ms > s->request.now_ms - SHEET_LIFE_MS;
	if (!s->is_known)
		return ES_OK;
	ES_TRY(esim_row_profiles(store, conn, s->draft.tenant, s->draft.imsi, s->draft.enterprise, s->request.now_ms,
	                         s->rows.profiles, &s->request.line.count));
	if (s->order[0] == '\0')
		return ES_OK;
	status = esim_case_read(store, conn, s->order, &s->c);
	s->has_order = status == ES_OK;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

static es_status read_orders(struct sheet *s, struct es_db_conn *conn)
{
	for (size_t i = 0; i < s->request.line.count; i++) {
		const es_status status =
			esim_row_order_of_profile(&s->bus->store, conn, s->rows.profiles[i].id, &s->rows.orders[i]);
		if (status == ES_NOT_FOUND)
			s->rows.orders[i].id[0] = '\0';
		else
			ES_TRY(status);
	}
	return ES_OK;
}

/* ---- what was decided ---- */

static const struct esim_profile *find(const struct sheet *s, const char *id, const char *iccid)
{
	for (size_t i = 0; i < s->request.line.count; i++) {
		const struct esim_profile *p = &s->rows.profiles[i];
		if (p->ended_ms == 0 && p->app == s->draft.app &&
		    (id[0] != '\0' ? strcmp(p->id, id) == 0 : iccid[0] != '\0' && strcmp(p->iccid, iccid) == 0))
			return p;
	}
	return NULL;
}

static void refuse(struct sheet *s, const char *reason)
{
	s->is_refused = true;
	s->reason = reason;
}

static const struct esim_offer *offer_of(const struct sheet *s, const char *plan)
{
	const struct esim_facts *facts = &s->request.facts;

	for (size_t i = 0; i < facts->offer_count; i++)
		if (strcmp(facts->offers[i].id, plan) == 0)
			return &facts->offers[i];
	return NULL;
}

/* The old profile that was chosen: one of ours, or the line's own SIM. */
static bool choose_old(struct sheet *s, const char *iccid)
{
	const struct esim_profile *old = find(s, "", iccid);

	if (old == NULL && strcmp(iccid, s->request.facts.iccid) != 0)
		return false;
	(void)snprintf(s->draft.old_iccid, sizeof s->draft.old_iccid, "%s", iccid);
	(void)snprintf(s->draft.old_profile, sizeof s->draft.old_profile, "%s", old != NULL ? old->id : "");
	(void)snprintf(s->draft.old_device, sizeof s->draft.old_device, "%s", old != NULL ? old->device : "");
	return true;
}

static bool choose_service(struct sheet *s, const char *service)
{
	const struct esim_facts *facts = &s->request.facts;

	for (size_t i = 0; i < facts->companion_service_count; i++) {
		if (!es_slice_eq_nocase(facts->companion_services[i], es_slice_str(service)))
			continue;
		for (uint8_t k = ESIM_SHARED_NUMBER; esim_service_names[k] != NULL; k++)
			if (es_slice_eq_nocase(es_slice_str(service), es_slice_str(esim_service_names[k])))
				s->draft.service = k;
		return true;
	}
	return false;
}

static bool companion_has_room(const struct sheet *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->request.line.count; i++)
		count += s->rows.profiles[i].ended_ms == 0 && s->rows.profiles[i].app == ESIM_COMPANION;
	return s->draft.app != ESIM_COMPANION || s->draft.kind != ESIM_SUBSCRIBE || count < s->request.facts.companion_max;
}

/* What is chosen is looked at anew: the page may be old, and what it sends anybody's. */
static const char *take_choice(struct sheet *s)
{
	const Openes__EsimSheetRequest *m = s->message;

	if (m->plan[0] != '\0' && offer_of(s, m->plan) == NULL)
		return "the plan is not offered";
	if (m->service[0] != '\0' && !choose_service(s, m->service))
		return "the service is not offered";
	if (m->iccid[0] != '\0' && !choose_old(s, m->iccid))
		return "the old profile is none of this line";
	if (!companion_has_room(s))
		return "as many companions as the plan allows";
	if (m->temporary && s->draft.kind == ESIM_TRANSFER)
		s->draft.kind = ESIM_LEND;
	if (s->draft.service == ESIM_SERVICE_NONE && s->draft.app == ESIM_COMPANION)
		s->draft.service = esim_first_service(&s->request.facts);
	return NULL;
}

/* Nobody moves what he does not have: the old profile is on its device, whether its SM-DP+ said so or not. */
static es_status show_old(struct sheet *s, struct es_db_conn *conn)
{
	const struct esim_profile *old = s->draft.old_profile[0] != '\0' ? find(s, s->draft.old_profile, "") : NULL;

	if (old == NULL || old->iccid[0] == '\0' || old->ready_ms == 0 || old->seen_ms > 0)
		return ES_OK;
	return esim_case_sign(&s->bus->store, conn, s->draft.tenant, old->iccid, ESIM_SIGN_INSTALLED, "", s->request.now_ms,
	                      &s->c);
}

static es_status make_order(struct sheet *s, struct es_db_conn *conn)
{
	const Openes__EsimSheetRequest *m = s->message;
	const char *no = take_choice(s);
	char trace[ES_TRACEPARENT_SIZE];

	ES_TRY(read_orders(s, conn));
	no = no != NULL ? no : esim_conflict(&s->request.line, &s->draft);
	if (no != NULL) {
		refuse(s, no);
		return ES_OK;
	}
	ES_TRY(show_old(s, conn));
	es_trace_format(es_bus_call_trace(s->call), trace);
	ES_TRY(esim_line_order(&s->bus->store, conn, &s->draft, &s->request.facts.settings,
	                       m->plan[0] != '\0' ? offer_of(s, m->plan) : NULL, find(s, s->draft.profile, ""), trace,
	                       s->request.now_ms, &s->c));
	s->has_order = true;
	s->event = s->c.event;
	return esim_row_intent_put(&s->bus->store, conn, m->nonce, &s->draft, s->c.order.id, s->created_ms);
}

static es_status take_back(struct sheet *s, struct es_db_conn *conn)
{
	if (!s->has_order || !esim_order_cancel(&s->c.order, "the person does not want it", s->request.now_ms))
		return ES_OK;
	ES_TRY(esim_case_write(&s->bus->store, conn, &s->c, s->request.now_ms));
	s->event = s->c.event;
	return ES_OK;
}

static es_status act(struct es_db_conn *conn, void *user)
{
	struct sheet *s = user;
	const Openes__EsimSheetRequest__Act what = s->message->act;

	s->event = 0;
	ES_TRY(read_sheet(s, conn));
	if (!s->is_known)
		return ES_OK;
	if (what == OPENES__ESIM_SHEET_REQUEST__ACT__ORDER && !s->has_order)
		return make_order(s, conn);
	if (what == OPENES__ESIM_SHEET_REQUEST__ACT__REFUSE)
		return take_back(s, conn);
	/* The device asks again, and names it (TS.43 8.6). */
	if (what == OPENES__ESIM_SHEET_REQUEST__ACT__SELECT && !choose_old(s, s->message->iccid))
		refuse(s, "the old profile is none of this line");
	return ES_OK;
}

/* ---- the answer ---- */

static Openes__EsimSheetReply__State state_of(const struct sheet *s)
{
	const struct esim_order *o = &s->c.order;
	const struct esim_profile *p = &s->c.profile;

	if (!s->has_order)
		return OPENES__ESIM_SHEET_REPLY__STATE__NEW;
	if (o->state == ESIM_ORDER_UNDONE || (o->flags & ESIM_BACK) != 0)
		return OPENES__ESIM_SHEET_REPLY__STATE__FAILED;
	if (esim_order_is_offered(o) && (o->flags & ESIM_SEEN) == 0 &&
	    (esim_order_makes_profile(o) || o->kind == ESIM_RELEASE) &&
	    (p->by_address ? p->smdp_address : p->activation_code)[0] != '\0')
		return OPENES__ESIM_SHEET_REPLY__STATE__READY;
	if (o->state == ESIM_ORDER_DONE || esim_order_is_offered(o))
		return OPENES__ESIM_SHEET_REPLY__STATE__DONE;
	if (o->state == ESIM_ORDER_WAITING && o->step == ESIM_STEP_DELETED)
		return OPENES__ESIM_SHEET_REPLY__STATE__DELETE_FIRST;
	const bool is_long =
		o->state == ESIM_ORDER_STUCK || s->request.now_ms > o->created_ms + s->request.facts.settings.answer_within_ms;
	return is_long ? OPENES__ESIM_SHEET_REPLY__STATE__DELAYED : OPENES__ESIM_SHEET_REPLY__STATE__WORKING;
}

static char *keep(struct sheet *s, const char *text, bool *is_short)
{
	char *copy = es_arena_strdup(es_bus_call_arena(s->call), es_slice_str(text));

	*is_short = *is_short || copy == NULL;
	return copy;
}

static void put_profile(struct sheet *s, Openes__EsimSheetReply *reply, const char *iccid, const char *device,
                        const char *name, uint32_t status, bool *is_short)
{
	Openes__EsimSheetProfile *one = es_arena_alloc(es_bus_call_arena(s->call), sizeof *one);

	if (one == NULL) {
		*is_short = true;
		return;
	}
	openes__esim_sheet_profile__init(one);
	one->iccid = keep(s, iccid, is_short);
	one->terminal_id = keep(s, device, is_short);
	one->name = keep(s, name, is_short);
	one->status = status;
	reply->profiles[reply->n_profiles++] = one;
}

/* Those that may be chosen as the old one of a transfer, where the device has named none; the line's own SIM is one. */
static void put_profiles(struct sheet *s, Openes__EsimSheetReply *reply, bool *is_short)
{
	const char *own = s->request.facts.iccid;
	bool has_own = own[0] == '\0' || s->draft.app != ESIM_PRIMARY;

	if (s->draft.kind != ESIM_TRANSFER || s->draft.old_iccid[0] != '\0')
		return;
	reply->profiles = es_arena_array(es_bus_call_arena(s->call), ESIM_PROFILES_MAX + 1, sizeof *reply->profiles);
	*is_short = *is_short || reply->profiles == NULL;
	for (size_t i = 0; !*is_short && i < s->request.line.count; i++) {
		const struct esim_profile *p = &s->rows.profiles[i];
		if (p->ended_ms > 0 || p->app != s->draft.app || p->iccid[0] == '\0')
			continue;
		has_own = has_own || strcmp(p->iccid, own) == 0;
		put_profile(s, reply, p->iccid, p->device, p->name[0] != '\0' ? p->name : p->model, p->status, is_short);
	}
	if (!*is_short && !has_own)
		put_profile(s, reply, own, "", "", ESIM_ACTIVATED, is_short);
}

static void put_download(struct sheet *s, Openes__EsimSheetReply *reply, bool *is_short)
{
	const struct esim_profile *p = &s->c.profile;

	if (reply->state == OPENES__ESIM_SHEET_REPLY__STATE__READY) {
		reply->activation_code = keep(s, p->by_address ? "" : p->activation_code, is_short);
		reply->smdp_address = keep(s, p->by_address ? p->smdp_address : "", is_short);
		reply->confirmation_code = keep(s, p->confirmation_code, is_short);
	}
	const bool deletes = reply->state == OPENES__ESIM_SHEET_REPLY__STATE__DELETE_FIRST;
	reply->iccid = keep(s, deletes ? s->c.order.old_iccid : p->iccid, is_short);
	reply->msisdn = keep(s, p->msisdn, is_short);
}

static bool fill(struct sheet *s, Openes__EsimSheetReply *reply)
{
	bool is_short = false;

	reply->outcome = !s->is_known    ? OPENES__ESIM_SHEET_REPLY__OUTCOME__GONE
	                 : s->is_refused ? OPENES__ESIM_SHEET_REPLY__OUTCOME__REFUSED
	                                 : OPENES__ESIM_SHEET_REPLY__OUTCOME__KNOWN;
	reply->reason = keep(s, s->has_order && s->reason[0] == '\0' ? s->c.order.reason : s->reason, &is_short);
	if (!s->is_known)
		return !is_short;
	reply->state = state_of(s);
	reply->kind = keep(s, esim_kind_names[s->draft.kind], &is_short);
	reply->device_name = keep(s, s->draft.name, &is_short);
	reply->device_model = keep(s, s->draft.model, &is_short);
	reply->device_id = keep(s, s->draft.device, &is_short);
	reply->service = keep(s, esim_service_names[s->draft.service], &is_short);
	put_profiles(s, reply, &is_short);
	if (s->has_order)
		put_download(s, reply, &is_short);
	return !is_short;
}

static void acted(es_status status, void *user)
{
	struct sheet *s = user;
	Openes__EsimSheetReply reply;

	openes__esim_sheet_reply__init(&reply);
	if (status == ES_OK && !fill(s, &reply))
		status = ES_TOO_LARGE;
	if (status != ES_OK) {
		es_bus_fail(s->call, status, "the sheet's order cannot be read or written");
		return;
	}
	esim_bus_moved(s->bus, NULL, s->event);
	es_bus_reply(s->call, &reply.base);
}

void esim_on_sheet(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	struct es_arena *arena = es_bus_call_arena(call);
	struct sheet *s = es_arena_alloc(arena, sizeof *s);
	struct esim_profile *profiles = es_arena_array(arena, ESIM_PROFILES_MAX, sizeof *profiles);
	struct esim_order *orders = es_arena_array(arena, ESIM_PROFILES_MAX, sizeof *orders);
	const Openes__EsimSheetRequest *m = (const Openes__EsimSheetRequest *)message;
	es_status status = s != NULL && profiles != NULL && orders != NULL ? ES_OK : ES_TOO_LARGE;

	if (status == ES_OK) {
		*s = (struct sheet){ .bus = user, .call = call, .message = m, .rows = { profiles, orders }, .reason = "" };
		s->request.now_ms = es_wall_ms();
		s->request.line.profiles = profiles;
		s->request.line.orders = orders;
		status = m->subject != NULL && m->nonce[0] != '\0' && esim_app_parse(es_slice_str(m->app), &s->request.app)
		             ? esim_wire_facts(m->facts, arena, &s->request.facts)
		             : ES_MALFORMED;
	}
	if (status == ES_OK) {
		s->request.tenant = m->subject->tenant;
		s->request.imsi = m->subject->imsi;
		s->request.msisdn = m->subject->msisdn;
		status = es_db_write(s->bus->store.db, act, acted, s);
	}
	if (status != ES_OK)
		es_bus_fail(call, status, "the sheet cannot be looked at");
}
