/* ph_flows.c -- one entry for each figure. A step is one request; what a device does with any answer to it (open a sheet,
 * download, wait, ask its user) is the same everywhere and stands in ph_walk.c. */
#include "ph_flow.h"

#include "es_cleanup.h"

/* Who the eSIM is for, by role (TS.43 6.3). */
#define COMPANION "companion_terminal_id=$companion_imei"
#define COMPANION_ABOUT                                                                                                \
	COMPANION " companion_terminal_eid=$eid companion_terminal_vendor=$vendor companion_terminal_model=$model "        \
			  "companion_terminal_friendly_name=$name companion_terminal_service=$service"
#define OWN "terminal_eid=$eid"
#define TARGET "target_terminal_id=$target_imei target_terminal_eid=$eid"
#define BORROWED "temporary_token=$temporary_token terminal_id=$target_imei " TARGET
#define ENTERPRISE "requestor_id=$requestor enterprise_terminal_id=$companion_imei"
#define TYPED "MSG_btn=$msg_btn MSG_response=$msg_response"

/* Steps that many flows have. */
#define ELIGIBLE(who)                                                                                                  \
	{                                                                                                                  \
		"Asks whether the application may be used", "CheckEligibility", who, "Eligibility=1", .by = PH_BY_PHONE        \
	}
#define LOOK(who)                                                                                                      \
	{                                                                                                                  \
		"Looks what there is already", "AcquireConfiguration", who, NULL, .by = PH_BY_PHONE, .flags = PH_OPTIONAL      \
	}
#define REPORT(who)                                                                                                    \
	{                                                                                                                  \
		"Tells the network that the profile is there", "ManageSubscription", "operation_type=4 " who,                  \
			"SubscriptionResult=3", .by = PH_BY_PHONE, .flags = PH_OPTIONAL, .needs = PH_V_ICCID                       \
	}
#define SERVE(who)                                                                                                     \
	{                                                                                                                  \
		"Asks until the service is on", "AcquireConfiguration", who, "ServiceStatus=1", .by = PH_BY_PHONE,             \
																						.flags = PH_AGAIN              \
	}
#define FETCH(who)                                                                                                     \
	{                                                                                                                  \
		"Asks until there is something to download, and the service is on", "AcquireConfiguration", who,               \
			"ServiceStatus=1 Downloaded=yes", .by = PH_BY_PHONE, .flags = PH_AGAIN                                     \
	}
#define MANAGE(does, type, who, expects)                                                                               \
	{                                                                                                                  \
		does, "ManageSubscription", "operation_type=" type " " who, expects, .by = PH_BY_PHONE, .flags = PH_TYPES      \
	}

