/* auth_sqn.c -- time-based sequence numbers; the header has the argument why none is given out twice. */
#include "auth_sqn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A subscriber that was served at or after the present tick. */
struct entry {
	uint64_t subscriber;
	int64_t last;  /* SEQ */
	int64_t until; /* tick: up to and with it, `last` is needed; 0: the slot is free */
};

struct auth_sqn {
	struct entry *entries;
	size_t mask, used;
	bool claimed;
	unsigned ind;
	int64_t tick;     /* never falls */
	int64_t hwm;      /* committed: only ticks below it are given out */
	int64_t given_to; /* highest tick given out */
	int64_t asked;    /* highest tick that would have been, had the mark allowed it */
};

struct auth_sqn *auth_sqn_new(size_t entries)
{
	assert(entries >= 8 && (entries & (entries - 1)) == 0);
	struct auth_sqn *sqn = calloc(1, sizeof *sqn);
	if (sqn == NULL)
		return NULL;
	sqn->entries = calloc(entries, sizeof *sqn->entries);
	if (sqn->entries == NULL) {
		free(sqn);
		return NULL;
	}
	sqn->mask = entries - 1;
	return sqn;
}

void auth_sqn_free(struct auth_sqn *sqn)
{
	if (sqn == NULL)
		return;
	free(sqn->entries);
	free(sqn);
}

void auth_sqn_claimed(struct auth_sqn *sqn, unsigned ind, int64_t floor, int64_t hwm)
{
	assert(ind < AUTH_SQN_REPLICAS && floor <= hwm);
	sqn->claimed = true;
	sqn->ind = ind;
	sqn->hwm = hwm;
	if (sqn->tick < floor)
		sqn->tick = floor;
	/* What was remembered belongs to the index before; it does no harm to keep it. */
}

void auth_sqn_extended(struct auth_sqn *sqn, int64_t hwm)
{
	if (sqn->claimed && sqn->hwm < hwm)
		sqn->hwm = hwm;
}

void auth_sqn_lost(struct auth_sqn *sqn)
{
	sqn->claimed = false;
	sqn->hwm = 0;
}

int64_t auth_sqn_tick_of(int64_t wall_ms)
{
	return wall_ms / AUTH_SQN_TICK_MS;
}

int64_t auth_sqn_clock_read(struct auth_sqn_clock *clock, int64_t wall_ms, int64_t mono_ms)
{
	int64_t wall = auth_sqn_tick_of(wall_ms), ran = clock->tick + (mono_ms - clock->mono_ms) / AUTH_SQN_TICK_MS;

	if (wall < ran)
		return ran;
	auth_sqn_clock_raise(clock, wall, mono_ms);
	return wall;
}

void auth_sqn_clock_raise(struct auth_sqn_clock *clock, int64_t tick, int64_t mono_ms)
{
	if (tick >= clock->tick)
		*clock = (struct auth_sqn_clock){ .tick = tick, .mono_ms = mono_ms };
}

int64_t auth_sqn_tick(const struct auth_sqn *sqn, int64_t clock_tick)
{
	return clock_tick > sqn->tick ? clock_tick : sqn->tick;
}

int64_t auth_sqn_wanted_hwm(const struct auth_sqn *sqn, int64_t clock_tick)
{
	int64_t reached = auth_sqn_tick(sqn, clock_tick);

	if (reached < sqn->asked)
		reached = sqn->asked;
	if (!sqn->claimed || sqn->hwm - reached > AUTH_SQN_EXTEND / 2)
		return 0;
	return reached + AUTH_SQN_EXTEND;
}

int64_t auth_sqn_unused_from(const struct auth_sqn *sqn)
{
	int64_t from = sqn->given_to > sqn->tick ? sqn->given_to : sqn->tick;

	return from + 1;
}

/* Generations are random already; the multiplication only spreads those of tests. */
static size_t slot_of(const struct auth_sqn *sqn, uint64_t subscriber)
{
	return (size_t)((subscriber * 0x9e3779b97f4a7c15u) >> 20) & sqn->mask;
}

/* The subscriber's entry, or the free slot where it belongs. There is always a free one. */
static struct entry *find(const struct auth_sqn *sqn, uint64_t subscriber)
{
	size_t i = slot_of(sqn, subscriber);

	while (sqn->entries[i].until != 0 && sqn->entries[i].subscriber != subscriber)
		i = (i + 1) & sqn->mask;
	return &sqn->entries[i];
}

/* Forgets everybody the tick has passed. In place: every run of slots is lifted out and put back in order. */
static void forget_passed(struct auth_sqn *sqn)
{
	size_t size = sqn->mask + 1, start = 0;

	while (sqn->entries[start].until != 0)
		start++; /* begin behind a free slot, so that no run is cut */
	sqn->used = 0;
	for (size_t n = 1; n <= size; n++) {
		struct entry *slot = &sqn->entries[(start + n) & sqn->mask];
		struct entry entry = *slot;
		*slot = (struct entry){ 0 };
		if (entry.until != 0 && entry.until >= sqn->tick) {
			*find(sqn, entry.subscriber) = entry;
			sqn->used++;
		}
	}
}

