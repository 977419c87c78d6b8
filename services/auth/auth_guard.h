/* auth_guard.h -- how often: limits on challenges, resynchronisations and failures, by subscriber, address and tenant.
 *
 * Each limit is a rate with a burst (GCRA): one time per key, nothing to clean up. Keys live in a bounded table as keyed
 * digests; when it is full the least used gives way, which lets somebody through, never keeps somebody out. In the memory of
 * one replica: what is allowed grows with their number. Addresses count as auth_address.h says. Any thread. */
#ifndef AUTH_GUARD_H
#define AUTH_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "es_slice.h"

/* Label of openes_auth_limited_total. The rate of CHALLENGES_TENANT is the tenant's own setting. */
#define AUTH_LIMIT_LIST(X)                                                                                             \
	X(CHALLENGES_IMSI, "challenges_imsi")       /* vectors fetched for one subscriber */                               \
	X(CHALLENGES_ADDRESS, "challenges_address") /* exchanges begun from one address */                                 \
	X(CHALLENGES_TENANT, "challenges_tenant")                                                                          \
	X(RESYNCS_IMSI, "resyncs_imsi")                                                                                    \
	X(FAILURES, "failures") /* of one subscriber from one address: others cannot lock him out */

enum auth_limit {
#define AUTH_LIMIT_ENUM(name, label) AUTH_LIMIT_##name,
	AUTH_LIMIT_LIST(AUTH_LIMIT_ENUM)
#undef AUTH_LIMIT_ENUM
		AUTH_LIMIT_COUNT
};

struct auth_guard;

/* `per_hour` and `burst` of each limit; per_hour 0: none. NULL: out of memory. */
struct auth_rate {
	uint64_t per_hour;
	uint32_t burst;
};
struct auth_guard *auth_guard_new(const struct auth_rate rates[AUTH_LIMIT_COUNT]);
void auth_guard_free(struct auth_guard *guard); /* NULL is fine */

/* Draws one. 0: allowed; otherwise seconds after which it will be, counted and logged as a refusal. */
int64_t auth_guard_take(struct auth_guard *guard, enum auth_limit limit, struct es_slice key, struct es_slice more,
                        int64_t now_ms);
/* The same at a rate of the caller's. */
int64_t auth_guard_take_at(struct auth_guard *guard, enum auth_limit limit, struct auth_rate rate, struct es_slice key,
                           struct es_slice more, int64_t now_ms);
/* Whether one would be allowed; draws nothing, counts a refusal. */
int64_t auth_guard_look(struct auth_guard *guard, enum auth_limit limit, struct es_slice key, struct es_slice more,
                        int64_t now_ms);

void auth_guard_metrics(void);

#endif
