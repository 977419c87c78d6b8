/* auth_follow.c -- what an event of policy does to auth's database. */
#include "auth_follow.h"

#include <string.h>

#include "auth_store.h"

#define POLL_MS 10000

static es_status apply(struct es_db_conn *conn, const Openes__Event *event, void *user)
{
	(void)user;
	if (strcmp(event->kind, "subscriber.erased") != 0)
		return ES_OK;
	return auth_store_history_erase(conn, event->tenant, event->imsi);
}

es_status auth_follow_start(struct es_db *db, const char *policy_target, const char *policy_events,
                            struct es_bus_key *key, struct es_follow **out, struct es_buf *error)
{
	const struct es_follow_options options = { .source = ES_FOLLOW_POLICY,
		                                       .target = policy_target,
		                                       .events = policy_events,
		                                       .key = key,
		                                       .poll_ms = POLL_MS,
		                                       .db = db,
		                                       .position = auth_store_followed,
		                                       .set_position = auth_store_set_followed,
		                                       .apply = apply };
	return es_follow_start(&options, out, error);
}
