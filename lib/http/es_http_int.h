/* es_http_int.h -- what the parts of the HTTP server share; nobody outside lib/http includes it.
 *
 *   es_http.c          start, drain, stop; the link to libmicrohttpd
 *   es_http_request.c  the life of one request: headers, body, handler
 *   es_http_reply.c    how a reply leaves
 *   es_http_guard.c    request smuggling hygiene: what is refused before anybody looks at it
 *   es_http_limits.c   connections and rates per address
 *   es_http_reaper.c   a thread that waits for slow peers, and ends those that are too slow
 *   es_http_wire.c     what passes between GnuTLS and the socket
 *   es_http_metrics.c  counters
 *   es_http_tls.c      priorities, session tickets, client certificates */
#ifndef ES_HTTP_INT_H
#define ES_HTTP_INT_H

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "es_http.h"
#include "es_metrics.h"

#define HTTP_ARENA_FIRST 16384
#define HTTP_ARENA_LIMIT (512u * 1024)
#define HTTP_REQUESTS_KEPT 256        /* finished request objects kept for reuse */
#define HTTP_CONNECTION_BUCKETS 1024u /* a power of two */
#define HTTP_NO_DEADLINE INT64_MAX

/* Why a request or connection is refused: label of the metric, status, and the one line the peer is told. */
#define HTTP_REFUSAL_LIST(X)                                                                                           \
	X(NONE, "none", 0, "")                                                                                             \
	X(LINE, "request_line", 400, "the request line is not HTTP/1.1\n")                                                 \
	X(LAYOUT, "layout", 400, "NUL, bare LF or a folded line in the header\n")                                          \
	X(FIELD, "field", 400, "a header field is malformed\n")                                                            \
	X(HOST, "host", 400, "exactly one valid Host is required\n")                                                       \
	X(LENGTH, "content_length", 400, "Content-Length is malformed or repeated\n")                                      \
	X(CODING, "transfer_encoding", 400, "Transfer-Encoding is not understood\n")                                       \
	X(TARGET, "target", 400, "the request target is malformed\n")                                                      \
	X(CERTIFICATE, "client_certificate", 403, "a valid client certificate is required\n")                              \
	X(BODY, "body_size", 413, "the body is too large\n")                                                               \
	X(RATE, "rate", 429, "too many requests\n")                                                                        \
	X(HEADER, "header_size", 431, "the header is too large\n")                                                         \
	X(MEMORY, "memory", 503, "no memory\n")                                                                            \
	X(STOPPING, "stopping", 503, "stopping\n")                                                                         \
	X(ADDRESS, "connections_per_address", 0, "")                                                                       \
	X(SLOW, "slow", 0, "")

enum http_refusal {
#define HTTP_REFUSAL_ENUM(name, label, status, text) HTTP_REFUSE_##name,
	HTTP_REFUSAL_LIST(HTTP_REFUSAL_ENUM)
#undef HTTP_REFUSAL_ENUM
		HTTP_REFUSE_COUNT
};

/* An address as limits see it: IPv4 whole, IPv6 by its /64, the smallest network one customer gets. */
struct http_address {
	uint64_t high, low;
};

struct http_connection {
	struct es_http_server *server;
	struct http_connection *next, **link; /* chain of its bucket in the registry */
	struct http_address address;
	_Atomic int64_t deadline; /* monotonic ms; past it the socket is shut down */
	struct MHD_Connection *mhd;
	int fd;
	bool is_refused;     /* over the limit per address: shut down before the first octet */
	bool is_verified;    /* its client certificate was found good */
	bool is_handshaking; /* TLS, and the peer's last word of the handshake is to come */
	/* es_http_wire.c */
	struct es_arena *held_in; /* set: the next record waits there for the one after it */
	struct es_slice held;
	uint8_t *ahead; /* read from the socket and not yet asked for; heap */
	size_t ahead_at, ahead_len;
	/* es_http_reaper.c: among those whose handshake waits for the peer */
	struct http_connection *next_waiting, **waiting_link;
	char peer[INET6_ADDRSTRLEN];
};

/* The states of a request. The handler side moves to REPLIED, the libmicrohttpd side does everything else;
 * each move is one atomic step, so that whoever comes second knows what is left to do. */
enum http_state {
	HTTP_READING,   /* header and body are coming in */
	HTTP_RUNNING,   /* inside the handler, on libmicrohttpd's thread */
	HTTP_SUSPENDED, /* the handler returned without a reply; the connection sleeps */
	HTTP_REPLIED,   /* the reply is ready to be sent */
	HTTP_ABANDONED, /* stopping: the peer gets 503; the handler's reply is still to come */
	HTTP_GONE,      /* the connection has ended before the reply: es_http_reply() frees the request */
};

struct http_field {
	struct es_slice name, value;
};

struct http_header_out {
	const char *name, *value;
	struct http_header_out *next;
};

struct es_http_request {
	struct es_http_server *server;
	struct http_connection *connection;
	struct MHD_Connection *mhd;
	struct es_http_request *next, **link; /* in the list of active requests, or in the pool (next alone) */
	struct es_arena *arena;
	_Atomic int state;
	bool is_checked;    /* the header was looked at: what follows is body */
	bool is_in_handler; /* counted in the server's in_handler; libmicrohttpd's thread alone looks at it */
	int64_t started_ms;
	struct es_trace trace;
	char peer[INET6_ADDRSTRLEN];
	/* the request */
	const char *raw_target; /* where libmicrohttpd keeps it, for the check of the layout only */
	struct es_slice target; /* a copy, before libmicrohttpd cuts it */
	struct es_slice method, path, query, host;
	struct http_field *fields;
	size_t field_count;
	struct es_buf body;
	/* the reply */
	unsigned status;
	const char *content_type, *reason;
	struct http_header_out *first, **last;
	struct es_slice reply;
	void *reply_heap; /* where a big reply lives; the arena holds the others */
};

