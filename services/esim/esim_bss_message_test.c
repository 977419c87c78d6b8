/* esim_bss_message_test.c -- what the order management is asked, and what its answers mean. */
#include "esim_bss_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "esim_activation_code.h"

static struct esim_heard read(const char *step, long code, const char *body)
{
	struct esim_heard heard;

	(void)esim_bss_read(step, code, es_slice_str(body), -1, &heard);
	return heard;
}

/* ---- what is asked ---- */

static void a_request_says_what_is_known_and_nothing_else(void **state)
{
	const struct esim_bss_request request = { .step = "order",
		                                      .order = "0a1b",
		                                      .tenant = "demo",
		                                      .kind = "transfer",
		                                      .app = "ap2009",
		                                      .imsi = "001010000000001",
		                                      .service = "",
		                                      .old_iccid = "8900100000000000001",
		                                      .device = { .id = "35", .name = "\"Ann's\"" },
		                                      .profile = { .msisdn = "" } };
	char room[512];
	struct es_buf out;

	(void)state;
	es_buf_init_fixed(&out, room, sizeof room);
	assert_int_equal(esim_bss_write(&request, &out), ES_OK);
	es_put_u8(&out, '\0');
	assert_string_equal(
		room, "{\"order\":\"0a1b\",\"tenant\":\"demo\",\"step\":\"order\",\"kind\":\"transfer\",\"app\":\"ap2009\","
			  "\"imsi\":\"001010000000001\",\"old_iccid\":\"8900100000000000001\","
			  "\"device\":{\"id\":\"35\",\"name\":\"\\\"Ann's\\\"\"}}");
}

/* ---- what it means ---- */

static void states_and_statuses_have_one_meaning_each(void **state)
{
	static const struct {
		const char *step;
		long code;
		const char *body;
		enum esim_heard_outcome outcome;
		const char *reason;
	} rows[] = {
		{ "order", 200, "{\"state\":\"done\"}", ESIM_HEARD_DONE, "" },
		{ "order", 202, "{\"state\":\"pending\"}", ESIM_HEARD_PENDING, "in work at the BSS" },
		{ "order", 200, "{\"state\":\"refused\",\"code\":\"no_credit\",\"message\":\"Top up\"}", ESIM_HEARD_REFUSED,
		  "no_credit: Top up" },
		{ "order", 422, "{\"code\":\"no_credit\"}", ESIM_HEARD_REFUSED, "no_credit" },
		{ "verify", 403, "{\"code\":\"7\",\"message\":\"wrong\"}", ESIM_HEARD_REFUSED, "7: wrong" },
		/* the same request is in work there already */
		{ "order", 409, "", ESIM_HEARD_PENDING, "in work at the BSS" },
		/* somebody who does not know what the question was about: a proxy, another path */
		{ "order", 404, "<html>", ESIM_HEARD_UNHEARD, "HTTP status 404" },
		{ "cancel", 404, "<html>", ESIM_HEARD_UNHEARD, "HTTP status 404" },
		{ "order", 404, "{\"code\":\"no_such_plan\"}", ESIM_HEARD_REFUSED, "no_such_plan" },
		/* nothing is there to be undone */
		{ "cancel", 404, "{\"code\":\"no_such_order\"}", ESIM_HEARD_DONE, "" },
		{ "deprovision", 410, "{\"code\":\"gone\"}", ESIM_HEARD_DONE, "" },
		{ "cancel", 422, "{\"code\":\"too_late\"}", ESIM_HEARD_REFUSED, "too_late" },
		{ "order", 401, "{\"code\":\"token\"}", ESIM_HEARD_UNHEARD, "HTTP status 401" },
		{ "order", 429, "", ESIM_HEARD_UNHEARD, "HTTP status 429" },
		{ "order", 503, "{\"code\":\"later\"}", ESIM_HEARD_UNHEARD, "HTTP status 503" },
		{ "order", 302, "{\"code\":\"moved\"}", ESIM_HEARD_UNHEARD, "HTTP status 302" },
		{ "order", 500, "{\"code\":\"oops\"}", ESIM_HEARD_LOST, "HTTP status 500" },
		{ "order", 504, "", ESIM_HEARD_LOST, "HTTP status 504" },
		{ "order", 200, "", ESIM_HEARD_LOST, "the answer is no JSON object with a state" },
		{ "order", 200, "[\"done\"]", ESIM_HEARD_LOST, "the answer is no JSON object with a state" },
		{ "order", 200, "{\"state\":\"ok\"}", ESIM_HEARD_LOST, "the answer's state is none that is known" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const struct esim_heard heard = read(rows[i].step, rows[i].code, rows[i].body);
		assert_int_equal(heard.outcome, rows[i].outcome);
		assert_string_equal(heard.reason, rows[i].reason);
	}
}

static void when_to_ask_again_is_said_in_the_body_or_in_the_header(void **state)
{
	static const struct {
		const char *body;
		int64_t header_s, ms;
	} rows[] = {
		{ "{\"state\":\"pending\"}", -1, 0 },
		{ "{\"state\":\"pending\"}", 30, 30000 },
		{ "{\"state\":\"pending\",\"retry_after_s\":60}", 30, 60000 },
		{ "{\"state\":\"pending\",\"retry_after_s\":-60}", -1, 0 },
		{ "{\"state\":\"pending\",\"retry_after_s\":9000000000000000}", -1, 86400000 },
	};
	struct esim_heard heard;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		(void)esim_bss_read("order", 200, es_slice_str(rows[i].body), rows[i].header_s, &heard);
		assert_int_equal(heard.outcome, ESIM_HEARD_PENDING);
		assert_int_equal(heard.retry_after_ms, rows[i].ms);
	}
}

