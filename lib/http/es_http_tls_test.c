/* es_http_tls_test.c -- versions, resumption, handshakes and client certificates. */
#include <gnutls/gnutls.h>

#include "es_http_test_kit.h"

static char pki[] = "/tmp/es_http_test.XXXXXX";
static char server_cert[64], server_key[64], ca_cert[64], client_cert[64], client_key[64], alien_cert[64],
	alien_key[64];

static int make_pki(void **state)
{
	static const char script[] =
		"cd %s && exec >log 2>&1 && K='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' && "
		"openssl req -x509 $K -keyout ca.key -out ca.pem -subj /CN=ca -days 2 && "
		"for n in server client; do "
		"openssl req $K -keyout $n.key -out $n.csr -subj /CN=$n && "
		"printf 'extendedKeyUsage=%%sAuth\\n' $n >$n.ext && "
		"openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $n.pem -days 2 -extfile $n.ext || "
		"exit 1; "
		"done && openssl req -x509 $K -keyout alien.key -out alien.pem -subj /CN=client -days 2";
	char command[1024];

	(void)state;
	if (mkdtemp(pki) == NULL)
		return -1;
	snprintf(command, sizeof(command), script, pki);
	snprintf(server_cert, sizeof(server_cert), "%s/server.pem", pki);
	snprintf(server_key, sizeof(server_key), "%s/server.key", pki);
	snprintf(client_cert, sizeof(client_cert), "%s/client.pem", pki);
	snprintf(client_key, sizeof(client_key), "%s/client.key", pki);
	snprintf(alien_cert, sizeof(alien_cert), "%s/alien.pem", pki);
	snprintf(alien_key, sizeof(alien_key), "%s/alien.key", pki);
	snprintf(ca_cert, sizeof(ca_cert), "%s/ca.pem", pki);
	return system(command);
}

static int remove_pki(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", pki);
	return system(command);
}

#define FINGERPRINT_ROOM 128

struct tls_client {
	const char *priorities, *cert, *key;
	const char *request;   /* NULL: GET / */
	char *body;            /* room for an answer's body; NULL: not wanted */
	gnutls_datum_t ticket; /* in: session to resume; out: the new one */
	bool is_resumed;
};

static void hear_all(gnutls_session_t session, char *answer, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = gnutls_record_recv(session, answer + len, size - 1 - len)) != 0) {
		if (n < 0 && n != GNUTLS_E_AGAIN)
			return;
		len += n > 0 ? (size_t)n : 0;
	}
}

/* The status of its request, 0 when the handshake failed. */
static unsigned tls_ask(const struct es_http_server *server, struct tls_client *client)
{
	const char *request = client->request != NULL ? client->request : GET END;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	char answer[1024] = "";
	int fd = dial(server), result;

	gnutls_certificate_allocate_credentials(&credentials);
	if (client->cert != NULL)
		assert_int_equal(
			gnutls_certificate_set_x509_key_file(credentials, client->cert, client->key, GNUTLS_X509_FMT_PEM), 0);
	gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT);
	assert_int_equal(gnutls_priority_set_direct(session, client->priorities, NULL), 0);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	if (client->ticket.data != NULL) {
		gnutls_session_set_data(session, client->ticket.data, client->ticket.size);
		gnutls_free(client->ticket.data);
		client->ticket = (gnutls_datum_t){ NULL, 0 };
	}
	gnutls_transport_set_int(session, fd);
	do
		result = gnutls_handshake(session);
	while (result < 0 && !gnutls_error_is_fatal(result));
	if (result == GNUTLS_E_SUCCESS) {
		client->is_resumed = gnutls_session_is_resumed(session) != 0;
		gnutls_record_send(session, request, strlen(request));
		hear_all(session, answer, sizeof answer);
		if (client->body != NULL && strstr(answer, "\r\n\r\n") != NULL)
			snprintf(client->body, FINGERPRINT_ROOM, "%s", strstr(answer, "\r\n\r\n") + 4);
		gnutls_session_get_data2(session, &client->ticket);
	}
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	close(fd);
	return result == GNUTLS_E_SUCCESS ? status_of(answer) : 0;
}

