/* ph_http.c -- requests out, octets to ph_answer.c, over a socket that never blocks and OpenSSL where the URL says https. */
#include "ph_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_text.h"

enum { HOST_SIZE = 256, REQUEST_MAX = 64 * 1024, READ_SIZE = 32 * 1024, WHY_SIZE = 512 };

/* ---- the server ---- */

struct ph_server {
	const struct ph_http_options *options;
	char host[HOST_SIZE];      /* without port and brackets */
	char authority[HOST_SIZE]; /* as the URL has it: Host */
	bool is_tls, is_address;   /* the host is an IP address */
	struct addrinfo *addresses;
	SSL_CTX *tls;
};

static struct es_slice authority_of(const char *url)
{
	const char *start = strstr(url, "://");

	if (start == NULL)
		return (struct es_slice){ 0 };
	return es_slice_of(start + 3, strcspn(start + 3, "/?#"));
}

const char *ph_url_path(const char *url)
{
	struct es_slice authority = authority_of(url);
	const char *path = authority.ptr == NULL ? "" : (const char *)authority.ptr + authority.len;

	return *path == '/' ? path : "/";
}

/* Splits "host", "host:port", "[::1]:port". */
static es_status parse_authority(struct es_slice text, struct ph_server *server, char port[8])
{
	struct es_slice host, rest;

	if (text.len == 0 || text.len >= HOST_SIZE)
		return ES_MALFORMED;
	memcpy(server->authority, text.ptr, text.len);
	if (text.ptr[0] == '[') {
		rest = es_slice_sub(text, 1, text.len);
		host = es_slice_cut(&rest, ']');
		if (rest.len > 0 && rest.ptr[0] != ':')
			return ES_MALFORMED;
		rest = rest.len > 0 ? es_slice_sub(rest, 1, rest.len) : (struct es_slice){ 0 };
	} else {
		rest = text;
		host = es_slice_cut(&rest, ':');
	}
	uint32_t number = server->is_tls ? 443 : 80;
	if (rest.ptr != NULL)
		ES_TRY(es_parse_u32(rest, 1, 65535, &number));
	if (host.len == 0)
		return ES_MALFORMED;
	memcpy(server->host, host.ptr, host.len);
	(void)snprintf(port, 8, "%u", number);
	uint8_t address[16];
	server->is_address =
		inet_pton(AF_INET, server->host, address) == 1 || inet_pton(AF_INET6, server->host, address) == 1;
	return ES_OK;
}

static void put_tls_reason(struct es_buf *error)
{
	char text[128];
	unsigned long code = ERR_get_error();

	ERR_error_string_n(code, text, sizeof text);
	const char *reason = ERR_reason_error_string(code);
	es_put_str(error, reason != NULL ? reason : text);
	ERR_clear_error();
}

static es_status set_up_tls(struct ph_server *server, struct es_buf *error)
{
	const char *ca = server->options->ca;

	server->tls = SSL_CTX_new(TLS_client_method());
	if (server->tls == NULL)
		return ES_TOO_LARGE;
	(void)SSL_CTX_set_min_proto_version(server->tls, TLS1_2_VERSION);
	SSL_CTX_set_verify(server->tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_read_ahead(server->tls, 1); /* header and content of a record in one read */
	if (ca == NULL ? SSL_CTX_set_default_verify_paths(server->tls) == 1
	               : SSL_CTX_load_verify_file(server->tls, ca) == 1)
		return ES_OK;
	es_put_printf(error, "--ca %s: ", ca == NULL ? "of the system" : ca);
	put_tls_reason(error);
	return ES_NOT_FOUND;
}

es_status ph_server_open(const char *url, const struct ph_http_options *options, struct ph_server **out,
                         struct es_buf *error)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct es_slice scheme = es_slice_str(url);
	char port[8];

	scheme = es_slice_cut(&scheme, ':');
	struct ph_server *server = calloc(1, sizeof *server);
	if (server == NULL)
		return ES_TOO_LARGE;
	server->options = options;
	server->is_tls = es_slice_eq_nocase(scheme, ES_SLICE_LIT("https"));
	es_status status = server->is_tls || es_slice_eq_nocase(scheme, ES_SLICE_LIT("http"))
	                       ? parse_authority(authority_of(url), server, port)
	                       : ES_MALFORMED;
	if (status != ES_OK)
		es_put_printf(error, "--url wants https://HOST[:PORT]/PATH, not %s", url);
	if (status == ES_OK) {
		int failed = getaddrinfo(server->host, port, &hints, &server->addresses);
		/* RFC 6761 6.3: that name needs no /etc/hosts, which a new system may not have. */
		if (failed != 0 && strcasecmp(server->host, "localhost") == 0)
			failed = getaddrinfo("127.0.0.1", port, &hints, &server->addresses);
		if (failed != 0) {
			es_put_printf(error, "%s: %s", server->host, gai_strerror(failed));
			status = ES_NOT_FOUND;
		}
	}
	if (status == ES_OK && server->is_tls)
		status = set_up_tls(server, error);
	if (status != ES_OK) {
		ph_server_close(server);
		return status;
	}
	*out = server;
	return ES_OK;
}

