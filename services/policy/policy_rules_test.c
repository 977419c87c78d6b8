/* policy_rules_test.c -- rules, add-ons and outages by the operators' API, and what decides afterwards, on every engine. */
#include <stdio.h>

#include "es_cleanup.h"
#include "es_token.h"
#include "policy_engine.h"
#include "policy_lifecycle.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, policy_test_close(t))

#define NOW INT64_C(1767225600000)
#define OFF "{\"rules\":[{\"id\":\"off\",\"withhold\":[\"smsoip\"]}]}"
#define WITH_CASES(expected)                                                                                           \
	"{\"rules\":[{\"id\":\"off\",\"when\":{\"device.vendor\":\"Acme\"},\"withhold\":[\"smsoip\"]}],\"cases\":["        \
	"{\"name\":\"others keep it\",\"line\":{\"plan\":\"full\"},\"device\":{\"terminal_vendor\":\"Other\"},"            \
	"\"app\":\"ap2005\",\"expect\":{\"EntitlementStatus\":\"1\",\"MessageForIncompatible\":null}},"                    \
	"{\"name\":\"Acme has lost it\",\"line\":{\"plan\":\"full\"},\"device\":{\"terminal_vendor\":\"Acme\"},"           \
	"\"app\":\"ap2005\",\"expect\":{\"EntitlementStatus\":\"" expected "\"}}]}"

static struct policy_test test;

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_rules");
	policy_test_populate(t);
}

#define ASSERT_SAYS(text)                                                                                              \
	do {                                                                                                               \
		if (strstr(test.body, (text)) == NULL)                                                                         \
			fail_msg("no %s in %s", (text), test.body);                                                                \
	} while (0)

static uint64_t count_events(const char *kind)
{
	struct policy_engine engine = { .store = test.store, .ring = test.ring };
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
	uint64_t count = 0;

	assert_int_equal(policy_serve_events(&engine, &request, arena, &reply), ES_OK);
	for (size_t i = 0; i < reply.n_events; i++)
		count += strcmp(reply.events[i]->kind, kind) == 0;
	es_arena_free(arena);
	return count;
}

/* AppIDs of the newest event. */
static const char *newest_apps(void)
{
	static char apps[256];
	struct policy_engine engine = { .store = test.store, .ring = test.ring };
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
	struct es_buf out;

	assert_int_equal(policy_serve_events(&engine, &request, arena, &reply), ES_OK);
	assert_true(reply.n_events > 0);
	const Openes__Event *event = reply.events[reply.n_events - 1];
	es_buf_init_fixed(&out, apps, sizeof apps - 1);
	for (size_t i = 0; i < event->n_apps; i++)
		es_put_printf(&out, "%s%s", i > 0 ? " " : "", event->apps[i]);
	apps[out.len] = '\0';
	es_arena_free(arena);
	return apps;
}

static char *token(struct es_arena *arena, const char *app)
{
	struct es_token made = { .method = ES_METHOD_EAP_AKA, .issued_ms = NOW, .expires_ms = NOW + 3600000, .epoch = 1 };
	struct es_slice text;

	memcpy(made.tenant, "demo", 5);
	memcpy(made.imsi.digits, TEST_IMSI, sizeof TEST_IMSI);
	struct policy_engine engine = { .store = test.store, .ring = test.ring };
	char tenant[] = "demo", imsi[] = TEST_IMSI;
	Openes__AdmitRequest request = OPENES__ADMIT_REQUEST__INIT;
	Openes__AdmitReply reply = OPENES__ADMIT_REPLY__INIT;
	request.tenant = tenant;
	request.imsi = imsi;
	assert_int_equal(policy_serve_admit(&engine, &request, arena, &reply), ES_OK);
	made.epoch = reply.epoch;
	assert_int_equal(es_token_group(es_slice_str(app), made.group), ES_OK);
	assert_int_equal(es_token_seal(test.ring, &made, arena, &text), ES_OK);
	return es_arena_strdup(arena, text);
}

/* Status of an application asked with a fresh token; '-' when it is not answered, 'x' when the request was refused, '!' when it is
 * malformed. */
