/* esim_process_test.c -- ESIM_OPERATE over a real bus: the document's nodes, and the device noted beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "esim.pb-c.h"
#include "esim_process.h"
#include "esim_store.h"

static unsigned engine;

struct place {
	struct es_db_testing db;
	char dir[64], url[96], rings_url[96], keys[96];
	char policy_url[96], events_url[96]; /* policy is away all the time */
	struct es_bus_key *key;
	struct esim_process *process;
	struct es_bus_client *client;
	struct es_arena *arena;
};

static int set_up(void **state)
{
	static const uint8_t secret[32] = { 1 };
	struct place *place = calloc(1, sizeof *place);
	char text[512] = "";
	struct es_buf error;

	assert_non_null(place);
	es_db_testing_begin(&place->db, engine, "esim_process_test");
	(void)snprintf(place->dir, sizeof place->dir, "/tmp/esim-test.XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	(void)snprintf(place->url, sizeof place->url, "ipc://%s/esim.sock", place->dir);
	(void)snprintf(place->policy_url, sizeof place->policy_url, "ipc://%s/policy.sock", place->dir);
	(void)snprintf(place->events_url, sizeof place->events_url, "ipc://%s/events.sock", place->dir);
	(void)snprintf(place->rings_url, sizeof place->rings_url, "ipc://%s/rings.sock", place->dir);
	(void)snprintf(place->keys, sizeof place->keys, "%s/profile.keys", place->dir);
	FILE *keys = fopen(place->keys, "w");
	assert_non_null(keys);
	assert_int_equal(fchmod(fileno(keys), 0600), 0);
	(void)fprintf(keys, "1 %064d\n", 7);
	(void)fclose(keys);
	place->key = es_bus_key_from(secret);
	place->arena = es_arena_new(0, 1024 * 1024);
	const struct esim_config config = { .bus_listen = place->url,
		                                .events_listen = place->rings_url,
		                                .db = place->db.url,
		                                .profile_keys_file = place->keys,
		                                .peers_file = "",
		                                .calls_max = 64,
		                                .policy_target = place->policy_url,
		                                .policy_events = place->events_url,
		                                .events_poll = 10000 };
	const struct es_bus_client_options client = { .target = place->url, .name = "esim", .key = place->key };
	es_buf_init_fixed(&error, text, sizeof text - 1);
	if (esim_process_start(&config, place->key, &place->process, &error) != ES_OK)
		fail_msg("%s", text);
	assert_true(esim_process_is_ready(place->process));
	assert_int_equal(es_bus_client_start(&client, &place->client, &error), ES_OK);
	while (!es_bus_client_is_ready(place->client))
		(void)usleep(1000);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char path[96];

	es_bus_client_stop(place->client);
	esim_process_stop(place->process, 1000);
	es_bus_key_free(place->key);
	es_arena_free(place->arena);
	(void)snprintf(path, sizeof path, "%s/esim.sock", place->dir);
	(void)unlink(path);
	(void)unlink(place->keys);
	(void)rmdir(place->dir);
	es_db_testing_end(&place->db);
	free(place);
	return 0;
}

#define EID "89049032000000000000000000000066"

/* Alice's phone asks for her watch. NULL when esim refused. */
static const Openes__OperateReply *ask(struct place *place, const char *app, const char *operation, const char *imsi)
{
	Openes__OperateRequest m;
	Openes__Subject subject;
	Openes__DeviceRequest device;
	Openes__EsimFacts facts;
	Openes__Param params[2];
	Openes__Param *pointers[] = { &params[0], &params[1] };
	char *services[] = { es_arena_strdup(place->arena, ES_SLICE_LIT("SharedNumber")) };
	const struct es_bus_call_options options = { .method = OPENES__BUS_METHOD__ESIM_OPERATE,
		                                         .deadline = es_wall_ms() + 20000 };
	ProtobufCMessage *reply = NULL;

	openes__operate_request__init(&m);
	openes__subject__init(&subject);
	openes__device_request__init(&device);
	openes__esim_facts__init(&facts);
	openes__param__init(&params[0]);
	openes__param__init(&params[1]);
	params[0].name = es_arena_strdup(place->arena, ES_SLICE_LIT("companion_terminal_id"));
	params[0].value = es_arena_strdup(place->arena, ES_SLICE_LIT("watch-1"));
	params[1].name = es_arena_strdup(place->arena, ES_SLICE_LIT("companion_terminal_eid"));
	params[1].value = es_arena_strdup(place->arena, ES_SLICE_LIT(EID));
	device.params = pointers;
	device.n_params = ES_COUNT(pointers);
	device.operation = es_arena_strdup(place->arena, es_slice_str(operation));
	subject.tenant = es_arena_strdup(place->arena, ES_SLICE_LIT("demo"));
	subject.imsi = es_arena_strdup(place->arena, es_slice_str(imsi));
	subject.terminal_id = es_arena_strdup(place->arena, ES_SLICE_LIT("imei-1"));
	facts.companion_allowed = 1;
	facts.companion_services = services;
	facts.n_companion_services = ES_COUNT(services);
	m.subject = &subject;
	m.request = &device;
	m.facts = &facts;
	m.app = es_arena_strdup(place->arena, es_slice_str(app));
	if (es_bus_call_wait(place->client, &options, &m.base, &openes__operate_reply__descriptor, place->arena, &reply) !=
	    ES_OK)
		return NULL;
	return (const Openes__OperateReply *)reply;
}

static void the_answer_has_the_result_first_then_the_eligibility(void **state)
{
	static const struct {
		const char *name, *value;
	} expected[] = { { "OperationResult", "1" },
		             { "CompanionAppEligibility", "1" },
		             { "CompanionDeviceServices", "SharedNumber" } };
	const Openes__OperateReply *reply = ask(*state, "ap2006", "CheckEligibility", "001010000000001");

	assert_non_null(reply);
	assert_int_equal(reply->outcome, OPENES__OPERATE_REPLY__OUTCOME__ANSWERED);
	assert_string_equal(reply->answer->app, "ap2006");
	assert_int_equal(reply->answer->n_nodes, ES_COUNT(expected));
	for (size_t i = 0; i < ES_COUNT(expected); i++) {
		assert_true(reply->answer->nodes[i]->is_parm);
		assert_string_equal(reply->answer->nodes[i]->name, expected[i].name);
		assert_string_equal(reply->answer->nodes[i]->value, expected[i].value);
	}
}

static void no_operation_is_answered_with_no_nodes_and_what_is_nobodys_not_at_all(void **state)
{
	const Openes__OperateReply *reply = ask(*state, "ap2009", "", "001010000000001");

	assert_non_null(reply);
	assert_int_equal(reply->outcome, OPENES__OPERATE_REPLY__OUTCOME__ANSWERED);
	assert_string_equal(reply->answer->app, "ap2009");
	assert_int_equal(reply->answer->n_nodes, 0);
	assert_null(ask(*state, "ap2004", "CheckEligibility", "001010000000001")); /* not an application of esim */
	assert_null(ask(*state, "ap2006", "CheckEligibility", "nobody"));
}

static es_status find_watch(struct es_db_conn *conn, void *user)
{
	const struct esim_device watch = { ES_SLICE_LIT("demo"), ES_SLICE_LIT("001010000000001"), ES_SLICE_LIT("imei-1"),
		                               ES_SLICE_LIT("watch-1"), ES_SLICE_LIT(EID) };
	int64_t count = 0;

	return esim_store_device(conn, &watch, &count, user);
}

static void the_device_is_noted(void **state)
{
	struct place *place = *state;
	struct es_db *db = NULL;
	struct es_buf error;
	int64_t last_seen = 0;

	assert_non_null(ask(place, "ap2006", "CheckEligibility", "001010000000001"));
	esim_process_stop(place->process, 1000); /* writes what is queued */
	place->process = NULL;
	es_buf_init(&error, 512);
	assert_int_equal(esim_store_open(place->db.url, &db, &error), ES_OK);
	assert_int_equal(es_db_read(db, find_watch, &last_seen), ES_OK);
	assert_true(last_seen > 0);
	es_db_close(db);
	es_buf_free(&error);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_answer_has_the_result_first_then_the_eligibility),
		TEST(no_operation_is_answered_with_no_nodes_and_what_is_nobodys_not_at_all),
		TEST(the_device_is_noted),
	};
	int failed = 0;

	es_bus_init();
	es_crypto_init();
	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
