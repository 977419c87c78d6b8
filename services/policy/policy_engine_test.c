/* policy_engine_test.c -- DECIDE, ADMIT, FIND, TENANTS and EVENTS as messages, on every engine there is. */
#include <pthread.h>
#include <stdatomic.h>

#include "es_clock.h"
#include "es_token.h"
#include "policy_engine.h"
#include "policy_flow.h"
#include "policy_lifecycle.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define NOW INT64_C(1767225600000)
#define TERMINAL "356938035643809"

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_engine");
	policy_test_populate(t);
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring };
	arena = es_arena_new(0, 262144);
	assert_non_null(arena);
}

static void end(struct policy_test *t)
{
	es_arena_free(arena);
	policy_test_close(t);
}

static uint32_t admitted_epoch(const char *imsi, Openes__AdmitReply__Outcome expected)
{
	Openes__AdmitRequest request = OPENES__ADMIT_REQUEST__INIT;
	Openes__AdmitReply reply = OPENES__ADMIT_REPLY__INIT;
	char tenant[] = "demo", copy[16] = "";
	strncpy(copy, imsi, sizeof copy - 1);
	request.tenant = tenant;
	request.imsi = copy;
	assert_int_equal(policy_serve_admit(&engine_of_test, &request, arena, &reply), ES_OK);
	assert_int_equal(reply.outcome, expected);
	return reply.epoch;
}

/* A token as auth would have made it at NOW, for an hour. */
static struct es_slice token_for(const char *group)
{
	struct es_token token = {
		.tenant = "demo", .method = ES_METHOD_EAP_AKA, .issued_ms = NOW, .expires_ms = NOW + 3600000
	};
	struct es_slice text;
	assert_int_equal(es_imsi_parse(ES_SLICE_LIT(TEST_IMSI), &token.imsi), ES_OK);
	token.epoch = admitted_epoch(TEST_IMSI, OPENES__ADMIT_REPLY__OUTCOME__ADMITTED);
	strncpy(token.group, group, sizeof token.group - 1);
	es_token_digest(ES_SLICE_LIT(TERMINAL), token.terminal);
	assert_int_equal(es_token_seal(test.ring, &token, arena, &text), ES_OK);
	return text;
}

static Openes__DecideReply decide_with(struct es_slice token, const char *apps, const char *param_name,
                                       const char *param_value, int64_t now)
{
	Openes__DecideRequest request = OPENES__DECIDE_REQUEST__INIT;
	Openes__DeviceRequest device = OPENES__DEVICE_REQUEST__INIT;
	Openes__DecideReply reply = OPENES__DECIDE_REPLY__INIT;
	struct es_slice rest = es_slice_str(apps);
	Openes__Param param = OPENES__PARAM__INIT, *params[] = { &param };
	char *list[8];

	while (rest.len > 0)
		list[device.n_apps++] = es_arena_strdup(arena, es_slice_cut(&rest, ' '));
	device.apps = list;
	if (param_name != NULL) {
		param.name = es_arena_strdup(arena, es_slice_str(param_name));
		param.value = es_arena_strdup(arena, es_slice_str(param_value));
		device.params = params;
		device.n_params = 1;
	}
	device.version_major = 12;
	device.terminal_id = es_arena_strdup(arena, ES_SLICE_LIT(TERMINAL));
	device.terminal_vendor = es_arena_strdup(arena, ES_SLICE_LIT("ACME"));
	device.accept_language = es_arena_strdup(arena, ES_SLICE_LIT("de"));
	request.request = &device;
	request.token = es_arena_strdup(arena, token);
	assert_int_equal(policy_serve_decide(&engine_of_test, &request, now, arena, &reply), ES_OK);
	return reply;
}

static Openes__DecideReply decide(struct es_slice token, const char *apps, int64_t now)
{
	return decide_with(token, apps, NULL, NULL, now);
}

