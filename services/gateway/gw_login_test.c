/* gw_login_test.c -- logins of people at the device front: out to a provider or a code, and back. */
#include "gw_device_test_kit.h"

#define CALLBACK "GET /?state=s&code="
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define JAR "Cookie: ecs=C-code\r\n"

static const struct row logins[] = {
	{ "a provider (V12-OIDC-01)",
	  GET "&app=ap2004&app_name=oidc",
	  NULL,
	  NULL,
	  302,
	  "I",
	  { "Location: https://op.example/auth?state=s\r\n", "!APPLICATION" } },
	{ "a dead token and a provider (V12-OIDC-01, V12-TOK-04)",
	  GET "&app=ap2004&app_name=oidc&token=dead",
	  NULL,
	  NULL,
	  302,
	  "DI",
	  { "Location: https://op.example/auth?state=s\r\n" } },
	{ "a dead token and EAP_ID",
	  GET "&app=ap2004&app_name=oidc&token=dead&EAP_ID=0001%40x",
	  NULL,
	  NULL,
	  200,
	  "DS",
	  { RELAY } },
	{ "servers have nobody to log in (V12-S2S-06)",
	  GET "&app=ap2011&app_name=oidc&requestor_id=r",
	  NULL,
	  NULL,
	  511,
	  "",
	  { "!Location" } },
	{ "so has a request with an access token (V12-S2S-06)",
	  GET "&app=ap2011&app_name=oidc&requestor_id=r&access_token=unauthorized",
	  NULL,
	  NULL,
	  401,
	  "D",
	  { "!Location" } },
	{ "back with a code (V12-OIDC-05)",
	  CALLBACK "good",
	  "Accept: " XML "\r\n",
	  NULL,
	  200,
	  "FD",
	  { "name=\"token\" value=\"fresh\"", "ap2004", "!Location", "!Set-Cookie" } },
	{ "back a second time (V12-OIDC-06)", CALLBACK "spent", NULL, NULL, 511, "F", { "!APPLICATION", "!TOKEN" } },
	{ "the provider is away", CALLBACK "down", NULL, NULL, 503, "F", { "Retry-After: 17\r\n" } },
	{ "back with an error (V12-OIDC-07)",
	  "GET /?error=access_denied&state=s",
	  "Accept: " XML "\r\n",
	  NULL,
	  200,
	  "F",
	  { "name=\"GeneralErrorURL\" value=\"https://portal.example/why\"",
	    "name=\"GeneralErrorUserData\" value=\"a=b&amp;c=d\"", "name=\"GeneralErrorText\" value=\"No.\"",
	    "name=\"version\" value=\"7\"", "name=\"AppID\" value=\"ap2004\"", "!TOKEN" } },
	{ "a second factor (V12-OIDC-08)",
	  CALLBACK "factor",
	  NULL,
	  NULL,
	  302,
	  "F",
	  { "Location: https://aes.example/otp?h=H-handle\r\n", "!TOKEN" } },
	{ "two codes", CALLBACK "good&code=other", NULL, NULL, 400, "", { NULL } },
	{ "by number (V12-OTP-01)",
	  GET "&app=ap2009&msisdn=%2B34600000001",
	  NULL,
	  NULL,
	  200,
	  "M",
	  { "Set-Cookie: ecs=H-handle; Path=/; Secure; HttpOnly\r\n", "Content-Length: 0\r\n", "!TOKEN" } },
	{ "too many codes", GET "&app=ap2009&msisdn=%2B34600000002", NULL, NULL, 503, "M", { "Retry-After: 99\r\n" } },
	{ "a number beside a token is a parameter like others",
	  GET "&app=ap2009&msisdn=%2B34600000001&token=good",
	  NULL,
	  NULL,
	  200,
	  "D",
	  { NULL } },
	{ "the code (V12-OTP-02)", "GET /?OTP=123456", JAR, NULL, 200, "KD", { "value=\"fresh\"" } },
	{ "the code, by POST", "POST /", JAR, "{\"otp\":\"123456\"}", 200, "KD", { "value=\"fresh\"" } },
	{ "a wrong code (V12-OTP-03)", "GET /?OTP=654321", JAR, NULL, 511, "K", { "!TOKEN" } },
	{ "a code without its cookie (V12-OTP-03)", "GET /?OTP=123456", NULL, NULL, 511, "", { "!TOKEN" } },
};

#define CSP "Content-Security-Policy: default-src 'none'; style-src 'nonce-"

static const struct row sheet[] = {
	{ "shown (V12-OIDC-08)",
	  "GET /otp?h=H-handle",
	  "Accept-Language: de\r\n",
	  NULL,
	  200,
	  "K",
	  { CSP, "form-action 'self' https://ecs.example:8443; base-uri 'none'; frame-ancestors 'none'\r\n",
	    "Content-Type: text/html; charset=utf-8\r\n", "Demo &lt;Mobile&gt;", "value=\"H-handle\"",
	    "<html lang=\"de\"" } },
	{ "a link never answers the form",
	  "GET /otp?h=H-handle&code=123456&again=1",
	  NULL,
	  NULL,
	  200,
	  "K",
	  { "autocomplete=\"one-time-code\"" } },
	{ "the right code",
	  "POST /otp",
	  FORM,
	  "h=H-handle&code=123456",
	  302,
	  "K",
	  { "Location: https://op.example/auth?state=s\r\n", "Referrer-Policy: no-referrer\r\n" } },
	{ "a wrong code",
	  "POST /otp",
	  FORM "Accept-Language: ar\r\n",
	  "h=H-handle&code=000000",
	  200,
	  "K",
	  { "dir=\"rtl\"", "role=\"alert\"", "<bdi>4</bdi>", "aria-invalid" } },
	{ "another SMS", "POST /otp", FORM, "h=H-handle&again=1", 200, "k", { NULL } },
	{ "a handle that is none",
	  "GET /otp?h=other",
	  "Accept-Language: fr\r\n",
	  NULL,
	  410,
	  "K",
	  { "<html lang=\"fr\"", "!<form" } },
	{ "no handle", "GET /otp", NULL, NULL, 400, "", { "!<form" } },
	{ "a form with nothing in it", "POST /otp", FORM, "h=H-handle&code=", 400, "", { NULL } },
	{ "JSON is no form", "POST /otp", "Content-Type: application/json\r\n", "{\"h\":\"H-handle\"}", 400, "", { NULL } },
	{ "no SMS went out", "GET /otp?h=down", NULL, NULL, 503, "K", { "Retry-After: 17\r\n", "<html" } },
	{ "another method", "PUT /otp", FORM, "h=H-handle", 405, "", { "Allow: GET, POST\r\n" } },
};

static void logins_end_as_they_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(logins); i++)
		check(&logins[i]);
}

static void the_web_sheet_is_for_people(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(sheet); i++)
		check(&sheet[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logins_end_as_they_should),
		cmocka_unit_test(the_web_sheet_is_for_people),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
