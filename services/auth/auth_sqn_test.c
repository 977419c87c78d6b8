/* auth_sqn_test.c -- no SQN twice, and every one in order, whatever happens to clocks, processes and rows.
 *
 * A world of two generators that fight for one row, random clock steps, restarts, kills, full memories and
 * resynchronisations; a SIM of annex C.2 takes every number in the order given out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "auth_sqn.h"
#include "auth_test_sim.h"

#define SUBSCRIBERS 40
#define START INT64_C(17000000000)

/* xorshift64: the same run every time for one seed. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int64_t below(uint64_t *state, int64_t n)
{
	return (int64_t)(next_random(state) % (uint64_t)n);
}

/* A process: its generator and whether it still thinks the row is its own. */
struct process {
	struct auth_sqn *sqn;
	int64_t clock_skew;
	int64_t owner; /* token of its claim, 0: none */
	unsigned ind;
};

struct world {
	uint64_t random;
	int64_t clock;
	struct {
		int64_t owner, hwm;
	} rows[2];
	int64_t claims;
	struct process processes[3];
	int64_t dif[SUBSCRIBERS], hop[SUBSCRIBERS];
	/* Everything given out. */
	struct {
		uint64_t subscriber, sqn;
	} given[200000];
	size_t count;
};

static int64_t clock_of(const struct world *w, const struct process *p)
{
	return w->clock + p->clock_skew;
}

static void claim(struct world *w, struct process *p, unsigned ind)
{
	int64_t floor = w->rows[ind].hwm;
	int64_t tick = clock_of(w, p);

	w->rows[ind].owner = p->owner = ++w->claims;
	w->rows[ind].hwm = (floor > tick ? floor : tick) + AUTH_SQN_EXTEND;
	p->ind = ind;
	auth_sqn_claimed(p->sqn, ind, floor, w->rows[ind].hwm);
}

/* The commit of an extension: fails for an owner that has been replaced. */
static void extend(struct world *w, struct process *p)
{
	int64_t wanted = auth_sqn_wanted_hwm(p->sqn, clock_of(w, p));

	if (wanted == 0)
		return;
	if (w->rows[p->ind].owner != p->owner) {
		auth_sqn_lost(p->sqn);
		p->owner = 0;
		return;
	}
	if (wanted > w->rows[p->ind].hwm)
		w->rows[p->ind].hwm = wanted;
	auth_sqn_extended(p->sqn, wanted);
}

static void record(struct world *w, uint64_t subscriber, uint64_t sqn)
{
	assert_true(w->count < ES_COUNT(w->given));
	w->given[w->count].subscriber = subscriber;
	w->given[w->count++].sqn = sqn;
}

static void use(struct world *w, struct process *p)
{
	uint64_t subscriber = (uint64_t)below(&w->random, SUBSCRIBERS), sqn;
	int64_t dif = w->dif[subscriber];

	enum auth_sqn_answer answer = auth_sqn_next(p->sqn, clock_of(w, p), subscriber, dif, &sqn);
	if (answer == AUTH_SQN_WAIT) {
		extend(w, p);
		answer = auth_sqn_next(p->sqn, clock_of(w, p), subscriber, dif, &sqn);
	}
	if (answer == AUTH_SQN_OK)
		record(w, subscriber, sqn);
}