const struct ph_flow ph_flows[] = {
	/* ---- companions (7) ---- */
	{ "companion-activate", "ap2006", "7.1, 7.4", "21, 25", "A watch gets its eSIM at once, without a web sheet.",
	  .steps = { ELIGIBLE(COMPANION), LOOK(COMPANION),
	             MANAGE("Orders a subscription", "0", COMPANION_ABOUT " " TYPED, "SubscriptionResult=2|4"),
	             FETCH(COMPANION) } },
	{ "companion-sheet", "ap2006", "7.1, 7.2", "21, 22",
	  "A watch gets its eSIM on a web sheet, which hands over the download.",
	  .steps = { ELIGIBLE(COMPANION),
	             LOOK(COMPANION),
	             MANAGE("Orders a subscription", "0", COMPANION_ABOUT, "SubscriptionResult=1"),
	             { "Switches the service on", "ManageService",
	               "operation_type=10 companion_terminal_iccid=$iccid companion_terminal_service=$service " COMPANION,
	               "ServiceStatus=1|2", .by = PH_BY_PHONE, .flags = PH_OPTIONAL, .needs = PH_V_ICCID },
	             FETCH(COMPANION) } },
	{ "companion-poll", "ap2006", "7.3", "23, 24",
	  "A watch whose profile takes a while: it polls, or with --notif-token waits to be woken and then asks.",
	  .steps = { ELIGIBLE(COMPANION), LOOK(COMPANION),
	             MANAGE("Orders a subscription", "0", COMPANION_ABOUT " " TYPED, "SubscriptionResult=1|4"),
	             FETCH(COMPANION) } },
	{ "companion-preactivated", "ap2006", "7.5", "26", "A watch that was ordered in a shop finds its profile waiting.",
	  .steps = { ELIGIBLE(COMPANION), FETCH(COMPANION), SERVE(COMPANION) } },
	{ "companion-transfer", "ap2006", "7.6", "27",
	  "Another watch takes the place of an old one: --old-iccid, or else the first that is listed.",
	  .steps = { ELIGIBLE(COMPANION),
	             { "Lists the companions of the subscription", "AcquireConfiguration", "", "Configurations=some",
	               .by = PH_BY_PHONE, .flags = PH_PICKS_OLD },
	             MANAGE("Moves the subscription", "3",
	                    "old_companion_terminal_id=$old_companion_imei "
	                    "old_companion_terminal_iccid=$old_iccid " COMPANION_ABOUT " " TYPED,
	                    "SubscriptionResult=1|2|4"),
	             FETCH(COMPANION) } },
	{ "companion-early", "ap2006", "7.7", "28",
	  "A watch the server does not support: its first request is sent to a page before anybody logs in.",
	  .steps = { { "Asks without a token or a SIM", "CheckEligibility", COMPANION, "HTTP=302", .by = PH_BY_PARAMS } } },
	{ "companion-unsubscribe", "ap2006", "6.2", NULL, "A watch's subscription is cancelled.",
	  .steps = { { "Looks which profile it has", "AcquireConfiguration", COMPANION, "Configurations=some",
	               .by = PH_BY_PHONE, .flags = PH_PICKS },
	             MANAGE("Cancels the subscription", "1", COMPANION_ABOUT " companion_terminal_iccid=$iccid " TYPED,
	                    "SubscriptionResult=1|3"),
	             LOOK(COMPANION) } },
	{ "companion-change", "ap2006", "6.2", NULL, "A watch's subscription is changed, on a web sheet as a rule.",
	  .steps = { { "Looks which profile it has", "AcquireConfiguration", COMPANION, "Configurations=some",
	               .by = PH_BY_PHONE, .flags = PH_PICKS },
	             MANAGE("Changes the subscription", "2", COMPANION_ABOUT " companion_terminal_iccid=$iccid " TYPED,
	                    "SubscriptionResult=1|3"),
	             LOOK(COMPANION) } },
	{ "companion-off-on", "ap2006", "6.2", NULL, "A watch's ICCID is deactivated and activated again.",
	  .steps = { { "Looks which profile it has", "AcquireConfiguration", COMPANION, "ServiceStatus=1",
	               .by = PH_BY_PHONE, .flags = PH_PICKS },
	             MANAGE("Deactivates the ICCID", "6", COMPANION_ABOUT " companion_terminal_iccid=$iccid",
	                    "SubscriptionResult=3"),
	             { "Looks whether it is off", "AcquireConfiguration", COMPANION, "ServiceStatus=3", .by = PH_BY_PHONE,
	               .flags = PH_AGAIN },
	             MANAGE("Activates the ICCID", "5", COMPANION_ABOUT " companion_terminal_iccid=$iccid",
	                    "SubscriptionResult=3"),
	             SERVE(COMPANION) } },
	{ "companion-service", "ap2006", "6.5.4", NULL, "A watch's service is switched off and on again.",
	  .steps = { { "Looks which profile it has", "AcquireConfiguration", COMPANION, "Configurations=some",
	               .by = PH_BY_PHONE, .flags = PH_PICKS },
	             { "Switches the service off", "ManageService",
	               "operation_type=11 companion_terminal_iccid=$iccid companion_terminal_service=$service " COMPANION,
	               "ServiceStatus=3", .by = PH_BY_PHONE },
	             { "Switches the service on", "ManageService",
	               "operation_type=10 companion_terminal_iccid=$iccid companion_terminal_service=$service " COMPANION,
	               "ServiceStatus=1|2", .by = PH_BY_PHONE },
	             SERVE(COMPANION) } },

	/* ---- primary devices (8) ---- */
	{ "primary-new", "ap2009", "8.1", "29, 30",
	  "A phone without a SIM gets a subscription: --token stands for the login.",
	  .steps = { ELIGIBLE(OWN), LOOK(OWN),
	             MANAGE("Orders a subscription", "0", OWN " " TYPED, "SubscriptionResult=1|2|4"),
	             REPORT(OWN " terminal_iccid=$iccid"), FETCH(OWN " terminal_iccid=$iccid") } },
	{ "primary-additional", "ap2009", "8.2", "31, 32", "A phone with a SIM of the operator gets an eSIM besides.",
	  .steps = { ELIGIBLE(TARGET), LOOK(TARGET),
	             MANAGE("Orders a subscription", "0", TARGET " " TYPED, "SubscriptionResult=1|2|4"),
	             REPORT(TARGET " target_terminal_iccid=$iccid"), FETCH(TARGET " target_terminal_iccid=$iccid") } },
	{ "primary-direct", "ap2009", "8.8", "38, 39", "The same without a web sheet, at once or delayed.",
	  .steps = { ELIGIBLE(TARGET), LOOK(TARGET),
	             MANAGE("Orders a subscription", "0", TARGET " " TYPED, "SubscriptionResult=2|4"), FETCH(TARGET) } },
	{ "transfer-otp", "ap2009", "8.3, 8.5", "33, 35",
	  "A new phone takes over a subscription with a code by SMS (--msisdn).",
	  .steps = { { "Names the number", NULL, "msisdn=$msisdn", "HTTP=200", .by = PH_BY_PARAMS },
	             { "Answers with the code that came", NULL, "OTP=$otp", "HTTP=200", .by = PH_BY_TYPED },
	             ELIGIBLE(OWN),
	             MANAGE("Moves the subscription", "3", OWN " old_terminal_iccid=$old_iccid " TYPED,
	                    "SubscriptionResult=1|2|4"),
	             REPORT(OWN " terminal_iccid=$iccid"),
	             FETCH(OWN " terminal_iccid=$iccid") } },
	{ "transfer-login", "ap2009", "8.4, 8.5", "34, 35",
	  "The same after a login with OpenID Connect: --token stands for it.",
	  .steps = { ELIGIBLE(OWN),
	             MANAGE("Moves the subscription", "3", OWN " old_terminal_iccid=$old_iccid " TYPED,
	                    "SubscriptionResult=1|2|4"),
	             REPORT(OWN " terminal_iccid=$iccid"), FETCH(OWN " terminal_iccid=$iccid") } },
	{ "transfer-sheet", "ap2009", "8.6", "36",
	  "The new phone does not know the old profile: a web sheet has it chosen.",
	  .steps = { ELIGIBLE(TARGET),
	             MANAGE("Moves a subscription", "3",
	                    TARGET " old_terminal_id=$old_imei old_terminal_iccid=$old_iccid " TYPED,
	                    "SubscriptionResult=1|2|4"),
	             FETCH(TARGET " target_terminal_iccid=$iccid") } },
	{ "transfer-from-old", "ap2009", "8.7", "37",
	  "The old phone moves its subscription to a new one: --old-iccid, --eid.",
	  .steps = { ELIGIBLE(TARGET),
	             MANAGE("Moves the subscription", "3",
	                    TARGET " old_terminal_id=$imei old_terminal_iccid=$old_iccid " TYPED,
	                    "SubscriptionResult=1|2|4"),
	             FETCH(TARGET " target_terminal_iccid=$iccid") } },
	{ "transfer-token", "ap2009", "8.9", "40, 41",
	  "The old phone gets a temporary token, the new one moves the subscription.",
	  .steps = { ELIGIBLE(""),
	             { "The old phone asks for a token for the new one", "AcquireTemporaryToken",
	               "operation_targets=ManageSubscription,AcquireConfiguration terminal_iccid=$old_iccid",
	               "TemporaryToken=yes", .by = PH_BY_PHONE },
	             { "The new phone moves the subscription", "ManageSubscription",
	               "operation_type=3 old_terminal_iccid=$old_iccid " BORROWED " " TYPED, "SubscriptionResult=1|2|4",
	               .by = PH_BY_PARAMS, .flags = PH_TYPES },
	             { "The new phone asks until its service is on", "AcquireConfiguration",
	               "target_terminal_iccid=$iccid " BORROWED, "ServiceStatus=1 Downloaded=yes", .by = PH_BY_PARAMS,
	               .flags = PH_AGAIN } } },
	{ "transfer-delete-first", "ap2009", "8.11.1", "42",
	  "The profile moves itself: the old phone deletes it, the new one loads it.",
	  .steps = { ELIGIBLE(TARGET),
	             MANAGE("Moves the subscription", "3",
	                    TARGET
	                    " old_terminal_id=$imei old_terminal_iccid=$old_iccid redownloadable_profile=$redownloadable",
	                    "SubscriptionResult=6"),
	             FETCH(TARGET) } },
	{ "transfer-delete-sheet", "ap2009", "8.11.2", "43", "The same from the new phone, with a web sheet.",
	  .steps = { ELIGIBLE(TARGET),
	             MANAGE("Moves the subscription", "3",
	                    TARGET " old_terminal_iccid=$old_iccid redownloadable_profile=$redownloadable",
	                    "SubscriptionResult=1"),
	             FETCH(TARGET) } },
	{ "verify-sheet", "ap2009", "8.12.1", "44",
	  "A profile waits at the default SM-DP+; a web sheet makes sure who takes it.",
	  .steps = { { "Looks which profile waits", "AcquireConfiguration", OWN, "ServiceStatus=3", .by = PH_BY_PHONE,
	               .flags = PH_PICKS },
	             MANAGE("Goes on with it", "0", OWN " terminal_iccid=$iccid", "SubscriptionResult=1"),
	             FETCH(OWN " terminal_iccid=$iccid") } },
	{ "verify-before-download", "ap2009", "8.12.2", "45",
	  "The same without a sheet: the phone itself asks its user (--msg-response).",
	  .steps = { { "Looks which profile waits", "AcquireConfiguration", OWN, "ServiceStatus=3 MSG=yes",
	               .by = PH_BY_PHONE, .flags = PH_PICKS | PH_TYPES },
	             MANAGE("Says what the user typed", "0", OWN " terminal_iccid=$iccid " TYPED, "SubscriptionResult=2|4"),
	             FETCH(OWN " terminal_iccid=$iccid") } },
	{ "recover", "ap2009", "8.13", "46, 47",
	  "A phone that lost its profile gets it back: --iccid, or else the first that is listed.",
	  .steps = { ELIGIBLE(OWN),
	             { "Lists the profiles of the subscription", "AcquireConfiguration", "", "Configurations=some",
	               .by = PH_BY_PHONE, .flags = PH_PICKS },
	             MANAGE("Wants the erased one back", "7", OWN " terminal_iccid=$iccid " TYPED,
	                    "SubscriptionResult=1|2|4"),
	             REPORT(OWN " terminal_iccid=$iccid"),
	             FETCH(OWN " terminal_iccid=$iccid") } },
	{ "loan", "ap2009", "8.6", "36",
	  "A loaner phone gets the number for a while: chosen on the web sheet of a transfer; the old profile is only "
	  "switched off.",
	  .fill = { "keep", "while" },
	  .steps = { ELIGIBLE(TARGET),
	             MANAGE("Moves the subscription for a while", "3", TARGET " old_terminal_iccid=$old_iccid",
	                    "SubscriptionResult=1"),
	             FETCH(TARGET " target_terminal_iccid=$iccid") } },
	{ "loan-return", "ap2009", "6.2", NULL,
	  "The old profile comes back into force, and the loaner's ends: --old-iccid.",
	  .steps = { MANAGE("Activates the old ICCID", "5", "terminal_iccid=$old_iccid", "SubscriptionResult=3"),
	             { "Asks until the old profile is on", "AcquireConfiguration", "terminal_iccid=$old_iccid",
	               "ServiceStatus=1", .by = PH_BY_PHONE, .flags = PH_AGAIN } } },

	/* ---- servers (10) ---- */
	{ "server-initiated", "ap2011", "10.2", "53",
	  "A device manager activates a device: --access-token, --requestor-id, --enterprise-id.",
	  .steps = { { "Asks whether the enterprise may", "CheckEligibility",
	               "requestor_id=$requestor enterprise_id=$enterprise access_token=$access_token", "Eligibility=1",
	               .by = PH_BY_PARAMS, .flags = PH_SERVER },
	             { "Lists the plans", "AcquirePlan", "requestor_id=$requestor", "Plan=yes", .by = PH_BY_PHONE,
	               .flags = PH_SERVER },
	             { "Looks what the device has", "AcquireConfiguration", ENTERPRISE, "Configurations=none",
	               .by = PH_BY_PHONE, .flags = PH_SERVER },
	             { "Orders a subscription for the device", "ManageSubscription",
	               "operation_type=0 plan_id=$plan enterprise_terminal_eid=$eid " ENTERPRISE, "SubscriptionResult=2|4",
	               .by = PH_BY_PHONE, .flags = PH_SERVER },
	             { "Asks until the service is on", "AcquireConfiguration", ENTERPRISE, "ServiceStatus=1 Downloaded=yes",
	               .by = PH_BY_PHONE, .flags = PH_SERVER | PH_AGAIN } } },

	/* ---- single requests ---- */
	{ "eligibility", "ap2006", "6.5.2", NULL, "CheckEligibility alone.", .steps = { ELIGIBLE(COMPANION) } },
	{ "poll", "ap2006", "7.3.2", "24", "AcquireConfiguration alone, as a device polls.",
	  .steps = { { "Asks for the companion's configuration", "AcquireConfiguration", COMPANION, .by = PH_BY_PHONE } } },
};
const size_t ph_flow_count = ES_COUNT(ph_flows);
