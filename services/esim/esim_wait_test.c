/* esim_wait_test.c -- who waits for an order is woken once, by news, by the clock, or at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "es_cleanup.h"
#include "esim_wait.h"

static void count(void *user)
{
	(void)atomic_fetch_add((atomic_int *)user, 1);
}

static void news_of_an_order_wakes_all_who_wait_for_it_and_nobody_else(void **state)
{
	struct esim_waits *waits = esim_waits_new();
	atomic_int ours = 0, others = 0;

	(void)state;
	assert_int_equal(esim_wait(waits, "a", 100, count, &ours), ES_OK);
	assert_int_equal(esim_wait(waits, "a", 200, count, &ours), ES_OK);
	assert_int_equal(esim_wait(waits, "b", 100, count, &others), ES_OK);
	esim_wake(waits, "a");
	assert_int_equal(ours, 2);
	assert_int_equal(others, 0);
	esim_wake(waits, "a");
	assert_int_equal(ours, 2);
	assert_false(esim_wake_late(waits, INT64_MAX));
	assert_int_equal(others, 1);
	esim_waits_free(waits);
}

static void the_clock_wakes_those_whose_time_is_over(void **state)
{
	struct esim_waits *waits = esim_waits_new();
	atomic_int woken = 0;

	(void)state;
	for (int64_t until = 10; until <= 30; until += 10)
		assert_int_equal(esim_wait(waits, "a", until, count, &woken), ES_OK);
	assert_true(esim_wake_late(waits, 9));
	assert_int_equal(woken, 0);
	assert_true(esim_wake_late(waits, 20));
	assert_int_equal(woken, 2);
	assert_false(esim_wake_late(waits, 30));
	assert_int_equal(woken, 3);
	esim_waits_free(waits);
}

/* ---- from several threads ---- */

#define EACH 500

struct crowd {
	struct esim_waits *waits;
	atomic_int woken, left;
};

static void *wait_often(void *user)
{
	struct crowd *c = user;
	char order[16];

	for (int i = 0; i < EACH; i++) {
		(void)snprintf(order, sizeof order, "%d", i % 7);
		assert_int_equal(esim_wait(c->waits, order, i, count, &c->woken), ES_OK);
	}
	(void)atomic_fetch_sub(&c->left, 1);
	return NULL;
}

static void *wake_often(void *user)
{
	struct crowd *c = user;
	char order[16];

	for (int i = 0; atomic_load(&c->left) > 0; i++) {
		(void)snprintf(order, sizeof order, "%d", i % 7);
		esim_wake(c->waits, order);
		(void)esim_wake_late(c->waits, i % EACH);
	}
	return NULL;
}

static void whatever_the_threads_do_each_is_woken_once(void **state)
{
	struct crowd crowd = { .waits = esim_waits_new(), .left = 3 };
	pthread_t threads[5];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, i < 3 ? wait_often : wake_often, &crowd), 0);
	for (size_t i = 0; i < ES_COUNT(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_false(esim_wake_late(crowd.waits, INT64_MAX));
	assert_int_equal(crowd.woken, 3 * EACH);
	esim_waits_free(crowd.waits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(news_of_an_order_wakes_all_who_wait_for_it_and_nobody_else),
		cmocka_unit_test(the_clock_wakes_those_whose_time_is_over),
		cmocka_unit_test(whatever_the_threads_do_each_is_woken_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
