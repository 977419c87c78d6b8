/* esim_conflict_test.c -- what was decided on a sheet, when the line has moved meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "es_cleanup.h"
#include "esim_conflict.h"

enum { NO_ORDER = ESIM_KINDS };

static void an_order_that_would_cross_another_is_not_made(void **state)
{
	/* The line has one profile, on the watch; an order about it; and perhaps one that takes its place. */
	static const struct {
		uint8_t wanted, under_way;
		bool is_seen, has_ended, is_replaced, is_same_device, may;
	} cases[] = {
		{ ESIM_SUBSCRIBE, NO_ORDER, true, false, false, true, true },
		{ ESIM_SUBSCRIBE, ESIM_SUBSCRIBE, false, false, false, true, false }, /* two sheets for one watch */
		{ ESIM_SUBSCRIBE, ESIM_SUBSCRIBE, false, false, false, false, true },
		{ ESIM_SUBSCRIBE, ESIM_TRANSFER, true, false, false, true, true }, /* it is there: the old one is ending */
		{ ESIM_TRANSFER, NO_ORDER, true, false, false, false, true },
		{ ESIM_TRANSFER, NO_ORDER, true, true, false, false, false },
		{ ESIM_TRANSFER, NO_ORDER, true, false, true, false, false },
		{ ESIM_TRANSFER, ESIM_SUBSCRIBE, false, false, false, false, false },
		{ ESIM_LEND, NO_ORDER, true, false, true, false, false },
		{ ESIM_UNSUBSCRIBE, NO_ORDER, true, false, false, true, true },
		{ ESIM_UNSUBSCRIBE, NO_ORDER, true, true, false, true, false },
		{ ESIM_UNSUBSCRIBE, ESIM_UNSUBSCRIBE, true, false, false, true, false },
		{ ESIM_UNSUBSCRIBE, ESIM_CHANGE, true, false, false, true, true },
		{ ESIM_CHANGE, ESIM_UNSUBSCRIBE, true, false, false, true, false },
		{ ESIM_CHANGE, ESIM_SUBSCRIBE, false, false, false, true, false },
		{ ESIM_CHANGE, ESIM_TRANSFER, true, false, false, true, true },
		{ ESIM_RELEASE, ESIM_RELEASE, false, false, false, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct esim_draft draft = { .kind = cases[i].wanted, .app = ESIM_COMPANION, .device = "watch" };
		struct esim_profile profiles[2] = { { .id = "p", .app = ESIM_COMPANION, .device = "watch" },
			                                { .id = "q", .app = ESIM_COMPANION, .device = "band" } };
		struct esim_order orders[2] = { { .id = "" }, { .id = "" } };
		const struct esim_line line = { .profiles = profiles, .orders = orders, .count = 2 };
		profiles[0].seen_ms = cases[i].is_seen;
		profiles[0].ended_ms = cases[i].has_ended;
		if (!cases[i].is_same_device)
			memcpy(draft.device, "other", sizeof "other");
		if (cases[i].under_way != NO_ORDER)
			orders[0] = (struct esim_order){ .id = "o", .kind = cases[i].under_way };
		if (cases[i].is_replaced)
			orders[1] = (struct esim_order){ .id = "r", .kind = ESIM_TRANSFER, .old_profile = "p" };
		if (!esim_draft_is_new(&draft))
			memcpy(draft.profile, "p", sizeof "p");
		else if (draft.kind != ESIM_SUBSCRIBE)
			memcpy(draft.old_profile, "p", sizeof "p");
		if ((esim_conflict(&line, &draft) == NULL) != cases[i].may)
			fail_msg("number %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(an_order_that_would_cross_another_is_not_made) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
