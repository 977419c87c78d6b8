/* policy_store_qos.h -- rows of orders for quality of service. Inside transactions, as in policy_store.h. */
#ifndef POLICY_STORE_QOS_H
#define POLICY_STORE_QOS_H

#include "policy_qos.h"
#include "policy_store.h"

typedef es_status policy_qos_each(const struct policy_qos_order *order, void *user);

/* Those not at their end, and those that an operator cancelled; texts stay in the arena. `room` of them at most. */
es_status policy_row_qos_of_line(struct es_db_conn *conn, const char *tenant, const char *imsi, struct es_arena *arena,
                                 struct policy_qos_order *out, size_t room, size_t *count) ES_MUST_USE;
es_status policy_row_qos(struct es_db_conn *conn, const char *id, struct es_arena *arena,
                         struct policy_qos_order *out) ES_MUST_USE;
/* The longest waiting first; texts stay in the arena. */
es_status policy_row_qos_due(struct es_db_conn *conn, int64_t now_ms, uint32_t limit, struct es_arena *arena,
                             policy_qos_each *each, void *user) ES_MUST_USE;
/* By id, after `after`; `state` 0: all. `arena` is reset before each row. */
es_status policy_row_qos_list(struct es_db_conn *conn, const char *tenant, const char *after, uint8_t state,
                              uint32_t limit, struct es_arena *arena, policy_qos_each *each, void *user) ES_MUST_USE;
es_status policy_row_qos_add(struct es_db_conn *conn, const struct policy_qos_order *order) ES_MUST_USE;
/* ES_NOT_FOUND: gone, or changed by another since it was read. */
es_status policy_row_qos_put(struct es_db_conn *conn, const struct policy_qos_order *order) ES_MUST_USE;
es_status policy_row_qos_delete(struct es_db_conn *conn, const char *id) ES_MUST_USE;
/* Of a line that is gone: those at their end. */
es_status policy_row_qos_forget(struct es_db_conn *conn, const char *tenant, const char *imsi) ES_MUST_USE;
es_status policy_row_qos_prune(struct es_db_conn *conn, int64_t ended_before_ms) ES_MUST_USE;

#endif
