/* policy_types.h -- what policy knows: tenants, plans, subscribers, devices. Plain values in the standard's words.
 *
 * Pure: no database, no bus. Texts are NUL-terminated, never NULL ("" is absent), and live in an arena of whoever
 * made the value. The numbers of TS.43's own enumerations are the ones that go to the device. */
#ifndef POLICY_TYPES_H
#define POLICY_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "es_id.h"

enum policy_status { POLICY_ACTIVE, POLICY_SUSPENDED, POLICY_BARRED, POLICY_TERMINATED };

/* EntitlementStatus: TS.43 T14, T21, T24. */
enum policy_entitlement { POLICY_DISABLED, POLICY_ENABLED, POLICY_INCOMPATIBLE, POLICY_PROVISIONING };

/* AddrStatus and TC_Status: TS.43 T16, T17. */
enum policy_data { POLICY_NOT_AVAILABLE, POLICY_AVAILABLE, POLICY_NOT_REQUIRED, POLICY_IN_PROGRESS };

/* ProvStatus: TS.43 T18. */
enum policy_prov { POLICY_NOT_PROVISIONED, POLICY_PROVISIONED, POLICY_NOT_TRACKED, POLICY_PROV_IN_PROGRESS };

/* Where a service may be used; the values are sets of networks. */
enum policy_scope { POLICY_NOWHERE, POLICY_HOME, POLICY_ROAMING, POLICY_EVERYWHERE };

/* NetworkVoiceIRATCapability that is offered beside EPS fallback: a set. */
enum policy_irat { POLICY_IRAT_NONE, POLICY_IRAT_4G_SRVCC, POLICY_IRAT_5G_SRVCC };

/* Services a line has opted out of: bits. */
enum policy_service {
	POLICY_SERVICE_VOLTE = 1 << 0,
	POLICY_SERVICE_VONR = 1 << 1,
	POLICY_SERVICE_VOWIFI = 1 << 2,
	POLICY_SERVICE_SMSOIP = 1 << 3,
	POLICY_SERVICE_COMPANION = 1 << 4,
	POLICY_SERVICE_PRIMARY = 1 << 5,
	POLICY_SERVICE_BOOST = 1 << 6,
	POLICY_SERVICE_NR_SA = 1 << 7,
	POLICY_SERVICE_CARRIER_BILLING = 1 << 8,
	POLICY_SERVICE_PRIVATE_IDENTITY = 1 << 9,
	POLICY_SERVICE_SATELLITE = 1 << 10,
};

/* How a line is paid for: who may charge purchases to its bill (TS.43 11) is a matter of that. */
enum policy_account { POLICY_POSTPAID, POLICY_PREPAID, POLICY_BUSINESS };

/* TC_Operation, TS.43 T92. */
enum policy_terms_by { POLICY_TERMS_BY_PAGE = 1, POLICY_TERMS_BY_MESSAGE = 2 };

/* Where a private user identity comes from (TS.43 12). */
enum policy_identity_kind {
	POLICY_IDENTITY_NONE,
	POLICY_IDENTITY_CHALLENGE, /* the phone takes it from AT_NEXT_PSEUDONYM */
	POLICY_IDENTITY_PSEUDONYM,
	POLICY_IDENTITY_ENCRYPTED,
};

/* CompanionDeviceServices, TS.43 T39: bits. */
enum policy_companion { POLICY_SHARED_NUMBER = 1 << 0, POLICY_DIFF_NUMBER = 1 << 1, POLICY_FAMILY_NUMBER = 1 << 2 };

/* AccessType of ap2010 (TS.43 T76); ap2003 counts in another way. */
enum policy_access {
	POLICY_ACCESS_ALL,
	POLICY_ACCESS_WIFI,
	POLICY_ACCESS_2G,
	POLICY_ACCESS_3G,
	POLICY_ACCESS_LTE,
	POLICY_ACCESS_NR
};

/* DataPlanType; where a plan need not say. */
enum policy_metering { POLICY_METERING_NOT_TOLD, POLICY_METERED, POLICY_UNMETERED };

enum policy_boost_offer { POLICY_BOOST_OFFERED, POLICY_BOOST_PAUSED, POLICY_BOOST_INCLUDED };

/* 5GSAStatus, where a plan says so. */
enum policy_nr_sa { POLICY_NR_SA_NOT_TOLD, POLICY_NR_SA_DISABLED, POLICY_NR_SA_ENABLED };