static void tls_1_2_and_1_3_are_spoken_and_sessions_resumed_older_ones_refused(void **state)
{
	static const struct {
		const char *priorities;
		unsigned status;
	} rows[] = {
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", 200 },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", 200 },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.1", 0 },
		{ "NORMAL:-VERS-ALL:+VERS-TLS1.0", 0 },
	};
	struct es_http_server *server =
		start((struct es_http_options){ .threads = 1, .cert_file = server_cert, .key_file = server_key });

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct tls_client client = { .priorities = rows[i].priorities };

		assert_int_equal(tls_ask(server, &client), rows[i].status);
		assert_false(client.is_resumed);
		if (rows[i].status != 0) {
			assert_int_equal(tls_ask(server, &client), 200);
			assert_true(client.is_resumed);
		}
		gnutls_free(client.ticket.data);
	}
	es_http_stop(server, 1000);
}

static void a_stop_ends_handshakes_that_wait_for_their_peer(void **state)
{
	struct es_http_server *server =
		start((struct es_http_options){ .threads = 1, .cert_file = server_cert, .key_file = server_key });
	struct tls_client client = { .priorities = "NORMAL" };
	int fds[3];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(fds); i++) {
		fds[i] = dial(server);
		say(fds[i], ES_SLICE_LIT("\x16\x03\x01"));
	}
	/* The only thread serves another one, so it has met those before. */
	assert_int_equal(tls_ask(server, &client), 200);
	gnutls_free(client.ticket.data);
	es_http_stop(server, 0);
	for (size_t i = 0; i < ES_COUNT(fds); i++) {
		free(hear(fds[i]));
		close(fds[i]);
	}
}

static void a_client_certificate_is_enforced_where_one_is_required(void **state)
{
	const struct {
		const char *cert, *key;
		unsigned status;
	} rows[] = {
		{ NULL, NULL, 403 },
		{ client_cert, client_key, 200 },
		{ alien_cert, alien_key, 403 },   /* self-signed, same name */
		{ server_cert, server_key, 403 }, /* of our authority, but not for clients */
	};
	struct es_http_server *server = start((struct es_http_options){
		.threads = 1, .cert_file = server_cert, .key_file = server_key, .client_ca_file = ca_cert });

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct tls_client client = { .priorities = "NORMAL", .cert = rows[i].cert, .key = rows[i].key };

		assert_int_equal(tls_ask(server, &client), rows[i].status);
		gnutls_free(client.ticket.data);
	}
	es_http_stop(server, 1000);
}

/* As openssl prints it, without its colons. */
static void read_fingerprint(const char *cert, char out[FINGERPRINT_ROOM])
{
	char command[256];

	snprintf(command, sizeof command,
	         "openssl x509 -in %s -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f | tr -d '\\n'",
	         cert);
	FILE *said = popen(command, "r");
	assert_non_null(said);
	assert_non_null(fgets(out, FINGERPRINT_ROOM, said));
	assert_int_equal(pclose(said), 0);
}

static void the_handler_learns_whose_certificate_it_is(void **state)
{
	char body[FINGERPRINT_ROOM], wanted[FINGERPRINT_ROOM];
	struct tls_client client = { .priorities = "NORMAL",
		                         .cert = client_cert,
		                         .key = client_key,
		                         .request = "GET /fingerprint HTTP/1.1\r\nHost: a\r\n" END,
		                         .body = body };
	struct es_http_server *server = start((struct es_http_options){
		.threads = 1, .cert_file = server_cert, .key_file = server_key, .client_ca_file = ca_cert });

	(void)state;
	read_fingerprint(client_cert, wanted);
	assert_int_equal(tls_ask(server, &client), 200);
	assert_string_equal(body, wanted);
	gnutls_free(client.ticket.data);
	es_http_stop(server, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_1_2_and_1_3_are_spoken_and_sessions_resumed_older_ones_refused),
		cmocka_unit_test(a_stop_ends_handshakes_that_wait_for_their_peer),
		cmocka_unit_test(a_client_certificate_is_enforced_where_one_is_required),
		cmocka_unit_test(the_handler_learns_whose_certificate_it_is),
	};

	return cmocka_run_group_tests_name("es_http_tls", tests, make_pki, remove_pki);
}
