/* es_bus_replica_test.c -- replicas that die, hang, come back: each a process of its own.
 *
 * NNG does not survive fork(), so the replicas are this program executed again: `es_bus_replica_test replica URL`. A
 * replica writes one octet to its standard output for every call it holds. */
#include "es_bus_test_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static struct es_bus_key *key;

/* ---- the replica ---- */

static void who(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	(void)request;
	(void)user;
	Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
	reply.head = (uint64_t)getpid();
	es_bus_reply(call, &reply.base);
}

/* The call is never answered: the process will be killed or stopped. Without an idempotency key the one that a replica
 * repeats could not be told from the first, so `after` says by which process it is to be answered after all: not by the
 * one that was told to hold. */
static void hold_first(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	static _Atomic int is_held;
	if (getenv("ES_BUS_TEST_HOLDS") == NULL || atomic_exchange(&is_held, 1)) {
		who(call, request, user);
	} else if (write(STDOUT_FILENO, "h", 1) != 1) {
		_exit(3);
	}
}

static int replica_main(const char *url)
{
	static const struct es_bus_method methods[] = {
		{ METHOD_ECHO, &openes__events_request__descriptor, who },
		{ METHOD_HOLD, &openes__events_request__descriptor, hold_first },
	};
	struct es_bus_server *server = NULL;
	struct es_buf error;
	sigset_t terms;
	int got;

	(void)sigemptyset(&terms);
	(void)sigaddset(&terms, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &terms, NULL);
	key = es_bus_key_from(kit_secret);
	es_buf_init(&error, 500);
	const struct es_bus_server_options options = {
		.url = url, .key = key, .service = "replica", .methods = methods, .method_count = ES_COUNT(methods)
	};
	if (es_bus_server_start(&options, &server, &error) != ES_OK) {
		return 2;
	}
	(void)sigwait(&terms, &got);
	es_bus_server_stop(server, 5000);
	es_buf_free(&error);
	es_bus_key_free(key);
	return 0;
}

struct replica {
	pid_t pid;
	int out;
};

