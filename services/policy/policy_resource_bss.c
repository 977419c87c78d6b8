/* policy_resource_bss.c -- the tenant's member "bss": whom policy asks about a line, how often, and what holds meanwhile. */
#include <string.h>

#include "policy_shape.h"

static bool is_section_or_none(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\0' || strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", text.ptr[i]) == NULL)
			return false;
	return text.len <= 31;
}

static bool is_section(struct es_slice text)
{
	return text.len > 0 && is_section_or_none(text);
}

static bool is_plan_or_none(struct es_slice text)
{
	return text.len == 0 || policy_name_is_valid(text);
}

#define B(member) offsetof(struct policy_tenant, bss.member)
#define A_SECTION "a section of policy's BSS file"

const struct field policy_tenant_bss_fields[] = {
	{ .name = "mode", ENUM, .offset = B(mode), policy_bss_mode_names },
	{ .name = "source", TEXT, .offset = B(source), NULL, is_section_or_none, A_SECTION },
	{ .name = "max_age", I64, .offset = B(max_age_s), .min = 1, .max = 31536000 },
	{ .name = "stale_max_age", I64, .offset = B(stale_max_age_s), .min = 0, .max = 31536000 },
	{ .name = "when_away", ENUM, .offset = B(when_away), policy_bss_when_away_names },
	{ .name = "default_plan", TEXT, .offset = B(default_plan), NULL, is_plan_or_none, "the name of a plan" },
	{ .name = "create_unknown", BOOL, .offset = B(create_unknown) },
	{ .name = "events_from", LIST, .offset = B(events_from), NULL, is_section, A_SECTION },
	{ .name = NULL },
};

es_status policy_tenant_bss_check(const struct policy_tenant_bss *bss, struct policy_fault *fault)
{
	if (bss->mode == POLICY_BSS_QUERY && bss->source[0] == '\0') {
		*fault = (struct policy_fault){ "bss.source", "must be named: it is what is asked" };
		return ES_MALFORMED;
	}
	if (bss->when_away == POLICY_BSS_DEFAULT_PLAN && bss->default_plan[0] == '\0') {
		*fault =
			(struct policy_fault){ "bss.default_plan", "must be named: it is what holds while the source is away" };
		return ES_MALFORMED;
	}
	return ES_OK;
}
