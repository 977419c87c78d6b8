/* es_crypto.c -- digests, HMAC, AES and random bytes over OpenSSL 3.
 *
 * Fetching an algorithm or making a context costs several times the work itself (a Milenage with new contexts takes
 * 14 times as long as one without), so algorithms are fetched once and every thread keeps its contexts. */
#include "es_crypto.h"

#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "es_cleanup.h"
#include "es_crypto_parts.h"

struct contexts {
	EVP_CIPHER_CTX *ecb, *cbc, *gcm;
	EVP_MD_CTX *digest;
	EVP_MAC_CTX *hmac_sha1, *hmac_sha256;
};

static struct {
	pthread_once_t once;
	pthread_key_t per_thread;
	EVP_CIPHER *aes128_ecb, *aes128_cbc, *aes256_gcm;
	EVP_MD *sha1, *sha256;
	EVP_MAC *hmac;
} algorithms = { .once = PTHREAD_ONCE_INIT };

static _Thread_local struct contexts *mine;

/* Only lack of memory or a broken OpenSSL comes here: going on would mean sending unprotected bytes. */
static void must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "es_crypto: %s failed: out of memory, or OpenSSL is not usable\n", what);
	abort();
}

static int as_int(size_t len)
{
	must(len <= INT_MAX, "an input of a sane size");
	return (int)len;
}

static void contexts_free(void *arg)
{
	struct contexts *c = arg;
	EVP_CIPHER_CTX_free(c->ecb);
	EVP_CIPHER_CTX_free(c->cbc);
	EVP_CIPHER_CTX_free(c->gcm);
	EVP_MD_CTX_free(c->digest);
	EVP_MAC_CTX_free(c->hmac_sha1);
	EVP_MAC_CTX_free(c->hmac_sha256);
	free(c);
}

static void fetch_all(void)
{
	algorithms.aes128_ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	algorithms.aes128_cbc = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	algorithms.aes256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	algorithms.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	algorithms.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	algorithms.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	must(algorithms.aes128_ecb != NULL && algorithms.aes128_cbc != NULL && algorithms.aes256_gcm != NULL &&
	         algorithms.sha1 != NULL && algorithms.sha256 != NULL && algorithms.hmac != NULL,
	     "fetching the algorithms");
	must(pthread_key_create(&algorithms.per_thread, contexts_free) == 0, "a thread key");
}

void es_crypto_init(void)
{
	(void)pthread_once(&algorithms.once, fetch_all);
}

/* The digest is set once here: naming it again at every EVP_MAC_init costs up to half of the whole call. */
static EVP_MAC_CTX *hmac_new(char *digest)
{
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		                    OSSL_PARAM_construct_end() };
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(algorithms.hmac);
	must(ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) == 1, "HMAC");
	return ctx;
}

static struct contexts *contexts(void)
{
	if (mine != NULL)
		return mine;
	es_crypto_init();
	char sha1[] = "SHA1", sha256[] = "SHA256";
	struct contexts *c = calloc(1, sizeof *c);
	must(c != NULL, "memory");
	c->ecb = EVP_CIPHER_CTX_new();
	c->cbc = EVP_CIPHER_CTX_new();
	c->gcm = EVP_CIPHER_CTX_new();
	c->digest = EVP_MD_CTX_new();
	c->hmac_sha1 = hmac_new(sha1);
	c->hmac_sha256 = hmac_new(sha256);
	must(c->ecb != NULL && c->cbc != NULL && c->gcm != NULL && c->digest != NULL, "contexts");
	must(EVP_CipherInit_ex2(c->gcm, algorithms.aes256_gcm, NULL, NULL, 1, NULL) == 1, "AES-256-GCM");
	must(EVP_CipherInit_ex2(c->ecb, algorithms.aes128_ecb, NULL, NULL, 1, NULL) == 1, "AES-128-ECB");
	must(EVP_CIPHER_CTX_set_padding(c->ecb, 0) == 1, "AES-128-ECB");
	must(pthread_setspecific(algorithms.per_thread, c) == 0, "a thread's contexts");
	mine = c;
	return c;
}

