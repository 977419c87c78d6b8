/* es_crypto_parts.h -- what the files of lib/crypto share and nobody else includes. Any thread. */
#ifndef ES_CRYPTO_PARTS_H
#define ES_CRYPTO_PARTS_H

#include "es_crypto.h"

/* AES-128 over whole blocks with this thread's key, which stays until es_aes128_forget(). */
void es_aes128_key(const uint8_t key[16]);
void es_aes128_blocks(const uint8_t *in, uint8_t *out, size_t blocks);
void es_aes128_forget(void);

/* As es_gcm_seal() and es_gcm_open(), with the additional data in pieces. */
void es_gcm_seal_parts(const uint8_t key[ES_GCM_KEY], const uint8_t nonce[ES_GCM_NONCE], const struct es_slice *aad,
                       size_t aad_count, struct es_slice plain, uint8_t *out);
es_status es_gcm_open_parts(const uint8_t key[ES_GCM_KEY], const uint8_t nonce[ES_GCM_NONCE],
                            const struct es_slice *aad, size_t aad_count, struct es_slice sealed,
                            uint8_t *out) ES_MUST_USE;

#endif
