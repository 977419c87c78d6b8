/* es_bus_test.c -- the bus inside one process: calls, refusals, bounds, stopping. */
#include "es_bus_test_kit.h"

#include <dirent.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "auth.pb-c.h"
#include "es_bus_frame.h"

static struct es_bus_key *key;

/* ---- a server that echoes, holds, or answers much ---- */

#define HELD_MAX 2000
#define MUCH 900000

static struct {
	pthread_mutex_t lock;
	struct es_bus_call *calls[HELD_MAX];
	size_t count;
} held = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void hold(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	(void)request;
	(void)user;
	(void)pthread_mutex_lock(&held.lock);
	held.calls[held.count++] = call;
	(void)pthread_mutex_unlock(&held.lock);
}

static size_t held_count(void)
{
	(void)pthread_mutex_lock(&held.lock);
	size_t n = held.count;
	(void)pthread_mutex_unlock(&held.lock);
	return n;
}

static void answer_held(void)
{
	(void)pthread_mutex_lock(&held.lock);
	for (size_t i = 0; i < held.count; i++) {
		es_bus_fail(held.calls[i], ES_CONFLICT, "held until now");
	}
	held.count = 0;
	(void)pthread_mutex_unlock(&held.lock);
}

static void much(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	(void)user;
	size_t size = ((const Openes__KeysRequest *)request)->tenant[0] == 't' ? 2 * MUCH : MUCH;
	Openes__TransportKeyReply reply = OPENES__TRANSPORT_KEY_REPLY__INIT;
	reply.public_key.data = calloc(1, size);
	reply.public_key.len = size;
	es_bus_reply(call, &reply.base);
	free(reply.public_key.data);
}

static const struct es_bus_method methods[] = {
	{ METHOD_ECHO, &openes__events_request__descriptor, kit_echo },
	{ METHOD_HOLD, &openes__events_request__descriptor, hold },
	{ OPENES__BUS_METHOD__AUTH_TOKEN_RENEW, &openes__token_renew_request__descriptor, hold },
	{ OPENES__BUS_METHOD__AUTH_TRANSPORT_KEY, &openes__keys_request__descriptor, much },
};

static struct es_bus_server *server_start(const char *url, uint32_t slots)
{
	struct es_bus_server *server = NULL;
	struct es_buf error;

	es_buf_init(&error, 500);
	const struct es_bus_server_options options = {
		.url = url, .key = key, .service = "test", .methods = methods, .method_count = ES_COUNT(methods), .slots = slots
	};
	assert_int_equal(es_bus_server_start(&options, &server, &error), ES_OK);
	es_buf_free(&error);
	return server;
}

static es_status call_with(struct es_bus_client *client, uint32_t method, const ProtobufCMessage *request,
                           const ProtobufCMessageDescriptor *type, size_t *size)
{
	struct es_arena *arena = es_arena_new(0, 4 << 20);
	ProtobufCMessage *reply = NULL;
	const struct es_bus_call_options options = { .method = method, .deadline = es_wall_ms() + BOUND_MS };

	es_status status = es_bus_call_wait(client, &options, request, type, arena, &reply);
	if (status == ES_OK && size != NULL) {
		*size = ((const Openes__TransportKeyReply *)reply)->public_key.len;
	}
	es_arena_free(arena);
	return status;
}

/* ---- calls ---- */

