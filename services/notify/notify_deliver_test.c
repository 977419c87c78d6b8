/* notify_deliver_test.c -- from an event of policy to a message that its account has accepted, over a real bus and database, with
 * accounts played by this test. V12-NOTIF-11 as far as notify does it. */
#define KIT_NAME "notify_deliver_test"
#include "notify_deliver_test_kit.h"

static void an_event_becomes_one_message_to_each_client_it_concerns(void **state)
{
	struct world *w = *state;

	start(w);
	register_client(w, ALICE, "imei-1", "ap2003", "token-1");
	register_client(w, ALICE, "imei-1", "ap2004", "token-1");
	register_client(w, ALICE, "imei-2", "ap2004", "token-2");
	register_client(w, BOB, "imei-3", "ap2004", "token-3");
	change(w);
	sent(&w->push, 2);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 2);
	assert_int_equal(w->sms.count, 0);
	const bool in_order = strcmp(w->push.sent[0].address, "token-1") == 0;
	const struct test_sent *one = &w->push.sent[in_order ? 0 : 1], *two = &w->push.sent[in_order ? 1 : 0];
	assert_string_equal(one->address, "token-1");
	assert_string_equal(one->apps, "ap2003 ap2004");
	assert_string_equal(one->trace_id, TRACE);
	assert_string_equal(two->address, "token-2");
	assert_string_equal(two->apps, "ap2004");
	assert_int_equal(strlen(one->collapse), 32);
	assert_string_not_equal(one->collapse, two->collapse);
}

static void what_is_to_wait_is_sent_again_under_the_same_name(void **state)
{
	struct world *w = *state;
	static const enum notify_verdict verdicts[] = { NOTIFY_LATER, NOTIFY_STOPPED };

	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	for (size_t i = 0; i < ES_COUNT(verdicts); i++) {
		plays(&w->push, verdicts[i], NOTIFY_WHY_PROVIDER);
		change(w);
		sent(&w->push, 3);
		plays(&w->push, NOTIFY_ACCEPTED, NOTIFY_WHY_NONE);
		wait_until_none_waits(w);
		while (sem_trywait(&w->push.arrived) == 0)
			;
	}
	for (size_t i = 1; i < w->push.count; i++)
		assert_string_equal(w->push.sent[i].collapse, w->push.sent[0].collapse);
	assert_int_equal(dead_letters(w), 0);
	assert_int_equal(w->sms.count, 0);
}

static void many_events_are_one_message(void **state)
{
	struct world *w = *state;

	w->push.room = 0;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	for (int i = 0; i < 20; i++)
		change(w);
	wait_until_followed(w);
	assert_int_equal(waiting(w), 1);
	has_room(w, &w->push, 10);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 1);
}

static void an_event_during_a_message_makes_another(void **state)
{
	struct world *w = *state;
	const struct notify_heard accepted = heard(NOTIFY_ACCEPTED, NOTIFY_WHY_NONE);

	w->push.holds = true;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 1);
	change(w);
	wait_until_followed(w);
	test_account_tell(&w->push, 0, &accepted);
	sent(&w->push, 1);
	test_account_tell(&w->push, 1, &accepted);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 2);
}

static void a_dead_token_goes_and_an_sms_takes_its_place(void **state)
{
	struct world *w = *state;

	plays(&w->push, NOTIFY_GONE, NOTIFY_WHY_TOKEN);
	start(w);
	register_client(w, ALICE, "imei-1", "ap2003", "token");
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->sms, 1);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 1);
	assert_string_equal(w->sms.sent[0].address, "15550001");
	assert_string_equal(w->sms.sent[0].apps, "ap2003 ap2004");
	assert_int_equal(w->sms.sent[0].channel, NOTIFY_BY_SMS);
	assert_false(is_registered(w, ALICE, "imei-1", "ap2003", "token"));
	assert_false(is_registered(w, ALICE, "imei-1", "ap2004", "token"));
	assert_int_equal(dead_letters(w), 0); /* the person was reached */
}

static struct notify_heard gone_once_long_ago(struct test_account *account)
{
	struct notify_heard h = heard(account->count == 1 ? NOTIFY_GONE : NOTIFY_ACCEPTED, NOTIFY_WHY_TOKEN);

