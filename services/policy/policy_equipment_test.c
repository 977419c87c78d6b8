/* policy_equipment_test.c -- IMEIs, software versions, what an EIR answers, and what is made of all that is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "policy_n5g.h"

#define NOW INT64_C(1767225600000)
#define HOUR INT64_C(3600000)

static struct es_arena *arena;

static void imei_and_imeisv_of_a_device_are_one(void **state)
{
	static const char *const forms[] = { "35693803564380", "356938035643809", "356938035643800", "3569380356438012" };
	struct policy_imei imei;
	(void)state;

	for (size_t i = 0; i < ES_COUNT(forms); i++) {
		assert_int_equal(policy_imei_parse(es_slice_str(forms[i]), &imei), ES_OK);
		assert_string_equal(imei.digits, "35693803564380");
		assert_string_equal(imei.software, i == 3 ? "12" : "");
	}
	assert_int_equal(policy_imei_check_digit("35693803564380"), '9');
	assert_int_equal(policy_imei_check_digit("49015420323751"), '8');
	assert_int_equal(policy_imei_check_digit("00000000000000"), '0');
}

static void what_is_no_imei_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"3569380356438",
		"35693803564380912",
		"35693803564380a",
		"urn:gsma:imei:35693803-564380-0",
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
		" 35693803564380",
	};
	struct policy_imei imei;
	(void)state;

	for (size_t i = 0; i < ES_COUNT(texts); i++)
		assert_int_equal(policy_imei_parse(es_slice_str(texts[i]), &imei), ES_MALFORMED);
}

static void versions_are_compared_by_their_numbers(void **state)
{
	static const char *const rising[] = { "1", "1.2", "1.2a", "1.2b", "1.10", "2.0", "A100", "A100B9", "a100b10" };
	(void)state;

	for (size_t i = 0; i < ES_COUNT(rising); i++)
		for (size_t k = 0; k < ES_COUNT(rising); k++) {
			const int order = policy_sw_compare(es_slice_str(rising[i]), es_slice_str(rising[k]));
			assert_int_equal(order < 0, i < k);
			assert_int_equal(order > 0, i > k);
		}
	assert_int_equal(policy_sw_compare(ES_SLICE_LIT("14.02"), ES_SLICE_LIT("14.2")), 0);
}

/* ---- N5g-eir ---- */

static void the_question_names_the_imei_with_its_check_digit(void **state)
{
	struct policy_imei imei;
	char room[POLICY_N5G_URL_MAX];
	struct es_buf url;
	(void)state;

	assert_int_equal(policy_imei_parse(ES_SLICE_LIT("3569380356438012"), &imei), ES_OK);
	es_buf_init_fixed(&url, room, sizeof room);
	assert_int_equal(policy_n5g_write_url("http://eir.example:8080/", &imei, &url), ES_OK);
	assert_string_equal(room, "http://eir.example:8080/n5g-eir-eic/v1/equipment-status?pei=imei-356938035643809");
}

static void an_answer_is_a_state_or_says_why_not(void **state)
{
	static const struct {
		long code;
		const char *body;
		uint8_t told;
	} rows[] = {
		{ 200, "{\"status\":\"WHITELISTED\"}", POLICY_EQUIPMENT_ALLOWED },
		{ 200, "{\"status\":\"GREYLISTED\"}", POLICY_EQUIPMENT_TRACKED },
		{ 200, "{\"status\":\"BLACKLISTED\"}", POLICY_EQUIPMENT_BLOCKED },
		{ 200, "{\"status\":\"blacklisted\"}", POLICY_EQUIPMENT_UNAVAILABLE },
		{ 200, "{\"status\":[]}", POLICY_EQUIPMENT_UNAVAILABLE },
		{ 200, "[]", POLICY_EQUIPMENT_UNAVAILABLE },
		{ 200, "", POLICY_EQUIPMENT_UNAVAILABLE },
		{ 404, "{\"status\":404,\"cause\":\"ERROR_EQUIPMENT_UNKNOWN\"}", POLICY_EQUIPMENT_UNKNOWN },
		{ 404, "{\"title\":\"Not Found\"}", POLICY_EQUIPMENT_UNKNOWN },
		{ 404, "", POLICY_EQUIPMENT_UNKNOWN },
		{ 404, "{\"cause\":\"RESOURCE_URI_STRUCTURE_NOT_FOUND\"}", POLICY_EQUIPMENT_UNAVAILABLE },
		{ 404, "<html>", POLICY_EQUIPMENT_UNAVAILABLE },
		{ 503, "{\"status\":\"BLACKLISTED\"}", POLICY_EQUIPMENT_UNAVAILABLE },
		{ 204, "", POLICY_EQUIPMENT_UNAVAILABLE },
	};
	(void)state;

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const char *why = NULL;
		assert_int_equal(policy_n5g_read(rows[i].code, es_slice_str(rows[i].body), &why), rows[i].told);
		assert_int_equal(why[0] != '\0', rows[i].told == POLICY_EQUIPMENT_UNAVAILABLE);
	}
}

