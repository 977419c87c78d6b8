/* esim_store_test.c -- the store's contract, on SQLite and, with OPENES_TEST_PG, on PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "es_cleanup.h"
#include "es_db_testing.h"
#include "esim_store.h"

static unsigned engine;
static struct es_db_testing testing;
static struct es_db *db;

static int set_up(void **state)
{
	char text[512];
	struct es_buf error;

	(void)state;
	es_db_testing_begin(&testing, engine, "esim_store_test");
	es_buf_init_fixed(&error, text, sizeof text);
	return esim_store_open(testing.url, &db, &error) == ES_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	es_db_close(db);
	es_db_testing_end(&testing);
	return 0;
}

static const struct esim_device watch = { ES_SLICE_LIT("demo"), ES_SLICE_LIT("001010000000001"), ES_SLICE_LIT("imei-1"),
	                                      ES_SLICE_LIT("watch-1"), ES_SLICE_LIT("") };

struct seen {
	const struct esim_device *device;
	int64_t at_ms, count, last_ms;
};

static es_status run_seen(struct es_db_conn *conn, void *user)
{
	const struct seen *s = user;

	return esim_store_seen(conn, s->device, s->at_ms);
}

static es_status run_device(struct es_db_conn *conn, void *user)
{
	struct seen *s = user;

	return esim_store_device(conn, s->device, &s->count, &s->last_ms);
}

static void see(const struct esim_device *device, int64_t at_ms)
{
	struct seen s = { .device = device, .at_ms = at_ms };

	assert_int_equal(es_db_write_wait(db, run_seen, &s), ES_OK);
}

static struct seen look(const struct esim_device *device)
{
	struct seen s = { .device = device, .count = -1, .last_ms = -1 };

	assert_int_equal(es_db_read(db, run_device, &s), ES_OK);
	return s;
}

static void a_device_is_one_row_and_knows_when_it_was_seen(void **state)
{
	const int64_t start = 1700000000000;

	(void)state;
	assert_int_equal(look(&watch).last_ms, 0);
	see(&watch, start);
	assert_true(look(&watch).last_ms == start);
	see(&watch, start + 59999); /* within the minute: not worth a write */
	assert_true(look(&watch).last_ms == start);
	see(&watch, start + 60000);
	assert_true(look(&watch).last_ms == start + 60000);
	see(&watch, start); /* a clock that went back */
	assert_true(look(&watch).last_ms == start + 60000);
	assert_int_equal(look(&watch).count, 1);
}

static void another_eid_companion_or_subscriber_is_another_device(void **state)
{
	struct esim_device other = watch;

	(void)state;
	see(&watch, 1000000);
	other.eid = ES_SLICE_LIT("89049032000000000000000000000066");
	see(&other, 1000000);
	other.companion_terminal_id = ES_SLICE_LIT("watch-2");
	see(&other, 1000000);
	assert_int_equal(look(&watch).count, 3);
	other.imsi = ES_SLICE_LIT("001010000000002");
	see(&other, 1000000);
	assert_int_equal(look(&watch).count, 3);
	assert_int_equal(look(&other).count, 1);
}

static void the_devices_seen_longest_ago_make_room(void **state)
{
	char names[ESIM_DEVICES_MAX + 3][16];
	struct esim_device device = watch;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(names); i++) {
		(void)snprintf(names[i], sizeof names[i], "watch-%zu", i);
		device.companion_terminal_id = es_slice_str(names[i]);
		see(&device, 1000000 + (int64_t)i);
	}
	assert_int_equal(look(&device).count, ESIM_DEVICES_MAX);
	assert_int_equal(look(&device).last_ms, 1000000 + ESIM_DEVICES_MAX + 2);
	device.companion_terminal_id = es_slice_str(names[2]);
	assert_int_equal(look(&device).last_ms, 0);
	device.companion_terminal_id = es_slice_str(names[3]);
	assert_int_equal(look(&device).last_ms, 1000003);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_is_one_row_and_knows_when_it_was_seen),
		TEST(another_eid_companion_or_subscriber_is_another_device),
		TEST(the_devices_seen_longest_ago_make_room),
	};
	int failed = 0;

	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
