/* es_keyring.h -- sealing with keys that rotate: AES-256-GCM, the key named by its id inside the sealed bytes.
 *
 * A key file holds one key per line: `<id 0..255> <64 hexadecimal digits>`, '#' comments; the last line is the key
 * that seals, all others still open. Rotation takes three steps, each in all files of the ring and with a restart of the
 * replicas one by one, so that nobody ever meets a key that he does not have: the new line is put above the last one; it
 * is moved to the end; the old line is removed when everything it sealed has expired or was sealed again.
 *
 * Each process seals under a key of its own, HKDF(ring key, random salt of this process), with a counter as nonce, so
 * that two processes never meet in a nonce and no key comes near its limit.
 * Sealed = version(1) key id(1) salt(16) counter(8) ciphertext tag(16). Any thread. */
#ifndef ES_KEYRING_H
#define ES_KEYRING_H

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

struct es_keyring;

#define ES_SEAL_OVERHEAD (1 + 1 + 16 + 8 + 16)

/* Reads the file, as es_secret.h does; `error` says why not. */
es_status es_keyring_load(const char *path, struct es_keyring **out, struct es_buf *error) ES_MUST_USE;
es_status es_keyring_parse(struct es_slice text, struct es_keyring **out, struct es_buf *error) ES_MUST_USE;
void es_keyring_free(struct es_keyring *ring); /* wipes */

/* `purpose` separates uses ("session", "token", "auc"): what was sealed for one never opens for another. `aad` is
 * bound, not carried. `out` gets plain.len + ES_SEAL_OVERHEAD octets. */
void es_seal(struct es_keyring *ring, const char *purpose, struct es_slice aad, struct es_slice plain, uint8_t *out);
/* The same as text in the arena, in base64url and with a NUL behind it. ES_TOO_LARGE: no room there. */
es_status es_seal_text(struct es_keyring *ring, const char *purpose, struct es_slice aad, struct es_slice plain,
                       struct es_arena *arena, struct es_slice *text) ES_MUST_USE;
/* Whether this was sealed with the last key of the ring. Says nothing about whether it opens. */
bool es_keyring_is_current(const struct es_keyring *ring, struct es_slice sealed);
/* ES_MALFORMED (too short), ES_UNAUTHENTIC (wrong key, purpose, aad or damaged). `out` gets
 * sealed.len - ES_SEAL_OVERHEAD octets. */
es_status es_unseal(struct es_keyring *ring, const char *purpose, struct es_slice aad, struct es_slice sealed,
                    uint8_t *out) ES_MUST_USE;

#endif
