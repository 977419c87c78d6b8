/* es_jose.h -- JSON Web Signatures and key sets (RFC 7515, 7517, 7519) over cjose. Any thread.
 *
 * What is accepted is a list and no more: compact serialisation, RS256 and ES256, no `crit`, no `none`, no symmetric keys,
 * RSA of 2048 to 4096 bits, P-256, `typ` absent, JWT or at+jwt (RFC 9068). The key decides the algorithm, never the token
 * alone; keys and addresses in a token's header are not looked at. Claims are checked by the caller through
 * es_jwt_check(). */
#ifndef ES_JOSE_H
#define ES_JOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_json.h"
#include "es_slice.h"
#include "es_status.h"

#define ES_JWT_MAX 8192
#define ES_JWKS_MAX 65536
#define ES_JWKS_KEYS_MAX 32

/* Public keys of somebody, immutable once made. */
struct es_jwks;
/* ES_MALFORMED: no JSON, no key in it that could be used, or a private key among them, which its owner gave away; `error`
 * (may be NULL) says why, for people. Keys of other kinds, uses and sizes are passed over. ES_TOO_LARGE: longer than
 * ES_JWKS_MAX, or more keys than ES_JWKS_KEYS_MAX. */
es_status es_jwks_parse(struct es_slice text, struct es_jwks **out, struct es_buf *error) ES_MUST_USE;
void es_jwks_free(struct es_jwks *jwks);
bool es_jwks_has(const struct es_jwks *jwks, struct es_slice kid);

/* The `kid` of a token's header, "" when it has none: to know whether the key set is to be fetched anew. */
es_status es_jwt_kid(struct es_slice token, struct es_arena *arena, struct es_slice *kid) ES_MUST_USE;

/* Checks the signature by the key of that kid (or, without kid, by any key that fits) and parses the claims: the caller
 * owns the tree. ES_MALFORMED: not such a token; ES_NOT_FOUND: no key of that kid; ES_UNAUTHENTIC: signature wrong, or
 * the key is not one for this algorithm. */
es_status es_jwt_verify(const struct es_jwks *jwks, struct es_slice token, cJSON **claims) ES_MUST_USE;

struct es_jwt_expect {
	const char *issuer, *audience; /* NULL: not looked at. aud may be a list that holds it */
	const char *nonce;             /* NULL: not looked at; compared in constant time */
	int64_t now_s, leeway_s;
	int64_t life_max_s; /* exp may not be further ahead than that, nor exp - iat longer. 0: any */
	bool needs_iat;
};
/* ES_OK, or ES_EXPIRED (exp) or ES_MALFORMED (all others), and `why` names the claim: "aud". exp must always be there;
 * nbf and iat, where they are, may not lie ahead by more than the leeway. Expiry is looked at last: ES_EXPIRED says that
 * all else was right. */
es_status es_jwt_check(const cJSON *claims, const struct es_jwt_expect *expect, const char **why) ES_MUST_USE;

/* Signs claims (JSON text) with a private key in PEM without passphrase: ES256 or RS256 by the key's kind. `kid` may be
 * NULL. The file is read as es_secret.h does; ES_MALFORMED when no such key is in it. */
struct es_jwt_signer;
es_status es_jwt_signer_load(const char *pem_file, const char *kid, struct es_jwt_signer **out,
                             struct es_buf *error) ES_MUST_USE;
/* The same from a key in memory, which `name` is said of in errors. */
es_status es_jwt_signer_parse(struct es_slice pem, const char *name, const char *kid, struct es_jwt_signer **out,
                              struct es_buf *error) ES_MUST_USE;
void es_jwt_signer_free(struct es_jwt_signer *signer);
es_status es_jwt_sign(struct es_jwt_signer *signer, struct es_slice claims, struct es_arena *arena,
                      struct es_slice *token) ES_MUST_USE;

#endif
