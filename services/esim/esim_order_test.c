/* esim_order_test.c -- orders walk forward, wait, go back and get stuck as they should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "esim_order.h"

static const struct esim_pace pace = { .retry_first_ms = 1000, .retry_max_ms = 8000, .lease_ms = 5000, .tries_max = 4 };
static const struct esim_plan everybody = { .has_bss = true, .has_smdp = true, .provisions = true };

static void begin(struct esim_order *o, enum esim_kind kind, const struct esim_plan *plan)
{
	*o = (struct esim_order){ .kind = (uint8_t)kind, .install_within_ms = 100000 };
	esim_order_begin(o, plan, 1);
}

/* Takes what is due and hears of it; the name of the step that was asked for. */
static const char *step(struct esim_order *o, enum esim_heard_outcome outcome)
{
	struct esim_heard heard = { .outcome = outcome, .reason = "because" };
	const int64_t now = o->next_ms;

	if (!esim_order_take(o, &pace, now))
		return "nobody";
	const char *name = esim_step_name((enum esim_step)o->step);
	esim_order_hear(o, &heard, &pace, now);
	return name;
}

static void an_order_that_meets_no_trouble_goes_through_its_steps_and_waits_for_its_device(void **state)
{
	static const char *const names[] = { "order", "download_order", "confirm_order", "provision" };
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &everybody);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_string_equal(step(&o, ESIM_HEARD_DONE), names[i]);
	assert_int_equal(o.state, ESIM_ORDER_WAITING);
	assert_true(esim_order_is_offered(&o));
	esim_order_installed(&o, 50);
	assert_int_equal(o.state, ESIM_ORDER_DONE);
	assert_int_equal(o.ended_ms, 50);
}

static void the_old_profile_of_a_transfer_ends_when_the_new_one_is_there(void **state)
{
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_TRANSFER, &everybody);
	for (size_t i = 0; i < 4; i++)
		assert_string_not_equal(step(&o, ESIM_HEARD_DONE), "retire");
	assert_int_equal(o.state, ESIM_ORDER_WAITING);
	esim_order_installed(&o, 50);
	assert_string_equal(step(&o, ESIM_HEARD_DONE), "retire");
	assert_int_equal(o.state, ESIM_ORDER_DONE);
}

static void what_is_refused_is_undone_in_reverse(void **state)
{
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &everybody);
	for (size_t i = 0; i < 3; i++)
		(void)step(&o, ESIM_HEARD_DONE);
	assert_string_equal(step(&o, ESIM_HEARD_REFUSED), "provision");
	assert_int_equal(o.state, ESIM_ORDER_UNDOING);
	assert_string_equal(step(&o, ESIM_HEARD_DONE), "cancel_order");
	assert_string_equal(step(&o, ESIM_HEARD_DONE), "deprovision");
	assert_string_equal(step(&o, ESIM_HEARD_DONE), "cancel");
	assert_int_equal(o.state, ESIM_ORDER_UNDONE);
	assert_string_equal(o.reason, "because");
}

static void why_it_is_undone_outlasts_the_trouble_of_undoing_it(void **state)
{
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &everybody);
	for (size_t i = 0; i < 4; i++)
		(void)step(&o, ESIM_HEARD_DONE);
	assert_true(esim_order_cancel(&o, "nobody wants it", 10));
	assert_string_equal(step(&o, ESIM_HEARD_LOST), "cancel_order");
	assert_string_equal(step(&o, ESIM_HEARD_UNHEARD), "cancel_order");
	for (size_t i = 0; i < 3; i++)
		(void)step(&o, ESIM_HEARD_DONE);
	assert_int_equal(o.state, ESIM_ORDER_UNDONE);
	assert_string_equal(o.reason, "nobody wants it");
}

