/* es_admin_test.c -- an owner's table of actions, on every engine there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_admin.h"
#include "es_cleanup.h"
#include "es_db_testing.h"

enum { ADD, COUNT, STATEMENTS };
static const char *const statements[STATEMENTS] = {
	[ADD] = "INSERT INTO thing (name) VALUES (?1)", [COUNT] = "SELECT count(*) FROM thing"
};
static const struct es_migration migrations[] = {
	{ 1, "CREATE TABLE thing (name TEXT PRIMARY KEY) STRICT;" },
};

static unsigned engine;
static struct es_db_testing testing;
static struct es_db *db;
static int starts; /* of the last action's transaction */
static enum es_admin_outcome outcome;
static char body[4096];

static int set_up(void **state)
{
	char text[512];
	struct es_buf error;

	(void)state;
	es_db_testing_begin(&testing, engine, "es_admin_test");
	es_buf_init_fixed(&error, text, sizeof text);
	const struct es_db_options options = { .url = testing.url,
		                                   .migrations = migrations,
		                                   .migration_count = ES_COUNT(migrations),
		                                   .statements = statements,
		                                   .statement_count = STATEMENTS };
	return es_db_open(&options, &db, &error) == ES_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	es_db_close(db);
	es_db_testing_end(&testing);
	return 0;
}

/* ---- the table ---- */

static es_status add(struct es_admin_call *call)
{
	const char *name = es_json_str(call->body, "name");

	if (name == NULL)
		return es_admin_refuse(call, ES_ADMIN_INVALID, "name", "is missing");
	ES_TRY(ES_DB_EXEC(call->conn, ADD, NULL, es_bind_str(name)));
	if (strcmp(name, "refused") == 0)
		return es_admin_refuse(call, ES_ADMIN_CONFLICT, NULL, "not this one");
	struct es_json_out j = es_admin_begin(call);
	es_json_put_str(&j, "name", name);
	es_admin_put_time(&j, "never", 0);
	es_admin_put_time(&j, "at", 1700000000000);
	return es_admin_end(call, &j, ES_ADMIN_CREATED);
}

static es_status count_them(struct es_admin_call *call)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	size_t limit = 0;
	int64_t after = 0;

	ES_TRY(es_admin_limit(call, &limit));
	ES_TRY(es_admin_number(call, "after", &after));
	ES_TRY(es_db_query(call->conn, COUNT, NULL, 0, &rows));
	ES_TRY(es_rows_next(rows));
	struct es_json_out j = es_admin_begin(call);
	es_json_put_i64(&j, "count", es_col_int(rows, 0));
	es_json_put_i64(&j, "limit", (int64_t)limit);
	es_json_put_i64(&j, "after", after);
	return es_admin_end(call, &j, ES_ADMIN_DONE);
}

static es_status fail_it(struct es_admin_call *call)
{
	struct es_json_out j = es_admin_begin(call);

	ES_TRY(es_admin_end(call, &j, ES_ADMIN_DONE));
	return ES_UNAVAILABLE;
}

static const struct es_admin_action actions[] = {
	{ "thing.add", ES_ADMIN_WRITES, add },
	{ "thing.count", 0, count_them },
	{ "thing.fail", ES_ADMIN_WRITES, fail_it },
};

static void restart(void *user)
{
	(*(int *)user)++;
}

static es_status ask(const char *action, const char *tenant, const char *name, const char *value, const char *json)
{
	const struct es_admin_desk desk = {
		.db = db, .actions = actions, .action_count = ES_COUNT(actions), .restart = restart, .user = &starts
	};
	const struct es_admin_param params[] = { { "tenant", tenant }, { name, value } };
	const struct es_admin_request request = { .action = action,
		                                      .params = params,
		                                      .param_count = ES_COUNT(params),
		                                      .body = es_slice_str(json),
		                                      .traceparent = "" };
	struct es_admin_result result;

	starts = 0;
	const es_status status = es_admin_run(&desk, &request, &result);
	(void)snprintf(body, sizeof body, ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&result.body)));
	outcome = result.outcome;
	es_buf_free(&result.body);
	return status;
}

/* ---- */

static void an_action_answers_after_its_commit(void **state)
{
	(void)state;
	assert_int_equal(ask("thing.add", "demo", "", "", "{\"name\":\"a\"}"), ES_OK);
	assert_int_equal(outcome, ES_ADMIN_CREATED);
	assert_int_equal(starts, 1);
	assert_string_equal(body, "{\"name\":\"a\",\"at\":\"2023-11-14T22:13:20Z\"}");
	assert_int_equal(ask("thing.count", "demo", "after", "7", ""), ES_OK);
	assert_string_equal(body, "{\"count\":1,\"limit\":100,\"after\":7}");
}

static void a_refusal_leaves_nothing_behind(void **state)
{
	(void)state;
	assert_int_equal(ask("thing.add", "demo", "", "", "{\"name\":\"refused\"}"), ES_OK);
	assert_int_equal(outcome, ES_ADMIN_CONFLICT);
	assert_string_equal(body, "{\"error\":\"not this one\"}");
	assert_int_equal(ask("thing.count", "demo", "", "", ""), ES_OK);
	assert_string_equal(body, "{\"count\":0,\"limit\":100,\"after\":0}");
}

static void what_failed_is_no_outcome(void **state)
{
	(void)state;
	assert_int_equal(ask("thing.fail", "demo", "", "", ""), ES_UNAVAILABLE);
	/* a name twice: the store refused, and no action said so */
	assert_int_equal(ask("thing.add", "demo", "", "", "{\"name\":\"a\"}"), ES_OK);
	assert_int_equal(ask("thing.add", "demo", "", "", "{\"name\":\"a\"}"), ES_CONFLICT);
	assert_int_equal(outcome, ES_ADMIN_NONE);
}

static void what_makes_no_sense_is_refused_with_its_field(void **state)
{
	static const struct {
		const char *action, *tenant, *name, *value, *json, *says;
	} cases[] = {
		{ "thing.steal", "demo", "", "", "", "\"field\":\"action\"" },
		{ "thing.count", "", "", "", "", "\"field\":\"tenant\"" },
		{ "thing.count", "demo", "limit", "0", "", "\"field\":\"limit\"" },
		{ "thing.count", "demo", "limit", "501", "", "\"field\":\"limit\"" },
		{ "thing.count", "demo", "after", "-1", "", "\"field\":\"after\"" },
		{ "thing.count", "demo", "after", "x", "", "\"field\":\"after\"" },
		{ "thing.add", "demo", "", "", "[]", "not a JSON object" },
		{ "thing.add", "demo", "", "", "{", "not a JSON object" },
		{ "thing.add", "demo", "", "", "", "\"field\":\"name\"" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		assert_int_equal(ask(cases[i].action, cases[i].tenant, cases[i].name, cases[i].value, cases[i].json), ES_OK);
		assert_int_equal(outcome, ES_ADMIN_INVALID);
		if (strstr(body, cases[i].says) == NULL)
			fail_msg("%zu: %s", i, body);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_action_answers_after_its_commit),
		TEST(a_refusal_leaves_nothing_behind),
		TEST(what_failed_is_no_outcome),
		TEST(what_makes_no_sense_is_refused_with_its_field),
	};
	int failed = 0;

	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
