/* es_secret.h -- secrets in files: 256 bits as 64 hexadecimal digits, or one line of text; readable by its owner, and by its group at most. */
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

#define ES_SECRET_TEXT_MAX 1024
/* A password, a bearer token: the only line of the file, without blanks around it. The caller wipes `out`. */
es_status es_secret_text_load(const char *path, struct es_buf *out, struct es_buf *error) ES_MUST_USE;

#endif
