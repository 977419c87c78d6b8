/* notify_mass.h -- goes through mass changes: a thread takes the lease of each that is open (notify_store_mass.h), asks policy for
 * its lines, page by page, and makes their wake-ups as fast as its rate says, a second ahead of the clock at most.
 *
 * What it has made and how far it has come are one transaction: killed anywhere, another process goes on from there when the lease
 * is over, and at once where this one was stopped. It waits while policy is away, and while deliveries do not keep up. */
#ifndef NOTIFY_MASS_H
#define NOTIFY_MASS_H

#include "notify_deliver.h"

struct notify_mass_options {
	struct notify_store *store; /* borrowed */
	struct notify_ways ways;    /* the rules count */
	const char *policy_target;
	struct es_bus_key *key;         /* borrowed */
	struct notify_deliver *deliver; /* kicked; borrowed; NULL: nobody */
};

struct notify_mass_run;
es_status notify_mass_start(const struct notify_mass_options *options, struct notify_mass_run **out,
                            struct es_buf *error) ES_MUST_USE;
/* Gives back what it was going through, and frees. NULL is fine. Before the store is closed. */
void notify_mass_stop(struct notify_mass_run *run);

#endif
