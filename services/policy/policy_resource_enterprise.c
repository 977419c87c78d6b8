/* policy_resource_enterprise.c -- an enterprise as a table: whose devices a server manages (TS.43 10). */
#include "es_text.h"
#include "policy_shape.h"

static bool is_requestor(struct es_slice text)
{
	return text.len > 0 && text.len <= 63 && es_text_is_clean_utf8(text);
}

#define E(member) offsetof(struct policy_enterprise, member)
#define IS_NAME policy_name_is_valid, "1 to 63 letters, digits, '.', '_' and '-'"

static const struct field fields[] = {
	{ .name = "id", TEXT, .offset = E(id), NULL, IS_NAME, .flags = REQUIRED },
	{ .name = "name", TEXT, .offset = E(name), NULL, IS_LABEL },
	{ .name = "allowed", BOOL, .offset = E(allowed) },
	{ .name = "requestor_ids", LIST, .offset = E(requestor_ids), NULL, is_requestor, "UTF-8 texts of 1 to 63 octets" },
	{ .name = "plans", LIST, .offset = E(plans), NULL, IS_NAME },
	{ .name = "devices_max", I64, .offset = E(devices_max), .min = 0, .max = 10000000 },
	{ .name = "version", U64, .offset = E(version), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_enterprise defaults = { .tenant = "", .id = "", .name = "" };

const struct policy_shape policy_enterprise_shape = { fields, &defaults, sizeof defaults, NULL };
