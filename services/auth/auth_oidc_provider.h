/* auth_oidc_provider.h -- one provider: its settings, secrets and endpoints, where those are not written down found by
 * discovery and remembered for a while. */
#ifndef AUTH_OIDC_PROVIDER_H
#define AUTH_OIDC_PROVIDER_H

#include <pthread.h>

#include "auth_jwks.h"
#include "auth_oidc.h"
#include "auth_oidc_message.h"
#include "es_jose.h"

struct auth_oidc_provider {
	const char *name;
	const struct auth_oidc_settings *settings;
	struct es_fetch_target *target;
	struct es_jwt_signer *signer; /* private_key_jwt; NULL: none */
	struct es_buf secret;         /* empty: none */

	pthread_mutex_t lock; /* of what follows */
	struct auth_oidc_endpoints endpoints;
	int64_t fresh_until_ms; /* wall; 0: never found. Past it they are looked for again, and used while that fails */
	int64_t next_try_ms;    /* then: not before */
	struct auth_jwks *jwks; /* of endpoints.jwks */
};

struct auth_oidc {
	struct es_fetcher *fetcher;
	struct auth_oidc_provider *providers;
	size_t count;
};

/* NULL when there is none of that name. */
struct auth_oidc_provider *auth_oidc_find(struct auth_oidc *oidc, const char *name);

/* One request to know the endpoints. In the asker's memory until `done`, which runs once, at once or later. */
struct auth_oidc_lookup {
	struct auth_task *task;
	struct auth_oidc_provider *provider;
	void (*done)(struct auth_oidc_lookup *lookup, es_status status);
	struct auth_oidc_endpoints endpoints; /* with ES_OK */
	struct auth_jwks *jwks;               /* lives as long as the provider */
};
void auth_oidc_look_up(struct auth_oidc_lookup *lookup);

/* When a request to this provider has to be answered, so that its answer can still be used. */
int64_t auth_oidc_deadline(const struct auth_oidc_provider *provider, const struct auth_task *task);

/* The body of the token request, and the Authorization header ("": none). Secret. */
es_status auth_oidc_token_request(struct auth_oidc_provider *provider, const struct auth_oidc_endpoints *endpoints,
                                  const struct auth_login *login, struct es_slice code, struct auth_task *task,
                                  struct es_buf *body, struct es_buf *authorization) ES_MUST_USE;

#endif
