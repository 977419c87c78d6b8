/* auth_step.h -- one response of the peer on its way through AUTH_EAP_CONTINUE, and every way it may end.
 *
 * Whatever a response leads to is committed as the session's row by compare-and-set before it is answered. The same
 * response again gets the same answer, from any replica; of two replicas with the same response the slower one
 * answers what the faster one decided. Each function here ends the step: nothing of it may be touched afterwards. */
#ifndef AUTH_STEP_H
#define AUTH_STEP_H

#include "auth_challenge.h"
#include "auth_exchange.h"
#include "auth_profile.h"
#include "auth_reauth_flow.h"
#include "auth_relay_flow.h"
#include "auth_store.h"

struct auth_step {
	struct auth_task *task;
	struct auth_reply *out;
	struct es_slice packet, address;
	uint8_t packet_hash[32];
	struct es_slice cookie; /* that opened; every challenge sets it again (settled rule 26) */
	struct auth_session session;

	bool has_row;
	struct auth_exchange_row row; /* as read */
	struct auth_round round;      /* the one under way, after this response */

	struct auth_challenge challenge;
	struct auth_relay_step relay;
	struct auth_profile profile;
	struct auth_admit admit;
	bool announces; /* admitted, and the peer wants to hear of it before the end */

	bool
		was_refused; /* by the notification that this response answers: that was counted and recorded when it went out */

	/* To be committed. */
	struct auth_exchange_row next;
	struct auth_history_entry record;
	struct auth_reauth_row reauth;
	bool lost;         /* somebody else committed this round: `row` is theirs */
	bool reauth_spent; /* somebody else ended an exchange with this identity of re-authentication */
};

/* A failure that is nobody's verdict; the exchange has not moved. */
void auth_step_fail(struct auth_step *s, es_status status, const char *detail);
/* Nothing of the exchange changes: 400, or 511. */
void auth_step_turn_away(struct auth_step *s, enum auth_outcome outcome, enum auth_reason reason);
/* Nobody could say: the exchange stays where it is, for a phone that sends its response again. */
void auth_step_away(struct auth_step *s);
void auth_step_limited(struct auth_step *s, int64_t retry_after_s);
/* What was decided for this round, by us before or by another replica: the same again, or a spent session. */
void auth_step_replay(struct auth_step *s);
/* Commits `out`, and the round that waits for a response when it is a challenge; then answers. */
void auth_step_commit(struct auth_step *s);
void auth_step_reject(struct auth_step *s, enum auth_reason reason);
/* `out` is the notification of this refusal, which is decided whether it is answered or not: counts and records it, then
 * commits. */
void auth_step_notify(struct auth_step *s, enum auth_reason reason);

/* Not an end: the request that is to be answered, from the cookie or its row. */
es_status auth_step_request_of(struct auth_step *s, struct es_slice *request) ES_MUST_USE;

#endif
