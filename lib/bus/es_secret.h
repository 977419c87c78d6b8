/* es_secret.h -- a 256-bit secret in a file: 64 hexadecimal digits, readable by its owner, and by its group at most. */
#ifndef ES_SECRET_H
#define ES_SECRET_H

#include <stdint.h>

#include "es_buf.h"
#include "es_status.h"

#define ES_SECRET_SIZE 32
/* The group may read: Kubernetes mounts secrets so. */
#define ES_SECRET_FORBIDDEN 037

/* ES_NOT_FOUND (no such file), ES_DENIED (unreadable, or others may read it), ES_MALFORMED; `error` then holds one
 * sentence for people. The caller wipes `out`. */
es_status es_secret_load(const char *path, uint8_t out[ES_SECRET_SIZE], struct es_buf *error) ES_MUST_USE;

#endif
