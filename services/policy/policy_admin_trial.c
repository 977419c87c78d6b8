/* policy_admin_trial.c -- rules on trial against the requests that devices really made, as they are recorded (what each was
 * answered last, policy_store_devices.c): whose answer would become another? */
#include <string.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_text.h"
#include "policy_admin_call.h"
#include "policy_ruleset.h"
#include "policy_store_rules.h"
#include "policy_trial.h"

#define TRIAL_BYTES (16u << 20)
#define ANSWER_BYTES (1u << 18)
#define ANSWER_MAX 16384
#define EXAMPLES_MAX 20
#define TRIAL_MS 2000 /* then the rest is another call's: `next` says where */
#define RECORDED_BYTES (1u << 20)
#define APPS_MAX 64

struct trial {
	struct policy_admin_call *call;
	const struct policy_catalog *catalog;
	const struct policy_tenant *tenant;
	const struct policy_book *now; /* NULL: none */
	struct policy_book then;
	struct policy_ruleset rules;
	cJSON *stored;                                      /* NULL: the body is on trial */
	struct es_arena *arena, *answers, *devices, *facts; /* facts: of one line */
	const char *apps[APPS_MAX];
	size_t app_count;
	uint32_t limit;
	int64_t start_ms;
	/* what came out */
	uint32_t lines, requests, changed, refused, by_app[APPS_MAX], by_rule[POLICY_RULES_MAX], examples;
	char last[16];
	bool more;
	struct es_json_out *j;
	/* of this moment */
	const struct policy_subscriber *line;
	struct policy_history history;
	const struct policy_device_app *recorded; /* by device */
};

/* Where it is counted; APPS_MAX: nowhere any more. */
static size_t place_of(struct trial *t, const char *app)
{
	for (size_t i = 0; i < t->app_count; i++)
		if (strcmp(t->apps[i], app) == 0)
			return i;
	const char *name = t->app_count < APPS_MAX ? es_arena_strdup(t->arena, es_slice_str(app)) : NULL;
	if (name == NULL)
		return APPS_MAX;
	t->apps[t->app_count] = name;
	return t->app_count++;
}

static void write_example(struct trial *t, const char *app, const char *terminal_id, const struct es_buf *a,
                          const struct es_buf *b)
{
	if (t->examples++ >= EXAMPLES_MAX)
		return;
	es_json_object(t->j, NULL);
	es_json_put_str(t->j, "imsi", t->line->imsi);
	es_json_put_str(t->j, "terminal_id", terminal_id);
	es_json_put_str(t->j, "app", app);
	es_json_put(t->j, "before", es_buf_slice(a));
	es_json_put(t->j, "after", es_buf_slice(b));
	es_json_end_object(t->j);
}

static es_status ask(struct trial *t, const char *app, const struct policy_context *context,
                     struct policy_effects *effects)
{
	char before[ANSWER_MAX], after[ANSWER_MAX];
	struct es_buf a, b;

	es_buf_init_fixed(&a, before, sizeof before);
	es_buf_init_fixed(&b, after, sizeof after);
	es_arena_reset(t->answers);
	ES_TRY(policy_trial_answer(context, t->now, app, t->answers, &a, effects));
	ES_TRY(policy_trial_answer(context, &t->then, app, t->answers, &b, effects));
	t->requests++;
	if (es_slice_eq(es_buf_slice(&a), es_buf_slice(&b)))
		return ES_OK;
	const size_t at = place_of(t, app);
	if (at < APPS_MAX)
		t->by_app[at]++;
	t->changed++;
	write_example(t, app, context->asking->terminal_id, &a, &b);
	return ES_OK;
}

/* One that nobody could ask for until now is asked for by everybody. */
static es_status ask_for_new_apps(struct trial *t, size_t from, size_t to, struct policy_context *context,
                                  struct policy_effects *effects)
{
	context->version_major = 12;
	context->version_minor = 0;
	for (size_t i = 0; i < t->rules.app_count; i++) {
		bool is_recorded = false;
		for (size_t k = from; k < to; k++)
			is_recorded = is_recorded || strcmp(t->recorded[k].app, t->rules.apps[i].id) == 0;
		if (!is_recorded)
			ES_TRY(ask(t, t->rules.apps[i].id, context, effects));
	}
	return ES_OK;
}