/* A SIM says AUTS with any SEQ_MS: near, far ahead, or far behind. */
static void resynchronise(struct world *w, struct process *p)
{
	uint64_t subscriber = (uint64_t)below(&w->random, SUBSCRIBERS), sqn;
	int64_t tick = auth_sqn_tick(p->sqn, clock_of(w, p)), ours = tick + w->dif[subscriber];
	int64_t seq_ms = ours + below(&w->random, 4000) - 2000;

	if (below(&w->random, 4) == 0)
		seq_ms = ours + below(&w->random, 1 << 24);
	if (seq_ms < 0)
		seq_ms = 0;
	int64_t before = w->dif[subscriber];
	struct auth_sqn_plan plan = auth_sqn_plan_resync(tick, before, w->hop[subscriber], (uint64_t)seq_ms << 5);
	if (plan.kind == AUTH_RESYNC_HOP) {
		w->hop[subscriber] = auth_sqn_seq(plan.sqn);
		record(w, subscriber, plan.sqn);
	} else if (plan.kind == AUTH_RESYNC_RAISE) {
		/* The vector is made with the new difference; it is given out when that is committed, or never. */
		bool made = auth_sqn_next(p->sqn, clock_of(w, p), subscriber, plan.dif, &sqn) == AUTH_SQN_OK;
		if (made)
			assert_true(auth_sqn_seq(sqn) > seq_ms);
		if (below(&w->random, 4) != 0) {
			w->dif[subscriber] = plan.dif;
			if (made)
				record(w, subscriber, sqn);
		}
		/* Somebody who read the old one a moment ago. */
		if (auth_sqn_next(p->sqn, clock_of(w, p), subscriber, before, &sqn) == AUTH_SQN_OK)
			record(w, subscriber, sqn);
	}
}

static int by_subscriber_and_sqn(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	if (x[0] != y[0])
		return x[0] < y[0] ? -1 : 1;
	return x[1] < y[1] ? -1 : x[1] > y[1];
}

static void restart(struct world *w, struct process *p, size_t entries)
{
	auth_sqn_free(p->sqn); /* memory is lost, only the row survives */
	p->sqn = auth_sqn_new(entries);
	p->owner = 0;
	claim(w, p, (unsigned)below(&w->random, 2));
}

static void run_world(uint64_t seed, size_t entries, size_t steps)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	w->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	w->clock = START;
	for (size_t i = 0; i < SUBSCRIBERS; i++)
		w->dif[i] = auth_sqn_initial_dif(START, 1 + below(&w->random, 3));
	for (size_t i = 0; i < ES_COUNT(w->processes); i++) {
		w->processes[i].sqn = auth_sqn_new(entries);
		claim(w, &w->processes[i], i == 0 ? 0 : 1); /* the last two believe in the same row */
	}
	for (size_t n = 0; n < steps; n++) {
		struct process *p = &w->processes[below(&w->random, 3)];
		int64_t dice = below(&w->random, 1000);
		if (dice < 900)
			use(w, p);
		else if (dice < 950)
			w->clock += below(&w->random, 20);
		else if (dice < 960)
			p->clock_skew = below(&w->random, 100) - 50; /* steps back and forth by seconds */
		else if (dice < 975)
			extend(w, p);
		else if (dice < 980)
			restart(w, p, entries);
		else if (dice < 985)
			claim(w, p, (unsigned)below(&w->random, 2)); /* takes a row over, its owner alive */
		else
			resynchronise(w, p);
	}
	assert_true(w->count > steps / 4);
	qsort(w->given, w->count, sizeof *w->given, by_subscriber_and_sqn);
	for (size_t i = 1; i < w->count; i++) {
		bool twice = w->given[i].subscriber == w->given[i - 1].subscriber && w->given[i].sqn == w->given[i - 1].sqn;
		assert_false(twice);
	}
	for (size_t i = 0; i < ES_COUNT(w->processes); i++)
		auth_sqn_free(w->processes[i].sqn);
	free(w);
}

static void no_sqn_is_given_out_twice_whatever_happens(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++)
		run_world(seed, seed % 2 == 0 ? 16 : 1024, 4000);
}

/* One process: what it gives out is in order for each SIM, so a SIM takes each of them. */
static void a_sim_accepts_every_number_in_the_order_given_out(void **state)
{
	(void)state;
	static struct test_sim sims[SUBSCRIBERS];
	struct world *w = calloc(1, sizeof *w);
	struct process *p = &w->processes[0];

	w->random = 77;
	w->clock = START;
	memset(sims, 0, sizeof sims);
	for (size_t i = 0; i < SUBSCRIBERS; i++) {
		sims[i].delta = AUTH_SQN_DELTA;
		w->dif[i] = auth_sqn_initial_dif(START, 1);
	}
	p->sqn = auth_sqn_new(16);
	claim(w, p, 5 % 2);
	for (size_t n = 0; n < 20000; n++) {
		size_t before = w->count;
		int64_t dice = below(&w->random, 100);
		if (dice < 80)
			use(w, p);
		else if (dice < 90)
			w->clock += below(&w->random, 30);
		else if (dice < 95)
			w->clock -= below(&w->random, 30);
		else if (dice < 99)
			extend(w, p);
		else
			restart(w, p, 16);
		for (size_t i = before; i < w->count; i++)
			assert_int_equal(sim_check_sqn(&sims[w->given[i].subscriber], w->given[i].sqn), SIM_ACCEPTS);
	}
	auth_sqn_free(p->sqn);
	free(w);
}

