/* policy_engine.c -- POLICY_ADMIT, POLICY_TENANTS, POLICY_EVENTS. */
#include "policy_engine.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "policy_tenant.h"

#define EVENTS_MAX 200   /* of one answer */
#define DEVICES_MAX 1000 /* of all its events: with all their applications a third of a bus frame */
_Static_assert(DEVICES_MAX > POLICY_DEVICES_MAX, "the first event fits, so that a follower gets on");

static char *dup(struct es_arena *arena, const char *text, bool *bad)
{
	char *copy = es_arena_strdup(arena, es_slice_str(text));
	*bad = *bad || copy == NULL;
	return copy;
}

/* ---- admit ---- */

struct admitting {
	const Openes__AdmitRequest *request;
	struct es_arena *arena;
	struct policy_engine *engine;
	struct policy_subscriber line;
	bool has_line;
	const struct policy_catalog *catalog;
};

static es_status read_line(struct es_db_conn *conn, void *user)
{
	struct admitting *a = user;
	uint64_t version;
	es_status status = policy_row_subscriber(conn, a->request->tenant, a->request->imsi, a->arena, &a->line, &version);
	a->has_line = status == ES_OK;
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	return policy_catalog_at(a->engine->store, conn, version, &a->catalog);
}

/* The operator's own system first, where the tenant wants that. */
static es_status look(const struct admitting *a, int64_t now_ms, struct policy_bss_need *need)
{
	const struct policy_tenant *tenant = policy_catalog_tenant(a->catalog, a->request->tenant);
	const struct policy_subscriber *line = a->has_line ? &a->line : NULL;
	const char *plan = "";
	struct es_imsi valid;

	need->is_wanted = false;
	if (tenant == NULL || es_imsi_parse(es_slice_str(a->request->imsi), &valid) != ES_OK)
		return ES_OK;
	ES_TRY(policy_bss_look(need, tenant, a->request->imsi, line, now_ms, a->arena));
	return need->is_wanted ? ES_OK : policy_bss_hold(need, tenant, line, now_ms, &plan);
}

es_status policy_serve_admit(struct policy_engine *engine, const Openes__AdmitRequest *request, struct es_arena *arena,
                             Openes__AdmitReply *reply)
{
	struct policy_bss_need nobody = { .has_asked = true, .outcome = POLICY_BSS_NOT_ASKED };
	return policy_serve_admit_with(engine, request, 0, arena, &nobody, reply);
}

es_status policy_serve_admit_with(struct policy_engine *engine, const Openes__AdmitRequest *request, int64_t now_ms,
                                  struct es_arena *arena, struct policy_bss_need *need, Openes__AdmitReply *reply)
{
	struct admitting a = { .request = request, .engine = engine, .arena = arena };

	ES_TRY(es_db_read(policy_store_db(engine->store), read_line, &a));
	es_status status = look(&a, now_ms, need);
	policy_catalog_release(engine->store, a.catalog);
	if (status != ES_OK || need->is_wanted)
		return status;
	if (!a.has_line) {
		reply->outcome = OPENES__ADMIT_REPLY__OUTCOME__UNKNOWN;
		return ES_OK;
	}
	policy_seen_attempt(engine->seen, es_slice_str(a.line.tenant), es_slice_str(a.line.imsi), es_wall_ms());
	bool terminated = a.line.status == POLICY_TERMINATED;
	reply->outcome = terminated ? OPENES__ADMIT_REPLY__OUTCOME__TERMINATED : OPENES__ADMIT_REPLY__OUTCOME__ADMITTED;
	reply->epoch = (uint32_t)a.line.epoch;
	return ES_OK;
}

/* ---- tenants ---- */

static char **strings(const struct policy_list *list, struct es_arena *arena, size_t *count, bool *bad)
{
	char **out = es_arena_array(arena, list->count, sizeof *out);
	if (out == NULL) {
		*bad = true;
		return NULL;
	}
	for (size_t i = 0; i < list->count; i++)
		out[i] = dup(arena, list->items[i], bad);
	*count = list->count;
	return out;
}

static void authentication_message(const struct policy_authentication *a, struct es_arena *arena, Openes__Tenant *out,
                                   bool *bad)
{
	out->eap_methods = strings(&a->methods, arena, &out->n_eap_methods, bad);
	out->sources = strings(&a->sources, arena, &out->n_sources, bad);
	out->network_name = dup(arena, a->network_name, bad);
	out->result_indication = a->result_indication;
	out->bidding = a->bidding;
	out->pseudonyms = a->pseudonyms;
	out->reauthentications = (uint32_t)a->reauthentications;
	out->eap_over_token = a->eap_over_token;
	out->hss_profile = a->hss_profile;
	out->challenges_per_second = (uint32_t)a->challenges_per_second;
	out->oidc = dup(arena, a->oidc, bad);
	out->second_factor = a->second_factor;
	out->sms_code = a->sms_code;
	out->error_url = dup(arena, a->error_url, bad);
	out->error_user_data = dup(arena, a->error_user_data, bad);
	out->error_text = dup(arena, a->error_text, bad);
	out->temporary_token_s = a->temporary_token_s;
	out->operator_token_s = a->operator_token_s;
	out->operator_token_url = dup(arena, a->operator_token_url, bad);
}

