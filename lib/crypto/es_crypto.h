/* es_crypto.h -- random bytes, digests, comparison and wiping over OpenSSL 3. Any thread.
 *
 * Algorithms are fetched once; contexts are kept per thread. OpenSSL failing here is out of memory or a broken
 * installation: functions without a status abort then. */
#ifndef ES_CRYPTO_H
#define ES_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "es_slice.h"
#include "es_status.h"

/* Fetches the algorithms. Call once at start, before threads; idempotent. */
void es_crypto_init(void);

void es_random(void *out, size_t len);                      /* cryptographic */
void es_wipe(void *secret, size_t len);                     /* not removed by the optimiser */
bool es_ct_equal(const void *a, const void *b, size_t len); /* constant time */

void es_sha1(const struct es_slice *parts, size_t count, uint8_t out[20]);
void es_sha256(const struct es_slice *parts, size_t count, uint8_t out[32]);
void es_hmac_sha1(struct es_slice key, const struct es_slice *parts, size_t count, uint8_t out[20]);
void es_hmac_sha256(struct es_slice key, const struct es_slice *parts, size_t count, uint8_t out[32]);
/* HKDF-SHA256 (RFC 5869), up to 255*32 octets. */
void es_hkdf_sha256(struct es_slice key, struct es_slice salt, struct es_slice info, uint8_t *out, size_t len);

/* AES-128-CBC without padding (AT_ENCR_DATA of EAP): in.len is a multiple of 16, so is what comes out. */
void es_cbc_encrypt(const uint8_t key[16], const uint8_t iv[16], struct es_slice in, uint8_t *out);
void es_cbc_decrypt(const uint8_t key[16], const uint8_t iv[16], struct es_slice in, uint8_t *out);

#define ES_GCM_KEY 32
#define ES_GCM_NONCE 12
#define ES_GCM_TAG 16
/* AES-256-GCM. out: plain.len octets, then the tag. A nonce may never repeat under one key. */
void es_gcm_seal(const uint8_t key[ES_GCM_KEY], const uint8_t nonce[ES_GCM_NONCE], struct es_slice aad,
                 struct es_slice plain, uint8_t *out /* plain.len + ES_GCM_TAG */);
/* ES_UNAUTHENTIC when the tag is wrong; `out` (sealed.len - ES_GCM_TAG octets) is then wiped. */
es_status es_gcm_open(const uint8_t key[ES_GCM_KEY], const uint8_t nonce[ES_GCM_NONCE], struct es_slice aad,
                      struct es_slice sealed, uint8_t *out) ES_MUST_USE;

/* Sealing to a public key (K and OPc on their way from openesctl to auth): X25519 with an ephemeral key, HKDF-SHA256
 * bound to both public keys, AES-256-GCM. Box = ephemeral public key (32) | ciphertext | tag. */
#define ES_BOX_OVERHEAD (32 + ES_GCM_TAG)
void es_box_keypair(uint8_t public_key[32], uint8_t private_key[32]);
void es_box_public(const uint8_t private_key[32], uint8_t public_key[32]);
es_status es_box_seal(const uint8_t public_key[32], struct es_slice aad, struct es_slice plain,
                      uint8_t *out) ES_MUST_USE;
es_status es_box_open(const uint8_t private_key[32], struct es_slice aad, struct es_slice box,
                      uint8_t *out) ES_MUST_USE;

#endif
