/* gw_device_test.c -- each way a request of a device can end, and whom the gateway asked on the way there. */
#include "gw_device_test_kit.h"

static const struct row requests[] = {
	{ "no credentials (V12-HTTP-09)", GET "&app=ap2004", NULL, NULL, 511, "I", { "!APPLICATION" } },
	{ "a token is enough (V12-TOK-01, V12-TOK-02)",
	  GET "&app=ap2004&token=T",
	  NULL,
	  NULL,
	  200,
	  "D",
	  { "Content-Type: " XML "\r\n", "<parm name=\"version\" value=\"3\"/>", "<parm name=\"validity\" value=\"1000\"/>",
	    "<parm name=\"token\" value=\"T\"/>\n<parm name=\"validity\" value=\"555\"/>", "value=\"ap2004\"/>",
	    "!Content-Encoding" } },
	{ "several applications, each once (V12-DOC-03, V12-DOC-04)",
	  GET "&app=ap2003&app=ap2004&app=ap2003&token=T",
	  NULL,
	  NULL,
	  200,
	  "D",
	  { "value=\"ap2003\"/>", "value=\"ap2004\"/>", "!ap2005" } },
	{ "JSON where only JSON is read (V12-DOC-05)",
	  GET "&app=ap2004&token=T",
	  "Accept: application/json\r\n",
	  NULL,
	  200,
	  "D",
	  { "Content-Type: application/json\r\n", "\"Vers\":", "\"Token\":", "\"ap2004\":{\"EntitlementStatus\":\"1\"",
	    "!eap-relay-packet" } },
	{ "by POST the same (V12-REQ-02)",
	  "POST /",
	  "Content-Type: application/json; charset=utf-8\r\n",
	  "{\"terminal_id\":\"1\",\"entitlement_version\":\"12.0\",\"app\":\"[ap2004]\",\"token\":\"T\"}",
	  200,
	  "D",
	  { "value=\"ap2004\"/>" } },
	{ "POST with the parameters in the query",
	  "POST /?terminal_id=1&entitlement_version=12.0&app=ap2004&token=T",
	  NULL,
	  "",
	  200,
	  "D",
	  { "value=\"ap2004\"/>" } },
	{ "a hostile value is escaped (V12-DOC-08)",
	  GET "&app=ap2004&token=hostile",
	  NULL,
	  NULL,
	  200,
	  "D",
	  { "value=\"a&amp;b&lt;c\"" } },
	{ "a dead token (V12-TOK-04)", GET "&app=ap2004&token=dead", NULL, NULL, 511, "DI", { NULL } },
	{ "a dead token with EAP_ID: a challenge",
	  GET "&app=ap2004&token=dead&EAP_ID=0001%40x",
	  ACCEPT_EAP,
	  NULL,
	  200,
	  "DS",
	  { "eap-relay-packet" } },
	{ "a good token with EAP_ID: the token (V12-AUTH-11)",
	  GET "&app=ap2004&token=T&EAP_ID=0001%40x",
	  ACCEPT_EAP,
	  NULL,
	  200,
	  "D",
	  { "value=\"ap2004\"/>" } },
	{ "a terminated subscriber", GET "&app=ap2004&token=gone", NULL, NULL, 403, "D", { NULL } },
	{ "policy is away (V12-HTTP-08)", GET "&app=ap2004&token=down", NULL, NULL, 503, "D", { "Retry-After: 17\r\n" } },
	{ "policy did not understand (V12-HTTP-07)", GET "&app=ap2004&token=confused", NULL, NULL, 500, "D", { NULL } },
	{ "near its end a token is renewed (V12-TOK-05)",
	  GET "&app=ap2004&token=old",
	  NULL,
	  NULL,
	  200,
	  "DN",
	  { "<parm name=\"token\" value=\"renewed\"/>\n<parm name=\"validity\" value=\"888\"/>" } },
	{ "which is no condition",
	  GET "&app=ap2004&token=old-auth-down",
	  NULL,
	  NULL,
	  200,
	  "DN",
	  { "<parm name=\"token\" value=\"old-auth-down\"/>\n<parm name=\"validity\" value=\"555\"/>" } },
	{ "an operation (V12-HTTP-01)",
	  GET "&app=ap2006&token=T&operation=CheckEligibility",
	  NULL,
	  NULL,
	  200,
	  "DO",
	  { "value=\"ap2006\"/>", "<parm name=\"OperationResult\" value=\"1\"/>" } },
	{ "the authenticating request of an ODSA client",
	  GET "&app=ap2009&token=T",
	  NULL,
	  NULL,
	  200,
	  "D",
	  { "<parm name=\"AppID\" value=\"ap2009\"/>\n</characteristic>" } },
	{ "an operation switched off (V12-HTTP-05)",
	  GET "&app=ap2006&token=T&operation=off",
	  NULL,
	  NULL,
	  405,
	  "DO",
	  { "Allow: GET, POST\r\n" } },
	{ "esim is slow", GET "&app=ap2006&token=T&operation=down", NULL, NULL, 503, "DO", { "Retry-After: 17\r\n" } },
	{ "two ODSA applications beside another",
	  GET "&app=ap2006&app=ap2004&app=ap2009&token=T&operation=x",
	  NULL,
	  NULL,
	  200,
	  "DOO",
	  { "value=\"ap2006\"/>", "value=\"ap2004\"/>", "value=\"ap2009\"/>" } },
	{ "a registration (V12-NOTIF-01)",
	  GET "&app=ap2004&token=T&notif_token=t&notif_action=2",
	  NULL,
	  NULL,
	  200,
	  "DR",
	  { "<parm name=\"RegisterNotifStatus\" value=\"0\"/>" } },
	{ "in each application (V12-NOTIF-02)",
	  GET "&app=ap2003&app=ap2006&token=T&notif_token=dup&notif_action=2",
	  "Accept: application/json\r\n",
	  NULL,
	  200,
	  "DR",
	  { "\"ap2006\":{\"RegisterNotifStatus\":\"2\"}" } },
	{ "notify is away",
	  GET "&app=ap2004&token=T&notif_token=down&notif_action=2",
	  NULL,
	  NULL,
	  200,
	  "DR",
	  { "<parm name=\"RegisterNotifStatus\" value=\"1\"/>", "value=\"ap2004\"/>" } },
	{ "everything at once",
	  GET "&app=ap2006&token=old&operation=x&notif_token=t&notif_action=2",
	  NULL,
	  NULL,
	  200,
	  "DNOR",
	  { "RegisterNotifStatus", "OperationResult", "renewed" } },
	{ "version too new (V12-VER-01)",
	  "GET /?terminal_id=1&app=ap2004&entitlement_version=13.0&token=T",
	  NULL,
	  NULL,
	  406,
	  "",
	  { "HTTP/1.1 406 protocol not supported\r\n" } },
	{ "a parameter missing (V12-HTTP-02)", GET "&token=T", NULL, NULL, 400, "", { NULL } },
	{ "another method", "PUT /", NULL, "x", 405, "", { "Allow: GET, POST\r\n" } },
	{ "another path", "GET /admin?app=ap2004&token=T", NULL, NULL, 404, "", { "!APPLICATION" } },
	{ "a configured path (V12-REQ-23)",
	  "GET /ts43/entitlement?terminal_id=1&app=ap2004&entitlement_version=2.0&token=T",
	  NULL,
	  NULL,
	  200,
	  "D",
	  { "APPLICATION" } },
	{ "a body that is no JSON", "POST /", NULL, "app=ap2004", 400, "", { NULL } },
	{ "an unknown coding of the body", "POST /", "Content-Encoding: br\r\n", "{}", 400, "", { NULL } },
	{ "a body that is no gzip", "POST /", "Content-Encoding: gzip\r\n", "{}", 400, "", { NULL } },
};

