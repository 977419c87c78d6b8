/* auth_relay.h -- EAP handed through to a 3GPP AAA server (TS.43 2.8.1, TS 29.273 SWa and SWm): no key comes near us.
 *
 * A relay is asked with one packet of the phone and says what to tell it. It is a source of kind "aaa": whoever routes to it
 * finds it by name in auth_sources.h. */
#ifndef AUTH_RELAY_H
#define AUTH_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_slice.h"
#include "es_trace.h"

#define AUTH_RELAY_KIND "aaa"

/* TS.43 T7, one row of it each. */
enum auth_relay_verdict {
	AUTH_RELAY_CHALLENGE = 1, /* 1001: `packet` for the phone */
	AUTH_RELAY_ACCEPTED,      /* 2001 */
	AUTH_RELAY_REJECTED,      /* 4001, 5001, 5003 */
	AUTH_RELAY_AWAY,          /* all others, no connection, no answer in time */
};

struct auth_relay_ask {
	/* The question; outlives it. */
	const char *source;            /* section of the core file */
	const char *session;           /* Session-Id; "" begins one */
	const char *destination_host;  /* of the answer before; "" */
	const char *nai;               /* User-Name: EAP_ID */
	struct es_slice packet, state; /* EAP-Response; AVP State of the answer before */
	struct es_arena *arena;
	int64_t deadline; /* wall ms */
	const struct es_trace *trace;
	void (*done)(struct auth_relay_ask *ask, enum auth_relay_verdict verdict); /* once */

	/* The answer, in the arena. */
	struct es_slice reply; /* EAP-Request of AUTH_RELAY_CHALLENGE */
	struct es_slice next_session, next_destination_host, next_state;
	const char *imsi; /* of AUTH_RELAY_ACCEPTED: whom the AAA says it authenticated; NULL or "": it does not say */
	bool keeps_state; /* the AAA holds a session: end it */
	const char *why;  /* for logs; never NULL with AUTH_RELAY_AWAY */
	void *carrier;
};

/* What the process relays through; NULL members: nothing is configured. */
struct auth_relay {
	void (*ask)(void *self, struct auth_relay_ask *ask);
	/* Ends a session the AAA keeps (STR). Copies what it needs; nobody waits for it. */
	void (*end)(void *self, const char *source, const char *session, const char *destination_host, const char *nai);
	void *self;
};

#endif
