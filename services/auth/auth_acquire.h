/* auth_acquire.h -- tokens made of tokens (TS.43 6.5.7, 14.1.2) and what an app token tells (14.2). policy has said before
 * that token and operation are right; whether the subscriber is still there is asked again, for the epoch. */
#ifndef AUTH_ACQUIRE_H
#define AUTH_ACQUIRE_H

#include "auth_env.h"

/* Inputs live in the task's arena; empty where nothing was sent. */
struct auth_acquire {
	struct es_slice token; /* TOKEN or temporary token of the caller */
	struct es_slice app, operation;
	struct es_slice targets, client_id, scope, requestor_id, app_token;
	struct es_slice call; /* idempotency key */
};

enum auth_acquired_outcome { AUTH_ACQUIRED = 1, AUTH_ACQUIRE_REFUSED, AUTH_ACQUIRE_DEAD, AUTH_ACQUIRE_INVALID };

#define AUTH_ACQUIRED_MAX 6
struct auth_acquired {
	enum auth_acquired_outcome outcome;
	const char *reason; /* for logs and metrics */
	struct {
		const char *name;
		struct es_slice value;
	} parms[AUTH_ACQUIRED_MAX]; /* of AUTH_ACQUIRED: the application's */
	size_t count;
};
void auth_acquire(struct auth_task *task, const struct auth_acquire *in, struct auth_acquired *out);

#endif
