/* notify_process_test.c -- notify over a real bus, beside a policy played by this test.
 *
 * V12-NOTIF-01, 02, 03 as far as notify answers for them; a removed subscriber's registrations end with the event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "notify.pb-c.h"
#include "notify_process.h"
#include "notify_register.h"
#include "notify_store.h"
#include "policy.pb-c.h"

static unsigned engine;

struct place {
	struct es_db_testing db;
	char dir[64], keys[96], notify_url[112], policy_url[112], events_url[112];
	struct es_bus_key *key;
	struct es_bus_server *policy;
	struct es_bus_publisher *events;
	struct notify_process *process;
	struct es_bus_client *client;
	/* the outbox the test plays */
	_Atomic uint64_t head, committed; /* notify asks for what comes after that which it has committed */
	sem_t asked;
};

static const char *const kinds[] = { "subscriber.changed", "subscriber.terminated", "subscriber.removed" };
#define ALICE "001010000000001"
#define BOB "001010000000002"

/* Event n has kind n % 3 and is about Alice, until the head. */
static void on_policy_events(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__EventsRequest *request = (const Openes__EventsRequest *)message;
	struct place *place = user;
	Openes__EventsReply reply;
	Openes__Event event;
	Openes__Event *events[] = { &event };
	Openes__EventDevice device, *devices[] = { &device };
	char kind[32], tenant[] = "demo", imsi[] = ALICE, terminal[] = "imei-1", app3[] = "ap2003", app4[] = "ap2004",
				   app5[] = "ap2005";
	char *coarse[] = { app3, app4, app5 }, *touched[] = { app4 }, *unchanged[] = { app3 };

	openes__events_reply__init(&reply);
	openes__event__init(&event);
	reply.head = place->head;
	if (request->after < reply.head) { /* one per page: notify must ask again */
		event.sequence = request->after + 1;
		(void)snprintf(kind, sizeof kind, "%s", kinds[event.sequence % ES_COUNT(kinds)]);
		event.kind = kind;
		event.tenant = tenant;
		event.imsi = imsi;
		event.apps = coarse;
		event.n_apps = ES_COUNT(coarse);
		openes__event_device__init(&device);
		device.terminal_id = terminal;
		device.apps = touched;
		device.n_apps = device.n_unchanged = 1;
		device.unchanged = unchanged;
		event.devices = devices;
		event.n_devices = 1;
		reply.events = events;
		reply.n_events = 1;
	}
	place->committed = request->after;
	es_bus_reply(call, &reply.base);
	sem_post(&place->asked);
}

static void on_esim_events(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	Openes__EventsReply reply;

	(void)message;
	(void)user;
	openes__events_reply__init(&reply);
	es_bus_reply(call, &reply.base);
}

static const struct es_bus_method policy_methods[] = {
	{ OPENES__BUS_METHOD__POLICY_EVENTS, &openes__events_request__descriptor, on_policy_events },
	{ OPENES__BUS_METHOD__ESIM_EVENTS, &openes__events_request__descriptor, on_esim_events },
};

static void start_policy(struct place *place)
{
	const struct es_bus_server_options options = { .url = place->policy_url,
		                                           .key = place->key,
		                                           .service = "policy",
		                                           .methods = policy_methods,
		                                           .method_count = ES_COUNT(policy_methods),
		                                           .user = place };
	struct es_buf error;

	es_buf_init(&error, 512);
	assert_int_equal(es_bus_server_start(&options, &place->policy, &error), ES_OK);
	assert_int_equal(es_bus_publisher_start(place->events_url, place->key, &place->events, &error), ES_OK);
	es_buf_free(&error);
}

