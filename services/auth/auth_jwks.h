/* auth_jwks.h -- the key set of one provider, fetched over HTTP and kept (RFC 7517, OpenID Connect Discovery 3 jwks_uri).
 *
 * Kept as long as the answer's max-age says, within bounds. A kid that is not in it makes it be fetched anew, but not more
 * often than once in 30 s, whatever tokens come. While the provider is away the old keys serve for at most a day after they
 * were fetched. One fetch serves all who wait for it. Any thread. */
#ifndef AUTH_JWKS_H
#define AUTH_JWKS_H

#include <stdint.h>

#include "es_buf.h"
#include "es_fetch.h"
#include "es_jose.h"
#include "es_slice.h"
#include "es_status.h"
#include "es_trace.h"

struct auth_jwks;

/* Times in ms; 0 is what stands beside it. */
struct auth_jwks_options {
	const char *url;
	int64_t keep_min_ms, keep_max_ms; /* 60 s, 24 h: bounds of max-age; without max-age an hour within them */
	int64_t again_ms;                 /* 30 s: least time between fetches for the sake of a kid */
	int64_t retry_ms;                 /* 5 s: least time between fetches after one that failed */
	int64_t fetch_ms;                 /* 5 s: for one fetch */
	int64_t old_max_ms;               /* 24 h: how old keys may get while the provider is away */
	uint32_t waiters_max;             /* 256 */
};

/* `target` must outlive it. ES_TOO_LARGE: no memory. */
es_status auth_jwks_new(struct es_fetch_target *target, const struct auth_jwks_options *options,
                        struct auth_jwks **out) ES_MUST_USE;
/* Only when nobody waits any more: after es_fetcher_stop(), which ends what is under way. NULL is fine. */
void auth_jwks_free(struct auth_jwks *jwks);

/* ES_OK: `keys`, valid during the call, hold the kid. ES_NOT_FOUND: they do not, `keys` NULL. ES_UNAVAILABLE, ES_TIMEOUT,
 * ES_MALFORMED, ES_TOO_LARGE, ES_BUSY: there are none. `why` is for logs, never NULL. */
typedef void auth_jwks_done(es_status status, const struct es_jwks *keys, const char *why, void *user);

/* Runs `done` once: before it returns when the keys are there or cannot be fetched now, else on the fetcher's thread, at the
 * deadline (wall ms) at the latest. `kid` empty: any key will do. At most 255 octets of kid. */
void auth_jwks_get(struct auth_jwks *jwks, struct es_slice kid, int64_t deadline, const struct es_trace *trace,
                   auth_jwks_done *done, void *user);

#endif
