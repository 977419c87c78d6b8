/* gw_request_test.c -- what devices send, by query and by JSON, and what it means (TS.43 2.3 to 2.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_buf.h"
#include "es_cleanup.h"
#include "gw_outcome.h"
#include "gw_request.h"

#define COMMON "terminal_id=356938035643809&entitlement_version=12.0"
#define ASK COMMON "&app=ap2004"

static struct es_arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = es_arena_new(0, 1u << 20);
	return arena == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	es_arena_free(arena);
	return 0;
}

static enum gw_fault by_query(const char *query, struct gw_device_request *out)
{
	struct gw_params params = { .count = 0 };
	enum gw_fault fault = gw_query_parse(es_slice_str(query), arena, &params);

	return fault != GW_FAULT_NONE ? fault : gw_request_build(&params, 12, out);
}

static enum gw_fault by_json(const char *body, struct gw_device_request *out)
{
	struct gw_params params = { .count = 0 };
	struct es_slice packet = { NULL, 0 };
	enum gw_fault fault = gw_json_parse(es_slice_str(body), arena, &params, &packet);

	return fault != GW_FAULT_NONE ? fault : gw_request_build(&params, 12, out);
}

static const char *apps_of(const struct gw_device_request *request)
{
	struct es_buf text;

	es_buf_init_fixed(&text, es_arena_alloc(arena, 256), 255);
	for (size_t i = 0; i < request->app_count; i++)
		es_put_printf(&text, "%s" ES_SLICE_FMT, i > 0 ? " " : "", ES_SLICE_ARG(request->apps[i]));
	return es_arena_strdup(arena, es_buf_slice(&text));
}

#define assert_slice(slice, text) assert_true(es_slice_eq_str(slice, text))

/* ---- faults ---- */

