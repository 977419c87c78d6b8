/* policy_bss_test.c -- what the operator's own systems say, in the database: answers, events in and out of order, what
 * cannot be applied, lists; and signatures. On every engine there is. */
#include "policy_testing.h"

#include "es_crypto.h"
#include "es_text.h"
#include "policy_bss.h"
#include "policy_engine_bss.h"

#define SECRET "a-secret-that-signs-events"
#define CRM "tenant=demo&source=crm"
#define APPLY "tenant=demo&imsi=" TEST_IMSI "&source=crm&create="

static struct policy_test test;
static struct policy_bss *bss;

static enum policy_bss_outcome keep_nothing(void *user, const struct policy_bss_result *result)
{
	(void)user;
	return result->outcome;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(chmod(path, 0600), 0);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int begin(void **state)
{
	char dir[] = "/tmp/policy_bss_test.XXXXXX", secret[64], conf[64], mapping[64], text[512], room[512];
	struct es_buf error;

	(void)state;
	es_crypto_init();
	assert_non_null(mkdtemp(dir));
	(void)snprintf(secret, sizeof secret, "%s/secret", dir);
	(void)snprintf(conf, sizeof conf, "%s/bss.conf", dir);
	(void)snprintf(mapping, sizeof mapping, "%s/list.json", dir);
	write_file(secret, SECRET "\n");
	write_file(mapping, "{\"members\": {\"imsi\": {\"from\": \"SIM\"}, \"plan\": {\"from\": \"P\", \"values\": {\"F\": "
	                    "\"full\", \"N\": \"none\"}}}}");
	(void)snprintf(text, sizeof text,
	               "[bss crm]\nwebhook_secret_file = %s\nfile_mapping = %s\n[bss mute]\nproduct_mapping =\n", secret,
	               mapping);
	write_file(conf, text);
	es_buf_init_fixed(&error, room, sizeof room);
	const struct policy_bss_options options = { .file = conf, .apply = keep_nothing };
	if (policy_bss_start(&options, &bss, &error) != ES_OK)
		fail_msg(ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	(void)unlink(secret);
	(void)unlink(conf);
	(void)unlink(mapping);
	(void)rmdir(dir);
	return 0;
}

static int end(void **state)
{
	(void)state;
	policy_bss_stop(bss);
	policy_bss_free(bss);
	return 0;
}

static void open_test(unsigned engine)
{
	policy_test_open(&test, engine, "policy_bss");
	policy_test_populate(&test);
	test.bss = bss;
	policy_test_do(&test, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo",
	               "{\"bss\":{\"source\":\"crm\",\"events_from\":[\"mute\"],\"create_unknown\":true}}");
}

#define EACH_ENGINE                                                                                                    \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (open_test(engine), true); once; once = false, policy_test_close(&test))

static void expect_body(const char *text)
{
	if (strstr(test.body, text) == NULL)
		fail_msg("no %s in %s", text, test.body);
}

/* In the name of the source. */
static void as_source(enum policy_admin_outcome expected, const char *action, const char *params, const char *body)
{
	test.system = "bss:crm";
	policy_test_do(&test, expected, action, params, body);
	test.system = NULL;
}

static void tell(const char *id, const char *time, const char *rest, enum policy_told told)
{
	char body[512];

	(void)snprintf(body, sizeof body, "{\"id\":\"%s\",\"time\":\"2026-01-01T%sZ\",\"imsi\":\"" TEST_IMSI "\",%s}", id,
	               time, rest);
	as_source(told == POLICY_TOLD_APPLIED || told == POLICY_TOLD_UNCHANGED ? POLICY_ADMIN_DONE : POLICY_ADMIN_ACCEPTED,
	          "bss.event", CRM, body);
	assert_int_equal(test.last.told, told);
}

#define PLAN(plan) "\"type\":\"plan.changed\",\"change\":{\"plan\":\"" plan "\"}"

static void expect_plan(const char *plan)
{
	char text[64];

	policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
	(void)snprintf(text, sizeof text, "\"plan\":\"%s\"", plan);
	expect_body(text);
}

static void an_answer_is_a_change_when_it_is_one(void **state)
{
	EACH_ENGINE
	{
		as_source(POLICY_ADMIN_DONE, "bss.apply", APPLY "false", "{\"plan\":\"full\"}");
		expect_body("unchanged");
		assert_int_equal(test.last.sequence, 0);
		assert_int_equal(test.last.audit_id, 0);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		expect_body("\"bss_answered\":\"2");
		as_source(POLICY_ADMIN_DONE, "bss.apply", APPLY "false", "{\"plan\":\"none\"}");
		assert_true(test.last.sequence > 0 && test.last.audit_id > 0);
		expect_plan("none");
		as_source(POLICY_ADMIN_INVALID, "bss.apply", APPLY "false", "{\"plan\":\"gone\"}");
		as_source(POLICY_ADMIN_INVALID, "bss.apply", APPLY "false", "{\"imsi\":\"001010000000001\"}");
		as_source(POLICY_ADMIN_INVALID, "bss.apply", APPLY "false", "{\"colour\":\"red\"}");
		as_source(POLICY_ADMIN_DONE, "bss.apply", APPLY "false", ""); /* the source does not know it */
		expect_plan("none");
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", TEST_LINE "&app=ap2005", "");
		expect_body("\"source\":\"crm\"");
	}
}

static void a_line_is_made_only_where_that_is_wanted(void **state)
{
	static const char params[] = "tenant=demo&imsi=001010000000007&source=crm&create=";
	char with[96];

	EACH_ENGINE
	{
		(void)snprintf(with, sizeof with, "%sfalse", params);
		as_source(POLICY_ADMIN_DONE, "bss.apply", with, "{\"plan\":\"full\"}");
		expect_body("gone");
		(void)snprintf(with, sizeof with, "%strue", params);
		as_source(POLICY_ADMIN_INVALID, "bss.apply", with, "{\"msisdn\":\"+34600000002\"}"); /* not all of a line */
		as_source(POLICY_ADMIN_DONE, "bss.apply", with, "{\"plan\":\"full\"}");
		expect_body("created");
	}
}

static void nobody_with_a_credential_may_do_what_the_link_does(void **state)
{
	EACH_ENGINE
	{
		policy_test_do(&test, POLICY_ADMIN_INVALID, "bss.apply", APPLY "false", "{\"plan\":\"none\"}");
		expect_plan("full");
	}
}

static void a_tenant_names_sections_that_there_are(void **state)
{
	EACH_ENGINE
	{
		policy_test_do(&test, POLICY_ADMIN_INVALID, "tenant.put", "tenant=demo", "{\"bss\":{\"source\":\"crn\"}}");
		expect_body("bss.source");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "tenant.put", "tenant=demo", "{\"bss\":{\"events_from\":[\"x\"]}}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "tenant.put", "tenant=demo", "{\"bss\":{\"mode\":\"query\"}}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "tenant.put", "tenant=demo",
		               "{\"bss\":{\"when_away\":\"default_plan\"}}");
	}
}

static void who_is_erased_is_in_no_dead_letter_any_more(void **state)
{
	EACH_ENGINE
	{
		tell("1", "12:00:00", PLAN("never"), POLICY_TOLD_DEAD);
		tell("2", "12:00:00", "\"type\":\"line.erased\"", POLICY_TOLD_APPLIED);
		policy_test_do(&test, POLICY_ADMIN_DONE, "bss.dead-letter.list", "tenant=demo", "");
		expect_body("\"items\":[]");
	}
}

static void events_are_taken_once_and_in_their_order(void **state)
{
	EACH_ENGINE
	{
		tell("1", "12:00:00", PLAN("none"), POLICY_TOLD_APPLIED);
		tell("1", "12:00:00", PLAN("none"), POLICY_TOLD_DUPLICATE);
		tell("2", "11:59:59", PLAN("full"), POLICY_TOLD_OUTDATED);
		expect_plan("none");
		tell("3", "12:00:00", PLAN("none"), POLICY_TOLD_UNCHANGED); /* of the same moment */
		tell("4", "12:00:01", PLAN("full"), POLICY_TOLD_APPLIED);
		as_source(POLICY_ADMIN_DONE, "bss.event", "tenant=demo&source=mute",
		          "{\"id\":\"1\",\"time\":\"2026-01-01T11:00:00Z\",\"imsi\":\"" TEST_IMSI "\"," PLAN("none") "}");
		expect_plan("none"); /* another source has another clock, and ids of its own */
	}
}

static void the_order_goes_with_the_line_to_another_sim(void **state)
{
	EACH_ENGINE
	{
		tell("1", "12:00:00", "\"type\":\"sim.swapped\",\"new_imsi\":\"001010000000008\"", POLICY_TOLD_APPLIED);
		as_source(POLICY_ADMIN_ACCEPTED, "bss.event", CRM,
		          "{\"id\":\"2\",\"time\":\"2026-01-01T11:00:00Z\",\"imsi\":\"001010000000008\"," PLAN("none") "}");
		assert_int_equal(test.last.told, POLICY_TOLD_OUTDATED);
		tell("3", "13:00:00", "\"type\":\"line.suspended\"", POLICY_TOLD_DEAD);
		as_source(
			POLICY_ADMIN_DONE, "bss.event", CRM,
			"{\"id\":\"4\",\"time\":\"2026-01-01T13:00:00Z\",\"imsi\":\"001010000000008\",\"type\":\"line.erased\"}");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "subscriber.get", "tenant=demo&imsi=001010000000008", "");
	}
}

static void what_cannot_be_applied_waits_to_be_tried_again(void **state)
{
	char params[64];

	EACH_ENGINE
	{
		tell("1", "12:00:00", PLAN("later"), POLICY_TOLD_DEAD);
		policy_test_do(&test, POLICY_ADMIN_DONE, "bss.dead-letter.list", "tenant=demo", "");
		expect_body("\"reason\":\"plan: no such plan\"");
		(void)snprintf(params, sizeof params, "tenant=demo&letter=%ld",
		               strtol(strstr(test.body, "\"id\":\"") + 6, NULL, 10));
		policy_test_do(&test, POLICY_ADMIN_ACCEPTED, "bss.dead-letter.replay", params, "");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "plan.put", "tenant=demo&plan=later", "{\"id\":\"later\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "bss.dead-letter.replay", params, "");
		expect_plan("later");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "bss.dead-letter.replay", params, "");
		/* Overtaken meanwhile: it leaves, and does nothing. */
		tell("2", "12:30:00", PLAN("never"), POLICY_TOLD_DEAD);
		tell("3", "13:00:00", PLAN("full"), POLICY_TOLD_APPLIED);
		policy_test_do(&test, POLICY_ADMIN_DONE, "bss.dead-letter.list", "tenant=demo", "");
		(void)snprintf(params, sizeof params, "tenant=demo&letter=%ld",
		               strtol(strstr(test.body, "\"id\":\"") + 6, NULL, 10));
		policy_test_do(&test, POLICY_ADMIN_ACCEPTED, "bss.dead-letter.replay", params, "");
		expect_body("outdated");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "bss.dead-letter.delete", params, "");
		expect_plan("full");
	}
}

