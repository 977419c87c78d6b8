/* policy_qos_run.h -- takes orders for quality of service that are due, has them sent, and writes what came of it.
 *
 * A thread of its own. Any number of replicas may do it: one takes an order, by a compare-and-set that also says when it is given
 * up, and what a former taker hears then does not count. Nothing is kept in memory that is not in the database. */
#ifndef POLICY_QOS_RUN_H
#define POLICY_QOS_RUN_H

#include "policy_engine.h"
#include "policy_qos_send.h"

struct policy_qos_runner;

/* `file`: sections of networks, "" none. `engine` outlives it. */
es_status policy_qos_runner_start(struct policy_engine *engine, const char *file, struct policy_qos_runner **out,
                                  struct es_buf *error) ES_MUST_USE;
void policy_qos_runner_stop(struct policy_qos_runner *runner); /* NULL is fine */

/* One round, for the thread and for tests. `more`: another would find more. */
es_status policy_qos_round(struct policy_engine *engine, struct policy_qos_net *net, int64_t now_ms,
                           bool *more) ES_MUST_USE;

#endif
