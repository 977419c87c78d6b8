/* notify_store_wake_test.c -- rows of `wake`: merged, taken, freed, ended; on SQLite and, with OPENES_TEST_PG, on PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "notify_store_dead.h"
#include "notify_store_wake.h"

#define RING "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define ALICE "001010000000001"

static unsigned engine;
static struct es_db_testing testing;
static struct es_keyring *ring;
static struct notify_store *store;
static struct es_arena *arena;

static int set_up(void **state)
{
	char text[512];
	struct es_buf error;

	(void)state;
	es_buf_init_fixed(&error, text, sizeof text);
	es_db_testing_begin(&testing, engine, "notify_store_wake_test");
	assert_int_equal(es_keyring_parse(es_slice_str(RING), &ring, &error), ES_OK);
	assert_int_equal(notify_store_open(testing.url, ring, &store, &error), ES_OK);
	arena = es_arena_new(0, NOTIFY_TAKE_MEMORY);
	assert_non_null(arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	es_arena_free(arena);
	notify_store_close(store);
	es_keyring_free(ring);
	es_db_testing_end(&testing);
	return 0;
}

/* ---- steps ---- */

static struct notify_wake wake(const char *terminal, const char *app)
{
	return (struct notify_wake){ .tenant = "demo",
		                         .imsi = ALICE,
		                         .terminal_id = terminal,
		                         .app_name = "",
		                         .app = app,
		                         .channel = NOTIFY_FCM,
		                         .account = "firebase",
		                         .changed_ms = 100,
		                         .due_ms = 1000,
		                         .expires_ms = 5000,
		                         .traceparent = "t" };
}

static es_status run_put(struct es_db_conn *conn, void *user)
{
	return notify_store_wake_put(conn, user);
}

static void put(struct notify_wake w)
{
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_put, &w), ES_OK);
}

static es_status run_take(struct es_db_conn *conn, void *user)
{
	return notify_store_wake_take(conn, user, arena);
}

static struct notify_take take(int64_t now_ms, int64_t lease, uint32_t limit)
{
	struct notify_take t = { .account = "firebase",
		                     .tenant = "demo",
		                     .now_ms = now_ms,
		                     .until_ms = now_ms + 60,
		                     .lease = lease,
		                     .limit = limit };

	assert_int_equal(es_db_write_wait(notify_store_db(store), run_take, &t), ES_OK);
	return t;
}

struct freeing {
	int64_t id, due_ms, lease, generation;
	bool is_done;
};

static es_status run_free(struct es_db_conn *conn, void *user)
{
	struct freeing *f = user;

	ES_TRY(notify_store_wake_held(conn, f->id, f->lease, &f->generation));
	return f->is_done ? notify_store_wake_delete(conn, f->id) : notify_store_wake_free(conn, f->id, f->due_ms);
}

static es_status free_row(int64_t id, int64_t lease, int64_t due_ms)
{
	struct freeing f = { .id = id, .due_ms = due_ms, .lease = lease };

	return es_db_write_wait(notify_store_db(store), run_free, &f);
}

/* ---- tests ---- */

static void events_of_one_client_are_one_row_that_keeps_the_oldest_change_and_the_nearest_moment(void **state)
{
	struct notify_wake w = wake("a", "ap2004");

	(void)state;
	put(w);
	w.changed_ms = 200;
	w.due_ms = 900;
	w.expires_ms = 6000;
	w.traceparent = "newer";
	put(w);
	w.due_ms = 2000;
	put(w);
	assert_int_equal(take(899, 1, 10).count, 0);
	const struct notify_take t = take(900, 1, 10);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.rows[0].generation, 3);
	assert_int_equal(t.rows[0].changed_ms, 100);
	assert_int_equal(t.rows[0].expires_ms, 6000);
	assert_int_equal(t.rows[0].attempts, 1);
	assert_string_equal(t.rows[0].traceparent, "newer");
}

static void a_row_in_its_back_off_keeps_its_moment(void **state)
{
	(void)state;
	put(wake("a", "ap2004"));
	const struct notify_take t = take(1000, 7, 10);
	assert_int_equal(free_row(t.rows[0].id, 7, 3000), ES_OK);
	put(wake("a", "ap2004"));
	assert_int_equal(take(2999, 8, 10).count, 0);
	assert_int_equal(take(3000, 8, 10).count, 1);
}

