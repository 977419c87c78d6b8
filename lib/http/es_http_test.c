/* es_http_test.c -- the HTTP server's contract, mostly with raw sockets: what a well-behaved client library would never
 * send is what matters here. */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "es_http.h"

#define ANSWER_MAX 262144

/* ---- a server whose paths are behaviours ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct es_http_request *held; /* of /hold, until somebody replies */
	bool is_stalled;              /* the server's thread is inside /stall, until somebody says false */
} stage = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, false };

static void append(struct es_slice value, void *user)
{
	es_put_printf(user, "[" ES_SLICE_FMT "]", ES_SLICE_ARG(value));
}

static void reply_text(struct es_http_request *r, unsigned status, const char *text)
{
	es_http_reply(r, status, "text/plain", es_slice_str(text));
}

static void *reply_later(void *user)
{
	struct es_http_request *r = user;

	es_http_set_header(r, "X-Thread", "another");
	es_http_reply(r, 200, "text/plain", es_http_body(r));
	return NULL;
}

static void on_async(struct es_http_request *r)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, reply_later, r), 0);
	pthread_detach(thread);
}

static void on_hold(struct es_http_request *r)
{
	pthread_mutex_lock(&stage.lock);
	stage.held = r;
	pthread_cond_broadcast(&stage.changed);
	pthread_mutex_unlock(&stage.lock);
}

/* What no handler may do: it keeps the server's only thread, so that a test can have octets wait for it. */
static void on_stall(struct es_http_request *r)
{
	pthread_mutex_lock(&stage.lock);
	stage.is_stalled = true;
	pthread_cond_broadcast(&stage.changed);
	while (stage.is_stalled)
		pthread_cond_wait(&stage.changed, &stage.lock);
	pthread_mutex_unlock(&stage.lock);
	reply_text(r, 200, "stalled");
}

static void on_echo(struct es_http_request *r)
{
	es_http_reply(r, 200, "application/octet-stream", es_http_body(r));
}

static void on_show(struct es_http_request *r)
{
	struct es_buf text;

	es_buf_init(&text, 4096);
	es_put_printf(&text, ES_SLICE_FMT " " ES_SLICE_FMT " ?" ES_SLICE_FMT " @" ES_SLICE_FMT " ",
	              ES_SLICE_ARG(es_http_method(r)), ES_SLICE_ARG(es_http_path(r)), ES_SLICE_ARG(es_http_query(r)),
	              ES_SLICE_ARG(es_http_host(r)));
	es_http_headers(r, "x-many", append, &text);
	es_put_printf(&text, " first=" ES_SLICE_FMT " peer=%s", ES_SLICE_ARG(es_http_header(r, "X-MANY")), es_http_peer(r));
	es_http_reply(r, 200, "text/plain", es_buf_slice(&text));
	es_buf_free(&text);
}

static void on_reason(struct es_http_request *r)
{
	es_http_set_header(r, "Cache-Control", "no-store");
	es_http_set_reason(r, "protocol not supported");
	reply_text(r, 406, "no");
}

static void on_split(struct es_http_request *r)
{
	es_http_set_header(r, "X-Bad", "a\r\nSet-Cookie: evil=1");
	es_http_set_header(r, "X-Good", "a");
	reply_text(r, 200, "");
}

static void on_big(struct es_http_request *r)
{
	static char bytes[200000];

	memset(bytes, 'b', sizeof(bytes));
	es_http_reply(r, 200, "text/plain", es_slice_of(bytes, sizeof(bytes)));
}

static void handle(struct es_http_request *r, void *user)
{
	static const struct {
		const char *path;
		void (*run)(struct es_http_request *r);
	} paths[] = {
		{ "/echo", on_echo },     { "/show/a b", on_show }, { "/async", on_async }, { "/hold", on_hold },
		{ "/reason", on_reason }, { "/split", on_split },   { "/big", on_big },     { "/stall", on_stall },
	};

	assert_null(user);
	for (size_t i = 0; i < ES_COUNT(paths); i++)
		if (es_slice_eq_str(es_http_path(r), paths[i].path)) {
			paths[i].run(r);
			return;
		}
	reply_text(r, 200, "root");
}