/* The lowest tick that leaves half of the memory free. Entries lie at most AUTH_SQN_AHEAD_MAX above the tick, so counting
 * them by tick is one pass. */
static int64_t tick_that_frees_half(const struct auth_sqn *sqn)
{
	size_t count[AUTH_SQN_AHEAD_MAX + 1] = { 0 }, left = 0;

	for (size_t i = 0; i <= sqn->mask; i++) {
		int64_t above = sqn->entries[i].until - sqn->tick;
		if (sqn->entries[i].until == 0 || above < 0)
			continue;
		assert(above <= AUTH_SQN_AHEAD_MAX);
		count[above]++;
		left++;
	}
	int64_t tick = sqn->tick;
	for (size_t above = 0; left > (sqn->mask + 1) / 2; above++) {
		left -= count[above];
		tick++;
	}
	return tick;
}

static void make_room(struct auth_sqn *sqn)
{
	size_t size = sqn->mask + 1;

	if (sqn->used < size - size / 4)
		return;
	sqn->tick = tick_that_frees_half(sqn);
	forget_passed(sqn);
}

enum auth_sqn_answer auth_sqn_next(struct auth_sqn *sqn, int64_t clock_tick, uint64_t subscriber, int64_t dif,
                                   uint64_t *out)
{
	if (!sqn->claimed)
		return AUTH_SQN_NO_INDEX;
	sqn->tick = auth_sqn_tick(sqn, clock_tick);
	make_room(sqn);
	if (sqn->tick + dif < 1) {
		/* A clock somewhat behind the one that provisioned these keys; far behind, SEQ 1 would come twice. */
		if (1 - dif - sqn->tick > AUTH_SQN_AHEAD_MAX)
			return AUTH_SQN_EXHAUSTED;
		sqn->tick = 1 - dif;
	}

	struct entry *entry = find(sqn, subscriber);
	int64_t seq = sqn->tick + dif;
	/* Once the tick has passed it an entry says nothing any more: its `last` may be of a difference whose commit failed. */
	if (entry->until >= sqn->tick && seq <= entry->last)
		seq = entry->last + 1;
	int64_t tick = seq - dif;
	if (tick - sqn->tick > AUTH_SQN_AHEAD_MAX)
		return AUTH_SQN_TOO_FAST;
	if (seq > AUTH_SQN_SEQ_MAX)
		return AUTH_SQN_EXHAUSTED;
	if (sqn->asked < tick)
		sqn->asked = tick;
	if (tick >= sqn->hwm)
		return AUTH_SQN_WAIT;

	if (entry->until == 0)
		sqn->used++;
	int64_t until = entry->until > tick ? entry->until : tick;
	*entry = (struct entry){ .subscriber = subscriber, .last = seq, .until = until };
	if (sqn->given_to < tick)
		sqn->given_to = tick;
	*out = (uint64_t)seq << AUTH_SQN_IND_BITS | sqn->ind;
	return AUTH_SQN_OK;
}

int64_t auth_sqn_initial_dif(int64_t tick, int64_t first)
{
	return first - tick;
}

struct auth_sqn_plan auth_sqn_plan_resync(int64_t tick, int64_t dif, int64_t hop, uint64_t sqn_ms)
{
	/* Our next SEQ may lie up to AUTH_SQN_AHEAD_MAX above this, and other replicas' ticks differ a little. */
	static const int64_t margin = 1 << 16;
	int64_t seq_ms = auth_sqn_seq(sqn_ms), ours = tick + dif;

	if (seq_ms >= ours) {
		int64_t raised = seq_ms + 1 - tick;
		if (raised < dif + AUTH_SQN_RAISE_MIN)
			raised = dif + AUTH_SQN_RAISE_MIN;
		if (tick + raised > AUTH_SQN_SEQ_MAX - margin)
			return (struct auth_sqn_plan){ .kind = AUTH_RESYNC_IMPOSSIBLE };
		return (struct auth_sqn_plan){ .kind = AUTH_RESYNC_RAISE, .dif = raised };
	}
	if (ours - seq_ms <= AUTH_SQN_DELTA - margin)
		return (struct auth_sqn_plan){ .kind = AUTH_RESYNC_KEEP };

	/* Half of what the SIM accepts, which leaves as many tries again should this one be lost on its way. */
	int64_t seq = seq_ms + AUTH_SQN_DELTA / 2;
	if (seq <= hop)
		seq = hop + 1;
	if (seq - seq_ms > AUTH_SQN_DELTA)
		return (struct auth_sqn_plan){ .kind = AUTH_RESYNC_IMPOSSIBLE };
	return (struct auth_sqn_plan){ .kind = AUTH_RESYNC_HOP,
		                           .sqn = (uint64_t)seq << AUTH_SQN_IND_BITS | AUTH_SQN_HOP_IND };
}
