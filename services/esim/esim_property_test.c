/* esim_property_test.c -- whatever devices, peers, operators, the clock and kill -9 do to orders, in whatever order: each
 * comes to its end, and nothing is given, paid or kept that should not be.
 *
 * ESIM_PROPERTY_RUNS: how many lives, ESIM_PROPERTY_SEED: of the first one. A life that fails prints its seed, and what
 * happened in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_log.h"
#include "esim_world.h"

#define RUNS 200
#define ACTS 70
#define ORDERS_MAX 96

/* Ids, codes and nonces of a life are those of its seed. */
void __wrap_es_random(void *out, size_t len);

static struct world world;
static uint64_t drawn;

void __wrap_es_random(void *out, size_t len)
{
	uint8_t *at = out;

	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)world_draw(&drawn);
}

/* ---- what may happen ---- */

/* %1: the device's own ICCID, %2: that of the other one of its kind. */
static const struct {
	uint16_t app;
	const char *operation, *query;
} requests[] = {
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=0&companion_terminal_service=SharedNumber" },
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=0" },
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=0&companion_terminal_iccid=%1" },
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=1" },
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=1&companion_terminal_iccid=%1" },
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=2&plan_id=b" },
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=3&old_companion_terminal_iccid=%2" },
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=4&companion_terminal_iccid=%1" },
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=5&companion_terminal_iccid=%1" },
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=6&companion_terminal_iccid=%1" },
	{ ESIM_COMPANION, "ManageSubscription", "operation_type=7&companion_terminal_iccid=%1" },
	{ ESIM_COMPANION, "AcquireConfiguration", "" },
	{ ESIM_COMPANION, "AcquireConfiguration", "companion_terminal_iccid=%1" },
	{ ESIM_COMPANION, "ManageService",
	  "operation_type=10&companion_terminal_service=SharedNumber&companion_terminal_iccid=%1" },
	{ ESIM_COMPANION, "ManageService",
	  "operation_type=11&companion_terminal_service=SharedNumber&companion_terminal_iccid=%1" },
	{ ESIM_PRIMARY, "ManageSubscription", "operation_type=0" },
	{ ESIM_PRIMARY, "ManageSubscription", "operation_type=1&terminal_iccid=%1" },
	{ ESIM_PRIMARY, "ManageSubscription", "operation_type=1" },
	{ ESIM_PRIMARY, "ManageSubscription", "operation_type=2&plan_id=a" },
	{ ESIM_PRIMARY, "ManageSubscription", "operation_type=3&old_terminal_iccid=%2&redownloadable_profile=1" },
	{ ESIM_PRIMARY, "ManageSubscription", "operation_type=3&old_terminal_iccid=%2" },
	{ ESIM_PRIMARY, "ManageSubscription", "operation_type=5&terminal_iccid=%1" },
	{ ESIM_PRIMARY, "ManageSubscription", "operation_type=6&terminal_iccid=%1" },
	{ ESIM_PRIMARY, "ManageSubscription", "operation_type=7&terminal_iccid=%1" },
	{ ESIM_PRIMARY, "AcquireConfiguration", "" },
	{ ESIM_PRIMARY, "ManageService", "operation_type=10&terminal_iccid=%1" },
	{ ESIM_PRIMARY, "ManageService", "operation_type=11&terminal_iccid=%1" },
};

static size_t any_process(struct world *w)
{
	return (size_t)world_random(w, WORLD_PROCESSES);
}

static void fill_in(const char *pattern, const char *own, const char *other, char *out, size_t size)
{
	const char *at = strchr(pattern, '%');

	if (at == NULL)
		(void)snprintf(out, size, "%s", pattern);
	else
		(void)snprintf(out, size, "%.*s%s%s", (int)(at - pattern), pattern, at[1] == '1' ? own : other, at + 2);
}

static void request(struct world *w)
{
	const size_t device = (size_t)world_random(w, WORLD_DEVICES);
	const struct world_device *d = &w->devices[device], *other = &w->devices[device ^ 1];
	char query[256];
	size_t i = 0;

	do
		i = (size_t)world_random(w, ES_COUNT(requests));
	while (requests[i].app != d->app);
	fill_in(requests[i].query, d->iccid, other->iccid, query, sizeof query);
	(void)world_ask(w, any_process(w), device, requests[i].operation, query);
}

static void subscribe(struct world *w)
{
	(void)world_ask(w, any_process(w), (size_t)world_random(w, WORLD_DEVICES), "ManageSubscription",
	                "operation_type=0");
}

static void hear(struct world *w)
{
	const size_t count = world_under_way(w);

	if (count > 0)
		(void)world_hear(w, (size_t)world_random(w, count));
}

static void make_round(struct world *w)
{
	world_round(w, any_process(w));
}

