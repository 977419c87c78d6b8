/* es_http_tls.c -- the TLS of the HTTP server: what libmicrohttpd leaves out of GnuTLS.
 *
 * libmicrohttpd's default offers TLS 1.0 and 1.1 (hence explicit priorities), issues no session tickets (hence the
 * hook on each new session), and only asks for a client certificate (hence the check on the session itself). */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_http_int.h"
#include "es_text.h"

#define PEM_MAX (256 * 1024)
#define TICKET_KEY_SIZE 64 /* GnuTLS: key name 16, HMAC key 16, cipher key 32 */

static es_status read_all(int fd, size_t size, char *into)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, into + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ES_UNAVAILABLE;
		have += (size_t)n;
	}
	return ES_OK;
}

/* A whole small file, NUL-terminated, on the heap. */
static es_status file_load(const char *path, char **out, struct es_buf *error)
{
	struct stat info;
	es_status status = ES_UNAVAILABLE;
	char *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info) != 0) {
		es_put_printf(error, "%s: %s", path, strerror(errno));
	} else if (!S_ISREG(info.st_mode) || info.st_size <= 0 || info.st_size > PEM_MAX) {
		es_put_printf(error, "%s: not a file of 1 to %d octets", path, PEM_MAX);
		status = ES_MALFORMED;
	} else {
		text = calloc(1, (size_t)info.st_size + 1);
		if (text != NULL)
			status = read_all(fd, (size_t)info.st_size, text);
		if (status != ES_OK)
			es_put_printf(error, "%s: cannot be read", path);
	}
	if (fd >= 0)
		close(fd);
	if (status != ES_OK) {
		free(text);
		return status;
	}
	*out = text;
	return ES_OK;
}

static void secret_free(char **text)
{
	if (*text != NULL) {
		explicit_bzero(*text, strlen(*text));
		free(*text);
		*text = NULL;
	}
}

static es_status ticket_key_load(struct es_http_server *server, struct es_buf *error)
{
	char *text = NULL;
	es_status status;

	if (server->options.ticket_key_file == NULL) {
		if (gnutls_session_ticket_key_generate(&server->ticket_key) == GNUTLS_E_SUCCESS)
			return ES_OK;
		es_put_str(error, "no random numbers for the session ticket key");
		return ES_INTERNAL;
	}
	ES_TRY(file_load(server->options.ticket_key_file, &text, error));
	server->ticket_key.data = gnutls_malloc(TICKET_KEY_SIZE);
	server->ticket_key.size = TICKET_KEY_SIZE;
	status = ES_TOO_LARGE;
	if (server->ticket_key.data != NULL)
		status = es_hex_decode(es_slice_trim(es_slice_str(text)), server->ticket_key.data, TICKET_KEY_SIZE);
	secret_free(&text);
	if (status != ES_OK)
		es_put_printf(error, "%s: not %d hexadecimal digits", server->options.ticket_key_file, 2 * TICKET_KEY_SIZE);
	return status;
}

es_status http_tls_load(struct es_http_server *server, struct es_buf *error)
{
	const struct es_http_options *options = &server->options;

	if (options->cert_file == NULL)
		return ES_OK;
	ES_TRY(file_load(options->cert_file, &server->cert, error));
	ES_TRY(file_load(options->key_file, &server->key, error));
	if (options->client_ca_file != NULL) {
		ES_TRY(file_load(options->client_ca_file, &server->trust, error));
		server->wants_client_certificate = true;
	}
	ES_TRY(ticket_key_load(server, error));
	server->has_tls = true;
	return ES_OK;
}

void http_tls_wipe(struct es_http_server *server)
{
	secret_free(&server->key);
	free(server->cert);
	free(server->trust);
	server->cert = server->trust = NULL;
	if (server->ticket_key.data != NULL) {
		explicit_bzero(server->ticket_key.data, server->ticket_key.size);
		gnutls_free(server->ticket_key.data);
		server->ticket_key.data = NULL;
	}
}

static gnutls_session_t session_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info != NULL ? (gnutls_session_t)info->tls_session : NULL;
}

void http_tls_on_connection(struct http_connection *connection)
{
	struct es_http_server *server = connection->server;
	gnutls_session_t session = session_of(connection->mhd);

	if (session == NULL)
		return;
	http_wire_attach(connection, session);
	/* A resumed session shows no fresh proof of the client's key: none where certificates are required. Failing to
	 * enable tickets costs a full handshake next time and nothing else. */
	if (!server->wants_client_certificate)
		(void)gnutls_session_ticket_enable_server(session, &server->ticket_key);
}

bool es_http_client_fingerprint(const struct es_http_request *r, char out[ES_HTTP_FINGERPRINT + 1])
{
	gnutls_session_t session = session_of(r->mhd);
	unsigned count = 0;
	const gnutls_datum_t *chain = session != NULL ? gnutls_certificate_get_peers(session, &count) : NULL;
	uint8_t digest[ES_HTTP_FINGERPRINT / 2];
	size_t size = sizeof digest;

	if (chain == NULL || count == 0 || gnutls_fingerprint(GNUTLS_DIG_SHA256, &chain[0], digest, &size) != 0)
		return false;
	es_hex_encode(es_slice_of(digest, size), out);
	return true;
}

bool http_tls_peer_is_trusted(struct MHD_Connection *mhd)
{
	gnutls_session_t session = session_of(mhd);
	unsigned char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
	gnutls_typed_vdata_st wanted = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = purpose, .size = sizeof(purpose) - 1 };
	unsigned count = 0, problems = 0;

	if (session == NULL || gnutls_certificate_get_peers(session, &count) == NULL || count == 0)
		return false;
	return gnutls_certificate_verify_peers(session, &wanted, 1, &problems) == GNUTLS_E_SUCCESS && problems == 0;
}
