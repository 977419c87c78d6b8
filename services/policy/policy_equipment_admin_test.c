/* policy_equipment_admin_test.c -- the list of devices and the table of models: operators' API, decisions, who is woken. */
#include "es_clock.h"
#include "es_token.h"
#include "policy_engine.h"
#include "policy_lifecycle.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define NOW INT64_C(1767225600000)
#define TERMINAL "356938035643809"
#define DEVICE "tenant=demo&imei=356938035643809"
#define TENANT(equipment) "{\"id\":\"demo\",\"vowifi\":{\"url\":\"https://p.example/\"},\"equipment\":" equipment "}"

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_equipment");
	policy_test_populate(t);
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring };
	arena = es_arena_new(0, 1u << 20);
	assert_non_null(arena);
}

static void end(struct policy_test *t)
{
	es_arena_free(arena);
	policy_test_close(t);
}

static void set_equipment(const char *tenant)
{
	policy_test_do(&test, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo", tenant);
}

/* The last event for a line ("": of the tenant), and how many there are of that kind for it. */
struct events {
	const char *kind, *imsi;
	unsigned count;
	char apps[128];
};

static es_status count_event(const struct policy_event *event, void *user)
{
	struct events *e = user;
	if (strcmp(event->kind, e->kind) != 0 || strcmp(event->imsi, e->imsi) != 0)
		return ES_OK;
	e->count++;
	(void)snprintf(e->apps, sizeof e->apps, "%s", event->apps);
	return ES_OK;
}

static es_status read_events(struct es_db_conn *conn, void *user)
{
	return policy_row_events(conn, 0, 500, arena, count_event, user);
}

static struct events events_of(const char *kind, const char *imsi)
{
	struct events e = { .kind = kind, .imsi = imsi };
	assert_int_equal(es_db_read(policy_store_db(test.store), read_events, &e), ES_OK);
	return e;
}

static es_status see_device(struct es_db_conn *conn, void *user)
{
	const struct policy_device device = { user, "ACME", "One", "14.2", NOW, NOW };
	return policy_row_device_seen(conn, "demo", TEST_IMSI, &device);
}

static void seen_with(const char *terminal_id)
{
	assert_int_equal(es_db_write_wait(policy_store_db(test.store), see_device, (void *)(uintptr_t)terminal_id), ES_OK);
}

static es_status decide(const char *terminal_id, Openes__DecideReply *reply)
{
	Openes__AdmitRequest admit = OPENES__ADMIT_REQUEST__INIT;
	Openes__AdmitReply admitted = OPENES__ADMIT_REPLY__INIT;
	Openes__DecideRequest request = OPENES__DECIDE_REQUEST__INIT;
	Openes__DeviceRequest device = OPENES__DEVICE_REQUEST__INIT;
	struct es_token token = {
		.tenant = "demo", .group = "ap2003", .method = ES_METHOD_EAP_AKA, .issued_ms = NOW, .expires_ms = NOW + 3600000
	};
	char *apps[] = { es_arena_strdup(arena, ES_SLICE_LIT("ap2004")) };
	struct es_slice text;

	admit.tenant = es_arena_strdup(arena, ES_SLICE_LIT("demo"));
	admit.imsi = es_arena_strdup(arena, ES_SLICE_LIT(TEST_IMSI));
	assert_int_equal(policy_serve_admit(&engine_of_test, &admit, arena, &admitted), ES_OK);
	assert_int_equal(es_imsi_parse(ES_SLICE_LIT(TEST_IMSI), &token.imsi), ES_OK);
	token.epoch = admitted.epoch;
	es_token_digest(es_slice_str(terminal_id), token.terminal);
	assert_int_equal(es_token_seal(test.ring, &token, arena, &text), ES_OK);
	device.apps = apps;
	device.n_apps = 1;
	device.version_major = 12;
	device.terminal_id = es_arena_strdup(arena, es_slice_str(terminal_id));
	device.terminal_sw_version = es_arena_strdup(arena, ES_SLICE_LIT("14.2"));
	request.request = &device;
	request.token = es_arena_strdup(arena, text);
	openes__decide_reply__init(reply);
	return policy_serve_decide(&engine_of_test, &request, NOW, arena, reply);
}

static void assert_decided(const char *terminal_id)
{
	Openes__DecideReply reply;
	assert_int_equal(decide(terminal_id, &reply), ES_OK);
	assert_int_equal(reply.outcome, OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
	assert_int_equal(reply.n_answers, 1);
}

static void assert_refused(const char *terminal_id, const char *reason)
{
	Openes__DecideReply reply;
	assert_int_equal(decide(terminal_id, &reply), ES_OK);
	assert_int_equal(reply.outcome, OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN);
	assert_string_equal(reply.reason, reason);
	assert_int_equal(reply.n_answers, 0);
}

static void assert_body_has(const char *text)
{
	if (strstr(test.body, text) == NULL)
		fail_msg("%s is not in %s", text, test.body);
}

static void a_blocked_device_is_refused_as_a_whole(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "equipment.put", DEVICE, "{\"reason\":\"stolen\"}");
		assert_decided(TERMINAL); /* nobody looks */
		set_equipment(TENANT("{\"mode\":\"list\"}"));
		assert_refused(TERMINAL, "equipment_blocked");
		assert_refused("35693803564380", "equipment_blocked");
		assert_refused("3569380356438099", "equipment_blocked");
		assert_decided("356938035643908");
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.put", DEVICE, "{\"state\":\"tracked\"}");
		assert_decided(TERMINAL);
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.put", DEVICE, "{\"state\":\"blocked\"}");
		assert_refused(TERMINAL, "equipment_blocked");
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.delete", DEVICE, "");
		assert_decided(TERMINAL);
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "equipment.delete", DEVICE, "");
	}
}

