/* policy_resource_data.c -- tables of what ap2010 and ap2016 are made of: data plans, boosts, usage, satellite networks. */
#include <string.h>

#include "policy_shape.h"

#define OCTETS_MAX INT64_C(1000000000000000) /* 15 digits: what JSON libraries write without rounding */
#define RATE_MAX 100000000                   /* Mbit/s */

/* ---- tenant ---- */

#define T(member) offsetof(struct policy_tenant, member)

const struct field policy_tenant_data_fields[] = {
	{ .name = "boost_url", TEXT, .offset = T(boost_page.url), NULL, IS_URL },
	{ .name = "boost_contents", ENUM, .offset = T(boost_page.contents), policy_contents_names },
	{ .name = "usage_max_age", I64, .offset = T(usage_max_age_s), .min = 0, .max = 31536000 },
	{ .name = NULL },
};

const struct field policy_tenant_satellite_fields[] = {
	{ .name = "url", TEXT, .offset = T(satellite_page.url), NULL, IS_URL },
	{ .name = "contents", ENUM, .offset = T(satellite_page.contents), policy_contents_names },
	{ .name = NULL },
};

/* ---- plan ---- */

#define D(member) offsetof(struct policy_data_plan, member)

static const struct field data_plan_fields[] = {
	{ .name = "access", ENUM, .offset = D(access), policy_access_names },
	{ .name = "type", ENUM, .offset = D(type), policy_data_type_names },
	{ .name = NULL },
};
static const struct policy_data_plan data_plan_defaults = { .access = POLICY_ACCESS_ALL };
static const struct policy_shape data_plan_shape = { data_plan_fields, &data_plan_defaults, sizeof data_plan_defaults,
	                                                 NULL };

#define B(member) offsetof(struct policy_boost, member)

/* QosProfileName of the API for developers, and every qosReference that is a plain word. */
static bool is_profile(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.ptr[i];
		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.')
			return false;
	}
	return text.len == 0 || (text.len >= 3 && text.len <= 256);
}

static const struct field boost_fields[] = {
	{ .name = "type", I64, .offset = B(type), .min = 0, .max = 255 },
	{ .name = "offer", ENUM, .offset = B(offer), policy_boost_offer_names },
	{ .name = "delay_ms", I64, .offset = B(delay_ms), .min = 1, .max = INT32_MAX },
	{ .name = "jitter_ns", I64, .offset = B(jitter_ns), .min = 1, .max = INT32_MAX },
	{ .name = "loss_exponent", I64, .offset = B(loss_exponent), .min = 0, .max = 100 },
	{ .name = "downlink_min", I64, .offset = B(down_min), .min = 0, .max = RATE_MAX },
	{ .name = "downlink_max", I64, .offset = B(down_max), .min = 0, .max = RATE_MAX },
	{ .name = "downlink_burst", I64, .offset = B(down_burst), .min = 0, .max = RATE_MAX },
	{ .name = "uplink_min", I64, .offset = B(up_min), .min = 0, .max = RATE_MAX },
	{ .name = "uplink_max", I64, .offset = B(up_max), .min = 0, .max = RATE_MAX },
	{ .name = "uplink_burst", I64, .offset = B(up_burst), .min = 0, .max = RATE_MAX },
	{ .name = "price", TEXT, .offset = B(price), NULL, IS_LABEL },
	{ .name = "duration", I64, .offset = B(duration_s), .min = 60, .max = 31536000 },
	{ .name = "qos_profile", TEXT, .offset = B(qos_profile), NULL, is_profile, "3 to 256 letters, digits, -, _ and ." },
	{ .name = NULL },
};
static const struct policy_boost boost_defaults = { .type = -1,
	                                                .delay_ms = -1,
	                                                .jitter_ns = -1,
	                                                .loss_exponent = -1,
	                                                .down_min = -1,
	                                                .down_max = -1,
	                                                .down_burst = -1,
	                                                .up_min = -1,
	                                                .up_max = -1,
	                                                .up_burst = -1,
	                                                .price = "",
	                                                .duration_s = 3600,
	                                                .qos_profile = "" };

static es_status refuse(struct policy_fault *fault, const char *field, const char *error)
{
	*fault = (struct policy_fault){ field, error };
	return ES_MALFORMED;
}

