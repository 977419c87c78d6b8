/* auth_snapshot.h -- the tenants as policy told them last, shared by count. Any thread. */
#ifndef AUTH_SNAPSHOT_H
#define AUTH_SNAPSHOT_H

#include "auth_tenant.h"

struct auth_snapshots;

struct auth_snapshots *auth_snapshots_new(void);
void auth_snapshots_free(struct auth_snapshots *snapshots);

/* The newest tenants, or NULL before the first; to be given back. */
const struct auth_tenants *auth_snapshot_get(struct auth_snapshots *snapshots);
/* One tenant of them: NULL when it is not there. `held` is to be given back in any case. */
const struct auth_tenant *auth_snapshot_tenant(struct auth_snapshots *snapshots, const char *id,
                                               const struct auth_tenants **held);
void auth_snapshot_put(const struct auth_tenants *tenants);
/* Takes over the arena that holds `tenants`. ES_TOO_LARGE (and frees it) when out of memory. */
es_status auth_snapshot_set(struct auth_snapshots *snapshots, struct es_arena *arena,
                            const struct auth_tenants *tenants) ES_MUST_USE;

#endif