static void each_request_ends_as_the_table_of_the_standard_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(requests); i++)
		check(&requests[i]);
}

static void the_caller_s_trace_is_kept(void **state)
{
	static const struct row row = { "trace",
		                            GET "&app=ap2004&token=T",
		                            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n",
		                            NULL,
		                            200,
		                            "D",
		                            { "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-" } };

	(void)state;
	check(&row);
}

static void the_configuration_s_table_is_sound(void **state)
{
	struct es_arena *arena = es_arena_new(0, 65536);
	struct gw_config config = { 0 };
	struct es_buf error;

	(void)state;
	es_buf_init(&error, 1024);
	require(es_config_parse(gw_config_keys, GW_CONFIG_KEY_COUNT, ES_SLICE_LIT("[gateway]\nbus_key_file = /k\n"),
	                        &config, arena, &error),
	        &error);
	assert_int_equal(gw_config_check(&config, &error), ES_OK);
	assert_string_equal(config.device_paths, "/");
	assert_int_equal(config.version_major_max, 12);
	assert_int_equal(config.body_max, 65536);
	config.device_cert_file = "/c";
	assert_int_equal(gw_config_check(&config, &error), ES_MALFORMED);
	es_buf_free(&error);
	es_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_ends_as_the_table_of_the_standard_says),
		cmocka_unit_test(the_caller_s_trace_is_kept),
		cmocka_unit_test(the_configuration_s_table_is_sound),
	};

	return cmocka_run_group_tests_name("gw_device", tests, set_up, tear_down);
}
