/* dia_door_test.c -- answers that would end the library's process are made harmless, all others pass untouched. */
#include "dia_test_kit.h"

#include "dia_door.h"

static void put_unknown(struct kit *kit, uint8_t flags)
{
	es_put_u32(&kit->buf, 9999);
	es_put_u32(&kit->buf, (uint32_t)flags << 24 | 12);
	es_put_u32(&kit->buf, 7);
}

static enum dia_door check(struct kit *kit, uint32_t *id)
{
	return dia_door_check(kit->buf.ptr, kit->buf.len, id);
}

static struct dia_writer begin(struct kit *kit, uint8_t flags, uint32_t command)
{
	es_buf_reset(&kit->buf);
	return dia_begin(&kit->buf, flags, command, DIA_APP_SWX);
}

static void end(struct kit *kit, struct dia_writer *w)
{
	dia_put_u32(w, DIA_RESULT_CODE, 2001);
	assert_int_equal(dia_end(w), ES_OK);
	dia_message_mark(kit->buf.ptr, 77, 0);
}

static void a_good_answer_passes_untouched(void **state)
{
	struct kit *kit = *state;
	struct dia_writer w = begin(kit, 0, DIA_MULTIMEDIA_AUTH);
	uint8_t before[64];
	uint32_t id = 0;

	put_unknown(kit, 0); /* without the M bit */
	end(kit, &w);
	memcpy(before, kit->buf.ptr, kit->buf.len);
	assert_int_equal(check(kit, &id), DIA_DOOR_PASS);
	assert_memory_equal(kit->buf.ptr, before, kit->buf.len);
}

static void an_unknown_attribute_that_must_be_known_is_disguised(void **state)
{
	struct kit *kit = *state;
	struct dia_writer w = begin(kit, 0, DIA_MULTIMEDIA_AUTH);
	struct dia_message m;
	struct dia_avp avp;
	uint32_t id = 0;

	const size_t group = dia_open(&w, DIA_AUTH_DATA_ITEM);
	put_unknown(kit, 0x40);
	dia_close(&w, group);
	put_unknown(kit, 0x40);
	end(kit, &w);
	assert_int_equal(check(kit, &id), DIA_DOOR_SPOILED);
	assert_int_equal(id, 77);
	assert_int_equal(dia_message_parse(es_buf_slice(&kit->buf), &m), ES_OK);
	assert_int_equal(dia_avp_next(&m.body, &avp), ES_OK);
	assert_int_equal(avp.code, 612);
	assert_int_equal(dia_avp_next(&avp.data, &avp), ES_OK);
	assert_true(avp.code == UINT32_MAX && avp.flags == 0);
	assert_int_equal(dia_avp_next(&m.body, &avp), ES_OK);
	assert_true(avp.code == UINT32_MAX && avp.flags == 0);
	assert_int_equal(check(kit, &id), DIA_DOOR_PASS);
}

static void an_attribute_of_a_wrong_size_is_disguised(void **state)
{
	struct kit *kit = *state;
	static const struct {
		enum dia_attr attr;
		const char *value;
	} rows[] = { { DIA_AUTH_SESSION_STATE, "123" },
		         { DIA_OC_FEATURE_VECTOR, "1234" },
		         { DIA_NON_3GPP_USER_DATA, "no attributes" },
		         { DIA_SESSION_TIMEOUT, "" } };
	uint32_t id = 0;

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct dia_writer w = begin(kit, 0, DIA_SERVER_ASSIGNMENT);
		dia_put_str(&w, rows[i].attr, rows[i].value);
		end(kit, &w);
		assert_int_equal(check(kit, &id), DIA_DOOR_SPOILED);
		assert_int_equal(check(kit, &id), DIA_DOOR_PASS);
	}
}

static void an_answer_to_nothing_we_ask_ends_the_connection(void **state)
{
	struct kit *kit = *state;
	struct dia_writer w = begin(kit, 0, 999);
	uint32_t id = 0;

	end(kit, &w);
	assert_int_equal(check(kit, &id), DIA_DOOR_BREAK);
	assert_int_equal(kit->buf.ptr[0], 0);
}

static void requests_and_the_base_protocol_pass(void **state)
{
	struct kit *kit = *state;
	static const struct {
		uint8_t flags;
		uint32_t command;
	} rows[] = { { DIA_REQUEST, 999 }, { DIA_REQUEST, DIA_PUSH_PROFILE }, { 0, 257 }, { 0, 280 } };
	uint32_t id = 0;

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct dia_writer w = begin(kit, rows[i].flags, rows[i].command);
		put_unknown(kit, 0x40);
		end(kit, &w);
		assert_int_equal(check(kit, &id), DIA_DOOR_PASS);
	}
}

static void groups_may_not_be_nested_without_end(void **state)
{
	struct kit *kit = *state;
	struct dia_writer w = begin(kit, 0, DIA_SERVER_ASSIGNMENT);
	size_t groups[40];
	uint32_t id = 0;

	for (size_t i = 0; i < ES_COUNT(groups); i++)
		groups[i] = dia_open(&w, DIA_FAILED_AVP);
	for (size_t i = ES_COUNT(groups); i > 0; i--)
		dia_close(&w, groups[i - 1]);
	end(kit, &w);
	assert_int_equal(check(kit, &id), DIA_DOOR_SPOILED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_good_answer_passes_untouched),
		TEST(an_unknown_attribute_that_must_be_known_is_disguised),
		TEST(an_attribute_of_a_wrong_size_is_disguised),
		TEST(an_answer_to_nothing_we_ask_ends_the_connection),
		TEST(requests_and_the_base_protocol_pass),
		TEST(groups_may_not_be_nested_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