static void requests_that_lack_or_distort_what_is_needed_are_refused(void **state)
{
	static const struct {
		const char *query;
		enum gw_fault fault;
		unsigned status;
	} rows[] = {
		{ ASK, GW_FAULT_NONE, 0 },
		{ "entitlement_version=12.0&app=ap2004", GW_FAULT_TERMINAL, 400 },            /* V12-REQ-09 */
		{ "entitlement_version=12.0&app=ap2004&requestor_id=mdm", GW_FAULT_NONE, 0 }, /* V12-REQ-10 */
		{ "entitlement_version=12.0&app=ap2004&terminal_id=3c9a1f6e-0c52-4d0c-9a54-7f1d6f6f9b20", GW_FAULT_NONE,
		  0 },                                                                        /* V12-REQ-11 */
		{ "entitlement_version=12.0&app=ap2004&terminal_id=", GW_FAULT_NONE, 0 },     /* settled 9 */
		{ "entitlement_version=12.0&app=ap2004&terminal_id=null", GW_FAULT_NONE, 0 }, /* settled 9 */
		{ COMMON, GW_FAULT_APP, 400 },                                                /* V12-REQ-12 */
		{ COMMON "&app=", GW_FAULT_APP, 400 },
		{ COMMON "&app=ap2999", GW_FAULT_APP, 400 }, /* settled 10 */
		{ COMMON "&app=ap2999&app=ap2004", GW_FAULT_NONE, 0 },
		{ COMMON "&app=ap9101", GW_FAULT_NONE, 0 }, /* an operator's own, for all the gateway knows */
		{ COMMON "&app=ap910x", GW_FAULT_APP, 400 },
		{ "terminal_id=1&app=ap2004", GW_FAULT_VERSION, 400 }, /* V12-REQ-13 */
		{ "terminal_id=1&app=ap2004&entitlement_version=12", GW_FAULT_VERSION, 400 },
		{ "terminal_id=1&app=ap2004&entitlement_version=12.", GW_FAULT_VERSION, 400 },
		{ "terminal_id=1&app=ap2004&entitlement_version=.0", GW_FAULT_VERSION, 400 },
		{ "terminal_id=1&app=ap2004&entitlement_version=1.2.3", GW_FAULT_VERSION, 400 },
		{ "terminal_id=1&app=ap2004&entitlement_version=-1.0", GW_FAULT_VERSION, 400 },
		{ "terminal_id=1&app=ap2004&entitlement_version=twelve", GW_FAULT_VERSION, 400 },
		{ "terminal_id=1&app=ap2004&entitlement_version=13.0", GW_FAULT_VERSION_UNSUPPORTED, 406 }, /* V12-VER-01 */
		{ "terminal_id=1&app=ap2004&entitlement_version=99999999999999999999.0", GW_FAULT_VERSION_UNSUPPORTED, 406 },
		{ ASK "&notif_token=t", GW_FAULT_NOTIF, 400 },                  /* V12-REQ-15 */
		{ ASK "&notif_token=t&notif_action=two", GW_FAULT_NOTIF, 400 }, /* settled 11 */
		{ ASK "&notif_action=2.0", GW_FAULT_NOTIF, 400 },
		{ ASK "&notif_token=null", GW_FAULT_NONE, 0 },
		{ ASK "&token=a&TOKEN=b", GW_FAULT_REPEATED, 400 },
		{ ASK "&token=a&token=a", GW_FAULT_NONE, 0 },
		{ ASK "&x=%zz", GW_FAULT_SYNTAX, 400 },
		{ ASK "&x=%4", GW_FAULT_SYNTAX, 400 },
		{ ASK "&x=%ff", GW_FAULT_TEXT, 400 },
		{ ASK "&x=%00", GW_FAULT_TEXT, 400 },
		{ ASK "&terminal_vendor=VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV&terminal_model=",
		  GW_FAULT_NONE, 0 },                                        /* V12-REQ-14 */
		{ ASK "&favourite_colour=blue&&=x&flag", GW_FAULT_NONE, 0 }, /* V12-REQ-18 */
		/* V12-DCB-01: carrier billing is a matter of one user of one store */
		{ COMMON "&app=ap2012&store_vendor=S1&store_user_id=u", GW_FAULT_NONE, 0 },
		{ COMMON "&app=AP2012&STORE_VENDOR=S1&store_user_id=u&MSG_btn=1", GW_FAULT_NONE, 0 },
		{ COMMON "&app=ap2012&store_vendor=S1&store_user_id=u&MSG_btn=", GW_FAULT_NONE, 0 },
		{ COMMON "&app=ap2012", GW_FAULT_APP_PARAM, 400 },
		{ COMMON "&app=ap2012&store_vendor=S1", GW_FAULT_APP_PARAM, 400 },
		{ COMMON "&app=ap2012&store_user_id=u", GW_FAULT_APP_PARAM, 400 },
		{ COMMON "&app=ap2004&app=ap2012&store_vendor=S1&store_user_id=", GW_FAULT_APP_PARAM, 400 },
		{ COMMON "&app=ap2012&store_vendor=null&store_user_id=u", GW_FAULT_APP_PARAM, 400 },
		{ COMMON "&app=ap2012&store_vendor=S1&store_user_id=u&MSG_btn=2", GW_FAULT_APP_PARAM, 400 },
		{ COMMON "&app=ap2012&store_vendor=S1&store_user_id=u&MSG_btn=10", GW_FAULT_APP_PARAM, 400 },
		{ COMMON "&app=ap2012&store_vendor=S1&store_user_id=u&MSG_btn=1&MSG_btn=0", GW_FAULT_REPEATED, 400 },
		{ COMMON "&app=ap2012&store_vendor=S1&store_vendor=S2&store_user_id=u", GW_FAULT_REPEATED, 400 },
		{ ASK "&MSG_btn=7", GW_FAULT_NONE, 0 },
	};
	struct gw_device_request request;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		enum gw_fault fault = by_query(rows[i].query, &request);

		if (fault != rows[i].fault)
			fail_msg("%s: %s instead of %s", rows[i].query, gw_fault_label(fault), gw_fault_label(rows[i].fault));
		if (fault != GW_FAULT_NONE)
			assert_int_equal(gw_outcome_status(gw_outcome_of_fault(fault)), rows[i].status);
	}
}

