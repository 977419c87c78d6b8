/* notify_follow.h -- events of policy or esim (es_follow.h): registrations end with their subscriber, and clients are to be woken
 * when an answer that they ask for changes. */
#ifndef NOTIFY_FOLLOW_H
#define NOTIFY_FOLLOW_H

#include "es_follow.h"
#include "notify_deliver.h"

struct notify_follow;

struct notify_follow_options {
	enum es_follow_source source;
	const char *target, *events;
	struct es_bus_key *key; /* borrowed */
	int64_t poll_ms;
	struct notify_store *store;     /* borrowed */
	struct notify_ways ways;        /* the rules count */
	struct notify_deliver *deliver; /* kicked; borrowed; NULL: nobody */
};
es_status notify_follow_start(const struct notify_follow_options *options, struct notify_follow **out,
                              struct es_buf *error) ES_MUST_USE;
/* Takes no more events. A write already queued still runs: free after the store's database is closed. */
void notify_follow_stop(struct notify_follow *follow);
void notify_follow_free(struct notify_follow *follow);

#endif
