/* es_fetch.h -- outgoing HTTP over libcurl: asynchronous, bounded, with a deadline for every request.
 *
 * One thread per fetcher drives libcurl's multi interface. A request's callback runs on it, once, at the deadline at the
 * latest, and may not block. HTTP/2 is used where the peer offers it (ALPN) or the target says so (prior knowledge, as the
 * 5G core's); requests to one target share connections. Redirects are never followed, proxies and .netrc never used,
 * certificates always checked against the target's CA file (or the system's), answers bounded in octets and headers.
 *
 * Start it after forking; any thread may ask. */
#ifndef ES_FETCH_H
#define ES_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"
#include "es_trace.h"

struct es_fetcher;
struct es_fetch_target;

struct es_fetcher_options {
	const char *name;       /* of the thread; for logs */
	uint32_t in_flight_max; /* requests taken and not answered; more: ES_BUSY. 0: 256 */
};
es_status es_fetcher_start(const struct es_fetcher_options *options, struct es_fetcher **out,
                           struct es_buf *error) ES_MUST_USE;
/* Ends every request under way with ES_UNAVAILABLE, after its callback joins the thread, frees the targets. */
void es_fetcher_stop(struct es_fetcher *fetcher);

/* A peer with its TLS identity: made at start, freed with the fetcher. Files are read at each new connection. */
struct es_fetch_target_options {
	const char *name;                 /* "udm-1": for logs and metrics */
	const char *ca_file;              /* NULL: the system's */
	const char *cert_file, *key_file; /* client certificate; NULL: none */
	bool http2_prior_knowledge;       /* cleartext HTTP/2, or HTTP/2 without ALPN */
	uint32_t connections_max;         /* 0: 4 */
	bool plain_http;                  /* http:// URLs are allowed; otherwise https:// alone */
};
es_status es_fetch_target_new(struct es_fetcher *fetcher, const struct es_fetch_target_options *options,
                              struct es_fetch_target **out, struct es_buf *error) ES_MUST_USE;

struct es_fetch_header {
	const char *name, *value;
};

struct es_fetch_answer {
	es_status
		status; /* ES_OK: an HTTP answer came, whatever its code. ES_TIMEOUT, ES_UNAVAILABLE, ES_TOO_LARGE, ES_MALFORMED */
	long code;            /* HTTP status */
	struct es_slice body; /* valid during the callback */
	struct es_slice content_type;
	int64_t retry_after_s; /* -1: none */
	int64_t max_age_s;     /* Cache-Control; -1: none */
	const char *why;       /* for logs, never NULL */
};
typedef void es_fetch_done(const struct es_fetch_answer *answer, void *user);

struct es_fetch_request {
	const char *method; /* "GET", "POST" */
	const char *url;
	const struct es_fetch_header *headers;
	size_t header_count;
	struct es_slice body;
	size_t answer_max;            /* octets; 0: 64 KiB */
	int64_t deadline;             /* wall ms */
	const struct es_trace *trace; /* sent as traceparent; may be NULL */
	bool is_secret;               /* body and answer are wiped */
};
/* Copies the request. ES_BUSY: too many under way; ES_MALFORMED: not a URL this target may ask. `done` then never runs. */
es_status es_fetch(struct es_fetch_target *target, const struct es_fetch_request *request, es_fetch_done *done,
                   void *user) ES_MUST_USE;

#endif
