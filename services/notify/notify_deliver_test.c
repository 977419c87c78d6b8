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
#include "notify_store_dead.h"
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
	/* the outbox of policy; its events are about so many lines by turns, and those up to `trimmed` are there no more */
	_Atomic uint64_t head;
	uint64_t lines, trimmed;
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
	if (request->after < reply.head && w->trimmed < reply.head) {
		event.sequence = (request->after > w->trimmed ? request->after : w->trimmed) + 1;
		event.at_unix_ms = es_wall_ms();
		event.kind = kind;
		event.tenant = tenant;
		imsi[sizeof imsi - 2] = (char)('1' + (event.sequence - 1) % w->lines);
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

static struct notify_deliver_options deliver_options(const struct world *w)
{
	const struct notify_ways ways = { rules_of, account_of, w };

	return (struct notify_deliver_options){ .store = w->store,
		                                    .ways = ways,
		                                    .policy_target = w->policy_url,
		                                    .key = w->key,
		                                    .lease_ms = w->lease_ms,
		                                    .flights_max = 64,
		                                    .failures_kept_ms = 86400000 };
}

static void start(struct world *w)
{
	const struct notify_ways ways = { rules_of, account_of, w };
	char text[256] = "";
	struct es_buf error;

	es_buf_init_fixed(&error, text, sizeof text - 1);
	assert_int_equal(es_keyring_parse(es_slice_str(RING), &w->ring, &error), ES_OK);
	assert_int_equal(notify_store_open(w->db.url, w->ring, &w->store, &error), ES_OK);
	const struct notify_deliver_options deliver = deliver_options(w);
	assert_int_equal(notify_deliver_new(&deliver, &w->deliver, &error), ES_OK);
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
	w->lines = 1;
	w->msisdn = "15550001";
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	static const char *const names[] = { "policy.sock", "events.sock" };

	if (w->store != NULL)
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
	bool is_old;
};

static es_status run_register(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;

	return notify_store_register(conn, &x->r, &x->duplicates);
}

static struct registering registering_of(struct world *w, const char *imsi, const char *terminal, const char *app,
                                         const char *token)
{
	struct registering x = { .r = { .owner = { ES_SLICE_LIT("demo"), es_slice_str(imsi), es_slice_str(terminal),
		                                       ES_SLICE_LIT("") },
		                            .apps = { es_slice_str(app) },
		                            .app_count = 1,
		                            .channel = NOTIFY_FCM,
		                            .now_ms = es_wall_ms() } };

	notify_store_hash(w->store, es_slice_str(token), x.r.token_hash);
	return x;
}

static void register_client(struct world *w, const char *imsi, const char *terminal, const char *app, const char *token)
{
	struct registering x = registering_of(w, imsi, terminal, app, token);
	uint8_t sealed[256];

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

static struct notify_heard heard(enum notify_verdict verdict, enum notify_reason reason)
{
	return (struct notify_heard){ .verdict = verdict, .reason = reason };
}

static void plays(struct test_account *account, enum notify_verdict verdict, enum notify_reason reason)
{
	pthread_mutex_lock(&account->lock);
	account->verdict = heard(verdict, reason);
	pthread_mutex_unlock(&account->lock);
}

static void has_room(struct world *w, struct test_account *account, uint32_t room)
{
	pthread_mutex_lock(&account->lock);
	account->room = room;
	pthread_mutex_unlock(&account->lock);
	notify_deliver_kick(w->deliver);
}

static void sent(struct test_account *account, size_t messages)
{
	for (size_t i = 0; i < messages; i++)
		while (sem_wait(&account->arrived) != 0)
			;
}

struct pruning {
	int64_t removed;
};

static es_status run_prune(struct es_db_conn *conn, void *user)
{
	struct pruning *p = user;

	return notify_store_dead_prune(conn, INT64_MAX, 1000, &p->removed);
}

/* And there are none any more. */
static int64_t dead_letters(struct world *w)
{
	struct pruning p = { 0 };

	assert_int_equal(es_db_write_wait(notify_store_db(w->store), run_prune, &p), ES_OK);
	return p.removed;
}

static es_status run_put(struct es_db_conn *conn, void *user)
{
	return notify_store_wake_put(conn, user);
}

/* A row of Alice's phone as some process has left it. */
static void left_behind(struct world *w, const char *account, int64_t expires_ms)
{
	struct notify_wake wake = { .tenant = "demo",
		                        .imsi = ALICE,
		                        .terminal_id = "imei-1",
		                        .app_name = "",
		                        .app = "ap2004",
		                        .channel = NOTIFY_FCM,
		                        .account = account,
		                        .changed_ms = 1,
		                        .due_ms = 1,
		                        .expires_ms = expires_ms,
		                        .traceparent = "" };

	assert_int_equal(es_db_write_wait(notify_store_db(w->store), run_put, &wake), ES_OK);
	notify_deliver_kick(w->deliver);
}

static es_status run_look(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;

	return notify_store_duplicates(conn, &x->r, &x->duplicates, &x->is_old);
}

static bool is_registered(struct world *w, const char *imsi, const char *terminal, const char *app, const char *token)
{
	struct registering x = registering_of(w, imsi, terminal, app, token);

	assert_int_equal(es_db_read(notify_store_db(w->store), run_look, &x), ES_OK);
	return x.duplicates == 1;
}

static es_status read_position(struct es_db_conn *conn, void *user)
{
	return notify_store_position(conn, "policy", user);
}

static void wait_until_followed(struct world *w)
{
	uint64_t position = UINT64_MAX;

	while (position != w->head) {
		(void)usleep(1000);
		assert_int_equal(es_db_read(notify_store_db(w->store), read_position, &position), ES_OK);
	}
}

/* ---- tests ---- */

static void an_event_becomes_one_message_to_each_client_it_concerns(void **state)
{
	struct world *w = *state;

	start(w);
	register_client(w, ALICE, "imei-1", "ap2003", "token-1");
	register_client(w, ALICE, "imei-1", "ap2004", "token-1");
	register_client(w, ALICE, "imei-2", "ap2004", "token-2");
	register_client(w, BOB, "imei-3", "ap2004", "token-3");
	change(w);
	sent(&w->push, 2);
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

static void what_is_to_wait_is_sent_again_under_the_same_name(void **state)
{
	struct world *w = *state;
	static const enum notify_verdict verdicts[] = { NOTIFY_LATER, NOTIFY_AGAIN, NOTIFY_STOPPED };

	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	for (size_t i = 0; i < ES_COUNT(verdicts); i++) {
		plays(&w->push, verdicts[i], NOTIFY_WHY_PROVIDER);
		change(w);
		sent(&w->push, 3);
		plays(&w->push, NOTIFY_ACCEPTED, NOTIFY_WHY_NONE);
		wait_until_none_waits(w);
		while (sem_trywait(&w->push.arrived) == 0)
			;
	}
	for (size_t i = 1; i < w->push.count; i++)
		assert_string_equal(w->push.sent[i].collapse, w->push.sent[0].collapse);
	assert_int_equal(dead_letters(w), 0);
	assert_int_equal(w->sms.count, 0);
}

static void many_events_are_one_message(void **state)
{
	struct world *w = *state;

	w->push.room = 0;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	for (int i = 0; i < 20; i++)
		change(w);
	wait_until_followed(w);
	assert_int_equal(waiting(w), 1);
	has_room(w, &w->push, 10);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 1);
}

static void an_event_during_a_message_makes_another(void **state)
{
	struct world *w = *state;
	const struct notify_heard accepted = heard(NOTIFY_ACCEPTED, NOTIFY_WHY_NONE);

	w->push.holds = true;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 1);
	change(w);
	wait_until_followed(w);
	test_account_tell(&w->push, 0, &accepted);
	sent(&w->push, 1);
	test_account_tell(&w->push, 1, &accepted);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 2);
}