void es_random(void *out, size_t len)
{
	must(RAND_bytes(out, as_int(len)) == 1, "the random number generator");
}

void es_wipe(void *secret, size_t len)
{
	OPENSSL_cleanse(secret, len);
}

bool es_ct_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

static void digest(const EVP_MD *md, const struct es_slice *parts, size_t count, uint8_t *out)
{
	EVP_MD_CTX *ctx = contexts()->digest;
	bool ok = EVP_DigestInit_ex2(ctx, md, NULL) == 1;
	for (size_t i = 0; i < count; i++)
		ok = ok && EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len) == 1;
	must(ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1, "a digest");
}

void es_sha1(const struct es_slice *parts, size_t count, uint8_t out[20])
{
	es_crypto_init();
	digest(algorithms.sha1, parts, count, out);
}

void es_sha256(const struct es_slice *parts, size_t count, uint8_t out[32])
{
	es_crypto_init();
	digest(algorithms.sha256, parts, count, out);
}

static void hmac(EVP_MAC_CTX *ctx, struct es_slice key, const struct es_slice *parts, size_t count, uint8_t *out,
                 size_t size)
{
	/* HMAC pads a key with zeros (RFC 2104), so one zero octet is the empty key, which OpenSSL would not take. */
	static const uint8_t empty[1];
	if (key.len == 0)
		key = es_slice_of(empty, sizeof empty);
	bool ok = EVP_MAC_init(ctx, key.ptr, key.len, NULL) == 1;
	for (size_t i = 0; i < count; i++)
		ok = ok && EVP_MAC_update(ctx, parts[i].ptr, parts[i].len) == 1;
	size_t len = 0;
	must(ok && EVP_MAC_final(ctx, out, &len, size) == 1 && len == size, "HMAC");
}

void es_hmac_sha1(struct es_slice key, const struct es_slice *parts, size_t count, uint8_t out[20])
{
	hmac(contexts()->hmac_sha1, key, parts, count, out, 20);
}

void es_hmac_sha256(struct es_slice key, const struct es_slice *parts, size_t count, uint8_t out[32])
{
	hmac(contexts()->hmac_sha256, key, parts, count, out, 32);
}

void es_hkdf_sha256(struct es_slice key, struct es_slice salt, struct es_slice info, uint8_t *out, size_t len)
{
	assert(len <= 255 * 32);
	uint8_t prk[32], block[32];
	es_hmac_sha256(salt, &key, 1, prk); /* RFC 5869 2.2; no salt means zeros, which an empty HMAC key is */

	size_t have = 0; /* of the previous block: none before the first */
	for (uint8_t n = 1; len > 0; n++) {
		struct es_slice parts[] = { es_slice_of(block, have), info, es_slice_of(&n, 1) };
		es_hmac_sha256(es_slice_of(prk, sizeof prk), parts, ES_COUNT(parts), block);
		have = sizeof block;
		size_t take = len < sizeof block ? len : sizeof block;
		for (size_t i = 0; i < take; i++)
			out[i] = block[i];
		out += take;
		len -= take;
	}
	es_wipe(prk, sizeof prk);
	es_wipe(block, sizeof block);
}

void es_aes128_key(const uint8_t key[16])
{
	must(EVP_EncryptInit_ex2(contexts()->ecb, NULL, key, NULL, NULL) == 1, "AES-128-ECB");
}

void es_aes128_blocks(const uint8_t *in, uint8_t *out, size_t blocks)
{
	int len = 0;
	must(EVP_EncryptUpdate(contexts()->ecb, out, &len, in, as_int(blocks * 16)) == 1, "AES-128-ECB");
}

/* Resetting the context would free it and make the next use slow; another key overwrites the old key's schedule. */
void es_aes128_forget(void)
{
	static const uint8_t zeros[16];
	es_aes128_key(zeros);
}

