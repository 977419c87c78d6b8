/* policy_breaker.h -- whether to ask a peer that did not answer of late. Pure; whoever owns it locks it.
 *
 * After POLICY_BREAKER_TRIES questions in a row without an answer it is left alone for POLICY_BREAKER_REST_MS; then one question
 * is let through at a time, until one is answered. */
#ifndef POLICY_BREAKER_H
#define POLICY_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#define POLICY_BREAKER_TRIES 5
#define POLICY_BREAKER_REST_MS 5000

struct policy_breaker {
	unsigned misses;  /* in a row */
	int64_t rests_to; /* monotonic ms; 0: it does not rest */
};

static inline bool policy_breaker_may_ask(struct policy_breaker *b, int64_t mono_ms)
{
	if (b->rests_to == 0)
		return true;
	if (mono_ms < b->rests_to)
		return false;
	b->rests_to = mono_ms + POLICY_BREAKER_REST_MS; /* the others rest on while this one tries */
	return true;
}

/* Notes how a question ended. Whether the rest began or ended with it. */
static inline bool policy_breaker_heard(struct policy_breaker *b, bool is_answered, int64_t mono_ms)
{
	const bool rested = b->rests_to != 0;

	b->misses = is_answered ? 0 : b->misses + (b->misses < POLICY_BREAKER_TRIES);
	if (b->misses >= POLICY_BREAKER_TRIES)
		b->rests_to = mono_ms + POLICY_BREAKER_REST_MS;
	else if (is_answered)
		b->rests_to = 0;
	return rested != (b->rests_to != 0);
}

#endif
