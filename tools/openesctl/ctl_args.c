/* ctl_args.c -- the options, and reading a command line against the tables. Pure. */
#include "ctl_args.h"

#include <string.h>

#include "es_cleanup.h"

const struct ctl_option ctl_options[CTL_OPT_COUNT] = {
	/* name, value, kind, member, env, help */
	[CTL_URL] = { "url", "URL", CTL_TEXT, NULL, "OPENES_ADMIN_URL", "the operators' API: https://host:port" },
	[CTL_CA] = { "ca", "FILE", CTL_TEXT, NULL, "OPENES_CA",
	             "certificate authority that signed the server's certificate" },
	[CTL_TOKEN_FILE] = { "token-file", "FILE", CTL_TEXT, NULL, NULL,
	                     "file with the credential (or the variable OPENES_ADMIN_TOKEN)" },
	[CTL_CERT] = { "cert", "FILE", CTL_TEXT, NULL, "OPENES_CERT", "client certificate, where the server wants one" },
	[CTL_KEY] = { "key", "FILE", CTL_TEXT, NULL, "OPENES_KEY", "its private key" },
	[CTL_JSON] = { "json", NULL, CTL_FLAG, NULL, NULL, "print JSON instead of tables" },
	[CTL_HELP] = { "help", NULL, CTL_FLAG, NULL, NULL, "explain the command" },

	[CTL_TENANT] = { "tenant", "ID", CTL_TEXT, NULL, "OPENES_TENANT",
	                 "the operator's brand this is about; may be left out where there is only one" },
	[CTL_IMSI] = { "imsi", "DIGITS", CTL_TEXT, NULL, NULL, "the subscriber: 6 to 15 digits" },
	[CTL_MSISDN] = { "msisdn", "+DIGITS", CTL_TEXT, "msisdn", NULL, "telephone number in international form" },
	[CTL_PLAN] = { "plan", "ID", CTL_TEXT, "plan", NULL, "the plan" },
	[CTL_CLIENT] = { "client", "ID", CTL_TEXT, NULL, NULL, "the server that asks for access tokens" },
	[CTL_LETTER] = { "letter", "ID", CTL_TEXT, NULL, NULL, "an event that could not be applied, by its number" },
	[CTL_ORDER] = { "order", "ID", CTL_TEXT, NULL, NULL, "an order, by its id" },
	[CTL_STATUS] = { "status", "STATUS", CTL_TEXT, "status", NULL,
	                 "of a line: active, suspended, barred or terminated; of a profile: activated, activating or "
	                 "deactivated" },
	[CTL_NAME] = { "name", "TEXT", CTL_TEXT, "name", NULL, "its name, for people" },
	[CTL_LIMIT] = { "limit", "N", CTL_TEXT, NULL, NULL, "stop after N" },
	[CTL_FILE] = { "file", "FILE", CTL_TEXT, NULL, NULL, "file to read; - is standard input" },
	[CTL_REPORT] = { "report", "FILE", CTL_TEXT, NULL, NULL, "write the refused lines there, too" },
	[CTL_SOURCE] = { "source", "NAME", CTL_TEXT, NULL, NULL,
	                 "the list is that system's: a section of policy's BSS file, whose file_mapping says what rows "
	                 "mean" },
	[CTL_DRY_RUN] = { "dry-run", NULL, CTL_FLAG, NULL, NULL, "say what would become of it, and change nothing" },
	[CTL_RESUME] = { "resume", "FILE", CTL_TEXT, NULL, NULL,
	                 "remember there what is in; a run that broke off goes on behind it" },
	[CTL_MISSING] = { "missing", NULL, CTL_FLAG, NULL, NULL, "list subscribers that the whole list does not name" },
	[CTL_TERMINATE_MISSING] = { "terminate-missing", "N", CTL_TEXT, NULL, NULL,
	                            "and terminate them, if they are not more than that" },
	[CTL_UNANSWERED_SINCE] = { "unanswered-since", "TIME", CTL_TEXT, NULL, NULL,
	                           "those alone that no BSS has said anything of since" },
	[CTL_MEND] = { "mend", NULL, CTL_FLAG, NULL, NULL, "remove what is left over; without it nothing is changed" },
	[CTL_ROLE] = { "role", "ROLE", CTL_TEXT, "role", NULL, "readonly, support, operator or admin" },
	[CTL_NEW_IMSI] = { "new-imsi", "DIGITS", CTL_TEXT, NULL, NULL, "IMSI of the new SIM, when it is another one" },

	[CTL_ADDON] = { "addon", "ID", CTL_TEXT, NULL, NULL, "the add-on" },
	[CTL_ENTERPRISE] = { "enterprise", "ID", CTL_TEXT, NULL, NULL, "the enterprise, by its enterprise_id" },
	[CTL_OUTAGE] = { "outage", "ID", CTL_TEXT, NULL, NULL, "the outage" },
	[CTL_RULES] = { "number", "N", CTL_TEXT, NULL, NULL, "the number of rules; or active, previous" },

	[CTL_LANGUAGE] = { "language", "XX", CTL_TEXT, "language", NULL,
	                   "language of texts when a phone asks for none of ours" },
	[CTL_HOSTS] = { "hosts", "A,B", CTL_LIST, "hosts", NULL, "host names phones of this tenant come to" },
	[CTL_PLMNS] = { "plmns", "A,B", CTL_LIST, "plmns", NULL, "MCC and MNC without a separator: 00101" },
	[CTL_IMSI_RANGES] = { "imsi-ranges", "A,B", CTL_LIST, "imsi_ranges", NULL,
	                      "IMSI prefixes; the most specific wins" },
	[CTL_GID1] = { "gid1", "A,B", CTL_LIST, "gid1", NULL, "group identifiers (EF_GID1) of its SIMs" },
	[CTL_TOKEN_TTL] = { "token-ttl", "TIME", CTL_SECONDS, "token_ttl", NULL,
	                    "life of a phone's TOKEN, of a client's access tokens: 12h, 7d" },
	[CTL_VALIDITY] = { "validity", "TIME", CTL_SECONDS, "validity", NULL, "how long a phone keeps an answer: 12h, 2d" },
	[CTL_VOWIFI_URL] = { "vowifi-url", "URL", CTL_TEXT, "vowifi.url", NULL, "page for terms and emergency address" },
	[CTL_TERMS_REQUIRED] = { "terms-required", "yes|no", CTL_BOOL, "vowifi.terms_required", NULL,
	                         "VoWiFi needs accepted terms" },
	[CTL_ADDRESS_REQUIRED] = { "address-required", "yes|no", CTL_BOOL, "vowifi.address_required", NULL,
	                           "VoWiFi needs an emergency address" },
	[CTL_NOT_ENABLED_URL] = { "not-enabled-url", "URL", CTL_TEXT, "not_enabled.url", NULL,
	                          "page shown when eSIM is not offered" },
	[CTL_NOT_ENABLED_USER_DATA] = { "not-enabled-user-data", "TEXT", CTL_TEXT, "not_enabled.user_data", NULL,
	                                "what that page is sent" },
	[CTL_SIGNING_KEY] = { "signing-key", "ID", CTL_TEXT, "signing_key", NULL,
	                      "the gateway's key that signs documents; empty: none" },
	[CTL_AP2003_FLAT_AFTER] = { "ap2003-flat-after", "yes|no", CTL_BOOL, "ap2003_flat_after", NULL,
	                            "repeat the voice status in the old flat form" },
	[CTL_DECOY_CHALLENGE] = { "decoy-challenge", "yes|no", CTL_BOOL, "decoy_challenge", NULL,
	                          "challenge unknown IMSIs, then refuse" },
	[CTL_EAP_NOTIFICATIONS] = { "eap-notifications", "yes|no", CTL_BOOL, "eap_notifications", NULL,
	                            "EAP notifications after failures" },
	[CTL_EAP_IDENTITY_REQUEST] = { "eap-identity-request", "yes|no", CTL_BOOL, "eap_identity_request", NULL,
	                               "ask for the identity with AKA-Identity" },
	[CTL_CHECKCODE] = { "checkcode", "yes|no", CTL_BOOL, "checkcode", NULL, "AT_CHECKCODE in challenges" },
	[CTL_BOOST_URL] = { "boost-url", "URL", CTL_TEXT, "data.boost_url", NULL, "page where data boosts are bought" },
	[CTL_BOOST_CONTENTS] = { "boost-contents", "FORM", CTL_TEXT, "data.boost_contents", NULL,
	                         "how phones open that page: query, json or xml" },
	[CTL_USAGE_MAX_AGE] = { "usage-max-age", "TIME", CTL_SECONDS, "data.usage_max_age", NULL,
	                        "older data usage is not told: 6h; 0 is any age" },
	[CTL_SATELLITE_URL] = { "satellite-url", "URL", CTL_TEXT, "satellite.url", NULL,
	                        "page where satellite service is activated" },
	[CTL_SATELLITE_CONTENTS] = { "satellite-contents", "FORM", CTL_TEXT, "satellite.contents", NULL,
	                             "how phones open that page: query, json or xml" },

	[CTL_BILLING_URL] = { "billing-url", "URL", CTL_TEXT, "billing.url", NULL, "page for carrier billing" },
	[CTL_BILLING_CONTENTS] = { "billing-contents", "FORM", CTL_TEXT, "billing.contents", NULL,
	                           "how that page is opened: query, json or xml" },
	[CTL_BILLING_TERMS_REQUIRED] = { "billing-terms-required", "yes|no", CTL_BOOL, "billing.terms_required", NULL,
	                                 "each user of each store has to accept terms" },
	[CTL_BILLING_TERMS] = { "billing-terms", "NAME", CTL_TEXT, "billing.terms", NULL,
	                        "name of the terms to accept; another name asks everybody anew" },
	[CTL_BILLING_TERMS_BY] = { "billing-terms-by", "WAY", CTL_TEXT, "billing.terms_by", NULL,
	                           "page or message, where there are both" },
	[CTL_BILLING_ACCOUNTS] = { "billing-accounts", "A,B", CTL_LIST, "billing.accounts", NULL,
	                           "who may pay so: postpaid, prepaid, business" },
	[CTL_PRIVATE_IDENTITY_TYPE] = { "private-identity-type", "TYPE", CTL_TEXT, "private_identity.type", NULL,
	                                "none, challenge, pseudonym or encrypted" },
	[CTL_PRIVATE_IDENTITY_LIFE] = { "private-identity-life", "TIME", CTL_SECONDS, "private_identity.life", NULL,
	                                "how long such a name is good: 30d" },
	[CTL_BSS_MODE] = { "bss-mode", "MODE", CTL_TEXT, "bss.mode", NULL, "off, or query: the BSS is asked about lines" },
	[CTL_BSS_SOURCE] = { "bss-source", "NAME", CTL_TEXT, "bss.source", NULL, "which: a section of policy's BSS file" },
	[CTL_BSS_MAX_AGE] = { "bss-max-age", "TIME", CTL_SECONDS, "bss.max_age", NULL,
	                      "an answer is used so long without asking again: 15m" },
	[CTL_BSS_STALE_MAX_AGE] = { "bss-stale-max-age", "TIME", CTL_SECONDS, "bss.stale_max_age", NULL,
	                            "and so long while the BSS is away: 72h" },
	[CTL_BSS_WHEN_AWAY] = { "bss-when-away", "RULE", CTL_TEXT, "bss.when_away", NULL,
	                        "beyond that: last, default_plan or unavailable" },
	[CTL_BSS_DEFAULT_PLAN] = { "bss-default-plan", "ID", CTL_TEXT, "bss.default_plan", NULL, "the plan of that rule" },
	[CTL_BSS_CREATE_UNKNOWN] = { "bss-create-unknown", "yes|no", CTL_BOOL, "bss.create_unknown", NULL,
	                             "make lines that the BSS has and we do not" },
	[CTL_BSS_EVENTS_FROM] = { "bss-events-from", "A,B", CTL_LIST, "bss.events_from", NULL,
	                          "further sections that may send events" },

	[CTL_EQUIPMENT] = { "equipment", "MODE", CTL_TEXT, "equipment.mode", NULL,
	                    "who is asked about devices: off, list, s13 or n5g" },
	[CTL_EQUIPMENT_SOURCE] = { "equipment-source", "NAME", CTL_TEXT, "equipment.source", NULL,
	                           "which EIR: a section of the EIR file (n5g), of auth's core file (s13)" },
	[CTL_EQUIPMENT_UNKNOWN] = { "equipment-unknown", "allow|refuse", CTL_TEXT, "equipment.unknown", NULL,
	                            "devices that are not known there" },
	[CTL_EQUIPMENT_WHEN_AWAY] = { "equipment-when-away", "WHAT", CTL_TEXT, "equipment.when_away", NULL,
	                              "without an answer: last, allow or unavailable" },
	[CTL_EQUIPMENT_MAX_AGE] = { "equipment-max-age", "TIME", CTL_SECONDS, "equipment.max_age", NULL,
	                            "how long an EIR's answer holds: 1d" },
	[CTL_USE_MODELS] = { "use-models", "yes|no", CTL_BOOL, "equipment.use_models", NULL,
	                     "the table of device models is looked at" },
	[CTL_VOLTE] = { "volte", "WHERE", CTL_TEXT, "volte", NULL, "all, home, roaming or none" },
	[CTL_VONR] = { "vonr", "WHERE", CTL_TEXT, "vonr", NULL, "all, home or none" },
	[CTL_VONR_EPS_FALLBACK] = { "vonr-eps-fallback", "yes|no", CTL_BOOL, "vonr_eps_fallback", NULL,
	                            "5G calls may fall back to VoLTE" },
	[CTL_IRAT] = { "irat", "WAYS", CTL_TEXT, "irat", NULL, "none, 4G-SRVCC, 5G-SRVCC or 4G-SRVCC,5G-SRVCC" },
	[CTL_VOWIFI] = { "vowifi", "yes|no", CTL_BOOL, "vowifi", NULL, "calls over Wi-Fi" },
	[CTL_SMSOIP] = { "smsoip", "yes|no", CTL_BOOL, "smsoip", NULL, "SMS over IP" },
	[CTL_COMPANION] = { "companion", "yes|no", CTL_BOOL, "companion.allowed", NULL, "watches and other companions" },
	[CTL_COMPANION_SERVICES] = { "companion-services", "A,B", CTL_LIST, "companion.services", NULL,
	                             "SharedNumber, DiffNumber, FamilyNumber" },
	[CTL_COMPANION_MAX] = { "companion-max", "N", CTL_NUMBER, "companion.max", NULL,
	                        "companions of one subscriber at most" },
	[CTL_PRIMARY_ESIM] = { "primary-esim", "yes|no", CTL_BOOL, "primary_esim", NULL,
	                       "eSIM activation and transfer on the phone" },
	[CTL_DATA_PLANS] = { "data-plans", "JSON", CTL_OBJECTS, "data.plans", NULL,
	                     "how data is counted: [{\"access\":\"all\",\"type\":\"metered\"}]" },
	[CTL_DATA_BOOSTS] = { "data-boosts", "JSON", CTL_OBJECTS, "data.boosts", NULL,
	                      "boosts of this plan: [{\"type\":166,\"delay_ms\":30}]" },
	[CTL_NR_SA] = { "5g-sa", "STATE", CTL_TEXT, "data.5g_sa", NULL, "not_told, disabled or enabled" },
	[CTL_ALLOWANCE] = { "allowance", "OCTETS", CTL_OCTETS, "data.allowance", NULL, "data of a billing cycle" },
	[CTL_TETHERING_ALLOWANCE] = { "tethering-allowance", "OCTETS", CTL_OCTETS, "data.tethering_allowance", NULL,
	                              "data of a billing cycle for other devices" },
	[CTL_SATELLITE] = { "satellite", "yes|no", CTL_BOOL, "satellite.offered", NULL, "service by satellite" },
	[CTL_SATELLITE_ALLOWED] = { "satellite-allowed", "JSON", CTL_OBJECTS, "satellite.allowed", NULL,
	                            "networks: [{\"plmn\":\"00199\",\"data\":\"constrained\"}]" },
	[CTL_SATELLITE_BARRED] = { "satellite-barred", "A,B", CTL_LIST, "satellite.barred", NULL,
	                           "networks it may not be used in" },
	[CTL_CARRIER_BILLING] = { "carrier-billing", "yes|no", CTL_BOOL, "carrier_billing", NULL,
	                          "purchases on the phone bill" },
	[CTL_PRIVATE_IDENTITY] = { "private-identity", "yes|no", CTL_BOOL, "private_identity", NULL,
	                           "names for the operator's Wi-Fi instead of the IMSI" },
	[CTL_FEATURES] = { "features", "A,B", CTL_LIST, "features", NULL,
	                   "what it gives beside TS.43: names that rules and own applications look at" },

	[CTL_OFFER] = { "offer", "JSON", CTL_OBJECT, "offer", NULL,
	                "members of a plan that it replaces: {\"vowifi\":true}" },
	[CTL_SERVICES] = { "services", "A,B", CTL_LIST, "services", NULL, "what is away: services, features" },
	[CTL_FROM] = { "from", "TIME", CTL_TEXT, "from", NULL, "when it begins: 2030-01-31T00:00:00Z; left out: now" },
	[CTL_UNTIL] = { "until", "TIME", CTL_TEXT, "until", NULL, "when it ends by itself; left out: when it is ended" },
	[CTL_WHEN] = { "when", "JSON", CTL_OBJECT, "when", NULL,
	               "for which requests: {\"facts.region\":\"north\"}; left out: all" },
	[CTL_AS] = { "as", "STATE", CTL_TEXT, "as", NULL, "incompatible (left out) or disabled" },
	[CTL_SAYS] = { "text", "TEXT", CTL_LINES, "texts", NULL,
	               "what phones show, each with its language, '|' between: \"en: Use Wi-Fi|de: WLAN nutzen\"" },
	[CTL_NOTE] = { "note", "TEXT", CTL_TEXT, "note", NULL, "for colleagues: why" },

	[CTL_SCOPES] = { "scopes", "A,B", CTL_LIST, "scopes", NULL,
	                 "what it may ask for: operations, or what the tenant's operation_scopes calls them" },
	[CTL_ALLOWED] = { "allowed", "yes|no", CTL_BOOL, "allowed", NULL, "may have eSIMs at all" },
	[CTL_ORDERED_PLANS] = { "plans", "A,B", CTL_LIST, "plans", NULL, "plans that it may order" },
	[CTL_DEVICES_MAX] = { "devices-max", "N", CTL_NUMBER, "devices_max", NULL, "devices it may have; 0: any number" },
	[CTL_REQUESTOR_IDS] = { "requestor-ids", "A,B", CTL_LIST, "requestor_ids", NULL, "requestor_id it may use" },
	[CTL_DISABLED] = { "disabled", "yes|no", CTL_BOOL, "disabled", NULL, "refuse it and all its access tokens" },

	[CTL_OPT_OUTS] = { "opt-outs", "A,B", CTL_LIST, "opt_outs", NULL,
	                   "services switched off for this line: volte, vonr, vowifi, smsoip, companion, primary, "
	                   "data_boost, 5g_sa, carrier_billing, private_identity, satellite" },
	[CTL_VOICE_PROVISIONING] = { "voice-provisioning", "STATE", CTL_TEXT, "voice.provisioning", NULL,
	                             "not_required, not_provisioned, in_progress or provisioned" },
	[CTL_SMS_PROVISIONING] = { "sms-provisioning", "STATE", CTL_TEXT, "sms.provisioning", NULL,
	                           "not_required, not_provisioned, in_progress or provisioned" },
	[CTL_TERMS] = { "terms", "STATE", CTL_TEXT, "vowifi.terms", NULL,
	                "VoWiFi terms: not_available, available, not_required or in_progress" },
	[CTL_ADDRESS] = { "address", "STATE", CTL_TEXT, "vowifi.address", NULL,
	                  "emergency address: not_available, available, not_required or in_progress" },
	[CTL_ADDRESS_EXPIRY] = { "address-expiry", "TIME", CTL_TEXT, "vowifi.address_expiry", NULL,
	                         "when it has to be given again: 2030-01-31T00:00:00Z" },
	[CTL_ADDRESS_ID] = { "address-id", "TEXT", CTL_TEXT, "vowifi.address_id", NULL, "AddrIdentifier" },
	[CTL_VOWIFI_PROVISIONING] = { "vowifi-provisioning", "STATE", CTL_TEXT, "vowifi.provisioning", NULL,
	                              "not_required, not_provisioned, in_progress or provisioned" },

	[CTL_DATA_USAGE] = { "usage", "JSON", CTL_OBJECTS, "usage", NULL,
	                     "data used: [{\"used\":734003200,\"as_of\":\"2026-01-31T12:00:00Z\"}]" },
	[CTL_BOOSTS] = { "boosts", "JSON", CTL_OBJECTS, "boosts", NULL,
	                 "boosts bought: [{\"type\":166,\"until\":\"2026-01-31T12:00:00Z\"}]" },
	[CTL_SATELLITE_PROVISIONING] = { "satellite-provisioning", "STATE", CTL_TEXT, "satellite.provisioning", NULL,
	                                 "not_required, not_provisioned, in_progress or provisioned" },
	[CTL_ACCOUNT] = { "account", "KIND", CTL_TEXT, "account", NULL, "postpaid, prepaid or business" },
	[CTL_BILLING_BARRED] = { "billing-barred", "yes|no", CTL_BOOL, "billing.barred", NULL,
	                         "nothing may be charged to this line's bill" },
	[CTL_BILLING_PROVISIONING] = { "billing-provisioning", "STATE", CTL_TEXT, "billing.provisioning", NULL,
	                               "not_required, not_provisioned, in_progress or provisioned" },
	[CTL_IMEI] = { "imei", "DIGITS", CTL_TEXT, NULL, NULL,
	               "the device: 14 digits, with or without check digit or software version" },
	[CTL_EQUIPMENT_STATE] = { "state", "STATE", CTL_TEXT, "state", NULL,
	                          "of a device: blocked, tracked or allowed; of an order: failed, stuck, active and "
	                          "others" },
	[CTL_REASON] = { "reason", "TEXT", CTL_TEXT, "reason", NULL,
	                 "why, for people; of failures: token, credential, unreachable and others" },
	[CTL_SINCE] = { "since", "TIME", CTL_TEXT, "since", NULL, "as 2026-01-31T00:00:00Z; now when left out" },
	[CTL_TAC] = { "tac", "DIGITS", CTL_TEXT, NULL, NULL, "the model: the first 8 digits of its IMEIs" },
	[CTL_VENDOR] = { "vendor", "TEXT", CTL_TEXT, "vendor", NULL, "who makes it" },
	[CTL_MODEL] = { "model", "TEXT", CTL_TEXT, "model", NULL, "what it is called" },
	[CTL_CAPABILITIES] = { "capabilities", "A,B", CTL_LIST, "capabilities", NULL,
	                       "what it can do, with the least software version where there is one: vowifi,vonr:14.2" },
	[CTL_ADDONS] = { "addons", "JSON", CTL_OBJECTS, "addons", NULL,
	                 "add-ons of the line: [{\"id\":\"hotspot\",\"until\":\"2030-01-31T00:00:00Z\"}]" },
	[CTL_FACTS] = { "facts", "JSON", CTL_OBJECT, "facts", NULL,
	                "what your systems know, name by name; null removes: {\"region\":\"north\",\"score\":null}" },
	[CTL_STORE_VENDOR] = { "store-vendor", "ID", CTL_TEXT, "store_vendor", NULL, "the store, as phones name it" },
	[CTL_STORE_USER_ID] = { "store-user-id", "ID", CTL_TEXT, "store_user_id", NULL, "the user of that store" },
	[CTL_ANSWER] = { "answer", "STATE", CTL_TEXT, "terms", NULL,
	                 "what became of the terms: available, not_available, not_required or in_progress" },
	[CTL_TERMS_VERSION] = { "terms-version", "NAME", CTL_TEXT, "terms_version", NULL,
	                        "which terms; left out: the tenant's present ones" },

	[CTL_K] = { "k", "HEX", CTL_TEXT, NULL, NULL,
	            "K: 32 hexadecimal digits (TUAK: 32 or 64), @file, or - to read a line from standard input" },
	[CTL_OPC] = { "opc", "HEX", CTL_TEXT, NULL, NULL, "OPc, given like --k" },
	[CTL_OP] = { "op", "HEX", CTL_TEXT, NULL, NULL, "OP instead, given like --k: OPc is computed here" },
	[CTL_ALGORITHM] = { "algorithm", "NAME", CTL_TEXT, NULL, NULL, "milenage (left out) or tuak" },
	[CTL_TOPC] = { "topc", "HEX", CTL_TEXT, NULL, NULL, "TUAK: TOPc, 64 hexadecimal digits, given like --k" },
	[CTL_TOP] = { "top", "HEX", CTL_TEXT, NULL, NULL, "TUAK: TOP instead: TOPc is computed here" },
	[CTL_RES_LENGTH] = { "res-length", "N", CTL_TEXT, NULL, NULL, "TUAK: octets of RES, 4, 8 or 16; left out: 8" },
	[CTL_KECCAK_ITERATIONS] = { "keccak-iterations", "N", CTL_TEXT, NULL, NULL,
	                            "TUAK: iterations of Keccak; left out: 1" },
	[CTL_AMF] = { "amf", "HEX", CTL_TEXT, NULL, NULL, "AMF: 4 hexadecimal digits; left out: 8000" },
	[CTL_SQN] = { "sqn", "N", CTL_TEXT, NULL, NULL, "SQN last used for this SIM elsewhere, as a decimal number" },

	[CTL_APP] = { "app", "ID", CTL_TEXT, "app", NULL, "the application: ap2003, ap2004, ..." },
	[CTL_TERMINAL_ID] = { "terminal-id", "ID", CTL_TEXT, "terminal_id", NULL,
	                      "a device, by its IMEI or UUID; of explain, left out: the one that was seen last" },
	[CTL_ENTITLEMENT_VERSION] = { "entitlement-version", "N.N", CTL_TEXT, NULL, NULL, "as the phone sends it: 12.0" },
	[CTL_ACCEPT_LANGUAGE] = { "accept-language", "XX", CTL_TEXT, NULL, NULL,
	                          "languages the phone asks for, as in HTTP" },
	[CTL_TERMINAL_SW_VERSION] = { "terminal-sw-version", "TEXT", CTL_TEXT, NULL, NULL, "its software version" },
	[CTL_BOOST_TYPE] = { "boost-type", "N", CTL_TEXT, NULL, NULL, "with ap2010: a real-time request for that boost" },

	[CTL_ICCID] = { "iccid", "DIGITS", CTL_TEXT, "iccid", NULL,
	                "of a SIM or a profile: 18 to 20 digits, with or without F at the end" },
	[CTL_EID] = { "eid", "DIGITS", CTL_TEXT, "eid", NULL, "the eUICC: 32 digits" },
	[CTL_SERVICE] = { "service", "NAME", CTL_TEXT, "service", NULL, "SharedNumber, DiffNumber or FamilyNumber" },
	[CTL_SMDP_ADDRESS] = { "smdp-address", "NAME", CTL_TEXT, "download.smdp_address", NULL,
	                       "host name of the SM-DP+ where the profile waits for its device" },
	[CTL_SECONDARY] = { "secondary", "yes|no", CTL_BOOL, "secondary", NULL,
	                    "of a phone with several: not the one of its own line" },
	[CTL_VERIFY] = { "verify", "yes|no", CTL_BOOL, "verify", NULL,
	                 "the person is asked before the device may download it" },
	[CTL_KIND] = { "kind", "KIND", CTL_TEXT, NULL, NULL, "of an order: subscribe, transfer and others" },
	[CTL_STUCK] = { "stuck", NULL, CTL_FLAG, NULL, NULL, "those alone that wait for somebody" },

	[CTL_APPS] = { "apps", "A,B", CTL_LIST, "apps", NULL, "these applications alone: ap2003,ap2004" },
	[CTL_CHANNEL] = { "channel", "NAME", CTL_TEXT, "channel", NULL, "this one alone: fcm, apns, wns, sms, gcm" },
	[CTL_WAIT] = { "wait", "SECONDS", CTL_TEXT, NULL, NULL, "for the providers' word, at most; 30 when left out" },
	[CTL_FAILURE] = { "failure", "ID", CTL_TEXT, NULL, NULL, "a message that was given up, by its number" },
	[CTL_ALL] = { "all", NULL, CTL_FLAG, NULL, NULL, "all of them" },
	[CTL_CHANGE] = { "change", "ID", CTL_TEXT, NULL, NULL, "a mass change, by its number" },
	[CTL_RATE] = { "rate", "N", CTL_NUMBER, "rate", NULL, "wake-ups a second" },
	[CTL_WATCH] = { "watch", NULL, CTL_FLAG, NULL, NULL, "follow it until it ends" },
};