static void the_first_number_of_new_keys_is_one(void **state)
{
	(void)state;
	struct auth_sqn *sqn = auth_sqn_new(16);
	uint64_t got;

	auth_sqn_claimed(sqn, 3, 0, START + AUTH_SQN_EXTEND);
	assert_int_equal(auth_sqn_next(sqn, START, 1, auth_sqn_initial_dif(START, 1), &got), AUTH_SQN_OK);
	assert_int_equal(got, 1 << 5 | 3);
	/* A replica whose clock is two seconds behind starts at 1 as well, under its own index. */
	assert_int_equal(auth_sqn_next(sqn, START, 2, auth_sqn_initial_dif(START + 20, 1), &got), AUTH_SQN_OK);
	assert_int_equal(auth_sqn_seq(got), 1);
	assert_int_equal(auth_sqn_next(sqn, START, 3, auth_sqn_initial_dif(START + 100000, 1), &got), AUTH_SQN_EXHAUSTED);
	auth_sqn_free(sqn);
}

static void nothing_is_given_out_without_an_index_or_at_the_mark(void **state)
{
	(void)state;
	struct auth_sqn *sqn = auth_sqn_new(16);
	uint64_t got;

	assert_int_equal(auth_sqn_next(sqn, START, 1, 0, &got), AUTH_SQN_NO_INDEX);
	auth_sqn_claimed(sqn, 0, START, START + 2);
	assert_int_equal(auth_sqn_next(sqn, START, 1, 0, &got), AUTH_SQN_OK);
	assert_int_equal(auth_sqn_next(sqn, START, 1, 0, &got), AUTH_SQN_OK);
	assert_int_equal(auth_sqn_next(sqn, START, 1, 0, &got), AUTH_SQN_WAIT);
	assert_int_equal(auth_sqn_wanted_hwm(sqn, START), START + 2 + AUTH_SQN_EXTEND);
	auth_sqn_extended(sqn, START + 2 + AUTH_SQN_EXTEND);
	assert_int_equal(auth_sqn_next(sqn, START, 1, 0, &got), AUTH_SQN_OK);
	auth_sqn_lost(sqn);
	assert_int_equal(auth_sqn_next(sqn, START, 1, 0, &got), AUTH_SQN_NO_INDEX);
	auth_sqn_free(sqn);
}

static void one_subscriber_cannot_run_far_ahead_of_the_clock(void **state)
{
	(void)state;
	struct auth_sqn *sqn = auth_sqn_new(16);
	uint64_t got;

	auth_sqn_claimed(sqn, 0, START, START + 100000);
	for (int i = 0; i <= AUTH_SQN_AHEAD_MAX; i++)
		assert_int_equal(auth_sqn_next(sqn, START, 1, 0, &got), AUTH_SQN_OK);
	assert_int_equal(auth_sqn_next(sqn, START, 1, 0, &got), AUTH_SQN_TOO_FAST);
	assert_int_equal(auth_sqn_next(sqn, START, 2, 0, &got), AUTH_SQN_OK); /* others are not held up */
	assert_int_equal(auth_sqn_next(sqn, START + 1, 1, 0, &got), AUTH_SQN_OK);
	auth_sqn_free(sqn);
}

