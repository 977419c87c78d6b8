/* auth_flow.h -- steps that the flows have in common. */
#ifndef AUTH_FLOW_H
#define AUTH_FLOW_H

#include "auth_env.h"
#include "auth_exchange.h"

/* Runs fn where reading the database is allowed: here, or on a worker. Fails the task when there is no room. */
void auth_flow_reading(struct auth_task *task, void (*fn)(void *user), void *user);

/* Life of a token of this tenant, in ms. */
int64_t auth_flow_token_ttl(struct auth_env *env, const char *tenant);

/* An exchange that ended, as log and record know it. `round` NULL: none had begun. */
struct auth_end {
	const char *tenant, *group;
	const struct auth_round *round;
	struct es_slice address;
	bool had_token;
	bool is_recorded; /* the record was committed with the end */
};
struct auth_history_entry auth_flow_record(struct auth_env *env, const struct auth_end *end, enum auth_reason reason);
/* Counts, logs and records it. */
void auth_flow_ended(struct auth_task *task, const struct auth_end *end, enum auth_reason reason);
/* The same for what ended, then answers ES_OK. A challenge ends nothing. */
void auth_flow_finish(struct auth_task *task, const struct auth_end *end, const struct auth_reply *reply);
/* Logs nothing: the caller of the bus does. */
void auth_flow_fail(struct auth_task *task, es_status status, const char *detail);

/* Whether a phone of this tenant that cannot be authenticated by its SIM may come again in another way (TS.43 T7). */
bool auth_flow_has_other_method(struct auth_env *env, const char *tenant);

/* AT_PERMANENT_ID_REQ into the arena. ES_CONFLICT: it was asked before, in this method; ES_TOO_LARGE: out of memory. */
es_status auth_flow_ask_identity(struct auth_task *task, struct auth_eap *eap, struct es_slice *packet) ES_MUST_USE;

void auth_flow_count_resync(void);

#endif
