/* es_http_test_kit.h -- what the HTTP tests share: a server whose paths are behaviours, and a raw client that sends what no
 * well-behaved library would. */
#ifndef ES_HTTP_TEST_KIT_H
#define ES_HTTP_TEST_KIT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "es_http.h"

#define END "Connection: close\r\n\r\n"
#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST /echo HTTP/1.1\r\nHost: a\r\n"
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

static void on_fingerprint(struct es_http_request *r)
{
	char fingerprint[ES_HTTP_FINGERPRINT + 1];

	reply_text(r, 200, es_http_client_fingerprint(r, fingerprint) ? fingerprint : "none");
}

static void handle(struct es_http_request *r, void *user)
{
	static const struct {
		const char *path;
		void (*run)(struct es_http_request *r);
	} paths[] = {
		{ "/echo", on_echo }, { "/show/a b", on_show }, { "/async", on_async },
		{ "/hold", on_hold }, { "/reason", on_reason }, { "/split", on_split },
		{ "/big", on_big },   { "/stall", on_stall },   { "/fingerprint", on_fingerprint },
	};

	assert_null(user);
	for (size_t i = 0; i < ES_COUNT(paths); i++)
		if (es_slice_eq_str(es_http_path(r), paths[i].path)) {
			paths[i].run(r);
			return;
		}
	reply_text(r, 200, "root");
}

ES_UNUSED static struct es_http_server *start(struct es_http_options options)
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

ES_UNUSED static struct es_http_request *wait_for_held(void)
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

ES_UNUSED static void wait_until_stalled(void)
{
	pthread_mutex_lock(&stage.lock);
	while (!stage.is_stalled)
		pthread_cond_wait(&stage.changed, &stage.lock);
	pthread_mutex_unlock(&stage.lock);
}

ES_UNUSED static void end_stall(void)
{
	pthread_mutex_lock(&stage.lock);
	stage.is_stalled = false;
	pthread_cond_broadcast(&stage.changed);
	pthread_mutex_unlock(&stage.lock);
}

/* ---- a raw client ---- */

ES_UNUSED static int dial(const struct es_http_server *server)
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

ES_UNUSED static void say(int fd, struct es_slice bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* the server has had enough; its answer tells */
		bytes = es_slice_sub(bytes, (size_t)n, bytes.len);
	}
}

/* Everything until the server closes, NUL-terminated; the caller frees. */
ES_UNUSED static char *hear(int fd)
{
	char *text = calloc(1, ANSWER_MAX + 1);
	size_t len = 0;
	ssize_t n;

	assert_non_null(text);
	while (len < ANSWER_MAX && (n = recv(fd, text + len, ANSWER_MAX - len, 0)) > 0)
		len += (size_t)n;
	return text;
}

ES_UNUSED static unsigned status_of(const char *answer)
{
	return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (unsigned)strtoul(answer + 9, NULL, 10) : 0;
}

ES_UNUSED static char *ask(const struct es_http_server *server, struct es_slice request)
{
	int fd = dial(server);
	char *answer;

	say(fd, request);
	answer = hear(fd);
	close(fd);
	return answer;
}

ES_UNUSED static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
		count++;
	return count;
}

#endif
