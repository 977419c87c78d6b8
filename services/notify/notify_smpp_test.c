/* notify_smpp_test.c -- PDUs octet by octet, what is none, and command_status row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "es_cleanup.h"
#include "notify_smpp.h"
#include "notify_smpp_receipt.h"
#include "notify_smpp_status.h"

#define EXPECT(buf, literal) expect(buf, es_slice_of(literal, sizeof(literal) - 1))

static void expect(struct es_buf *buf, struct es_slice expected)
{
	assert_int_equal(es_buf_status(buf), ES_OK);
	assert_int_equal(buf->len, expected.len);
	assert_memory_equal(buf->ptr, expected.ptr, expected.len);
	es_buf_free(buf);
}

static void a_bind_is_written_as_the_specification_has_it(void **state)
{
	struct es_buf out;

	(void)state;
	es_buf_init(&out, 256);
	notify_smpp_put_bind(&(struct notify_smpp_bind){ "openes", "pw", "", 0, 1, "" }, 1, &out);
	EXPECT(&out, "\0\0\0\x1f\0\0\0\x09\0\0\0\0\0\0\0\x01"
	             "openes\0pw\0\0\x34\0\x01\0");
	es_buf_init(&out, 256);
	notify_smpp_put_bind(&(struct notify_smpp_bind){ "openes", "too long for it", "", 0, 0, "" }, 1, &out);
	assert_int_not_equal(es_buf_status(&out), ES_OK);
	es_buf_free(&out);
}

static void a_submit_is_written_as_the_specification_has_it(void **state)
{
	struct notify_smpp_submit submit = { .service_type = "",
		                                 .source = { 5, 0, "Demo" },
		                                 .destination = { 1, 1, "34600000001" },
		                                 .esm_class = 0x40,
		                                 .priority = 1,
		                                 .validity = "000000001000000R",
		                                 .registered_delivery = 1,
		                                 .data_coding = 4,
		                                 .message = ES_SLICE_LIT("hi") };
	struct es_buf out;

	(void)state;
	es_buf_init(&out, 256);
	notify_smpp_put_submit(&submit, 2, &out);
	EXPECT(&out, "\0\0\0\x42\0\0\0\x04\0\0\0\0\0\0\0\x02"
	             "\0\5\0Demo\0\1\1"
	             "34600000001\0\x40\0\1\0"
	             "000000001000000R\0\1\0\4\0\2hi");
	submit.has_ports = true;
	submit.destination_port = 8095;
	submit.sar_total = 2;
	submit.sar_number = 1;
	submit.validity = "";
	es_buf_init(&out, 256);
	notify_smpp_put_submit(&submit, 2, &out);
	EXPECT(&out, "\0\0\0\x4e\0\0\0\x04\0\0\0\0\0\0\0\x02"
	             "\0\5\0Demo\0\1\1"
	             "34600000001\0\x40\0\1\0\0\1\0\4\0\2hi"
	             "\2\x0a\0\2\0\0\2\x0b\0\2\x1f\x9f\2\x0c\0\2\0\0\2\x0e\0\1\2\2\x0f\0\1\1");
}

static void lengths_that_are_none_end_the_link(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		enum notify_smpp_framing framing;
	} rows[] = {
		{ "\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\1", 16, SMPP_PDU_WHOLE },
		{ "\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0", 15, SMPP_PDU_PARTIAL },
		{ "\0\0\0", 3, SMPP_PDU_PARTIAL },
		{ "\0\0\0\x0f", 4, SMPP_PDU_BAD },
		{ "\0\0\0\0\0\0", 6, SMPP_PDU_BAD },
		{ "\0\0\x20\x01", 4, SMPP_PDU_BAD },
		{ "HTTP/1.1 400", 12, SMPP_PDU_BAD },
	};
	struct notify_smpp_pdu pdu;
	size_t taken = 0;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		assert_int_equal(notify_smpp_frame(es_slice_of(rows[i].octets, rows[i].len), &pdu, &taken), rows[i].framing);
	assert_int_equal(notify_smpp_frame(es_slice_of(rows[0].octets, 16), &pdu, &taken), SMPP_PDU_WHOLE);
	assert_true(pdu.command == SMPP_ENQUIRE_LINK && pdu.sequence == 1 && taken == 16);
}

static void answers_are_read_with_and_without_a_body(void **state)
{
	char id[NOTIFY_SMPP_ID_SIZE];
	uint8_t version = 1;

	(void)state;
	assert_int_equal(notify_smpp_read_submit(ES_SLICE_LIT("abc\0"), id), ES_OK);
	assert_string_equal(id, "abc");
	assert_int_equal(notify_smpp_read_submit((struct es_slice){ 0 }, id), ES_OK);
	assert_string_equal(id, "");
	assert_int_equal(notify_smpp_read_submit(ES_SLICE_LIT("abc"), id), ES_MALFORMED);
	assert_int_equal(notify_smpp_read_submit(ES_SLICE_LIT("abc\0\1"), id), ES_MALFORMED);
	assert_int_equal(notify_smpp_read_bind((struct es_slice){ 0 }, &version), ES_OK);
	assert_int_equal(version, 0);
	assert_int_equal(notify_smpp_read_bind(ES_SLICE_LIT("smsc\0\2\x10\0\1\x34"), &version), ES_OK);
	assert_int_equal(version, 0x34);
	assert_int_equal(notify_smpp_read_bind(ES_SLICE_LIT("smsc\0\2\x10\0\2\x34"), &version), ES_MALFORMED);
	assert_int_equal(notify_smpp_read_bind(ES_SLICE_LIT("a name of 16 oct\0"), &version), ES_MALFORMED);
	assert_int_equal(notify_smpp_read_alert(ES_SLICE_LIT("\1\1123\0\1\1456\0")), ES_OK);
	assert_int_equal(notify_smpp_read_alert(ES_SLICE_LIT("\1\1123\0\1\1456")), ES_MALFORMED);
	assert_int_equal(notify_smpp_read_empty(ES_SLICE_LIT("x")), ES_MALFORMED);
}

#define DELIVER(esm)                                                                                                   \
	"\0\1\1"                                                                                                           \
	"34600000001\0\1\1"                                                                                                \
	"100\0" esm "\0\0\0\0\0\0\0\0"

static void a_receipt_is_read_from_its_tlvs_or_from_its_text(void **state)
{
	static const struct {
		struct es_slice body;
		es_status status;
		bool is_receipt;
		const char *id;
		enum notify_receipt_state state;
	} rows[] = {
		{ ES_SLICE_LIT(DELIVER("\4") "\x17id:77 sub:1 stat:DELIVRD"), ES_MALFORMED, false, "", 0 },
		{ ES_SLICE_LIT(DELIVER("\4") "\x18id:77 sub:1 stat:DELIVRD"), ES_OK, true, "77", RECEIPT_DELIVERED },
		{ ES_SLICE_LIT(DELIVER("\4") "\x12id:77 stat:undeliv"), ES_OK, true, "77", RECEIPT_UNDELIVERABLE },
		{ ES_SLICE_LIT(DELIVER("\4") "\0\0\x1e\0\3"
		                             "88\0\4\x27\0\1\3"),
		  ES_OK, true, "88", RECEIPT_EXPIRED },
		{ ES_SLICE_LIT(DELIVER("\4") "\0\0\x1e\0\2"
		                             "88\4\x27\0\1\x63"),
		  ES_OK, true, "88", RECEIPT_UNREADABLE },
		{ ES_SLICE_LIT(DELIVER("\4") "\0\4\x24\0\x0cstat:ENROUTE"), ES_OK, true, "", RECEIPT_ENROUTE },
		{ ES_SLICE_LIT(DELIVER("\4") "\0\0\x1e\0\3"
		                             "8\0\0"),
		  ES_MALFORMED, false, "", 0 },
		{ ES_SLICE_LIT(DELIVER("\4") "\0\4\x27\0\2\1\1"), ES_MALFORMED, false, "", 0 },
		{ ES_SLICE_LIT(DELIVER("\4") "\0\4\x27\0"), ES_MALFORMED, false, "", 0 },
		{ ES_SLICE_LIT(DELIVER("\0") "\5hello"), ES_OK, false, "", 0 },
		{ ES_SLICE_LIT(DELIVER("\0") "\6hello"), ES_MALFORMED, false, "", 0 },
		{ ES_SLICE_LIT(DELIVER("\0") "\xff"), ES_MALFORMED, false, "", 0 },
		{ ES_SLICE_LIT("\0\1\1"), ES_MALFORMED, false, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct notify_smpp_deliver deliver;
		struct notify_receipt receipt;
		assert_int_equal(notify_smpp_read_deliver(rows[i].body, &deliver), rows[i].status);
		if (rows[i].status != ES_OK)
			continue;
		assert_int_equal(notify_smpp_receipt(&deliver, &receipt), rows[i].is_receipt);
		if (rows[i].is_receipt) {
			assert_true(es_slice_eq_str(receipt.id, rows[i].id));
			assert_int_equal(receipt.state, rows[i].state);
		}
	}
}

static void each_status_has_its_verdict(void **state)
{
	static const struct {
		uint32_t status;
		enum notify_verdict verdict;
		enum notify_reason reason;
		enum notify_smpp_effect effect;
	} rows[] = {
		{ 0x00, NOTIFY_ACCEPTED, NOTIFY_WHY_NONE, SMPP_GOES_ON },
		{ 0x58, NOTIFY_LATER, NOTIFY_WHY_RATE, SMPP_SLOWS_DOWN },
		{ 0x14, NOTIFY_LATER, NOTIFY_WHY_RATE, SMPP_SLOWS_DOWN },
		{ 0x0e, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, SMPP_STOPS },
		{ 0x0d, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, SMPP_STOPS },
		{ 0x0f, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, SMPP_STOPS },
		{ 0x05, NOTIFY_STOPPED, NOTIFY_WHY_CREDENTIAL, SMPP_STOPS },
		{ 0x0a, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0x0b, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0x45, NOTIFY_LATER, NOTIFY_WHY_PROVIDER, SMPP_GOES_ON },
		{ 0x08, NOTIFY_LATER, NOTIFY_WHY_PROVIDER, SMPP_GOES_ON },
		{ 0x04, NOTIFY_LATER, NOTIFY_WHY_PROVIDER, SMPP_REBINDS },
		{ 0x64, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0x65, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0x66, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0x67, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0xc0, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0xc1, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0xc2, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0xc3, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0xc4, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE, SMPP_GOES_ON },
		{ 0x77, NOTIFY_LATER, NOTIFY_WHY_PROVIDER, SMPP_GOES_ON }, /* in no table */
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const struct notify_smpp_status *row = notify_smpp_status_of(rows[i].status, NOTIFY_LATER);
		assert_int_equal(row->verdict, rows[i].verdict);
		assert_int_equal(row->reason, rows[i].reason);
		assert_int_equal(row->effect, rows[i].effect);
	}
	assert_int_equal(notify_smpp_status_of(0x400, NOTIFY_LATER)->verdict, NOTIFY_LATER);
	assert_int_equal(notify_smpp_status_of(0x400, NOTIFY_REFUSED)->verdict, NOTIFY_REFUSED);
	assert_int_equal(notify_smpp_status_of(0xffffffff, NOTIFY_REFUSED)->verdict, NOTIFY_REFUSED);
	assert_int_equal(notify_smpp_status_of(0x3ff, NOTIFY_REFUSED)->verdict, NOTIFY_LATER);
}

static void a_validity_is_relative_and_bounded(void **state)
{
	char text[17];

	(void)state;
	notify_smpp_validity(INT64_C(1000) * (86400 + 2 * 3600 + 3 * 60 + 4), text);
	assert_string_equal(text, "000001020304000R");
	notify_smpp_validity(-5, text);
	assert_string_equal(text, "000000000001000R");
	notify_smpp_validity(INT64_MAX / 2, text);
	assert_string_equal(text, "000098235959000R");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bind_is_written_as_the_specification_has_it),
		cmocka_unit_test(a_submit_is_written_as_the_specification_has_it),
		cmocka_unit_test(lengths_that_are_none_end_the_link),
		cmocka_unit_test(answers_are_read_with_and_without_a_body),
		cmocka_unit_test(a_receipt_is_read_from_its_tlvs_or_from_its_text),
		cmocka_unit_test(each_status_has_its_verdict),
		cmocka_unit_test(a_validity_is_relative_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
