/* policy_ruleset_fuzz.c -- rules of any octets: refused with a place, or applied to a line without a fault. */
#include <stdlib.h>

#include "es_cleanup.h"
#include "policy_ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void apply(const struct policy_ruleset *rules, struct es_arena *arena)
{
	static const struct policy_tenant tenant = { .id = "demo", .language = "en" };
	static const struct policy_plan plan = { .tenant = "demo", .id = "p", .name = "", .smsoip = true };
	static const struct policy_pair facts[] = { { "region", POLICY_PAIR_TEXT, "north", 0 } };
	const struct policy_subscriber line = {
		.tenant = "demo", .imsi = "001010123456789", .msisdn = "", .plan = "p", .data = { .facts = { facts, 1 } }
	};
	const struct policy_book book = { .tenant = "demo", .rules = rules };
	struct policy_context context = {
		.tenant = &tenant, .plan = &plan, .subscriber = &line, .version_major = 12, .now_ms = 1
	};
	struct policy_effects effects;
	struct es_doc_node *first;

	context.book = &book;
	policy_effects_apply(&context, &effects);
	(void)!policy_answer(&context, ES_SLICE_LIT("ap2005"), arena, &first);
	for (size_t i = 0; i < rules->app_count; i++)
		(void)!policy_answer(&context, es_slice_str(rules->apps[i].id), arena, &first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_fault fault = { "", "" };
	struct policy_ruleset rules;

	if (arena != NULL && es_json_parse(es_slice_of(data, size), POLICY_RULESET_JSON, &json) == ES_OK) {
		es_status status = policy_ruleset_read(json, arena, &rules, &fault);
		if (status == ES_OK)
			apply(&rules, arena);
		else if (status == ES_MALFORMED && fault.error[0] == '\0')
			abort();
	}
	es_arena_free(arena);
	return 0;
}
