/* es_http.h -- an HTTPS server on libmicrohttpd with its gaps closed (docs/http.md lists them).
 *
 * One request is one object; its handler runs when the whole request is there, on one of the server's threads, and must
 * see to it that es_http_reply() runs exactly once, at once or later, from any thread. A handler never blocks. Requests
 * that are not clean HTTP/1.1 (two Content-Lengths, none or several Hosts, NUL, obs-fold, a body without an end ...)
 * are answered 400 and the connection closed before the handler hears of them; limits on header, body, connections, time
 * to send a request and requests per address are the server's, too. */
#ifndef ES_HTTP_H
#define ES_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"
#include "es_trace.h"

struct es_http_server;
struct es_http_request;

typedef void es_http_handler(struct es_http_request *request, void *user);

struct es_http_options {
	const char *name;                 /* "device", "admin": logs and metrics */
	const char *listen;               /* "0.0.0.0:8443", "[::]:8443" */
	const char *cert_file, *key_file; /* PEM; NULL: plain HTTP (loopback health ports only) */
	const char *client_ca_file;       /* set: a client certificate signed by it is required (mutual TLS) */
	const char *ticket_key_file;      /* 64 octets hex shared by replicas; NULL: a random key of this process */
	uint32_t threads;                 /* 0: number of processors, 4 at most */
	uint32_t connections_max;         /* 0: 4096 */
	uint32_t connections_per_address; /* 0: no limit */
	uint32_t requests_per_minute;     /* per address; 0: no limit. Past it 429 with Retry-After */
	uint32_t body_max;                /* octets; 0: 65536. Past it 413 */
	uint32_t header_max;              /* octets of request line and headers; 0: 16384. Past it 431 or 414 */
	uint32_t request_ms;              /* total time to send one request. 0: 10000 */
	uint32_t idle_ms;                 /* keep-alive. 0: 60000 */
	es_http_handler *handler;
	void *user;
};
es_status es_http_start(const struct es_http_options *options, struct es_http_server **out,
                        struct es_buf *error) ES_MUST_USE;
/* Drain: no new connections, keep-alive answers say Connection: close. */
void es_http_drain(struct es_http_server *server);
/* Waits until no request is in work, wait_ms at most, answers the rest 503, then stops. NULL is fine. */
void es_http_stop(struct es_http_server *server, int64_t wait_ms);
/* The port in use (listen port 0 picks a free one). */
uint16_t es_http_port(const struct es_http_server *server);

/* --- one request. Slices live as long as the request. --- */
struct es_slice es_http_method(const struct es_http_request *r); /* "GET" */
struct es_slice es_http_path(const struct es_http_request *r);   /* decoded, without query; starts with '/' */
struct es_slice es_http_query(const struct es_http_request *r);  /* raw, without '?'; empty when there is none */
struct es_slice es_http_body(const struct es_http_request *r);   /* as sent (Content-Encoding not undone) */
/* The first header of that name (case-insensitive), trimmed; {NULL, 0} when absent. */
struct es_slice es_http_header(const struct es_http_request *r, const char *name);
/* All headers of that name, in order. */
void es_http_headers(const struct es_http_request *r, const char *name, void (*each)(struct es_slice value, void *user),
                     void *user);
struct es_slice es_http_host(const struct es_http_request *r); /* Host without port, lower case */
const char *es_http_peer(const struct es_http_request *r);     /* textual address */
#define ES_HTTP_FINGERPRINT 64
/* SHA-256 of the client's certificate in lower-case hexadecimal, ends with a NUL. False: it has none. In the handler only. */
bool es_http_client_fingerprint(const struct es_http_request *r, char out[ES_HTTP_FINGERPRINT + 1]);
struct es_arena *es_http_arena(struct es_http_request *r); /* 512 KiB at most; lives until the request ended */
const struct es_trace *es_http_trace(const struct es_http_request *r); /* from traceparent, or new */
int64_t es_http_started_ms(const struct es_http_request *r);           /* monotonic */

/* Response under construction, kept in the request: */
void es_http_set_header(struct es_http_request *r, const char *name, const char *value); /* both copied; may repeat */
/* Sends. The body is copied. 405 needs Allow, 503 and 429 need Retry-After: the caller sets them. Date is always there. */
void es_http_reply(struct es_http_request *r, unsigned status, const char *content_type, struct es_slice body);
/* Reason phrase other than the usual one (406 protocol not supported). Call before es_http_reply. */
void es_http_set_reason(struct es_http_request *r, const char *reason);

#endif
