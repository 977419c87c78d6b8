/* policy_engine_esim_test.c -- EsimFacts as DECIDE gives them, on every database there is. */
#include "es_grant.h"
#include "es_token.h"
#include "policy_engine.h"
#include "policy_flow.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define NOW INT64_C(1767225600000)
#define SETTINGS                                                                                                       \
	"{\"language\":\"en\",\"sheets\":{\"esim_terms\":\"v1\",\"esim_texts\":[\"en: Be good.\"]},"                       \
	"\"esim\":{\"smdp\":\"main\",\"smdp_others\":[\"spare\"],\"bss\":\"home\",\"provision\":true,\"download\":\"smdp_" \
	"address\","                                                                                                       \
	"\"sheet\":\"choice\",\"url\":\"https://aes.example/sheet\",\"input\":[\"transfer\",\"download\"],"                \
	"\"text\":{\"message\":[\"en: Your code?\",\"de: Ihr Code?\"],\"freetext\":true,\"validation\":\"^[0-9]+$\"},"     \
	"\"no_web_view\":[\"Plain\"]}}"

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_esim");
	policy_test_populate(t);
	policy_test_do(t, POLICY_ADMIN_DONE, "tenant.put", "tenant=demo", SETTINGS);
	policy_test_do(t, POLICY_ADMIN_CREATED, "plan.put", "tenant=demo&plan=watch",
	               "{\"name\":\"Watch\",\"description\":\"One number\","
	               "\"esim\":{\"companion_profile_type\":\"W1\",\"offered_to\":[\"companion\"]}}");
	policy_test_do(
		t, POLICY_ADMIN_CREATED, "plan.put", "tenant=demo&plan=second",
		"{\"esim\":{\"primary_profile_type\":\"P1\",\"smdp\":\"other\",\"offered_to\":[\"companion\",\"primary\"]}}");
	policy_test_do(t, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full",
	               "{\"companion\":{\"allowed\":true,\"services\":[\"SharedNumber\"],\"max\":3},"
	               "\"esim\":{\"companion_profile_type\":\"C\"}}");
	policy_test_do(t, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, "{\"iccid\":\"8949000000000000017\"}");
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring };
	arena = es_arena_new(0, 1u << 20);
	assert_non_null(arena);
}

static void end(struct policy_test *t)
{
	es_arena_free(arena);
	policy_test_close(t);
}

static char *token_for(const char *app)
{
	struct es_token token = { .tenant = "demo", .method = ES_METHOD_EAP_AKA, .issued_ms = NOW, .expires_ms = NOW + 1 };
	char tenant[] = "demo", imsi[] = TEST_IMSI;
	Openes__AdmitRequest request = OPENES__ADMIT_REQUEST__INIT;
	Openes__AdmitReply reply = OPENES__ADMIT_REPLY__INIT;
	struct es_slice text;

	request.tenant = tenant;
	request.imsi = imsi;
	assert_int_equal(policy_serve_admit(&engine_of_test, &request, arena, &reply), ES_OK);
	token.epoch = reply.epoch;
	assert_int_equal(es_imsi_parse(ES_SLICE_LIT(TEST_IMSI), &token.imsi), ES_OK);
	strncpy(token.group, app, sizeof token.group - 1);
	assert_int_equal(es_token_seal(test.ring, &token, arena, &text), ES_OK);
	return es_arena_strdup(arena, text);
}

