/* es_fetch_test.c -- the fetcher against a server that also misbehaves (tests/peers/web.py). */
#define PEERS_DIR TEST_DIR "/../../tests/peers"
#include "es_fetch_test_kit.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static struct es_fetcher *fetcher;
static struct peer plain, tls, mutual, old;
static char pki[32];

static struct es_fetch_target *target_of(struct es_fetch_target_options options)
{
	struct es_fetch_target *target = NULL;
	char storage[256];
	struct es_buf error;

	es_buf_init_fixed(&error, storage, sizeof storage);
	if (options.name == NULL)
		options.name = "test";
	assert_int_equal(es_fetch_target_new(fetcher, &options, &target, &error), ES_OK);
	return target;
}

static const char *file_of(const char *name, char path[64])
{
	(void)snprintf(path, 64, "%s/%s", pki, name);
	return path;
}

static const char *url_of(const struct peer *peer, const char *path, char url[256])
{
	(void)snprintf(url, 256, "%s://127.0.0.1:%u%s", peer == &plain ? "http" : "https", peer->port, path);
	return url;
}

static void ask(struct es_fetch_target *target, const char *url, int64_t timeout_ms, struct kept *k)
{
	int before = k->count;
	const struct es_fetch_request request = { .method = "GET", .url = url, .deadline = es_wall_ms() + timeout_ms };

	assert_int_equal(es_fetch(target, &request, keep, k), ES_OK);
	wait_for(k, before + 1);
}

static int start(void **state)
{
	struct es_fetcher_options options = { .name = "fetch" };
	char storage[256], cert[64], key[64], ca[64];
	struct es_buf error;

	(void)state;
	make_pki(pki);
	(void)file_of("server.pem", cert);
	(void)file_of("server.key", key);
	(void)file_of("ca.pem", ca);
	plain = peer_start("web.py", NULL);
	tls = peer_start("web.py", (const char *const[]){ "--cert", cert, "--key", key, NULL });
	mutual = peer_start("web.py", (const char *const[]){ "--cert", cert, "--key", key, "--client-ca", ca, NULL });
	old = peer_start("web.py", (const char *const[]){ "--cert", cert, "--key", key, "--tls-max", "1.1", NULL });
	es_buf_init_fixed(&error, storage, sizeof storage);
	return es_fetcher_start(&options, &fetcher, &error) == ES_OK ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	es_fetcher_stop(fetcher);
	peer_stop(&plain);
	peer_stop(&tls);
	peer_stop(&mutual);
	peer_stop(&old);
	remove_pki(pki);
	return 0;
}

/* ---- what is sent ---- */

static void test_a_request_says_what_it_was_given_and_nothing_by_itself(void **state)
{
	struct es_fetch_target *target = target_of((struct es_fetch_target_options){ .plain_http = true });
	const struct es_fetch_header headers[] = { { "Content-Type", "application/json" }, { "X-Empty", "" } };
	struct es_trace trace = es_trace_new();
	struct kept k = KEPT;
	char url[256];
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = url_of(&plain, "/echo/a?b=c", url),
		                                      .headers = headers,
		                                      .header_count = 2,
		                                      .body = ES_SLICE_LIT("{\"x\":1}"),
		                                      .deadline = es_wall_ms() + BOUND_MS,
		                                      .trace = &trace,
		                                      .is_secret = true };

	(void)state;
	assert_int_equal(es_fetch(target, &request, keep, &k), ES_OK);
	wait_for(&k, 1);
	assert_int_equal(k.status, ES_OK);
	assert_int_equal(k.code, 200);
	assert_string_equal(k.content_type, "application/json");
	assert_non_null(strstr(k.body, "\"method\": \"POST\""));
	assert_non_null(strstr(k.body, "\"body\": \"{\\\"x\\\":1}\""));
	assert_non_null(strstr(k.body, "\"content-type\": \"application/json\""));
	assert_non_null(strstr(k.body, "\"x-empty\": \"\""));
	assert_non_null(strstr(k.body, "\"traceparent\": \"00-"));
	assert_non_null(strstr(k.body, "\"protocol\": \"1.1\""));
	assert_null(strstr(k.body, "expect"));
	assert_null(strstr(k.body, "upgrade"));
}