static struct replica start(const char *url, bool holds)
{
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when a test fails */
		(void)dup2(fds[1], STDOUT_FILENO);
		if (holds) {
			(void)setenv("ES_BUS_TEST_HOLDS", "1", 1);
		}
		(void)execl("/proc/self/exe", "es_bus_replica_test", "replica", url, NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	(void)close(fds[1]);
	return (struct replica){ .pid = pid, .out = fds[0] };
}

static void wait_for_held_call(const struct replica *r)
{
	struct pollfd p = { .fd = r->out, .events = POLLIN };
	char octet;
	assert_int_equal(poll(&p, 1, BOUND_MS), 1);
	assert_int_equal(read(r->out, &octet, 1), 1);
}

static int end(struct replica *r, int sig)
{
	int status = 0;
	(void)kill(r->pid, SIGCONT);
	assert_int_equal(kill(r->pid, sig), 0);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	(void)close(r->out);
	return status;
}

static pid_t ask(struct es_bus_client *client, int64_t ms, const char *idempotency_key)
{
	uint64_t head = 0;
	return kit_call_echo(client, 0, ms, idempotency_key, &head) == ES_OK ? (pid_t)head : 0;
}

/* Whether the next `n` calls are all answered by `pid`. */
static bool all_by(struct es_bus_client *client, pid_t pid, int n)
{
	for (int i = 0; i < n; i++) {
		if (ask(client, 1000, "") != pid) {
			return false;
		}
	}
	return true;
}

/* Whether both processes are among those that answer. */
static bool both_answer(struct es_bus_client *client, pid_t a, pid_t b)
{
	bool by_a = false, by_b = false;
	for (int i = 0; i < 10; i++) {
		pid_t pid = ask(client, 1000, "");
		by_a |= pid == a;
		by_b |= pid == b;
	}
	return by_a && by_b;
}

static void two_urls(char a[64], char b[64], char both[200])
{
	uint16_t port = kit_free_port();
	(void)snprintf(a, 64, "tcp://127.0.0.1:%u", port);
	(void)snprintf(b, 64, "tcp://127.0.0.2:%u", port); /* one service, two addresses */
	(void)snprintf(both, 200, "%s,%s", a, b);
}

/* ---- tests ---- */

static void a_replica_killed_during_a_call_makes_it_unavailable(void **state)
{
	(void)state;
	struct kit_outcome outcome = { 0 };
	char url[64];
	struct replica r = start(kit_ipc_url(url), true);
	struct es_bus_client *client = kit_ready_client(url, key);

	assert_int_equal(kit_begin(client, METHOD_HOLD, 4 * BOUND_MS, "", &outcome), ES_OK);
	wait_for_held_call(&r);
	(void)end(&r, SIGKILL);
	wait_until(outcome.count == 1); /* long before the deadline */
	assert_int_equal(outcome.status, ES_UNAVAILABLE);
	wait_until(!es_bus_client_is_ready(client));
	es_bus_client_stop(client);
	assert_int_equal(outcome.count, 1);
}

static void a_call_with_a_key_is_repeated_on_another_replica_and_only_then(void **state)
{
	(void)state;
	struct kit_outcome keyed[2] = { 0 }, plain[2] = { 0 };
	char a[64], b[64], both[200];
	two_urls(a, b, both);
	for (int with_key = 0; with_key < 2; with_key++) {
		struct kit_outcome *outcomes = with_key ? keyed : plain;
		struct replica holder = start(a, true), other = start(b, false);
		struct es_bus_client *client = kit_client(both, key, 0);
		wait_until(both_answer(client, holder.pid, other.pid));
		for (int i = 0; i < 2; i++) { /* the idle one takes the second */
			assert_int_equal(kit_begin(client, METHOD_HOLD, 4 * BOUND_MS, with_key ? "k" : "", &outcomes[i]), ES_OK);
		}
		wait_for_held_call(&holder);
		(void)end(&holder, SIGKILL);
		wait_until(outcomes[0].count == 1 && outcomes[1].count == 1);
		bool all_ok = outcomes[0].status == ES_OK && outcomes[1].status == ES_OK;
		assert_int_equal(all_ok, with_key);
		es_bus_client_stop(client);
		assert_int_equal(end(&other, SIGTERM), 0);
	}
}

static void a_call_with_a_key_waits_for_its_only_replica_to_come_back(void **state)
{
	(void)state;
	struct kit_outcome outcome = { 0 };
	char url[64];
	struct replica first = start(kit_ipc_url(url), true);
	struct es_bus_client *client = kit_ready_client(url, key);

	assert_int_equal(kit_begin(client, METHOD_HOLD, BOUND_MS, "k", &outcome), ES_OK);
	wait_for_held_call(&first);
	(void)end(&first, SIGKILL);
	struct replica second = start(url, false); /* on the socket file that the dead one left */
	wait_until(outcome.count == 1);
	assert_int_equal(outcome.status, ES_OK);
	es_bus_client_stop(client);
	assert_int_equal(end(&second, SIGTERM), 0);
}

static void replicas_share_the_load_and_a_restarted_one_is_used_again(void **state)
{
	(void)state;
	char a[64], b[64], both[200];
	two_urls(a, b, both);
	struct replica one = start(a, false), two = start(b, false);
	struct es_bus_client *client = kit_ready_client(both, key);

	wait_until(both_answer(client, one.pid, two.pid));
	(void)end(&one, SIGKILL);
	wait_until(all_by(client, two.pid, 20));
	one = start(a, false);
	wait_until(both_answer(client, one.pid, two.pid));
	es_bus_client_stop(client);
	assert_int_equal(end(&one, SIGTERM), 0);
	assert_int_equal(end(&two, SIGTERM), 0);
}

static void a_hung_replica_is_left_out_until_it_answers_again(void **state)
{
	(void)state;
	char a[64], b[64], both[200];
	two_urls(a, b, both);
	struct replica one = start(a, false), two = start(b, false);
	struct es_bus_client *client = kit_ready_client(both, key);

	wait_until(both_answer(client, one.pid, two.pid));
	assert_int_equal(kill(one.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(one.pid, NULL, WUNTRACED), one.pid); /* until then it may still answer */
	/* Those that may be repeated do not even notice. */
	for (int i = 0; i < 20; i++) {
		assert_int_equal(ask(client, BOUND_MS, "k"), two.pid);
	}
	wait_until(all_by(client, two.pid, 20));
	assert_int_equal(kill(one.pid, SIGCONT), 0);
	wait_until(both_answer(client, one.pid, two.pid));
	es_bus_client_stop(client);
	assert_int_equal(end(&one, SIGTERM), 0);
	assert_int_equal(end(&two, SIGTERM), 0);
}

/* Long enough for connections to be given up half made, which the replica then finds. NNG 1.5 takes the EPIPE it gets
 * there for its own closing, and accepts nobody any more (es_bus_nng.c). */
static void a_replica_hung_for_long_is_used_again(void **state)
{
	(void)state;
	char url[64];
	struct replica r = start(kit_ipc_url(url), false);
	struct es_bus_client *client = kit_ready_client(url, key);
	long before = kit_redials();

	assert_int_equal(kill(r.pid, SIGSTOP), 0);
	wait_until(kit_redials() >= before + 2);
	assert_int_equal(kill(r.pid, SIGCONT), 0);
	wait_until(ask(client, 1000, "") == r.pid);
	es_bus_client_stop(client);
	assert_int_equal(end(&r, SIGTERM), 0);
}

/* Their dialers are replaced at the same moment. Done on NNG's two task threads, each would wait for a callback that the
 * other one keeps from running: nothing in the process would be sent or received any more. */
static void replicas_away_together_are_dialled_again_and_used(void **state)
{
	(void)state;
	enum { AWAY = 8 };
	char urls[AWAY][64], all[AWAY * 64];
	size_t len = 0;
	const uint16_t port = kit_free_port();

	for (int i = 0; i < AWAY; i++) {
		(void)snprintf(urls[i], sizeof urls[i], "tcp://127.0.0.%d:%u", i + 1, port);
		len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", i > 0 ? "," : "", urls[i]);
	}
	struct es_bus_client *client = kit_client(all, key, 0);
	long before = kit_redials();
	wait_until(kit_redials() >= before + AWAY);
	struct replica last = start(urls[AWAY - 1], false);
	wait_until(ask(client, 1000, "") == last.pid);
	es_bus_client_stop(client);
	assert_int_equal(end(&last, SIGTERM), 0);
	assert_true(es_bus_is_sound());
}

static void a_rolling_restart_loses_no_call(void **state)
{
	(void)state;
	char a[64], b[64], both[200];
	two_urls(a, b, both);
	struct replica one = start(a, false), two = start(b, false);
	struct es_bus_client *client = kit_ready_client(both, key);
	_Atomic bool is_done = false;

	wait_until(both_answer(client, one.pid, two.pid));
	assert_int_equal(kill(one.pid, SIGTERM), 0);
	pid_t gone = 0;
	while (!is_done) {
		assert_true(ask(client, BOUND_MS, "k") > 0);
		gone = waitpid(one.pid, NULL, WNOHANG);
		is_done = gone != 0;
	}
	assert_int_equal(gone, one.pid);
	(void)close(one.out);
	wait_until(all_by(client, two.pid, 10));
	es_bus_client_stop(client);
	assert_int_equal(end(&two, SIGTERM), 0);
}

/* ---- killed under load: NNG 1.5 must not stop letting go of connections (es_bus_nng.c) ---- */

#define STREAMS 64
#define KILLS 12

static struct {
	struct es_bus_client *client;
	_Atomic bool is_over;
	_Atomic int under_way;
	_Atomic long answered;
} load;

static void on_load(const struct es_bus_reply_view *reply, void *user);

/* One of the streams makes its next call; false: no replica, the stream has ended. */
static bool load_call(void)
{
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	const struct es_bus_call_options options = { .method = METHOD_ECHO, .deadline = es_wall_ms() + BOUND_MS };
	return !load.is_over && es_bus_call(load.client, &options, &request.base, on_load, NULL) == ES_OK;
}

static void on_load(const struct es_bus_reply_view *reply, void *user)
{
	(void)user;
	load.answered += reply->status == ES_OK;
	if (!load_call()) {
		load.under_way--;
	}
}

static void load_fill(void)
{
	while (load.under_way < STREAMS) {
		load.under_way++;
		if (!load_call()) {
			load.under_way--;
			return;
		}
	}
}

static void replicas_killed_under_load_are_replaced_every_time(const char *url)
{
	load.client = kit_client(url, key, 2 * STREAMS);
	load.is_over = false;
	for (int i = 0; i < KILLS; i++) {
		struct replica r = start(url, false);
		wait_until(es_bus_client_is_ready(load.client));
		long before = load.answered;
		wait_until((load_fill(), load.answered > before + 10L * STREAMS));
		(void)end(&r, SIGKILL);
		assert_true(es_bus_is_sound());
	}
	load.is_over = true;
	wait_until(load.under_way == 0);
	es_bus_client_stop(load.client);
}

static void replicas_killed_under_load_are_replaced_every_time_over_ipc(void **state)
{
	(void)state;
	char url[64];
	replicas_killed_under_load_are_replaced_every_time(kit_ipc_url(url));
}

static void replicas_killed_under_load_are_replaced_every_time_over_tcp(void **state)
{
	(void)state;
	char url[64];
	(void)snprintf(url, sizeof url, "tcp://127.0.0.1:%u", kit_free_port());
	replicas_killed_under_load_are_replaced_every_time(url);
}

static int set_up(void **state)
{
	(void)state;
	key = es_bus_key_from(kit_secret);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	es_bus_key_free(key);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "replica") == 0) {
		return replica_main(argv[2]);
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replica_killed_during_a_call_makes_it_unavailable),
		cmocka_unit_test(a_call_with_a_key_is_repeated_on_another_replica_and_only_then),
		cmocka_unit_test(a_call_with_a_key_waits_for_its_only_replica_to_come_back),
		cmocka_unit_test(replicas_share_the_load_and_a_restarted_one_is_used_again),
		cmocka_unit_test(a_hung_replica_is_left_out_until_it_answers_again),
		cmocka_unit_test(a_replica_hung_for_long_is_used_again),
		cmocka_unit_test(replicas_away_together_are_dialled_again_and_used),
		cmocka_unit_test(a_rolling_restart_loses_no_call),
		cmocka_unit_test(replicas_killed_under_load_are_replaced_every_time_over_ipc),
		cmocka_unit_test(replicas_killed_under_load_are_replaced_every_time_over_tcp),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
