/* auth_diameter_test.c -- auth's side of proto/diameter.proto, beside an openes-diameter played by this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth_diameter.h"
#include "bus.pb-c.h"
#include "diameter.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"

#define IMSI "001010000000001"

/* What the stub answers, and what it was asked. */
struct stub {
	uint32_t code;
	bool is_experimental, keeps;
	size_t rand_len, xres_len;
	char peer[32], why[32], source[32], imsi[40], name[64], session[32];
	bool is_prime;
	uint8_t auts[16];
	size_t auts_len, packet_len;
	int ends;
	Openes__EquipmentReply__State state;
};

struct fixture {
	char url[64];
	struct es_bus_key *key;
	struct es_bus_server *server;
	struct auth_diameter *diameter;
	struct es_arena *arena;
	struct stub stub;
	sem_t done;
	enum auth_source_answer answer;
	enum auth_relay_verdict verdict;
	enum auth_profile_answer profile;
	enum auth_equipment_answer equipment;
};
static struct fixture *now; /* callbacks have no other way to it */

static uint8_t octets[4096];

static Openes__DiameterResult *result_of(struct stub *stub, Openes__DiameterResult *r)
{
	openes__diameter_result__init(r);
	r->code = stub->code;
	r->is_experimental = stub->is_experimental;
	r->peer = stub->peer;
	r->why = stub->why;
	return r;
}

static ProtobufCBinaryData some(size_t len)
{
	return (ProtobufCBinaryData){ .len = len, .data = octets };
}

static void on_vector(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__DiameterVectorRequest *r = (const void *)message;
	struct stub *stub = user;
	Openes__DiameterVectorReply reply;
	Openes__DiameterResult result;

	(void)snprintf(stub->source, sizeof stub->source, "%s", r->source);
	(void)snprintf(stub->imsi, sizeof stub->imsi, "%s", r->imsi);
	(void)snprintf(stub->name, sizeof stub->name, "%s", r->network_name);
	stub->is_prime = r->is_aka_prime;
	stub->auts_len = r->auts.len;
	openes__diameter_vector_reply__init(&reply);
	reply.result = result_of(stub, &result);
	reply.rand = some(stub->rand_len);
	reply.autn = some(16);
	reply.xres = some(stub->xres_len);
	reply.ck = some(16);
	reply.ik = some(16);
	es_bus_reply(call, &reply.base);
}

static void on_profile(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	struct stub *stub = user;
	Openes__DiameterProfileReply reply;
	Openes__DiameterResult result;
	Openes__CoreProfile profile;
	char number[] = "+491701234567";

	(void)message;
	openes__diameter_profile_reply__init(&reply);
	openes__core_profile__init(&profile);
	reply.result = result_of(stub, &result);
	profile.msisdn = number;
	profile.has_access = profile.access_barred = true;
	if (stub->code == 2001)
		reply.profile = &profile;
	es_bus_reply(call, &reply.base);
}

static void on_equipment(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__EquipmentRequest *r = (const void *)message;
	struct stub *stub = user;
	Openes__DiameterEquipmentReply reply;
	Openes__DiameterResult result;

	(void)snprintf(stub->source, sizeof stub->source, "%s", r->source);
	(void)snprintf(stub->imsi, sizeof stub->imsi, "%s %s", r->imei, r->software);
	openes__diameter_equipment_reply__init(&reply);
	reply.result = result_of(stub, &result);
	reply.state = stub->state;
	es_bus_reply(call, &reply.base);
}

static void on_eap(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__DiameterEapRequest *r = (const void *)message;
	struct stub *stub = user;
	Openes__DiameterEapReply reply;
	Openes__DiameterResult result;
	char session[] = "s;1;2";

	(void)snprintf(stub->source, sizeof stub->source, "%s", r->source);
	(void)snprintf(stub->session, sizeof stub->session, "%s", r->session);
	(void)snprintf(stub->name, sizeof stub->name, "%s", r->nai);
	stub->packet_len = r->packet.len;
	openes__diameter_eap_reply__init(&reply);
	reply.result = result_of(stub, &result);
	reply.session = session;
	reply.destination_host = stub->peer;
	reply.packet = some(40);
	reply.state = some(3);
	reply.keeps_state = stub->keeps;
	es_bus_reply(call, &reply.base);
}

static void on_end(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__DiameterEndRequest *r = (const void *)message;
	struct stub *stub = user;
	Openes__DiameterResult result;

	(void)snprintf(stub->session, sizeof stub->session, "%s", r->session);
	es_bus_reply(call, &result_of(stub, &result)->base);
	sem_post(&now->done);
}

