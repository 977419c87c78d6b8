/* es_http_test.c -- limits, connections and stopping of the HTTP server, over plain sockets. */
#include <sys/time.h>

#include "es_http_test_kit.h"

/* ---- limits ---- */

static void a_body_past_the_limit_is_413_however_it_is_framed(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1, .body_max = 8 });
	static const struct {
		struct es_slice request;
		unsigned status;
	} rows[] = {
		{ ES_SLICE_LIT(POST "Content-Length: 8\r\n" END "12345678"), 200 },
		{ ES_SLICE_LIT(POST "Content-Length: 9\r\n" END "123456789"), 413 },
		{ ES_SLICE_LIT(POST "Transfer-Encoding: chunked\r\n" END "8\r\n12345678\r\n0\r\n\r\n"), 200 },
		{ ES_SLICE_LIT(POST "Transfer-Encoding: chunked\r\n" END "8\r\n12345678\r\n1\r\n9\r\n0\r\n\r\n"), 413 },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		char *answer = ask(server, rows[i].request);

		assert_int_equal(status_of(answer), rows[i].status);
		free(answer);
	}
	es_http_stop(server, 1000);
}

/* A reset would take the answer away: the server has not read what it refused. */
static void a_refusal_reaches_a_client_that_goes_on_sending(void **state)
{
	static const char *const heads[] = {
		POST "Content-Length: 400000\r\n\r\n",
		POST "Transfer-Encoding: chunked\r\n\r\n61a80\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: ",
	};
	static const unsigned statuses[] = { 413, 413, 431 };
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 });

	(void)state;
	for (size_t i = 0; i < ES_COUNT(heads); i++) {
		static char octets[400000];
		int fd = dial(server);
		char *answer;

		memset(octets, 'a', sizeof(octets));
		say(fd, es_slice_str(heads[i]));
		say(fd, es_slice_of(octets, sizeof(octets)));
		answer = hear(fd);
		assert_int_equal(status_of(answer), statuses[i]);
		free(answer);
		close(fd);
	}
	es_http_stop(server, 1000);
}

static void a_header_past_the_limit_is_431_or_414(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1, .header_max = 2048 });
	static const struct {
		const char *before;
		size_t fill;
		const char *after;
		bool is_refused;
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\nX: ", 1900, "\r\n" END, false },
		{ "GET / HTTP/1.1\r\nHost: a\r\nX: ", 2100, "\r\n" END, true },
		{ "GET / HTTP/1.1\r\nHost: a\r\nX: ", 60000, "\r\n" END, true },
		{ "GET /", 60000, " HTTP/1.1\r\nHost: a\r\n" END, true },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct es_buf request;
		char *answer;

		es_buf_init(&request, 100000);
		es_put_str(&request, rows[i].before);
		for (size_t k = 0; k < rows[i].fill; k++)
			es_put_u8(&request, 'a');
		es_put_str(&request, rows[i].after);
		answer = ask(server, es_buf_slice(&request));
		if (rows[i].is_refused)
			assert_true(status_of(answer) == 431 || status_of(answer) == 414);
		else
			assert_int_equal(status_of(answer), 200);
		free(answer);
		es_buf_free(&request);
	}
	es_http_stop(server, 1000);
}

static void an_address_that_asks_too_often_gets_429_with_retry_after(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1, .requests_per_minute = 3 });

	(void)state;
	for (int i = 0; i < 4; i++) {
		char *answer = ask(server, ES_SLICE_LIT(GET END));

		assert_int_equal(status_of(answer), i < 3 ? 200 : 429);
		if (i == 3)
			assert_non_null(strstr(answer, "\r\nRetry-After: "));
		free(answer);
	}
	es_http_stop(server, 1000);
}

static void an_address_has_only_so_many_connections(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1, .connections_per_address = 2 });
	struct es_slice request = ES_SLICE_LIT(POST "Expect: 100-continue\r\nContent-Length: 1\r\n" END);
	int fds[2] = { dial(server), dial(server) };
	char octets[64], *answer;

	(void)state;
	for (int i = 0; i < 2; i++) { /* both are known to the server once it says 100 */
		say(fds[i], request);
		assert_true(recv(fds[i], octets, sizeof(octets), 0) > 0);
	}
	answer = ask(server, ES_SLICE_LIT(GET END));
	assert_string_equal(answer, "");
	free(answer);
	say(fds[0], ES_SLICE_LIT("x"));
	answer = hear(fds[0]);
	assert_int_equal(status_of(answer), 200);
	free(answer);
	close(fds[0]);
	close(fds[1]);
	es_http_stop(server, 1000);
}

