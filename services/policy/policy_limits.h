/* policy_limits.h -- how many requests a second the devices of one tenant may make here.
 *
 * A rate whose burst is one second (GCRA): one time for each tenant, in a table that holds as many as there can be tenants. In the
 * memory of one replica: what is allowed grows with their number. Any thread. */
#ifndef POLICY_LIMITS_H
#define POLICY_LIMITS_H

#include <stddef.h>
#include <stdint.h>

struct policy_limits;

struct policy_limits *policy_limits_new(void);         /* NULL: out of memory */
void policy_limits_free(struct policy_limits *limits); /* NULL is fine */

/* Draws one request of this tenant. 0: allowed; otherwise the seconds after which one will be. `per_second` 0: no limit.
 * `*refused`: how many were refused since this was last told, where it is time to tell the operator; else 0. */
int64_t policy_limits_take(struct policy_limits *limits, const char *tenant, int64_t per_second, int64_t now_ms,
                           uint64_t *refused);

#endif