static const struct es_bus_method methods[] = {
	{ OPENES__BUS_METHOD__DIAMETER_VECTOR, &openes__diameter_vector_request__descriptor, on_vector },
	{ OPENES__BUS_METHOD__DIAMETER_PROFILE, &openes__diameter_profile_request__descriptor, on_profile },
	{ OPENES__BUS_METHOD__DIAMETER_EAP, &openes__diameter_eap_request__descriptor, on_eap },
	{ OPENES__BUS_METHOD__DIAMETER_EQUIPMENT, &openes__equipment_request__descriptor, on_equipment },
	{ OPENES__BUS_METHOD__DIAMETER_END, &openes__diameter_end_request__descriptor, on_end },
};

static void start_stub(struct fixture *f)
{
	const struct es_bus_server_options options = { .url = f->url,
		                                           .key = f->key,
		                                           .service = "diameter",
		                                           .methods = methods,
		                                           .method_count = ES_COUNT(methods),
		                                           .user = &f->stub };
	struct es_buf error;

	es_buf_init(&error, 512);
	assert_int_equal(es_bus_server_start(&options, &f->server, &error), ES_OK);
	es_buf_free(&error);
}

static int set_up(void **state)
{
	static const uint8_t secret[32] = { 7 };
	static int number;
	struct fixture *f = calloc(1, sizeof *f);
	struct es_buf error;

	assert_non_null(f);
	now = f;
	(void)snprintf(f->url, sizeof f->url, "ipc:///tmp/auth_diameter_test.%d.%d", (int)getpid(), number++);
	f->key = es_bus_key_from(secret);
	f->arena = es_arena_new(0, 1 << 20);
	sem_init(&f->done, 0, 0);
	es_buf_init(&error, 512);
	assert_int_equal(auth_diameter_new(f->url, f->key, &f->diameter, &error), ES_OK);
	es_buf_free(&error);
	f->stub = (struct stub){ .code = 2001, .rand_len = 16, .xres_len = 8, .peer = "hss1.example.org" };
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	auth_diameter_stop(f->diameter);
	auth_diameter_free(f->diameter);
	if (f->server != NULL)
		es_bus_server_stop(f->server, 1000);
	es_bus_key_free(f->key);
	es_arena_free(f->arena);
	(void)unlink(f->url + strlen("ipc://"));
	free(f);
	return 0;
}

/* ---- asking ---- */

static void on_answer(struct auth_ask *ask, enum auth_source_answer answer)
{
	(void)ask;
	now->answer = answer;
	sem_post(&now->done);
}

static struct auth_ask ask_of(struct fixture *f)
{
	return (struct auth_ask){ .tenant = "demo",
		                      .imsi = IMSI,
		                      .network_name = "WLAN",
		                      .arena = f->arena,
		                      .deadline = es_wall_ms() + 10000,
		                      .done = on_answer };
}

static enum auth_source_answer ask(struct fixture *f, struct auth_ask *question)
{
	struct auth_source source;

	assert_int_equal(auth_diameter_source(f->diameter, "home", &source), ES_OK);
	assert_string_equal(source.kind, "swx");
	source.ask(source.self, question);
	(void)sem_wait(&f->done);
	return f->answer;
}

static const struct timespec moment = { .tv_nsec = 2000000 };

/* The stub is reached a moment after its start. */
static void wait_until_there(struct fixture *f)
{
	start_stub(f);
	for (;;) {
		struct auth_ask first = ask_of(f);
		if (ask(f, &first) != AUTH_SOURCE_AWAY)
			return;
		(void)nanosleep(&moment, NULL);
	}
}

/* ---- tests ---- */

static void a_vector_comes_whole(void **state)
{
	struct fixture *f = *state;

	wait_until_there(f);
	for (size_t i = 0; i < 16; i++)
		octets[i] = (uint8_t)(i + 1);
	struct auth_ask question = ask_of(f);
	question.method = AUTH_AKA_PRIME;
	assert_int_equal(ask(f, &question), AUTH_SOURCE_VECTOR);
	assert_memory_equal(question.vector.rand, octets, 16);
	assert_memory_equal(question.vector.ik, octets, 16);
	assert_int_equal(question.vector.xres_len, 8);
	assert_true(f->stub.is_prime && strcmp(f->stub.name, "WLAN") == 0 && strcmp(f->stub.source, "home") == 0);
	assert_string_equal(f->stub.imsi, IMSI);
	assert_int_equal(f->stub.auts_len, 0);
}

