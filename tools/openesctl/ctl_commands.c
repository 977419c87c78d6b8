/* ctl_commands.c -- every command of openesctl: what it needs, what it takes, what it teaches. */
#include "ctl.h"
#include "ctl_settings.h"
#include "ctl_view.h"
#include "es_cleanup.h"

#define OPTS(...)                                                                                                      \
	(const uint8_t[])                                                                                                  \
	{                                                                                                                  \
		__VA_ARGS__, CTL_NONE                                                                                          \
	}
#define NO_OPTS                                                                                                        \
	(const uint8_t[])                                                                                                  \
	{                                                                                                                  \
		CTL_NONE                                                                                                       \
	}

static const struct ctl_view tenants = { (const struct ctl_column[]){ { "TENANT", "id", 12 },
	                                                                  { "NAME", "name", 20 },
	                                                                  { "PLMNS", "plmns", 8 },
	                                                                  { "HOSTS", "hosts", 0 },
	                                                                  { NULL, NULL, 0 } } };
static const struct ctl_view plans = { (const struct ctl_column[]){ { "PLAN", "id", 12 },
	                                                                { "VOLTE", "volte", 7 },
	                                                                { "VONR", "vonr", 5 },
	                                                                { "VOWIFI", "vowifi", 6 },
	                                                                { "SMSOIP", "smsoip", 6 },
	                                                                { "COMPANION", "companion.allowed", 9 },
	                                                                { "ESIM", "primary_esim", 4 },
	                                                                { "NAME", "name", 0 },
	                                                                { NULL, NULL, 0 } } };
static const struct ctl_view clients = { (const struct ctl_column[]){ { "CLIENT", "id", 16 },
	                                                                  { "SCOPES", "scopes", 32 },
	                                                                  { "TTL", "token_ttl", 6 },
	                                                                  { "DISABLED", "disabled", 8 },
	                                                                  { "NAME", "name", 0 },
	                                                                  { NULL, NULL, 0 } } };
static const struct ctl_view enterprises = { (const struct ctl_column[]){ { "ENTERPRISE", "id", 16 },
	                                                                      { "ALLOWED", "allowed", 7 },
	                                                                      { "DEVICES MAX", "devices_max", 11 },
	                                                                      { "PLANS", "plans", 24 },
	                                                                      { "REQUESTORS", "requestor_ids", 40 },
	                                                                      { "NAME", "name", 0 },
	                                                                      { NULL, NULL, 0 } } };
static const struct ctl_view subscribers = { (const struct ctl_column[]){ { "IMSI", "imsi", 15 },
	                                                                      { "MSISDN", "msisdn", 16 },
	                                                                      { "PLAN", "plan", 12 },
	                                                                      { "STATUS", "status", 10 },
	                                                                      { "TERMS", "vowifi.terms", 13 },
	                                                                      { "ADDRESS", "vowifi.address", 13 },
	                                                                      { "VOWIFI", "vowifi.provisioning", 15 },
	                                                                      { "UPDATED", "updated", 20 },
	                                                                      { NULL, NULL, 0 } } };
static const struct ctl_view trail = { (const struct ctl_column[]){ { "ID", "id", 6 },
	                                                                { "AT", "at", 20 },
	                                                                { "WHO", "who", 12 },
	                                                                { "ACTION", "action", 22 },
	                                                                { "TENANT", "tenant", 10 },
	                                                                { "RESOURCE", "resource", 32 },
	                                                                { "OUTCOME", "outcome", 9 },
	                                                                { "WHAT CHANGED", "detail", 0 },
	                                                                { NULL, NULL, 0 } } };
static const struct ctl_view credentials = { (const struct ctl_column[]){ { "NAME", "name", 16 },
	                                                                      { "ROLE", "role", 8 },
	                                                                      { "TENANT", "tenant", 12 },
	                                                                      { "CREATED", "created", 20 },
	                                                                      { NULL, NULL, 0 } } };

static const struct ctl_view store_users = { (const struct ctl_column[]){ { "STORE", "store_vendor", 16 },
	                                                                      { "USER", "store_user_id", 24 },
	                                                                      { "TERMS", "terms", 13 },
	                                                                      { "VERSION", "terms_version", 10 },
	                                                                      { "UPDATED", "updated", 20 },
	                                                                      { NULL, NULL, 0 } } };

static const struct ctl_view consents = { (const struct ctl_column[]){ { "ID", "id", 8 },
	                                                                   { "AT", "at", 20 },
	                                                                   { "WHAT", "what", 16 },
	                                                                   { "TEXT", "text", 24 },
	                                                                   { "LANGUAGE", "language", 8 },
	                                                                   { "TERMINAL", "terminal_id", 20 },
	                                                                   { "KEPT UNTIL", "kept_until", 0 },
	                                                                   { NULL, NULL, 0 } } };

static const struct ctl_view authentications = { (const struct ctl_column[]){ { "AT", "at", 20 },
	                                                                          { "RESULT", "result", 22 },
	                                                                          { "METHOD", "method", 13 },
	                                                                          { "SOURCE", "source", 12 },
	                                                                          { "APP", "app", 6 },
	                                                                          { "ROUNDS", "rounds", 6 },
	                                                                          { "ADDRESS", "address", 0 },
	                                                                          { NULL, NULL, 0 } } };

static const struct ctl_view equipment = { (const struct ctl_column[]){ { "IMEI", "imei", 14 },
	                                                                    { "STATE", "state", 8 },
	                                                                    { "SINCE", "since", 20 },
	                                                                    { "REASON", "reason", 0 },
	                                                                    { NULL, NULL, 0 } } };