static void what_the_user_typed_wrongly_undoes_nothing_as_nothing_was_done(void **state)
{
	const struct esim_plan plan = { .has_bss = true, .has_smdp = true, .verifies = true };
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &plan);
	assert_string_equal(step(&o, ESIM_HEARD_REFUSED), "verify");
	assert_int_equal(o.state, ESIM_ORDER_UNDONE);
	assert_true((o.flags & ESIM_BAD_INPUT) != 0);
}

static void a_lost_answer_is_asked_for_again_until_it_is_known_even_when_nobody_wants_it(void **state)
{
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &everybody);
	(void)step(&o, ESIM_HEARD_DONE);
	assert_string_equal(step(&o, ESIM_HEARD_LOST), "download_order");
	assert_true(esim_order_cancel(&o, "off", 2));
	assert_true((o.flags & ESIM_UNSURE) != 0);
	assert_string_equal(step(&o, ESIM_HEARD_DONE), "download_order");
	assert_string_equal(step(&o, ESIM_HEARD_DONE), "cancel_order");
	assert_string_equal(step(&o, ESIM_HEARD_DONE), "cancel");
	assert_int_equal(o.state, ESIM_ORDER_UNDONE);
}

static void who_took_an_order_and_never_came_back_leaves_it_unsure(void **state)
{
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &everybody);
	assert_true(esim_order_take(&o, &pace, 10));
	assert_int_equal(o.next_ms, 10 + pace.lease_ms);
	assert_true(esim_order_take(&o, &pace, o.next_ms));
	assert_true((o.flags & ESIM_UNSURE) != 0);
	assert_int_equal(o.takes, 2);
}

static void pauses_double_and_after_the_last_try_a_person_has_to_look(void **state)
{
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &everybody);
	const int64_t pauses[] = { 1000, 2000, 4000 };
	for (size_t i = 0; i < 3; i++) {
		const int64_t now = o.next_ms;
		(void)step(&o, ESIM_HEARD_UNHEARD);
		assert_int_equal(o.next_ms - now, pauses[i]);
	}
	(void)step(&o, ESIM_HEARD_UNHEARD);
	assert_int_equal(o.state, ESIM_ORDER_STUCK);
	assert_int_equal(o.next_ms, 0);
	assert_true(esim_order_retry(&o, 77));
	assert_string_equal(step(&o, ESIM_HEARD_DONE), "order");
}

static void a_profile_that_nobody_downloads_is_taken_back_unless_it_was_downloaded_after_all(void **state)
{
	struct esim_order o;

	(void)state;
	for (int was_downloaded = 0; was_downloaded < 2; was_downloaded++) {
		begin(&o, ESIM_SUBSCRIBE, &everybody);
		for (size_t i = 0; i < 4; i++)
			(void)step(&o, ESIM_HEARD_DONE);
		assert_int_equal(o.state, ESIM_ORDER_WAITING);
		assert_string_equal(step(&o, was_downloaded ? ESIM_HEARD_GONE : ESIM_HEARD_DONE), "cancel_order");
		if (was_downloaded) {
			assert_int_equal(o.state, ESIM_ORDER_DONE);
			continue;
		}
		(void)step(&o, ESIM_HEARD_DONE);
		(void)step(&o, ESIM_HEARD_DONE);
		assert_int_equal(o.state, ESIM_ORDER_UNDONE);
	}
}

static void once_the_device_may_have_it_a_refusal_is_for_a_person_not_for_undoing(void **state)
{
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_TRANSFER, &everybody);
	for (size_t i = 0; i < 4; i++)
		(void)step(&o, ESIM_HEARD_DONE);
	esim_order_installed(&o, 50);
	assert_string_equal(step(&o, ESIM_HEARD_REFUSED), "retire");
	assert_int_equal(o.state, ESIM_ORDER_STUCK);
	assert_false(esim_order_cancel(&o, "off", 60));
}

static void installation_that_is_told_early_is_not_waited_for(void **state)
{
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &everybody);
	(void)step(&o, ESIM_HEARD_DONE);
	(void)step(&o, ESIM_HEARD_DONE);
	esim_order_installed(&o, 5);
	(void)step(&o, ESIM_HEARD_DONE);
	(void)step(&o, ESIM_HEARD_DONE);
	assert_int_equal(o.state, ESIM_ORDER_DONE);
}

