/* es_peer_breaker.c -- closed, open, half open. */
#include "es_peer_breaker.h"

bool es_peer_breaker_admits(struct es_peer_breaker *b, int64_t now)
{
	if (!b->is_open)
		return true;
	if (b->is_probing || now < b->open_until)
		return false;
	b->is_probing = true; /* half open: this one tries, the others wait for what becomes of it */
	return true;
}

bool es_peer_breaker_note(struct es_peer_breaker *b, bool is_good, int64_t now)
{
	const bool was_open = b->is_open;

	b->is_probing = false;
	if (is_good) {
		b->failures = 0;
		b->is_open = false;
		return was_open;
	}
	if (b->failures_max == 0 || (!was_open && ++b->failures < b->failures_max))
		return false;
	b->is_open = true;
	b->open_until = now + b->open_ms;
	return !was_open;
}

void es_peer_breaker_forgo(struct es_peer_breaker *b)
{
	b->is_probing = false; /* the next one tries */
}
