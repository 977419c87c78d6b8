/* es_http_wire.c -- what passes between GnuTLS and the socket of a connection.
 *
 * Three things are wrong with the way libmicrohttpd 0.9.75 and GnuTLS use a socket together, and cured here:
 *
 *  - While a handshake waits for its peer, libmicrohttpd goes round in circles: only for application data does it learn
 *    that a socket has run dry. Three octets of a ClientHello cost a processor until the deadline, and every honest
 *    handshake one for a round trip. The connection sleeps instead, and the reaper wakes it.
 *  - A TLS record is read in two pieces, five octets and the rest: here the first read takes all there is.
 *  - Header and body of a reply leave in two system calls and two packets: here the first record waits for the second,
 *    which always follows at once (libmicrohttpd's MHD_send_hdr_and_body_). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "es_http_int.h"

#define READ_AHEAD 4096
#define HOLD_MAX 4096 /* a longer header leaves by itself */

/* ---- from the socket ---- */

static ssize_t take_ahead(struct http_connection *connection, void *data, size_t size)
{
	size_t left = connection->ahead_len - connection->ahead_at, n = left < size ? left : size;

	memcpy(data, connection->ahead + connection->ahead_at, n);
	connection->ahead_at += n;
	if (n == left) {
		free(connection->ahead);
		connection->ahead = NULL;
	}
	return (ssize_t)n;
}

/* At the end of the handshake's data: sleeps until there is more. */
static void wait_for_peer(struct http_connection *connection)
{
	if (http_reaper_wait_for_peer(connection->server->reaper, connection))
		errno = EAGAIN;
	else
		errno = ECONNRESET;
}

static ssize_t read_socket(struct http_connection *connection, void *data, size_t size)
{
	ssize_t n = recv(connection->fd, data, size, 0);

	if (n < 0 && errno == EAGAIN && connection->is_handshaking)
		wait_for_peer(connection);
	return n;
}

static ssize_t pull(gnutls_transport_ptr_t transport, void *data, size_t size)
{
	struct http_connection *connection = transport;
	uint8_t piece[READ_AHEAD];

	if (connection->ahead != NULL)
		return take_ahead(connection, data, size);
	if (size >= READ_AHEAD)
		return read_socket(connection, data, size);
	ssize_t n = read_socket(connection, piece, sizeof(piece));

	if (n <= (ssize_t)size) {
		if (n > 0)
			memcpy(data, piece, (size_t)n);
		return n;
	}
	connection->ahead = malloc((size_t)n - size);
	if (connection->ahead == NULL) {
		errno = ENOMEM;
		return -1;
	}
	memcpy(data, piece, size);
	memcpy(connection->ahead, piece + size, (size_t)n - size);
	connection->ahead_at = 0;
	connection->ahead_len = (size_t)n - size;
	return (ssize_t)size;
}

/* GnuTLS asks before it reads where it could block; ours never does. */
static int pull_timeout(gnutls_transport_ptr_t transport, unsigned ms)
{
	(void)transport;
	(void)ms;
	return 1;
}

static int on_finished(gnutls_session_t session, unsigned type, unsigned when, unsigned is_incoming,
                       const gnutls_datum_t *message)
{
	gnutls_transport_ptr_t in, out;

	(void)type;
	(void)when;
	(void)message;
	gnutls_transport_get_ptr2(session, &in, &out);
	/* In every handshake of 1.2 and 1.3 the client's Finished is the last that the server has to wait for, but it may have
	 * sent its own first. */
	if (is_incoming)
		((struct http_connection *)in)->is_handshaking = false;
	return 0;
}

/* ---- to the socket ---- */

static ssize_t write_socket(const struct http_connection *connection, const giovec_t *parts, size_t count)
{
	struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = count };

	return sendmsg(connection->fd, &message, MSG_NOSIGNAL);
}

static bool hold(struct http_connection *connection, const giovec_t *parts, size_t count, size_t size)
{
	struct es_arena *arena = connection->held_in;
	uint8_t *at = size <= HOLD_MAX ? es_arena_alloc(arena, size) : NULL;

	connection->held_in = NULL;
	if (at == NULL)
		return false;
	connection->held = es_slice_of(at, size);
	for (size_t i = 0; i < count; i++) {
		memcpy(at, parts[i].iov_base, parts[i].iov_len);
		at += parts[i].iov_len;
	}
	return true;
}

/* What is held goes first. GnuTLS hears of its own octets alone. */
static ssize_t write_after_held(struct http_connection *connection, const giovec_t *parts, size_t count)
{
	giovec_t all[8];
	size_t held = connection->held.len;

	if (count >= sizeof(all) / sizeof(*all))
		count = sizeof(all) / sizeof(*all) - 1;
	all[0] = (giovec_t){ .iov_base = (void *)(uintptr_t)connection->held.ptr, .iov_len = held };
	memcpy(&all[1], parts, count * sizeof(*parts));
	ssize_t n = write_socket(connection, all, count + 1);

	if (n < 0)
		return n;
	if ((size_t)n > held) {
		connection->held = (struct es_slice){ NULL, 0 };
		return n - (ssize_t)held;
	}
	connection->held = es_slice_sub(connection->held, (size_t)n, held);
	errno = EAGAIN;
	return -1;
}

static ssize_t push(gnutls_transport_ptr_t transport, const giovec_t *parts, int count)
{
	struct http_connection *connection = transport;
	size_t size = 0;

	if (connection->held.len > 0)
		return write_after_held(connection, parts, (size_t)count);
	if (connection->held_in == NULL)
		return write_socket(connection, parts, (size_t)count);
	for (int i = 0; i < count; i++)
		size += parts[i].iov_len;
	return hold(connection, parts, (size_t)count, size) ? (ssize_t)size
	                                                    : write_socket(connection, parts, (size_t)count);
}

/* ---- the connection ---- */

void http_wire_attach(struct http_connection *connection, gnutls_session_t session)
{
	connection->is_handshaking = true;
	gnutls_transport_set_ptr2(session, connection, connection);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_transport_set_pull_timeout_function(session, pull_timeout);
	gnutls_transport_set_vec_push_function(session, push);
	gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST, on_finished);
}

void http_wire_detach(struct http_connection *connection)
{
	free(connection->ahead);
	connection->ahead = NULL;
}

void http_wire_expect_two(struct http_connection *connection, struct es_arena *arena)
{
	if (connection->server->has_tls)
		connection->held_in = arena;
}

void http_wire_forget(struct http_connection *connection)
{
	connection->held_in = NULL;
	connection->held = (struct es_slice){ NULL, 0 };
}
