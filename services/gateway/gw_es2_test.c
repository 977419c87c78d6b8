/* gw_es2_test.c -- notifications as an SM-DP+ sends them, by mutual TLS and with a stand-in of esim behind the real bus. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bus.pb-c.h"
#include "es_bus_pb.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "esim.pb-c.h"
#include "gw_es2.h"

#define ANSWER_MAX 65536
#define BOUND_MS 30000
#define PATH "/gsma/rsp2/es2plus/handleDownloadProgressInfo"
#define JSON "-H 'Content-Type: application/json;charset=UTF-8' -H 'X-Admin-Protocol: gsma/rsp/v2.2.0' "

static struct {
	struct es_bus_key *key;
	struct es_bus_server *esim;
	struct gw_clients clients;
	struct gw_config config;
	struct gw_es2 *es2;
	char dir[64], target[96], files[3][96];
	pthread_mutex_t lock; /* of what esim was told */
	char fingerprint[128];
} stage = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The body says how it goes. */
static void on_notified(struct es_bus_call *call, const ProtobufCMessage *message, void *user)
{
	const Openes__NotifiedRequest *request = (const void *)message;
	Openes__NotifiedReply reply;
	uint32_t outcome = 0;

	(void)user;
	openes__notified_reply__init(&reply);
	if (request->body.len == 1 && strncmp(request->function, "handle", 6) == 0)
		outcome = request->body.data[0] - (uint32_t)'0';
	if (outcome == 9) {
		es_bus_fail(call, ES_UNAVAILABLE, "down");
		return;
	}
	(void)pthread_mutex_lock(&stage.lock);
	snprintf(stage.fingerprint, sizeof stage.fingerprint, "%s", request->fingerprint);
	(void)pthread_mutex_unlock(&stage.lock);
	reply.outcome = (Openes__NotifiedReply__Outcome)outcome;
	es_bus_reply(call, &reply.base);
}

static const struct es_bus_method methods[] = {
	{ OPENES__BUS_METHOD__ESIM_NOTIFIED, &openes__notified_request__descriptor, on_notified },
};

static void require(es_status status, struct es_buf *error)
{
	if (status != ES_OK)
		fail_msg("%s: " ES_SLICE_FMT, es_status_name(status), ES_SLICE_ARG(es_buf_slice(error)));
}

/* What a command prints; the caller frees. */
static char *run(const char *command)
{
	char *text = calloc(1, ANSWER_MAX + 1);
	FILE *said = popen(command, "r");

	assert_non_null(text);
	assert_non_null(said);
	(void)!fread(text, 1, ANSWER_MAX, said);
	(void)pclose(said);
	return text;
}

static void make_pki(void)
{
	static const char script[] =
		"cd %s && exec >log 2>&1 && K='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' && "
		"openssl req -x509 $K -keyout ca.key -out ca.pem -subj /CN=ca -days 2 && for n in server client; do "
		"openssl req $K -keyout $n.key -out $n.csr -subj /CN=$n && "
		"printf 'extendedKeyUsage=%%sAuth\\nsubjectAltName=IP:127.0.0.1\\n' $n >$n.ext && "
		"openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $n.pem -days 2 -extfile $n.ext || "
		"exit 1; done";
	char command[1024];

	snprintf(command, sizeof command, script, stage.dir);
	assert_int_equal(system(command), 0);
	snprintf(stage.files[0], sizeof stage.files[0], "%s/server.pem", stage.dir);
	snprintf(stage.files[1], sizeof stage.files[1], "%s/server.key", stage.dir);
	snprintf(stage.files[2], sizeof stage.files[2], "%s/ca.pem", stage.dir);
}

static int set_up(void **state)
{
	static const uint8_t secret[32] = "the bus secret of this test.....";
	const struct timespec moment = { .tv_nsec = 2000000 };
	const int64_t give_up = es_mono_ms() + BOUND_MS;
	struct es_buf error;

	(void)state;
	es_buf_init(&error, 1024);
	snprintf(stage.dir, sizeof stage.dir, "/tmp/gw_es2_test.XXXXXX");
	assert_non_null(mkdtemp(stage.dir));
	make_pki();
	snprintf(stage.target, sizeof stage.target, "ipc://%s/esim", stage.dir);
	stage.key = es_bus_key_from(secret);
	const struct es_bus_server_options server = {
		.url = stage.target, .key = stage.key, .service = "esim", .methods = methods, .method_count = 1
	};
	const struct es_bus_client_options link = { .target = stage.target, .name = "esim", .key = stage.key };
	require(es_bus_server_start(&server, &stage.esim, &error), &error);
	require(es_bus_client_start(&link, &stage.clients.esim, &error), &error);
	while (!es_bus_client_is_ready(stage.clients.esim)) {
		assert_true(es_mono_ms() < give_up);
		(void)nanosleep(&moment, NULL);
	}
	stage.config = (struct gw_config){ .es2_listen = "127.0.0.1:0",
		                               .es2_cert_file = stage.files[0],
		                               .es2_key_file = stage.files[1],
		                               .es2_client_ca_file = stage.files[2],
		                               .call_time = BOUND_MS,
		                               .retry_after_s = 17 };
	require(gw_es2_start(&stage.config, &stage.clients, &stage.es2, &error), &error);
	es_buf_free(&error);
	return 0;
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	gw_es2_drain(stage.es2);
	gw_es2_stop(stage.es2, 1000);
	es_bus_client_stop(stage.clients.esim);
	es_bus_server_stop(stage.esim, 1000);
	es_bus_key_free(stage.key);
	snprintf(command, sizeof command, "rm -rf %s", stage.dir);
	return system(command);
}

