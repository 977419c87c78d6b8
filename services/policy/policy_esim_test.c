/* policy_esim_test.c -- what esim is told of a line, and what a tenant may set about it. */
#include "policy_answer_testing.h"

#include "policy_digest.h"
#include "policy_esim.h"

#define PLAN "\"companion\":{\"allowed\":true,\"services\":[\"SharedNumber\"],\"max\":2},\"primary_esim\":true"

static void digest_of(const struct question *q, uint8_t out[POLICY_DIGEST_SIZE])
{
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	struct asked asked;

	prepare(q, arena, &asked);
	assert_int_equal(policy_digest(&asked.context, es_slice_str(q->app), arena, out), ES_OK);
	es_arena_free(arena);
}

static void a_change_that_alters_what_is_answered_alters_the_digest(void **state)
{
	static const struct {
		const char *tenant, *line;
		bool alters;
	} cases[] = {
		{ "", "\"status\":\"suspended\"", true },           { "", "\"iccid\":\"8949000000000000017\"", true },
		{ "\"esim\":{\"max_refresh\":3}", "", true },       { "\"esim\":{\"manage_service\":false}", "", true },
		{ "\"esim\":{\"smdp\":\"other\"}", "", false }, /* of orders to come */
		{ "\"esim\":{\"answer_within_ms\":1}", "", false },
	};
	const struct question before = { .tenant = "", .plan = PLAN, .line = "", .app = "ap2006" };
	uint8_t a[POLICY_DIGEST_SIZE], b[POLICY_DIGEST_SIZE];

	(void)state;
	digest_of(&before, a);
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const struct question after = {
			.tenant = cases[i].tenant, .plan = PLAN, .line = cases[i].line, .app = "ap2006"
		};
		digest_of(&after, b);
		if ((memcmp(a, b, sizeof a) != 0) != cases[i].alters)
			fail_msg("case %zu", i);
	}
}

/* V12-ODSA-CE-04 */
static void a_model_is_incompatible_only_where_the_tenant_goes_by_the_table(void **state)
{
	static const char *capable[] = { "companion" };
	static const struct {
		const char *tenant, *model;
		bool companion, primary;
	} cases[] = {
		{ "\"esim\":{\"by_model\":true},\"equipment\":{\"use_models\":true}", "Nine", false, true },
		{ "\"esim\":{\"by_model\":true},\"equipment\":{\"use_models\":true}", "", false, false }, /* not in the table */
		{ "\"equipment\":{\"use_models\":true}", "Nine", false, false },
	};
	struct es_arena *arena = es_arena_new(0, 1u << 20);

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		const struct question q = { .tenant = cases[i].tenant, .plan = PLAN };
		const struct policy_equipment equipment = {
			.source = "", .vendor = "", .model = cases[i].model, .capabilities = { capable, 1 }
		};
		struct asked asked;
		prepare(&q, arena, &asked);
		asked.context.equipment = &equipment;
		const struct policy_esim_facts facts = policy_decide_esim(&asked.context);
		assert_true(facts.companion_allowed && facts.primary_allowed && facts.line_active);
		assert_int_equal(facts.companion_incompatible, cases[i].companion);
		assert_int_equal(facts.primary_incompatible, cases[i].primary);
	}
	es_arena_free(arena);
}

static void a_device_without_web_view_is_known_by_its_model(void **state)
{
	const struct question q = { .tenant = "\"esim\":{\"no_web_view\":[\"Feature One\"]}", .plan = PLAN };
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	struct policy_asking asking = { .model = "feature one" };
	struct asked asked;

	(void)state;
	prepare(&q, arena, &asked);
	assert_false(policy_decide_esim(&asked.context).no_web_view);
	asked.context.asking = &asking;
	assert_true(policy_decide_esim(&asked.context).no_web_view);
	asking.model = "Feature Two";
	assert_false(policy_decide_esim(&asked.context).no_web_view);
	es_arena_free(arena);
}

/* V12-ODSA-MS-24 */
static void settings_that_do_not_go_together_are_refused_by_name(void **state)
{
	static const struct {
		const char *esim, *field;
	} cases[] = {
		{ "{\"sheet\":\"always\"}", "esim.url" },
		{ "{\"provision\":true}", "esim.bss" },
		{ "{\"own_stock\":true}", "esim.smdp" },
		{ "{\"input\":[\"recover\"]}", "esim.text.message" },
		{ "{\"text\":{\"hint\":[\"en: PIN\"]}}", "esim.text.freetext" },
		{ "{\"text\":{\"freetext\":true,\"error_text\":[\"en: No.\"]}}", "esim.text.validation" },
		{ "{\"text\":{\"freetext\":true,\"validation\":\"(\"}}", "esim.text.validation" },
		{ "{\"by_model\":true}", "esim.by_model" },
		{ "{\"input\":[\"refresh\"]}", "esim.input" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_arena *arena = es_arena_new(0, 65536);
		ES_CLEANUP(es_json_done) cJSON *json = NULL;
		struct policy_fault fault = { "", "" };
		struct policy_tenant tenant;
		char body[256];
		(void)snprintf(body, sizeof body, "{\"id\":\"demo\",\"esim\":%s}", cases[i].esim);
		assert_int_equal(es_json_parse(es_slice_str(body), ES_JSON_SMALL, &json), ES_OK);
		policy_resource_defaults(&policy_tenant_shape, &tenant);
		assert_int_equal(policy_resource_read(&policy_tenant_shape, json, arena, &tenant, &fault), ES_MALFORMED);
		assert_string_equal(fault.field, cases[i].field);
		es_arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_that_alters_what_is_answered_alters_the_digest),
		cmocka_unit_test(a_model_is_incompatible_only_where_the_tenant_goes_by_the_table),
		cmocka_unit_test(a_device_without_web_view_is_known_by_its_model),
		cmocka_unit_test(settings_that_do_not_go_together_are_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
