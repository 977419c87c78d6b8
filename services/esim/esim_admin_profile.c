/* esim_admin_profile.c -- profiles: what a line has, one that another channel activated, one that is gone. */
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_id.h"
#include "es_text.h"
#include "esim_admin_call.h"
#include "esim_form.h"
#include "esim_odsa.h"
#include "esim_prepare.h"

/* ---- as JSON ---- */

/* Codes are never read back. */
static void write_profile(const struct esim_profile *p, struct es_json_out *j)
{
	es_json_put_str(j, "iccid", p->iccid);
	es_json_put_str(j, "subscriber", p->imsi);
	es_json_put_str(j, "enterprise", p->enterprise);
	es_json_put_str(j, "app", esim_app_id(p->app));
	es_json_put_str(j, "service", esim_service_names[p->service]);
	es_json_put_str(j, "status", esim_status_name(p->status));
	es_json_put_str(j, "eid", p->eid);
	es_json_put_str(j, "terminal_id", p->device);
	es_json_put_bool(j, "secondary", p->is_secondary);
	es_json_put_bool(j, "verify", p->needs_word);
	es_json_put_bool(j, "is_lent", p->is_lent);
	es_json_put_str(j, "name", p->name);
	es_json_put_str(j, "vendor", p->vendor);
	es_json_put_str(j, "model", p->model);
	es_json_put_str(j, "plan", p->plan);
	es_json_put_str(j, "msisdn", p->msisdn);
	es_json_put_str(j, "imsi", p->profile_imsi);
	es_json_put_str(j, "smdp_address", p->smdp_address);
	es_json_put_bool(j, "has_activation_code", p->activation_code[0] != '\0');
	es_json_put_str(j, "order", p->order);
	es_admin_put_time(j, "created", p->created_ms);
	es_admin_put_time(j, "updated", p->updated_ms);
	es_admin_put_time(j, "ready", p->ready_ms);
	es_admin_put_time(j, "given", p->given_ms);
	es_admin_put_time(j, "installed", p->seen_ms);
	es_admin_put_time(j, "ended", p->ended_ms);
}

static es_status answer(struct es_admin_call *call, const struct esim_profile *p, enum es_admin_outcome outcome)
{
	struct es_json_out j = es_admin_begin(call);

	write_profile(p, &j);
	return es_admin_end(call, &j, outcome);
}

static es_status read_imsi(struct es_admin_call *call, struct es_imsi *out)
{
	if (es_imsi_parse(es_slice_str(es_admin_param(call, "imsi")), out) != ES_OK)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "imsi", "must have 6 to 15 digits");
	return ES_OK;
}

