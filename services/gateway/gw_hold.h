/* gw_hold.h -- answers to those who ask too often wait for a moment before they leave.
 *
 * A refusal at once brings the next request at once, and a flood then costs the processor as much as before: it is the others who
 * wait. A refusal that waits costs its connection and nothing else. Only so many wait; further ones leave at once. */
#ifndef GW_HOLD_H
#define GW_HOLD_H

#include <stddef.h>
#include <stdint.h>

#include "es_status.h"

struct gw_hold;

/* `places`: how many wait at once. ES_UNAVAILABLE: no memory or no thread. */
es_status gw_hold_start(size_t places, int64_t hold_ms, struct gw_hold **out) ES_MUST_USE;
/* Runs release(user) once: after the time, on the hold's thread; before gw_hold_quit() returns, if that comes first; at once and
 * here when all places are taken, after gw_hold_quit(), or where `hold` is NULL. release() does not block. Any thread. */
void gw_hold(struct gw_hold *hold, void (*release)(void *user), void *user);
/* Nothing waits any more. */
void gw_hold_quit(struct gw_hold *hold);
/* After gw_hold_quit(), when nobody calls gw_hold() any more. NULL is fine, for both. */
void gw_hold_free(struct gw_hold *hold);

#endif
