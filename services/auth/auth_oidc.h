/* auth_oidc.h -- OpenID Connect (TS.43 2.8.2): the providers of the core file, and the two calls of a login.
 *
 * Nothing waits on a thread: the provider is asked through lib/fetch, each time with a deadline. A provider that is slow,
 * gone or talks nonsense fails the call with ES_UNAVAILABLE, and the client may come back with the same answer. */
#ifndef AUTH_OIDC_H
#define AUTH_OIDC_H

#include "auth_login.h"
#include "es_config_named.h"
#include "es_fetch.h"

/* `[oidc NAME]` of the core file. */
struct auth_oidc_settings {
	const char *issuer, *authorization_endpoint, *token_endpoint, *jwks_uri, *userinfo_endpoint;
	const char *client_id, *client_secret_file, *private_key_file, *key_id, *client_auth;
	const char *redirect_uri, *scope, *subject_claim, *subject_kind, *ca_file;
	int64_t timeout; /* ms */
};
extern const struct es_conf_section auth_oidc_section;

/* Of all sections those of this kind; secrets and keys are read. `sections` and `fetcher` outlive it. */
es_status auth_oidc_new(const struct es_conf_named *sections, size_t count, struct es_fetcher *fetcher,
                        struct auth_oidc **out, struct es_buf *error) ES_MUST_USE;
void auth_oidc_free(struct auth_oidc *oidc); /* after the fetcher has stopped; NULL is fine */

void auth_oidc_start(struct auth_task *task, const struct auth_login_start *start, struct auth_login_reply *out);

struct auth_oidc_finish {
	struct es_slice state, code, error;
};
void auth_oidc_finish(struct auth_task *task, const struct auth_oidc_finish *finish, struct auth_login_reply *out);

/* The ECS's URL as this provider knows it; empty when there is no such provider (any more). */
struct es_slice auth_oidc_redirect_uri(struct auth_oidc *oidc, const char *provider);

#endif
