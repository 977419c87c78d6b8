/* auth_udm_test.c -- the UDM source against a UDM and NRF of another make (tests/peers/udm.py), over HTTP/2 and TLS. */
#define PEERS_DIR TEST_DIR "/../../tests/peers"
#include "es_fetch_test_kit.h"

#include "auth_udm.h"
#include "es_crypto.h"
#include "es_milenage.h"
#include "es_text.h"

#define IMSI "001010000000001"
#define INSTANCE "4a1b0c4e-3b1f-4c57-9d53-0242ac120002"

/* TS 35.208 set 1, as tests/system/usim.py has it. */
static const uint8_t sim_k[16] = { 0x46, 0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f,
	                               0xaa, 0x5f, 0x0a, 0x2e, 0xe2, 0x38, 0xa6, 0xbc };
static const uint8_t sim_opc[16] = { 0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e,
	                                 0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0, 0x2b, 0xaf };

static struct es_fetcher *fetcher;
static struct es_fetch_target *controls, *mutual_controls;
static struct peer plain, mutual;
static char pki[32], ca[64], cert[64], key[64];

static const char *file_of(const char *name, char path[64])
{
	(void)snprintf(path, 64, "%s/%s", pki, name);
	return path;
}

static int start(void **state)
{
	const struct es_fetcher_options options = { .name = "fetch" };
	char storage[256], server_cert[64], server_key[64];
	struct es_buf error;

	(void)state;
	make_pki(pki);
	(void)file_of("ca.pem", ca);
	(void)file_of("client.pem", cert);
	(void)file_of("client.key", key);
	plain = peer_start("udm.py", NULL);
	mutual = peer_start("udm.py", (const char *const[]){ "--cert", file_of("server.pem", server_cert), "--key",
	                                                     file_of("server.key", server_key), "--client-ca", ca, NULL });
	es_buf_init_fixed(&error, storage, sizeof storage);
	const struct es_fetch_target_options http = { .name = "control", .plain_http = true };
	const struct es_fetch_target_options https = {
		.name = "control", .ca_file = ca, .cert_file = cert, .key_file = key
	};
	return es_fetcher_start(&options, &fetcher, &error) == ES_OK &&
	               es_fetch_target_new(fetcher, &http, &controls, &error) == ES_OK &&
	               es_fetch_target_new(fetcher, &https, &mutual_controls, &error) == ES_OK
	           ? 0
	           : -1;
}

static int stop(void **state)
{
	(void)state;
	es_fetcher_stop(fetcher);
	peer_stop(&plain);
	peer_stop(&mutual);
	remove_pki(pki);
	return 0;
}

/* ---- the UDM's controls ---- */

static void tell(const struct peer *peer, const char *method, const char *path, const char *body, struct kept *k)
{
	char url[128];
	const struct es_fetch_request request = {
		.method = method, .url = url, .body = es_slice_str(body), .deadline = es_wall_ms() + BOUND_MS
	};

	(void)snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", peer == &plain ? "http" : "https", peer->port, path);
	assert_int_equal(es_fetch(peer == &plain ? controls : mutual_controls, &request, keep, k), ES_OK);
	wait_for(k, 1);
	assert_int_equal(k->code, 200);
}

static void control(const char *body)
{
	struct kept k = KEPT;
	tell(&plain, "POST", "/control", body, &k);
}

static int count_in(const char *text, const char *part)
{
	int count = 0;

	for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
		count++;
	return count;
}

/* How often a path that holds `part` was asked for since control(). */
static int seen(const char *part)
{
	struct kept k = KEPT;
	char quoted[64];

	tell(&plain, "GET", "/seen", NULL, &k);
	(void)snprintf(quoted, sizeof quoted, "\"path\": \"%s", part);
	return count_in(k.body, quoted);
}

/* ---- the source ---- */

static struct auth_udm_config config_for(const struct peer *peer, char room[2][96])
{
	bool is_plain = peer == &plain;

