/* policy_billing_test.c -- ap2012 and ap2013 through the engine: what is kept, who is woken, what operators see. */
#include "es_clock.h"
#include "es_token.h"
#include "policy_engine.h"
#include "policy_flow.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define NOW INT64_C(1767225600000)
#define TERMINAL "356938035643809"
#define SETTINGS                                                                                                       \
	"\"billing\":{\"url\":\"https://p.example/dcb\",\"contents\":\"json\",\"terms_required\":true,"                    \
	"\"terms_by\":\"message\",\"titles\":[\"en: Pay by phone bill\"],\"texts\":[\"en: Terms\"],\"terms\":"

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;
static uint64_t told; /* the last event that a decision told of */
static unsigned told_count;

static void on_told(void *user, uint64_t sequence)
{
	(void)user;
	told = sequence;
	told_count++;
}

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_billing");
	policy_test_populate(t);
	policy_test_do(t, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo",
	               "{\"id\":\"demo\"," SETTINGS "\"v1\"},\"private_identity\":{\"type\":\"encrypted\"}}");
	policy_test_do(t, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full",
	               "{\"id\":\"full\",\"carrier_billing\":true,\"private_identity\":true}");
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring, .tell = on_told };
	told = told_count = 0;
	arena = es_arena_new(0, 1u << 20);
	assert_non_null(arena);
}

static void end(struct policy_test *t)
{
	es_arena_free(arena);
	policy_test_close(t);
}

static struct es_slice token_of(const char *imsi, const char *app)
{
	Openes__AdmitRequest request = OPENES__ADMIT_REQUEST__INIT;
	Openes__AdmitReply reply = OPENES__ADMIT_REPLY__INIT;
	struct es_token token = {
		.tenant = "demo", .method = ES_METHOD_EAP_AKA, .issued_ms = NOW, .expires_ms = NOW + 3600000
	};
	struct es_slice text;

	request.tenant = es_arena_strdup(arena, ES_SLICE_LIT("demo"));
	request.imsi = es_arena_strdup(arena, es_slice_str(imsi));
	assert_int_equal(policy_serve_admit(&engine_of_test, &request, arena, &reply), ES_OK);
	assert_int_equal(es_imsi_parse(es_slice_str(imsi), &token.imsi), ES_OK);
	token.epoch = reply.epoch;
	strncpy(token.group, app, sizeof token.group - 1);
	es_token_digest(ES_SLICE_LIT(TERMINAL), token.terminal);
	assert_int_equal(es_token_seal(test.ring, &token, arena, &text), ES_OK);
	return text;
}

/* `params`: "name=value name=value". */
static Openes__DecideReply ask(const char *imsi, const char *app, const char *params)
{
	Openes__DecideRequest request = OPENES__DECIDE_REQUEST__INIT;
	Openes__DeviceRequest device = OPENES__DEVICE_REQUEST__INIT;
	Openes__DecideReply reply = OPENES__DECIDE_REPLY__INIT;
	struct es_slice rest = es_slice_str(params);
	Openes__Param values[4], *list[4];
	char *apps[1];

	for (; rest.len > 0; device.n_params++) {
		struct es_slice value = es_slice_cut(&rest, ' '), name = es_slice_cut(&value, '=');
		openes__param__init(&values[device.n_params]);
		values[device.n_params].name = es_arena_strdup(arena, name);
		values[device.n_params].value = es_arena_strdup(arena, value);
		list[device.n_params] = &values[device.n_params];
	}
	device.params = list;
	apps[0] = es_arena_strdup(arena, es_slice_str(app));
	device.apps = apps;
	device.n_apps = 1;
	device.version_major = 12;
	device.terminal_id = es_arena_strdup(arena, ES_SLICE_LIT(TERMINAL));
	request.request = &device;
	request.token = es_arena_strdup(arena, token_of(imsi, app));
	assert_int_equal(policy_serve_decide(&engine_of_test, &request, NOW, arena, &reply), ES_OK);
	assert_int_equal(policy_decide_commits(&request), strstr(params, "MSG_btn=") != NULL);
	return reply;
}

