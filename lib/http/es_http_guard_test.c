/* es_http_guard_test.c -- requests that a proxy in front may read otherwise, and what the handler sees of good ones. */
#include "es_http_test_kit.h"

#define CASE(name, text, status)                                                                                       \
	{                                                                                                                  \
		name, { (const uint8_t *)("" text), sizeof(text) - 1 }, status                                                 \
	}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_that_a_proxy_may_read_otherwise_are_refused),
		cmocka_unit_test(the_handler_sees_decoded_path_raw_query_and_bare_host),
	};

	return cmocka_run_group_tests_name("es_http_guard", tests, NULL, NULL);
}
