/* auth_policy_link.c -- POLICY_TENANTS, POLICY_ADMIT and POLICY_FIND: between proto/policy.proto and auth's own structs. */
#include "auth_policy_link.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "auth.pb-c.h"
#include "auth_core_event.h"
#include "bus.pb-c.h"
#include "es_bus_pb.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_text.h"
#include "policy.pb-c.h"

#define REFRESH_DEADLINE_MS 2000
#define SNAPSHOT_MAX (4u << 20)

struct auth_policy_link {
	struct es_bus_client *client;
	struct auth_snapshots *snapshots;
	uint64_t version;
	_Atomic bool known;
};

struct auth_policy_link *auth_policy_link_new(struct es_bus_client *client, struct auth_snapshots *snapshots)
{
	struct auth_policy_link *link = calloc(1, sizeof *link);

	if (link != NULL) {
		link->client = client;
		link->snapshots = snapshots;
	}
	return link;
}

void auth_policy_link_free(struct auth_policy_link *link)
{
	free(link);
}

bool auth_policy_is_known(struct auth_policy_link *link)
{
	return atomic_load(&link->known);
}

/* ---- tenants ---- */

static bool copy_list(struct es_arena *arena, char **from, size_t count, const struct es_slice **out, size_t *out_count)
{
	struct es_slice *list = es_arena_array(arena, count, sizeof *list);

	if (list == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		list[i] = es_arena_copy(arena, es_slice_str(from[i]));
		if (list[i].len != strlen(from[i]))
			return false;
	}
	*out = list;
	*out_count = count;
	return true;
}

static bool copy_text(struct es_arena *arena, const char *from, struct es_slice *out)
{
	const char *copy = es_arena_strdup(arena, es_slice_str(from));

	*out = es_slice_str(copy != NULL ? copy : "");
	return copy != NULL;
}

static bool copy_authentication(struct es_arena *arena, const Openes__Tenant *from, struct auth_tenant *out)
{
	out->result_indication = from->result_indication;
	out->bidding = from->bidding;
	out->pseudonyms = from->pseudonyms;
	out->eap_over_token = from->eap_over_token;
	out->hss_profile = from->hss_profile;
	out->reauthentications = from->reauthentications;
	out->challenges_per_second = from->challenges_per_second;
	out->second_factor = from->second_factor;
	out->sms_code = from->sms_code;
	out->temporary_token_s = from->temporary_token_s;
	out->operator_token_s = from->operator_token_s;
	return copy_list(arena, from->eap_methods, from->n_eap_methods, &out->eap_methods, &out->eap_method_count) &&
	       copy_list(arena, from->sources, from->n_sources, &out->sources, &out->source_count) &&
	       copy_text(arena, from->network_name, &out->network_name) && copy_text(arena, from->oidc, &out->oidc) &&
	       copy_list(arena, from->unsupported_companions, from->n_unsupported_companions, &out->unsupported_companions,
	                 &out->unsupported_companion_count) &&
	       copy_text(arena, from->not_enabled_url, &out->not_enabled_url) &&
	       copy_text(arena, from->not_enabled_user_data, &out->not_enabled_user_data) &&
	       copy_text(arena, from->name, &out->name) && copy_text(arena, from->language, &out->language) &&
	       copy_text(arena, from->error_url, &out->error_url) &&
	       copy_text(arena, from->error_user_data, &out->error_user_data) &&
	       copy_text(arena, from->error_text, &out->error_text) &&
	       copy_text(arena, from->operator_token_url, &out->operator_token_url);
}

static bool copy_clients(struct es_arena *arena, const Openes__Tenant *from, struct auth_tenant *out)
{
	struct auth_client *clients = es_arena_array(arena, from->n_clients, sizeof *clients);

	if (clients == NULL)
		return false;
	for (size_t i = 0; i < from->n_clients; i++) {
		const Openes__OAuthClient *in = from->clients[i];
		struct auth_client *client = &clients[i];
		*client = (struct auth_client){ .token_s = in->token_s, .disabled = in->disabled };
		client->jwks = es_arena_copy(arena, es_slice_of(in->jwks.data, in->jwks.len));
		if (!copy_text(arena, in->id, &client->id) || client->jwks.len != in->jwks.len ||
		    !copy_list(arena, in->scopes, in->n_scopes, &client->scopes, &client->scope_count))
			return false;
	}
	out->clients = clients;
	out->client_count = from->n_clients;
	return true;
}

