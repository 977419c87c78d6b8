/* esim_manage_test.c -- what ManageSubscription comes to, by what the line has and whose the identifiers are (TS.43 6.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "es_cleanup.h"
#include "esim_testing.h"

#define OLD "8944000000000000017"
#define NEW_WATCH "companion_terminal_id=new&companion_terminal_eid=89044000000000000000000000000022"

/* A line with one profile that is in use, of the application that asks. */
static void manage(const char *app, const char *query, const struct esim_line *whose, char out[512])
{
	const struct esim_order none = { .id = "" };
	struct esim_profile profile = {
		.id = "p", .iccid = OLD, .device = "old", .status = ESIM_ACTIVATED, .seen_ms = 1, .service = ESIM_DIFF_NUMBER
	};
	struct esim_param params[ESIM_TEST_PARAMS];
	struct esim_request request = { .operation = ES_SLICE_LIT("ManageSubscription"),
		                            .params = params,
		                            .tenant = "demo",
		                            .imsi = "001010000000001",
		                            .msisdn = "",
		                            .terminal_id = "phone",
		                            .line = *whose };
	struct esim_answer answer = { .arena = es_arena_new(0, 65536) };

	assert_true(esim_app_parse(es_slice_str(app), &request.app));
	profile.app = (uint16_t)request.app;
	request.line.profiles = &profile;
	request.line.orders = &none;
	request.line.count = 1;
	request.facts.primary_allowed = request.facts.line_active = true;
	request.facts.settings.smdp = request.facts.settings.bss = "main";
	esim_test_facts(&request.facts);
	request.param_count = esim_test_params(query, params);
	esim_operate(&request, &answer);
	esim_test_answer(&answer, out, 512);
	es_arena_free(answer.arena);
}

/* V12-ODSA-MS-15, V12-ODSA-G-09 */
static void a_profile_of_somebody_else_is_not_moved(void **state)
{
	static const struct esim_line own = { .is_foreign_old = false }, old = { .is_foreign_old = true },
								  device = { .is_foreign_device = true };
	static const struct {
		const char *app, *query;
		const struct esim_line *whose;
		const char *answer;
	} cases[] = {
		{ "ap2006", "operation_type=3&" NEW_WATCH "&old_companion_terminal_iccid=" OLD, &own, "order transfer" },
		{ "ap2006", "operation_type=3&" NEW_WATCH "&old_companion_terminal_iccid=" OLD, &old, "403" },
		{ "ap2006", "operation_type=3&" NEW_WATCH "&old_companion_terminal_iccid=" OLD, &device, "403" },
		{ "ap2009", "operation_type=3&old_terminal_iccid=" OLD, &own, "order transfer" },
		{ "ap2009", "operation_type=3&old_terminal_iccid=" OLD, &old, "403" },
		{ "ap2009", "operation_type=3&old_terminal_iccid=" OLD, &device, "403" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char answer[512];
		manage(cases[i].app, cases[i].query, cases[i].whose, answer);
		assert_string_equal(answer, cases[i].answer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_of_somebody_else_is_not_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