static struct es_http_server *start(struct es_http_options options)
{
	struct es_http_server *server = NULL;
	struct es_buf error;

	es_buf_init(&error, 1024);
	options.name = "test";
	options.listen = options.listen != NULL ? options.listen : "127.0.0.1:0";
	options.handler = handle;
	if (es_http_start(&options, &server, &error) != ES_OK)
		fail_msg(ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	es_buf_free(&error);
	return server;
}

static struct es_http_request *wait_for_held(void)
{
	struct es_http_request *r;

	pthread_mutex_lock(&stage.lock);
	while (stage.held == NULL)
		pthread_cond_wait(&stage.changed, &stage.lock);
	r = stage.held;
	stage.held = NULL;
	pthread_mutex_unlock(&stage.lock);
	return r;
}

static void wait_until_stalled(void)
{
	pthread_mutex_lock(&stage.lock);
	while (!stage.is_stalled)
		pthread_cond_wait(&stage.changed, &stage.lock);
	pthread_mutex_unlock(&stage.lock);
}

static void end_stall(void)
{
	pthread_mutex_lock(&stage.lock);
	stage.is_stalled = false;
	pthread_cond_broadcast(&stage.changed);
	pthread_mutex_unlock(&stage.lock);
}

/* ---- a raw client ---- */

static int dial(const struct es_http_server *server)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                      .sin_port = htons(es_http_port(server)),
		                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr *address = (void *)&to;

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, address, sizeof(to)), 0);
	return fd;
}

static void say(int fd, struct es_slice bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* the server has had enough; its answer tells */
		bytes = es_slice_sub(bytes, (size_t)n, bytes.len);
	}
}

/* Everything until the server closes, NUL-terminated; the caller frees. */
static char *hear(int fd)
{
	char *text = calloc(1, ANSWER_MAX + 1);
	size_t len = 0;
	ssize_t n;

	assert_non_null(text);
	while (len < ANSWER_MAX && (n = recv(fd, text + len, ANSWER_MAX - len, 0)) > 0)
		len += (size_t)n;
	return text;
}

static unsigned status_of(const char *answer)
{
	return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (unsigned)strtoul(answer + 9, NULL, 10) : 0;
}

static char *ask(const struct es_http_server *server, struct es_slice request)
{
	int fd = dial(server);
	char *answer;

	say(fd, request);
	answer = hear(fd);
	close(fd);
	return answer;
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
		count++;
	return count;
}

/* ---- hygiene ---- */

#define CASE(name, text, status)                                                                                       \
	{                                                                                                                  \
		name, { (const uint8_t *)("" text), sizeof(text) - 1 }, status                                                 \
	}
#define END "Connection: close\r\n\r\n"
#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST /echo HTTP/1.1\r\nHost: a\r\n"