/* False when the arena is exhausted. */
static bool copy_tenant(struct es_arena *arena, const Openes__Tenant *from, struct auth_tenant *out)
{
	*out = (struct auth_tenant){ .token_ttl_s = from->token_ttl_s > 0 ? from->token_ttl_s : 0,
		                         .decoy_challenge = from->decoy_challenge,
		                         .notifications = from->eap_notifications,
		                         .identity_request = from->eap_identity_request,
		                         .checkcode = from->checkcode };
	memcpy(out->id, from->id, strlen(from->id) + 1);
	return copy_list(arena, from->hosts, from->n_hosts, &out->hosts, &out->host_count) &&
	       copy_list(arena, from->plmns, from->n_plmns, &out->plmns, &out->plmn_count) &&
	       copy_list(arena, from->imsi_ranges, from->n_imsi_ranges, &out->imsi_ranges, &out->imsi_range_count) &&
	       copy_list(arena, from->gid1, from->n_gid1, &out->gid1, &out->gid1_count) &&
	       copy_authentication(arena, from, out) && copy_clients(arena, from, out);
}

/* The bounds of the two sides: an id that auth's structs can hold, and a time to live that milliseconds can. */
static bool tenant_is_usable(const Openes__Tenant *t)
{
	size_t id = strlen(t->id);

	return id > 0 && id < sizeof((struct auth_tenant *)0)->id && t->token_ttl_s < INT64_C(1) << 40;
}

static es_status publish(struct auth_policy_link *link, const Openes__TenantsReply *reply)
{
	struct es_arena *arena = es_arena_new(0, SNAPSHOT_MAX);
	struct auth_tenants tenants = { .version = reply->version };

	if (arena == NULL || reply->n_tenants > AUTH_TENANTS_MAX) {
		es_arena_free(arena);
		return ES_TOO_LARGE;
	}
	struct auth_tenant *items = es_arena_array(arena, reply->n_tenants, sizeof *items);
	bool ok = items != NULL;
	for (size_t i = 0; ok && i < reply->n_tenants; i++) {
		if (tenant_is_usable(reply->tenants[i]))
			ok = copy_tenant(arena, reply->tenants[i], &items[tenants.count++]);
		else
			es_warn(NULL, "auth.tenant_unusable", es_f_str("tenant", reply->tenants[i]->id));
	}
	if (!ok) {
		es_arena_free(arena);
		return ES_TOO_LARGE;
	}
	tenants.items = items;
	size_t count = tenants.count;
	ES_TRY(auth_snapshot_set(link->snapshots, arena, &tenants));
	link->version = reply->version;
	atomic_store(&link->known, true);
	es_info(NULL, "auth.tenants", es_f_u64("version", reply->version), es_f_u64("count", count));
	return ES_OK;
}

es_status auth_policy_refresh(struct auth_policy_link *link)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, SNAPSHOT_MAX);
	Openes__TenantsRequest request;
	ProtobufCMessage *message;
	bool known = auth_policy_is_known(link);

	openes__tenants_request__init(&request);
	if (arena == NULL)
		return ES_TOO_LARGE;
	request.known_version = known ? link->version : 0;
	const struct es_bus_call_options options = { .method = OPENES__BUS_METHOD__POLICY_TENANTS,
		                                         .deadline = es_wall_ms() + REFRESH_DEADLINE_MS,
		                                         .idempotency_key = ES_SLICE_LIT("tenants") };
	ES_TRY(
		es_bus_call_wait(link->client, &options, &request.base, &openes__tenants_reply__descriptor, arena, &message));
	const Openes__TenantsReply *reply = (const Openes__TenantsReply *)(const void *)message;
	if (known && reply->version == link->version)
		return ES_OK;
	return publish(link, reply);
}

/* ---- admission ---- */

static void admit_replied(const struct es_bus_reply_view *view, void *user)
{
	struct auth_admit *admit = user;

	if (view->status != ES_OK) {
		admit->done(admit, view->status);
		return;
	}
	const Openes__AdmitReply *reply =
		(const void *)es_bus_unpack(&openes__admit_reply__descriptor, view->payload, admit->arena);
	es_status status = ES_OK;
	if (reply != NULL && reply->outcome == OPENES__ADMIT_REPLY__OUTCOME__ADMITTED)
		admit->admission = AUTH_ADMITTED;
	else if (reply != NULL && reply->outcome == OPENES__ADMIT_REPLY__OUTCOME__UNKNOWN)
		admit->admission = AUTH_ADMIT_UNKNOWN;
	else if (reply != NULL && reply->outcome == OPENES__ADMIT_REPLY__OUTCOME__TERMINATED)
		admit->admission = AUTH_ADMIT_TERMINATED;
	else
		status = ES_INTERNAL;
	if (status == ES_OK)
		admit->epoch = reply->epoch;
	admit->done(admit, status);
}

