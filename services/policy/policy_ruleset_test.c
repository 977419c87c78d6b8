/* policy_ruleset_test.c -- rules as operators write them: what is refused, when they apply, and what they make of answers. */
#include <stdio.h>

#include "policy_answer_testing.h"
#include "policy_effects.h"
#include "policy_ruleset.h"

#define ARENA (1u << 20)

/* ---- conditions ---- */

struct looked {
	const char *when;
	bool holds;
};

#define LINE                                                                                                           \
	"\"status\":\"active\",\"account\":\"prepaid\",\"opt_outs\":[\"vonr\"],"                                           \
	"\"addons\":[{\"id\":\"pass\"},{\"id\":\"gone\",\"until\":\"2025-01-01T00:00:00Z\"}],"                             \
	"\"facts\":{\"region\":\"North\",\"score\":7,\"vip\":true,\"visited_plmn\":\"26201\"}"

static struct policy_asking phone(void)
{
	struct policy_asking asking = { .terminal_id = "351234567890123",
		                            .vendor = "Acme",
		                            .model = "P1",
		                            .sw_version = "14.10.1",
		                            .app_name = "",
		                            .gid1 = "" };
	policy_asking_read(&asking);
	return asking;
}

static void prepare_line(struct es_arena *arena, const struct policy_asking *asking, struct asked *out)
{
	prepare(&(struct question){ .tenant = "\"plmns\":[\"00101\"]", .plan = "\"features\":[\"tv\"]", .line = LINE },
	        arena, out);
	static const char *capabilities[] = { "vowifi", "volte" };
	static const struct policy_equipment equipment = { .state = POLICY_EQUIPMENT_TRACKED,
		                                               .source = "list",
		                                               .vendor = "Acme Corp",
		                                               .model = "P One",
		                                               .capabilities = { capabilities, 2 } };
	static const struct policy_history history = { .sim_changes = 3, .devices = 1, .attempts = 40 };

	out->context.asking = asking;
	out->context.equipment = &equipment;
	out->context.history = &history;
}

static es_status read_condition(struct es_arena *arena, const char *when, const struct policy_condition **out,
                                struct policy_fault *fault)
{
	static const char *items[] = { "silver", "Gold", "00101" };
	static struct policy_named_list list = { "some", { items, ES_COUNT(items) } };
	const struct policy_condition_reader reader = { .arena = arena, .lists = &list, .list_count = 1, .fault = fault };
	ES_CLEANUP(es_json_done) cJSON *json = NULL;

	policy_named_list_sort(&list);
	assert_int_equal(es_json_parse(es_slice_str(when), POLICY_RULESET_JSON, &json), ES_OK);
	return policy_condition_read(&reader, json, "when", out);
}