static void start_notify(struct place *place)
{
	const struct notify_config config = { .bus_listen = place->notify_url,
		                                  .db = place->db.url,
		                                  .push_keys_file = place->keys,
		                                  .policy_target = place->policy_url,
		                                  .policy_events = place->events_url,
		                                  .esim_target = place->policy_url,
		                                  .esim_events = place->events_url,
		                                  .channels_file = "",
		                                  .lease = 60000,
		                                  .flights_max = 64,
		                                  .failures_kept = 86400000,
		                                  .events_poll = 10, /* a ring that comes before notify listens is lost */
		                                  .calls_max = 64,
		                                  .sms_url = "" };
	const struct es_bus_client_options client = { .target = place->notify_url, .name = "notify", .key = place->key };
	char text[512] = "";
	struct es_buf error;

	es_buf_init_fixed(&error, text, sizeof text - 1);
	if (notify_process_start(&config, place->key, &place->process, &error) != ES_OK)
		fail_msg("%s", text);
	assert_true(notify_process_is_ready(place->process));
	assert_int_equal(es_bus_client_start(&client, &place->client, &error), ES_OK);
	while (!es_bus_client_is_ready(place->client))
		(void)usleep(1000);
}

static void stop_notify(struct place *place)
{
	es_bus_client_stop(place->client);
	notify_process_stop(place->process, 1000);
}