	(void)snprintf(room[0], 96, "%s://127.0.0.1:%u", is_plain ? "http" : "https", peer->port);
	(void)snprintf(room[1], 96, "%s://127.0.0.1:%u/oauth2/token", is_plain ? "http" : "https", peer->port);
	return (struct auth_udm_config){ .url = room[0],
		                             .api = "hss",
		                             .ca_file = is_plain ? "" : ca,
		                             .cert_file = is_plain ? "" : cert,
		                             .key_file = is_plain ? "" : key,
		                             .timeout = 30000,
		                             .in_flight_max = 64,
		                             .connections_max = 8,
		                             .nrf_token_url = "",
		                             .nf_instance_id = INSTANCE,
		                             .nf_type = "AUSF",
		                             .scope = "nudm-ueau" };
}

static struct auth_source source_of(const struct auth_udm_config *config)
{
	struct auth_source source = { .name = NULL };
	char storage[256];
	struct es_buf error;

	es_buf_init_fixed(&error, storage, sizeof storage);
	assert_int_equal(auth_udm_new(fetcher, config, "core", &source, &error), ES_OK);
	return source;
}

/* ---- asks ---- */

struct asked {
	struct auth_ask ask;
	struct es_arena *arena;
	pthread_mutex_t lock;
	pthread_cond_t came;
	int count;
	enum auth_source_answer answer;
	char why[256];
};

static void take(struct auth_ask *ask, enum auth_source_answer answer)
{
	struct asked *a = (struct asked *)ask; /* its first member */

	(void)pthread_mutex_lock(&a->lock);
	a->count++;
	a->answer = answer;
	(void)snprintf(a->why, sizeof a->why, "%s", ask->why == NULL ? "" : ask->why);
	(void)pthread_cond_broadcast(&a->came);
	(void)pthread_mutex_unlock(&a->lock);
}

static void begin(struct asked *a, const struct auth_source *source)
{
	a->arena = es_arena_new(0, 65536);
	assert_non_null(a->arena);
	es_arena_set_secret(a->arena);
	a->ask.tenant = "demo";
	if (a->ask.imsi == NULL)
		a->ask.imsi = IMSI;
	a->ask.arena = a->arena;
	if (a->ask.deadline == 0)
		a->ask.deadline = es_wall_ms() + BOUND_MS;
	a->ask.done = take;
	a->count = 0;
	source->ask(source->self, &a->ask);
}

static enum auth_source_answer end(struct asked *a)
{
	(void)pthread_mutex_lock(&a->lock);
	while (a->count == 0)
		(void)pthread_cond_wait(&a->came, &a->lock);
	(void)pthread_mutex_unlock(&a->lock);
	assert_int_equal(a->count, 1);
	assert_true(a->answer != AUTH_SOURCE_AWAY || a->why[0] != '\0');
	es_arena_free(a->arena);
	return a->answer;
}

#define ASKED                                                                                                          \
	{                                                                                                                  \
		.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER                                            \
	}

static enum auth_source_answer ask_plainly(const struct auth_source *source, struct asked *a)
{
	begin(a, source);
	return end(a);
}

/* TS 33.402 A.2, to see what the UDM derived. */
static void prime(const char *name, const uint8_t autn[16], uint8_t ck[16], uint8_t ik[16])
{
	uint8_t both[32], fc = 0x20, lengths[4] = { 0, (uint8_t)strlen(name), 0, 6 }, out[32];
	const struct es_slice parts[] = { { &fc, 1 }, es_slice_str(name), { lengths, 2 }, { autn, 6 }, { lengths + 2, 2 } };

	memcpy(both, ck, 16);
	memcpy(both + 16, ik, 16);
	es_hmac_sha256(es_slice_of(both, 32), parts, ES_COUNT(parts), out);
	memcpy(ck, out, 16);
	memcpy(ik, out + 16, 16);
}

/* That the SIM takes the vector, and the SQN in it. */
static uint64_t check_vector(const struct auth_vector *v, const char *network_name)
{
	struct es_milenage_out f;
	uint8_t sqn[6] = { 0 };
	uint64_t number = 0;

	es_milenage(sim_k, sim_opc, v->rand, sqn, v->autn + 6, &f);
	for (int i = 0; i < 6; i++) {
		sqn[i] = v->autn[i] ^ f.ak[i];
		number = number << 8 | sqn[i];
	}
	es_milenage(sim_k, sim_opc, v->rand, sqn, v->autn + 6, &f);
	assert_memory_equal(f.mac_a, v->autn + 8, 8);
	if (network_name != NULL)
		prime(network_name, v->autn, f.ck, f.ik);
	assert_int_equal(v->xres_len, 8);
	assert_memory_equal(v->xres, f.res, 8);
	assert_memory_equal(v->ck, f.ck, 16);
	assert_memory_equal(v->ik, f.ik, 16);
	return number;
}

