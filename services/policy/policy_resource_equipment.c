/* policy_resource_equipment.c -- what a tenant wants to know of devices, the list of single ones, the table of models. */
#include <string.h>

#include "es_text.h"
#include "policy_equipment.h"
#include "policy_shape.h"

#define E(member) offsetof(struct policy_tenant, equipment.member)
#define L(member) offsetof(struct policy_listed, member)
#define M(member) offsetof(struct policy_device_model, member)

#define AN_IMEI "an IMEI of 14 digits, with or without check digit or software version"
#define A_TAC "8 digits"
#define CAPABILITIES_MAX 64
#define CAPABILITY_OCTETS 31

static bool is_imei(struct es_slice text)
{
	struct policy_imei imei;
	return policy_imei_parse(text, &imei) == ES_OK;
}

static bool is_tac(struct es_slice text)
{
	return text.len == POLICY_TAC_DIGITS && es_text_is_digits(text);
}

static bool is_name(struct es_slice text)
{
	if (text.len == 0 || text.len > CAPABILITY_OCTETS)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.ptr[i];
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_')
			return false;
	}
	return true;
}

/* "vowifi", "vonr: 14.2" */
static bool is_capability(struct es_slice text)
{
	struct es_slice rest = text, name = es_slice_trim(es_slice_cut(&rest, ':'));

	if (!is_name(name))
		return false;
	if (name.len == text.len)
		return true;
	rest = es_slice_trim(rest);
	return rest.len > 0 && rest.len <= 64 && es_text_is_clean_utf8(rest) && es_slice_find(rest, '\n') == rest.len;
}

const struct field policy_tenant_equipment[] = {
	{ .name = "mode", ENUM, .offset = E(mode), policy_equipment_mode_names },
	{ .name = "source",
	  TEXT,
	  .offset = E(source),
	  NULL,
	  policy_is_section_or_none,
	  "a section [n5g] of policy's EIR file, or [eir] of auth's core file" },
	{ .name = "unknown", ENUM, .offset = E(unknown), policy_equipment_unknown_names },
	{ .name = "when_away", ENUM, .offset = E(when_away), policy_equipment_away_names },
	{ .name = "max_age", I64, .offset = E(max_age_s), .min = 0, .max = 31536000 },
	{ .name = "use_models", BOOL, .offset = E(use_models) },
	{ .name = NULL },
};

es_status policy_equipment_settings_check(const struct policy_equipment_settings *settings, struct policy_fault *fault)
{
	bool asks = settings->mode == POLICY_EQUIPMENT_S13 || settings->mode == POLICY_EQUIPMENT_N5G;

	if (!asks || settings->source[0] != '\0')
		return ES_OK;
	*fault = (struct policy_fault){ "equipment.source", "is needed: which EIR is asked" };
	return ES_MALFORMED;
}

static const struct field listed_fields[] = {
	{ .name = "imei", TEXT, .offset = L(imei), NULL, is_imei, AN_IMEI, .flags = REQUIRED },
	{ .name = "state", ENUM, .offset = L(state), policy_equipment_listed_names },
	{ .name = "reason", TEXT, .offset = L(reason), NULL, IS_LABEL },
	{ .name = "since", TIME, .offset = L(since_ms) },
	{ .name = "version", U64, .offset = L(version), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_listed listed_defaults = {
	.tenant = "", .imei = "", .state = POLICY_EQUIPMENT_BLOCKED, .reason = ""
};

/* The key may come from a path instead of a member. */
static es_status listed_check(const void *resource, struct policy_fault *fault)
{
	const struct policy_listed *listed = resource;

	if (is_imei(es_slice_str(listed->imei)))
		return ES_OK;
	*fault = (struct policy_fault){ "imei", AN_IMEI };
	return ES_MALFORMED;
}

const struct policy_shape policy_listed_shape = { listed_fields, &listed_defaults, sizeof listed_defaults,
	                                              listed_check };

static const struct field model_fields[] = {
	{ .name = "tac", TEXT, .offset = M(tac), NULL, is_tac, A_TAC, .flags = REQUIRED },
	{ .name = "vendor", TEXT, .offset = M(vendor), NULL, IS_LABEL },
	{ .name = "model", TEXT, .offset = M(model), NULL, IS_LABEL },
	{ .name = "capabilities",
	  LIST,
	  .offset = M(capabilities),
	  NULL,
	  is_capability,
	  "a name of a-z, 0-9 and '_', which a colon and the least software version may follow: \"vonr: 14.2\"" },
	{ .name = "version", U64, .offset = M(version), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_device_model model_defaults = { .tenant = "", .tac = "", .vendor = "", .model = "" };

static es_status model_check(const void *resource, struct policy_fault *fault)
{
	const struct policy_device_model *model = resource;

	if (!is_tac(es_slice_str(model->tac)))
		*fault = (struct policy_fault){ "tac", A_TAC };
	else if (model->capabilities.count > CAPABILITIES_MAX)
		*fault = (struct policy_fault){ "capabilities", "are 64 at most" };
	else
		return ES_OK;
	return ES_MALFORMED;
}

const struct policy_shape policy_device_model_shape = { model_fields, &model_defaults, sizeof model_defaults,
	                                                    model_check };