static void a_request_is_answered_over_ipc_and_over_tcp(void **state)
{
	(void)state;
	char ipc[64], tcp[64], both[200];
	struct stat st;
	uint64_t head = 0;

	kit_ipc_url(ipc);
	(void)snprintf(tcp, sizeof tcp, "tcp://127.0.0.1:%u", kit_free_port());
	(void)snprintf(both, sizeof both, "%s, %s", ipc, tcp);
	struct es_bus_server *server = server_start(both, 0);
	assert_int_equal(stat(ipc + strlen("ipc://"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	const char *const urls[] = { ipc, tcp };
	for (size_t i = 0; i < ES_COUNT(urls); i++) {
		struct es_bus_client *client = kit_ready_client(urls[i], key);
		assert_int_equal(kit_call_echo(client, 41, BOUND_MS, "", &head), ES_OK);
		assert_int_equal(head, 42);
		es_bus_client_stop(client);
	}
	es_bus_server_stop(server, 1000);
}

static void a_thousand_calls_at_once_are_each_answered_once(void **state)
{
	(void)state;
	static struct kit_outcome outcomes[1000];
	char url[64];
	struct es_bus_server *server = server_start(kit_ipc_url(url), ES_COUNT(outcomes));
	struct es_bus_client *client = kit_client(url, key, ES_COUNT(outcomes));

	wait_until(es_bus_client_is_ready(client));
	for (size_t i = 0; i < ES_COUNT(outcomes); i++) {
		assert_int_equal(kit_begin(client, METHOD_HOLD, BOUND_MS, "", &outcomes[i]), ES_OK);
	}
	wait_until(held_count() == ES_COUNT(outcomes)); /* all of them at the same time */
	struct kit_outcome refused = { 0 };
	assert_int_equal(kit_begin(client, METHOD_HOLD, BOUND_MS, "", &refused), ES_BUSY);
	answer_held();
	for (size_t i = 0; i < ES_COUNT(outcomes); i++) {
		wait_until(outcomes[i].count == 1);
		assert_int_equal(outcomes[i].status, ES_CONFLICT);
	}
	es_bus_client_stop(client);
	es_bus_server_stop(server, 1000);
	for (size_t i = 0; i < ES_COUNT(outcomes); i++) {
		assert_int_equal(outcomes[i].count, 1);
	}
	assert_int_equal(refused.count, 0);
}

static void a_callee_slower_than_the_deadline_gives_timeout(void **state)
{
	(void)state;
	char url[64];
	struct es_bus_server *server = server_start(kit_ipc_url(url), 0);
	struct es_bus_client *client = kit_ready_client(url, key);
	struct kit_outcome outcome = { 0 };

	int64_t begin = es_wall_ms();
	assert_int_equal(kit_begin(client, METHOD_HOLD, 100, "", &outcome), ES_OK);
	wait_until(outcome.count == 1);
	assert_int_equal(outcome.status, ES_TIMEOUT);
	assert_true(es_wall_ms() >= begin + 99);
	assert_int_equal(kit_begin(client, METHOD_HOLD, 0, "", &outcome), ES_TIMEOUT); /* has passed already */
	wait_until(held_count() == 1);
	answer_held(); /* too late, and harmless */
	assert_int_equal(kit_call_echo(client, 1, BOUND_MS, "", NULL), ES_OK);
	es_bus_client_stop(client);
	es_bus_server_stop(server, 1000);
}

static void a_full_callee_says_busy_and_still_answers_pings(void **state)
{
	(void)state;
	char url[64];
	struct es_bus_server *server = server_start(kit_ipc_url(url), 2);
	struct es_bus_client *client = kit_ready_client(url, key);
	struct kit_outcome outcomes[2] = { 0 };

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(kit_begin(client, METHOD_HOLD, BOUND_MS, "", &outcomes[i]), ES_OK);
	}
	wait_until(held_count() == 2);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(kit_call_echo(client, 1, BOUND_MS, "", NULL), ES_BUSY);
	}
	struct es_bus_client *another = kit_ready_client(url, key); /* a ping was answered */
	answer_held();
	wait_until(outcomes[0].count == 1 && outcomes[1].count == 1);
	wait_until(kit_call_echo(client, 1, BOUND_MS, "", NULL) == ES_OK);
	es_bus_client_stop(another);
	es_bus_client_stop(client);
	es_bus_server_stop(server, 1000);
}

static void a_call_without_any_replica_is_unavailable_at_once(void **state)
{
	(void)state;
	char url[64];
	struct kit_outcome outcome = { 0 };
	struct es_bus_client *client = kit_client(kit_ipc_url(url), key, 0);

	assert_false(es_bus_client_is_ready(client));
	assert_int_equal(kit_begin(client, METHOD_ECHO, BOUND_MS, "", &outcome), ES_UNAVAILABLE);
	es_bus_client_stop(client);
	assert_int_equal(outcome.count, 0);
}

static void what_does_not_parse_or_fit_is_refused_before_the_handler(void **state)
{
	(void)state;
	char url[64], not_utf8[] = "\xff\xfe";
	struct es_bus_server *server = server_start(kit_ipc_url(url), 0);
	struct es_bus_client *client = kit_ready_client(url, key);
	Openes__TokenRenewRequest token = OPENES__TOKEN_RENEW_REQUEST__INIT;
	char *large = calloc(1, 2 << 20);
	size_t size = 0;

	token.token = not_utf8;
	const uint32_t renew = OPENES__BUS_METHOD__AUTH_TOKEN_RENEW, transport = OPENES__BUS_METHOD__AUTH_TRANSPORT_KEY;
	const ProtobufCMessageDescriptor *type = &openes__transport_key_reply__descriptor;
	assert_int_equal(call_with(client, 999, &token.base, type, NULL), ES_UNSUPPORTED);
	assert_int_equal(call_with(client, METHOD_ECHO, &token.base, type, NULL),
	                 ES_MALFORMED); /* text where a number is due */
	assert_int_equal(call_with(client, renew, &token.base, type, NULL), ES_MALFORMED);
	token.token = memset(large, 'x', MUCH); /* nearly a frame full */
	assert_int_equal(call_with(client, transport, &token.base, type, &size), ES_OK);
	memset(large, 'x', (2 << 20) - 1);
	assert_int_equal(call_with(client, renew, &token.base, type, NULL), ES_TOO_LARGE); /* for a frame */
	assert_int_equal(held_count(), 0);

	char other[] = "other", too_large[] = "too large";
	token.token = other;
	assert_int_equal(call_with(client, transport, &token.base, type, &size), ES_OK);
	assert_int_equal(size, MUCH);
	token.token = too_large;
	assert_int_equal(call_with(client, transport, &token.base, type, &size), ES_TOO_LARGE); /* the reply */
	free(large);
	es_bus_client_stop(client);
	es_bus_server_stop(server, 1000);
}

static void a_message_nested_too_deeply_does_not_reach_the_stack(void **state)
{
	(void)state;
	/* DocNode.children is field 5; AppAnswer.nodes is field 2. */
	static uint8_t deep[200000];
	struct es_arena *arena = es_arena_new(0, 8 << 20);
	size_t len = 0;

	for (unsigned levels = 1; levels < 20000; levels++) {
		uint8_t head[8] = { levels == 19999 ? 0x12 : 0x2a };
		size_t n = 1;
		for (size_t v = len; n < 2 || v > 0; v >>= 7) {
			head[n++] = (uint8_t)(v >= 0x80 ? (v & 0x7f) | 0x80 : v);
		}
		memmove(deep + n, deep, len);
		memcpy(deep, head, n);
		len += n;
		if (levels == 20) {
			assert_non_null(es_bus_unpack(&openes__doc_node__descriptor, es_slice_of(deep, len), arena));
		}
	}
	assert_null(es_bus_unpack(&openes__app_answer__descriptor, es_slice_of(deep, len), arena));
	es_arena_free(arena);
}

/* ---- strangers ---- */

static void a_caller_with_another_secret_is_refused_and_counted(void **state)
{
	(void)state;
	static const char line[] = "openes_bus_refused_total{why=\"bad_seal\"} ";
	static const uint8_t wrong[32] = "another secret than the others'.";
	char url[64];
	long before = kit_metric(line);
	struct es_bus_server *server = server_start(kit_ipc_url(url), 0);
	struct es_bus_key *stranger = es_bus_key_from(wrong);
	struct es_bus_client *client = kit_client(url, stranger, 0);

	wait_until(kit_metric(line) > before); /* its ping */
	assert_false(es_bus_client_is_ready(client));
	es_bus_client_stop(client);
	es_bus_key_free(stranger);
	es_bus_server_stop(server, 1000);
}

static nng_msg *raw_message(const uint8_t *frame, size_t len)
{
	nng_msg *msg;
	assert_int_equal(nng_msg_alloc(&msg, 0), 0);
	assert_int_equal(nng_msg_append(msg, frame, len), 0);
	return msg;
}

static void a_captured_request_is_not_served_twice_and_an_altered_one_not_at_all(void **state)
{
	(void)state;
	uint8_t plain[200], frame[300];
	char url[64];
	nng_socket thief;
	nng_msg *reply;
	struct es_bus_frame_id id;
	struct es_bus_server *server = server_start(kit_ipc_url(url), 0);
	struct es_bus_key *sender = es_bus_key_from(kit_secret);
	Openes__BusRequest request = OPENES__BUS_REQUEST__INIT;

	request.method = METHOD_ECHO;
	request.schema = OPENES__BUS_SCHEMA__BUS_SCHEMA_CURRENT;
	request.deadline_unix_ms = es_wall_ms() + BOUND_MS;
	size_t len = protobuf_c_message_pack(&request.base, plain);
	es_bus_frame_seal(sender, ES_BUS_REQUEST, NULL, es_slice_of(plain, len), frame, &id);
	len += ES_BUS_FRAME_OVERHEAD;

	assert_int_equal(nng_req0_open(&thief), 0);
	assert_int_equal(nng_dial(thief, url, NULL, 0), 0);
	long replays = kit_metric("openes_bus_refused_total{why=\"replayed\"} ");
	assert_int_equal(nng_sendmsg(thief, raw_message(frame, len), 0), 0);
	assert_int_equal(nng_recvmsg(thief, &reply, 0), 0);
	nng_msg_free(reply);
	assert_int_equal(nng_sendmsg(thief, raw_message(frame, len), 0), 0);
	wait_until(kit_metric("openes_bus_refused_total{why=\"replayed\"} ") == replays + 1);

	long altered = kit_metric("openes_bus_refused_total{why=\"bad_seal\"} ");
	frame[ES_BUS_FRAME_HEADER] ^= 1;
	assert_int_equal(nng_sendmsg(thief, raw_message(frame, len), 0), 0);
	wait_until(kit_metric("openes_bus_refused_total{why=\"bad_seal\"} ") == altered + 1);
	long others = kit_metric("openes_bus_refused_total{why=\"not_a_frame\"} ");
	assert_int_equal(nng_sendmsg(thief, raw_message((const uint8_t *)"hello", 5), 0), 0);
	wait_until(kit_metric("openes_bus_refused_total{why=\"not_a_frame\"} ") == others + 1);

	(void)nng_close(thief);
	es_bus_key_free(sender);
	es_bus_server_stop(server, 1000);
}

/* ---- a peer that hangs up while NNG greets it (es_bus_nng.c) ---- */

static void a_dialer_outlives_a_callee_that_hangs_up_during_the_greeting(void **state)
{
	(void)state;
	char url[64];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	const struct sockaddr_un a = kit_address(kit_ipc_url(url));

	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 10), 0);
	struct es_bus_client *client = kit_client(url, key, 0);
	for (int i = 0; i < 10; i++) {
		int peer = accept(fd, NULL, NULL);
		assert_true(peer >= 0);
		(void)close(peer);
	}
	(void)close(fd);
	assert_int_equal(unlink(a.sun_path), 0);
	struct es_bus_server *server = server_start(url, 0);
	wait_until(es_bus_client_is_ready(client));
	es_bus_client_stop(client);
	es_bus_server_stop(server, 1000);
}