static es_status boost_check(const void *resource, struct policy_fault *fault)
{
	const struct policy_boost *boost = resource;

	if (boost->type < 0)
		return refuse(fault, "type", "is required");
	if (boost->down_max >= 0 && boost->down_min > boost->down_max)
		return refuse(fault, "downlink_min", "is above downlink_max");
	if (boost->up_max >= 0 && boost->up_min > boost->up_max)
		return refuse(fault, "uplink_min", "is above uplink_max");
	return ES_OK;
}

static const struct policy_shape boost_shape = { boost_fields, &boost_defaults, sizeof boost_defaults, boost_check };

#define P(member) offsetof(struct policy_plan, member)

const struct field policy_plan_data_fields[] = {
	{ .name = "plans", OBJECTS, .offset = P(data.plans), .of = &data_plan_shape },
	{ .name = "boosts", OBJECTS, .offset = P(data.boosts), .of = &boost_shape },
	{ .name = "5g_sa", ENUM, .offset = P(data.nr_sa), policy_nr_sa_names },
	{ .name = "allowance", I64, .offset = P(data.allowances[POLICY_USAGE_CELLULAR]), .min = 0, .max = OCTETS_MAX },
	{ .name = "tethering_allowance",
	  I64,
	  .offset = P(data.allowances[POLICY_USAGE_TETHERING]),
	  .min = 0,
	  .max = OCTETS_MAX },
	{ .name = NULL },
};

#define N(member) offsetof(struct policy_sat_network, member)

static const struct field sat_network_fields[] = {
	{ .name = "plmn", TEXT, .offset = N(plmn), NULL, IS_PLMN, .flags = REQUIRED },
	{ .name = "plan_type", ENUM, .offset = N(metering), policy_metering_names },
	{ .name = "data", ENUM, .offset = N(data), policy_sat_service_names },
	{ .name = "voice", ENUM, .offset = N(voice), policy_sat_service_names },
	{ .name = NULL },
};
static const struct policy_sat_network sat_network_defaults = { .plmn = "" };
static const struct policy_shape sat_network_shape = { sat_network_fields, &sat_network_defaults,
	                                                   sizeof sat_network_defaults, NULL };

const struct field policy_plan_satellite_fields[] = {
	{ .name = "offered", BOOL, .offset = P(satellite.offered) },
	{ .name = "allowed", OBJECTS, .offset = P(satellite.allowed), .of = &sat_network_shape },
	{ .name = "barred", LIST, .offset = P(satellite.barred), NULL, IS_PLMN },
	{ .name = NULL },
};

/* One plan type for each access type: `all` would contradict any other. */
static es_status data_plans_check(const struct policy_objects *plans, struct policy_fault *fault)
{
	const struct policy_data_plan *items = plans->items;

	for (size_t i = 0; i < plans->count; i++) {
		if (items[i].access == POLICY_ACCESS_ALL && plans->count > 1)
			return refuse(fault, "data.plans", "access all stands alone");
		for (size_t k = 0; k < i; k++)
			if (items[k].access == items[i].access)
				return refuse(fault, "data.plans", "has an access twice");
	}
	return ES_OK;
}

static es_status boosts_check(const struct policy_objects *boosts, struct policy_fault *fault)
{
	const struct policy_boost *items = boosts->items;

	for (size_t i = 0; i < boosts->count; i++)
		for (size_t k = 0; k < i; k++)
			if (policy_boost_kind(items[k].type) == policy_boost_kind(items[i].type))
				return refuse(fault, "data.boosts", "has a type twice; 0 and 166 are the same");
	return ES_OK;
}

static es_status satellite_check(const struct policy_plan *plan, struct policy_fault *fault)
{
	const struct policy_sat_network *allowed = plan->satellite.allowed.items;

	if (plan->satellite.offered && plan->satellite.allowed.count == 0)
		return refuse(fault, "satellite.allowed", "satellite service needs a network that it may be used in");
	for (size_t i = 0; i < plan->satellite.allowed.count; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(allowed[k].plmn, allowed[i].plmn) == 0)
				return refuse(fault, "satellite.allowed", "has a network twice");
		for (size_t k = 0; k < plan->satellite.barred.count; k++)
			if (strcmp(plan->satellite.barred.items[k], allowed[i].plmn) == 0)
				return refuse(fault, "satellite.barred", "has a network that is allowed");
	}
	return ES_OK;
}

es_status policy_plan_data_check(const struct policy_plan *plan, struct policy_fault *fault)
{
	ES_TRY(data_plans_check(&plan->data.plans, fault));
	ES_TRY(boosts_check(&plan->data.boosts, fault));
	return satellite_check(plan, fault);
}