static void what_somebody_else_answers_is_no_sign_of_health(void **state)
{
	static const struct {
		long code;
		const char *body;
		bool is_sound;
	} rows[] = {
		{ 200, "{\"state\":\"done\"}", true },
		{ 200, "{\"state\":\"done\",\"iccid\":\"1\"}", true }, /* of this order alone */
		{ 200, "{\"state\":\"pending\"}", true },
		{ 422, "{\"code\":\"no_credit\"}", true },
		{ 409, "", true },
		{ 200, "<html>", false },
		{ 404, "<html>", false },
		{ 401, "{\"code\":\"token\"}", false },
		{ 429, "", false },
		{ 502, "", false },
	};
	struct esim_heard heard;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		assert_int_equal(esim_bss_read("order", rows[i].code, es_slice_str(rows[i].body), -1, &heard),
		                 rows[i].is_sound);
}

static void what_was_ordered_is_taken_over(void **state)
{
	const struct esim_heard heard =
		read("order", 200,
	         "{\"state\":\"done\",\"profile_type\":\"companion\",\"plan\":\"watch\",\"iccid\":\"8900100000000000001F\","
	         "\"imsi\":\"001010000000009\",\"msisdn\":\"+9991\" \"\"}");
	const struct esim_heard whole = read(
		"order", 200,
		"{\"state\":\"done\",\"profile_type\":\"companion\",\"plan\":\"watch\",\"iccid\":\"8900100000000000001F\","
		"\"imsi\":\"001010000000009\",\"msisdn\":\"+999100000001\",\"smdp\":\"main\",\"smdp_address\":\"smdp.example\","
		"\"activation_code\":\"LPA:1$smdp.example$A-1\",\"confirmation_code\":\"4711\",\"note\":{},\"eid\":\"x\"}");

	(void)state;
	assert_int_equal(heard.outcome, ESIM_HEARD_LOST); /* no JSON */
	assert_int_equal(whole.outcome, ESIM_HEARD_DONE);
	assert_string_equal(whole.profile_type, "companion");
	assert_string_equal(whole.plan, "watch");
	assert_string_equal(whole.iccid, "8900100000000000001");
	assert_string_equal(whole.imsi, "001010000000009");
	assert_string_equal(whole.msisdn, "+999100000001");
	assert_string_equal(whole.smdp, "main");
	assert_string_equal(whole.smdp_address, "smdp.example");
	assert_string_equal(whole.activation_code, "1$smdp.example$A-1");
	assert_string_equal(whole.matching_id, "A-1");
	assert_string_equal(whole.confirmation_code, "4711");
	assert_string_equal(whole.eid, "");
}

/* It has acted: so it is asked again, under the same key, until its answer can be read. */
static void an_answer_with_a_member_that_is_none_counts_as_lost(void **state)
{
	static const struct {
		const char *member, *value;
	} rows[] = {
		{ "iccid", "\"89001\"" },
		{ "iccid", "\"890010000000000000012\"" },
		{ "iccid", "8900100000000000001" },
		{ "imsi", "\"00101\"" },
		{ "msisdn", "\"999100000001\"" },
		{ "smdp", "\"https://smdp\"" },
		{ "smdp_address", "\"a..b\"" },
		{ "activation_code", "\"1$smdp\"" },
		{ "plan", "\"a\\nb\"" },
		{ "confirmation_code", "\"12345678901234567\"" },
		{ "profile_type", "{}" },
	};
	char body[128], reason[64];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		(void)snprintf(body, sizeof body, "{\"state\":\"done\",\"%s\":%s}", rows[i].member, rows[i].value);
		(void)snprintf(reason, sizeof reason, "done, but %s is malformed", rows[i].member);
		const struct esim_heard heard = read("order", 200, body);
		assert_int_equal(heard.outcome, ESIM_HEARD_LOST);
		assert_string_equal(heard.reason, reason);
		(void)snprintf(body, sizeof body, "{\"state\":\"done\",\"%s\":%s}", rows[i].member, i % 2 ? "null" : "\"\"");
		assert_int_equal(read("order", 200, body).outcome, ESIM_HEARD_DONE);
	}
}

