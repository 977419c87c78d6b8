/* policy_qos_admin_test.c -- orders that a line's boosts call for, what operators see of them, and rounds over them. */
#include "es_clock.h"
#include "es_text.h"
#include "policy_engine.h"
#include "policy_qos_run.h"
#include "policy_store_qos.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define HOUR_MS INT64_C(3600000)

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct policy_qos_net *net;

static void settings(const char *on_failure)
{
	char body[512];
	(void)snprintf(body, sizeof body,
	               "{\"name\":\"Demo\",\"hosts\":[\"aes.example\"],\"plmns\":[\"00101\"],"
	               "\"qos\":{\"mode\":\"pcf\",\"source\":\"pcf\",\"on_failure\":\"%s\"}}",
	               on_failure);
	policy_test_do(&test, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo", body);
}

static void begin(struct policy_test *t, unsigned engine)
{
	struct es_buf error;

	policy_test_open(t, engine, "policy_qos");
	policy_test_populate(t);
	settings("withdraw");
	policy_test_do(t, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full",
	               "{\"data\":{\"boosts\":[{\"type\":166,\"offer\":\"offered\",\"qos_profile\":\"qos-e\"}]}}");
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring };
	es_buf_init(&error, 512);
	assert_int_equal(policy_qos_net_start("", &net, &error), ES_OK); /* there is no section: nothing can be had */
	es_buf_free(&error);
}

static void end(struct policy_test *t)
{
	policy_qos_net_stop(net);
	policy_qos_net_free(net);
	policy_test_close(t);
}

static void boost(const char *provisioning)
{
	char time[21], body[256];
	es_time_iso8601(es_wall_ms() + 24 * HOUR_MS, time);
	(void)snprintf(body, sizeof body, "{\"boosts\":[{\"type\":166,\"provisioning\":\"%s\",\"until\":\"%s\"}]}",
	               provisioning, time);
	policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, body);
}

/* How many orders are in that state; "": all. */
static unsigned count(const char *state)
{
	char params[64];
	unsigned n = 0;

	(void)snprintf(params, sizeof params, "tenant=demo&state=%s", state);
	policy_test_do(&test, POLICY_ADMIN_DONE, "qos.list", params, "");
	for (const char *at = test.body; (at = strstr(at, "\"imsi\"")) != NULL; at++)
		n++;
	return n;
}

static void order_id(char params[128])
{
	(void)count("");
	const char *id = strstr(test.body, "\"id\":\"");
	assert_non_null(id);
	(void)snprintf(params, 128, "tenant=demo&order=%.32s", id + 6);
}

/* A round, with what it sent being written. */
static void round_at(int64_t now_ms)
{
	bool more = false;
	assert_int_equal(policy_qos_round(&engine_of_test, net, now_ms, &more), ES_OK);
	policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{}"); /* waits for the writer */
}

static void a_boost_in_force_makes_one_order_and_its_end_lets_it_go(void **state)
{
	EACH_ENGINE(&test)
	{
		boost("in_progress");
		assert_int_equal(count(""), 0);
		boost("provisioned");
		assert_int_equal(count("wanted"), 1);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"msisdn\":\"+34600000009\"}");
		assert_int_equal(count(""), 1);
		boost("not_provisioned");
		assert_int_equal(count("ended"), 1);
		boost("provisioned");
		assert_int_equal(count("wanted"), 1);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.suspend", TEST_LINE, "");
		assert_int_equal(count("wanted"), 0);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.resume", TEST_LINE, "");
		assert_int_equal(count("wanted"), 1);
	}
}

static void another_sim_is_another_order_and_a_line_that_is_gone_leaves_none(void **state)
{
	EACH_ENGINE(&test)
	{
		boost("provisioned");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", TEST_LINE,
		               "{\"new_imsi\":\"001010123456780\"}");
		assert_int_equal(count("wanted"), 1);
		assert_null(strstr(test.body, TEST_IMSI));
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.delete", "tenant=demo&imsi=001010123456780", "");
		assert_int_equal(count(""), 0);
	}
}

static void a_plan_without_a_profile_and_a_tenant_that_is_off_ask_for_nothing(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=none",
		               "{\"data\":{\"boosts\":[{\"type\":166,\"offer\":\"offered\"}]}}");
		boost("provisioned");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"plan\":\"none\"}");
		assert_int_equal(count("ended"), 1);
		assert_int_equal(count("wanted"), 0);
	}
}

