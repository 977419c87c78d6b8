/* policy_seen.h -- which devices a subscriber uses, noted beside the answer and never in its way.
 *
 * A request offers its device; the offer is dropped when the device was noted today or when the bounded pile is full (the
 * next request offers it again). A thread of its own writes the pile once a second, in one commit; the same thread trims
 * the outbox. */
#ifndef POLICY_SEEN_H
#define POLICY_SEEN_H

#include "policy_store.h"

struct policy_seen;

struct policy_sighting {
	struct es_slice tenant, imsi, terminal_id, vendor, model, sw_version;
};

/* NULL: out of memory or threads. `store` outlives it. Not noting, it takes offers and forgets them. */
struct policy_seen *policy_seen_start(struct policy_store *store, bool is_noting);
/* Any thread; takes a lock for the time of a copy. */
void policy_seen_offer(struct policy_seen *seen, const struct policy_sighting *sighting, int64_t now_ms);
/* Writes what is piled up, ends the thread, frees. NULL is fine. */
void policy_seen_stop(struct policy_seen *seen);

#endif
