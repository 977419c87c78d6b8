/* policy_trial.c -- cases of rules, and what one answer is under two sets of rules. */
#include "policy_trial.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_esim.h"
#include "policy_shape.h"

#define CASE_ARENA (1u << 20)

/* ---- an answer as text ---- */

static void print(const struct es_doc_node *node, struct es_buf *out)
{
	for (; node != NULL; node = node->next) {
		es_put_bytes(out, node->name);
		es_put_u8(out, node->is_parm ? '=' : '{');
		es_put_bytes(out, node->value);
		print(node->child, out);
		es_put_str(out, node->is_parm ? "; " : "} ");
	}
}

static es_status decide(struct policy_context *context, const char *app, struct es_arena *arena,
                        struct policy_effects *effects, struct es_doc_node **first)
{
	effects->refused_by = NULL;
	memset(effects->applied, 0, sizeof effects->applied);
	policy_effects_apply(context, effects);
	*first = NULL;
	if (effects->refused_by != NULL)
		return ES_OK;
	return policy_answer(context, es_slice_str(app), arena, first);
}

es_status policy_trial_answer(const struct policy_context *context, const struct policy_book *book, const char *app,
                              struct es_arena *arena, struct es_buf *out, struct policy_effects *effects)
{
	struct policy_context on = *context;
	struct es_doc_node *first = NULL;

	on.book = book;
	es_status status = decide(&on, app, arena, effects, &first);
	if (status == ES_UNSUPPORTED && policy_is_odsa(es_slice_str(app))) {
		const struct policy_esim_facts facts = policy_decide_esim(&on);
		es_put_printf(out, "companion=%d; services=%u; max=%u; primary=%d; ", facts.companion_allowed,
		              (unsigned)facts.companion_services, (unsigned)facts.companion_max, facts.primary_allowed);
		return es_buf_status(out);
	}
	if (status == ES_UNSUPPORTED) {
		es_put_str(out, "unknown");
		return ES_OK;
	}
	if (status != ES_OK)
		return status;
	if (effects->refused_by != NULL)
		es_put_str(out, "refused");
	print(first, out);
	return es_buf_status(out);
}

/* ---- cases ---- */

struct raw_case {
	const char *name, *app;
	int64_t version, now_ms;
	const cJSON *line, *device, *expect;
};
#define C(member) offsetof(struct raw_case, member)

static bool is_app(struct es_slice text)
{
	return text.len == 6 && es_slice_starts_with(text, ES_SLICE_LIT("ap"));
}

static const struct field case_fields[] = {
	{ .name = "name", TEXT, .offset = C(name), NULL, IS_LABEL, .flags = REQUIRED },
	{ .name = "line", RAW, .offset = C(line) },
	{ .name = "device", RAW, .offset = C(device) },
	{ .name = "app", TEXT, .offset = C(app), NULL, is_app, "an application, as ap2004", .flags = REQUIRED },
	{ .name = "entitlement_version", I64, .offset = C(version), .min = 0, .max = 999 },
	{ .name = "now", TIME, .offset = C(now_ms) },
	{ .name = "expect", RAW, .offset = C(expect) },
	{ .name = NULL },
};
static const struct raw_case case_defaults = { .name = "", .app = "", .version = 12 };
static const struct policy_shape case_shape = { case_fields, &case_defaults, sizeof case_defaults, NULL };

struct judging {
	const struct policy_trial *trial;
	struct es_json_out *j;
	struct es_arena *arena; /* of the case */
	struct policy_fault *fault;
	struct raw_case raw;
	bool has_failed;
};

static void fail(struct judging *g, const char *parameter, struct es_slice is, const char *expected)
{
	g->has_failed = true;
	es_json_object(g->j, NULL);
	es_json_put_str(g->j, "case", g->raw.name);
	es_json_put_str(g->j, "parameter", parameter);
	if (is.ptr != NULL)
		es_json_put(g->j, "is", is);
	else
		es_json_put_str(g->j, "is", NULL);
	es_json_put_str(g->j, "expected", expected);
	es_json_end_object(g->j);
}

static const struct es_doc_node *find_parm(const struct es_doc_node *node, const char *name)
{
	for (; node != NULL; node = node->next) {
		const struct es_doc_node *inner = node->is_parm ? NULL : find_parm(node->child, name);
		if (inner != NULL)
			return inner;
		if (node->is_parm && es_slice_eq_str(node->name, name))
			return node;
	}
	return NULL;
}

static void judge(struct judging *g, const struct es_doc_node *first, bool refused)
{
	const cJSON *expected;

	cJSON_ArrayForEach(expected, g->raw.expect)
	{
		if (strcmp(expected->string, "refused") == 0) {
			if (cJSON_IsTrue(expected) != refused)
				fail(g, "refused", es_slice_str(refused ? "true" : "false"), refused ? "false" : "true");
			continue;
		}
		const struct es_doc_node *parm = find_parm(first, expected->string);
		const char *text = cJSON_IsString(expected) ? expected->valuestring : NULL;
		const bool same = text != NULL ? parm != NULL && es_slice_eq_str(parm->value, text) : parm == NULL;
		if (!same)
			fail(g, expected->string, parm != NULL ? parm->value : (struct es_slice){ NULL, 0 }, text);
	}
}