/* Rows `from` to `to`: what one device asked for. */
static es_status look_at_device(struct trial *t, size_t from, size_t to)
{
	const struct policy_device_app *device = &t->recorded[from];
	struct policy_effects effects;
	struct policy_asking asking = { .terminal_id = device->terminal_id,
		                            .vendor = device->vendor,
		                            .model = device->model,
		                            .sw_version = device->sw_version,
		                            .app_name = "",
		                            .gid1 = "" };
	struct policy_equipment equipment;
	const bool looks = policy_equipment_is_read(&t->tenant->equipment);

	if (looks)
		ES_TRY(policy_row_equipment(t->call->conn, t->tenant, device->terminal_id, device->sw_version, t->call->now_ms,
		                            t->facts, &equipment));
	struct policy_context context = {
		.tenant = t->tenant,
		.equipment = looks ? &equipment : NULL,
		.history = &t->history,
		.plan = policy_catalog_plan(t->catalog, t->tenant->id, t->line->plan),
		.subscriber = t->line,
		.now_ms = t->call->now_ms,
		.asking = &asking,
	};

	policy_asking_read(&asking);
	for (size_t i = from; i < to; i++) {
		context.version_major = t->recorded[i].version_major;
		context.version_minor = t->recorded[i].version_minor;
		context.language = t->recorded[i].language;
		ES_TRY(ask(t, t->recorded[i].app, &context, &effects));
	}
	ES_TRY(ask_for_new_apps(t, from, to, &context, &effects));
	t->refused += effects.refused_by != NULL;
	for (size_t i = 0; i < t->rules.rule_count; i++)
		t->by_rule[i] += effects.applied[i / 32] >> i % 32 & 1;
	return ES_OK;
}

struct gathering {
	struct policy_device_app *items;
	size_t count;
};

static es_status gather(const struct policy_device_app *one, void *user)
{
	struct gathering *g = user;

	if (g->count < POLICY_DEVICE_APPS_MAX)
		g->items[g->count++] = *one;
	return ES_OK;
}

static es_status look_at_devices(struct trial *t)
{
	struct gathering g = { .count = 0 };

	es_arena_reset(t->devices);
	g.items = es_arena_array(t->devices, POLICY_DEVICE_APPS_MAX, sizeof *g.items);
	if (g.items == NULL)
		return ES_TOO_LARGE;
	ES_TRY(policy_row_device_apps(t->call->conn, t->tenant->id, t->line->imsi, t->devices, gather, &g));
	t->recorded = g.items;
	for (size_t from = 0, to; from < g.count; from = to) {
		for (to = from + 1; to < g.count && strcmp(g.items[to].terminal_id, g.items[from].terminal_id) == 0;)
			to++;
		ES_TRY(look_at_device(t, from, to));
	}
	return ES_OK;
}

static es_status look_at_line(const struct policy_subscriber *line, void *user)
{
	struct trial *t = user;
	const size_t len = strlen(line->imsi);

	/* One line at least, or a slow database would keep us on the same page for ever. */
	if (t->more || t->lines == t->limit || (t->lines > 0 && es_mono_ms() - t->start_ms > TRIAL_MS)) {
		t->more = true;
		return ES_OK;
	}
	t->lines++;
	memcpy(t->last, line->imsi, len < sizeof t->last ? len + 1 : 0);
	if (line->status == POLICY_TERMINATED)
		return ES_OK;
	t->line = line;
	es_arena_reset(t->facts);
	ES_TRY(policy_row_history(t->call->conn, t->tenant, line->imsi, t->call->now_ms, &t->history));
	return look_at_devices(t);
}

static void write_counts(const struct trial *t, struct es_json_out *j)
{
	es_json_put_i64(j, "lines", t->lines);
	es_json_put_i64(j, "requests", t->requests);
	es_json_put_i64(j, "changed", t->changed);
	es_json_put_i64(j, "refused", t->refused);
	es_json_object(j, "changed_by_app");
	for (size_t i = 0; i < t->app_count; i++)
		if (t->by_app[i] > 0)
			es_json_put_i64(j, t->apps[i], t->by_app[i]);
	es_json_end_object(j);
	es_json_object(j, "devices_by_rule");
	for (size_t i = 0; i < t->rules.rule_count; i++)
		es_json_put_i64(j, t->rules.rules[i].id, t->by_rule[i]);
	es_json_end_object(j);
	if (t->more)
		es_json_put_str(j, "next", t->last);
}

