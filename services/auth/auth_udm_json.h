/* auth_udm_json.h -- what is said to a UDM and an NRF and what they answer, in octets (TS 29.503 5.4, TS 29.510 5.4). Pure.
 *
 * Answers come from the network: nothing of one is used before all of it was checked. Texts given out are literals. */
#ifndef AUTH_UDM_JSON_H
#define AUTH_UDM_JSON_H

#include <stdbool.h>

#include "auth_source.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

/* Which operation of Nudm_UEAuthentication is used. */
enum auth_udm_api {
	AUTH_UDM_HSS,  /* generate-av for an HSS or AAA: AKA and AKA', as SWx gives them */
	AUTH_UDM_AUSF, /* generate-auth-data: AKA' alone, with a 5G serving network's name */
};

#define AUTH_UDM_BODY_MAX 1024
#define AUTH_UDM_URL_MAX 1024
#define AUTH_UDM_ANSWER_MAX 16384
#define AUTH_UDM_TOKEN_MAX 4096 /* octets of an access token */

/* Why this cannot be asked of that operation; NULL: it can. */
const char *auth_udm_unaskable(enum auth_udm_api api, const struct auth_ask *ask);

/* Path and body of the question. `instance` is our NF instance id, only said to AUTH_UDM_AUSF. ES_TOO_LARGE: no room. */
es_status auth_udm_write_url(enum auth_udm_api api, const char *root, const struct auth_ask *ask,
                             struct es_buf *out) ES_MUST_USE;
es_status auth_udm_write_body(enum auth_udm_api api, const char *instance, const struct auth_ask *ask,
                              struct es_buf *out) ES_MUST_USE;

/* The vector in a 200: of the kind asked, for the subscriber asked, each value of its length. ES_MALFORMED: `why` says what is
 * wrong, and *out is untouched. */
es_status auth_udm_read_vector(enum auth_udm_api api, const struct auth_ask *ask, struct es_slice body,
                               struct auth_vector *out, const char **why) ES_MUST_USE;

#define AUTH_UDM_CAUSE_MAX 63
/* The `cause` of a ProblemDetails (TS 29.571 5.2.4.1), "" when there is none that is a name. */
void auth_udm_read_cause(struct es_slice body, char cause[AUTH_UDM_CAUSE_MAX + 1]);

/* What an answer other than 200 says about the subscriber. `has_token`: the request carried one, which a 401 then is about. */
enum auth_source_answer auth_udm_answer_of(long code, const char *cause, bool is_resync, bool has_token);

/* AccessTokenReq, as a form. */
struct auth_udm_client {
	const char *instance, *nf_type, *scope;
};
es_status auth_udm_write_token_request(const struct auth_udm_client *client, struct es_buf *out) ES_MUST_USE;
/* AccessTokenRsp: a bearer token (NUL-terminated into `token`, at most AUTH_UDM_TOKEN_MAX octets) and its life in seconds, 0
 * when the NRF does not say. ES_MALFORMED, ES_TOO_LARGE. */
es_status auth_udm_read_token(struct es_slice body, struct es_buf *token, int64_t *life_s) ES_MUST_USE;

#endif