/* DataUsageType, TS.43 T79. */
enum policy_usage_type { POLICY_USAGE_CELLULAR, POLICY_USAGE_TETHERING, POLICY_USAGE_TYPES };

/* ServicePolicy of one service by satellite, TS.43 T144. */
enum policy_sat_service { POLICY_SAT_NONE, POLICY_SAT_CONSTRAINED, POLICY_SAT_UNCONSTRAINED };

/* ServiceFlow_ContentsType, TS.43 T50: how a page gets its user data. */
enum policy_contents { POLICY_CONTENTS_QUERY, POLICY_CONTENTS_JSON, POLICY_CONTENTS_XML };

enum policy_role { POLICY_READONLY, POLICY_SUPPORT, POLICY_OPERATOR, POLICY_ADMIN };

struct policy_list {
	const char **items;
	size_t count;
};

/* Objects of one kind; which kind is said where it stands. */
struct policy_objects {
	const void *items;
	size_t count;
};

/* A page that the phone opens, and how it hands over its user data. */
struct policy_page {
	const char *url;
	uint8_t contents; /* enum policy_contents */
};

/* How subscribers of a tenant are authenticated: auth carries it out, policy keeps it. */
struct policy_authentication {
	struct policy_list methods; /* "aka_prime", "aka" */
	struct policy_list sources; /* "00101: hss-a hss-b" */
	const char *network_name;   /* AT_KDF_INPUT */
	bool result_indication, bidding, pseudonyms, eap_over_token, hss_profile;
	int64_t reauthentications, challenges_per_second;
	const char *oidc; /* section of auth's core file */
	bool second_factor, sms_code;
	const char *error_url, *error_user_data, *error_text; /* GeneralError*, TS.43 6.5.1 */
	int64_t temporary_token_s, operator_token_s;
	const char *operator_token_url;
};

/* What is known of one device, by its IMEI: by the operator's own list, by an EIR (TS 29.272 7.3.51, TS 29.511 6.1.6.3). */
enum policy_equipment_state {
	POLICY_EQUIPMENT_NOT_ASKED,
	POLICY_EQUIPMENT_ALLOWED,
	POLICY_EQUIPMENT_TRACKED,
	POLICY_EQUIPMENT_BLOCKED,
	POLICY_EQUIPMENT_UNKNOWN,     /* to whoever was asked; or it has no IMEI */
	POLICY_EQUIPMENT_UNAVAILABLE, /* nobody answered */
};

/* Who is asked about devices. */
enum policy_equipment_mode { POLICY_EQUIPMENT_OFF, POLICY_EQUIPMENT_LIST, POLICY_EQUIPMENT_S13, POLICY_EQUIPMENT_N5G };

/* Without an answer: what it was before, let it through, or 503. */
enum policy_equipment_away { POLICY_AWAY_LAST, POLICY_AWAY_ALLOW, POLICY_AWAY_UNAVAILABLE };

/* A device that is not known to who was asked. */
enum policy_equipment_unknown { POLICY_UNKNOWN_ALLOW, POLICY_UNKNOWN_REFUSE };

struct policy_equipment_settings {
	uint8_t mode;       /* enum policy_equipment_mode */
	const char *source; /* section of policy's EIR file (n5g), of auth's core file (s13) */
	uint8_t unknown;    /* enum policy_equipment_unknown */
	uint8_t when_away;  /* enum policy_equipment_away */
	int64_t max_age_s;  /* of an EIR's answer */
	bool use_models;    /* the table of device models is read */
};

#define POLICY_IMEI_DIGITS 14 /* without the check digit */
#define POLICY_TAC_DIGITS 8

/* A row of the operator's list. */
struct policy_listed {
	const char *tenant, *imei; /* POLICY_IMEI_DIGITS */
	uint64_t version;
	uint8_t state; /* enum policy_equipment_state: allowed, tracked, blocked */
	const char *reason;
	int64_t since_ms;
};

/* A row of the table of models. */
struct policy_device_model {
	const char *tenant, *tac;
	uint64_t version;
	const char *vendor, *model;
	struct policy_list capabilities; /* "vowifi", "vonr: 14.2": from that software version on */
};

/* A row of either. */
union policy_entry {
	struct {
		const char *tenant, *key;
		uint64_t version;
	} any;
	struct policy_listed listed;
	struct policy_device_model model;
};