static void a_list_of_a_source_is_read_by_its_mapping(void **state)
{
	EACH_ENGINE
	{
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.import", CRM,
		               "{\"rows\":[{\"SIM\":\"" TEST_IMSI
		               "\",\"P\":\"N\"},{\"SIM\":\"001010000000009\",\"P\":\"F\"},{\"P\":\"Z\"}]}");
		expect_body("\"created\":1,\"changed\":1,\"unchanged\":0,\"refused\":1");
		expect_plan("none");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.list", "tenant=demo&unanswered_since=2020-01-01T00:00:00Z",
		               "");
		expect_body("\"items\":[]");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "subscriber.put", "tenant=demo&imsi=001010000000010",
		               "{\"plan\":\"full\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.list", "tenant=demo&unanswered_since=2020-01-01T00:00:00Z",
		               "");
		expect_body("\"imsi\":\"001010000000010\"");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.import", "tenant=demo&source=nobody", "{\"rows\":[]}");
	}
}

static es_status verify(const char *header, const char *body, int64_t now_ms)
{
	return policy_bss_verify(policy_bss_find(bss, "crm"), es_slice_str(header), es_slice_str(body), now_ms);
}

static void a_signature_is_of_this_body_and_of_this_moment(void **state)
{
	const struct es_slice parts[] = { ES_SLICE_LIT("1000."), ES_SLICE_LIT("{}") };
	uint8_t made[32];
	char hex[65], header[256];

	(void)state;
	es_hmac_sha256(ES_SLICE_LIT(SECRET), parts, 2, made);
	es_hex_encode(es_slice_of(made, 32), hex);
	(void)snprintf(header, sizeof header, "t=1000,v1=%s", hex);
	assert_int_equal(verify(header, "{}", 1000000), ES_OK);
	assert_int_equal(verify(header, "{}", 1300000), ES_OK);
	assert_int_equal(verify(header, "{}", 1300001), ES_UNAUTHENTIC);
	assert_int_equal(verify(header, "{}", 699999), ES_UNAUTHENTIC);
	assert_int_equal(verify(header, "{ }", 1000000), ES_UNAUTHENTIC);
	(void)snprintf(header, sizeof header, "t=1001, v1=%s", hex);
	assert_int_equal(verify(header, "{}", 1000000), ES_UNAUTHENTIC);
	(void)snprintf(header, sizeof header, "v1=00, v1=%s ,x=y, t=1000", hex);
	assert_int_equal(verify(header, "{}", 1000000), ES_OK);
	assert_int_equal(verify("", "{}", 1000000), ES_UNAUTHENTIC);
	assert_int_equal(policy_bss_verify(policy_bss_find(bss, "mute"), es_slice_str(header), ES_SLICE_LIT("{}"), 1000000),
	                 ES_UNSUPPORTED);
}

