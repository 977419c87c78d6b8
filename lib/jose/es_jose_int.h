/* es_jose_int.h -- what the files of lib/jose share. */
#ifndef ES_JOSE_INT_H
#define ES_JOSE_INT_H

#include <cjose/cjose.h>

#include "es_jose.h"

#define JOSE_RSA_OCTETS_MIN 256
#define JOSE_RSA_OCTETS_MAX 512
#define JOSE_P256_OCTETS 32
#define JOSE_KID_MAX 255

enum jose_alg { JOSE_RS256, JOSE_ES256 };

struct jose_key {
	cjose_jwk_t *jwk;
	char *kid; /* "" when it has none */
	enum jose_alg alg;
	size_t signature_octets;
};

struct es_jwks {
	size_t count;
	struct jose_key keys[ES_JWKS_KEYS_MAX];
};

/* A token cut and its header read; nothing of it is proven. Slices of the token or of the arena. */
struct jose_token {
	struct es_slice claims; /* decoded */
	struct es_slice kid;    /* empty: none */
	size_t signature_octets;
	enum jose_alg alg;
};
es_status jose_token_read(struct es_slice token, struct es_arena *arena, struct jose_token *out) ES_MUST_USE;

#endif
