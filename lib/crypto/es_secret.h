/* es_secret.h -- secrets in files: refused when others may read them. */
#ifndef ES_SECRET_H
#define ES_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "es_buf.h"
#include "es_status.h"

/* Mode bits that no file with a secret may have: all of the others', the group's write and execute. The group may read:
 * Kubernetes mounts secrets as root's, readable by the pod's group. */
#define ES_SECRET_FORBIDDEN 037

/* What all of these fail with: ES_NOT_FOUND (no such file), ES_DENIED (unreadable, or ES_SECRET_FORBIDDEN), ES_MALFORMED;
 * `error` then holds one sentence for people. The caller wipes `out`. */

/* The file as it is. `*len` becomes `size` when it holds that much or more. */
es_status es_secret_file(const char *path, void *out, size_t size, size_t *len, struct es_buf *error) ES_MUST_USE;

#define ES_SECRET_SIZE 32
/* 256 bits as 64 hexadecimal digits, blanks around them. */
es_status es_secret_load(const char *path, uint8_t out[ES_SECRET_SIZE], struct es_buf *error) ES_MUST_USE;

#define ES_SECRET_TEXT_MAX 1024
/* A password, a bearer token: the only line of the file, without blanks around it. */
es_status es_secret_text_load(const char *path, struct es_buf *out, struct es_buf *error) ES_MUST_USE;

#endif
