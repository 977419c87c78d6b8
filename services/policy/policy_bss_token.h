/* policy_bss_token.h -- access tokens by client credentials (RFC 6749 4.4) for systems that are asked over HTTP. Any thread. */
#ifndef POLICY_BSS_TOKEN_H
#define POLICY_BSS_TOKEN_H

#include "es_fetch.h"

#define POLICY_BSS_TOKEN_MAX 4096

/* As a section's keys have it, "" where there is none; the texts outlive the token. */
struct policy_token_access {
	const char *ca_file, *cert_file, *key_file;
	const char *token_url, *client_id, *client_secret_file, *scope;
};

struct policy_bss_token;
es_status policy_bss_token_new(struct es_fetcher *fetcher, const struct policy_token_access *config, const char *name,
                               struct policy_bss_token **out, struct es_buf *error) ES_MUST_USE;
void policy_bss_token_free(struct policy_bss_token *token); /* when the fetcher has ended; NULL is fine */
/* The next one is asked for anew: the one given was refused. */
void policy_bss_token_drop(struct policy_bss_token *token);
/* `done` runs once, here or on the fetcher's thread; `bearer` is "Bearer ...", NULL with `why`. */
typedef void policy_bss_token_done(const char *bearer, const char *why, void *user);
void policy_bss_token_get(struct policy_bss_token *token, int64_t deadline, policy_bss_token_done *done, void *user);

#endif