static const struct {
	const char *name;
	struct es_slice request;
	unsigned status;
} hygiene[] = {
	CASE("clean", GET END, 200),
	CASE("clean with a body", POST "Content-Length: 2\r\n" END "ab", 200),
	CASE("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 200),
	CASE("no header at all in 1.0 but Host", "GET / HTTP/1.0\r\nHost: a:8443\r\n\r\n", 200),
	CASE("no blank after the colon", "GET / HTTP/1.1\r\nHost:a\r\nConnection:close\r\n\r\n", 200),
	CASE("blanks around the value", "GET / HTTP/1.1\r\nHost: \t a \t\r\nConnection: close \r\n\r\n", 200),
	CASE("a blank in the query", "GET /?model=Model 9&vers=1 HTTP/1.1 HTTP/1.1\r\nHost: a\r\n" END, 200),
	CASE("absolute form", "GET http://b:1/x?y HTTP/1.1\r\nHost: a\r\n" END, 200),
	CASE("no Host", "GET / HTTP/1.1\r\n" END, 400),
	CASE("empty Host", "GET / HTTP/1.1\r\nHost:\r\n" END, 400),
	CASE("two Hosts", GET "Host: b\r\n" END, 400),
	CASE("a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n" END, 400),
	CASE("a user in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n" END, 400),
	CASE("a word as port", "GET / HTTP/1.1\r\nHost: a:x\r\n" END, 400),
	CASE("two equal Content-Lengths", POST "Content-Length: 2\r\nContent-Length: 2\r\n" END "ab", 400),
	CASE("two Content-Lengths", POST "Content-Length: 2\r\nContent-Length: 0\r\n" END "ab", 400),
	CASE("a list of Content-Lengths", POST "Content-Length: 2, 2\r\n" END "ab", 400),
	CASE("a signed Content-Length", POST "Content-Length: +2\r\n" END "ab", 400),
	CASE("a negative Content-Length", POST "Content-Length: -2\r\n" END "ab", 400),
	CASE("an empty Content-Length", POST "Content-Length:\r\n" END, 400),
	CASE("a huge Content-Length", POST "Content-Length: 99999999999999999999999\r\n" END, 413),
	CASE("both framings", POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400),
	CASE("an unknown coding", POST "Transfer-Encoding: cow\r\n" END, 400),
	CASE("identity coding", POST "Transfer-Encoding: identity\r\n" END, 400),
	CASE("a list of codings", POST "Transfer-Encoding: gzip, chunked\r\n" END "0\r\n\r\n", 400),
	CASE("chunked twice", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400),
	CASE("chunked in 1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	CASE("a blank before the colon", POST "Content-Length : 2\r\n" END "ab", 400),
	CASE("a blank in a name", GET "X Y: 1\r\n" END, 400),
	CASE("an empty name", GET ": 1\r\n" END, 400),
	CASE("a name with a quote", GET "X\"Y: 1\r\n" END, 400),
	CASE("a line without colon", GET "nonsense\r\n" END, 400),
	CASE("NUL in a value", GET "X: a\0b\r\n" END, 400),
	CASE("NUL in a name", GET "X\0Y: 1\r\n" END, 400),
	CASE("NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n" END, 400),
	CASE("NUL that hides a field", GET "X: a\0\r\nContent-Length: 5\r\n" END, 400),
	CASE("NUL as first octet of a line", GET "\0X: a\r\n" END, 400),
	CASE("a control character in a value", GET "X: a\001b\r\n" END, 400),
	CASE("DEL in a value", GET "X: a\177b\r\n" END, 400),
	CASE("a bare CR in a value", GET "X: a\rb\r\n" END, 400),
	CASE("a folded line", GET "X: a\r\n b\r\n" END, 400),
	CASE("a folded line of blanks", GET "X: a\r\n \r\n" END, 400),
	CASE("a folded first line", "GET / HTTP/1.1\r\n Host: a\r\n" END, 400),
	CASE("a bare LF after a field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n" END, 400),
	CASE("a bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n" END, 400),
	CASE("a bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\n", 400),
	CASE("two blanks in the request line", "GET  / HTTP/1.1\r\nHost: a\r\n" END, 400),
	CASE("a blank in the path", "GET /a b HTTP/1.1\r\nHost: a\r\n" END, 400),
	CASE("a tab in the target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n" END, 400),
	CASE("a damaged escape in the path", "GET /%zz HTTP/1.1\r\nHost: a\r\n" END, 400),
	CASE("an escaped NUL in the path", "GET /%00 HTTP/1.1\r\nHost: a\r\n" END, 400),
	CASE("a path that is not UTF-8", "GET /%ff HTTP/1.1\r\nHost: a\r\n" END, 400),
	CASE("no slash", "GET a HTTP/1.1\r\nHost: a\r\n" END, 400),
	CASE("asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n" END, 400),
	CASE("authority form", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n" END, 400),
	CASE("a method that is no token", "G[T / HTTP/1.1\r\nHost: a\r\n" END, 400),
};

static void requests_that_a_proxy_may_read_otherwise_are_refused(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 });

	(void)state;
	for (size_t i = 0; i < ES_COUNT(hygiene); i++) {
		char *answer = ask(server, hygiene[i].request);

		if (status_of(answer) != hygiene[i].status)
			fail_msg("%s: %u instead of %u: %s", hygiene[i].name, status_of(answer), hygiene[i].status, answer);
		if (count_of(answer, "HTTP/1.1 200") != (hygiene[i].status == 200))
			fail_msg("%s: what follows was read as another request: %s", hygiene[i].name, answer);
		if (hygiene[i].status != 200 && strstr(answer, "Connection: close") == NULL)
			fail_msg("%s: the connection stays open", hygiene[i].name);
		free(answer);
	}
	es_http_stop(server, 1000);
}

static void the_handler_sees_decoded_path_raw_query_and_bare_host(void **state)
{
	struct es_http_server *server = start((struct es_http_options){ .threads = 1 });
	char *answer = ask(server, ES_SLICE_LIT("GET /show/a%20b?x=%41+&y HTTP/1.1\r\nHOST: Some.Host:8443\r\nX-Many: 1\r\n"
	                                        "x-many:  2\t\r\nConnection: close\r\n\r\n"));

	(void)state;
	assert_non_null(strstr(answer, "GET /show/a b ?x=%41+&y @some.host [1][2] first=1 peer=127.0.0.1"));
	assert_non_null(strstr(answer, "\r\nDate: "));
	free(answer);
	es_http_stop(server, 1000);
}

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

/* ---- TLS ---- */

static char pki[] = "/tmp/es_http_test.XXXXXX";
static char server_cert[64], server_key[64], ca_cert[64], client_cert[64], client_key[64], alien_cert[64],
	alien_key[64];

static int make_pki(void **state)
{
	static const char script[] =
		"cd %s && exec >log 2>&1 && K='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' && "
		"openssl req -x509 $K -keyout ca.key -out ca.pem -subj /CN=ca -days 2 && "
		"for n in server client; do "
		"openssl req $K -keyout $n.key -out $n.csr -subj /CN=$n && "
		"printf 'extendedKeyUsage=%%sAuth\\n' $n >$n.ext && "
		"openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $n.pem -days 2 -extfile $n.ext || "
		"exit 1; "
		"done && openssl req -x509 $K -keyout alien.key -out alien.pem -subj /CN=client -days 2";
	char command[1024];

	(void)state;
	if (mkdtemp(pki) == NULL)
		return -1;
	snprintf(command, sizeof(command), script, pki);
	snprintf(server_cert, sizeof(server_cert), "%s/server.pem", pki);
	snprintf(server_key, sizeof(server_key), "%s/server.key", pki);
	snprintf(client_cert, sizeof(client_cert), "%s/client.pem", pki);
	snprintf(client_key, sizeof(client_key), "%s/client.key", pki);
	snprintf(alien_cert, sizeof(alien_cert), "%s/alien.pem", pki);
	snprintf(alien_key, sizeof(alien_key), "%s/alien.key", pki);
	snprintf(ca_cert, sizeof(ca_cert), "%s/ca.pem", pki);
	return system(command);
}

static int remove_pki(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", pki);
	return system(command);
}

struct tls_client {
	const char *priorities, *cert, *key;
	gnutls_datum_t ticket; /* in: session to resume; out: the new one */
	bool is_resumed;
};

/* The status of GET /, 0 when the handshake failed. */
static unsigned tls_ask(const struct es_http_server *server, struct tls_client *client)
{
	static const char request[] = GET END;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	char answer[1024] = "";
	int fd = dial(server), result;

	gnutls_certificate_allocate_credentials(&credentials);
	if (client->cert != NULL)
		assert_int_equal(
			gnutls_certificate_set_x509_key_file(credentials, client->cert, client->key, GNUTLS_X509_FMT_PEM), 0);
	gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT);
	assert_int_equal(gnutls_priority_set_direct(session, client->priorities, NULL), 0);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	if (client->ticket.data != NULL) {
		gnutls_session_set_data(session, client->ticket.data, client->ticket.size);
		gnutls_free(client->ticket.data);
		client->ticket = (gnutls_datum_t){ NULL, 0 };
	}
	gnutls_transport_set_int(session, fd);
	do
		result = gnutls_handshake(session);
	while (result < 0 && !gnutls_error_is_fatal(result));
	if (result == GNUTLS_E_SUCCESS) {
		client->is_resumed = gnutls_session_is_resumed(session) != 0;
		gnutls_record_send(session, request, sizeof(request) - 1);
		while (gnutls_record_recv(session, answer, sizeof(answer) - 1) == GNUTLS_E_AGAIN)
			;
		gnutls_session_get_data2(session, &client->ticket);
	}
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	close(fd);
	return result == GNUTLS_E_SUCCESS ? status_of(answer) : 0;
}