static void download(struct world *w)
{
	(void)world_download(w, (size_t)world_random(w, WORLD_DEVICES));
}

static void fail_to_download(struct world *w)
{
	struct world_held *h = &w->held[world_random(w, w->held_count)];

	if (h->at == WORLD_RELEASED)
		world_notify(w, h->iccid, ESIM_SIGN_FAILED);
}

static void delete_profile(struct world *w)
{
	world_delete(w, (size_t)world_random(w, WORLD_DEVICES));
}

static void notice(struct world *w)
{
	(void)world_notice(w, any_process(w));
}

static void move_clock(struct world *w)
{
	static const int64_t jumps[] = { 1, 400, 1000, 1000, 2000, 4000, WORLD_LEASE_MS, WORLD_LEASE_MS + 1, 20000 };

	w->now_ms += jumps[world_random(w, ES_COUNT(jumps))];
	if (world_chance(w, 3))
		w->now_ms += WORLD_INSTALL_MS;
	world_note(w, "it is %lld", (long long)w->now_ms);
}

static const struct esim_order *any_order(struct world *w, struct esim_order orders[ORDERS_MAX])
{
	const size_t count = world_orders(w, orders, ORDERS_MAX);

	return count > 0 ? &orders[world_random(w, count)] : NULL;
}

static void cancel(struct world *w)
{
	static struct esim_order orders[ORDERS_MAX];
	const struct esim_order *o = any_order(w, orders);

	if (o != NULL && !esim_order_is_over(o))
		world_cancel(w, o->id);
}

static void retry(struct world *w)
{
	static struct esim_order orders[ORDERS_MAX];
	const struct esim_order *o = any_order(w, orders);

	if (o != NULL && o->state == ESIM_ORDER_STUCK)
		world_retry(w, o->id);
}

static void advance(struct world *w)
{
	static struct esim_order orders[ORDERS_MAX];
	const struct esim_order *o = any_order(w, orders);

	if (o != NULL)
		world_advance(w, o->id);
}

static void kill_one(struct world *w)
{
	world_kill(w, any_process(w));
}

static void terminate(struct world *w)
{
	if (world_chance(w, 20))
		world_terminate(w);
}

static const struct {
	unsigned weight;
	void (*run)(struct world *w);
} acts[] = { { 10, subscribe }, { 16, request },    { 24, hear },   { 18, make_round },     { 8, download },
	         { 8, notice },     { 12, move_clock }, { 2, cancel },  { 4, retry },           { 2, delete_profile },
	         { 1, kill_one },   { 1, terminate },   { 4, advance }, { 1, fail_to_download } };

static void act(struct world *w)
{
	uint64_t total = 0;

	for (size_t i = 0; i < ES_COUNT(acts); i++)
		total += acts[i].weight;
	uint64_t drawn_act = world_random(w, total);
	for (size_t i = 0; i < ES_COUNT(acts); i++) {
		if (drawn_act < acts[i].weight) {
			acts[i].run(w);
			return;
		}
		drawn_act -= acts[i].weight;
	}
}

/* ---- a life ---- */

static void settle_facts(struct world *w)
{
	static const unsigned troubles[] = { 0, 8, 25, 60 };
	static const struct esim_offer offers[] = { { "a", "", "", "gold", "gold", "" },
		                                        { "b", "", "", "gold", "gold", "" } };
	struct esim_settings *s = &w->facts.settings;

	w->trouble = troubles[world_random(w, ES_COUNT(troubles))];
	w->facts.offers = offers;
	w->facts.offer_count = ES_COUNT(offers);
	s->own_stock = world_chance(w, 50);
	s->provision = world_chance(w, 70);
	s->release_late = world_chance(w, 30);
	s->confirmation_code = world_chance(w, 20);
	s->download = world_chance(w, 30) ? ESIM_DOWNLOAD_ADDRESS : ESIM_DOWNLOAD_CODE;
	s->bss_orders_profile = world_chance(w, 15);
	s->bss = !s->bss_orders_profile && world_chance(w, 10) ? "" : s->bss;
	s->retire_when_ready = world_chance(w, 30);
	s->redownloadable = world_chance(w, 25);
	world_note(w, "trouble %u%%:%s%s%s%s%s%s%s%s", w->trouble, s->own_stock ? " own stock" : "",
	           s->provision ? " provisions" : "", s->release_late ? " releases late" : "",
	           s->download == ESIM_DOWNLOAD_ADDRESS ? " by address" : "",
	           s->bss_orders_profile ? " the BSS orders" : "", s->bss[0] == '\0' ? " without BSS" : "",
	           s->retire_when_ready ? " retires early" : "", s->redownloadable ? " redownloadable" : "");
}

/* The clock goes to where something is due next; who is stuck is tried again, and who waits for a device that never comes taken
 * back in the end. False: all are over. */
