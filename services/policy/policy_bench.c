/* policy_bench.c -- openes-bench-decide: the decision alone, without HTTP, bus or database. RULES.json PLAN.json; prints the
 * microseconds of seven rounds, one a line: without rules one application, all of them; with the rules the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "es_cleanup.h"
#include "policy_effects.h"
#include "policy_resource.h"
#include "policy_ruleset.h"

enum { ROUNDS = 7, DECISIONS = 20000, ARENA = 1 << 20 };

/* All that answer without an operation. */
static const char *const apps[] = { "ap2005", "ap2003", "ap2004", "ap2010", "ap2012", "ap2013", "ap2016", "ap9101" };

static const char LINE[] =
	"{\"imsi\":\"001010000000001\",\"plan\":\"gold\",\"facts\":{\"region\":\"north\",\"score\":7},"
	"\"vowifi\":{\"terms\":\"available\",\"address\":\"available\"}}";

struct bench {
	struct es_arena *documents, *request;
	struct policy_tenant tenant;
	struct policy_plan plan;
	struct policy_subscriber line;
	struct policy_ruleset rules;
};

static es_status read_json(const char *path, cJSON **out)
{
	static char text[POLICY_RULESET_OCTETS];
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return ES_NOT_FOUND;
	const size_t len = fread(text, 1, sizeof text, file);
	(void)fclose(file);
	return es_json_parse(es_slice_of(text, len), POLICY_RULESET_JSON, out);
}

static es_status read_resource(struct bench *b, const struct policy_shape *shape, const cJSON *json, void *into)
{
	struct policy_fault fault;

	policy_resource_defaults(shape, into);
	return policy_resource_read(shape, json, b->documents, into, &fault);
}

static es_status prepare(struct bench *b, char **files)
{
	ES_CLEANUP(es_json_done) cJSON *rules = NULL, *plan = NULL, *line = NULL, *tenant = NULL;
	struct policy_fault fault = { "", "" };

	ES_TRY(read_json(files[0], &rules));
	ES_TRY(read_json(files[1], &plan));
	ES_TRY(es_json_parse(es_slice_str(LINE), ES_JSON_SMALL, &line));
	ES_TRY(es_json_parse(ES_SLICE_LIT("{\"id\":\"demo\",\"plmns\":[\"00101\"]}"), ES_JSON_SMALL, &tenant));
	ES_TRY(policy_ruleset_read(rules, b->documents, &b->rules, &fault));
	ES_TRY(read_resource(b, &policy_plan_shape, plan, &b->plan));
	ES_TRY(read_resource(b, &policy_subscriber_shape, line, &b->line));
	return read_resource(b, &policy_tenant_shape, tenant, &b->tenant);
}

static es_status decide(struct bench *b, const struct policy_book *book, size_t app_count)
{
	static const struct policy_identity hidden = { "hidden", 0 };
	struct policy_asking asking = { .terminal_id = "356938035643809",
		                            .vendor = "ACME",
		                            .model = "Phone9",
		                            .sw_version = "14.2",
		                            .app_name = "",
		                            .gid1 = "" };
	struct policy_context context = { .tenant = &b->tenant,
		                              .plan = &b->plan,
		                              .subscriber = &b->line,
		                              .version_major = 12,
		                              .now_ms = INT64_C(1767225600000),
		                              .private_identity = &hidden,
		                              .asking = &asking,
		                              .book = book };
	struct policy_effects effects;
	struct es_doc_node *first;

	policy_asking_read(&asking);
	policy_effects_apply(&context, &effects);
	for (size_t i = 0; i < app_count; i++) {
		es_status status = policy_answer(&context, es_slice_str(apps[i]), b->request, &first);
		if (status != ES_OK)
			return status;
	}
	es_arena_reset(b->request);
	return ES_OK;
}

/* Microseconds of processor time of one decision; below 0: it failed. */
static double measure(struct bench *b, const struct policy_book *book, size_t app_count)
{
	const clock_t start = clock();

	for (int i = 0; i < DECISIONS; i++)
		if (decide(b, book, app_count) != ES_OK)
			return -1;
	return (double)(clock() - start) / CLOCKS_PER_SEC * 1e6 / DECISIONS;
}

int main(int argc, char **argv)
{
	struct bench b = { .documents = es_arena_new(0, ARENA), .request = es_arena_new(0, ARENA) };

	if (argc != 3 || b.documents == NULL || b.request == NULL || prepare(&b, argv + 1) != ES_OK)
		return EXIT_FAILURE;
	/* The application of the operator's own is there in both; only the rules are not. */
	struct policy_ruleset none = b.rules;
	none.rule_count = 0;
	const struct policy_book without = { .tenant = "demo", .rules = &none },
							 with = { .tenant = "demo", .rules = &b.rules };
	for (int round = 0; round < ROUNDS; round++) {
		const double figures[] = { measure(&b, &without, 1), measure(&b, &without, ES_COUNT(apps)),
			                       measure(&b, &with, 1), measure(&b, &with, ES_COUNT(apps)) };
		if (figures[0] < 0 || figures[1] < 0 || figures[2] < 0 || figures[3] < 0)
			return EXIT_FAILURE;
		(void)printf("%.4f %.4f %.4f %.4f\n", figures[0], figures[1], figures[2], figures[3]);
	}
	es_arena_free(b.documents);
	es_arena_free(b.request);
	return EXIT_SUCCESS;
}