static void a_condition_holds_when_every_member_does(void **state)
{
	static const struct looked cases[] = {
		{ "{}", true },
		{ "{\"line.status\":\"active\"}", true },
		{ "{\"line.status\":[\"suspended\",\"barred\"]}", false },
		{ "{\"line.status\":\"active\",\"line.account\":\"postpaid\"}", false },
		{ "{\"line.account\":{\"not\":\"postpaid\"}}", true },
		{ "{\"device.vendor\":\"ACME\"}", true },
		{ "{\"device.tac\":\"35123456\"}", true },
		{ "{\"device.id\":{\"prefix\":[\"99\",\"3512\"]}}", true },
		{ "{\"device.sw_version\":{\"below\":\"14.9\"}}", false },
		{ "{\"device.sw_version\":{\"from\":\"14.9\",\"below\":\"14.11\"}}", true },
		{ "{\"device.sw_version\":{\"from\":\"014.010.001\"}}", true },
		{ "{\"device.sw_version\":{\"below\":\"14.10.1.0\"}}", true },
		{ "{\"device.eir\":\"tracked\",\"model.vendor\":\"acme corp\"}", true },
		{ "{\"model.capabilities\":{\"has\":[\"volte\",\"vowifi\"]}}", true },
		{ "{\"model.capabilities\":\"satellite\"}", false },
		{ "{\"history.sim_changes\":{\"from\":3},\"history.devices\":{\"below\":2}}", true },
		{ "{\"history.attempts\":{\"from\":41}}", false },
		{ "{\"line.addons\":\"pass\"}", true },
		{ "{\"line.addons\":\"gone\"}", false },
		{ "{\"line.addons\":{\"has\":[\"pass\",\"gone\"]}}", false },
		{ "{\"line.opt_outs\":{\"not\":[\"volte\",\"vowifi\"]}}", true },
		{ "{\"plan.features\":{\"has\":\"tv\"}}", true },
		{ "{\"facts.region\":\"north\"}", true },
		{ "{\"facts.score\":{\"from\":7,\"below\":8}}", true },
		{ "{\"facts.score\":{\"from\":\"7\"}}", false }, /* a text has no order with a number */
		{ "{\"facts.vip\":true}", true },
		{ "{\"facts.nothing\":\"x\"}", false },
		{ "{\"facts.nothing\":{\"not\":\"x\"}}", true },
		{ "{\"facts.nothing\":{\"known\":false}}", true },
		{ "{\"facts.region\":{\"known\":false}}", false },
		{ "{\"network.is_home\":false,\"network.plmn\":\"26201\"}", true },
		{ "{\"network.plmn\":\"@some\"}", false },
		{ "{\"line.plan\":{\"not\":\"@some\"}}", true },
		{ "{\"request.version\":{\"from\":12}}", true },
		{ "{\"time.weekday\":\"thu\"}", true }, /* 1 January 2026 */
		{ "{\"time.clock\":{\"between\":[\"22:00\",\"06:00\"]}}", true },
		{ "{\"time.clock\":{\"between\":[\"06:00\",\"22:00\"]}}", false },
		{ "{\"time.now\":{\"from\":\"2026-01-01T00:00:00Z\",\"below\":\"2026-01-01T00:00:01Z\"}}", true },
		{ "{\"any\":[{\"line.plan\":\"x\"},{\"line.plan\":\"p\"}]}", true },
		{ "{\"any\":[{\"line.plan\":\"x\"},{\"line.plan\":\"y\"}]}", false },
		{ "{\"not\":{\"line.plan\":\"x\"}}", true },
		{ "{\"all\":[{\"line.plan\":\"p\"},{\"not\":{\"line.plan\":\"p\"}}]}", false },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_arena *arena = es_arena_new(0, ARENA);
		const struct policy_asking asking = phone();
		const struct policy_condition *condition = NULL;
		struct policy_condition_why why;
		struct policy_fault fault = { "", "" };
		struct asked asked;

		prepare_line(arena, &asking, &asked);
		if (read_condition(arena, cases[i].when, &condition, &fault) != ES_OK)
			fail_msg("%s: %s %s", cases[i].when, fault.field, fault.error);
		if (policy_condition_holds(condition, &asked.context, &why) != cases[i].holds)
			fail_msg("%s: expected %d", cases[i].when, cases[i].holds);
		es_arena_free(arena);
	}
}

