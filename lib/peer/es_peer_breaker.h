/* es_peer_breaker.h -- when a peer is left alone: after so many failures in a row, for a while; then one question tries.
 *
 * Times are monotonic ms, given by the caller. Pure; the caller locks. */
#ifndef ES_PEER_BREAKER_H
#define ES_PEER_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct es_peer_breaker {
	uint32_t failures_max; /* in a row; 0: it is never left alone */
	int64_t open_ms;
	uint32_t failures;
	int64_t open_until; /* while is_open */
	bool is_open, is_probing;
};

/* Whether a question may be asked now. Each that was admitted is followed by es_peer_breaker_note() or
 * es_peer_breaker_forgo(), once: what tries while it is open holds the others back until then. */
bool es_peer_breaker_admits(struct es_peer_breaker *b, int64_t now);
/* How the question ended. True when that opened or closed it: for the log. */
bool es_peer_breaker_note(struct es_peer_breaker *b, bool is_good, int64_t now);
/* The question was not asked after all, or what became of it says nothing of the peer. */
void es_peer_breaker_forgo(struct es_peer_breaker *b);

#endif
