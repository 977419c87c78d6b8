/* notify_deliver_test_kit.h -- for tests of delivery: a policy on a real bus, a database, accounts played by the test, and what is
 * between them. KIT_NAME, defined before, names the database. */
#ifndef NOTIFY_DELIVER_TEST_KIT_H
#define NOTIFY_DELIVER_TEST_KIT_H

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
	_Atomic uint64_t head, asked;
	uint64_t lines, trimmed;
	const char *terminal; /* that policy knows of, with ap2004; NULL: of none */
	const char *msisdn;
};

/* ---- policy ---- */

static inline void on_events(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
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

	w->asked++;
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

static inline void on_lines(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
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

static inline const struct notify_rules *rules_of(const void *user, const char *tenant)
{
	const struct world *w = user;

	(void)tenant;
	return &w->rules;
}

static inline struct notify_account *account_of(const void *user, const char *name)
{
	struct world *w = (struct world *)(uintptr_t)user;

	if (strcmp(name, "push") == 0)
		return &w->push.base;
	return strcmp(name, "sms") == 0 ? &w->sms.base : NULL;
}

static inline struct notify_deliver_options deliver_options(const struct world *w)
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

static inline void start(struct world *w)
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
		                                          .poll_ms = 60000,
		                                          .store = w->store,
		                                          .ways = ways,
		                                          .deliver = w->deliver };
	const uint64_t asked = w->asked;
	assert_int_equal(notify_follow_start(&follow, &w->follow, &error), ES_OK);
	/* It asks at its start and when it is connected, and a third time only if it hears. NNG leaks what is closed while it connects. */
	while (w->asked < asked + 3) {
		es_bus_publish(w->events, "policy", 0);
		(void)usleep(1000);
	}
}

static inline void stop(struct world *w)
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

static inline int set_up(void **state)
{
	static const uint8_t secret[32] = { 1 };
	struct world *w = calloc(1, sizeof *w);
	struct es_buf error;

	assert_non_null(w);
	es_buf_init(&error, 512);
	es_db_testing_begin(&w->db, engine, KIT_NAME);
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

static inline int tear_down(void **state)
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

static inline es_status run_register(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;

	return notify_store_register(conn, &x->r, &x->duplicates);
}

static inline struct registering registering_of(struct world *w, const char *imsi, const char *terminal,
                                                const char *app, const char *token)
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

static inline void register_client(struct world *w, const char *imsi, const char *terminal, const char *app,
                                   const char *token)
{
	struct registering x = registering_of(w, imsi, terminal, app, token);
	uint8_t sealed[256];

	notify_store_seal(w->store, &x.r.owner, es_slice_str(token), sealed);
	x.r.token_sealed = es_slice_of(sealed, strlen(token) + ES_SEAL_OVERHEAD);
	assert_int_equal(es_db_write_wait(notify_store_db(w->store), run_register, &x), ES_OK);
}

static inline void change(struct world *w)
{
	es_bus_publish(w->events, "policy", ++w->head);
}

static inline es_status read_queue(struct es_db_conn *conn, void *user)
{
	return notify_store_wake_queue(conn, user);
}

static inline int64_t waiting(struct world *w)
{
	struct notify_queue queue;
	int64_t count = 0;

	assert_int_equal(es_db_read(notify_store_db(w->store), read_queue, &queue), ES_OK);
	for (size_t i = 0; i < NOTIFY_CHANNELS; i++)
		count += queue.count[i];
	return count;
}

static inline void wait_until_none_waits(struct world *w)
{
	while (waiting(w) > 0)
		(void)usleep(1000);
}

static inline struct notify_heard heard(enum notify_verdict verdict, enum notify_reason reason)
{
	return (struct notify_heard){ .verdict = verdict, .reason = reason };
}

static inline void plays(struct test_account *account, enum notify_verdict verdict, enum notify_reason reason)
{
	pthread_mutex_lock(&account->lock);
	account->verdict = heard(verdict, reason);
	pthread_mutex_unlock(&account->lock);
}

static inline void has_room(struct world *w, struct test_account *account, uint32_t room)
{
	pthread_mutex_lock(&account->lock);
	account->room = room;
	pthread_mutex_unlock(&account->lock);
	notify_deliver_kick(w->deliver);
}

static inline void sent(struct test_account *account, size_t messages)
{
	for (size_t i = 0; i < messages; i++)
		while (sem_wait(&account->arrived) != 0)
			;
}

struct pruning {
	int64_t removed;
};

static inline es_status run_prune(struct es_db_conn *conn, void *user)
{
	struct pruning *p = user;

	return notify_store_dead_prune(conn, INT64_MAX, 1000, &p->removed);
}

/* And there are none any more. */
static inline int64_t dead_letters(struct world *w)
{
	struct pruning p = { 0 };

	assert_int_equal(es_db_write_wait(notify_store_db(w->store), run_prune, &p), ES_OK);
	return p.removed;
}

static inline es_status run_put(struct es_db_conn *conn, void *user)
{
	return notify_store_wake_put(conn, user);
}

/* A row of Alice's phone as some process has left it. */
static inline void left_behind(struct world *w, const char *account, int64_t expires_ms)
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

static inline es_status run_look(struct es_db_conn *conn, void *user)
{
	struct registering *x = user;

	return notify_store_duplicates(conn, &x->r, &x->duplicates, &x->is_old);
}

static inline bool is_registered(struct world *w, const char *imsi, const char *terminal, const char *app,
                                 const char *token)
{
	struct registering x = registering_of(w, imsi, terminal, app, token);

	assert_int_equal(es_db_read(notify_store_db(w->store), run_look, &x), ES_OK);
	return x.duplicates == 1;
}

static inline es_status read_position(struct es_db_conn *conn, void *user)
{
	return notify_store_position(conn, "policy", user);
}

static inline void wait_until_followed(struct world *w)
{
	uint64_t position = UINT64_MAX;

	while (position != w->head) {
		es_bus_publish(w->events, "policy", 0);
		(void)usleep(1000);
		assert_int_equal(es_db_read(notify_store_db(w->store), read_position, &position), ES_OK);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* On each engine there is. */
#define RUN(tests, failed)                                                                                             \
	do {                                                                                                               \
		es_bus_init();                                                                                                 \
		es_crypto_init();                                                                                              \
		for (engine = 0; engine < es_db_testing_engines(); engine++)                                                   \
			(failed) += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", (tests), NULL, NULL);       \
	} while (0)

#endif