static const char *value(const Openes__DecideReply *reply, const char *name)
{
	assert_int_equal(reply->outcome, OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
	for (size_t i = 0; i < reply->answers[0]->n_nodes; i++)
		if (strcmp(reply->answers[0]->nodes[i]->name, name) == 0)
			return reply->answers[0]->nodes[i]->value;
	return "absent";
}

/* EntitlementStatus and TC_Status: "0 0". */
static const char *statuses(const char *imsi, const char *params)
{
	Openes__DecideReply reply = ask(imsi, "ap2012", params);
	const char *both = es_arena_printf(arena, "%s %s", value(&reply, "EntitlementStatus"), value(&reply, "TC_Status"));
	assert_non_null(both);
	return both;
}

#define ALICE "store_vendor=S1001 store_user_id=alice"
#define BOB "store_vendor=S1001 store_user_id=bob"
#define ELSEWHERE "store_vendor=S2002 store_user_id=alice"
#define OTHER_IMSI "001010123456780"

/* The events after a number, as "kind apps;". */
static const char *events_after(uint64_t after)
{
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
	static char text[1024];
	size_t at = 0;

	request.after = after;
	assert_int_equal(policy_serve_events(&engine_of_test, &request, arena, &reply), ES_OK);
	text[0] = '\0';
	for (size_t i = 0; i < reply.n_events; i++) {
		at += (size_t)snprintf(text + at, sizeof text - at, "%s", reply.events[i]->kind);
		for (size_t k = 0; k < reply.events[i]->n_apps; k++)
			at += (size_t)snprintf(text + at, sizeof text - at, " %s", reply.events[i]->apps[k]);
		at += (size_t)snprintf(text + at, sizeof text - at, ";");
	}
	return text;
}

static uint64_t head(void)
{
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
	request.after = INT64_MAX;
	assert_int_equal(policy_serve_events(&engine_of_test, &request, arena, &reply), ES_OK);
	return reply.head;
}

static void the_answer_to_a_message_is_kept_for_one_user_of_one_store(void **state) /* V12-DCB-02, V12-DCB-05 */
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "subscriber.put", "tenant=demo&imsi=" OTHER_IMSI,
		               "{\"plan\":\"full\"}");
		assert_string_equal(statuses(TEST_IMSI, ALICE), "0 0");
		assert_string_equal(statuses(TEST_IMSI, ALICE " MSG_btn=1"), "1 1");
		assert_string_equal(statuses(TEST_IMSI, ALICE), "1 1");
		assert_string_equal(statuses(TEST_IMSI, BOB), "0 0");
		assert_string_equal(statuses(TEST_IMSI, ELSEWHERE), "0 0");
		assert_string_equal(statuses(OTHER_IMSI, ALICE), "0 0");
		assert_string_equal(statuses(TEST_IMSI, ALICE " MSG_btn=0"), "0 0");
		assert_string_equal(statuses(TEST_IMSI, ALICE), "0 0");
	}
}

static void an_answer_is_an_event_of_ap2012_and_stands_in_the_trail_and_once(void **state)
{
	EACH_ENGINE(&test)
	{
		uint64_t before = head();
		int32_t vers = ask(TEST_IMSI, "ap2012", ALICE).vers;
		assert_true(ask(TEST_IMSI, "ap2012", ALICE " MSG_btn=1").vers > vers);
		assert_int_equal(told, before + 1);
		(void)ask(TEST_IMSI, "ap2012", ALICE " MSG_btn=1"); /* repeated: nothing changes */
		(void)ask(TEST_IMSI, "ap2012", BOB " MSG_btn=0");   /* who never agreed rejects nothing */
		assert_int_equal(told_count, 1);
		assert_string_equal(events_after(before), "subscriber.changed ap2012;");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "limit=1", "");
		assert_non_null(strstr(test.body, "\"who\":\"device\""));
		assert_non_null(strstr(test.body, "\"outcome\":\"accepted\""));
		assert_non_null(strstr(test.body, "store_user_id: \\\"alice\\\"; terms_version: \\\"v1\\\""));
	}
}

static void a_button_that_nothing_asked_for_is_passed_over(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"billing\":{\"barred\":true}}");
		assert_string_equal(statuses(TEST_IMSI, ALICE " MSG_btn=1"), "2 2");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"billing\":null}");
		assert_string_equal(statuses(TEST_IMSI, ALICE), "0 0");
		assert_int_equal(told_count, 0);
	}
}

