/* dia_message_test.c -- Diameter on the wire: what is written is read again, and what is damaged is not. */
#include "dia_test_kit.h"

#include "dia_log_filter.h"
#include "dia_message.h"

static struct es_slice sample(struct kit *kit)
{
	struct dia_writer w = dia_begin(&kit->buf, DIA_REQUEST | DIA_PROXIABLE, DIA_MULTIMEDIA_AUTH, DIA_APP_SWX);
	const size_t group = dia_open(&w, DIA_AUTH_DATA_ITEM);

	dia_put_str(&w, DIA_AUTH_SCHEME, "EAP-AKA'");
	dia_put_u32_flag(&w, DIA_RAT_TYPE, 7, false);
	dia_close(&w, group);
	dia_put_str(&w, DIA_USER_NAME, "001010000000001");
	assert_int_equal(dia_end(&w), ES_OK);
	return es_buf_slice(&kit->buf);
}

static void what_is_written_has_the_layout_of_rfc_6733(void **state)
{
	static const uint8_t expected[] = {
		1,    0,   0,   92,                                                                 /* version, length */
		0xc0, 0,   1,   0x2f, 1,    0,    0, 0x31, 0,   0,   0,    0,    0,    0,   0,   0, /* MAR, SWx */
		0,    0,   2,   0x64, 0xc0, 0,    0, 48,   0,   0,   0x28, 0xaf,                    /* SIP-Auth-Data-Item */
		0,    0,   2,   0x60, 0xc0, 0,    0, 20,   0,   0,   0x28, 0xaf, 'E',  'A', 'P', '-', 'A', 'K', 'A',
		'\'', 0,   0,   4,    8,    0x80, 0, 0,    16,  0,   0,    0x28, 0xaf, 0,   0,   0,   7, /* RAT-Type, no M */
		0,    0,   0,   1,    0x40, 0,    0, 23,   '0', '0', '1',  '0',  '1',  '0', '0', '0', '0', '0', '0',
		'0',  '0', '0', '1',  0,
	};
	const struct es_slice octets = sample(*state);

	assert_int_equal(octets.len, sizeof expected);
	assert_memory_equal(octets.ptr, expected, sizeof expected);
}

static void what_is_written_is_read_again(void **state)
{
	const struct es_slice octets = sample(*state);
	struct dia_message m;
	struct es_slice item, value;
	uint32_t number;

	assert_int_equal(dia_message_parse(octets, &m), ES_OK);
	assert_int_equal(m.command, 303);
	assert_int_equal(m.application, 16777265);
	assert_int_equal(dia_find(m.body, DIA_AUTH_DATA_ITEM, &item), ES_OK);
	assert_int_equal(dia_find(item, DIA_AUTH_SCHEME, &value), ES_OK);
	assert_true(es_slice_eq_str(value, "EAP-AKA'"));
	assert_int_equal(dia_find_u32(item, DIA_RAT_TYPE, &number), ES_OK);
	assert_int_equal(number, 7);
	assert_int_equal(dia_find(m.body, DIA_AUTH_SCHEME, &value), ES_NOT_FOUND);
	assert_int_equal(dia_find_u32(m.body, DIA_USER_NAME, &number), ES_MALFORMED);
}

static void no_damaged_length_is_believed(void **state)
{
	const struct es_slice octets = sample(*state);
	uint8_t copy[128];
	struct dia_message m;

	for (size_t len = 0; len < octets.len; len++)
		assert_int_equal(dia_message_parse(es_slice_of(octets.ptr, len), &m), ES_MALFORMED);
	static const struct {
		size_t at;
		uint8_t octet;
	} damages[] = {
		{ 0, 2 }, { 3, 84 }, { 1, 1 }, { 27, 3 }, { 27, 49 + 40 }, { 25, 1 }, { 75, 7 }, { 75, 200 },
	};
	for (size_t i = 0; i < ES_COUNT(damages); i++) {
		memcpy(copy, octets.ptr, octets.len);
		copy[damages[i].at] = damages[i].octet;
		assert_int_equal(dia_message_parse(es_slice_of(copy, octets.len), &m), ES_MALFORMED);
	}
}

static void a_damaged_group_is_noticed_where_it_is_read(void **state)
{
	const struct es_slice octets = sample(*state);
	struct dia_message m;
	struct es_slice item, value;
	uint8_t copy[128];

	memcpy(copy, octets.ptr, octets.len);
	copy[39] = 200; /* length of the scheme inside the item */
	assert_int_equal(dia_message_parse(es_slice_of(copy, octets.len), &m), ES_OK);
	assert_int_equal(dia_find(m.body, DIA_AUTH_DATA_ITEM, &item), ES_OK);
	assert_int_equal(dia_find(item, DIA_AUTH_SCHEME, &value), ES_MALFORMED);
}

static void a_mark_changes_identifiers_and_flags_only(void **state)
{
	struct kit *kit = *state;
	struct dia_message m;

	(void)sample(kit);
	dia_message_mark(kit->buf.ptr, 0x01020304, DIA_RESENT);
	assert_int_equal(dia_message_parse(es_buf_slice(&kit->buf), &m), ES_OK);
	assert_int_equal(m.end_to_end, 0x01020304);
	assert_int_equal(m.flags, DIA_REQUEST | DIA_PROXIABLE | DIA_RESENT);
}

static void no_two_rows_are_the_same_attribute(void **state)
{
	(void)state;
	for (size_t i = 0; i < DIA_ATTR_COUNT; i++)
		for (size_t k = 0; k < i; k++) {
			assert_true(dia_attrs[i].code != dia_attrs[k].code || dia_attrs[i].vendor != dia_attrs[k].vendor);
			assert_true(strcmp(dia_attrs[i].name, dia_attrs[k].name) != 0 ||
			            dia_attrs[i].vendor != dia_attrs[k].vendor);
		}
}

static void the_log_shows_no_subscriber(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{ "Peer 'hss1.example.org' is now connected on port 3868",
		  "Peer 'hss1.example.org' is now connected on port 3868" },
		{ "for 001010000000001@nai.epc.mnc001.mcc001.3gppnetwork.org", "for #@nai.epc.mnc001.mcc001.3gppnetwork.org" },
		{ "no peer for AVP: 'User-Name'(1) l=23 val=\"x\"", "no peer for  ..." },
		{ "key 465b5ce8b199b49faa5f0a2ee238a6bc is", "key # is" },
		{ "two\nlines", "two ..." },
		{ "code 16777265 and 12345", "code # and 12345" },
	};
	char out[512];
	struct es_buf b;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		memset(out, 0, sizeof out);
		es_buf_init_fixed(&b, out, sizeof out - 1);
		dia_log_filter(es_slice_str(rows[i].text), &b);
		assert_string_equal(out, rows[i].shown);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_has_the_layout_of_rfc_6733),
		TEST(what_is_written_is_read_again),
		TEST(no_damaged_length_is_believed),
		TEST(a_damaged_group_is_noticed_where_it_is_read),
		TEST(a_mark_changes_identifiers_and_flags_only),
		TEST(no_two_rows_are_the_same_attribute),
		TEST(the_log_shows_no_subscriber),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
