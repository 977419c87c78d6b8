/* notify_store_dead.c -- rows of `dead` in the database. */
#include "notify_store_dead.h"

#include "notify_store_int.h"

es_status notify_store_dead_add(struct es_db_conn *conn, const struct notify_dead *d)
{
	return ES_DB_EXEC(conn, ST_DEAD_ADD, NULL, es_bind_int(d->at_ms), es_bind_str(d->tenant), es_bind_str(d->imsi),
	                  es_bind_str(d->terminal_id), es_bind_str(d->app_name), es_bind_str(d->app),
	                  es_bind_int(d->channel), es_bind_str(d->account), es_bind_str(d->reason), es_bind_str(d->detail),
	                  es_bind_int(d->attempts), es_bind_int(d->changed_ms), es_bind_str(d->traceparent));
}

es_status notify_store_dead_prune(struct es_db_conn *conn, int64_t before_ms, uint32_t limit, int64_t *removed)
{
	return ES_DB_EXEC(conn, ST_DEAD_PRUNE, removed, es_bind_int(before_ms), es_bind_int(limit));
}
