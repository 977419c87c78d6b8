/* gw_device_eap_test.c -- EAP relayed over HTTP: a challenge, its cookie, and what the phone's last packet ends in. */
#include "gw_device_test_kit.h"

#define COOKIE "Cookie: ecs=\"C1-value_0\"\r\n"
#define PACKET(text) "{\"eap-relay-packet\":\"" text "\"}"

static const struct row rounds[] = {
	{ "start (V12-AUTH-01, V12-AUTH-02)",
	  GET "&app=ap2004&EAP_ID=0001%40x",
	  ACCEPT_EAP,
	  NULL,
	  200,
	  "S",
	  { "Content-Type: " RELAY "\r\n", "Set-Cookie: ecs=C1-value_0; Path=/; Secure; HttpOnly\r\n",
	    "\r\n\r\n{\"eap-relay-packet\":\"AQcABA==\"}", "!Location" } },
	{ "without the relay type in Accept, too (settled 20)",
	  GET "&app=ap2004&EAP_ID=0001%40x",
	  NULL,
	  NULL,
	  200,
	  "S",
	  { "Content-Type: " RELAY "\r\n" } },
	{ "by POST",
	  "POST /",
	  ACCEPT_EAP,
	  "{\"terminal_id\":\"1\",\"entitlement_version\":\"2.0\",\"app\":\"ap2004\",\"EAP_ID\":\"0001@x\"}",
	  200,
	  "S",
	  { "eap-relay-packet" } },
	{ "without IMEI (settled 9)",
	  "GET /?terminal_id=null&entitlement_version=2.0&app=ap2004&EAP_ID=0001%40x",
	  NULL,
	  NULL,
	  200,
	  "S",
	  { "eap-relay-packet" } },
	{ "an identity that is not ours (V12-AUTH-08)",
	  GET "&app=ap2004&EAP_ID=reject",
	  ACCEPT_EAP,
	  NULL,
	  403,
	  "S",
	  { NULL } },
	{ "an identity that is none", GET "&app=ap2004&EAP_ID=mangled", ACCEPT_EAP, NULL, 400, "S", { NULL } },
	{ "auth is full (V12-AUTH-10)",
	  GET "&app=ap2004&EAP_ID=busy",
	  ACCEPT_EAP,
	  NULL,
	  503,
	  "S",
	  { "Retry-After: 17\r\n" } },
	{ "one who asks too often",
	  GET "&app=ap2004&EAP_ID=limited",
	  ACCEPT_EAP,
	  NULL,
	  503,
	  "S",
	  { "Retry-After: 17\r\n" } },
	{ "another round (V12-AUTH-05, V12-AUTH-13)",
	  "POST /",
	  ACCEPT_EAP COOKIE,
	  PACKET("Y2M="),
	  200,
	  "C",
	  { "Set-Cookie: ecs=C1-value_0; ", "eap-relay-packet" } },
	{ "success (V12-AUTH-03, V12-AUTH-06, V12-AUTH-07)",
	  "POST /",
	  ACCEPT_EAP COOKIE,
	  PACKET("c3M="),
	  200,
	  "CD",
	  { "Content-Type: " XML "\r\n", "<parm name=\"token\" value=\"fresh\"/>\n<parm name=\"validity\" value=\"777\"/>",
	    "value=\"ap2004\"/>", "!Set-Cookie" } },
	{ "success in JSON, by the last Accept",
	  "POST /",
	  "Accept: application/json\r\n" COOKIE,
	  PACKET("c3M="),
	  200,
	  "CD",
	  { "Content-Type: application/json\r\n", "\"Token\":" } },
	{ "success in XML, although the first Accept said JSON",
	  "POST /",
	  "Accept: " XML "\r\n" COOKIE,
	  PACKET("amo="),
	  200,
	  "CD",
	  { "Content-Type: " XML "\r\n" } },
	{ "the relay type alone: as the first Accept said",
	  "POST /",
	  "Accept: " RELAY "\r\n" COOKIE,
	  PACKET("amo="),
	  200,
	  "CD",
	  { "Content-Type: application/json\r\n" } },
	{ "wrong RES (V12-AUTH-14)", "POST /", ACCEPT_EAP COOKIE, PACKET("cnI="), 403, "C", { "!fresh" } },
	{ "no cookie (V12-AUTH-16)", "POST /", ACCEPT_EAP, PACKET("c3M="), 511, "C", { "!APPLICATION" } },
	{ "not Base64 (V12-AUTH-15)", "POST /", ACCEPT_EAP COOKIE, PACKET("*"), 400, "", { NULL } },
};

static void an_eap_exchange_runs_over_cookie_and_packet(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(rounds); i++)
		check(&rounds[i]);
	assert_true(stage.last_fresh);
}

static void auth_hears_whether_there_was_a_token(void **state)
{
	static const struct row with = {
		"with", GET "&app=ap2004&token=dead&EAP_ID=0%40x", NULL, NULL, 200, "DS", { NULL }
	};
	static const struct row without = { "without", GET "&app=ap2004&EAP_ID=0%40x", NULL, NULL, 200, "S", { NULL } };

	(void)state;
	check(&with);
	assert_true(stage.last_had_token);
	check(&without);
	assert_false(stage.last_had_token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_eap_exchange_runs_over_cookie_and_packet),
		cmocka_unit_test(auth_hears_whether_there_was_a_token),
	};

	return cmocka_run_group_tests_name("gw_device_eap", tests, set_up, tear_down);
}
