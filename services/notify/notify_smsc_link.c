/* notify_smsc_link.c -- octets to and from an SMSC: names, TCP, TLS; nothing of it waits. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "notify_smsc_int.h"

/* ---- TLS ---- */

static const char *tls_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	return reason != NULL ? reason : "TLS failed";
}

static es_status fail(struct es_buf *error, const char *key, const char *path)
{
	es_put_printf(error, "%s: %s: %s", key, path, tls_reason());
	return ES_UNAVAILABLE;
}

es_status smsc_tls_new(const struct smsc_config *c, SSL_CTX **out, struct es_buf *error)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
	es_status status = ES_OK;

	ERR_clear_error();
	if (tls == NULL)
		return ES_TOO_LARGE;
	(void)SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	(void)SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	if (c->ca_file[0] == '\0' ? SSL_CTX_set_default_verify_paths(tls) != 1
	                          : SSL_CTX_load_verify_file(tls, c->ca_file) != 1)
		status = fail(error, "ca_file", c->ca_file);
	else if (c->cert_file[0] != '\0' && SSL_CTX_use_certificate_chain_file(tls, c->cert_file) != 1)
		status = fail(error, "cert_file", c->cert_file);
	else if (c->key_file[0] != '\0' && SSL_CTX_use_PrivateKey_file(tls, c->key_file, SSL_FILETYPE_PEM) != 1)
		status = fail(error, "key_file", c->key_file);
	if (status == ES_OK)
		*out = tls;
	else
		SSL_CTX_free(tls);
	return status;
}

static bool is_address(const char *name)
{
	uint8_t octets[16];

	return inet_pton(AF_INET, name, octets) == 1 || inet_pton(AF_INET6, name, octets) == 1;
}

/* Files are read anew, so that renewed ones are taken up. */
static const char *begin_tls(struct smsc_link *link)
{
	const struct smsc_config *c = link->smsc->config;
	const char *name = c->server_name[0] != '\0' ? c->server_name : c->host;
	uint8_t room[256];
	struct es_buf error;
	SSL_CTX *tls = NULL;

	es_buf_init_fixed(&error, room, sizeof room);
	if (smsc_tls_new(c, &tls, &error) != ES_OK)
		return "certificates cannot be read";
	link->ssl = SSL_new(tls);
	SSL_CTX_free(tls); /* the connection keeps it */
	if (link->ssl == NULL || SSL_set_fd(link->ssl, link->fd) != 1)
		return "out of memory";
	SSL_set_connect_state(link->ssl);
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(link->ssl), name) == 1 ? NULL : "server_name is none";
	if (SSL_set1_host(link->ssl, name) != 1 || SSL_set_tlsext_host_name(link->ssl, name) != 1)
		return "server_name is none";
	return NULL;
}

/* What a call of OpenSSL that did not succeed waits for. NULL: that; else it failed, and why. */
static const char *tls_wait(struct smsc_link *link, int result)
{
	const int error = SSL_get_error(link->ssl, result);

	link->wants_write = error == SSL_ERROR_WANT_WRITE;
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return NULL;
	if (error == SSL_ERROR_ZERO_RETURN)
		return "the SMSC closed the connection";
	const long verified = SSL_get_verify_result(link->ssl);
	if (verified != X509_V_OK && link->state == LINK_SHAKING)
		return X509_verify_cert_error_string(verified);
	return error == SSL_ERROR_SYSCALL ? "the connection broke" : tls_reason();
}

static void shake_hands(struct smsc_link *link, int64_t now)
{
	ERR_clear_error();
	const int result = SSL_do_handshake(link->ssl);

	link->wants_write = false;
	if (result == 1) {
		smsc_bind_begin(link, now);
		return;
	}
	const char *why = tls_wait(link, result);
	if (why != NULL)
		smsc_bind_drop(link, why, now);
}

/* ---- connecting ---- */

static void connected(struct smsc_link *link, int64_t now)
{
	const int on = 1;

	(void)setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	link->since = now;
	if (link->smsc->config->plain) {
		smsc_bind_begin(link, now);
		return;
	}
	link->state = LINK_SHAKING;
	const char *why = begin_tls(link);
	if (why != NULL)
		smsc_bind_drop(link, why, now);
	else
		shake_hands(link, now);
}

/* From the address on that is next; the last one's fault is the link's. */
static void try_addresses(struct smsc_link *link, int64_t now)
{
	int fault = EADDRNOTAVAIL;

	while (link->address < link->address_count) {
		const size_t i = link->address++;
		link->fd = socket(link->addresses[i].ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (link->fd >= 0 && connect(link->fd, (const struct sockaddr *)&link->addresses[i], link->lengths[i]) == 0) {
			connected(link, now);
			return;
		}
		if (link->fd >= 0 && errno == EINPROGRESS) {
			link->state = LINK_CONNECTING;
			return;
		}
		fault = errno;
		if (link->fd >= 0)
			(void)close(link->fd);
		link->fd = -1;
	}
	smsc_bind_drop(link, strerror(fault), now);
}

static void check_connected(struct smsc_link *link, int64_t now)
{
	int fault = 0;
	socklen_t size = sizeof fault;

	if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &fault, &size) != 0)
		fault = errno;
	if (fault == 0) {
		connected(link, now);
		return;
	}
	if (link->address < link->address_count) {
		(void)close(link->fd);
		link->fd = -1;
		try_addresses(link, now);
		return;
	}
	smsc_bind_drop(link, strerror(fault), now);
}

static size_t keep_addresses(struct smsc_link *link, const struct addrinfo *found)
{
	size_t count = 0;

	for (; found != NULL && count < SMSC_ADDRESSES_MAX; found = found->ai_next) {
		if (found->ai_addrlen > sizeof link->addresses[0])
			continue;
		memcpy(&link->addresses[count], found->ai_addr, found->ai_addrlen);
		link->lengths[count++] = found->ai_addrlen;
	}
	return count;
}