static void a_dead_token_goes_and_an_sms_takes_its_place(void **state)
{
	struct world *w = *state;

	plays(&w->push, NOTIFY_GONE, NOTIFY_WHY_TOKEN);
	start(w);
	register_client(w, ALICE, "imei-1", "ap2003", "token");
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->sms, 1);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 1);
	assert_string_equal(w->sms.sent[0].address, "15550001");
	assert_string_equal(w->sms.sent[0].apps, "ap2003 ap2004");
	assert_int_equal(w->sms.sent[0].channel, NOTIFY_BY_SMS);
	assert_false(is_registered(w, ALICE, "imei-1", "ap2003", "token"));
	assert_false(is_registered(w, ALICE, "imei-1", "ap2004", "token"));
	assert_int_equal(dead_letters(w), 0); /* the person was reached */
}

static struct notify_heard gone_once_long_ago(struct test_account *account)
{
	struct notify_heard h = heard(account->count == 1 ? NOTIFY_GONE : NOTIFY_ACCEPTED, NOTIFY_WHY_TOKEN);

	h.gone_ms = 1000;
	return h;
}

static void a_token_that_was_registered_after_it_had_died_stays(void **state)
{
	struct world *w = *state;

	w->push.play = gone_once_long_ago;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 2);
	wait_until_none_waits(w);
	assert_true(is_registered(w, ALICE, "imei-1", "ap2004", "token"));
	assert_int_equal(w->sms.count, 0);
}

