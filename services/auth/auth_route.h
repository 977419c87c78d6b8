/* auth_route.h -- which sources are asked for a subscriber's vectors, and in which order. Pure. */
#ifndef AUTH_ROUTE_H
#define AUTH_ROUTE_H

#include "auth_tenant.h"

#define AUTH_ROUTE_MAX 4
#define AUTH_SOURCE_NAME_SIZE 32
#define AUTH_OWN_AUC "auc" /* the source that needs no section */

struct auth_route {
	struct es_slice names[AUTH_ROUTE_MAX]; /* of the tenant's settings, which outlive it */
	size_t count;                          /* 1 at least */
};

/* The rule of the longest prefix of this IMSI ("00101: hss-a hss-b"; "*" is any); our own AuC when there is none. */
struct auth_route auth_route_of(const struct auth_tenant *tenant, const struct es_imsi *imsi);
/* With names in the arena; one that has no room there is no source's. */
struct auth_route auth_route_kept(const struct auth_tenant *tenant, const struct es_imsi *imsi, struct es_arena *arena);

#endif
