/* policy_qos_test.c -- the steps of an order for quality of service, with a clock of the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy_qos.h"

#define NOW INT64_C(1000000)
#define HOUR INT64_C(3600000)

static const struct policy_qos_pace pace = {
	.retry_first_ms = 1000, .retry_max_ms = 4000, .lease_ms = 20000, .tries_max = 4
};

static struct policy_qos_order wanted(void)
{
	return (struct policy_qos_order){ .id = "1",
		                              .state = POLICY_QOS_WANTED,
		                              .flags = POLICY_QOS_GOAL,
		                              .until_ms = NOW + HOUR,
		                              .next_ms = NOW,
		                              .remote = "",
		                              .reason = "" };
}

static void hear(struct policy_qos_order *o, enum policy_qos_outcome outcome, int64_t now)
{
	const struct policy_qos_heard heard = { outcome, outcome == POLICY_QOS_DONE ? "remote" : "", "why" };
	policy_qos_hear(o, &heard, &pace, now);
}

static struct policy_qos_order active(void)
{
	struct policy_qos_order o = wanted();
	assert_int_equal(policy_qos_take(&o, &pace, NOW), POLICY_QOS_CREATE);
	hear(&o, POLICY_QOS_DONE, NOW + 1);
	assert_int_equal(o.state, POLICY_QOS_ACTIVE);
	return o;
}

static void an_order_is_asked_for_is_active_and_ends_with_its_boost(void **state)
{
	(void)state;
	struct policy_qos_order o = wanted();
	assert_int_equal(policy_qos_take(&o, &pace, NOW), POLICY_QOS_CREATE);
	assert_int_equal(o.state, POLICY_QOS_ASKING);
	assert_int_equal(o.next_ms, NOW + pace.lease_ms); /* then its taker is given up */
	hear(&o, POLICY_QOS_DONE, NOW + 5);
	assert_int_equal(o.state, POLICY_QOS_ACTIVE);
	assert_string_equal(o.remote, "remote");
	assert_int_equal(o.next_ms, o.until_ms);
	assert_int_equal(policy_qos_take(&o, &pace, o.until_ms), POLICY_QOS_REMOVE);
	assert_int_equal(o.state, POLICY_QOS_ENDING);
	hear(&o, POLICY_QOS_DONE, o.until_ms + 5);
	assert_int_equal(o.state, POLICY_QOS_ENDED);
	assert_int_equal(o.next_ms, 0);
	assert_int_equal(o.ended_ms, o.until_ms + 5);
}

static void a_boost_without_an_end_is_not_looked_at_again(void **state)
{
	(void)state;
	struct policy_qos_order o = wanted();
	o.until_ms = 0;
	assert_int_equal(policy_qos_take(&o, &pace, NOW), POLICY_QOS_CREATE);
	hear(&o, POLICY_QOS_DONE, NOW);
	assert_int_equal(o.state, POLICY_QOS_ACTIVE);
	assert_int_equal(o.next_ms, 0);
}

static void pauses_double_up_to_their_bound_and_tries_come_to_an_end(void **state)
{
	(void)state;
	static const int64_t pauses[] = { 1000, 2000, 4000 };
	struct policy_qos_order o = wanted();
	int64_t now = NOW;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(policy_qos_take(&o, &pace, now), POLICY_QOS_CREATE);
		hear(&o, POLICY_QOS_UNHEARD, now);
		assert_int_equal(o.next_ms - now, pauses[i]);
		now = o.next_ms;
	}
	assert_int_equal(policy_qos_take(&o, &pace, now), POLICY_QOS_CREATE);
	hear(&o, POLICY_QOS_UNHEARD, now);
	assert_int_equal(o.state, POLICY_QOS_FAILED);
	assert_int_equal(o.next_ms, 0);
	assert_string_equal(o.reason, "why");
}

static void who_died_asking_may_have_made_it_and_that_is_found_out_before_it_is_ended(void **state)
{
	(void)state;
	struct policy_qos_order o = wanted();
	assert_int_equal(policy_qos_take(&o, &pace, NOW), POLICY_QOS_CREATE);
	policy_qos_unwant(&o, NOW + 1); /* meanwhile: nothing is done beside the one who has it */
	assert_int_equal(o.state, POLICY_QOS_ASKING);
	assert_int_equal(o.next_ms, NOW + pace.lease_ms);
	assert_int_equal(policy_qos_take(&o, &pace, o.next_ms), POLICY_QOS_CREATE);
	assert_true((o.flags & POLICY_QOS_UNSURE) != 0);
	hear(&o, POLICY_QOS_DONE, o.next_ms);
	assert_int_equal(o.state, POLICY_QOS_ENDING);
	assert_int_equal(policy_qos_take(&o, &pace, o.next_ms), POLICY_QOS_REMOVE);
}