static void an_order_management_that_names_no_profile_sticks_the_order(void **state)
{
	const struct esim_plan plan = { .has_bss = true, .has_smdp = true, .bss_orders_profile = true };
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &plan);
	(void)step(&o, ESIM_HEARD_DONE);
	assert_int_equal(o.state, ESIM_ORDER_STUCK);
}

static void a_transfer_of_the_same_profile_waits_until_the_old_device_has_deleted_it(void **state)
{
	const struct esim_plan plan = { .has_bss = true, .has_smdp = true, .deletes_first = true };
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_TRANSFER, &plan);
	assert_string_equal(step(&o, ESIM_HEARD_DONE), "order");
	assert_int_equal(o.state, ESIM_ORDER_WAITING);
	esim_order_deleted(&o, 9);
	assert_string_equal(step(&o, ESIM_HEARD_DONE), "download_order");
}

/* TS.43 8.7: what was all that there was is not taken away by the clock, nor by a device that fails. */
static void where_the_old_profile_has_ended_a_person_decides_and_a_late_download_still_counts(void **state)
{
	const struct esim_plan early = { .has_bss = true, .has_smdp = true, .retires_early = true };
	struct esim_order o;

	(void)state;
	for (int failed = 0; failed < 2; failed++) {
		begin(&o, ESIM_TRANSFER, &early);
		for (size_t i = 0; i < 4; i++)
			(void)step(&o, ESIM_HEARD_DONE);
		assert_int_equal(o.state, ESIM_ORDER_WAITING);
		assert_false(esim_order_cancel(&o, "off", 3));
		if (failed)
			esim_order_failed(&o, "no memory", 5);
		else
			assert_string_equal(step(&o, ESIM_HEARD_DONE), "nobody");
		assert_int_equal(o.state, ESIM_ORDER_STUCK);
		struct esim_order given_up = o;
		assert_true(esim_order_cancel(&given_up, "off", 60));
		assert_string_equal(step(&given_up, ESIM_HEARD_DONE), "cancel_order");
		assert_true(esim_order_retry(&o, 70));
		assert_int_equal(o.state, ESIM_ORDER_WAITING);
		assert_int_equal(o.next_ms, 70 + o.install_within_ms);
		esim_order_installed(&o, 80);
		assert_int_equal(o.state, ESIM_ORDER_DONE);
	}
}

static void news_moves_an_order_that_is_stuck_where_it_waits(void **state)
{
	const struct esim_plan early = { .has_smdp = true, .has_bss = true, .retires_early = true };
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_TRANSFER, &early);
	for (size_t i = 0; i < 5; i++)
		(void)step(&o, ESIM_HEARD_DONE);
	assert_int_equal(o.state, ESIM_ORDER_STUCK);
	esim_order_installed(&o, 80);
	assert_int_equal(o.state, ESIM_ORDER_DONE);
}

static void what_a_line_that_ends_needs_no_more_goes_back_from_where_a_person_could_not_take_it(void **state)
{
	const struct esim_plan early = { .has_smdp = true, .has_bss = true, .retires_early = true };
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_TRANSFER, &early);
	for (size_t i = 0; i < 4; i++)
		(void)step(&o, ESIM_HEARD_DONE);
	assert_false(esim_order_cancel(&o, "off", 3));
	assert_true(esim_order_end_line(&o, 4));
	assert_int_equal(o.state, ESIM_ORDER_UNDOING);
	begin(&o, ESIM_SERVICE_ON, &early);
	assert_true(esim_order_take(&o, &pace, 5));
	assert_false(esim_order_end_line(&o, 6)); /* nothing hangs on it */
}

