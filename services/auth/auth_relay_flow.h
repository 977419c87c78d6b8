/* auth_relay_flow.h -- one packet of the phone to a 3GPP AAA and its answer back into the round. */
#ifndef AUTH_RELAY_FLOW_H
#define AUTH_RELAY_FLOW_H

#include "auth_env.h"
#include "auth_route.h"
#include "auth_session.h"

struct auth_relay_step {
	struct auth_task *task;
	struct auth_round *round; /* its relay part is moved on by AUTH_RELAY_CHALLENGE */
	void (*done)(struct auth_relay_step *step, enum auth_relay_verdict verdict); /* once */

	struct es_slice packet; /* of AUTH_RELAY_CHALLENGE, in the arena */
	bool keeps_state;       /* of AUTH_RELAY_ACCEPTED: auth_relay_leave() when the end is committed */

	struct auth_relay_ask ask;
	struct auth_route route; /* relays not asked yet; nobody else is asked in the middle of an exchange */
	size_t at;
	char source[32], session[256], destination_host[256], nai[AUTH_EAP_IDENTITY_MAX + 1];
};

/* EAP_ID as EAP-Response/Identity, to the first relay of the route that answers. */
void auth_relay_begin(struct auth_relay_step *step, const struct auth_route *route);
/* ES_MALFORMED: not an answer to the outstanding request, of another method than EAP-AKA and EAP-AKA', or one that names
 * another subscriber than EAP_ID did, or nobody can say whom; nothing was asked. Otherwise `done` will run. */
es_status auth_relay_next(struct auth_relay_step *step, struct es_slice packet) ES_MUST_USE;
void auth_relay_leave(struct auth_relay_step *step);

#endif
