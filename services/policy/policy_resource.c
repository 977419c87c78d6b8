/* policy_resource.c -- tenant, plan, subscriber and device as tables, one row for each member of their JSON. */
#include <string.h>

#include "es_cleanup.h"
#include "es_grant.h"
#include "es_json.h"
#include "es_text.h"
#include "policy_shape.h"
#include "policy_sheet_text.h"

/* ---- what a text must look like ---- */

static bool all_of(struct es_slice text, size_t min, size_t max, const char *allowed)
{
	if (text.len < min || text.len > max)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\0' || strchr(allowed, text.ptr[i]) == NULL)
			return false;
	return true;
}

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool policy_id_is_valid(struct es_slice text)
{
	return all_of(text, 1, 31, LOWER DIGITS "-");
}

bool policy_name_is_valid(struct es_slice text)
{
	return all_of(text, 1, 63, LOWER UPPER DIGITS "._-");
}

bool policy_is_label(struct es_slice text)
{
	return text.len <= 128 && es_text_is_clean_utf8(text);
}

static bool is_long_text(struct es_slice text)
{
	return text.len <= 1024 && es_text_is_clean_utf8(text);
}

static bool is_host(struct es_slice text)
{
	return all_of(text, 1, 253, LOWER DIGITS ".-_:[]");
}

bool policy_is_plmn(struct es_slice text)
{
	return all_of(text, 5, 6, DIGITS);
}

static bool is_range(struct es_slice text)
{
	return all_of(text, 5, 15, DIGITS);
}

static bool is_gid1(struct es_slice text)
{
	return all_of(text, 1, 64, DIGITS "abcdefABCDEF");
}

static bool is_imsi(struct es_slice text)
{
	struct es_imsi imsi;
	return es_imsi_parse(text, &imsi) == ES_OK;
}

static bool is_msisdn(struct es_slice text)
{
	struct es_msisdn msisdn;
	return text.len == 0 || es_msisdn_parse(text, &msisdn) == ES_OK;
}

static bool is_language(struct es_slice text)
{
	return all_of(text, 2, 2, LOWER);
}

bool policy_is_url(struct es_slice text)
{
	if (text.len == 0)
		return true;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] == 0x7f) /* it stands in a Location one day */
			return false;
	return text.len <= 1024 && es_text_is_clean_utf8(text) &&
	       (es_slice_starts_with(text, ES_SLICE_LIT("https://")) ||
	        es_slice_starts_with(text, ES_SLICE_LIT("http://")));
}

static bool is_eap_method(struct es_slice text)
{
	return es_slice_eq_str(text, "aka") || es_slice_eq_str(text, "aka_prime");
}

bool policy_is_word(struct es_slice text)
{
	return all_of(text, 1, 31, LOWER DIGITS "-_");
}

bool policy_is_section_or_none(struct es_slice text)
{
	return text.len == 0 || policy_is_word(text);
}

/* "00101: hss-a hss-b", "*: auc": a prefix of IMSIs, and up to four sections in the order they are asked. */
static bool is_source_rule(struct es_slice text)
{
	struct es_slice rest = text, prefix = es_slice_trim(es_slice_cut(&rest, ':'));
	size_t count = 0;

	if (!es_slice_eq_str(prefix, "*") && !all_of(prefix, 1, 15, DIGITS))
		return false;
	for (rest = es_slice_trim(rest); rest.len > 0; rest = es_slice_trim(rest), count++)
		if (!policy_is_word(es_slice_cut(&rest, ' ')))
			return false;
	return count >= 1 && count <= 4;
}

/* "GetPhoneNumber: phone:read other": an operation, and the scopes that allow it, each by itself. */
static bool is_scope_rule(struct es_slice text)
{
	struct es_slice rest = text, operation = es_slice_trim(es_slice_cut(&rest, ':'));

	return text.len <= 512 && es_operation_find(operation) != ES_OP_COUNT && es_scope_is_valid(rest);
}

static bool is_scope(struct es_slice text)
{
	return text.len <= 128 && es_slice_find(text, ' ') == text.len && es_scope_is_valid(text);
}

static bool is_requestor(struct es_slice text)
{
	return text.len > 0 && text.len <= 63 && es_text_is_clean_utf8(text);
}

/* Whether keys in it can be used is for whoever has a JOSE library to say. */
static bool is_jwks(struct es_slice text)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;

	return text.len <= POLICY_JWKS_MAX && es_json_parse(text, ES_JSON_SMALL, &json) == ES_OK && cJSON_IsObject(json) &&
	       cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(json, "keys"));
}

