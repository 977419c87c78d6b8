/* notify_oauth.c -- forms of token requests and their answers. Pure. */
#include "notify_oauth.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

#define SECOND INT64_C(1000)
#define ASSERTION_LIFE_S 3600 /* the most that Google takes */
#define LIFE_UNSAID_S 60
#define LIFE_MAX_S 86400

/* Errors that a person has to mend; all others of a 4xx, too. */
static const struct notify_row refused = { .verdict = NOTIFY_STOPPED, .reason = NOTIFY_WHY_CREDENTIAL };

void notify_oauth_claims(const char *issuer, const char *scope, const char *audience, int64_t now_s, struct es_buf *out)
{
	struct es_json_out j = es_json_to(out);

	es_json_object(&j, NULL);
	es_json_put_str(&j, "iss", issuer);
	es_json_put_str(&j, "scope", scope);
	es_json_put_str(&j, "aud", audience);
	es_json_put_i64(&j, "iat", now_s);
	es_json_put_i64(&j, "exp", now_s + ASSERTION_LIFE_S);
	es_json_end_object(&j);
}

void notify_oauth_assertion_form(struct es_slice assertion, struct es_buf *out)
{
	es_put_str(out, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=");
	es_percent_encode(assertion, out);
}

void notify_oauth_client_form(const char *client_id, struct es_slice secret, const char *scope, struct es_buf *out)
{
	es_put_str(out, "grant_type=client_credentials&client_id=");
	es_percent_encode(es_slice_str(client_id), out);
	es_put_str(out, "&client_secret=");
	es_percent_encode(secret, out);
	es_put_str(out, "&scope=");
	es_percent_encode(es_slice_str(scope), out);
}

/* RFC 6750 2.1, a little wider: what a header may hold. */
static bool is_token(const char *text)
{
	const size_t len = text != NULL ? strlen(text) : 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > 0 && len <= NOTIFY_BEARER_MAX;
}

static bool read_token(const cJSON *json, struct es_buf *bearer, int64_t *life_ms)
{
	const char *token = es_json_str(json, "access_token"), *type = es_json_str(json, "token_type");
	int64_t life_s = 0;

	if (!is_token(token) || type == NULL || !es_slice_eq_nocase(es_slice_str(type), ES_SLICE_LIT("bearer")))
		return false;
	if (!es_json_i64(json, "expires_in", &life_s) || life_s < 1)
		life_s = LIFE_UNSAID_S;
	*life_ms = (life_s < LIFE_MAX_S ? life_s : LIFE_MAX_S) * SECOND;
	es_put_str(bearer, "Bearer ");
	es_put_str(bearer, token);
	return es_buf_status(bearer) == ES_OK;
}

bool notify_oauth_read(const struct notify_answer *answer, struct es_buf *bearer, int64_t *life_ms,
                       struct notify_heard *why)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	const bool is_json = es_json_parse(answer->body, ES_JSON_SMALL, &json) == ES_OK && cJSON_IsObject(json);
	const char *error = is_json ? es_json_str(json, "error") : NULL;
	const struct notify_row *row = notify_row_of_stranger(answer->code);
	struct notify_reply reply;

	if (answer->code == 200 && is_json && read_token(json, bearer, life_ms))
		return true;
	if (answer->code >= 400 && answer->code < 500 && error != NULL && row->reason == NOTIFY_WHY_NOT_READABLE)
		row = &refused;
	notify_row_reply(row, answer, error != NULL ? error : "from the token endpoint", &reply);
	*why = reply.heard;
	return false;
}
