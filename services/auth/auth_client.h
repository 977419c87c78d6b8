/* auth_client.h -- the OAuth 2.0 token endpoint for servers (TS.43 2.8.3): who is this client, and what may it have? */
#ifndef AUTH_CLIENT_H
#define AUTH_CLIENT_H

#include "auth_client_form.h"
#include "auth_env.h"

#define AUTH_CLIENT_APP_SCOPE "app_token" /* asked for alone: the token is an app token (TS.43 14.2) */
#define AUTH_CLIENT_LIFE_MAX_S 300        /* of an assertion, and of a token made of a token */

/* Inputs live in the task's arena. */
struct auth_client_request {
	const struct auth_client_param *params;
	size_t param_count;
	struct es_slice host, path; /* of the endpoint, as the client names it: host with port, where it did */
	struct es_slice call;       /* idempotency key */
};

struct auth_client_token {
	enum auth_client_error error;
	const char *why; /* for people; static */
	struct es_slice token, scope;
	int64_t expires_in_s;
};
void auth_client_token(struct auth_task *task, const struct auth_client_request *in, struct auth_client_token *out);
void auth_client_metrics(void);

#endif
