/* es_http.c -- start, drain and stop of an HTTP server: the link between es_http.h and libmicrohttpd.
 *
 * The order of a stop is libmicrohttpd's order: it aborts the process when it is stopped with sleeping connections. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_http_int.h"
#include "es_log.h"

#define POOL_EXTRA 8192    /* libmicrohttpd's own records of fields and parameters, and the reply's header */
#define LAST_WORDS_MS 1000 /* how long 503s may take to be sent at the end */

/* ---- listening ---- */

static int listen_on(const struct addrinfo *at)
{
	int on = 1, off = 0;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at->ai_family == AF_INET6) /* [::] serves IPv4, too */
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static uint16_t port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = { .any = { .sa_family = AF_UNSPEC } };
	socklen_t size = sizeof(address);

	if (getsockname(fd, &address.any, &size) != 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* "host:port" or "[host]:port", both numeric. */
static es_status open_listener(struct es_http_server *server, struct es_buf *error)
{
	const char *text = server->options.listen, *colon = strrchr(text, ':');
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		                            .ai_socktype = SOCK_STREAM,
		                            .ai_family = AF_UNSPEC };
	struct addrinfo *found = NULL;
	char host[INET6_ADDRSTRLEN + 2];
	size_t len = colon != NULL ? (size_t)(colon - text) : 0;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (colon == NULL || len == 0 || len >= sizeof(host)) {
		es_put_printf(error, "'%s' is not an address and a port to listen on", server->options.listen);
		return ES_MALFORMED;
	}
	memcpy(host, text, len);
	host[len] = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0) {
		es_put_printf(error, "'%s' is not an address and a port to listen on", server->options.listen);
		return ES_MALFORMED;
	}
	server->listen_fd = listen_on(found);
	freeaddrinfo(found);
	if (server->listen_fd < 0) {
		es_put_printf(error, "cannot listen on %s: %s", server->options.listen, strerror(errno));
		return ES_UNAVAILABLE;
	}
	server->port = port_of(server->listen_fd);
	return ES_OK;
}

/* ---- libmicrohttpd's callbacks ---- */

__attribute__((format(printf, 2, 0))) static void on_library_log(void *cls, const char *format, va_list args)
{
	struct es_http_server *server = cls;
	char line[256];

	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\r\n")] = '\0';
	if (server->is_starting)
		es_put_printf(&server->start_log, " (%s)", line);
	else
		es_debug(NULL, "http.microhttpd", es_f_str("server", server->options.name), es_f_str("text", line));
}

/* Parameters are ours to decode (a '+' in a token is a plus): libmicrohttpd would do it in vain. */
static size_t leave_escaped(void *cls, struct MHD_Connection *mhd, char *text)
{
	(void)cls;
	(void)mhd;
	return strlen(text);
}

static void connection_opened(struct es_http_server *server, struct MHD_Connection *mhd, void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL || info == NULL) {
		if (info != NULL) /* no memory to watch it with: it does not begin */
			shutdown(info->connect_fd, SHUT_RDWR);
		free(connection);
		return;
	}
	connection->server = server;
	connection->mhd = mhd;
	connection->fd = info->connect_fd;
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	connection->address = http_address_of(info != NULL ? info->client_addr : NULL, connection->peer);
	atomic_init(&connection->deadline, es_mono_ms() + server->options.request_ms);
	*context = connection;
	http_gauge_connections(1);
	http_limits_open(server->limits, connection);
	if (server->has_tls)
		http_tls_on_connection(connection);
}

static void connection_closed(struct http_connection *connection)
{
	struct es_http_server *server = connection->server;

	http_limits_close(server->limits, connection);
	if (!connection->is_refused)
		http_reaper_linger(server->reaper, connection);
	http_wire_detach(connection);
	http_gauge_connections(-1);
	free(connection);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
	struct es_http_server *server = cls;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		connection_opened(server, mhd, context);
	} else if (*context != NULL) {
		connection_closed(*context);
		*context = NULL;
	}
}

/* ---- start ---- */

/* Not sysconf(): a program may have that bounded for NNG's sake (es_bus_init). */
static uint32_t processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

static void set_default(uint32_t *value, uint32_t fallback)
{
	if (*value == 0)
		*value = fallback;
}

static void fill_in(struct es_http_options *options)
{
	uint32_t count = processors();

	set_default(&options->threads, count < 4 ? count : 4);
	set_default(&options->connections_max, 4096);
	set_default(&options->body_max, 65536);
	set_default(&options->header_max, 16384);
	set_default(&options->request_ms, 10000);
	set_default(&options->idle_ms, 60000);
}