static const struct ctl_view models = { (const struct ctl_column[]){ { "TAC", "tac", 8 },
	                                                                 { "VENDOR", "vendor", 16 },
	                                                                 { "MODEL", "model", 24 },
	                                                                 { "CAPABILITIES", "capabilities", 0 },
	                                                                 { NULL, NULL, 0 } } };
static const struct ctl_view letters = { (const struct ctl_column[]){ { "LETTER", "id", 8 },
	                                                                  { "AT", "at", 20 },
	                                                                  { "SOURCE", "source", 12 },
	                                                                  { "EVENT", "event_id", 20 },
	                                                                  { "TRIES", "tries", 5 },
	                                                                  { "WHY", "reason", 0 },
	                                                                  { NULL, NULL, 0 } } };
static const struct ctl_view qos_orders = { (const struct ctl_column[]){ { "ORDER", "id", 32 },
	                                                                     { "IMSI", "imsi", 15 },
	                                                                     { "BOOST", "boost", 5 },
	                                                                     { "STATE", "state", 7 },
	                                                                     { "TRIES", "tries", 5 },
	                                                                     { "NEXT", "next", 20 },
	                                                                     { "WHY", "reason", 0 },
	                                                                     { NULL, NULL, 0 } } };
static const struct ctl_view orders = { (const struct ctl_column[]){ { "ORDER", "id", 32 },
	                                                                 { "KIND", "kind", 11 },
	                                                                 { "STATE", "state", 8 },
	                                                                 { "STEP", "step", 9 },
	                                                                 { "IMSI", "imsi", 15 },
	                                                                 { "ICCID", "iccid", 19 },
	                                                                 { "NEXT", "next", 20 },
	                                                                 { "WHY", "reason", 0 },
	                                                                 { NULL, NULL, 0 } } };
static const struct ctl_view profiles = { (const struct ctl_column[]){ { "ICCID", "iccid", 19 },
	                                                                   { "APP", "app", 6 },
	                                                                   { "SERVICE", "service", 12 },
	                                                                   { "STATUS", "status", 11 },
	                                                                   { "DEVICE", "terminal_id", 16 },
	                                                                   { "EID", "eid", 32 },
	                                                                   { "MSISDN", "msisdn", 16 },
	                                                                   { "NAME", "name", 0 },
	                                                                   { NULL, NULL, 0 } } };
static const struct ctl_view stock = { (const struct ctl_column[]){ { "TYPE", "profile_type", 24 },
	                                                                { "FREE", "free", 8 },
	                                                                { "RESERVED", "reserved", 8 },
	                                                                { "USED", "used", 8 },
	                                                                { "SPOILED", "spoiled", 0 },
	                                                                { NULL, NULL, 0 } } };
static const struct ctl_view rules = { (const struct ctl_column[]){ { "NUMBER", "number", 6 },
	                                                                { "ACTIVE", "active", 6 },
	                                                                { "CREATED", "created", 20 },
	                                                                { "AUTHOR", "author", 0 },
	                                                                { NULL, NULL, 0 } } };
static const struct ctl_view addons = { (const struct ctl_column[]){ { "ADDON", "id", 16 },
	                                                                 { "FEATURES", "features", 20 },
	                                                                 { "OFFER", "offer", 24 },
	                                                                 { "NAME", "name", 0 },
	                                                                 { NULL, NULL, 0 } } };
static const struct ctl_view outages = { (const struct ctl_column[]){ { "OUTAGE", "id", 16 },
	                                                                  { "SERVICES", "services", 20 },
	                                                                  { "FROM", "from", 20 },
	                                                                  { "UNTIL", "until", 20 },
	                                                                  { "WHEN", "when", 24 },
	                                                                  { "TEXTS", "texts", 0 },
	                                                                  { NULL, NULL, 0 } } };

#define TENANT "/v1/tenants/{tenant}"
#define PLAN TENANT "/plans/{plan}"
#define CLIENT TENANT "/clients/{client}"
#define ENTERPRISE TENANT "/enterprises/{enterprise}"
#define RULES TENANT "/rules/{number}"
#define ADDON TENANT "/addons/{addon}"
#define OUTAGE TENANT "/outages/{outage}"
#define SUBSCRIBER TENANT "/subscribers/{imsi}"
#define EQUIPMENT TENANT "/equipment/{imei}"
#define MODEL TENANT "/models/{tac}"
#define ESIM_ORDER TENANT "/esim-orders/{order}"
#define PROFILE TENANT "/profiles/{iccid}"

#define SHOW_KEY                                                                                                       \
	"K and OPc are sealed here to the transport key of auth: no process in between, no log and no shell history of "   \
	"the\n"                                                                                                            \
	"server sees them. Give them as @file or - (standard input) where others can read your command lines."

