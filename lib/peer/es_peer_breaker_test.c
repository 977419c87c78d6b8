/* es_peer_breaker_test.c -- the breaker by a clock of ours. */
#include "es_peer_breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MAX 3
#define OPEN_MS 1000

static struct es_peer_breaker opened_at(int64_t now)
{
	struct es_peer_breaker b = { .failures_max = MAX, .open_ms = OPEN_MS };

	for (int i = 0; i < MAX; i++) {
		assert_true(es_peer_breaker_admits(&b, now));
		assert_int_equal(es_peer_breaker_note(&b, false, now), i == MAX - 1);
	}
	return b;
}

static void failures_in_a_row_open_it(void **state)
{
	struct es_peer_breaker b = opened_at(100);

	(void)state;
	assert_false(es_peer_breaker_admits(&b, 100));
	assert_false(es_peer_breaker_admits(&b, 100 + OPEN_MS - 1));
}

static void a_good_answer_between_them_begins_the_count_anew(void **state)
{
	struct es_peer_breaker b = { .failures_max = MAX, .open_ms = OPEN_MS };

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < MAX - 1; i++)
			assert_false(es_peer_breaker_note(&b, false, round));
		assert_false(es_peer_breaker_note(&b, true, round));
	}
	assert_true(es_peer_breaker_admits(&b, 11));
}

static void one_question_tries_when_its_time_is_over(void **state)
{
	struct es_peer_breaker b = opened_at(0);

	(void)state;
	assert_true(es_peer_breaker_admits(&b, OPEN_MS));
	assert_false(es_peer_breaker_admits(&b, OPEN_MS));
	assert_false(es_peer_breaker_admits(&b, 10 * OPEN_MS));
	assert_true(es_peer_breaker_note(&b, true, OPEN_MS + 5));
	assert_true(es_peer_breaker_admits(&b, OPEN_MS + 5));
}

static void a_try_that_fails_leaves_it_open_for_as_long_again(void **state)
{
	struct es_peer_breaker b = opened_at(0);

	(void)state;
	assert_true(es_peer_breaker_admits(&b, OPEN_MS));
	assert_false(es_peer_breaker_note(&b, false, OPEN_MS + 50));
	assert_false(es_peer_breaker_admits(&b, 2 * OPEN_MS + 49));
	assert_true(es_peer_breaker_admits(&b, 2 * OPEN_MS + 50));
}

static void answers_that_were_under_way_when_it_opened_do_not_prolong_it_for_ever(void **state)
{
	struct es_peer_breaker b = opened_at(0);

	(void)state;
	assert_false(es_peer_breaker_note(&b, false, 10)); /* a fourth, asked before */
	assert_true(es_peer_breaker_admits(&b, 10 + OPEN_MS));
	assert_true(es_peer_breaker_note(&b, true, 10 + OPEN_MS));
	assert_false(b.is_open);
}

static void a_try_that_was_not_made_leaves_it_to_the_next_one(void **state)
{
	struct es_peer_breaker b = opened_at(0);

	(void)state;
	assert_true(es_peer_breaker_admits(&b, OPEN_MS));
	assert_false(es_peer_breaker_admits(&b, OPEN_MS));
	es_peer_breaker_forgo(&b);
	assert_true(es_peer_breaker_admits(&b, OPEN_MS));
	assert_true(es_peer_breaker_note(&b, true, OPEN_MS));
}

static void without_a_bound_it_never_opens(void **state)
{
	struct es_peer_breaker b = { .failures_max = 0, .open_ms = OPEN_MS };

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(es_peer_breaker_admits(&b, i));
		assert_false(es_peer_breaker_note(&b, false, i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_in_a_row_open_it),
		cmocka_unit_test(a_good_answer_between_them_begins_the_count_anew),
		cmocka_unit_test(one_question_tries_when_its_time_is_over),
		cmocka_unit_test(a_try_that_fails_leaves_it_open_for_as_long_again),
		cmocka_unit_test(answers_that_were_under_way_when_it_opened_do_not_prolong_it_for_ever),
		cmocka_unit_test(a_try_that_was_not_made_leaves_it_to_the_next_one),
		cmocka_unit_test(without_a_bound_it_never_opens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
