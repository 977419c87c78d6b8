/* policy_qos_follow.h -- orders for quality of service that a line's boosts call for, brought in line with what it has. Inside the
 * transaction that changes the line, so that neither is there without the other. */
#ifndef POLICY_QOS_FOLLOW_H
#define POLICY_QOS_FOLLOW_H

#include "policy_store_qos.h"

es_status policy_qos_follow(struct es_db_conn *conn, const struct policy_catalog *catalog,
                            const struct policy_subscriber *line, int64_t now_ms) ES_MUST_USE;
/* Nobody has this IMSI any more: what is in the network is ended, the rest forgotten. */
es_status policy_qos_leave(struct es_db_conn *conn, const char *tenant, const char *imsi, int64_t now_ms) ES_MUST_USE;
/* Writes an order after a step. One at its end makes room for the next of its boost, or goes with its line. */
es_status policy_qos_settle(struct es_db_conn *conn, struct policy_store *store, const struct policy_qos_order *order,
                            struct es_arena *arena, int64_t now_ms) ES_MUST_USE;

#endif