static void bounds_hold(void **state)
{
	struct gw_device_request request;
	struct es_buf query;

	(void)state;
	es_buf_init(&query, 100000);
	es_put_str(&query, ASK "&token=");
	for (int i = 0; i < GW_TOKEN_MAX; i++)
		es_put_u8(&query, 'a');
	assert_int_equal(by_query(es_arena_strdup(arena, es_buf_slice(&query)), &request), GW_FAULT_NONE);
	es_put_u8(&query, 'a');
	assert_int_equal(by_query(es_arena_strdup(arena, es_buf_slice(&query)), &request), GW_FAULT_TOO_LONG);
	es_buf_reset(&query);
	es_put_str(&query, ASK "&x=");
	for (int i = 0; i <= GW_VALUE_MAX; i++)
		es_put_u8(&query, 'a');
	assert_int_equal(by_query(es_arena_strdup(arena, es_buf_slice(&query)), &request), GW_FAULT_TOO_LONG);
	es_buf_reset(&query);
	es_put_str(&query, ASK);
	for (int i = 0; i < GW_PARAMS_MAX; i++)
		es_put_printf(&query, "&x%d=1", i);
	assert_int_equal(by_query(es_arena_strdup(arena, es_buf_slice(&query)), &request), GW_FAULT_TOO_MANY);
	es_buf_free(&query);
}

/* ---- meaning ---- */

/* V12-REQ-05, V12-REQ-06, V12-REQ-07, V12-REQ-08, V12-REQ-17 */
static void applications_are_read_in_every_form_that_clients_send(void **state)
{
	static const struct {
		const char *query, *json, *apps;
	} rows[] = {
		{ "app=ap2003&app=ap2004", "[\"ap2003\",\"ap2004\"]", "ap2003 ap2004" },
		{ "app=%5Bap2004%2Cap2003%2C%20ap2005%5D", "\"[ap2004,ap2003, ap2005]\"", "ap2004 ap2003 ap2005" },
		{ "app=ap2004,ap2003", "\"ap2004,ap2003\"", "ap2004 ap2003" },
		{ "app=AP2004&app=ap2004&App=Ap2003", "[\"AP2004\",\"ap2004\",\"Ap2003\"]", "ap2004 ap2003" },
		{ "app=ap2004", "\"ap2004\"", "ap2004" },
		{ "app=ap2004", "[\"ap2004\"]", "ap2004" },
		{ "app=%5B%22ap2004%22%5D", "\"[\\\"ap2004\\\"]\"", "ap2004" },
		{ "app=ap2999&app=ap2004", "[\"ap2999\",\"ap2004\"]", "ap2004" },
	};
	struct gw_device_request request;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const char *query = es_arena_printf(arena, COMMON "&%s", rows[i].query);
		const char *body =
			es_arena_printf(arena, "{\"terminal_id\":\"1\",\"entitlement_version\":\"12.0\",\"app\":%s}", rows[i].json);

		assert_int_equal(by_query(query, &request), GW_FAULT_NONE);
		assert_string_equal(apps_of(&request), rows[i].apps);
		assert_int_equal(by_json(body, &request), GW_FAULT_NONE);
		assert_string_equal(apps_of(&request), rows[i].apps);
	}
}

/* V12-VER-02, V12-VER-03 */
static void versions_are_compared_by_component_and_a_newer_minor_is_served_as_ours(void **state)
{
	static const struct {
		const char *version;
		uint32_t major, minor;
	} rows[] = { { "1.0", 1, 0 },     { "2.0", 2, 0 },     { "6.1", 6, 1 },  { "6.10", 6, 10 },
		         { "11.10", 11, 10 }, { "012.00", 12, 0 }, { "12.1", 12, 0 } };
	struct gw_device_request request;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const char *query = es_arena_printf(arena, "terminal_id=1&app=ap2004&entitlement_version=%s", rows[i].version);

		assert_int_equal(by_query(query, &request), GW_FAULT_NONE);
		assert_int_equal(request.version_major, rows[i].major);
		assert_int_equal(request.version_minor, rows[i].minor);
	}
}

static void vers_is_its_leading_integer(void **state)
{
	static const struct {
		const char *text;
		int64_t vers;
	} rows[] = { { "0", 0 }, { "7", 7 }, { "-3", -3 }, { "1 HTTP/1.1", 1 },
		         { "x", 0 }, { "", 0 },  { "-", 0 },   { "99999999999999999999", 0 } };
	struct gw_device_request request;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		assert_int_equal(by_query(es_arena_printf(arena, ASK "&vers=%s", rows[i].text), &request), GW_FAULT_NONE);
		assert_int_equal(request.vers, rows[i].vers);
	}
}

