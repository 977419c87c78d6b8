/* es_jwt_check.c -- the registered claims of a token (RFC 7519 4.1) against what its reader expects. Talks to nobody. */
#include <string.h>

#include "es_crypto.h"
#include "es_jose.h"

/* NumericDate: seconds, perhaps with a fraction; within what a double and a calendar can hold. */
#define LATEST_S 253402300799.0

enum presence { ABSENT, PRESENT, WRONG };

static enum presence date_of(const cJSON *claims, const char *name, int64_t *out)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(claims, name);

	if (member == NULL)
		return ABSENT;
	if (!cJSON_IsNumber(member) || !(member->valuedouble >= 0 && member->valuedouble <= LATEST_S))
		return WRONG;
	*out = (int64_t)member->valuedouble;
	return PRESENT;
}

static bool text_is(const cJSON *member, const char *text)
{
	return cJSON_IsString(member) && strcmp(member->valuestring, text) == 0;
}

static bool is_meant_for(const cJSON *claims, const char *audience)
{
	const cJSON *aud = cJSON_GetObjectItemCaseSensitive(claims, "aud"), *one;

	if (!cJSON_IsArray(aud))
		return text_is(aud, audience);
	cJSON_ArrayForEach(one, aud)
	{
		if (text_is(one, audience))
			return true;
	}
	return false;
}

static bool nonce_is(const cJSON *claims, const char *nonce)
{
	const char *said = es_json_str(claims, "nonce");
	size_t len = strlen(nonce);

	return said != NULL && strlen(said) == len && es_ct_equal(said, nonce, len);
}

es_status es_jwt_check(const cJSON *claims, const struct es_jwt_expect *expect, const char **why)
{
	int64_t now = expect->now_s, leeway = expect->leeway_s, life = expect->life_max_s, exp = 0, nbf = 0, iat = 0;
	enum presence has_exp = date_of(claims, "exp", &exp), has_nbf = date_of(claims, "nbf", &nbf),
				  has_iat = date_of(claims, "iat", &iat);
	const struct {
		const char *claim;
		bool is_wrong;
	} rules[] = {
		{ "iss", expect->issuer != NULL && !text_is(cJSON_GetObjectItemCaseSensitive(claims, "iss"), expect->issuer) },
		{ "aud", expect->audience != NULL && !is_meant_for(claims, expect->audience) },
		{ "nonce", expect->nonce != NULL && !nonce_is(claims, expect->nonce) },
		{ "exp", has_exp != PRESENT || (life > 0 && exp > now + life + leeway) ||
		             (life > 0 && has_iat == PRESENT && exp - iat > life) },
		{ "nbf", has_nbf == WRONG || (has_nbf == PRESENT && nbf > now + leeway) },
		{ "iat",
		  has_iat == WRONG || (has_iat == ABSENT && expect->needs_iat) || (has_iat == PRESENT && iat > now + leeway) },
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		*why = rules[i].claim;
		if (rules[i].is_wrong)
			return ES_MALFORMED;
	}
	*why = "exp";
	return now >= exp + leeway ? ES_EXPIRED : ES_OK;
}
