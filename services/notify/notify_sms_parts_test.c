/* notify_sms_parts_test.c -- octets of wake-ups and of texts. V12-NOTIF-08, 09, 10. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "es_cleanup.h"
#include "notify_sms_parts.h"

#define IMSI "001010000000001"
static const char *const two[] = { "ap2003", "ap2004" };
static const char *const many[] = { "ap2003", "ap2004", "ap2005", "ap2006", "ap2009", "ap2010", "ap2011", "ap2012",
	                                "ap2013", "ap2014", "ap2015", "ap2016", "ap2017", "ap2018", "ap2019", "ap2020" };
static struct notify_sms_parts parts;

static void wake(enum notify_wake_coding coding, bool in_tlvs, const char *const *apps, size_t count)
{
	const struct notify_wake_form form = { coding, in_tlvs, NOTIFY_SMS_PORT };

	assert_int_equal(notify_sms_wake(&form, IMSI, apps, count, 7, &parts), ES_OK);
}

/* Text behind the headers of all parts. */
static void expect_text(const char *expected)
{
	char text[1700] = "";
	size_t len = 0;

	for (size_t i = 0; i < parts.count; i++) {
		const struct notify_sms_part *part = &parts.part[i];
		memcpy(text + len, part->octets + part->udh_len, part->len - part->udh_len);
		len += part->len - part->udh_len;
	}
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(text, expected, len);
}

/* V12-NOTIF-08, 09, 10 */
static void a_wake_up_is_the_keyword_and_its_applications_behind_a_port(void **state)
{
	static const uint8_t udh[] = { 0x06, 0x05, 0x04, 0x1f, 0x9f, 0x00, 0x00 };

	(void)state;
	wake(WAKE_BINARY, false, two, 2);
	assert_int_equal(parts.count, 1);
	assert_int_equal(parts.data_coding, 0x04);
	assert_true(parts.has_udh && !parts.has_ports);
	assert_int_equal(parts.part[0].udh_len, sizeof udh);
	assert_memory_equal(parts.part[0].octets, udh, sizeof udh);
	expect_text(IMSI "-aescfg,ap2003,ap2004");
	wake(WAKE_CLASS_1, false, two, 1);
	assert_int_equal(parts.data_coding, 0xf5);
	expect_text(IMSI "-aescfg,ap2003");
	wake(WAKE_SEPTETS, false, two, 2);
	assert_int_equal(parts.data_coding, 0);
	expect_text(IMSI "-aescfg,ap2003,ap2004");
}

static void ports_are_in_a_header_or_in_the_pdu_and_never_in_both(void **state)
{
	(void)state;
	wake(WAKE_BINARY, true, two, 2);
	assert_true(!parts.has_udh && parts.has_ports);
	assert_int_equal(parts.port, 8095);
	assert_int_equal(parts.part[0].udh_len, 0);
	expect_text(IMSI "-aescfg,ap2003,ap2004");
}

static void unpack(const struct notify_sms_part *part, char *out)
{
	const size_t first = (part->udh_len * 8 + 6) / 7 * 7;

	for (size_t bit = first; bit + 7 <= part->len * 8; bit += 7) {
		const unsigned next = bit / 8 + 1 < part->len ? part->octets[bit / 8 + 1] : 0,
					   value = part->octets[bit / 8] | next << 8;
		*out++ = (char)(value >> bit % 8 & 0x7f);
	}
	*out = '\0';
}

static void septets_are_packed_from_a_border_of_septets_on(void **state)
{
	char text[200];

	(void)state;
	wake(WAKE_PACKED, false, two, 2);
	assert_int_equal(parts.data_coding, 0);
	assert_int_equal(parts.part[0].len, (7 + 1 + 36 * 7 / 8) + 0);
	unpack(&parts.part[0], text);
	assert_memory_equal(text, IMSI "-aescfg,ap2003,ap2004", 36);
}

static void applications_beyond_one_sms_go_in_two_that_belong_together(void **state)
{
	static const uint8_t first[] = { 0x0b, 0x05, 0x04, 0x1f, 0x9f, 0, 0, 0x00, 3, 7, 2, 1 };
	static const uint8_t second[] = { 0x0b, 0x05, 0x04, 0x1f, 0x9f, 0, 0, 0x00, 3, 7, 2, 2 };
	const char *all = IMSI "-aescfg,ap2003,ap2004,ap2005,ap2006,ap2009,ap2010,ap2011,ap2012,"
						   "ap2013,ap2014,ap2015,ap2016,ap2017,ap2018,ap2019,ap2020";

	(void)state;
	wake(WAKE_BINARY, false, many, 15); /* 127 octets */
	assert_int_equal(parts.count, 1);
	wake(WAKE_BINARY, false, many, 16); /* 134: one too many */
	assert_int_equal(parts.count, 2);
	assert_memory_equal(parts.part[0].octets, first, sizeof first);
	assert_memory_equal(parts.part[1].octets, second, sizeof second);
	assert_int_equal(parts.part[0].len, 140);
	expect_text(all);
	wake(WAKE_SEPTETS, false, many, 16); /* of septets 152 fit */
	assert_int_equal(parts.count, 1);
	expect_text(all);
	wake(WAKE_BINARY, true, many, 16);
	assert_int_equal(parts.count, 2);
	expect_text(all);
}

