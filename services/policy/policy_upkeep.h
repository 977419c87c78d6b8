/* policy_upkeep.h -- what policy does by itself: tells what time has changed, forgets what is too old.
 *
 * A thread of its own. What is due is taken by compare-and-set, so that any number of replicas tell it once, and is found by its
 * time, so that nothing is missed that came while all were down. */
#ifndef POLICY_UPKEEP_H
#define POLICY_UPKEEP_H

#include "policy_engine.h"

struct policy_upkeep;

/* NULL: out of memory or threads. `engine` outlives it. */
struct policy_upkeep *policy_upkeep_start(struct policy_engine *engine);
void policy_upkeep_stop(struct policy_upkeep *upkeep); /* NULL is fine */

/* One round of each; for the thread, and for tests. Waits for commits. `more`: another round would find more. */
es_status policy_upkeep_due(struct policy_engine *engine, int64_t now_ms, bool *more) ES_MUST_USE;
es_status policy_upkeep_age(struct policy_engine *engine, int64_t now_ms, bool *more) ES_MUST_USE;

#endif