static void tls_1_2_and_1_3_are_spoken_and_sessions_resumed_older_ones_refused(void **state)
{
	static const struct {
		const char *priorities;
		unsigned status;
	} rows[] = {
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", 200 },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", 200 },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.1", 0 },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.0", 0 },
	};
	struct es_http_server *server =
		start((struct es_http_options){ .threads = 1, .cert_file = server_cert, .key_file = server_key });

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct tls_client client = { .priorities = rows[i].priorities };

		assert_int_equal(tls_ask(server, &client), rows[i].status);
		assert_false(client.is_resumed);
		if (rows[i].status != 0) {
			assert_int_equal(tls_ask(server, &client), 200);
			assert_true(client.is_resumed);
		}
		gnutls_free(client.ticket.data);
	}
	es_http_stop(server, 1000);
}

static void a_stop_ends_handshakes_that_wait_for_their_peer(void **state)
{
	struct es_http_server *server =
		start((struct es_http_options){ .threads = 1, .cert_file = server_cert, .key_file = server_key });
	struct tls_client client = { .priorities = "NORMAL" };
	int fds[3];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(fds); i++) {
		fds[i] = dial(server);
		say(fds[i], ES_SLICE_LIT("\x16\x03\x01"));
	}
	/* The only thread serves another one, so it has met those before. */
	assert_int_equal(tls_ask(server, &client), 200);
	gnutls_free(client.ticket.data);
	es_http_stop(server, 0);
	for (size_t i = 0; i < ES_COUNT(fds); i++) {
		free(hear(fds[i]));
		close(fds[i]);
	}
}