static void what_no_alphabet_has_is_in_no_wake_up(void **state)
{
	const struct notify_wake_form form = { WAKE_BINARY, false, NOTIFY_SMS_PORT };
	const char *const odd[] = { "ap\xc3\xa4" };

	(void)state;
	assert_int_equal(notify_sms_wake(&form, IMSI, odd, 1, 1, &parts), ES_MALFORMED);
}

/* ---- texts ---- */

static void text(enum notify_text_coding coding, const char *utf8)
{
	assert_int_equal(notify_sms_text(coding, es_slice_str(utf8), 9, &parts), ES_OK);
}

static void each_coding_takes_what_it_has_and_the_rest_is_ucs2(void **state)
{
	static const struct {
		enum notify_text_coding wanted;
		const char *text;
		uint8_t coding;
		const char *octets;
		size_t len;
	} rows[] = {
		{ TEXT_GSM, "\xc3\xa9 @", 0, "\x05 \0", 3 },
		{ TEXT_GSM, "\xe2\x82\xac", 0, "\x1b\x65", 2 },
		{ TEXT_ASCII, "a@", 1, "a@", 2 },
		{ TEXT_ASCII, "\xc3\xa9", 8, "\x00\xe9", 2 },
		{ TEXT_LATIN1, "\xc3\xa9@", 3, "\xe9@", 2 },
		{ TEXT_LATIN1, "\xe2\x82\xac", 8, "\x20\xac", 2 },
		{ TEXT_LATIN1, "`", 8, "\x00`", 2 }, /* Latin-1 has it, phones do not */
		{ TEXT_GSM, "\xd0\x96", 8, "\x04\x16", 2 },
		{ TEXT_GSM, "\xf0\x9f\x98\x80", 8, "\xd8\x3d\xde\x00", 4 },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		text(rows[i].wanted, rows[i].text);
		assert_int_equal(parts.data_coding, rows[i].coding);
		assert_int_equal(parts.part[0].len, rows[i].len);
		assert_memory_equal(parts.part[0].octets, rows[i].octets, rows[i].len);
	}
}

static void fill_text(char *out, const char *unit, size_t count, const char *tail)
{
	out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		memcpy(out + i * strlen(unit), unit, strlen(unit) + 1);
	memcpy(out + count * strlen(unit), tail, strlen(tail) + 1);
}

static void long_texts_go_in_parts_that_cut_no_character(void **state)
{
	static const uint8_t second[] = { 5, 0, 3, 9, 2, 2 };
	char all[8000];

	(void)state;
	fill_text(all, "a", 160, "");
	text(TEXT_GSM, all);
	assert_int_equal(parts.count, 1);
	fill_text(all, "a", 161, "");
	text(TEXT_GSM, all);
	assert_int_equal(parts.count, 2);
	assert_true(parts.has_udh);
	assert_int_equal(parts.part[0].len, 6 + 153);
	assert_memory_equal(parts.part[1].octets, second, sizeof second);
	expect_text(all);
	fill_text(all, "a", 152,
	          "\xe2\x82\xac"
	          "aaaaaaaa");
	text(TEXT_GSM, all); /* an escape and what it escapes stay together */
	assert_int_equal(parts.part[0].len, 6 + 152);
	fill_text(all, "\xd0\x96", 70, "");
	text(TEXT_GSM, all);
	assert_int_equal(parts.count, 1);
	fill_text(all, "\xd0\x96", 66, "\xf0\x9f\x98\x80\xd0\x96\xd0\x96\xd0\x96\xd0\x96");
	text(TEXT_GSM, all); /* so do both halves of a character */
	assert_int_equal(parts.count, 2);
	assert_int_equal(parts.part[0].len, 6 + 132);
}

static void what_is_no_text_or_too_long_is_not_sent(void **state)
{
	char all[1700];

	(void)state;
	assert_int_equal(notify_sms_text(TEXT_GSM, ES_SLICE_LIT("\xff"), 1, &parts), ES_MALFORMED);
	fill_text(all, "a", 1531, "");
	assert_int_equal(notify_sms_text(TEXT_GSM, es_slice_str(all), 1, &parts), ES_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wake_up_is_the_keyword_and_its_applications_behind_a_port),
		cmocka_unit_test(ports_are_in_a_header_or_in_the_pdu_and_never_in_both),
		cmocka_unit_test(septets_are_packed_from_a_border_of_septets_on),
		cmocka_unit_test(applications_beyond_one_sms_go_in_two_that_belong_together),
		cmocka_unit_test(what_no_alphabet_has_is_in_no_wake_up),
		cmocka_unit_test(each_coding_takes_what_it_has_and_the_rest_is_ucs2),
		cmocka_unit_test(long_texts_go_in_parts_that_cut_no_character),
		cmocka_unit_test(what_is_no_text_or_too_long_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
