/* auth_diameter_child.h -- openes-diameter as a child of auth: started, watched, started again, stopped.
 *
 * It is given its configuration in the environment (OPENES_DIAMETER_*), over what auth's own environment says of it, and listens
 * in a private directory. It ends when auth does, however that comes about. One that ends is back at once; one that keeps ending
 * waits longer each time, ten seconds at most. A thread of its own. */
#ifndef AUTH_DIAMETER_CHILD_H
#define AUTH_DIAMETER_CHILD_H

#include <stdbool.h>

#include "es_buf.h"
#include "es_status.h"

struct auth_diameter_child_options {
	const char *program;     /* NULL: openes-diameter in the folder of this program */
	const char *core_file;   /* docs/core-network.md */
	const char *auth_target; /* where this auth listens: RTR and PPR come there */
	const char *bus_key_file, *instance;
	const char *log_level, *log_format, *pseudonym_key_file; /* as auth's own */
	const char *ops_listen;                                  /* "": none, or what the environment says */
	bool log_identities;
};

struct auth_diameter_child;
/* Copies the options. Does not wait for the child, only for its word on the core file: ES_MALFORMED, and the sentence. */
es_status auth_diameter_child_start(const struct auth_diameter_child_options *options, struct auth_diameter_child **out,
                                    struct es_buf *error) ES_MUST_USE;
/* SIGTERM, and SIGKILL when it has not ended within wait_ms. NULL is fine. */
void auth_diameter_child_stop(struct auth_diameter_child *child, int64_t wait_ms);
/* Where it listens (auth_diameter_new()); lives until the stop. */
const char *auth_diameter_child_target(const struct auth_diameter_child *child);

#endif
