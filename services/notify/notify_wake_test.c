/* notify_wake_test.c -- whom a change calls for, how rows become messages, and what verdicts make of rows. V12-NOTIF-11. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "notify_wake.h"

#define NOW INT64_C(1000000)

static char ap2003[] = "ap2003", ap2004[] = "ap2004", ap2005[] = "ap2005", ap2010[] = "ap2010";
static char *const voice[] = { ap2003, ap2004, ap2005 };

static struct notify_rules rules(void)
{
	return (struct notify_rules){ .apns = "apple",
		                          .fcm = "firebase",
		                          .wns = "",
		                          .sms = "smsc",
		                          .order = NOTIFY_PUSH_THEN_SMS,
		                          .ttl = 100000,
		                          .coalesce = 500,
		                          .device_interval = 30000,
		                          .retry_first = 1000,
		                          .retry_max = 60000 };
}

static struct notify_change change(void)
{
	return (struct notify_change){ .tenant = "demo",
		                           .imsi = "001010000000001",
		                           .apps = voice,
		                           .app_count = ES_COUNT(voice),
		                           .changed_ms = NOW - 10,
		                           .traceparent = "" };
}

static struct notify_client client(const char *terminal, const char *app)
{
	return (struct notify_client){ .terminal_id = terminal, .app_name = "", .app = app, .channel = NOTIFY_FCM };
}

/* "fcm:imei-1:ap2003 sms::ap2004" */
static const char *called(const struct notify_rules *r, const struct notify_change *c,
                          const struct notify_client *clients, size_t count)
{
	static char text[512];
	static struct notify_wakes wakes;

	notify_wakes_of(r, c, clients, count, NOW, &wakes);
	text[0] = '\0';
	for (size_t i = 0; i < wakes.count; i++)
		(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s:%s:%s", i > 0 ? " " : "",
		               notify_channel_names[wakes.items[i].channel], wakes.items[i].terminal_id, wakes.items[i].app);
	return text;
}

/* ---- whom ---- */

static void clients_are_called_for_applications_that_the_change_may_alter(void **state)
{
	const struct notify_rules r = rules();
	const struct notify_change c = change();
	const struct notify_client clients[] = { client("imei-1", "ap2003"), client("imei-1", "ap2010"),
		                                     client("", "ap2004") };

	(void)state;
	assert_string_equal(called(&r, &c, clients, 3), "fcm:imei-1:ap2003 fcm::ap2004");
}

static void what_is_known_of_a_device_counts_and_nothing_else(void **state)
{
	const struct notify_rules r = rules();
	const struct notify_device device = {
		.terminal_id = "imei-1", .apps = &voice[1], .app_count = 1, .unchanged = voice, .unchanged_count = 1
	};
	struct notify_change c = change();
	const struct notify_client clients[] = { client("imei-1", "ap2003"), client("imei-1", "ap2004"),
		                                     client("imei-1", "ap2005"), client("imei-2", "ap2003") };

	(void)state;
	c.devices = &device;
	c.device_count = 1;
	/* of ap2005 nothing is known there, of imei-2 nothing at all */
	assert_string_equal(called(&r, &c, clients, 4), "fcm:imei-1:ap2004 fcm:imei-1:ap2005 fcm:imei-2:ap2003");
}

static void a_device_that_asks_and_registered_for_nothing_is_reached_by_sms(void **state)
{
	struct notify_rules r = rules();
	const struct notify_device devices[] = { { .terminal_id = "imei-1", .apps = voice, .app_count = 2 },
		                                     { .terminal_id = "imei-2", .apps = voice, .app_count = 2 } };
	struct notify_change c = change();
	const struct notify_client clients[] = { client("imei-1", "ap2003") };

	(void)state;
	c.devices = devices;
	c.device_count = 2;
	assert_string_equal(called(&r, &c, clients, 1), "fcm:imei-1:ap2003 sms::ap2004 sms::ap2003");
	r.order = NOTIFY_PUSH_ONLY;
	assert_string_equal(called(&r, &c, clients, 1), "fcm:imei-1:ap2003");
	r.order = NOTIFY_SMS_ONLY;
	assert_string_equal(called(&r, &c, clients, 1), "sms::ap2003 sms::ap2004");
	r.order = NOTIFY_NOBODY;
	assert_string_equal(called(&r, &c, clients, 1), "");
}

static void a_mass_change_reaches_by_sms_what_the_line_ever_asked_for(void **state)
{
	const struct notify_rules r = rules();
	char *const answered[] = { ap2003, ap2004, ap2010 };
	struct notify_change c = change();
	const struct notify_client clients[] = { client("imei-1", "ap2003") };

	(void)state;
	c.answered = answered;
	c.answered_count = 3;
	assert_string_equal(called(&r, &c, clients, 1), "fcm:imei-1:ap2003 sms::ap2004");
}