static void a_condition_with_a_mistake_names_its_place(void **state)
{
	static const struct {
		const char *when, *path;
	} cases[] = {
		{ "[]", "when" },
		{ "{\"line.colour\":\"red\"}", "when.line.colour" },
		{ "{\"line.plan\":7}", "when.line.plan" },
		{ "{\"line.plan\":[]}", "when.line.plan" },
		{ "{\"line.plan\":{}}", "when.line.plan" },
		{ "{\"line.plan\":{\"like\":\"x\"}}", "when.line.plan.like" },
		{ "{\"line.plan\":{\"has\":\"x\"}}", "when.line.plan.has" },
		{ "{\"line.plan\":\"@nobody\"}", "when.line.plan" },
		{ "{\"line.addons\":{\"from\":\"x\"}}", "when.line.addons.from" },
		{ "{\"request.version\":\"twelve\"}", "when.request.version" },
		{ "{\"time.clock\":\"24:00\"}", "when.time.clock" },
		{ "{\"time.clock\":{\"between\":[\"06:00\"]}}", "when.time.clock.between" },
		{ "{\"time.now\":{\"from\":\"tomorrow\"}}", "when.time.now.from" },
		{ "{\"device.sw_version\":{\"below\":[\"1\",\"2\"]}}", "when.device.sw_version.below" },
		{ "{\"network.is_home\":\"yes\"}", "when.network.is_home" },
		{ "{\"facts.vip\":{\"known\":\"yes\"}}", "when.facts.vip.known" },
		{ "{\"facts.score\":7.5}", "when.facts.score" },
		{ "{\"request.version\":{\"from\":11.5}}", "when.request.version.from" },
		{ "{\"facts.score\":{\"prefix\":7}}", "when.facts.score.prefix" },
		{ "{\"facts.hours\":{\"between\":[\"22:00\",\"06:00\"]}}", "when.facts.hours.between" },
		{ "{\"facts.groups\":{\"has\":\"a\"}}", "when.facts.groups.has" },
		{ "{\"any\":{}}", "when.any" },
		{ "{\"any\":[{\"line.plan\":\"x\"},7]}", "when.any[1]" },
		{ "{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{}}}}}}}", "when.not.not.not.not.not.not" },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_arena *arena = es_arena_new(0, ARENA);
		const struct policy_condition *condition = NULL;
		struct policy_fault fault = { "", "" };

		if (read_condition(arena, cases[i].when, &condition, &fault) != ES_MALFORMED)
			fail_msg("%s was accepted", cases[i].when);
		assert_string_equal(fault.field, cases[i].path);
		assert_true(fault.error[0] != '\0');
		es_arena_free(arena);
	}
}

/* ---- the page for those who write rules ---- */

struct page {
	char text[65536];
	size_t facts;
};

static void find_row(const struct policy_fact *fact, void *user)
{
	static const char *const kinds[] = { "text", "number", "yes or no", "set", "time of day", "time" };
	struct page *page = user;
	char row[160];

	(void)snprintf(row, sizeof row, "\n| `%s` | %s | %s |\n", fact->name, kinds[fact->kind], fact->source);
	if (strstr(page->text, row) == NULL)
		fail_msg("docs/rules.md has no row %s", row);
	page->facts++;
}

static void the_page_has_every_fact_and_no_other(void **state)
{
	static struct page page;
	FILE *file = fopen(TEST_DIR "/../../docs/rules.md", "re");
	size_t rows = 0;
	(void)state;

	assert_non_null(file);
	const size_t len = fread(page.text, 1, sizeof page.text - 1, file);
	(void)fclose(file);
	page.text[len] = '\0';
	policy_fact_each(find_row, &page);
	const char *at = strstr(page.text, "\n| fact | kind | source |\n|---|---|---|");
	assert_non_null(at);
	for (at = strstr(at, "---|\n"); (at = strchr(at, '\n')) != NULL && strncmp(at, "\n| `", 4) == 0; at++)
		rows++;
	assert_int_equal(rows, page.facts);
}

/* ---- documents ---- */

static cJSON *parse(const char *text)
{
	cJSON *json = NULL;
	if (es_json_parse(es_slice_str(text), POLICY_RULESET_JSON, &json) != ES_OK)
		fail_msg("not JSON: %s", text);
	return json;
}

