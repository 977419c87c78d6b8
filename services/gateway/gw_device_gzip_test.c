/* gw_device_gzip_test.c -- packed documents for those who read them, packed bodies, and how far they may unpack. */
#include "es_gzip.h"
#include "gw_device_test_kit.h"

/* V12-DOC-10, V12-DOC-11 */
static void a_long_document_is_packed_for_those_who_read_gzip(void **state)
{
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	struct es_slice plain, packed;
	size_t len;
	char *answer = ask(ES_SLICE_LIT(GET "&app=ap2004&token=long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
	                                    "Accept-Encoding: gzip\r\n\r\n"),
	                   &len);
	const char *body = strstr(answer, "\r\n\r\n");

	(void)state;
	assert_non_null(strstr(answer, "Content-Encoding: gzip\r\n"));
	packed = es_slice_of(body + 4, len - (size_t)(body + 4 - answer));
	assert_int_equal(es_gunzip(packed, 65536, 100, arena, &plain), ES_OK);
	assert_true(es_slice_starts_with(plain, ES_SLICE_LIT("<?xml")));
	free(answer);
	answer = ask(ES_SLICE_LIT(GET "&app=ap2004&token=long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), &len);
	assert_null(strstr(answer, "Content-Encoding"));
	free(answer);
	es_arena_free(arena);
}

static void a_packed_body_is_read_and_a_bomb_is_413(void **state)
{
	static const char body[] =
		"{\"terminal_id\":\"1\",\"entitlement_version\":\"12.0\",\"app\":\"ap2004\",\"token\":\"T\"}";
	static char bomb[1000000];
	const struct {
		struct es_slice plain;
		unsigned status;
	} rows[] = { { es_slice_str(body), 200 }, { es_slice_of(bomb, sizeof(bomb)), 413 } };

	(void)state;
	memset(bomb, ' ', sizeof(bomb));
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct es_buf packed, request;
		size_t len;
		char *answer;

		es_buf_init(&packed, ANSWER_MAX);
		es_buf_init(&request, ANSWER_MAX);
		assert_int_equal(es_gzip(rows[i].plain, &packed), ES_OK);
		es_put_printf(&request,
		              "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Encoding: gzip\r\n"
		              "Content-Length: %zu\r\n\r\n",
		              packed.len);
		es_put_bytes(&request, es_buf_slice(&packed));
		answer = ask(es_buf_slice(&request), &len);
		assert_int_equal(status_of(answer), rows[i].status);
		free(answer);
		es_buf_free(&packed);
		es_buf_free(&request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_document_is_packed_for_those_who_read_gzip),
		cmocka_unit_test(a_packed_body_is_read_and_a_bomb_is_413),
	};

	return cmocka_run_group_tests_name("gw_device_gzip", tests, set_up, tear_down);
}