/* ---- what is known ---- */

static struct policy_equipment_settings settings_of(uint8_t mode)
{
	return (struct policy_equipment_settings){ .mode = mode, .source = "eir-1", .max_age_s = 3600 };
}

static struct policy_equipment_facts facts_of(void)
{
	struct policy_equipment_facts facts = { .vendor = "", .model = "" };
	assert_int_equal(policy_imei_parse(ES_SLICE_LIT("356938035643809"), &facts.imei), ES_OK);
	return facts;
}

static struct policy_equipment concluded(const struct policy_equipment_settings *s,
                                         const struct policy_equipment_facts *facts, uint8_t told)
{
	struct policy_equipment e;
	assert_int_equal(policy_equipment_conclude(s, facts, told, ES_SLICE_LIT("14.2"), NOW, arena, &e), ES_OK);
	return e;
}

static void the_list_stands_over_the_eir(void **state)
{
	struct policy_equipment_settings s = settings_of(POLICY_EQUIPMENT_N5G);
	struct policy_equipment_facts facts = facts_of();
	(void)state;

	assert_true(policy_equipment_asks(&s, &facts, NOW));
	facts.listed = POLICY_EQUIPMENT_ALLOWED;
	facts.listed_ms = NOW - HOUR;
	assert_false(policy_equipment_asks(&s, &facts, NOW));
	struct policy_equipment e = concluded(&s, &facts, POLICY_EQUIPMENT_BLOCKED);
	assert_int_equal(e.state, POLICY_EQUIPMENT_ALLOWED);
	assert_string_equal(e.source, "list");
	assert_int_equal(e.as_of_ms, NOW - HOUR);
	facts.listed = POLICY_EQUIPMENT_BLOCKED;
	e = concluded(&s, &facts, POLICY_EQUIPMENT_NOT_ASKED);
	assert_int_equal(policy_equipment_judge(&s, &e), POLICY_EQUIPMENT_IS_BLOCKED);
}

static void a_fresh_answer_is_not_asked_for_again(void **state)
{
	struct policy_equipment_settings s = settings_of(POLICY_EQUIPMENT_S13);
	struct policy_equipment_facts facts = facts_of();
	(void)state;

	facts.answer = POLICY_EQUIPMENT_BLOCKED;
	facts.answer_ms = NOW - HOUR;
	assert_false(policy_equipment_asks(&s, &facts, NOW));
	assert_int_equal(concluded(&s, &facts, POLICY_EQUIPMENT_NOT_ASKED).state, POLICY_EQUIPMENT_BLOCKED);
	facts.answer_ms--;
	assert_true(policy_equipment_asks(&s, &facts, NOW));
	struct policy_equipment e = concluded(&s, &facts, POLICY_EQUIPMENT_ALLOWED);
	assert_int_equal(e.state, POLICY_EQUIPMENT_ALLOWED);
	assert_string_equal(e.source, "eir-1");
	assert_int_equal(e.as_of_ms, NOW);
}

static void without_an_answer_the_tenant_says_what_follows(void **state)
{
	static const struct {
		uint8_t when_away, old, state;
		enum policy_equipment_verdict verdict;
	} rows[] = {
		{ POLICY_AWAY_LAST, POLICY_EQUIPMENT_BLOCKED, POLICY_EQUIPMENT_BLOCKED, POLICY_EQUIPMENT_IS_BLOCKED },
		{ POLICY_AWAY_LAST, POLICY_EQUIPMENT_ALLOWED, POLICY_EQUIPMENT_ALLOWED, POLICY_EQUIPMENT_GOOD },
		{ POLICY_AWAY_LAST, POLICY_EQUIPMENT_NOT_ASKED, POLICY_EQUIPMENT_UNAVAILABLE, POLICY_EQUIPMENT_GOOD },
		{ POLICY_AWAY_ALLOW, POLICY_EQUIPMENT_BLOCKED, POLICY_EQUIPMENT_UNAVAILABLE, POLICY_EQUIPMENT_GOOD },
		{ POLICY_AWAY_UNAVAILABLE, POLICY_EQUIPMENT_ALLOWED, POLICY_EQUIPMENT_UNAVAILABLE,
		  POLICY_EQUIPMENT_NEEDS_ANSWER },
	};
	(void)state;

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct policy_equipment_settings s = settings_of(POLICY_EQUIPMENT_N5G);
		struct policy_equipment_facts facts = facts_of();
		s.when_away = rows[i].when_away;
		facts.answer = rows[i].old;
		facts.answer_ms = NOW - 9 * HOUR;
		const struct policy_equipment e = concluded(&s, &facts, POLICY_EQUIPMENT_UNAVAILABLE);
		assert_int_equal(e.state, rows[i].state);
		assert_int_equal(policy_equipment_judge(&s, &e), rows[i].verdict);
	}
}