static es_status read_part(struct judging *g, const struct policy_shape *shape, const cJSON *json, const char *part,
                           void *into)
{
	policy_resource_defaults(shape, into);
	if (json == NULL)
		return ES_OK;
	es_status status = policy_resource_read(shape, json, g->arena, into, g->fault);
	if (status == ES_MALFORMED)
		g->fault->field = es_arena_printf(g->arena, "%s.%s", part, g->fault->field);
	return status == ES_MALFORMED && g->fault->field == NULL ? ES_TOO_LARGE : status;
}

/* A line of a case need not say whose it is. */
static es_status read_line(struct judging *g, struct policy_subscriber *line)
{
	ES_CLEANUP(es_json_done)
	cJSON *whole = g->raw.line != NULL ? cJSON_Duplicate(g->raw.line, true) : cJSON_CreateObject();

	if (whole == NULL)
		return ES_TOO_LARGE;
	if (cJSON_IsObject(whole) && !cJSON_HasObjectItem(whole, "imsi"))
		(void)cJSON_AddStringToObject(whole, "imsi", "001010000000001");
	if (cJSON_IsObject(whole) && !cJSON_HasObjectItem(whole, "plan"))
		(void)cJSON_AddStringToObject(whole, "plan", "none");
	return read_part(g, &policy_subscriber_shape, whole, "line", line);
}

static es_status run_case(struct judging *g)
{
	struct policy_subscriber line;
	struct policy_device device;
	struct policy_effects effects;
	struct es_doc_node *first = NULL;
	const struct policy_trial *t = g->trial;

	ES_TRY(read_line(g, &line));
	ES_TRY(read_part(g, &policy_device_shape, g->raw.device, "device", &device));
	struct policy_asking asking = { .terminal_id = device.terminal_id,
		                            .vendor = device.vendor,
		                            .model = device.model,
		                            .sw_version = device.sw_version,
		                            .app_name = "",
		                            .gid1 = "" };
	policy_asking_read(&asking);
	line.tenant = t->tenant->id;
	struct policy_context context = {
		.tenant = t->tenant,
		.plan = t->plan_of(t->user, line.plan),
		.subscriber = &line,
		.version_major = (uint32_t)g->raw.version,
		.now_ms = g->raw.now_ms != 0 ? g->raw.now_ms : t->now_ms,
		.asking = &asking,
		.book = t->book,
	};
	context.language = policy_language(es_slice_str(""), t->tenant->language);
	es_status status = decide(&context, g->raw.app, g->arena, &effects, &first);
	if (status == ES_UNSUPPORTED) {
		*g->fault = (struct policy_fault){ "app", "is no application that is decided here" };
		return ES_MALFORMED;
	}
	if (status == ES_OK)
		judge(g, first, effects.refused_by != NULL);
	return status;
}

/* The fault of a case names the case. */
static es_status read_and_run(struct judging *g, const cJSON *json, size_t index, struct es_arena *outer)
{
	policy_resource_defaults(&case_shape, &g->raw);
	es_status status = policy_resource_read(&case_shape, json, g->arena, &g->raw, g->fault);
	if (status == ES_OK && (!cJSON_IsObject(g->raw.expect) || g->raw.expect->child == NULL)) {
		*g->fault = (struct policy_fault){ "expect", "must be an object that expects something" };
		status = ES_MALFORMED;
	}
	if (status == ES_OK)
		status = run_case(g);
	if (status != ES_MALFORMED)
		return status;
	const char *path = es_arena_printf(outer, "cases[%zu].%s", index, g->fault->field);
	const char *error = es_arena_strdup(outer, es_slice_str(g->fault->error));
	if (path == NULL || error == NULL)
		return ES_TOO_LARGE;
	*g->fault = (struct policy_fault){ path, error };
	return ES_MALFORMED;
}

es_status policy_cases_run(const struct policy_trial *trial, const cJSON *document, struct es_json_out *j, size_t *run,
                           size_t *failed, struct es_arena *arena, struct policy_fault *fault)
{
	const cJSON *cases = cJSON_GetObjectItemCaseSensitive(document, "cases"), *json;
	struct es_arena *own = es_arena_new(0, CASE_ARENA);
	es_status status = own != NULL ? ES_OK : ES_TOO_LARGE;

	*run = *failed = 0;
	if (cases != NULL && (!cJSON_IsArray(cases) || cJSON_GetArraySize(cases) > POLICY_CASES_MAX)) {
		*fault = (struct policy_fault){ "cases", "must be an array of at most 200 cases" };
		status = ES_MALFORMED;
	}
	if (status == ES_OK) {
		cJSON_ArrayForEach(json, cases)
		{
			struct judging g = { .trial = trial, .j = j, .arena = own, .fault = fault };
			es_arena_reset(own);
			status = read_and_run(&g, json, (*run)++, arena);
			*failed += g.has_failed;
			if (status != ES_OK)
				break;
		}
	}
	es_arena_free(own);
	return status;
}
