/* es_jwks.c -- public keys out of a JSON Web Key Set (RFC 7517), handed to cjose octet by octet. */
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_jose_int.h"
#include "es_text.h"

#define EXPONENT_OCTETS_MAX 4
/* Provider sets carry certificates beside the keys (x5c), which nobody reads. */
static const struct es_json_limits limits = { ES_JWKS_MAX, 8, 4096 };

/* A member in Base64url without leading zeros; RFC 7518 has none, some providers have one. */
static bool number_of(const cJSON *key, const char *name, struct es_arena *arena, struct es_slice *out)
{
	const char *text = es_json_str(key, name);

	if (text == NULL || es_base64url_decode(es_slice_str(text), arena, out) != ES_OK)
		return false;
	while (out->len > 0 && out->ptr[0] == 0)
		*out = es_slice_sub(*out, 1, out->len);
	return out->len > 0;
}

static uint8_t *octets(struct es_slice s)
{
	return (uint8_t *)(uintptr_t)s.ptr; /* cjose only reads it */
}

/* 2048 bits in 256 octets: the highest one is set, and no product of two primes is even. */
static cjose_jwk_t *read_rsa(const cJSON *key, struct es_arena *arena, struct jose_key *out)
{
	struct es_slice n, e;
	cjose_err error;

	if (!number_of(key, "n", arena, &n) || !number_of(key, "e", arena, &e))
		return NULL;
	if (n.len < JOSE_RSA_OCTETS_MIN || n.len > JOSE_RSA_OCTETS_MAX || (n.len == JOSE_RSA_OCTETS_MIN && n.ptr[0] < 0x80))
		return NULL;
	bool is_odd = (n.ptr[n.len - 1] & e.ptr[e.len - 1] & 1) != 0;
	if (!is_odd || e.len > EXPONENT_OCTETS_MAX || (e.len == 1 && e.ptr[0] < 3))
		return NULL;
	out->alg = JOSE_RS256;
	out->signature_octets = n.len;
	cjose_jwk_rsa_keyspec spec = { .n = octets(n), .nlen = n.len, .e = octets(e), .elen = e.len };
	return cjose_jwk_create_RSA_spec(&spec, &error);
}

/* Coordinates have their full length (RFC 7518 6.2.1.2); that the point is on the curve is checked by OpenSSL. */
static cjose_jwk_t *read_ec(const cJSON *key, struct es_arena *arena, struct jose_key *out)
{
	const char *curve = es_json_str(key, "crv"), *x_text = es_json_str(key, "x"), *y_text = es_json_str(key, "y");
	struct es_slice x, y;
	cjose_err error;

	if (curve == NULL || strcmp(curve, "P-256") != 0 || x_text == NULL || y_text == NULL ||
	    es_base64url_decode(es_slice_str(x_text), arena, &x) != ES_OK ||
	    es_base64url_decode(es_slice_str(y_text), arena, &y) != ES_OK || x.len != JOSE_P256_OCTETS ||
	    y.len != JOSE_P256_OCTETS)
		return NULL;
	out->alg = JOSE_ES256;
	out->signature_octets = 2 * (size_t)JOSE_P256_OCTETS;
	cjose_jwk_ec_keyspec spec = {
		.crv = CJOSE_JWK_EC_P_256, .x = octets(x), .xlen = x.len, .y = octets(y), .ylen = y.len
	};
	return cjose_jwk_create_EC_spec(&spec, &error);
}

/* RFC 7517 4.2 to 4.4: what the key is said to be for, where it is said. */
static bool is_for_signatures(const cJSON *key, enum jose_alg alg)
{
	static const char *const names[] = { [JOSE_RS256] = "RS256", [JOSE_ES256] = "ES256" };
	const cJSON *operations = cJSON_GetObjectItemCaseSensitive(key, "key_ops"), *operation;
	const char *use = es_json_str(key, "use"), *said = es_json_str(key, "alg");
	bool verifies = operations == NULL;

	cJSON_ArrayForEach(operation, operations)
	{
		verifies = verifies || (cJSON_IsString(operation) && strcmp(operation->valuestring, "verify") == 0);
	}
	return verifies && (use == NULL || strcmp(use, "sig") == 0) && (said == NULL || strcmp(said, names[alg]) == 0);
}

