/* policy_deciding_wait_test.c -- questions that are answered at once, later, by several threads; a worker without a place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "es_cleanup.h"
#include "policy_deciding_wait.h"

struct fact {
	int wanted, told;
	pthread_t thread;
	bool is_asked;
};

struct end {
	pthread_mutex_t lock;
	pthread_cond_t came;
	int went_on, gave_up;
	es_status status;
};

#define END                                                                                                            \
	{                                                                                                                  \
		.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER                                            \
	}

static struct es_arena *arena;

static void tell(struct policy_question *q)
{
	struct fact *fact = q->fact;
	fact->told = fact->wanted;
	policy_question_answered(q);
}

static void *tell_on_a_thread(void *user)
{
	tell(user);
	return NULL;
}

static void tell_later(struct policy_question *q)
{
	struct fact *fact = q->fact;
	fact->is_asked = true;
	assert_int_equal(pthread_create(&fact->thread, NULL, tell_on_a_thread, q), 0);
}

static void note(struct end *end, int *count, es_status status)
{
	(void)pthread_mutex_lock(&end->lock);
	(*count)++;
	end->status = status;
	(void)pthread_cond_signal(&end->came);
	(void)pthread_mutex_unlock(&end->lock);
}

static void went_on(void *user)
{
	struct end *end = user;
	note(end, &end->went_on, ES_OK);
}

static void gave_up(void *user, es_status status)
{
	struct end *end = user;
	note(end, &end->gave_up, status);
}

static void await(struct end *end)
{
	(void)pthread_mutex_lock(&end->lock);
	while (end->went_on + end->gave_up == 0)
		(void)pthread_cond_wait(&end->came, &end->lock);
	(void)pthread_mutex_unlock(&end->lock);
}

static void start(struct policy_wait *wait, struct es_worker *worker, struct end *end)
{
	const struct policy_wait_options options = {
		.worker = worker, .deadline = 4711, .go_on = went_on, .give_up = gave_up, .user = end
	};
	policy_wait_start(wait, &options);
	await(end);
}

static void ask(struct policy_wait *wait, const char *about, void (*how)(struct policy_question *), struct fact *fact)
{
	const struct policy_question q = { .ask = how, .about = about, .fact = fact };
	assert_int_equal(policy_wait_question(wait, &q, arena), ES_OK);
}

static void the_decision_goes_on_once_when_all_is_answered(void **state)
{
	struct es_worker *worker = es_worker_new("test", 2, 8);
	(void)state;
	assert_non_null(worker);
	for (int round = 0; round < 50; round++) {
		struct policy_wait wait = { .first = NULL };
		struct end end = END;
		struct fact facts[3] = { { .wanted = 1 }, { .wanted = 2 }, { .wanted = 3 } };

		assert_false(policy_wait_is_due(&wait));
		ask(&wait, "one", tell, &facts[0]);
		ask(&wait, "two", tell_later, &facts[1]);
		ask(&wait, "three", tell_later, &facts[2]);
		assert_true(policy_wait_is_due(&wait));
		start(&wait, worker, &end);
		for (size_t i = 0; i < ES_COUNT(facts); i++) {
			assert_int_equal(facts[i].told, facts[i].wanted);
			if (facts[i].is_asked)
				(void)pthread_join(facts[i].thread, NULL);
		}
		assert_int_equal(end.went_on, 1);
		assert_int_equal(end.gave_up, 0);
		assert_ptr_equal(policy_wait_find(&wait, "two")->fact, &facts[1]);
		assert_int_equal(policy_wait_find(&wait, "two")->deadline, 4711);
	}
	es_worker_free(worker);
}

static void nothing_more_is_asked_after_the_answers(void **state)
{
	struct es_worker *worker = es_worker_new("test", 1, 8);
	struct policy_wait wait = { .first = NULL };
	struct end end = END;
	struct fact fact = { .wanted = 1 };
	(void)state;

	ask(&wait, "one", tell, &fact);
	start(&wait, worker, &end);
	const struct policy_question more = { .ask = tell, .about = "more", .fact = &fact };
	assert_int_equal(policy_wait_question(&wait, &more, arena), ES_CONFLICT);
	assert_null(policy_wait_find(&wait, "more"));
	assert_false(policy_wait_is_due(&wait));
	assert_int_equal(policy_wait_question(NULL, &more, arena), ES_CONFLICT);
	assert_false(policy_wait_is_due(NULL));
	es_worker_free(worker);
}

static void without_a_worker_the_call_is_given_up(void **state)
{
	struct es_worker *worker = es_worker_new("test", 1, 8);
	struct policy_wait wait = { .first = NULL };
	struct end end = END;
	struct fact fact = { .wanted = 1 };
	(void)state;

	es_worker_stop(worker);
	ask(&wait, "one", tell_later, &fact);
	start(&wait, worker, &end);
	(void)pthread_join(fact.thread, NULL);
	assert_int_equal(end.went_on, 0);
	assert_int_equal(end.gave_up, 1);
	assert_int_equal(end.status, ES_UNAVAILABLE);
	es_worker_free(worker);
}

static int begin(void **state)
{
	(void)state;
	arena = es_arena_new(0, 65536);
	return arena != NULL ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	es_arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_decision_goes_on_once_when_all_is_answered, begin, end),
		cmocka_unit_test_setup_teardown(nothing_more_is_asked_after_the_answers, begin, end),
		cmocka_unit_test_setup_teardown(without_a_worker_the_call_is_given_up, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