static void a_resynchronisation_takes_rand_and_auts_along(void **state)
{
	struct fixture *f = *state;

	wait_until_there(f);
	struct auth_ask question = ask_of(f);
	question.is_resync = true;
	assert_int_equal(ask(f, &question), AUTH_SOURCE_VECTOR);
	assert_int_equal(f->stub.auts_len, 14);
	assert_string_equal(f->stub.name, "");
	f->stub.code = 5006;
	f->stub.is_experimental = true;
	assert_int_equal(ask(f, &question), AUTH_SOURCE_AUTS_INVALID);
}

static void refusals_and_silence_are_told_apart(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint32_t code;
		bool is_experimental;
		enum auth_source_answer answer;
		const char *why;
	} rows[] = {
		{ 5001, true, AUTH_SOURCE_UNKNOWN, "experimental 5001 from hss1.example.org" },
		{ 5450, true, AUTH_SOURCE_REFUSED, "experimental 5450 from hss1.example.org" },
		{ 3004, false, AUTH_SOURCE_AWAY, "3004 from hss1.example.org" },
		{ 0, false, AUTH_SOURCE_AWAY, "malformed answer" },
	};

	wait_until_there(f);
	(void)snprintf(f->stub.why, sizeof f->stub.why, "malformed answer");
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct auth_ask question = ask_of(f);
		f->stub.code = rows[i].code;
		f->stub.is_experimental = rows[i].is_experimental;
		assert_int_equal(ask(f, &question), rows[i].answer);
		assert_string_equal(question.why, rows[i].why);
	}
}

static void a_success_without_a_right_vector_is_none(void **state)
{
	struct fixture *f = *state;
	struct auth_ask question;

	wait_until_there(f);
	f->stub.rand_len = 15;
	question = ask_of(f);
	assert_int_equal(ask(f, &question), AUTH_SOURCE_AWAY);
	f->stub.rand_len = 16;
	f->stub.xres_len = 17;
	question = ask_of(f);
	assert_int_equal(ask(f, &question), AUTH_SOURCE_AWAY);
}

static void without_the_process_everything_is_away_at_once(void **state)
{
	struct fixture *f = *state;
	struct auth_ask question = ask_of(f);

	assert_int_equal(ask(f, &question), AUTH_SOURCE_AWAY);
	assert_string_equal(question.why, "no Diameter process");
	auth_diameter_stop(f->diameter);
	question = ask_of(f);
	assert_int_equal(ask(f, &question), AUTH_SOURCE_AWAY);
}

static void an_aaa_is_found_by_name_and_gives_no_vectors(void **state)
{
	struct fixture *f = *state;
	struct auth_ask question = ask_of(f);
	struct auth_source source;

	assert_int_equal(auth_diameter_relay_source(f->diameter, "relay", &source), ES_OK);
	assert_string_equal(source.kind, AUTH_RELAY_KIND);
	source.ask(source.self, &question);
	(void)sem_wait(&f->done);
	assert_int_equal(f->answer, AUTH_SOURCE_AWAY);
	assert_true(question.turned_away); /* it was not asked, and does not rest for it */
}

static void on_verdict(struct auth_relay_ask *question, enum auth_relay_verdict verdict)
{
	(void)question;
	now->verdict = verdict;
	sem_post(&now->done);
}

static void a_round_goes_to_the_aaa_and_its_end_as_well(void **state)
{
	struct fixture *f = *state;
	const struct auth_relay relay = auth_diameter_relay(f->diameter);
	struct auth_relay_ask question = { .source = "relay",
		                               .session = "s;0;0",
		                               .destination_host = "aaa.example",
		                               .nai = "0" IMSI "@x",
		                               .packet = es_slice_of(octets, 20),
		                               .arena = f->arena,
		                               .deadline = es_wall_ms() + 10000,
		                               .done = on_verdict };

	wait_until_there(f);
	f->stub.code = 1001;
	relay.ask(relay.self, &question);
	(void)sem_wait(&f->done);
	assert_int_equal(f->verdict, AUTH_RELAY_CHALLENGE);
	assert_int_equal(question.reply.len, 40);
	assert_int_equal(question.next_state.len, 3);
	assert_true(es_slice_eq_str(question.next_session, "s;1;2"));
	assert_true(es_slice_eq_str(question.next_destination_host, "hss1.example.org"));
	assert_int_equal(f->stub.packet_len, 20);
	assert_string_equal(f->stub.session, "s;0;0");
	f->stub.code = 2001;
	f->stub.keeps = true;
	relay.ask(relay.self, &question);
	(void)sem_wait(&f->done);
	assert_int_equal(f->verdict, AUTH_RELAY_ACCEPTED);
	assert_true(question.keeps_state);
	relay.end(relay.self, "relay", "s;1;2", "aaa.example", "0" IMSI "@x");
	(void)sem_wait(&f->done);
	assert_string_equal(f->stub.session, "s;1;2");
}

