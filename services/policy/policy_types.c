/* policy_types.c -- the names of the enumerations. */
#include "policy_types.h"

#include <string.h>

const char *const policy_status_names[] = { "active", "suspended", "barred", "terminated", NULL };
const char *const policy_data_names[] = { "not_available", "available", "not_required", "in_progress", NULL };
const char *const policy_prov_names[] = { "not_provisioned", "provisioned", "not_required", "in_progress", NULL };
const char *const policy_scope_names[] = { "none", "home", "roaming", "all", NULL };
const char *const policy_vonr_names[] = { "none", "home", "", "all", NULL };
const char *const policy_irat_names[] = { "none", "4G-SRVCC", "5G-SRVCC", "4G-SRVCC,5G-SRVCC", NULL };
/* By bit. */
const char *const policy_service_names[] = { "volte",     "vonr",       "vowifi", "smsoip",          "companion",
	                                         "primary",   "data_boost", "5g_sa",  "carrier_billing", "private_identity",
	                                         "satellite", NULL };
const char *const policy_companion_names[] = { "SharedNumber", "DiffNumber", "FamilyNumber", NULL };
const char *const policy_role_names[] = { "readonly", "support", "operator", "admin", NULL };
const char *const policy_sim_id_names[] = { "imsi", "imsi_hash", NULL };
const char *const policy_access_names[] = { "all", "wifi", "2g", "3g", "4g", "5g", NULL };
const char *const policy_data_type_names[] = { "metered", "unmetered", NULL };
const char *const policy_metering_names[] = { "not_told", "metered", "unmetered", NULL };
const char *const policy_boost_offer_names[] = { "offered", "paused", "included", NULL };
const char *const policy_nr_sa_names[] = { "not_told", "disabled", "enabled", NULL };
const char *const policy_usage_type_names[] = { "cellular", "tethering", NULL };
const char *const policy_sat_service_names[] = { "none", "constrained", "unconstrained", NULL };
const char *const policy_contents_names[] = { "query", "json", "xml", NULL };
const char *const policy_account_names[] = { "postpaid", "prepaid", "business", NULL };
const char *const policy_terms_by_names[] = { "", "page", "message", NULL };
const char *const policy_sheet_app_names[] = { "ap2004", "ap2010", "ap2012", "ap2016", NULL };
const char *const policy_identity_names[] = { "none", "challenge", "pseudonym", "encrypted", NULL };
const char *const policy_equipment_names[] = { "not_asked", "allowed",     "tracked", "blocked",
	                                           "unknown",   "unavailable", NULL };
const char *const policy_equipment_listed_names[] = { "", "allowed", "tracked", "blocked", NULL };
const char *const policy_equipment_mode_names[] = { "off", "list", "s13", "n5g", NULL };
const char *const policy_equipment_unknown_names[] = { "allow", "refuse", NULL };
const char *const policy_equipment_away_names[] = { "last", "allow", "unavailable", NULL };

const char *const policy_bss_mode_names[] = { "off", "query", NULL };
const char *const policy_bss_when_away_names[] = { "last", "default_plan", "unavailable", NULL };
const char *const policy_qos_mode_names[] = { "off", "pcf", "camara", NULL };
const char *const policy_qos_on_failure_names[] = { "keep", "withdraw", NULL };
const char *const policy_esim_download_names[] = { "activation_code", "smdp_address", "smds", NULL };
const char *const policy_esim_sheet_names[] = { "never", "choice", "always", NULL };
const char *const policy_esim_input_names[] = { "subscribe", "transfer", "recover", "download", NULL };
const char *const policy_esim_device_names[] = { "companion", "primary", NULL };

int policy_name_value(const char *const *names, const char *text)
{
	for (int i = 0; names[i] != NULL; i++)
		if (names[i][0] != '\0' && strcmp(names[i], text) == 0)
			return i;
	return -1;
}

int64_t policy_boost_kind(int64_t type)
{
	return type == 0 ? POLICY_REALTIME_INTERACTIVE : type;
}