static int set_up(void **state)
{
	static const char ring[] = "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	static const uint8_t secret[32] = { 1 };
	struct place *place = calloc(1, sizeof *place);

	assert_non_null(place);
	es_db_testing_begin(&place->db, engine, "notify_process_test");
	(void)snprintf(place->dir, sizeof place->dir, "/tmp/notify-test.XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	(void)snprintf(place->keys, sizeof place->keys, "%s/push.keys", place->dir);
	(void)snprintf(place->notify_url, sizeof place->notify_url, "ipc://%s/notify.sock", place->dir);
	(void)snprintf(place->policy_url, sizeof place->policy_url, "ipc://%s/policy.sock", place->dir);
	(void)snprintf(place->events_url, sizeof place->events_url, "ipc://%s/events.sock", place->dir);
	const int fd = open(place->keys, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0 && write(fd, ring, sizeof ring - 1) == (ssize_t)(sizeof ring - 1));
	(void)close(fd);
	sem_init(&place->asked, 0, 0);
	place->key = es_bus_key_from(secret);
	start_policy(place);
	start_notify(place);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	static const char *const names[] = { "push.keys", "notify.sock", "policy.sock", "events.sock" };

	stop_notify(place);
	es_bus_publisher_stop(place->events);
	es_bus_server_stop(place->policy, 1000);
	es_bus_key_free(place->key);
	for (size_t i = 0; i < ES_COUNT(names); i++) {
		char path[160];
		(void)snprintf(path, sizeof path, "%s/%s", place->dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(place->dir);
	es_db_testing_end(&place->db);
	free(place);
	return 0;
}

/* RegisterNotifStatus, or 100 + status when notify refused to say. */
static unsigned ask_from(struct place *place, const char *imsi, const char *from, int32_t action, const char *token)
{
	Openes__RegisterRequest request;
	Openes__Subject subject;
	char tenant[] = "demo", terminal[16], app3[] = "ap2003", app4[] = "ap2004", imsi_text[32], token_text[64];
	char *apps[] = { app3, app4 };
	const struct es_bus_call_options options = { .method = OPENES__BUS_METHOD__NOTIFY_REGISTER,
		                                         .deadline = es_wall_ms() + 20000 };
	struct es_arena *arena = es_arena_new(0, 65536);
	ProtobufCMessage *reply = NULL;

	openes__register_request__init(&request);
	openes__subject__init(&subject);
	(void)snprintf(imsi_text, sizeof imsi_text, "%s", imsi);
	(void)snprintf(terminal, sizeof terminal, "%s", from);
	(void)snprintf(token_text, sizeof token_text, "%s", token);
	subject.tenant = tenant;
	subject.imsi = imsi_text;
	subject.terminal_id = terminal;
	request.subject = &subject;
	request.apps = apps;
	request.n_apps = ES_COUNT(apps);
	request.action = action;
	request.token = token_text;
	const es_status status =
		es_bus_call_wait(place->client, &options, &request.base, &openes__register_reply__descriptor, arena, &reply);
	const unsigned answer = status == ES_OK ? ((const Openes__RegisterReply *)reply)->status : 100U + status;
	es_arena_free(arena);
	return answer;
}

static unsigned ask(struct place *place, const char *imsi, int32_t action, const char *token)
{
	return ask_from(place, imsi, "imei-1", action, token);
}

static void each_registration_is_answered_with_its_status(void **state)
{
	struct place *place = *state;

	assert_int_equal(ask(place, ALICE, NOTIFY_FCM, "token"), NOTIFY_SUCCESS);
	assert_int_equal(ask(place, ALICE, NOTIFY_FCM, "token"), NOTIFY_DUPLICATE_TOKEN);
	assert_int_equal(ask(place, BOB, NOTIFY_FCM, "token"), NOTIFY_SUCCESS);
	assert_int_equal(ask(place, ALICE, NOTIFY_FCM, "token"), NOTIFY_SUCCESS);
	assert_int_equal(ask(place, ALICE, 0, "token"), NOTIFY_SUCCESS);
	assert_int_equal(ask(place, ALICE, NOTIFY_FCM, "token"), NOTIFY_SUCCESS);
	assert_int_equal(ask(place, ALICE, 5, "token"), NOTIFY_INVALID_TOKEN);
	assert_int_equal(ask(place, ALICE, NOTIFY_FCM, ""), NOTIFY_INVALID_TOKEN);
	assert_int_equal(ask(place, ALICE, NOTIFY_APNS, "token"), NOTIFY_INVALID_TOKEN);
	assert_int_equal(ask(place, "not digits", NOTIFY_FCM, "token"), 100 + ES_MALFORMED);
}

static void an_acknowledged_registration_is_there_after_a_restart(void **state)
{
	struct place *place = *state;

	assert_int_equal(ask(place, ALICE, NOTIFY_FCM, "token"), NOTIFY_SUCCESS);
	stop_notify(place);
	start_notify(place);
	assert_int_equal(ask(place, ALICE, NOTIFY_FCM, "token"), NOTIFY_DUPLICATE_TOKEN);
}

static void wait_until_followed(struct place *place)
{
	while (place->committed < place->head)
		(void)sem_wait(&place->asked);
}

static void registrations_end_with_their_subscriber(void **state)
{
	struct place *place = *state;
	static const struct {
		uint64_t head;
		unsigned answer;
	} steps[] = {
		{ 3, NOTIFY_SUCCESS },         /* 1 terminated, 2 removed, 3 changed: page after page */
		{ 3, NOTIFY_DUPLICATE_TOKEN }, /* nothing new */
		{ 4, NOTIFY_SUCCESS },         /* terminated */
		{ 5, NOTIFY_SUCCESS },         /* removed */
		{ 6, NOTIFY_DUPLICATE_TOKEN }, /* changed */
	};

	assert_int_equal(ask(place, ALICE, NOTIFY_FCM, "a"), NOTIFY_SUCCESS);
	assert_int_equal(ask(place, BOB, NOTIFY_FCM, "b"), NOTIFY_SUCCESS);
	for (size_t i = 0; i < ES_COUNT(steps); i++) {
		place->head = steps[i].head;
		es_bus_publish(place->events, "policy", steps[i].head);
		wait_until_followed(place);
		assert_int_equal(ask(place, ALICE, NOTIFY_FCM, "a"), steps[i].answer);
	}
	assert_int_equal(ask(place, BOB, NOTIFY_FCM, "b"), NOTIFY_DUPLICATE_TOKEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_registration_is_answered_with_its_status),
		TEST(an_acknowledged_registration_is_there_after_a_restart),
		TEST(registrations_end_with_their_subscriber),
	};
	int failed = 0;

	es_bus_init();
	es_crypto_init();
	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