static void a_process_that_dies_at_every_try_uses_its_tries_up(void **state)
{
	(void)state;
	struct policy_qos_order o = wanted();
	for (int64_t i = 0; i < pace.tries_max; i++)
		assert_int_equal(policy_qos_take(&o, &pace, o.next_ms), POLICY_QOS_CREATE);
	assert_int_equal(policy_qos_take(&o, &pace, o.next_ms), POLICY_QOS_NOTHING);
	assert_int_equal(o.state, POLICY_QOS_FAILED);
}

static void what_was_certainly_not_made_needs_no_end(void **state)
{
	(void)state;
	struct policy_qos_order o = wanted();
	policy_qos_unwant(&o, NOW);
	assert_int_equal(o.state, POLICY_QOS_ENDED);
	o = wanted();
	assert_int_equal(policy_qos_take(&o, &pace, NOW), POLICY_QOS_CREATE);
	hear(&o, POLICY_QOS_UNHEARD, NOW);
	policy_qos_unwant(&o, NOW);
	assert_int_equal(o.state, POLICY_QOS_ENDED);
	/* The boost ended in the pause. */
	o = wanted();
	assert_int_equal(policy_qos_take(&o, &pace, NOW), POLICY_QOS_CREATE);
	hear(&o, POLICY_QOS_UNHEARD, NOW);
	assert_int_equal(policy_qos_take(&o, &pace, o.until_ms), POLICY_QOS_NOTHING);
	assert_int_equal(o.state, POLICY_QOS_ENDED);
}

static void a_lost_answer_is_asked_for_again_although_nobody_wants_it_any_more(void **state)
{
	(void)state;
	struct policy_qos_order o = wanted();
	assert_int_equal(policy_qos_take(&o, &pace, NOW), POLICY_QOS_CREATE);
	hear(&o, POLICY_QOS_LOST, NOW);
	policy_qos_unwant(&o, NOW + 1);
	assert_int_equal(o.state, POLICY_QOS_ASKING);
	assert_int_equal(policy_qos_take(&o, &pace, NOW + 1000), POLICY_QOS_CREATE);
	hear(&o, POLICY_QOS_DONE, NOW + 1001);
	assert_int_equal(policy_qos_take(&o, &pace, NOW + 1001), POLICY_QOS_REMOVE);
	hear(&o, POLICY_QOS_LOST, NOW + 1002); /* the second time it is not there any more: as good as ended */
	assert_int_equal(o.state, POLICY_QOS_ENDING);
	assert_int_equal(policy_qos_take(&o, &pace, o.next_ms), POLICY_QOS_REMOVE);
	hear(&o, POLICY_QOS_DONE, o.next_ms);
	assert_int_equal(o.state, POLICY_QOS_ENDED);
}

static void a_refusal_fails_at_once_and_takes_the_boost_where_the_tenant_says_so(void **state)
{
	(void)state;
	struct policy_qos_order o = wanted();
	assert_int_equal(policy_qos_take(&o, &pace, NOW), POLICY_QOS_CREATE);
	hear(&o, POLICY_QOS_REFUSED, NOW);
	assert_int_equal(o.state, POLICY_QOS_FAILED);
	assert_int_equal(o.next_ms, 0);
	o = wanted();
	o.withdraws = true;
	assert_int_equal(policy_qos_take(&o, &pace, NOW), POLICY_QOS_CREATE);
	hear(&o, POLICY_QOS_REFUSED, NOW);
	assert_int_equal(policy_qos_take(&o, &pace, NOW), POLICY_QOS_WITHDRAW);
	/* Whoever was to withdraw it died: another does. */
	assert_int_equal(policy_qos_take(&o, &pace, o.next_ms), POLICY_QOS_WITHDRAW);
	policy_qos_unwant(&o, NOW);
	assert_int_equal(o.state, POLICY_QOS_ENDED);
}

