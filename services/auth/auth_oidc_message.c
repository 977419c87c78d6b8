/* auth_oidc_message.c -- URLs, forms and answers of OpenID Connect Core 1.0 and RFC 6749. */
#include "auth_oidc_message.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_text.h"

#define ANSWER ((struct es_json_limits){ 65536, 8, 512 })
#define TOKEN_MAX 8192

void auth_oidc_octets(const uint8_t *bytes, size_t len, char out[44])
{
	struct es_buf text;

	es_buf_init_fixed(&text, out, 43);
	es_base64url_encode(es_slice_of(bytes, len), &text);
	out[text.len] = '\0';
}

void auth_oidc_challenge(const char *verifier, char out[44])
{
	struct es_slice whole = es_slice_str(verifier);
	uint8_t hash[32];

	es_sha256(&whole, 1, hash);
	auth_oidc_octets(hash, sizeof hash, out);
}

void auth_oidc_form_put(struct es_buf *out, const char *name, struct es_slice value)
{
	if (out->len > 0 && out->ptr[out->len - 1] != '?')
		es_put_u8(out, '&');
	es_put_str(out, name);
	es_put_u8(out, '=');
	es_percent_encode(value, out);
}

es_status auth_oidc_location(const char *endpoint, const char *client_id, const char *redirect_uri, const char *scope,
                             const struct auth_login *login, struct es_buf *out)
{
	char nonce[44], verifier[44], challenge[44];

	auth_oidc_octets(login->nonce, sizeof login->nonce, nonce);
	auth_oidc_octets(login->verifier, sizeof login->verifier, verifier);
	auth_oidc_challenge(verifier, challenge);
	es_wipe(verifier, sizeof verifier);
	es_put_str(out, endpoint);
	if (strchr(endpoint, '?') == NULL)
		es_put_u8(out, '?');
	auth_oidc_form_put(out, "response_type", ES_SLICE_LIT("code"));
	auth_oidc_form_put(out, "scope", es_slice_str(scope));
	auth_oidc_form_put(out, "client_id", es_slice_str(client_id));
	auth_oidc_form_put(out, "redirect_uri", es_slice_str(redirect_uri));
	auth_oidc_form_put(out, "state", es_slice_str(login->handle));
	auth_oidc_form_put(out, "nonce", es_slice_str(nonce));
	auth_oidc_form_put(out, "code_challenge", es_slice_str(challenge));
	auth_oidc_form_put(out, "code_challenge_method", ES_SLICE_LIT("S256"));
	return es_buf_status(out);
}

/* ---- answers ---- */

/* It goes into a header and gets a query: nothing but what URLs are written with, and no fragment. */
static bool is_url(const char *text)
{
	if (strncmp(text, "https://", 8) != 0)
		return false;
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || *c == '#')
			return false;
	return true;
}

/* False when it is there and no URL that we would ask. */
static bool take_url(const cJSON *root, const char *name, bool is_needed, char out[AUTH_OIDC_URL_MAX])
{
	const char *text = es_json_str(root, name);
	size_t len = text != NULL ? strlen(text) : 0;

	if (text == NULL) {
		out[0] = '\0';
		return !is_needed;
	}
	if (len >= AUTH_OIDC_URL_MAX || !is_url(text))
		return false;
	memcpy(out, text, len + 1);
	return true;
}

es_status auth_oidc_discovery_parse(struct es_slice text, const char *issuer, struct auth_oidc_endpoints *out)
{
	ES_CLEANUP(es_json_done) cJSON *root = NULL;
	struct auth_oidc_endpoints found;

	ES_TRY(es_json_parse(text, ANSWER, &root));
	const char *named = cJSON_IsObject(root) ? es_json_str(root, "issuer") : NULL;
	if (named == NULL || strcmp(named, issuer) != 0)
		return ES_MALFORMED;
	if (!take_url(root, "authorization_endpoint", true, found.authorization) ||
	    !take_url(root, "token_endpoint", true, found.token) || !take_url(root, "jwks_uri", true, found.jwks) ||
	    !take_url(root, "userinfo_endpoint", false, found.userinfo))
		return ES_MALFORMED;
	*out = found;
	return ES_OK;
}

