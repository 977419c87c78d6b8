/* policy_resource_esim.c -- members "esim" of a tenant and of a plan: what orders of profiles are made from. */
#include <regex.h>
#include <string.h>

#include "es_text.h"
#include "policy_shape.h"

#define VALIDATION_MAX 256

bool policy_is_iccid_or_none(struct es_slice text)
{
	return text.len == 0 || (text.len >= 18 && text.len <= 20 && es_text_is_digits(text));
}

/* POSIX, extended: devices are told it, and esim judges by it. */
static bool is_expression(struct es_slice text)
{
	char copy[VALIDATION_MAX + 1];
	regex_t compiled;

	if (text.len > VALIDATION_MAX || !es_text_is_clean_utf8(text))
		return false;
	if (text.len == 0)
		return true;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (regcomp(&compiled, copy, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	regfree(&compiled);
	return true;
}

#define M(member) offsetof(struct policy_tenant, esim.text.member)

static const struct field text_fields[] = {
	{ .name = "title", LIST, .offset = M(title), NULL, IS_TEXT },
	{ .name = "message", LIST, .offset = M(message), NULL, IS_TEXT },
	{ .name = "accept_label", LIST, .offset = M(accept_label), NULL, IS_TEXT },
	{ .name = "reject_label", LIST, .offset = M(reject_label), NULL, IS_TEXT },
	{ .name = "freetext", BOOL, .offset = M(freetext) },
	{ .name = "hint", LIST, .offset = M(hint), NULL, IS_TEXT },
	{ .name = "validation",
	  TEXT,
	  .offset = M(validation),
	  NULL,
	  is_expression,
	  "a POSIX extended regular expression of at most 256 octets" },
	{ .name = "error_text", LIST, .offset = M(error_text), NULL, IS_TEXT },
	{ .name = NULL },
};

#define E(member) offsetof(struct policy_tenant, esim.member)
#define IS_PEER policy_is_section_or_none, "a section of esim's file of peers"
#define YEAR_S 31536000

const struct field policy_tenant_esim_fields[] = {
	{ .name = "smdp", TEXT, .offset = E(smdp), NULL, IS_PEER },
	{ .name = "smdp_others", LIST, .offset = E(smdp_others), NULL, IS_PEER },
	{ .name = "bss", TEXT, .offset = E(bss), NULL, IS_PEER },
	{ .name = "bss_orders_profile", BOOL, .offset = E(bss_orders_profile) },
	{ .name = "provision", BOOL, .offset = E(provision) },
	{ .name = "release_late", BOOL, .offset = E(release_late) },
	{ .name = "own_stock", BOOL, .offset = E(own_stock) },
	{ .name = "confirmation_code", BOOL, .offset = E(confirmation_code) },
	{ .name = "download", ENUM, .offset = E(download), policy_esim_download_names },
	{ .name = "sheet", ENUM, .offset = E(sheet), policy_esim_sheet_names },
	{ .name = "url", TEXT, .offset = E(page.url), NULL, IS_URL },
	{ .name = "contents", ENUM, .offset = E(page.contents), policy_contents_names },
	{ .name = "input", FLAGS, .offset = E(input), policy_esim_input_names },
	{ .name = "input_to_bss", BOOL, .offset = E(input_to_bss) },
	{ .name = "text", OBJECT, .members = text_fields },
	{ .name = "manage_service", BOOL, .offset = E(manage_service) },
	{ .name = "redownloadable", BOOL, .offset = E(redownloadable) },
	{ .name = "retire_when_ready", BOOL, .offset = E(retire_when_ready) },
	{ .name = "max_refresh", I64, .offset = E(max_refresh), .min = 0, .max = 1000 },
	{ .name = "polling_interval_s", I64, .offset = E(polling_interval_s), .min = 0, .max = 86400 },
	{ .name = "answer_within_ms", I64, .offset = E(answer_within_ms), .min = 0, .max = 30000 },
	{ .name = "install_within_s", I64, .offset = E(install_within_s), .min = 60, .max = YEAR_S },
	{ .name = "download_repeat_s", I64, .offset = E(download_repeat_s), .min = 0, .max = YEAR_S },
	{ .name = "eligibility_polling_s", I64, .offset = E(eligibility_polling_s), .min = 0, .max = 86400 },
	{ .name = "by_model", BOOL, .offset = E(by_model) },
	{ .name = "no_web_view", LIST, .offset = E(no_web_view), NULL, IS_LABEL },
	{ .name = NULL },
};

#define P(member) offsetof(struct policy_plan, esim.member)
#define IS_PROFILE_TYPE is_profile_type, "a text of at most 64 octets"

static bool is_profile_type(struct es_slice text)
{
	return text.len <= 64 && es_text_is_clean_utf8(text);
}

const struct field policy_plan_esim_fields[] = {
	{ .name = "companion_profile_type", TEXT, .offset = P(companion_profile_type), NULL, IS_PROFILE_TYPE },
	{ .name = "primary_profile_type", TEXT, .offset = P(primary_profile_type), NULL, IS_PROFILE_TYPE },
	{ .name = "smdp", TEXT, .offset = P(smdp), NULL, IS_PEER },
	{ .name = "offered_to", FLAGS, .offset = P(offered_to), policy_esim_device_names },
	{ .name = NULL },
};

/* What goes with what: the first row that is broken is told. */
es_status policy_tenant_esim_check(const struct policy_tenant *tenant, struct policy_fault *fault)
{
	const struct policy_tenant_esim *esim = &tenant->esim;
	const struct policy_esim_text *t = &esim->text;
	const struct {
		bool is_broken;
		struct policy_fault fault;
	} rows[] = {
		{ esim->sheet != POLICY_ESIM_SHEET_NEVER && esim->page.url[0] == '\0',
		  { "esim.url", "is needed: sheets are opened there" } },
		{ (esim->bss_orders_profile || esim->provision || esim->input_to_bss) && esim->bss[0] == '\0',
		  { "esim.bss", "is needed with bss_orders_profile, provision and input_to_bss" } },
		{ (esim->own_stock || esim->release_late || esim->confirmation_code) && esim->smdp[0] == '\0',
		  { "esim.smdp", "is needed with own_stock, release_late and confirmation_code" } },
		{ esim->input != 0 && t->message.count == 0,
		  { "esim.text.message", "is needed with input: it is what the person reads" } },
		{ !t->freetext && (t->hint.count > 0 || t->validation[0] != '\0'),
		  { "esim.text.freetext", "is needed with hint and validation" } },
		{ t->validation[0] == '\0' && t->error_text.count > 0,
		  { "esim.text.validation", "is needed with error_text" } },
		{ esim->by_model && !tenant->equipment.use_models, { "esim.by_model", "needs equipment.use_models" } },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].is_broken) {
			*fault = rows[i].fault;
			return ES_MALFORMED;
		}
	return ES_OK;
}
