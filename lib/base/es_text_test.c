/* es_text_test.c -- numbers, encodings and identifiers: what is taken and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_cleanup.h"
#include "es_id.h"
#include "es_language.h"
#include "es_text.h"
#include "es_time.h"

#define L ES_SLICE_LIT

static void assert_slice(struct es_slice got, const char *expected)
{
	assert_int_equal(got.len, strlen(expected));
	if (got.len > 0)
		assert_memory_equal(got.ptr, expected, got.len);
}

/* ---- text ---- */

static void numbers_are_digits_within_their_bounds(void **state)
{
	static const struct {
		const char *text;
		es_status status;
		uint64_t value;
	} cases[] = {
		{ "0", ES_OK, 0 },
		{ "007", ES_OK, 7 },
		{ "18446744073709551615", ES_OK, UINT64_MAX },
		{ "18446744073709551616", ES_MALFORMED, 0 },
		{ "99999999999999999999999", ES_MALFORMED, 0 },
		{ "", ES_MALFORMED, 0 },
		{ "+1", ES_MALFORMED, 0 },
		{ "-1", ES_MALFORMED, 0 },
		{ " 1", ES_MALFORMED, 0 },
		{ "1 ", ES_MALFORMED, 0 },
		{ "0x10", ES_MALFORMED, 0 },
		{ "1e3", ES_MALFORMED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		uint64_t v = 4711;
		assert_int_equal(es_parse_u64(es_slice_str(cases[i].text), 0, UINT64_MAX, &v), cases[i].status);
		assert_int_equal(v, cases[i].status == ES_OK ? cases[i].value : 4711);
	}
	uint32_t u;
	assert_int_equal(es_parse_u32(L("10"), 10, 20, &u), ES_OK);
	assert_int_equal(es_parse_u32(L("21"), 10, 20, &u), ES_MALFORMED);
	assert_int_equal(es_parse_u32(L("9"), 10, 20, &u), ES_MALFORMED);
	assert_int_equal(es_parse_u32(L("4294967306"), 0, UINT32_MAX, &u), ES_MALFORMED); /* 10 when cut to 32 bits */
	assert_int_equal(u, 10);
}

static void a_minus_is_taken_where_the_range_has_negatives(void **state)
{
	int64_t i = 0;

	(void)state;
	assert_int_equal(es_parse_i64(L("-9223372036854775808"), INT64_MIN, INT64_MAX, &i), ES_OK);
	assert_true(i == INT64_MIN);
	assert_int_equal(es_parse_i64(L("9223372036854775807"), INT64_MIN, INT64_MAX, &i), ES_OK);
	assert_true(i == INT64_MAX);
	assert_int_equal(es_parse_i64(L("-3"), -3, 3, &i), ES_OK);
	assert_int_equal(i, -3);
	assert_int_equal(es_parse_i64(L("9223372036854775808"), INT64_MIN, INT64_MAX, &i), ES_MALFORMED);
	assert_int_equal(es_parse_i64(L("-9223372036854775809"), INT64_MIN, INT64_MAX, &i), ES_MALFORMED);
	assert_int_equal(es_parse_i64(L("-4"), -3, 3, &i), ES_MALFORMED);
	assert_int_equal(es_parse_i64(L("-0"), 0, 3, &i), ES_MALFORMED);
	assert_int_equal(es_parse_i64(L("-"), -3, 3, &i), ES_MALFORMED);
}

static void hex_needs_exactly_its_length(void **state)
{
	uint8_t out[3] = { 9, 9, 9 };
	char text[7];

	(void)state;
	assert_int_equal(es_hex_decode(L("00fFaB"), out, 3), ES_OK);
	assert_memory_equal(out, "\x00\xff\xab", 3);
	es_hex_encode(es_slice_of(out, 3), text);
	assert_string_equal(text, "00ffab");
	assert_int_equal(es_hex_decode(L("0011223"), out, 3), ES_MALFORMED);
	assert_int_equal(es_hex_decode(L("0011"), out, 3), ES_MALFORMED);
	assert_int_equal(es_hex_decode(L("00112g"), out, 3), ES_MALFORMED);
	assert_memory_equal(out, "\x00\xff\xab", 3);
}

/* Values and texts of RFC 4648 10. */
static void base64_follows_the_vectors_of_rfc_4648(void **state)
{
	static const char *const vectors[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};
	struct es_arena *arena = es_arena_new(0, 4096);
	struct es_buf b;
	struct es_slice out;

	(void)state;
	assert_non_null(arena);
	es_buf_init(&b, 100);
	for (size_t i = 0; i < ES_COUNT(vectors); i++) {
		es_buf_reset(&b);
		es_base64_encode(es_slice_str(vectors[i][0]), &b);
		assert_slice(es_buf_slice(&b), vectors[i][1]);
		assert_int_equal(es_base64_decode(es_buf_slice(&b), arena, &out), ES_OK);
		assert_slice(out, vectors[i][0]);
	}
	es_buf_reset(&b);
	es_base64url_encode(L("\xfb\xff\xfe\xff"), &b);
	assert_slice(es_buf_slice(&b), "-__-_w");
	assert_int_equal(es_base64url_decode(es_buf_slice(&b), arena, &out), ES_OK);
	assert_slice(out, "\xfb\xff\xfe\xff");
	es_buf_free(&b);
	es_arena_free(arena);
}

static void base64_takes_line_breaks_and_missing_padding_and_nothing_else(void **state)
{
	static const struct {
		const char *text, *value; /* NULL: refused */
	} cases[] = {
		{ "Zm9v\nYmE=\n", "fooba" },
		{ "Zm9v\r\nYmE=\r\n", "fooba" },
		{ "Zm9vYmE", "fooba" },
		{ "Zg=\n=", "f" },
		{ "Zm9v YmE=", NULL },
		{ "Zg=", NULL }, /* half a padding */
		{ "Zm8==", NULL },
		{ "Zm9v=", NULL },
		{ "Zm9v====", NULL },
		{ "Zg==Zg==", NULL },
		{ "Zh==", NULL }, /* unused bits are set */
		{ "Z", NULL },
		{ "Zm9vY", NULL },
		{ "=", NULL },
		{ "Zm-_", NULL }, /* the other alphabet */
		{ "Zm9v\xc3", NULL },
	};
	struct es_arena *arena = es_arena_new(0, 4096);
	struct es_slice out;

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		es_status status = es_base64_decode(es_slice_str(cases[i].text), arena, &out);
		assert_int_equal(status, cases[i].value == NULL ? ES_MALFORMED : ES_OK);
		if (status == ES_OK)
			assert_slice(out, cases[i].value);
	}
	static const char *const strict[] = { "Zg==", "Zm9v\n", "Zm+/", "Zh" };
	for (size_t i = 0; i < ES_COUNT(strict); i++)
		assert_int_equal(es_base64url_decode(es_slice_str(strict[i]), arena, &out), ES_MALFORMED);
	assert_int_equal(es_base64_decode(es_slice_of("", 100000), arena, &out), ES_TOO_LARGE);
	es_arena_free(arena);
}

