/* gw_admin_routes.c -- the table of the operators' API, and matching against it. Pure. */
#include "gw_admin_routes.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_id.h"
#include "es_text.h"

#define TENANT "/v1/tenants/{tenant}"
#define PLAN TENANT "/plans/{plan}"
#define CLIENT TENANT "/clients/{client}"
#define ENTERPRISE TENANT "/enterprises/{enterprise}"
#define RULES TENANT "/rules/{number}"
#define ADDON TENANT "/addons/{addon}"
#define OUTAGE TENANT "/outages/{outage}"
#define SUBSCRIBER TENANT "/subscribers/{imsi}"

#define EQUIPMENT TENANT "/equipment/{imei}"
#define MODEL TENANT "/models/{tac}"

#define LETTER TENANT "/bss/dead-letters/{letter}"
#define QOS_ORDER TENANT "/qos-orders/{order}"
#define ESIM_ORDER TENANT "/esim-orders/{order}"
#define PROFILE TENANT "/profiles/{iccid}"
#define PROFILE_OF_LINE SUBSCRIBER "/profiles/{iccid}"
#define STOCK TENANT "/profile-stock"
#define WOKEN SUBSCRIBER "/notifications"
#define FAILURES TENANT "/notification-failures"
#define FAILURE FAILURES "/{failure}"
#define MASS TENANT "/mass-changes"
#define MASS_CHANGE MASS "/{change}"
#define PAGE "cursor limit"
#define TRIAL "dry_run"
#define DEVICE "imsi app entitlement_version accept_language boost_type store_vendor store_user_id"
#define CARE DEVICE " terminal_id terminal_sw_version"