static const enum ctl_opt global_options[] = { CTL_URL, CTL_CA, CTL_TOKEN_FILE, CTL_CERT, CTL_KEY, CTL_JSON, CTL_HELP };

static bool is_in(const uint8_t *list, enum ctl_opt opt)
{
	for (; list != NULL && *list != CTL_NONE; list++) {
		if (*list == opt)
			return true;
	}
	return false;
}

bool ctl_args_takes(const struct ctl_command *command, enum ctl_opt opt)
{
	for (size_t i = 0; i < ES_COUNT(global_options); i++) {
		if (global_options[i] == opt)
			return true;
	}
	return is_in(command->needs, opt) || is_in(command->takes, opt);
}

bool ctl_args_needs(const struct ctl_command *command, enum ctl_opt opt)
{
	return is_in(command->needs, opt);
}

/* ---- "did you mean" ---- */

#define WORD_MAX 32

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

/* Levenshtein's distance of two words; far apart when one is long. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (size_t k = 0; k <= lb; k++)
		row[k] = k;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= lb; k++) {
			size_t above = row[k];
			row[k] = min3(above + 1, row[k - 1] + 1, diagonal + (a[i - 1] != b[k - 1]));
			diagonal = above;
		}
	}
	return row[lb];
}

static void suggest_option(const struct ctl_command *command, const char *name, struct es_buf *error)
{
	const char *best = NULL;
	size_t nearest = 3;

	for (size_t opt = CTL_NONE + 1; opt < CTL_OPT_COUNT; opt++) {
		size_t d = distance(name, ctl_options[opt].name);
		if (d < nearest && ctl_args_takes(command, (enum ctl_opt)opt)) {
			nearest = d;
			best = ctl_options[opt].name;
		}
	}
	if (best != NULL)
		es_put_printf(error, "; did you mean --%s?", best);
	else
		es_put_printf(error, "; see openesctl %s%s%s --help", command->noun, command->verb[0] != '\0' ? " " : "",
		              command->verb);
}

static void suggest_verbs(const char *noun, struct es_buf *error)
{
	const char *before = "";

	es_put_printf(error, "openesctl %s: say what to do: ", noun);
	for (size_t i = 0; i < ctl_command_count; i++) {
		if (strcmp(ctl_commands[i].noun, noun) != 0)
			continue;
		es_put_printf(error, "%s%s", before, ctl_commands[i].verb);
		before = ", ";
	}
}

/* ---- parsing ---- */

