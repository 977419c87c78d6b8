/* auth_udm_token.h -- the access token an NRF gives for asking a UDM (TS 29.510 5.4.2.2, OAuth 2.0 client credentials).
 *
 * Kept until shortly before its end; fetched once for all who wait for it. Any thread. */
#ifndef AUTH_UDM_TOKEN_H
#define AUTH_UDM_TOKEN_H

#include <stdint.h>

#include "auth_udm_json.h"
#include "es_fetch.h"

struct auth_udm_token;

/* `target` outlives it; texts are copied. ES_TOO_LARGE: no memory. */
es_status auth_udm_token_new(struct es_fetch_target *target, const char *url, const struct auth_udm_client *client,
                             struct auth_udm_token **out) ES_MUST_USE;
/* After es_fetcher_stop(). NULL is fine. */
void auth_udm_token_free(struct auth_udm_token *token);

/* `token`, NUL-terminated, is valid during the call, and NULL when there is none: then `why` (for logs) says more. `number`
 * tells it from those before and after it. */
typedef void auth_udm_token_done(const char *token, uint64_t number, const char *why, void *user);
/* Runs `done` once: before it returns when there is a token or the fetch is refused, else on the fetcher's thread, at the
 * deadline (wall ms) at the latest. How many wait is the caller's to bound. */
void auth_udm_token_get(struct auth_udm_token *token, int64_t deadline, const struct es_trace *trace,
                        auth_udm_token_done *done, void *user);
/* The UDM did not take the one of this number: if it is still the one at hand, the next get fetches another. */
void auth_udm_token_drop(struct auth_udm_token *token, uint64_t number);

#endif