static es_status daemon_start(struct es_http_server *server, struct es_buf *error)
{
	const struct es_http_options *options = &server->options;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG;
	static char priorities[] = HTTP_TLS_PRIORITIES;
	struct MHD_OptionItem more[8];
	size_t n = 0;

	if (options->threads > 1)
		more[n++] = (struct MHD_OptionItem){ MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)options->threads, NULL };
	if (server->has_tls) {
		flags |= MHD_USE_TLS;
		more[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, server->cert };
		more[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, server->key };
		more[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, priorities };
	}
	if (server->trust != NULL)
		more[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_TRUST, 0, server->trust };
	more[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	es_buf_init(&server->start_log, 1024);
	server->is_starting = true;
	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, http_on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, server,
		MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, server, MHD_OPTION_URI_LOG_CALLBACK, http_on_target, server,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, server, MHD_OPTION_CONNECTION_LIMIT, options->connections_max,
		MHD_OPTION_CONNECTION_TIMEOUT, (options->idle_ms + 999) / 1000, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)options->header_max + POOL_EXTRA, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
	server->is_starting = false;
	if (server->daemon == NULL)
		es_put_printf(error, "the HTTP server %s does not start%.*s", options->name, (int)server->start_log.len,
		              (const char *)(server->start_log.len > 0 ? server->start_log.ptr : (const uint8_t *)""));
	es_buf_free(&server->start_log);
	return server->daemon != NULL ? ES_OK : ES_UNAVAILABLE;
}

static void server_free(struct es_http_server *server)
{
	struct es_http_request *r;

	http_reaper_stop(server->reaper);
	http_limits_stop(server->limits);
	while ((r = server->pool) != NULL) {
		server->pool = r->next;
		http_request_free(r);
	}
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	http_tls_wipe(server);
	pthread_mutex_destroy(&server->lock);
	pthread_cond_destroy(&server->changed);
	free(server);
}

static struct es_http_server *server_new(const struct es_http_options *options)
{
	struct es_http_server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	server->options = *options;
	fill_in(&server->options);
	server->listen_fd = -1;
	pthread_mutex_init(&server->lock, NULL);
	es_cond_init(&server->changed);
	return server;
}

es_status es_http_start(const struct es_http_options *options, struct es_http_server **out, struct es_buf *error)
{
	struct es_http_server *server = server_new(options);
	es_status status;

	if (server == NULL) {
		es_put_str(error, "no memory for the HTTP server");
		return ES_TOO_LARGE;
	}
	http_metrics_register(server);
	status = http_tls_load(server, error);
	if (status == ES_OK)
		status = open_listener(server, error);
	if (status == ES_OK &&
	    ((status = http_limits_start(server)) != ES_OK || (status = http_reaper_start(server)) != ES_OK))
		es_put_str(error, "no thread for the HTTP server");
	if (status == ES_OK)
		status = daemon_start(server, error);
	if (status != ES_OK) {
		server_free(server);
		return status;
	}
	*out = server;
	return ES_OK;
}

uint16_t es_http_port(const struct es_http_server *server)
{
	return server->port;
}

/* ---- stop ---- */

void es_http_drain(struct es_http_server *server)
{
	if (atomic_exchange(&server->is_draining, true))
		return;
	/* From here on connections are refused by the kernel; those that are open are served and told to close. */
	MHD_quiesce_daemon(server->daemon);
	/* Not closed yet: its threads let go of the number when they come by, and somebody else's descriptor may have it then. */
	(void)shutdown(server->listen_fd, SHUT_RDWR);
}

static void wait_until_quiet(struct es_http_server *server, int64_t wait_ms)
{
	const int64_t until = es_mono_ms() + (wait_ms > 0 ? wait_ms : 0);

	pthread_mutex_lock(&server->lock);
	while (server->active_count > 0 && es_cond_wait_until(&server->changed, &server->lock, until))
		;
	pthread_mutex_unlock(&server->lock);
}

void es_http_stop(struct es_http_server *server, int64_t wait_ms)
{
	if (server == NULL)
		return;
	es_http_drain(server);
	wait_until_quiet(server, wait_ms);
	atomic_store(&server->is_closing, true);
	http_abandon_sleepers(server);
	/* No handler starts any more, and everybody asleep has been woken: this ends by itself. */
	pthread_mutex_lock(&server->lock);
	while (atomic_load(&server->in_handler) > 0)
		pthread_cond_wait(&server->changed, &server->lock);
	pthread_mutex_unlock(&server->lock);
	wait_until_quiet(server, LAST_WORDS_MS);
	http_reaper_end_handshakes(server->reaper);
	MHD_stop_daemon(server->daemon);
	server_free(server);
}