static void test_proxies_of_the_environment_are_not_used(void **state)
{
	struct es_fetch_target *target = target_of((struct es_fetch_target_options){ .plain_http = true });
	struct kept k = KEPT;
	char url[256];

	(void)state;
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	ask(target, url_of(&plain, "/echo", url), BOUND_MS, &k);
	assert_int_equal(unsetenv("http_proxy"), 0);
	assert_int_equal(k.code, 200);
}

static void test_only_urls_and_headers_that_may_be_asked_are_taken(void **state)
{
	struct es_fetch_target *secure = target_of((struct es_fetch_target_options){ .plain_http = false });
	struct es_fetch_target *both = target_of((struct es_fetch_target_options){ .plain_http = true });
	static const char *const bad[] = { "",        "ftp://h/",        "file:///etc/passwd", "https://user:secret@h/",
		                               "//h/",    "https://h/a b",   "https://h/\r\nX: y", "gopher://h/",
		                               "https:/", "https://h:99999/" };
	static const struct es_fetch_header wrong[] = { { "A b", "c" }, { "", "c" }, { "A", "b\r\nC: d" }, { "A:", "b" } };
	struct es_fetch_request request = { .method = "GET", .deadline = INT64_MAX };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		request.url = bad[i];
		assert_int_equal(es_fetch(both, &request, keep, NULL), ES_MALFORMED);
	}
	request.url = "http://127.0.0.1/";
	assert_int_equal(es_fetch(secure, &request, keep, NULL), ES_MALFORMED);
	for (size_t i = 0; i < ES_COUNT(wrong); i++) {
		request.headers = &wrong[i];
		request.header_count = 1;
		assert_int_equal(es_fetch(both, &request, keep, NULL), ES_MALFORMED);
	}
	request.header_count = 0;
	request.method = "BREW";
	assert_int_equal(es_fetch(both, &request, keep, NULL), ES_MALFORMED);
}

/* ---- what comes back ---- */

static void test_a_redirect_is_an_answer_like_any_other(void **state)
{
	struct es_fetch_target *target = target_of((struct es_fetch_target_options){ .plain_http = true });
	struct kept k = KEPT;
	char url[256];

	(void)state;
	ask(target, url_of(&plain, "/redirect", url), BOUND_MS, &k);
	assert_int_equal(k.status, ES_OK);
	assert_int_equal(k.code, 302);
}

static void test_retry_after_and_max_age_are_read_in_all_their_forms(void **state)
{
	static const struct {
		const char *path;
		long code;
		int64_t retry_after_s, max_age_s;
	} cases[] = {
		{ "/status/200", 200, -1, -1 },
		{ "/status/503?retry-after=17", 503, 17, -1 },
		{ "/status/429?retry-after=99999999999999999999", 429, 86400, -1 },
		{ "/status/429?retry-after=Thu,%2001%20Jan%201998%2000:00:00%20GMT", 429, 0, -1 },
		{ "/status/429?retry-after=soon", 429, -1, -1 },
		{ "/status/200?cache-control=public,%20MAX-AGE=300", 200, -1, 300 },
		{ "/status/200?cache-control=max-age%3D%2212%22", 200, -1, 12 },
		{ "/status/200?cache-control=max-age=5,no-store", 200, -1, 0 },
		{ "/status/200?cache-control=s-maxage=5", 200, -1, -1 },
	};
	struct es_fetch_target *target = target_of((struct es_fetch_target_options){ .plain_http = true });
	struct kept k = KEPT;
	char url[256];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		ask(target, url_of(&plain, cases[i].path, url), BOUND_MS, &k);
		assert_int_equal(k.code, cases[i].code);
		assert_int_equal(k.retry_after_s, cases[i].retry_after_s);
		assert_int_equal(k.max_age_s, cases[i].max_age_s);
	}
}

static void test_a_peer_that_never_answers_or_trickles_is_left_at_the_deadline(void **state)
{
	static const char *const paths[] = { "/never", "/trickle" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(paths) * 2; i++) {
		struct es_fetch_target *target =
			target_of((struct es_fetch_target_options){ .plain_http = true, .http2_prior_knowledge = i % 2 == 1 });
		struct kept k = KEPT;
		char url[256];
		ask(target, url_of(&plain, paths[i / 2], url), 150, &k);
		assert_int_equal(k.status, ES_TIMEOUT);
		assert_int_equal(k.body_len, 0);
		ask(target, url_of(&plain, "/echo", url), BOUND_MS, &k);
		assert_int_equal(k.code, 200);
	}
}