static const cJSON *document_of(const struct trial *t)
{
	return t->stored != NULL ? t->stored : t->call->body;
}

static const struct policy_plan *plan_of(const void *user, const char *id)
{
	const struct trial *t = user;
	return policy_catalog_plan(t->catalog, t->tenant->id, id);
}

/* They are run once, however many pages the lines have. */
static es_status run_cases(struct trial *t, struct es_json_out *j)
{
	const struct policy_trial trial = {
		.tenant = t->tenant, .book = &t->then, .plan_of = plan_of, .user = t, .now_ms = t->call->now_ms
	};
	size_t failed = 0;

	if (policy_param(t->call, "cursor")[0] != '\0')
		return ES_OK;
	return policy_answer_cases(t->call, &trial, document_of(t), t->arena, j, &failed);
}

static es_status run(struct trial *t)
{
	const struct policy_filter filter = {
		.after = policy_param(t->call, "cursor"), .msisdn = "", .plan = "", .status = -1, .limit = t->limit + 1
	};
	struct es_json_out j = policy_answer_start(t->call);

	t->j = &j;
	ES_TRY(run_cases(t, &j));
	t->start_ms = es_mono_ms();
	es_json_array(&j, "examples");
	ES_TRY(policy_row_subscribers(t->call->conn, t->tenant->id, &filter, t->call->row_arena, look_at_line, t));
	es_json_end_array(&j);
	write_counts(t, &j);
	return policy_answer_end(t->call, &j, POLICY_ADMIN_DONE);
}

/* The body, or the version of the path. */
static es_status read_rules(struct trial *t)
{
	struct policy_fault fault = { "", "must be an object" };
	struct policy_ruleset_row row;
	uint64_t number = 0;

	if (t->call->body == NULL) {
		if (es_parse_u64(es_slice_str(policy_param(t->call, "number")), 1, INT64_MAX, &number) != ES_OK)
			return policy_refuse(t->call, POLICY_ADMIN_INVALID, "number",
			                     "must be the number of rules; a body with new");
		es_status status = policy_row_ruleset(t->call->conn, t->call->tenant, number, t->arena, &row);
		if (status == ES_NOT_FOUND)
			return policy_refuse(t->call, POLICY_ADMIN_NOT_FOUND, "number", "no such rules");
		if (status != ES_OK)
			return status;
		ES_TRY(es_json_parse(row.document, POLICY_RULESET_JSON, &t->stored));
	}
	es_status status = policy_ruleset_read(document_of(t), t->arena, &t->rules, &fault);
	return status == ES_MALFORMED ? policy_refuse(t->call, POLICY_ADMIN_INVALID, fault.field, fault.error) : status;
}

static es_status prepare_and_run(struct trial *t)
{
	if (t->arena == NULL || t->answers == NULL || t->devices == NULL || t->facts == NULL)
		return ES_TOO_LARGE;
	ES_TRY(policy_param_limit(t->call, &t->limit));
	ES_TRY(read_rules(t));
	t->tenant = policy_catalog_tenant(t->catalog, t->call->tenant);
	if (t->tenant == NULL)
		return ES_INTERNAL; /* it has been looked for in this transaction */
	t->now = policy_catalog_book(t->catalog, t->call->tenant);
	if (t->now != NULL)
		t->then = *t->now;
	t->then.tenant = t->tenant->id;
	t->then.rules = &t->rules;
	return run(t);
}

es_status policy_do_rules_test(struct policy_admin_call *call)
{
	struct trial t = { .call = call,
		               .arena = es_arena_new(0, TRIAL_BYTES),
		               .answers = es_arena_new(0, ANSWER_BYTES),
		               .devices = es_arena_new(0, RECORDED_BYTES),
		               .facts = es_arena_new(0, ANSWER_BYTES) };

	es_status status = policy_call_catalog(call, &t.catalog);
	if (status == ES_OK)
		status = prepare_and_run(&t);
	policy_catalog_release(call->store, t.catalog);
	es_arena_free(t.arena);
	es_arena_free(t.answers);
	es_arena_free(t.devices);
	es_arena_free(t.facts);
	cJSON_Delete(t.stored);
	return status;
}
