/* esim_smdp_test.c -- orders to an SM-DP+ by mutual TLS, against tests/peers/smdp: what was done, what was not, and what
 * nobody knows. */
#define PEERS_DIR TEST_DIR "/../../tests/peers"
#include "es_fetch_test_kit.h"

#include "es_crypto.h"
#include "esim_smdp.h"

#define EID "89001012012341234012345678901224"
#define PRINT "AB:CD:EF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc"
#define FINGERPRINT "abcdef00112233445566778899aabbccddeeff00112233445566778899aabbcc"

static struct peer peer;
static char folder[32], file[64], other[64];
static struct esim_smdp *smdp;

static void write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

/* [smdp home] as it should be, and others that lack something. */
static void write_peers(void)
{
	char text[4096];

	(void)snprintf(
		text, sizeof text,
		"[smdp home]\nurl = https://127.0.0.1:%u\nca_file = %s/ca.pem\ncert_file = %s/client.pem\nkey_file = "
		"%s/client.key\nrequester_id = openes.example\nsmdp_address = smdp.example\nsmds_address = sm-ds.example\n"
		"timeout = 20s\nlease = 1s\nin_flight_max = 2\nbreaker_failures = 0\nnotify_certificates = " PRINT "\n"
		"enabled_points = 6,101\n"
		"[bss crm]\nanything = of somebody else\n"
		"[smdp hasty]\nurl = https://127.0.0.1:%u\nca_file = %s/ca.pem\ncert_file = %s/client.pem\nkey_file = "
		"%s/client.key\nrequester_id = openes.example\nsmdp_address = smdp.example\ntimeout = 300ms\n"
		"breaker_failures = 1\nbreaker_open = 10m\n"
		"[smdp bare]\nurl = https://127.0.0.1:%u\nca_file = %s/ca.pem\nrequester_id = openes.example\n"
		"smdp_address = smdp.example\n"
		"[smdp away]\nurl = https://127.0.0.1:1\nrequester_id = openes.example\nsmdp_address = smdp.example\n",
		peer.port, folder, folder, folder, peer.port, folder, folder, folder, peer.port, folder);
	write_file(file, text);
}

static int start(void **state)
{
	const char *const arguments[] = { "--pki", folder, "--stock", "gold=50", "--stock", "rare=0", NULL };
	char command[160], error[512] = "";
	struct es_buf why;

	(void)state;
	es_crypto_init();
	make_pki(folder);
	(void)snprintf(command, sizeof command, "cd %s && cp ca.pem ca.crt && cp server.pem server.crt", folder);
	assert_int_equal(system(command), 0);
	(void)snprintf(file, sizeof file, "%s/peers.conf", folder);
	(void)snprintf(other, sizeof other, "%s/other.conf", folder);
	peer = peer_start("smdp/__main__.py", arguments);
	write_peers();
	es_buf_init_fixed(&why, error, sizeof error - 1);
	if (esim_smdp_start(file, &smdp, &why) != ES_OK)
		fail_msg("%s", error);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	esim_smdp_stop(smdp);
	esim_smdp_free(smdp);
	peer_stop(&peer);
	remove_pki(folder);
	return 0;
}

/* ---- the other side ---- */

static void control(const char *json)
{
	char command[512];

	(void)snprintf(
		command, sizeof command,
		"cd %s && curl -sf -o /dev/null --cacert ca.pem --cert client.pem --key client.key -d '{\"say\":%s}' "
		"https://127.0.0.1:%u/control",
		folder, json, peer.port);
	assert_int_equal(system(command), 0);
}

/* Whether what the other side says of itself has this in it. */
static bool says(const char *part)
{
	char command[512], text[65536];

	(void)snprintf(command, sizeof command,
	               "cd %s && curl -sf --cacert ca.pem --cert client.pem --key client.key https://127.0.0.1:%u/control",
	               folder, peer.port);
	FILE *out = popen(command, "re");
	assert_non_null(out);
	text[fread(text, 1, sizeof text - 1, out)] = '\0';
	assert_int_equal(pclose(out), 0);
	return strstr(text, part) != NULL;
}

/* ---- one request ---- */

struct told {
	pthread_mutex_t lock;
	pthread_cond_t came;
	int count;
	struct esim_heard heard;
};

static void on_told(const struct esim_heard *heard, void *user)
{
	struct told *t = user;

	(void)pthread_mutex_lock(&t->lock);
	t->heard = *heard;
	t->count++;
	(void)pthread_cond_broadcast(&t->came);
	(void)pthread_mutex_unlock(&t->lock);
}

static struct esim_heard ask(const char *name, struct esim_es2_request request)
{
	struct told t = { .lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER };
	struct timespec until;