static void what_is_refused_is_kept_as_a_dead_letter_and_goes_on_by_sms(void **state)
{
	struct world *w = *state;

	plays(&w->push, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE);
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->sms, 1);
	wait_until_none_waits(w);
	assert_int_equal(dead_letters(w), 1);
	assert_true(is_registered(w, ALICE, "imei-1", "ap2004", "token"));
}

static void a_device_that_asks_and_has_no_push_is_woken_by_sms(void **state)
{
	struct world *w = *state;

	w->terminal = "imei-9";
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->sms, 1);
	sent(&w->push, 1);
	wait_until_none_waits(w);
	assert_string_equal(w->sms.sent[0].apps, "ap2004");
	assert_string_equal(w->sms.sent[0].imsi, ALICE);
}

static void a_line_without_number_is_given_up(void **state)
{
	struct world *w = *state;

	w->terminal = "imei-9";
	w->msisdn = "";
	start(w);
	change(w);
	wait_until_followed(w);
	wait_until_none_waits(w);
	assert_int_equal(w->sms.count, 0);
	assert_int_equal(dead_letters(w), 1);
}

static void rules_that_want_no_sms_send_none(void **state)
{
	struct world *w = *state;

	w->rules.order = NOTIFY_PUSH_ONLY;
	w->terminal = "imei-9";
	plays(&w->push, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE);
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 1);
	wait_until_none_waits(w);
	assert_int_equal(dead_letters(w), 1);
	assert_int_equal(w->sms.count, 0);
}

static void who_did_not_tell_before_his_lease_ended_is_not_waited_for(void **state)
{
	struct world *w = *state;
	const struct notify_heard accepted = heard(NOTIFY_ACCEPTED, NOTIFY_WHY_NONE),
							  refused = heard(NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE);

	w->push.holds = true;
	w->lease_ms = 20;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 2); /* the same twice */
	pthread_mutex_lock(&w->push.lock);
	w->push.holds = false;
	pthread_mutex_unlock(&w->push.lock);
	wait_until_none_waits(w);
	test_account_tell(&w->push, 0, &refused); /* it has nothing to say any more */
	test_account_tell(&w->push, 1, &accepted);
	assert_int_equal(dead_letters(w), 0);
}

static void what_is_under_way_at_the_stop_is_sent_at_once_by_the_next_process(void **state)
{
	struct world *w = *state;

	w->push.holds = true;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 1);
	stop(w);
	w->push.holds = false;
	start(w);
	sent(&w->push, 1); /* the lease was of a minute */
	wait_until_none_waits(w);
}

