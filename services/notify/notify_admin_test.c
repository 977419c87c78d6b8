/* notify_admin_test.c -- the operators' view of who is woken, on every engine there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "es_crypto.h"
#include "es_db_testing.h"
#include "notify_admin.h"
#include "notify_store_mass.h"
#include "notify_store_view.h"
#include "notify_test_account.h"

#define RING "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define IMSI "001010000000042"
#define LINE "tenant=demo&imsi=" IMSI
#define PUSH_TOKEN "dGhlIHB1c2ggdG9rZW4"
#define TRACEPARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static unsigned engine;
static struct es_db_testing testing;
static struct es_keyring *ring;
static struct notify_store *store;
static struct notify_rules rules;
static struct test_account firebase;
static enum notify_account_state state_of_firebase;
static struct es_admin_result last;
static struct notify_admin_effect effect;
static char body[65536]; /* of the last answer */

static enum notify_account_state look(struct notify_account *account)
{
	(void)account;
	return state_of_firebase;
}
static const struct notify_account_ops ops = { .state = look };

static int set_up(void **state)
{
	char text[512];
	struct es_buf error;

	(void)state;
	es_crypto_init();
	es_db_testing_begin(&testing, engine, "notify_admin_test");
	es_buf_init_fixed(&error, text, sizeof text);
	assert_int_equal(es_keyring_parse(es_slice_str(RING), &ring, &error), ES_OK);
	const es_status status = notify_store_open(testing.url, ring, &store, &error);
	if (status != ES_OK)
		fail_msg(ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	rules = (struct notify_rules){ .apns = "apple", .fcm = "firebase", .wns = "", .sms = "", .ttl = 60000, .rate = 7 };
	state_of_firebase = NOTIFY_WORKS;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	notify_store_close(store);
	es_keyring_free(ring);
	es_db_testing_end(&testing);
	return 0;
}

/* ---- the world ---- */

static const struct notify_rules *rules_of(const void *user, const char *tenant)
{
	(void)user;
	(void)tenant;
	return &rules;
}

/* The file has firebase, and no more a section for apple. */
static struct notify_account *account_of(const void *user, const char *name)
{
	(void)user;
	firebase.base = (struct notify_account){ .ops = &ops, .kind = "fcm", .name = "firebase" };
	return strcmp(name, "firebase") == 0 ? &firebase.base : NULL;
}

/* "a=1&b=2", taken apart in `text`. */
static size_t read_params(char *text, struct es_admin_param *params, size_t max)
{
	size_t count = 0;

	for (char *at = text; at != NULL && *at != '\0' && count < max;) {
		char *end = strchr(at, '&'), *equals = strchr(at, '=');
		if (end != NULL)
			*end = '\0';
		assert_non_null(equals);
		*equals = '\0';
		params[count++] = (struct es_admin_param){ at, equals + 1 };
		at = end != NULL ? end + 1 : NULL;
	}
	return count;
}

static void does(enum es_admin_outcome outcome, const char *action, const char *query, const char *json)
{
	const struct notify_admin_world world = { .db = notify_store_db(store), .ways = { rules_of, account_of, NULL } };
	struct es_admin_param params[8];
	char text[512];

	(void)snprintf(text, sizeof text, "%s", query);
	const struct es_admin_request request = { .action = action,
		                                      .params = params,
		                                      .param_count = read_params(text, params, ES_COUNT(params)),
		                                      .body = es_slice_str(json),
		                                      .traceparent = TRACEPARENT };
	assert_int_equal(notify_admin_run(&world, &request, &last, &effect), ES_OK);
	(void)snprintf(body, sizeof body, ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&last.body)));
	es_buf_free(&last.body);
	if (last.outcome != outcome)
		fail_msg("%s %s: %d %s", action, query, (int)last.outcome, body);
}

#define SAYS(text)                                                                                                     \
	do {                                                                                                               \
		if (strstr(body, (text)) == NULL)                                                                              \
			fail_msg("no %s in %s", (text), body);                                                                     \
	} while (0)