/* ---- stopping ---- */

static void stopping_a_client_ends_its_calls_once_as_unavailable(void **state)
{
	(void)state;
	struct kit_outcome outcomes[100] = { 0 };
	char url[64];
	struct es_bus_server *server = server_start(kit_ipc_url(url), 0);
	struct es_bus_client *client = kit_ready_client(url, key);

	for (size_t i = 0; i < ES_COUNT(outcomes); i++) {
		assert_int_equal(kit_begin(client, METHOD_HOLD, BOUND_MS, i % 2 ? "key" : "", &outcomes[i]), ES_OK);
	}
	es_bus_client_stop(client); /* some have arrived, some have not */
	for (size_t i = 0; i < ES_COUNT(outcomes); i++) {
		assert_int_equal(outcomes[i].count, 1);
		assert_int_equal(outcomes[i].status, ES_UNAVAILABLE);
	}
	es_bus_server_stop(server, 0); /* nothing comes in any more */
	answer_held();                 /* to nobody */
}

static void stopping_a_server_waits_for_calls_and_survives_those_that_last_longer(void **state)
{
	(void)state;
	struct kit_outcome outcome = { 0 };
	char url[64];
	struct es_bus_server *server = server_start(kit_ipc_url(url), 0);
	struct es_bus_client *client = kit_ready_client(url, key);

	assert_int_equal(kit_begin(client, METHOD_HOLD, BOUND_MS, "", &outcome), ES_OK);
	wait_until(held_count() == 1);
	es_bus_server_stop(server, 50);
	wait_until(outcome.count == 1); /* the connection broke */
	assert_int_equal(outcome.status, ES_UNAVAILABLE);
	answer_held(); /* and frees the server: the leak checker would tell */
	es_bus_client_stop(client);
}