struct line {
	char **words;
	size_t count, at;
	bool options_ended;
};

/* The option named at the start of `text` (behind "--"), which may go on with "=value". */
static enum ctl_opt option_named(const char *text, size_t len)
{
	for (size_t opt = CTL_NONE + 1; opt < CTL_OPT_COUNT; opt++) {
		if (strlen(ctl_options[opt].name) == len && memcmp(ctl_options[opt].name, text, len) == 0)
			return (enum ctl_opt)opt;
	}
	return CTL_NONE;
}

static es_status value_set(struct ctl_args *args, enum ctl_opt opt, char *value, struct es_buf *error)
{
	if (args->value[opt] != NULL) {
		es_put_printf(error, "--%s is given twice", ctl_options[opt].name);
		return ES_MALFORMED;
	}
	args->value[opt] = value;
	return ES_OK;
}

static es_status option_parse(struct line *line, struct ctl_args *args, struct es_buf *error)
{
	char *text = line->words[line->at++] + 2;
	size_t len = strcspn(text, "=");
	enum ctl_opt opt = option_named(text, len);
	bool has_value = text[len] == '=';

	if (opt == CTL_NONE || !ctl_args_takes(args->command, opt)) {
		/* Only the name is repeated: what follows could be a key. */
		char name[WORD_MAX + 1] = "";
		memcpy(name, text, len < WORD_MAX ? len : WORD_MAX);
		es_put_printf(error, "--%s is no option of this command", name);
		suggest_option(args->command, name, error);
		return ES_MALFORMED;
	}
	if (ctl_options[opt].kind == CTL_FLAG) {
		if (!has_value)
			return value_set(args, opt, text + len, error);
		es_put_printf(error, "--%s takes no value", ctl_options[opt].name);
		return ES_MALFORMED;
	}
	if (has_value)
		return value_set(args, opt, text + len + 1, error);
	if (line->at == line->count) {
		es_put_printf(error, "--%s needs a value: --%s %s", ctl_options[opt].name, ctl_options[opt].name,
		              ctl_options[opt].value);
		return ES_MALFORMED;
	}
	return value_set(args, opt, line->words[line->at++], error);
}

