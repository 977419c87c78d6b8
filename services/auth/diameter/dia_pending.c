/* dia_pending.c -- places, ids, and which peer is next. */
#include "dia_pending.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_BITS = 12, PLACE_MASK = (1 << PLACE_BITS) - 1, SCORE_TRIED = 1, SCORE_FRESH = 100 };
_Static_assert(DIA_IN_FLIGHT_MAX <= 1 << PLACE_BITS, "a place fits its bits");

es_status dia_pending_init(struct dia_pending *p, const struct dia_config *config, uint32_t seed)
{
	assert(config->in_flight_max <= DIA_IN_FLIGHT_MAX);
	*p = (struct dia_pending){ .size = config->in_flight_max, .count = seed };
	p->slots = calloc(p->size + 1, sizeof *p->slots);
	p->in_flight = calloc(config->source_count + 1, sizeof *p->in_flight);
	return p->slots != NULL && p->in_flight != NULL ? ES_OK : ES_TOO_LARGE;
}

void dia_pending_free(struct dia_pending *p)
{
	for (size_t i = 0; i < p->size && p->slots != NULL; i++)
		if (p->slots[i].id != 0)
			dia_pending_close(p, &p->slots[i]);
	free(p->slots);
	free(p->in_flight);
	*p = (struct dia_pending){ 0 };
}

static struct dia_slot *free_slot(struct dia_pending *p)
{
	for (size_t i = 0; i < p->size; i++) {
		struct dia_slot *slot = &p->slots[(p->next_free + i) % p->size];
		if (slot->id == 0) {
			p->next_free = (size_t)(slot - p->slots) + 1;
			return slot;
		}
	}
	return NULL;
}

struct dia_slot *dia_pending_open(struct dia_pending *p, const struct dia_source *source, uint8_t *octets, size_t len)
{
	if (p->in_flight[source->index] >= source->in_flight_max)
		return NULL;
	struct dia_slot *slot = free_slot(p);
	assert(slot != NULL); /* there are as many as all sources may have */
	const uint32_t place = (uint32_t)(slot - p->slots);
	do
		p->count++;
	while ((p->count << PLACE_BITS | place) == 0);
	*slot = (struct dia_slot){ .id = p->count << PLACE_BITS | place, .source = source, .octets = octets, .len = len };
	if (source->share)
		slot->first = p->turn++ % source->peer_count;
	p->in_flight[source->index]++;
	return slot;
}

struct dia_slot *dia_pending_find(struct dia_pending *p, uint32_t id)
{
	const size_t place = id & PLACE_MASK;

	return id != 0 && place < p->size && p->slots[place].id == id ? &p->slots[place] : NULL;
}

void dia_pending_close(struct dia_pending *p, struct dia_slot *slot)
{
	assert(slot->id != 0 && p->in_flight[slot->source->index] > 0);
	p->in_flight[slot->source->index]--;
	explicit_bzero(slot->octets, slot->len);
	free(slot->octets);
	*slot = (struct dia_slot){ 0 };
}

enum dia_due dia_slot_due(const struct dia_slot *slot, int64_t now)
{
	if (slot->id == 0)
		return DIA_DUE_NOT;
	if (now >= slot->deadline)
		return DIA_DUE_END;
	return slot->may_repeat && now >= slot->attempt_until ? DIA_DUE_ATTEMPT : DIA_DUE_NOT;
}

int64_t dia_slot_next(const struct dia_slot *slot)
{
	return slot->may_repeat && slot->attempt_until < slot->deadline ? slot->attempt_until : slot->deadline;
}

int64_t dia_pending_next(const struct dia_pending *p)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < p->size; i++) {
		const struct dia_slot *slot = &p->slots[i];
		if (slot->id != 0 && dia_slot_next(slot) < next)
			next = dia_slot_next(slot);
	}
	return next;
}

int dia_slot_score(const struct dia_slot *slot, size_t peer)
{
	const struct dia_source *source = slot->source;
	const uint32_t bit = 1u << peer;

	if (peer >= DIA_PEERS_MAX || (source->peers & bit) == 0 || (slot->pinned != 0 && (slot->pinned & bit) == 0))
		return -1;
	if ((slot->tried & bit) != 0)
		return SCORE_TRIED;
	size_t at = 0;
	while (source->peer_order[at] != peer)
		at++;
	return SCORE_FRESH - (int)((at + source->peer_count - slot->first) % source->peer_count);
}
