/* gw_server_test.c -- the token endpoint as a client meets it: forms, errors and headers of RFC 6749, over real HTTP and
 * with a stand-in of auth behind the real bus. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth.pb-c.h"
#include "bus.pb-c.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "gw_server.h"

#define ANSWER_MAX 65536
#define BOUND_MS 30000
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

static struct {
	struct es_bus_key *key;
	struct es_bus_server *auth;
	struct gw_clients clients;
	struct gw_config config;
	struct gw_server *server;
	char dir[64], target[96];
} stage;

/* Says back what it got, in the scope. */
static void on_client_token(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	static char token[] = "AT-1", refused[] = "invalid_client", grant[] = "invalid_grant", why[] = "a \"reason\"";
	const Openes__ClientTokenRequest *request = (const void *)message;
	struct es_arena *arena = es_bus_call_arena(call);
	Openes__ClientTokenReply reply;

	openes__client_token_reply__init(&reply);
	(void)user;
	reply.access_token = token;
	reply.expires_in_s = 300;
	reply.scope = es_arena_printf(arena, "%s%s", request->host, request->path);
	for (size_t i = 0; i < request->n_form; i++) {
		reply.scope = es_arena_printf(arena, "%s|%s=%s", reply.scope, request->form[i]->name, request->form[i]->value);
		if (strcmp(request->form[i]->value, "down") == 0) {
			es_bus_fail(call, ES_UNAVAILABLE, "down");
			return;
		}
		if (strcmp(request->form[i]->value, "stranger") == 0)
			reply.error = refused;
		if (strcmp(request->form[i]->value, "used") == 0)
			reply.error = grant;
	}
	reply.error_description = why;
	es_bus_reply(call, &reply.base);
}

static const struct es_bus_method methods[] = {
	{ OPENES__BUS_METHOD__AUTH_CLIENT_TOKEN, &openes__client_token_request__descriptor, on_client_token },
};

static void require(es_status status, struct es_buf *error)
{
	if (status != ES_OK)
		fail_msg("%s: " ES_SLICE_FMT, es_status_name(status), ES_SLICE_ARG(es_buf_slice(error)));
}

static int set_up(void **state)
{
	static const uint8_t secret[32] = "the bus secret of this test.....";
	const struct timespec moment = { .tv_nsec = 2000000 };
	const int64_t give_up = es_mono_ms() + BOUND_MS;
	struct es_buf error;

	(void)state;
	es_buf_init(&error, 1024);
	snprintf(stage.dir, sizeof(stage.dir), "/tmp/gw_server_test.XXXXXX");
	assert_non_null(mkdtemp(stage.dir));
	snprintf(stage.target, sizeof(stage.target), "ipc://%s/auth", stage.dir);
	stage.key = es_bus_key_from(secret);
	const struct es_bus_server_options server = {
		.url = stage.target, .key = stage.key, .service = "auth", .methods = methods, .method_count = 1
	};
	const struct es_bus_client_options link = { .target = stage.target, .name = "auth", .key = stage.key };
	require(es_bus_server_start(&server, &stage.auth, &error), &error);
	require(es_bus_client_start(&link, &stage.clients.auth, &error), &error);
	while (!es_bus_client_is_ready(stage.clients.auth)) {
		assert_true(es_mono_ms() < give_up);
		(void)nanosleep(&moment, NULL);
	}
	stage.config = (struct gw_config){ .server_listen = "127.0.0.1:0", .call_time = BOUND_MS, .retry_after_s = 17 };
	require(gw_server_start(&stage.config, &stage.clients, &stage.server, &error), &error);
	es_buf_free(&error);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gw_server_drain(stage.server);
	gw_server_stop(stage.server, 1000);
	es_bus_client_stop(stage.clients.auth);
	es_bus_server_stop(stage.auth, 1000);
	(void)unlink(stage.target + strlen("ipc://"));
	es_bus_key_free(stage.key);
	return rmdir(stage.dir) != 0;
}

