/* notify_oauth.c -- forms of token requests and their answers. Pure. */
#include "notify_oauth.h"

#include "es_bearer.h"
#include "es_cleanup.h"
#include "es_text.h"

#define SECOND INT64_C(1000)
#define ASSERTION_LIFE_S 3600 /* the most that Google takes */

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

static bool read_token(const cJSON *json, struct es_buf *bearer, int64_t *life_ms)
{
	int64_t life_s;
	const char *token = es_bearer_read(json, &life_s);

	if (token == NULL)
		return false;
	*life_ms = life_s * SECOND;
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