const struct ctl_command ctl_commands[] = {
	{ "tenant", "list", ctl_run_list, NO_OPTS, OPTS(CTL_LIMIT), CTL_NONE, "the tenants you may see",
	  "  openesctl tenant list", "GET", "/v1/tenants", NULL, &tenants },
	{ "tenant", "show", ctl_run_request, OPTS(CTL_TENANT), NO_OPTS, CTL_TENANT, "one tenant with all its settings",
	  "  openesctl tenant show demo\n  openesctl tenant show demo --json > demo.json", "GET", TENANT, NULL, NULL },
	{ "tenant", "set", ctl_run_set, NO_OPTS, OPTS(CTL_FILE, CTL_TENANT, TENANT_SETTINGS), CTL_FILE,
	  "make a tenant or change its settings",
	  "With a file the tenant becomes what the file says; without, only the options given are changed.\n\n"
	  "  openesctl tenant set demo.json\n"
	  "  openesctl tenant set --tenant demo --hosts aes.mnc001.mcc001.pub.3gppnetwork.org --plmns 00101\n"
	  "  openesctl tenant set --tenant demo --token-ttl 7d --terms-required no",
	  "PUT", TENANT, NULL, NULL },

	{ "plan", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_TENANT, "a tenant's plans",
	  "  openesctl plan list --tenant demo", "GET", TENANT "/plans", NULL, &plans },
	{ "plan", "show", ctl_run_request, OPTS(CTL_TENANT, CTL_PLAN), NO_OPTS, CTL_PLAN, "one plan",
	  "  openesctl plan show --tenant demo gold", "GET", PLAN, NULL, NULL },
	{ "plan", "set", ctl_run_set, OPTS(CTL_TENANT), OPTS(CTL_FILE, CTL_PLAN, PLAN_SETTINGS), CTL_FILE,
	  "make a plan or change what it offers",
	  "With a file the plan becomes what the file says; without, only the options given are changed. Phones of its\n"
	  "subscribers learn of the change by push or at their next request.\n\n"
	  "  openesctl plan set --tenant demo gold.json\n"
	  "  openesctl plan set --tenant demo --plan gold --volte all --vowifi yes --smsoip yes\n"
	  "  openesctl plan set --tenant demo --plan gold --companion yes --companion-services SharedNumber "
	  "--companion-max 3",
	  "PUT", PLAN, NULL, NULL },
	{ "plan", "delete", ctl_run_request, OPTS(CTL_TENANT, CTL_PLAN), NO_OPTS, CTL_PLAN, "remove a plan that nobody has",
	  "  openesctl plan delete --tenant demo old-gold\n  openesctl subscriber list --tenant demo --plan old-gold   "
	  "(who still has it)",
	  "DELETE", PLAN, NULL, NULL },

	{ "client", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_TENANT,
	  "servers that may ask for access tokens", "  openesctl client list --tenant demo", "GET", TENANT "/clients", NULL,
	  &clients },
	{ "client", "show", ctl_run_request, OPTS(CTL_TENANT, CTL_CLIENT), NO_OPTS, CTL_CLIENT, "one client",
	  "  openesctl client show --tenant demo mdm", "GET", CLIENT, NULL, NULL },
	{ "client", "set", ctl_run_set, OPTS(CTL_TENANT), OPTS(CTL_FILE, CTL_CLIENT, CLIENT_SETTINGS), CTL_FILE,
	  "make a client or change what it may do",
	  "With a file the client becomes what the file says; without, only the options given are changed. Its public "
	  "keys\n"
	  "come with the file, as a JSON Web Key Set.\n\n"
	  "  openesctl client set --tenant demo mdm.json\n"
	  "  openesctl client set --tenant demo --client mdm --scopes GetPhoneNumber,VerifyPhoneNumber\n"
	  "  openesctl client set --tenant demo --client mdm --disabled yes",
	  "PUT", CLIENT, NULL, NULL },
	{ "client", "delete", ctl_run_request, OPTS(CTL_TENANT, CTL_CLIENT), NO_OPTS, CTL_CLIENT,
	  "remove a client; its access tokens are void at once", "  openesctl client delete --tenant demo mdm", "DELETE",
	  CLIENT, NULL, NULL },

	{ "enterprise", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_TENANT, "whose devices servers manage",
	  "  openesctl enterprise list --tenant demo", "GET", TENANT "/enterprises", NULL, &enterprises },
	{ "enterprise", "show", ctl_run_request, OPTS(CTL_TENANT, CTL_ENTERPRISE), NO_OPTS, CTL_ENTERPRISE,
	  "one enterprise", "  openesctl enterprise show --tenant demo acme", "GET", ENTERPRISE, NULL, NULL },
	{ "enterprise", "set", ctl_run_set, OPTS(CTL_TENANT),
	  OPTS(CTL_FILE, CTL_ENTERPRISE, CTL_NAME, CTL_ALLOWED, CTL_REQUESTOR_IDS, CTL_ORDERED_PLANS, CTL_DEVICES_MAX),
	  CTL_FILE, "make an enterprise or change what it may have",
	  "With a file the enterprise becomes what the file says; without, only the options given are changed. Servers "
	  "act\n"
	  "for it by their requestor_id (docs/servers.md).\n\n"
	  "  openesctl enterprise set --tenant demo acme.json\n"
	  "  openesctl enterprise set --tenant demo --enterprise acme --allowed yes --plans fleet --requestor-ids mdm-1",
	  "PUT", ENTERPRISE, NULL, NULL },
	{ "enterprise", "delete", ctl_run_request, OPTS(CTL_TENANT, CTL_ENTERPRISE), NO_OPTS, CTL_ENTERPRISE,
	  "remove an enterprise; its TOKENs are void at once", "  openesctl enterprise delete --tenant demo acme", "DELETE",
	  ENTERPRISE, NULL, NULL },

	{ "policy", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_TENANT,
	  "versions of the rules, the newest first", "  openesctl policy list --tenant demo", "GET", TENANT "/rules", NULL,
	  &rules },
	{ "policy", "show", ctl_run_policy_show, OPTS(CTL_TENANT, CTL_RULES), NO_OPTS, CTL_RULES,
	  "the rules of a version, as JSON",
	  "  openesctl policy show --tenant demo 7\n  openesctl policy show --tenant demo active > rules.json", "GET",
	  RULES, NULL, NULL },
	{ "policy", "put", ctl_run_policy_put, OPTS(CTL_TENANT, CTL_FILE), OPTS(CTL_DRY_RUN), CTL_FILE,
	  "keep rules as a new version; nothing decides by them yet",
	  "Rules with a mistake are refused as a whole, with the place of the mistake. Their cases are run; exit status 1\n"
	  "when one fails.\n\n"
	  "  openesctl policy put --tenant demo rules.json --dry-run\n  openesctl policy put --tenant demo rules.json",
	  "POST", TENANT "/rules", NULL, NULL },
	{ "policy", "test", ctl_run_policy_test, OPTS(CTL_TENANT, CTL_FILE), NO_OPTS, CTL_FILE,
	  "whose answer would become another: of all lines and their devices",
	  "A file, or the number of a version. Runs its cases first, then decides for every device of every line twice, "
	  "by\n"
	  "what decides now and by these rules. Nothing is changed. Exit status 1 when a case fails.\n\n"
	  "  openesctl policy test --tenant demo rules.json\n  openesctl policy test --tenant demo 7 --json",
	  "POST", RULES ":test", NULL, NULL },
	{ "policy", "activate", ctl_run_policy_activate, OPTS(CTL_TENANT, CTL_RULES), NO_OPTS, CTL_RULES,
	  "let a version decide, from the next request on",
	  "Refused where one of its cases fails.\n\n  openesctl policy activate --tenant demo 7", "POST", RULES ":activate",
	  NULL, NULL },
	{ "policy", "rollback", ctl_run_policy_activate, OPTS(CTL_TENANT), NO_OPTS, CTL_TENANT,
	  "let decide what decided before", "Once more, and it is as it was.\n\n  openesctl policy rollback --tenant demo",
	  "POST", RULES ":activate", NULL, NULL },
	{ "policy", "off", ctl_run_policy_activate, OPTS(CTL_TENANT), NO_OPTS, CTL_TENANT,
	  "no rules decide: plans, add-ons and outages alone", "  openesctl policy off --tenant demo", "POST",
	  RULES ":activate", NULL, NULL },

	{ "addon", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_TENANT, "what lines may have beside a plan",
	  "  openesctl addon list --tenant demo", "GET", TENANT "/addons", NULL, &addons },
	{ "addon", "show", ctl_run_request, OPTS(CTL_TENANT, CTL_ADDON), NO_OPTS, CTL_ADDON, "one add-on",
	  "  openesctl addon show --tenant demo hotspot", "GET", ADDON, NULL, NULL },
	{ "addon", "set", ctl_run_set, OPTS(CTL_TENANT), OPTS(CTL_FILE, CTL_ADDON, CTL_NAME, CTL_FEATURES, CTL_OFFER),
	  CTL_FILE, "make an add-on or change what it gives",
	  "With a file the add-on becomes what the file says; without, only the options given are changed. Lines get it "
	  "by\n"
	  "subscriber set --addons.\n\n"
	  "  openesctl addon set --tenant demo hotspot.json\n"
	  "  openesctl addon set --tenant demo --addon hotspot --features tethering --offer '{\"vowifi\":true}'\n"
	  "  openesctl subscriber set --tenant demo --imsi 001010000000042 --addons '[{\"id\":\"hotspot\"}]'",
	  "PUT", ADDON, NULL, NULL },
	{ "addon", "delete", ctl_run_request, OPTS(CTL_TENANT, CTL_ADDON), NO_OPTS, CTL_ADDON,
	  "remove an add-on; lines that have it get nothing by it", "  openesctl addon delete --tenant demo hotspot",
	  "DELETE", ADDON, NULL, NULL },

	{ "outage", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_TENANT,
	  "what is away, where and until when", "  openesctl outage list --tenant demo", "GET", TENANT "/outages", NULL,
	  &outages },
	{ "outage", "show", ctl_run_request, OPTS(CTL_TENANT, CTL_OUTAGE), NO_OPTS, CTL_OUTAGE, "one outage",
	  "  openesctl outage show --tenant demo ims-north", "GET", OUTAGE, NULL, NULL },
	{ "outage", "declare", ctl_run_set, OPTS(CTL_TENANT),
	  OPTS(CTL_FILE, CTL_OUTAGE, CTL_SERVICES, CTL_FROM, CTL_UNTIL, CTL_WHEN, CTL_AS, CTL_SAYS, CTL_NOTE), CTL_FILE,
	  "say that services are away; phones that have them show the text",
	  "From a file or from options; declared again, only the options given are changed. It is over at --until, or "
	  "when\n"
	  "it is ended.\n\n"
	  "  openesctl outage declare --tenant demo --outage ims-north --services volte,vonr \\\n"
	  "      --when '{\"facts.region\":\"north\"}' --until 2030-01-31T06:00:00Z \\\n"
	  "      --text 'en: Use Wi-Fi for calls.|de: Bitte über WLAN telefonieren.'\n"
	  "  openesctl outage declare --tenant demo outage.json",
	  "PUT", OUTAGE, NULL, NULL },
	{ "outage", "end", ctl_run_request, OPTS(CTL_TENANT, CTL_OUTAGE), NO_OPTS, CTL_OUTAGE, "it is over",
	  "  openesctl outage end --tenant demo ims-north", "DELETE", OUTAGE, NULL, NULL },

	{ "subscriber", "add", ctl_run_subscriber_add, OPTS(CTL_TENANT, CTL_IMSI, CTL_PLAN),
	  OPTS(CTL_MSISDN, CTL_STATUS, LINE_SETTINGS, CTL_K, SECRETS), CTL_IMSI,
	  "add a subscriber, with the keys of the SIM",
	  "Keys go first, the subscriber last; when the subscriber is refused the keys are taken back. Running it again "
	  "with\n"
	  "the same values changes nothing. Without --k the SIM is authenticated elsewhere (HSS, AAA).\n" SHOW_KEY "\n\n"
	  "  openesctl subscriber add --tenant demo --imsi 001010000000042 --msisdn +15550000042 --plan gold \\\n"
	  "      --k @k.hex --opc @opc.hex --amf 8000\n"
	  "  printf '%s\\n%s\\n' \"$K\" \"$OP\" | openesctl subscriber add --tenant demo --imsi 001010000000042 --plan "
	  "gold --k - --op -",
	  NULL, NULL, NULL, NULL },
	{ "subscriber", "show", ctl_run_request, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI,
	  "one subscriber and the devices seen", "  openesctl subscriber show --tenant demo 001010000000042", "GET",
	  SUBSCRIBER, NULL, NULL },
	{ "subscriber", "list", ctl_run_list, OPTS(CTL_TENANT),
	  OPTS(CTL_MSISDN, CTL_PLAN, CTL_STATUS, CTL_UNANSWERED_SINCE, CTL_LIMIT), CTL_TENANT, "subscribers, by IMSI",
	  "  openesctl subscriber list --tenant demo --plan gold --status suspended\n"
	  "  openesctl subscriber list --tenant demo --msisdn +15550000042\n"
	  "  openesctl subscriber list --tenant demo --json | jq length",
	  "GET", TENANT "/subscribers", OPTS(CTL_MSISDN, CTL_PLAN, CTL_STATUS, CTL_UNANSWERED_SINCE), &subscribers },
	{ "subscriber", "set", ctl_run_set, OPTS(CTL_TENANT, CTL_IMSI),
	  OPTS(CTL_MSISDN, CTL_PLAN, CTL_STATUS, LINE_SETTINGS), CTL_IMSI,
	  "change a subscriber's plan, number or service state",
	  "Only what is given changes.\n\n"
	  "  openesctl subscriber set --tenant demo --imsi 001010000000042 --plan silver\n"
	  "  openesctl subscriber set --tenant demo --imsi 001010000000042 --terms available --address available",
	  "PATCH", SUBSCRIBER, NULL, NULL },
	{ "subscriber", "suspend", ctl_run_request, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI,
	  "no service until resumed; tokens are void",
	  "  openesctl subscriber suspend --tenant demo --imsi 001010000000042", "POST", SUBSCRIBER ":suspend", NULL,
	  NULL },
	{ "subscriber", "resume", ctl_run_request, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI, "end a suspension",
	  "  openesctl subscriber resume --tenant demo --imsi 001010000000042", "POST", SUBSCRIBER ":resume", NULL, NULL },
	{ "subscriber", "swap-sim", ctl_run_swap_sim, OPTS(CTL_TENANT, CTL_IMSI), OPTS(CTL_NEW_IMSI, CTL_K, SECRETS),
	  CTL_IMSI, "the subscriber has another SIM",
	  "Every token of the old SIM is void at once. Give the new SIM's keys along, and its IMSI when that is another "
	  "one;\n"
	  "they are set first, the old SIM's keys removed last.\n" SHOW_KEY "\n\n"
	  "  openesctl subscriber swap-sim --tenant demo --imsi 001010000000042 --new-imsi 001010000000043 --k @k.hex "
	  "--opc @opc.hex",
	  NULL, NULL, NULL, NULL },
	{ "subscriber", "reset-tokens", ctl_run_request, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI,
	  "void all tokens: every device authenticates anew",
	  "  openesctl subscriber reset-tokens --tenant demo --imsi 001010000000042", "POST", SUBSCRIBER ":reset-tokens",
	  NULL, NULL },
	{ "subscriber", "terminate", ctl_run_request, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI,
	  "end the contract for good; the record stays",
	  "There is no way back but remove and add.\n\n  openesctl subscriber terminate --tenant demo --imsi "
	  "001010000000042",
	  "POST", SUBSCRIBER ":terminate", NULL, NULL },
	{ "subscriber", "remove", ctl_run_subscriber_remove, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI,
	  "remove a subscriber, then the keys",
	  "May be run again after a failure.\n\n  openesctl subscriber remove --tenant demo --imsi 001010000000042", NULL,
	  NULL, NULL, NULL },
	{ "subscriber", "erase", ctl_run_request, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI,
	  "forget a person: the line and its name in the trail",
	  "Says what stays, and why. Of a line that is gone already the trail is looked through again.\nThe keys stay with "
	  "the card: openesctl keys remove.\n\n"
	  "  openesctl subscriber erase --tenant demo --imsi 001010000000042",
	  "POST", SUBSCRIBER ":erase", NULL, NULL },
	{ "subscriber", "import", ctl_run_import, OPTS(CTL_TENANT, CTL_FILE),
	  OPTS(CTL_REPORT, CTL_SOURCE, CTL_DRY_RUN, CTL_RESUME, CTL_MISSING, CTL_TERMINATE_MISSING), CTL_FILE,
	  "add or change many, from a list",
	  "The first line names the columns: imsi and plan, and any of msisdn, status, k, opc, amf, terms, address,\n"
	  "provisioning. Good lines go in whole; bad ones are reported with their number and do not hold up the others.\n"
	  "Of subscribers that are there, what a line does not name stays as it is.\n"
	  "The same file may be imported again.\n\n"
	  "A list of JSON lines, or with --source that system's own columns, is taken without keys; docs/bss.md has it "
	  "all.\n\n"
	  "  imsi,msisdn,plan,status,k,opc,amf\n"
	  "  001010000000042,+15550000042,gold,active,465b...a6bc,cd63...2baf,8000\n\n"
	  "  openesctl subscriber import --tenant demo subscribers.csv --report refused.txt\n"
	  "  gpg -d subscribers.csv.gpg | openesctl subscriber import --tenant demo -\n"
	  "  openesctl subscriber import --tenant demo --source crm nightly.csv --resume nightly.state --missing",
	  NULL, NULL, NULL, NULL },

	{ "subscriber", "authentications", ctl_run_list, OPTS(CTL_TENANT, CTL_IMSI), OPTS(CTL_LIMIT), CTL_IMSI,
	  "how a SIM's authentications went, and why not",
	  "  openesctl subscriber authentications --tenant demo 001010000000042", "GET", SUBSCRIBER "/authentications",
	  NULL, &authentications },

	{ "subscriber", "consents", ctl_run_list, OPTS(CTL_TENANT, CTL_IMSI), OPTS(CTL_LIMIT), CTL_IMSI,
	  "what was agreed to on web sheets, also of a line that is gone",
	  "  openesctl subscriber consents --tenant demo 001010000000042", "GET", SUBSCRIBER "/consents", NULL, &consents },

	{ "store-user", "list", ctl_run_list, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI,
	  "what users of stores have agreed to for carrier billing",
	  "  openesctl store-user list --tenant demo 001010000000042", "GET", SUBSCRIBER "/store-users", NULL,
	  &store_users },
	{ "store-user", "set", ctl_run_set, OPTS(CTL_TENANT, CTL_IMSI, CTL_STORE_VENDOR, CTL_STORE_USER_ID, CTL_ANSWER),
	  OPTS(CTL_TERMS_VERSION), CTL_IMSI, "write down what a user of a store has agreed to",
	  "  openesctl store-user set --tenant demo --imsi 001010000000042 --store-vendor S1001 --store-user-id u-5521 \\\n"
	  "      --answer available",
	  "PATCH", SUBSCRIBER "/store-users", NULL, NULL },

	{ "equipment", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_TENANT,
	  "devices that are blocked, tracked or allowed", "  openesctl equipment list --tenant demo", "GET",
	  TENANT "/equipment", NULL, &equipment },
	{ "equipment", "show", ctl_run_request, OPTS(CTL_TENANT, CTL_IMEI), NO_OPTS, CTL_IMEI, "one device of the list",
	  "  openesctl equipment show --tenant demo 356938035643809", "GET", EQUIPMENT, NULL, NULL },
	{ "equipment", "set", ctl_run_put, OPTS(CTL_TENANT, CTL_IMEI), OPTS(CTL_EQUIPMENT_STATE, CTL_REASON, CTL_SINCE),
	  CTL_IMEI, "block, track or allow a device",
	  "A device that is not on the list yet is blocked unless --state says otherwise. Phones of the lines it was seen\n"
	  "with are told to ask again.\n\n"
	  "  openesctl equipment set --tenant demo 356938035643809 --state blocked --reason stolen",
	  "PUT", EQUIPMENT, NULL, NULL },
	{ "equipment", "remove", ctl_run_request, OPTS(CTL_TENANT, CTL_IMEI), NO_OPTS, CTL_IMEI,
	  "take a device off the list", "  openesctl equipment remove --tenant demo 356938035643809", "DELETE", EQUIPMENT,
	  NULL, NULL },
	{ "equipment", "import", ctl_run_rows, OPTS(CTL_TENANT, CTL_FILE), OPTS(CTL_REPORT), CTL_FILE,
	  "add or change many devices, from CSV or JSON lines",
	  "CSV: the first line names the columns, imei and any of state, reason, since. JSON lines: an object a line.\n"
	  "Good lines go in; bad ones are reported with their number and do not hold up the others. The same file may be\n"
	  "imported again.\n\n"
	  "  openesctl equipment import --tenant demo stolen.csv --report refused.txt",
	  "POST", TENANT "/equipment:import", NULL, NULL },

	{ "model", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_TENANT,
	  "device models and what they can do", "  openesctl model list --tenant demo", "GET", TENANT "/models", NULL,
	  &models },
	{ "model", "show", ctl_run_request, OPTS(CTL_TENANT, CTL_TAC), NO_OPTS, CTL_TAC, "one model",
	  "  openesctl model show --tenant demo 35693803", "GET", MODEL, NULL, NULL },
	{ "model", "set", ctl_run_put, OPTS(CTL_TENANT, CTL_TAC), OPTS(CTL_VENDOR, CTL_MODEL, CTL_CAPABILITIES), CTL_TAC,
	  "add or change a model",
	  "  openesctl model set --tenant demo 35693803 --vendor ACME --model One --capabilities volte,vowifi,vonr:14.2",
	  "PUT", MODEL, NULL, NULL },
	{ "model", "remove", ctl_run_request, OPTS(CTL_TENANT, CTL_TAC), NO_OPTS, CTL_TAC, "remove a model",
	  "  openesctl model remove --tenant demo 35693803", "DELETE", MODEL, NULL, NULL },
	{ "model", "import", ctl_run_rows, OPTS(CTL_TENANT, CTL_FILE), OPTS(CTL_REPORT), CTL_FILE,
	  "add or change many models, from CSV or JSON lines",
	  "CSV: the first line names the columns, tac and any of vendor, model, capabilities, these with '|' in between.\n"
	  "JSON lines: an object a line. Bad lines are reported with their number and do not hold up the others.\n\n"
	  "  tac,vendor,model,capabilities\n"
	  "  35693803,ACME,One,volte|vowifi|vonr:14.2\n\n"
	  "  openesctl model import --tenant demo models.csv --report refused.txt",
	  "POST", TENANT "/models:import", NULL, NULL },
	{ "bss", "letters", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_NONE,
	  "events of the operator's own systems that could not be applied",
	  "  openesctl bss letters --tenant demo\n  openesctl bss letters --tenant demo --json", "GET",
	  TENANT "/bss/dead-letters", NULL, &letters },
	{ "bss", "replay", ctl_run_request, OPTS(CTL_TENANT, CTL_LETTER), NO_OPTS, CTL_LETTER,
	  "try such an event again, when what hindered it is mended", "  openesctl bss replay --tenant demo 17", "POST",
	  TENANT "/bss/dead-letters/{letter}:replay", NULL, NULL },
	{ "bss", "discard", ctl_run_request, OPTS(CTL_TENANT, CTL_LETTER), NO_OPTS, CTL_LETTER, "let go of such an event",
	  "  openesctl bss discard --tenant demo 17", "DELETE", TENANT "/bss/dead-letters/{letter}", NULL, NULL },
	{ "qos", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_EQUIPMENT_STATE, CTL_LIMIT), CTL_NONE,
	  "orders for quality of service, and how far they are",
	  "  openesctl qos list --tenant demo --state failed\n  openesctl qos list --tenant demo --json", "GET",
	  TENANT "/qos-orders", OPTS(CTL_EQUIPMENT_STATE), &qos_orders },
	{ "qos", "retry", ctl_run_request, OPTS(CTL_TENANT, CTL_ORDER), NO_OPTS, CTL_ORDER,
	  "try one that failed again, when what hindered it is mended",
	  "  openesctl qos retry --tenant demo 0123456789abcdef0123456789abcdef", "POST",
	  TENANT "/qos-orders/{order}:retry", NULL, NULL },
	{ "qos", "cancel", ctl_run_request, OPTS(CTL_TENANT, CTL_ORDER), NO_OPTS, CTL_ORDER,
	  "end what it made, or close one that failed as it is",
	  "  openesctl qos cancel --tenant demo 0123456789abcdef0123456789abcdef", "POST",
	  TENANT "/qos-orders/{order}:cancel", NULL, NULL },

	{ "order", "list", ctl_run_list, OPTS(CTL_TENANT),
	  OPTS(CTL_EQUIPMENT_STATE, CTL_KIND, CTL_IMSI, CTL_ICCID, CTL_EID, CTL_STUCK, CTL_LIMIT), CTL_NONE,
	  "orders of eSIM profiles, and how far they are",
	  "Stuck are those that cannot go on by themselves: mend what hindered them, then retry, or cancel.\n\n"
	  "  openesctl order list --tenant demo --stuck\n"
	  "  openesctl order list --tenant demo --imsi 001010000000042 --json",
	  "GET", TENANT "/esim-orders", OPTS(CTL_EQUIPMENT_STATE, CTL_KIND, CTL_IMSI, CTL_ICCID, CTL_EID, CTL_STUCK),
	  &orders },
	{ "order", "show", ctl_run_order_show, OPTS(CTL_TENANT, CTL_ORDER), NO_OPTS, CTL_ORDER,
	  "one order, and what became of each of its steps",
	  "  openesctl order show --tenant demo 0123456789abcdef0123456789abcdef", "GET", ESIM_ORDER, NULL, NULL },
	{ "order", "retry", ctl_run_request, OPTS(CTL_TENANT, CTL_ORDER), NO_OPTS, CTL_ORDER,
	  "let one that is stuck go on, when what hindered it is mended",
	  "The step it stopped at is asked again under the same identifier.\n\n"
	  "  openesctl order retry --tenant demo 0123456789abcdef0123456789abcdef",
	  "POST", ESIM_ORDER ":retry", NULL, NULL },
	{ "order", "cancel", ctl_run_request, OPTS(CTL_TENANT, CTL_ORDER), NO_OPTS, CTL_ORDER,
	  "take back what it has done, as long as the device cannot have the profile",
	  "Undoes in reverse: the SM-DP+'s order, the network, the BSS's order. An order that is stuck while it undoes is\n"
	  "closed as it is.\n\n"
	  "  openesctl order cancel --tenant demo 0123456789abcdef0123456789abcdef",
	  "POST", ESIM_ORDER ":cancel", NULL, NULL },

	{ "profile", "list", ctl_run_list, OPTS(CTL_TENANT, CTL_IMSI), OPTS(CTL_LIMIT), CTL_IMSI,
	  "a line's eSIM profiles, those on the way too", "  openesctl profile list --tenant demo 001010000000042", "GET",
	  SUBSCRIBER "/profiles", NULL, &profiles },
	{ "profile", "show", ctl_run_request, OPTS(CTL_TENANT, CTL_ICCID), NO_OPTS, CTL_ICCID,
	  "one profile, whosever it is", "  openesctl profile show --tenant demo 8901010000000000042", "GET", PROFILE, NULL,
	  NULL },
	{ "profile", "put", ctl_run_profile_put, OPTS(CTL_TENANT, CTL_IMSI, CTL_ICCID),
	  OPTS(CTL_APP, CTL_SERVICE, CTL_EID, CTL_TERMINAL_ID, CTL_STATUS, CTL_SMDP_ADDRESS, CTL_SECONDARY, CTL_MSISDN,
	       CTL_NAME, CTL_VENDOR, CTL_MODEL, CTL_VERIFY, CTL_FILE),
	  CTL_ICCID, "enter a profile that another channel sold",
	  "A shop, an app or a portal of your own has ordered it: the line's phone is told of it at its next\n"
	  "AcquireConfiguration, and of where to download it. What is not given is as if new, so give all of it again to "
	  "change it.\n"
	  "An activation code is a secret: send it in a file, {\"download\": {\"activation_code\": \"1$...\"}}, or with "
	  "--file -.\n\n"
	  "  openesctl profile put --tenant demo --imsi 001010000000042 8901010000000000042 --app ap2006 \\\n"
	  "      --service SharedNumber --eid 89049032000000000000000000000066 --terminal-id 356938035643809 \\\n"
	  "      --status activated --smdp-address smdp.operator.example\n"
	  "  openesctl profile put --tenant demo --imsi 001010000000042 8901010000000000042 --file profile.json",
	  "PUT", SUBSCRIBER "/profiles/{iccid}", NULL, NULL },
	{ "profile", "delete", ctl_run_request, OPTS(CTL_TENANT, CTL_IMSI, CTL_ICCID), NO_OPTS, CTL_ICCID,
	  "a line has that profile no more",
	  "Only the entry here goes: neither the SM-DP+ nor the network is told.\n\n"
	  "  openesctl profile delete --tenant demo --imsi 001010000000042 8901010000000000042",
	  "DELETE", SUBSCRIBER "/profiles/{iccid}", NULL, NULL },

	{ "stock", "list", ctl_run_list, OPTS(CTL_TENANT), NO_OPTS, CTL_NONE,
	  "how many profiles of each type are left to order", "  openesctl stock list --tenant demo", "GET",
	  TENANT "/profile-stock", NULL, &stock },
	{ "stock", "import", ctl_run_rows, OPTS(CTL_TENANT, CTL_FILE), OPTS(CTL_REPORT), CTL_FILE,
	  "add profiles that lie at the SM-DP+, from CSV or JSON lines",
	  "CSV: the first line names the columns, iccid and profile_type. JSON lines: an object a line. ICCIDs have 18 to\n"
	  "20 digits, with or without F at the end. Bad lines are reported with their number and do not hold up the "
	  "others.\n"
	  "The same file may be imported again.\n\n"
	  "  iccid,profile_type\n"
	  "  8901010000000000042F,watch-5g\n\n"
	  "  openesctl stock import --tenant demo batch-17.csv --report refused.txt",
	  "POST", TENANT "/profile-stock:import", NULL, NULL },
	{ "stock", "delete", ctl_run_request, OPTS(CTL_TENANT, CTL_ICCID), NO_OPTS, CTL_ICCID,
	  "take a profile out of the stock that no order has", "  openesctl stock delete --tenant demo 8901010000000000042",
	  "DELETE", TENANT "/profile-stock/{iccid}", NULL, NULL },

	{ "keys", "set", ctl_run_keys_set, OPTS(CTL_TENANT, CTL_IMSI, CTL_K), OPTS(SECRETS), CTL_IMSI,
	  "set or replace the keys of a SIM",
	  SHOW_KEY "\n\n  openesctl keys set --tenant demo --imsi 001010000000042 --k @k.hex --op @op.hex\n"
	           "  openesctl keys set --tenant demo --imsi 001010000000042 --algorithm tuak --k @k.hex --topc @topc.hex",
	  NULL, NULL, NULL, NULL },
	{ "keys", "status", ctl_run_request, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI,
	  "whether there are keys, and since when",
	  "Keys are never read back.\n\n  openesctl keys status --tenant demo --imsi 001010000000042", "GET",
	  SUBSCRIBER "/keys", NULL, NULL },
	{ "keys", "remove", ctl_run_request, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI, "remove the keys of a SIM",
	  "  openesctl keys remove --tenant demo --imsi 001010000000042", "DELETE", SUBSCRIBER "/keys", NULL, NULL },

	{ "explain", "", ctl_run_explain, OPTS(CTL_TENANT, CTL_IMSI, CTL_APP), OPTS(DEVICE), CTL_IMSI,
	  "why a phone gets the answer it gets",
	  "Decides as for a request of that phone and shows each rule that was looked at, what it saw and what it said.\n\n"
	  "  openesctl explain --tenant demo --imsi 001010000000042 --app ap2004\n"
	  "  openesctl explain --tenant demo --imsi 001010000000042 --app ap2003 --entitlement-version 6.0\n"
	  "  openesctl explain --tenant demo --imsi 001010000000042 --app ap2010 --boost-type 166\n"
	  "  openesctl explain --tenant demo --imsi 001010000000042 --app ap2003 --terminal-id 356938035643809",
	  "GET", TENANT "/explain", OPTS(CTL_IMSI, CTL_APP, DEVICE), NULL },
	{ "audit", "", ctl_run_list, NO_OPTS, OPTS(CTL_TENANT, CTL_LIMIT), CTL_NONE, "who changed what, newest first",
	  "  openesctl audit --limit 20\n  openesctl audit --tenant demo --json", "GET", "/v1/audit", OPTS(CTL_TENANT),
	  &trail },
	{ "check", "", ctl_run_check, OPTS(CTL_TENANT), OPTS(CTL_MEND), CTL_TENANT,
	  "find what a crash left between subscribers and keys",
	  "Lists subscribers without keys, and keys without a subscriber (of all the audit trail names). --mend removes "
	  "the\n"
	  "latter; those younger than ten minutes are left alone, since somebody may be adding them right now. Exit status "
	  "1\n"
	  "when something was found and not mended.\n\n"
	  "  openesctl check --tenant demo\n  openesctl check --tenant demo --mend",
	  NULL, NULL, NULL, NULL },

	{ "credential", "list", ctl_run_list, NO_OPTS, OPTS(CTL_LIMIT), CTL_NONE, "who may use the operators' API",
	  "  openesctl credential list", "GET", "/v1/credentials", NULL, &credentials },
	{ "credential", "add", ctl_run_credential_add, OPTS(CTL_NAME, CTL_ROLE), OPTS(CTL_TENANT), CTL_NAME,
	  "make a credential, or replace its token",
	  "Roles, each may do what those before it may: readonly (settings), support (subscribers, explain), operator "
	  "(change\n"
	  "subscribers and keys), admin (settings, credentials, audit). The token is shown once.\n\n"
	  "  openesctl credential add helpdesk --role support --tenant demo",
	  NULL, NULL, NULL, NULL },
	{ "credential", "remove", ctl_run_request, OPTS(CTL_NAME), NO_OPTS, CTL_NAME, "remove a credential at once",
	  "  openesctl credential remove helpdesk", "DELETE", "/v1/credentials/{name}", NULL, NULL },
};
const size_t ctl_command_count = ES_COUNT(ctl_commands);