static void a_client_that_registered_no_more_is_left_alone(void **state)
{
	struct world *w = *state;

	start(w);
	left_behind(w, "push", INT64_MAX);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 0);
	assert_int_equal(w->sms.count, 0);
	assert_int_equal(dead_letters(w), 0);
}

static void rows_of_an_account_that_is_no_more_go_to_the_one_of_today(void **state)
{
	struct world *w = *state;

	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	left_behind(w, "yesterday", INT64_MAX);
	sent(&w->push, 1);
	wait_until_none_waits(w);
	assert_int_equal(dead_letters(w), 0);
}

static void rows_that_no_account_can_send_are_given_up(void **state)
{
	struct world *w = *state;

	w->rules.fcm = "yesterday";
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	left_behind(w, "yesterday", INT64_MAX);
	sent(&w->sms, 1);
	wait_until_none_waits(w);
	assert_int_equal(dead_letters(w), 1);
}

static void what_has_expired_is_given_up_though_its_account_has_no_room(void **state)
{
	struct world *w = *state;

	w->push.room = 0;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	stop(w);
	start(w);
	left_behind(w, "push", 1000);
	stop(w);
	start(w); /* it looks at once */
	sent(&w->sms, 1);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 0);
	assert_int_equal(dead_letters(w), 1);
}

/* ---- several processes ---- */

#define CLIENTS 150

static void register_many(struct world *w)
{
	char terminal[32], token[32];

	for (int i = 0; i < CLIENTS; i++) {
		char imsi[20];
		(void)snprintf(imsi, sizeof imsi, "00101%010d", i / 50 + 1);
		(void)snprintf(terminal, sizeof terminal, "imei-%d", i);
		(void)snprintf(token, sizeof token, "token-%d", i);
		register_client(w, imsi, terminal, "ap2004", token);
	}
}

static void processes_share_the_work_and_send_nothing_twice(void **state)
{
	struct world *w = *state;
	struct notify_deliver *other = NULL;
	struct notify_store *store = NULL;
	char text[256];
	struct es_buf error;

	w->push.room = 7;
	w->lines = 3;
	start(w);
	es_buf_init_fixed(&error, text, sizeof text);
	assert_int_equal(notify_store_open(w->db.url, w->ring, &store, &error), ES_OK);
	struct notify_deliver_options options = deliver_options(w);
	options.store = store;
	assert_int_equal(notify_deliver_new(&options, &other, &error), ES_OK);
	assert_int_equal(notify_deliver_start(other), ES_OK);
	register_many(w);
	for (int i = 0; i < 3; i++)
		change(w); /* of one line each */
	while (test_account_count(&w->push) < CLIENTS) {
		notify_deliver_kick(other);
		sent(&w->push, 1);
	}
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, CLIENTS);
	notify_deliver_stop(other, 1000);
	notify_store_close(store);
	notify_deliver_free(other);
}

/* ---- whatever happens ---- */

static struct notify_heard by_lot(struct test_account *account)
{
	static const enum notify_verdict verdicts[] = { NOTIFY_ACCEPTED, NOTIFY_LATER,    NOTIFY_ACCEPTED,
		                                            NOTIFY_STOPPED,  NOTIFY_ACCEPTED, NOTIFY_AGAIN };

	return heard(verdicts[(unsigned)rand_r(&account->lots) % ES_COUNT(verdicts)], NOTIFY_WHY_PROVIDER);
}

static void tell_what_is_held(struct test_account *account)
{
	const size_t count = test_account_count(account);

	for (size_t i = 0; i < count; i++) {
		const struct notify_heard h = heard(NOTIFY_ACCEPTED, NOTIFY_WHY_NONE);
		test_account_tell(account, i, &h);
	}
}

/* Sent when nothing was to change any more, and accepted. */
static bool is_told_of_the_last_change(struct world *w, const char *token)
{
	for (size_t i = 0; i < w->push.count; i++)
		if (strcmp(w->push.sent[i].address, token) == 0 && w->push.sent[i].is_accepted && w->push.sent[i].at >= w->head)
			return true;
	return false;
}

