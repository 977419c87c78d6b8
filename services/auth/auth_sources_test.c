/* auth_sources_test.c -- the search through several sources, with sources that do as they are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth_sources.h"
#include "es_log.h"

static int64_t test_now = INT64_C(1790000000000);

static int64_t clock_of_test(void)
{
	return test_now;
}

struct pretended {
	enum auth_source_answer answer;
	unsigned asked;
	int64_t given_ms; /* of the last question */
	int64_t takes_ms;
	bool turns_away;
};

static void pretend(void *self, struct auth_ask *ask)
{
	struct pretended *p = self;

	p->asked++;
	p->given_ms = ask->deadline - test_now;
	test_now += p->takes_ms;
	ask->why = "as told";
	ask->turned_away = p->turns_away;
	if (p->answer == AUTH_SOURCE_VECTOR)
		memset(ask->vector.rand, 0x5a, sizeof ask->vector.rand);
	ask->done(ask, p->answer);
}

struct world {
	struct auth_sources *sources;
	struct pretended a, b;
	struct es_arena *arena;
	struct auth_ask ask;
	enum auth_source_answer answer;
	unsigned answers;
	struct auth_vector vector;
};

static struct world *current;

static void done(struct auth_ask *ask, enum auth_source_answer answer)
{
	current->answers++;
	current->answer = answer;
	current->vector = ask->vector;
}

static void setup(struct world *w, enum auth_source_answer a, enum auth_source_answer b)
{
	*w = (struct world){ .sources = auth_sources_new(clock_of_test), .a = { .answer = a }, .b = { .answer = b } };
	w->arena = es_arena_new(0, 1 << 20);
	const struct auth_source sources[] = { { "a", "swx", pretend, &w->a }, { "b", "udm", pretend, &w->b } };
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(auth_sources_add(w->sources, &sources[i]), ES_OK);
	assert_int_equal(auth_sources_add(w->sources, &sources[0]), ES_CONFLICT);
	current = w;
}

static void teardown(struct world *w)
{
	auth_sources_free(w->sources);
	es_arena_free(w->arena);
}

static enum auth_source_answer ask(struct world *w, const char *first, const char *second)
{
	const struct auth_route route = { { es_slice_str(first), es_slice_str(second) }, second[0] != '\0' ? 2 : 1 };

	w->ask = (struct auth_ask){
		.tenant = "demo", .imsi = "001010000000001", .arena = w->arena, .deadline = test_now + 1000, .done = done
	};
	w->answers = 0;
	auth_sources_ask(w->sources, &route, &w->ask);
	assert_int_equal(w->answers, 1);
	return w->answer;
}

static void the_first_that_knows_the_subscriber_answers(void **state)
{
	(void)state;
	struct world w;

	setup(&w, AUTH_SOURCE_VECTOR, AUTH_SOURCE_VECTOR);
	assert_int_equal(ask(&w, "a", "b"), AUTH_SOURCE_VECTOR);
	assert_int_equal(w.vector.rand[0], 0x5a);
	assert_string_equal(w.ask.source, "a");
	assert_int_equal(w.b.asked, 0);
	teardown(&w);
}

static void one_that_is_away_is_followed_by_the_next_with_half_the_time_left(void **state)
{
	(void)state;
	struct world w;

	setup(&w, AUTH_SOURCE_AWAY, AUTH_SOURCE_VECTOR);
	w.a.takes_ms = 500;
	assert_int_equal(ask(&w, "a", "b"), AUTH_SOURCE_VECTOR);
	assert_int_equal(w.a.given_ms, 500);
	assert_int_equal(w.b.given_ms, 500);
	assert_string_equal(w.ask.source, "b");
	teardown(&w);
}

static void a_verdict_about_the_subscriber_ends_the_search(void **state)
{
	(void)state;
	static const enum auth_source_answer verdicts[] = { AUTH_SOURCE_UNKNOWN, AUTH_SOURCE_REFUSED,
		                                                AUTH_SOURCE_AUTS_INVALID, AUTH_SOURCE_SQN_OUT_OF_REACH };
	for (size_t i = 0; i < 4; i++) {
		struct world w;
		setup(&w, verdicts[i], AUTH_SOURCE_VECTOR);
		assert_int_equal(ask(&w, "a", "b"), verdicts[i]);
		assert_int_equal(w.b.asked, 0);
		teardown(&w);
	}
}

static void one_that_never_answers_is_left_alone_for_a_while(void **state)
{
	(void)state;
	struct world w;

	setup(&w, AUTH_SOURCE_AWAY, AUTH_SOURCE_VECTOR);
	for (unsigned i = 0; i < AUTH_SOURCES_TRIES + 5; i++)
		assert_int_equal(ask(&w, "a", "b"), AUTH_SOURCE_VECTOR);
	assert_int_equal(w.a.asked, AUTH_SOURCES_TRIES);
	assert_int_equal(w.b.asked, AUTH_SOURCES_TRIES + 5);
	assert_int_equal(ask(&w, "a", ""), AUTH_SOURCE_AWAY); /* at once */
	assert_int_equal(w.a.asked, AUTH_SOURCES_TRIES);
	teardown(&w);
}

/* Its limit is full, which is our doing: a burst does not make an HSS that answers rest. */
static void one_that_turned_a_question_away_is_asked_the_next(void **state)
{
	(void)state;
	struct world w;

	setup(&w, AUTH_SOURCE_AWAY, AUTH_SOURCE_VECTOR);
	w.a.turns_away = true;
	for (unsigned i = 0; i < AUTH_SOURCES_TRIES + 5; i++)
		assert_int_equal(ask(&w, "a", "b"), AUTH_SOURCE_VECTOR);
	assert_int_equal(w.a.asked, AUTH_SOURCES_TRIES + 5);
	teardown(&w);
}

static void without_time_or_a_known_source_the_answer_is_away(void **state)
{
	(void)state;
	struct world w;

	setup(&w, AUTH_SOURCE_AWAY, AUTH_SOURCE_VECTOR);
	w.a.takes_ms = 1000;
	assert_int_equal(ask(&w, "a", "b"), AUTH_SOURCE_AWAY);
	assert_int_equal(w.b.asked, 0);
	assert_int_equal(ask(&w, "nobody", ""), AUTH_SOURCE_AWAY);
	assert_string_equal(w.ask.why, "no such source");
	teardown(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_knows_the_subscriber_answers),
		cmocka_unit_test(one_that_is_away_is_followed_by_the_next_with_half_the_time_left),
		cmocka_unit_test(a_verdict_about_the_subscriber_ends_the_search),
		cmocka_unit_test(one_that_never_answers_is_left_alone_for_a_while),
		cmocka_unit_test(one_that_turned_a_question_away_is_asked_the_next),
		cmocka_unit_test(without_time_or_a_known_source_the_answer_is_away),
	};
	es_log_set_level(ES_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