static es_status take_token(const cJSON *root, const char *name, struct es_arena *arena, struct es_slice *out)
{
	const char *text = es_json_str(root, name);

	if (text == NULL || text[0] == '\0' || strlen(text) > TOKEN_MAX)
		return ES_MALFORMED;
	for (const char *c = text; *c != '\0'; c++) /* RFC 6749 A.12: it goes into a header */
		if (*c < 0x20 || *c > 0x7e)
			return ES_MALFORMED;
	*out = es_arena_copy(arena, es_slice_str(text));
	return out->ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status auth_oidc_tokens_parse(struct es_slice text, struct es_arena *arena, struct auth_oidc_tokens *out)
{
	ES_CLEANUP(es_json_done) cJSON *root = NULL;
	struct auth_oidc_tokens found;
	int64_t expires_in;

	ES_TRY(es_json_parse(text, ANSWER, &root));
	const char *type = cJSON_IsObject(root) ? es_json_str(root, "token_type") : NULL;
	if (type == NULL || !es_slice_eq_nocase(es_slice_str(type), ES_SLICE_LIT("Bearer")))
		return ES_MALFORMED;
	if (es_json_i64(root, "expires_in", &expires_in) && expires_in <= 0)
		return ES_MALFORMED;
	ES_TRY(take_token(root, "access_token", arena, &found.access_token));
	ES_TRY(take_token(root, "id_token", arena, &found.id_token));
	*out = found;
	return ES_OK;
}

es_status auth_oidc_error_parse(struct es_slice text, struct es_arena *arena, struct es_slice *error)
{
	ES_CLEANUP(es_json_done) cJSON *root = NULL;

	ES_TRY(es_json_parse(text, ANSWER, &root));
	const char *named = cJSON_IsObject(root) ? es_json_str(root, "error") : NULL;
	*error = es_arena_copy(arena, es_slice_str(named));
	return ES_OK;
}

/* RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6. */
const char *auth_oidc_error_name(struct es_slice error)
{
	static const char *const names[] = {
		"access_denied",
		"account_selection_required",
		"consent_required",
		"interaction_required",
		"invalid_client",
		"invalid_grant",
		"invalid_request",
		"invalid_scope",
		"login_required",
		"request_not_supported",
		"server_error",
		"temporarily_unavailable",
		"unauthorized_client",
		"unsupported_grant_type",
		"unsupported_response_type",
	};

	for (size_t i = 0; i < ES_COUNT(names); i++)
		if (es_slice_eq_str(error, names[i]))
			return names[i];
	return "other";
}

/* ---- claims ---- */

static bool azp_is_right(const cJSON *claims, const char *client_id)
{
	const cJSON *aud = cJSON_GetObjectItemCaseSensitive(claims, "aud");
	const cJSON *azp = cJSON_GetObjectItemCaseSensitive(claims, "azp");

	if (azp == NULL)
		return !cJSON_IsArray(aud) || cJSON_GetArraySize(aud) <= 1;
	return cJSON_IsString(azp) && strcmp(azp->valuestring, client_id) == 0;
}

es_status auth_oidc_claims_check(const cJSON *claims, const char *client_id, struct es_slice access_token,
                                 bool *has_at_hash, const char **why)
{
	const cJSON *at_hash = cJSON_GetObjectItemCaseSensitive(claims, "at_hash");
	uint8_t hash[32];
	char half[44];

	*why = "azp";
	if (!azp_is_right(claims, client_id))
		return ES_MALFORMED;
	*why = "sub";
	if (es_json_str(claims, "sub") == NULL)
		return ES_MALFORMED;
	*why = "at_hash";
	*has_at_hash = at_hash != NULL;
	if (at_hash == NULL)
		return ES_OK;
	es_sha256(&access_token, 1, hash); /* both algorithms that are accepted hash with SHA-256 */
	auth_oidc_octets(hash, sizeof hash / 2, half);
	if (!cJSON_IsString(at_hash) || strcmp(at_hash->valuestring, half) != 0)
		return ES_MALFORMED;
	return ES_OK;
}
