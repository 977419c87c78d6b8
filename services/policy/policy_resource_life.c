/* policy_resource_life.c -- members of a tenant about the past of its lines. */
#include "policy_shape.h"

#define H(member) offsetof(struct policy_tenant, history.member)
#define DAY_S INT64_C(86400)

const struct field policy_tenant_history[] = {
	{ .name = "sim_changes", I64, .offset = H(sim_changes_s), .min = 3600, .max = POLICY_HISTORY_DAYS * DAY_S },
	{ .name = "devices", I64, .offset = H(devices_s), .min = 3600, .max = POLICY_HISTORY_DAYS * DAY_S },
	{ .name = "attempts", I64, .offset = H(attempts_s), .min = 3600, .max = POLICY_ATTEMPTS_DAYS * DAY_S },
	{ .name = NULL },
};
