/* ph_answer_test.c -- answers as servers and proxies send them, in every cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"

#include "ph_answer.h"

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nSet-Cookie: ecs=abc; Path=/; Secure\r\nset-cookie: b=2\r\n"

/* Feeds the text in pieces of this size; then the end of the connection. */
static es_status read_in_pieces(struct ph_answer_reader *r, const char *text, size_t piece)
{
	struct es_slice all = es_slice_str(text);

	ph_answer_reset(r);
	for (size_t at = 0; at < all.len; at += piece)
		ES_TRY(ph_answer_feed(r, es_slice_sub(all, at, at + piece)));
	return ph_answer_end(r);
}

static void every_framing_is_read_however_it_is_cut(void **state) /* RFC 9112 6.3 */
{
	static const char *const texts[] = {
		HEAD "Content-Length: 5\r\n\r\nhello",
		HEAD "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n",
		HEAD "\r\nhello",
		"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" HEAD "Content-Length: 5\r\n\r\nhello",
	};
	struct ph_answer_reader r;

	(void)state;
	assert_true(ph_answer_init(&r));
	for (size_t i = 0; i < ES_COUNT(texts); i++)
		for (size_t piece = 1; piece < 80; piece++) {
			assert_int_equal(read_in_pieces(&r, texts[i], piece), ES_OK);
			assert_int_equal(r.answer.status, 200);
			assert_string_equal(r.answer.reason, "OK");
			assert_string_equal(r.answer.type, "text/xml");
			assert_true(es_slice_eq_str(r.answer.cookie, "ecs=abc")); /* the first */
			assert_true(es_slice_eq_str(r.answer.body, "hello"));
		}
	ph_answer_free(&r);
}

static void answers_without_content_are_complete_at_once(void **state)
{
	static const char *const texts[] = { "HTTP/1.1 204 No Content\r\n\r\n",
		                                 "HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
		                                 "HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n" };
	struct ph_answer_reader r;

	(void)state;
	assert_true(ph_answer_init(&r));
	for (size_t i = 0; i < ES_COUNT(texts); i++) {
		ph_answer_reset(&r);
		assert_int_equal(ph_answer_feed(&r, es_slice_str(texts[i])), ES_OK);
		assert_true(r.is_done && r.keep_alive && r.answer.body.len == 0);
	}
	assert_string_equal(r.answer.retry_after, "5");
	ph_answer_free(&r);
}

static void what_is_not_an_answer_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"SSH-2.0-OpenSSH\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/2 200\r\n\r\n",
		HEAD "no colon\r\n\r\n",
		HEAD "Content-Length: 5\r\n\r\nhell",                                    /* cut */
		HEAD "Content-Length: 5\r\n\r\nhello!",                                  /* too much */
		HEAD "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",              /* which one? */
		HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", /* which one? */
		HEAD "Content-Length: -1\r\n\r\n",
		HEAD "Content-Length: 99999999999\r\n\r\n",
		HEAD "Transfer-Encoding: gzip\r\n\r\n",
		HEAD "Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
		HEAD "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
		HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\n",
		HEAD "Transfer-Encoding: chunked\r\n\r\n123456789\r\n",
		HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nhell\r\n",
	};
	struct ph_answer_reader r;

	(void)state;
	assert_true(ph_answer_init(&r));
	for (size_t i = 0; i < ES_COUNT(texts); i++)
		if (read_in_pieces(&r, texts[i], 7) == ES_OK)
			fail_msg("%s", texts[i]);
	ph_answer_free(&r);
}

static void the_connection_stays_only_where_both_sides_say_so(void **state) /* RFC 9112 9.3 */
{
	static const struct {
		const char *text;
		bool keep_alive;
	} cases[] = {
		{ HEAD "Content-Length: 0\r\n\r\n", true },
		{ HEAD "Connection: close\r\nContent-Length: 0\r\n\r\n", false },
		{ "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false },
		{ HEAD "\r\n", false }, /* its end is the end of the connection */
	};
	struct ph_answer_reader r;

	(void)state;
	assert_true(ph_answer_init(&r));
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		assert_int_equal(read_in_pieces(&r, cases[i].text, 100), ES_OK);
		assert_int_equal(r.keep_alive, cases[i].keep_alive);
	}
	ph_answer_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_framing_is_read_however_it_is_cut),
		cmocka_unit_test(answers_without_content_are_complete_at_once),
		cmocka_unit_test(what_is_not_an_answer_is_refused),
		cmocka_unit_test(the_connection_stays_only_where_both_sides_say_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