static void a_row_that_is_taken_is_nobody_elses_until_its_lease_ends(void **state)
{
	(void)state;
	put(wake("a", "ap2004"));
	const struct notify_take first = take(1000, 7, 10);
	assert_int_equal(first.count, 1);
	assert_int_equal(first.ended_leases, 0);
	put(wake("a", "ap2004")); /* an event does not free it */
	assert_int_equal(take(1059, 8, 10).count, 0);
	const struct notify_take second = take(1060, 9, 10);
	assert_int_equal(second.count, 1);
	assert_int_equal(second.ended_leases, 1);
	assert_int_equal(second.rows[0].attempts, 2);
	assert_int_equal(second.rows[0].generation, 2);
	assert_int_equal(free_row(second.rows[0].id, 7, 0), ES_NOT_FOUND);
	assert_int_equal(free_row(second.rows[0].id, 9, 5), ES_OK);
	assert_int_equal(free_row(second.rows[0].id, 9, 5), ES_NOT_FOUND);
}

static void what_else_waits_for_a_client_comes_along_unless_it_was_tried(void **state)
{
	struct notify_wake later = wake("a", "ap2003"), tried = wake("a", "ap2005"), other = wake("b", "ap2003");

	(void)state;
	tried.due_ms = 10;
	put(tried);
	const struct notify_take t = take(10, 3, 10);
	assert_int_equal(free_row(t.rows[0].id, 3, 4000), ES_OK);
	later.due_ms = other.due_ms = 4000;
	put(later);
	put(other);
	put(wake("a", "ap2004"));
	const struct notify_take both = take(1000, 4, 10);
	assert_int_equal(both.count, 2);
	assert_true(strcmp(both.rows[0].app, "ap2005") != 0 && strcmp(both.rows[1].app, "ap2005") != 0);
	assert_string_equal(both.rows[0].terminal_id, "a");
	assert_string_equal(both.rows[1].terminal_id, "a");
}

static void no_more_is_taken_than_asked_for_and_the_longest_due_first(void **state)
{
	char terminal[16];

	(void)state;
	for (int i = 0; i < 10; i++) {
		(void)snprintf(terminal, sizeof terminal, "t%d", i);
		struct notify_wake w = wake(terminal, "ap2004");
		w.due_ms = 100 - i;
		put(w);
	}
	const struct notify_take t = take(1000, 4, 3);
	assert_int_equal(t.count, 3);
	assert_string_equal(t.rows[0].terminal_id, "t7");
	assert_string_equal(t.rows[2].terminal_id, "t9");
}

static void a_row_stays_of_its_mass_change_only_while_nothing_else_calls(void **state)
{
	struct notify_wake w = wake("a", "ap2004");

	(void)state;
	w.mass = 5;
	put(w);
	put(w);
	assert_int_equal(take(1000, 4, 3).rows[0].mass, 5);
	w.mass = 0;
	put(w);
	assert_int_equal(take(2000, 4, 3).rows[0].mass, 0);
	w.mass = 5;
	put(w);
	assert_int_equal(take(3000, 4, 3).rows[0].mass, 0);
}

struct pairs {
	char text[256];
};

static es_status read_pairs(struct es_db_conn *conn, void *user)
{
	struct pairs *p = user;
	struct notify_pair pair = { .account = (char[]){ "" }, .tenant = (char[]){ "" } };
	es_status status;

	p->text[0] = '\0';
	while ((status = notify_store_wake_pair(conn, pair.account, pair.tenant, arena, &pair)) == ES_OK)
		(void)snprintf(p->text + strlen(p->text), sizeof p->text - strlen(p->text), "%s/%s@%d ", pair.account,
		               pair.tenant, (int)pair.due_ms);
	return status == ES_NOT_FOUND ? ES_OK : status;
}

static void each_pair_of_account_and_tenant_is_told_with_its_next_moment(void **state)
{
	static const char *const names[][2] = { { "b", "x" }, { "a", "y" }, { "a", "x" }, { "b", "x" } };
	struct pairs p;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(names); i++) {
		struct notify_wake w = wake("a", i == 3 ? "ap2003" : "ap2004");
		w.account = names[i][0];
		w.tenant = names[i][1];
		w.due_ms = 100 - (int64_t)i;
		put(w);
	}
	assert_int_equal(es_db_read(notify_store_db(store), read_pairs, &p), ES_OK);
	assert_string_equal(p.text, "a/x@98 a/y@99 b/x@97 ");
}

/* ---- registrations ---- */

struct registering {
	struct notify_registration r;
	size_t duplicates;
	bool is_old;
	int64_t since_ms, removed;
};