static void a_request_that_trickles_in_is_cut(void **state)
{
	static const char *const parts[] = { "GET / HT", POST "X: ", POST "Content-Length: 1000\r\n\r\n" };
	struct es_http_server *server = start((struct es_http_options){ .threads = 1, .request_ms = 200 });

	(void)state;
	for (size_t i = 0; i < ES_COUNT(parts); i++) {
		int fd = dial(server);
		struct timeval wait = { .tv_usec = 10000 };
		char octet;

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		say(fd, es_slice_str(parts[i]));
		/* An octet now and then keeps it "active" for ever; the server must end it all the same. */
		while (recv(fd, &octet, 1, 0) < 0 && send(fd, "x", 1, MSG_NOSIGNAL) == 1)
			;
		close(fd);
	}
	es_http_stop(server, 1000);
}

/* ---- the connection ---- */

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 });
	char *answer = ask(server, ES_SLICE_LIT("POST /async HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
	                                        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwo"
	                                        "GET / HTTP/1.1\r\nHost: a\r\n" END));
	const char *one = strstr(answer, "\r\n\r\none"), *two = strstr(answer, "\r\n\r\ntwo"),
			   *root = strstr(answer, "root");

	(void)state;
	assert_int_equal(count_of(answer, "HTTP/1.1 200 OK"), 3);
	assert_true(one != NULL && two > one && root > two);
	free(answer);
	es_http_stop(server, 1000);
}

static void a_chunked_body_arrives_whole(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 });
	char *answer = ask(server, ES_SLICE_LIT(POST "Transfer-Encoding: Chunked\r\n" END
	                                             "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: z\r\n\r\n"));

	(void)state;
	assert_non_null(strstr(answer, "\r\n\r\nabcde"));
	free(answer);
	es_http_stop(server, 1000);
}

static void a_client_that_closes_its_half_still_gets_the_late_answer(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 });
	int fd = dial(server);
	char *answer;

	(void)state;
	say(fd, ES_SLICE_LIT("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
	shutdown(fd, SHUT_WR);
	reply_text(wait_for_held(), 200, "late");
	answer = hear(fd);
	assert_non_null(strstr(answer, "\r\n\r\nlate"));
	free(answer);
	close(fd);
	es_http_stop(server, 1000);
}

/* Request and end of stream lie in the socket together: one event, one read. */
static void a_client_that_closes_its_half_at_once_is_answered_and_closed(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 });
	int stalling = dial(server), fd = dial(server);
	char *answer;

	(void)state;
	say(stalling, ES_SLICE_LIT("GET /stall HTTP/1.1\r\nHost: a\r\n" END));
	wait_until_stalled();
	say(fd, ES_SLICE_LIT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	shutdown(fd, SHUT_WR);
	end_stall();
	answer = hear(fd);
	assert_int_equal(status_of(answer), 200);
	free(answer);
	close(fd);
	close(stalling);
	es_http_stop(server, 1000);
}

/* The connection breaks while it sleeps: nobody comes to fetch the reply, and a stop must not wait for it. */
static void a_client_that_vanishes_while_its_answer_is_made_does_no_harm(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 });
	const struct linger at_once = { .l_onoff = 1 };
	int fd = dial(server);
	char *answer;

	(void)state;
	say(fd, ES_SLICE_LIT("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
	struct es_http_request *r = wait_for_held();

	/* The only thread answers another one: it has left the handler of the first. */
	answer = ask(server, ES_SLICE_LIT(GET END));
	assert_int_equal(status_of(answer), 200);
	free(answer);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	reply_text(r, 200, "nobody hears");
	answer = ask(server, ES_SLICE_LIT(GET END));
	assert_int_equal(status_of(answer), 200);
	free(answer);
	es_http_stop(server, 1000);
}

static void *ask_often(void *user)
{
	for (int i = 0; i < 200; i++) {
		char *answer =
			ask(user, i % 2 == 0 ? ES_SLICE_LIT("POST /async HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n" END "hi")
		                         : ES_SLICE_LIT(POST "Content-Length: 2\r\n" END "hi"));

		assert_non_null(strstr(answer, "\r\n\r\nhi"));
		free(answer);
	}
	return NULL;
}

static void replies_from_other_threads_race_with_the_server_s_own(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 2 });
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, server), 0);
	for (size_t i = 0; i < ES_COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	es_http_stop(server, 1000);
}

static void replies_may_be_big_and_split_nothing(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 });
	char *big = ask(server, ES_SLICE_LIT("GET /big HTTP/1.1\r\nHost: a\r\n" END));
	char *split = ask(server, ES_SLICE_LIT("GET /split HTTP/1.1\r\nHost: a\r\n" END));
	char *head = ask(server, ES_SLICE_LIT("HEAD /big HTTP/1.1\r\nHost: a\r\n" END));

	(void)state;
	assert_int_equal(strlen(strstr(big, "\r\n\r\n") + 4), 200000);
	assert_null(strstr(split, "evil"));
	assert_non_null(strstr(split, "X-Good: a\r\n"));
	assert_non_null(strstr(head, "Content-Length: 200000\r\n"));
	assert_string_equal(strstr(head, "\r\n\r\n"), "\r\n\r\n");
	free(big);
	free(split);
	free(head);
	es_http_stop(server, 1000);
}