static void a_document_with_a_mistake_is_refused_as_a_whole(void **state)
{
	static const struct {
		const char *document, *path;
	} cases[] = {
		{ "{\"ruls\":[]}", "ruls" },
		{ "{\"rules\":[{}]}", "rules[0].id" },
		{ "{\"rules\":[{\"id\":\"a\"},{\"id\":\"a\"}]}", "rules[1].id" },
		{ "{\"rules\":[{\"id\":\"a\",\"when\":{\"line.plan\":{\"is\":7}}}]}", "rules[0].when.line.plan.is" },
		{ "{\"rules\":[{\"id\":\"a\",\"disabled\":true,\"when\":7}]}", "rules[0].when" },
		{ "{\"rules\":[{\"id\":\"a\",\"grant\":[\"Tethering\"]}]}", "rules[0].grant" },
		{ "{\"rules\":[{\"id\":\"a\",\"grant\":[\"data_boost\"]}]}", "rules[0].grant" },
		{ "{\"rules\":[{\"id\":\"a\",\"as\":\"enabled\"}]}", "rules[0].as" },
		{ "{\"rules\":[{\"id\":\"a\",\"texts\":[\"hello\"]}]}", "rules[0].texts" },
		{ "{\"rules\":[{\"id\":\"a\",\"offer\":{\"volte\":\"some\"}}]}", "rules[0].offer.volte" },
		{ "{\"rules\":[{\"id\":\"a\",\"offer\":{\"id\":\"x\"}}]}", "rules[0].offer.id" },
		{ "{\"rules\":[{\"id\":\"a\",\"offer\":{\"features\":[\"x\"]}}]}", "rules[0].offer" },
		{ "{\"rules\":[{\"id\":\"a\",\"offer\":{\"companion\":null}}]}", "rules[0].offer.companion" },
		{ "{\"rules\":[{\"id\":\"a\",\"set\":{\"ap1\":{\"x\":\"y\"}}}]}", "rules[0].set.ap1" },
		{ "{\"rules\":[{\"id\":\"a\",\"set\":{\"ap2004\":{\"x y\":\"y\"}}}]}", "rules[0].set.ap2004.x y" },
		{ "{\"rules\":[{\"id\":\"a\",\"set\":{\"ap2004\":{\"x\":\"{line.colour}\"}}}]}", "rules[0].set.ap2004.x" },
		{ "{\"rules\":[{\"id\":\"a\",\"set\":{\"ap2004\":{\"x\":\"{line.plan\"}}}]}", "rules[0].set.ap2004.x" },
		{ "{\"rules\":[{\"id\":\"a\",\"from\":\"2026-01-02T00:00:00Z\",\"until\":\"2026-01-01T00:00:00Z\"}]}",
		  "rules[0].until" },
		{ "{\"utc_offset\":\"1\"}", "utc_offset" },
		{ "{\"lists\":{\"a\":7}}", "lists.a" },
		{ "{\"lists\":{\"a\":[\"\"]}}", "lists.a" },
		{ "{\"applications\":[{\"id\":\"ap2004\"}]}", "applications[0].id" },
		{ "{\"applications\":[{\"id\":\"ap9101\"},{\"id\":\"ap9101\"}]}", "applications[1].id" },
		{ "{\"applications\":[{\"id\":\"ap9101\",\"parameters\":[{\"name\":\"a\",\"when\":{\"x\":1}}]}]}",
		  "applications[0].parameters[0].when.x" },
		{ "{\"applications\":[{\"id\":\"ap9101\",\"page\":{\"url\":\"ftp://x\"}}]}", "applications[0].page.url" },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_arena *arena = es_arena_new(0, ARENA);
		ES_CLEANUP(es_json_done) cJSON *json = parse(cases[i].document);
		struct policy_fault fault = { "", "" };
		struct policy_ruleset rules;

		if (policy_ruleset_read(json, arena, &rules, &fault) != ES_MALFORMED)
			fail_msg("%s was accepted", cases[i].document);
		assert_string_equal(fault.field, cases[i].path);
		es_arena_free(arena);
	}
}

/* ---- what they make of answers ---- */

struct ruled {
	const char *rules, *addon, *outage; /* NULL: none */
	struct question question;
	const char *answer;
};

