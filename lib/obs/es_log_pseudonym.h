/* es_log_pseudonym.h -- identities under a keyed hash. Inside lib/obs only. Any thread. */
#ifndef ES_LOG_PSEUDONYM_H
#define ES_LOG_PSEUDONYM_H

#include <stdint.h>

#include "es_slice.h"

/* Before other threads log. Without it, the key is random. */
void log_pseudonym_set_key(const uint8_t key[32]);

/* "p:" and the first 12 hex digits of HMAC-SHA256; "p:unavailable" when the library refuses, never the identity. */
void log_pseudonym(struct es_slice identity, char out[40]);

#endif