static void *stop_server(void *server)
{
	es_bus_server_stop(server, BOUND_MS);
	return NULL;
}

static void a_stopping_server_sends_new_calls_to_the_others_unrun(void **state)
{
	(void)state;
	struct kit_outcome outcome = { 0 };
	char a[64], b[64], both[200];
	pthread_t thread;
	uint64_t head = 0;

	(void)snprintf(both, sizeof both, "%s,%s", kit_ipc_url(a), kit_ipc_url(b));
	struct es_bus_server *first = server_start(a, 0);
	struct es_bus_client *client = kit_ready_client(both, key);
	assert_int_equal(kit_begin(client, METHOD_HOLD, BOUND_MS, "", &outcome), ES_OK);
	wait_until(held_count() == 1);
	struct es_bus_server *second = server_start(b, 0);
	assert_int_equal(pthread_create(&thread, NULL, stop_server, first), 0); /* waits for the held call */
	struct es_bus_client *other = kit_ready_client(b, key);
	wait_until(kit_call_echo(client, 1, BOUND_MS, "", &head) == ES_OK);
	for (int i = 0; i < 100; i++) { /* calls without a key: none is lost */
		assert_int_equal(kit_call_echo(client, 1, BOUND_MS, "", &head), ES_OK);
	}
	answer_held();
	assert_int_equal(pthread_join(thread, NULL), 0);
	wait_until(outcome.count == 1);
	assert_int_equal(outcome.status, ES_CONFLICT); /* drained: its own answer */
	es_bus_client_stop(other);
	es_bus_client_stop(client);
	es_bus_server_stop(second, 1000);
}