static void test_an_answer_beyond_its_bound_is_refused(void **state)
{
	static const char *const paths[] = { "/big?n=70000", "/big?n=70000&length=1", "/big?n=3000000", "/headers" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(paths) * 2; i++) {
		struct es_fetch_target *target =
			target_of((struct es_fetch_target_options){ .plain_http = true, .http2_prior_knowledge = i % 2 == 1 });
		struct kept k = KEPT;
		char url[256];
		ask(target, url_of(&plain, paths[i / 2], url), BOUND_MS, &k);
		assert_int_equal(k.status, ES_TOO_LARGE);
		ask(target, url_of(&plain, "/big?n=65000", url), BOUND_MS, &k);
		assert_int_equal(k.status, ES_OK);
		assert_int_equal(k.body_len, 65000);
	}
}

static void test_a_peer_that_is_gone_or_speaks_no_http_is_told_apart(void **state)
{
	struct es_fetch_target *target = target_of((struct es_fetch_target_options){ .plain_http = true });
	struct kept k = KEPT;
	char url[256];

	(void)state;
	ask(target, url_of(&plain, "/cut", url), BOUND_MS, &k);
	assert_int_equal(k.status, ES_UNAVAILABLE);
	ask(target, url_of(&plain, "/garbage", url), BOUND_MS, &k);
	assert_int_equal(k.status, ES_MALFORMED);
	ask(target, "http://127.0.0.1:1/", BOUND_MS, &k);
	assert_int_equal(k.status, ES_UNAVAILABLE);
	assert_true(strlen(k.why) > 0);
}

/* ---- connections ---- */

/* Counts only what went well. */
static void keep_success(const struct es_fetch_answer *answer, void *user)
{
	if (answer->code == 200)
		keep(answer, user);
}

static int connections_in(const struct kept *k)
{
	int count = -1;

	assert_int_equal(k->code, 200);
	assert_int_equal(sscanf(strstr(k->body, "\"connections\""), "\"connections\": %d", &count), 1);
	return count;
}

/* Answered only when all of them are there, so that none has a connection of its own. */
static void gather(struct es_fetch_target *target, const struct peer *peer, bool with_a_connection_before)
{
	struct kept k = KEPT, first = KEPT;
	char url[256];

	if (with_a_connection_before)
		ask(target, url_of(peer, "/echo", url), BOUND_MS, &first);
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = url_of(peer, "/gather/50", url),
		                                      .body = ES_SLICE_LIT("{}"),
		                                      .deadline = es_wall_ms() + BOUND_MS };
	for (int n = 0; n < 50; n++)
		assert_int_equal(es_fetch(target, &request, keep_success, &k), ES_OK);
	wait_for(&k, 50);
	assert_non_null(strstr(k.body, "\"protocol\": \"2\""));
	if (with_a_connection_before)
		assert_int_equal(connections_in(&k), connections_in(&first));
}

static void test_requests_share_one_http2_connection(void **state)
{
	char ca[64];

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct es_fetch_target *target = target_of((struct es_fetch_target_options){ .ca_file = file_of("ca.pem", ca),
		                                                                             .plain_http = true,
		                                                                             .http2_prior_knowledge = true,
		                                                                             .connections_max = 1 });
		gather(target, i % 2 == 0 ? &tls : &plain, i / 2 == 0);
	}
}

static void test_http2_with_prior_knowledge_survives_the_loss_of_its_connection(void **state)
{
	struct es_fetch_target *target = target_of(
		(struct es_fetch_target_options){ .plain_http = true, .http2_prior_knowledge = true, .connections_max = 1 });
	struct kept k = KEPT;
	char url[256];

	(void)state;
	for (int n = 0; n < 5; n++) {
		ask(target, url_of(&plain, "/echo", url), BOUND_MS, &k);
		assert_int_equal(k.code, 200);
		assert_non_null(strstr(k.body, "\"protocol\": \"2\""));
		ask(target, url_of(&plain, "/cut", url), BOUND_MS, &k);
		assert_int_equal(k.status, ES_UNAVAILABLE);
	}
}

