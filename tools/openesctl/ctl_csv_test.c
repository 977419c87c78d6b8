/* ctl_csv_test.c -- what a subscriber list may look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl_csv.h"
#include "es_cleanup.h"

#define K "465b5ce8b199b49faa5f0a2ee238a6bc" /* TS 35.208 test set 1 */
#define OPC "cd63cb71954a9f4e48a5994e37a02baf"

static es_status row_of(const char *header, const char *line, struct ctl_csv_row *row, const char **why)
{
	struct ctl_csv csv;
	assert_int_equal(ctl_csv_header(es_slice_str(header), &csv, why), ES_OK);
	return ctl_csv_row(&csv, es_slice_str(line), row, why);
}

static void a_full_row_is_read(void **state)
{
	struct ctl_csv_row row;
	const char *why = NULL;

	(void)state;
	assert_int_equal(row_of("imsi,msisdn,plan,status,k,opc,amf\r\n",
	                        "001010000000042,+15550000042,gold,suspended," K "," OPC ",b9b9\r\n", &row, &why),
	                 ES_OK);
	assert_string_equal(row.imsi.digits, "001010000000042");
	assert_string_equal(row.msisdn, "+15550000042");
	assert_string_equal(row.plan, "gold");
	assert_string_equal(row.status, "suspended");
	assert_true(row.has_keys);
	assert_int_equal(row.k[0], 0x46);
	assert_int_equal(row.opc[15], 0xaf);
	assert_int_equal(row.amf[1], 0xb9);
}

static void columns_come_in_any_order_and_most_are_optional(void **state)
{
	struct ctl_csv_row row;
	const char *why = NULL;

	(void)state;
	assert_int_equal(row_of("\xef\xbb\xbfPlan; IMSI", "\"go;ld\" ; 001010000000042", &row, &why), ES_MALFORMED);
	assert_int_equal(row_of("\xef\xbb\xbfPlan; IMSI", "\"go;ld\";\"001010000000042\"", &row, &why), ES_OK);
	assert_string_equal(row.plan, "go;ld");
	assert_false(row.has_keys);
	assert_string_equal(row.status, "");
}

static void the_state_of_vowifi_comes_along(void **state)
{
	struct ctl_csv_row row;
	const char *why = NULL;

	(void)state;
	assert_int_equal(
		row_of("imsi,plan,terms,address,provisioning", "001010000000042,gold,available,,in_progress", &row, &why),
		ES_OK);
	assert_string_equal(row.terms, "available");
	assert_string_equal(row.address, "");
	assert_string_equal(row.provisioning, "in_progress");
	assert_int_equal(row_of("imsi,plan,terms", "001010000000042,gold,yes", &row, &why), ES_MALFORMED);
}

static void amf_defaults_to_8000(void **state)
{
	struct ctl_csv_row row;
	const char *why = NULL;

	(void)state;
	assert_int_equal(row_of("imsi,plan,k,opc", "001010000000042,gold," K "," OPC, &row, &why), ES_OK);
	assert_int_equal(row.amf[0], 0x80);
	assert_int_equal(row.amf[1], 0x00);
}

static void a_bad_row_gives_its_reason_and_never_its_values(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "", "fewer fields" },
		{ "00101,,gold,,,,", "imsi" },
		{ "00101000000004x,,gold,,,,", "imsi" },
		{ "001010000000042,15550000042,gold,,,,", "msisdn" },
		{ "001010000000042,,,,,,", "plan" },
		{ "001010000000042,,gold,asleep,,,", "status" },
		{ "001010000000042,,gold,,46,,", "k is not" },
		{ "001010000000042,,gold,," K ",,", "opc is not" },
		{ "001010000000042,,gold,," K "," OPC ",80", "amf is not" },
		{ "001010000000042,,gold,,,,8000", "amf without" },
		{ "001010000000042,,gold,,,", "fewer fields" },
		{ "001010000000042,,gold,,,,,", "more fields" },
		{ "001010000000042,,\"gold,,,,", "does not end" },
		{ "001010000000042,,\"gold\"x,,,,", "closing quote" },
		{ "001010000000042,,g\x01ld,,,,", "clean text" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct ctl_csv_row row;
		const char *why = NULL;
		assert_int_equal(row_of("imsi,msisdn,plan,status,k,opc,amf", cases[i].line, &row, &why), ES_MALFORMED);
		assert_non_null(strstr(why, cases[i].why));
	}
}

static void a_header_that_cannot_be_used_is_refused(void **state)
{
	static const char *const headers[] = { "",           "imsi",          "imsi,plan,k",          "imsi,plan,imsi",
		                                   "imsi,tarif", "imsi,plan,\"k", "001010000000042,,gold" };

	(void)state;
	for (size_t i = 0; i < ES_COUNT(headers); i++) {
		struct ctl_csv csv;
		const char *why = NULL;
		assert_int_equal(ctl_csv_header(es_slice_str(headers[i]), &csv, &why), ES_MALFORMED);
		assert_non_null(why);
	}
}

static void a_field_stays_within_its_room(void **state)
{
	static const struct {
		const char *line, *text; /* NULL: refused */
	} cases[] = {
		{ "1234,x", "1234" }, { "12345,x", NULL }, { "\"1\"\"34\"", "1\"34" }, { "\"12345\"", NULL }, { " 1 ", "1" }
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		uint8_t room[4];
		struct ctl_csv_field field = { .text = room, .size = sizeof room };
		struct es_slice rest = es_slice_str(cases[i].line);
		bool more = false;
		assert_int_equal(ctl_csv_field(&rest, ',', &field, &more) == NULL, cases[i].text != NULL);
		if (cases[i].text != NULL)
			assert_true(es_slice_eq_str(ctl_csv_text(&field), cases[i].text));
	}
}

static void comments_and_empty_lines_carry_nothing(void **state)
{
	(void)state;
	assert_true(ctl_csv_is_blank(ES_SLICE_LIT("\r\n")));
	assert_true(ctl_csv_is_blank(ES_SLICE_LIT("  # a note")));
	assert_false(ctl_csv_is_blank(ES_SLICE_LIT(",")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_row_is_read),
		cmocka_unit_test(columns_come_in_any_order_and_most_are_optional),
		cmocka_unit_test(the_state_of_vowifi_comes_along),
		cmocka_unit_test(amf_defaults_to_8000),
		cmocka_unit_test(a_bad_row_gives_its_reason_and_never_its_values),
		cmocka_unit_test(a_header_that_cannot_be_used_is_refused),
		cmocka_unit_test(a_field_stays_within_its_room),
		cmocka_unit_test(comments_and_empty_lines_carry_nothing),
	};
	return cmocka_run_group_tests_name("ctl_csv", tests, NULL, NULL);
}