static void print_answer(const struct ruled *c, struct es_arena *arena, struct policy_trace *trace, struct es_buf *out)
{
	ES_CLEANUP(es_json_done) cJSON *rules = parse(c->rules != NULL ? c->rules : "{}");
	ES_CLEANUP(es_json_done) cJSON *addon = parse(c->addon != NULL ? c->addon : "{\"id\":\"none\"}");
	ES_CLEANUP(es_json_done)
	cJSON *outage = parse(c->outage != NULL ? c->outage : "{\"id\":\"none\",\"services\":[\"tv\"]}");
	const struct policy_asking asking = phone();
	struct policy_fault fault = { "", "" };
	struct policy_ruleset ruleset;
	struct policy_addon one;
	struct policy_rule away;
	struct policy_effects effects;
	struct es_doc_node *first = NULL;
	struct asked asked;

	prepare(&c->question, arena, &asked);
	if (policy_ruleset_read(rules, arena, &ruleset, &fault) != ES_OK ||
	    policy_addon_read(addon, arena, &one, &fault) != ES_OK ||
	    policy_outage_read(outage, arena, &away, &fault) != ES_OK)
		fail_msg("%s: %s", fault.field, fault.error);
	const struct policy_book book = {
		.tenant = "demo", .rules = &ruleset, .addons = &one, .addon_count = 1, .outages = &away, .outage_count = 1
	};
	asked.context.asking = &asking;
	asked.context.book = &book;
	asked.context.trace = trace;
	policy_effects_apply(&asked.context, &effects);
	if (effects.refused_by != NULL) {
		es_put_printf(out, "refused by %s", effects.refused_by->id);
		return;
	}
	assert_int_equal(policy_answer(&asked.context, es_slice_str(c->question.app), arena, &first), ES_OK);
	print_nodes(first, out);
}

static void assert_ruled(const struct ruled *c)
{
	struct es_arena *arena = es_arena_new(0, ARENA);
	char storage[2048];
	struct es_buf out;

	es_buf_init_fixed(&out, storage, sizeof storage - 1);
	print_answer(c, arena, NULL, &out);
	storage[out.len] = '\0';
	assert_string_equal(storage, c->answer);
	es_arena_free(arena);
}

#define RULES(text) .rules = "{\"rules\":[" text "]}"
#define SMS_OFF "EntitlementStatus=2;"
#define SMS_ON "EntitlementStatus=1;"
#define VOLTE_ONLY(message)                                                                                            \
	"VoiceOverCellularEntitleInfo[RATVoiceEntitleInfoDetails{AccessType=2;HomeRoamingNWType=1;EntitlementStatus=2;"    \
	"MessageForIncompatible=5G calling is not included in your plan.;}RATVoiceEntitleInfoDetails{AccessType=1;"        \
	"HomeRoamingNWType=1;EntitlementStatus=" message "]"

#define FALLBACK "\"volte\":\"all\",\"vonr\":\"all\",\"vonr_eps_fallback\":true"
#define BOTH(status)                                                                                                   \
	"VoiceOverCellularEntitleInfo[RATVoiceEntitleInfoDetails{AccessType=2;HomeRoamingNWType=1;"                        \
	"EntitlementStatus=" status                                                                                        \
	"}RATVoiceEntitleInfoDetails{AccessType=1;HomeRoamingNWType=1;EntitlementStatus=" status "}]"

