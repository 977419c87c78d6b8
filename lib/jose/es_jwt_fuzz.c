/* es_jwt_fuzz.c -- tokens from anywhere, and what a signer we trust could have put into one.
 *
 * The first octet chooses. 'c': the rest is a claims set to check. Else the rest is a token, with the key of RFC 7515 A.3 to
 * verify it: no other than that appendix's own verifies. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_jose.h"

#define KEY                                                                                                            \
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","              \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}"
#define SIGNED "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void check(struct es_slice text)
{
	const struct es_jwt_expect expect = {
		.issuer = "https://idp.example", .audience = "openes", .nonce = "n-1", .now_s = 1999999100, .life_max_s = 3600
	};
	ES_CLEANUP(es_json_done) cJSON *claims = NULL;
	const char *why = NULL;

	if (es_json_parse(text, ES_JSON_SMALL, &claims) != ES_OK)
		return;
	es_status status = es_jwt_check(claims, &expect, &why);
	require(why != NULL && (status == ES_OK || status == ES_MALFORMED || status == ES_EXPIRED));
}

static void verify(struct es_slice token)
{
	static struct es_jwks *jwks;
	ES_CLEANUP(es_json_done) cJSON *claims = NULL;
	struct es_arena *arena = es_arena_new(0, 65536);
	struct es_slice kid, rest = token;

	if (jwks == NULL)
		require(es_jwks_parse(ES_SLICE_LIT(KEY), &jwks, NULL) == ES_OK);
	bool has_form = es_jwt_kid(token, arena, &kid) == ES_OK;
	if (es_jwt_verify(jwks, token, &claims) == ES_OK) {
		(void)es_slice_cut(&rest, '.');
		require(has_form && es_slice_eq_str(es_slice_cut(&rest, '.'), SIGNED));
	}
	es_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 'c')
		check(es_slice_of(data + 1, size - 1));
	else if (size > 0)
		verify(es_slice_of(data + 1, size - 1));
	return 0;
}
