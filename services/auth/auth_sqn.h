/* auth_sqn.h -- sequence numbers without a write per vector: TS 33.102 annex C.1.1.3, entirely time based.
 *
 *     SQN = SEQ (43 bits) | IND (5 bits)        SEQ = tick + dif
 *
 * The tick counts 0.1 s and never goes back; `dif` is the subscriber's stored difference, changed by resynchronisation
 * only; IND is the index of this replica, so that replicas cannot meet in one SQN. What may never happen is one SQN
 * given out twice. It cannot, because:
 *
 *  - Inside a process the tick never falls, and the memory below holds every subscriber whose last SEQ the tick has not
 *    passed yet: such a one gets last + 1. When the memory is full the tick is moved on past some of them.
 *  - Across restarts nothing at or above the high-water mark `hwm` is given out until a higher one is committed, and a
 *    new owner of the index starts at the mark it finds. Two processes that both believe they own an index
 *    therefore give out on either side of a mark; the old owner's next extension fails.
 *  - A difference is only ever raised, and by AUTH_SQN_RAISE_MIN at least: whoever still holds an older one is some
 *    29 hours of ticks away from those who hold the newer, far more than a call lives or clocks differ.
 *  - A SIM whose optional limit Delta refuses a jump (C.2.2: it slept for 310 days) is not served by lowering its
 *    difference, since numbers there may have been given out. It is led upwards by one SQN under
 *    AUTH_SQN_HOP_IND, an index no replica has, whose last SEQ is committed per subscriber before it is used.
 *
 * Pure: the clock is a parameter. Not thread-safe: the adapter locks. */
#ifndef AUTH_SQN_H
#define AUTH_SQN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "es_status.h"

#define AUTH_SQN_TICK_MS 100
#define AUTH_SQN_IND_BITS 5
#define AUTH_SQN_REPLICAS 31u /* indices 0 to 30 */
#define AUTH_SQN_HOP_IND 31u
#define AUTH_SQN_SEQ_MAX (((int64_t)1 << 43) - 1)
#define AUTH_SQN_EXTEND 600    /* ticks a mark is set ahead: 60 s */
#define AUTH_SQN_AHEAD_MAX 600 /* ticks one subscriber may run ahead: a burst of 600, then ten a second */
#define AUTH_SQN_RAISE_MIN ((int64_t)1 << 20)
#define AUTH_SQN_DELTA ((int64_t)1 << 28) /* TS 33.102 C.3: Delta of all three profiles */

struct auth_sqn;

/* `entries`: subscribers remembered at once, a power of two. NULL when out of memory. */
struct auth_sqn *auth_sqn_new(size_t entries);
void auth_sqn_free(struct auth_sqn *sqn);

/* The index is ours: `floor` is the mark that was found, `hwm` the one committed with the claim. */
void auth_sqn_claimed(struct auth_sqn *sqn, unsigned ind, int64_t floor, int64_t hwm);
/* A higher mark was committed. */
void auth_sqn_extended(struct auth_sqn *sqn, int64_t hwm);
/* The index is somebody else's: nothing more is given out until the next claim. */
void auth_sqn_lost(struct auth_sqn *sqn);

int64_t auth_sqn_tick_of(int64_t wall_ms);

/* Ticks of the wall clock; while that has fallen behind (a step back, a mark far ahead of it), those of the monotonic clock
 * from there on. A tick that stood still would refuse each subscriber after AUTH_SQN_AHEAD_MAX numbers. */
struct auth_sqn_clock {
	int64_t tick, mono_ms; /* the tick at that time; all zero at first */
};
int64_t auth_sqn_clock_read(struct auth_sqn_clock *clock, int64_t wall_ms, int64_t mono_ms);
/* The clock goes on from `tick`, unless it is past that. */
void auth_sqn_clock_raise(struct auth_sqn_clock *clock, int64_t tick, int64_t mono_ms);

/* The tick in force: that of the clock, or a later one reached before. */
int64_t auth_sqn_tick(const struct auth_sqn *sqn, int64_t clock_tick);
/* The mark to be committed now, or 0 when what is left of the present one is enough. */
int64_t auth_sqn_wanted_hwm(const struct auth_sqn *sqn, int64_t clock_tick);
/* Above every tick given out so far: what a graceful stop commits, so that the next owner does not start a minute ahead. */
int64_t auth_sqn_unused_from(const struct auth_sqn *sqn);

enum auth_sqn_answer {
	AUTH_SQN_OK,
	AUTH_SQN_WAIT,      /* a higher mark must be committed first */
	AUTH_SQN_NO_INDEX,  /* no index is claimed */
	AUTH_SQN_TOO_FAST,  /* this subscriber is AUTH_SQN_AHEAD_MAX ahead: ask again later */
	AUTH_SQN_EXHAUSTED, /* 43 bits are used up, or the clock is far behind the one that provisioned */
};

/* `subscriber`: auth_keys.generation. `out` is set for AUTH_SQN_OK only. */
enum auth_sqn_answer auth_sqn_next(struct auth_sqn *sqn, int64_t clock_tick, uint64_t subscriber, int64_t dif,
                                   uint64_t *out);

/* The difference of newly provisioned keys: the first SEQ is `first` (1 for a new SIM). */
int64_t auth_sqn_initial_dif(int64_t tick, int64_t first);

/* What a genuine AUTS asks for (TS 33.102 6.3.5): the row as it is to be committed before a vector is given out. */
enum auth_sqn_resync { AUTH_RESYNC_KEEP, AUTH_RESYNC_RAISE, AUTH_RESYNC_HOP, AUTH_RESYNC_IMPOSSIBLE };
struct auth_sqn_plan {
	enum auth_sqn_resync kind;
	int64_t dif;  /* of RAISE */
	uint64_t sqn; /* of HOP: give out this one; its SEQ is the new `hop` */
};
struct auth_sqn_plan auth_sqn_plan_resync(int64_t tick, int64_t dif, int64_t hop, uint64_t sqn_ms);

static inline int64_t auth_sqn_seq(uint64_t sqn)
{
	return (int64_t)(sqn >> AUTH_SQN_IND_BITS);
}

#endif
