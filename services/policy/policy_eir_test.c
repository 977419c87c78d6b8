/* policy_eir_test.c -- questions to an EIR of another stack (tests/peers/eir.py): bounds, answers that are kept, an end in the middle. */
#define PEERS_DIR TEST_DIR "/../../tests/peers"
#include "es_fetch_test_kit.h"
#include "policy_eir.h"
#include "policy_testing.h"

#define IMEI "35693803564380"

static struct policy_test test;
static struct policy_eir *eir;
static struct peer peer;
static char file[] = "/tmp/policy_eir_test.XXXXXX";

/* One question, asked and waited for. */
struct asked {
	struct policy_wait wait;
	struct policy_eir_fact fact;
	struct es_arena *arena;
	pthread_mutex_t lock;
	pthread_cond_t came;
	int went_on;
};

static struct es_worker *worker;

static void went_on(void *user)
{
	struct asked *a = user;
	(void)pthread_mutex_lock(&a->lock);
	a->went_on++;
	(void)pthread_cond_signal(&a->came);
	(void)pthread_mutex_unlock(&a->lock);
}

static void gave_up(void *user, es_status status)
{
	(void)status;
	went_on(user);
}

static void begin_asking(struct asked *a, const char *source)
{
	*a = (struct asked){ .fact = { .mode = POLICY_EQUIPMENT_N5G, .tenant = "demo", .source = source },
		                 .lock = PTHREAD_MUTEX_INITIALIZER,
		                 .came = PTHREAD_COND_INITIALIZER };
	a->arena = es_arena_new(0, 4096);
	assert_non_null(a->arena);
	assert_int_equal(policy_imei_parse(ES_SLICE_LIT(IMEI), &a->fact.imei), ES_OK);
	const struct policy_question q = {
		.ask = policy_eir_ask, .asker = eir, .about = POLICY_EIR_QUESTION, .fact = &a->fact
	};
	const struct policy_wait_options options = {
		.worker = worker, .deadline = es_wall_ms() + 20000, .go_on = went_on, .give_up = gave_up, .user = a
	};
	assert_int_equal(policy_wait_question(&a->wait, &q, a->arena), ES_OK);
	policy_wait_start(&a->wait, &options);
}

static uint8_t end_asking(struct asked *a)
{
	(void)pthread_mutex_lock(&a->lock);
	while (a->went_on == 0)
		(void)pthread_cond_wait(&a->came, &a->lock);
	(void)pthread_mutex_unlock(&a->lock);
	assert_int_equal(a->went_on, 1);
	es_arena_free(a->arena);
	return a->fact.told;
}

static uint8_t ask(const char *source)
{
	struct asked a;
	begin_asking(&a, source);
	return end_asking(&a);
}

/* What the peer is told over its own door. */
static void control(const char *path, const char *body)
{
	const struct es_fetcher_options options = { .name = "control" };
	const struct es_fetch_target_options plain = { .name = "control", .plain_http = true };
	static const struct es_fetch_header headers[] = { { "Content-Type", "application/json" } };
	struct es_fetcher *fetcher = NULL;
	struct es_fetch_target *target = NULL;
	struct kept kept = KEPT;
	struct es_buf error;
	char url[128];

	es_buf_init(&error, 512);
	assert_int_equal(es_fetcher_start(&options, &fetcher, &error), ES_OK);
	assert_int_equal(es_fetch_target_new(fetcher, &plain, &target, &error), ES_OK);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", peer.port, path);
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = url,
		                                      .headers = headers,
		                                      .header_count = 1,
		                                      .body = es_slice_str(body),
		                                      .deadline = es_wall_ms() + BOUND_MS };
	assert_int_equal(es_fetch(target, &request, keep, &kept), ES_OK);
	wait_for(&kept, 1);
	assert_int_equal(kept.code, 200);
	es_fetcher_stop(fetcher);
	es_buf_free(&error);
}

static struct policy_equipment_facts facts;

static es_status read_facts(struct es_db_conn *conn, void *user)
{
	struct es_arena *arena = user;
	return policy_row_equipment_facts(conn, "demo", "one", arena, &facts);
}

static uint8_t kept_answer(void)
{
	struct es_arena *arena = es_arena_new(0, 4096);
	facts = (struct policy_equipment_facts){ .vendor = "", .model = "" };
	assert_int_equal(policy_imei_parse(ES_SLICE_LIT(IMEI), &facts.imei), ES_OK);
	assert_int_equal(es_db_read(policy_store_db(test.store), read_facts, arena), ES_OK);
	es_arena_free(arena);
	return facts.answer;
}

