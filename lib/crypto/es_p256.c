/* es_p256.c -- ECDSA over P-256 by OpenSSL, whose DER signatures become r and s. */
#include "es_p256.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_secret.h"

#define FILE_MAX 8192
#define DER_MAX 80 /* of a signature: two integers of 33 octets at most, and their headers */

struct es_p256_key {
	EVP_PKEY *pkey;
	uint8_t x[ES_P256_OCTETS], y[ES_P256_OCTETS];
};

static void bio_done(BIO **bio)
{
	BIO_free(*bio);
}

static void pkey_done(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static void pkey_ctx_done(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static void md_ctx_done(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

static void sig_done(ECDSA_SIG **sig)
{
	ECDSA_SIG_free(*sig);
}

/* ---- the key ---- */

/* OpenSSL takes this for the passphrase, and asks nobody at a terminal. */
static char no_passphrase[] = "";

static bool is_p256(const EVP_PKEY *pkey)
{
	char curve[32] = "";

	return EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof curve, NULL) == 1 &&
	       strcmp(curve, "prime256v1") == 0;
}

/* Both halves are there and belong together: a signature that nobody can check would be noticed late. */
static bool is_pair(EVP_PKEY *pkey)
{
	ES_CLEANUP(pkey_ctx_done) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

	return ctx != NULL && EVP_PKEY_check(ctx) == 1;
}

static bool get_coordinate(const EVP_PKEY *pkey, const char *name, uint8_t out[ES_P256_OCTETS])
{
	BIGNUM *value = NULL;
	bool fits = EVP_PKEY_get_bn_param(pkey, name, &value) == 1 && BN_bn2binpad(value, out, ES_P256_OCTETS) >= 0;

	BN_free(value);
	return fits;
}

static const char *take(EVP_PKEY *pkey, struct es_p256_key *key)
{
	if (!is_p256(pkey))
		return "is not one of the curve P-256";
	if (!is_pair(pkey) || !get_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X, key->x) ||
	    !get_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, key->y))
		return "has another public half than its own";
	return NULL;
}

es_status es_p256_parse(struct es_slice pem, struct es_p256_key **out, struct es_buf *error)
{
	ES_CLEANUP(bio_done) BIO *bio = pem.len <= FILE_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
	ES_CLEANUP(pkey_done)
	EVP_PKEY *first = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, no_passphrase);
	ES_CLEANUP(pkey_done)
	EVP_PKEY *second = first == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, no_passphrase);

	ERR_clear_error();
	if (first == NULL || second != NULL) {
		es_put_str(error, first == NULL ? "no private key in PEM without passphrase" : "more than one private key");
		return ES_MALFORMED;
	}
	struct es_p256_key *key = calloc(1, sizeof *key);
	if (key == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	const char *why = take(first, key);
	ERR_clear_error();
	if (why != NULL) {
		es_put_printf(error, "the private key %s", why);
		free(key);
		return ES_MALFORMED;
	}
	key->pkey = ES_TAKE(first);
	*out = key;
	return ES_OK;
}

es_status es_p256_load(const char *pem_file, struct es_p256_key **out, struct es_buf *error)
{
	uint8_t text[FILE_MAX + 1];
	char storage[256];
	struct es_buf why;
	size_t len = 0;

	es_status status = es_secret_file(pem_file, text, sizeof text, &len, error);
	if (status == ES_OK) {
		es_buf_init_fixed(&why, storage, sizeof storage);
		status = es_p256_parse(es_slice_of(text, len), out, &why);
		if (status != ES_OK)
			es_put_printf(error, "%s: " ES_SLICE_FMT, pem_file, ES_SLICE_ARG(es_buf_slice(&why)));
	}
	es_wipe(text, sizeof text);
	return status;
}

void es_p256_free(struct es_p256_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey); /* wipes */
	free(key);
}

void es_p256_public(const struct es_p256_key *key, uint8_t x[ES_P256_OCTETS], uint8_t y[ES_P256_OCTETS])
{
	memcpy(x, key->x, ES_P256_OCTETS);
	memcpy(y, key->y, ES_P256_OCTETS);
}

/* ---- signatures ---- */

static bool split(const uint8_t *der, size_t len, uint8_t out[ES_P256_SIGNATURE])
{
	ES_CLEANUP(sig_done) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

	return sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, ES_P256_OCTETS) >= 0 &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + ES_P256_OCTETS, ES_P256_OCTETS) >= 0;
}

es_status es_p256_sign(const struct es_p256_key *key, const struct es_slice *parts, size_t count,
                       uint8_t out[ES_P256_SIGNATURE])
{
	ES_CLEANUP(md_ctx_done) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[DER_MAX];
	size_t len = sizeof der;
	bool done = ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1;

	for (size_t i = 0; i < count && done; i++)
		done = EVP_DigestSignUpdate(ctx, parts[i].ptr, parts[i].len) == 1;
	done = done && EVP_DigestSignFinal(ctx, der, &len) == 1 && split(der, len, out);
	if (!done)
		ERR_clear_error();
	return done ? ES_OK : ES_INTERNAL;
}

/* The DER of r and s; 0: no memory. */
static size_t join(const uint8_t signature[ES_P256_SIGNATURE], uint8_t der[DER_MAX])
{
	ES_CLEANUP(sig_done) ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, ES_P256_OCTETS, NULL);
	BIGNUM *s = BN_bin2bn(signature + ES_P256_OCTETS, ES_P256_OCTETS, NULL);

	if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return 0;
	}
	int len = i2d_ECDSA_SIG(sig, &der);
	return len > 0 ? (size_t)len : 0;
}

es_status es_p256_verify(const struct es_p256_key *key, const struct es_slice *parts, size_t count,
                         const uint8_t signature[ES_P256_SIGNATURE])
{
	ES_CLEANUP(md_ctx_done) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[DER_MAX];
	size_t len = join(signature, der);
	bool good = ctx != NULL && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1;

	for (size_t i = 0; i < count && good; i++)
		good = EVP_DigestVerifyUpdate(ctx, parts[i].ptr, parts[i].len) == 1;
	good = good && len > 0 && EVP_DigestVerifyFinal(ctx, der, len) == 1;
	if (!good)
		ERR_clear_error();
	return good ? ES_OK : ES_UNAUTHENTIC;
}
