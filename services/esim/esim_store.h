/* esim_store.h -- the devices seen: all SQL of esim. */
#ifndef ESIM_STORE_H
#define ESIM_STORE_H

#include "es_db.h"

/* Of one subscriber; more push out those seen longest ago. */
#define ESIM_DEVICES_MAX 32

es_status esim_store_open(const char *url, struct es_db **out, struct es_buf *error) ES_MUST_USE;

struct esim_device {
	struct es_slice tenant, imsi, terminal_id, companion_terminal_id, eid;
};

/* Inside a write job. A device seen again within a minute is not written again. */
es_status esim_store_seen(struct es_db_conn *conn, const struct esim_device *device, int64_t now_ms) ES_MUST_USE;

/* Inside a read: how many devices of the subscriber are known, and when this one was seen last (0: never). */
es_status esim_store_device(struct es_db_conn *conn, const struct esim_device *device, int64_t *count,
                            int64_t *last_seen_ms) ES_MUST_USE;

/* A subscriber is erased: nothing of him stays. Inside a write job, as what follows. */
es_status esim_store_erase(struct es_db_conn *conn, struct es_slice tenant, struct es_slice imsi) ES_MUST_USE;
/* How far policy's events have been followed. */
es_status esim_store_position(struct es_db_conn *conn, uint64_t *out) ES_MUST_USE;
es_status esim_store_set_position(struct es_db_conn *conn, uint64_t sequence) ES_MUST_USE;

#endif
