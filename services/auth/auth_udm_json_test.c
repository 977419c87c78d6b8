/* auth_udm_json_test.c -- questions to a UDM and its answers, octet by octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "auth_udm_json.h"
#include "es_cleanup.h"

#define R "\"rand\":\"23553cbe9637A89D218AE64DAE47BF35\","
#define X "\"xres\":\"a54211d5e3ba50bf\","
#define A "\"autn\":\"55f328b43577b9b94a9ffac354dfafb3\","
#define K "\"ck\":\"b40ba9a3c58b2a05bbf0d987b21bf8cb\",\"ik\":\"f769bcd751044604127672711c6d3441\""
#define K2 "\"ckPrime\":\"b40ba9a3c58b2a05bbf0d987b21bf8cb\",\"ikPrime\":\"f769bcd751044604127672711c6d3441\""
#define HSS(vector) "{\"hssAuthenticationVectors\":[{" vector "}]}"
#define AUSF(type, supi, vector) "{\"authType\":\"" type "\"," supi "\"authenticationVector\":{" vector "}}"
#define SUPI "\"supi\":\"imsi-001010000000001\","

static struct auth_ask ask_for(enum auth_method method, const char *network_name)
{
	return (
		struct auth_ask){ .tenant = "demo", .imsi = "001010000000001", .method = method, .network_name = network_name };
}

static void test_questions_are_as_ts_29_503_has_them(void **state)
{
	static const struct {
		enum auth_udm_api api;
		enum auth_method method;
		const char *name;
		bool is_resync;
		const char *path, *body;
	} cases[] = {
		{ AUTH_UDM_HSS, AUTH_AKA, NULL, false, "/hss-security-information/eap-aka/generate-av",
		  "{\"hssAuthType\":\"EAP_AKA\",\"numOfRequestedVectors\":1,\"requestingNodeType\":\"WLAN_AAA_SERVER\"}" },
		{ AUTH_UDM_HSS, AUTH_AKA_PRIME, "WLAN", false, "/hss-security-information/eap-aka-prime/generate-av",
		  "{\"hssAuthType\":\"EAP_AKA_PRIME\",\"numOfRequestedVectors\":1,\"requestingNodeType\":\"WLAN_AAA_SERVER\","
		  "\"anId\":\"WLAN\"}" },
		{ AUTH_UDM_HSS, AUTH_AKA, NULL, true, "/hss-security-information/eap-aka/generate-av",
		  "{\"hssAuthType\":\"EAP_AKA\",\"numOfRequestedVectors\":1,\"requestingNodeType\":\"WLAN_AAA_SERVER\","
		  "\"resynchronizationInfo\":{\"rand\":\"000102030405060708090a0b0c0d0e0f\","
		  "\"auts\":\"a0a1a2a3a4a5a6a7a8a9aaabacad\"}}" },
		{ AUTH_UDM_AUSF, AUTH_AKA_PRIME, "5G:NSWO", false, "/security-information/generate-auth-data",
		  "{\"servingNetworkName\":\"5G:NSWO\",\"ausfInstanceId\":\"me\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct auth_ask ask = ask_for(cases[i].method, cases[i].name);
		char url[256], expected[256], body[512];
		struct es_buf out;
		ask.is_resync = cases[i].is_resync;
		for (uint8_t n = 0; n < 16; n++)
			ask.rand[n] = n;
		for (uint8_t n = 0; n < 14; n++)
			ask.auts[n] = (uint8_t)(0xa0 + n);
		assert_null(auth_udm_unaskable(cases[i].api, &ask));
		es_buf_init_fixed(&out, url, sizeof url);
		assert_int_equal(auth_udm_write_url(cases[i].api, "https://udm/root/", &ask, &out), ES_OK);
		(void)snprintf(expected, sizeof expected, "https://udm/root/nudm-ueau/v1/imsi-001010000000001%s",
		               cases[i].path);
		assert_string_equal(url, expected);
		es_buf_init_fixed(&out, body, sizeof body);
		assert_int_equal(auth_udm_write_body(cases[i].api, "me", &ask, &out), ES_OK);
		body[out.len] = '\0';
		assert_string_equal(body, cases[i].body);
	}
}

static void test_what_an_operation_cannot_give_is_not_asked_of_it(void **state)
{
	static const struct {
		enum auth_udm_api api;
		enum auth_method method;
		const char *imsi, *name;
	} cases[] = {
		{ AUTH_UDM_HSS, AUTH_AKA_PRIME, "001010000000001", "5G:NSWO" },
		{ AUTH_UDM_HSS, AUTH_AKA_PRIME, "001010000000001", NULL },
		{ AUTH_UDM_AUSF, AUTH_AKA, "001010000000001", "5G:NSWO" },
		{ AUTH_UDM_AUSF, AUTH_AKA_PRIME, "001010000000001", "WLAN" },
		{ AUTH_UDM_HSS, AUTH_AKA, "0010/../x", NULL },
		{ AUTH_UDM_HSS, AUTH_AKA, "0010100000000012", NULL },
		{ AUTH_UDM_HSS, AUTH_AKA, "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct auth_ask ask = ask_for(cases[i].method, cases[i].name);
		ask.imsi = cases[i].imsi;
		assert_non_null(auth_udm_unaskable(cases[i].api, &ask));
	}
}

static void test_a_vector_is_taken_with_every_value_in_its_length(void **state)
{
	static const struct {
		enum auth_udm_api api;
		enum auth_method method;
		const char *body;
	} cases[] = {
		{ AUTH_UDM_HSS, AUTH_AKA, HSS("\"avType\":\"EAP_AKA\"," R X A K) },
		{ AUTH_UDM_HSS, AUTH_AKA_PRIME, HSS("\"avType\":\"EAP_AKA_PRIME\"," R X A K2) },
		{ AUTH_UDM_AUSF, AUTH_AKA_PRIME, AUSF("EAP_AKA_PRIME", SUPI, "\"avType\":\"EAP_AKA_PRIME\"," R X A K2) },
		{ AUTH_UDM_AUSF, AUTH_AKA_PRIME, AUSF("EAP_AKA_PRIME", "", "\"avType\":\"EAP_AKA_PRIME\"," R X A K2) },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct auth_ask ask = ask_for(cases[i].method, "WLAN");
		struct auth_vector v = { .xres_len = 0 };
		const char *why = NULL;
		assert_int_equal(auth_udm_read_vector(cases[i].api, &ask, es_slice_str(cases[i].body), &v, &why), ES_OK);
		assert_int_equal(v.xres_len, 8);
		assert_memory_equal(v.xres, "\xa5\x42\x11\xd5\xe3\xba\x50\xbf", 8);
		assert_memory_equal(v.rand, "\x23\x55\x3c\xbe\x96\x37\xa8\x9d\x21\x8a\xe6\x4d\xae\x47\xbf\x35", 16);
		assert_memory_equal(v.autn, "\x55\xf3\x28\xb4\x35\x77\xb9\xb9\x4a\x9f\xfa\xc3\x54\xdf\xaf\xb3", 16);
		assert_memory_equal(v.ck, "\xb4\x0b\xa9\xa3\xc5\x8b\x2a\x05\xbb\xf0\xd9\x87\xb2\x1b\xf8\xcb", 16);
		assert_memory_equal(v.ik, "\xf7\x69\xbc\xd7\x51\x04\x46\x04\x12\x76\x72\x71\x1c\x6d\x34\x41", 16);
	}
}

static void test_an_answer_that_is_not_that_vector_is_none(void **state)
{
	static const struct {
		enum auth_udm_api api;
		enum auth_method method;
		const char *body, *why;
	} cases[] = {
		{ AUTH_UDM_HSS, AUTH_AKA, "", "JSON" },
		{ AUTH_UDM_HSS, AUTH_AKA, "[]", "JSON" },
		{ AUTH_UDM_HSS, AUTH_AKA, "{}", "list" },
		{ AUTH_UDM_HSS, AUTH_AKA, "{\"hssAuthenticationVectors\":[]}", "list" },
		{ AUTH_UDM_HSS, AUTH_AKA, "{\"hssAuthenticationVectors\":{}}", "list" },
		{ AUTH_UDM_HSS, AUTH_AKA, "{\"hssAuthenticationVectors\":[{},{},{},{},{},{}]}", "list" },
		{ AUTH_UDM_HSS, AUTH_AKA, HSS(""), "kind" },
		{ AUTH_UDM_HSS, AUTH_AKA, HSS("\"avType\":\"EAP_AKA_PRIME\"," R X A K2), "kind" },
		{ AUTH_UDM_HSS, AUTH_AKA, HSS("\"avType\":\"IMS_AKA\"," R X A K), "kind" },
		{ AUTH_UDM_HSS, AUTH_AKA_PRIME, HSS("\"avType\":\"EAP_AKA\"," R X A K), "kind" },
		{ AUTH_UDM_HSS, AUTH_AKA_PRIME, HSS("\"avType\":\"EAP_AKA_PRIME\"," R X A K), "value" },
		{ AUTH_UDM_HSS, AUTH_AKA, HSS("\"avType\":\"EAP_AKA\"," X A K), "value" },
		{ AUTH_UDM_HSS, AUTH_AKA, HSS("\"avType\":\"EAP_AKA\",\"rand\":\"00\"," X A K), "value" },
		{ AUTH_UDM_HSS, AUTH_AKA, HSS("\"avType\":\"EAP_AKA\",\"rand\":null," X A K), "value" },
		{ AUTH_UDM_HSS, AUTH_AKA, HSS("\"avType\":\"EAP_AKA\"," R A K ",\"xres\":\"a542\""), "value" },
		{ AUTH_UDM_HSS, AUTH_AKA, HSS("\"avType\":\"EAP_AKA\"," R A K ",\"xres\":\"a54211d5e\""), "value" },
		{ AUTH_UDM_HSS, AUTH_AKA,
		  HSS("\"avType\":\"EAP_AKA\"," R A K ",\"xres\":\"a54211d5e3ba50bfa54211d5e3ba50bf00\""), "value" },
		{ AUTH_UDM_HSS, AUTH_AKA, HSS("\"avType\":\"EAP_AKA\"," R A K ",\"xres\":\"a54211d5e3ba50bx\""), "value" },
		{ AUTH_UDM_HSS, AUTH_AKA, HSS("\"avType\":\"EAP_AKA\"," R R X A K), "JSON" },
		{ AUTH_UDM_AUSF, AUTH_AKA_PRIME, AUSF("5G_AKA", SUPI, "\"avType\":\"5G_HE_AKA\"," R X A K2), "another method" },
		{ AUTH_UDM_AUSF, AUTH_AKA_PRIME, AUSF("EAP_TLS", SUPI, ""), "another method" },
		{ AUTH_UDM_AUSF, AUTH_AKA_PRIME,
		  AUSF("EAP_AKA_PRIME", "\"supi\":\"imsi-001010000000002\",", "\"avType\":\"EAP_AKA_PRIME\"," R X A K2),
		  "another subscriber" },
		{ AUTH_UDM_AUSF, AUTH_AKA_PRIME, AUSF("EAP_AKA_PRIME", "\"supi\":7,", "\"avType\":\"EAP_AKA_PRIME\"," R X A K2),
		  "another subscriber" },
		{ AUTH_UDM_AUSF, AUTH_AKA_PRIME, "{\"authType\":\"EAP_AKA_PRIME\"}", "no vector" },
	};
	static const struct auth_vector untouched;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct auth_ask ask = ask_for(cases[i].method, "WLAN");
		struct auth_vector v = { .xres_len = 0 };
		const char *why = NULL;
		es_status status = auth_udm_read_vector(cases[i].api, &ask, es_slice_str(cases[i].body), &v, &why);
		if (status != ES_MALFORMED || strstr(why, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].body, why);
		assert_memory_equal(&v, &untouched, sizeof v);
	}
}

static void test_causes_are_told_apart_by_the_table_and_all_else_is_away(void **state)
{
	static const struct {
		long code;
		const char *body;
		bool is_resync, has_token;
		enum auth_source_answer answer;
	} cases[] = {
		{ 404, "{\"cause\":\"USER_NOT_FOUND\"}", false, false, AUTH_SOURCE_UNKNOWN },
		{ 404, "{\"cause\":\"RESOURCE_URI_STRUCTURE_NOT_FOUND\"}", false, false, AUTH_SOURCE_AWAY },
		{ 404, "<html>", false, false, AUTH_SOURCE_AWAY },
		{ 403, "{\"cause\":\"AUTHENTICATION_REJECTED\"}", false, false, AUTH_SOURCE_REFUSED },
		{ 403, "{\"cause\":\"AUTHENTICATION_REJECTED\"}", true, false, AUTH_SOURCE_AUTS_INVALID },
		{ 403, "{\"cause\":\"SERVING_NETWORK_NOT_AUTHORIZED\"}", false, false, AUTH_SOURCE_REFUSED },
		{ 403, "{\"cause\":\"USER_NOT_FOUND\"}", false, false, AUTH_SOURCE_AWAY },
		{ 403, "", false, false, AUTH_SOURCE_AWAY },
		{ 401, "{}", true, false, AUTH_SOURCE_AUTS_INVALID },
		{ 401, "{}", true, true, AUTH_SOURCE_AWAY },
		{ 401, "{}", false, false, AUTH_SOURCE_AWAY },
		{ 501, "{\"cause\":\"UNSUPPORTED_PROTECTION_SCHEME\"}", false, false, AUTH_SOURCE_AWAY },
		{ 500, "{\"cause\":\"SYSTEM_FAILURE\"}", false, false, AUTH_SOURCE_AWAY },
		{ 429, "", false, false, AUTH_SOURCE_AWAY },
		{ 302, "", false, false, AUTH_SOURCE_AWAY },
	};
	char cause[AUTH_UDM_CAUSE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		auth_udm_read_cause(es_slice_str(cases[i].body), cause);
		assert_int_equal(auth_udm_answer_of(cases[i].code, cause, cases[i].is_resync, cases[i].has_token),
		                 cases[i].answer);
	}
	/* What is logged is a name. */
	auth_udm_read_cause(ES_SLICE_LIT("{\"cause\":\"Some text, with\\nlines\"}"), cause);
	assert_string_equal(cause, "");
}