static es_status start_with(const char *text, struct es_buf *error)
{
	const struct policy_eir_options options = { .file = file, .auth_target = "", .store = test.store };
	FILE *out = fopen(file, "we");

	assert_non_null(out);
	(void)fputs(text, out);
	(void)fclose(out);
	return policy_eir_start(&options, &eir, error);
}

static int set_up(void **state)
{
	char text[256];
	struct es_buf error;
	(void)state;

	policy_test_open(&test, 0, "policy_eir");
	policy_test_populate(&test);
	worker = es_worker_new("test", 1, 16);
	assert_non_null(worker);
	peer = peer_start("eir.py", NULL);
	int fd = mkstemp(file);
	assert_true(fd >= 0);
	(void)close(fd);
	(void)snprintf(text, sizeof text, "[n5g one]\nurl = http://127.0.0.1:%u\ntimeout = 10s\nin_flight_max = 2\n",
	               peer.port);
	es_buf_init(&error, 512);
	assert_int_equal(start_with(text, &error), ES_OK);
	es_buf_free(&error);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	policy_eir_free(eir);
	eir = NULL;
	es_worker_free(worker);
	peer_stop(&peer);
	policy_test_close(&test);
	(void)unlink(file);
	memcpy(file + sizeof file - 7, "XXXXXX", 6);
	return 0;
}

static void an_answer_comes_and_is_kept(void **state)
{
	(void)state;
	assert_int_equal(kept_answer(), POLICY_EQUIPMENT_NOT_ASKED);
	assert_int_equal(ask("one"), POLICY_EQUIPMENT_UNKNOWN);
	control("/equipment", "{\"" IMEI "\":\"BLACKLISTED\"}");
	assert_int_equal(ask("one"), POLICY_EQUIPMENT_BLOCKED);
	const int64_t give_up = es_mono_ms() + BOUND_MS;
	while (kept_answer() != POLICY_EQUIPMENT_BLOCKED) /* by the writer, beside the decision */
		assert_true(es_mono_ms() < give_up);
	assert_true(facts.answer_ms > 0);
	control("/control", "{\"status\":503}");
	assert_int_equal(ask("one"), POLICY_EQUIPMENT_UNAVAILABLE);
	assert_int_equal(kept_answer(), POLICY_EQUIPMENT_BLOCKED);
	assert_int_equal(ask("two"), POLICY_EQUIPMENT_UNAVAILABLE);
}

static void one_too_many_is_answered_at_once_and_the_rest_at_the_end(void **state)
{
	struct asked first, second;
	(void)state;

	control("/control", "{\"delay\":true}");
	assert_int_equal(policy_eir_waiting_max(eir), 2);
	begin_asking(&first, "one");
	begin_asking(&second, "one");
	assert_int_equal(ask("one"), POLICY_EQUIPMENT_UNAVAILABLE);
	policy_eir_stop(eir);
	assert_int_equal(end_asking(&first), POLICY_EQUIPMENT_UNAVAILABLE);
	assert_int_equal(end_asking(&second), POLICY_EQUIPMENT_UNAVAILABLE);
	assert_int_equal(ask("one"), POLICY_EQUIPMENT_UNAVAILABLE);
}

static void a_section_that_cannot_be_right_stops_the_start(void **state)
{
	static const char *const texts[] = {
		"[n5g one]\nurl = ftp://eir.example\n",
		"[n5g one]\n",
		"[n5g one]\nurl = https://eir.example\ncert_file = /x\n",
		"[n5g one]\nurl = https://eir.example\nca_file = /nowhere/ca.pem\n",
		"[eir one]\nurl = https://eir.example\n",
	};
	(void)state;

	policy_eir_free(eir);
	for (size_t i = 0; i < ES_COUNT(texts); i++) {
		struct es_buf error;
		eir = NULL;
		es_buf_init(&error, 512);
		assert_int_not_equal(start_with(texts[i], &error), ES_OK);
		assert_true(error.len > 0);
		es_buf_free(&error);
	}
	eir = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_comes_and_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_too_many_is_answered_at_once_and_the_rest_at_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_section_that_cannot_be_right_stops_the_start, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
