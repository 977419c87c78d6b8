/* esim_run_test.c -- orders and the runner, one trouble at a time, on SQLite and, with OPENES_TEST_PG, on PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_log.h"
#include "esim_world.h"

#define SUBSCRIBE "ManageSubscription", "operation_type=0"
#define FIRST_OWN "8901020000000000000"
#define SECOND_OWN "8901020000000000001"
enum { WATCH, BAND };

static unsigned engine;
static struct world world;
static struct world *const w = &world;
static struct esim_order o;   /* the one of the test, as it was read last */
static struct esim_profile p; /* its profile */

static int begin(void **state)
{
	static uint64_t seed = 0;

	(void)state;
	world_begin(w, ++seed);
	w->facts.settings.provision = true;
	return 0;
}

/* What must never be has not been, and all is as it should be once every order is over. */
static int end(void **state)
{
	(void)state;
	if (world_check(w)[0] != '\0')
		print_error("%s\n%s\n", w->steps, w->fault);
	return w->fault[0] == '\0' ? 0 : -1;
}

static void read_order(const char *id)
{
	static struct esim_order orders[8];
	static struct esim_profile profiles[8];
	const size_t count = world_orders(w, orders, ES_COUNT(orders));
	const size_t profile_count = world_profiles(w, profiles, ES_COUNT(profiles));

	o.id[0] = '\0';
	for (size_t i = 0; i < count; i++)
		if (strcmp(orders[i].id, id) == 0)
			o = orders[i];
	assert_string_equal(o.id, id);
	for (size_t i = 0; i < profile_count; i++)
		if (strcmp(profiles[i].id, o.profile) == 0)
			p = profiles[i];
}

static const char *ask(size_t device, const char *operation, const char *query)
{
	static char id[ESIM_ID + 1];
	const struct world_told told = world_ask(w, 0, device, operation, query);

	memcpy(id, told.order, sizeof id);
	return id;
}

static void pass(int64_t ms)
{
	w->now_ms += ms;
	world_settle(w);
}

#define SCRIPT(...)                                                                                                    \
	world_script(w, (const enum world_fate[]){ __VA_ARGS__ },                                                          \
	             sizeof((const enum world_fate[]){ __VA_ARGS__ }) / sizeof(enum world_fate))
#define COMES_TO(id, s)                                                                                                \
	do {                                                                                                               \
		read_order(id);                                                                                                \
		assert_string_equal(esim_order_state_names[o.state], esim_order_state_names[s]);                               \
	} while (0)

/* The device has its profile, and everybody knows. */
static void install(size_t device)
{
	assert_true(world_ask(w, 0, device, "AcquireConfiguration", "").has_download);
	assert_true(world_download(w, device));
	world_settle(w);
}

/* V12-ODSA-C-03, V12-ODSA-C-04 */
static void an_order_that_meets_no_trouble_needs_no_clock(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	assert_int_equal(world_ask(w, 1, WATCH, SUBSCRIBE).subscription, ESIM_DELAYED);
	world_settle(w);
	COMES_TO(id, ESIM_ORDER_WAITING);
	assert_int_equal(w->requests, 4);
	assert_int_equal(world_ask(w, 1, WATCH, SUBSCRIBE).subscription, ESIM_DOWNLOAD);
	install(WATCH);
	COMES_TO(id, ESIM_ORDER_DONE);
	assert_int_equal(world_ask(w, 1, WATCH, "AcquireConfiguration", "").status, ESIM_ACTIVATED);
}

static void what_was_done_before_its_answer_was_lost_is_not_done_twice(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	w->facts.settings.own_stock = true;
	SCRIPT(WORLD_LOST_AFTER, WORLD_ANSWERS, WORLD_LOST_AFTER, WORLD_ANSWERS, WORLD_LOST_AFTER);
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_settle(w);
	for (int i = 0; i < 3; i++)
		pass(1000);
	COMES_TO(id, ESIM_ORDER_WAITING);
	assert_int_equal(w->requests, 7);
	assert_string_equal(p.iccid, FIRST_OWN);
	install(WATCH);
}

/* ES2+ has no question for what it set aside: esim_world_check.c counts it. */
static void a_reservation_by_type_whose_answer_was_lost_is_all_that_may_be_left_over(void **state)
{
	(void)state;
	SCRIPT(WORLD_ANSWERS, WORLD_LOST_AFTER);
	(void)ask(WATCH, SUBSCRIBE);
	world_settle(w);
	pass(1000);
	install(WATCH);
	assert_string_equal(world_check(w), "");
	assert_int_equal(w->leaks, 1);
}

static void an_answer_to_a_process_that_was_given_up_does_not_count(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_round(w, 0);
	world_round(w, 1); /* it is another's */
	assert_int_equal(w->requests, 1);
	w->now_ms += WORLD_LEASE_MS;
	world_round(w, 1);
	assert_int_equal(w->requests, 2);
	assert_true(world_hear(w, 0));
	COMES_TO(id, ESIM_ORDER_GOING);
	assert_int_equal(o.step, ESIM_STEP_ORDER);
	assert_true(world_hear(w, 0));
	read_order(id);
	assert_int_equal(o.step, ESIM_STEP_DOWNLOAD_ORDER);
	world_settle(w);
	install(WATCH);
}