static const char *value(const Openes__DecideReply *reply, size_t answer, const char *name)
{
	for (size_t i = 0; i < reply->answers[answer]->n_nodes; i++)
		if (strcmp(reply->answers[answer]->nodes[i]->name, name) == 0)
			return reply->answers[answer]->nodes[i]->value;
	return "absent";
}

static void one_token_is_answered_for_three_applications(void **state) /* V12-SMS-02, V12-TOK-02 */
{
	EACH_ENGINE(&test)
	{
		Openes__DecideReply reply = decide(token_for("ap2003"), "ap2003 ap2004 ap2005", NOW + 1000);
		assert_int_equal(reply.outcome, OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
		assert_string_equal(reply.subject->imsi, TEST_IMSI);
		assert_string_equal(reply.subject->msisdn, "+34600000001");
		assert_int_equal(reply.n_answers, 3);
		assert_string_equal(reply.answers[0]->nodes[0]->name, "VoiceOverCellularEntitleInfo");
		assert_true(reply.answers[0]->nodes[0]->is_list);
		assert_int_equal(reply.answers[0]->nodes[0]->n_children, 3);
		assert_string_equal(value(&reply, 1, "EntitlementStatus"), "1");
		assert_string_equal(value(&reply, 2, "EntitlementStatus"), "1");
		assert_int_equal(reply.validity_s, 600);
		assert_int_equal(reply.token_remaining_s, 3599);
		assert_false(reply.token_renew);
		assert_true(reply.vers > 0); /* V12-DOC-14 */
		assert_null(reply.esim);
		assert_true(decide(token_for("ap2003"), "ap2004", NOW + 2700001).token_renew);
	}
}

static void a_tenant_that_had_its_requests_of_a_second_waits(void **state)
{
	EACH_ENGINE(&test)
	{
		struct es_slice token = token_for("ap2003");
		engine_of_test.limits = policy_limits_new();
		assert_non_null(engine_of_test.limits);
		for (int i = 0; i < 5; i++) /* no limit as long as nobody sets one */
			assert_int_equal(decide(token, "ap2004", NOW).outcome, OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
		policy_test_do(&test, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo",
		               "{\"plmns\":[\"00101\"],\"limits\":{\"requests_per_second\":2}}");
		for (int i = 0; i < 2; i++)
			assert_int_equal(decide(token, "ap2004", NOW).outcome, OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
		Openes__DecideReply reply = decide(token, "ap2004", NOW);
		assert_int_equal(reply.outcome, OPENES__DECIDE_REPLY__OUTCOME__LIMITED);
		assert_int_equal(reply.retry_after_s, 1);
		assert_null(reply.subject);
		assert_int_equal(decide(token, "ap2004", NOW + 500).outcome, OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
		assert_int_equal(decide(ES_SLICE_LIT("forged"), "ap2004", NOW + 500).outcome,
		                 OPENES__DECIDE_REPLY__OUTCOME__AUTHENTICATE);
		policy_limits_free(engine_of_test.limits);
		engine_of_test.limits = NULL;
	}
}

static void a_change_is_in_the_very_next_answer(void **state) /* V12-VWF-13 */
{
	EACH_ENGINE(&test)
	{
		struct es_slice token = token_for("ap2003");
		Openes__DecideReply reply = decide(token, "ap2004", NOW);
		int32_t vers = reply.vers;
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE,
		               "{\"vowifi\":{\"terms\":\"not_available\"}}");
		reply = decide(token, "ap2004", NOW);
		assert_string_equal(value(&reply, 0, "TC_Status"), "0");
		assert_true(reply.vers > vers);
		vers = reply.vers;

		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full", "{\"vowifi\":false}");
		reply = decide(token, "ap2004", NOW);
		assert_string_equal(value(&reply, 0, "EntitlementStatus"), "2");
		assert_string_equal(value(&reply, 0, "MessageForIncompatible"),
		                    "WLAN-Telefonie ist in Ihrem Tarif nicht enthalten.");
		assert_true(reply.vers > vers);

		assert_string_equal(reply.signing_key_id, "");
		policy_test_do(&test, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo",
		               "{\"validity\":1200,\"signing_key\":\"demo-1\"}");
		reply = decide(token, "ap2004", NOW);
		assert_int_equal(reply.validity_s, 1200);
		assert_string_equal(reply.signing_key_id, "demo-1");
	}
}

/* The applications that one change of the line woke, "" when it was no change. */
static const char *woken_by(const char *patch)
{
	static char apps[128];
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	Openes__EventsReply before = OPENES__EVENTS_REPLY__INIT, after = OPENES__EVENTS_REPLY__INIT;
	struct es_buf out;

	assert_int_equal(policy_serve_events(&engine_of_test, &request, arena, &before), ES_OK);
	policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, patch);
	request.after = before.head;
	assert_int_equal(policy_serve_events(&engine_of_test, &request, arena, &after), ES_OK);
	es_buf_init_fixed(&out, apps, sizeof apps - 1);
	for (size_t i = 0; after.n_events > 0 && i < after.events[0]->n_apps; i++)
		es_put_printf(&out, "%s%s", i > 0 ? " " : "", after.events[0]->apps[i]);
	apps[out.len] = '\0';
	return apps;
}

#define USAGE(used) "{\"usage\":[{\"used\":" used ",\"as_of\":\"2025-12-31T12:00:00Z\",\"name\":\"\u00e9\"}]}"

static void usage_and_boosts_are_kept_and_wake_their_own_application(void **state)
{
	EACH_ENGINE(&test)
	{
		struct es_slice token = token_for("ap2010");
		Openes__DecideReply reply = decide(token, "ap2010", NOW);
		assert_int_equal(reply.answers[0]->n_nodes, 0); /* V12-DATA-14 */
		assert_string_equal(woken_by(USAGE("4294967297")), "ap2010");
		reply = decide(token, "ap2010", NOW);
		assert_string_equal(reply.answers[0]->nodes[0]->name, "DataUsageInfo");
		const Openes__DocNode *details = reply.answers[0]->nodes[0]->children[0];
		assert_string_equal(details->children[1]->value, "\u00e9");
		assert_string_equal(details->children[2]->value, "4294967297"); /* V12-DATA-09 */
		assert_string_equal(woken_by(USAGE("4294967297")), "");
		assert_string_equal(woken_by(USAGE("4294967298")), "ap2010");
		assert_string_equal(woken_by("{\"boosts\":[{\"type\":166}]}"), "ap2010");
		assert_string_equal(woken_by("{\"boosts\":[{\"type\":166,\"until\":\"2027-01-01T00:00:00Z\"}]}"), "ap2010");
		assert_string_equal(woken_by("{\"opt_outs\":[\"5g_sa\"]}"), "ap2010");
		assert_string_equal(woken_by("{\"opt_outs\":[\"5g_sa\",\"data_boost\"]}"), "ap2010");
		assert_string_equal(woken_by("{\"opt_outs\":[\"5g_sa\",\"data_boost\",\"satellite\"]}"), "ap2016");
		assert_string_equal(woken_by("{\"satellite\":{\"provisioning\":\"in_progress\"}}"), "ap2016");
		assert_string_equal(woken_by("{\"plan\":\"none\"}"), POLICY_ALL_APPS);
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "", "");
		assert_non_null(strstr(test.body, "\"usage: changed\"")); /* the trail does not keep people's usage */
		assert_non_null(strstr(test.body, "\"boosts: changed\""));
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		assert_non_null(strstr(test.body, "\"used\":4294967298"));
		assert_non_null(strstr(test.body, "\"until\":\"2027-01-01T00:00:00Z\""));
		assert_non_null(strstr(test.body, "\"satellite\":{\"provisioning\":\"in_progress\"}"));
		assert_string_equal(woken_by("{\"usage\":null,\"boosts\":[]}"), "ap2010");
	}
}

static void a_request_for_a_boost_gets_a_handle_that_the_portal_can_resolve(void **state) /* V12-DATA-11, V12-DATA-12 */
{
	static const char *const names[] = { "boost_type", "boostType" };

	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo",
		               "{\"data\":{\"boost_url\":\"https://p.example/boost\"}}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full",
		               "{\"data\":{\"boosts\":[{\"type\":166}]}}");
		for (size_t i = 0; i < ES_COUNT(names); i++) {
			Openes__DecideReply reply = decide_with(token_for("ap2010"), "ap2010", names[i], "0", NOW);
			struct policy_flow flow;
			assert_string_equal(value(&reply, 0, "EntitlementStatus"), "1");
			assert_string_equal(value(&reply, 0, "ProvStatus"), "0");
			const char *user_data = value(&reply, 0, "ServiceFlow_UserData");
			assert_non_null(strstr(user_data, "&boost_type=0"));
			assert_int_equal(
				policy_flow_open(test.ring, policy_flow_handle(es_slice_str(user_data)), NOW, arena, &flow), ES_OK);
			assert_string_equal(flow.imsi.digits, TEST_IMSI);
		}
	}
}