static void a_channel_without_account_is_replaced_by_sms_or_counted(void **state)
{
	struct notify_rules r = rules();
	const struct notify_change c = change();
	struct notify_client windows = client("imei-1", "ap2003");
	struct notify_wakes wakes;

	(void)state;
	windows.channel = NOTIFY_WNS;
	assert_string_equal(called(&r, &c, &windows, 1), "sms::ap2003");
	r.sms = "";
	notify_wakes_of(&r, &c, &windows, 1, NOW, &wakes);
	assert_int_equal(wakes.count, 0);
	assert_int_equal(wakes.no_account, 1);
	windows.channel = NOTIFY_GCM; /* is Firebase's */
	notify_wakes_of(&r, &c, &windows, 1, NOW, &wakes);
	assert_string_equal(wakes.items[0].account, "firebase");
}

static void voice_brings_vowifi_along_for_who_is_registered_for_it(void **state)
{
	struct notify_rules r = rules();
	struct notify_change c = change();
	struct notify_client other_name = client("imei-1", "ap2004");
	const struct notify_client clients[] = { client("imei-1", "ap2003"), client("imei-1", "ap2004") };

	(void)state;
	c.app_count = 1; /* ap2003 */
	assert_string_equal(called(&r, &c, clients, 2), "fcm:imei-1:ap2003");
	r.also_vowifi = true;
	assert_string_equal(called(&r, &c, clients, 2), "fcm:imei-1:ap2003 fcm:imei-1:ap2004");
	other_name.app_name = "another client of that device";
	const struct notify_client two[] = { clients[0], other_name };
	assert_string_equal(called(&r, &c, two, 2), "fcm:imei-1:ap2003");
	c.apps = &voice[1]; /* ap2004 alone: nothing more */
	assert_string_equal(called(&r, &c, clients, 2), "fcm:imei-1:ap2004");
}

/* ---- when ---- */

static void a_client_is_called_after_the_pause_for_more_events_and_not_too_often(void **state)
{
	const struct notify_rules r = rules();
	struct notify_change c = change();
	struct notify_client told = client("imei-1", "ap2003");
	struct notify_wakes wakes;

	(void)state;
	notify_wakes_of(&r, &c, &told, 1, NOW, &wakes);
	assert_int_equal(wakes.items[0].due_ms, NOW + 500);
	assert_int_equal(wakes.items[0].expires_ms, NOW + 100000);
	assert_int_equal(wakes.items[0].changed_ms, NOW - 10);
	told.told_ms = NOW - 10000;
	notify_wakes_of(&r, &c, &told, 1, NOW, &wakes);
	assert_int_equal(wakes.items[0].due_ms, NOW + 20000);
	c.due_ms = NOW + 900; /* of a mass change */
	c.mass = 7;
	told.told_ms = 0;
	notify_wakes_of(&r, &c, &told, 1, NOW, &wakes);
	assert_int_equal(wakes.items[0].due_ms, NOW + 900);
	assert_int_equal(wakes.items[0].mass, 7);
}

static void a_push_that_came_to_nothing_goes_on_by_sms_at_once(void **state)
{
	struct notify_rules r = rules();
	struct notify_wake push = { .tenant = "demo",
		                        .imsi = "1",
		                        .terminal_id = "imei",
		                        .app_name = "n",
		                        .app = "ap2004",
		                        .channel = NOTIFY_APNS },
					   sms;

	(void)state;
	assert_true(notify_wake_by_sms(&r, &push, NOW, &sms));
	assert_int_equal(sms.channel, NOTIFY_BY_SMS);
	assert_string_equal(sms.account, "smsc");
	assert_string_equal(sms.terminal_id, "");
	assert_string_equal(sms.app_name, "");
	assert_int_equal(sms.due_ms, NOW);
	assert_int_equal(sms.expires_ms, NOW + 100000);
	push.channel = NOTIFY_BY_SMS;
	assert_false(notify_wake_by_sms(&r, &push, NOW, &sms));
	push.channel = NOTIFY_APNS;
	r.order = NOTIFY_PUSH_ONLY;
	assert_false(notify_wake_by_sms(&r, &push, NOW, &sms));
}

/* ---- messages ---- */

static struct notify_taken taken(const char *terminal, const char *app, const char *token)
{
	return (struct notify_taken){ .imsi = "1",
		                          .terminal_id = terminal,
		                          .app_name = "",
		                          .app = app,
		                          .channel = NOTIFY_FCM,
		                          .token_hash = es_slice_str(token) };
}

static void rows_of_one_token_are_one_message_that_names_each_application_once(void **state)
{
	const struct notify_taken rows[] = { taken("a", "ap2005", "t"), taken("a", "ap2003", "t"),
		                                 taken("a", "ap2005", "t"), taken("a", "ap2004", "u"),
		                                 taken("b", "ap2004", "u") };
	const char *apps[NOTIFY_APPS_MAX];

	(void)state;
	assert_int_equal(notify_group(rows, 5), 3);
	assert_int_equal(notify_group_apps(rows, 3, apps), 2);
	assert_string_equal(apps[0], "ap2003");
	assert_string_equal(apps[1], "ap2005");
	assert_int_equal(notify_group(&rows[3], 2), 1);
	assert_int_equal(notify_group(&rows[4], 1), 1);
}

