/* es_p256.h -- ECDSA over P-256 with SHA-256: signatures with a private key that came as PEM. Any thread. */
#ifndef ES_P256_H
#define ES_P256_H

#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

#define ES_P256_OCTETS 32
#define ES_P256_SIGNATURE (2 * ES_P256_OCTETS) /* r, s: big-endian, each padded (RFC 7518 3.4, RFC 9421 3.3.4) */

/* A key pair, immutable once made. */
struct es_p256_key;

/* Exactly one private key, PEM, without a passphrase, whose public half belongs to it; read as es_secret.h does.
 * ES_MALFORMED: it holds anything else. `error` says why. */
es_status es_p256_load(const char *pem_file, struct es_p256_key **out, struct es_buf *error) ES_MUST_USE;
es_status es_p256_parse(struct es_slice pem, struct es_p256_key **out, struct es_buf *error) ES_MUST_USE;
void es_p256_free(struct es_p256_key *key); /* NULL is fine */

/* The public point. */
void es_p256_public(const struct es_p256_key *key, uint8_t x[ES_P256_OCTETS], uint8_t y[ES_P256_OCTETS]);
/* Signs the parts, one after the other. Two signatures of one text differ. ES_INTERNAL: OpenSSL has no memory or no
 * random numbers. */
es_status es_p256_sign(const struct es_p256_key *key, const struct es_slice *parts, size_t count,
                       uint8_t out[ES_P256_SIGNATURE]) ES_MUST_USE;
/* ES_UNAUTHENTIC: not this key's signature of this text. */
es_status es_p256_verify(const struct es_p256_key *key, const struct es_slice *parts, size_t count,
                         const uint8_t signature[ES_P256_SIGNATURE]) ES_MUST_USE;

#endif
