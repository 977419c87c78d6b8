/* esim_settle_test.c -- what becomes of the profiles of each kind of order, on its way and at each of its ends; what steps
 * brought. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "esim_settle.h"

#define BIT(step) (UINT32_C(1) << (step))
#define NOW 1000

enum at { GOING, OFFERED, DONE, UNDONE, RETIRED };

static struct esim_order order_at(enum esim_kind kind, enum at at)
{
	static const uint8_t states[] = { [GOING] = ESIM_ORDER_GOING,
		                              [OFFERED] = ESIM_ORDER_WAITING,
		                              [DONE] = ESIM_ORDER_DONE,
		                              [UNDONE] = ESIM_ORDER_UNDONE,
		                              [RETIRED] = ESIM_ORDER_WAITING };
	struct esim_order o = { .kind = (uint8_t)kind, .state = states[at] };

	if (at == OFFERED || at == DONE || at == RETIRED)
		o.done |= BIT(ESIM_STEP_OFFER);
	if (at == RETIRED)
		o.done |= BIT(ESIM_STEP_RETIRE_EARLY);
	if (at == UNDONE)
		o.flags |= ESIM_BACK;
	return o;
}

/* "1" active, "2" activating, "3" off, "L" lent, "4" ended, "-" as it was. */
static char letter(const struct esim_profile *p, const struct esim_profile *before)
{
	if (memcmp(&p->status, &before->status, sizeof p->status) == 0 && p->is_lent == before->is_lent &&
	    p->ended_ms == before->ended_ms)
		return '-';
	assert_true((p->ended_ms == NOW) == (p->status == ESIM_NO_REUSE));
	return p->is_lent ? 'L' : (char)('0' + p->status);
}