const struct gw_admin_route gw_admin_routes[] = {
	/* method   path                       action                     query     body          owner          */
	{ "GET", "/v1/tenants", "tenant.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", TENANT, "tenant.get", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PUT", TENANT, "tenant.put", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "GET", TENANT "/plans", "plan.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", PLAN, "plan.get", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PUT", PLAN, "plan.put", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "DELETE", PLAN, "plan.delete", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", TENANT "/clients", "client.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", CLIENT, "client.get", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PUT", CLIENT, "client.put", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "DELETE", CLIENT, "client.delete", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", TENANT "/enterprises", "enterprise.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", ENTERPRISE, "enterprise.get", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PUT", ENTERPRISE, "enterprise.put", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "DELETE", ENTERPRISE, "enterprise.delete", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", TENANT "/rules", "rules.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", TENANT "/rules", "rules.add", TRIAL, GW_BODY_JSON, GW_OWNER_POLICY },
	{ "GET", RULES, "rules.get", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", RULES ":activate", "rules.activate", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", RULES ":test", "rules.test", PAGE, GW_BODY_OPTIONAL, GW_OWNER_POLICY },
	{ "GET", TENANT "/addons", "addon.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", ADDON, "addon.get", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PUT", ADDON, "addon.put", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "DELETE", ADDON, "addon.delete", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", TENANT "/outages", "outage.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", OUTAGE, "outage.get", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PUT", OUTAGE, "outage.put", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "DELETE", OUTAGE, "outage.delete", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", TENANT "/subscribers", "subscriber.list", PAGE " msisdn plan status unanswered_since", GW_BODY_NONE,
	  GW_OWNER_POLICY },
	{ "POST", TENANT "/subscribers:import", "subscriber.import", TRIAL " source", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "GET", SUBSCRIBER, "subscriber.get", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PUT", SUBSCRIBER, "subscriber.put", TRIAL, GW_BODY_JSON, GW_OWNER_POLICY },
	{ "PATCH", SUBSCRIBER, "subscriber.patch", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "DELETE", SUBSCRIBER, "subscriber.delete", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", SUBSCRIBER ":suspend", "subscriber.suspend", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", SUBSCRIBER ":resume", "subscriber.resume", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", SUBSCRIBER ":swap-sim", "subscriber.swap-sim", TRIAL, GW_BODY_OPTIONAL, GW_OWNER_POLICY },
	{ "POST", SUBSCRIBER ":reset-tokens", "subscriber.reset-tokens", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", SUBSCRIBER ":terminate", "subscriber.terminate", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", SUBSCRIBER ":erase", "subscriber.erase", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", SUBSCRIBER "/store-users", "store-user.list", "limit", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PATCH", SUBSCRIBER "/store-users", "store-user.patch", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "GET", TENANT "/equipment", "equipment.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", TENANT "/equipment:import", "equipment.import", TRIAL, GW_BODY_JSON, GW_OWNER_POLICY },
	{ "GET", EQUIPMENT, "equipment.get", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PUT", EQUIPMENT, "equipment.put", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "DELETE", EQUIPMENT, "equipment.delete", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", TENANT "/models", "model.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", TENANT "/models:import", "model.import", TRIAL, GW_BODY_JSON, GW_OWNER_POLICY },
	{ "GET", MODEL, "model.get", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PUT", MODEL, "model.put", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "DELETE", MODEL, "model.delete", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", TENANT "/explain", "explain", CARE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", TENANT "/bss/{source}/events", "bss.event", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "POST", TENANT "/bss/{source}/listener/{event}", "bss.listener", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "GET", TENANT "/bss/dead-letters", "bss.dead-letter.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", LETTER ":replay", "bss.dead-letter.replay", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "DELETE", LETTER, "bss.dead-letter.delete", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", TENANT "/qos-orders", "qos.list", PAGE " state", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", QOS_ORDER ":retry", "qos.retry", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", QOS_ORDER ":cancel", "qos.cancel", "", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", SUBSCRIBER "/consents", "consent.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "POST", "/v1/flow:resolve", "flow.resolve", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "GET", SUBSCRIBER "/keys", "keys.status", "", GW_BODY_NONE, GW_OWNER_AUTH },
	{ "PUT", SUBSCRIBER "/keys", "keys.put", "", GW_BODY_JSON, GW_OWNER_AUTH },
	{ "DELETE", SUBSCRIBER "/keys", "keys.delete", "", GW_BODY_NONE, GW_OWNER_AUTH },
	{ "GET", SUBSCRIBER "/authentications", "authentication.list", "limit", GW_BODY_NONE, GW_OWNER_AUTH },
	{ "GET", "/v1/keys/transport", "keys.transport", "", GW_BODY_NONE, GW_OWNER_AUTH },
	{ "GET", TENANT "/esim-orders", "esim.order.list", PAGE " state kind imsi iccid eid stuck", GW_BODY_NONE,
	  GW_OWNER_ESIM },
	{ "GET", ESIM_ORDER, "esim.order.get", "", GW_BODY_NONE, GW_OWNER_ESIM },
	{ "POST", ESIM_ORDER ":retry", "esim.order.retry", "", GW_BODY_NONE, GW_OWNER_ESIM },
	{ "POST", ESIM_ORDER ":cancel", "esim.order.cancel", "", GW_BODY_NONE, GW_OWNER_ESIM },
	{ "POST", ESIM_ORDER ":advance", "esim.order.advance", "", GW_BODY_JSON, GW_OWNER_ESIM },
	{ "GET", SUBSCRIBER "/profiles", "esim.profile.list", PAGE, GW_BODY_NONE, GW_OWNER_ESIM },
	{ "PUT", PROFILE_OF_LINE, "esim.profile.put", "", GW_BODY_JSON, GW_OWNER_ESIM },
	{ "DELETE", PROFILE_OF_LINE, "esim.profile.delete", "", GW_BODY_NONE, GW_OWNER_ESIM },
	{ "GET", PROFILE, "esim.profile.get", "", GW_BODY_NONE, GW_OWNER_ESIM },
	{ "POST", PROFILE ":deleted", "esim.profile.deleted", "", GW_BODY_NONE, GW_OWNER_ESIM },
	{ "GET", STOCK, "esim.stock.list", "limit", GW_BODY_NONE, GW_OWNER_ESIM },
	{ "POST", STOCK ":import", "esim.stock.import", "", GW_BODY_JSON, GW_OWNER_ESIM },
	{ "DELETE", STOCK "/{iccid}", "esim.stock.delete", "", GW_BODY_NONE, GW_OWNER_ESIM },
	{ "GET", TENANT "/esim-events", "esim.event.list", "after limit", GW_BODY_NONE, GW_OWNER_ESIM },
	{ "GET", WOKEN, "notify.line.get", "", GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "POST", WOKEN ":test", "notify.line.test", "", GW_BODY_OPTIONAL, GW_OWNER_NOTIFY },
	{ "GET", FAILURES, "notify.failure.list", PAGE " reason channel imsi", GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "POST", FAILURES ":replay", "notify.failure.replay-all", PAGE " reason channel imsi", GW_BODY_NONE,
	  GW_OWNER_NOTIFY },
	{ "GET", FAILURE, "notify.failure.get", "", GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "POST", FAILURE ":replay", "notify.failure.replay", "", GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "DELETE", FAILURE, "notify.failure.delete", "", GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "GET", MASS, "notify.mass.list", PAGE, GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "GET", MASS_CHANGE, "notify.mass.get", "", GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "PATCH", MASS_CHANGE, "notify.mass.patch", "", GW_BODY_JSON, GW_OWNER_NOTIFY },
	{ "POST", MASS_CHANGE ":pause", "notify.mass.pause", "", GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "POST", MASS_CHANGE ":resume", "notify.mass.resume", "", GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "POST", MASS_CHANGE ":cancel", "notify.mass.cancel", "", GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "GET", TENANT "/notification-channels", "notify.channel.list", "", GW_BODY_NONE, GW_OWNER_NOTIFY },
	{ "GET", "/v1/audit", "audit.list", PAGE " tenant", GW_BODY_NONE, GW_OWNER_POLICY },
	{ "GET", "/v1/credentials", "credential.list", PAGE, GW_BODY_NONE, GW_OWNER_POLICY },
	{ "PUT", "/v1/credentials/{name}", "credential.put", "", GW_BODY_JSON, GW_OWNER_POLICY },
	{ "DELETE", "/v1/credentials/{name}", "credential.delete", "", GW_BODY_NONE, GW_OWNER_POLICY },
};
const size_t gw_admin_route_count = ES_COUNT(gw_admin_routes);

bool gw_admin_route_is_signed(const struct gw_admin_route *route)
{
	return strcmp(route->action, "bss.event") == 0 || strcmp(route->action, "bss.listener") == 0;
}

/* Identifiers of this API: letters, digits, '-', '_' and '.', not starting with '.', 64 at most. policy is stricter. */
static bool name_is_valid(struct es_slice text)
{
	if (text.len == 0 || text.len > 64 || text.ptr[0] == '.')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!alnum && c != '-' && c != '_' && c != '.')
			return false;
	}
	return true;
}

static bool value_is_valid(const char *name, struct es_slice value)
{
	struct es_imsi imsi;

	if (strcmp(name, "imsi") == 0)
		return es_imsi_parse(value, &imsi) == ES_OK;
	return name_is_valid(value);
}

/* The parameters a path template may name; an entry's address also serves as the parameter's name. */
static const char *const path_names[] = { "tenant", "plan",   "imsi",  "name",       "client",  "imei",
	                                      "tac",    "number", "addon", "outage",     "source",  "event",
	                                      "letter", "order",  "iccid", "enterprise", "failure", "change" };

static const char *path_name(struct es_slice text)
{
	for (size_t i = 0; i < ES_COUNT(path_names); i++) {
		if (es_slice_eq_str(text, path_names[i]))
			return path_names[i];
	}
	return NULL;
}

/* One segment against "literal", "{name}" or "{name}:verb". */
static bool segment_matches(struct es_slice pattern, struct es_slice segment, struct gw_admin_match *m)
{
	if (pattern.len == 0 || pattern.ptr[0] != '{')
		return es_slice_eq(pattern, segment);

	size_t close = es_slice_find(pattern, '}');
	struct es_slice verb = es_slice_sub(pattern, close + 1, pattern.len);
	size_t colon = es_slice_find(segment, ':');
	struct es_slice value = es_slice_sub(segment, 0, colon);

	if (value.len == 0 || !es_slice_eq(verb, es_slice_sub(segment, colon, segment.len)) ||
	    m->param_count == GW_ADMIN_PARAMS)
		return false;
	m->params[m->param_count++] =
		(struct gw_admin_param){ .name = path_name(es_slice_sub(pattern, 1, close)), .value = value };
	return true;
}

static bool path_matches(const char *template, struct es_slice path, struct gw_admin_match *m)
{
	struct es_slice pattern = es_slice_str(template);

	m->param_count = 0;
	while (pattern.ptr != NULL && path.ptr != NULL) {
		if (!segment_matches(es_slice_cut(&pattern, '/'), es_slice_cut(&path, '/'), m))
			return false;
	}
	return pattern.ptr == NULL && path.ptr == NULL;
}

static void allow_add(char *allow, size_t size, const char *method)
{
	size_t used = strlen(allow);
	(void)snprintf(allow + used, size - used, "%s%s", used > 0 ? ", " : "", method);
}

es_status gw_admin_route_find(struct es_slice method, struct es_slice path, struct gw_admin_match *out)
{
	struct gw_admin_match m = { .route = NULL };

	for (size_t i = 0; i < gw_admin_route_count && m.route == NULL; i++) {
		struct gw_admin_match candidate = { .route = NULL };
		if (!path_matches(gw_admin_routes[i].path, path, &candidate))
			continue;
		if (es_slice_eq_str(method, gw_admin_routes[i].method)) {
			m = candidate;
			m.route = &gw_admin_routes[i];
		} else {
			allow_add(m.allow, sizeof m.allow, gw_admin_routes[i].method);
		}
	}
	if (m.route == NULL) {
		*out = m;
		return m.allow[0] != '\0' ? ES_UNSUPPORTED : ES_NOT_FOUND;
	}
	for (size_t i = 0; i < m.param_count && m.field == NULL; i++) {
		if (!value_is_valid(m.params[i].name, m.params[i].value))
			m.field = m.params[i].name;
	}
	*out = m;
	return m.field != NULL ? ES_MALFORMED : ES_OK;
}

/* True when `name` is one of the blank-separated `words`. */
static bool is_among(struct es_slice name, const char *words)
{
	struct es_slice rest = es_slice_str(words);

	while (rest.ptr != NULL) {
		struct es_slice word = es_slice_cut(&rest, ' ');
		if (word.len > 0 && es_slice_eq(word, name))
			return true;
	}
	return false;
}

struct es_slice gw_admin_param_of(const struct gw_admin_match *match, const char *name)
{
	for (size_t i = 0; i < match->param_count; i++) {
		if (strcmp(match->params[i].name, name) == 0)
			return match->params[i].value;
	}
	return (struct es_slice){ NULL, 0 };
}

static bool has_param(const struct gw_admin_match *match, const char *name)
{
	for (size_t i = 0; i < match->param_count; i++) {
		if (strcmp(match->params[i].name, name) == 0)
			return true;
	}
	return false;
}

static es_status pair_read(struct es_slice pair, struct es_arena *arena, struct gw_admin_match *match)
{
	size_t equals = es_slice_find(pair, '=');
	struct es_slice raw_name = es_slice_sub(pair, 0, equals), value;

	/* An unknown name is not repeated to the caller: it could hold anything. */
	match->field = "query";
	if (match->param_count == GW_ADMIN_PARAMS || !is_among(raw_name, match->route->query))
		return ES_MALFORMED;
	char *name = es_arena_strdup(arena, raw_name);
	if (name == NULL)
		return ES_TOO_LARGE;
	match->field = name;
	ES_TRY(es_percent_decode(es_slice_sub(pair, equals + 1, pair.len), true, arena, &value));
	if (value.len > GW_ADMIN_VALUE_MAX || !es_text_is_clean_utf8(value) || has_param(match, name))
		return ES_MALFORMED;
	match->params[match->param_count++] = (struct gw_admin_param){ .name = name, .value = value };
	match->field = NULL;
	return ES_OK;
}

es_status gw_admin_query_read(struct es_slice query, struct es_arena *arena, struct gw_admin_match *match)
{
	while (query.len > 0) {
		struct es_slice pair = es_slice_cut(&query, '&');
		if (pair.len > 0)
			ES_TRY(pair_read(pair, arena, match));
	}
	return ES_OK;
}
