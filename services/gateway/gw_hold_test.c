/* gw_hold_test.c -- what waits, what does not, and that nothing is forgotten. */
#include "gw_hold.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
/* cmocka wants the ones above */
#include <cmocka.h>

#include "es_clock.h"

#define FOR_EVER 3600000

static atomic_int released;
static int order[3];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void count(void *user)
{
	(void)user;
	(void)pthread_mutex_lock(&lock);
	order[released % 3] = *(const int *)user;
	released++;
	(void)pthread_cond_signal(&changed);
	(void)pthread_mutex_unlock(&lock);
}

static void wait_for(int many)
{
	(void)pthread_mutex_lock(&lock);
	while (released < many)
		(void)pthread_cond_wait(&changed, &lock);
	(void)pthread_mutex_unlock(&lock);
}

static int numbers[] = { 0, 1, 2 };

static struct gw_hold *hold_of(size_t places, int64_t ms)
{
	struct gw_hold *hold = NULL;

	released = 0;
	assert_int_equal(gw_hold_start(places, ms, &hold), ES_OK);
	return hold;
}

static void end(struct gw_hold *hold)
{
	gw_hold_quit(hold);
	gw_hold_free(hold);
}

static void an_answer_leaves_after_its_time_in_order(void **state)
{
	struct gw_hold *hold = hold_of(3, 20);
	const int64_t began = es_mono_ms();

	(void)state;
	for (int i = 0; i < 3; i++)
		gw_hold(hold, count, &numbers[i]);
	wait_for(3);
	assert_true(es_mono_ms() - began >= 20);
	for (int i = 0; i < 3; i++)
		assert_int_equal(order[i], i);
	end(hold);
	assert_int_equal(released, 3);
}

static void without_a_place_it_leaves_at_once(void **state)
{
	struct gw_hold *hold = hold_of(2, FOR_EVER);

	(void)state;
	for (int i = 0; i < 3; i++)
		gw_hold(hold, count, &numbers[i]);
	assert_int_equal(released, 1);
	assert_int_equal(order[0], 2);
	end(hold);
	assert_int_equal(released, 3);
}

static void what_waits_at_the_end_leaves_before_it_and_later_ones_do_not_wait(void **state)
{
	struct gw_hold *hold = hold_of(3, FOR_EVER);

	(void)state;
	gw_hold(hold, count, &numbers[0]);
	gw_hold(hold, count, &numbers[1]);
	gw_hold_quit(hold);
	assert_int_equal(released, 2);
	gw_hold(hold, count, &numbers[2]);
	assert_int_equal(released, 3);
	end(hold);
}

static void places_are_used_again(void **state)
{
	struct gw_hold *hold = hold_of(2, 1);

	(void)state;
	for (int i = 0; i < 9; i += 2) {
		gw_hold(hold, count, &numbers[0]);
		gw_hold(hold, count, &numbers[1]);
		wait_for(i + 2);
	}
	end(hold);
	assert_int_equal(released, 10);
}

static void without_a_hold_nothing_waits(void **state)
{
	(void)state;
	released = 0;
	gw_hold(NULL, count, &numbers[0]);
	assert_int_equal(released, 1);
	end(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_leaves_after_its_time_in_order),
		cmocka_unit_test(without_a_place_it_leaves_at_once),
		cmocka_unit_test(what_waits_at_the_end_leaves_before_it_and_later_ones_do_not_wait),
		cmocka_unit_test(places_are_used_again),
		cmocka_unit_test(without_a_hold_nothing_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