static void a_reservation_that_was_refused_is_not_given_back_unless_it_may_have_been_made(void **state)
{
	struct esim_order o;

	(void)state;
	for (int was_lost = 0; was_lost < 2; was_lost++) {
		begin(&o, ESIM_SUBSCRIBE, &everybody);
		(void)step(&o, ESIM_HEARD_DONE);
		if (was_lost)
			(void)step(&o, ESIM_HEARD_LOST);
		assert_string_equal(step(&o, ESIM_HEARD_REFUSED), "download_order");
		assert_string_equal(step(&o, ESIM_HEARD_DONE), was_lost ? "cancel_order" : "cancel");
	}
}

static void what_was_there_too_late_to_be_taken_back_is_remembered(void **state)
{
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &everybody);
	for (size_t i = 0; i < 4; i++)
		(void)step(&o, ESIM_HEARD_DONE);
	assert_true(esim_order_cancel(&o, "off", 3));
	assert_string_equal(step(&o, ESIM_HEARD_GONE), "cancel_order");
	assert_true((o.flags & ESIM_FETCHED) != 0);
	(void)step(&o, ESIM_HEARD_DONE);
	(void)step(&o, ESIM_HEARD_DONE);
	assert_int_equal(o.state, ESIM_ORDER_UNDONE);
}

/* CancelOrder that was asked for twice: taken back by the first, or downloaded in between. */
static void what_may_have_been_downloaded_while_it_was_taken_back_counts_as_downloaded(void **state)
{
	const struct esim_heard refused_again = { .outcome = ESIM_HEARD_DONE, .reason = "8.2.1/3.3" };
	struct esim_order o;

	(void)state;
	begin(&o, ESIM_SUBSCRIBE, &everybody);
	for (size_t i = 0; i < 4; i++)
		(void)step(&o, ESIM_HEARD_DONE);
	assert_true(esim_order_cancel(&o, "off", 5));
	assert_string_equal(step(&o, ESIM_HEARD_LOST), "cancel_order");
	assert_true(esim_order_take(&o, &pace, o.next_ms));
	esim_order_hear(&o, &refused_again, &pace, 20);
	assert_true((o.flags & ESIM_FETCHED) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_have_been_downloaded_while_it_was_taken_back_counts_as_downloaded),
		cmocka_unit_test(an_order_that_meets_no_trouble_goes_through_its_steps_and_waits_for_its_device),
		cmocka_unit_test(the_old_profile_of_a_transfer_ends_when_the_new_one_is_there),
		cmocka_unit_test(what_is_refused_is_undone_in_reverse),
		cmocka_unit_test(why_it_is_undone_outlasts_the_trouble_of_undoing_it),
		cmocka_unit_test(what_the_user_typed_wrongly_undoes_nothing_as_nothing_was_done),
		cmocka_unit_test(a_lost_answer_is_asked_for_again_until_it_is_known_even_when_nobody_wants_it),
		cmocka_unit_test(who_took_an_order_and_never_came_back_leaves_it_unsure),
		cmocka_unit_test(pauses_double_and_after_the_last_try_a_person_has_to_look),
		cmocka_unit_test(a_profile_that_nobody_downloads_is_taken_back_unless_it_was_downloaded_after_all),
		cmocka_unit_test(once_the_device_may_have_it_a_refusal_is_for_a_person_not_for_undoing),
		cmocka_unit_test(installation_that_is_told_early_is_not_waited_for),
		cmocka_unit_test(an_order_management_that_names_no_profile_sticks_the_order),
		cmocka_unit_test(a_transfer_of_the_same_profile_waits_until_the_old_device_has_deleted_it),
		cmocka_unit_test(where_the_old_profile_has_ended_a_person_decides_and_a_late_download_still_counts),
		cmocka_unit_test(news_moves_an_order_that_is_stuck_where_it_waits),
		cmocka_unit_test(what_a_line_that_ends_needs_no_more_goes_back_from_where_a_person_could_not_take_it),
		cmocka_unit_test(a_reservation_that_was_refused_is_not_given_back_unless_it_may_have_been_made),
		cmocka_unit_test(what_was_there_too_late_to_be_taken_back_is_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