static void a_list_may_be_of_all_devices_there_are(void **state)
{
	EACH_ENGINE(&test)
	{
		set_equipment(TENANT("{\"mode\":\"list\",\"unknown\":\"refuse\"}"));
		assert_refused(TERMINAL, "equipment_unknown");
		assert_refused("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "equipment_unknown");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "equipment.put", DEVICE, "{\"state\":\"allowed\"}");
		assert_decided(TERMINAL);
	}
}

static void without_an_eir_to_ask_the_last_answer_stands(void **state)
{
	EACH_ENGINE(&test)
	{
		Openes__DecideReply reply;
		set_equipment(TENANT("{\"mode\":\"n5g\",\"source\":\"eir-1\"}"));
		assert_decided(TERMINAL);
		set_equipment(TENANT("{\"mode\":\"n5g\",\"source\":\"eir-1\",\"when_away\":\"unavailable\"}"));
		assert_int_equal(decide(TERMINAL, &reply), ES_UNAVAILABLE);
		assert_decided("not-an-imei");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "tenant.put", "tenant=demo", TENANT("{\"mode\":\"s13\"}"));
		assert_body_has("equipment.source");
	}
}

static void a_change_wakes_the_lines_that_were_seen_with_the_device(void **state)
{
	EACH_ENGINE(&test)
	{
		seen_with("3569380356438012");
		seen_with("35693803564380-is-another");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "equipment.put", DEVICE, "{}");
		struct events e = events_of("equipment.changed", TEST_IMSI);
		assert_int_equal(e.count, 1);
		assert_string_equal(e.apps, POLICY_ALL_APPS);
		e = events_of("equipment.changed", "");
		assert_int_equal(e.count, 1);
		assert_string_equal(e.apps, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.put", DEVICE, "{\"reason\":\"lost\"}");
		assert_int_equal(events_of("equipment.changed", TEST_IMSI).count, 1); /* not for a reason alone */
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.put", DEVICE, "{\"reason\":\"lost\"}");
		assert_int_equal(events_of("equipment.changed", "").count, 2);
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.delete", DEVICE, "");
		assert_int_equal(events_of("equipment.changed", TEST_IMSI).count, 2);
		policy_test_do(&test, POLICY_ADMIN_CREATED, "equipment.put", "tenant=demo&imei=99000000000000", "{}");
		assert_int_equal(events_of("equipment.changed", TEST_IMSI).count, 2);
	}
}

static void devices_are_listed_by_their_normal_imei(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "equipment.put", DEVICE,
		               "{\"imei\":\"3569380356438055\",\"state\":\"tracked\",\"since\":\"2026-01-01T00:00:00Z\"}");
		assert_body_has("\"imei\":\"35693803564380\"");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "equipment.put", "tenant=demo&imei=01000000000000", "{}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.get", "tenant=demo&imei=3569380356438099", "");
		assert_body_has("\"since\":\"2026-01-01T00:00:00Z\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.list", "tenant=demo&limit=1", "");
		assert_body_has("\"next\":\"01000000000000\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.list", "tenant=demo&limit=1&cursor=01000000000000", "");
		assert_body_has("\"imei\":\"35693803564380\"");
		assert_null(strstr(test.body, "next"));
		policy_test_do(&test, POLICY_ADMIN_INVALID, "equipment.put", "tenant=demo&imei=1234", "{}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "equipment.put", DEVICE, "{\"imei\":\"99000000000000\"}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "equipment.put", DEVICE, "{\"state\":\"unknown\"}");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "equipment.get", "tenant=demo&imei=99000000000000", "");
	}
}