static void percent_decoding_refuses_a_damaged_escape(void **state)
{
	static const char *const damaged[] = { "%", "%4", "a%4", "%4g", "%%40", "% 40", "%-1" };
	struct es_arena *arena = es_arena_new(0, 4096);
	struct es_slice out;
	struct es_buf b;

	(void)state;
	assert_non_null(arena);
	assert_int_equal(es_percent_decode(L("0%40nai.epc%2f+%2B"), true, arena, &out), ES_OK);
	assert_slice(out, "0@nai.epc/ +");
	assert_int_equal(es_percent_decode(L("a+b"), false, arena, &out), ES_OK);
	assert_slice(out, "a+b");
	for (size_t i = 0; i < ES_COUNT(damaged); i++)
		assert_int_equal(es_percent_decode(es_slice_str(damaged[i]), true, arena, &out), ES_MALFORMED);
	assert_slice(out, "a+b");
	es_buf_init(&b, 64);
	es_percent_encode(L("a-Z_0.~ +/@\xc3\xa9"), &b);
	assert_slice(es_buf_slice(&b), "a-Z_0.~%20%2B%2F%40%C3%A9");
	es_buf_free(&b);
	es_arena_free(arena);
}

static void clean_utf8_has_no_forbidden_form_and_no_control(void **state)
{
	static const struct {
		const char *text;
		bool clean;
	} cases[] = {
		{ "", true },
		{ "plain\t\r\n", true },
		{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x93\xb1 \xf4\x8f\xbf\xbf", true },
		{ "\x01", false },
		{ "\x1b", false },
		{ "\x80", false }, /* no start */
		{ "\xc3", false }, /* cut */
		{ "\xe2\x82", false },
		{ "\xc0\xaf", false }, /* overlong '/' */
		{ "\xe0\x80\xaf", false },
		{ "\xf0\x80\x80\xaf", false },
		{ "\xed\xa0\x80", false },     /* surrogate */
		{ "\xf4\x90\x80\x80", false }, /* beyond U+10FFFF */
		{ "\xff", false },
		{ "\xe2\x82\x41", false },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		assert_int_equal(es_text_is_clean_utf8(es_slice_str(cases[i].text)), cases[i].clean);
	assert_false(es_text_is_clean_utf8(L("a\0b")));
}

static void iso_8601_times_are_utc(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 951827696789, "2000-02-29T12:34:56Z" },
		{ 4107542400000, "2100-03-01T00:00:00Z" }, /* no leap year */
		{ INT64_MAX, "9999-12-31T23:59:59Z" },
		{ INT64_MIN, "1000-01-01T00:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char out[21];
		es_time_iso8601(cases[i].ms, out);
		assert_string_equal(out, cases[i].text);
	}
}

static void times_are_read_with_their_zone_and_parts_of_a_second(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2024-02-29T12:00:00z", 1709208000000 },
		{ "2024-02-29T12:00:00.25Z", 1709208000250 },
		{ "2024-02-29T13:30:00.1239999+01:30", 1709208000123 },
		{ "2024-02-29T07:00:00-05:00", 1709208000000 },
		{ "2023-02-29T12:00:00Z", -1 },
		{ "2024-02-29T12:00:00", -1 },
		{ "2024-02-29T12:00:00.Z", -1 },
		{ "2024-02-29T12:00:00.5", -1 },
		{ "2024-02-29T12:00:00+0100", -1 },
		{ "2024-02-29T24:00:00Z", -1 },
		{ "2024-02-29 12:00:00Z", -1 },
		{ "1970-01-01T00:00:00+01:00", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		int64_t ms = -1;

		assert_int_equal(es_time_parse(es_slice_str(cases[i].text), &ms), cases[i].ms < 0 ? ES_MALFORMED : ES_OK);
		assert_int_equal(ms, cases[i].ms);
	}
}

/* ---- identifiers ---- */

static void imsi_and_msisdn_have_their_lengths_and_digits(void **state)
{
	static const char *const bad_imsi[] = { "", "00101", "0010101234567890", "00101012345678a", "+01010123456789" };
	static const char *const bad_msisdn[] = { "", "+", "+1234", "15551234567", "+1234567890123456", "+1555 123456" };
	struct es_imsi imsi;
	struct es_msisdn msisdn;

	(void)state;
	assert_int_equal(es_imsi_parse(L("001010"), &imsi), ES_OK);
	assert_int_equal(es_imsi_parse(L("001010123456789"), &imsi), ES_OK);
	assert_string_equal(imsi.digits, "001010123456789");
	for (size_t i = 0; i < ES_COUNT(bad_imsi); i++)
		assert_int_equal(es_imsi_parse(es_slice_str(bad_imsi[i]), &imsi), ES_MALFORMED);
	assert_string_equal(imsi.digits, "001010123456789");
	assert_int_equal(es_msisdn_parse(L("+12345"), &msisdn), ES_OK);
	assert_int_equal(es_msisdn_parse(L("+123456789012345"), &msisdn), ES_OK);
	assert_string_equal(msisdn.text, "+123456789012345");
	for (size_t i = 0; i < ES_COUNT(bad_msisdn); i++)
		assert_int_equal(es_msisdn_parse(es_slice_str(bad_msisdn[i]), &msisdn), ES_MALFORMED);
}

/* TS 23.003 19.3.2 (root NAI), 28.7.3 (nai.5gc), 14.3 (wlan). */
static void a_root_nai_gives_method_imsi_and_network(void **state)
{
	static const struct {
		const char *nai;
		char lead;
		const char *imsi, *mcc, *mnc;
	} cases[] = {
		{ "0001010123456789@nai.epc.mnc001.mcc001.3gppnetwork.org", '0', "001010123456789", "001", "001" },
		{ "6234150999999999@nai.epc.mnc015.mcc234.3gppnetwork.org", '6', "234150999999999", "234", "015" },
		{ "0001010123456789@wlan.mnc001.mcc001.3gppnetwork.org", '0', "001010123456789", "001", "001" },
		{ "0001010123456789@nai.5gc.MNC001.Mcc001.3GPPNETWORK.ORG", '0', "001010123456789", "001", "001" },
		{ "0001010@entitlement-2.mnc001.mcc001.3gppnetwork.org", '0', "001010", "001", "001" },
	};
	struct es_nai nai;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		assert_int_equal(es_nai_parse(es_slice_str(cases[i].nai), &nai), ES_OK);
		assert_int_equal(nai.lead, cases[i].lead);
		assert_string_equal(nai.imsi.digits, cases[i].imsi);
		assert_string_equal(nai.mcc, cases[i].mcc);
		assert_string_equal(nai.mnc, cases[i].mnc);
	}
}