/* A line has so few that they are one page. */
es_status esim_do_profile_list(struct es_admin_call *call)
{
	struct esim_profile *profiles = es_arena_array(call->arena, ESIM_PROFILES_MAX, sizeof *profiles);
	struct es_imsi imsi;
	size_t count = 0, limit = 0;

	if (profiles == NULL)
		return ES_TOO_LARGE;
	ES_TRY(read_imsi(call, &imsi));
	ES_TRY(es_admin_limit(call, &limit));
	ES_TRY(esim_row_profiles(esim_admin_store(call), call->conn, call->tenant, imsi.digits, "", call->now_ms, profiles,
	                         &count));
	struct es_json_out j = es_admin_begin(call);
	es_json_array(&j, "items");
	for (size_t i = 0; i < count && i < limit; i++) {
		es_json_object(&j, NULL);
		write_profile(&profiles[i], &j);
		es_json_end_object(&j);
	}
	es_json_end_array(&j);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

static es_status load(struct es_admin_call *call, struct esim_profile **out)
{
	struct esim_profile *p = es_arena_alloc(call->arena, sizeof *p);
	char iccid[ESIM_ICCID + 1];

	if (p == NULL)
		return ES_TOO_LARGE;
	ES_TRY(esim_admin_iccid(call, iccid));
	const es_status status = esim_row_profile_of_iccid(esim_admin_store(call), call->conn, call->tenant, iccid, p);
	if (status == ES_NOT_FOUND)
		return es_admin_refuse(call, ES_ADMIN_NOT_FOUND, "iccid", "no such profile");
	*out = p;
	return status;
}

es_status esim_do_profile_get(struct es_admin_call *call)
{
	struct esim_profile *p = NULL;

	ES_TRY(load(call, &p));
	return answer(call, p, ES_ADMIN_DONE);
}

/* ---- put ---- */

static es_status refuse_order(struct es_admin_call *call)
{
	return es_admin_refuse(call, ES_ADMIN_CONFLICT, "iccid", "an order about it is under way; cancel that first");
}

/* What an order is about is the order's to change. */
static es_status require_no_order(struct es_admin_call *call, const struct esim_profile *p)
{
	struct esim_order order;
	const es_status status = esim_row_order_of_profile(esim_admin_store(call), call->conn, p->id, &order);

	es_wipe(&order, sizeof order);
	return status == ES_OK ? refuse_order(call) : status == ES_NOT_FOUND ? ES_OK : status;
}

static void make(struct es_admin_call *call, const char *imsi, const char *iccid, struct esim_profile *p)
{
	memset(p, 0, sizeof *p);
	esim_make_id(p->id);
	(void)snprintf(p->tenant, sizeof p->tenant, "%s", call->tenant);
	(void)snprintf(p->imsi, sizeof p->imsi, "%s", imsi);
	(void)snprintf(p->iccid, sizeof p->iccid, "%s", iccid);
	p->created_ms = call->now_ms;
}

/* The one that is there, or a new one. */
static es_status find_or_make(struct es_admin_call *call, struct esim_profile *p, bool *is_new)
{
	struct es_imsi imsi;
	char iccid[ESIM_ICCID + 1];

	ES_TRY(read_imsi(call, &imsi));
	ES_TRY(esim_admin_iccid(call, iccid));
	const es_status status = esim_row_profile_of_iccid(esim_admin_store(call), call->conn, call->tenant, iccid, p);
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	*is_new = status == ES_NOT_FOUND || p->ended_ms != 0;
	if (*is_new)
		make(call, imsi.digits, iccid, p);
	else if (strcmp(p->imsi, imsi.digits) != 0)
		return es_admin_refuse(call, ES_ADMIN_CONFLICT, "iccid", "another subscriber has this profile");
	return *is_new ? ES_OK : require_no_order(call, p);
}

/* A device asks for its own profiles only: somebody else's on the same one would hide this one from it. */
static es_status require_own_device(struct es_admin_call *call, const struct esim_profile *p)
{
	struct esim_draft asker = { .app = p->app };
	bool iccid_is = false, device_is = false;

	(void)snprintf(asker.tenant, sizeof asker.tenant, "%s", p->tenant);
	(void)snprintf(asker.imsi, sizeof asker.imsi, "%s", p->imsi);
	(void)snprintf(asker.eid, sizeof asker.eid, "%s", p->eid);
	(void)snprintf(asker.device, sizeof asker.device, "%s", p->device);
	ES_TRY(esim_row_is_foreign(call->conn, &asker, "", &iccid_is, &device_is));
	if (device_is)
		return es_admin_refuse(call, ES_ADMIN_CONFLICT, p->eid[0] != '\0' ? "eid" : "terminal_id",
		                       "the device has a profile of another subscriber; delete that first");
	return ES_OK;
}

static es_status require_room(struct es_admin_call *call, const struct esim_profile *p)
{
	struct esim_profile *profiles = es_arena_array(call->arena, ESIM_PROFILES_MAX, sizeof *profiles);
	size_t count = 0, living = 0;

	if (profiles == NULL)
		return ES_TOO_LARGE;
	ES_TRY(
		esim_row_profiles(esim_admin_store(call), call->conn, p->tenant, p->imsi, "", call->now_ms, profiles, &count));
	while (living < count && profiles[living].ended_ms == 0)
		living++;
	return living < ESIM_PROFILES_MAX
	           ? ES_OK
	           : es_admin_refuse(call, ES_ADMIN_CONFLICT, "iccid", "the subscriber has as many as there may be");
}

static bool is_downloadable(const struct esim_profile *p)
{
	return (p->activation_code[0] != '\0' || p->smdp_address[0] != '\0') && !p->needs_word;
}

static es_status store(struct es_admin_call *call, struct esim_profile *p, const struct esim_profile *before)
{
	p->updated_ms = call->now_ms;
	return esim_profile_write(esim_admin_store(call), call->conn, p, before, call->request->traceparent, call->now_ms,
	                          &esim_admin_effect(call)->sequence);
}

es_status esim_do_profile_put(struct es_admin_call *call)
{
	struct esim_profile *p = es_arena_alloc(call->arena, sizeof *p);
	struct esim_fault fault = { NULL, NULL };
	bool is_new = false;

	if (p == NULL)
		return ES_TOO_LARGE;
	if (call->body == NULL)
		return es_admin_refuse(call, ES_ADMIN_INVALID, NULL, "a body is needed");
	ES_TRY(find_or_make(call, p, &is_new));
	const struct esim_profile none = { .version = 0 }, before = is_new ? none : *p;
	if (!esim_form_profile(call->body, p, &fault))
		return es_admin_refuse(call, ES_ADMIN_INVALID, fault.field, fault.text);
	ES_TRY(require_own_device(call, p));
	if (is_new)
		ES_TRY(require_room(call, p));
	p->ready_ms = is_downloadable(p) ? call->now_ms : 0;
	p->given_ms = p->seen_ms = p->polls = 0;
	ES_TRY(store(call, p, &before));
	return answer(call, p, is_new ? ES_ADMIN_CREATED : ES_ADMIN_DONE);
}

/* ---- gone ---- */

es_status esim_do_profile_delete(struct es_admin_call *call)
{
	struct esim_profile *p = NULL;

	ES_TRY(load(call, &p));
	if (strcmp(p->imsi, es_admin_param(call, "imsi")) != 0)
		return es_admin_refuse(call, ES_ADMIN_NOT_FOUND, "iccid", "the subscriber has no such profile");
	if (p->ended_ms == 0) {
		const struct esim_profile before = *p;
		ES_TRY(require_no_order(call, p));
		p->status = ESIM_NO_REUSE;
		p->ended_ms = call->now_ms;
		ES_TRY(store(call, p, &before));
	}
	struct es_json_out j = es_admin_begin(call);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

/* The BSS may know before the SM-DP+ says so, or where it never does. */
es_status esim_do_profile_deleted(struct es_admin_call *call)
{
	struct esim_case *c = es_arena_alloc(call->arena, sizeof *c);
	struct esim_profile *p = NULL;

	if (c == NULL)
		return ES_TOO_LARGE;
	ES_TRY(load(call, &p));
	ES_TRY(esim_case_sign(esim_admin_store(call), call->conn, call->tenant, p->iccid, ESIM_SIGN_DELETED, "",
	                      call->now_ms, c));
	esim_admin_moved(call, c);
	ES_TRY(load(call, &p));
	return answer(call, p, ES_ADMIN_DONE);
}