/* ---- subscriber ---- */

#define U(member) offsetof(struct policy_usage, member)

static const struct field usage_fields[] = {
	{ .name = "type", ENUM, .offset = U(type), policy_usage_type_names },
	{ .name = "name", TEXT, .offset = U(name), NULL, IS_LABEL },
	{ .name = "description", TEXT, .offset = U(description), NULL, IS_LABEL },
	{ .name = "used", I64, .offset = U(used), .min = 0, .max = OCTETS_MAX },
	{ .name = "allowance", I64, .offset = U(allowance), .min = 0, .max = OCTETS_MAX },
	{ .name = "cycle_end", TIME, .offset = U(cycle_end_ms) },
	{ .name = "as_of", TIME, .offset = U(as_of_ms) },
	{ .name = NULL },
};
static const struct policy_usage usage_defaults = { .name = "", .description = "", .used = -1, .allowance = -1 };

static es_status usage_check(const void *resource, struct policy_fault *fault)
{
	const struct policy_usage *usage = resource;

	if (usage->used < 0)
		return refuse(fault, "used", "is required");
	return usage->as_of_ms > 0 ? ES_OK : refuse(fault, "as_of", "is required");
}

const struct policy_shape policy_usage_shape = { usage_fields, &usage_defaults, sizeof usage_defaults, usage_check };

#define L(member) offsetof(struct policy_line_boost, member)

static const struct field line_boost_fields[] = {
	{ .name = "type", I64, .offset = L(type), .min = 0, .max = 255 },
	{ .name = "provisioning", ENUM, .offset = L(prov), policy_prov_names },
	{ .name = "until", TIME, .offset = L(until_ms) },
	{ .name = NULL },
};
static const struct policy_line_boost line_boost_defaults = { .type = -1, .prov = POLICY_PROVISIONED };

static es_status line_boost_check(const void *resource, struct policy_fault *fault)
{
	const struct policy_line_boost *boost = resource;
	return boost->type >= 0 ? ES_OK : refuse(fault, "type", "is required");
}

const struct policy_shape policy_line_boost_shape = { line_boost_fields, &line_boost_defaults,
	                                                  sizeof line_boost_defaults, line_boost_check };

#define A(member) offsetof(struct policy_line_addon, member)

static const struct field line_addon_fields[] = {
	{ .name = "id", TEXT, .offset = A(id), NULL, policy_name_is_valid, "the name of an add-on", .flags = REQUIRED },
	{ .name = "until", TIME, .offset = A(until_ms) },
	{ .name = NULL },
};
static const struct policy_line_addon line_addon_defaults = { .id = "" };

const struct policy_shape policy_line_addon_shape = { line_addon_fields, &line_addon_defaults,
	                                                  sizeof line_addon_defaults, NULL };

static es_status addons_check(const struct policy_objects *addons, struct policy_fault *fault)
{
	const struct policy_line_addon *items = addons->items;

	for (size_t i = 0; i < addons->count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(items[k].id, items[i].id) == 0)
				return refuse(fault, "addons", "has one twice");
	return ES_OK;
}

es_status policy_line_data_check(const struct policy_line_data *data, struct policy_fault *fault)
{
	const struct policy_line_boost *items = data->boosts.items;

	for (size_t i = 0; i < data->boosts.count; i++)
		for (size_t k = 0; k < i; k++)
			if (policy_boost_kind(items[k].type) == policy_boost_kind(items[i].type))
				return refuse(fault, "boosts", "has a type twice; 0 and 166 are the same");
	return addons_check(&data->addons, fault);
}

#define M(member) offsetof(struct policy_line_data, member)

static const struct field line_data_fields[] = {
	{ .name = "usage", OBJECTS, .offset = M(usage), .of = &policy_usage_shape },
	{ .name = "boosts", OBJECTS, .offset = M(boosts), .of = &policy_line_boost_shape },
	{ .name = "addons", OBJECTS, .offset = M(addons), .of = &policy_line_addon_shape },
	{ .name = "facts", PAIRS, .offset = M(facts) },
	{ .name = NULL },
};
static const struct policy_line_data line_data_defaults = { .usage = { NULL, 0 } };

const struct policy_shape policy_line_data_shape = { line_data_fields, &line_data_defaults, sizeof line_data_defaults,
	                                                 NULL };
