/* auth_pending.h -- challenges that nobody has answered yet, so that asking again costs no vector.
 *
 * Whoever knows an IMSI can ask for challenges in its name. Each vector that is fetched uses up a sequence number of the SIM
 * and work of the home network, so an unanswered one is sent again inside its life: to the same terminal and application
 * always, to others once AUTH_PENDING_EACH of a subscriber are out. The SIM's own answer takes it away; a wrong answer, which
 * anybody can give, does not. A SIM that has seen the challenge before asks for resynchronisation, and gets a fresh vector.
 *
 * In the memory of one replica and bounded: at another, or when it is full, a vector is fetched. Any thread. Secret. */
#ifndef AUTH_PENDING_H
#define AUTH_PENDING_H

#include <stdbool.h>

#include "auth_auc.h"

#define AUTH_PENDING_EACH 4

struct auth_pending;

/* NULL: out of memory. */
struct auth_pending *auth_pending_new(size_t subscribers_max);
void auth_pending_free(struct auth_pending *pending); /* wipes; NULL is fine */

/* Digests: of (tenant, IMSI, method, network name), and of what else tells two requests apart. */
struct auth_pending_key {
	uint8_t subscriber[16], request[16];
};
struct auth_pending_key auth_pending_key_of(const char *tenant, const char *imsi, enum auth_method method,
                                            const char *network_name, const uint8_t terminal[16],
                                            const uint8_t app_name[16], const char *group);

struct auth_pending_challenge {
	struct auth_vector vector;
	uint8_t session
		[16]; /* the exchange in which it went out last, whose row says whether the SIM has answered it elsewhere */
	char source[32]; /* who gave it */
	bool decoy;      /* nobody did: the subscriber is unknown */
};
/* Whether one is to be sent again, and which. `out` is secret. */
bool auth_pending_find(struct auth_pending *pending, const struct auth_pending_key *key, int64_t now_ms,
                       struct auth_pending_challenge *out);
/* A new one, or the one of this RAND in another exchange. */
void auth_pending_keep(struct auth_pending *pending, const struct auth_pending_key *key, int64_t expires_ms,
                       const struct auth_pending_challenge *challenge);
void auth_pending_resent(struct auth_pending *pending, const struct auth_pending_key *key, const uint8_t rand[16],
                         const uint8_t session[16]);
/* The SIM has answered the challenge with this RAND, from wherever it came. */
void auth_pending_forget(struct auth_pending *pending, const struct auth_pending_key *key, const uint8_t rand[16]);

#endif
