/* auth_oidc_message.h -- what is said to an OpenID provider and what it says, as text. Pure.
 *
 * A provider's answers are a stranger's bytes: bounded, parsed once, and only what is named here is taken. */
#ifndef AUTH_OIDC_MESSAGE_H
#define AUTH_OIDC_MESSAGE_H

#include <stdbool.h>

#include "auth_login_state.h"
#include "es_arena.h"
#include "es_buf.h"
#include "es_json.h"
#include "es_slice.h"
#include "es_status.h"

#define AUTH_OIDC_URL_MAX 512

struct auth_oidc_endpoints {
	char authorization[AUTH_OIDC_URL_MAX], token[AUTH_OIDC_URL_MAX], jwks[AUTH_OIDC_URL_MAX];
	char userinfo[AUTH_OIDC_URL_MAX]; /* "": none */
};

/* Nonce and PKCE's verifier as they travel; `out` holds 44 octets. */
void auth_oidc_octets(const uint8_t *bytes, size_t len, char out[44]);
/* RFC 7636 4.2, S256. */
void auth_oidc_challenge(const char *verifier, char out[44]);

/* The authorization request (TS.43 2.8.2). */
es_status auth_oidc_location(const char *endpoint, const char *client_id, const char *redirect_uri, const char *scope,
                             const struct auth_login *login, struct es_buf *out) ES_MUST_USE;
/* Appends `&name=value`, escaped; the first without '&'. */
void auth_oidc_form_put(struct es_buf *out, const char *name, struct es_slice value);

/* Discovery: ES_MALFORMED when it is no such document, or another issuer's. */
es_status auth_oidc_discovery_parse(struct es_slice text, const char *issuer,
                                    struct auth_oidc_endpoints *out) ES_MUST_USE;

struct auth_oidc_tokens {
	struct es_slice access_token, id_token; /* in the arena */
};
/* A 200 of the token endpoint: both tokens, type Bearer, not expired on arrival. */
es_status auth_oidc_tokens_parse(struct es_slice text, struct es_arena *arena,
                                 struct auth_oidc_tokens *out) ES_MUST_USE;
/* RFC 6749 5.2: the `error` of a refusal, "" when there is none. */
es_status auth_oidc_error_parse(struct es_slice text, struct es_arena *arena, struct es_slice *error) ES_MUST_USE;

/* A registered error as it is, "other" for all else: what came with a redirect anybody may have written. */
const char *auth_oidc_error_name(struct es_slice error);

/* What OpenID Connect asks of claims beyond RFC 7519: azp (3.1.3.7) and at_hash (3.1.3.8); `why` names the claim. */
es_status auth_oidc_claims_check(const cJSON *claims, const char *client_id, struct es_slice access_token,
                                 bool *has_at_hash, const char **why) ES_MUST_USE;

#endif
