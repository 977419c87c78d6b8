/* dia_events.h -- what a peer says unasked: RTR and PPR become AUTH_CORE_EVENT, ASR and RAR are answered here.
 *
 * The peer is answered when auth has said what it knows, never before: 2001, 5001 for a subscriber of nobody, 5012 while auth is
 * away. Bounded: beyond it, 3004. */
#ifndef DIA_EVENTS_H
#define DIA_EVENTS_H

#include "dia_engine.h"
#include "es_bus.h"

struct dia_events;

/* `auth_target`: auth's own bus. */
es_status dia_events_new(const struct dia_config *config, const char *auth_target, struct es_bus_key *key,
                         struct dia_events **out, struct es_buf *error) ES_MUST_USE;
/* Until then what peers say is answered 3004, and they say it again. */
void dia_events_set_engine(struct dia_events *events, struct dia_engine *engine);
/* A hook of dia_library.h; `user` is the events. */
bool dia_events_asked(void *user, struct dia_asked *asked, struct es_slice octets);
/* Answers what waits and takes nothing new, dia_events_asked() may still be called; then, after the engine's end, frees. NULL is
 * fine. */
void dia_events_stop(struct dia_events *events);
void dia_events_free(struct dia_events *events);

#endif
