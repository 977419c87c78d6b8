/* es_log_limit.c -- a fixed table of event names, each with the current second and its count in one atomic word. */
#include "es_log_limit.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

enum { LIMIT = 20, SLOTS = 256, PROBES = 16 };

struct slot {
	_Atomic(const char *) event; /* set once */
	_Atomic uint64_t window;     /* second << 32 | count */
};

static struct slot slots[SLOTS];
static struct slot others = { .event = "others" }; /* shared by all names beyond the table */
static _Atomic bool exceeded;                      /* some slot may have something to report */

static size_t hash(const char *text)
{
	uint32_t h = 2166136261U; /* FNV-1a */

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * 16777619U;
	return h;
}

static struct slot *slot_of(const char *event)
{
	size_t start = hash(event);

	for (size_t i = 0; i < PROBES; i++) {
		struct slot *slot = &slots[(start + i) % SLOTS];
		const char *owner = atomic_load(&slot->event);
		if (owner == NULL && atomic_compare_exchange_strong(&slot->event, &owner, event))
			return slot;
		if (owner == event || strcmp(owner, event) == 0)
			return slot;
	}
	return &others;
}

static uint64_t window_of(uint32_t second, uint32_t count)
{
	return (uint64_t)second << 32 | count;
}

bool log_limit_admits(const char *event, uint32_t second)
{
	struct slot *slot = slot_of(event);
	uint64_t old = atomic_load(&slot->window), next;
	uint32_t count;

	do {
		/* What an earlier second left out stays in the count until log_limit_report() has taken it. */
		bool same = old >> 32 == second || (uint32_t)old > LIMIT;
		count = same ? (uint32_t)old + 1 : 1;
		if (count == 0)
			return false; /* 2^32 lines: saturated */
		next = window_of(same ? (uint32_t)(old >> 32) : second, count);
	} while (!atomic_compare_exchange_weak(&slot->window, &old, next));
	if (count > LIMIT)
		atomic_store(&exceeded, true);
	return count <= LIMIT;
}

static bool report_slot(struct slot *slot, uint32_t second, void (*report)(const char *event, uint32_t left_out))
{
	uint64_t window = atomic_load(&slot->window);

	if ((uint32_t)window <= LIMIT)
		return false;
	if (window >> 32 >= second)
		return true; /* its second is not over */
	if (atomic_compare_exchange_strong(&slot->window, &window, window_of(second, 0)))
		report(atomic_load(&slot->event), (uint32_t)window - LIMIT);
	return false;
}

void log_limit_report(uint32_t second, void (*report)(const char *event, uint32_t left_out))
{
	static _Atomic uint32_t last;
	uint32_t before = atomic_load_explicit(&last, memory_order_relaxed);

	if (!atomic_load_explicit(&exceeded, memory_order_relaxed) || before == second ||
	    !atomic_compare_exchange_strong(&last, &before, second))
		return;
	bool again = false;
	atomic_store(&exceeded, false);
	for (size_t i = 0; i < SLOTS; i++)
		again |= report_slot(&slots[i], second, report);
	again |= report_slot(&others, second, report);
	if (again)
		atomic_store(&exceeded, true);
}