static void on_known(struct auth_profile_ask *question, enum auth_profile_answer answer)
{
	(void)question;
	now->profile = answer;
	sem_post(&now->done);
}

static void a_profile_is_known_unknown_or_away(void **state)
{
	struct fixture *f = *state;
	struct auth_profile_ask question = {
		.source = "home", .imsi = IMSI, .arena = f->arena, .deadline = es_wall_ms() + 10000, .done = on_known
	};

	wait_until_there(f);
	auth_diameter_profile(f->diameter, &question);
	(void)sem_wait(&f->done);
	assert_int_equal(f->profile, AUTH_PROFILE_KNOWN);
	assert_string_equal(question.msisdn, "+491701234567");
	assert_true(question.has_access && question.access_barred);
	f->stub.code = 5001;
	f->stub.is_experimental = true;
	auth_diameter_profile(f->diameter, &question);
	(void)sem_wait(&f->done);
	assert_int_equal(f->profile, AUTH_PROFILE_UNKNOWN);
	f->stub.code = 3002;
	f->stub.is_experimental = false;
	auth_diameter_profile(f->diameter, &question);
	(void)sem_wait(&f->done);
	assert_int_equal(f->profile, AUTH_PROFILE_AWAY);
	assert_string_equal(question.why, "3002 from hss1.example.org");
}

static void on_equipment_told(struct auth_equipment_ask *question, enum auth_equipment_answer answer)
{
	(void)question;
	now->equipment = answer;
	sem_post(&now->done);
}

static void a_device_is_what_the_eir_says_or_the_eir_is_away(void **state)
{
	static const struct {
		uint32_t code;
		bool is_experimental;
		Openes__EquipmentReply__State state;
		enum auth_equipment_answer answer;
	} rows[] = {
		{ 2001, false, OPENES__EQUIPMENT_REPLY__STATE__ALLOWED, AUTH_EQUIPMENT_ALLOWED },
		{ 2001, false, OPENES__EQUIPMENT_REPLY__STATE__TRACKED, AUTH_EQUIPMENT_TRACKED },
		{ 2001, false, OPENES__EQUIPMENT_REPLY__STATE__BLOCKED, AUTH_EQUIPMENT_BLOCKED },
		{ 2001, false, OPENES__EQUIPMENT_REPLY__STATE__STATE_NONE, AUTH_EQUIPMENT_AWAY },
		{ 5422, true, OPENES__EQUIPMENT_REPLY__STATE__STATE_NONE, AUTH_EQUIPMENT_UNKNOWN },
		{ 5422, false, OPENES__EQUIPMENT_REPLY__STATE__STATE_NONE, AUTH_EQUIPMENT_AWAY },
		{ 3004, false, OPENES__EQUIPMENT_REPLY__STATE__STATE_NONE, AUTH_EQUIPMENT_AWAY },
		{ 0, false, OPENES__EQUIPMENT_REPLY__STATE__STATE_NONE, AUTH_EQUIPMENT_AWAY },
	};
	struct fixture *f = *state;
	struct auth_equipment_ask question = { .source = "devices",
		                                   .imei = "35693803564380",
		                                   .software = "12",
		                                   .arena = f->arena,
		                                   .deadline = es_wall_ms() + 10000,
		                                   .done = on_equipment_told };

	wait_until_there(f);
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		f->stub.code = rows[i].code;
		f->stub.is_experimental = rows[i].is_experimental;
		f->stub.state = rows[i].state;
		auth_diameter_equipment(f->diameter, &question);
		(void)sem_wait(&f->done);
		assert_int_equal(f->equipment, rows[i].answer);
	}
	assert_string_equal(f->stub.source, "devices");
	assert_string_equal(f->stub.imsi, "35693803564380 12");
	auth_diameter_stop(f->diameter);
	auth_diameter_equipment(f->diameter, &question);
	(void)sem_wait(&f->done);
	assert_int_equal(f->equipment, AUTH_EQUIPMENT_AWAY);
	assert_string_equal(question.why, "no Diameter process");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_vector_comes_whole),
		TEST(a_resynchronisation_takes_rand_and_auts_along),
		TEST(refusals_and_silence_are_told_apart),
		TEST(a_success_without_a_right_vector_is_none),
		TEST(without_the_process_everything_is_away_at_once),
		TEST(an_aaa_is_found_by_name_and_gives_no_vectors),
		TEST(a_round_goes_to_the_aaa_and_its_end_as_well),
		TEST(a_profile_is_known_unknown_or_away),
		TEST(a_device_is_what_the_eir_says_or_the_eir_is_away),
	};

	es_bus_init();
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