static void what_a_killed_process_had_under_way_is_asked_again_by_another(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_round(w, 0);
	world_kill(w, 0);
	world_settle(w);
	assert_int_equal(w->requests, 1);
	pass(WORLD_LEASE_MS);
	COMES_TO(id, ESIM_ORDER_WAITING);
	install(WATCH);
}

static void who_has_no_room_is_asked_a_moment_later(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	w->is_full = true;
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_settle(w);
	assert_int_equal(w->requests, 0);
	read_order(id);
	assert_int_equal(o.tries, 0);
	assert_in_range(o.next_ms - w->now_ms, 1, 1000);
	w->is_full = false;
	pass(1000);
	install(WATCH);
}

static void who_is_cancelled_while_asked_about_goes_back_when_it_is_known_what_was_done(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	SCRIPT(WORLD_ANSWERS, WORLD_LOST_AFTER);
	w->facts.settings.own_stock = true;
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_settle(w);
	world_cancel(w, id);
	COMES_TO(id, ESIM_ORDER_GOING);
	assert_int_equal(world_ask(w, 0, WATCH, SUBSCRIBE).subscription, ESIM_DELAYED);
	pass(1000);
	COMES_TO(id, ESIM_ORDER_UNDONE);
	assert_int_equal(world_held_of(w, FIRST_OWN)->at, WORLD_AVAILABLE);
}

static void an_order_waits_for_stock_until_a_person_has_brought_some(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	w->facts.settings.own_stock = true;
	w->facts.settings.companion_profile_type = "rare";
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_settle(w);
	for (int i = 0; i < 5; i++)
		pass(8000);
	COMES_TO(id, ESIM_ORDER_STUCK);
	assert_string_equal(o.reason, "no ICCID of the profile type is left in our stock");
	assert_int_equal(w->requests, 1);                         /* the BSS; nobody was asked for a profile */
	world_stock(w, w->held[w->held_count - 1].iccid, "rare"); /* of gold's stock: it stays that */
	world_stock(w, "8901039999999999999", "rare");
	(void)snprintf(w->held[w->held_count - 1].iccid, sizeof w->held[0].iccid, "8901039999999999999");
	world_retry(w, id);
	world_settle(w);
	COMES_TO(id, ESIM_ORDER_WAITING);
	install(WATCH);
}

static void an_iccid_that_is_somebody_elses_at_the_sm_dp_is_not_used_again(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	w->facts.settings.own_stock = true;
	world_held_of(w, FIRST_OWN)->at = WORLD_INSTALLED;
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_settle(w);
	pass(1000);
	COMES_TO(id, ESIM_ORDER_WAITING);
	assert_string_equal(p.iccid, SECOND_OWN);
	install(WATCH);
}

static void an_iccid_that_the_sm_dp_does_not_know_is_left_out_of_the_stock(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	w->facts.settings.own_stock = true;
	(void)snprintf(world_held_of(w, FIRST_OWN)->iccid, sizeof w->held[0].iccid, "8901039999999999999");
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_settle(w);
	pass(1000);
	COMES_TO(id, ESIM_ORDER_WAITING);
	assert_string_equal(p.iccid, SECOND_OWN);
	world_cancel(w, id);
	world_settle(w);
	(void)snprintf(id, sizeof id, "%s", ask(BAND, SUBSCRIBE));
	world_settle(w);
	COMES_TO(id, ESIM_ORDER_WAITING);
	assert_string_equal(p.iccid, SECOND_OWN);
	install(BAND);
}

/* A DownloadOrder that is refused has set nothing aside: there is nothing to be cancelled. */
static void what_was_refused_at_once_is_not_cancelled(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	w->facts.settings.own_stock = true;
	SCRIPT(WORLD_ANSWERS, WORLD_REFUSES);
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_settle(w);
	COMES_TO(id, ESIM_ORDER_UNDONE);
	assert_int_equal(w->requests, 3); /* the order at the BSS, and its end */
}

static void a_profile_that_is_named_to_two_orders_sticks_the_second(void **state)
{
	char first[ESIM_ID + 1], second[ESIM_ID + 1];

	(void)state;
	w->facts.settings.bss_orders_profile = true;
	(void)snprintf(first, sizeof first, "%s", ask(WATCH, SUBSCRIBE));
	world_settle(w);
	COMES_TO(first, ESIM_ORDER_WAITING);
	world_held_of(w, p.iccid)->at = WORLD_AVAILABLE; /* the BSS is mistaken */
	(void)snprintf(second, sizeof second, "%s", ask(BAND, SUBSCRIBE));
	world_settle(w);
	for (int i = 0; i < 5; i++)
		pass(8000);
	COMES_TO(second, ESIM_ORDER_STUCK);
	world_cancel(w, second);
	world_settle(w);
	COMES_TO(second, ESIM_ORDER_UNDONE);
	world_cancel(w, first);
	world_settle(w);
}