	h.gone_ms = 1000;
	return h;
}

static void a_token_that_was_registered_after_it_had_died_stays(void **state)
{
	struct world *w = *state;

	w->push.play = gone_once_long_ago;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 2);
	wait_until_none_waits(w);
	assert_true(is_registered(w, ALICE, "imei-1", "ap2004", "token"));
	assert_int_equal(w->sms.count, 0);
}

static void what_is_refused_is_kept_as_a_dead_letter_and_goes_on_by_sms(void **state)
{
	struct world *w = *state;

	plays(&w->push, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE);
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->sms, 1);
	wait_until_none_waits(w);
	assert_int_equal(dead_letters(w), 1);
	assert_true(is_registered(w, ALICE, "imei-1", "ap2004", "token"));
}

static void a_device_that_asks_and_has_no_push_is_woken_by_sms(void **state)
{
	struct world *w = *state;

	w->terminal = "imei-9";
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->sms, 1);
	sent(&w->push, 1);
	wait_until_none_waits(w);
	assert_string_equal(w->sms.sent[0].apps, "ap2004");
	assert_string_equal(w->sms.sent[0].imsi, ALICE);
}

static void a_line_without_number_is_given_up(void **state)
{
	struct world *w = *state;

	w->terminal = "imei-9";
	w->msisdn = "";
	start(w);
	change(w);
	wait_until_followed(w);
	wait_until_none_waits(w);
	assert_int_equal(w->sms.count, 0);
	assert_int_equal(dead_letters(w), 1);
}

static void rules_that_want_no_sms_send_none(void **state)
{
	struct world *w = *state;

	w->rules.order = NOTIFY_PUSH_ONLY;
	w->terminal = "imei-9";
	plays(&w->push, NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE);
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 1);
	wait_until_none_waits(w);
	assert_int_equal(dead_letters(w), 1);
	assert_int_equal(w->sms.count, 0);
}

static void a_client_that_registered_no_more_is_left_alone(void **state)
{
	struct world *w = *state;

	start(w);
	left_behind(w, "push", INT64_MAX);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 0);
	assert_int_equal(w->sms.count, 0);
	assert_int_equal(dead_letters(w), 0);
}

static void rows_of_an_account_that_is_no_more_go_to_the_one_of_today(void **state)
{
	struct world *w = *state;

	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	left_behind(w, "yesterday", INT64_MAX);
	sent(&w->push, 1);
	wait_until_none_waits(w);
	assert_int_equal(dead_letters(w), 0);
}

static void rows_that_no_account_can_send_are_given_up(void **state)
{
	struct world *w = *state;

	w->rules.fcm = "yesterday";
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	left_behind(w, "yesterday", INT64_MAX);
	sent(&w->sms, 1);
	wait_until_none_waits(w);
	assert_int_equal(dead_letters(w), 1);
}

static void what_has_expired_is_given_up_though_its_account_has_no_room(void **state)
{
	struct world *w = *state;

	w->push.room = 0;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	stop(w);
	start(w);
	left_behind(w, "push", 1000);
	stop(w);
	start(w); /* it looks at once */
	sent(&w->sms, 1);
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, 0);
	assert_int_equal(dead_letters(w), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_becomes_one_message_to_each_client_it_concerns),
		TEST(what_is_to_wait_is_sent_again_under_the_same_name),
		TEST(many_events_are_one_message),
		TEST(an_event_during_a_message_makes_another),
		TEST(a_dead_token_goes_and_an_sms_takes_its_place),
		TEST(a_token_that_was_registered_after_it_had_died_stays),
		TEST(what_is_refused_is_kept_as_a_dead_letter_and_goes_on_by_sms),
		TEST(a_device_that_asks_and_has_no_push_is_woken_by_sms),
		TEST(a_line_without_number_is_given_up),
		TEST(rules_that_want_no_sms_send_none),
		TEST(a_client_that_registered_no_more_is_left_alone),
		TEST(rows_of_an_account_that_is_no_more_go_to_the_one_of_today),
		TEST(rows_that_no_account_can_send_are_given_up),
		TEST(what_has_expired_is_given_up_though_its_account_has_no_room),
	};
	int failed = 0;

	RUN(tests, failed);
	return failed;
}
