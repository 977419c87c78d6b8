/* ctl_api.h -- the operators' API as its client sees it: one HTTPS connection, JSON both ways, over libcurl.
 *
 * The credential goes over TLS only (plain HTTP is taken for loopback alone) and is wiped with the handle. An answer 503
 * is asked again after its Retry-After, twice; every call of this API may be repeated. One thread. */
#ifndef CTL_API_H
#define CTL_API_H

#include <cjson/cJSON.h>

#include "es_buf.h"
#include "es_status.h"

struct ctl_api;

struct ctl_api_options {
	const char *url, *ca, *cert, *key; /* all but url may be NULL */
	const char *token_file, *token;    /* one of them; the file wins */
};
/* ES_MALFORMED with a sentence in `error`: what is missing or cannot be read. Nothing is sent yet. */
es_status ctl_api_open(const struct ctl_api_options *options, struct ctl_api **out, struct es_buf *error) ES_MUST_USE;
void ctl_api_close(struct ctl_api *api); /* NULL is fine */

struct ctl_answer {
	long status; /* HTTP; 0: nobody answered */
	cJSON *json; /* NULL: no body */
};
void ctl_answer_done(struct ctl_answer *answer);

/* ES_OK below 400. ES_UNAVAILABLE: nobody answered, or 503 to the end. Else ES_DENIED. `out` is filled in each case and
 * the caller's to free; ctl_api_problem() says what happened and what to do. */
es_status ctl_api_call(struct ctl_api *api, const char *method, const char *path, const cJSON *body,
                       struct ctl_answer *out) ES_MUST_USE;
const char *ctl_api_problem(const struct ctl_api *api);

#endif