static void a_full_memory_moves_the_tick_on(void **state)
{
	(void)state;
	struct auth_sqn *sqn = auth_sqn_new(64);
	uint64_t got;

	auth_sqn_claimed(sqn, 0, START, START + 100000);
	for (uint64_t subscriber = 0; subscriber < 1000; subscriber++)
		assert_int_equal(auth_sqn_next(sqn, START, subscriber, 0, &got), AUTH_SQN_OK);
	int64_t tick = auth_sqn_tick(sqn, START);
	assert_true(tick > START && tick <= START + 1000 / 16);
	auth_sqn_free(sqn);
}

static void a_sim_ahead_of_us_raises_the_difference(void **state) /* TS 33.102 6.3.5, V12-AUTH-13 */
{
	(void)state;
	struct auth_sqn_plan plan = auth_sqn_plan_resync(START, 1000 - START, 0, (uint64_t)5000000 << 5);

	assert_int_equal(plan.kind, AUTH_RESYNC_RAISE);
	assert_int_equal(START + plan.dif, 5000001);
	/* A small lead raises by the least step: the header says why. */
	plan = auth_sqn_plan_resync(START, 1000 - START, 0, 1000 << 5);
	assert_int_equal(START + plan.dif, 1000 + AUTH_SQN_RAISE_MIN);
	/* A SIM at the end of its numbers cannot be followed. */
	plan = auth_sqn_plan_resync(START, 1000 - START, 0, UINT64_C(0xffffffffffff));
	assert_int_equal(plan.kind, AUTH_RESYNC_IMPOSSIBLE);
}

/* The two races that the least raise and `until` are there for, each at its narrowest. */
static void who_still_holds_the_old_difference_meets_nobody(void **state)
{
	(void)state;
	struct auth_sqn *one = auth_sqn_new(16), *other = auth_sqn_new(16);
	uint64_t burst[50], raised, stale;
	int64_t dif = 1000 - START;

	/* In one process: a burst, a resynchronisation, and a reader that was slow. */
	auth_sqn_claimed(one, 0, 0, START + AUTH_SQN_EXTEND);
	for (size_t i = 0; i < ES_COUNT(burst); i++)
		assert_int_equal(auth_sqn_next(one, START, 1, dif, &burst[i]), AUTH_SQN_OK);
	struct auth_sqn_plan plan = auth_sqn_plan_resync(START, dif, 0, burst[49]);
	assert_int_equal(auth_sqn_next(one, START, 1, plan.dif, &raised), AUTH_SQN_OK);
	for (int64_t late = 1; late < 100; late++) {
		if (auth_sqn_next(one, START + late, 1, dif, &stale) != AUTH_SQN_OK)
			continue;
		assert_true(stale > burst[49] && stale != raised);
	}

	/* Two owners of one row: the old one below the mark with the new difference, the new one above with the old. */
	auth_sqn_claimed(one, 1, 0, START + 1000);
	auth_sqn_claimed(other, 1, START + 1000, START + 2000);
	plan = auth_sqn_plan_resync(START + 999, dif, 0, (uint64_t)(START + 999 + dif) << 5);
	assert_int_equal(auth_sqn_next(one, START + 999, 2, plan.dif, &raised), AUTH_SQN_OK);
	assert_int_equal(auth_sqn_next(other, START + 999, 2, dif, &stale), AUTH_SQN_OK);
	assert_true(raised != stale);
	auth_sqn_free(one);
	auth_sqn_free(other);
}

static void a_raise_that_was_never_committed_does_not_lock_its_subscriber_out(void **state)
{
	(void)state;
	struct auth_sqn *sqn = auth_sqn_new(16);
	int64_t dif = 1000 - START;
	uint64_t got;

	auth_sqn_claimed(sqn, 0, 0, START + AUTH_SQN_EXTEND);
	struct auth_sqn_plan plan = auth_sqn_plan_resync(START, dif, 0, (uint64_t)5000000 << 5);
	assert_int_equal(auth_sqn_next(sqn, START, 1, plan.dif, &got), AUTH_SQN_OK); /* and the disk was full */
	assert_int_equal(auth_sqn_next(sqn, START + 1, 1, dif, &got), AUTH_SQN_OK);
	assert_int_equal(auth_sqn_seq(got), 1001);
	auth_sqn_free(sqn);
}

