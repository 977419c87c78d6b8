/* auth_diameter_check.h -- asks openes-diameter whether it understands the core file, before auth says that it has started. */
#ifndef AUTH_DIAMETER_CHECK_H
#define AUTH_DIAMETER_CHECK_H

#include "es_buf.h"
#include "es_status.h"

/* Runs `program --check-config` with that environment and waits for its end, ten seconds at most. ES_MALFORMED: it refuses its
 * configuration, and `error` gets its words. A program that cannot be run or does not end is no refusal: ES_OK, and a line in
 * the log. */
es_status auth_diameter_check(const char *program, char *const env[], struct es_buf *error) ES_MUST_USE;

#endif