static void another_replica_sees_the_change_as_well(void **state)
{
	EACH_ENGINE(&test)
	{
		struct policy_store *other = NULL;
		struct es_buf error;
		es_buf_init(&error, 512);
		assert_int_equal(policy_store_open(test.database.url, &other, &error), ES_OK);
		es_buf_free(&error);
		struct es_slice token = token_for("ap2003");
		engine_of_test.store = other;
		Openes__DecideReply reply = decide(token, "ap2005", NOW);
		assert_string_equal(value(&reply, 0, "EntitlementStatus"), "1");
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full", "{\"smsoip\":false}");
		reply = decide(token, "ap2005", NOW);
		assert_string_equal(value(&reply, 0, "EntitlementStatus"), "2");
		engine_of_test.store = test.store;
		policy_store_close(other);
	}
}

static void dead_tokens_ask_for_authentication(void **state) /* settled rule 13, V12-TOK-04 */
{
	EACH_ENGINE(&test)
	{
		struct es_slice token = token_for("ap2003");
		assert_string_equal(decide(token, "ap2004", NOW + 3600000).reason, "token_expired");
		assert_int_equal(decide(token, "ap2004", NOW + 3600000).outcome, OPENES__DECIDE_REPLY__OUTCOME__AUTHENTICATE);
		assert_string_equal(decide(token, "ap2006", NOW).reason, "other_app");
		assert_string_equal(decide(ES_SLICE_LIT(""), "ap2004", NOW).reason, "token_malformed");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.suspend", TEST_LINE, "");
		assert_string_equal(decide(token, "ap2004", NOW).reason, "token_revoked");
		Openes__DecideReply reply = decide(token_for("ap2003"), "ap2003 ap2004 ap2005", NOW); /* settled rule 16 */
		assert_int_equal(reply.outcome, OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
		assert_string_equal(value(&reply, 1, "EntitlementStatus"), "0");
		assert_string_equal(value(&reply, 2, "EntitlementStatus"), "0");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.delete", TEST_LINE, "");
		assert_string_equal(decide(token, "ap2004", NOW).reason, "subscriber_unknown");
	}
}

static void a_terminated_line_is_not_admitted(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.terminate", TEST_LINE, "");
		(void)admitted_epoch(TEST_IMSI, OPENES__ADMIT_REPLY__OUTCOME__TERMINATED);
		(void)admitted_epoch("001010000000000", OPENES__ADMIT_REPLY__OUTCOME__UNKNOWN);
	}
}

