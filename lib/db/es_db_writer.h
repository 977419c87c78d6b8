/* es_db_writer.h -- the one thread of a database that writes: a bounded queue, group commit, retries. Internal to lib/db. */
#ifndef ES_DB_WRITER_H
#define ES_DB_WRITER_H

#include "es_db_engine.h"

struct es_db_writer;

/* Takes over the open writing connection. */
es_status es_db_writer_start(const struct es_db_plan *plan, struct es_db_conn *conn, uint32_t queue_max,
                             struct es_db_writer **out) ES_MUST_USE;
/* Runs what is queued, joins, closes the connection. NULL is fine. */
void es_db_writer_stop(struct es_db_writer *writer);
es_status es_db_writer_submit(struct es_db_writer *writer, es_db_fn *fn, es_db_done *done, void *user) ES_MUST_USE;
bool es_db_writer_is_self(const struct es_db_writer *writer);

/* When a dead connection may be tried again: 100 ms after the first failure, doubling to 5 s. */
struct es_db_backoff {
	int64_t next_ms, delay_ms;
};
bool es_db_backoff_is_over(const struct es_db_backoff *backoff, int64_t now_ms);
void es_db_backoff_failed(struct es_db_backoff *backoff, int64_t now_ms);
void es_db_backoff_clear(struct es_db_backoff *backoff);

#endif