static void a_client_certificate_is_enforced_where_one_is_required(void **state)
{
	const struct {
		const char *cert, *key;
		unsigned status;
	} rows[] = {
		{ NULL, NULL, 403 },
		{ client_cert, client_key, 200 },
		{ alien_cert, alien_key, 403 },   /* self-signed, same name */
		{ server_cert, server_key, 403 }, /* of our authority, but not for clients */
	};
	struct es_http_server *server = start((struct es_http_options){
		.threads = 1, .cert_file = server_cert, .key_file = server_key, .client_ca_file = ca_cert });

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct tls_client client = { .priorities = "NORMAL", .cert = rows[i].cert, .key = rows[i].key };

		assert_int_equal(tls_ask(server, &client), rows[i].status);
		gnutls_free(client.ticket.data);
	}
	es_http_stop(server, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_that_a_proxy_may_read_otherwise_are_refused),
		cmocka_unit_test(the_handler_sees_decoded_path_raw_query_and_bare_host),
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
		cmocka_unit_test(tls_1_2_and_1_3_are_spoken_and_sessions_resumed_older_ones_refused),
		cmocka_unit_test(a_stop_ends_handshakes_that_wait_for_their_peer),
		cmocka_unit_test(a_client_certificate_is_enforced_where_one_is_required),
	};

	return cmocka_run_group_tests_name("es_http", tests, make_pki, remove_pki);
}
