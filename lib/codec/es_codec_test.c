/* es_codec_test.c -- JSON in and out, and gzip with its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "es_cleanup.h"
#include "es_gzip.h"
#include "es_json.h"

static es_status parse(struct es_slice text)
{
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;
	return es_json_parse(text, (struct es_json_limits){ 200, 3, 12 }, &tree);
}

static void json_that_is_taken_or_refused(void **state)
{
	static const struct {
		struct es_slice text;
		es_status expected;
	} cases[] = {
#define ROW(text, status) { { (const uint8_t *)("" text), sizeof(text) - 1 }, status }
		ROW("{\"a\":\"b\",\"c\":[1,-2.5e3,true,false,null,{}]}", ES_OK),
		ROW(" \t\r\n\"text\" ", ES_OK),
		ROW("\"\\u00e9 \\ud83d\\ude00 \\\\ \\/ \\\"\"", ES_OK),
		ROW("\"\xc3\xa9 \xf0\x9f\x98\x80\"", ES_OK),
		ROW("[[[1]]]", ES_OK),
		ROW("[[[[1]]]]", ES_TOO_LARGE),                    /* depth */
		ROW("[1,2,3,4,5,6,7,8,9,10,11,12]", ES_TOO_LARGE), /* values */
		ROW("1111111111111111111111111111111111111111111111111111111111111111", ES_TOO_LARGE),
		ROW("", ES_MALFORMED),
		ROW("  ", ES_MALFORMED),
		ROW("{", ES_MALFORMED),
		ROW("{\"a\":1,}", ES_MALFORMED),
		ROW("[1,]", ES_MALFORMED),
		ROW("[1 2]", ES_MALFORMED),
		ROW("{\"a\" 1}", ES_MALFORMED),
		ROW("{a:1}", ES_MALFORMED),
		ROW("{\"a\":1}x", ES_MALFORMED),  /* trailing bytes */
		ROW("{\"a\":1}\0", ES_MALFORMED), /* NUL */
		ROW("\"a\0b\"", ES_MALFORMED),
		ROW("\"a\\u0000b\"", ES_MALFORMED), /* would end the string for every C reader */
		ROW("\"a\nb\"", ES_MALFORMED),
		ROW("\"\xc3\"", ES_MALFORMED),
		ROW("\"\xc0\xaf\"", ES_MALFORMED),     /* overlong */
		ROW("\"\xed\xa0\x80\"", ES_MALFORMED), /* surrogate */
		ROW("\"\\ud83d\"", ES_MALFORMED),
		ROW("\"\\ude00\"", ES_MALFORMED),
		ROW("\"\\x41\"", ES_MALFORMED),
		ROW("\xef\xbb\xbf{}", ES_MALFORMED), /* byte order mark */
		ROW("01", ES_MALFORMED),
		ROW("1.", ES_MALFORMED),
		ROW("+1", ES_MALFORMED),
		ROW(".5", ES_MALFORMED),
		ROW("1e", ES_MALFORMED),
		ROW("NaN", ES_MALFORMED),
		ROW("truex", ES_MALFORMED),
		ROW("{\"a\":1,\"a\":2}", ES_MALFORMED), /* duplicate member */
		ROW("{\"a\":1,\"\\u0061\":2}", ES_MALFORMED),
		ROW("[{\"b\":{\"a\":1,\"c\":0,\"a\":2}}]", ES_MALFORMED),
		ROW("{\"a\":1,\"A\":2}", ES_OK),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		if (parse(cases[i].text) != cases[i].expected)
			fail_msg("case %zu: " ES_SLICE_FMT, i, ES_SLICE_ARG(cases[i].text));
}

static void json_longer_than_its_limit_is_not_even_read(void **state)
{
	char text[202];

	(void)state;
	memset(text, ' ', sizeof text);
	text[0] = '1';
	assert_int_equal(parse(es_slice_of(text, 200)), ES_OK);
	assert_int_equal(parse(es_slice_of(text, 201)), ES_TOO_LARGE);
}

static void members_are_read_by_exact_name_and_type(void **state)
{
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;
	int64_t number = 7;
	bool flag = false;

	(void)state;
	assert_int_equal(
		es_json_parse(ES_SLICE_LIT("{\"s\":\"x\",\"n\":-42,\"f\":1.5,\"big\":1e300,\"t\":true}"), ES_JSON_SMALL, &tree),
		ES_OK);
	assert_string_equal(es_json_str(tree, "s"), "x");
	assert_null(es_json_str(tree, "S"));
	assert_null(es_json_str(tree, "n"));
	assert_null(es_json_str(NULL, "n"));
	assert_true(es_json_i64(tree, "n", &number));
	assert_int_equal(number, -42);
	assert_false(es_json_i64(tree, "f", &number));
	assert_false(es_json_i64(tree, "big", &number));
	assert_false(es_json_i64(tree, "s", &number));
	assert_int_equal(number, -42); /* written only on success */
	assert_true(es_json_bool(tree, "t", &flag) && flag);
	assert_false(es_json_bool(tree, "n", &flag));
}