#define SAYS_NOT(text)                                                                                                 \
	do {                                                                                                               \
		if (strstr(body, (text)) != NULL)                                                                              \
			fail_msg("%s in %s", (text), body);                                                                        \
	} while (0)

/* ---- what is there ---- */

struct registering {
	struct notify_registration r;
	size_t duplicates;
};

static es_status run_register(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;

	return notify_store_register(conn, &x->r, &x->duplicates);
}

static void phone_registers(const char *terminal, const char *app, enum notify_channel channel)
{
	struct registering x = { .r = { .owner = { es_slice_str("demo"), es_slice_str(IMSI), es_slice_str(terminal),
		                                       es_slice_str("com.example") },
		                            .app_count = 1,
		                            .channel = channel,
		                            .now_ms = 1700000000000 } };
	uint8_t sealed[sizeof PUSH_TOKEN + 64 + ES_SEAL_OVERHEAD];
	char token[sizeof PUSH_TOKEN + 64];

	(void)snprintf(token, sizeof token, "%s%s%d", PUSH_TOKEN, terminal, (int)channel);
	const struct es_slice text = es_slice_str(token);
	x.r.apps[0] = es_slice_str(app);
	notify_store_hash(store, text, x.r.token_hash);
	notify_store_seal(store, &x.r.owner, text, sealed);
	x.r.token_sealed = es_slice_of(sealed, text.len + ES_SEAL_OVERHEAD);
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_register, &x), ES_OK);
}

static es_status run_die(struct es_db_conn *conn, void *user)
{
	return notify_store_dead_add(conn, user);
}

static void died(const char *imsi, const char *app, enum notify_channel channel, const char *reason)
{
	struct notify_dead dead = { .at_ms = 1700000000000,
		                        .tenant = "demo",
		                        .imsi = imsi,
		                        .terminal_id = channel == NOTIFY_BY_SMS ? "" : "phone-1",
		                        .app_name = channel == NOTIFY_BY_SMS ? "" : "com.example",
		                        .app = app,
		                        .channel = channel,
		                        .account = "firebase",
		                        .reason = reason,
		                        .detail = "400 as the test wants",
		                        .attempts = 3,
		                        .changed_ms = 1699999999000,
		                        .traceparent = TRACEPARENT };

	assert_int_equal(es_db_write_wait(notify_store_db(store), run_die, &dead), ES_OK);
}

struct wake_edit {
	const char *tenant;
	int64_t due_ms, expires_ms;
	bool takes;
};

static es_status run_wake(struct es_db_conn *conn, void *user)
{
	const struct wake_edit *e = user;
	const struct notify_wake wake = { .tenant = e->tenant,
		                              .imsi = IMSI,
		                              .terminal_id = "phone-1",
		                              .app_name = "com.example",
		                              .app = "ap2004",
		                              .channel = NOTIFY_FCM,
		                              .account = "firebase",
		                              .changed_ms = 1700000000000,
		                              .due_ms = e->due_ms,
		                              .expires_ms = e->expires_ms,
		                              .traceparent = "" };

	return notify_store_wake_put(conn, &wake);
}

static void is_due(const char *tenant, int64_t due_ms, int64_t expires_ms)
{
	struct wake_edit edit = { .tenant = tenant, .due_ms = due_ms, .expires_ms = expires_ms };

	assert_int_equal(es_db_write_wait(notify_store_db(store), run_wake, &edit), ES_OK);
}

/* ---- one line ---- */

