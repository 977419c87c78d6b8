/* policy_lines_test.c -- POLICY_LINES: whose devices a change of a tenant or plan concerns, on every engine there is. */
#include <stdio.h>

#include "policy_engine.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define LINES 1203

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_lines");
	policy_test_populate(t);
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring };
	arena = es_arena_new(0, 4u << 20);
	assert_non_null(arena);
}

static void end(struct policy_test *t)
{
	es_arena_free(arena);
	policy_test_close(t);
}

/* ---- what there is ---- */

struct answered {
	const char *imsi, *terminal_id, *app;
};

static es_status answer(struct es_db_conn *conn, void *user)
{
	const struct answered *a = user;
	const struct policy_device device = { a->terminal_id, "", "", "", 1000, 1000 };
	const struct policy_device_app app = { .terminal_id = a->terminal_id, .app = a->app, .answered_ms = 1000 };

	ES_TRY(policy_row_device_seen(conn, "demo", a->imsi, &device));
	return policy_row_device_answered(conn, "demo", a->imsi, &app);
}

static void answered(const char *imsi, const char *terminal_id, const char *app)
{
	struct answered a = { imsi, terminal_id, app };
	assert_int_equal(es_db_write_wait(policy_store_db(test.store), answer, &a), ES_OK);
}

/* Every third with the plan "none", every fifth terminated; each other one was answered ap2004. */
static es_status add_many(struct es_db_conn *conn, void *user)
{
	(void)user;
	for (unsigned i = 0; i < LINES; i++) {
		char imsi[16];
		(void)snprintf(imsi, sizeof imsi, "00101000%07u", i);
		const struct policy_subscriber line = { .tenant = "demo",
			                                    .imsi = imsi,
			                                    .msisdn = "",
			                                    .plan = i % 3 == 0 ? "none" : "full",
			                                    .status = i % 5 == 0 ? POLICY_TERMINATED : POLICY_ACTIVE,
			                                    .vowifi = { .address_id = "" },
			                                    .iccid = "",
			                                    .version = 1 };
		struct answered a = { imsi, "356938035643809", "ap2004" };
		ES_TRY(policy_row_subscriber_insert(conn, &line));
		if (i % 2 == 0)
			ES_TRY(answer(conn, &a));
	}
	return ES_OK;
}

static Openes__LinesReply *ask(Openes__LinesRequest request)
{
	Openes__LinesReply *reply = es_arena_alloc(arena, sizeof *reply);

	openes__lines_reply__init(reply);
	assert_int_equal(policy_serve_lines(&engine_of_test, &request, arena, reply), ES_OK);
	return reply;
}

static char *text(const char *value)
{
	return es_arena_strdup(arena, es_slice_str(value));
}

static Openes__LinesRequest page_of(const char *plan, const char *after, uint32_t limit)
{
	Openes__LinesRequest request = OPENES__LINES_REQUEST__INIT;

	request.tenant = text("demo");
	request.plan = text(plan);
	request.after = text(after);
	request.limit = limit;
	return request;
}

static Openes__LinesReply *one(const char *imsi)
{
	Openes__LinesRequest request = page_of("", "", 0);

	request.imsi = text(imsi);
	return ask(request);
}

/* ---- tests ---- */

static void a_line_comes_with_its_number_and_all_that_its_devices_were_answered(void **state)
{
	EACH_ENGINE(&test)
	{
		answered(TEST_IMSI, "356938035643809", "ap2004");
		answered(TEST_IMSI, "356938035643809", "ap2003");
		answered(TEST_IMSI, "356938035643999", "ap2004");
		answered(TEST_IMSI, "356938035643999", "ap2016");
		const Openes__LinesReply *reply = one(TEST_IMSI);
		assert_int_equal(reply->n_lines, 1);
		assert_string_equal(reply->lines[0]->imsi, TEST_IMSI);
		assert_string_equal(reply->lines[0]->msisdn, "34600000001");
		assert_int_equal(reply->lines[0]->n_apps, 3);
		assert_string_equal(reply->lines[0]->apps[0], "ap2003");
		assert_string_equal(reply->lines[0]->apps[1], "ap2004");
		assert_string_equal(reply->lines[0]->apps[2], "ap2016");
		assert_string_equal(reply->reached, "");
	}
}