static Openes__DecideReply decide(const char *app, const char *operation, const char *model)
{
	Openes__DecideRequest request = OPENES__DECIDE_REQUEST__INIT;
	Openes__DeviceRequest device = OPENES__DEVICE_REQUEST__INIT;
	Openes__DecideReply reply = OPENES__DECIDE_REPLY__INIT;
	char *apps[] = { es_arena_strdup(arena, es_slice_str(app)) };

	device.apps = apps;
	device.n_apps = 1;
	device.version_major = 12;
	device.operation = es_arena_strdup(arena, es_slice_str(operation));
	device.terminal_model = es_arena_strdup(arena, es_slice_str(model));
	device.accept_language = es_arena_strdup(arena, ES_SLICE_LIT("de"));
	request.request = &device;
	request.token = token_for(app);
	assert_int_equal(policy_serve_decide(&engine_of_test, &request, NOW, arena, &reply), ES_OK);
	assert_int_equal(reply.outcome, OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
	return reply;
}

static void settings_travel_in_the_language_of_the_request(void **state)
{
	EACH_ENGINE(&test)
	{
		const Openes__EsimFacts *facts = decide("ap2006", "CheckEligibility", "Nine").esim;
		const Openes__EsimSettings *s = facts->settings;
		assert_true(facts->companion_allowed && !facts->primary_allowed && facts->line_active && !facts->no_web_view);
		assert_string_equal(facts->plan, "full");
		assert_string_equal(facts->iccid, "8949000000000000017");
		assert_string_equal(facts->language, "de");
		assert_string_equal(s->smdp, "main");
		assert_int_equal(s->n_smdp_others, 1);
		assert_string_equal(s->smdp_others[0], "spare");
		assert_string_equal(s->bss, "home");
		assert_true(s->provision && s->manage_service && !s->own_stock);
		assert_int_equal(s->download, OPENES__ESIM_SETTINGS__DOWNLOAD__SMDP_ADDRESS);
		assert_int_equal(s->sheet, OPENES__ESIM_SETTINGS__SHEET__SHEET_CHOICE);
		assert_int_equal(s->input,
		                 OPENES__ESIM_SETTINGS__INPUT__INPUT_TRANSFER | OPENES__ESIM_SETTINGS__INPUT__INPUT_DOWNLOAD);
		assert_string_equal(s->text->message, "Ihr Code?");
		assert_true(s->text->has_freetext);
		assert_string_equal(s->text->validation, "^[0-9]+$");
		assert_int_equal(s->max_refresh, 10);
		assert_int_equal(s->polling_interval_s, 60);
		assert_int_equal(s->answer_within_ms, 5000);
		assert_int_equal(s->install_within_s, 14 * 86400);
		assert_int_equal(s->download_repeat_s, 600);
		assert_string_equal(s->companion_profile_type, "C");
		assert_true(facts->sheet == NULL && facts->n_offers == 0); /* nobody manages a subscription */
		assert_true(decide("ap2006", "CheckEligibility", "plain").esim->no_web_view);
	}
}

static void a_sheet_is_named_where_a_subscription_is_managed(void **state) /* V12-ODSA-G-12 */
{
	EACH_ENGINE(&test)
	{
		const Openes__EsimFacts *facts = decide("ap2009", "ManageSubscription", "").esim;
		struct policy_flow flow;
		assert_string_equal(facts->sheet->url, "https://aes.example/sheet");
		assert_string_equal(facts->sheet->contents_type, "");
		assert_int_equal(strlen(facts->sheet->nonce), 24);
		assert_true(facts->sheet->has_terms);
		assert_int_equal(
			policy_flow_open(test.ring, policy_flow_handle(es_slice_str(facts->sheet->user_data)), NOW, arena, &flow),
			ES_OK);
		assert_string_equal(flow.app, "ap2009");
		assert_int_equal(facts->n_offers, 1);
		assert_string_equal(facts->offers[0]->id, "second");
		assert_string_equal(facts->offers[0]->primary_profile_type, "P1");
		assert_string_equal(facts->offers[0]->smdp, "other");
		facts = decide("ap2006", "ManageSubscription", "").esim;
		assert_int_equal(facts->n_offers, 2);
		assert_string_equal(facts->offers[1]->description, "One number");
	}
}

static void another_sim_has_another_iccid(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_INVALID, "subscriber.patch", TEST_LINE,
		               "{\"iccid\":\"894900000000000001F\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.swap-sim", TEST_LINE,
		               "{\"new_imsi\":\"001010999999999\"}");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", "tenant=demo&imsi=001010999999999", "");
		assert_non_null(strstr(test.body, "\"iccid\":\"\""));
		policy_test_do(&test, POLICY_ADMIN_DONE, "audit.list", "tenant=demo", "");
		assert_null(strstr(test.body, "8949000000000000017")); /* V12-ODSA-G-08 */
	}
}

static void explain_shows_what_esim_is_told(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_DONE, "explain", TEST_LINE "&app=ap2006", "");
		assert_non_null(strstr(test.body, "\"smdp\":\"main\""));
		assert_non_null(strstr(test.body, "\"offers\":[\"second\",\"watch\"]"));
		assert_non_null(strstr(test.body, "\"sheet\":\"choice\",\"terms\":true"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_travel_in_the_language_of_the_request),
		cmocka_unit_test(a_sheet_is_named_where_a_subscription_is_managed),
		cmocka_unit_test(another_sim_has_another_iccid),
		cmocka_unit_test(explain_shows_what_esim_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