/* What a decision may know of the device that asks. */
struct policy_equipment {
	uint8_t state;      /* enum policy_equipment_state */
	const char *source; /* "list", or the section that was asked; "": nobody */
	int64_t as_of_ms;
	const char *vendor, *model;      /* of the table of models; "": not in it */
	struct policy_list capabilities; /* names alone: those that its software has */
	uint64_t version;                /* outbox sequence of the last change of what is known here */
};

/* What a tenant tells others than the phone: operations of TS.43 13 and 14, in bits of es_operation. */
struct policy_disclosure {
	uint32_t phone_operations, app_operations; /* offered with ap2014; with ap2015 */
	bool phone_needs_access, app_needs_access; /* application servers have to show an access token */
	uint8_t sim_id;                            /* enum policy_sim_id */
	bool shows_imsi;                           /* GetSubscriberDeviceInfo */
	const char *mvno_name;
	struct policy_list scopes; /* "GetPhoneNumber: phone:read": what an operation is called in scopes */
};

/* SimIdType of TS.43 T53 as far as it is offered; hash: HMAC-SHA256 of the IMSI under a key of this server. */
enum policy_sim_id { POLICY_SIM_ID_IMSI, POLICY_SIM_ID_HASH };

/* Direct carrier billing, TS.43 11. */
struct policy_billing {
	struct policy_page page;
	bool terms_required;              /* of each user of each store */
	const char *terms;                /* name of the text that is to be accepted; another one is asked for anew */
	uint8_t terms_by;                 /* enum policy_terms_by: preferred, where both ways are open */
	uint32_t accounts;                /* 1 << enum policy_account */
	struct policy_list titles, texts; /* "en: Pay by phone bill": of the message, a language each */
};

struct policy_private_identity {
	uint8_t kind; /* enum policy_identity_kind */
	int64_t life_s;
};

/* How far back is looked when a line's past is counted; seconds. */
struct policy_history_windows {
	int64_t sim_changes_s, devices_s, attempts_s;
};
#define POLICY_HISTORY_DAYS 400 /* as long as SIM changes are kept */
#define POLICY_ATTEMPTS_DAYS 7  /* and authentications */

/* What a line did within the tenant's windows. */
struct policy_history {
	uint32_t sim_changes;
	uint32_t devices;  /* seen for the first time */
	uint32_t attempts; /* authentications; whole hours */
};

/* What is asked of the operator's own systems before a decision (docs/bss.md). */
enum policy_bss_mode { POLICY_BSS_OFF, POLICY_BSS_QUERY };
enum policy_bss_when_away { POLICY_BSS_LAST, POLICY_BSS_DEFAULT_PLAN, POLICY_BSS_UNAVAILABLE };
struct policy_tenant_bss {
	uint8_t mode;            /* enum policy_bss_mode */
	const char *source;      /* section of policy's BSS file; "": none */
	int64_t max_age_s;       /* how old an answer may be without asking again */
	int64_t stale_max_age_s; /* how old while the source is away */
	uint8_t when_away;       /* enum policy_bss_when_away: beyond that */
	const char *default_plan;
	bool create_unknown;            /* a line that we do not have and the source has */
	struct policy_list events_from; /* sections beside `source` that may tell us of changes */
};

/* Quality of service asked for from the network while a boost is in force (policy_qos.h). */
enum policy_qos_mode { POLICY_QOS_OFF, POLICY_QOS_PCF, POLICY_QOS_CAMARA };
enum policy_qos_on_failure { POLICY_QOS_KEEPS, POLICY_QOS_WITHDRAWS };
struct policy_tenant_qos {
	uint8_t mode;       /* enum policy_qos_mode */
	const char *source; /* section of policy's QoS file; "": none */
	const char *dnn;    /* "": not named */
	uint8_t on_failure; /* enum policy_qos_on_failure: what becomes of the boost */
};

/* How profiles come to devices (ProfileActivationCode; ProfileSmdpAddress and ProfileIccid; the same by way of an SM-DS). */
enum policy_esim_download { POLICY_DOWNLOAD_ACTIVATION_CODE, POLICY_DOWNLOAD_SMDP_ADDRESS, POLICY_DOWNLOAD_SMDS };
enum policy_esim_sheet_when { POLICY_ESIM_SHEET_NEVER, POLICY_ESIM_SHEET_CHOICE, POLICY_ESIM_SHEET_ALWAYS };
/* When the device itself asks its user: bits, as EsimSettings.Input has them. */
enum policy_esim_input {
	POLICY_INPUT_SUBSCRIBE = 1 << 0,
	POLICY_INPUT_TRANSFER = 1 << 1,
	POLICY_INPUT_RECOVER = 1 << 2,
	POLICY_INPUT_DOWNLOAD = 1 << 3,
};
/* For whose eSIM a plan is offered: bits. */
enum policy_esim_device { POLICY_FOR_COMPANION = 1 << 0, POLICY_FOR_PRIMARY = 1 << 1 };

