/* notify_oauth.h -- access tokens of providers (RFC 6749, RFC 7523): what is asked, what is answered. Pure. */
#ifndef NOTIFY_OAUTH_H
#define NOTIFY_OAUTH_H

#include "es_buf.h"
#include "notify_provider.h"

/* The claims of an assertion, to be signed. */
void notify_oauth_claims(const char *issuer, const char *scope, const char *audience, int64_t now_s,
                         struct es_buf *out);
/* The form's body around the assertion. */
void notify_oauth_assertion_form(struct es_slice assertion, struct es_buf *out);
void notify_oauth_client_form(const char *client_id, struct es_slice secret, const char *scope, struct es_buf *out);

/* True: `bearer` is the value of an Authorization header, good for `life_ms`. False: `why` says what becomes of messages. */
bool notify_oauth_read(const struct notify_answer *answer, struct es_buf *bearer, int64_t *life_ms,
                       struct notify_heard *why);

#endif
