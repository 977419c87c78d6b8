/* notify_store_mass_test.c -- mass changes in the database, on SQLite and, with OPENES_TEST_PG, on PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "notify_store_mass.h"

#define RING "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define NOW INT64_C(1767225600000)
#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static unsigned engine;
static struct es_db_testing testing;
static struct es_keyring *ring;
static struct notify_store *store;
static struct es_arena *arena;
static const struct notify_rules usual = {
	.apns = "", .fcm = "firebase", .wns = "", .sms = "", .mass_rate = 500, .mass_delay = 2000
};
static const struct notify_rules held = {
	.apns = "", .fcm = "firebase", .wns = "", .sms = "", .mass_rate = 500, .mass_delay = 2000, .mass_hold = true
};

static int set_up(void **state)
{
	char text[512];
	struct es_buf error;

	(void)state;
	es_db_testing_begin(&testing, engine, "notify_store_mass_test");
	es_buf_init_fixed(&error, text, sizeof text);
	arena = es_arena_new(0, 1u << 20);
	assert_non_null(arena);
	assert_int_equal(es_keyring_parse(ES_SLICE_LIT(RING), &ring, &error), ES_OK);
	if (notify_store_open(testing.url, ring, &store, &error) != ES_OK)
		fail_msg(ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	notify_store_close(store);
	es_keyring_free(ring);
	es_arena_free(arena);
	es_db_testing_end(&testing);
	return 0;
}

/* ---- one call, as a job ---- */

struct call {
	const struct notify_rules *rules;
	struct notify_mass_event event;
	const char *tenant;
	int64_t id, lease, now_ms, rate, before, ids[4], open;
	bool is_near;
	uint32_t limit;
	size_t count;
	struct notify_mass mass, list[4];
};

