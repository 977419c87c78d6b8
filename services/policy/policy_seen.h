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

/* What it was answered: of an application, in a form, to what it came down. */
struct policy_answered {
	struct es_slice app;
	uint32_t version_major, version_minor, language;
	uint8_t digest[POLICY_ANSWER_DIGEST];
};

/* NULL: out of memory or threads. `store` outlives it. Not noting, it takes offers and forgets them. */
struct policy_seen *policy_seen_start(struct policy_store *store, bool is_noting);
bool policy_seen_is_noting(const struct policy_seen *seen); /* NULL: no */
/* Any thread; takes a lock for the time of a copy. False: dropped, and what it was answered would be, too. */
bool policy_seen_offer(struct policy_seen *seen, const struct policy_sighting *sighting, int64_t now_ms);
/* Of a device whose offer was not dropped. The same answer is taken once a day. A dropped one leaves the table at an older
 * answer, or at none: the event of the next change then names the application for the device though nothing changed for it,
 * or leaves the device to the event's `apps`; a change is never kept from it. */
void policy_seen_answer(struct policy_seen *seen, const struct policy_sighting *sighting,
                        const struct policy_answered *answered, int64_t now_ms);
/* The line has authenticated. Counted by hours; of more lines in one second than there is room for some are not counted. */
void policy_seen_attempt(struct policy_seen *seen, struct es_slice tenant, struct es_slice imsi, int64_t now_ms);
/* Writes what is piled up, ends the thread, frees. NULL is fine. */
void policy_seen_stop(struct policy_seen *seen);

#endif