void ph_server_close(struct ph_server *server)
{
	if (server == NULL)
		return;
	if (server->addresses != NULL)
		freeaddrinfo(server->addresses);
	SSL_CTX_free(server->tls);
	free(server);
}

/* ---- a connection ---- */

enum state { CLOSED, CONNECTING, SHAKING_HANDS, WRITING, READING, IDLE };

struct ph_conn {
	struct ph_server *server;
	enum state state;
	bool is_busy;   /* a request is under way */
	bool is_reused; /* the connection has answered before: it may have died since */
	int fd;
	unsigned generation;
	const struct addrinfo *address; /* tried now */
	SSL *ssl;
	SSL_SESSION *session; /* to be resumed by the next connection */
	struct es_buf request;
	size_t written;
	int64_t started_us;
	struct ph_answer_reader reader;
	char why[WHY_SIZE];
};

struct ph_conn *ph_conn_new(struct ph_server *server)
{
	struct ph_conn *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->server = server;
	c->fd = -1;
	es_buf_init(&c->request, REQUEST_MAX);
	if (ph_answer_init(&c->reader))
		return c;
	ph_conn_free(c);
	return NULL;
}

/* `keep_session`: the last connection went well. */
static void hang_up(struct ph_conn *c, bool keep_session)
{
	if (c->ssl != NULL) {
		if (keep_session && SSL_is_init_finished(c->ssl) == 1) {
			SSL_SESSION_free(c->session);
			c->session = SSL_get1_session(c->ssl);
			(void)SSL_shutdown(c->ssl);
		}
		SSL_free(c->ssl);
		c->ssl = NULL;
	}
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	c->state = CLOSED;
	c->is_reused = false;
}

void ph_conn_free(struct ph_conn *c)
{
	if (c == NULL)
		return;
	hang_up(c, false);
	SSL_SESSION_free(c->session);
	es_buf_wipe(&c->request);
	ph_answer_free(&c->reader);
	free(c);
}

int ph_conn_fd(const struct ph_conn *c)
{
	return c->fd;
}

unsigned ph_conn_generation(const struct ph_conn *c)
{
	return c->generation;
}

bool ph_conn_is_busy(const struct ph_conn *c)
{
	return c->is_busy;
}

const struct ph_http_answer *ph_conn_answer(const struct ph_conn *c)
{
	return &c->reader.answer;
}

/* The request has no answer; `why` says it. */
static void give_up(struct ph_conn *c)
{
	hang_up(c, false);
	ph_answer_reset(&c->reader);
	c->reader.answer.failure = c->why;
	c->reader.answer.elapsed_us = es_mono_us() - c->started_us;
	c->is_busy = false;
}

void ph_conn_abandon(struct ph_conn *c, const char *why)
{
	(void)snprintf(c->why, sizeof c->why, "%s", why);
	give_up(c);
}

/* ---- connecting ---- */

static bool open_socket(struct ph_conn *c)
{
	static const int on = 1;
	const struct addrinfo *a = c->address;

	c->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
	if (c->fd < 0)
		return false;
	c->generation++;
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return connect(c->fd, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS;
}

/* Tries addresses from the present one on; `last` is why the one before failed. */
static void connect_next(struct ph_conn *c, int last)
{
	for (; c->address != NULL; c->address = c->address->ai_next) {
		if (open_socket(c)) {
			c->state = CONNECTING;
			return;
		}
		last = errno;
		hang_up(c, false);
	}
	(void)snprintf(c->why, sizeof c->why, "cannot connect to %.200s: %s", c->server->authority, strerror(last));
	give_up(c);
}

static void start_connecting(struct ph_conn *c)
{
	c->address = c->server->addresses;
	connect_next(c, EADDRNOTAVAIL);
}

static bool set_up_session(struct ph_conn *c)
{
	const struct ph_server *server = c->server;

	c->ssl = SSL_new(server->tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
		return false;
	if (c->session != NULL)
		(void)SSL_set_session(c->ssl, c->session);
	if (server->is_address)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl), server->host) == 1;
	return SSL_set_tlsext_host_name(c->ssl, server->host) == 1 && SSL_set1_host(c->ssl, server->host) == 1;
}