static void rules_grant_withhold_and_overlay(void **state)
{
	static const struct ruled cases[] = {
		{ .question = { .app = "ap2005" }, .answer = SMS_OFF },
		{ RULES("{\"id\":\"a\",\"grant\":[\"smsoip\"]}"), .question = { .app = "ap2005" }, .answer = SMS_ON },
		{ RULES("{\"id\":\"a\",\"offer\":{\"smsoip\":true}}"), .question = { .app = "ap2005" }, .answer = SMS_ON },
		{ RULES("{\"id\":\"a\",\"disabled\":true,\"grant\":[\"smsoip\"]}"), .question = { .app = "ap2005" },
		  .answer = SMS_OFF },
		{ RULES("{\"id\":\"a\",\"when\":{\"line.plan\":\"q\"},\"grant\":[\"smsoip\"]}"),
		  .question = { .app = "ap2005" }, .answer = SMS_OFF },
		{ RULES("{\"id\":\"a\",\"grant\":[\"smsoip\"]},{\"id\":\"b\",\"withhold\":[\"smsoip\"]}"),
		  .question = { .app = "ap2005" }, .answer = SMS_OFF },
		{ RULES("{\"id\":\"b\",\"withhold\":[\"smsoip\"]},{\"id\":\"a\",\"grant\":[\"smsoip\"]}"),
		  .question = { .app = "ap2005" }, .answer = SMS_ON },
		{ RULES("{\"id\":\"a\",\"grant\":[\"smsoip\"],\"last\":true},{\"id\":\"b\",\"withhold\":[\"smsoip\"]}"),
		  .question = { .app = "ap2005" }, .answer = SMS_ON },
		{ RULES("{\"id\":\"b\",\"withhold\":[\"smsoip\"],\"as\":\"disabled\"}"),
		  .question = { .app = "ap2005", .plan = "\"smsoip\":true" }, .answer = "EntitlementStatus=0;" },
		/* whom the plan gives nothing is not told that it is away */
		{ RULES("{\"id\":\"b\",\"withhold\":[\"smsoip\"],\"as\":\"disabled\"}"), .question = { .app = "ap2005" },
		  .answer = SMS_OFF },
		{ RULES("{\"id\":\"b\",\"withhold\":[\"volte\"],\"texts\":[\"de: Gerade nicht\",\"en: Use Wi-Fi\"]}"),
		  .question = { .app = "ap2003", .plan = "\"volte\":\"all\"" },
		  .answer = VOLTE_ONLY("2;MessageForIncompatible=Use Wi-Fi;}") },
		{ RULES("{\"id\":\"b\",\"withhold\":[\"volte\"]}"),
		  .question = { .app = "ap2003", .plan = "\"volte\":\"all\"" },
		  .answer = VOLTE_ONLY("2;MessageForIncompatible=This service is not available at the moment.;}") },
		/* a 5G call that falls to LTE is away with it, for the same reason */
		{ RULES("{\"id\":\"b\",\"withhold\":[\"volte\"],\"texts\":[\"en: Use Wi-Fi\"]}"),
		  .question = { .app = "ap2003", .plan = FALLBACK }, .answer = BOTH("2;MessageForIncompatible=Use Wi-Fi;") },
		{ RULES("{\"id\":\"b\",\"withhold\":[\"volte\"],\"as\":\"disabled\"}"),
		  .question = { .app = "ap2003", .plan = FALLBACK },
		  .answer =
		      "VoiceOverCellularEntitleInfo[RATVoiceEntitleInfoDetails{AccessType=2;HomeRoamingNWType=1;"
		      "EntitlementStatus=0;NetworkVoiceIRATCapability=EPS-Fallback;}RATVoiceEntitleInfoDetails{AccessType=1;"
		      "HomeRoamingNWType=1;EntitlementStatus=0;}]" },
		{ RULES("{\"id\":\"b\",\"withhold\":[\"volte\",\"vonr\"],\"texts\":[\"en: Use Wi-Fi\"]}"),
		  .question = { .app = "ap2003", .plan = FALLBACK }, .answer = BOTH("2;MessageForIncompatible=Use Wi-Fi;") },
		{ RULES("{\"id\":\"b\",\"refuse\":true,\"when\":{\"device.vendor\":\"acme\"}}"),
		  .question = { .app = "ap2005" }, .answer = "refused by b" },
		/* opting out is the user's: no rule gives it back */
		{ RULES("{\"id\":\"a\",\"grant\":[\"smsoip\"]}"),
		  .question = { .app = "ap2005", .line = "\"opt_outs\":[\"smsoip\"]" }, .answer = SMS_OFF },
		{ RULES("{\"id\":\"a\",\"grant\":[\"smsoip\"],\"from\":\"2026-01-01T00:00:01Z\"}"),
		  .question = { .app = "ap2005" }, .answer = SMS_OFF },
		{ RULES("{\"id\":\"a\",\"grant\":[\"smsoip\"],\"until\":\"2026-01-01T00:00:00Z\"}"),
		  .question = { .app = "ap2005" }, .answer = SMS_OFF },
		{ RULES("{\"id\":\"a\",\"grant\":[\"satellite\"]}"), .question = { .app = "ap2016" },
		  .answer = "EntitlementStatus=2;MessageForIncompatible=Satellite service is not included in your plan.;" },
		{ RULES("{\"id\":\"a\",\"grant\":[\"smsoip\"]}"), .question = { .app = "ap2005", .plan = "gone" },
		  .answer = SMS_ON },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		assert_ruled(&cases[i]);
}

static void an_addon_counts_for_the_line_that_has_it_and_as_long_as_it_does(void **state)
{
	static const char addon[] = "{\"id\":\"pass\",\"offer\":{\"smsoip\":true}}";
	const struct ruled cases[] = {
		{ .addon = addon, .question = { .app = "ap2005" }, .answer = SMS_OFF },
		{ .addon = addon, .question = { .app = "ap2005", .line = "\"addons\":[{\"id\":\"pass\"}]" }, .answer = SMS_ON },
		{ .addon = addon,
		  .question = { .app = "ap2005", .line = "\"addons\":[{\"id\":\"other\"}]" },
		  .answer = SMS_OFF },
		{ .addon = addon,
		  .question = { .app = "ap2005", .line = "\"addons\":[{\"id\":\"pass\",\"until\":\"2026-01-01T00:00:00Z\"}]" },
		  .answer = SMS_OFF },
		{ .addon = addon,
		  RULES("{\"id\":\"a\",\"when\":{\"line.addons\":\"pass\"},\"withhold\":[\"smsoip\"]}"),
		  .question = { .app = "ap2005", .line = "\"addons\":[{\"id\":\"pass\"}]" },
		  .answer = SMS_OFF },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		assert_ruled(&cases[i]);
}

static void an_outage_tells_those_who_have_the_service_what_to_use_instead(void **state)
{
	static const char outage[] = "{\"id\":\"ims\",\"services\":[\"vowifi\"],\"when\":{\"facts.region\":\"north\"},"
								 "\"until\":\"2026-01-01T01:00:00Z\",\"texts\":[\"en: Use mobile calls\"]}";
	static const char away[] =
		"EntitlementStatus=2;ServiceFlow_URL=;ServiceFlow_UserData=;MessageForIncompatible=Use mobile "
		"calls;AddrStatus=2;TC_Status=2;ProvStatus=2;";
	static const char there[] = "EntitlementStatus=1;ServiceFlow_URL=;ServiceFlow_UserData=;MessageForIncompatible=;"
								"AddrStatus=2;TC_Status=2;ProvStatus=2;";
	static const char ours[] = "\"texts\":[\"de vowifi_not_in_plan: Nein\",\"en vowifi_not_in_plan: Ask us\"]";
	static const char asks[] =
		"EntitlementStatus=2;ServiceFlow_URL=;ServiceFlow_UserData=;MessageForIncompatible=Ask us;"
		"AddrStatus=2;TC_Status=2;ProvStatus=2;";
	const struct ruled cases[] = {
		{ .question = { .app = "ap2004", .tenant = ours }, .answer = asks }, /* a tenant's own words */
		{ .outage = outage,
		  .question = { .app = "ap2004", .plan = "\"vowifi\":true", .line = "\"facts\":{\"region\":\"north\"}" },
		  .answer = away },
		{ .outage = outage,
		  .question = { .app = "ap2004", .plan = "\"vowifi\":true", .line = "\"facts\":{\"region\":\"south\"}" },
		  .answer = there },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		assert_ruled(&cases[i]);
}

/* Tethering control, the example of docs/rules.md. */
#define HOTSPOT                                                                                                        \
	"{\"applications\":[{\"id\":\"ap9101\",\"name\":\"Hotspot\",\"feature\":\"tethering\","                            \
	"\"texts\":[\"en: Add a hotspot pass\"],\"page\":{\"url\":\"https://op.example/hotspot\"},\"parameters\":["        \
	"{\"name\":\"AllowanceInBytes\",\"value\":\"{usage.tethering.allowance}\",\"when\":{\"app.status\":\"enabled\"}}," \
	"{\"name\":\"UsedInBytes\",\"value\":\"{usage.tethering.used}\"},"                                                 \
	"{\"name\":\"Note\",\"value\":\"{line.plan}/{plan.features}\"}]}],"                                                \
	"\"rules\":[{\"id\":\"epdg\",\"set\":{\"ap2004\":{\"epdg_fqdn\":\"epdg.{facts.region}.example\","                  \
	"\"EntitlementStatus\":\"1\",\"apn\":\"{facts.apn}\"}}}]}"

static void an_application_of_the_operators_own_is_made_of_a_feature_and_values(void **state)
{
	static const struct ruled cases[] = {
		{ .rules = HOTSPOT,
		  .question = { .app = "ap9101" },
		  .answer = "EntitlementStatus=2;MessageForIncompatible=Add a hotspot pass;"
		            "ServiceFlow_URL=https://op.example/hotspot;ServiceFlow_UserData=sid=abc;Note=p/;" },
		{ .rules = HOTSPOT,
		  .addon = "{\"id\":\"pass\",\"features\":[\"tethering\"],\"offer\":{\"data\":{\"tethering_allowance\":500}}}",
		  .question = { .app = "ap9101",
		                .line = "\"addons\":[{\"id\":\"pass\"}],\"usage\":[{\"type\":\"tethering\",\"used\":20,"
		                        "\"as_of\":\"2026-01-01T00:00:00Z\"}]" },
		  .answer = "EntitlementStatus=1;AllowanceInBytes=500;UsedInBytes=20;Note=p/tethering;" },
		{ .rules = HOTSPOT,
		  .question = { .app = "ap9101", .plan = "\"features\":[\"tethering\"]", .line = "\"status\":\"suspended\"" },
		  .answer = "EntitlementStatus=0;Note=p/tethering;" },
		{ .rules = HOTSPOT,
		  .outage = "{\"id\":\"o\",\"services\":[\"tethering\"]}",
		  .question = { .app = "ap9101", .plan = "\"features\":[\"tethering\"]" },
		  .answer = "EntitlementStatus=2;MessageForIncompatible=This service is not available at the moment.;"
		            "ServiceFlow_URL=https://op.example/hotspot;ServiceFlow_UserData=sid=abc;Note=p/;" },
		/* parameters of the standard's applications are added, never replaced; what is empty is left out */
		{ .rules = HOTSPOT,
		  .question = { .app = "ap2004", .line = "\"facts\":{\"region\":\"north\"}" },
		  .answer =
		      "EntitlementStatus=2;ServiceFlow_URL=;ServiceFlow_UserData=;MessageForIncompatible=Wi-Fi calling is not "
		      "included in your plan.;AddrStatus=2;TC_Status=2;ProvStatus=2;epdg_fqdn=epdg.north.example;" },
	};
	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		assert_ruled(&cases[i]);
}

static void the_explanation_names_each_rule_what_it_saw_and_who_said_so(void **state)
{
	static const struct ruled c = {
		RULES("{\"id\":\"a\",\"when\":{\"device.vendor\":\"Other\"},\"withhold\":[\"smsoip\"]},"
		      "{\"id\":\"b\",\"when\":{\"facts.region\":[\"north\"]},\"withhold\":[\"smsoip\"]}"),
		.question = { .app = "ap2005", .plan = "\"smsoip\":true", .line = "\"facts\":{\"region\":\"north\"}" },
	};
	struct es_arena *arena = es_arena_new(0, ARENA);
	struct policy_trace trace = { .arena = arena };
	char storage[256];
	struct es_buf out;
	(void)state;

	es_buf_init_fixed(&out, storage, sizeof storage);
	print_answer(&c, arena, &trace, &out);
	assert_string_equal(trace.notes[1].said, "does not apply");
	assert_string_equal(trace.notes[1].saw, "a: device.vendor is Acme (device, not verified), wanted \"Other\"");
	assert_string_equal(trace.notes[2].said, "applied");
	assert_string_equal(trace.notes[2].saw, "b: facts.region is north (operator), wanted [\"north\"]");
	es_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_condition_holds_when_every_member_does),
		cmocka_unit_test(a_condition_with_a_mistake_names_its_place),
		cmocka_unit_test(the_page_has_every_fact_and_no_other),
		cmocka_unit_test(a_document_with_a_mistake_is_refused_as_a_whole),
		cmocka_unit_test(rules_grant_withhold_and_overlay),
		cmocka_unit_test(an_addon_counts_for_the_line_that_has_it_and_as_long_as_it_does),
		cmocka_unit_test(an_outage_tells_those_who_have_the_service_what_to_use_instead),
		cmocka_unit_test(an_application_of_the_operators_own_is_made_of_a_feature_and_values),
		cmocka_unit_test(the_explanation_names_each_rule_what_it_saw_and_who_said_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