static void a_message_names_no_more_applications_than_it_has_room_for(void **state)
{
	struct notify_taken rows[NOTIFY_APPS_MAX + 2];
	char names[NOTIFY_APPS_MAX + 2][8];
	const char *apps[NOTIFY_APPS_MAX];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		(void)snprintf(names[i], sizeof names[i], "ap%04zu", ES_COUNT(rows) - i);
		rows[i] = taken("a", names[i], "t");
	}
	assert_int_equal(notify_group(rows, ES_COUNT(rows)), NOTIFY_APPS_MAX);
	assert_int_equal(notify_group_apps(rows, NOTIFY_APPS_MAX, apps), NOTIFY_APPS_MAX);
	for (size_t i = 1; i < NOTIFY_APPS_MAX; i++)
		assert_true(strcmp(apps[i - 1], apps[i]) < 0);
}

/* ---- what becomes of a row ---- */

static void the_back_off_doubles_up_to_its_bound_and_half_of_it_is_by_lot(void **state)
{
	const struct notify_rules r = rules();

	(void)state;
	assert_int_equal(notify_back_off(&r, 1, 0), 1000);
	assert_int_equal(notify_back_off(&r, 2, 0), 2000);
	assert_int_equal(notify_back_off(&r, 4, 0), 8000);
	assert_int_equal(notify_back_off(&r, 7, 0), 60000);
	assert_int_equal(notify_back_off(&r, INT64_MAX, 0), 60000);
	for (uint64_t lot = 0; lot < 5000; lot += 7) {
		const int64_t wait = notify_back_off(&r, 2, lot * 104729);
		assert_true(wait >= 1000 && wait <= 2000);
	}
}

static void each_verdict_has_its_end(void **state)
{
	const struct notify_rules r = rules();
	static const struct {
		enum notify_verdict verdict;
		bool has_grown;
		int64_t wait_ms, expires_ms;
		enum notify_fate fate;
		int64_t due_ms; /* at lot 0 */
	} rows[] = {
		{ NOTIFY_ACCEPTED, false, 0, NOW + 9000, NOTIFY_ENDS, 0 },
		{ NOTIFY_ACCEPTED, true, 0, NOW + 9000, NOTIFY_STAYS, NOW + 30000 },
		{ NOTIFY_LATER, false, 0, NOW + 9000, NOTIFY_STAYS, NOW + 1000 },
		{ NOTIFY_LATER, false, 5000, NOW + 9000, NOTIFY_STAYS, NOW + 5000 },
		{ NOTIFY_LATER, false, 50000, NOW + 9000, NOTIFY_STAYS, NOW + 9000 },
		{ NOTIFY_LATER, false, 0, NOW, NOTIFY_DIES, 0 },
		{ NOTIFY_LATER, true, 0, NOW + 9000, NOTIFY_STAYS, NOW + 1000 },
		{ NOTIFY_STOPPED, false, 0, NOW + 9000, NOTIFY_STAYS, NOW + 1000 },
		{ NOTIFY_STOPPED, false, 0, NOW - 1, NOTIFY_DIES, 0 },
		{ NOTIFY_GONE, false, 0, NOW + 9000, NOTIFY_WITHDRAW, 0 },
		{ NOTIFY_GONE, true, 0, NOW + 9000, NOTIFY_WITHDRAW, 0 },
		{ NOTIFY_REFUSED, true, 0, NOW + 9000, NOTIFY_DIES, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const struct notify_heard heard = { .verdict = rows[i].verdict, .wait_ms = rows[i].wait_ms };
		const struct notify_taken row = { .attempts = 1, .expires_ms = rows[i].expires_ms };
		const struct notify_ruling ruling = notify_rule_on(&r, &row, &heard, rows[i].has_grown, NOW, 0);
		assert_int_equal(ruling.fate, rows[i].fate);
		assert_int_equal(ruling.due_ms, rows[i].due_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_are_called_for_applications_that_the_change_may_alter),
		cmocka_unit_test(what_is_known_of_a_device_counts_and_nothing_else),
		cmocka_unit_test(a_device_that_asks_and_registered_for_nothing_is_reached_by_sms),
		cmocka_unit_test(a_mass_change_reaches_by_sms_what_the_line_ever_asked_for),
		cmocka_unit_test(a_channel_without_account_is_replaced_by_sms_or_counted),
		cmocka_unit_test(voice_brings_vowifi_along_for_who_is_registered_for_it),
		cmocka_unit_test(a_client_is_called_after_the_pause_for_more_events_and_not_too_often),
		cmocka_unit_test(a_push_that_came_to_nothing_goes_on_by_sms_at_once),
		cmocka_unit_test(rows_of_one_token_are_one_message_that_names_each_application_once),
		cmocka_unit_test(a_message_names_no_more_applications_than_it_has_room_for),
		cmocka_unit_test(the_back_off_doubles_up_to_its_bound_and_half_of_it_is_by_lot),
		cmocka_unit_test(each_verdict_has_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