#define JOB(name, expression)                                                                                          \
	static es_status run_##name(struct es_db_conn *conn, void *user)                                                   \
	{                                                                                                                  \
		struct call *c = user;                                                                                         \
		return expression;                                                                                             \
	}                                                                                                                  \
	static es_status name(struct call *c)                                                                              \
	{                                                                                                                  \
		return es_db_write_wait(notify_store_db(store), run_##name, c);                                                \
	}
static es_status keep(const struct notify_mass *one, void *user)
{
	struct call *c = user;
	c->list[c->count++] = *one;
	return ES_OK;
}
JOB(start, notify_store_mass_start(conn, c->rules, &c->event, c->now_ms))
JOB(pause_it, notify_store_mass_pause(conn, c->tenant, c->id, c->now_ms))
JOB(resume, notify_store_mass_resume(conn, c->tenant, c->id, c->now_ms))
JOB(cancel, notify_store_mass_cancel(conn, c->tenant, c->id, c->now_ms))
JOB(set_rate, notify_store_mass_set_rate(conn, c->tenant, c->id, c->rate, c->now_ms))
JOB(get, notify_store_mass_get(conn, c->tenant, c->id, arena, &c->mass))
JOB(list, (c->count = 0, notify_store_mass_list(conn, c->tenant, c->before, c->limit, arena, keep, c)))
JOB(look, notify_store_mass_open(conn, c->now_ms, c->ids, ES_COUNT(c->ids), &c->count, &c->open))
JOB(take, notify_store_mass_take(conn, c->id, c->lease, c->now_ms))
JOB(look_held, notify_store_mass_held(conn, c->id, c->lease, arena, &c->mass))
JOB(move, notify_store_mass_move(conn, &c->mass, c->now_ms))
JOB(give_back, notify_store_mass_give_back(conn, c->id, c->lease))
JOB(prune, notify_store_mass_prune(conn, c->before))
JOB(look_near, notify_store_mass_near(conn, c->tenant, c->before, &c->is_near))

static void begin(const struct notify_rules *rules, const char *plan, const char *app, int64_t at_ms)
{
	char *apps[] = { es_arena_strdup(arena, es_slice_str(app)) };
	struct call c = { .rules = rules,
		              .now_ms = at_ms,
		              .event = { .tenant = "demo",
		                         .plan = plan,
		                         .kind = plan[0] != '\0' ? "plan.changed" : "tenant.changed",
		                         .apps = apps,
		                         .app_count = app[0] != '\0' ? 1 : 0,
		                         .at_ms = at_ms - 7,
		                         .traceparent = TRACE } };
	assert_int_equal(start(&c), ES_OK);
}

static bool is_near(const char *tenant, int64_t since_ms)
{
	struct call c = { .tenant = tenant, .before = since_ms };
	assert_int_equal(look_near(&c), ES_OK);
	return c.is_near;
}

/* The `n`th, newest first. */
static struct notify_mass nth(size_t n)
{
	struct call c = { .tenant = "demo", .limit = ES_COUNT(c.list) };
	assert_int_equal(list(&c), ES_OK);
	assert_true(n < c.count);
	return c.list[n];
}

static struct notify_mass taken(int64_t lease, int64_t now_ms)
{
	struct call c = { .now_ms = now_ms, .lease = lease };
	assert_int_equal(look(&c), ES_OK);
	assert_int_equal(c.count, 1);
	c.id = c.ids[0];
	assert_int_equal(take(&c), ES_OK);
	assert_int_equal(look_held(&c), ES_OK);
	return c.mass;
}

static size_t free_at(int64_t now_ms)
{
	struct call c = { .now_ms = now_ms };
	assert_int_equal(look(&c), ES_OK);
	return c.count;
}

/* ---- tests ---- */

static void an_event_begins_one_that_waits_for_another_edit(void **state)
{
	(void)state;
	begin(&usual, "full", "ap2004", NOW);
	const struct notify_mass m = nth(0);
	assert_string_equal(m.tenant, "demo");
	assert_string_equal(m.plan, "full");
	assert_string_equal(m.kind, "plan.changed");
	assert_string_equal(m.apps, "ap2004");
	assert_string_equal(m.cursor, "");
	assert_string_equal(m.traceparent, TRACE);
	assert_int_equal(m.state, NOTIFY_MASS_WAITING);
	assert_int_equal(m.rate, 500);
	assert_int_equal(m.total, -1);
	assert_int_equal(m.start_ms, NOW + 2000);
	assert_int_equal(m.created_ms, NOW);
	assert_int_equal(m.changed_ms, NOW - 7);
	assert_int_equal(free_at(NOW + 1999), 0);
	assert_int_equal(free_at(NOW + 2000), 1);
}

static const struct notify_rules nobody = { .apns = "", .fcm = "", .wns = "", .sms = "", .mass_rate = 500 };

static void an_event_that_alters_no_answer_or_of_a_tenant_that_wakes_nobody_begins_none(void **state)
{
	struct call c = { .tenant = "demo", .limit = 4 };
	(void)state;
	begin(&usual, "full", "", NOW);
	begin(&nobody, "full", "ap2004", NOW);
	assert_int_equal(list(&c), ES_OK);
	assert_int_equal(c.count, 0);
}

static void a_second_edit_starts_it_again_for_the_applications_of_both(void **state)
{
	struct call c = { .lease = 11, .now_ms = NOW + 2000 };
	(void)state;
	begin(&usual, "full", "ap2004", NOW);
	c.mass = taken(11, NOW + 2000);
	c.id = c.mass.id;
	c.mass.cursor = "001010000000009";
	c.mass.lines = c.mass.woken = 9;
	c.mass.total = 20;
	assert_int_equal(move(&c), ES_OK);
	begin(&usual, "full", "ap2003", NOW + 3000);
	begin(&usual, "full", "ap2004", NOW + 3001);
	const struct notify_mass m = nth(0);
	assert_int_equal(m.id, c.id);
	assert_string_equal(m.apps, "ap2003 ap2004");
	assert_string_equal(m.cursor, "");
	assert_int_equal(m.lines, 0);
	assert_int_equal(m.total, -1);
	assert_int_equal(m.state, NOTIFY_MASS_WAITING);
	assert_int_equal(m.start_ms, NOW + 5001);
	/* Who went through it is told so. */
	assert_int_equal(look_held(&c), ES_NOT_FOUND);
	assert_int_equal(move(&c), ES_NOT_FOUND);
}

static void plans_tenants_and_ended_ones_are_mass_changes_of_their_own(void **state)
{
	struct call c = { .tenant = "demo", .limit = 4, .now_ms = NOW + 1 };
	(void)state;
	begin(&usual, "full", "ap2004", NOW);
	begin(&usual, "none", "ap2004", NOW);
	begin(&usual, "", "ap2004", NOW);
	c.id = nth(2).id;
	assert_int_equal(cancel(&c), ES_OK);
	begin(&usual, "full", "ap2003", NOW);
	assert_int_equal(list(&c), ES_OK);
	assert_int_equal(c.count, 4);
	assert_string_equal(c.list[0].plan, "full");
	assert_string_equal(c.list[0].apps, "ap2003");
	assert_string_equal(c.list[1].kind, "tenant.changed");
	c.before = c.list[1].id;
	c.limit = 1;
	assert_int_equal(list(&c), ES_OK);
	assert_int_equal(c.count, 1);
	assert_string_equal(c.list[0].plan, "none");
	c.tenant = "other";
	assert_int_equal(list(&c), ES_OK);
	assert_int_equal(c.count, 0);
	assert_int_equal(get(&c), ES_NOT_FOUND);
	assert_int_equal(pause_it(&c), ES_NOT_FOUND);
}

static void where_the_tenant_wants_it_a_person_has_to_resume_it_first(void **state)
{
	struct call c = { .tenant = "demo", .now_ms = NOW + 9000 };
	(void)state;
	begin(&held, "full", "ap2004", NOW);
	c.id = nth(0).id;
	assert_int_equal(nth(0).state, NOTIFY_MASS_PAUSED);
	assert_int_equal(free_at(NOW + 9000), 0);
	assert_int_equal(resume(&c), ES_OK);
	assert_int_equal(free_at(NOW + 9000), 1);
	assert_int_equal(resume(&c), ES_OK); /* changes nothing */
	assert_int_equal(nth(0).state, NOTIFY_MASS_WAITING);
}

static void one_that_is_paused_stays_where_it_is_and_is_nobodys(void **state)
{
	struct call c = { .tenant = "demo", .lease = 11, .now_ms = NOW + 2000 };
	(void)state;
	begin(&usual, "full", "ap2004", NOW);
	c.mass = taken(11, NOW + 2000);
	c.id = c.mass.id;
	c.mass.cursor = "001010000000009";
	assert_int_equal(move(&c), ES_OK);
	assert_int_equal(pause_it(&c), ES_OK);
	assert_int_equal(pause_it(&c), ES_OK);
	assert_int_equal(move(&c), ES_NOT_FOUND);
	assert_int_equal(free_at(NOW + 999999), 0);
	assert_int_equal(resume(&c), ES_OK);
	assert_string_equal(taken(12, NOW + 3000).cursor, "001010000000009");
	/* Another edit does not resume what a person has paused. */
	assert_int_equal(pause_it(&c), ES_OK);
	begin(&usual, "full", "ap2003", NOW + 4000);
	assert_int_equal(nth(0).state, NOTIFY_MASS_PAUSED);
	assert_string_equal(nth(0).cursor, "");
}

/* Meanwhile policy's word that an answer stays as it was is not relied upon (notify_follow.c). */
static void a_change_of_a_plan_is_near_while_it_is_told_of_and_a_while_after(void **state)
{
	struct call c = { .tenant = "demo", .now_ms = NOW + 5000 };
	(void)state;
	assert_false(is_near("demo", NOW));
	begin(&usual, "", "ap2004", NOW);
	assert_false(is_near("demo", NOW)); /* a tenant's: every line stays its line */
	begin(&usual, "full", "ap2004", NOW);
	assert_true(is_near("demo", NOW + 999999));
	assert_false(is_near("other", NOW));
	c.id = nth(0).id;
	assert_int_equal(pause_it(&c), ES_OK);
	assert_false(is_near("demo", NOW)); /* a person may leave it so for days */
	assert_int_equal(resume(&c), ES_OK);
	assert_true(is_near("demo", NOW));
	assert_int_equal(cancel(&c), ES_OK);
	assert_true(is_near("demo", NOW + 4999));
	assert_false(is_near("demo", NOW + 5000));
}

static void a_lease_is_one_processs_until_it_ends_or_is_given_back(void **state)
{
	struct call first = { .lease = 11, .now_ms = NOW + 2000 }, second = { .lease = 12, .now_ms = NOW + 2001 };
	(void)state;
	begin(&usual, "full", "ap2004", NOW);
	first.mass = taken(11, NOW + 2000);
	second.id = first.id = first.mass.id;
	assert_int_equal(take(&second), ES_NOT_FOUND);
	assert_int_equal(free_at(NOW + 2000 + NOTIFY_MASS_LEASE_MS - 1), 0);
	first.now_ms = NOW + 5000;
	assert_int_equal(move(&first), ES_OK); /* renews it */
	assert_int_equal(free_at(NOW + 5000 + NOTIFY_MASS_LEASE_MS - 1), 0);
	assert_int_equal(free_at(NOW + 5000 + NOTIFY_MASS_LEASE_MS), 1);
	second.now_ms = NOW + 5000 + NOTIFY_MASS_LEASE_MS;
	assert_int_equal(take(&second), ES_OK);
	assert_int_equal(move(&first), ES_NOT_FOUND); /* too late */
	assert_int_equal(give_back(&first), ES_OK);
	assert_int_equal(look_held(&second), ES_OK);
	assert_int_equal(give_back(&second), ES_OK);
	assert_int_equal(free_at(NOW + 5000), 1);
}

static void what_has_ended_is_not_steered_any_more_and_is_forgotten_in_time(void **state)
{
	struct call c = { .tenant = "demo", .lease = 11, .now_ms = NOW + 7000, .rate = 5, .limit = 4 };
	(void)state;
	begin(&usual, "full", "ap2004", NOW);
	c.mass = taken(11, NOW + 2000);
	c.id = c.mass.id;
	c.mass.state = NOTIFY_MASS_DONE;
	assert_int_equal(move(&c), ES_OK);
	assert_int_equal(nth(0).ended_ms, NOW + 7000);
	assert_int_equal(nth(0).lease, 0);
	assert_int_equal(pause_it(&c), ES_CONFLICT);
	assert_int_equal(resume(&c), ES_CONFLICT);
	assert_int_equal(cancel(&c), ES_CONFLICT);
	assert_int_equal(set_rate(&c), ES_CONFLICT);
	c.before = NOW + 7000;
	assert_int_equal(prune(&c), ES_OK);
	assert_int_equal(nth(0).id, c.id);
	c.before = NOW + 7001;
	assert_int_equal(prune(&c), ES_OK);
	c.before = 0;
	assert_int_equal(list(&c), ES_OK);
	assert_int_equal(c.count, 0);
}

static void another_rate_counts_at_once_also_where_the_old_one_was_slow(void **state)
{
	struct call c = { .tenant = "demo", .lease = 11, .now_ms = NOW + 2000, .rate = 50 };
	(void)state;
	begin(&usual, "full", "ap2004", NOW);
	c.mass = taken(11, NOW + 2000);
	c.id = c.mass.id;
	c.mass.paced_us = (NOW + 60000) * 1000;
	assert_int_equal(move(&c), ES_OK);
	assert_int_equal(set_rate(&c), ES_OK);
	assert_int_equal(nth(0).rate, 50);
	assert_int_equal(nth(0).paced_us, (NOW + 3000) * 1000);
	assert_int_equal(look_held(&c), ES_OK); /* its process goes on */
}

static void those_that_wait_longest_are_taken_first(void **state)
{
	struct call c = { .now_ms = NOW + 9000 };
	(void)state;
	begin(&usual, "b", "ap2004", NOW + 5);
	begin(&usual, "a", "ap2004", NOW);
	begin(&held, "c", "ap2004", NOW);
	assert_int_equal(look(&c), ES_OK);
	assert_int_equal(c.open, 3);
	assert_int_equal(c.count, 2);
	assert_int_equal(c.ids[0], nth(1).id);
	assert_int_equal(c.ids[1], nth(2).id);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_event_begins_one_that_waits_for_another_edit),
		TEST(an_event_that_alters_no_answer_or_of_a_tenant_that_wakes_nobody_begins_none),
		TEST(a_second_edit_starts_it_again_for_the_applications_of_both),
		TEST(plans_tenants_and_ended_ones_are_mass_changes_of_their_own),
		TEST(where_the_tenant_wants_it_a_person_has_to_resume_it_first),
		TEST(one_that_is_paused_stays_where_it_is_and_is_nobodys),
		TEST(a_change_of_a_plan_is_near_while_it_is_told_of_and_a_while_after),
		TEST(a_lease_is_one_processs_until_it_ends_or_is_given_back),
		TEST(what_has_ended_is_not_steered_any_more_and_is_forgotten_in_time),
		TEST(another_rate_counts_at_once_also_where_the_old_one_was_slow),
		TEST(those_that_wait_longest_are_taken_first),
	};
	int failed = 0;

	es_crypto_init();

	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
