/* auth_sources.h -- all sources of vectors of this process, and the search through those of a route.
 *
 * A source that does not answer is passed over for a while after AUTH_SOURCES_TRIES in a row, then tried with one question.
 * Each source asked gets its share of the time that is left, so that a slow one leaves the next its chance. Any thread. */
#ifndef AUTH_SOURCES_H
#define AUTH_SOURCES_H

#include "auth_route.h"
#include "auth_source.h"

#define AUTH_SOURCES_MAX 64
#define AUTH_SOURCES_TRIES 3
#define AUTH_SOURCES_REST_MS 5000

struct auth_sources;

struct auth_sources *auth_sources_new(int64_t (*now_ms)(void)); /* wall clock; NULL: out of memory */
void auth_sources_free(struct auth_sources *sources);           /* when nobody asks any more */
/* At start only. ES_CONFLICT: a name twice; ES_TOO_LARGE: too many. Copies `source`, whose texts outlive it. */
es_status auth_sources_add(struct auth_sources *sources, const struct auth_source *source) ES_MUST_USE;

/* The source of that name, NULL when there is none: a relay is told from a source of vectors by its kind. */
const struct auth_source *auth_sources_find(const struct auth_sources *sources, struct es_slice name);

/* Whether the route begins with a 3GPP AAA, which carries the exchange out (auth_relay.h). */
bool auth_sources_is_relayed(const struct auth_sources *sources, const struct auth_route *route);

/* Asks those of the route one after the other until one says something about the subscriber. `ask->done` runs once;
 * ask->source then names who answered. The route's texts are copied. */
void auth_sources_ask(struct auth_sources *sources, const struct auth_route *route, struct auth_ask *ask);

/* From now on no source is asked any more: AUTH_SOURCE_AWAY. What is under way goes on. Any thread. */
void auth_sources_stop(struct auth_sources *sources);

void auth_sources_metrics(void);

#endif