static void a_line_shows_who_is_woken_and_never_a_push_token(void **state)
{
	(void)state;
	phone_registers("phone-1", "ap2004", NOTIFY_FCM);
	phone_registers("phone-1", "ap2003", NOTIFY_FCM);
	phone_registers("tablet-1", "ap2004", NOTIFY_APNS);
	is_due("demo", 4102444800000, 4102444900000);
	does(ES_ADMIN_DONE, "line.get", LINE, "");
	SAYS("{\"app\":\"ap2003\",\"app_name\":\"com.example\",\"channel\":\"fcm\",\"terminal_id\":\"phone-1\","
	     "\"account\":\"firebase\",\"token\":\"");
	SAYS("\"registered\":\"2023-11-14T22:13:20Z\"}");
	SAYS("\"channel\":\"apns\",\"terminal_id\":\"tablet-1\",\"account\":\"apple\"");
	SAYS("\"due\":[{\"app\":\"ap2004\",\"app_name\":\"com.example\",\"channel\":\"fcm\",\"terminal_id\":\"phone-1\","
	     "\"account\":\"firebase\",\"attempts\":0,\"since\":\"2023-11-14T22:13:20Z\",\"next\":\"2100-01-01T00:00:00Z\","
	     "\"expires\":\"2100-01-01T00:01:40Z\",\"is_being_sent\":false}]");
	SAYS_NOT(PUSH_TOKEN);
	assert_false(effect.woken);
	does(ES_ADMIN_DONE, "line.get", "tenant=other&imsi=" IMSI, "");
	assert_string_equal(body, "{\"registrations\":[],\"due\":[]}");
	does(ES_ADMIN_INVALID, "line.get", "tenant=demo&imsi=12", "");
}

static void a_test_wakes_the_registrations_that_fit(void **state)
{
	(void)state;
	phone_registers("phone-1", "ap2004", NOTIFY_FCM);
	phone_registers("phone-1", "ap2003", NOTIFY_FCM);
	phone_registers("phone-2", "ap2004", NOTIFY_GCM);
	does(ES_ADMIN_DONE, "line.test", LINE, "{\"apps\":[\"ap2004\"],\"channel\":\"fcm\"}");
	SAYS("{\"app\":\"ap2004\",\"app_name\":\"com.example\",\"channel\":\"gcm\",\"terminal_id\":\"phone-2\","
	     "\"account\":\"firebase\"}");
	SAYS("\"channel\":\"fcm\",\"terminal_id\":\"phone-1\"");
	SAYS_NOT("ap2003");
	assert_true(effect.woken);
	does(ES_ADMIN_DONE, "line.get", LINE, "");
	SAYS("\"attempts\":0");
	does(ES_ADMIN_DONE, "line.test", LINE, "");
	SAYS("ap2003");
}

static void what_waited_long_goes_now_and_keeps_its_time(void **state)
{
	(void)state;
	phone_registers("phone-1", "ap2004", NOTIFY_FCM);
	is_due("demo", 4102444800000, 4102444900000); /* as if in back-off */
	does(ES_ADMIN_DONE, "line.test", LINE, "");
	does(ES_ADMIN_DONE, "line.get", LINE, "");
	SAYS_NOT("\"next\":\"2100");
	SAYS("\"expires\":\"2100-01-01T00:01:40Z\"");
	SAYS("\"since\":\"2023-11-14T22:13:20Z\"");
}

static void a_test_that_would_wake_nobody_says_why(void **state)
{
	(void)state;
	does(ES_ADMIN_CONFLICT, "line.test", LINE, "");
	SAYS("no device of the line has registered");
	phone_registers("pc-1", "ap2004", NOTIFY_WNS);
	does(ES_ADMIN_CONFLICT, "line.test", LINE, "");
	SAYS("no account for wns");
	does(ES_ADMIN_CONFLICT, "line.test", LINE, "{\"channel\":\"sms\",\"apps\":[\"ap2004\"]}");
	SAYS("no account for sms");
	assert_false(effect.woken);
	rules.sms = "firebase";
	does(ES_ADMIN_DONE, "line.test", LINE, "{\"channel\":\"sms\",\"apps\":[\"ap2004\"]}");
	SAYS("{\"app\":\"ap2004\",\"app_name\":\"\",\"channel\":\"sms\",\"terminal_id\":\"\",\"account\":\"firebase\"}");
	does(ES_ADMIN_INVALID, "line.test", LINE, "{\"channel\":\"pigeon\"}");
	SAYS("\"field\":\"channel\"");
}

/* ---- failures ---- */

