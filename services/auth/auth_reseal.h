/* auth_reseal.h -- brings K and OPc under the key that seals now: nothing in the auc ring expires by itself, and an old key
 * could otherwise never leave its file. One pass over all keys after each start, in small pieces. */
#ifndef AUTH_RESEAL_H
#define AUTH_RESEAL_H

#include "auth_env.h"

struct auth_reseal {
	char tenant[32], imsi[16]; /* the last ones looked at */
	uint64_t resealed, unreadable;
	bool is_done;
};

/* The next piece; waits for its commit. Whatever fails is tried again with the next call. */
void auth_reseal_some(struct auth_env *env, struct auth_reseal *reseal);

#endif
