/* es_fetch.h -- outgoing HTTP over libcurl: asynchronous, bounded, with a deadline for every request.
 *
 * One thread per fetcher drives libcurl. A request's callback runs on it, once, at the deadline at the latest however
 * slowly the peer sends, and may not block; it may ask again. HTTP/2 is used where the peer offers it (ALPN) or the target
 * says so (prior knowledge, as the 5G core's); requests to one target share its connections. Redirects are never followed,
 * proxies, .netrc and cookies never used, certificates always checked against the target's CA file (or the system's), TLS
 * is 1.2 or later, answers are bounded in octets, headers (16 KiB) included. A connection on which sent octets are not
 * acknowledged for 5 s is given up, so that a dead one does not keep taking requests.
 *
 * libcurl sends a request again by itself when a kept connection turns out to be closed before any octet of the answer:
 * what may not be asked twice is `is_once`. Start the fetcher after forking; any thread may ask. */
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
/* Ends every request under way with ES_UNAVAILABLE, joins the thread after their callbacks, frees the targets. A callback
 * that asks meanwhile gets ES_UNAVAILABLE. Not from a callback; NULL is fine. */
void es_fetcher_stop(struct es_fetcher *fetcher);

#define ES_FETCH_TARGETS_MAX 512

/* A peer with its TLS identity: freed with the fetcher. Files are read at each new connection, so that renewed ones are
 * taken up; the CA file at most once a minute. What cannot be read is an error here already. */
struct es_fetch_target_options {
	const char *name;                 /* "udm-1": for logs */
	const char *ca_file;              /* NULL: the system's */
	const char *cert_file, *key_file; /* client certificate; NULL: none */
	bool http2_prior_knowledge;       /* http:// URLs are asked in HTTP/2 at once */
	uint32_t connections_max;         /* to all its hosts together; requests beyond wait. 0: 4 */
	uint32_t streams_max;             /* requests at once on one connection of HTTP/2, if the peer allows. 0: 100 */
	bool plain_http;                  /* http:// URLs are allowed; otherwise https:// alone */
};
es_status es_fetch_target_new(struct es_fetcher *fetcher, const struct es_fetch_target_options *options,
                              struct es_fetch_target **out, struct es_buf *error) ES_MUST_USE;

struct es_fetch_header {
	const char *name, *value;
};

struct es_fetch_answer {
	/* ES_OK: an HTTP answer came, whatever its code. ES_TIMEOUT, ES_UNAVAILABLE (no connection, certificate, stopped),
	 * ES_TOO_LARGE, ES_MALFORMED: no answer, and what follows is empty but for `why`. */
	es_status status;
	long code;                    /* HTTP status */
	struct es_slice body;         /* this and the others valid during the callback */
	struct es_slice content_type; /* as sent, "application/json; charset=utf-8"; empty: none */
	struct es_slice location;     /* of a resource that was made; empty: none */
	struct es_slice noted;        /* value of the header `note` of the request; empty: none */
	bool is_unsent;               /* no connection to send it on was had; certain with is_once alone */
	int64_t retry_after_s;        /* from either of its forms, at most a day; -1: none */
	int64_t max_age_s;            /* of Cache-Control, at most a year; 0 with no-store or no-cache; -1: none */
	const char *why;              /* for logs, never NULL */
};
typedef void es_fetch_done(const struct es_fetch_answer *answer, void *user);

struct es_fetch_request {
	const char *method;                    /* "GET", "POST", "PUT", "PATCH", "DELETE" */
	const char *url;                       /* at most 2048 octets, no user in it */
	const struct es_fetch_header *headers; /* Content-Type is only sent when it is here */
	size_t header_count;
	struct es_slice body;
	const char *note;             /* a header of the answer to be told; a literal. NULL: none */
	size_t answer_max;            /* octets; 0: 64 KiB */
	int64_t deadline;             /* wall ms; more than an hour ahead counts as an hour */
	const struct es_trace *trace; /* a child of it is sent as traceparent; may be NULL */
	bool
		is_once; /* on a connection of its own, so that libcurl never sends it a second time; not with prior knowledge */
	bool is_secret; /* our copies of request and answer are wiped; libcurl's own buffers are its business */
};
/* Copies the request. ES_BUSY: too many under way; ES_MALFORMED: not a URL this target may ask, or a header that is none;
 * ES_UNAVAILABLE: stopping; ES_TOO_LARGE: no memory. `done` then never runs. */
es_status es_fetch(struct es_fetch_target *target, const struct es_fetch_request *request, es_fetch_done *done,
                   void *user) ES_MUST_USE;

#endif