static void requests_without_store_or_user_are_invalid(void **state) /* V12-DCB-01 */
{
	EACH_ENGINE(&test)
	{
		static const char *const wrong[] = { "", "store_vendor=S1001", "store_user_id=alice", ALICE " MSG_btn=2",
			                                 "store_vendor= store_user_id=alice" };
		for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
			assert_int_equal(ask(TEST_IMSI, "ap2012", wrong[i]).outcome, OPENES__DECIDE_REPLY__OUTCOME__INVALID);
	}
}

static void another_text_is_asked_for_anew(void **state)
{
	EACH_ENGINE(&test)
	{
		assert_string_equal(statuses(TEST_IMSI, ALICE " MSG_btn=1"), "1 1");
		policy_test_do(&test, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo", "{\"id\":\"demo\"," SETTINGS "\"v2\"}}");
		assert_string_equal(statuses(TEST_IMSI, ALICE), "0 0");
		assert_string_equal(statuses(TEST_IMSI, ALICE " MSG_btn=1"), "1 1");
	}
}

static void what_was_agreed_goes_with_the_line(void **state)
{
	EACH_ENGINE(&test)
	{
		assert_string_equal(statuses(TEST_IMSI, ALICE " MSG_btn=1"), "1 1");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", TEST_LINE, "{\"new_imsi\":\"" OTHER_IMSI "\"}");
		assert_string_equal(statuses(OTHER_IMSI, ALICE), "1 1");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.delete", "tenant=demo&imsi=" OTHER_IMSI, "");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "subscriber.put", "tenant=demo&imsi=" OTHER_IMSI,
		               "{\"plan\":\"full\"}");
		assert_string_equal(statuses(OTHER_IMSI, ALICE), "0 0");
	}
}

static void a_portal_learns_whose_handle_it_is_and_writes_the_answer_back(void **state)
{
	EACH_ENGINE(&test)
	{
		Openes__DecideReply reply = ask(TEST_IMSI, "ap2012", ALICE);
		struct policy_flow flow = { .expires_ms = es_wall_ms() + 60000, .tenant = "demo", .app = "ap2012" };
		struct es_slice handle;
		char body[1024];
		assert_int_equal(strncmp(value(&reply, "ServiceFlow_UserData"), "encodedValue=", 13), 0);
		assert_int_equal(es_imsi_parse(ES_SLICE_LIT(TEST_IMSI), &flow.imsi), ES_OK);
		memset(flow.store_vendor, 's', POLICY_STORE_VENDOR_MAX);
		memset(flow.store_user, 'u', POLICY_STORE_USER_MAX);
		assert_int_equal(policy_flow_seal(test.ring, &flow, arena, &handle), ES_OK);
		(void)snprintf(body, sizeof body, "{\"user_data\":\"sid=" ES_SLICE_FMT "\"}", ES_SLICE_ARG(handle));
		policy_test_do(&test, POLICY_ADMIN_DONE, "flow.resolve", "", body);
		assert_non_null(strstr(test.body, "\"store_vendor\":\"sss"));
		assert_non_null(strstr(test.body, "\"store_user_id\":\"uuu"));

		uint64_t before = head();
		policy_test_do(&test, POLICY_ADMIN_CREATED, "store-user.patch", TEST_LINE,
		               "{\"store_vendor\":\"S1001\",\"store_user_id\":\"alice\",\"terms\":\"available\"}");
		assert_non_null(strstr(test.body, "\"terms_version\":\"v1\""));
		assert_string_equal(events_after(before), "subscriber.changed ap2012;");
		assert_string_equal(statuses(TEST_IMSI, ALICE), "1 1");
		policy_test_do(&test, POLICY_ADMIN_DONE, "store-user.patch", TEST_LINE,
		               "{\"store_vendor\":\"S1001\",\"store_user_id\":\"alice\",\"terms\":\"in_progress\"}");
		assert_string_equal(statuses(TEST_IMSI, ALICE), "3 3");
		policy_test_do(&test, POLICY_ADMIN_DONE, "store-user.list", TEST_LINE, "");
		assert_non_null(strstr(test.body, "\"store_user_id\":\"alice\",\"terms\":\"in_progress\""));
		policy_test_do(&test, POLICY_ADMIN_INVALID, "store-user.patch", TEST_LINE, "{\"store_vendor\":\"S1001\"}");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "store-user.list", "tenant=demo&imsi=001010000000000", "");
	}
}