	request.call_id = request.call_id != NULL ? request.call_id : "call-1";
	assert_true(esim_smdp_enter(smdp, name));
	esim_smdp_send(smdp, name, &request, on_told, &t);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += BOUND_MS / 1000;
	(void)pthread_mutex_lock(&t.lock);
	while (t.count == 0)
		assert_int_equal(pthread_cond_timedwait(&t.came, &t.lock, &until), 0);
	(void)pthread_mutex_unlock(&t.lock);
	return t.heard;
}

#define ORDER                                                                                                          \
	(struct esim_es2_request)                                                                                          \
	{                                                                                                                  \
		.function = ESIM_ES2_DOWNLOAD_ORDER, .profile_type = "gold", .eid = EID                                        \
	}

static void expect(struct esim_heard heard, enum esim_heard_outcome outcome, const char *reason)
{
	if (heard.outcome != outcome || strcmp(heard.reason, reason) != 0)
		fail_msg("%d '%s'", (int)heard.outcome, heard.reason);
}

/* ---- */

static void a_profile_is_ordered_confirmed_released_and_given_back(void **state)
{
	(void)state;
	const struct esim_heard ordered = ask("home", ORDER);
	expect(ordered, ESIM_HEARD_DONE, "");
	const struct esim_heard confirmed = ask("home", (struct esim_es2_request){ .function = ESIM_ES2_CONFIRM_ORDER,
	                                                                           .iccid = ordered.iccid,
	                                                                           .eid = EID,
	                                                                           .matching_id = "A-1",
	                                                                           .confirmation_code = "1234" });
	expect(confirmed, ESIM_HEARD_DONE, "");
	assert_string_equal(confirmed.matching_id, "A-1");
	assert_string_equal(confirmed.smdp_address, "smdp.example");
	assert_string_equal(confirmed.eid, EID);
	const struct esim_es2_request release = { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = ordered.iccid };
	expect(ask("home", release), ESIM_HEARD_DONE, "");
	expect(ask("home", release), ESIM_HEARD_REFUSED, "8.2.1/3.5 ICCID: invalid transition");
	const struct esim_es2_request cancel = {
		.function = ESIM_ES2_CANCEL_ORDER, .iccid = ordered.iccid, .eid = EID, .matching_id = "A-1", .reusable = true
	};
	expect(ask("home", cancel), ESIM_HEARD_DONE, "");
	assert_true(says("\"violations\": []") && says("\"Available\": 50"));
}

static void an_order_whose_answer_was_lost_is_known_when_it_is_asked_again(void **state)
{
	const char *iccid = "8944000000000000498";
	struct esim_es2_request by_iccid = { .function = ESIM_ES2_DOWNLOAD_ORDER, .iccid = iccid, .eid = EID };
	struct esim_es2_request confirm = {
		.function = ESIM_ES2_CONFIRM_ORDER, .iccid = iccid, .eid = EID, .matching_id = "A-2", .release = true
	};

	(void)state;
	control("{\"lose\":true}");
	const struct esim_heard lost = ask("home", by_iccid);
	assert_int_equal(lost.outcome, ESIM_HEARD_LOST);
	control("{}");
	by_iccid.is_repeat = true;
	const struct esim_heard again = ask("home", by_iccid);
	expect(again, ESIM_HEARD_DONE, "8.2.1/3.3 ICCID: already in use");
	assert_string_equal(again.iccid, iccid);

	control("{\"lose\":true,\"function\":\"confirmOrder\"}");
	assert_int_equal(ask("home", confirm).outcome, ESIM_HEARD_LOST);
	control("{}");
	confirm.is_repeat = true;
	expect(ask("home", confirm), ESIM_HEARD_DONE, "8.2.1/3.3 ICCID: already in use");
	assert_true(says("\"wrongs\": []") && says("\"Released\": 1"));
}

static void somebody_elses_iccid_or_matching_id_is_told_as_taken(void **state)
{
	const struct esim_es2_request first = { .function = ESIM_ES2_DOWNLOAD_ORDER, .iccid = "8944000000000000480" };
	struct esim_es2_request confirm = { .function = ESIM_ES2_CONFIRM_ORDER,
		                                .iccid = first.iccid,
		                                .matching_id = "A-2" };

	(void)state;
	expect(ask("home", first), ESIM_HEARD_DONE, "");
	expect(ask("home", first), ESIM_HEARD_TAKEN, "8.2.1/3.3 ICCID: already in use");
	expect(ask("home", confirm), ESIM_HEARD_TAKEN, "8.2.6/3.3 matching id: already in use");
}

