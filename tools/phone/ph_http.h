/* ph_http.h -- one kept-alive HTTP/1.1 connection to the entitlement server, TLS by OpenSSL. It never blocks: whoever owns
 * it waits for its descriptor, one phone with poll(), a load of them with epoll. One thread at a time. */
#ifndef PH_HTTP_H
#define PH_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "es_slice.h"
#include "es_status.h"

#include "ph_answer.h"

struct ph_http_options {
	const char *ca; /* certificates to trust; NULL: those of the system */
	const char *user_agent;
	const char *language; /* Accept-Language; NULL: none */
	bool gzip, reconnect; /* offer gzip; a new connection for every request */
	unsigned timeout_ms;  /* of one request, for whoever waits */
};

struct ph_http_request {
	bool is_post;
	const char *path;     /* with the query */
	struct es_slice body; /* of a POST */
	const char *accept, *content_type;
	const char *cookie; /* NULL: none */
};

/* ---- the server: its addresses and what TLS needs, shared by all connections ---- */

struct ph_server;

/* `url` is http://... or https://...; its path is none of the server's business. `options` must outlive the server. The
 * reason in `error`: ES_MALFORMED (URL), ES_NOT_FOUND (name, CA file), ES_TOO_LARGE. */
es_status ph_server_open(const char *url, const struct ph_http_options *options, struct ph_server **out,
                         struct es_buf *error) ES_MUST_USE;
void ph_server_close(struct ph_server *server);
/* What follows the authority: "/" when nothing does. Points into `url`. */
const char *ph_url_path(const char *url);

/* ---- a connection ---- */

struct ph_conn;

/* Connects at the first request. NULL: out of memory. */
struct ph_conn *ph_conn_new(struct ph_server *server);
void ph_conn_free(struct ph_conn *conn);

enum ph_conn_wants { PH_WANTS_NOTHING, PH_WANTS_READ, PH_WANTS_WRITE };

/* Begins a request; not while one is under way. */
void ph_conn_send(struct ph_conn *conn, const struct ph_http_request *request);
/* Goes as far as it can without waiting, after ph_conn_send() and whenever the descriptor is ready. PH_WANTS_NOTHING: the
 * answer is there, or no request is under way (the server may have closed an idle connection, which is noticed here). */
enum ph_conn_wants ph_conn_go(struct ph_conn *conn);
/* -1 while there is none. Another one may take its place in ph_conn_go(): `ph_conn_generation` tells. */
int ph_conn_fd(const struct ph_conn *conn);
unsigned ph_conn_generation(const struct ph_conn *conn);
/* Ends the request under way without an answer. */
void ph_conn_abandon(struct ph_conn *conn, const char *why);
bool ph_conn_is_busy(const struct ph_conn *conn);
/* Of the last request, valid until the next one. */
const struct ph_http_answer *ph_conn_answer(const struct ph_conn *conn);

/* All of it, waiting. */
const struct ph_http_answer *ph_conn_ask(struct ph_conn *conn, const struct ph_http_request *request);

#endif
