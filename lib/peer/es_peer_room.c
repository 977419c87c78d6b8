/* es_peer_room.c -- a count under a lock, with the breaker. */
#include "es_peer_room.h"

#include <assert.h>

#include "es_clock.h"

#define ASK_AGAIN_MS 1000

void es_peer_room_init(struct es_peer_room *room, uint32_t in_flight_max, uint32_t failures_max, int64_t open_ms)
{
	*room = (struct es_peer_room){ .in_flight_max = in_flight_max,
		                           .breaker = { .failures_max = failures_max, .open_ms = open_ms } };
	(void)pthread_mutex_init(&room->lock, NULL);
}

void es_peer_room_destroy(struct es_peer_room *room)
{
	(void)pthread_mutex_destroy(&room->lock);
}

/* The breaker last: what it admits is asked. */
enum es_peer_entry es_peer_enter(struct es_peer_room *room)
{
	enum es_peer_entry entry = ES_PEER_ENTERED;

	(void)pthread_mutex_lock(&room->lock);
	if (room->in_flight >= room->in_flight_max)
		entry = ES_PEER_FULL;
	else if (!es_peer_breaker_admits(&room->breaker, es_mono_ms()))
		entry = ES_PEER_RESTS;
	else
		room->in_flight++;
	(void)pthread_mutex_unlock(&room->lock);
	return entry;
}

void es_peer_leave(struct es_peer_room *room)
{
	(void)pthread_mutex_lock(&room->lock);
	assert(room->in_flight > 0);
	room->in_flight--;
	(void)pthread_mutex_unlock(&room->lock);
}

uint32_t es_peer_room_left(struct es_peer_room *room, int64_t *again_ms)
{
	const int64_t now = es_mono_ms();
	uint32_t count = 0;

	(void)pthread_mutex_lock(&room->lock);
	const struct es_peer_breaker *b = &room->breaker;
	*again_ms = ASK_AGAIN_MS;
	if (!b->is_open)
		count = room->in_flight_max - room->in_flight;
	else if (now < b->open_until)
		*again_ms = b->open_until - now;
	else
		count = !b->is_probing && room->in_flight < room->in_flight_max ? 1 : 0;
	(void)pthread_mutex_unlock(&room->lock);
	return count;
}

bool es_peer_rests(struct es_peer_room *room)
{
	(void)pthread_mutex_lock(&room->lock);
	const bool is_open = room->breaker.is_open;
	(void)pthread_mutex_unlock(&room->lock);
	return is_open;
}

enum es_peer_turn es_peer_note(struct es_peer_room *room, enum es_peer_health health)
{
	bool has_turned = false;

	(void)pthread_mutex_lock(&room->lock);
	if (health == ES_PEER_NOT_ASKED)
		es_peer_breaker_forgo(&room->breaker);
	else
		has_turned = es_peer_breaker_note(&room->breaker, health == ES_PEER_GOOD, es_mono_ms());
	(void)pthread_mutex_unlock(&room->lock);
	if (!has_turned)
		return ES_PEER_AS_BEFORE;
	return health == ES_PEER_GOOD ? ES_PEER_IS_BACK : ES_PEER_IS_LEFT_ALONE;
}
