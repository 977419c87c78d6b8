/* notify_store_dead.h -- wake-ups that were given up, until a person has looked. Inside a read or a write job. */
#ifndef NOTIFY_STORE_DEAD_H
#define NOTIFY_STORE_DEAD_H

#include "notify_store.h"

struct notify_dead {
	int64_t id, at_ms;
	const char *tenant, *imsi, *terminal_id, *app_name, *app;
	enum notify_channel channel;
	const char *account, *reason, *detail;
	int64_t attempts, changed_ms;
	const char *traceparent;
};
es_status notify_store_dead_add(struct es_db_conn *conn, const struct notify_dead *dead) ES_MUST_USE;
/* Those before `before_ms`, `limit` at most. */
es_status notify_store_dead_prune(struct es_db_conn *conn, int64_t before_ms, uint32_t limit,
                                  int64_t *removed) ES_MUST_USE;

#endif
