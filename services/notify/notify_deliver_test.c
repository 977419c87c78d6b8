/* notify_deliver_test.c -- from an event of policy to a message that its account has accepted, over a real bus and database, with
 * accounts played by this test. V12-NOTIF-11 as far as notify does it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.pb-c.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "notify_follow.h"
#include "notify_store_wake.h"
#include "notify_test_account.h"
#include "policy.pb-c.h"

#define RING "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define ALICE "001010000000001"
#define BOB "001010000000002"
#define TRACE "0af7651916cd43dd8448eb211c80319c"

static unsigned engine;

struct world {
	struct es_db_testing db;
	char dir[64], policy_url[112], events_url[112];
	struct es_bus_key *key;
	struct es_bus_server *policy;
	struct es_bus_publisher *events;
	struct es_keyring *ring;
	struct notify_store *store;
	struct notify_rules rules;
	struct test_account push, sms;
	struct notify_deliver *deliver;
	struct notify_follow *follow;
	int64_t lease_ms;
	/* the outbox of policy; event n is about `lines[n % 2]` */
	_Atomic uint64_t head;
	const char *terminal; /* that policy knows of, with ap2004; NULL: of none */
	const char *msisdn;
};

/* ---- policy ---- */

static void on_events(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__EventsRequest *request = (const Openes__EventsRequest *)message;
	struct world *w = user;
	char kind[] = "subscriber.changed", tenant[] = "demo", imsi[] = ALICE, app3[] = "ap2003", app4[] = "ap2004",
		 trace[] = "00-" TRACE "-b7ad6b7169203331-01", terminal[32];
	char *apps[] = { app3, app4 };
	Openes__EventsReply reply;
	Openes__Event event;
	Openes__Event *events[] = { &event };
	Openes__EventDevice device, *devices[] = { &device };

	openes__events_reply__init(&reply);
	openes__event__init(&event);
	openes__event_device__init(&device);
	reply.head = w->head;
	if (request->after < reply.head) {
		event.sequence = request->after + 1;
		event.at_unix_ms = es_wall_ms();
		event.kind = kind;
		event.tenant = tenant;
		event.imsi = imsi;
		event.traceparent = trace;
		event.apps = apps;
		event.n_apps = 2;
		if (w->terminal != NULL) {
			(void)snprintf(terminal, sizeof terminal, "%s", w->terminal);
			device.terminal_id = terminal;
			device.apps = &apps[1];
			device.n_apps = 1;
			device.unchanged = apps;
			device.n_unchanged = 1;
			event.devices = devices;
			event.n_devices = 1;
		}
		reply.events = events;
		reply.n_events = 1;
	}
	es_bus_reply(call, &reply.base);
}

static void on_lines(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__LinesRequest *request = (const Openes__LinesRequest *)message;
	struct world *w = user;
	char msisdn[32];
	Openes__LinesReply reply;
	Openes__Line line, *lines[] = { &line };

	openes__lines_reply__init(&reply);
	openes__line__init(&line);
	(void)snprintf(msisdn, sizeof msisdn, "%s", w->msisdn);
	line.imsi = request->imsi;
	line.msisdn = msisdn;
	reply.lines = lines;
	reply.n_lines = 1;
	es_bus_reply(call, &reply.base);
}

static const struct es_bus_method methods[] = {
	{ OPENES__BUS_METHOD__POLICY_EVENTS, &openes__events_request__descriptor, on_events },
	{ OPENES__BUS_METHOD__POLICY_LINES, &openes__lines_request__descriptor, on_lines },
};

/* ---- the world ---- */

static const struct notify_rules *rules_of(const void *user, const char *tenant)
{
	const struct world *w = user;

	(void)tenant;
	return &w->rules;
}

static struct notify_account *account_of(const void *user, const char *name)
{
	struct world *w = (struct world *)(uintptr_t)user;

	if (strcmp(name, "push") == 0)
		return &w->push.base;
	return strcmp(name, "sms") == 0 ? &w->sms.base : NULL;
}

static void start(struct world *w)
{
	const struct notify_ways ways = { rules_of, account_of, w };
	const struct notify_deliver_options deliver = { .store = w->store,
		                                            .ways = ways,
		                                            .policy_target = w->policy_url,
		                                            .key = w->key,
		                                            .lease_ms = w->lease_ms,
		                                            .flights_max = 64 };
	char text[256] = "";
	struct es_buf error;

	es_buf_init_fixed(&error, text, sizeof text - 1);
	assert_int_equal(es_keyring_parse(es_slice_str(RING), &w->ring, &error), ES_OK);
	if (w->store == NULL)
		assert_int_equal(notify_store_open(w->db.url, w->ring, &w->store, &error), ES_OK);
	struct notify_deliver_options with_store = deliver;
	with_store.store = w->store;
	assert_int_equal(notify_deliver_new(&with_store, &w->deliver, &error), ES_OK);
	w->push.base.roomy = w->sms.base.roomy = notify_deliver_kick;
	w->push.base.roomy_user = w->sms.base.roomy_user = w->deliver;
	assert_int_equal(notify_deliver_start(w->deliver), ES_OK);
	const struct notify_follow_options follow = { .source = ES_FOLLOW_POLICY,
		                                          .target = w->policy_url,
		                                          .events = w->events_url,
		                                          .key = w->key,
		                                          .poll_ms = 10,
		                                          .store = w->store,
		                                          .ways = ways,
		                                          .deliver = w->deliver };
	assert_int_equal(notify_follow_start(&follow, &w->follow, &error), ES_OK);
}

