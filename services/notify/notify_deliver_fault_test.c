/* notify_deliver_fault_test.c -- leases that end, stops, several processes on one database, verdicts by lot, outboxes that lost
 * something: whatever happens, everybody is told of the last change. */
#define KIT_NAME "notify_deliver_fault_test"
#include "notify_deliver_test_kit.h"

static void who_did_not_tell_before_his_lease_ended_is_not_waited_for(void **state)
{
	struct world *w = *state;
	const struct notify_heard accepted = heard(NOTIFY_ACCEPTED, NOTIFY_WHY_NONE),
							  refused = heard(NOTIFY_REFUSED, NOTIFY_WHY_MESSAGE);

	w->push.holds = true;
	w->lease_ms = 20;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 2); /* the same twice */
	pthread_mutex_lock(&w->push.lock);
	w->push.holds = false;
	pthread_mutex_unlock(&w->push.lock);
	wait_until_none_waits(w);
	test_account_tell(&w->push, 0, &refused); /* it has nothing to say any more */
	test_account_tell(&w->push, 1, &accepted);
	assert_int_equal(dead_letters(w), 0);
}

static void what_is_under_way_at_the_stop_is_sent_at_once_by_the_next_process(void **state)
{
	struct world *w = *state;

	w->push.holds = true;
	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 1);
	stop(w);
	w->push.holds = false;
	start(w);
	sent(&w->push, 1); /* the lease was of a minute */
	wait_until_none_waits(w);
}

/* ---- several processes ---- */

#define CLIENTS 150

static void register_many(struct world *w)
{
	char terminal[32], token[32];

	for (int i = 0; i < CLIENTS; i++) {
		char imsi[20];
		(void)snprintf(imsi, sizeof imsi, "00101%010d", i / 50 + 1);
		(void)snprintf(terminal, sizeof terminal, "imei-%d", i);
		(void)snprintf(token, sizeof token, "token-%d", i);
		register_client(w, imsi, terminal, "ap2004", token);
	}
}

static void processes_share_the_work_and_send_nothing_twice(void **state)
{
	struct world *w = *state;
	struct notify_deliver *other = NULL;
	struct notify_store *store = NULL;
	char text[256];
	struct es_buf error;

	w->push.room = 7;
	w->lines = 3;
	start(w);
	es_buf_init_fixed(&error, text, sizeof text);
	assert_int_equal(notify_store_open(w->db.url, w->ring, &store, &error), ES_OK);
	struct notify_deliver_options options = deliver_options(w);
	options.store = store;
	assert_int_equal(notify_deliver_new(&options, &other, &error), ES_OK);
	assert_int_equal(notify_deliver_start(other), ES_OK);
	register_many(w);
	for (int i = 0; i < 3; i++)
		change(w); /* of one line each */
	while (test_account_count(&w->push) < CLIENTS) {
		notify_deliver_kick(other);
		sent(&w->push, 1);
	}
	wait_until_none_waits(w);
	assert_int_equal(w->push.count, CLIENTS);
	notify_deliver_stop(other, 1000);
	notify_store_close(store);
	notify_deliver_free(other);
}

/* ---- whatever happens ---- */

static struct notify_heard by_lot(struct test_account *account)
{
	static const enum notify_verdict verdicts[] = { NOTIFY_ACCEPTED, NOTIFY_LATER, NOTIFY_ACCEPTED, NOTIFY_STOPPED,
		                                            NOTIFY_ACCEPTED };

	return heard(verdicts[(unsigned)rand_r(&account->lots) % ES_COUNT(verdicts)], NOTIFY_WHY_PROVIDER);
}

static void tell_what_is_held(struct test_account *account)
{
	const size_t count = test_account_count(account);

	for (size_t i = 0; i < count; i++) {
		const struct notify_heard h = heard(NOTIFY_ACCEPTED, NOTIFY_WHY_NONE);
		test_account_tell(account, i, &h);
	}
}

/* Sent when nothing was to change any more, and accepted. */
static bool is_told_of_the_last_change(struct world *w, const char *token)
{
	for (size_t i = 0; i < w->push.count; i++)
		if (strcmp(w->push.sent[i].address, token) == 0 && w->push.sent[i].is_accepted && w->push.sent[i].at >= w->head)
			return true;
	return false;
}

/* Verdicts by lot, answers that come when the lease is over, restarts. */
static void every_client_is_told_of_the_last_change_whatever_happens(void **state)
{
	struct world *w = *state;
	unsigned lots = 7;
	char terminal[32], token[32];

	w->lease_ms = 30;
	w->push.play = by_lot;
	w->push.holds_one_in = 9;
	w->push.clock = &w->head;
	w->push.room = 5;
	start(w);
	for (int i = 0; i < 8; i++) {
		(void)snprintf(terminal, sizeof terminal, "imei-%d", i);
		(void)snprintf(token, sizeof token, "token-%d", i);
		register_client(w, ALICE, terminal, "ap2004", token);
	}
	for (int i = 0; i < 60; i++) {
		change(w);
		if (rand_r(&lots) % 4 == 0)
			wait_until_followed(w);
		if (rand_r(&lots) % 8 == 0) {
			stop(w);
			start(w);
		}
		if (rand_r(&lots) % 3 == 0)
			tell_what_is_held(&w->push);
	}
	wait_until_followed(w);
	while (waiting(w) > 0) {
		tell_what_is_held(&w->push);
		(void)usleep(1000);
	}
	for (int i = 0; i < 8; i++) {
		(void)snprintf(token, sizeof token, "token-%d", i);
		assert_true(is_told_of_the_last_change(w, token));
	}
	assert_int_equal(dead_letters(w), 0);
}

/* ---- following ---- */

static void events_that_were_trimmed_are_passed_over(void **state)
{
	struct world *w = *state;

	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	change(w);
	sent(&w->push, 1);
	stop(w);
	w->head = 50;
	w->trimmed = 48;
	start(w);
	sent(&w->push, 1);
	wait_until_followed(w);
	stop(w);
	w->trimmed = 70; /* none is left */
	w->head = 70;
	start(w);
	wait_until_followed(w);
	change(w);
	wait_until_followed(w);
	wait_until_none_waits(w);
}

static void a_source_that_was_restored_from_an_older_state_is_followed_from_there(void **state)
{
	struct world *w = *state;

	start(w);
	register_client(w, ALICE, "imei-1", "ap2004", "token");
	w->head = 10;
	wait_until_followed(w);
	wait_until_none_waits(w);
	w->head = 4;
	wait_until_followed(w);
	const size_t before = test_account_count(&w->push);
	change(w); /* its number was used before */
	wait_until_followed(w);
	wait_until_none_waits(w);
	assert_true(test_account_count(&w->push) > before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_did_not_tell_before_his_lease_ended_is_not_waited_for),
		TEST(what_is_under_way_at_the_stop_is_sent_at_once_by_the_next_process),
		TEST(processes_share_the_work_and_send_nothing_twice),
		TEST(every_client_is_told_of_the_last_change_whatever_happens),
		TEST(events_that_were_trimmed_are_passed_over),
		TEST(a_source_that_was_restored_from_an_older_state_is_followed_from_there),
	};
	int failed = 0;

	RUN(tests, failed);
	return failed;
}