/* V12-VER-01 */
static void a_reason_phrase_of_the_handler_s_own_is_sent(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 });
	char *answer = ask(server, ES_SLICE_LIT("GET /reason HTTP/1.1\r\nHost: a\r\n\r\n"));

	(void)state;
	assert_int_equal(strncmp(answer, "HTTP/1.1 406 protocol not supported\r\nDate: ", 43), 0);
	assert_non_null(strstr(answer, "Cache-Control: no-store\r\n"));
	assert_non_null(strstr(answer, "Content-Length: 2\r\n"));
	assert_non_null(strstr(answer, "\r\n\r\nno"));
	free(answer);
	es_http_stop(server, 1000);
}

/* ---- stopping ---- */

static void *stop_waiting(void *user)
{
	es_http_stop(user, 60000);
	return NULL;
}

static void a_drain_waits_for_the_sleeper_and_tells_it_to_close(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 2 });
	int fd = dial(server);
	pthread_t thread;
	char *answer;

	(void)state;
	say(fd, ES_SLICE_LIT("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"));
	struct es_http_request *r = wait_for_held();

	es_http_drain(server);
	assert_int_equal(pthread_create(&thread, NULL, stop_waiting, server), 0);
	reply_text(r, 200, "done");
	answer = hear(fd);
	assert_int_equal(status_of(answer), 200);
	assert_non_null(strstr(answer, "Connection: close"));
	free(answer);
	close(fd);
	pthread_join(thread, NULL);
}

static void a_stop_that_cannot_wait_answers_503_and_outlives_the_late_reply(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 2 });
	int fd = dial(server);
	char *answer;

	(void)state;
	say(fd, ES_SLICE_LIT("POST /hold HTTP/1.1\r\nHost: a\r\nX-Many: 1\r\nContent-Length: 2\r\n\r\nab"));
	struct es_http_request *r = wait_for_held();

	es_http_stop(server, 0);
	answer = hear(fd);
	assert_int_equal(status_of(answer), 503);
	assert_non_null(strstr(answer, "Retry-After: "));
	free(answer);
	close(fd);
	/* The server is gone, the request is not. */
	assert_true(es_slice_eq_str(es_http_body(r), "ab"));
	assert_true(es_slice_eq_str(es_http_header(r, "x-many"), "1"));
	es_http_set_header(r, "X", "y");
	reply_text(r, 200, "too late");
}

static void an_address_in_use_and_a_missing_certificate_are_said(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 }), *second = NULL;
	struct es_http_options options = { .name = "test", .handler = handle };
	struct es_buf error;
	char listen[32];

	(void)state;
	snprintf(listen, sizeof(listen), "127.0.0.1:%u", es_http_port(server));
	es_buf_init(&error, 512);
	options.listen = listen;
	assert_int_equal(es_http_start(&options, &second, &error), ES_UNAVAILABLE);
	assert_true(error.len > 0);
	es_buf_reset(&error);
	options.listen = "127.0.0.1";
	assert_int_equal(es_http_start(&options, &second, &error), ES_MALFORMED);
	options.listen = "127.0.0.1:0";
	options.cert_file = options.key_file = "/nonexistent.pem";
	assert_int_equal(es_http_start(&options, &second, &error), ES_UNAVAILABLE);
	assert_null(second);
	es_buf_free(&error);
	es_http_stop(server, 1000);
	es_http_stop(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_past_the_limit_is_413_however_it_is_framed),
		cmocka_unit_test(a_refusal_reaches_a_client_that_goes_on_sending),
		cmocka_unit_test(a_header_past_the_limit_is_431_or_414),
		cmocka_unit_test(an_address_that_asks_too_often_gets_429_with_retry_after),
		cmocka_unit_test(an_address_has_only_so_many_connections),
		cmocka_unit_test(a_request_that_trickles_in_is_cut),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(a_chunked_body_arrives_whole),
		cmocka_unit_test(a_client_that_closes_its_half_still_gets_the_late_answer),
		cmocka_unit_test(a_client_that_closes_its_half_at_once_is_answered_and_closed),
		cmocka_unit_test(a_client_that_vanishes_while_its_answer_is_made_does_no_harm),
		cmocka_unit_test(replies_from_other_threads_race_with_the_server_s_own),
		cmocka_unit_test(replies_may_be_big_and_split_nothing),
		cmocka_unit_test(a_reason_phrase_of_the_handler_s_own_is_sent),
		cmocka_unit_test(a_drain_waits_for_the_sleeper_and_tells_it_to_close),
		cmocka_unit_test(a_stop_that_cannot_wait_answers_503_and_outlives_the_late_reply),
		cmocka_unit_test(an_address_in_use_and_a_missing_certificate_are_said),
	};

	return cmocka_run_group_tests_name("es_http", tests, NULL, NULL);
}
