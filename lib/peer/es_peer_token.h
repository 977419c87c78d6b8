/* es_peer_token.h -- access tokens by client credentials (RFC 6749 4.4) for systems that are asked over HTTP. Any thread.
 * Of a peer that needs one: es_peer_prepare() asks for it. */
#ifndef ES_PEER_TOKEN_H
#define ES_PEER_TOKEN_H

#include "es_fetch.h"

struct es_peer_settings;
struct es_peer_token;
/* The settings outlive the token. */
es_status es_peer_token_new(struct es_fetcher *fetcher, const struct es_peer_settings *config, const char *name,
                            struct es_peer_token **out, struct es_buf *error) ES_MUST_USE;
void es_peer_token_free(struct es_peer_token *token); /* when the fetcher has ended; NULL is fine */
/* The next one is asked for anew: the one given was refused. */
void es_peer_token_drop(struct es_peer_token *token);
/* `done` runs once, here or on the fetcher's thread; `bearer` is "Bearer ...", NULL with `why`. */
typedef void es_peer_token_done(const char *bearer, const char *why, void *user);
void es_peer_token_get(struct es_peer_token *token, int64_t deadline, es_peer_token_done *done, void *user);

#endif