static void what_an_http_answer_says_is_told_apart(void **state)
{
	static const struct {
		const char *told;
		enum esim_heard_outcome outcome;
		const char *reason;
	} rows[] = {
		{ "{\"status\":503}", ESIM_HEARD_UNHEARD, "HTTP status 503" },
		{ "{\"status\":429}", ESIM_HEARD_UNHEARD, "HTTP status 429" },
		{ "{\"status\":401}", ESIM_HEARD_UNHEARD, "HTTP status 401" },
		{ "{\"status\":500}", ESIM_HEARD_LOST, "HTTP status 500" },
		{ "{\"status\":404}", ESIM_HEARD_REFUSED, "HTTP status 404" },
		{ "{\"status\":302}", ESIM_HEARD_REFUSED, "HTTP status 302" },
		{ "{\"body\":\"<html>\"}", ESIM_HEARD_LOST, "its answer is no JSON" },
		{ "{\"expired\":true}", ESIM_HEARD_UNHEARD, "expired before it was executed" },
		{ "{\"code\":[\"8.2.5\",\"3.7\"]}", ESIM_HEARD_UNHEARD, "8.2.5/3.7 profile type: unavailable" },
		{ "{\"code\":[\"1.2\",\"4.2\"]}", ESIM_HEARD_LOST, "1.2/4.2 function provider: execution error" },
		{ "{\"warn\":[\"8.9\",\"4.2\"]}", ESIM_HEARD_DONE, "8.9/4.2 SM-DS: execution error" },
		{ "{\"twice\":true}", ESIM_HEARD_DONE, "" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		control(rows[i].told);
		expect(ask("home", ORDER), rows[i].outcome, rows[i].reason);
	}
	control("{}");
	expect(ask("home", (struct esim_es2_request){ .function = ESIM_ES2_DOWNLOAD_ORDER, .profile_type = "rare" }),
	       ESIM_HEARD_REFUSED, "8.2.5/3.9 profile type: unknown");
	expect(ask("home", (struct esim_es2_request){ .function = ESIM_ES2_CANCEL_ORDER }), ESIM_HEARD_REFUSED,
	       "the request cannot be written: no ICCID, or too long");
}

static void a_done_that_has_nothing_to_say_may_say_nothing(void **state)
{
	const struct esim_es2_request release = { .function = ESIM_ES2_RELEASE_PROFILE, .iccid = "8944000000000000480" };

	(void)state;
	control("{\"status\":204}");
	expect(ask("home", release), ESIM_HEARD_DONE, "");
	assert_int_equal(ask("home", ORDER).outcome, ESIM_HEARD_LOST);
	control("{\"body\":\"\"}");
	expect(ask("home", release), ESIM_HEARD_DONE, "");
	assert_int_equal(ask("home", ORDER).outcome, ESIM_HEARD_LOST);
	control("{}");
}

static void nobody_there_is_unheard_and_no_answer_in_time_is_lost(void **state)
{
	(void)state;
	assert_int_equal(ask("away", ORDER).outcome, ESIM_HEARD_UNHEARD);
	expect(ask("none", ORDER), ESIM_HEARD_UNHEARD, "no [smdp] section of that name in the peers file");
	assert_int_not_equal(ask("bare", ORDER).outcome, ESIM_HEARD_DONE); /* it wants a certificate of ours */
	control("{\"hold\":true}");
	expect(ask("hasty", ORDER), ESIM_HEARD_LOST, "no answer in time");
	control("{}");
	assert_false(esim_smdp_enter(smdp, "hasty")); /* one failure, and it is left alone */
}

static void no_more_are_under_way_than_may_be(void **state)
{
	(void)state;
	assert_true(esim_smdp_enter(smdp, "home"));
	assert_true(esim_smdp_enter(smdp, "home"));
	assert_false(esim_smdp_enter(smdp, "home"));
	esim_smdp_leave(smdp, "home");
	assert_true(esim_smdp_enter(smdp, "home"));
	esim_smdp_leave(smdp, "home");
	esim_smdp_leave(smdp, "home");
}

static void its_section_says_what_else_there_is_to_know(void **state)
{
	const struct esim_pace pace = esim_smdp_pace(smdp, "home");

	(void)state;
	assert_int_equal(pace.lease_ms, 21000);
	assert_int_equal(pace.tries_max, 10);
	assert_true(esim_smdp_pace(smdp, "none").tries_max > 0);
	assert_string_equal(esim_smdp_fqdn(smdp, "home"), "smdp.example");
	assert_string_equal(esim_smdp_smds(smdp, "home"), "sm-ds.example");
	assert_string_equal(esim_smdp_fqdn(smdp, "none"), "");
	assert_string_equal(esim_smdp_of_certificate(smdp, FINGERPRINT), "home");
	assert_null(esim_smdp_of_certificate(smdp, ""));
	assert_true(esim_smdp_has_certificate(smdp, "home", FINGERPRINT));
	assert_false(esim_smdp_has_certificate(smdp, "away", FINGERPRINT));
	assert_int_equal(esim_smdp_event(smdp, "home", 6), ESIM_EVENT_ENABLED);
	assert_int_equal(esim_smdp_event(smdp, "away", 6), ESIM_EVENT_OTHER);
	assert_int_equal(esim_smdp_event(smdp, "none", 4), ESIM_EVENT_INSTALLED);
}

static void what_is_wrong_with_the_file_is_said(void **state)
{
	static const struct {
		const char *keys, *fault;
	} rows[] = {
		{ "url = smdp.example\nrequester_id = x\nsmdp_address = a\n", "[smdp x], line 1: url begins with" },
		{ "url = https://a/\nrequester_id = x\nsmdp_address = a\n", "ends with '/'" },
		{ "url = https://a\nsmdp_address = a\n", "requester_id" },
		{ "url = https://a\nrequester_id = x\nsmdp_address = https://a\n", "host names" },
		{ "url = https://a\nrequester_id = x\nsmdp_address = a\nprotocol = v2\n", "protocol begins" },
		{ "url = https://a\nrequester_id = x\nsmdp_address = a\nnotify_certificates = abc\n", "64 hexadecimal" },
		{ "url = https://a\nrequester_id = x\nsmdp_address = a\ndeleted_points = 4\n", "numbers from 5 on" },
		{ "url = https://a\nrequester_id = x\nsmdp_address = a\nretry_first = 1h\n", "retry_first is above" },
		{ "url = https://a\nrequester_id = x\nsmdp_address = a\ncert_file = c\n", "belong together" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct esim_smdp *made = NULL;
		char text[512], said[1024] = "";
		struct es_buf error;

		(void)snprintf(text, sizeof text, "[smdp x]\n%s", rows[i].keys);
		write_file(other, text);
		es_buf_init_fixed(&error, said, sizeof said - 1);
		assert_int_not_equal(esim_smdp_start(other, &made, &error), ES_OK);
		if (strstr(said, rows[i].fault) == NULL)
			fail_msg("'%s' in '%s'", rows[i].fault, said);
	}
}

static bool names_a_file(struct es_slice line)
{
	const struct es_slice key = es_slice_trim(es_slice_cut(&line, '='));

	return es_slice_eq_str(es_slice_sub(key, key.len > 5 ? key.len - 5 : 0, key.len), "_file");
}

/* The section that docs/smdp.md shows, without files that are somewhere else. */
static void the_page_about_it_shows_a_section_that_can_be_used(void **state)
{
	static char page[65536], text[4096], said[1024];
	struct esim_smdp *made = NULL;
	struct es_buf error;

	(void)state;
	FILE *in = fopen(TEST_DIR "/../../docs/smdp.md", "re");
	assert_non_null(in);
	page[fread(page, 1, sizeof page - 1, in)] = '\0';
	assert_int_equal(fclose(in), 0);
	struct es_slice rest = es_slice_str(strstr(page, "[smdp home]"));
	size_t len = 0;
	for (struct es_slice line = es_slice_cut(&rest, '\n'); !es_slice_eq_str(line, "```");
	     line = es_slice_cut(&rest, '\n'))
		if (!names_a_file(line))
			len += (size_t)snprintf(text + len, sizeof text - len, ES_SLICE_FMT "\n", ES_SLICE_ARG(line));
	write_file(other, text);
	es_buf_init_fixed(&error, said, sizeof said - 1);
	if (esim_smdp_start(other, &made, &error) != ES_OK)
		fail_msg("%s", said);
	assert_string_equal(esim_smdp_fqdn(made, "home"), "smdp.example");
	assert_int_equal(esim_smdp_event(made, "home", 102), ESIM_EVENT_DISABLED);
	esim_smdp_stop(made);
	esim_smdp_free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_is_ordered_confirmed_released_and_given_back),
		cmocka_unit_test(an_order_whose_answer_was_lost_is_known_when_it_is_asked_again),
		cmocka_unit_test(somebody_elses_iccid_or_matching_id_is_told_as_taken),
		cmocka_unit_test(what_an_http_answer_says_is_told_apart),
		cmocka_unit_test(a_done_that_has_nothing_to_say_may_say_nothing),
		cmocka_unit_test(nobody_there_is_unheard_and_no_answer_in_time_is_lost),
		cmocka_unit_test(no_more_are_under_way_than_may_be),
		cmocka_unit_test(its_section_says_what_else_there_is_to_know),
		cmocka_unit_test(what_is_wrong_with_the_file_is_said),
		cmocka_unit_test(the_page_about_it_shows_a_section_that_can_be_used),
	};

	return cmocka_run_group_tests_name("esim_smdp", tests, start, stop);
}
