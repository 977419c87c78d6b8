/* dia_attr.h -- the attributes, commands and applications that are spoken here, each in one table row. Pure.
 *
 * The same rows write requests, read answers and fill freeDiameter's dictionary. An attribute that an HSS or AAA may send with
 * the M bit must be a row, since freeDiameter drops an answer with one that it does not know. */
#ifndef DIA_ATTR_H
#define DIA_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIA_3GPP 10415

enum dia_app {
	DIA_APP_BASE = 0,
	DIA_APP_STA = 16777250,
	DIA_APP_S13 = 16777252,
	DIA_APP_SWM = 16777264,
	DIA_APP_SWX = 16777265
};

enum dia_command {
	DIA_RE_AUTH = 258,
	DIA_EAP = 268,
	DIA_ABORT_SESSION = 274,
	DIA_SESSION_TERMINATION = 275,
	DIA_SERVER_ASSIGNMENT = 301,
	DIA_MULTIMEDIA_AUTH = 303,
	DIA_REGISTRATION_TERMINATION = 304,
	DIA_PUSH_PROFILE = 305,
	DIA_ME_IDENTITY_CHECK = 324,
};

enum dia_type { DIA_OCTETS, DIA_U32, DIA_I32, DIA_U64, DIA_GROUP };

/* clang-format off */
/* symbol, name, code, vendor, type, written with the M bit */
#define DIA_ATTR_LIST(X) \
	/* RFC 6733 */ \
	X(USER_NAME,              "User-Name",                      1, 0, OCTETS, true) \
	X(STATE,                  "State",                         24, 0, OCTETS, true) \
	X(CLASS,                  "Class",                         25, 0, OCTETS, true) \
	X(SESSION_TIMEOUT,        "Session-Timeout",               27, 0, U32,    true) \
	X(PROXY_STATE,            "Proxy-State",                   33, 0, OCTETS, true) \
	X(ACCT_INTERIM_INTERVAL,  "Acct-Interim-Interval",         85, 0, U32,    true) \
	X(HOST_IP_ADDRESS,        "Host-IP-Address",              257, 0, OCTETS, true) \
	X(AUTH_APPLICATION_ID,    "Auth-Application-Id",          258, 0, U32,    true) \
	X(ACCT_APPLICATION_ID,    "Acct-Application-Id",          259, 0, U32,    true) \
	X(VENDOR_APPLICATION_ID,  "Vendor-Specific-Application-Id", 260, 0, GROUP, true) \
	X(REDIRECT_HOST_USAGE,    "Redirect-Host-Usage",          261, 0, I32,    true) \
	X(REDIRECT_MAX_CACHE_TIME, "Redirect-Max-Cache-Time",     262, 0, U32,    true) \
	X(SESSION_ID,             "Session-Id",                   263, 0, OCTETS, true) \
	X(ORIGIN_HOST,            "Origin-Host",                  264, 0, OCTETS, true) \
	X(VENDOR_ID,              "Vendor-Id",                    266, 0, U32,    true) \
	X(RESULT_CODE,            "Result-Code",                  268, 0, U32,    true) \
	X(SESSION_BINDING,        "Session-Binding",              270, 0, U32,    true) \
	X(SESSION_SERVER_FAILOVER, "Session-Server-Failover",     271, 0, I32,    true) \
	X(MULTI_ROUND_TIME_OUT,   "Multi-Round-Time-Out",         272, 0, U32,    true) \
	X(AUTH_REQUEST_TYPE,      "Auth-Request-Type",            274, 0, I32,    true) \
	X(AUTH_GRACE_PERIOD,      "Auth-Grace-Period",            276, 0, U32,    true) \
	X(AUTH_SESSION_STATE,     "Auth-Session-State",           277, 0, I32,    true) \
	X(ORIGIN_STATE_ID,        "Origin-State-Id",              278, 0, U32,    true) \
	X(FAILED_AVP,             "Failed-AVP",                   279, 0, GROUP,  true) \
	X(PROXY_HOST,             "Proxy-Host",                   280, 0, OCTETS, true) \
	X(ERROR_MESSAGE,          "Error-Message",                281, 0, OCTETS, false) \
	X(ROUTE_RECORD,           "Route-Record",                 282, 0, OCTETS, true) \
	X(DESTINATION_REALM,      "Destination-Realm",            283, 0, OCTETS, true) \
	X(PROXY_INFO,             "Proxy-Info",                   284, 0, GROUP,  true) \
	X(RE_AUTH_REQUEST_TYPE,   "Re-Auth-Request-Type",         285, 0, I32,    true) \
	X(AUTHORIZATION_LIFETIME, "Authorization-Lifetime",       291, 0, U32,    true) \
	X(REDIRECT_HOST,          "Redirect-Host",                292, 0, OCTETS, true) \
	X(DESTINATION_HOST,       "Destination-Host",             293, 0, OCTETS, true) \
	X(ERROR_REPORTING_HOST,   "Error-Reporting-Host",         294, 0, OCTETS, false) \
	X(TERMINATION_CAUSE,      "Termination-Cause",            295, 0, I32,    true) \
	X(ORIGIN_REALM,           "Origin-Realm",                 296, 0, OCTETS, true) \
	X(EXPERIMENTAL_RESULT,    "Experimental-Result",          297, 0, GROUP,  true) \
	X(EXPERIMENTAL_CODE,      "Experimental-Result-Code",     298, 0, U32,    true) \
	/* RFC 4005, 4072, 4006, 5777, 7683, 7944, 8583 */ \
	X(FRAMED_IP_ADDRESS,      "Framed-IP-Address",              8, 0, OCTETS, true) \
	X(REPLY_MESSAGE,          "Reply-Message",                 18, 0, OCTETS, true) \
	X(CALLING_STATION_ID,     "Calling-Station-Id",            31, 0, OCTETS, true) \
	X(NAS_PORT_TYPE,          "NAS-Port-Type",                 61, 0, I32,    true) \
	X(CHARGEABLE_USER,        "Chargeable-User-Identity",      89, 0, OCTETS, true) \
	X(FRAMED_IPV6_PREFIX,     "Framed-IPv6-Prefix",            97, 0, OCTETS, true) \
	X(SERVICE_SELECTION,      "Service-Selection",            493, 0, OCTETS, true) \
	X(DRMP,                   "DRMP",                         301, 0, I32,    true) \
	X(MIP6_AGENT_INFO,        "MIP6-Agent-Info",              486, 0, GROUP,  true) \
	X(MIP_HOME_AGENT_ADDRESS, "MIP-Home-Agent-Address",       334, 0, OCTETS, true) \
	X(MIP_HOME_AGENT_HOST,    "MIP-Home-Agent-Host",          348, 0, GROUP,  true) \
	X(MIP6_FEATURE_VECTOR,    "MIP6-Feature-Vector",          124, 0, U64,    true) \
	X(MIP6_HOME_LINK_PREFIX,  "MIP6-Home-Link-Prefix",        125, 0, OCTETS, true) \
	X(SUBSCRIPTION_ID,        "Subscription-Id",              443, 0, GROUP,  true) \
	X(SUBSCRIPTION_DATA,      "Subscription-Id-Data",         444, 0, OCTETS, true) \
	X(SUBSCRIPTION_TYPE,      "Subscription-Id-Type",         450, 0, I32,    true) \
	X(EAP_PAYLOAD,            "EAP-Payload",                  462, 0, OCTETS, true) \
	X(EAP_REISSUED_PAYLOAD,   "EAP-Reissued-Payload",         463, 0, OCTETS, true) \
	X(EAP_MASTER_SESSION_KEY, "EAP-Master-Session-Key",       464, 0, OCTETS, true) \
	X(EAP_KEY_NAME,           "EAP-Key-Name",                 102, 0, OCTETS, true) \
	X(ACCOUNTING_EAP_METHOD,  "Accounting-EAP-Auth-Method",   465, 0, U64,    true) \
	X(OC_SUPPORTED_FEATURES,  "OC-Supported-Features",        621, 0, GROUP,  true) \
	X(OC_FEATURE_VECTOR,      "OC-Feature-Vector",            622, 0, U64,    true) \
	X(OC_OLR,                 "OC-OLR",                       623, 0, GROUP,  true) \
	X(OC_SEQUENCE_NUMBER,     "OC-Sequence-Number",           624, 0, U64,    true) \
	X(OC_VALIDITY_DURATION,   "OC-Validity-Duration",         625, 0, U32,    true) \
	X(OC_REPORT_TYPE,         "OC-Report-Type",               626, 0, I32,    true) \
	X(OC_REDUCTION_PERCENT,   "OC-Reduction-Percentage",      627, 0, U32,    true) \
	X(LOAD,                   "Load",                         650, 0, GROUP,  true) \
	X(LOAD_TYPE,              "Load-Type",                    651, 0, I32,    true) \
	X(LOAD_VALUE,             "Load-Value",                   652, 0, U64,    true) \
	X(SOURCE_ID,              "SourceID",                     649, 0, OCTETS, true) \
	/* TS 29.229, 29.272, 29.273, 29.212, 29.061 */ \
	X(CHARGING_CHARACTERISTICS, "3GPP-Charging-Characteristics", 13, DIA_3GPP, OCTETS, true) \
	X(AAA_SERVER_NAME,        "3GPP-AAA-Server-Name",         318, DIA_3GPP, OCTETS, true) \
	X(MAX_BANDWIDTH_UL,       "Max-Requested-Bandwidth-UL",   516, DIA_3GPP, U32,    true) \
	X(MAX_BANDWIDTH_DL,       "Max-Requested-Bandwidth-DL",   515, DIA_3GPP, U32,    true) \
	X(VISITED_NETWORK,        "Visited-Network-Identifier",   600, DIA_3GPP, OCTETS, true) \
	X(NUMBER_AUTH_ITEMS,      "SIP-Number-Auth-Items",        607, DIA_3GPP, U32,    true) \
	X(AUTH_SCHEME,            "SIP-Authentication-Scheme",    608, DIA_3GPP, OCTETS, true) \
	X(AUTHENTICATE,           "SIP-Authenticate",             609, DIA_3GPP, OCTETS, true) \
	X(AUTHORIZATION,          "SIP-Authorization",            610, DIA_3GPP, OCTETS, true) \
	X(AUTH_DATA_ITEM,         "SIP-Auth-Data-Item",           612, DIA_3GPP, GROUP,  true) \
	X(ITEM_NUMBER,            "SIP-Item-Number",              613, DIA_3GPP, U32,    true) \
	X(ASSIGNMENT_TYPE,        "Server-Assignment-Type",       614, DIA_3GPP, I32,    true) \
	X(DEREGISTRATION_REASON,  "Deregistration-Reason",        615, DIA_3GPP, GROUP,  true) \
	X(REASON_CODE,            "Reason-Code",                  616, DIA_3GPP, I32,    true) \
	X(REASON_INFO,            "Reason-Info",                  617, DIA_3GPP, OCTETS, true) \
	X(CHARGING_INFORMATION,   "Charging-Information",         618, DIA_3GPP, GROUP,  true) \
	X(PRIMARY_CCF,            "Primary-Charging-Collection-Function-Name", 621, DIA_3GPP, OCTETS, true) \
	X(SECONDARY_CCF,          "Secondary-Charging-Collection-Function-Name", 622, DIA_3GPP, OCTETS, true) \
	X(CONFIDENTIALITY_KEY,    "Confidentiality-Key",          625, DIA_3GPP, OCTETS, true) \
	X(INTEGRITY_KEY,          "Integrity-Key",                626, DIA_3GPP, OCTETS, true) \
	X(SUPPORTED_FEATURES,     "Supported-Features",           628, DIA_3GPP, GROUP,  true) \
	X(FEATURE_LIST_ID,        "Feature-List-ID",              629, DIA_3GPP, U32,    false) \
	X(FEATURE_LIST,           "Feature-List",                 630, DIA_3GPP, U32,    false) \
	X(QOS_CLASS_IDENTIFIER,   "QoS-Class-Identifier",        1028, DIA_3GPP, I32,    true) \
	X(RAT_TYPE,               "RAT-Type",                    1032, DIA_3GPP, I32,    true) \
	X(ALLOCATION_RETENTION,   "Allocation-Retention-Priority", 1034, DIA_3GPP, GROUP, true) \
	X(PRIORITY_LEVEL,         "Priority-Level",              1046, DIA_3GPP, U32,    true) \
	X(PREEMPTION_CAPABILITY,  "Pre-emption-Capability",      1047, DIA_3GPP, I32,    true) \
	X(PREEMPTION_VULNERABILITY, "Pre-emption-Vulnerability", 1048, DIA_3GPP, I32,    true) \
	X(TERMINAL_INFORMATION,   "Terminal-Information",        1401, DIA_3GPP, GROUP,  true) \
	X(IMEI,                   "IMEI",                        1402, DIA_3GPP, OCTETS, true) \
	X(SOFTWARE_VERSION,       "Software-Version",            1403, DIA_3GPP, OCTETS, true) \
	X(CONTEXT_IDENTIFIER,     "Context-Identifier",          1423, DIA_3GPP, U32,    true) \
	X(APN_OI_REPLACEMENT,     "APN-OI-Replacement",          1427, DIA_3GPP, OCTETS, true) \
	X(ALL_APN_INCLUDED,       "All-APN-Configurations-Included-Indicator", 1428, DIA_3GPP, I32, true) \
	X(APN_CONFIGURATION,      "APN-Configuration",           1430, DIA_3GPP, GROUP,  true) \
	X(EQUIPMENT_STATUS,       "Equipment-Status",            1445, DIA_3GPP, I32,    true) \
	X(QOS_PROFILE,            "EPS-Subscribed-QoS-Profile",  1431, DIA_3GPP, GROUP,  true) \
	X(VPLMN_ADDRESS_ALLOWED,  "VPLMN-Dynamic-Address-Allowed", 1432, DIA_3GPP, I32,  true) \
	X(AMBR,                   "AMBR",                        1435, DIA_3GPP, GROUP,  true) \
	X(PDN_GW_ALLOCATION,      "PDN-GW-Allocation-Type",      1438, DIA_3GPP, I32,    true) \
	X(PDN_TYPE,               "PDN-Type",                    1456, DIA_3GPP, I32,    true) \
	X(TRACE_DATA,             "Trace-Data",                  1458, DIA_3GPP, GROUP,  true) \
	X(TRACE_REFERENCE,        "Trace-Reference",             1459, DIA_3GPP, OCTETS, true) \
	X(TRACE_DEPTH,            "Trace-Depth",                 1462, DIA_3GPP, I32,    true) \
	X(TRACE_NE_TYPES,         "Trace-NE-Type-List",          1463, DIA_3GPP, OCTETS, true) \
	X(TRACE_INTERFACES,       "Trace-Interface-List",        1464, DIA_3GPP, OCTETS, true) \
	X(TRACE_EVENTS,           "Trace-Event-List",            1465, DIA_3GPP, OCTETS, true) \
	X(OMC_ID,                 "OMC-Id",                      1466, DIA_3GPP, OCTETS, true) \
	X(TRACE_COLLECTION,       "Trace-Collection-Entity",     1452, DIA_3GPP, OCTETS, true) \
	X(NON_3GPP_USER_DATA,     "Non-3GPP-User-Data",          1500, DIA_3GPP, GROUP,  true) \
	X(NON_3GPP_IP_ACCESS,     "Non-3GPP-IP-Access",          1501, DIA_3GPP, I32,    true) \
	X(NON_3GPP_ACCESS_APN,    "Non-3GPP-IP-Access-APN",      1502, DIA_3GPP, I32,    true) \
	X(AN_TRUSTED,             "AN-Trusted",                  1503, DIA_3GPP, I32,    true) \
	X(ANID,                   "ANID",                        1504, DIA_3GPP, OCTETS, true) \
	X(TRACE_INFO,             "Trace-Info",                  1505, DIA_3GPP, GROUP,  true) \
	X(PPR_FLAGS,              "PPR-Flags",                   1508, DIA_3GPP, U32,    false) \
	X(TWAN_DEFAULT_CONTEXT,   "TWAN-Default-APN-Context-Id", 1512, DIA_3GPP, U32,    true) \
	X(FULL_NETWORK_NAME,      "Full-Network-Name",           1516, DIA_3GPP, OCTETS, false) \
	X(SHORT_NETWORK_NAME,     "Short-Network-Name",          1517, DIA_3GPP, OCTETS, false) \
	X(AAA_FAILURE_INDICATION, "AAA-Failure-Indication",      1518, DIA_3GPP, U32,    false) \
	X(DER_FLAGS,              "DER-Flags",                   1520, DIA_3GPP, U32,    false) \
	X(DEA_FLAGS,              "DEA-Flags",                   1521, DIA_3GPP, U32,    false) \
	X(SIPTO_PERMISSION,       "SIPTO-Permission",            1613, DIA_3GPP, I32,    false) \
	X(RESTORATION_PRIORITY,   "Restoration-Priority",        1663, DIA_3GPP, U32,    false)

enum dia_attr {
#define DIA_ATTR_ENUM(symbol, name, code, vendor, type, mandatory) DIA_##symbol,
	DIA_ATTR_LIST(DIA_ATTR_ENUM)
#undef DIA_ATTR_ENUM
	DIA_ATTR_COUNT
};
/* clang-format on */

struct dia_attr_row {
	const char *name;
	uint32_t code, vendor;
	enum dia_type type;
	bool mandatory;
};
extern const struct dia_attr_row dia_attrs[DIA_ATTR_COUNT];

struct dia_command_row {
	uint32_t code;
	const char *request, *answer;
};
extern const struct dia_command_row dia_commands[];
extern const size_t dia_command_count;

#endif
