/* policy_bss_map_test.c -- paths, tables of values, the mappings that come with openes, and what is wrong with a mapping. */
#include "policy_bss_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "policy_bss_path.h"

static cJSON *json_of(const char *text)
{
	cJSON *json = NULL;
	assert_int_equal(es_json_parse(es_slice_str(text), POLICY_BSS_JSON, &json), ES_OK);
	return json;
}

/* ---- paths ---- */

#define ANSWER                                                                                                         \
	"{\"a\": {\"b\": \"deep\"}, \"list\": [{\"name\": \"one\", \"value\": 1}, {\"name\": \" two \", \"value\": "       \
	"\"2\"}],"                                                                                                         \
	" \"odd.name\": {\"x y\": \"odd\"}, \"@type\": \"at\", \"single\": {\"name\": \"me\", \"value\": \"alone\"}}"

static void a_path_finds_what_stands_there(void **state)
{
	static const struct {
		const char *path, *found; /* NULL: nothing */
	} cases[] = {
		{ "a.b", "\"deep\"" },
		{ "list[0].value", "1" },
		{ "list[1].value", "\"2\"" },
		{ "list[name=two].value", "\"2\"" },
		{ "list[name=\"one\"].value", "1" },
		{ "[\"odd.name\"][\"x y\"]", "\"odd\"" },
		{ "@type", "\"at\"" },
		{ "single[name=me].value", "\"alone\"" },
		{ "single[0].value", "\"alone\"" },
		{ "[0].a.b", "\"deep\"" },
		{ "single[1].value", NULL },
		{ "single[name=you].value", NULL },
		{ "list[2]", NULL },
		{ "list.name", NULL },
		{ "a.b.c", NULL },
		{ "a[name=x]", NULL },
		{ "nothing", NULL },
	};
	ES_CLEANUP(es_json_done) cJSON *answer = json_of(ANSWER);
	struct es_arena *arena = es_arena_new(0, 65536);

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct policy_bss_path path;
		const char *why = NULL;
		assert_int_equal(policy_bss_path_parse(es_slice_str(cases[i].path), arena, &path, &why), ES_OK);
		const cJSON *found = policy_bss_path_find(&path, answer);
		char *text = found != NULL ? cJSON_PrintUnformatted(found) : NULL;
		if (cases[i].found == NULL)
			assert_null(text);
		else
			assert_string_equal(text, cases[i].found);
		cJSON_free(text);
	}
	es_arena_free(arena);
}

static void a_path_that_means_nothing_is_refused(void **state)
{
	static const char *const bad[] = { ".a",
		                               "a..b",
		                               "a.",
		                               "a[",
		                               "a[1",
		                               "a[x]",
		                               "a[]",
		                               "a]",
		                               "a=b",
		                               "a[\"b]",
		                               "a[=v]",
		                               "a[1]b]",
		                               "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q",
		                               "a[-1]",
		                               "\"a\"" };
	struct es_arena *arena = es_arena_new(0, 65536);

	(void)state;
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct policy_bss_path path;
		const char *why = "";
		if (policy_bss_path_parse(es_slice_str(bad[i]), arena, &path, &why) != ES_MALFORMED)
			fail_msg("%s is taken", bad[i]);
		assert_true(why[0] != '\0');
	}
	es_arena_free(arena);
}

/* ---- mappings ---- */

static struct policy_bss_map *map_of(const char *text)
{
	struct policy_bss_map *map = NULL;
	struct es_buf error;