static char ask(const char *app, const char *vendor)
{
	struct policy_engine engine = { .store = test.store, .ring = test.ring };
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	Openes__DecideRequest request = OPENES__DECIDE_REQUEST__INIT;
	Openes__DeviceRequest device = OPENES__DEVICE_REQUEST__INIT;
	Openes__DecideReply reply = OPENES__DECIDE_REPLY__INIT;
	char *apps[] = { es_arena_strdup(arena, es_slice_str(app)) };

	device.apps = apps;
	device.n_apps = 1;
	device.version_major = 12;
	device.terminal_vendor = es_arena_strdup(arena, es_slice_str(vendor));
	request.token = token(arena, app);
	request.request = &device;
	request.fresh = true;
	assert_int_equal(policy_serve_decide(&engine, &request, NOW, arena, &reply), ES_OK);
	char status = reply.n_answers > 0 ? reply.answers[0]->nodes[0]->value[0] : '-';
	if (reply.outcome == OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN)
		status = 'x';
	if (reply.outcome == OPENES__DECIDE_REPLY__OUTCOME__INVALID)
		status = '!';
	es_arena_free(arena);
	return status;
}

static void rules_decide_from_their_activation_on_until_they_are_rolled_back(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "rules.add", "tenant=demo", OFF);
		ASSERT_SAYS("\"number\":1");
		assert_int_equal(ask("ap2005", ""), '1'); /* written is not active */
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=demo&number=1", "");
		assert_int_equal(ask("ap2005", ""), '2');
		assert_int_equal(count_events("rules.changed"), 1);
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=demo&number=1", "");
		assert_int_equal(count_events("rules.changed"), 1); /* nothing changed */
		policy_test_do(&test, POLICY_ADMIN_CREATED, "rules.add", "tenant=demo",
		               "{\"rules\":[{\"id\":\"no\",\"refuse\":true}]}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=demo&number=2", "");
		ASSERT_SAYS("\"active\":2,\"previous\":1");
		assert_int_equal(ask("ap2005", ""), 'x');
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=demo&number=previous", "");
		assert_int_equal(ask("ap2005", ""), '2');
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=demo&number=0", "");
		assert_int_equal(ask("ap2005", ""), '1');
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "rules.activate", "tenant=demo&number=9", "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "tenant=demo&limit=2", "");
		ASSERT_SAYS("\"action\":\"rules.activate\"");
		ASSERT_SAYS("active: 1 -> 0");
	}
}

static void a_version_is_kept_as_it_was_written(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "rules.add", "tenant=demo", OFF);
		policy_test_do(&test, POLICY_ADMIN_CREATED, "rules.add", "tenant=demo", "{\"note\":\"none\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.get", "tenant=demo&number=1", "");
		ASSERT_SAYS("\"rules\":" OFF);
		ASSERT_SAYS("\"author\":\"bootstrap\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.list", "tenant=demo&limit=1", "");
		ASSERT_SAYS("\"items\":[{\"number\":2,");
		ASSERT_SAYS("\"next\":\"2\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.list", "tenant=demo&cursor=2", "");
		ASSERT_SAYS("\"items\":[{\"number\":1,");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "rules.add", "tenant=demo",
		               "{\"rules\":[{\"id\":\"a\",\"when\":1}]}");
		ASSERT_SAYS("\"field\":\"rules[0].when\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.add", "tenant=demo&dry_run=true", OFF);
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "rules.get", "tenant=demo&number=3", "");
	}
}

static void rules_whose_cases_fail_do_not_become_active(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "rules.add", "tenant=demo", WITH_CASES("1"));
		ASSERT_SAYS(
			"{\"case\":\"Acme has lost it\",\"parameter\":\"EntitlementStatus\",\"is\":\"2\",\"expected\":\"1\"}");
		ASSERT_SAYS("\"run\":2");
		policy_test_do(&test, POLICY_ADMIN_CONFLICT, "rules.activate", "tenant=demo&number=1", "");
		ASSERT_SAYS("Acme has lost it");
		assert_int_equal(ask("ap2005", "Acme"), '1');
		policy_test_do(&test, POLICY_ADMIN_CREATED, "rules.add", "tenant=demo", WITH_CASES("2"));
		ASSERT_SAYS("\"failed\":[]");
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=demo&number=2", "");
		assert_int_equal(ask("ap2005", "Acme"), '2');
		assert_int_equal(ask("ap2005", "Other"), '1');
		policy_test_do(
			&test, POLICY_ADMIN_INVALID, "rules.add", "tenant=demo",
			"{\"cases\":[{\"name\":\"x\",\"app\":\"ap2005\",\"line\":{\"plan\":7},\"expect\":{\"a\":\"b\"}}]}");
		ASSERT_SAYS("\"field\":\"cases[0].line.plan\"");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "rules.add", "tenant=demo",
		               "{\"cases\":[{\"name\":\"x\",\"app\":\"ap2005\"}]}");
		ASSERT_SAYS("\"field\":\"cases[0].expect\"");
	}
}