static void make_auts(uint64_t sqn_ms, const uint8_t rand[16], uint8_t auts[14])
{
	static const uint8_t zero_amf[2] = { 0 };
	struct es_milenage_out f;
	uint8_t sqn[6];

	for (int i = 0; i < 6; i++)
		sqn[i] = (uint8_t)(sqn_ms >> (40 - 8 * i));
	es_milenage(sim_k, sim_opc, rand, sqn, zero_amf, &f);
	for (int i = 0; i < 6; i++)
		auts[i] = sqn[i] ^ f.ak_s[i];
	memcpy(auts + 6, f.mac_s, 8);
}

/* ---- tests ---- */

static void test_vectors_of_both_methods_come_over_http2(void **state)
{
	static const struct {
		const char *api;
		enum auth_method method;
		const char *name;
	} cases[] = { { "hss", AUTH_AKA, NULL }, { "hss", AUTH_AKA_PRIME, "WLAN" }, { "ausf", AUTH_AKA_PRIME, "5G:NSWO" } };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases) * 2; i++) {
		size_t n = i / 2;
		char room[2][96];
		struct auth_udm_config config = config_for(i % 2 == 0 ? &plain : &mutual, room);
		config.api = cases[n].api;
		struct auth_source source = source_of(&config);
		struct asked a = ASKED;
		struct kept k = KEPT;
		a.ask.method = cases[n].method;
		a.ask.network_name = cases[n].name;
		tell(i % 2 == 0 ? &plain : &mutual, "POST", "/control", "{}", &k);
		assert_string_equal(source.kind, "udm");
		assert_string_equal(source.name, "core");
		assert_int_equal(ask_plainly(&source, &a), AUTH_SOURCE_VECTOR);
		(void)check_vector(&a.ask.vector, cases[n].name);
		struct kept what = KEPT;
		tell(i % 2 == 0 ? &plain : &mutual, "GET", "/seen", NULL, &what);
		assert_non_null(strstr(what.body, "\"protocol\": \"2\""));
		auth_udm_free(&source);
	}
}

static void test_a_resynchronisation_moves_the_numbers_and_a_wrong_mac_s_is_told(void **state)
{
	char room[2][96];
	struct auth_udm_config config = config_for(&plain, room);
	struct auth_source source = source_of(&config);
	struct asked first = ASKED, resync = ASKED, wrong = ASKED;
	const uint64_t sqn_ms = UINT64_C(0x100000020);

	(void)state;
	control("{}");
	assert_int_equal(ask_plainly(&source, &first), AUTH_SOURCE_VECTOR);
	assert_true(check_vector(&first.ask.vector, NULL) < sqn_ms);
	resync.ask.is_resync = true;
	memcpy(resync.ask.rand, first.ask.vector.rand, 16);
	make_auts(sqn_ms, resync.ask.rand, resync.ask.auts);
	assert_int_equal(ask_plainly(&source, &resync), AUTH_SOURCE_VECTOR);
	assert_true(check_vector(&resync.ask.vector, NULL) > sqn_ms);
	wrong.ask = resync.ask;
	wrong.ask.deadline = 0;
	wrong.ask.auts[13] ^= 1;
	assert_int_equal(ask_plainly(&source, &wrong), AUTH_SOURCE_AUTS_INVALID);
	auth_udm_free(&source);
}