static es_status run_register(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;

	return notify_store_register(conn, &x->r, &x->duplicates);
}

static es_status run_look(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;

	return notify_store_duplicates(conn, &x->r, &x->duplicates, &x->is_old);
}

static struct notify_addressed addressed(const struct registering *x)
{
	return (struct notify_addressed){ "demo", ALICE, "a", NOTIFY_FCM,
		                              es_slice_of(x->r.token_hash, sizeof x->r.token_hash) };
}

static es_status run_withdraw(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;
	const struct notify_addressed to = addressed(x);

	return notify_store_withdraw(conn, &to, x->since_ms, &x->removed);
}

static es_status run_told(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;
	const struct notify_addressed to = addressed(x);

	ES_TRY(notify_store_told(conn, &to, "accepted", true, 1700000000001));
	return notify_store_told(conn, &to, "provider", false, 1700000000009);
}

static struct registering register_at(int64_t now_ms)
{
	static uint8_t sealed[64];
	struct registering x = { .r = { .owner = { ES_SLICE_LIT("demo"), ES_SLICE_LIT(ALICE), ES_SLICE_LIT("a"),
		                                       ES_SLICE_LIT("") },
		                            .apps = { ES_SLICE_LIT("ap2003"), ES_SLICE_LIT("ap2004") },
		                            .app_count = 2,
		                            .channel = NOTIFY_FCM,
		                            .now_ms = now_ms } };

	notify_store_hash(store, ES_SLICE_LIT("token"), x.r.token_hash);
	notify_store_seal(store, &x.r.owner, ES_SLICE_LIT("token"), sealed);
	x.r.token_sealed = es_slice_of(sealed, 5 + ES_SEAL_OVERHEAD);
	assert_int_equal(es_db_read(notify_store_db(store), run_look, &x), ES_OK);
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_register, &x), ES_OK);
	return x;
}

static int64_t withdraw(struct registering *x, int64_t since_ms)
{
	x->since_ms = since_ms;
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_withdraw, x), ES_OK);
	return x->removed;
}

static void a_dead_token_goes_unless_it_came_again_since(void **state)
{
	const int64_t start = 1700000000000;
	struct registering x = register_at(start);

	(void)state;
	x = register_at(start + NOTIFY_REFRESH_MS); /* not noted yet */
	assert_false(x.is_old);
	assert_int_equal(x.duplicates, 2);
	x = register_at(start + NOTIFY_REFRESH_MS + 1);
	assert_true(x.is_old);
	assert_int_equal(x.duplicates, 2); /* it is answered as ever (V12-NOTIF-02) */
	assert_int_equal(withdraw(&x, start + NOTIFY_REFRESH_MS), 0);
	assert_int_equal(withdraw(&x, start + NOTIFY_REFRESH_MS + 1), 2);
	x = register_at(start);
	assert_int_equal(x.duplicates, 0);
}

static es_status read_line(struct es_db_conn *conn, void *user)
{
	struct notify_listed **out = user;
	size_t count = 0;

	ES_TRY(notify_store_of_line(conn, ES_SLICE_LIT("demo"), ES_SLICE_LIT(ALICE), arena, out, &count));
	return count == 2 ? ES_OK : ES_INTERNAL;
}

static void what_was_told_is_noted_and_a_failure_is_no_telling(void **state)
{
	struct registering x = register_at(1700000000000);
	struct notify_listed *listed = NULL;

	(void)state;
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_told, &x), ES_OK);
	assert_int_equal(es_db_read(notify_store_db(store), read_line, (void *)&listed), ES_OK);
	assert_true(listed[0].told_ms == 1700000000001 && listed[1].told_ms == 1700000000001);
}

static void the_token_is_that_of_the_moment_of_taking(void **state)
{
	(void)state;
	put(wake("a", "ap2004"));
	assert_int_equal(take(1000, 1, 10).rows[0].token_hash.len, 0);
	const struct registering x = register_at(1700000000000);
	const struct notify_take t = take(2000, 1, 10);
	assert_true(es_slice_eq(t.rows[0].token_hash, es_slice_of(x.r.token_hash, sizeof x.r.token_hash)));
	assert_true(es_slice_eq(t.rows[0].token_sealed, x.r.token_sealed));
}

/* ---- the end of a line, and of time ---- */

struct ending {
	int64_t removed, pruned;
	struct notify_expired expired;
};