/* The caller frees. */
static char *ask(const char *path, const char *options)
{
	char command[1024];

	snprintf(command, sizeof command,
	         "cd %s && curl -s -i --max-time 30 --http1.1 --cacert ca.pem %s 'https://127.0.0.1:%u%s'", stage.dir,
	         options, gw_es2_port(stage.es2), path);
	return run(command);
}

#define MUTUAL "--cert client.pem --key client.key "

static const struct row {
	const char *name, *path, *options;
	unsigned status;
	const char *parts[3];
} rows[] = {
	{ "taken", PATH, MUTUAL JSON "-d 1", 204, { "X-Admin-Protocol: gsma/rsp/v2.2.0\r\n" } },
	{ "version 3", "/gsma/rsp2/es2plus/handleNotification", MUTUAL JSON "-d 1", 204, { NULL } },
	{ "behind a prefix", "/of/ours" PATH, MUTUAL JSON "-d 1", 204, { NULL } },
	{ "without a version", PATH, MUTUAL "-H 'Content-Type: application/json' -d 1", 204, { NULL } },
	{ "not ours", PATH, MUTUAL JSON "-d 4", 204, { NULL } },
	{ "unreadable", PATH, MUTUAL JSON "-d 2", 400, { "X-Admin-Protocol: gsma/rsp/v2.2.0\r\n" } },
	{ "a certificate of nobody", PATH, MUTUAL JSON "-d 3", 403, { NULL } },
	{ "esim is away", PATH, MUTUAL JSON "-d 9", 503, { "Retry-After: 17\r\n" } },
	{ "no certificate", PATH, JSON "-d 1", 403, { NULL } },
	{ "elsewhere", "/gsma/rsp2/es2plus/downloadOrder", MUTUAL JSON "-d 1", 404, { NULL } },
	{ "the name inside another", "/xgsma/rsp2/es2plus/handleNotification", MUTUAL JSON "-d 1", 404, { NULL } },
	{ "GET", PATH, MUTUAL, 405, { "Allow: POST\r\n" } },
	{ "a form", PATH, MUTUAL "-d 1", 415, { NULL } },
	{ "a version that is none",
	  PATH,
	  MUTUAL "-H 'Content-Type: application/json' -H 'X-Admin-Protocol: x' -d 1",
	  204,
	  { NULL } },
};

static void each_notification_gets_the_status_that_its_sender_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		char *answer = ask(rows[i].path, rows[i].options);

		if (strncmp(answer, "HTTP/1.1 ", 9) != 0 || (unsigned)strtoul(answer + 9, NULL, 10) != rows[i].status)
			fail_msg("%s: %s", rows[i].name, answer);
		for (size_t k = 0; k < ES_COUNT(rows[i].parts) && rows[i].parts[k] != NULL; k++)
			if (strstr(answer, rows[i].parts[k]) == NULL)
				fail_msg("%s: '%s' in %s", rows[i].name, rows[i].parts[k], answer);
		assert_null(strstr(answer, "X-Admin-Protocol: x"));
		free(answer);
	}
}

static void esim_is_told_whose_certificate_it_was(void **state)
{
	char command[192];

	(void)state;
	snprintf(command, sizeof command,
	         "openssl x509 -in %s/client.pem -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f",
	         stage.dir);
	char *wanted = run(command), *answer = ask(PATH, MUTUAL JSON "-d 1");
	wanted[strcspn(wanted, "\n")] = '\0';
	(void)pthread_mutex_lock(&stage.lock);
	assert_string_equal(stage.fingerprint, wanted);
	(void)pthread_mutex_unlock(&stage.lock);
	free(wanted);
	free(answer);
}

static void without_an_address_there_is_no_front(void **state)
{
	const struct gw_config config = { .es2_listen = "" };
	struct gw_es2 *es2 = stage.es2;
	struct es_buf error;

	(void)state;
	es_buf_init(&error, 256);
	assert_int_equal(gw_es2_start(&config, &stage.clients, &es2, &error), ES_OK);
	assert_null(es2);
	gw_es2_drain(es2);
	gw_es2_stop(es2, 0);
	es_buf_free(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_notification_gets_the_status_that_its_sender_needs),
		cmocka_unit_test(esim_is_told_whose_certificate_it_was),
		cmocka_unit_test(without_an_address_there_is_no_front),
	};

	return cmocka_run_group_tests_name("gw_es2", tests, set_up, tear_down);
}