static bool is_network_name(struct es_slice text)
{
	return all_of(text, 1, 63, UPPER LOWER DIGITS ":.-");
}

/* ---- the tables ---- */

#define T(member) offsetof(struct policy_tenant, member)
#define IS_ID policy_id_is_valid, "1 to 31 of a-z, 0-9 and -"
#define IS_NAME policy_name_is_valid, "1 to 63 letters, digits, '.', '_' and '-'"

static const struct field tenant_vowifi[] = {
	{ .name = "url", TEXT, .offset = T(vowifi_url), NULL, IS_URL },
	{ .name = "terms_required", BOOL, .offset = T(vowifi_terms_required) },
	{ .name = "address_required", BOOL, .offset = T(vowifi_address_required) },
	{ .name = NULL },
};

static const struct field tenant_not_enabled[] = {
	{ .name = "url", TEXT, .offset = T(not_enabled_url), NULL, IS_URL },
	{ .name = "user_data",
	  TEXT,
	  .offset = T(not_enabled_user_data),
	  NULL,
	  is_long_text,
	  "UTF-8 text of at most 1024 octets" },
	{ .name = "companion_models", LIST, .offset = T(unsupported_companions), NULL, IS_LABEL },
	{ .name = NULL },
};

#define A(member) offsetof(struct policy_tenant, authentication.member)
#define IS_LONG is_long_text, "UTF-8 text of at most 1024 octets"

static const struct field tenant_authentication[] = {
	{ .name = "methods", LIST, .offset = A(methods), NULL, is_eap_method, "aka or aka_prime" },
	{ .name = "sources",
	  LIST,
	  .offset = A(sources),
	  NULL,
	  is_source_rule,
	  "an IMSI prefix or *, a colon, and one to four sources: \"00101: hss-a hss-b\"" },
	{ .name = "network_name",
	  TEXT,
	  .offset = A(network_name),
	  NULL,
	  is_network_name,
	  "1 to 63 letters, digits, ':', '.' and '-'" },
	{ .name = "result_indication", BOOL, .offset = A(result_indication) },
	{ .name = "bidding", BOOL, .offset = A(bidding) },
	{ .name = "pseudonyms", BOOL, .offset = A(pseudonyms) },
	{ .name = "reauthentications", I64, .offset = A(reauthentications), .min = 0, .max = 1000 },
	{ .name = "eap_over_token", BOOL, .offset = A(eap_over_token) },
	{ .name = "hss_profile", BOOL, .offset = A(hss_profile) },
	{ .name = "challenges_per_second", I64, .offset = A(challenges_per_second), .min = 0, .max = 1000000 },
	{ .name = "oidc", TEXT, .offset = A(oidc), NULL, policy_is_section_or_none, "a section of auth's core file" },
	{ .name = "second_factor", BOOL, .offset = A(second_factor) },
	{ .name = "sms_code", BOOL, .offset = A(sms_code) },
	{ .name = "error_url", TEXT, .offset = A(error_url), NULL, IS_URL },
	{ .name = "error_user_data", TEXT, .offset = A(error_user_data), NULL, IS_LONG },
	{ .name = "error_text", TEXT, .offset = A(error_text), NULL, IS_LONG },
	{ .name = "temporary_token_ttl", I64, .offset = A(temporary_token_s), .min = 10, .max = 86400 },
	{ .name = "operator_token_ttl", I64, .offset = A(operator_token_s), .min = 10, .max = 86400 },
	{ .name = "operator_token_url", TEXT, .offset = A(operator_token_url), NULL, IS_URL },
	{ .name = NULL },
};

#define X(member) offsetof(struct policy_tenant, disclosure.member)

static const struct field tenant_phone_number[] = {
	{ .name = "operations", FLAGS, .offset = X(phone_operations), es_operation_names },
	{ .name = "access_token_required", BOOL, .offset = X(phone_needs_access) },
	{ .name = "sim_id", ENUM, .offset = X(sim_id), policy_sim_id_names },
	{ .name = "mvno_name", TEXT, .offset = X(mvno_name), NULL, IS_LABEL },
	{ .name = NULL },
};

static const struct field tenant_app_authentication[] = {
	{ .name = "operations", FLAGS, .offset = X(app_operations), es_operation_names },
	{ .name = "access_token_required", BOOL, .offset = X(app_needs_access) },
	{ .name = "shows_imsi", BOOL, .offset = X(shows_imsi) },
	{ .name = NULL },
};