static void what_nobody_downloads_is_all_given_back(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	w->facts.settings.own_stock = true;
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_settle(w);
	pass(WORLD_INSTALL_MS);
	COMES_TO(id, ESIM_ORDER_UNDONE);
	assert_int_equal(p.status, ESIM_NO_REUSE);
}

static void what_was_downloaded_without_a_word_is_not_taken_away(void **state)
{
	char id[ESIM_ID + 1];

	(void)state;
	(void)snprintf(id, sizeof id, "%s", ask(WATCH, SUBSCRIBE));
	world_settle(w);
	(void)world_ask(w, 0, WATCH, "AcquireConfiguration", "");
	assert_true(world_download(w, WATCH));
	w->notice_count = 0; /* lost */
	pass(WORLD_INSTALL_MS);
	COMES_TO(id, ESIM_ORDER_DONE);
	assert_true(p.seen_ms > 0 && p.ended_ms == 0);
}

/* V12-ODSA-P-04 */
static void an_old_profile_ends_when_the_new_one_is_on_its_device(void **state)
{
	char id[ESIM_ID + 1], query[128];
	const char *old = w->devices[WATCH].iccid;

	(void)state;
	(void)ask(WATCH, SUBSCRIBE);
	world_settle(w);
	install(WATCH);
	(void)snprintf(query, sizeof query, "operation_type=3&old_companion_terminal_iccid=%s", old);
	(void)snprintf(id, sizeof id, "%s", ask(BAND, "ManageSubscription", query));
	world_settle(w);
	COMES_TO(id, ESIM_ORDER_WAITING);
	assert_int_equal(world_ask(w, 0, WATCH, "AcquireConfiguration", "").status, ESIM_ACTIVATED);
	install(BAND);
	COMES_TO(id, ESIM_ORDER_DONE);
	assert_int_equal(world_ask(w, 0, WATCH, "AcquireConfiguration", "").status, -1);
}

static void the_clock_takes_no_profile_away_whose_predecessor_has_ended(void **state)
{
	char id[ESIM_ID + 1], query[128];

	(void)state;
	w->facts.settings.retire_when_ready = true;
	(void)ask(WATCH, SUBSCRIBE);
	world_settle(w);
	install(WATCH);
	(void)snprintf(query, sizeof query, "operation_type=3&old_companion_terminal_iccid=%s", w->devices[WATCH].iccid);
	(void)snprintf(id, sizeof id, "%s", ask(BAND, "ManageSubscription", query));
	world_settle(w);
	pass(WORLD_INSTALL_MS);
	COMES_TO(id, ESIM_ORDER_STUCK);
	world_retry(w, id);
	world_settle(w);
	COMES_TO(id, ESIM_ORDER_WAITING);
	pass(WORLD_INSTALL_MS);
	install(BAND); /* it is never too late */
	COMES_TO(id, ESIM_ORDER_DONE);
}

static void a_line_that_ends_takes_every_profile_with_it(void **state)
{
	char off[128];

	(void)state;
	(void)ask(WATCH, SUBSCRIBE);
	world_settle(w);
	install(WATCH);
	(void)ask(BAND, SUBSCRIBE); /* goes back: nothing of it is left */
	(void)snprintf(off, sizeof off,
	               "operation_type=11&companion_terminal_service=SharedNumber&companion_terminal_iccid=%s",
	               w->devices[WATCH].iccid);
	(void)ask(WATCH, "ManageService", off); /* under way, and not what the profile hangs on */
	world_terminate(w);
	world_settle(w);
	pass(1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static int set_up(void **state)
{
	(void)state;
	world_open(w, engine, "esim_run_test");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_close(w);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_order_that_meets_no_trouble_needs_no_clock),
		TEST(what_was_done_before_its_answer_was_lost_is_not_done_twice),
		TEST(a_reservation_by_type_whose_answer_was_lost_is_all_that_may_be_left_over),
		TEST(an_answer_to_a_process_that_was_given_up_does_not_count),
		TEST(what_a_killed_process_had_under_way_is_asked_again_by_another),
		TEST(who_has_no_room_is_asked_a_moment_later),
		TEST(who_is_cancelled_while_asked_about_goes_back_when_it_is_known_what_was_done),
		TEST(an_order_waits_for_stock_until_a_person_has_brought_some),
		TEST(an_iccid_that_is_somebody_elses_at_the_sm_dp_is_not_used_again),
		TEST(an_iccid_that_the_sm_dp_does_not_know_is_left_out_of_the_stock),
		TEST(what_was_refused_at_once_is_not_cancelled),
		TEST(a_profile_that_is_named_to_two_orders_sticks_the_second),
		TEST(what_nobody_downloads_is_all_given_back),
		TEST(what_was_downloaded_without_a_word_is_not_taken_away),
		TEST(an_old_profile_ends_when_the_new_one_is_on_its_device),
		TEST(the_clock_takes_no_profile_away_whose_predecessor_has_ended),
		TEST(a_line_that_ends_takes_every_profile_with_it),
	};
	int failed = 0;

	es_log_set_level(ES_LOG_ERROR); /* what goes wrong here is meant to */
	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, set_up, tear_down);
	return failed;
}