static void a_wall_clock_that_fell_back_does_not_stop_the_tick(void **state)
{
	(void)state;
	struct auth_sqn_clock clock = { 0 };
	int64_t wall = START * AUTH_SQN_TICK_MS, mono = 5000;

	assert_int_equal(auth_sqn_clock_read(&clock, wall, mono), START);
	assert_int_equal(auth_sqn_clock_read(&clock, wall + 200, mono + 200), START + 2);
	assert_int_equal(auth_sqn_clock_read(&clock, wall - 3600000, mono + 500), START + 5); /* a step back */
	assert_int_equal(auth_sqn_clock_read(&clock, wall - 3000000, mono + 600500), START + 6005);
	assert_int_equal(auth_sqn_clock_read(&clock, wall + 900000, mono + 600600), START + 9000); /* it caught up */
	auth_sqn_clock_raise(&clock, START + 100000, mono + 600600); /* a mark found far ahead */
	assert_int_equal(auth_sqn_clock_read(&clock, wall + 900100, mono + 600700), START + 100001);
	auth_sqn_clock_raise(&clock, START, mono + 600800);
	assert_int_equal(auth_sqn_clock_read(&clock, wall + 900200, mono + 600800), START + 100002);
}

static void a_sim_that_slept_for_years_is_led_up_within_its_delta(void **state) /* TS 33.102 C.2.2 */
{
	(void)state;
	struct test_sim sim = { .delta = AUTH_SQN_DELTA };
	struct auth_sqn *sqn = auth_sqn_new(16);
	int64_t dif = auth_sqn_initial_dif(START, 1), hop = 0, clock = START + 10 * AUTH_SQN_DELTA;
	uint64_t got;
	int rounds = 0;

	auth_sqn_claimed(sqn, 0, 0, clock + AUTH_SQN_EXTEND);
	for (;;) {
		clock++;
		assert_int_equal(auth_sqn_next(sqn, clock, 1, dif, &got), AUTH_SQN_OK);
		if (sim_check_sqn(&sim, got) == SIM_ACCEPTS)
			break;
		struct auth_sqn_plan plan = auth_sqn_plan_resync(clock, dif, hop, (uint64_t)sim_highest(&sim) << 5);
		assert_int_equal(plan.kind, AUTH_RESYNC_HOP);
		assert_true(auth_sqn_seq(plan.sqn) > hop);
		hop = auth_sqn_seq(plan.sqn);
		if (rounds++ % 3 != 0)                                            /* every third is lost on its way */
			assert_int_equal(sim_check_sqn(&sim, plan.sqn), SIM_ACCEPTS); /* and the exchange succeeds with it */
	}
	assert_true(rounds < 40);
	auth_sqn_free(sqn);
}

static void a_sim_that_only_missed_some_needs_no_change(void **state)
{
	(void)state;
	assert_int_equal(auth_sqn_plan_resync(START, 100000 - START, 0, 99000 << 5).kind, AUTH_RESYNC_KEEP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sqn_is_given_out_twice_whatever_happens),
		cmocka_unit_test(a_sim_accepts_every_number_in_the_order_given_out),
		cmocka_unit_test(the_first_number_of_new_keys_is_one),
		cmocka_unit_test(nothing_is_given_out_without_an_index_or_at_the_mark),
		cmocka_unit_test(one_subscriber_cannot_run_far_ahead_of_the_clock),
		cmocka_unit_test(a_full_memory_moves_the_tick_on),
		cmocka_unit_test(a_sim_ahead_of_us_raises_the_difference),
		cmocka_unit_test(who_still_holds_the_old_difference_meets_nobody),
		cmocka_unit_test(a_raise_that_was_never_committed_does_not_lock_its_subscriber_out),
		cmocka_unit_test(a_wall_clock_that_fell_back_does_not_stop_the_tick),
		cmocka_unit_test(a_sim_that_slept_for_years_is_led_up_within_its_delta),
		cmocka_unit_test(a_sim_that_only_missed_some_needs_no_change),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