static Openes__FindReply find(const char *imsi, const char *msisdn, es_status expected)
{
	Openes__FindRequest request = OPENES__FIND_REQUEST__INIT;
	Openes__FindReply reply = OPENES__FIND_REPLY__INIT;

	request.tenant = es_arena_strdup(arena, ES_SLICE_LIT("demo"));
	request.imsi = es_arena_strdup(arena, es_slice_str(imsi));
	request.msisdn = es_arena_strdup(arena, es_slice_str(msisdn));
	assert_int_equal(policy_serve_find(&engine_of_test, &request, arena, &reply), expected);
	return reply;
}

static void a_line_is_found_by_its_number_and_by_its_imsi(void **state)
{
	EACH_ENGINE(&test)
	{
		Openes__FindReply reply = find("", "+34600000001", ES_OK);
		assert_int_equal(reply.outcome, OPENES__FIND_REPLY__OUTCOME__FOUND);
		assert_string_equal(reply.imsi, TEST_IMSI);
		assert_int_equal(reply.epoch, admitted_epoch(TEST_IMSI, OPENES__ADMIT_REPLY__OUTCOME__ADMITTED));
		reply = find(TEST_IMSI, "", ES_OK);
		assert_int_equal(reply.outcome, OPENES__FIND_REPLY__OUTCOME__FOUND);
		assert_string_equal(reply.msisdn, "+34600000001");
		assert_int_equal(find("", "+34600000009", ES_OK).outcome, OPENES__FIND_REPLY__OUTCOME__UNKNOWN);
		assert_int_equal(find("001010000000000", "", ES_OK).outcome, OPENES__FIND_REPLY__OUTCOME__UNKNOWN);
		(void)find("", "", ES_MALFORMED);
		(void)find(TEST_IMSI, "+34600000001", ES_MALFORMED);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.terminate", TEST_LINE, "");
		assert_int_equal(find(TEST_IMSI, "", ES_OK).outcome, OPENES__FIND_REPLY__OUTCOME__TERMINATED);
	}
}