static void failures_are_found_by_what_they_are_about(void **state)
{
	static const struct {
		const char *query;
		const char *found; /* their numbers, in order */
	} cases[] = {
		{ "", "4321" },
		{ "&imsi=" IMSI, "421" },
		{ "&reason=credential", "31" },
		{ "&channel=apns", "3" },
		{ "&reason=credential&imsi=" IMSI, "1" },
		{ "&limit=2", "43" },
		{ "&limit=2&cursor=3", "21" },
		{ "&reason=rate", "" },
	};
	char query[256];

	(void)state;
	died(IMSI, "ap2004", NOTIFY_FCM, "credential");
	died(IMSI, "ap2003", NOTIFY_FCM, "message");
	died("001010000000043", "ap2004", NOTIFY_APNS, "credential");
	died(IMSI, "ap2004", NOTIFY_BY_SMS, "no_number");
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		(void)snprintf(query, sizeof query, "tenant=demo%s", cases[i].query);
		does(ES_ADMIN_DONE, "failure.list", query, "");
		const char *at = body;
		for (const char *n = cases[i].found; *n != '\0'; n++) {
			char id[32];
			(void)snprintf(id, sizeof id, "{\"id\":\"%c\"", *n);
			if ((at = strstr(at, id)) == NULL)
				fail_msg("%s: no %c in %s", cases[i].query, *n, body);
			at++;
		}
		if (strstr(at, "{\"id\":") != NULL)
			fail_msg("%s: more in %s", cases[i].query, body);
	}
	does(ES_ADMIN_DONE, "failure.list", "tenant=demo&limit=3", "");
	SAYS("\"next\":\"2\"");
	does(ES_ADMIN_DONE, "failure.get", "tenant=demo&failure=1", "");
	assert_string_equal(body, "{\"id\":\"1\",\"at\":\"2023-11-14T22:13:20Z\",\"imsi\":\"" IMSI "\",\"app\":\"ap2004\","
	                          "\"app_name\":\"com.example\",\"channel\":\"fcm\",\"terminal_id\":\"phone-1\","
	                          "\"account\":\"firebase\",\"reason\":\"credential\",\"detail\":\"400 as the test wants\","
	                          "\"attempts\":3,\"since\":\"2023-11-14T22:13:19Z\","
	                          "\"trace\":\"0af7651916cd43dd8448eb211c80319c\"}");
	does(ES_ADMIN_NOT_FOUND, "failure.get", "tenant=other&failure=1", "");
	does(ES_ADMIN_NOT_FOUND, "failure.delete", "tenant=other&failure=1", "");
	does(ES_ADMIN_INVALID, "failure.get", "tenant=demo&failure=x", "");
	does(ES_ADMIN_INVALID, "failure.list", "tenant=demo&reason=none", "");
	does(ES_ADMIN_INVALID, "failure.list", "tenant=demo&channel=pigeon", "");
	does(ES_ADMIN_INVALID, "failure.list", "tenant=demo&cursor=-1", "");
	does(ES_ADMIN_DONE, "failure.delete", "tenant=demo&failure=1", "");
	does(ES_ADMIN_NOT_FOUND, "failure.delete", "tenant=demo&failure=1", "");
}

static void a_failure_is_tried_again_as_long_as_its_device_is_registered(void **state)
{
	(void)state;
	died(IMSI, "ap2004", NOTIFY_FCM, "credential");
	does(ES_ADMIN_CONFLICT, "failure.replay", "tenant=demo&failure=1", "");
	SAYS("not registered any more");
	phone_registers("phone-1", "ap2004", NOTIFY_FCM);
	rules.fcm = "";
	does(ES_ADMIN_CONFLICT, "failure.replay", "tenant=demo&failure=1", "");
	SAYS("no account");
	rules.fcm = "firebase";
	does(ES_ADMIN_DONE, "failure.replay", "tenant=demo&failure=1", "");
	SAYS("\"terminal_id\":\"phone-1\",\"account\":\"firebase\"");
	assert_true(effect.woken);
	does(ES_ADMIN_NOT_FOUND, "failure.replay", "tenant=demo&failure=1", "");
	does(ES_ADMIN_DONE, "line.get", LINE, "");
	SAYS("\"due\":[{\"app\":\"ap2004\"");
}