static void what_is_no_root_nai_is_malformed(void **state)
{
	static const char *const cases[] = {
		"",
		"@",
		"0001010123456789",
		"0001010123456789@",
		"@nai.epc.mnc001.mcc001.3gppnetwork.org",
		"9001010123456789@nai.epc.mnc001.mcc001.3gppnetwork.org",  /* no such method */
		"000101@nai.epc.mnc001.mcc001.3gppnetwork.org",            /* 5 digits of IMSI */
		"00010101234567890@nai.epc.mnc001.mcc001.3gppnetwork.org", /* 16 */
		"0OO1010123456789@nai.epc.mnc001.mcc001.3gppnetwork.org",
		"0001010123456789@mnc001.mcc001.3gppnetwork.org", /* nothing before the network */
		"0001010123456789@.mnc001.mcc001.3gppnetwork.org",
		"0001010123456789@nai..epc.mnc001.mcc001.3gppnetwork.org",
		"0001010123456789@nai.epc.mnc01.mcc001.3gppnetwork.org", /* always three digits */
		"0001010123456789@nai.epc.mnc0001.mcc001.3gppnetwork.org",
		"0001010123456789@nai.epc.mcc001.mnc001.3gppnetwork.org",
		"0001010123456789@nai.epc.mnc001.mcc001.pub.3gppnetwork.org", /* that is where the server lives */
		"0001010123456789@nai.epc.mnc001.mcc001.3gppnetwork.org.",
		"0001010123456789@nai.epc.mnc001.mcc001.3gppnetwork.org.example",
		"0001010123456789@nai.epc.mnc001.mcc001.x3gppnetwork.org",
		"0001010123456789@nai.epc@x.mnc001.mcc001.3gppnetwork.org",
		"0001010123456789@nai epc.mnc001.mcc001.3gppnetwork.org",
		"example.org!0001010123456789@nai.epc.mnc001.mcc001.3gppnetwork.org",
	};
	struct es_nai nai = { .lead = 'x' };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		assert_int_equal(es_nai_parse(es_slice_str(cases[i]), &nai), ES_MALFORMED);
	assert_int_equal(es_nai_parse(L("0001010123456789@nai.epc.mnc001\0.mcc001.3gppnetwork.org"), &nai), ES_MALFORMED);
	assert_int_equal(nai.lead, 'x');
}