/* MSG of TS.43 6.5.5. Lists hold a text for each language: "en: ...". */
struct policy_esim_text {
	struct policy_list title, message, accept_label, reject_label, hint, error_text;
	bool freetext;          /* something is typed */
	const char *validation; /* regular expression that it has to match; "": anything */
};

/* What orders of profiles are made from; esim carries them out (EsimSettings in policy.proto says what each means). */
struct policy_tenant_esim {
	const char *smdp, *bss;         /* sections of esim's file of peers */
	struct policy_list smdp_others; /* that the BSS may name instead */
	struct policy_page page;
	bool bss_orders_profile, provision, release_late, own_stock, confirmation_code, input_to_bss;
	bool manage_service, redownloadable, retire_when_ready;
	uint8_t download, sheet; /* enum policy_esim_download, policy_esim_sheet_when */
	uint32_t input;          /* enum policy_esim_input */
	struct policy_esim_text text;
	int64_t max_refresh, polling_interval_s, answer_within_ms, install_within_s, download_repeat_s;
	int64_t eligibility_polling_s; /* PollingInterval of a CheckEligibility that says no; 0: none */
	bool
		by_model; /* a model of the table without "companion" (ap2006) or "esim" (ap2009) is told that it is incompatible */
	struct policy_list no_web_view; /* models of requesting devices */
};

/* Web sheets that this server shows itself. */
struct policy_sheets {
	int64_t handle_s;         /* how old a handle may be when its sheet is opened */
	int64_t consent_s;        /* how long a consent is kept after its line is gone */
	bool operator_provisions; /* what a person switches on is in progress until the operator's systems say otherwise */
	const char *terms;        /* name of the text that is to be accepted for VoWiFi */
	struct policy_list terms_texts; /* "en: ..." */
	const char *satellite_terms;    /* the same of satellite service; no texts: nothing is to be accepted */
	struct policy_list satellite_texts;
	const char *esim_terms; /* the same of an eSIM */
	struct policy_list esim_texts;
	const char *address; /* section of the file of peers (policy_sheet_peers.h): who validates addresses */
	int64_t address_s;   /* how long a validated address is good; 0: for ever */
	uint32_t
		identity_apps; /* bits of policy_sheet_app_names: whose sheets ask for a picture of an identity document first */
	const char *documents; /* the same file: who takes the picture */
	const char *payment;   /* the same: where boosts are paid for; "": they go on the bill */
};

struct policy_brand {
	const char *name, *logo; /* name "": the tenant's; logo: a data URI */
	const char *colour, *colour_dark, *support_url;
};

struct policy_tenant {
	const char *id, *name, *language; /* language of texts when Accept-Language names none of ours */
	struct policy_list hosts, plmns, imsi_ranges, gid1;
	int64_t token_ttl_s, validity_s; /* of TOKEN; of VERS */
	const char *vowifi_url;          /* ServiceFlow_URL */
	bool vowifi_terms_required, vowifi_address_required;
	const char *not_enabled_url, *not_enabled_user_data; /* TS.43 T39 */
	struct policy_list unsupported_companions;           /* models that are told so before any login: TS.43 7.7 */
	const char *signing_key; /* key id of the gateway's that signs documents; "": none does */
	bool ap2003_flat_after;  /* a flat EntitlementStatus after the RAT list, for clients that read the last one */
	bool decoy_challenge, eap_notifications, eap_identity_request, checkcode;
	struct policy_authentication authentication;
	struct policy_disclosure disclosure;
	struct policy_billing billing;
	struct policy_private_identity private_identity;
	struct policy_equipment_settings equipment;
	struct policy_page boost_page, satellite_page; /* ap2010, ap2016 */
	int64_t usage_max_age_s;                       /* older usage is not told; 0: any age */
	struct policy_sheets sheets;
	struct policy_brand brand;
	struct policy_list texts; /* "de terms_title: ...": instead of our own (policy_sheet_text.h) */
	struct policy_tenant_bss bss;
	struct policy_tenant_qos qos;
	struct policy_tenant_esim esim;
	struct policy_history_windows history;
	int64_t device_life_s; /* a device not seen for so long is forgotten */
	struct {
		int64_t requests_per_second; /* at one replica (policy_limits.h); 0: no limit */
	} limits;
	uint64_t version; /* outbox sequence of its last change */
};