static es_status word_parse(struct line *line, struct ctl_args *args, struct es_buf *error)
{
	char *word = line->words[line->at];

	if (!line->options_ended && strcmp(word, "--") == 0) {
		line->options_ended = true;
		line->at++;
		return ES_OK;
	}
	if (!line->options_ended && strncmp(word, "--", 2) == 0)
		return option_parse(line, args, error);
	line->at++;
	if (args->command->operand == CTL_NONE || args->value[args->command->operand] != NULL) {
		es_put_str(error, "there is a word too many; options start with --");
		return ES_MALFORMED;
	}
	args->value[args->command->operand] = word;
	return ES_OK;
}

static es_status needs_check(const struct ctl_args *args, struct es_buf *error)
{
	for (const uint8_t *opt = args->command->needs; *opt != CTL_NONE; opt++) {
		const struct ctl_option *option = &ctl_options[*opt];
		if (*opt == CTL_TENANT || (args->value[*opt] != NULL && args->value[*opt][0] != '\0'))
			continue;
		es_put_printf(error, "--%s %s is missing", option->name, option->value);
		if (option->env != NULL)
			es_put_printf(error, " (or the variable %s)", option->env);
		return ES_MALFORMED;
	}
	return ES_OK;
}

static void env_read(struct ctl_args *args, char *(*env)(const char *name))
{
	for (size_t opt = CTL_NONE + 1; opt < CTL_OPT_COUNT; opt++) {
		if (ctl_options[opt].env == NULL || args->value[opt] != NULL ||
		    !ctl_args_takes(args->command, (enum ctl_opt)opt))
			continue;
		char *value = env(ctl_options[opt].env);
		if (value != NULL && value[0] != '\0')
			args->value[opt] = value;
	}
}

