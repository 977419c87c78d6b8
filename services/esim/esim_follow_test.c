/* esim_follow_test.c -- what becomes of profiles and orders when policy's outbox says that their line changed, on every engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "esim_case.h"
#include "esim_follow.h"

#define OLD "001010000000042"
#define NEW "001010000000043"

static unsigned engine;
static struct es_db_testing testing;
static struct esim_store store;

/* A profile that waits for its device, and its order. */
static es_status fill(struct es_db_conn *conn, void *user)
{
	struct esim_profile p = { .id = "p", .order = "o", .tenant = "demo", .imsi = OLD, .iccid = "8944000000000000017" };
	struct esim_order o = { .id = "o", .profile = "p", .tenant = "demo", .imsi = OLD, .created_ms = 1 };

	(void)user;
	p.app = o.app = ESIM_COMPANION;
	p.status = ESIM_ACTIVATED;
	esim_order_begin(&o, &(struct esim_plan){ .has_smdp = false }, 1);
	ES_TRY(esim_row_profile_put(&store, conn, &p));
	return esim_row_order_put(&store, conn, &o);
}

static int set_up(void **state)
{
	const struct es_slice key = ES_SLICE_LIT("1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	char text[512];
	struct es_buf error;

	(void)state;
	es_crypto_init();
	es_db_testing_begin(&testing, engine, "esim_follow_test");
	es_buf_init_fixed(&error, text, sizeof text);
	assert_int_equal(es_keyring_parse(key, &store.ring, &error), ES_OK);
	assert_int_equal(esim_store_open(testing.url, &store.db, &error), ES_OK);
	assert_int_equal(es_db_write_wait(store.db, fill, NULL), ES_OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	es_db_close(store.db);
	es_keyring_free(store.ring);
	es_db_testing_end(&testing);
	return 0;
}

struct said {
	const char *kind, *moved_to;
};

static es_status follow(struct es_db_conn *conn, void *user)
{
	const struct said *said = user;
	Openes__Event event = OPENES__EVENT__INIT;
	char kind[32], to[16], tenant[] = "demo", imsi[] = OLD;
	uint64_t written = 0;

	(void)snprintf(kind, sizeof kind, "%s", said->kind);
	(void)snprintf(to, sizeof to, "%s", said->moved_to);
	event.kind = kind;
	event.tenant = tenant;
	event.imsi = imsi;
	event.moved_to = to;
	return esim_follow_event(&store, conn, &event, 2, &written);
}

struct seen {
	es_status profile_status, order_status;
	struct esim_profile profile;
	struct esim_order order;
};

static es_status look(struct es_db_conn *conn, void *user)
{
	struct seen *s = user;

	s->profile_status = esim_row_profile(&store, conn, "p", &s->profile);
	s->order_status = esim_row_order(&store, conn, "o", &s->order);
	return ES_OK;
}

static void after(const char *kind, const char *moved_to, struct seen *seen)
{
	struct said said = { kind, moved_to };

	assert_int_equal(es_db_write_wait(store.db, follow, &said), ES_OK);
	assert_int_equal(es_db_read(store.db, look, seen), ES_OK);
}

static void a_line_with_another_sim_keeps_its_esims(void **state)
{
	struct seen seen;

	(void)state;
	after("subscriber.removed", NEW, &seen);
	assert_string_equal(seen.profile.imsi, NEW);
	assert_string_equal(seen.order.imsi, NEW);
	assert_int_equal(seen.profile.ended_ms, 0);
	assert_int_equal(seen.order.state, ESIM_ORDER_WAITING);
}

static void a_line_that_ends_takes_its_esims_with_it(void **state)
{
	struct seen seen;

	(void)state;
	after("subscriber.removed", "", &seen);
	assert_string_equal(seen.profile.imsi, OLD);
	assert_int_equal(seen.profile.ended_ms, 2);
	assert_int_equal(seen.order.state, ESIM_ORDER_UNDONE);
}

static void a_line_that_is_erased_leaves_nothing(void **state)
{
	struct seen seen;

	(void)state;
	after("subscriber.erased", "", &seen);
	assert_int_equal(seen.profile_status, ES_NOT_FOUND);
	assert_int_equal(seen.order_status, ES_NOT_FOUND);
}

static void another_change_is_nothing_to_profiles(void **state)
{
	struct seen seen;

	(void)state;
	after("subscriber.changed", "", &seen);
	assert_int_equal(seen.profile.ended_ms, 0);
	assert_int_equal(seen.order.state, ESIM_ORDER_WAITING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_with_another_sim_keeps_its_esims),
		TEST(a_line_that_ends_takes_its_esims_with_it),
		TEST(a_line_that_is_erased_leaves_nothing),
		TEST(another_change_is_nothing_to_profiles),
	};
	int failed = 0;

	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