static void test_what_the_udm_says_of_a_subscriber_is_told_from_its_being_away(void **state)
{
	static const struct {
		const char *control;
		enum auth_source_answer answer;
		const char *why;
	} cases[] = {
		{ "{\"status\":404,\"cause\":\"USER_NOT_FOUND\"}", AUTH_SOURCE_UNKNOWN, "404 USER_NOT_FOUND" },
		{ "{\"status\":403,\"cause\":\"AUTHENTICATION_REJECTED\"}", AUTH_SOURCE_REFUSED, "403" },
		{ "{\"status\":403,\"cause\":\"SERVING_NETWORK_NOT_AUTHORIZED\"}", AUTH_SOURCE_REFUSED, "403" },
		{ "{\"status\":501,\"cause\":\"UNSUPPORTED_PROTECTION_SCHEME\"}", AUTH_SOURCE_AWAY, "501 UNSUPPORTED" },
		{ "{\"status\":500,\"cause\":\"SYSTEM_FAILURE\"}", AUTH_SOURCE_AWAY, "500 SYSTEM_FAILURE" },
		{ "{\"status\":429}", AUTH_SOURCE_AWAY, "429" },
		{ "{\"status\":401}", AUTH_SOURCE_AWAY, "401" },
		{ "{\"status\":302}", AUTH_SOURCE_AWAY, "302" },
		{ "{\"body\":\"<html>\"}", AUTH_SOURCE_AWAY, "JSON" },
		{ "{\"patch\":{\"xres\":\"00\"}}", AUTH_SOURCE_AWAY, "length" },
		{ "{\"patch\":{\"ck\":\"00\"}}", AUTH_SOURCE_AWAY, "length" },
		{ "{\"patch\":{\"avType\":\"IMS_AKA\"}}", AUTH_SOURCE_AWAY, "kind" },
	};
	char room[2][96];
	struct auth_udm_config config = config_for(&plain, room);
	struct auth_source source = source_of(&config);

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct asked a = ASKED;
		control(cases[i].control);
		assert_int_equal(ask_plainly(&source, &a), cases[i].answer);
		if (strstr(a.why, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].control, a.why);
		assert_int_equal(a.ask.vector.xres_len, 0);
	}
	struct asked nobody = ASKED;
	nobody.ask.imsi = "001019999999999";
	control("{}");
	assert_int_equal(ask_plainly(&source, &nobody), AUTH_SOURCE_UNKNOWN);
	auth_udm_free(&source);
}

static void test_a_udm_that_chose_another_method_gives_no_vector(void **state)
{
	char room[2][96];
	struct auth_udm_config config = config_for(&plain, room);
	struct asked a = ASKED, aka = ASKED;

	(void)state;
	config.api = "ausf";
	struct auth_source source = source_of(&config);
	control("{\"auth_type\":\"5G_AKA\"}");
	a.ask.method = AUTH_AKA_PRIME;
	a.ask.network_name = "5G:NSWO";
	assert_int_equal(ask_plainly(&source, &a), AUTH_SOURCE_AWAY);
	assert_non_null(strstr(a.why, "another method"));
	assert_int_equal(ask_plainly(&source, &aka), AUTH_SOURCE_AWAY);
	assert_int_equal(seen("/nudm-ueau"), 1);
	auth_udm_free(&source);
}

static void test_a_udm_that_is_slow_or_gone_is_away_at_the_deadline(void **state)
{
	char room[2][96];
	struct auth_udm_config config = config_for(&plain, room);
	struct auth_source source = source_of(&config);
	struct asked slow = ASKED, gone = ASKED, impatient = ASKED;

	(void)state;
	control("{\"delay\":true}");
	slow.ask.deadline = es_wall_ms() + 100;
	assert_int_equal(ask_plainly(&source, &slow), AUTH_SOURCE_AWAY);
	assert_string_equal(slow.why, "timeout");
	auth_udm_free(&source);
	config.timeout = 100;
	source = source_of(&config);
	assert_int_equal(ask_plainly(&source, &impatient), AUTH_SOURCE_AWAY);
	assert_string_equal(impatient.why, "timeout");
	auth_udm_free(&source);
	config = config_for(&plain, room);
	config.url = "http://127.0.0.1:1";
	source = source_of(&config);
	assert_int_equal(ask_plainly(&source, &gone), AUTH_SOURCE_AWAY);
	auth_udm_free(&source);
}

static struct es_fetcher *another_fetcher(void)
{
	const struct es_fetcher_options options = { .name = "short" };
	struct es_fetcher *other = NULL;
	char storage[256];
	struct es_buf error;

