/* policy_erase_test.c -- after an erasure nothing names the person any more, whoever looks and however often it is done. */
#include "es_clock.h"
#include "policy_engine.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (policy_test_open((t), engine, "policy_erase"), policy_test_populate(t), true); once;         \
		     once = false, policy_test_close(t))

#define NEXT_IMSI "001010123456000"
#define NEXT_LINE "tenant=demo&imsi=" NEXT_IMSI

static struct policy_test test;

static void nothing_names(const char *text)
{
	policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "tenant=demo&limit=500", "");
	if (strstr(test.body, text) != NULL)
		fail_msg("%s in %s", text, test.body);
}

static Openes__Event *newest(struct es_arena *arena)
{
	struct policy_engine engine = { .store = test.store, .ring = test.ring };
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
	assert_int_equal(policy_serve_events(&engine, &request, arena, &reply), ES_OK);
	assert_true(reply.n_events > 0);
	return reply.events[reply.n_events - 1];
}

static void an_erased_line_is_gone_and_its_trail_names_nobody(void **state)
{
	EACH_ENGINE(&test)
	{
		struct es_arena *arena = es_arena_new(0, 1 << 20);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"msisdn\":\"+34600000002\"}");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "store-user.patch", TEST_LINE,
		               "{\"store_vendor\":\"shop\",\"store_user_id\":\"jane\",\"terms\":\"not_available\"}");
		assert_int_equal(policy_test_call(&test, TEST_TOKEN, "keys.put", true, TEST_LINE, ""), ES_OK);
		assert_int_equal(
			policy_test_call(&test, TEST_TOKEN, "esim.profile.put", true, TEST_LINE "&iccid=8901000000000000012", ""),
			ES_OK);
		assert_int_equal(policy_test_call(&test, TEST_TOKEN, "notify.line.test", true, TEST_LINE, ""), ES_OK);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", TEST_LINE, "{\"new_imsi\":\"" NEXT_IMSI "\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.erase", NEXT_LINE, "");
		assert_non_null(strstr(test.body, "\"subscriber\":true"));
		assert_non_null(strstr(test.body, "\"trail_entries\":7"));
		assert_non_null(strstr(test.body, "\"pseudonym\":\"erased-"));
		assert_non_null(strstr(test.body, "\"kept\":[{\"what\":\"trail\""));
		assert_string_equal(newest(arena)->kind, "subscriber.erased");
		assert_string_equal(newest(arena)->imsi, NEXT_IMSI);
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "subscriber.get", NEXT_LINE, "");
		nothing_names(TEST_IMSI);
		nothing_names(NEXT_IMSI);
		nothing_names("jane");
		nothing_names("8901000000000000012");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "tenant=demo&limit=500", "");
		assert_non_null(strstr(test.body, "\"action\":\"subscriber.swap-sim\",\"tenant\":\"demo\",\"resource\":"
		                                  "\"subscriber/erased-"));
		assert_non_null(strstr(test.body, "/store-users\""));
		es_arena_free(arena);
	}
}

static void what_is_done_twice_is_done(void **state)
{
	EACH_ENGINE(&test)
	{
		struct es_arena *arena = es_arena_new(0, 1 << 20);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.erase", TEST_LINE, "");
		const uint64_t first = newest(arena)->sequence;
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.erase", TEST_LINE, "");
		assert_non_null(strstr(test.body, "\"erased\":{\"subscriber\":false,\"trail_entries\":0}"));
		assert_int_equal(newest(arena)->sequence, first + 1); /* the others are told again */
		/* Who has the IMSI next is another line: its trail is its own. */
		policy_test_do(&test, POLICY_ADMIN_CREATED, "subscriber.put", TEST_LINE, "{\"plan\":\"full\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "tenant=demo&limit=1", "");
		assert_non_null(strstr(test.body, "subscriber/" TEST_IMSI));
		es_arena_free(arena);
	}
}

static void another_line_keeps_its_name(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "subscriber.put", NEXT_LINE, "{\"plan\":\"full\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.erase", TEST_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", NEXT_LINE, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "tenant=demo&limit=500", "");
		assert_non_null(strstr(test.body, "subscriber/" NEXT_IMSI));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_erased_line_is_gone_and_its_trail_names_nobody),
		cmocka_unit_test(what_is_done_twice_is_done),
		cmocka_unit_test(another_line_keeps_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
