/* auth_challenge.h -- from a subscriber who is known to the challenge that his SIM gets.
 *
 * Takes a challenge that nobody has answered yet (auth_pending.h), else asks the sources of his route for a vector, within
 * the limits (auth_guard.h); then writes EAP-Request/AKA-Challenge into the round. */
#ifndef AUTH_CHALLENGE_H
#define AUTH_CHALLENGE_H

#include "auth_env.h"
#include "auth_session.h"

enum auth_challenge_result {
	AUTH_CHALLENGE_READY = 1, /* `packet`; round->eap waits for its answer */
	AUTH_CHALLENGE_REFUSED,   /* `reason`: the subscriber is not to be challenged */
	AUTH_CHALLENGE_AWAY,      /* no source answered */
	AUTH_CHALLENGE_LIMITED,   /* `retry_after_s` */
	AUTH_CHALLENGE_BROKEN,    /* our own fault; `why` */
};

struct auth_challenge {
	/* The question; outlives it. */
	struct auth_task *task;
	const struct auth_session *session; /* tenant, terminal, app_name, group, end */
	struct auth_round *round;           /* imsi and eap; gets source, decoy and the challenge */
	bool is_resync;                     /* round->eap.rand and auts */
	uint8_t auts[14];
	struct auth_route route; /* of the subscriber, in the task's arena; count 0: it is still to be found */
	void (*ready)(struct auth_challenge *challenge, enum auth_challenge_result result); /* once */

	/* The answer. */
	struct es_slice packet; /* in the task's arena */
	enum auth_reason reason;
	int64_t retry_after_s;
	const char *why;

	/* Inside. */
	struct auth_ask ask;
	struct auth_pending_key key;
	bool may_decoy, gives_pseudonym;
	uint16_t reauths;
	struct auth_pending_challenge pending;
};

void auth_challenge_seek(struct auth_challenge *challenge);

/* The SIM itself has answered the outstanding challenge of this round: it is not sent again. */
void auth_challenge_answered(struct auth_env *env, const struct auth_session *session, const struct auth_round *round);

/* "4<22 characters>@realm of the identity" (RFC 4187 4.2.1.8) in the arena; empty when it has no room. */
struct es_slice auth_challenge_reauth_id(struct auth_task *task, const struct auth_eap *eap);

#endif
