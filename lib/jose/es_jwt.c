/* es_jwt.c -- tokens in: the header judged here, then the signature by cjose, then the claims parsed. */
#include <string.h>

#include "es_cleanup.h"
#include "es_jose_int.h"
#include "es_text.h"

static const struct es_json_limits limits = { ES_JWT_MAX, 8, 512 };
#define PARTS_ROOM (3 * (size_t)ES_JWT_MAX)

/* ---- the header ---- */

static bool typ_is_known(const cJSON *header)
{
	static const char *const known[] = { "JWT", "application/jwt", "at+jwt", "application/at+jwt" };
	const char *typ = es_json_str(header, "typ");

	if (cJSON_GetObjectItemCaseSensitive(header, "typ") == NULL)
		return true;
	for (size_t i = 0; typ != NULL && i < ES_COUNT(known); i++) {
		if (es_slice_eq_nocase(es_slice_str(typ), es_slice_str(known[i])))
			return true;
	}
	return false;
}

static es_status read_header(const cJSON *header, struct es_arena *arena, struct jose_token *out)
{
	const char *alg, *kid;

	if (!cJSON_IsObject(header) || (alg = es_json_str(header, "alg")) == NULL || !typ_is_known(header) ||
	    cJSON_GetObjectItemCaseSensitive(header, "crit") != NULL ||
	    cJSON_GetObjectItemCaseSensitive(header, "b64") != NULL)
		return ES_MALFORMED;
	if (strcmp(alg, "RS256") == 0)
		out->alg = JOSE_RS256;
	else if (strcmp(alg, "ES256") == 0)
		out->alg = JOSE_ES256;
	else
		return ES_MALFORMED;
	kid = es_json_str(header, "kid");
	if ((kid == NULL) != (cJSON_GetObjectItemCaseSensitive(header, "kid") == NULL) ||
	    (kid != NULL && strlen(kid) > JOSE_KID_MAX))
		return ES_MALFORMED;
	out->kid = es_arena_copy(arena, es_slice_str(kid));
	return ES_OK;
}

es_status jose_token_read(struct es_slice token, struct es_arena *arena, struct jose_token *out)
{
	ES_CLEANUP(es_json_done) cJSON *header = NULL;
	struct es_slice rest = token, text, signature;

	if (token.len > ES_JWT_MAX)
		return ES_MALFORMED;
	struct es_slice first = es_slice_cut(&rest, '.'), second = es_slice_cut(&rest, '.');
	if (first.len == 0 || second.len == 0 || rest.len == 0 || es_base64url_decode(first, arena, &text) != ES_OK ||
	    es_json_parse(text, limits, &header) != ES_OK)
		return ES_MALFORMED;
	ES_TRY(read_header(header, arena, out));
	/* A fourth part would leave a dot, which is no Base64. */
	if (es_base64url_decode(second, arena, &out->claims) != ES_OK ||
	    es_base64url_decode(rest, arena, &signature) != ES_OK)
		return ES_MALFORMED;
	out->signature_octets = signature.len;
	return ES_OK;
}

es_status es_jwt_kid(struct es_slice token, struct es_arena *arena, struct es_slice *kid)
{
	struct jose_token read = { .claims = { 0 } };

	ES_TRY(jose_token_read(token, arena, &read));
	*kid = read.kid;
	return ES_OK;
}

/* ---- the signature ---- */

static bool is_signed_by(struct es_slice token, const struct jose_key *key)
{
	cjose_err error;
	cjose_jws_t *jws = cjose_jws_import((const char *)token.ptr, token.len, &error);

	if (jws == NULL)
		return false;
	bool is_signed = cjose_jws_verify(jws, key->jwk, &error);
	cjose_jws_release(jws);
	return is_signed;
}

static es_status check_signature(const struct es_jwks *jwks, struct es_slice token, const struct jose_token *read)
{
	bool is_known = false;

	for (size_t i = 0; i < jwks->count; i++) {
		const struct jose_key *key = &jwks->keys[i];
		if (read->kid.len > 0 && !es_slice_eq_str(read->kid, key->kid))
			continue;
		is_known = true;
		if (key->alg == read->alg && key->signature_octets == read->signature_octets && is_signed_by(token, key))
			return ES_OK;
	}
	return is_known ? ES_UNAUTHENTIC : ES_NOT_FOUND;
}

es_status es_jwt_verify(const struct es_jwks *jwks, struct es_slice token, cJSON **claims)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, PARTS_ROOM);
	ES_CLEANUP(es_json_done) cJSON *tree = NULL;
	struct jose_token read = { .claims = { 0 } };

	if (arena == NULL)
		return ES_TOO_LARGE;
	ES_TRY(jose_token_read(token, arena, &read));
	ES_TRY(check_signature(jwks, token, &read));
	if (es_json_parse(read.claims, limits, &tree) != ES_OK || !cJSON_IsObject(tree))
		return ES_MALFORMED;
	*claims = ES_TAKE(tree);
	return ES_OK;
}