/* One DataPlanInfoDetails. */
struct policy_data_plan {
	uint8_t access, type; /* enum policy_access; 0 metered, 1 unmetered */
};

/* One DataBoostInfoDetails (TS.43 T77, T78); -1 where nothing is said. */
struct policy_boost {
	int64_t type;  /* 0 and 166: real-time interactive; 1 to 255: 3GPP TS 24.526 5.2 */
	uint8_t offer; /* enum policy_boost_offer */
	int64_t delay_ms, jitter_ns, loss_exponent;
	int64_t down_min, down_max, down_burst, up_min, up_max, up_burst; /* Mbit/s */
	const char *price;       /* for people, as "2.99 EUR"; "": nothing is said of it */
	int64_t duration_s;      /* how long it lasts when it was bought on a sheet */
	const char *qos_profile; /* what the network calls its quality of service; "": none is asked for */
};

/* One PLMNAllowed. */
struct policy_sat_network {
	const char *plmn;
	uint8_t metering, data, voice; /* enum policy_metering; enum policy_sat_service */
};

struct policy_plan {
	const char *tenant, *id, *name;
	const char *description;     /* for people: PlanDescription of TS.43 6.5.6, and on sheets */
	const char *price;           /* for people, where it is offered on a sheet */
	struct policy_list upgrades; /* plans that a line may change to on a sheet */
	uint8_t volte, vonr;         /* enum policy_scope */
	bool vonr_eps_fallback;
	uint8_t irat; /* enum policy_irat */
	bool vowifi, smsoip;
	bool companion_allowed;
	uint32_t companion_services; /* enum policy_companion */
	int64_t companion_max;
	bool primary_esim;
	struct {
		const char *companion_profile_type, *primary_profile_type; /* what its eSIMs are called at the SM-DP+ */
		const char *smdp;    /* section of esim's file of peers that has them; "": the tenant's */
		uint32_t offered_to; /* enum policy_esim_device */
	} esim;
	bool carrier_billing, private_identity;
	struct policy_list features; /* the operator's own, for applications of its own */
	struct {
		struct policy_objects plans, boosts;    /* policy_data_plan, policy_boost */
		uint8_t nr_sa;                          /* enum policy_nr_sa */
		int64_t allowances[POLICY_USAGE_TYPES]; /* octets of a billing cycle; -1: unlimited */
	} data;
	struct {
		bool offered;
		struct policy_objects allowed; /* policy_sat_network; not empty when offered */
		struct policy_list barred;
	} satellite;
	uint64_t version;
};

/* One DataUsageInfoDetails, as the operator's systems put it. */
struct policy_usage {
	uint8_t type; /* enum policy_usage_type */
	const char *name, *description;
	int64_t used, allowance; /* octets; allowance -1: the plan's */
	int64_t cycle_end_ms;    /* 0: the cycle has no end */
	int64_t as_of_ms;
};

/* A boost that a line has bought or is buying. */
struct policy_line_boost {
	int64_t type;
	uint8_t prov;     /* enum policy_prov */
	int64_t until_ms; /* 0: no end */
};

/* An add-on that a line has, beside its plan. */
struct policy_line_addon {
	const char *id;
	int64_t until_ms; /* 0: no end */
};

/* What a name stands for: a text, a whole number, or yes or no. */
enum policy_pair_kind { POLICY_PAIR_TEXT, POLICY_PAIR_NUMBER, POLICY_PAIR_BOOL };
struct policy_pair {
	const char *name;
	uint8_t kind;     /* enum policy_pair_kind */
	const char *text; /* of POLICY_PAIR_TEXT */
	int64_t number;   /* of the others; 0 and 1 */
};
struct policy_pairs {
	const struct policy_pair *items; /* by name, each once */
	size_t count;
};

/* What nearly no line has; kept in one column. */
struct policy_line_data {
	struct policy_objects usage, boosts; /* policy_usage, policy_line_boost: of ap2010 */
	struct policy_objects addons;        /* policy_line_addon */
	struct policy_pairs facts;           /* the operator's own, for rules */
};