/* The key's schedule in this thread's context is overwritten at once, as es_aes128_forget() does. */
static void cbc(const uint8_t *key, const uint8_t *iv, struct es_slice in, uint8_t *out, int encrypt)
{
	static const uint8_t zeros[16];
	EVP_CIPHER_CTX *ctx = contexts()->cbc;
	int len = 0;

	assert(in.len % 16 == 0);
	bool ok = EVP_CipherInit_ex2(ctx, algorithms.aes128_cbc, key, iv, encrypt, NULL) == 1 &&
	          EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
	if (in.len > 0)
		ok = ok && EVP_CipherUpdate(ctx, out, &len, in.ptr, as_int(in.len)) == 1;
	must(ok && EVP_CipherInit_ex2(ctx, NULL, zeros, zeros, encrypt, NULL) == 1, "AES-128-CBC");
}

void es_cbc_encrypt(const uint8_t key[16], const uint8_t iv[16], struct es_slice in, uint8_t *out)
{
	cbc(key, iv, in, out, 1);
}

void es_cbc_decrypt(const uint8_t key[16], const uint8_t iv[16], struct es_slice in, uint8_t *out)
{
	cbc(key, iv, in, out, 0);
}

static bool gcm_start(EVP_CIPHER_CTX *ctx, int seal, const uint8_t *key, const uint8_t *nonce,
                      const struct es_slice *aad, size_t aad_count)
{
	int len = 0;
	bool ok = EVP_CipherInit_ex2(ctx, NULL, key, nonce, seal, NULL) == 1;
	for (size_t i = 0; i < aad_count; i++)
		if (aad[i].len > 0)
			ok = ok && EVP_CipherUpdate(ctx, NULL, &len, aad[i].ptr, as_int(aad[i].len)) == 1;
	return ok;
}

void es_gcm_seal_parts(const uint8_t key[ES_GCM_KEY], const uint8_t nonce[ES_GCM_NONCE], const struct es_slice *aad,
                       size_t aad_count, struct es_slice plain, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = contexts()->gcm;
	int len = 0;
	bool ok = gcm_start(ctx, 1, key, nonce, aad, aad_count);
	if (plain.len > 0)
		ok = ok && EVP_EncryptUpdate(ctx, out, &len, plain.ptr, as_int(plain.len)) == 1;
	uint8_t *tag = out + plain.len;
	ok = ok && EVP_EncryptFinal_ex(ctx, tag, &len) == 1;
	must(ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, ES_GCM_TAG, tag) == 1, "AES-256-GCM");
}

es_status es_gcm_open_parts(const uint8_t key[ES_GCM_KEY], const uint8_t nonce[ES_GCM_NONCE],
                            const struct es_slice *aad, size_t aad_count, struct es_slice sealed, uint8_t *out)
{
	if (sealed.len < ES_GCM_TAG)
		return ES_UNAUTHENTIC;
	EVP_CIPHER_CTX *ctx = contexts()->gcm;
	size_t plain_len = sealed.len - ES_GCM_TAG;
	uint8_t tag[ES_GCM_TAG], none[ES_GCM_TAG];
	int len = 0;

	for (size_t i = 0; i < sizeof tag; i++)
		tag[i] = sealed.ptr[plain_len + i];
	bool ok = gcm_start(ctx, 0, key, nonce, aad, aad_count);
	if (plain_len > 0)
		ok = ok && EVP_DecryptUpdate(ctx, out, &len, sealed.ptr, as_int(plain_len)) == 1;
	must(ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, ES_GCM_TAG, tag) == 1, "AES-256-GCM");
	if (EVP_DecryptFinal_ex(ctx, none, &len) != 1) {
		es_wipe(out, plain_len);
		return ES_UNAUTHENTIC;
	}
	return ES_OK;
}

void es_gcm_seal(const uint8_t key[ES_GCM_KEY], const uint8_t nonce[ES_GCM_NONCE], struct es_slice aad,
                 struct es_slice plain, uint8_t *out)
{
	es_gcm_seal_parts(key, nonce, &aad, 1, plain, out);
}

es_status es_gcm_open(const uint8_t key[ES_GCM_KEY], const uint8_t nonce[ES_GCM_NONCE], struct es_slice aad,
                      struct es_slice sealed, uint8_t *out)
{
	return es_gcm_open_parts(key, nonce, &aad, 1, sealed, out);
}
