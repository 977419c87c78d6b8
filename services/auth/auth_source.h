/* auth_source.h -- where an authentication vector comes from: one question, whoever answers it.
 *
 * A source is auth's own AuC, an HSS over SWx (through openes-diameter) or a UDM over HTTP/2. It is asked for one vector at
 * a time and answers once, later or at once, on any thread; it never blocks the asker. Which one is asked, and which next
 * when it is away, is auth_sources.c's business (tenant, IMSI prefix, health). */
#ifndef AUTH_SOURCE_H
#define AUTH_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth_auc.h"
#include "auth_method.h"
#include "es_arena.h"
#include "es_slice.h"
#include "es_status.h"
#include "es_trace.h"

/* What came of it. Anything but a vector ends the search, except AUTH_SOURCE_AWAY. */
enum auth_source_answer {
	AUTH_SOURCE_VECTOR = 1,
	AUTH_SOURCE_UNKNOWN,      /* no such subscriber: Experimental-Result 5001, USER_NOT_FOUND */
	AUTH_SOURCE_REFUSED,      /* the network does not want this subscriber here: 4001, 5003, 5004, 5450, ... */
	AUTH_SOURCE_AUTS_INVALID, /* MAC-S is wrong */
	AUTH_SOURCE_SQN_OUT_OF_REACH,
	AUTH_SOURCE_AWAY, /* no answer, or one that says nothing about the subscriber: the next source may be asked */
};

struct auth_ask {
	/* The question; its texts outlive it. */
	const char *tenant, *imsi;
	enum auth_method method;
	const char *network_name; /* AKA': what CK' and IK' are derived with */
	bool is_resync;           /* `rand` of the failed challenge and the SIM's AUTS */
	uint8_t rand[16], auts[14];
	struct es_arena *arena; /* secret; lives until the answer */
	int64_t deadline;       /* wall ms */
	const struct es_trace *trace;

	/* The answer. `done` runs once; the ask may be gone when it returns. */
	void (*done)(struct auth_ask *ask, enum auth_source_answer answer);
	struct auth_vector vector; /* with AUTH_SOURCE_VECTOR; ck and ik are CK' and IK' for AKA'. The asker wipes it */
	const char *why;           /* for logs: "timeout", "3004 from hss2"; never NULL with AUTH_SOURCE_AWAY */
	bool turned_away;   /* with AUTH_SOURCE_AWAY: as much is under way as may be; it says nothing of its health */
	const char *source; /* name of who answered; set by auth_sources_ask() */

	/* Of whoever carries it out. */
	void *carrier;
};

struct auth_source {
	const char *name; /* section of the core file, or "auc" */
	const char *kind; /* "auc", "swx", "aaa" (AUTH_RELAY_KIND), "udm" */
	/* Must not block. Runs ask->done once, whatever happens, at the deadline at the latest. */
	void (*ask)(void *self, struct auth_ask *ask);
	void *self;
};

#endif