/* What a device asked for last, as the sightings' thread records it. */
static es_status see(struct es_db_conn *conn, void *user)
{
	const struct policy_device *device = user;
	static const char *const apps[] = { "ap2005", "ap2006" };

	ES_TRY(policy_row_device_seen(conn, "demo", TEST_IMSI, device));
	for (size_t i = 0; i < ES_COUNT(apps); i++) {
		const struct policy_device_app asked = {
			.terminal_id = device->terminal_id, .app = apps[i], .version_major = 11, .answered_ms = device->last_seen_ms
		};
		ES_TRY(policy_row_device_answered(conn, "demo", TEST_IMSI, &asked));
	}
	return ES_OK;
}

static void a_trial_says_whose_answer_would_become_another(void **state)
{
	EACH_ENGINE(&test)
	{
		struct policy_device acme = {
			.terminal_id = "351234567890123", .vendor = "Acme", .model = "P", .sw_version = "1", .last_seen_ms = 1
		};
		struct policy_device other = {
			.terminal_id = "359999999999999", .vendor = "Other", .model = "P", .sw_version = "1", .last_seen_ms = 2
		};
		assert_int_equal(es_db_write_wait(policy_store_db(test.store), see, &acme), ES_OK);
		assert_int_equal(es_db_write_wait(policy_store_db(test.store), see, &other), ES_OK);
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.test", "tenant=demo&number=new", WITH_CASES("2"));
		ASSERT_SAYS("{\"imsi\":\"" TEST_IMSI "\",\"terminal_id\":\"351234567890123\",\"app\":\"ap2005\","
		            "\"before\":\"EntitlementStatus=1; \",\"after\":\"EntitlementStatus=2; \"}");
		ASSERT_SAYS("\"lines\":1,\"requests\":4,\"changed\":1,\"refused\":0,\"changed_by_app\":{\"ap2005\":1},"
		            "\"devices_by_rule\":{\"off\":1}");
		ASSERT_SAYS("\"cases\":{\"failed\":[],\"run\":2}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.test", "tenant=demo&number=new", WITH_CASES("1"));
		ASSERT_SAYS("\"case\":\"Acme has lost it\"");
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.test", "tenant=demo&number=new&cursor=001010000000001",
		               WITH_CASES("1"));
		assert_null(strstr(test.body, "\"cases\"")); /* with the first page alone */
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "rules.test", "tenant=demo&number=1", "");
		assert_int_equal(ask("ap2005", "Acme"), '1');
	}
}

static void addons_and_outages_decide_from_their_commit_on(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE,
		               "{\"plan\":\"none\",\"addons\":[{\"id\":\"sms\"}]}");
		assert_int_equal(ask("ap2005", ""), '2');
		policy_test_do(&test, POLICY_ADMIN_CREATED, "addon.put", "tenant=demo&addon=sms",
		               "{\"offer\":{\"smsoip\":true}}");
		assert_int_equal(ask("ap2005", ""), '1');
		policy_test_do(&test, POLICY_ADMIN_DONE, "addon.put", "tenant=demo&addon=sms", "{\"offer\":{\"smsoip\":true}}");
		assert_int_equal(count_events("addon.changed"), 1);
		policy_test_do(&test, POLICY_ADMIN_CREATED, "outage.put", "tenant=demo&outage=ims",
		               "{\"services\":[\"smsoip\"],\"until\":\"2026-01-01T00:00:01Z\",\"texts\":[\"en: later\"]}");
		assert_int_equal(ask("ap2005", ""), '2');
		policy_test_do(&test, POLICY_ADMIN_DONE, "outage.list", "tenant=demo", "");
		ASSERT_SAYS("\"id\":\"ims\"");
		policy_test_reopen(&test);
		assert_int_equal(ask("ap2005", ""), '2');
		policy_test_do(&test, POLICY_ADMIN_DONE, "outage.delete", "tenant=demo&outage=ims", "");
		assert_int_equal(ask("ap2005", ""), '1');
		policy_test_do(&test, POLICY_ADMIN_DONE, "addon.delete", "tenant=demo&addon=sms", "");
		assert_int_equal(ask("ap2005", ""), '2');
		policy_test_do(&test, POLICY_ADMIN_INVALID, "addon.put", "tenant=demo&addon=sms", "{\"offer\":{\"sms\":true}}");
		ASSERT_SAYS("\"field\":\"offer.sms\"");
		policy_test_do(&test, POLICY_ADMIN_INVALID, "outage.put", "tenant=demo&outage=ims", "{}");
	}
}