static es_status client_message(const struct policy_client *client, struct es_arena *arena, Openes__OAuthClient **out)
{
	Openes__OAuthClient *message = es_arena_alloc(arena, sizeof *message);
	bool bad = false;

	if (message == NULL)
		return ES_TOO_LARGE;
	openes__oauth_client__init(message);
	message->id = dup(arena, client->id, &bad);
	message->jwks.data = (uint8_t *)dup(arena, client->jwks, &bad);
	message->jwks.len = strlen(client->jwks);
	message->scopes = strings(&client->scopes, arena, &message->n_scopes, &bad);
	message->token_s = client->token_ttl_s;
	message->disabled = client->disabled;
	if (bad)
		return ES_TOO_LARGE;
	*out = message;
	return ES_OK;
}

static es_status client_messages(const struct policy_catalog *catalog, struct es_arena *arena, Openes__Tenant *tenant)
{
	Openes__OAuthClient **messages = es_arena_array(arena, POLICY_CLIENTS_MAX, sizeof(Openes__OAuthClient *));

	if (messages == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < catalog->client_count && tenant->n_clients < POLICY_CLIENTS_MAX; i++)
		if (strcmp(catalog->clients[i].tenant, tenant->id) == 0)
			ES_TRY(client_message(&catalog->clients[i], arena, &messages[tenant->n_clients++]));
	tenant->clients = messages;
	return ES_OK;
}

static es_status tenant_message(const struct policy_tenant *tenant, struct es_arena *arena, Openes__Tenant **out)
{
	Openes__Tenant *message = es_arena_alloc(arena, sizeof *message);
	bool bad = false;

	if (message == NULL)
		return ES_TOO_LARGE;
	openes__tenant__init(message);
	message->id = dup(arena, tenant->id, &bad);
	message->name = dup(arena, tenant->name, &bad);
	message->language = dup(arena, tenant->language, &bad);
	message->hosts = strings(&tenant->hosts, arena, &message->n_hosts, &bad);
	message->plmns = strings(&tenant->plmns, arena, &message->n_plmns, &bad);
	message->imsi_ranges = strings(&tenant->imsi_ranges, arena, &message->n_imsi_ranges, &bad);
	message->gid1 = strings(&tenant->gid1, arena, &message->n_gid1, &bad);
	message->token_ttl_s = tenant->token_ttl_s;
	message->decoy_challenge = tenant->decoy_challenge;
	message->eap_notifications = tenant->eap_notifications;
	message->eap_identity_request = tenant->eap_identity_request;
	message->checkcode = tenant->checkcode;
	message->unsupported_companions =
		strings(&tenant->unsupported_companions, arena, &message->n_unsupported_companions, &bad);
	message->not_enabled_url = dup(arena, tenant->not_enabled_url, &bad);
	message->not_enabled_user_data = dup(arena, tenant->not_enabled_user_data, &bad);
	authentication_message(&tenant->authentication, arena, message, &bad);
	if (bad)
		return ES_TOO_LARGE;
	*out = message;
	return ES_OK;
}

static es_status tenant_messages(const struct policy_catalog *catalog, struct es_arena *arena,
                                 Openes__TenantsReply *reply)
{
	Openes__Tenant **messages = es_arena_array(arena, catalog->tenant_count, sizeof(Openes__Tenant *));
	if (messages == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < catalog->tenant_count; i++) {
		ES_TRY(tenant_message(&catalog->tenants[i], arena, &messages[i]));
		ES_TRY(client_messages(catalog, arena, messages[i]));
	}
	reply->tenants = messages;
	reply->n_tenants = catalog->tenant_count;
	return ES_OK;
}

struct looking {
	struct policy_engine *engine;
	uint64_t known, version;
	const struct policy_catalog *catalog; /* NULL: nothing new */
};

static es_status read_catalog(struct es_db_conn *conn, void *user)
{
	struct looking *l = user;
	ES_TRY(policy_row_catalog_version(conn, &l->version));
	return l->version == l->known ? ES_OK : policy_catalog_at(l->engine->store, conn, l->version, &l->catalog);
}

es_status policy_serve_tenants(struct policy_engine *engine, const Openes__TenantsRequest *request,
                               struct es_arena *arena, Openes__TenantsReply *reply)
{
	struct looking l = { .engine = engine, .known = request->known_version };

	ES_TRY(es_db_read(policy_store_db(engine->store), read_catalog, &l));
	reply->version = l.version;
	if (l.catalog == NULL)
		return ES_OK;
	es_status status = tenant_messages(l.catalog, arena, reply);
	policy_catalog_release(engine->store, l.catalog);
	return status;
}