	es_buf_init_fixed(&error, storage, sizeof storage);
	assert_int_equal(es_fetcher_start(&options, &other, &error), ES_OK);
	return other;
}

static void test_no_more_than_its_bound_are_under_way_and_stopping_the_fetcher_ends_them(void **state)
{
	char room[2][96];
	struct auth_udm_config config = config_for(&plain, room);
	struct asked waiting[3] = { ASKED, ASKED, ASKED }, one_more = ASKED;
	struct es_fetcher *shared = fetcher;

	(void)state;
	control("{\"delay\":true}");
	fetcher = another_fetcher();
	config.in_flight_max = 3;
	struct auth_source source = source_of(&config);
	for (size_t i = 0; i < 3; i++)
		begin(&waiting[i], &source);
	assert_int_equal(ask_plainly(&source, &one_more), AUTH_SOURCE_AWAY);
	assert_non_null(strstr(one_more.why, "too many"));
	es_fetcher_stop(fetcher);
	fetcher = shared;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(end(&waiting[i]), AUTH_SOURCE_AWAY);
	auth_udm_free(&source);
}

static void test_a_udm_that_says_retry_after_is_left_alone(void **state)
{
	char room[2][96];
	struct auth_udm_config config = config_for(&plain, room);
	struct auth_source source = source_of(&config);
	struct asked first = ASKED, second = ASKED;

	(void)state;
	control("{\"status\":503,\"retry_after\":3600}");
	assert_int_equal(ask_plainly(&source, &first), AUTH_SOURCE_AWAY);
	assert_int_equal(ask_plainly(&source, &second), AUTH_SOURCE_AWAY);
	assert_non_null(strstr(second.why, "left alone"));
	assert_int_equal(seen("/nudm-ueau"), 1);
	auth_udm_free(&source);
}

/* ---- tokens ---- */

static void test_one_token_serves_many_and_is_replaced_when_the_udm_does_not_take_it(void **state)
{
	char room[2][96];
	struct auth_udm_config config = config_for(&plain, room);
	struct asked many[10], again = ASKED;

	(void)state;
	config.nrf_token_url = room[1];
	struct auth_source source = source_of(&config);
	control("{\"token_required\":true}");
	for (size_t i = 0; i < ES_COUNT(many); i++) {
		many[i] = (struct asked)ASKED;
		begin(&many[i], &source);
	}
	for (size_t i = 0; i < ES_COUNT(many); i++)
		assert_int_equal(end(&many[i]), AUTH_SOURCE_VECTOR);
	assert_int_equal(seen("/oauth2/token"), 1);
	control("{\"token_required\":true,\"forget_tokens\":true}");
	assert_int_equal(ask_plainly(&source, &again), AUTH_SOURCE_VECTOR);
	assert_int_equal(seen("/oauth2/token"), 1);
	assert_int_equal(seen("/nudm-ueau"), 2);
	auth_udm_free(&source);
}

static void test_without_a_token_from_the_nrf_the_udm_is_not_asked(void **state)
{
	static const char *const ways[] = { "{\"nrf_status\":400}", "{\"nrf_status\":500}", "{\"nrf_status\":200}" };
	char room[2][96];
	struct auth_udm_config config = config_for(&plain, room);

	(void)state;
	config.nrf_token_url = room[1];
	for (size_t i = 0; i < ES_COUNT(ways); i++) {
		struct auth_source source = source_of(&config);
		struct asked a = ASKED;
		control(ways[i]);
		assert_int_equal(ask_plainly(&source, &a), AUTH_SOURCE_AWAY);
		assert_non_null(strstr(a.why, "NRF"));
		assert_int_equal(seen("/nudm-ueau"), 0);
		auth_udm_free(&source);
	}
}

static void test_a_token_that_is_never_taken_ends_after_one_more_try(void **state)
{
	char room[2][96];
	struct auth_udm_config config = config_for(&plain, room);
	struct asked a = ASKED;

	(void)state;
	config.nrf_token_url = room[1];
	struct auth_source source = source_of(&config);
	control("{\"status\":401}");
	assert_int_equal(ask_plainly(&source, &a), AUTH_SOURCE_AWAY);
	assert_int_equal(seen("/nudm-ueau"), 2);
	assert_int_equal(seen("/oauth2/token"), 2);
	auth_udm_free(&source);
}

