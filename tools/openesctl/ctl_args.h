/* ctl_args.h -- the command line: options and commands are tables, parsing checks a line against them. Pure.
 *
 * An option knows which member of a JSON body it sets, so that "what can be set" is written once. Values stay in the
 * caller's argv: K and OPc are wiped there once they are read. */
#ifndef CTL_ARGS_H
#define CTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "es_buf.h"
#include "es_status.h"

enum ctl_opt {
	CTL_NONE,
	/* of every command */
	CTL_URL,
	CTL_CA,
	CTL_TOKEN_FILE,
	CTL_CERT,
	CTL_KEY,
	CTL_JSON,
	CTL_HELP,
	/* whom or what */
	CTL_TENANT,
	CTL_IMSI,
	CTL_MSISDN,
	CTL_PLAN,
	CTL_CLIENT,
	CTL_LETTER,
	CTL_ORDER,
	CTL_STATUS,
	CTL_NAME,
	CTL_LIMIT,
	CTL_FILE,
	CTL_REPORT,
	CTL_SOURCE,
	CTL_DRY_RUN,
	CTL_RESUME,
	CTL_MISSING,
	CTL_TERMINATE_MISSING,
	CTL_UNANSWERED_SINCE,
	CTL_MEND,
	CTL_ROLE,
	CTL_NEW_IMSI,
	CTL_ADDON,
	CTL_OUTAGE,
	CTL_ENTERPRISE,
	CTL_RULES, /* their number */
	/* a tenant's settings */
	CTL_LANGUAGE,
	CTL_HOSTS,
	CTL_PLMNS,
	CTL_IMSI_RANGES,
	CTL_GID1,
	CTL_TOKEN_TTL,
	CTL_VALIDITY,
	CTL_VOWIFI_URL,
	CTL_TERMS_REQUIRED,
	CTL_ADDRESS_REQUIRED,
	CTL_NOT_ENABLED_URL,
	CTL_NOT_ENABLED_USER_DATA,
	CTL_SIGNING_KEY,
	CTL_AP2003_FLAT_AFTER,
	CTL_DECOY_CHALLENGE,
	CTL_EAP_NOTIFICATIONS,
	CTL_EAP_IDENTITY_REQUEST,
	CTL_CHECKCODE,
	CTL_BOOST_URL,
	CTL_BOOST_CONTENTS,
	CTL_USAGE_MAX_AGE,
	CTL_SATELLITE_URL,
	CTL_SATELLITE_CONTENTS,
	CTL_BILLING_URL,
	CTL_BILLING_CONTENTS,
	CTL_BILLING_TERMS_REQUIRED,
	CTL_BILLING_TERMS,
	CTL_BILLING_TERMS_BY,
	CTL_BILLING_ACCOUNTS,
	CTL_PRIVATE_IDENTITY_TYPE,
	CTL_PRIVATE_IDENTITY_LIFE,
	CTL_EQUIPMENT,
	CTL_EQUIPMENT_SOURCE,
	CTL_EQUIPMENT_UNKNOWN,
	CTL_EQUIPMENT_WHEN_AWAY,
	CTL_EQUIPMENT_MAX_AGE,
	CTL_USE_MODELS,
	CTL_BSS_MODE,
	CTL_BSS_SOURCE,
	CTL_BSS_MAX_AGE,
	CTL_BSS_STALE_MAX_AGE,
	CTL_BSS_WHEN_AWAY,
	CTL_BSS_DEFAULT_PLAN,
	CTL_BSS_CREATE_UNKNOWN,
	CTL_BSS_EVENTS_FROM,
	/* a plan's */
	CTL_VOLTE,
	CTL_VONR,
	CTL_VONR_EPS_FALLBACK,
	CTL_IRAT,
	CTL_VOWIFI,
	CTL_SMSOIP,
	CTL_COMPANION,
	CTL_COMPANION_SERVICES,
	CTL_COMPANION_MAX,
	CTL_PRIMARY_ESIM,
	CTL_DATA_PLANS,
	CTL_DATA_BOOSTS,
	CTL_NR_SA,
	CTL_ALLOWANCE,
	CTL_TETHERING_ALLOWANCE,
	CTL_SATELLITE,
	CTL_SATELLITE_ALLOWED,
	CTL_SATELLITE_BARRED,
	CTL_CARRIER_BILLING,
	CTL_PRIVATE_IDENTITY,
	CTL_FEATURES,
	/* an add-on's and an outage's */
	CTL_OFFER,
	CTL_SERVICES,
	CTL_FROM,
	CTL_UNTIL,
	CTL_WHEN,
	CTL_AS,
	CTL_SAYS,
	CTL_NOTE,
	/* a client's */
	CTL_SCOPES,
	CTL_REQUESTOR_IDS,
	CTL_ALLOWED,
	CTL_ORDERED_PLANS,
	CTL_DEVICES_MAX,
	CTL_DISABLED,
	/* a subscriber's */
	CTL_OPT_OUTS,
	CTL_VOICE_PROVISIONING,
	CTL_SMS_PROVISIONING,
	CTL_TERMS,
	CTL_ADDRESS,
	CTL_ADDRESS_EXPIRY,
	CTL_ADDRESS_ID,
	CTL_VOWIFI_PROVISIONING,
	CTL_DATA_USAGE,
	CTL_BOOSTS,
	CTL_SATELLITE_PROVISIONING,
	CTL_ACCOUNT,
	CTL_BILLING_BARRED,
	CTL_BILLING_PROVISIONING,
	/* a device's, a model's */
	CTL_IMEI,
	CTL_EQUIPMENT_STATE,
	CTL_REASON,
	CTL_SINCE,
	CTL_TAC,
	CTL_VENDOR,
	CTL_MODEL,
	CTL_CAPABILITIES,
	CTL_ADDONS,
	CTL_FACTS,
	/* a user of a store's */
	CTL_STORE_VENDOR,
	CTL_STORE_USER_ID,
	CTL_ANSWER,
	CTL_TERMS_VERSION,
	/* keys */
	CTL_K,
	CTL_OPC,
	CTL_OP,
	CTL_ALGORITHM,
	CTL_TOPC,
	CTL_TOP,
	CTL_RES_LENGTH,
	CTL_KECCAK_ITERATIONS,
	CTL_AMF,
	CTL_SQN,
	/* what a device would ask */
	CTL_APP,
	CTL_ENTITLEMENT_VERSION,
	CTL_ACCEPT_LANGUAGE,
	CTL_BOOST_TYPE,
	CTL_TERMINAL_ID,
	CTL_TERMINAL_SW_VERSION,
	/* an eSIM profile's, an order's */
	CTL_ICCID,
	CTL_EID,
	CTL_SERVICE,
	CTL_SMDP_ADDRESS,
	CTL_SECONDARY,
	CTL_VERIFY,
	CTL_KIND,
	CTL_STUCK,
	/* waking devices */
	CTL_APPS,
	CTL_CHANNEL,
	CTL_WAIT,
	CTL_FAILURE,
	CTL_ALL,
	CTL_CHANGE,
	CTL_RATE,
	CTL_WATCH,
	CTL_OPT_COUNT
};