static void all_that_match_are_tried_again_page_by_page(void **state)
{
	(void)state;
	phone_registers("phone-1", "ap2004", NOTIFY_FCM);
	died(IMSI, "ap2004", NOTIFY_FCM, "credential");
	died(IMSI, "ap2003", NOTIFY_FCM, "credential"); /* nobody is registered for it */
	died(IMSI, "ap2004", NOTIFY_FCM, "message");
	died(IMSI, "ap2004", NOTIFY_FCM, "credential");
	does(ES_ADMIN_DONE, "failure.replay-all", "tenant=demo&reason=credential&limit=2", "");
	assert_string_equal(body, "{\"replayed\":1,\"passed_over\":1,\"next\":\"2\"}");
	does(ES_ADMIN_DONE, "failure.replay-all", "tenant=demo&reason=credential&limit=2&cursor=2", "");
	assert_string_equal(body, "{\"replayed\":1,\"passed_over\":0}");
	does(ES_ADMIN_DONE, "failure.list", "tenant=demo", "");
	SAYS("{\"items\":[{\"id\":\"3\"");
	SAYS("},{\"id\":\"2\"");
}

/* ---- channels ---- */

static void accounts_show_how_they_are_and_what_waits_for_them(void **state)
{
	(void)state;
	does(ES_ADMIN_DONE, "channel.list", "tenant=demo", "");
	SAYS("{\"rules\":{\"order\":\"push "
	     "sms\",\"apns\":\"apple\",\"fcm\":\"firebase\",\"wns\":\"\",\"sms\":\"\",\"ttl_ms\":60000");
	SAYS("\"rate\":7");
	SAYS("{\"name\":\"apple\",\"kind\":\"\",\"state\":\"missing\",\"queued\":0}");
	SAYS("{\"name\":\"firebase\",\"kind\":\"fcm\",\"state\":\"works\",\"queued\":0}");
	is_due("demo", 4102444800000, 4102444900000);
	is_due("other", 4102444800000, 4102444900000);
	rules.fcm = rules.apns = "apple";
	state_of_firebase = NOTIFY_STOPS;
	does(ES_ADMIN_DONE, "channel.list", "tenant=demo", "");
	SAYS("\"accounts\":[{\"name\":\"apple\",\"kind\":\"\",\"state\":\"missing\",\"queued\":0},"
	     "{\"name\":\"firebase\",\"kind\":\"fcm\",\"state\":\"stops\",\"queued\":1,\"oldest\":\"2023-11-14T22:13:20Z\"}"
	     "]}");
}

/* ---- mass changes ---- */

static es_status run_start(struct es_db_conn *conn, void *user)
{
	char app3[] = "ap2003", app4[] = "ap2004", *apps[] = { app3, app4 };
	const struct notify_mass_event event = { .tenant = "demo",
		                                     .plan = user,
		                                     .kind = "plan.changed",
		                                     .apps = apps,
		                                     .app_count = 2,
		                                     .at_ms = 1700000000000,
		                                     .traceparent = TRACEPARENT };

	return notify_store_mass_start(conn, &rules, &event, 1700000000000);
}

static void changes(const char *plan)
{
	char name[16];

	(void)snprintf(name, sizeof name, "%s", plan);
	rules.mass_rate = 100;
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_start, name), ES_OK);
}

static es_status run_go_on(struct es_db_conn *conn, void *user)
{
	struct es_arena *arena = user;
	struct notify_mass mass;

	es_arena_reset(arena);
	ES_TRY(notify_store_mass_take(conn, 1, 7, 1700000000000));
	ES_TRY(notify_store_mass_held(conn, 1, 7, arena, &mass));
	mass.total = 1000;
	mass.lines = 250;
	mass.woken = 125;
	mass.cursor = IMSI;
	return notify_store_mass_move(conn, &mass, 1700000000000);
}