static void an_application_of_the_operators_own_is_answered_while_its_rules_are_active(void **state)
{
	EACH_ENGINE(&test)
	{
		assert_int_equal(ask("ap9101", ""), '!');
		policy_test_do(&test, POLICY_ADMIN_CREATED, "rules.add", "tenant=demo",
		               "{\"applications\":[{\"id\":\"ap9101\",\"feature\":\"tethering\"}],"
		               "\"rules\":[{\"id\":\"all\",\"grant\":[\"tethering\"]}]}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=demo&number=1", "");
		assert_int_equal(ask("ap9101", ""), '1');
		assert_int_equal(ask("ap9102", ""), '!');
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", TEST_LINE "&app=ap9101", "");
		ASSERT_SAYS("{\"rule\":\"rule\",\"saw\":\"all\",\"said\":\"applied\"}");
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "explain", TEST_LINE "&app=ap9102", "");
	}
}

#define OWN(id) "{\"applications\":[{\"id\":\"" id "\",\"feature\":\"tethering\"}]}"
static void a_change_for_all_lines_names_the_applications_of_the_operators_own(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "rules.add", "tenant=demo", OWN("ap9101"));
		policy_test_do(&test, POLICY_ADMIN_CREATED, "rules.add", "tenant=demo", OWN("ap9102"));
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=demo&number=1", "");
		assert_string_equal(newest_apps(), POLICY_ALL_APPS " ap9101");
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full",
		               "{\"id\":\"full\",\"name\":\"Fuller\",\"features\":[\"tethering\"]}");
		assert_string_equal(newest_apps(), POLICY_ALL_APPS " ap9101");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "outage.put", "tenant=demo&outage=ims",
		               "{\"services\":[\"volte\"]}");
		assert_string_equal(newest_apps(), POLICY_ALL_APPS " ap9101");
		/* One goes, the other comes: the answers of both alter. */
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=demo&number=2", "");
		assert_string_equal(newest_apps(), POLICY_ALL_APPS " ap9101 ap9102");
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=demo&number=0", "");
		assert_string_equal(newest_apps(), POLICY_ALL_APPS " ap9102");
	}
}

static void one_tenants_rules_are_nothing_to_another(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "tenant.put", "tenant=other", "{\"hosts\":[\"aes.other\"]}");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "rules.add", "tenant=other", OFF);
		policy_test_do(&test, POLICY_ADMIN_DONE, "rules.activate", "tenant=other&number=1", "");
		policy_test_do(&test, POLICY_ADMIN_CREATED, "outage.put", "tenant=other&outage=ims",
		               "{\"services\":[\"smsoip\"]}");
		assert_int_equal(ask("ap2005", ""), '1');
		policy_test_do(&test, POLICY_ADMIN_NOT_FOUND, "rules.activate", "tenant=demo&number=1", "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_decide_from_their_activation_on_until_they_are_rolled_back),
		cmocka_unit_test(a_version_is_kept_as_it_was_written),
		cmocka_unit_test(rules_whose_cases_fail_do_not_become_active),
		cmocka_unit_test(a_trial_says_whose_answer_would_become_another),
		cmocka_unit_test(addons_and_outages_decide_from_their_commit_on),
		cmocka_unit_test(an_application_of_the_operators_own_is_answered_while_its_rules_are_active),
		cmocka_unit_test(a_change_for_all_lines_names_the_applications_of_the_operators_own),
		cmocka_unit_test(one_tenants_rules_are_nothing_to_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