/* ---- addresses and threads ---- */

static void a_name_is_resolved_and_its_addresses_are_tried(void **state)
{
	(void)state;
	char url[64], target[64];
	uint16_t port = kit_free_port();

	(void)snprintf(url, sizeof url, "tcp://127.0.0.1:%u", port);
	(void)snprintf(target, sizeof target, "tcp://localhost:%u", port); /* maybe ::1, too, where nobody listens */
	struct es_bus_server *server = server_start(url, 0);
	struct es_bus_client *client = kit_ready_client(target, key);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(kit_call_echo(client, 1, BOUND_MS, "", NULL), ES_OK);
	}
	es_bus_client_stop(client);
	es_bus_server_stop(server, 1000);
}

static void an_address_that_is_none_is_refused_with_a_sentence(void **state)
{
	(void)state;
	static const char *const wrong[] = { "",
		                                 "policy:7000",
		                                 "http://policy:7000",
		                                 "tcp://policy",
		                                 "tcp://:7000",
		                                 "tcp://policy:http",
		                                 "ipc://relative",
		                                 "ipc:///tmp/a,",
		                                 "tcp://a b:1" };
	for (size_t i = 0; i < ES_COUNT(wrong); i++) {
		struct es_bus_client *client = NULL;
		struct es_buf error;
		es_buf_init(&error, 500);
		const struct es_bus_client_options options = { .target = wrong[i], .name = "test", .key = key };
		assert_int_equal(es_bus_client_start(&options, &client, &error), ES_MALFORMED);
		assert_true(error.len > 10);
		es_buf_free(&error);
	}
}

static size_t count_threads(const char *prefix)
{
	size_t n = 0;
	DIR *dir = opendir("/proc/self/task");
	assert_non_null(dir);
	for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
		char path[300], name[32] = "";
		(void)snprintf(path, sizeof path, "/proc/self/task/%s/comm", e->d_name);
		FILE *f = fopen(path, "r");
		if (f != NULL) {
			n += fgets(name, sizeof name, f) != NULL && strncmp(name, prefix, strlen(prefix)) == 0;
			(void)fclose(f);
		}
	}
	(void)closedir(dir);
	return n;
}