/* Why TLS came to nothing, in words. */
static void fail_tls(struct ph_conn *c, int code)
{
	struct es_buf b;
	long verified = c->ssl == NULL ? X509_V_OK : SSL_get_verify_result(c->ssl);
	int last = errno;

	es_buf_init_fixed(&b, c->why, sizeof c->why - 1);
	if (verified != X509_V_OK)
		es_put_printf(&b, "the certificate of %s is not trusted: %s (--ca names who signed it)", c->server->authority,
		              X509_verify_cert_error_string(verified));
	else if (code == SSL_ERROR_SSL)
		put_tls_reason(&b);
	else
		es_put_str(&b, code == SSL_ERROR_SYSCALL && last != 0 ? strerror(last) : "the server closed the connection");
	c->why[b.len] = 0;
	ERR_clear_error();
	give_up(c);
}

static bool is_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1;
}

/* The socket is ready: has it connected? */
static void finish_connecting(struct ph_conn *c)
{
	int failed = 0;
	socklen_t len = sizeof failed;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &failed, &len) != 0 || failed != 0) {
		hang_up(c, false);
		c->address = c->address->ai_next;
		connect_next(c, failed);
	} else if (c->server->is_tls && !set_up_session(c)) {
		fail_tls(c, SSL_ERROR_SSL);
	} else {
		c->state = c->server->is_tls ? SHAKING_HANDS : WRITING;
	}
}

/* ---- moving octets ---- */

/* Of a read, a write or a handshake that did not go through. */
enum trouble { NO_TROUBLE, WAIT_READ, WAIT_WRITE, CLOSED_BY_PEER, BROKEN };

static enum trouble trouble_of(struct ph_conn *c, int result, int *code)
{
	if (c->ssl == NULL) {
		*code = SSL_ERROR_SYSCALL;
		if (result == 0)
			return CLOSED_BY_PEER;
		return errno == EAGAIN ? (c->state == READING || c->state == IDLE ? WAIT_READ : WAIT_WRITE) : BROKEN;
	}
	*code = SSL_get_error(c->ssl, result);
	switch (*code) {
	case SSL_ERROR_WANT_READ: return WAIT_READ;
	case SSL_ERROR_WANT_WRITE: return WAIT_WRITE;
	case SSL_ERROR_ZERO_RETURN: return CLOSED_BY_PEER;
	default: return BROKEN;
	}
}

static enum trouble read_some(struct ph_conn *c, uint8_t *into, size_t size, size_t *got, int *code)
{
	errno = 0;
	int n = c->ssl == NULL ? (int)recv(c->fd, into, size, 0) : SSL_read(c->ssl, into, (int)size);

	*got = n > 0 ? (size_t)n : 0;
	return n > 0 ? NO_TROUBLE : trouble_of(c, n, code);
}

static enum trouble write_some(struct ph_conn *c, int *code)
{
	const uint8_t *from = c->request.ptr + c->written;
	size_t left = c->request.len - c->written;

	errno = 0;
	int n = c->ssl == NULL ? (int)send(c->fd, from, left, MSG_NOSIGNAL) : SSL_write(c->ssl, from, (int)left);
	if (n <= 0)
		return trouble_of(c, n, code);
	c->written += (size_t)n;
	return NO_TROUBLE;
}

/* A kept-alive connection that the server closed while the request was on its way was never seen by it: once more. */
static void lose(struct ph_conn *c, int code)
{
	if (c->is_reused && ph_answer_is_empty(&c->reader)) {
		hang_up(c, false);
		c->written = 0;
		start_connecting(c);
		return;
	}
	fail_tls(c, code);
}

static void complete(struct ph_conn *c)
{
	c->reader.answer.elapsed_us = es_mono_us() - c->started_us;
	c->is_busy = false;
	c->is_reused = true;
	c->state = IDLE;
	if (!c->reader.keep_alive || c->server->options->reconnect)
		hang_up(c, true);
}

/* What came for this request. NO_TROUBLE: the answer is complete, or the request has come to another end. */
static enum trouble receive(struct ph_conn *c)
{
	uint8_t bytes[READ_SIZE];
	size_t got = 0;
	int code = SSL_ERROR_NONE;

	for (;;) {
		enum trouble trouble = read_some(c, bytes, sizeof bytes, &got, &code);
		if (trouble == WAIT_READ || trouble == WAIT_WRITE)
			return trouble;
		if (trouble == CLOSED_BY_PEER && !ph_answer_is_empty(&c->reader) && ph_answer_end(&c->reader) == ES_OK) {
			c->reader.keep_alive = false;
			complete(c);
			return NO_TROUBLE;
		}
		if (trouble != NO_TROUBLE) {
			lose(c, code);
			return NO_TROUBLE;
		}
		if (ph_answer_feed(&c->reader, es_slice_of(bytes, got)) != ES_OK) {
			ph_conn_abandon(c, "the answer is not HTTP/1.1 as RFC 9112 has it, or too long");
			return NO_TROUBLE;
		}
		if (c->reader.is_done) {
			complete(c);
			return NO_TROUBLE;
		}
	}
}