	es_buf_init(&error, 1024);
	es_status status = policy_bss_map_parse(es_slice_str(text), &map, &error);
	if (status != ES_OK)
		fail_msg("mapping: " ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	es_buf_free(&error);
	return map;
}

static void expect(const struct policy_bss_map *map, const char *answer, bool is_part, const char *patch)
{
	ES_CLEANUP(es_json_done) cJSON *json = json_of(answer), *made = NULL;
	enum policy_bss_found found;
	struct es_buf error;

	es_buf_init(&error, 1024);
	es_status status = policy_bss_map_apply(map, json, is_part, &found, &made, &error);
	if (patch == NULL) {
		assert_int_equal(status, ES_MALFORMED);
		assert_true(error.len > 0);
	} else if (patch[0] == '\0') {
		assert_int_equal(status, ES_OK);
		assert_int_equal(found, POLICY_BSS_NOBODY);
		assert_null(made);
	} else {
		if (status != ES_OK)
			fail_msg("apply: " ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
		assert_int_equal(found, POLICY_BSS_FOUND);
		char *text = cJSON_PrintUnformatted(made);
		assert_string_equal(text, patch);
		cJSON_free(text);
	}
	es_buf_free(&error);
}

static void the_product_inventory_of_tm_forum_becomes_a_line(void **state)
{
	struct policy_bss_map *map = map_of("{\"base\": \"tmf637\"}");
	static const char *const states[][2] = {
		{ "created", "suspended" },   { "pendingActive", "suspended" }, { "active", "active" },
		{ "suspended", "suspended" }, { "pendingTerminate", "active" }, { "aborted ", "terminated" },
		{ "aborted", "terminated" },  { "cancelled", "terminated" },    { "terminated", "terminated" },
	};

	(void)state;
	expect(
		map,
		"[{\"id\": \"p1\", \"status\": \"active\", \"productOffering\": {\"id\": \"gold\"}, \"productCharacteristic\": "
		"[{\"name\": \"IMSI\", \"value\": \"001010123456789\"}, {\"name\": \"MSISDN\", \"value\": \"491701234567\"}]}]",
		false, "{\"imsi\":\"001010123456789\",\"msisdn\":\"+491701234567\",\"plan\":\"gold\",\"status\":\"active\"}");
	expect(map, "[]", false, "");
	expect(map, "[{\"status\": \"active\"}]", false, NULL);                                     /* no plan */
	expect(map, "[{\"status\": \"lost\", \"productOffering\": {\"id\": \"x\"}}]", false, NULL); /* no such state */
	expect(map, "{\"status\": \"suspended\"}", true, "{\"status\":\"suspended\"}");             /* an event */
	for (size_t i = 0; i < ES_COUNT(states); i++) {
		char answer[128], patch[64];
		(void)snprintf(answer, sizeof answer, "{\"status\": \"%s\"}", states[i][0]);
		(void)snprintf(patch, sizeof patch, "{\"status\":\"%s\"}", states[i][1]);
		expect(map, answer, true, patch);
	}
	policy_bss_map_free(map);
}

static void the_service_inventory_of_tm_forum_becomes_provisioning(void **state)
{
	struct policy_bss_map *map = map_of("{\"base\": \"tmf638\"}");

	(void)state;
	expect(
		map,
		"[{\"serviceType\": \"VoWiFi\", \"state\": \"active\"}, {\"serviceType\": \"VoLTE\", \"state\": \"reserved\"}]",
		false,
		"{\"vowifi\":{\"provisioning\":\"provisioned\"},\"voice\":{\"provisioning\":\"in_progress\"},\"sms\":{"
		"\"provisioning\":\"not_provisioned\"}}");
	/* An event of one service says nothing of the others. */
	expect(map, "{\"serviceType\": \"VoWiFi\", \"state\": \"inactive\"}", true,
	       "{\"vowifi\":{\"provisioning\":\"not_provisioned\"}}");
	policy_bss_map_free(map);
}

static void a_mapping_of_ones_own_overlays_a_base(void **state)
{
	struct policy_bss_map *map =
		map_of("{\"base\": \"tmf637\", \"root\": \"items[kind=line]\", \"members\": {"
	           " \"plan\": {\"from\": [\"offer.code\", \"productOffering.id\"], \"values\": {\"7\": \"gold\", \"*\": "
	           "\"basic\"}},"
	           " \"opt_outs\": {\"from\": \"refused\", \"values\": {\"WIFI\": \"vowifi\", \"*\": null}},"
	           " \"billing.barred\": {\"from\": \"noBilling\", \"default\": false}}}");

	(void)state;
	expect(map,
	       "{\"items\": [{\"kind\": \"sim\"}, {\"kind\": \"line\", \"status\": \"active\", \"offer\": {\"code\": 7},"
	       " \"refused\": [\"WIFI\", \"FAX\"], \"noBilling\": \"true\"}]}",
	       false, "{\"plan\":\"gold\",\"status\":\"active\",\"opt_outs\":[\"vowifi\"],\"billing\":{\"barred\":true}}");
	expect(map, "{\"items\": {\"kind\": \"line\", \"status\": \"active\", \"productOffering\": {\"id\": \"x\"}}}",
	       false, "{\"plan\":\"basic\",\"status\":\"active\",\"billing\":{\"barred\":false}}");
	expect(map, "{\"items\": []}", false, "");
	expect(map, "{}", false, "");
	policy_bss_map_free(map);
}

static void a_subscriber_of_ours_is_taken_as_it_is(void **state)
{
	struct policy_bss_map *map = map_of("{\"base\": \"subscriber\"}");

	(void)state;
	expect(map, "{\"plan\": \"gold\", \"vowifi\": {\"terms\": \"available\"}}", false,
	       "{\"plan\":\"gold\",\"vowifi\":{\"terms\":\"available\"}}");
	expect(map, "[{\"plan\": \"gold\"}]", false, NULL);
	expect(map, "null", false, "");
	policy_bss_map_free(map);
}

static void what_is_wrong_with_a_mapping_is_said_with_its_place(void **state)
{
	static const char *const bad[][2] = {
		{ "[]", "JSON object" },
		{ "{\"members\": {\"plan\": {\"from\": \"a\"}}", "JSON object" },
		{ "{}", "members" },
		{ "{\"base\": \"tmf999\"}", "base: must be one of" },
		{ "{\"membres\": {}}", "membres: is not known" },
		{ "{\"members\": {\"epoch\": {\"from\": \"a\"}}}", "epoch: is no member" },
		{ "{\"members\": {\"vowifi\": {\"from\": \"a\"}}}", "vowifi: is no member" },
		{ "{\"members\": {\"plan.x\": {\"from\": \"a\"}}}", "plan.x: is no member" },
		{ "{\"members\": {\"plan\": {}}}", "plan: needs \"from\"" },
		{ "{\"members\": {\"plan\": {\"from\": \"a[\"}}}", "plan: the path \"a[\"" },
		{ "{\"members\": {\"plan\": {\"from\": [\"a\",\"b\",\"c\",\"d\",\"e\"]}}}", "plan: \"from\"" },
		{ "{\"members\": {\"plan\": {\"from\": \"a\", \"value\": {}}}}", "plan: may have" },
		{ "{\"members\": {\"status\": {\"from\": \"a\", \"values\": {\"x\": \"asleep\"}}}}",
		  "status: a word of its table must be one of: active" },
		{ "{\"members\": {\"status\": {\"from\": \"a\", \"default\": \"asleep\"}}}", "status: a word of its table" },
		{ "{\"members\": {\"opt_outs\": {\"from\": \"a\", \"values\": {\"x\": \"fax\"}}}}", "opt_outs: a word" },
		{ "{\"root\": \"..\", \"members\": {}}", "root: has a step without a name" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct policy_bss_map *map = NULL;
		char room[1024];
		struct es_buf error;
		es_buf_init_fixed(&error, room, sizeof room - 1);
		assert_int_equal(policy_bss_map_parse(es_slice_str(bad[i][0]), &map, &error), ES_MALFORMED);
		room[error.len] = '\0';
		if (strstr(room, bad[i][1]) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", bad[i][0], room, bad[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_finds_what_stands_there),
		cmocka_unit_test(a_path_that_means_nothing_is_refused),
		cmocka_unit_test(the_product_inventory_of_tm_forum_becomes_a_line),
		cmocka_unit_test(the_service_inventory_of_tm_forum_becomes_provisioning),
		cmocka_unit_test(a_mapping_of_ones_own_overlays_a_base),
		cmocka_unit_test(a_subscriber_of_ours_is_taken_as_it_is),
		cmocka_unit_test(what_is_wrong_with_a_mapping_is_said_with_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