struct http_limits;
struct http_reaper;

struct es_http_server {
	struct es_http_options options; /* with defaults filled in */
	struct MHD_Daemon *daemon;
	int listen_fd;
	uint16_t port;
	_Atomic bool is_draining, is_closing;
	/* Requests: those under way and those kept for reuse. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct es_http_request *active, *pool;
	size_t active_count, pool_count;
	_Atomic size_t in_handler; /* requests between the call of the handler and its reply */
	struct http_limits *limits;
	struct http_reaper *reaper;
	size_t metric_row; /* of the server's name */
	/* TLS */
	bool has_tls, wants_client_certificate;
	char *cert, *key, *trust;
	gnutls_datum_t ticket_key;
	/* What libmicrohttpd said while it started, for the error sentence. */
	struct es_buf start_log;
	bool is_starting;
};

/* es_http_request.c */
enum MHD_Result http_on_access(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                               const char *version, const char *upload_data, size_t *upload_data_size, void **con_cls);
void *http_on_target(void *cls, const char *uri, struct MHD_Connection *mhd);
void http_on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode how);
/* Moves every sleeping request to ABANDONED and wakes its connection. */
void http_abandon_sleepers(struct es_http_server *server);
void http_request_free(struct es_http_request *r);

/* es_http_reply.c */
/* Keeps copies of the parts; without memory for them it becomes an empty 500. */
void http_reply_keep(struct es_http_request *r, unsigned status, const char *content_type, struct es_slice body);
enum MHD_Result http_send_reply(struct es_http_request *r);
/* 503 on a connection whose request still belongs to its handler. */
enum MHD_Result http_send_abandoned(struct es_http_request *r);
/* Refusals, before and while the body comes in; the connection ends. */
enum MHD_Result http_refuse(struct es_http_request *r, enum http_refusal why, unsigned wait_s);
enum MHD_Result http_refuse_in_body(struct es_http_request *r, enum http_refusal why);

/* es_http_guard.c */
struct http_head {
	const char *method, *version;
	size_t size; /* octets of request line and header */
};
/* Checks the whole header of the request, and fills method, path, query, host and fields with copies in the arena. */
enum http_refusal http_guard(struct es_http_request *r, const struct http_head *head);
unsigned http_refusal_status(enum http_refusal why);
const char *http_refusal_text(enum http_refusal why);
const char *http_refusal_label(enum http_refusal why);

/* es_http_metrics.c */
void http_metrics_register(struct es_http_server *server);
void http_count_reply(const struct es_http_server *server, unsigned status);
void http_count_refusal(enum http_refusal why);
void http_gauge_connections(int64_t delta);
void http_gauge_requests(int64_t delta);

/* es_http_limits.c */
es_status http_limits_start(struct es_http_server *server) ES_MUST_USE;
void http_limits_stop(struct http_limits *limits); /* NULL is fine */
/* Shuts the sockets down that are past their deadline. */
void http_limits_reap(struct http_limits *limits, int64_t now_ms);
/* Takes a new connection in; over the limit per address it is shut down and marked refused. */
void http_limits_open(struct http_limits *limits, struct http_connection *connection);
void http_limits_close(struct http_limits *limits, struct http_connection *connection);
/* Counts one request of the address: 0, or the seconds after which the next one is welcome. */
unsigned http_limits_take(struct http_limits *limits, struct http_address address, int64_t now_ms);
struct http_address http_address_of(const struct sockaddr *from, char text[INET6_ADDRSTRLEN]);

/* es_http_reaper.c */
es_status http_reaper_start(struct es_http_server *server) ES_MUST_USE;
void http_reaper_stop(struct http_reaper *reaper); /* NULL is fine */
/* The connection sleeps until its peer has sent more of the handshake; false: stopping, it must end. */
bool http_reaper_wait_for_peer(struct http_reaper *reaper, struct http_connection *connection);
/* Ends the handshakes that sleep; afterwards none does. */
void http_reaper_end_handshakes(struct http_reaper *reaper);
/* The connection is about to be closed: if its peer may still be sending, the socket is kept for the time that takes. */
void http_reaper_linger(struct http_reaper *reaper, const struct http_connection *connection);

/* es_http_wire.c */
void http_wire_attach(struct http_connection *connection, gnutls_session_t session);
void http_wire_detach(struct http_connection *connection);
/* The reply about to be sent has a header and a body: they shall leave together. */
void http_wire_expect_two(struct http_connection *connection, struct es_arena *arena);
/* The request and its arena end. */
void http_wire_forget(struct http_connection *connection);

/* es_http_tls.c */
es_status http_tls_load(struct es_http_server *server, struct es_buf *error) ES_MUST_USE;
void http_tls_wipe(struct es_http_server *server);
void http_tls_on_connection(struct http_connection *connection);
/* Whether the peer proved to hold a certificate for clients, signed by the configured authority. */
bool http_tls_peer_is_trusted(struct MHD_Connection *mhd);
#define HTTP_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

#endif
