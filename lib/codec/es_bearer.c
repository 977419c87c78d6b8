/* es_bearer.c -- access_token, token_type, expires_in. */
#include "es_bearer.h"

#include <string.h>

#define LIFE_UNSAID_S 60
#define LIFE_MAX_S 86400

/* b64token of RFC 6750 2.1, a little wider. */
static bool is_token(const char *text)
{
	const size_t len = text != NULL ? strlen(text) : 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > 0 && len <= ES_BEARER_TOKEN_MAX;
}

const char *es_bearer_read(const cJSON *answer, int64_t *life_s)
{
	const char *token = es_json_str(answer, "access_token"), *type = es_json_str(answer, "token_type");
	int64_t life = 0;

	if (!is_token(token) || type == NULL || !es_slice_eq_nocase(es_slice_str(type), ES_SLICE_LIT("bearer")))
		return NULL;
	if (!es_json_i64(answer, "expires_in", &life) || life < 1)
		life = LIFE_UNSAID_S;
	*life_s = life < LIFE_MAX_S ? life : LIFE_MAX_S;
	return token;
}