static bool go_on(struct world *w, bool is_late)
{
	static struct esim_order orders[ORDERS_MAX];
	const size_t count = world_orders(w, orders, ORDERS_MAX);
	int64_t next = INT64_MAX;
	bool is_any = false;

	for (size_t i = 0; i < count; i++) {
		const struct esim_order *o = &orders[i];
		if (o->state == ESIM_ORDER_STUCK && is_late && o->step == ESIM_STEP_INSTALLED)
			world_cancel(w, o->id);
		else if (o->state == ESIM_ORDER_STUCK)
			world_retry(w, o->id);
		if (!esim_order_is_over(o) && o->next_ms > 0 && o->next_ms < next)
			next = o->next_ms;
		is_any = is_any || !esim_order_is_over(o);
	}
	if (next != INT64_MAX && next > w->now_ms)
		w->now_ms = next;
	return is_any;
}

/* All peers answer well; devices come for what waits for them, or never. */
static void finish(struct world *w)
{
	w->trouble = 0;
	for (int i = 0; i < 200 && w->fault[0] == '\0'; i++) {
		world_settle(w);
		for (size_t d = 0; d < WORLD_DEVICES && i < 3 && w->facts.line_active; d++) {
			if (world_chance(w, 40))
				(void)world_ask(w, any_process(w), d, "AcquireConfiguration", "");
			(void)world_download(w, d);
		}
		world_settle(w);
		if (!go_on(w, i > 20))
			return;
	}
}

/* V12-ODSA-MS-03, -09, -10: whatever was before, a device that asks comes to have a profile, or is told that it will not. */
static void must_be_served(struct world *w, size_t device)
{
	struct world_told told = { .subscription = -1 };
	const char *id = w->devices[device].id;

	for (int i = 0; i < 20 && w->fault[0] == '\0'; i++) {
		told = world_ask(w, any_process(w), device, "ManageSubscription", "operation_type=0");
		if (told.subscription != ESIM_DELAYED)
			break;
		world_settle(w);
	}
	if (told.subscription == ESIM_DOWNLOAD && (!told.has_download || !world_download(w, device)))
		world_fault(w, "%s is told to download what it does not get", id);
	else if (told.subscription != ESIM_DOWNLOAD && told.subscription != ESIM_ALL_DONE &&
	         told.subscription != ESIM_DISMISS)
		world_fault(w, "%s is told %d in the end", id, told.subscription);
	world_settle(w);
	/* A phone may have others, which are told of before it. */
	const bool is_new = told.subscription == ESIM_DOWNLOAD && w->devices[device].app == ESIM_COMPANION;
	told = world_ask(w, any_process(w), device, "AcquireConfiguration", "");
	if (told.status == ESIM_ACTIVATING || (is_new && told.status != ESIM_ACTIVATED))
		world_fault(w, "%s has status %d in the end", id, told.status);
}

static size_t live(struct world *w, uint64_t seed)
{
	drawn = ~seed;
	world_begin(w, seed);
	settle_facts(w);
	for (int i = 0; i < ACTS && w->fault[0] == '\0'; i++)
		act(w);
	finish(w);
	if (w->fault[0] == '\0')
		(void)world_check(w);
	for (size_t d = 0; d < WORLD_DEVICES && w->fault[0] == '\0'; d++)
		must_be_served(w, d);
	finish(w);
	if (w->fault[0] == '\0')
		(void)world_check(w);
	if (w->fault[0] == '\0')
		return w->leaks;
	(void)fprintf(stderr, "%s\nESIM_PROPERTY_RUNS=1 ESIM_PROPERTY_SEED=%llu: %s\n", w->steps, (unsigned long long)seed,
	              w->fault);
	fail_msg("seed %llu: %s", (unsigned long long)seed, w->fault);
	return 0;
}

static uint64_t number_of(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : fallback;
}

static void whatever_happens_each_order_ends_and_nothing_is_given_twice(void **state)
{
	const uint64_t runs = number_of("ESIM_PROPERTY_RUNS", RUNS), first = number_of("ESIM_PROPERTY_SEED", 1);
	size_t leaks = 0;

	(void)state;
	for (uint64_t i = 0; i < runs; i++)
		leaks += live(&world, first + i);
	print_message("%llu lives, %zu profiles left at the SM-DP+ whose reservation was never told\n",
	              (unsigned long long)runs, leaks);
}

static int set_up(void **state)
{
	(void)state;
	es_log_set_level(ES_LOG_ERROR); /* what goes wrong there is meant to */
	/* Nothing that is written outlives the test: in memory, where there is room for it. */
	if (getenv("TMPDIR") == NULL && access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 1);
	world_open(&world, 0, "esim_property_test");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whatever_happens_each_order_ends_and_nothing_is_given_twice, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
