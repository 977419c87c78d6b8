/* auth_diameter_result_test.c -- every code of TS.43 2.8.1, and all the others up to 10000: V12-AUTH-12. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_diameter_result.h"

static bool is_one_of(uint32_t code, const uint32_t *codes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (codes[i] == code)
			return true;
	return false;
}
#define ONE_OF(code, list) is_one_of(code, list, sizeof(list) / sizeof *(list))

/* V12-AUTH-12 */
static void only_1001_and_2001_go_on_and_three_codes_refuse(void **state)
{
	static const uint32_t rejected[] = { 4001, 5001, 5003 };

	(void)state;
	for (uint32_t code = 0; code <= 10000; code++)
		for (int experimental = 0; experimental < 2; experimental++) {
			enum auth_relay_verdict expected = AUTH_RELAY_AWAY;
			if (code == 1001 && experimental == 0)
				expected = AUTH_RELAY_CHALLENGE;
			if (code == 2001 && experimental == 0)
				expected = AUTH_RELAY_ACCEPTED;
			if (ONE_OF(code, rejected))
				expected = AUTH_RELAY_REJECTED;
			assert_int_equal(auth_diameter_eap_verdict(code, experimental == 1), expected);
		}
}

/* V12-AUTH-12: the rows of the table that mean "ask again, or another way", named one by one. */
static void protocol_and_other_errors_are_no_word_about_the_subscriber(void **state)
{
	(void)state;
	for (uint32_t code = 3001; code <= 3010; code++)
		assert_int_equal(auth_diameter_eap_verdict(code, false), AUTH_RELAY_AWAY);
	assert_int_equal(auth_diameter_eap_verdict(5002, false), AUTH_RELAY_AWAY);
	for (uint32_t code = 5004; code <= 5017; code++)
		assert_int_equal(auth_diameter_eap_verdict(code, code % 2 == 0), AUTH_RELAY_AWAY);
	assert_int_equal(auth_diameter_eap_verdict(0, false), AUTH_RELAY_AWAY);
}

static void a_vector_is_promised_by_one_code_only(void **state)
{
	static const uint32_t base[] = { 4001, 5003 }, refused[] = { 5003, 5004, 5006, 5450, 5451, 5452 };

	(void)state;
	for (uint32_t code = 0; code <= 10000; code++) {
		enum auth_source_answer expected = code == 2001 ? AUTH_SOURCE_VECTOR : AUTH_SOURCE_AWAY;
		if (ONE_OF(code, base))
			expected = AUTH_SOURCE_REFUSED;
		assert_int_equal(auth_diameter_vector_answer(code, false, false), expected);
		assert_int_equal(auth_diameter_vector_answer(code, false, true), expected);
		expected = code == 5001 ? AUTH_SOURCE_UNKNOWN : AUTH_SOURCE_AWAY;
		if (ONE_OF(code, refused))
			expected = AUTH_SOURCE_REFUSED;
		assert_int_equal(auth_diameter_vector_answer(code, true, false), expected);
		if (code == 5006)
			expected = AUTH_SOURCE_AUTS_INVALID;
		assert_int_equal(auth_diameter_vector_answer(code, true, true), expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_1001_and_2001_go_on_and_three_codes_refuse),
		cmocka_unit_test(protocol_and_other_errors_are_no_word_about_the_subscriber),
		cmocka_unit_test(a_vector_is_promised_by_one_code_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