static void explain_knows_the_user_of_the_store(void **state)
{
	EACH_ENGINE(&test)
	{
		(void)ask(TEST_IMSI, "ap2012", ALICE " MSG_btn=1");
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain",
		               TEST_LINE "&app=ap2012&store_vendor=S1001&store_user_id=alice", "");
		assert_non_null(strstr(test.body, "{\"rule\":\"billing.terms\",\"saw\":\"available\",\"said\":\"go on\"}"));
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", TEST_LINE "&app=ap2012", "");
		assert_non_null(strstr(test.body, "{\"rule\":\"billing.store_user\",\"saw\":\"no answer known\""));
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", TEST_LINE "&app=ap2013", "");
		assert_non_null(strstr(test.body, "\"PrivateUserID\":\"(not shown)\""));
		assert_non_null(strstr(test.body, "{\"rule\":\"private_identity.type\",\"saw\":\"encrypted\""));
	}
}

static void a_line_keeps_the_newest_answers_of_so_many_users(void **state)
{
	EACH_ENGINE(&test)
	{
		for (int i = 0; i < POLICY_STORE_USERS_MAX + 2; i++) {
			char params[64];
			(void)snprintf(params, sizeof params, "store_vendor=S store_user_id=u%d MSG_btn=1", i);
			(void)ask(TEST_IMSI, "ap2012", params);
		}
		assert_string_equal(statuses(TEST_IMSI, "store_vendor=S store_user_id=u1"), "0 0");
		assert_string_equal(statuses(TEST_IMSI, "store_vendor=S store_user_id=u2"), "1 1");
	}
}

static void changes_of_a_line_wake_the_applications_that_read_them(void **state)
{
	EACH_ENGINE(&test)
	{
		uint64_t before = head();
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"account\":\"business\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"billing\":{\"barred\":true}}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE,
		               "{\"opt_outs\":[\"private_identity\"]}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"msisdn\":\"+34600000002\"}");
		assert_string_equal(events_after(before),
		                    "subscriber.changed ap2012;subscriber.changed ap2012;subscriber.changed ap2013;"
		                    "subscriber.changed ap2003 ap2004 ap2005 ap2006 ap2009 ap2010 ap2012 ap2013 ap2016;");
	}
}

static void a_private_identity_needs_the_key_of_policy(void **state) /* V12-PUI-02, V12-PUI-03 */
{
	EACH_ENGINE(&test)
	{
		Openes__DecideReply reply = ask(TEST_IMSI, "ap2013", "");
		assert_string_equal(value(&reply, "EntitlementStatus"), "2");
		engine_of_test.has_private_id_key = true;
		reply = ask(TEST_IMSI, "ap2013", "");
		assert_string_equal(value(&reply, "EntitlementStatus"), "1");
		assert_string_equal(value(&reply, "PrivateUserIDType"), "2");
		Openes__DecideReply again = ask(TEST_IMSI, "ap2013", "");
		assert_string_equal(value(&again, "PrivateUserID"), value(&reply, "PrivateUserID"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_to_a_message_is_kept_for_one_user_of_one_store),
		cmocka_unit_test(an_answer_is_an_event_of_ap2012_and_stands_in_the_trail_and_once),
		cmocka_unit_test(a_button_that_nothing_asked_for_is_passed_over),
		cmocka_unit_test(requests_without_store_or_user_are_invalid),
		cmocka_unit_test(another_text_is_asked_for_anew),
		cmocka_unit_test(what_was_agreed_goes_with_the_line),
		cmocka_unit_test(a_portal_learns_whose_handle_it_is_and_writes_the_answer_back),
		cmocka_unit_test(explain_knows_the_user_of_the_store),
		cmocka_unit_test(a_line_keeps_the_newest_answers_of_so_many_users),
		cmocka_unit_test(changes_of_a_line_wake_the_applications_that_read_them),
		cmocka_unit_test(a_private_identity_needs_the_key_of_policy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
