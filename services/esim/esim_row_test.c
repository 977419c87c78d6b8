/* esim_row_test.c -- what is written is read back, by this program and by an older or newer one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "es_cleanup.h"
#include "esim_row.h"

struct thing {
	char text[8], other[8];
	bool flag;
	uint8_t small;
	uint16_t middle;
	uint32_t large;
	int64_t time;
};
#define NUMBER(member, number) ESIM_NUMBER(struct thing, member, number)
static const struct esim_member members[] = {
	ESIM_TEXT(struct thing, text, 1),
	NUMBER(flag, 2),
	NUMBER(small, 3),
	NUMBER(middle, 4),
	NUMBER(large, 5),
	NUMBER(time, 6),
	ESIM_TEXT(struct thing, other, 7),
};

static const struct thing full = {
	.text = "seven..", .flag = true, .small = UINT8_MAX, .middle = UINT16_MAX, .large = UINT32_MAX, .time = INT64_MIN
};

static struct es_slice write(const struct esim_member *table, size_t count, const struct thing *t, uint8_t room[256])
{
	struct es_buf out;

	es_buf_init_fixed(&out, room, 256);
	esim_row_write(table, count, t, &out);
	assert_int_equal(es_buf_status(&out), ES_OK);
	return es_buf_slice(&out);
}

static void the_largest_of_each_kind_comes_back_as_it_was(void **state)
{
	struct thing back;
	uint8_t room[256];

	(void)state;
	memset(&back, 0, sizeof back);
	assert_int_equal(esim_row_read(members, ES_COUNT(members), write(members, ES_COUNT(members), &full, room), &back),
	                 ES_OK);
	assert_string_equal(back.text, full.text);
	assert_string_equal(back.other, "");
	assert_true(back.flag);
	assert_int_equal(back.small, UINT8_MAX);
	assert_int_equal(back.middle, UINT16_MAX);
	assert_true(back.large == UINT32_MAX && back.time == INT64_MIN);
}

static void what_is_empty_or_zero_takes_no_room(void **state)
{
	const struct thing nothing = { .time = 0 };
	uint8_t room[256];

	(void)state;
	assert_int_equal(write(members, ES_COUNT(members), &nothing, room).len, 0);
}

/* An older program's row lacks members, a newer one's has more. */
static void programs_of_two_versions_read_each_other(void **state)
{
	const size_t older = 3;
	struct thing back = { .time = 77 };
	uint8_t room[256];

	(void)state;
	assert_int_equal(esim_row_read(members, ES_COUNT(members), write(members, older, &full, room), &back), ES_OK);
	assert_int_equal(back.small, UINT8_MAX);
	assert_int_equal(back.time, 77);
	memset(&back, 0, sizeof back);
	assert_int_equal(esim_row_read(members, older, write(members, ES_COUNT(members), &full, room), &back), ES_OK);
	assert_string_equal(back.text, full.text);
	assert_int_equal(back.time, 0);
}

/* number, length in two octets, octets */
static const struct {
	const char *octets;
	size_t len;
} wrong[] = {
	{ "\x01", 1 }, /* no length */
	{ "\x01\x00\x03"
	  "ab",
	  5 }, /* shorter than it says */
	{ "\x01\x00\x08"
	  "12345678",
	  11 }, /* no room for its NUL */
	{ "\x01\x00\x03"
	  "a\x00"
	  "b",
	  6 },                                                  /* two texts */
	{ "\x06\x00\x04\x00\x00\x00\x01", 7 },                  /* a number of another size */
	{ "\x02\x00\x08\0\0\0\0\0\0\0\x02", 11 },               /* a bool is 0 or 1 */
	{ "\x03\x00\x08\0\0\0\0\0\0\x01\x00", 11 },             /* 256 of an octet */
	{ "\x04\x00\x08\0\0\0\0\0\x01\x00\x00", 11 },           /* 65536 of two */
	{ "\x05\x00\x08\0\0\0\x01\0\0\0\0", 11 },               /* 2^32 of four */
	{ "\x05\x00\x08\xff\xff\xff\xff\xff\xff\xff\xff", 11 }, /* -1 of what has no sign */
};

static void octets_that_are_no_row_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(wrong); i++) {
		struct thing back;
		memset(&back, 0, sizeof back);
		const struct es_slice octets = es_slice_of((const uint8_t *)wrong[i].octets, wrong[i].len);
		if (esim_row_read(members, ES_COUNT(members), octets, &back) != ES_MALFORMED)
			fail_msg("number %zu was taken", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_of_each_kind_comes_back_as_it_was),
		cmocka_unit_test(what_is_empty_or_zero_takes_no_room),
		cmocka_unit_test(programs_of_two_versions_read_each_other),
		cmocka_unit_test(octets_that_are_no_row_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