static void test_a_token_comes_over_mutual_tls_too(void **state)
{
	char room[2][96];
	struct auth_udm_config config = config_for(&mutual, room);
	struct asked a = ASKED;
	struct kept k = KEPT;

	(void)state;
	config.nrf_token_url = room[1];
	struct auth_source source = source_of(&config);
	tell(&mutual, "POST", "/control", "{\"token_required\":true,\"expires_in\":null}", &k);
	assert_int_equal(ask_plainly(&source, &a), AUTH_SOURCE_VECTOR);
	auth_udm_free(&source);
}

/* ---- the section ---- */

static void test_a_section_that_cannot_work_says_why_at_start(void **state)
{
	char room[2][96];
	const struct {
		const char *url, *api, *cert_file, *ca_file, *nrf_token_url, *nf_instance_id, *why;
	} cases[] = {
		{ "udm.example", "hss", "", "", "", "", "url must" },
		{ "https://udm", "smf", "", "", "", "", "api must" },
		{ "https://udm", "hss", "x.pem", "", "", "", "belong together" },
		{ "https://udm", "hss", "", "/nowhere/ca.pem", "", "", "/nowhere/ca.pem" },
		{ "https://udm", "hss", "", "", "nrf/oauth2/token", INSTANCE, "nrf_token_url must" },
		{ "https://udm", "hss", "", "", "https://nrf/oauth2/token", "me", "UUID" },
		{ "https://udm", "ausf", "", "", "", "", "UUID" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct auth_udm_config config = config_for(&plain, room);
		struct auth_source source = { .name = NULL };
		char storage[256] = "";
		struct es_buf error;
		config.url = cases[i].url;
		config.api = cases[i].api;
		config.cert_file = cases[i].cert_file;
		config.ca_file = cases[i].ca_file;
		config.nrf_token_url = cases[i].nrf_token_url;
		config.nf_instance_id = cases[i].nf_instance_id;
		es_buf_init_fixed(&error, storage, sizeof storage - 1);
		assert_int_not_equal(auth_udm_new(fetcher, &config, "core", &source, &error), ES_OK);
		if (strstr(storage, cases[i].why) == NULL)
			fail_msg("%s", storage);
	}
}

static void test_stopping_the_fetcher_ends_what_waits_for_a_token(void **state)
{
	char room[2][96];
	struct auth_udm_config config = config_for(&plain, room);
	struct es_fetcher *shared = fetcher;
	struct asked a = ASKED;

	(void)state;
	control("{\"delay\":true}");
	fetcher = another_fetcher();
	config.nrf_token_url = room[1];
	struct auth_source source = source_of(&config);
	begin(&a, &source);
	es_fetcher_stop(fetcher);
	fetcher = shared;
	assert_int_equal(end(&a), AUTH_SOURCE_AWAY);
	auth_udm_free(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors_of_both_methods_come_over_http2),
		cmocka_unit_test(test_a_resynchronisation_moves_the_numbers_and_a_wrong_mac_s_is_told),
		cmocka_unit_test(test_what_the_udm_says_of_a_subscriber_is_told_from_its_being_away),
		cmocka_unit_test(test_a_udm_that_chose_another_method_gives_no_vector),
		cmocka_unit_test(test_a_udm_that_is_slow_or_gone_is_away_at_the_deadline),
		cmocka_unit_test(test_no_more_than_its_bound_are_under_way_and_stopping_the_fetcher_ends_them),
		cmocka_unit_test(test_a_udm_that_says_retry_after_is_left_alone),
		cmocka_unit_test(test_one_token_serves_many_and_is_replaced_when_the_udm_does_not_take_it),
		cmocka_unit_test(test_without_a_token_from_the_nrf_the_udm_is_not_asked),
		cmocka_unit_test(test_a_token_that_is_never_taken_ends_after_one_more_try),
		cmocka_unit_test(test_a_token_comes_over_mutual_tls_too),
		cmocka_unit_test(test_a_section_that_cannot_work_says_why_at_start),
		cmocka_unit_test(test_stopping_the_fetcher_ends_what_waits_for_a_token),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