/* Finds the command in the first one or two words. */
static es_status command_find(struct line *line, struct ctl_args *args, struct es_buf *error)
{
	const char *noun = line->words[0];
	const char *verb = line->count > 1 ? line->words[1] : "";

	for (size_t i = 0; i < ctl_command_count; i++) {
		const struct ctl_command *command = &ctl_commands[i];
		if (strcmp(command->noun, noun) != 0)
			continue;
		args->noun = command->noun;
		if (command->verb[0] == '\0' || strcmp(command->verb, verb) == 0) {
			args->command = command;
			line->at = command->verb[0] == '\0' ? 1 : 2;
			return ES_OK;
		}
	}
	if (args->noun != NULL)
		suggest_verbs(args->noun, error);
	else
		es_put_str(error, "there is no such command; openesctl --help lists them");
	return ES_MALFORMED;
}

static bool asks_for_help(const struct line *line)
{
	if (line->count == 0 || strcmp(line->words[0], "help") == 0)
		return true;
	for (size_t i = 0; i < line->count; i++) {
		if (strcmp(line->words[i], "--help") == 0 || strcmp(line->words[i], "-h") == 0)
			return true;
	}
	return false;
}

static void help_parse(struct line *line, struct ctl_args *args)
{
	uint8_t nowhere[1];
	struct es_buf ignored;

	es_buf_init_fixed(&ignored, nowhere, sizeof nowhere);
	if (line->count > 0 && strcmp(line->words[0], "help") == 0) {
		line->words++;
		line->count--;
	}
	if (line->count > 0 && command_find(line, args, &ignored) != ES_OK)
		args->command = NULL;
}

es_status ctl_args_parse(char **words, size_t count, char *(*env)(const char *name), struct ctl_args *out,
                         struct es_buf *error)
{
	static char given[1];
	struct line line = { .words = words, .count = count };
	struct ctl_args args = { .command = NULL };

	if (asks_for_help(&line)) {
		help_parse(&line, &args);
		args.value[CTL_HELP] = given;
		*out = args;
		return ES_OK;
	}
	ES_TRY(command_find(&line, &args, error));
	while (line.at < line.count)
		ES_TRY(word_parse(&line, &args, error));
	env_read(&args, env);
	ES_TRY(needs_check(&args, error));
	*out = args;
	return ES_OK;
}
