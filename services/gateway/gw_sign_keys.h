/* gw_sign_keys.h -- the keys that sign answers to devices: one file, a section for each key, and whose key it is.
 *
 *     [key demo-2026]
 *     tenant = demo
 *     file = /etc/openes/answer-demo-2026.pem
 *
 * The section's name is the key id. A tenant's key signs nothing of another tenant, whatever key id that one's settings
 * name. These keys make no token and open nothing. */
#ifndef GW_SIGN_KEYS_H
#define GW_SIGN_KEYS_H

#include "es_buf.h"
#include "es_p256.h"
#include "es_status.h"

#define GW_SIGN_KEYS_MAX 256

/* Immutable once made; any thread. */
struct gw_sign_keys;

/* `path` "" or NULL: no keys, and *out is NULL, which all others take. ES_MALFORMED and the like: the sentence is in
 * `error`. */
es_status gw_sign_keys_load(const char *path, struct gw_sign_keys **out, struct es_buf *error) ES_MUST_USE;
void gw_sign_keys_free(struct gw_sign_keys *keys);

/* NULL: there is no such key of this tenant. */
const struct es_p256_key *gw_sign_keys_find(const struct gw_sign_keys *keys, const char *tenant, const char *key_id);

/* The public halves of a tenant's keys as a JSON Web Key Set (RFC 7517). ES_NOT_FOUND: it has none. */
es_status gw_sign_keys_print(const struct gw_sign_keys *keys, const char *tenant, struct es_buf *out) ES_MUST_USE;

#endif
