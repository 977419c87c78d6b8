/* auth_oidc_fuzz.c -- anything that an OpenID provider might answer, and any handle that a device might show. */
#include <stdlib.h>
#include <string.h>

#include "auth_oidc_message.h"

#define CHECK(what)                                                                                                    \
	do {                                                                                                               \
		if (!(what))                                                                                                   \
			abort();                                                                                                   \
	} while (0)

static void check_claims(struct es_slice text)
{
	cJSON *claims = NULL;
	const char *why = "";
	bool has_at_hash;

	if (es_json_parse(text, ES_JSON_SMALL, &claims) == ES_OK && cJSON_IsObject(claims))
		(void)!auth_oidc_claims_check(claims, "client", ES_SLICE_LIT("access"), &has_at_hash, &why);
	es_json_done(&claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	struct es_slice text = es_slice_of(data, size), error;
	struct auth_oidc_endpoints endpoints;
	struct auth_oidc_tokens tokens;
	struct auth_login login;
	uint8_t id[AUTH_LOGIN_ID];

	if (auth_oidc_discovery_parse(text, "https://op.example", &endpoints) == ES_OK)
		CHECK(strncmp(endpoints.token, "https://", 8) == 0 && strlen(endpoints.jwks) < AUTH_OIDC_URL_MAX);
	if (auth_oidc_tokens_parse(text, arena, &tokens) == ES_OK)
		CHECK(tokens.access_token.len > 0 && tokens.id_token.len > 0);
	if (auth_oidc_error_parse(text, arena, &error) == ES_OK)
		CHECK(error.len <= size);
	check_claims(text);
	if (auth_login_id_of(text, id) == ES_OK)
		CHECK(size == AUTH_LOGIN_HANDLE);
	if (auth_login_unpack(text, &login) == ES_OK)
		CHECK(login.request.len <= size && strlen(login.tenant) < sizeof login.tenant);
	es_arena_free(arena);
	return 0;
}
