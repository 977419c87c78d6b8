/* esim_follow.h -- what becomes of a line's profiles when policy says that the line has changed. Inside a write job. */
#ifndef ESIM_FOLLOW_H
#define ESIM_FOLLOW_H

#include "esim_store.h"
#include "policy.pb-c.h"

/* Lines that end take their profiles with them; lines that are erased leave nothing. `event`: the last one written. */
es_status esim_follow_event(const struct esim_store *store, struct es_db_conn *conn, const Openes__Event *event,
                            int64_t now_ms, uint64_t *written) ES_MUST_USE;

#endif