static void stop(struct world *w)
{
	notify_follow_stop(w->follow);
	notify_deliver_stop(w->deliver, 0);
	w->push.base.ops->close(&w->push.base);
	w->sms.base.ops->close(&w->sms.base);
	notify_store_close(w->store);
	notify_follow_free(w->follow);
	notify_deliver_free(w->deliver);
	es_keyring_free(w->ring);
	w->store = NULL;
}

static int set_up(void **state)
{
	static const uint8_t secret[32] = { 1 };
	struct world *w = calloc(1, sizeof *w);
	struct es_buf error;

	assert_non_null(w);
	es_buf_init(&error, 512);
	es_db_testing_begin(&w->db, engine, "notify_deliver_test");
	(void)snprintf(w->dir, sizeof w->dir, "/tmp/notify-test.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->policy_url, sizeof w->policy_url, "ipc://%s/policy.sock", w->dir);
	(void)snprintf(w->events_url, sizeof w->events_url, "ipc://%s/events.sock", w->dir);
	w->key = es_bus_key_from(secret);
	const struct es_bus_server_options policy = { .url = w->policy_url,
		                                          .key = w->key,
		                                          .service = "policy",
		                                          .methods = methods,
		                                          .method_count = ES_COUNT(methods),
		                                          .user = w };
	assert_int_equal(es_bus_server_start(&policy, &w->policy, &error), ES_OK);
	assert_int_equal(es_bus_publisher_start(w->events_url, w->key, &w->events, &error), ES_OK);
	es_buf_free(&error);
	test_account_init(&w->push, "fcm", "push");
	test_account_init(&w->sms, "smsc", "sms");
	w->rules = (struct notify_rules){ .apns = "push",
		                              .fcm = "push",
		                              .wns = "",
		                              .sms = "sms",
		                              .order = NOTIFY_PUSH_THEN_SMS,
		                              .ttl = 600000,
		                              .retry_first = 1,
		                              .retry_max = 2 };
	w->lease_ms = 60000;
	w->msisdn = "15550001";
	start(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	static const char *const names[] = { "policy.sock", "events.sock" };

	stop(w);
	es_bus_publisher_stop(w->events);
	es_bus_server_stop(w->policy, 1000);
	es_bus_key_free(w->key);
	for (size_t i = 0; i < ES_COUNT(names); i++) {
		char path[160];
		(void)snprintf(path, sizeof path, "%s/%s", w->dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(w->dir);
	es_db_testing_end(&w->db);
	free(w);
	return 0;
}

/* ---- what a test does ---- */

struct registering {
	struct notify_registration r;
	size_t duplicates;
};

static es_status run_register(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;

	return notify_store_register(conn, &x->r, &x->duplicates);
}

static void register_client(struct world *w, const char *imsi, const char *terminal, const char *app, const char *token)
{
	uint8_t sealed[256];
	struct registering x = { .r = { .owner = { ES_SLICE_LIT("demo"), es_slice_str(imsi), es_slice_str(terminal),
		                                       ES_SLICE_LIT("") },
		                            .apps = { es_slice_str(app) },
		                            .app_count = 1,
		                            .channel = NOTIFY_FCM,
		                            .now_ms = es_wall_ms() } };

	notify_store_hash(w->store, es_slice_str(token), x.r.token_hash);
	notify_store_seal(w->store, &x.r.owner, es_slice_str(token), sealed);
	x.r.token_sealed = es_slice_of(sealed, strlen(token) + ES_SEAL_OVERHEAD);
	assert_int_equal(es_db_write_wait(notify_store_db(w->store), run_register, &x), ES_OK);
}

static void change(struct world *w)
{
	es_bus_publish(w->events, "policy", ++w->head);
}

static es_status read_queue(struct es_db_conn *conn, void *user)
{
	return notify_store_wake_queue(conn, user);
}

static int64_t waiting(struct world *w)
{
	struct notify_queue queue;
	int64_t count = 0;

	assert_int_equal(es_db_read(notify_store_db(w->store), read_queue, &queue), ES_OK);
	for (size_t i = 0; i < NOTIFY_CHANNELS; i++)
		count += queue.count[i];
	return count;
}

static void wait_until_none_waits(struct world *w)
{
	while (waiting(w) > 0)
		(void)usleep(1000);
}

/* ---- tests ---- */

static void an_event_becomes_one_message_to_each_client_it_concerns(void **state)
{
	struct world *w = *state;

	register_client(w, ALICE, "imei-1", "ap2003", "token-1");
	register_client(w, ALICE, "imei-1", "ap2004", "token-1");
	register_client(w, ALICE, "imei-2", "ap2004", "token-2");
	register_client(w, BOB, "imei-3", "ap2004", "token-3");
	change(w);
	(void)sem_wait(&w->push.arrived);
	(void)sem_wait(&w->push.arrived);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 2);
	assert_int_equal(w->sms.count, 0);
	const bool in_order = strcmp(w->push.sent[0].address, "token-1") == 0;
	const struct test_sent *one = &w->push.sent[in_order ? 0 : 1], *two = &w->push.sent[in_order ? 1 : 0];
	assert_string_equal(one->address, "token-1");
	assert_string_equal(one->apps, "ap2003 ap2004");
	assert_string_equal(one->trace_id, TRACE);
	assert_string_equal(two->address, "token-2");
	assert_string_equal(two->apps, "ap2004");
	assert_int_equal(strlen(one->collapse), 32);
	assert_string_not_equal(one->collapse, two->collapse);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_becomes_one_message_to_each_client_it_concerns),
	};
	int failed = 0;

	es_bus_init();
	es_crypto_init();
	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