/* An answer that is lost on a kept connection would make libcurl ask once more, on a third one. */
static void test_what_may_be_asked_once_is_asked_once(void **state)
{
	struct es_fetch_target *target =
		target_of((struct es_fetch_target_options){ .plain_http = true, .connections_max = 4 });
	struct kept k = KEPT;
	char url[256];

	(void)state;
	ask(target, url_of(&plain, "/echo", url), BOUND_MS, &k);
	int before = connections_in(&k);
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = url_of(&plain, "/silence", url),
		                                      .body = ES_SLICE_LIT("once"),
		                                      .deadline = es_wall_ms() + BOUND_MS,
		                                      .is_once = true };
	struct kept cut = KEPT;
	assert_int_equal(es_fetch(target, &request, keep, &cut), ES_OK);
	wait_for(&cut, 1);
	assert_int_equal(cut.status, ES_UNAVAILABLE);
	ask(target, url_of(&plain, "/echo", url), BOUND_MS, &k);
	assert_int_equal(connections_in(&k) - before, 1);
}

static void test_what_waits_for_another_to_open_a_connection_ends_in_time(void **state)
{
	/* Connections are taken by the kernel and never served, or refused. */
	int deaf = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	struct es_fetch_target *target = target_of(
		(struct es_fetch_target_options){ .plain_http = true, .http2_prior_knowledge = true, .connections_max = 2 });
	struct kept k = KEPT, refused = KEPT;
	char url[64];

	(void)state;
	assert_int_equal(bind(deaf, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(deaf, 8), 0);
	assert_int_equal(getsockname(deaf, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
	const struct es_fetch_request request = { .method = "GET", .url = url, .deadline = es_wall_ms() + 200 };
	for (int n = 0; n < 20; n++)
		assert_int_equal(es_fetch(target, &request, keep, &k), ES_OK);
	wait_for(&k, 20);
	assert_int_equal(k.status, ES_TIMEOUT);
	(void)close(deaf);
	const struct es_fetch_request to_nobody = { .method = "GET", .url = url, .deadline = es_wall_ms() + BOUND_MS };
	for (int n = 0; n < 20; n++)
		assert_int_equal(es_fetch(target, &to_nobody, keep, &refused), ES_OK);
	wait_for(&refused, 20);
	assert_int_equal(refused.status, ES_UNAVAILABLE);
}

static void test_http1_requests_wait_for_a_connection_when_all_are_taken(void **state)
{
	struct es_fetch_target *target =
		target_of((struct es_fetch_target_options){ .plain_http = true, .connections_max = 2 });
	struct kept k = KEPT;
	char url[256];

	(void)state;
	ask(target, url_of(&plain, "/echo", url), BOUND_MS, &k);
	int before = connections_in(&k);
	const struct es_fetch_request request = { .method = "GET", .url = url, .deadline = es_wall_ms() + BOUND_MS };
	for (int n = 0; n < 40; n++)
		assert_int_equal(es_fetch(target, &request, keep_success, &k), ES_OK);
	wait_for(&k, 41);
	ask(target, url, BOUND_MS, &k);
	assert_true(connections_in(&k) - before <= 1);
}

static void test_what_waits_for_a_connection_ends_at_its_deadline_too(void **state)
{
	struct es_fetch_target *target =
		target_of((struct es_fetch_target_options){ .plain_http = true, .connections_max = 1 });
	struct kept k = KEPT;
	char url[256];
	const struct es_fetch_request request = { .method = "GET",
		                                      .url = url_of(&plain, "/never", url),
		                                      .deadline = es_wall_ms() + 300 };

	(void)state;
	for (int n = 0; n < 20; n++)
		assert_int_equal(es_fetch(target, &request, keep, &k), ES_OK);
	wait_for(&k, 20);
	assert_int_equal(k.status, ES_TIMEOUT);
	ask(target, url_of(&plain, "/echo", url), BOUND_MS, &k);
	assert_int_equal(k.code, 200);
}

/* ---- TLS ---- */

static void test_a_certificate_of_another_ca_is_not_taken(void **state)
{
	static const char *const cas[] = { "alien.pem", NULL };
	struct kept k = KEPT;
	char ca[64], url[256];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cas); i++) {
		const char *file = cas[i] == NULL ? NULL : file_of(cas[i], ca);
		struct es_fetch_target *target = target_of((struct es_fetch_target_options){ .ca_file = file });
		ask(target, url_of(&tls, "/echo", url), BOUND_MS, &k);
		assert_int_equal(k.status, ES_UNAVAILABLE);
		assert_non_null(strstr(k.why, "certificate"));
	}
}

static void test_a_certificate_for_another_name_is_not_taken(void **state)
{
	struct kept k = KEPT;
	char ca[64], url[256];
	struct es_fetch_target *target = target_of((struct es_fetch_target_options){ .ca_file = file_of("ca.pem", ca) });

	(void)state;
	(void)snprintf(url, sizeof url, "https://localhost:%u/echo", tls.port);
	ask(target, url, BOUND_MS, &k);
	assert_int_equal(k.status, ES_UNAVAILABLE);
}

static void test_tls_before_1_2_is_not_spoken(void **state)
{
	struct kept k = KEPT;
	char ca[64], url[256];
	struct es_fetch_target *target = target_of((struct es_fetch_target_options){ .ca_file = file_of("ca.pem", ca) });

	(void)state;
	ask(target, url_of(&old, "/echo", url), BOUND_MS, &k);
	assert_int_equal(k.status, ES_UNAVAILABLE);
}

static void test_a_client_certificate_is_shown_where_one_is_configured(void **state)
{
	struct kept k = KEPT;
	char ca[64], cert[64], key[64], url[256];
	struct es_fetch_target *without = target_of((struct es_fetch_target_options){ .ca_file = file_of("ca.pem", ca) });
	struct es_fetch_target *with =
		target_of((struct es_fetch_target_options){ .ca_file = file_of("ca.pem", ca),
	                                                .cert_file = file_of("client.pem", cert),
	                                                .key_file = file_of("client.key", key) });

	(void)state;
	ask(with, url_of(&mutual, "/echo", url), BOUND_MS, &k);
	assert_int_equal(k.code, 200);
	ask(without, url_of(&mutual, "/echo", url), BOUND_MS, &k);
	assert_int_equal(k.status, ES_UNAVAILABLE);
}

static void test_a_file_that_cannot_be_read_is_an_error_at_once(void **state)
{
	struct es_fetch_target *target = NULL;
	char storage[256] = "";
	struct es_buf error;
	const struct es_fetch_target_options options = { .name = "idp", .ca_file = "/nowhere/ca.pem" };

	(void)state;
	es_buf_init_fixed(&error, storage, sizeof storage);
	assert_int_equal(es_fetch_target_new(fetcher, &options, &target, &error), ES_UNAVAILABLE);
	assert_non_null(strstr(storage, "idp: /nowhere/ca.pem"));
}

/* ---- bounds and the end ---- */

static struct es_fetcher *small_fetcher(uint32_t in_flight_max, struct es_fetch_target **target)
{
	const struct es_fetcher_options options = { .name = "small", .in_flight_max = in_flight_max };
	const struct es_fetch_target_options of_target = { .name = "test", .plain_http = true };
	struct es_fetcher *small = NULL;
	char storage[256];
	struct es_buf error;

	es_buf_init_fixed(&error, storage, sizeof storage);
	assert_int_equal(es_fetcher_start(&options, &small, &error), ES_OK);
	assert_int_equal(es_fetch_target_new(small, &of_target, target, &error), ES_OK);
	return small;
}

struct again {
	struct kept kept;
	struct es_fetch_target *target;
	struct es_fetch_request request;
	es_status asked;
};

static void ask_again(const struct es_fetch_answer *answer, void *user)
{
	struct again *a = user;

	a->asked = es_fetch(a->target, &a->request, keep, &a->kept);
	keep(answer, &a->kept);
}

static void test_more_than_its_bound_is_busy_and_stopping_ends_all_under_way(void **state)
{
	struct es_fetch_target *target = NULL;
	struct es_fetcher *small = small_fetcher(3, &target);
	char url[256];
	struct again a = {
		.kept = KEPT,
		.target = target,
		.request = { .method = "GET", .url = url_of(&plain, "/never", url), .deadline = es_wall_ms() + BOUND_MS }
	};

	(void)state;
	for (int n = 0; n < 3; n++)
		assert_int_equal(es_fetch(target, &a.request, ask_again, &a), ES_OK);
	assert_int_equal(es_fetch(target, &a.request, keep, &a.kept), ES_BUSY);
	es_fetcher_stop(small);
	assert_int_equal(a.kept.count, 3);
	assert_int_equal(a.kept.status, ES_UNAVAILABLE);
	assert_int_equal(a.asked, ES_UNAVAILABLE);
}

static void test_a_callback_may_ask_again_in_the_place_it_leaves(void **state)
{
	struct es_fetch_target *target = NULL;
	struct es_fetcher *small = small_fetcher(1, &target);
	char url[256];
	struct again a = {
		.kept = KEPT,
		.target = target,
		.request = { .method = "GET", .url = url_of(&plain, "/echo", url), .deadline = es_wall_ms() + BOUND_MS }
	};

	(void)state;
	assert_int_equal(es_fetch(target, &a.request, ask_again, &a), ES_OK);
	wait_for(&a.kept, 2);
	assert_int_equal(a.asked, ES_OK);
	assert_int_equal(a.kept.code, 200);
	es_fetcher_stop(small);
}

struct crowd {
	struct es_fetch_target *target;
	const char *url;
	struct kept *kept;
};

static void *ask_many(void *user)
{
	struct crowd *c = user;
	const struct es_fetch_request request = { .method = "GET", .url = c->url, .deadline = es_wall_ms() + BOUND_MS };

	for (int i = 0; i < 25; i++) {
		while (es_fetch(c->target, &request, keep_success, c->kept) == ES_BUSY)
			(void)usleep(1000);
	}
	return NULL;
}

static void test_many_threads_ask_at_once(void **state)
{
	struct es_fetch_target *target =
		target_of((struct es_fetch_target_options){ .plain_http = true, .connections_max = 8 });
	struct kept k = KEPT;
	char url[256];
	struct crowd crowd = { .target = target, .url = url_of(&plain, "/echo", url), .kept = &k };
	pthread_t threads[8];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_many, &crowd), 0);
	for (size_t i = 0; i < ES_COUNT(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	wait_for(&k, 25 * (int)ES_COUNT(threads));
	assert_int_equal(k.code, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_request_says_what_it_was_given_and_nothing_by_itself),
		cmocka_unit_test(test_proxies_of_the_environment_are_not_used),
		cmocka_unit_test(test_only_urls_and_headers_that_may_be_asked_are_taken),
		cmocka_unit_test(test_a_redirect_is_an_answer_like_any_other),
		cmocka_unit_test(test_retry_after_and_max_age_are_read_in_all_their_forms),
		cmocka_unit_test(test_a_peer_that_never_answers_or_trickles_is_left_at_the_deadline),
		cmocka_unit_test(test_an_answer_beyond_its_bound_is_refused),
		cmocka_unit_test(test_a_peer_that_is_gone_or_speaks_no_http_is_told_apart),
		cmocka_unit_test(test_requests_share_one_http2_connection),
		cmocka_unit_test(test_http2_with_prior_knowledge_survives_the_loss_of_its_connection),
		cmocka_unit_test(test_what_may_be_asked_once_is_asked_once),
		cmocka_unit_test(test_what_waits_for_another_to_open_a_connection_ends_in_time),
		cmocka_unit_test(test_http1_requests_wait_for_a_connection_when_all_are_taken),
		cmocka_unit_test(test_what_waits_for_a_connection_ends_at_its_deadline_too),
		cmocka_unit_test(test_a_certificate_of_another_ca_is_not_taken),
		cmocka_unit_test(test_a_certificate_for_another_name_is_not_taken),
		cmocka_unit_test(test_tls_before_1_2_is_not_spoken),
		cmocka_unit_test(test_a_client_certificate_is_shown_where_one_is_configured),
		cmocka_unit_test(test_a_file_that_cannot_be_read_is_an_error_at_once),
		cmocka_unit_test(test_more_than_its_bound_is_busy_and_stopping_ends_all_under_way),
		cmocka_unit_test(test_a_callback_may_ask_again_in_the_place_it_leaves),
		cmocka_unit_test(test_many_threads_ask_at_once),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
