/* auth_spend.h -- what is good once: an insert that only one can win, committed before anybody hears of it. */
#ifndef AUTH_SPEND_H
#define AUTH_SPEND_H

#include "auth_env.h"
#include "auth_store.h"
#include "es_grant.h"

/* In the asker's memory until `done`, which runs on the writer's thread. */
struct auth_spending {
	uint8_t ids[2][AUTH_SPENT_ID]; /* all or none of them */
	size_t count;
	/* Idempotency key of the call: repeated, it gets the same answer. Empty: each call is another one. */
	struct es_slice call;
	int64_t expires_ms; /* when it may be forgotten */
	void (*done)(struct auth_spending *spending, es_status status);
	bool spent_before; /* valid with ES_OK */
};
/* `done` runs once unless the return is not ES_OK. */
es_status auth_spend_start(struct auth_env *env, struct auth_spending *spending) ES_MUST_USE;

struct auth_spent {
	bool spent_before;
};
/* AUTH_SPEND: a temporary token after its use was decided. One that does not open, or has expired, counts as spent. */
void auth_token_spend(struct auth_task *task, struct es_slice token, struct es_slice call, struct auth_spent *out);

#endif