/* V12-REQ-16 */
static void any_number_is_a_notif_action(void **state)
{
	static const struct {
		const char *text;
		int32_t action;
	} rows[] = { { "0", 0 }, { "4", 4 }, { "5", 5 }, { "-1", -1 }, { "99999999999999999999", INT32_MAX } };
	struct gw_device_request request;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const char *query = es_arena_printf(arena, ASK "&notif_token=t&notif_action=%s", rows[i].text);

		assert_int_equal(by_query(query, &request), GW_FAULT_NONE);
		assert_true(request.has_notif);
		assert_int_equal(request.notif_action, rows[i].action);
	}
	assert_int_equal(by_query(ASK, &request), GW_FAULT_NONE);
	assert_false(request.has_notif);
}

static void the_word_null_is_an_absent_value(void **state)
{
	struct gw_device_request request;

	(void)state;
	assert_int_equal(
		by_query("terminal_id=null&gid1=null&EAP_ID=null&IMSI=null&token=null&" COMMON "&app=ap2004", &request),
		GW_FAULT_REPEATED);
	assert_int_equal(
		by_query("terminal_id=null&gid1=NULL&eap_id=null&imsi=null&token=null&entitlement_version=2.0&app=ap2004"
	             "&companion_terminal_id=null",
	             &request),
		GW_FAULT_NONE);
	assert_int_equal(request.param_count, 0);
	assert_int_equal(
		request.terminal_id.len + request.gid1.len + request.eap_id.len + request.imsi.len + request.token.len, 0);
}

static void base64_and_telephone_numbers_may_come_unescaped(void **state)
{
	struct gw_device_request request;

	(void)state;
	assert_int_equal(by_query(ASK "&token=q0Y+t4c/9xW==&terminal_model=Model+9 X&msisdn=+15550000001", &request),
	                 GW_FAULT_NONE);
	assert_slice(request.token, "q0Y+t4c/9xW==");
	assert_slice(request.terminal_model, "Model 9 X");
	assert_slice(request.params[0].value, "+15550000001");
	/* V12-AUTH-18 */
	assert_int_equal(
		by_query(ASK "&EAP_ID=0001010123456789%40nai.epc.mnc001.mcc001.3gppnetwork.org&token=q0Yt4c%2F9xW", &request),
		GW_FAULT_NONE);
	assert_slice(request.eap_id, "0001010123456789@nai.epc.mnc001.mcc001.3gppnetwork.org");
	assert_slice(request.token, "q0Yt4c/9xW");
}

static void what_else_there_is_is_passed_on_and_credentials_never(void **state)
{
	struct gw_device_request request;

	(void)state;
	assert_int_equal(by_query(ASK "&token=a&temporary_token=b&operator_token=c&access_token=d&EAP_ID=e&Operation_Type=1"
	                              "&target_terminal_imeis=1&target_terminal_imeis=2",
	                          &request),
	                 GW_FAULT_NONE);
	assert_int_equal(request.param_count, 3);
	assert_slice(request.params[0].name, "Operation_Type");
	assert_slice(request.params[1].value, "1");
	assert_slice(request.params[2].value, "2");
}

/* ---- JSON ---- */

/* V12-REQ-02, V12-REQ-04, V12-REQ-08 */
static void json_values_may_be_texts_numbers_and_booleans(void **state)
{
	struct gw_device_request request;

	(void)state;
	assert_int_equal(
		by_json("{\"terminal_id\":356938035643809,\"entitlement_version\":\"12.0\",\"app\":\"ap2006\",\"vers\":7,"
	            "\"operation\":\"CheckEligibility\",\"operation_type\":2,\"share\":0.5,\"flag\":true,"
	            "\"gid1\":null,\"notif_action\":2,\"notif_token\":\"t\",\"token\":\"a%2Fb\"}",
	            &request),
		GW_FAULT_NONE);
	assert_slice(request.terminal_id, "356938035643809");
	assert_int_equal(request.vers, 7);
	assert_int_equal(request.notif_action, 2);
	assert_slice(request.token, "a%2Fb"); /* JSON is not percent-decoded */
	assert_slice(request.params[0].value, "2");
	assert_slice(request.params[1].value, "0.5");
	assert_slice(request.params[2].value, "true");
	assert_int_equal(request.gid1.len, 0);
}

