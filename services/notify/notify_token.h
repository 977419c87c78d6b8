/* notify_token.h -- access tokens of a push provider (OAuth 2.0): asked of its token endpoint, once for many. */
#ifndef NOTIFY_TOKEN_H
#define NOTIFY_TOKEN_H

#include "notify_oauth.h"
#include "notify_push.h"

/* Writes the form of a request. Any thread. */
typedef es_status notify_token_form(struct es_buf *form, void *user);

struct notify_token {
	struct notify_credential credential;
	notify_token_form *form;
	void *user;
	const char *url;
	struct es_fetch_target *target;
};

void notify_token_init(struct notify_token *token, notify_token_form *form, void *user);
/* When the account has begun; `url` outlives it. */
es_status notify_token_open(struct notify_token *token, struct notify_push *push, const char *name, const char *url,
                            struct es_buf *error) ES_MUST_USE;
void notify_token_destroy(struct notify_token *token);

#endif