static void reasons_hold_no_numbers_of_people_and_end_between_characters(void **state)
{
	char body[256];
	const struct esim_heard heard =
		read("order", 422, "{\"code\":\"E123456\",\"message\":\"+49171234567 of\\n001010000000001 owes 12\"}");

	(void)state;
	assert_string_equal(heard.reason, "E123456: +########### of ############### owes 12");
	memset(body, 'x', sizeof body);
	memcpy(body, "{\"code\":\"", 9);
	memcpy(body + 9 + ESIM_REASON - 1, "\xc3\xa9", 2); /* half of it would be the last octet */
	memcpy(body + 200, "\"}", 3);
	const struct esim_heard cut = read("order", 422, body);
	assert_int_equal(strlen(cut.reason), ESIM_REASON - 1);
	assert_int_equal(cut.reason[ESIM_REASON - 2], 'x');
}

/* ---- activation codes: SGP.22 4.1 ---- */

static void an_activation_code_has_a_host_and_a_matching_id(void **state)
{
	static const struct {
		const char *text;
		bool is_good, needs_confirmation;
		const char *host, *matching_id;
	} rows[] = {
		{ "1$smdp.example.com$04386-AGYFT-A74Y8-3F815", true, false, "smdp.example.com", "04386-AGYFT-A74Y8-3F815" },
		{ "1$smdp.example.com$04386$1.3.6.1.4.1.31746$1", true, true, "smdp.example.com", "04386" },
		{ "1$smdp.example.com$04386$$1", true, true, "smdp.example.com", "04386" },
		{ "1$smdp.example.com$$1.3.6.1.4.1.31746", true, false, "smdp.example.com", "" },
		{ "1$smdp.example.com$", true, false, "smdp.example.com", "" },
		{ "1$smdp.example.com$04386$$$a1B2", true, false, "smdp.example.com", "04386" },
		{ "LPA:1$smdp.example.com$04386", true, false, "smdp.example.com", "04386" },
		{ "", false, false, "", "" },
		{ "1$smdp.example.com", false, false, "", "" },
		{ "2$smdp.example.com$04386", false, false, "", "" },
		{ "1$$04386", false, false, "", "" },
		{ "1$smdp.example.com:443$04386", false, false, "", "" },
		{ "1$-smdp.example$04386", false, false, "", "" },
		{ "1$smdp.example.$04386", false, false, "", "" },
		{ "1$smdp.example$04 386", false, false, "", "" },
		{ "1$smdp.example$04386$x", false, false, "", "" },
		{ "1$smdp.example$04386$$2", false, false, "", "" },
		{ "1$smdp.example$04386$$1$ab$c", false, false, "", "" },
		{ "lpa:1$smdp.example$04386", false, false, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct esim_activation_code code = { .host = { NULL, 0 } };
		const es_status status = esim_activation_code_parse(es_slice_str(rows[i].text), &code);
		assert_int_equal(status, rows[i].is_good ? ES_OK : ES_MALFORMED);
		assert_int_equal(code.needs_confirmation, rows[i].needs_confirmation);
		assert_true(es_slice_eq_str(code.host, rows[i].host));
		assert_true(es_slice_eq_str(code.matching_id, rows[i].matching_id));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_says_what_is_known_and_nothing_else),
		cmocka_unit_test(states_and_statuses_have_one_meaning_each),
		cmocka_unit_test(when_to_ask_again_is_said_in_the_body_or_in_the_header),
		cmocka_unit_test(what_somebody_else_answers_is_no_sign_of_health),
		cmocka_unit_test(what_was_ordered_is_taken_over),
		cmocka_unit_test(an_answer_with_a_member_that_is_none_counts_as_lost),
		cmocka_unit_test(reasons_hold_no_numbers_of_people_and_end_between_characters),
		cmocka_unit_test(an_activation_code_has_a_host_and_a_matching_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