static void what_cannot_be_had_takes_the_boost_with_an_event_and_a_record(void **state)
{
	EACH_ENGINE(&test)
	{
		int64_t now = es_wall_ms();
		boost("provisioned");
		for (unsigned i = 0; i < 5; i++) {
			round_at(now);
			now += 600000;
		}
		assert_int_equal(count("failed"), 1);
		bool more = false;
		assert_int_equal(policy_qos_round(&engine_of_test, net, now, &more), ES_OK);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		assert_non_null(strstr(test.body, "\"not_provisioned\""));
		assert_int_equal(count("failed"), 0);
		assert_int_equal(count("ended"), 1);
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "limit=1", "");
		assert_non_null(strstr(test.body, "qos.withdraw"));
	}
}

static void where_the_tenant_keeps_it_the_boost_stays_and_a_person_decides(void **state)
{
	EACH_ENGINE(&test)
	{
		char params[128];
		int64_t now = es_wall_ms();
		settings("keep");
		boost("provisioned");
		for (unsigned i = 0; i < 6; i++) {
			round_at(now);
			now += 600000;
		}
		assert_int_equal(count("failed"), 1);
		order_id(params);
		policy_test_do(&test, POLICY_ADMIN_DONE, "qos.retry", params, "");
		assert_int_equal(count("asking"), 1);
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "qos.retry", params, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "qos.cancel", params, "");
		assert_int_equal(count("ended"), 1);
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "qos.cancel", params, "");
	}
}

static void a_cancelled_order_is_not_made_again_for_the_same_boost(void **state)
{
	EACH_ENGINE(&test)
	{
		char params[128];
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"boosts\":[{\"type\":166}]}");
		order_id(params);
		policy_test_do(&test, POLICY_ADMIN_DONE, "qos.cancel", params, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"msisdn\":\"+34600000009\"}");
		assert_int_equal(count(""), 1);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"boosts\":[]}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"boosts\":[{\"type\":166}]}");
		assert_int_equal(count("wanted"), 1);
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "qos.cancel", "tenant=demo&order=none", "");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "qos.list", "tenant=demo&state=stuck", "");
	}
}

/* As two replicas that read the same order due: the second comes too late. */
static es_status take_twice(struct es_db_conn *conn, void *user)
{
	const struct policy_qos_pace pace = { 1000, 1000, 1000, 5 };
	struct policy_qos_order first, second;
	struct es_arena *arena = es_arena_new(0, 1 << 20);

	assert_non_null(arena);
	assert_int_equal(policy_row_qos(conn, user, arena, &first), ES_OK);
	second = first;
	assert_int_equal(policy_qos_take(&first, &pace, es_wall_ms()), POLICY_QOS_CREATE);
	assert_int_equal(policy_row_qos_put(conn, &first), ES_OK);
	assert_int_equal(policy_qos_take(&second, &pace, es_wall_ms()), POLICY_QOS_CREATE);
	assert_int_equal(policy_row_qos_put(conn, &second), ES_NOT_FOUND);
	es_arena_free(arena);
	return ES_OK;
}

static void of_two_replicas_one_takes_an_order(void **state)
{
	EACH_ENGINE(&test)
	{
		char params[128];
		boost("provisioned");
		order_id(params);
		assert_int_equal(es_db_write_wait(policy_store_db(test.store), take_twice, strrchr(params, '=') + 1), ES_OK);
		assert_int_equal(count("asking"), 1);
		round_at(es_wall_ms() - 1000); /* nor does anybody else while it has it */
		(void)count("asking");
		assert_non_null(strstr(test.body, "\"tries\":1"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boost_in_force_makes_one_order_and_its_end_lets_it_go),
		cmocka_unit_test(another_sim_is_another_order_and_a_line_that_is_gone_leaves_none),
		cmocka_unit_test(a_plan_without_a_profile_and_a_tenant_that_is_off_ask_for_nothing),
		cmocka_unit_test(what_cannot_be_had_takes_the_boost_with_an_event_and_a_record),
		cmocka_unit_test(where_the_tenant_keeps_it_the_boost_stays_and_a_person_decides),
		cmocka_unit_test(a_cancelled_order_is_not_made_again_for_the_same_boost),
		cmocka_unit_test(of_two_replicas_one_takes_an_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