static void an_end_that_cannot_be_had_waits_for_a_person(void **state)
{
	(void)state;
	struct policy_qos_order o = active();
	policy_qos_unwant(&o, NOW + 10);
	assert_int_equal(policy_qos_take(&o, &pace, NOW + 10), POLICY_QOS_REMOVE);
	hear(&o, POLICY_QOS_REFUSED, NOW + 11);
	assert_int_equal(o.state, POLICY_QOS_FAILED);
	assert_true(policy_qos_retry(&o, NOW + 20));
	assert_int_equal(policy_qos_take(&o, &pace, NOW + 20), POLICY_QOS_REMOVE);
	hear(&o, POLICY_QOS_REFUSED, NOW + 21);
	assert_true(policy_qos_cancel(&o, NOW + 30));
	assert_int_equal(o.state, POLICY_QOS_ENDED);
	assert_false(policy_qos_cancel(&o, NOW + 30));
	assert_false(policy_qos_retry(&o, NOW + 30));
}

static void what_is_heard_without_being_asked_changes_nothing(void **state)
{
	(void)state;
	struct policy_qos_order o = active();
	hear(&o, POLICY_QOS_REFUSED, NOW + 10);
	assert_int_equal(o.state, POLICY_QOS_ACTIVE);
	assert_string_equal(o.remote, "remote");
}

static void an_order_is_wanted_while_the_boost_is_in_force_and_its_plan_names_a_profile(void **state)
{
	(void)state;
	struct policy_boost sold = { .type = 166, .qos_profile = "qos-e" };
	struct policy_line_boost held = { .type = 0, .prov = POLICY_PROVISIONED, .until_ms = NOW + HOUR };
	struct policy_tenant tenant = { .qos = { .mode = POLICY_QOS_PCF, .source = "pcf", .dnn = "internet" } };
	struct policy_plan plan = { .data.boosts = { &sold, 1 } };
	struct policy_subscriber line = { .tenant = "demo", .imsi = "001010123456789", .msisdn = "" };
	struct policy_qos_order o;

	assert_true(policy_qos_wanted(&tenant, &plan, &line, &held, NOW, &o));
	assert_int_equal(o.boost, 166); /* as 0 */
	assert_string_equal(o.profile, "qos-e");
	assert_false(policy_qos_wanted(&tenant, &plan, &line, &held, NOW + HOUR, &o));
	assert_false(policy_qos_wanted(&tenant, NULL, &line, &held, NOW, &o));
	held.prov = POLICY_PROV_IN_PROGRESS;
	assert_false(policy_qos_wanted(&tenant, &plan, &line, &held, NOW, &o));
	held.prov = POLICY_PROVISIONED;
	line.status = POLICY_SUSPENDED;
	assert_false(policy_qos_wanted(&tenant, &plan, &line, &held, NOW, &o));
	line.status = POLICY_ACTIVE;
	line.opt_outs = POLICY_SERVICE_BOOST;
	assert_false(policy_qos_wanted(&tenant, &plan, &line, &held, NOW, &o));
	line.opt_outs = 0;
	sold.qos_profile = "";
	assert_false(policy_qos_wanted(&tenant, &plan, &line, &held, NOW, &o));
	sold.qos_profile = "qos-e";
	tenant.qos.mode = POLICY_QOS_OFF;
	assert_false(policy_qos_wanted(&tenant, &plan, &line, &held, NOW, &o));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_is_asked_for_is_active_and_ends_with_its_boost),
		cmocka_unit_test(a_boost_without_an_end_is_not_looked_at_again),
		cmocka_unit_test(pauses_double_up_to_their_bound_and_tries_come_to_an_end),
		cmocka_unit_test(who_died_asking_may_have_made_it_and_that_is_found_out_before_it_is_ended),
		cmocka_unit_test(a_process_that_dies_at_every_try_uses_its_tries_up),
		cmocka_unit_test(what_was_certainly_not_made_needs_no_end),
		cmocka_unit_test(a_lost_answer_is_asked_for_again_although_nobody_wants_it_any_more),
		cmocka_unit_test(a_refusal_fails_at_once_and_takes_the_boost_where_the_tenant_says_so),
		cmocka_unit_test(an_end_that_cannot_be_had_waits_for_a_person),
		cmocka_unit_test(what_is_heard_without_being_asked_changes_nothing),
		cmocka_unit_test(an_order_is_wanted_while_the_boost_is_in_force_and_its_plan_names_a_profile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