static void each_kind_of_order_leaves_its_profiles_as_it_should(void **state)
{
	/* The profile, and the old one; while it goes, offered, done, undone, and with the old one retired early. */
	static const struct {
		enum esim_kind kind;
		const char *profile, *old;
	} cases[] = {
		{ ESIM_SUBSCRIBE, "21141", "-----" },   { ESIM_UNSUBSCRIBE, "--4--", "-----" },
		{ ESIM_CHANGE, "-----", "-----" },      { ESIM_TRANSFER, "21141", "--4-4" },
		{ ESIM_RECOVER, "21141", "--4-4" },     { ESIM_SERVICE_ON, "22132", "-----" },
		{ ESIM_SERVICE_OFF, "--3--", "-----" }, { ESIM_RELEASE, "21131", "-----" },
		{ ESIM_LEND, "21141", "--L-L" },        { ESIM_RETURN, "221L2", "--4-4" },
		{ ESIM_TERMINATE, "44444", "-----" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char profile[6] = "", old[6] = "";
		for (enum at at = GOING; at <= RETIRED; at++) {
			/* none of the states that it may come to */
			const struct esim_profile before = { .status = 0 };
			struct esim_profile p = before, o = before;
			const struct esim_order order = order_at(cases[i].kind, at);
			esim_settle(&order, &p, &o, NOW);
			profile[at] = letter(&p, &before);
			old[at] = letter(&o, &before);
		}
		assert_string_equal(profile, cases[i].profile);
		assert_string_equal(old, cases[i].old);
	}
}

static void a_profile_that_has_ended_is_not_brought_back_by_another_order(void **state)
{
	(void)state;
	for (enum esim_kind kind = 0; kind < ESIM_KINDS; kind++) {
		for (enum at at = GOING; at <= RETIRED; at++) {
			struct esim_profile p = { .status = ESIM_NO_REUSE, .ended_ms = 7 }, old = p;
			const struct esim_order order = order_at(kind, at);
			esim_settle(&order, &p, &old, NOW);
			assert_int_equal(p.status, ESIM_NO_REUSE);
			assert_int_equal(old.status, ESIM_NO_REUSE);
			assert_true(p.ended_ms == 7 && old.ended_ms == 7 && p.ready_ms == 0);
		}
	}
}

/* TS.43 8.12: refused by its user it waits on; taken back by its SM-DP+ there is nothing left to wait for. */
static void a_release_that_is_undone_ends_the_profile_only_when_it_was_taken_back(void **state)
{
	struct esim_order order = order_at(ESIM_RELEASE, UNDONE);
	struct esim_profile p = { .needs_word = true };

	(void)state;
	esim_settle(&order, &p, NULL, NOW);
	assert_int_equal(p.status, ESIM_DEACTIVATED);
	assert_true(p.needs_word);
	order.done |= BIT(ESIM_UNDO_PROFILE);
	esim_settle(&order, &p, NULL, NOW);
	assert_int_equal(p.status, ESIM_NO_REUSE);
}

/* TS.43 8.11: until then it could not be loaded again. */
static void a_profile_that_moves_to_another_device_has_left_the_old_one_once_that_deleted_it(void **state)
{
	struct esim_order order = order_at(ESIM_TRANSFER, GOING);
	struct esim_profile p = { .status = 0 }, old = { .status = ESIM_ACTIVATED };

	(void)state;
	order.flags = ESIM_REUSES;
	esim_settle(&order, &p, &old, NOW);
	assert_int_equal(old.status, ESIM_ACTIVATED);
	order.flags |= ESIM_GONE;
	esim_settle(&order, &p, &old, NOW);
	assert_int_equal(old.status, ESIM_NO_REUSE);
}

static void an_offer_is_told_anew_once_and_stays_from_then_on(void **state)
{
	struct esim_order order = order_at(ESIM_SUBSCRIBE, OFFERED);
	struct esim_profile p = { .given_ms = 5, .polls = 3, .status = ESIM_ACTIVATING };

	(void)state;
	esim_settle(&order, &p, NULL, NOW);
	assert_true(p.ready_ms == NOW && p.given_ms == 0 && p.polls == 0 && p.seen_ms == 0);
	p.given_ms = NOW + 1;
	order.flags |= ESIM_SEEN;
	esim_settle(&order, &p, NULL, NOW + 2);
	assert_true(p.ready_ms == NOW && p.given_ms == NOW + 1 && p.seen_ms == NOW + 2);
}

/* ---- what steps brought ---- */

static void an_activation_code_is_made_of_address_and_matching_id(void **state)
{
	struct esim_order order = { .step = ESIM_STEP_CONFIRM_ORDER };
	struct esim_heard heard = { .outcome = ESIM_HEARD_DONE, .matching_id = "AB-12" };
	struct esim_profile p = { .by_address = false };

	(void)state;
	esim_profile_learn(&p, &order, &heard, "smdp.example"); /* it did not name itself */
	assert_string_equal(p.activation_code, "1$smdp.example$AB-12");
	memcpy(heard.smdp_address, "other.example", sizeof "other.example");
	memcpy(p.confirmation_code, "123456", sizeof "123456");
	esim_profile_learn(&p, &order, &heard, "smdp.example");
	assert_string_equal(p.activation_code, "1$other.example$AB-12$$1"); /* SGP.22 4.1 */
	p = (struct esim_profile){ .by_address = true };
	esim_profile_learn(&p, &order, &heard, "smdp.example");
	assert_string_equal(p.activation_code, "");
	assert_string_equal(p.smdp_address, "other.example");
	heard.outcome = ESIM_HEARD_LOST;
	p = (struct esim_profile){ .by_address = false };
	esim_profile_learn(&p, &order, &heard, "smdp.example");
	assert_string_equal(p.activation_code, "");
}

static void what_the_bss_says_of_its_profile_is_taken_up_but_no_strange_smdp(void **state)
{
	struct esim_order order = { .step = ESIM_STEP_ORDER, .smdp = "main", .smdp_others = ",second,third," };
	struct esim_heard heard = { .outcome = ESIM_HEARD_DONE,
		                        .iccid = "8944000000000000017",
		                        .activation_code = "1$a$b",
		                        .msisdn = "+15550100",
		                        .profile_type = "gold" };
	struct esim_profile p = { .smdp = "main", .by_address = true };

	(void)state;
	memcpy(heard.smdp, "econd", sizeof "econd");
	esim_profile_learn(&p, &order, &heard, "");
	assert_string_equal(p.smdp, "main");
	assert_string_equal(p.activation_code, "1$a$b");
	assert_string_equal(p.iccid, "8944000000000000017");
	assert_string_equal(order.profile_type, "gold");
	assert_false(p.by_address);
	memcpy(heard.smdp, "second", sizeof "second");
	esim_profile_learn(&p, &order, &heard, "");
	assert_string_equal(p.smdp, "second");
	assert_string_equal(order.smdp, "second");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_order_leaves_its_profiles_as_it_should),
		cmocka_unit_test(a_profile_that_has_ended_is_not_brought_back_by_another_order),
		cmocka_unit_test(a_release_that_is_undone_ends_the_profile_only_when_it_was_taken_back),
		cmocka_unit_test(a_profile_that_moves_to_another_device_has_left_the_old_one_once_that_deleted_it),
		cmocka_unit_test(an_offer_is_told_anew_once_and_stays_from_then_on),
		cmocka_unit_test(an_activation_code_is_made_of_address_and_matching_id),
		cmocka_unit_test(what_the_bss_says_of_its_profile_is_taken_up_but_no_strange_smdp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