static void writer_puts_commas_and_escapes(void **state)
{
	ES_CLEANUP(es_buf_free) struct es_buf buf;

	(void)state;
	es_buf_init(&buf, 1024);
	struct es_json_out j = es_json_to(&buf);
	es_json_object(&j, NULL);
	es_json_put_str(&j, "text", "a\"b\\c\n\x01\x7f</\xc3\xa9");
	es_json_put(&j, "bytes", ES_SLICE_LIT("\xff\0x"));
	es_json_put_i64(&j, "n", INT64_MIN);
	es_json_array(&j, "list");
	es_json_put_bool(&j, NULL, true);
	es_json_put_str(&j, NULL, NULL);
	es_json_object(&j, NULL);
	es_json_end_object(&j);
	es_json_put_raw(&j, NULL, ES_SLICE_LIT("{\"raw\":1}"));
	es_json_end_array(&j);
	es_json_put_i64(&j, "last", 0);
	es_json_end_object(&j);
	es_put_u8(&buf, 0);

	assert_int_equal(es_buf_status(&buf), ES_OK);
	assert_string_equal((const char *)buf.ptr,
	                    "{\"text\":\"a\\\"b\\\\c\\n\\u0001\x7f</\xc3\xa9\",\"bytes\":\"\xef\xbf\xbd\\u0000x\","
	                    "\"n\":-9223372036854775808,\"list\":[true,null,{},{\"raw\":1}],\"last\":0}");
}

static void gzip_comes_back(void **state)
{
	static uint8_t plain[20000];
	const size_t sizes[] = { 0, 1, 4096, 4097, sizeof plain };

	(void)state;
	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * i >> 7);
	for (size_t i = 0; i < ES_COUNT(sizes); i++) {
		ES_CLEANUP(es_buf_free) struct es_buf packed;
		ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
		struct es_slice out;
		es_buf_init(&packed, 65536);
		assert_int_equal(es_gzip(es_slice_of(plain, sizes[i]), &packed), ES_OK);
		assert_int_equal(es_gunzip(es_buf_slice(&packed), sizeof plain, 1000, arena, &out), ES_OK);
		assert_true(es_slice_eq(out, es_slice_of(plain, sizes[i])));
	}
}

static void gzip_bomb_stops_at_the_bound(void **state)
{
	static const uint8_t zeros[1 << 20];
	ES_CLEANUP(es_buf_free) struct es_buf packed;
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 4 << 20);
	struct es_slice out;

	(void)state;
	es_buf_init(&packed, 65536);
	assert_int_equal(es_gzip(es_slice_of(zeros, sizeof zeros), &packed), ES_OK);
	struct es_slice bomb = es_buf_slice(&packed);
	assert_true(bomb.len < 2000); /* more than 500 times its size */
	assert_int_equal(es_gunzip(bomb, sizeof zeros, 100, arena, &out), ES_TOO_LARGE);
	assert_int_equal(es_gunzip(bomb, sizeof zeros - 1, 2000, arena, &out), ES_TOO_LARGE);
	assert_int_equal(es_arena_used(arena), 0);
	assert_int_equal(es_gunzip(bomb, sizeof zeros, 2000, arena, &out), ES_OK);
}

static void small_answers_may_pass_the_ratio(void **state)
{
	static const uint8_t zeros[4097];
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
	struct es_slice out;

	(void)state;
	for (size_t len = 4096; len <= 4097; len++) {
		ES_CLEANUP(es_buf_free) struct es_buf packed;
		es_buf_init(&packed, 65536);
		assert_int_equal(es_gzip(es_slice_of(zeros, len), &packed), ES_OK);
		es_status expected = len == 4096 ? ES_OK : ES_TOO_LARGE;
		assert_int_equal(es_gunzip(es_buf_slice(&packed), 65536, 1, arena, &out), expected);
	}
}

static void damaged_gzip_is_malformed(void **state)
{
	ES_CLEANUP(es_buf_free) struct es_buf packed;
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 65536);
	struct es_slice out;

	(void)state;
	es_buf_init(&packed, 65536);
	assert_int_equal(es_gzip(ES_SLICE_LIT("{\"app\":\"ap2004\",\"vers\":\"0\"}"), &packed), ES_OK);
	for (size_t len = 0; len < packed.len; len++) /* every truncation */
		assert_int_equal(es_gunzip(es_slice_of(packed.ptr, len), 4096, 100, arena, &out), ES_MALFORMED);
	packed.ptr[packed.len - 6] ^= 1; /* the check sum */
	assert_int_equal(es_gunzip(es_buf_slice(&packed), 4096, 100, arena, &out), ES_MALFORMED);
	packed.ptr[packed.len - 6] ^= 1;
	es_put_u8(&packed, 0); /* trailing bytes */
	assert_int_equal(es_gunzip(es_buf_slice(&packed), 4096, 100, arena, &out), ES_MALFORMED);
	assert_int_equal(es_gunzip(ES_SLICE_LIT("plain text"), 4096, 100, arena, &out), ES_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_that_is_taken_or_refused),
		cmocka_unit_test(json_longer_than_its_limit_is_not_even_read),
		cmocka_unit_test(members_are_read_by_exact_name_and_type),
		cmocka_unit_test(writer_puts_commas_and_escapes),
		cmocka_unit_test(gzip_comes_back),
		cmocka_unit_test(gzip_bomb_stops_at_the_bound),
		cmocka_unit_test(small_answers_may_pass_the_ratio),
		cmocka_unit_test(damaged_gzip_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