struct policy_subscriber {
	const char *tenant, *imsi, *msisdn, *plan;
	const char *iccid; /* of the SIM that has this IMSI, 18 to 20 digits; "": not known */
	uint8_t status;    /* enum policy_status */
	uint32_t opt_outs; /* enum policy_service */
	uint8_t voice_prov, sms_prov;
	struct {
		uint8_t terms, address, prov;
		int64_t address_expiry_ms; /* 0: never */
		const char *address_id;
	} vowifi;
	uint8_t account; /* enum policy_account */
	struct {
		bool barred;
		uint8_t prov;
	} billing;
	struct policy_line_data data;
	uint8_t satellite_prov; /* enum policy_prov */
	int64_t bss_ms;         /* when a BSS last answered about it; 0: never */
	const char *bss_source; /* which; "": none */
	uint64_t epoch;         /* a token of another epoch is dead */
	uint64_t version;       /* outbox sequence of its last change */
	int64_t updated_ms;
};

/* What a line has agreed to for one user of one store (TS.43 11.1). */
struct policy_store_user {
	const char *vendor, *user;
	uint8_t terms;             /* enum policy_data */
	const char *terms_version; /* which text the answer was about; of "available" */
	uint64_t version;          /* outbox sequence of its last change */
	int64_t updated_ms;
};

#define POLICY_STORE_VENDOR_MAX 128
#define POLICY_STORE_USER_MAX 256

/* A server that may ask for access tokens (TS.43 2.8.3). */
struct policy_client {
	const char *tenant, *id, *name;
	const char *jwks; /* RFC 7517, public keys alone */
	struct policy_list scopes, requestor_ids;
	int64_t token_ttl_s;
	bool disabled;
	uint64_t version;
};

/* Whose devices a server manages (TS.43 10). */
struct policy_enterprise {
	const char *tenant, *id, *name;
	bool allowed;                     /* eligible for eSIMs at all */
	struct policy_list requestor_ids; /* servers that act for it; none: nobody does */
	struct policy_list plans;         /* that it may order, by id */
	int64_t devices_max;              /* 0: any number */
	uint64_t version;
};

struct policy_device {
	const char *terminal_id, *vendor, *model, *sw_version;
	int64_t first_seen_ms, last_seen_ms;
};

/* Names as the operators' API has them; an index is a value (sets: a bit). NULL ends a list, "" is a hole. */
extern const char *const policy_status_names[];
extern const char *const policy_data_names[];
extern const char *const policy_prov_names[];
extern const char *const policy_scope_names[];
extern const char *const policy_vonr_names[];
extern const char *const policy_irat_names[];
extern const char *const policy_service_names[];
extern const char *const policy_companion_names[];
extern const char *const policy_role_names[];
extern const char *const policy_sim_id_names[];
extern const char *const policy_access_names[];
extern const char *const policy_data_type_names[];
extern const char *const policy_metering_names[];
extern const char *const policy_boost_offer_names[];
extern const char *const policy_nr_sa_names[];
extern const char *const policy_usage_type_names[];
extern const char *const policy_sat_service_names[];
extern const char *const policy_contents_names[];
extern const char *const policy_account_names[];
extern const char *const policy_terms_by_names[];
extern const char *const policy_identity_names[];
extern const char *const policy_equipment_names[];        /* enum policy_equipment_state */
extern const char *const policy_equipment_listed_names[]; /* those of it that a list may have */
extern const char *const policy_equipment_mode_names[];
extern const char *const policy_equipment_unknown_names[];
extern const char *const policy_equipment_away_names[];
extern const char *const policy_bss_mode_names[];
extern const char *const policy_bss_when_away_names[];
extern const char *const policy_qos_mode_names[];
extern const char *const policy_qos_on_failure_names[];
extern const char *const policy_sheet_app_names[]; /* applications whose sheet may ask for an identity document */
extern const char *const policy_esim_download_names[];
extern const char *const policy_esim_sheet_names[];
extern const char *const policy_esim_input_names[];
extern const char *const policy_esim_device_names[];

/* The type of a boost: clients of before version 12 call real-time interactive traffic 0 (TS.43 9.1.2). */
#define POLICY_REALTIME_INTERACTIVE 166
int64_t policy_boost_kind(int64_t type);

/* The value of a name, -1 when it is none of the list. */
int policy_name_value(const char *const *names, const char *text);

#endif