static void an_answers_age_says_what_holds(void **state)
{
	struct policy_tenant tenant = {
		.bss = { .mode = POLICY_BSS_QUERY, .max_age_s = 10, .stale_max_age_s = 100, .default_plan = "basic" }
	};
	struct policy_subscriber line = { .bss_ms = 1000 };
	const struct policy_bss_need away = { .has_asked = true, .outcome = POLICY_BSS_AWAY };
	const char *plan = "gold";

	(void)state;
	assert_true(policy_bss_is_fresh(&tenant, &line, 11000));
	assert_false(policy_bss_is_fresh(&tenant, &line, 11001));
	assert_false(policy_bss_is_fresh(&tenant, &line, 999)); /* a clock that was set back */
	for (uint8_t rule = POLICY_BSS_LAST; rule <= POLICY_BSS_UNAVAILABLE; rule++) {
		tenant.bss.when_away = rule;
		assert_int_equal(policy_bss_hold(&away, &tenant, &line, 101000, &plan), ES_OK);
		assert_string_equal(plan, "gold");
	}
	assert_int_equal(policy_bss_hold(&away, &tenant, &line, 101001, &plan), ES_UNAVAILABLE);
	tenant.bss.when_away = POLICY_BSS_LAST;
	assert_int_equal(policy_bss_hold(&away, &tenant, &line, 101001, &plan), ES_OK);
	assert_string_equal(plan, "gold");
	tenant.bss.when_away = POLICY_BSS_DEFAULT_PLAN;
	assert_int_equal(policy_bss_hold(&away, &tenant, &line, 101001, &plan), ES_OK);
	assert_string_equal(plan, "basic");
	line.status = POLICY_TERMINATED;
	tenant.bss.when_away = POLICY_BSS_UNAVAILABLE;
	assert_int_equal(policy_bss_hold(&away, &tenant, &line, 101001, &plan), ES_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_a_change_when_it_is_one),
		cmocka_unit_test(a_line_is_made_only_where_that_is_wanted),
		cmocka_unit_test(nobody_with_a_credential_may_do_what_the_link_does),
		cmocka_unit_test(a_tenant_names_sections_that_there_are),
		cmocka_unit_test(who_is_erased_is_in_no_dead_letter_any_more),
		cmocka_unit_test(events_are_taken_once_and_in_their_order),
		cmocka_unit_test(the_order_goes_with_the_line_to_another_sim),
		cmocka_unit_test(what_cannot_be_applied_waits_to_be_tried_again),
		cmocka_unit_test(a_list_of_a_source_is_read_by_its_mapping),
		cmocka_unit_test(a_signature_is_of_this_body_and_of_this_moment),
		cmocka_unit_test(an_answers_age_says_what_holds),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