/* ---- events ---- */

struct fetching {
	const Openes__EventsRequest *request;
	struct es_arena *arena;
	Openes__EventsReply *reply;
	size_t room, devices;
};

/* "ap2003 ap2004" to a list. */
static char **app_list(const char *apps, struct es_arena *arena, size_t *count, bool *bad)
{
	const char *items[16];
	struct policy_list list = { items, 0 };
	struct es_slice rest = es_slice_str(apps);

	while (rest.len > 0 && list.count < ES_COUNT(items)) {
		struct es_slice word = es_slice_cut(&rest, ' ');
		const char *app = es_arena_strdup(arena, word);
		*bad = *bad || app == NULL;
		if (word.len > 0 && app != NULL)
			items[list.count++] = app;
	}
	return strings(&list, arena, count, bad);
}

static es_status add_event(const struct policy_event *event, void *user)
{
	struct fetching *f = user;
	Openes__Event *message = es_arena_alloc(f->arena, sizeof *message);
	bool bad = false;

	if (message == NULL || f->reply->n_events == f->room)
		return ES_TOO_LARGE;
	openes__event__init(message);
	message->sequence = event->sequence;
	message->at_unix_ms = event->at_ms;
	message->kind = dup(f->arena, event->kind, &bad);
	message->tenant = dup(f->arena, event->tenant, &bad);
	message->imsi = dup(f->arena, event->imsi, &bad);
	message->traceparent = dup(f->arena, event->traceparent, &bad);
	message->apps = app_list(event->apps, f->arena, &message->n_apps, &bad);
	message->plan = dup(f->arena, event->plan, &bad);
	message->moved_to = dup(f->arena, event->moved_to, &bad);
	if (bad)
		return ES_TOO_LARGE;
	f->reply->events[f->reply->n_events++] = message;
	return ES_OK;
}

static Openes__Event *event_of(const struct fetching *f, uint64_t sequence)
{
	for (size_t i = 0; i < f->reply->n_events; i++)
		if (f->reply->events[i]->sequence == sequence)
			return f->reply->events[i];
	return NULL;
}

static es_status add_device(uint64_t sequence, const struct policy_touch *device, void *user)
{
	struct fetching *f = user;
	Openes__Event *event = event_of(f, sequence);
	Openes__EventDevice *message = es_arena_alloc(f->arena, sizeof *message);
	bool bad = false;

	if (message == NULL || event == NULL)
		return message == NULL ? ES_TOO_LARGE : ES_OK;
	if (event->devices == NULL)
		event->devices = es_arena_array(f->arena, POLICY_DEVICES_MAX, sizeof(Openes__EventDevice *));
	if (event->devices == NULL || event->n_devices == POLICY_DEVICES_MAX)
		return ES_TOO_LARGE;
	openes__event_device__init(message);
	message->terminal_id = dup(f->arena, device->terminal_id, &bad);
	message->apps = app_list(device->apps, f->arena, &message->n_apps, &bad);
	message->unchanged = app_list(device->unchanged, f->arena, &message->n_unchanged, &bad);
	event->devices[event->n_devices++] = message;
	f->devices++;
	return bad ? ES_TOO_LARGE : ES_OK;
}

/* Events whose devices do not fit any more are for the next answer. */
static es_status read_devices(struct es_db_conn *conn, struct fetching *f)
{
	const size_t count = f->reply->n_events;

	f->devices = 0;
	if (count == 0)
		return ES_OK;
	ES_TRY(policy_row_event_devices(conn, f->reply->events[0]->sequence, f->reply->events[count - 1]->sequence,
	                                DEVICES_MAX, f->arena, add_device, f));
	if (f->devices < DEVICES_MAX)
		return ES_OK;
	size_t last = count - 1; /* the last that has any may lack some */
	while (last > 0 && f->reply->events[last]->n_devices == 0)
		last--;
	f->reply->n_events = last;
	return ES_OK;
}

static es_status read_events(struct es_db_conn *conn, void *user)
{
	struct fetching *f = user;
	f->reply->n_events = 0;
	ES_TRY(policy_row_event_head(conn, &f->reply->head));
	ES_TRY(policy_row_events(conn, f->request->after, (uint32_t)f->room, f->arena, add_event, f));
	return read_devices(conn, f);
}

es_status policy_serve_events(struct policy_engine *engine, const Openes__EventsRequest *request,
                              struct es_arena *arena, Openes__EventsReply *reply)
{
	struct fetching f = { .request = request, .arena = arena, .reply = reply };

	f.room = request->limit > 0 && request->limit < EVENTS_MAX ? request->limit : EVENTS_MAX;
	if (request->after > INT64_MAX)
		return ES_MALFORMED;
	reply->events = es_arena_array(arena, f.room, sizeof(Openes__Event *));
	if (reply->events == NULL)
		return ES_TOO_LARGE;
	return es_db_read(policy_store_db(engine->store), read_events, &f);
}
