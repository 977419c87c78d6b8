/* policy_bus_test.c -- policy as the other processes meet it: over the bus. */
#include <stdatomic.h>

#include "bus.pb-c.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "policy_bus.h"
#include "policy_testing.h"

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct policy_bus *bus;
static struct es_bus_client *client;
static struct es_bus_key *key;
static struct es_arena *arena;
static char calls[160], events[160];

static void begin(unsigned engine)
{
	const struct es_bus_client_options target = { .target = calls, .name = "policy" };
	struct es_bus_client_options options = target;
	uint8_t secret[32] = { 7 };
	struct es_buf error;

	policy_test_open(&test, engine, "policy_bus");
	policy_test_populate(&test);
	engine_of_test = (struct policy_engine){ .store = test.store, .ring = test.ring };
	arena = es_arena_new(0, 1u << 20);
	key = es_bus_key_from(secret);
	assert_true(arena != NULL && key != NULL);
	(void)snprintf(calls, sizeof calls, "ipc:///tmp/policy_bus_test.%d.sock", (int)getpid());
	(void)snprintf(events, sizeof events, "ipc:///tmp/policy_bus_test.%d.events.sock", (int)getpid());
	es_buf_init(&error, 512);
	const struct policy_bus_options served = { calls, events, key, &engine_of_test, "", "" };
	assert_int_equal(policy_bus_start(&served, &bus, &error), ES_OK);
	options.key = key;
	assert_int_equal(es_bus_client_start(&options, &client, &error), ES_OK);
	es_buf_free(&error);
}

static void end(void)
{
	es_bus_client_stop(client);
	policy_bus_stop(bus, 1000);
	bus = NULL;
	es_bus_key_free(key);
	es_arena_free(arena);
	policy_test_close(&test);
}

#define EACH_ENGINE()                                                                                                  \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin(engine), true); once; once = false, end())

/* The client finds its server in its own time: until it is there, calls are refused as unavailable. */
static void *call(uint32_t method, const ProtobufCMessage *request, const ProtobufCMessageDescriptor *type)
{
	int64_t give_up = es_mono_ms() + 30000;
	ProtobufCMessage *reply = NULL;
	es_status status;
	do {
		const struct es_bus_call_options options = { .method = method, .deadline = es_wall_ms() + 10000 };
		status = es_bus_call_wait(client, &options, request, type, arena, &reply);
	} while (status == ES_UNAVAILABLE && es_mono_ms() < give_up);
	if (status != ES_OK)
		fail_msg("%s", es_status_name(status));
	return reply;
}

static const Openes__AdminReply *admin(uint32_t method, const char *action)
{
	Openes__AdminRequest request = OPENES__ADMIN_REQUEST__INIT;
	Openes__Param tenant = OPENES__PARAM__INIT, imsi = OPENES__PARAM__INIT, *params[] = { &tenant, &imsi };
	char credential[] = TEST_TOKEN, tenant_name[] = "tenant", demo[] = "demo", imsi_name[] = "imsi",
		 number[] = TEST_IMSI;

	tenant.name = tenant_name;
	tenant.value = demo;
	imsi.name = imsi_name;
	imsi.value = number;
	request.credential = credential;
	request.action = es_arena_strdup(arena, es_slice_str(action));
	request.params = params;
	request.n_params = 2;
	return call(method, &request.base, &openes__admin_reply__descriptor);
}

static void decisions_and_admissions_cross_the_bus(void **state)
{
	EACH_ENGINE()
	{
		Openes__DecideRequest decide = OPENES__DECIDE_REQUEST__INIT;
		Openes__DeviceRequest device = OPENES__DEVICE_REQUEST__INIT;
		Openes__AdmitRequest admit = OPENES__ADMIT_REQUEST__INIT;
		char tenant[] = "demo", imsi[] = TEST_IMSI;
		decide.request = &device;
		const Openes__DecideReply *decided =
			call(OPENES__BUS_METHOD__POLICY_DECIDE, &decide.base, &openes__decide_reply__descriptor);
		assert_int_equal(decided->outcome, OPENES__DECIDE_REPLY__OUTCOME__AUTHENTICATE);
		assert_string_equal(decided->reason, "token_malformed");
		admit.tenant = tenant;
		admit.imsi = imsi;
		const Openes__AdmitReply *admitted =
			call(OPENES__BUS_METHOD__POLICY_ADMIT, &admit.base, &openes__admit_reply__descriptor);
		assert_int_equal(admitted->outcome, OPENES__ADMIT_REPLY__OUTCOME__ADMITTED);
	}
}

struct bell {
	_Atomic uint64_t heard;
};

static void rung(const char *topic, uint64_t sequence, void *user)
{
	struct bell *bell = user;
	if (sequence > 0 && strcmp(topic, "policy") == 0)
		bell->heard = sequence;
}

static void a_change_rings_and_the_trail_is_marked(void **state)
{
	EACH_ENGINE()
	{
		struct bell bell = { 0 };
		struct es_bus_subscriber *subscriber = NULL;
		struct es_buf error;
		es_buf_init(&error, 512);
		assert_int_equal(es_bus_subscriber_start(events, key, 100, rung, &bell, &subscriber, &error), ES_OK);
		es_buf_free(&error);

		/* A hint may get lost while the subscriber connects, so that the change is made until one arrives. */
		int64_t give_up = es_mono_ms() + 30000;
		while (bell.heard == 0 && es_mono_ms() < give_up) {
			es_arena_reset(arena);
			const Openes__AdminReply *reset = admin(OPENES__BUS_METHOD__POLICY_ADMIN, "subscriber.reset-tokens");
			assert_int_equal(reset->outcome, OPENES__ADMIN_REPLY__OUTCOME__DONE);
			assert_true(reset->audit_id[0] != '\0' && reset->body.len > 0);
		}
		es_bus_subscriber_stop(subscriber);
		assert_true(bell.heard > 0);

		Openes__AdminEndRequest done = OPENES__ADMIN_END_REQUEST__INIT;
		char outcome[] = "done";
		done.audit_id = admin(OPENES__BUS_METHOD__POLICY_ADMIN_BEGIN, "keys.delete")->audit_id;
		done.outcome = outcome;
		(void)call(OPENES__BUS_METHOD__POLICY_ADMIN_END, &done.base, &openes__empty__descriptor);
		assert_int_equal(policy_admin_end(test.store, done.audit_id, "done"), ES_NOT_FOUND); /* it was marked */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decisions_and_admissions_cross_the_bus),
		cmocka_unit_test(a_change_rings_and_the_trail_is_marked),
	};
	es_bus_init();
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
