/* es_token.h -- the TOKEN of TS.43 2.8.5: everything it says is sealed inside it, nothing is stored.
 *
 * auth makes tokens, policy opens them; both hold the token key ring, the gateway never does. Text form is Base64url of
 * the sealed octets, 512 characters at most, safe in a query without escaping. Pure but for the ring. */
#ifndef ES_TOKEN_H
#define ES_TOKEN_H

#include <stdint.h>

#include "es_arena.h"
#include "es_id.h"
#include "es_keyring.h"
#include "es_slice.h"
#include "es_status.h"

enum es_token_method { ES_METHOD_EAP_AKA = 1, ES_METHOD_EAP_AKA_PRIME, ES_METHOD_OIDC, ES_METHOD_OTP, ES_METHOD_AAA };

/* Applications that share one token form a group (settled rule 14): ap2003, ap2004 and ap2005 are one; every other
 * application is its own. The group's name is its first application. */
#define ES_TOKEN_GROUP_SIZE 16

struct es_token {
	char tenant[32];
	struct es_imsi imsi;
	uint32_t epoch; /* of the subscriber when it was issued: a raised epoch kills it */
	enum es_token_method method;
	int64_t issued_ms, expires_ms; /* wall clock */
	char group[ES_TOKEN_GROUP_SIZE];
	uint8_t terminal[16]; /* first octets of SHA-256(terminal_id); all zero: bound to the subscriber alone */
	uint8_t app_name[16]; /* first octets of SHA-256(app_name); all zero: no app_name */
};

/* Digest as kept in a token: lower-cased text hashed; empty or "null" gives zeros. */
void es_token_digest(struct es_slice text, uint8_t out[16]);
/* "ap2003" for 2003, 2004, 2005; else the application itself, lower case. Too long: ES_TOO_LARGE. */
es_status es_token_group(struct es_slice app, char out[ES_TOKEN_GROUP_SIZE]) ES_MUST_USE;

es_status es_token_seal(struct es_keyring *ring, const struct es_token *token, struct es_arena *arena,
                        struct es_slice *text) ES_MUST_USE;
/* ES_MALFORMED, ES_UNAUTHENTIC; ES_EXPIRED when now_ms is at or past its end (the token is filled in then too). */
es_status es_token_open(struct es_keyring *ring, struct es_slice text, int64_t now_ms,
                        struct es_token *out) ES_MUST_USE;

#endif