static void a_mass_change_shows_how_far_it_is(void **state)
{
	struct es_arena *arena = es_arena_new(0, 65536);

	(void)state;
	changes("gold");
	does(ES_ADMIN_DONE, "mass.get", "tenant=demo&change=1", "");
	SAYS("{\"id\":\"1\",\"kind\":\"plan.changed\",\"plan\":\"gold\",\"apps\":[\"ap2003\",\"ap2004\"],\"state\":"
	     "\"waiting\","
	     "\"rate\":100,\"lines\":0,\"woken\":0,\"start\":\"2023-11-14T22:13:20Z\"");
	SAYS("\"trace\":\"0af7651916cd43dd8448eb211c80319c\"}");
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_go_on, arena), ES_OK);
	does(ES_ADMIN_DONE, "mass.get", "tenant=demo&change=1", "");
	SAYS("\"state\":\"running\",\"rate\":100,\"total\":1000,\"percent\":25,\"lines\":250,\"woken\":125");
	SAYS("\"estimated_end\":\"2");
	does(ES_ADMIN_NOT_FOUND, "mass.get", "tenant=other&change=1", "");
	does(ES_ADMIN_NOT_FOUND, "mass.get", "tenant=demo&change=2", "");
	does(ES_ADMIN_INVALID, "mass.get", "tenant=demo&change=x", "");
	es_arena_free(arena);
}

static void a_mass_change_is_steered_until_it_has_ended(void **state)
{
	(void)state;
	changes("gold");
	does(ES_ADMIN_DONE, "mass.pause", "tenant=demo&change=1", "");
	SAYS("\"state\":\"paused\"");
	does(ES_ADMIN_DONE, "mass.pause", "tenant=demo&change=1", ""); /* the same again is the same */
	does(ES_ADMIN_DONE, "mass.patch", "tenant=demo&change=1", "{\"rate\":50}");
	SAYS("\"rate\":50");
	does(ES_ADMIN_INVALID, "mass.patch", "tenant=demo&change=1", "{\"rate\":0}");
	SAYS("\"field\":\"rate\"");
	does(ES_ADMIN_DONE, "mass.resume", "tenant=demo&change=1", "");
	SAYS("\"state\":\"waiting\"");
	does(ES_ADMIN_NOT_FOUND, "mass.cancel", "tenant=other&change=1", "");
	does(ES_ADMIN_DONE, "mass.cancel", "tenant=demo&change=1", "");
	SAYS("\"state\":\"cancelled\"");
	SAYS("\"ended\":\"2");
	does(ES_ADMIN_CONFLICT, "mass.resume", "tenant=demo&change=1", "");
	SAYS("it has ended");
	does(ES_ADMIN_CONFLICT, "mass.patch", "tenant=demo&change=1", "{\"rate\":50}");
}

static void mass_changes_are_listed_the_newest_first(void **state)
{
	(void)state;
	changes("gold");
	changes("basic");
	changes("");
	does(ES_ADMIN_DONE, "mass.list", "tenant=demo&limit=2", "");
	SAYS("{\"items\":[{\"id\":\"3\"");
	SAYS("\"next\":\"2\"}");
	SAYS_NOT("\"id\":\"1\"");
	does(ES_ADMIN_DONE, "mass.list", "tenant=demo&limit=2&cursor=2", "");
	SAYS("{\"items\":[{\"id\":\"1\"");
	SAYS_NOT("next");
	does(ES_ADMIN_DONE, "mass.list", "tenant=other", "");
	assert_string_equal(body, "{\"items\":[]}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_shows_who_is_woken_and_never_a_push_token),
		TEST(a_test_wakes_the_registrations_that_fit),
		TEST(what_waited_long_goes_now_and_keeps_its_time),
		TEST(a_test_that_would_wake_nobody_says_why),
		TEST(failures_are_found_by_what_they_are_about),
		TEST(a_failure_is_tried_again_as_long_as_its_device_is_registered),
		TEST(all_that_match_are_tried_again_page_by_page),
		TEST(a_mass_change_shows_how_far_it_is),
		TEST(a_mass_change_is_steered_until_it_has_ended),
		TEST(mass_changes_are_listed_the_newest_first),
		TEST(accounts_show_how_they_are_and_what_waits_for_them),
	};
	int failed = 0;

	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