/* ES_NOT_FOUND: passed over. */
static es_status read_key(const cJSON *key, struct es_arena *arena, struct jose_key *out)
{
	const char *kty = cJSON_IsObject(key) ? es_json_str(key, "kty") : NULL, *kid;
	struct jose_key made = { .jwk = NULL };

	if (kty == NULL)
		return ES_NOT_FOUND;
	bool is_rsa = strcmp(kty, "RSA") == 0, is_ec = strcmp(kty, "EC") == 0;
	if ((is_rsa || is_ec) && cJSON_GetObjectItemCaseSensitive(key, "d") != NULL)
		return ES_MALFORMED;
	if (is_rsa)
		made.jwk = read_rsa(key, arena, &made);
	else if (is_ec)
		made.jwk = read_ec(key, arena, &made);
	kid = es_json_str(key, "kid");
	if (made.jwk != NULL && is_for_signatures(key, made.alg) && (kid == NULL || strlen(kid) <= JOSE_KID_MAX))
		made.kid = strdup(kid == NULL ? "" : kid);
	if (made.kid == NULL) {
		(void)cjose_jwk_release(made.jwk);
		return ES_NOT_FOUND;
	}
	*out = made;
	return ES_OK;
}

static es_status read_keys(const cJSON *tree, struct es_arena *arena, struct es_jwks *jwks, const char **why)
{
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(tree, "keys"), *key;

	*why = "no list of keys";
	if (!cJSON_IsObject(tree) || !cJSON_IsArray(keys))
		return ES_MALFORMED;
	cJSON_ArrayForEach(key, keys)
	{
		struct jose_key one;
		es_status status = read_key(key, arena, &one);
		if (status == ES_NOT_FOUND)
			continue;
		*why = "a private key is in it";
		if (status != ES_OK)
			return status;
		*why = "too many keys";
		if (jwks->count == ES_JWKS_KEYS_MAX) {
			(void)cjose_jwk_release(one.jwk);
			free(one.kid);
			return ES_TOO_LARGE;
		}
		jwks->keys[jwks->count++] = one;
	}
	*why = "no key in it is RSA of 2048 to 4096 bits or P-256, for signatures";
	return jwks->count == 0 ? ES_MALFORMED : ES_OK;
}

es_status es_jwks_parse(struct es_slice text, struct es_jwks **out, struct es_buf *error)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 2 * (size_t)ES_JWKS_MAX);
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;
	struct es_jwks *jwks = calloc(1, sizeof *jwks);
	const char *why = "not JSON, or too much of it";
	es_status status = jwks == NULL || arena == NULL ? ES_TOO_LARGE : es_json_parse(text, limits, &tree);

	if (status == ES_OK)
		status = read_keys(tree, arena, jwks, &why);
	if (status == ES_OK) {
		*out = jwks;
		return ES_OK;
	}
	if (error != NULL)
		es_put_str(error, why);
	es_jwks_free(jwks);
	return status == ES_TOO_LARGE ? ES_TOO_LARGE : ES_MALFORMED;
}

void es_jwks_free(struct es_jwks *jwks)
{
	for (size_t i = 0; jwks != NULL && i < jwks->count; i++) {
		(void)cjose_jwk_release(jwks->keys[i].jwk);
		free(jwks->keys[i].kid);
	}
	free(jwks);
}

bool es_jwks_has(const struct es_jwks *jwks, struct es_slice kid)
{
	for (size_t i = 0; i < jwks->count; i++) {
		if (es_slice_eq_str(kid, jwks->keys[i].kid))
			return true;
	}
	return false;
}
