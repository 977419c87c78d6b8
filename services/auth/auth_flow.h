/* auth_flow.h -- steps that the flows have in common. */
#ifndef AUTH_FLOW_H
#define AUTH_FLOW_H

#include "auth_auc.h"
#include "auth_env.h"
#include "auth_exchange.h"

/* Runs fn where reading the database is allowed: here, or on a worker. Fails the task when there is no room. */
void auth_flow_reading(struct auth_task *task, void (*fn)(void *user), void *user);

/* ES_NOT_FOUND: no keys. Anything else but ES_OK: the store or a key ring is at fault. Reads. */
es_status auth_flow_keys(struct auth_env *env, const char *tenant, const char *imsi, struct auth_keys *out) ES_MUST_USE;

/* Takes a sequence number for `keys`, at once or when the mark has been extended. */
struct auth_number {
	struct auth_task *task;
	const struct auth_keys *keys;
	void (*ready)(struct auth_number *number, es_status status); /* once; `sqn` with ES_OK */
	uint64_t sqn;
	struct auth_sqn_waiter waiter;
};
void auth_flow_number(struct auth_number *number);

/* Makes the vector of (keys, sqn, fresh RAND) and the challenge of it; `packet` lives in the arena. */
es_status auth_flow_challenge(struct auth_task *task, const struct auth_keys *keys, uint64_t sqn, struct auth_eap *eap,
                              struct es_slice *packet) ES_MUST_USE;

/* Life of a token of this tenant, in ms. */
int64_t auth_flow_token_ttl(struct auth_env *env, const char *tenant);

/* Keys of nobody: the challenge of a decoy looks like any other and has no right answer. */
void auth_flow_decoy(struct auth_keys *keys, uint64_t *sqn);

/* Counts and logs what ended, then answers ES_OK. A challenge ends nothing. */
void auth_flow_finish(struct auth_task *task, const char *tenant, const struct auth_round *round, bool had_token,
                      const struct auth_reply *reply);
/* Logs nothing: the caller of the bus does. */
void auth_flow_fail(struct auth_task *task, es_status status, const char *detail);

void auth_flow_count_resync(void);

#endif