static void nng_has_ten_threads_on_a_machine_of_any_size(void **state)
{
	(void)state;
	wait_until(count_threads("nng:") == 10); /* each gives itself its name */
	assert_int_equal(count_threads("nng:task"), 2);
	assert_int_equal(count_threads("nng:aio:expire"), 1);
	assert_true(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	assert_int_equal(sysconf(_SC_PAGESIZE), getpagesize());
}

/* ---- NNG's reaper ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_held, is_released;
} reaper = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void hold_reaper(nng_pipe pipe, nng_pipe_ev event, void *user)
{
	(void)pipe;
	(void)event;
	(void)user;
	(void)pthread_mutex_lock(&reaper.lock);
	reaper.is_held = true;
	while (!reaper.is_released) {
		(void)pthread_cond_wait(&reaper.changed, &reaper.lock);
	}
	(void)pthread_mutex_unlock(&reaper.lock);
}

static bool is_reaper_held(void)
{
	(void)pthread_mutex_lock(&reaper.lock);
	bool is_held = reaper.is_held;
	(void)pthread_mutex_unlock(&reaper.lock);
	return is_held;
}

static void a_stuck_reaper_is_noticed_and_stopping_does_not_hang_on_it(void **state)
{
	(void)state;
	char url[64];
	nng_socket socket;
	nng_dialer dialer;
	struct es_bus_server *server = server_start(kit_ipc_url(url), 0);
	struct es_bus_client *client = kit_ready_client(url, key);

	assert_true(es_bus_is_sound());
	assert_int_equal(nng_req0_open(&socket), 0);
	assert_int_equal(nng_pipe_notify(socket, NNG_PIPE_EV_REM_POST, hold_reaper, NULL), 0);
	assert_int_equal(nng_dial(socket, url, &dialer, 0), 0);
	(void)nng_dialer_close(dialer); /* and its pipe, which the reaper takes apart */
	wait_until(is_reaper_held());
	assert_false(es_bus_is_sound());
	es_bus_client_stop(client);
	es_bus_server_stop(server, 1000);

	(void)pthread_mutex_lock(&reaper.lock);
	reaper.is_released = true;
	(void)pthread_cond_broadcast(&reaper.changed);
	(void)pthread_mutex_unlock(&reaper.lock);
	(void)nng_close(socket);
	wait_until(es_bus_is_sound());
}

static int set_up(void **state)
{
	(void)state;
	es_bus_init();
	key = es_bus_key_from(kit_secret);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	es_bus_key_free(key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nng_has_ten_threads_on_a_machine_of_any_size),
		cmocka_unit_test(a_request_is_answered_over_ipc_and_over_tcp),
		cmocka_unit_test(a_thousand_calls_at_once_are_each_answered_once),
		cmocka_unit_test(a_callee_slower_than_the_deadline_gives_timeout),
		cmocka_unit_test(a_full_callee_says_busy_and_still_answers_pings),
		cmocka_unit_test(a_call_without_any_replica_is_unavailable_at_once),
		cmocka_unit_test(what_does_not_parse_or_fit_is_refused_before_the_handler),
		cmocka_unit_test(a_message_nested_too_deeply_does_not_reach_the_stack),
		cmocka_unit_test(a_caller_with_another_secret_is_refused_and_counted),
		cmocka_unit_test(a_captured_request_is_not_served_twice_and_an_altered_one_not_at_all),
		cmocka_unit_test(a_dialer_outlives_a_callee_that_hangs_up_during_the_greeting),
		cmocka_unit_test(stopping_a_client_ends_its_calls_once_as_unavailable),
		cmocka_unit_test(stopping_a_server_waits_for_calls_and_survives_those_that_last_longer),
		cmocka_unit_test(a_stopping_server_sends_new_calls_to_the_others_unrun),
		cmocka_unit_test(a_name_is_resolved_and_its_addresses_are_tried),
		cmocka_unit_test(an_address_that_is_none_is_refused_with_a_sentence),
		cmocka_unit_test(a_stuck_reaper_is_noticed_and_stopping_does_not_hang_on_it),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
