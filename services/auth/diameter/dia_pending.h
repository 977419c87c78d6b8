/* dia_pending.h -- what is under way: a bounded table with a place for each question, its deadline and its second try. Pure;
 * the owner locks.
 *
 * freeDiameter may answer twice, late or never, so nothing of it is trusted with a pointer: what it is given is an id, 20 bits
 * of which count and 12 of which are the place. An id whose question has ended finds nothing. The id is also the end-to-end
 * identifier on the wire, the same for both tries. */
#ifndef DIA_PENDING_H
#define DIA_PENDING_H

#include "dia_config.h"

struct dia_slot {
	uint32_t id; /* 0: free */
	const struct dia_source *source;
	int64_t deadline, attempt_until; /* mono ms */
	int64_t begun_us;
	bool may_repeat; /* no second try is left when false */
	uint32_t tried;  /* set of peers */
	uint32_t pinned; /* the only peers that may have it; 0: any of the source */
	size_t first;    /* where the source's order begins, for those that share */
	uint8_t *octets; /* the request, owned */
	size_t len;
};

struct dia_pending {
	struct dia_slot *slots;
	size_t size;
	uint32_t *in_flight; /* by source */
	size_t next_free;
	uint32_t count; /* ids given out */
	uint32_t turn;
};

/* Room for config's in_flight_max; `seed` is random, so that a new process does not repeat the ids of the last. */
es_status dia_pending_init(struct dia_pending *p, const struct dia_config *config, uint32_t seed) ES_MUST_USE;
void dia_pending_free(struct dia_pending *p);

/* Takes over `octets` (malloc'ed) when a place is found; NULL: the source has as many under way as it may. */
struct dia_slot *dia_pending_open(struct dia_pending *p, const struct dia_source *source, uint8_t *octets, size_t len);
struct dia_slot *dia_pending_find(struct dia_pending *p, uint32_t id);
/* Wipes and frees the request; the place is free. */
void dia_pending_close(struct dia_pending *p, struct dia_slot *slot);

enum dia_due { DIA_DUE_NOT, DIA_DUE_ATTEMPT, DIA_DUE_END };
enum dia_due dia_slot_due(const struct dia_slot *slot, int64_t now);
/* The next time it is due. */
int64_t dia_slot_next(const struct dia_slot *slot);
/* The next time anything is due; INT64_MAX: nothing is. */
int64_t dia_pending_next(const struct dia_pending *p);

/* How much this peer is wanted for it: -1 not at all; else the higher the sooner. */
int dia_slot_score(const struct dia_slot *slot, size_t peer);

#endif