enum ctl_kind {
	CTL_TEXT,
	CTL_FLAG,
	CTL_LIST,
	CTL_SECONDS,
	CTL_BOOL,
	CTL_NUMBER,
	CTL_OCTETS,
	CTL_OBJECTS,
	CTL_OBJECT,
	CTL_LINES
};

struct ctl_option {
	const char *name;  /* without "--" */
	const char *value; /* what stands for its value in the help; NULL: a flag */
	enum ctl_kind kind;
	const char *member; /* of a JSON body: "vowifi.url"; NULL: none */
	const char *env;    /* variable that stands in for it; NULL: none */
	const char *help;
};
extern const struct ctl_option ctl_options[CTL_OPT_COUNT];

struct ctl;

struct ctl_command {
	const char *noun, *verb; /* verb "": the noun alone is the command */
	int (*run)(struct ctl *ctl);
	const uint8_t *needs,
		*takes;           /* enum ctl_opt, ended by CTL_NONE; a tenant that is needed is found if it is the only */
	enum ctl_opt operand; /* a word without "--" is this option's value */
	const char *summary;  /* one line */
	const char *teach;    /* what it does and examples, for --help */
	/* Commands that are one request; the rest know their own: */
	const char *method, *path; /* "/v1/tenants/{tenant}": options in braces */
	const uint8_t *query;      /* options that go into the query */
	const struct ctl_view *view;
};
extern const struct ctl_command ctl_commands[];
extern const size_t ctl_command_count;

struct ctl_args {
	const struct ctl_command *command; /* NULL: help about all or one noun */
	const char *noun;                  /* with command NULL: the noun asked about, or NULL */
	char *value[CTL_OPT_COUNT];        /* NULL: not given; flags: "" */
};

/* Reads a line of words (argv without the program's name). `env` looks up a variable (getenv). ES_MALFORMED with a
 * sentence in `error` that says what to write instead. A line that asks for help is never refused. */
es_status ctl_args_parse(char **words, size_t count, char *(*env)(const char *name), struct ctl_args *out,
                         struct es_buf *error) ES_MUST_USE;
bool ctl_args_takes(const struct ctl_command *command, enum ctl_opt opt);
bool ctl_args_needs(const struct ctl_command *command, enum ctl_opt opt);

/* ctl_help.c: what --help says. With command NULL: the overview, of one noun when it is given. */
void ctl_help_write(const struct ctl_args *args, struct es_buf *out);

#endif