static void a_number_of_two_lines_is_nobodys(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "subscriber.put", "tenant=demo&imsi=001010000000077",
		               "{\"msisdn\":\"+34600000001\",\"plan\":\"full\"}");
		assert_int_equal(find("", "+34600000001", ES_OK).outcome, OPENES__FIND_REPLY__OUTCOME__UNKNOWN);
	}
}

static void odsa_applications_get_facts_and_no_answer(void **state)
{
	EACH_ENGINE(&test)
	{
		Openes__DecideReply reply = decide(token_for("ap2006"), "ap2006", NOW);
		assert_int_equal(reply.n_answers, 0);
		assert_true(reply.esim->companion_allowed && reply.esim->primary_allowed);
		assert_int_equal(reply.esim->n_companion_services, 2);
		assert_string_equal(reply.esim->companion_services[1], "FamilyNumber");
		assert_int_equal(reply.esim->companion_max, 3);
		assert_string_equal(reply.esim->not_enabled_url, "https://p.example/no");
	}
}

static void the_portals_handle_names_the_subscriber_and_nothing_else_does(void **state)
{
	EACH_ENGINE(&test)
	{
		char params[512];
		struct policy_flow flow;
		Openes__DecideReply reply = decide(token_for("ap2003"), "ap2004", NOW);
		const char *handle = value(&reply, 0, "ServiceFlow_UserData");
		assert_null(strstr(handle, TEST_IMSI));
		assert_int_equal(policy_flow_open(test.ring, policy_flow_handle(es_slice_str(handle)), NOW, arena, &flow),
		                 ES_OK);
		assert_string_equal(flow.tenant, "demo");
		assert_string_equal(flow.imsi.digits, TEST_IMSI);
		assert_int_equal(
			policy_flow_open(test.ring, policy_flow_handle(es_slice_str(handle)), flow.expires_ms, arena, &flow),
			ES_EXPIRED);
		assert_int_equal(policy_flow_open(test.ring, token_for("ap2003"), NOW, arena, &flow), ES_UNAUTHENTIC);

		flow.expires_ms = es_wall_ms() + 60000;
		struct es_slice fresh;
		assert_int_equal(policy_flow_seal(test.ring, &flow, arena, &fresh), ES_OK);
		(void)snprintf(params, sizeof params, "{\"user_data\":\"sid=" ES_SLICE_FMT "\"}", ES_SLICE_ARG(fresh));
		policy_test_do(&test, POLICY_ADMIN_DONE, "flow.resolve", "", params);
		assert_non_null(strstr(test.body, "\"tenant\":\"demo\",\"app\":\"ap2004\",\"terminal_id\":"));
		policy_test_do(&test, POLICY_ADMIN_INVALID, "flow.resolve", "", "{\"user_data\":\"sid=AAAA\"}");
	}
}

