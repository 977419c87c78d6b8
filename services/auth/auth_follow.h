/* auth_follow.h -- policy's events (es_follow.h): of an erased subscriber the history goes. */
#ifndef AUTH_FOLLOW_H
#define AUTH_FOLLOW_H

#include "es_follow.h"

/* Follows into `db`, auth's own. The rest as es_follow.h says. */
es_status auth_follow_start(struct es_db *db, const char *policy_target, const char *policy_events,
                            struct es_bus_key *key, struct es_follow **out, struct es_buf *error) ES_MUST_USE;

#endif