/* Nothing is asked for: a ticket, the end of the connection, or something that should not be. */
static void listen_idle(struct ph_conn *c)
{
	uint8_t bytes[64];
	size_t got = 0;
	int code;

	if (read_some(c, bytes, sizeof bytes, &got, &code) != WAIT_READ)
		hang_up(c, got == 0);
	ERR_clear_error();
}

/* One step of the state; NO_TROUBLE: there may be more to do. */
static enum trouble step(struct ph_conn *c)
{
	int code = SSL_ERROR_NONE;
	enum trouble trouble = NO_TROUBLE;

	switch (c->state) {
	case CONNECTING:
		if (!is_ready(c->fd))
			return WAIT_WRITE;
		finish_connecting(c);
		break;
	case SHAKING_HANDS: {
		int n = SSL_connect(c->ssl);
		trouble = n == 1 ? NO_TROUBLE : trouble_of(c, n, &code);
		if (n == 1)
			c->state = WRITING;
		break;
	}
	case WRITING:
		trouble = write_some(c, &code);
		if (trouble == NO_TROUBLE && c->written == c->request.len) {
			c->state = READING;
			return WAIT_READ; /* no answer is there yet: not even a try */
		}
		break;
	case READING: return receive(c);
	case CLOSED:
	case IDLE: return NO_TROUBLE;
	}
	if (trouble == BROKEN || trouble == CLOSED_BY_PEER) {
		lose(c, code);
		return NO_TROUBLE;
	}
	return trouble;
}

enum ph_conn_wants ph_conn_go(struct ph_conn *c)
{
	if (!c->is_busy && c->state == IDLE)
		listen_idle(c);
	while (c->is_busy) {
		enum trouble trouble = step(c);
		if (trouble != NO_TROUBLE)
			return trouble == WAIT_READ ? PH_WANTS_READ : PH_WANTS_WRITE;
	}
	return PH_WANTS_NOTHING;
}

/* ---- a request ---- */

static void put_field(struct es_buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	es_put_str(b, name);
	es_put_str(b, value);
	es_put_str(b, "\r\n");
}

static void write_request(struct ph_conn *c, const struct ph_http_request *r)
{
	const struct ph_http_options *o = c->server->options;
	struct es_buf *b = &c->request;

	es_buf_reset(b);
	es_put_str(b, r->is_post ? "POST " : "GET ");
	es_put_str(b, r->path);
	put_field(b, " HTTP/1.1\r\nHost: ", c->server->authority);
	put_field(b, "User-Agent: ", o->user_agent);
	put_field(b, "Accept: ", r->accept);
	put_field(b, "Accept-Language: ", o->language);
	put_field(b, "Accept-Encoding: ", o->gzip ? "gzip" : NULL);
	put_field(b, "Cookie: ", r->cookie);
	if (r->is_post) {
		put_field(b, "Content-Type: ", r->content_type);
		es_put_printf(b, "Content-Length: %zu\r\n", r->body.len);
	}
	es_put_str(b, "\r\n");
	if (r->is_post)
		es_put_bytes(b, r->body);
}

void ph_conn_send(struct ph_conn *c, const struct ph_http_request *request)
{
	c->started_us = es_mono_us();
	c->written = 0;
	c->is_busy = true;
	ph_answer_reset(&c->reader);
	write_request(c, request);
	if (c->request.bad)
		ph_conn_abandon(c, "the request is too long");
	else if (c->state == IDLE)
		c->state = WRITING;
	else
		start_connecting(c);
}

const struct ph_http_answer *ph_conn_ask(struct ph_conn *c, const struct ph_http_request *request)
{
	ph_conn_send(c, request);
	int64_t deadline_ms = es_mono_ms() + c->server->options->timeout_ms;
	for (enum ph_conn_wants wants; (wants = ph_conn_go(c)) != PH_WANTS_NOTHING;) {
		struct pollfd p = { .fd = c->fd, .events = wants == PH_WANTS_READ ? POLLIN : POLLOUT };
		int64_t left_ms = deadline_ms - es_mono_ms();
		if (left_ms <= 0 || poll(&p, 1, (int)left_ms) == 0)
			ph_conn_abandon(c, "no answer came in time");
	}
	return ph_conn_answer(c);
}
