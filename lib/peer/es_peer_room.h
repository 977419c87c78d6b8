/* es_peer_room.h -- how many questions a peer is asked at once, and whether it is left alone for now. Any thread.
 *
 * A question enters, is noted and leaves, each once; noting and leaving in either order. Where there is no breaker, noting may be
 * left out. */
#ifndef ES_PEER_ROOM_H
#define ES_PEER_ROOM_H

#include <pthread.h>

#include "es_peer_breaker.h"

struct es_peer_room {
	pthread_mutex_t lock;
	uint32_t in_flight_max, in_flight;
	struct es_peer_breaker breaker;
};

/* `failures_max` 0: it is never left alone. */
void es_peer_room_init(struct es_peer_room *room, uint32_t in_flight_max, uint32_t failures_max, int64_t open_ms);
void es_peer_room_destroy(struct es_peer_room *room);

enum es_peer_entry {
	ES_PEER_ENTERED,
	ES_PEER_FULL,  /* as many are under way as may be */
	ES_PEER_RESTS, /* it is left alone */
};
enum es_peer_entry es_peer_enter(struct es_peer_room *room);
void es_peer_leave(struct es_peer_room *room);

/* How many could enter now. 0: *again_ms is when the breaker lets one try, or a second. */
uint32_t es_peer_room_left(struct es_peer_room *room, int64_t *again_ms);
bool es_peer_rests(struct es_peer_room *room); /* the breaker is open */

enum es_peer_health {
	ES_PEER_GOOD,      /* it answered */
	ES_PEER_BAD,       /* it did not, or not as a peer in health does */
	ES_PEER_NOT_ASKED, /* says nothing of it */
};
/* What changed with it: for the log. */
enum es_peer_turn { ES_PEER_AS_BEFORE, ES_PEER_IS_BACK, ES_PEER_IS_LEFT_ALONE };
enum es_peer_turn es_peer_note(struct es_peer_room *room, enum es_peer_health health);

#endif
