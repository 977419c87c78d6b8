/* auth_outcome.h -- what a response led to, sealed in its session's row. */
#ifndef AUTH_OUTCOME_H
#define AUTH_OUTCOME_H

#include "auth_exchange.h"

/* All of a reply that is not made anew for each answer: cookie, request and what AWAY and TOO_OFTEN say, which are in no row. */
es_status auth_outcome_seal(const struct auth_task *task, const uint8_t id[AUTH_SESSION_ID],
                            const struct auth_reply *reply, struct es_slice *sealed) ES_MUST_USE;
es_status auth_outcome_open(const struct auth_task *task, const uint8_t id[AUTH_SESSION_ID], struct es_slice sealed,
                            struct auth_reply *out) ES_MUST_USE;
/* Anybody can bring it about, without the SIM: a rejection, or the notification of one (auth_step_notify()). */
bool auth_outcome_is_refusal(const struct auth_reply *reply);

#endif