static void a_bad_row_does_not_hold_up_the_others(void **state)
{
	EACH_ENGINE(&test)
	{
		seen_with(TERMINAL);
		policy_test_do(&test, POLICY_ADMIN_CREATED, "equipment.put", "tenant=demo&imei=01000000000000", "{}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.import", "tenant=demo",
		               "{\"rows\":[{\"imei\":\"356938035643809\"},{\"imei\":\"12\"},7,"
		               "{\"imei\":\"010000000000007\"},{\"imei\":\"01000000000000\",\"state\":\"allowed\"}]}");
		assert_body_has("\"created\":1,\"changed\":1,\"unchanged\":1,\"refused\":2");
		assert_body_has("\"error\":\"an IMEI of 14 digits");
		assert_int_equal(events_of("equipment.changed", TEST_IMSI).count, 1);
		assert_int_equal(events_of("equipment.changed", "").count, 2); /* one for the whole import */
		policy_test_do(&test, POLICY_ADMIN_DONE, "equipment.import", "tenant=demo&dry_run=true",
		               "{\"rows\":[{\"imei\":\"99000000000000\"}]}");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "equipment.get", "tenant=demo&imei=99000000000000", "");
	}
}

static void models_are_a_table_by_tac(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "model.put", "tenant=demo&tac=35693803",
		               "{\"vendor\":\"ACME\",\"model\":\"One\",\"capabilities\":[\"vowifi\",\"vonr: 14.10\"]}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "model.put", "tenant=demo&tac=3569", "{}");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "model.put", "tenant=demo&tac=35693803",
		               "{\"capabilities\":[\"Vo WiFi\"]}");
		policy_test_do(
			&test, POLICY_ADMIN_DONE, "model.import", "tenant=demo",
			"{\"rows\":[{\"tac\":\"01000000\",\"vendor\":\"Other\"},{\"tac\":\"35693803\",\"model\":\"Two\"},"
			"{\"tac\":\"1\"}]}");
		assert_body_has("\"created\":1,\"changed\":1,\"unchanged\":0,\"refused\":1");
		policy_test_do(&test, POLICY_ADMIN_DONE, "model.get", "tenant=demo&tac=35693803", "");
		assert_body_has("\"vendor\":\"ACME\",\"model\":\"Two\",\"capabilities\":[\"vowifi\",\"vonr: 14.10\"]");
		policy_test_do(&test, POLICY_ADMIN_DONE, "model.list", "tenant=demo", "");
		assert_body_has("{\"tac\":\"01000000\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "model.delete", "tenant=demo&tac=01000000", "");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "model.get", "tenant=demo&tac=01000000", "");
	}
}

static void what_is_known_of_the_device_is_in_the_version_and_the_explanation(void **state)
{
	EACH_ENGINE(&test)
	{
		Openes__DecideReply before, after;
		set_equipment(TENANT("{\"mode\":\"list\",\"use_models\":true}"));
		assert_int_equal(decide(TERMINAL, &before), ES_OK);
		policy_test_do(&test, POLICY_ADMIN_CREATED, "model.put", "tenant=demo&tac=35693803",
		               "{\"vendor\":\"ACME\",\"model\":\"One\",\"capabilities\":[\"vowifi\",\"vonr: 14.10\"]}");
		assert_int_equal(decide(TERMINAL, &after), ES_OK);
		assert_true(after.vers > before.vers);

		seen_with(TERMINAL);
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", TEST_LINE "&app=ap2004", "");
		assert_body_has("ACME One");
		assert_body_has("vowifi");
		assert_null(strstr(test.body, "\"vonr\""));
		policy_test_do(&test, POLICY_ADMIN_CREATED, "equipment.put", DEVICE, "{}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", TEST_LINE "&app=ap2004", "");
		assert_body_has("\"refused\":\"equipment_blocked\"");
		assert_null(strstr(test.body, "\"answer\""));
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", TEST_LINE "&app=ap2004&terminal_id=99000000000000", "");
		assert_body_has("\"answer\"");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blocked_device_is_refused_as_a_whole),
		cmocka_unit_test(a_list_may_be_of_all_devices_there_are),
		cmocka_unit_test(without_an_eir_to_ask_the_last_answer_stands),
		cmocka_unit_test(a_change_wakes_the_lines_that_were_seen_with_the_device),
		cmocka_unit_test(devices_are_listed_by_their_normal_imei),
		cmocka_unit_test(a_bad_row_does_not_hold_up_the_others),
		cmocka_unit_test(models_are_a_table_by_tac),
		cmocka_unit_test(what_is_known_of_the_device_is_in_the_version_and_the_explanation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
