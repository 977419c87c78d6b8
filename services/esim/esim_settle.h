/* esim_settle.h -- what the state of an order makes of the profiles it is about. Pure. */
#ifndef ESIM_SETTLE_H
#define ESIM_SETTLE_H

#include "esim_heard.h"
#include "esim_order.h"

/* `old`: the profile that is replaced, or the one that was lent; NULL: none of ours. Called after each move of the order; what
 * is settled already stays so. */
void esim_settle(const struct esim_order *order, struct esim_profile *profile, struct esim_profile *old,
                 int64_t now_ms);
/* Whether a device is told something else than before: worth an event. */
bool esim_profile_differs(const struct esim_profile *a, const struct esim_profile *b);
/* Takes up what a step brought: ICCID, address, codes, numbers. `fqdn`: of the SM-DP+, where it did not name itself. */
void esim_profile_learn(struct esim_profile *profile, struct esim_order *order, const struct esim_heard *heard,
                        const char *fqdn);

#endif
