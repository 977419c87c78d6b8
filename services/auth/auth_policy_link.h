/* auth_policy_link.h -- what auth asks policy: who are the tenants, and may this subscriber have a token? */
#ifndef AUTH_POLICY_LINK_H
#define AUTH_POLICY_LINK_H

#include "auth_env.h"
#include "es_bus.h"

struct auth_policy_link;

/* `client` and `snapshots` are borrowed. NULL when out of memory. */
struct auth_policy_link *auth_policy_link_new(struct es_bus_client *client, struct auth_snapshots *snapshots);
void auth_policy_link_free(struct auth_policy_link *link);

/* Asks for the tenants and publishes them when they changed. Waits: not from a callback; one thread only. */
es_status auth_policy_refresh(struct auth_policy_link *link) ES_MUST_USE;
bool auth_policy_is_known(struct auth_policy_link *link);

/* An auth_admit_fn; `policy` is the link. */
es_status auth_policy_admit(void *policy, struct auth_admit *admit);
/* An auth_core_change_fn; `policy` is the link. */
es_status auth_policy_core_change(void *policy, struct auth_core_change *change);
/* An auth_find_fn; `policy` is the link. */
es_status auth_policy_find(void *policy, struct auth_find *find);

#endif