static void base64url_of_a_known_length_needs_no_arena(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t len;
		es_status status;
	} cases[] = {
		{ "", 0, ES_OK },
		{ "-_8", 2, ES_OK },
		{ "-__-", 3, ES_OK },
		{ "-__-_w", 4, ES_OK },
		{ "-_9", 2, ES_MALFORMED },
		{ "-__-", 2, ES_MALFORMED },
		{ "-__-", 4, ES_MALFORMED },
		{ "-__=", 3, ES_MALFORMED },
		{ "-_+-", 3, ES_MALFORMED },
		{ "-__\n", 3, ES_MALFORMED },
	};
	static const uint8_t octets[] = { 0xfb, 0xff, 0xfe, 0xff };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t *out = malloc(cases[i].len + 1); /* the sanitizer knows where it ends */
		out[cases[i].len] = 0x5a;
		assert_int_equal(es_base64url_decode_into(es_slice_str(cases[i].text), out, cases[i].len), cases[i].status);
		if (cases[i].status == ES_OK)
			assert_memory_equal(out, octets, cases[i].len);
		assert_int_equal(out[cases[i].len], 0x5a);
		free(out);
	}
}

static void a_language_is_found_by_whole_ranges_and_their_beginnings(void **state)
{
	static const char *const codes[] = { "en", "ar" };
	static const struct {
		const char *header, *fallback;
		size_t expected;
	} cases[] = {
		{ "AR-eg, en;q=0.9", "en", 1 }, { "arabic", "en", 0 }, { "fr", "xx", 2 },      { "", "", 2 },
		{ "ar;q=0, *;q=0.1", "en", 0 }, { "ar;q=x", "en", 0 }, { "e, a, *", "ar", 1 }, { "-, --, ar-", "en", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(es_language_pick(es_slice_str(cases[i].header), codes, 2, es_slice_str(cases[i].fallback)),
		                 cases[i].expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_digits_within_their_bounds),
		cmocka_unit_test(a_minus_is_taken_where_the_range_has_negatives),
		cmocka_unit_test(hex_needs_exactly_its_length),
		cmocka_unit_test(base64_follows_the_vectors_of_rfc_4648),
		cmocka_unit_test(base64_takes_line_breaks_and_missing_padding_and_nothing_else),
		cmocka_unit_test(base64url_of_a_known_length_needs_no_arena),
		cmocka_unit_test(percent_decoding_refuses_a_damaged_escape),
		cmocka_unit_test(clean_utf8_has_no_forbidden_form_and_no_control),
		cmocka_unit_test(iso_8601_times_are_utc),
		cmocka_unit_test(times_are_read_with_their_zone_and_parts_of_a_second),
		cmocka_unit_test(a_language_is_found_by_whole_ranges_and_their_beginnings),
		cmocka_unit_test(imsi_and_msisdn_have_their_lengths_and_digits),
		cmocka_unit_test(a_root_nai_gives_method_imsi_and_network),
		cmocka_unit_test(what_is_no_root_nai_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
