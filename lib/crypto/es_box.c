/* es_box.c -- sealing to a public key: X25519 with an ephemeral key, HKDF-SHA256, AES-256-GCM. Any thread.
 *
 * Every box has a key of its own, so its nonce may be constant. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "es_cleanup.h"
#include "es_crypto_parts.h"

static const uint8_t box_nonce[ES_GCM_NONCE];

static void pkey_done(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void pkey_ctx_done(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

void es_box_public(const uint8_t private_key[32], uint8_t public_key[32])
{
	ES_CLEANUP(pkey_done) EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, 32);
	size_t len = 32;
	if (key == NULL || EVP_PKEY_get_raw_public_key(key, public_key, &len) != 1 || len != 32)
		abort(); /* any 32 octets are an X25519 key: only memory can be missing */
}

void es_box_keypair(uint8_t public_key[32], uint8_t private_key[32])
{
	es_random(private_key, 32);
	es_box_public(private_key, public_key);
}

/* The box's key: bound to both public keys, so that neither can be exchanged. False when the peer's point is of low
 * order and the shared secret would be known to anybody (RFC 7748 6.1). */
static bool box_key(const uint8_t private_key[32], const uint8_t peer[32], const uint8_t ephemeral[32],
                    const uint8_t recipient[32], uint8_t out[ES_GCM_KEY])
{
	ES_CLEANUP(pkey_done) EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, 32);
	ES_CLEANUP(pkey_done) EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, 32);
	ES_CLEANUP(pkey_ctx_done) EVP_PKEY_CTX *ctx = own == NULL ? NULL : EVP_PKEY_CTX_new(own, NULL);
	uint8_t shared[32], info[64];
	size_t len = sizeof shared;

	if (other == NULL || ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer(ctx, other) != 1 ||
	    EVP_PKEY_derive(ctx, shared, &len) != 1 || len != sizeof shared)
		return false;
	memcpy(info, ephemeral, 32);
	memcpy(info + 32, recipient, 32);
	es_hkdf_sha256(es_slice_of(shared, sizeof shared), ES_SLICE_LIT("openes box 1"), es_slice_of(info, sizeof info),
	               out, ES_GCM_KEY);
	es_wipe(shared, sizeof shared);
	return true;
}

es_status es_box_seal(const uint8_t public_key[32], struct es_slice aad, struct es_slice plain, uint8_t *out)
{
	uint8_t ephemeral[32], ephemeral_private[32], key[ES_GCM_KEY];

	es_box_keypair(ephemeral, ephemeral_private);
	bool ok = box_key(ephemeral_private, public_key, ephemeral, public_key, key);
	es_wipe(ephemeral_private, sizeof ephemeral_private);
	if (!ok)
		return ES_MALFORMED;
	memcpy(out, ephemeral, sizeof ephemeral);
	es_gcm_seal(key, box_nonce, aad, plain, out + sizeof ephemeral);
	es_wipe(key, sizeof key);
	return ES_OK;
}

es_status es_box_open(const uint8_t private_key[32], struct es_slice aad, struct es_slice box, uint8_t *out)
{
	uint8_t public_key[32], key[ES_GCM_KEY];

	if (box.len < ES_BOX_OVERHEAD)
		return ES_MALFORMED;
	es_box_public(private_key, public_key);
	if (!box_key(private_key, box.ptr, box.ptr, public_key, key))
		return ES_UNAUTHENTIC;
	es_status status = es_gcm_open(key, box_nonce, aad, es_slice_sub(box, 32, box.len), out);
	es_wipe(key, sizeof key);
	return status;
}