static void auth_learns_of_tenants_once_per_version(void **state)
{
	EACH_ENGINE(&test)
	{
		Openes__TenantsRequest request = OPENES__TENANTS_REQUEST__INIT;
		Openes__TenantsReply first = OPENES__TENANTS_REPLY__INIT, second = OPENES__TENANTS_REPLY__INIT;
		assert_int_equal(policy_serve_tenants(&engine_of_test, &request, arena, &first), ES_OK);
		assert_int_equal(first.n_tenants, 1);
		assert_string_equal(first.tenants[0]->hosts[0], "aes.example");
		assert_int_equal(first.tenants[0]->token_ttl_s, 3600);
		request.known_version = first.version;
		assert_int_equal(policy_serve_tenants(&engine_of_test, &request, arena, &second), ES_OK);
		assert_int_equal(second.n_tenants, 0);
		assert_int_equal(second.version, first.version);
	}
}

static void events_follow_commits_without_a_gap(void **state)
{
	EACH_ENGINE(&test)
	{
		Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
		Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE,
		               "{\"sms\":{\"provisioning\":\"in_progress\"}}");
		uint64_t last = test.last.sequence;
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.patch", TEST_LINE, "{\"plan\":\"gone\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", TEST_LINE,
		               "{\"new_imsi\":\"001010000000003\"}");
		assert_int_equal(policy_serve_events(&engine_of_test, &request, arena, &reply), ES_OK);
		assert_int_equal(reply.head, last + 2);
		assert_int_equal(reply.n_events, reply.head);
		for (size_t i = 0; i < reply.n_events; i++)
			assert_int_equal(reply.events[i]->sequence, i + 1);
		const Openes__Event *patched = reply.events[last - 1];
		assert_string_equal(patched->kind, "subscriber.changed");
		assert_string_equal(patched->imsi, TEST_IMSI);
		assert_int_equal(patched->n_apps, 1);
		assert_string_equal(patched->apps[0], "ap2005");
		assert_string_equal(reply.events[last]->kind, "subscriber.removed");
		assert_string_equal(reply.events[last]->moved_to, "001010000000003");
		assert_string_equal(reply.events[last + 1]->imsi, "001010000000003");
		assert_string_equal(reply.events[last + 1]->moved_to, "");

		request.after = last;
		request.limit = 1;
		reply = (Openes__EventsReply)OPENES__EVENTS_REPLY__INIT;
		assert_int_equal(policy_serve_events(&engine_of_test, &request, arena, &reply), ES_OK);
		assert_int_equal(reply.n_events, 1);
		assert_int_equal(reply.events[0]->sequence, last + 1);

		/* What notify waits for to forget a line's registrations. */
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.terminate", "tenant=demo&imsi=001010000000003", "");
		request.after = test.last.sequence - 1;
		reply = (Openes__EventsReply)OPENES__EVENTS_REPLY__INIT;
		assert_int_equal(policy_serve_events(&engine_of_test, &request, arena, &reply), ES_OK);
		assert_string_equal(reply.events[0]->kind, "subscriber.terminated");
	}
}