static void test_a_token_is_asked_for_as_a_form_and_read_with_its_life(void **state)
{
	const struct auth_udm_client client = { .instance = "a&b", .nf_type = "AUSF", .scope = "nudm-ueau" };
	static const struct {
		const char *body;
		es_status status;
		int64_t life_s;
	} cases[] = {
		{ "{\"access_token\":\"a.b-c_d\",\"token_type\":\"Bearer\",\"expires_in\":60}", ES_OK, 60 },
		{ "{\"access_token\":\"a\",\"token_type\":\"bearer\"}", ES_OK, 0 },
		{ "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":0}", ES_MALFORMED, 0 },
		{ "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":\"60\"}", ES_MALFORMED, 0 },
		{ "{\"access_token\":\"a\",\"token_type\":\"MAC\"}", ES_MALFORMED, 0 },
		{ "{\"access_token\":\"\",\"token_type\":\"Bearer\"}", ES_MALFORMED, 0 },
		{ "{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"Bearer\"}", ES_MALFORMED, 0 },
		{ "{\"token_type\":\"Bearer\"}", ES_MALFORMED, 0 },
		{ "no", ES_MALFORMED, 0 },
	};
	char form[256] = "";
	struct es_buf out;

	(void)state;
	es_buf_init_fixed(&out, form, sizeof form - 1);
	assert_int_equal(auth_udm_write_token_request(&client, &out), ES_OK);
	assert_string_equal(form, "grant_type=client_credentials&nfInstanceId=a%26b&nfType=AUSF&targetNfType=UDM&"
	                          "scope=nudm-ueau");
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char token[64] = "";
		int64_t life_s = -1;
		es_buf_init_fixed(&out, token, sizeof token);
		assert_int_equal(auth_udm_read_token(es_slice_str(cases[i].body), &out, &life_s), cases[i].status);
		if (cases[i].status == ES_OK)
			assert_int_equal(life_s, cases[i].life_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions_are_as_ts_29_503_has_them),
		cmocka_unit_test(test_what_an_operation_cannot_give_is_not_asked_of_it),
		cmocka_unit_test(test_a_vector_is_taken_with_every_value_in_its_length),
		cmocka_unit_test(test_an_answer_that_is_not_that_vector_is_none),
		cmocka_unit_test(test_causes_are_told_apart_by_the_table_and_all_else_is_away),
		cmocka_unit_test(test_a_token_is_asked_for_as_a_form_and_read_with_its_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