/* V12-REQ-18 */
static void structures_with_unknown_names_are_passed_over(void **state)
{
	struct gw_device_request request;

	(void)state;
	assert_int_equal(
		by_json("{\"terminal_id\":\"1\",\"entitlement_version\":\"12.0\",\"app\":\"ap2004\",\"x\":{\"y\":1},"
	            "\"z\":[\"a\",[1],{},null]}",
	            &request),
		GW_FAULT_NONE);
	assert_int_equal(request.param_count, 1);
	assert_slice(request.params[0].value, "a");
}

/* V12-AUTH-15 */
static void bodies_that_are_not_an_object_of_values_are_refused(void **state)
{
	static const struct {
		const char *body;
		enum gw_fault fault;
	} rows[] = {
		{ "", GW_FAULT_SYNTAX },
		{ "[]", GW_FAULT_SYNTAX },
		{ "{", GW_FAULT_SYNTAX },
		{ "{}x", GW_FAULT_SYNTAX },
		{ "{\"a\":1,\"a\":2}", GW_FAULT_SYNTAX },
		{ "{\"token\":{}}", GW_FAULT_SYNTAX },
		{ "{\"App\":[[\"ap2004\"]]}", GW_FAULT_SYNTAX },
		{ "{\"eid\":89049032000000000000000000000001}", GW_FAULT_SYNTAX }, /* digits would be lost */
		{ "{\"eap-relay-packet\":5}", GW_FAULT_PACKET },
		{ "{\"eap-relay-packet\":\"\"}", GW_FAULT_PACKET },
		{ "{\"eap-relay-packet\":\"****\"}", GW_FAULT_PACKET },
	};
	struct gw_device_request request;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		if (by_json(rows[i].body, &request) != rows[i].fault)
			fail_msg("%s", rows[i].body);
}

static void an_eap_answer_is_known_by_its_member(void **state)
{
	struct gw_params params = { .count = 0 };
	struct es_slice packet = { NULL, 0 };

	(void)state;
	assert_int_equal(
		gw_json_parse(ES_SLICE_LIT("{\"app\":\"ap2004\",\"eap-relay-packet\":\"AgEABBcB\"}"), arena, &params, &packet),
		GW_FAULT_NONE);
	assert_int_equal(params.count, 0);
	assert_int_equal(packet.len, 6);
	assert_memory_equal(packet.ptr, "\x02\x01\x00\x04\x17\x01", 6);
}

/* ---- outcomes ---- */

/* V12-HTTP-02, V12-HTTP-07, V12-HTTP-08, V12-AUTH-10 */
static void failures_that_pass_are_503_and_all_others_500(void **state)
{
	(void)state;
	for (es_status status = ES_MALFORMED; status < ES_STATUS_COUNT; status++) {
		bool passes = status == ES_BUSY || status == ES_UNAVAILABLE || status == ES_TIMEOUT;

		assert_int_equal(gw_outcome_status(gw_outcome_of_status(status)), passes ? 503 : 500);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_that_lack_or_distort_what_is_needed_are_refused),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(applications_are_read_in_every_form_that_clients_send),
		cmocka_unit_test(versions_are_compared_by_component_and_a_newer_minor_is_served_as_ours),
		cmocka_unit_test(vers_is_its_leading_integer),
		cmocka_unit_test(any_number_is_a_notif_action),
		cmocka_unit_test(the_word_null_is_an_absent_value),
		cmocka_unit_test(base64_and_telephone_numbers_may_come_unescaped),
		cmocka_unit_test(what_else_there_is_is_passed_on_and_credentials_never),
		cmocka_unit_test(json_values_may_be_texts_numbers_and_booleans),
		cmocka_unit_test(structures_with_unknown_names_are_passed_over),
		cmocka_unit_test(bodies_that_are_not_an_object_of_values_are_refused),
		cmocka_unit_test(an_eap_answer_is_known_by_its_member),
		cmocka_unit_test(failures_that_pass_are_503_and_all_others_500),
	};

	return cmocka_run_group_tests_name("gw_request", tests, set_up, tear_down);
}