/* On the resolver's thread, or at once where the host is an address. */
static void resolve(void *user)
{
	struct smsc_link *link = user;
	const struct smsc_config *c = link->smsc->config;
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char port[8];

	(void)snprintf(port, sizeof port, "%u", c->port & 0xffff);
	const bool is_found = getaddrinfo(c->host, port, &hints, &found) == 0;
	link->address_count = is_found ? keep_addresses(link, found) : 0;
	if (is_found)
		freeaddrinfo(found);
	(void)pthread_mutex_lock(&link->smsc->lock);
	link->is_resolving = false;
	link->is_resolved = true;
	(void)pthread_mutex_unlock(&link->smsc->lock);
	smsc_kick(link->smsc);
}

static bool take_resolved(struct smsc_link *link)
{
	(void)pthread_mutex_lock(&link->smsc->lock);
	const bool is_resolved = link->is_resolved;
	if (is_resolved)
		link->is_resolved = false;
	(void)pthread_mutex_unlock(&link->smsc->lock);
	return is_resolved;
}

void smsc_link_start(struct smsc_link *link, int64_t now)
{
	(void)pthread_mutex_lock(&link->smsc->lock);
	const bool is_under_way = link->is_resolving || link->is_resolved; /* of a try that was given up */
	if (!is_under_way)
		link->is_resolving = true;
	(void)pthread_mutex_unlock(&link->smsc->lock);

	link->state = LINK_RESOLVING;
	link->since = now;
	link->address = 0;
	if (is_under_way)
		return;
	if (is_address(link->smsc->config->host)) {
		resolve(link);
		smsc_link_step(link, 0, now);
	} else if (es_worker_submit(link->smsc->resolver, resolve, link) != ES_OK) {
		(void)pthread_mutex_lock(&link->smsc->lock);
		link->is_resolving = false;
		(void)pthread_mutex_unlock(&link->smsc->lock);
		smsc_bind_drop(link, "the name cannot be looked up now", now);
	}
}

/* ---- octets ---- */

/* Octets read; 0: none for now; -1: the link was dropped. */
static ssize_t read_some(struct smsc_link *link, int64_t now)
{
	uint8_t *at = link->in + link->in_len;
	const size_t room = sizeof link->in - link->in_len;
	const char *why = NULL;
	ssize_t n;

	if (link->ssl != NULL) {
		ERR_clear_error();
		n = SSL_read(link->ssl, at, (int)room);
		if (n <= 0)
			why = tls_wait(link, (int)n);
	} else {
		n = recv(link->fd, at, room, 0);
		if (n == 0)
			why = "the SMSC closed the connection";
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			why = strerror(errno);
	}
	if (n > 0) {
		link->in_len += (size_t)n;
		return n;
	}
	if (why == NULL)
		return 0;
	smsc_bind_drop(link, why, now);
	return -1;
}

/* Bounded, so that an SMSC that never ends does not keep the other binds waiting. */
static void read_all(struct smsc_link *link, int64_t now)
{
	for (int i = 0; i < 8; i++)
		if (read_some(link, now) <= 0 || !smsc_bind_received(link, now))
			return;
}

void smsc_link_flush(struct smsc_link *link, int64_t now)
{
	const char *why = NULL;

	link->wants_write = false;
	while (why == NULL && link->fd >= 0 && link->out_done < link->out.len) {
		const uint8_t *at = link->out.ptr + link->out_done;
		const size_t left = link->out.len - link->out_done;
		ssize_t n;
		if (link->ssl != NULL) {
			ERR_clear_error();
			n = SSL_write(link->ssl, at, (int)left);
			why = n > 0 ? NULL : tls_wait(link, (int)n);
		} else {
			n = send(link->fd, at, left, MSG_NOSIGNAL);
			why = n >= 0 || errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
		}
		if (n <= 0)
			break;
		link->out_done += (size_t)n;
	}
	if (why != NULL) {
		smsc_bind_drop(link, why, now);
	} else if (link->out_done == link->out.len && link->out.len > 0) {
		es_wipe(link->out.ptr, link->out.len); /* a password or a code */
		es_buf_reset(&link->out);
		link->out_done = 0;
	}
}

void smsc_link_step(struct smsc_link *link, short events, int64_t now)
{
	if (link->state == LINK_RESOLVING) {
		if (take_resolved(link))
			try_addresses(link, now);
	} else if (link->state == LINK_CONNECTING) {
		if (events != 0)
			check_connected(link, now);
	} else if (link->state == LINK_SHAKING) {
		if (events != 0)
			shake_hands(link, now);
	} else if (link->state != LINK_DOWN) {
		if (events != 0)
			read_all(link, now);
		if (link->fd >= 0)
			smsc_link_flush(link, now);
	}
}

short smsc_link_events(const struct smsc_link *link)
{
	if (link->state == LINK_CONNECTING)
		return POLLOUT;
	return (short)(POLLIN | (link->wants_write || link->out_done < link->out.len ? POLLOUT : 0));
}

void smsc_link_close(struct smsc_link *link)
{
	if (link->ssl != NULL) {
		ERR_clear_error();
		if (link->state >= LINK_BINDING)
			(void)SSL_shutdown(link->ssl);
		SSL_free(link->ssl);
		link->ssl = NULL;
	}
	if (link->fd >= 0)
		(void)close(link->fd);
	link->fd = -1;
	link->in_len = link->out_done = 0;
	link->wants_write = false;
	es_buf_wipe(&link->out);
	es_buf_init(&link->out, SMSC_OUT_MAX);
}