/* The caller frees. */
static char *ask(const char *line, const char *headers, const char *body)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                      .sin_port = htons(gw_server_port(stage.server)),
		                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *address = (void *)&to;
	char *answer = calloc(1, ANSWER_MAX + 1), request[4096];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t len = 0;
	ssize_t n;

	assert_non_null(answer);
	int size = snprintf(request, sizeof request,
	                    "%s HTTP/1.1\r\nHost: ECS.example:8445\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
	                    line, headers, strlen(body), body);
	assert_int_equal(connect(fd, address, sizeof(to)), 0);
	assert_int_equal(send(fd, request, (size_t)size, MSG_NOSIGNAL), size);
	while ((n = recv(fd, answer + len, ANSWER_MAX - len, 0)) > 0)
		len += (size_t)n;
	close(fd);
	return answer;
}

static const struct row {
	const char *name, *line, *headers, *body;
	unsigned status;
	const char *parts[5];
} rows[] = {
	{ "a token (V12-S2S-04)",
	  "POST /oauth/token",
	  FORM,
	  "grant_type=client_credentials&scope=a+b&client_assertion=x.y-_.z",
	  200,
	  { "\"access_token\":\"AT-1\"", "\"token_type\":\"Bearer\"", "\"expires_in\":300",
	    "ecs.example:8445/oauth/token|grant_type=client_credentials|scope=a b|client_assertion=x.y-_.z",
	    "Cache-Control: no-store\r\n" } },
	{ "with a parameter of the type",
	  "POST /oauth/token",
	  "Content-Type: Application/X-WWW-Form-Urlencoded; charset=UTF-8\r\n",
	  "a=b",
	  200,
	  { "Content-Type: application/json\r\n" } },
	{ "a stranger",
	  "POST /oauth/token",
	  FORM,
	  "client_id=stranger",
	  401,
	  { "{\"error\":\"invalid_client\",\"error_description\":\"a \\\"reason\\\"\"}", "Cache-Control: no-store\r\n",
	    "Pragma: no-cache\r\n" } },
	{ "a used assertion", "POST /oauth/token", FORM, "assertion=used", 400, { "{\"error\":\"invalid_grant\"" } },
	{ "auth is away", "POST /oauth/token", FORM, "client_id=down", 503, { "Retry-After: 17\r\n", "no-store" } },
	{ "JSON is no form",
	  "POST /oauth/token",
	  "Content-Type: application/json\r\n",
	  "{}",
	  400,
	  { "\"invalid_request\"" } },
	{ "no type", "POST /oauth/token", "", "a=b", 400, { "\"invalid_request\"" } },
	{ "a damaged escape", "POST /oauth/token", FORM, "a=%zz", 400, { "\"invalid_request\"" } },
	{ "NUL", "POST /oauth/token", FORM, "a=%00", 400, { "\"invalid_request\"" } },
	{ "GET", "GET /oauth/token?client_id=x", "", "", 405, { "Allow: POST\r\n" } },
	{ "elsewhere", "POST /", FORM, "a=b", 404, { "no-store" } },
};

static void each_form_is_answered_as_oauth_has_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		char *answer = ask(rows[i].line, rows[i].headers, rows[i].body);

		if (strncmp(answer, "HTTP/1.1 ", 9) != 0 || (unsigned)strtoul(answer + 9, NULL, 10) != rows[i].status)
			fail_msg("%s: %s", rows[i].name, answer);
		for (size_t k = 0; k < ES_COUNT(rows[i].parts) && rows[i].parts[k] != NULL; k++)
			if (strstr(answer, rows[i].parts[k]) == NULL)
				fail_msg("%s: '%s' in %s", rows[i].name, rows[i].parts[k], answer);
		free(answer);
	}
}

static void without_an_address_there_is_no_endpoint(void **state)
{
	const struct gw_config config = { .server_listen = "" };
	struct gw_server *server = stage.server;
	struct es_buf error;

	(void)state;
	es_buf_init(&error, 256);
	assert_int_equal(gw_server_start(&config, &stage.clients, &server, &error), ES_OK);
	assert_null(server);
	gw_server_drain(server);
	gw_server_stop(server, 0);
	es_buf_free(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_answered_as_oauth_has_it),
		cmocka_unit_test(without_an_address_there_is_no_endpoint),
	};

	return cmocka_run_group_tests_name("gw_server", tests, set_up, tear_down);
}
