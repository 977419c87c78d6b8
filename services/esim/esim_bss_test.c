/* esim_bss_test.c -- sections of a file, and steps of orders at an order management (tests/peers/esim_bss). */
#define PEERS_DIR TEST_DIR "/../../tests/peers"
#include "es_fetch_test_kit.h"

#include "es_crypto.h"
#include "esim_bss.h"

static struct peer peer;
static struct es_fetcher *fetcher;
static struct es_fetch_target *door;
static struct esim_bss *bss;
static char file[] = "/tmp/esim_bss_test.XXXXXX";

static void write_file(const char *text)
{
	FILE *out = fopen(file, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static int start(void **state)
{
	const struct es_fetcher_options options = { .name = "door" };
	const struct es_fetch_target_options http = { .name = "door", .plain_http = true };
	char room[256];
	struct es_buf error;

	(void)state;
	es_crypto_init();
	es_buf_init_fixed(&error, room, sizeof room);
	(void)close(mkstemp(file));
	peer = peer_start("esim_bss", NULL);
	assert_int_equal(es_fetcher_start(&options, &fetcher, &error), ES_OK);
	assert_int_equal(es_fetch_target_new(fetcher, &http, &door, &error), ES_OK);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	es_fetcher_stop(fetcher);
	peer_stop(&peer);
	return unlink(file);
}

static int open_bss(void **state)
{
	char text[512], room[256];
	struct es_buf error;

	(void)state;
	es_buf_init_fixed(&error, room, sizeof room);
	(void)snprintf(text, sizeof text,
	               "[bss crm]\nurl = http://127.0.0.1:%u\ntimeout = 60s\nin_flight_max = 1\n"
	               "[bss hasty]\nurl = http://127.0.0.1:%u\ntimeout = 2s\nretry_first = 1s\nlease = 10s\n"
	               "[bss away]\nurl = http://127.0.0.1:1\nbreaker_failures = 2\nbreaker_open = 10m\n"
	               "[smdp main]\nurl = https://smdp.example\n",
	               peer.port, peer.port);
	write_file(text);
	assert_int_equal(esim_bss_start(file, &bss, &error), ES_OK);
	return 0;
}

static int close_bss(void **state)
{
	(void)state;
	esim_bss_stop(bss);
	esim_bss_free(bss);
	return 0;
}

/* ---- the double's own door ---- */

static struct kept at_door(const char *path, const char *body)
{
	struct kept k = KEPT;
	char url[128];

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/double/%s", peer.port, path);
	const struct es_fetch_request request = {
		.method = "POST", .url = url, .body = es_slice_str(body), .deadline = es_wall_ms() + BOUND_MS
	};
	assert_int_equal(es_fetch(door, &request, keep, &k), ES_OK);
	wait_for(&k, 1);
	assert_int_equal(k.code, 200);
	return k;
}

static void tell(const char *told)
{
	(void)at_door("tell", told);
}

static int64_t count_of(const char *what)
{
	const struct kept k = at_door("counts", "");
	char name[32];

	(void)snprintf(name, sizeof name, "\"%s\": ", what);
	const char *at = strstr(k.body, name);
	assert_non_null(at);
	return strtoll(at + strlen(name), NULL, 10);
}

/* ---- steps ---- */

struct step {
	struct kept kept;
	struct esim_heard heard;
};

static void on_heard(const struct esim_heard *heard, void *user)
{
	struct step *s = user;

	s->heard = *heard;
	keep(&(struct es_fetch_answer){ .status = ES_OK, .why = "" }, &s->kept);
}

static void begin(struct step *s, const char *section, const char *order, const char *step)
{
	const struct esim_bss_request request = { .step = step,
		                                      .order = order,
		                                      .tenant = "demo",
		                                      .kind = "subscribe",
		                                      .imsi = "001010000000001",
		                                      .service = "DiffNumber",
		                                      .response = strcmp(step, "verify") == 0 ? "4321" : "" };

	*s = (struct step){ .kept = KEPT };
	assert_true(esim_bss_enter(bss, section));
	esim_bss_send(bss, section, &request, on_heard, s);
}

static struct esim_heard ask(const char *section, const char *order, const char *step)
{
	struct step s;

	begin(&s, section, order, step);
	wait_for(&s.kept, 1);
	return s.heard;
}

static void a_step_that_is_asked_again_is_answered_as_before(void **state)
{
	(void)state;
	const int64_t ordered = count_of("ordered"), paid = count_of("paid");
	const struct esim_heard first = ask("crm", "a1", "order"), again = ask("crm", "a1", "order");
	assert_int_equal(first.outcome, ESIM_HEARD_DONE);
	assert_string_equal(first.profile_type, "companion");
	assert_int_equal(strlen(first.imsi), 15);
	assert_string_equal(first.msisdn, again.msisdn);
	assert_int_equal(ask("crm", "a1", "provision").outcome, ESIM_HEARD_DONE);
	assert_int_equal(count_of("ordered"), ordered + 1);
	assert_int_equal(count_of("paid"), paid + 1);
	assert_int_equal(count_of("problems"), 0);
}

static void an_answer_that_was_lost_is_had_by_asking_again(void **state)
{
	(void)state;
	const int64_t paid = count_of("paid");
	tell("{\"step\":\"order\",\"lose\":1}");
	assert_int_equal(ask("crm", "b1", "order").outcome, ESIM_HEARD_LOST);
	assert_int_equal(count_of("paid"), paid + 1);
	const struct esim_heard again = ask("crm", "b1", "order");
	assert_int_equal(again.outcome, ESIM_HEARD_DONE);
	assert_string_equal(again.profile_type, "companion");
	assert_int_equal(count_of("paid"), paid + 1);
	tell("{\"step\":\"order\"}");
}

static void one_that_takes_too_long_may_have_acted(void **state)
{
	(void)state;
	tell("{\"step\":\"order\",\"hold\":true}");
	const struct esim_heard heard = ask("hasty", "c1", "order");
	assert_int_equal(heard.outcome, ESIM_HEARD_LOST);
	assert_string_equal(heard.reason, "no answer in time");
	tell("{\"step\":\"order\"}");
	assert_int_equal(ask("crm", "c1", "order").outcome, ESIM_HEARD_DONE);
	assert_int_equal(count_of("problems"), 0);
}

static void what_is_in_work_there_is_asked_for_again(void **state)
{
	(void)state;
	tell("{\"step\":\"order\",\"pending\":1}");
	const struct esim_heard heard = ask("crm", "d1", "order");
	assert_int_equal(heard.outcome, ESIM_HEARD_PENDING);
	assert_int_equal(heard.retry_after_ms, 1000);
	assert_int_equal(ask("crm", "d1", "order").outcome, ESIM_HEARD_DONE);
	tell("{\"step\":\"order\"}");
}

static void a_refusal_has_its_reason(void **state)
{
	(void)state;
	const struct esim_heard heard = ask("crm", "e1", "verify");
	assert_int_equal(heard.outcome, ESIM_HEARD_REFUSED);
	assert_string_equal(heard.reason, "wrong_input: the double does not do that");
	/* nothing was ordered: nothing is left to be undone */
	assert_int_equal(ask("crm", "e1", "cancel").outcome, ESIM_HEARD_DONE);
	assert_int_equal(ask("crm", "e1", "deprovision").outcome, ESIM_HEARD_DONE);
	tell("{\"step\":\"order\",\"status\":503}");
	assert_int_equal(ask("crm", "e2", "order").outcome, ESIM_HEARD_UNHEARD);
	tell("{\"step\":\"order\"}");
}

static void where_nobody_listens_nothing_was_heard(void **state)
{
	(void)state;
	assert_int_equal(ask("away", "f1", "order").outcome, ESIM_HEARD_UNHEARD);
	const struct esim_heard heard = ask("none", "f1", "order");
	assert_int_equal(heard.outcome, ESIM_HEARD_UNHEARD);
	assert_string_equal(heard.reason, "no section of that name in the peers file");
}

/* So that orders wait, and do not use up their tries. */
static void one_that_fails_is_left_alone_for_a_while(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(ask("away", "f1", "order").outcome, ESIM_HEARD_UNHEARD);
	assert_false(esim_bss_enter(bss, "away"));
	assert_true(esim_bss_enter(bss, "crm"));
	esim_bss_leave(bss, "crm");
}

static void a_section_has_its_room_and_its_pace(void **state)
{
	const struct esim_pace pace = esim_bss_pace(bss, "hasty");

	(void)state;
	assert_int_equal(pace.retry_first_ms, 1000);
	assert_int_equal(pace.lease_ms, 12000);
	assert_true(esim_bss_pace(bss, "none").lease_ms > 0);
	assert_true(esim_bss_enter(bss, "crm"));
	assert_false(esim_bss_enter(bss, "crm"));
	esim_bss_leave(bss, "crm");
	assert_int_equal(ask("crm", "g1", "order").outcome, ESIM_HEARD_DONE);
	assert_true(esim_bss_enter(bss, "crm")); /* its end has made room */
	esim_bss_leave(bss, "crm");
}

static void the_end_answers_all_that_is_under_way(void **state)
{
	struct step s;

	(void)state;
	tell("{\"step\":\"order\",\"hold\":true}");
	begin(&s, "crm", "h1", "order");
	esim_bss_stop(bss);
	assert_int_equal(s.kept.count, 1);
	assert_true(s.heard.outcome == ESIM_HEARD_LOST || s.heard.outcome == ESIM_HEARD_UNHEARD);
	tell("{\"step\":\"order\"}");
}

/* The double sees it: what it counts is worth something. */
static void a_step_of_an_order_that_there_is_not_is_reported(void **state)
{
	(void)state;
	const int64_t problems = count_of("problems");
	assert_int_equal(ask("crm", "p1", "provision").outcome, ESIM_HEARD_REFUSED);
	assert_int_equal(count_of("problems"), problems + 1);
}

static void what_is_wrong_with_the_file_is_named_with_its_section(void **state)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{ "[bss crm]\n", "url" },
		{ "[bss crm]\nurl = crm\n", "[bss crm], line 1: url begins with" },
		{ "[bss crm]\nurl = https://crm\ncert_file = x\n", "belong together" },
		{ "[bss crm]\nurl = https://crm\nretry_first = 10m\n", "retry_first is above retry_max" },
		{ "[bss crm]\nurl = https://crm\nca_file = /nowhere\n", "/nowhere" },
		{ "[bss crm]\nurl = https://crm\ncolour = red\n", "colour" },
		{ "[crm bss]\nurl = https://crm\n", "crm" },
	};
	char room[768];
	struct es_buf error;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		es_buf_init_fixed(&error, room, sizeof room);
		write_file(rows[i].text);
		struct esim_bss *none = NULL;
		assert_int_not_equal(esim_bss_start(file, &none, &error), ES_OK);
		es_put_u8(&error, '\0');
		if (strstr(room, rows[i].fault) == NULL)
			fail_msg("%s is not in: %s", rows[i].fault, room);
	}
}

int main(void)
{
#define WITH_BSS(test) cmocka_unit_test_setup_teardown(test, open_bss, close_bss)
	const struct CMUnitTest tests[] = {
		WITH_BSS(a_step_that_is_asked_again_is_answered_as_before),
		WITH_BSS(an_answer_that_was_lost_is_had_by_asking_again),
		WITH_BSS(one_that_takes_too_long_may_have_acted),
		WITH_BSS(what_is_in_work_there_is_asked_for_again),
		WITH_BSS(a_refusal_has_its_reason),
		WITH_BSS(where_nobody_listens_nothing_was_heard),
		WITH_BSS(one_that_fails_is_left_alone_for_a_while),
		WITH_BSS(a_section_has_its_room_and_its_pace),
		WITH_BSS(the_end_answers_all_that_is_under_way),
		WITH_BSS(a_step_of_an_order_that_there_is_not_is_reported),
		cmocka_unit_test(what_is_wrong_with_the_file_is_named_with_its_section),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