static void an_unknown_device_is_let_through_unless_the_tenant_refuses_it(void **state)
{
	struct policy_equipment_settings s = settings_of(POLICY_EQUIPMENT_LIST);
	struct policy_equipment_facts facts = facts_of();
	(void)state;

	assert_false(policy_equipment_asks(&s, &facts, NOW));
	struct policy_equipment e = concluded(&s, &facts, POLICY_EQUIPMENT_NOT_ASKED);
	assert_int_equal(e.state, POLICY_EQUIPMENT_UNKNOWN);
	assert_int_equal(policy_equipment_judge(&s, &e), POLICY_EQUIPMENT_GOOD);
	s.unknown = POLICY_UNKNOWN_REFUSE;
	assert_int_equal(policy_equipment_judge(&s, &e), POLICY_EQUIPMENT_IS_UNKNOWN);

	s.mode = POLICY_EQUIPMENT_N5G; /* a terminal_id that is no IMEI: nobody can be asked */
	facts.imei.digits[0] = '\0';
	assert_false(policy_equipment_asks(&s, &facts, NOW));
	e = concluded(&s, &facts, POLICY_EQUIPMENT_NOT_ASKED);
	assert_int_equal(policy_equipment_judge(&s, &e), POLICY_EQUIPMENT_IS_UNKNOWN);
	e.state = POLICY_EQUIPMENT_TRACKED;
	assert_int_equal(policy_equipment_judge(&s, &e), POLICY_EQUIPMENT_GOOD);
}

static void a_capability_counts_from_its_software_version_on(void **state)
{
	struct policy_equipment_settings s = settings_of(POLICY_EQUIPMENT_OFF);
	struct policy_equipment_facts facts = facts_of();
	const char *written[] = { "vowifi", "vonr: 14.2", "satellite:14.10", "nr_sa : 9" };
	struct policy_equipment e;
	(void)state;

	assert_false(policy_equipment_is_read(&s));
	s.use_models = true;
	assert_true(policy_equipment_is_read(&s));
	facts.vendor = "ACME";
	facts.capabilities = (struct policy_list){ written, ES_COUNT(written) };
	e = concluded(&s, &facts, POLICY_EQUIPMENT_NOT_ASKED);
	assert_int_equal(e.state, POLICY_EQUIPMENT_NOT_ASKED);
	assert_string_equal(e.vendor, "ACME");
	assert_int_equal(e.capabilities.count, 3);
	assert_string_equal(e.capabilities.items[0], "vowifi");
	assert_string_equal(e.capabilities.items[1], "vonr");
	assert_string_equal(e.capabilities.items[2], "nr_sa");
	assert_int_equal(policy_equipment_conclude(&s, &facts, 0, ES_SLICE_LIT(""), NOW, arena, &e), ES_OK);
	assert_int_equal(e.capabilities.count, 1);
}

static int begin(void **state)
{
	(void)state;
	arena = es_arena_new(0, 65536);
	return arena != NULL ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	es_arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imei_and_imeisv_of_a_device_are_one),
		cmocka_unit_test(what_is_no_imei_is_none),
		cmocka_unit_test(versions_are_compared_by_their_numbers),
		cmocka_unit_test(the_question_names_the_imei_with_its_check_digit),
		cmocka_unit_test(an_answer_is_a_state_or_says_why_not),
		cmocka_unit_test_setup_teardown(the_list_stands_over_the_eir, begin, end),
		cmocka_unit_test_setup_teardown(a_fresh_answer_is_not_asked_for_again, begin, end),
		cmocka_unit_test_setup_teardown(without_an_answer_the_tenant_says_what_follows, begin, end),
		cmocka_unit_test_setup_teardown(an_unknown_device_is_let_through_unless_the_tenant_refuses_it, begin, end),
		cmocka_unit_test_setup_teardown(a_capability_counts_from_its_software_version_on, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
