/* auth_core.h -- what auth connects to beside the other processes, by its core file: UDMs, providers of logins, and the
 * Diameter process that speaks to HSSs and AAAs (docs/core-network.md). */
#ifndef AUTH_CORE_H
#define AUTH_CORE_H

#include <stdint.h>

#include "auth_diameter_child.h"
#include "auth_env.h"
#include "es_buf.h"
#include "es_bus.h"

struct auth_core;

struct auth_core_options {
	const char *file; /* "": nothing but our own AuC */
	struct es_bus_key *key;
	struct auth_diameter_child_options child; /* without its core_file */
};

/* Makes the sources of `env` (our own AuC first), its relay and its providers. */
es_status auth_core_start(struct auth_env *env, const struct auth_core_options *options, struct auth_core **out,
                          struct es_buf *error) ES_MUST_USE;
/* How many calls may wait for all of that at once, each within a bound of its own: the bus needs as many slots more. */
uint32_t auth_core_waiting_max(const struct auth_core *core);
/* Ends what is under way: every question is answered before it returns. NULL is fine. */
void auth_core_stop(struct auth_core *core);
/* When nobody asks any more, after auth_core_stop(). NULL is fine. */
void auth_core_free(struct auth_core *core);

#endif
