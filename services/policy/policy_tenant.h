/* policy_tenant.h -- whom a tenant answers for: host names, PLMNs, IMSI ranges, GID1. Pure. */
#ifndef POLICY_TENANT_H
#define POLICY_TENANT_H

#include "policy_types.h"

/* auth chooses by host, then the longest IMSI range, then GID1, then PLMN, and turns away whom two tenants claim alike:
 * all tenants together may be no more than it holds. */
#define POLICY_TENANTS_MAX 1024
#define POLICY_TENANTS_BYTES_MAX ((size_t)512 * 1024) /* of their documents: one bus frame has to hold them */

/* Their servers, told to auth in the same frame. */
#define POLICY_CLIENTS_MAX 64                         /* of one tenant */
#define POLICY_CLIENTS_BYTES_MAX ((size_t)320 * 1024) /* of all tenants' documents */

/* The claim that makes the choice between two tenants impossible ("hosts", "imsi_ranges", "gid1", "plmns"); NULL: they can
 * be told apart. */
const char *policy_tenants_collide(const struct policy_tenant *a, const struct policy_tenant *b);
/* Whether they answer for the very same. */
bool policy_tenant_claims_equal(const struct policy_tenant *a, const struct policy_tenant *b);

#endif
