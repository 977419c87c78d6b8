/* dia_s13_test.c -- S13 as messages: the question has what an EIR needs, the answer is one of three. */
#include "dia_test_kit.h"

#include "dia_s13.h"

static struct es_slice body_of(struct es_slice octets)
{
	struct dia_message m;

	assert_int_equal(dia_message_parse(octets, &m), ES_OK);
	assert_int_equal(m.command, 324);
	assert_int_equal(m.application, 16777252);
	return m.body;
}

static bool has_text(struct es_slice group, enum dia_attr attr, const char *text)
{
	struct es_slice value;

	return dia_find(group, attr, &value) == ES_OK && es_slice_eq_str(value, text);
}

static void the_question_names_the_device_and_its_software(void **state)
{
	struct kit *kit = *state;
	const struct dia_source *source = dia_config_source(&kit->config, "devices", DIA_EIR);
	struct es_slice group, absent;
	uint32_t number;

	assert_non_null(source);
	assert_true(kit->config.uses_s13);
	assert_null(dia_config_source(&kit->config, "home", DIA_EIR));
	assert_int_equal(dia_s13_write_ecr(&kit->config, source, "s;1;2", "35693803564380", "12", &kit->buf), ES_OK);
	struct es_slice body = body_of(es_buf_slice(&kit->buf));
	assert_true(has_text(body, DIA_SESSION_ID, "s;1;2"));
	assert_true(has_text(body, DIA_ORIGIN_HOST, "auth0.ecs.example.net"));
	assert_true(has_text(body, DIA_DESTINATION_REALM, "example.org"));
	assert_int_equal(dia_find_u32(body, DIA_AUTH_SESSION_STATE, &number), ES_OK);
	assert_int_equal(number, 1);
	assert_int_equal(dia_find(body, DIA_VENDOR_APPLICATION_ID, &group), ES_OK);
	assert_int_equal(dia_find_u32(group, DIA_AUTH_APPLICATION_ID, &number), ES_OK);
	assert_int_equal(number, 16777252);
	assert_int_equal(dia_find(body, DIA_TERMINAL_INFORMATION, &group), ES_OK);
	assert_true(has_text(group, DIA_IMEI, "35693803564380"));
	assert_true(has_text(group, DIA_SOFTWARE_VERSION, "12"));

	es_buf_reset(&kit->buf);
	assert_int_equal(dia_s13_write_ecr(&kit->config, source, "s", "35693803564380", "", &kit->buf), ES_OK);
	body = body_of(es_buf_slice(&kit->buf));
	assert_int_equal(dia_find(body, DIA_TERMINAL_INFORMATION, &group), ES_OK);
	assert_int_equal(dia_find(group, DIA_SOFTWARE_VERSION, &absent), ES_NOT_FOUND);
}

static void only_an_imei_can_be_asked_about(void **state)
{
	(void)state;
	assert_true(dia_s13_can_ask("35693803564380", ""));
	assert_true(dia_s13_can_ask("35693803564380", "01"));
	assert_false(dia_s13_can_ask("356938035643809", ""));
	assert_false(dia_s13_can_ask("3569380356438a", ""));
	assert_false(dia_s13_can_ask("35693803564380", "1"));
	assert_false(dia_s13_can_ask("", ""));
}

static es_status read_status(struct kit *kit, bool has_status, uint32_t number, enum dia_equipment_status *out)
{
	es_buf_reset(&kit->buf);
	struct dia_writer w = dia_begin(&kit->buf, 0, DIA_ME_IDENTITY_CHECK, DIA_APP_S13);
	dia_put_str(&w, DIA_SESSION_ID, "s");
	if (has_status)
		dia_put_u32(&w, DIA_EQUIPMENT_STATUS, number);
	assert_int_equal(dia_end(&w), ES_OK);
	return dia_s13_read_status(body_of(es_buf_slice(&kit->buf)), out);
}

static void an_answer_is_one_of_three(void **state)
{
	struct kit *kit = *state;
	enum dia_equipment_status status = DIA_WHITELISTED;

	for (uint32_t number = 0; number <= 2; number++) {
		assert_int_equal(read_status(kit, true, number, &status), ES_OK);
		assert_int_equal(status, number);
	}
	assert_int_equal(read_status(kit, true, 3, &status), ES_MALFORMED);
	assert_int_equal(read_status(kit, true, UINT32_MAX, &status), ES_MALFORMED);
	assert_int_equal(read_status(kit, false, 0, &status), ES_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_question_names_the_device_and_its_software, kit_set_up, kit_tear_down),
		cmocka_unit_test(only_an_imei_can_be_asked_about),
		cmocka_unit_test_setup_teardown(an_answer_is_one_of_three, kit_set_up, kit_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