static void nobody_is_told_of_a_line_that_is_not_there_or_terminated_or_anothers(void **state)
{
	EACH_ENGINE(&test)
	{
		assert_int_equal(one("001010000000000")->n_lines, 0);
		policy_test_do(&test, POLICY_ADMIN_CREATED, "tenant.put", "tenant=other", "{}");
		Openes__LinesRequest request = page_of("", "", 0);
		request.tenant = text("other");
		assert_int_equal(ask(request)->n_lines, 0);
		request.imsi = text(TEST_IMSI);
		assert_int_equal(ask(request)->n_lines, 0);
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.terminate", TEST_LINE, "");
		assert_int_equal(one(TEST_IMSI)->n_lines, 0);
		assert_string_equal(one(TEST_IMSI)->reached, "");
	}
}

static bool is_counted(unsigned i, const char *plan)
{
	bool is_of_none = i % 3 == 0;

	return i % 5 != 0 && (plan[0] == '\0' || is_of_none == (strcmp(plan, "none") == 0));
}

/* The line of policy_test_populate() comes after all these. */
static void expect_line(const Openes__Line *line, unsigned i)
{
	char imsi[24];

	(void)snprintf(imsi, sizeof imsi, "00101000%07u", i);
	assert_string_equal(line->imsi, imsi);
	assert_string_equal(line->msisdn, "");
	assert_int_equal(line->n_apps, i % 2 == 0 ? 1 : 0);
}

static void walk(const char *plan, uint32_t limit)
{
	const bool has_last = strcmp(plan, "none") != 0;
	const char *after = "";
	unsigned i = 0, lines = 0, pages = 0;
	int64_t total = -1;

	do {
		Openes__LinesRequest request = page_of(plan, after, limit);
		request.count = pages++ == 0;
		const Openes__LinesReply *reply = ask(request);
		total = request.count ? reply->total : total;
		assert_true(reply->n_lines <= (limit == 0 || limit > 500 ? 500 : limit));
		for (size_t k = 0; k < reply->n_lines; k++) {
			while (i < LINES && !is_counted(i, plan))
				i++;
			lines++;
			if (i == LINES)
				assert_string_equal(reply->lines[k]->imsi, TEST_IMSI);
			else
				expect_line(reply->lines[k], i++);
		}
		assert_true(reply->reached[0] == '\0' || strcmp(reply->reached, after) > 0);
		after = reply->reached;
	} while (after[0] != '\0');
	while (i < LINES && !is_counted(i, plan))
		i++;
	assert_int_equal(i, LINES);
	assert_int_equal(lines, total);
	assert_int_equal(has_last, lines > 1 && strcmp(plan, "none") != 0);
}

static void pages_have_each_line_once_in_the_order_of_imsis_and_none_that_is_terminated(void **state)
{
	EACH_ENGINE(&test)
	{
		assert_int_equal(es_db_write_wait(policy_store_db(test.store), add_many, NULL), ES_OK);
		walk("", 0);
		walk("", 7);
		walk("", 9999);
		walk("none", 100);
		walk("full", 401);
	}
}

/* Deleted meanwhile, added meanwhile: who goes on after an IMSI needs no row of it. */
static void going_on_needs_no_line_where_the_last_page_ended(void **state)
{
	EACH_ENGINE(&test)
	{
		const Openes__LinesReply *reply = ask(page_of("", "001010123456788", 5));
		assert_int_equal(reply->n_lines, 1);
		reply = ask(page_of("", TEST_IMSI, 5));
		assert_int_equal(reply->n_lines, 0);
		assert_string_equal(reply->reached, "");
		assert_int_equal(ask(page_of("nix", "", 0))->n_lines, 0);
	}
}

static void a_question_about_no_tenant_is_refused(void **state)
{
	EACH_ENGINE(&test)
	{
		Openes__LinesRequest request = OPENES__LINES_REQUEST__INIT;
		Openes__LinesReply reply = OPENES__LINES_REPLY__INIT;
		assert_int_equal(policy_serve_lines(&engine_of_test, &request, arena, &reply), ES_MALFORMED);
		request = page_of("", "", 0);
		request.imsi = text(TEST_IMSI);
		request.count = true;
		assert_int_equal(policy_serve_lines(&engine_of_test, &request, arena, &reply), ES_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_comes_with_its_number_and_all_that_its_devices_were_answered),
		cmocka_unit_test(nobody_is_told_of_a_line_that_is_not_there_or_terminated_or_anothers),
		cmocka_unit_test(pages_have_each_line_once_in_the_order_of_imsis_and_none_that_is_terminated),
		cmocka_unit_test(going_on_needs_no_line_where_the_last_page_ended),
		cmocka_unit_test(a_question_about_no_tenant_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