es_status auth_policy_admit(void *policy, struct auth_admit *admit)
{
	struct auth_policy_link *link = policy;
	Openes__AdmitRequest request;

	openes__admit_request__init(&request);
	request.tenant = es_pb_text(admit->tenant);
	request.imsi = es_pb_text(admit->imsi);
	return es_bus_call(link->client,
	                   &(struct es_bus_call_options){ .method = OPENES__BUS_METHOD__POLICY_ADMIT,
	                                                  .deadline = admit->deadline,
	                                                  .trace = admit->trace,
	                                                  .idempotency_key = admit->key },
	                   &request.base, admit_replied, admit);
}

/* ---- who is this number, or this IMSI? ---- */

static es_status take_found(const Openes__FindReply *reply, struct auth_find *find)
{
	find->found = AUTH_FIND_UNKNOWN;
	if (reply == NULL)
		return ES_INTERNAL;
	switch (reply->outcome) {
	case OPENES__FIND_REPLY__OUTCOME__FOUND: find->found = AUTH_FOUND; break;
	case OPENES__FIND_REPLY__OUTCOME__UNKNOWN: return ES_OK;
	case OPENES__FIND_REPLY__OUTCOME__TERMINATED: find->found = AUTH_FIND_TERMINATED; return ES_OK;
	case OPENES__FIND_REPLY__OUTCOME__OUTCOME_NONE:
	case _OPENES__FIND_REPLY__OUTCOME_IS_INT_SIZE: return ES_INTERNAL;
	}
	find->epoch = reply->epoch;
	if (es_imsi_parse(es_slice_str(reply->imsi), &find->line_imsi) != ES_OK)
		return ES_INTERNAL;
	/* A line without a number of its own is one that no SMS reaches. */
	if (es_msisdn_parse(es_slice_str(reply->msisdn), &find->line_msisdn) != ES_OK)
		find->line_msisdn = (struct es_msisdn){ "" };
	return ES_OK;
}

static void find_replied(const struct es_bus_reply_view *view, void *user)
{
	struct auth_find *find = user;
	es_status status = view->status;

	if (status == ES_OK)
		status =
			take_found((const void *)es_bus_unpack(&openes__find_reply__descriptor, view->payload, find->arena), find);
	find->done(find, status);
}

es_status auth_policy_find(void *policy, struct auth_find *find)
{
	struct auth_policy_link *link = policy;
	Openes__FindRequest request;

	openes__find_request__init(&request);
	request.tenant = es_pb_text(find->tenant);
	request.imsi = es_pb_text(find->imsi);
	request.msisdn = es_pb_text(find->msisdn);
	return es_bus_call(link->client,
	                   &(struct es_bus_call_options){ .method = OPENES__BUS_METHOD__POLICY_FIND,
	                                                  .deadline = find->deadline,
	                                                  .trace = find->trace,
	                                                  .idempotency_key = find->key },
	                   &request.base, find_replied, find);
}

/* ---- what the core network told ---- */

static void change_replied(const struct es_bus_reply_view *view, void *user)
{
	struct auth_core_change *change = user;
	const Openes__CoreEventReply *reply = NULL;
	es_status status = view->status;

	if (status == ES_OK) {
		reply = (const void *)es_bus_unpack(&openes__core_event_reply__descriptor, view->payload, change->arena);
		status = reply != NULL ? ES_OK : ES_INTERNAL;
	}
	change->known = reply != NULL && reply->known;
	change->done(change, status);
}

es_status auth_policy_core_change(void *policy, struct auth_core_change *change)
{
	struct auth_policy_link *link = policy;
	const struct auth_core_event *event = change->event;
	Openes__CoreEventRequest request;
	Openes__CoreProfile profile;

	openes__core_event_request__init(&request);
	openes__core_profile__init(&profile);
	request.kind = event->kind == AUTH_CORE_PROFILE ? OPENES__CORE_EVENT_REQUEST__KIND__PROFILE_CHANGED
	                                                : OPENES__CORE_EVENT_REQUEST__KIND__DEREGISTERED;
	request.source = es_pb_text(event->source);
	request.imsi = es_pb_text(event->imsi);
	request.tenant = es_pb_text(change->tenant);
	request.reason = es_pb_text(event->reason);
	profile.msisdn = es_pb_text(event->msisdn);
	profile.has_access = event->has_access;
	profile.access_barred = event->access_barred;
	request.profile = event->kind == AUTH_CORE_PROFILE ? &profile : NULL;
	/* The same once more does no harm: a raised epoch is raised again, a profile is what it is. */
	return es_bus_call(link->client,
	                   &(struct es_bus_call_options){ .method = OPENES__BUS_METHOD__POLICY_CORE_EVENT,
	                                                  .deadline = change->deadline,
	                                                  .trace = change->trace,
	                                                  .idempotency_key = es_slice_str(event->imsi) },
	                   &request.base, change_replied, change);
}