static void devices_are_noted_beside_the_answer(void **state)
{
	EACH_ENGINE(&test)
	{
		engine_of_test.seen = policy_seen_start(test.store, true);
		assert_non_null(engine_of_test.seen);
		for (int i = 0; i < 5; i++)
			(void)decide(token_for("ap2003"), "ap2004", NOW + i);
		policy_seen_stop(engine_of_test.seen); /* writes what is piled up */
		engine_of_test.seen = NULL;
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		assert_non_null(strstr(
			test.body, "\"devices\":[{\"terminal_id\":\"" TERMINAL "\",\"terminal_vendor\":\"ACME\","
					   "\"terminal_model\":\"\",\"terminal_sw_version\":\"\",\"first_seen\":\"2026-01-01T00:00:00Z\","
					   "\"last_seen\":\"2026-01-01T00:00:00Z\""));
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.delete", TEST_LINE, "");
	}
}

/* ---- many at once ---- */

#define DECIDERS 4

struct decider {
	const char *token;
	_Atomic bool stop;
	_Atomic unsigned decided, failed;
};

static void *decide_on(void *user)
{
	struct decider *d = user;
	struct es_arena *own = es_arena_new(0, 262144);
	char app[] = "ap2004", terminal[] = TERMINAL, *apps[] = { app };

	while (!d->stop && own != NULL) {
		Openes__DecideRequest request = OPENES__DECIDE_REQUEST__INIT;
		Openes__DeviceRequest device = OPENES__DEVICE_REQUEST__INIT;
		Openes__DecideReply reply = OPENES__DECIDE_REPLY__INIT;
		device.apps = apps;
		device.n_apps = 1;
		device.version_major = 12;
		device.terminal_id = terminal;
		request.request = &device;
		es_arena_reset(own);
		request.token = es_arena_strdup(own, es_slice_str(d->token));
		es_status status = policy_serve_decide(&engine_of_test, &request, NOW, own, &reply);
		bool ok = status == ES_OK && reply.outcome == OPENES__DECIDE_REPLY__OUTCOME__DECIDED && reply.n_answers == 1;
		*(ok ? &d->decided : &d->failed) += 1;
	}
	es_arena_free(own);
	return NULL;
}

static void decisions_go_on_while_plans_change(void **state)
{
	EACH_ENGINE(&test)
	{
		struct decider d = { .token = es_arena_strdup(arena, token_for("ap2003")) };
		pthread_t threads[DECIDERS];
		for (size_t i = 0; i < DECIDERS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, decide_on, &d), 0);
		for (int i = 0; i < 30 || d.decided == 0; i++)
			policy_test_do(&test, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full",
			               i % 2 == 0 ? "{\"vowifi\":true}" : "{\"vowifi\":false}");
		d.stop = true;
		for (size_t i = 0; i < DECIDERS; i++)
			(void)pthread_join(threads[i], NULL);
		assert_int_equal(d.failed, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_token_is_answered_for_three_applications),
		cmocka_unit_test(a_tenant_that_had_its_requests_of_a_second_waits),
		cmocka_unit_test(a_change_is_in_the_very_next_answer),
		cmocka_unit_test(usage_and_boosts_are_kept_and_wake_their_own_application),
		cmocka_unit_test(a_request_for_a_boost_gets_a_handle_that_the_portal_can_resolve),
		cmocka_unit_test(another_replica_sees_the_change_as_well),
		cmocka_unit_test(dead_tokens_ask_for_authentication),
		cmocka_unit_test(a_terminated_line_is_not_admitted),
		cmocka_unit_test(a_line_is_found_by_its_number_and_by_its_imsi),
		cmocka_unit_test(a_number_of_two_lines_is_nobodys),
		cmocka_unit_test(odsa_applications_get_facts_and_no_answer),
		cmocka_unit_test(the_portals_handle_names_the_subscriber_and_nothing_else_does),
		cmocka_unit_test(auth_learns_of_tenants_once_per_version),
		cmocka_unit_test(events_follow_commits_without_a_gap),
		cmocka_unit_test(devices_are_noted_beside_the_answer),
		cmocka_unit_test(decisions_go_on_while_plans_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
