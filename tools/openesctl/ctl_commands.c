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
#define FAILURES TENANT "/notification-failures"
#define MASS_CHANGE TENANT "/mass-changes/{change}"

#define SHOW_KEY                                                                                                       \
	"K and OPc are sealed here to the transport key of auth: no process in between, no log and no shell history of "   \
	"the\n"                                                                                                            \
	"server sees them. Give them as @file or - (standard input) where others can read your command lines."

const struct ctl_command ctl_commands[] = {
	{ "tenant", "list", ctl_run_list, NO_OPTS, OPTS(CTL_LIMIT), CTL_NONE, "the tenants you may see",
	  "  openesctl tenant list", "GET", "/v1/tenants", NULL, &ctl_view_tenants },
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
	  "  openesctl plan list --tenant demo", "GET", TENANT "/plans", NULL, &ctl_view_plans },
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
	  &ctl_view_clients },
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
	  "  openesctl enterprise list --tenant demo", "GET", TENANT "/enterprises", NULL, &ctl_view_enterprises },
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
	  &ctl_view_rules },
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
	  "  openesctl addon list --tenant demo", "GET", TENANT "/addons", NULL, &ctl_view_addons },
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
	  &ctl_view_outages },
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
	  "GET", TENANT "/subscribers", OPTS(CTL_MSISDN, CTL_PLAN, CTL_STATUS, CTL_UNANSWERED_SINCE),
	  &ctl_view_subscribers },
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
	  NULL, &ctl_view_authentications },

	{ "subscriber", "consents", ctl_run_list, OPTS(CTL_TENANT, CTL_IMSI), OPTS(CTL_LIMIT), CTL_IMSI,
	  "what was agreed to on web sheets, also of a line that is gone",
	  "  openesctl subscriber consents --tenant demo 001010000000042", "GET", SUBSCRIBER "/consents", NULL,
	  &ctl_view_consents },

	{ "store-user", "list", ctl_run_list, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI,
	  "what users of stores have agreed to for carrier billing",
	  "  openesctl store-user list --tenant demo 001010000000042", "GET", SUBSCRIBER "/store-users", NULL,
	  &ctl_view_store_users },
	{ "store-user", "set", ctl_run_set, OPTS(CTL_TENANT, CTL_IMSI, CTL_STORE_VENDOR, CTL_STORE_USER_ID, CTL_ANSWER),
	  OPTS(CTL_TERMS_VERSION), CTL_IMSI, "write down what a user of a store has agreed to",
	  "  openesctl store-user set --tenant demo --imsi 001010000000042 --store-vendor S1001 --store-user-id u-5521 \\\n"
	  "      --answer available",
	  "PATCH", SUBSCRIBER "/store-users", NULL, NULL },

	{ "equipment", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_TENANT,
	  "devices that are blocked, tracked or allowed", "  openesctl equipment list --tenant demo", "GET",
	  TENANT "/equipment", NULL, &ctl_view_equipment },
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
	  &ctl_view_models },
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
	  TENANT "/bss/dead-letters", NULL, &ctl_view_letters },
	{ "bss", "replay", ctl_run_request, OPTS(CTL_TENANT, CTL_LETTER), NO_OPTS, CTL_LETTER,
	  "try such an event again, when what hindered it is mended", "  openesctl bss replay --tenant demo 17", "POST",
	  TENANT "/bss/dead-letters/{letter}:replay", NULL, NULL },
	{ "bss", "discard", ctl_run_request, OPTS(CTL_TENANT, CTL_LETTER), NO_OPTS, CTL_LETTER, "let go of such an event",
	  "  openesctl bss discard --tenant demo 17", "DELETE", TENANT "/bss/dead-letters/{letter}", NULL, NULL },
	{ "qos", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_EQUIPMENT_STATE, CTL_LIMIT), CTL_NONE,
	  "orders for quality of service, and how far they are",
	  "  openesctl qos list --tenant demo --state failed\n  openesctl qos list --tenant demo --json", "GET",
	  TENANT "/qos-orders", OPTS(CTL_EQUIPMENT_STATE), &ctl_view_qos_orders },
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
	  &ctl_view_orders },
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
	  SUBSCRIBER "/profiles", NULL, &ctl_view_profiles },
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
	  TENANT "/profile-stock", NULL, &ctl_view_stock },
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

	{ "notify", "show", ctl_run_notify_show, OPTS(CTL_TENANT, CTL_IMSI), NO_OPTS, CTL_IMSI,
	  "which devices of a line are woken when their answers change, how that went, and what is due",
	  "Push tokens are not shown; TOKEN is a fingerprint that changes when a device has a new one. OUTCOME is of the "
	  "last "
	  "try.\n\n"
	  "  openesctl notify show --tenant demo 001010000000042",
	  NULL, NULL, NULL, NULL },
	{ "notify", "test", ctl_run_notify_test, OPTS(CTL_TENANT, CTL_IMSI),
	  OPTS(CTL_APPS, CTL_TERMINAL_ID, CTL_CHANNEL, CTL_WAIT), CTL_IMSI,
	  "wake a line's devices now, and tell what the provider says",
	  "Nothing changes by it: a device hears what it would hear after a change, and asks again. Waits until providers "
	  "have\n"
	  "taken or refused it. Exit status 1 unless all were taken. By SMS no registration is needed; say --apps then.\n\n"
	  "  openesctl notify test --tenant demo 001010000000042\n"
	  "  openesctl notify test --tenant demo 001010000000042 --channel sms --apps ap2004 --wait 60",
	  NULL, NULL, NULL, NULL },
	{ "notify", "failures", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_REASON, CTL_CHANNEL, CTL_IMSI, CTL_LIMIT),
	  CTL_NONE, "what was given up, the newest first",
	  "Reasons: token, sender, message, credential, device_rate, rate, provider, unreachable, not_readable, expired,\n"
	  "no_account, no_number.\n\n"
	  "  openesctl notify failures --tenant demo --reason credential\n"
	  "  openesctl notify failures --tenant demo --imsi 001010000000042 --json",
	  "GET", FAILURES, OPTS(CTL_REASON, CTL_CHANNEL, CTL_IMSI), &ctl_view_failures },
	{ "notify", "failure", ctl_run_request, OPTS(CTL_TENANT, CTL_FAILURE), NO_OPTS, CTL_FAILURE, "one of them, whole",
	  "  openesctl notify failure --tenant demo 17", "GET", FAILURES "/{failure}", NULL, NULL },
	{ "notify", "replay", ctl_run_notify_replay, OPTS(CTL_TENANT),
	  OPTS(CTL_FAILURE, CTL_REASON, CTL_CHANNEL, CTL_IMSI, CTL_ALL), CTL_FAILURE,
	  "try again what was given up, when what hindered it is mended",
	  "One by its number, those that match, or --all. What has nobody to go to any more is passed over.\n\n"
	  "  openesctl notify replay --tenant demo 17\n"
	  "  openesctl notify replay --tenant demo --reason credential --channel apns",
	  NULL, NULL, NULL, NULL },
	{ "notify", "discard", ctl_run_request, OPTS(CTL_TENANT, CTL_FAILURE), NO_OPTS, CTL_FAILURE,
	  "let go of one of them", "  openesctl notify discard --tenant demo 17", "DELETE", FAILURES "/{failure}", NULL,
	  NULL },
	{ "notify", "channels", ctl_run_notify_channels, OPTS(CTL_TENANT), NO_OPTS, CTL_NONE,
	  "by which rules devices are woken, how the accounts at providers are, and what waits for them",
	  "An account works; rests for a while after failures; stops where its provider refuses our credential, which a "
	  "person\n"
	  "has to mend; or connects. Missing is one that something waits for and the file does not have.\n\n"
	  "  openesctl notify channels --tenant demo",
	  "GET", TENANT "/notification-channels", NULL, NULL },

	{ "mass", "list", ctl_run_list, OPTS(CTL_TENANT), OPTS(CTL_LIMIT), CTL_NONE,
	  "changes that concern many lines, and how far their devices are woken", "  openesctl mass list --tenant demo",
	  "GET", TENANT "/mass-changes", NULL, &ctl_view_mass_changes },
	{ "mass", "show", ctl_run_mass_show, OPTS(CTL_TENANT, CTL_CHANGE), OPTS(CTL_WATCH), CTL_CHANGE,
	  "one of them, or how it goes on",
	  "  openesctl mass show --tenant demo 3\n  openesctl mass show --tenant demo 3 --watch", "GET", MASS_CHANGE, NULL,
	  NULL },
	{ "mass", "pause", ctl_run_request, OPTS(CTL_TENANT, CTL_CHANGE), NO_OPTS, CTL_CHANGE, "wake nobody more for now",
	  "  openesctl mass pause --tenant demo 3", "POST", MASS_CHANGE ":pause", NULL, NULL },
	{ "mass", "resume", ctl_run_request, OPTS(CTL_TENANT, CTL_CHANGE), NO_OPTS, CTL_CHANGE,
	  "go on where it was paused, or start one that waits", "  openesctl mass resume --tenant demo 3", "POST",
	  MASS_CHANGE ":resume", NULL, NULL },
	{ "mass", "cancel", ctl_run_request, OPTS(CTL_TENANT, CTL_CHANGE), NO_OPTS, CTL_CHANGE, "wake nobody more",
	  "Devices that were not woken see the change at their next request.\n\n  openesctl mass cancel --tenant demo 3",
	  "POST", MASS_CHANGE ":cancel", NULL, NULL },
	{ "mass", "rate", ctl_run_mass_rate, OPTS(CTL_TENANT, CTL_CHANGE, CTL_RATE), NO_OPTS, CTL_CHANGE,
	  "wake more or fewer a second", "  openesctl mass rate --tenant demo 3 --rate 50", "PATCH", MASS_CHANGE, NULL,
	  NULL },

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
	  &ctl_view_trail },
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
	  "  openesctl credential list", "GET", "/v1/credentials", NULL, &ctl_view_credentials },
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
