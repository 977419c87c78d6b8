/* policy_engine_billing.c -- ap2012 in a POLICY_DECIDE: which user of which store asks, and the answer to a message. */
#include <string.h>

#include "policy_dcb.h"
#include "policy_deciding.h"
#include "policy_touch.h"

static bool is_asked(const Openes__DeviceRequest *device)
{
	for (size_t i = 0; i < device->n_apps; i++)
		if (strcmp(device->apps[i], "ap2012") == 0)
			return true;
	return false;
}

bool policy_decide_commits(const Openes__DecideRequest *request)
{
	return request->request != NULL && is_asked(request->request) &&
	       policy_deciding_param(request->request, "MSG_btn").len > 0;
}

static es_status text_of(struct es_slice value, size_t max, struct es_arena *arena, const char **out)
{
	if (value.len == 0 || value.len > max)
		return ES_MALFORMED;
	*out = es_arena_strdup(arena, value);
	return *out != NULL ? ES_OK : ES_TOO_LARGE;
}

/* TS.43 T90. The gateway has refused what is not so, before anybody authenticated; this is for all others who call. */
es_status policy_billing_begin(struct policy_deciding *d)
{
	struct policy_billing_request *b = &d->billing;
	struct es_slice button = policy_deciding_param(d->device, "MSG_btn");

	b->is_asked = is_asked(d->device);
	if (!b->is_asked)
		return ES_OK;
	b->is_malformed = button.len > 0 && !es_slice_eq_str(button, "0") && !es_slice_eq_str(button, "1");
	b->has_button = button.len > 0;
	b->is_accepted = es_slice_eq_str(button, "1");
	es_status vendor =
		text_of(policy_deciding_param(d->device, "store_vendor"), POLICY_STORE_VENDOR_MAX, d->arena, &b->vendor);
	es_status user =
		text_of(policy_deciding_param(d->device, "store_user_id"), POLICY_STORE_USER_MAX, d->arena, &b->user);
	if (vendor == ES_TOO_LARGE || user == ES_TOO_LARGE)
		return ES_TOO_LARGE;
	b->is_malformed = b->is_malformed || vendor != ES_OK || user != ES_OK;
	return ES_OK;
}

es_status policy_billing_read(struct policy_deciding *d, struct es_db_conn *conn)
{
	struct policy_billing_request *b = &d->billing;

	if (!b->is_asked || b->is_malformed)
		return ES_OK;
	es_status status =
		policy_row_store_user(conn, d->token.tenant, d->token.imsi.digits, b->vendor, b->user, d->arena, &b->known);
	b->is_known = status == ES_OK;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- the answer to a message ---- */

struct keeping {
	struct policy_deciding *d;
	struct policy_store_user next;
	struct policy_store_user stored; /* what is there now */
	bool is_stored;
	uint64_t sequence; /* 0: nothing changed */
};

static es_status note_in_trail(const struct keeping *k, struct es_db_conn *conn)
{
	const struct policy_deciding *d = k->d;
	int64_t id = 0;
	const struct policy_audit entry = {
		.at_ms = d->now_ms,
		.who = "device",
		.client = "",
		.action = "store-user.answer",
		.tenant = d->token.tenant,
		.resource = es_arena_printf(d->arena, "subscriber/%s/store-users", d->token.imsi.digits),
		.outcome = k->next.terms == POLICY_AVAILABLE ? "accepted" : "rejected",
		.detail = es_arena_printf(d->arena, "store_vendor: \"%s\"; store_user_id: \"%s\"; terms_version: \"%s\"",
		                          k->next.vendor, k->next.user, k->next.terms_version),
	};
	if (entry.resource == NULL || entry.detail == NULL)
		return ES_TOO_LARGE;
	return policy_row_audit_add(conn, &entry, &id);
}

static bool is_the_same(const struct keeping *k)
{
	if (!k->is_stored)
		return k->next.terms == POLICY_NOT_AVAILABLE; /* who never agreed is rejecting nothing */
	return k->stored.terms == k->next.terms && strcmp(k->stored.terms_version, k->next.terms_version) == 0;
}

/* Runs twice where the database says so. Answer, event and place in the trail are one transaction. */
static es_status keep(struct es_db_conn *conn, void *user)
{
	struct keeping *k = user;
	const struct policy_deciding *d = k->d;
	struct policy_event event = { .at_ms = d->now_ms,
		                          .kind = "subscriber.changed",
		                          .tenant = d->token.tenant,
		                          .imsi = d->token.imsi.digits,
		                          .apps = "ap2012",
		                          .traceparent = "" };
	struct policy_touches devices;

	k->sequence = 0;
	es_status status = policy_row_store_user(conn, d->token.tenant, d->token.imsi.digits, k->next.vendor, k->next.user,
	                                         d->arena, &k->stored);
	k->is_stored = status == ES_OK;
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	if (is_the_same(k))
		return ES_OK;
	ES_TRY(policy_touch_all(conn, event.tenant, event.imsi, "ap2012", d->arena, &devices));
	event.devices = devices.items;
	event.device_count = devices.count;
	ES_TRY(policy_row_event_add(conn, &event, &k->sequence));
	k->next.version = k->sequence;
	ES_TRY(policy_row_store_user_put(conn, d->token.tenant, d->token.imsi.digits, &k->next));
	return note_in_trail(k, conn);
}

static es_status press(struct policy_deciding *d, const struct policy_tenant *tenant)
{
	struct policy_billing_request *b = &d->billing;
	struct keeping k = { .d = d,
		                 .next = { .vendor = b->vendor,
		                           .user = b->user,
		                           .terms = b->is_accepted ? POLICY_AVAILABLE : POLICY_NOT_AVAILABLE,
		                           .terms_version = tenant->billing.terms,
		                           .updated_ms = d->now_ms } };

	es_status status = es_db_write_wait(policy_store_db(d->engine->store), keep, &k);
	if (status == ES_CONFLICT)
		return ES_UNAVAILABLE; /* the line was deleted under way: the next request finds that out */
	if (status != ES_OK)
		return status;
	if (k.sequence > 0) {
		b->known = k.next;
		b->is_known = true;
		if (d->engine->tell != NULL)
			d->engine->tell(d->engine->tell_user, k.sequence);
	} else if (k.is_stored) {
		b->known = k.stored;
		b->is_known = true;
	}
	return ES_OK;
}

es_status policy_billing_prepare(struct policy_deciding *d, struct policy_context *context)
{
	struct policy_billing_request *b = &d->billing;

	if (!b->is_asked)
		return ES_OK;
	context->store_user = b->is_known ? &b->known : NULL;
	if (b->has_button && policy_billing_asks(context))
		ES_TRY(press(d, context->tenant));
	context->store_user = b->is_known ? &b->known : NULL;
	return ES_OK;
}