/* Verdicts by lot, answers that come when the lease is over, restarts. */
static void every_client_is_told_of_the_last_change_whatever_happens(void **state)
{
	struct world *w = *state;
	unsigned lots = 7;
	char terminal[32], token[32];

	w->lease_ms = 30;
	w->push.play = by_lot;
	w->push.holds_one_in = 9;
	w->push.clock = &w->head;
	w->push.room = 5;
	start(w);
	for (int i = 0; i < 8; i++) {
		(void)snprintf(terminal, sizeof terminal, "imei-%d", i);
		(void)snprintf(token, sizeof token, "token-%d", i);
		register_client(w, ALICE, terminal, "ap2004", token);
	}
	for (int i = 0; i < 60; i++) {
		change(w);
		if (rand_r(&lots) % 4 == 0)
			wait_until_followed(w);
		if (rand_r(&lots) % 8 == 0) {
			stop(w);
			start(w);
		}
		if (rand_r(&lots) % 3 == 0)
			tell_what_is_held(&w->push);
	}
	wait_until_followed(w);
	while (waiting(w) > 0) {
		tell_what_is_held(&w->push);
		(void)usleep(1000);
	}
	for (int i = 0; i < 8; i++) {
		(void)snprintf(token, sizeof token, "token-%d", i);
		assert_true(is_told_of_the_last_change(w, token));
	}
	assert_int_equal(dead_letters(w), 0);
}

/* ---- following ---- */

static void events_that_were_trimmed_are_passed_over(void **state)
{
	struct world *w = *state;

	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 1);
	stop(w);
	w->head = 50;
	w->trimmed = 48;
	start(w);
	sent(&w->push, 1);
	wait_until_followed(w);
	stop(w);
	w->trimmed = w->head = 70; /* none is left */
	start(w);
	wait_until_followed(w);
	change(w);
	wait_until_followed(w);
	wait_until_none_waits(w);
}

static void a_source_that_was_restored_from_an_older_state_is_followed_from_there(void **state)
{
	struct world *w = *state;

	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	w->head = 10;
	wait_until_followed(w);
	wait_until_none_waits(w);
	w->head = 4;
	wait_until_followed(w);
	const size_t before = test_account_count(&w->push);
	change(w); /* its number was used before */
	wait_until_followed(w);
	wait_until_none_waits(w);
	assert_true(test_account_count(&w->push) > before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_becomes_one_message_to_each_client_it_concerns),
		TEST(what_is_to_wait_is_sent_again_under_the_same_name),
		TEST(many_events_are_one_message),
		TEST(an_event_during_a_message_makes_another),
		TEST(a_dead_token_goes_and_an_sms_takes_its_place),
		TEST(a_token_that_was_registered_after_it_had_died_stays),
		TEST(what_is_refused_is_kept_as_a_dead_letter_and_goes_on_by_sms),
		TEST(a_device_that_asks_and_has_no_push_is_woken_by_sms),
		TEST(a_line_without_number_is_given_up),
		TEST(rules_that_want_no_sms_send_none),
		TEST(who_did_not_tell_before_his_lease_ended_is_not_waited_for),
		TEST(what_is_under_way_at_the_stop_is_sent_at_once_by_the_next_process),
		TEST(a_client_that_registered_no_more_is_left_alone),
		TEST(rows_of_an_account_that_is_no_more_go_to_the_one_of_today),
		TEST(rows_that_no_account_can_send_are_given_up),
		TEST(what_has_expired_is_given_up_though_its_account_has_no_room),
		TEST(processes_share_the_work_and_send_nothing_twice),
		TEST(every_client_is_told_of_the_last_change_whatever_happens),
		TEST(events_that_were_trimmed_are_passed_over),
		TEST(a_source_that_was_restored_from_an_older_state_is_followed_from_there),
	};
	int failed = 0;

	es_bus_init();
	es_crypto_init();
	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