static es_status run_end(struct es_db_conn *conn, void *user)
{
	struct ending *e = user;
	const struct notify_dead dead = { .at_ms = 50,
		                              .tenant = "demo",
		                              .imsi = ALICE,
		                              .terminal_id = "a",
		                              .app_name = "",
		                              .app = "ap2004",
		                              .channel = NOTIFY_FCM,
		                              .account = "firebase",
		                              .reason = "expired",
		                              .detail = "",
		                              .traceparent = "" };

	ES_TRY(notify_store_wake_expired(conn, 5000, 10, arena, &e->expired));
	ES_TRY(notify_store_dead_add(conn, &dead));
	ES_TRY(notify_store_dead_add(conn, &dead));
	ES_TRY(notify_store_dead_prune(conn, 50, 10, &e->pruned));
	if (e->pruned != 0)
		return ES_INTERNAL;
	ES_TRY(notify_store_dead_prune(conn, 51, 1, &e->pruned));
	return notify_store_erase(conn, ES_SLICE_LIT("demo"), ES_SLICE_LIT(ALICE), &e->removed);
}

static es_status run_nothing_left(struct es_db_conn *conn, void *user)
{
	struct ending *e = user;

	ES_TRY(notify_store_dead_prune(conn, 51, 10, &e->pruned));
	return notify_store_wake_expired(conn, INT64_MAX, 10, arena, &e->expired);
}

struct telling {
	int64_t at_ms;
	bool is_forgotten;
};

static es_status run_tell(struct es_db_conn *conn, void *user)
{
	const struct telling *t = user;

	return t->is_forgotten ? notify_store_forget_sms(conn, t->at_ms)
	                       : notify_store_told_by_sms(conn, "demo", ALICE, t->at_ms);
}

static void tell(int64_t at_ms, bool is_forgotten)
{
	struct telling t = { at_ms, is_forgotten };

	assert_int_equal(es_db_write_wait(notify_store_db(store), run_tell, &t), ES_OK);
}

static void a_line_is_not_sent_the_next_sms_before_it_has_rested(void **state)
{
	struct notify_wake w = wake("", "ap2004");

	(void)state;
	w.channel = NOTIFY_BY_SMS;
	w.rest_ms = 700;
	tell(100, false);
	tell(500, false);
	put(w);
	assert_int_equal(take(1199, 1, 10).count, 0);
	const struct notify_take late = take(1200, 1, 10);
	assert_int_equal(late.count, 1);
	assert_int_equal(late.rows[0].expires_ms, 5200); /* it lives as much longer */
	tell(501, true);
	w.app = "ap2003";
	put(w);
	assert_int_equal(take(1201, 2, 10).count, 1);
}

static void an_erased_line_leaves_no_wake_up_and_no_dead_letter(void **state)
{
	struct ending e = { 0 };

	(void)state;
	(void)register_at(1700000000000);
	put(wake("a", "ap2004"));
	put(wake("a", "ap2003"));
	(void)take(1000, 7, 10);
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_end, &e), ES_OK);
	assert_int_equal(e.expired.count, 2); /* their lease has ended, too */
	assert_string_equal(e.expired.tenants[0], "demo");
	assert_string_equal(e.expired.accounts[1], "firebase");
	assert_int_equal(e.pruned, 1);
	assert_int_equal(e.removed, 2);
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_nothing_left, &e), ES_OK);
	assert_int_equal(e.pruned, 0);
	assert_int_equal(e.expired.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_of_one_client_are_one_row_that_keeps_the_oldest_change_and_the_nearest_moment),
		TEST(a_row_in_its_back_off_keeps_its_moment),
		TEST(a_row_that_is_taken_is_nobody_elses_until_its_lease_ends),
		TEST(what_else_waits_for_a_client_comes_along_unless_it_was_tried),
		TEST(no_more_is_taken_than_asked_for_and_the_longest_due_first),
		TEST(a_row_stays_of_its_mass_change_only_while_nothing_else_calls),
		TEST(each_pair_of_account_and_tenant_is_told_with_its_next_moment),
		TEST(a_dead_token_goes_unless_it_came_again_since),
		TEST(what_was_told_is_noted_and_a_failure_is_no_telling),
		TEST(the_token_is_that_of_the_moment_of_taking),
		TEST(a_line_is_not_sent_the_next_sms_before_it_has_rested),
		TEST(an_erased_line_leaves_no_wake_up_and_no_dead_letter),
	};
	int failed = 0;

	es_crypto_init();
	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