static const struct field tenant_limits[] = {
	{ .name = "requests_per_second", I64, .offset = T(limits.requests_per_second), .min = 0, .max = 1000000 },
	{ .name = NULL },
};

static const struct field tenant_fields[] = {
	{ .name = "id", TEXT, .offset = T(id), NULL, IS_ID, .flags = REQUIRED },
	{ .name = "name", TEXT, .offset = T(name), NULL, IS_LABEL },
	{ .name = "language", TEXT, .offset = T(language), NULL, is_language, "a language of two lower-case letters" },
	{ .name = "hosts", LIST, .offset = T(hosts), NULL, is_host, "host names in lower case" },
	{ .name = "plmns", LIST, .offset = T(plmns), NULL, IS_PLMN },
	{ .name = "imsi_ranges", LIST, .offset = T(imsi_ranges), NULL, is_range, "prefixes of 5 to 15 digits" },
	{ .name = "gid1", LIST, .offset = T(gid1), NULL, is_gid1, "hexadecimal digits" },
	{ .name = "token_ttl", I64, .offset = T(token_ttl_s), .min = 60, .max = 31536000 },
	{ .name = "validity", I64, .offset = T(validity_s), .min = 60, .max = 31536000 },
	{ .name = "vowifi", OBJECT, .members = tenant_vowifi },
	{ .name = "not_enabled", OBJECT, .members = tenant_not_enabled },
	{ .name = "ap2003_flat_after", BOOL, .offset = T(ap2003_flat_after) },
	{ .name = "signing_key",
	  TEXT,
	  .offset = T(signing_key),
	  NULL,
	  policy_is_section_or_none,
	  "a section of the gateway's answer keys" },
	{ .name = "decoy_challenge", BOOL, .offset = T(decoy_challenge) },
	{ .name = "eap_notifications", BOOL, .offset = T(eap_notifications) },
	{ .name = "eap_identity_request", BOOL, .offset = T(eap_identity_request) },
	{ .name = "checkcode", BOOL, .offset = T(checkcode) },
	{ .name = "limits", OBJECT, .members = tenant_limits },
	{ .name = "authentication", OBJECT, .members = tenant_authentication },
	{ .name = "phone_number", OBJECT, .members = tenant_phone_number },
	{ .name = "app_authentication", OBJECT, .members = tenant_app_authentication },
	{ .name = "operation_scopes",
	  LIST,
	  .offset = X(scopes),
	  NULL,
	  is_scope_rule,
	  "an operation, a colon, and scopes: \"GetPhoneNumber: phone:read\"" },
	{ .name = "data", OBJECT, .members = policy_tenant_data_fields },
	{ .name = "satellite", OBJECT, .members = policy_tenant_satellite_fields },
	{ .name = "billing", OBJECT, .members = policy_tenant_billing },
	{ .name = "private_identity", OBJECT, .members = policy_tenant_private_identity },
	{ .name = "history", OBJECT, .members = policy_tenant_history },
	{ .name = "device_life", I64, .offset = T(device_life_s), .min = 86400, .max = 315360000 },
	{ .name = "equipment", OBJECT, .members = policy_tenant_equipment },
	{ .name = "bss", OBJECT, .members = policy_tenant_bss_fields },
	{ .name = "qos", OBJECT, .members = policy_tenant_qos_fields },
	{ .name = "esim", OBJECT, .members = policy_tenant_esim_fields },
	{ .name = "sheets", OBJECT, .members = policy_tenant_sheets },
	{ .name = "brand", OBJECT, .members = policy_tenant_brand },
	{ .name = "texts",
	  LIST,
	  .offset = T(texts),
	  NULL,
	  policy_is_text_override,
	  "a language, a blank, the name of a text, a colon and a text: \"de terms_title: Bedingungen\"" },
	{ .name = "version", U64, .offset = T(version), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_tenant tenant_defaults = {
	.id = "",
	.name = "",
	.language = "en",
	.token_ttl_s = 604800,
	.validity_s = 172800,
	.vowifi_url = "",
	.not_enabled_url = "",
	.not_enabled_user_data = "",
	.signing_key = "",
	.authentication = { .network_name = "WLAN",
	                    .oidc = "",
	                    .error_url = "",
	                    .error_user_data = "",
	                    .error_text = "",
	                    .temporary_token_s = 300,
	                    .operator_token_s = 300,
	                    .operator_token_url = "" },
	.disclosure = { .mvno_name = "" },
	.boost_page = { .url = "" },
	.satellite_page = { .url = "" },
	.billing = { .page = { .url = "" },
	             .terms = "",
	             .terms_by = POLICY_TERMS_BY_PAGE,
	             .accounts = 1 << POLICY_POSTPAID | 1 << POLICY_PREPAID },
	.private_identity = { .life_s = 2592000 },
	.history = { .sim_changes_s = 2592000, .devices_s = 2592000, .attempts_s = 86400 },
	.device_life_s = 34560000,
	.equipment = { .source = "", .max_age_s = 86400 },
	.bss = { .source = "", .max_age_s = 900, .stale_max_age_s = 259200, .default_plan = "" },
	.qos = { .source = "", .dnn = "" },
	.esim = { .smdp = "",
	          .bss = "",
	          .page = { .url = "" },
	          .manage_service = true,
	          .text = { .validation = "" },
	          .max_refresh = 10,
	          .polling_interval_s = 60,
	          .answer_within_ms = 5000,
	          .install_within_s = 1209600,
	          .download_repeat_s = 600 },
	.sheets = { .handle_s = 1800,
	            .consent_s = 157680000,
	            .terms = "",
	            .satellite_terms = "",
	            .esim_terms = "",
	            .address = "",
	            .documents = "",
	            .payment = "" },
	.brand = { .name = "", .logo = "", .colour = "", .colour_dark = "", .support_url = "" },
};

/* Operations that belong to the application (TS.43 13, 14). */
static es_status disclosure_check(const struct policy_disclosure *d, struct policy_fault *fault)
{
	if ((d->phone_operations & ~POLICY_PHONE_OPERATIONS) != 0) {
		*fault = (struct policy_fault){ "phone_number.operations", "has an operation that is not of ap2014" };
		return ES_MALFORMED;
	}
	if ((d->app_operations & ~POLICY_APP_OPERATIONS) != 0) {
		*fault = (struct policy_fault){ "app_authentication.operations", "has an operation that is not of ap2015" };
		return ES_MALFORMED;
	}
	return ES_OK;
}

static es_status tenant_check(const void *resource, struct policy_fault *fault)
{
	const struct policy_tenant *tenant = resource;
	const struct policy_authentication *a = &tenant->authentication;
	bool asks = tenant->vowifi_terms_required || tenant->vowifi_address_required;
	if (asks && tenant->vowifi_url[0] == '\0') {
		*fault =
			(struct policy_fault){ "vowifi.url", "terms or an address can only be required with a page to give them" };
		return ES_MALFORMED;
	}
	if (a->second_factor && a->oidc[0] == '\0') {
		*fault = (struct policy_fault){ "authentication.second_factor", "needs oidc: it follows that login" };
		return ES_MALFORMED;
	}
	if (a->bidding && (a->methods.count == 0 || strcmp(a->methods.items[0], "aka_prime") != 0)) {
		*fault = (struct policy_fault){ "authentication.bidding", "needs aka_prime as the first of methods" };
		return ES_MALFORMED;
	}
	ES_TRY(policy_billing_check(&tenant->billing, fault));
	ES_TRY(policy_equipment_settings_check(&tenant->equipment, fault));
	ES_TRY(policy_tenant_bss_check(&tenant->bss, fault));
	ES_TRY(policy_tenant_qos_check(&tenant->qos, fault));
	ES_TRY(policy_tenant_esim_check(tenant, fault));
	ES_TRY(policy_sheets_check(tenant, fault));
	return disclosure_check(&tenant->disclosure, fault);
}

const struct policy_shape policy_tenant_shape = { tenant_fields, &tenant_defaults, sizeof tenant_defaults,
	                                              tenant_check };

#define P(member) offsetof(struct policy_plan, member)

static const struct field plan_companion[] = {
	{ .name = "allowed", BOOL, .offset = P(companion_allowed) },
	{ .name = "services", FLAGS, .offset = P(companion_services), policy_companion_names },
	{ .name = "max", I64, .offset = P(companion_max), .min = 0, .max = 100 },
	{ .name = NULL },
};

static const struct field plan_fields[] = {
	{ .name = "id", TEXT, .offset = P(id), NULL, IS_NAME, .flags = REQUIRED },
	{ .name = "name", TEXT, .offset = P(name), NULL, IS_LABEL },
	{ .name = "description", TEXT, .offset = P(description), NULL, IS_LONG },
	{ .name = "price", TEXT, .offset = P(price), NULL, IS_LABEL },
	{ .name = "upgrades", LIST, .offset = P(upgrades), NULL, IS_NAME },
	{ .name = "volte", ENUM, .offset = P(volte), policy_scope_names },
	{ .name = "vonr", ENUM, .offset = P(vonr), policy_vonr_names },
	{ .name = "vonr_eps_fallback", BOOL, .offset = P(vonr_eps_fallback) },
	{ .name = "irat", ENUM, .offset = P(irat), policy_irat_names },
	{ .name = "vowifi", BOOL, .offset = P(vowifi) },
	{ .name = "smsoip", BOOL, .offset = P(smsoip) },
	{ .name = "companion", OBJECT, .members = plan_companion },
	{ .name = "primary_esim", BOOL, .offset = P(primary_esim) },
	{ .name = "esim", OBJECT, .members = policy_plan_esim_fields },
	{ .name = "data", OBJECT, .members = policy_plan_data_fields },
	{ .name = "satellite", OBJECT, .members = policy_plan_satellite_fields },
	{ .name = "carrier_billing", BOOL, .offset = P(carrier_billing) },
	{ .name = "private_identity", BOOL, .offset = P(private_identity) },
	{ .name = "features", LIST, .offset = P(features), NULL, IS_WORD },
	{ .name = "version", U64, .offset = P(version), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_plan plan_defaults = {
	.tenant = "",
	.id = "",
	.name = "",
	.description = "",
	.price = "",
	.esim = { .companion_profile_type = "", .primary_profile_type = "", .smdp = "" },
	.data = { .allowances = { -1, -1 } },
};

static es_status plan_check(const void *resource, struct policy_fault *fault)
{
	const struct policy_plan *plan = resource;
	if (plan->vonr_eps_fallback && (plan->vonr & ~plan->volte) != 0) {
		*fault = (struct policy_fault){ "vonr_eps_fallback", "fallback needs volte wherever vonr is offered" };
		return ES_MALFORMED;
	}
	return policy_plan_data_check(plan, fault);
}

const struct policy_shape policy_plan_shape = { plan_fields, &plan_defaults, sizeof plan_defaults, plan_check };

#define S(member) offsetof(struct policy_subscriber, member)

static const struct field subscriber_voice[] = {
	{ .name = "provisioning", ENUM, .offset = S(voice_prov), policy_prov_names },
	{ .name = NULL },
};

static const struct field subscriber_sms[] = {
	{ .name = "provisioning", ENUM, .offset = S(sms_prov), policy_prov_names },
	{ .name = NULL },
};

static const struct field subscriber_vowifi[] = {
	{ .name = "terms", ENUM, .offset = S(vowifi.terms), policy_data_names },
	{ .name = "address", ENUM, .offset = S(vowifi.address), policy_data_names },
	{ .name = "address_expiry", TIME, .offset = S(vowifi.address_expiry_ms) },
	{ .name = "address_id", TEXT, .offset = S(vowifi.address_id), NULL, IS_LABEL, .flags = PRIVATE },
	{ .name = "provisioning", ENUM, .offset = S(vowifi.prov), policy_prov_names },
	{ .name = NULL },
};

static const struct field subscriber_satellite[] = {
	{ .name = "provisioning", ENUM, .offset = S(satellite_prov), policy_prov_names },
	{ .name = NULL },
};

static const struct field subscriber_fields[] = {
	{ .name = "imsi", TEXT, .offset = S(imsi), NULL, is_imsi, "6 to 15 digits", .flags = REQUIRED },
	{ .name = "msisdn", TEXT, .offset = S(msisdn), NULL, is_msisdn, "'+' and 5 to 15 digits", .flags = PRIVATE },
	{ .name = "plan", TEXT, .offset = S(plan), NULL, IS_NAME, .flags = REQUIRED },
	{ .name = "iccid", TEXT, .offset = S(iccid), NULL, policy_is_iccid_or_none, "18 to 20 digits", .flags = PRIVATE },
	{ .name = "status", ENUM, .offset = S(status), policy_status_names },
	{ .name = "opt_outs", FLAGS, .offset = S(opt_outs), policy_service_names },
	{ .name = "voice", OBJECT, .members = subscriber_voice },
	{ .name = "sms", OBJECT, .members = subscriber_sms },
	{ .name = "vowifi", OBJECT, .members = subscriber_vowifi },
	{ .name = "account", ENUM, .offset = S(account), policy_account_names },
	{ .name = "billing", OBJECT, .members = policy_subscriber_billing },
	{ .name = "usage", OBJECTS, .offset = S(data.usage), .of = &policy_usage_shape },
	{ .name = "boosts", OBJECTS, .offset = S(data.boosts), .of = &policy_line_boost_shape },
	{ .name = "satellite", OBJECT, .members = subscriber_satellite },
	{ .name = "addons", OBJECTS, .offset = S(data.addons), .of = &policy_line_addon_shape },
	{ .name = "facts", PAIRS, .offset = S(data.facts) },
	{ .name = "bss_answered", TIME, .offset = S(bss_ms), .flags = READ_ONLY },
	{ .name = "epoch", U64, .offset = S(epoch), .flags = READ_ONLY },
	{ .name = "version", U64, .offset = S(version), .flags = READ_ONLY },
	{ .name = "updated", TIME, .offset = S(updated_ms), .flags = READ_ONLY },
	{ .name = "devices", LIST, .flags = READ_ONLY | NOT_HERE },
	{ .name = NULL },
};

static const struct policy_subscriber subscriber_defaults = {
	.tenant = "",
	.imsi = "",
	.msisdn = "",
	.plan = "",
	.iccid = "",
	.voice_prov = POLICY_NOT_TRACKED,
	.sms_prov = POLICY_NOT_TRACKED,
	.billing = { .prov = POLICY_NOT_TRACKED },
	.satellite_prov = POLICY_NOT_TRACKED,
	.bss_source = "",
	.vowifi = { .terms = POLICY_NOT_AVAILABLE,
	            .address = POLICY_NOT_AVAILABLE,
	            .prov = POLICY_NOT_TRACKED,
	            .address_id = "" },
};

static es_status subscriber_check(const void *resource, struct policy_fault *fault)
{
	const struct policy_subscriber *line = resource;
	return policy_line_data_check(&line->data, fault);
}

const struct policy_shape policy_subscriber_shape = { subscriber_fields, &subscriber_defaults,
	                                                  sizeof subscriber_defaults, subscriber_check };

#define C(member) offsetof(struct policy_client, member)

static const struct field client_fields[] = {
	{ .name = "id", TEXT, .offset = C(id), NULL, IS_NAME, .flags = REQUIRED },
	{ .name = "name", TEXT, .offset = C(name), NULL, IS_LABEL },
	{ .name = "jwks",
	  TEXT,
	  .offset = C(jwks),
	  NULL,
	  is_jwks,
	  "a JSON Web Key Set of at most 8192 octets",
	  .flags = REQUIRED | PRIVATE },
	{ .name = "scopes", LIST, .offset = C(scopes), NULL, is_scope, "scopes without blanks, of at most 128 octets" },
	{ .name = "requestor_ids", LIST, .offset = C(requestor_ids), NULL, is_requestor, "UTF-8 texts of 1 to 63 octets" },
	{ .name = "token_ttl", I64, .offset = C(token_ttl_s), .min = 10, .max = 3600 },
	{ .name = "disabled", BOOL, .offset = C(disabled) },
	{ .name = "version", U64, .offset = C(version), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_client client_defaults = {
	.tenant = "", .id = "", .name = "", .jwks = "", .token_ttl_s = 300
};

const struct policy_shape policy_client_shape = { client_fields, &client_defaults, sizeof client_defaults, NULL };

#define D(member) offsetof(struct policy_device, member)

static const struct field device_fields[] = {
	{ .name = "terminal_id", TEXT, .offset = D(terminal_id), NULL, IS_LABEL },
	{ .name = "terminal_vendor", TEXT, .offset = D(vendor), NULL, IS_LABEL },
	{ .name = "terminal_model", TEXT, .offset = D(model), NULL, IS_LABEL },
	{ .name = "terminal_sw_version", TEXT, .offset = D(sw_version), NULL, IS_LABEL },
	{ .name = "first_seen", TIME, .offset = D(first_seen_ms), .flags = READ_ONLY },
	{ .name = "last_seen", TIME, .offset = D(last_seen_ms), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_device device_defaults = { .terminal_id = "", .vendor = "", .model = "", .sw_version = "" };

const struct policy_shape policy_device_shape = { device_fields, &device_defaults, sizeof device_defaults, NULL };
