/* es_jwt_sign.c -- tokens out: a private key from a PEM file, signatures by cjose. */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_jose_int.h"
#include "es_secret.h"

#define FILE_MAX 8192
#define NUMBER_MAX (JOSE_RSA_OCTETS_MAX)

struct es_jwt_signer {
	cjose_jwk_t *jwk;
	enum jose_alg alg;
	char *kid; /* NULL: none */
};

struct number {
	uint8_t octets[NUMBER_MAX];
	size_t len;
};

/* Exactly `width` octets, or without leading zeros when it is 0. */
static bool get_number(const EVP_PKEY *key, const char *name, size_t width, struct number *out)
{
	BIGNUM *value = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &value) != 1)
		return false;
	out->len = width == 0 ? (size_t)BN_num_bytes(value) : width;
	bool fits = out->len <= sizeof out->octets && BN_bn2binpad(value, out->octets, (int)out->len) >= 0;
	BN_clear_free(value);
	return fits;
}

static cjose_jwk_t *import_rsa(const EVP_PKEY *key)
{
	static const char *const names[] = {
		OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	struct number v[ES_COUNT(names)];
	cjose_jwk_t *jwk = NULL;
	cjose_err error;
	size_t i = 0;

	while (i < ES_COUNT(names) && get_number(key, names[i], 0, &v[i]))
		i++;
	if (i == ES_COUNT(names)) {
		cjose_jwk_rsa_keyspec spec = {
			.n = v[0].octets,
			.nlen = v[0].len,
			.e = v[1].octets,
			.elen = v[1].len,
			.d = v[2].octets,
			.dlen = v[2].len,
			.p = v[3].octets,
			.plen = v[3].len,
			.q = v[4].octets,
			.qlen = v[4].len,
			.dp = v[5].octets,
			.dplen = v[5].len,
			.dq = v[6].octets,
			.dqlen = v[6].len,
			.qi = v[7].octets,
			.qilen = v[7].len,
		};
		jwk = cjose_jwk_create_RSA_spec(&spec, &error);
	}
	es_wipe(v, sizeof v);
	return jwk;
}

static cjose_jwk_t *import_ec(const EVP_PKEY *key)
{
	struct number x, y, d;
	cjose_jwk_t *jwk = NULL;
	cjose_err error;

	if (get_number(key, OSSL_PKEY_PARAM_EC_PUB_X, JOSE_P256_OCTETS, &x) &&
	    get_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, JOSE_P256_OCTETS, &y) &&
	    get_number(key, OSSL_PKEY_PARAM_PRIV_KEY, JOSE_P256_OCTETS, &d)) {
		cjose_jwk_ec_keyspec spec = { .crv = CJOSE_JWK_EC_P_256,
			                          .x = x.octets,
			                          .xlen = x.len,
			                          .y = y.octets,
			                          .ylen = y.len,
			                          .d = d.octets,
			                          .dlen = d.len };
		jwk = cjose_jwk_create_EC_spec(&spec, &error);
	}
	es_wipe(&d, sizeof d);
	return jwk;
}

static bool import(const EVP_PKEY *key, struct es_jwt_signer *signer)
{
	int bits = EVP_PKEY_get_bits(key);
	char curve[32] = "";

	if (EVP_PKEY_is_a(key, "RSA") && bits >= 8 * JOSE_RSA_OCTETS_MIN && bits <= 8 * JOSE_RSA_OCTETS_MAX) {
		signer->alg = JOSE_RS256;
		signer->jwk = import_rsa(key);
	} else if (EVP_PKEY_is_a(key, "EC") &&
	           EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof curve, NULL) == 1 &&
	           strcmp(curve, "prime256v1") == 0) {
		signer->alg = JOSE_ES256;
		signer->jwk = import_ec(key);
	}
	return signer->jwk != NULL;
}

static es_status read_key(struct es_slice pem, const char *name, EVP_PKEY **out, struct es_buf *error)
{
	char no_passphrase[] = ""; /* OpenSSL takes it for the passphrase, and asks nobody at a terminal */
	BIO *bio = pem.len > 0 && pem.len < FILE_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;

	*out = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, no_passphrase);
	BIO_free(bio);
	if (*out != NULL)
		return ES_OK;
	es_put_printf(error, "%s: not a private key in PEM without passphrase", name);
	return ES_MALFORMED;
}

es_status es_jwt_signer_parse(struct es_slice pem, const char *name, const char *kid, struct es_jwt_signer **out,
                              struct es_buf *error)
{
	EVP_PKEY *key = NULL;
	struct es_jwt_signer *signer;

	ES_TRY(read_key(pem, name, &key, error));
	signer = calloc(1, sizeof *signer);
	bool made = signer != NULL && import(key, signer);
	EVP_PKEY_free(key);
	if (made && kid != NULL)
		made = (signer->kid = strdup(kid)) != NULL;
	if (!made) {
		es_put_printf(error, "%s: neither RSA of 2048 to 4096 bits nor P-256", name);
		es_jwt_signer_free(signer);
		return ES_MALFORMED;
	}
	*out = signer;
	return ES_OK;
}

es_status es_jwt_signer_load(const char *pem_file, const char *kid, struct es_jwt_signer **out, struct es_buf *error)
{
	uint8_t text[FILE_MAX];
	size_t len = 0;

	es_status status = es_secret_file(pem_file, text, sizeof text, &len, error);
	if (status == ES_OK)
		status = es_jwt_signer_parse(es_slice_of(text, len), pem_file, kid, out, error);
	es_wipe(text, sizeof text);
	return status;
}

void es_jwt_signer_free(struct es_jwt_signer *signer)
{
	if (signer == NULL)
		return;
	(void)cjose_jwk_release(signer->jwk);
	free(signer->kid);
	free(signer);
}

static cjose_header_t *make_header(const struct es_jwt_signer *signer)
{
	cjose_err error;
	cjose_header_t *header = cjose_header_new(&error);
	const char *alg = signer->alg == JOSE_RS256 ? CJOSE_HDR_ALG_RS256 : CJOSE_HDR_ALG_ES256;

	if (header == NULL)
		return NULL;
	if (!cjose_header_set(header, CJOSE_HDR_ALG, alg, &error) || !cjose_header_set(header, "typ", "JWT", &error) ||
	    (signer->kid != NULL && !cjose_header_set(header, CJOSE_HDR_KID, signer->kid, &error))) {
		cjose_header_release(header);
		return NULL;
	}
	return header;
}

es_status es_jwt_sign(struct es_jwt_signer *signer, struct es_slice claims, struct es_arena *arena,
                      struct es_slice *token)
{
	const char *text = NULL;
	cjose_err error;
	cjose_header_t *header = make_header(signer);
	cjose_jws_t *jws = header == NULL ? NULL : cjose_jws_sign(signer->jwk, header, claims.ptr, claims.len, &error);
	es_status status = ES_INTERNAL;

	if (jws != NULL && cjose_jws_export(jws, &text, &error)) {
		*token = es_arena_copy(arena, es_slice_str(text));
		status = token->len == 0 ? ES_TOO_LARGE : ES_OK;
	}
	cjose_jws_release(jws);
	cjose_header_release(header);
	return status;
}
