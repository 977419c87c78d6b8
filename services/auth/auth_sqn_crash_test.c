/* auth_sqn_crash_test.c -- processes that share one index, killed between any two system calls: no SQN is given out twice.
 *
 * Each process opens the database, claims an index and gives out numbers; a number counts as given out once it has been
 * written to the ledger. One process is traced and gets a SIGKILL at its n-th system call, for n all the way through its
 * life, so that every state another process could ever find on disk is found by one. All the time a rival of the same name
 * fights for the same index, and one of another name has its own. Their clocks step by minutes, back as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "auth_test_env.h"

#define NUMBERS 24      /* of a traced process */
#define SUBSCRIBERS 3   /* few, so that numbers lie close together */
#define KILLS 80        /* over the life of a traced process */
#define CLOCK_STEP 1700 /* ms between two numbers: the mark has to be moved in every run */

struct entry {
	uint64_t subscriber, sqn;
};

/* ---- a process that gives out numbers ---- */

struct giver {
	struct auth_sqn_waiter waiter; /* first: found by it */
	sem_t resumed;
};

static void resumed(struct auth_sqn_waiter *waiter, es_status status)
{
	(void)status; /* asks again, whatever it was */
	(void)sem_post(&((struct giver *)(void *)waiter)->resumed);
}

static void give_one(struct auth_sqn_source *source, struct giver *giver, uint64_t subscriber, int ledger)
{
	struct entry entry = { .subscriber = subscriber };
	es_status why;

	giver->waiter = (struct auth_sqn_waiter){ .resume = resumed };
	switch (auth_sqn_source_take(source, subscriber, 0, &giver->waiter, &entry.sqn, &why)) {
	case AUTH_TOOK: test_require(write(ledger, &entry, sizeof entry) == sizeof entry, "the ledger"); break;
	case AUTH_TOOK_WAITING: (void)sem_wait(&giver->resumed); break;
	case AUTH_TOOK_FAILED: break; /* the index is the rival's now; the poll that follows fights for it */
	}
}

/* Never returns; ends by itself after NUMBERS attempts when it is the mortal one, or is killed. */
static _Noreturn void give_out(const char *url, const char *name, int64_t clock_ms, bool mortal, int ledger)
{
	struct giver giver;
	struct es_db *db = NULL;
	struct es_buf error;

	test_now += clock_ms;
	es_buf_init(&error, 512);
	if (sem_init(&giver.resumed, 0, 0) != 0 || auth_store_open(url, &db, &error) != ES_OK)
		_exit(0); /* another one is migrating, or the server has no connection left: none of this test's business */
	struct auth_sqn_source *source = auth_sqn_source_new(db, name, test_clock);
	auth_sqn_source_poll(source);
	for (unsigned n = 0; n < NUMBERS || !mortal; n++) {
		give_one(source, &giver, n % SUBSCRIBERS, ledger);
		test_now += mortal ? CLOCK_STEP : 0;
		auth_sqn_source_poll(source);
	}
	auth_sqn_source_free(source); /* a graceful end gives the index back, and the numbers above the mark with it */
	es_db_close(db);
	_exit(0);
}

static pid_t start_rival(const char *url, const char *name, int ledger)
{
	pid_t pid = fork();

	test_require(pid >= 0, "fork");
	if (pid == 0)
		give_out(url, name, 0, false, ledger);
	return pid;
}

/* ---- the traced one ---- */

/* Lets the process run from system call to system call; kills it at the `at`-th stop. True: it was killed. */
static bool kill_at(pid_t pid, unsigned at)
{
	unsigned stops = 0;

	for (;;) {
		int status;
		pid_t thread = waitpid(-1, &status, __WALL);
		test_require(thread > 0, "waitpid");
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (thread == pid)
				return WIFSIGNALED(status);
			continue;
		}
		int signal = WSTOPSIG(status);
		bool at_syscall = signal == (SIGTRAP | 0x80);
		if (at_syscall && ++stops == at)
			(void)kill(pid, SIGKILL);
		(void)ptrace(PTRACE_SYSCALL, thread, NULL, at_syscall || status >> 16 != 0 ? 0L : (long)signal);
	}
}

/* 0: no process may be traced here. */
static pid_t start_traced(const char *url, int64_t clock_ms, int ledger)
{
	int gate[2];
	char go = 0;

	test_require(pipe2(gate, O_CLOEXEC) == 0, "pipe");
	pid_t pid = fork();
	test_require(pid >= 0, "fork");
	if (pid == 0) {
		(void)close(gate[1]);
		if (read(gate[0], &go, 1) != 1)
			_exit(0);
		give_out(url, "one", clock_ms, true, ledger);
	}
	(void)close(gate[0]);
	bool traced =
		ptrace(PTRACE_SEIZE, pid, NULL, (long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL)) == 0 &&
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && waitpid(pid, NULL, __WALL) == pid;
	if (traced)
		test_require(write(gate[1], &go, 1) == 1 && ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0, "the trace");
	(void)close(gate[1]);
	if (!traced)
		(void)waitpid(pid, NULL, __WALL);
	return traced ? pid : 0;
}

static bool run_killed_at(const char *url, unsigned at, int ledger)
{
	static const int64_t clocks_ms[] = { 0, 300000, -240000, 60000, -600000 };
	pid_t pid = start_traced(url, clocks_ms[at % ES_COUNT(clocks_ms)], ledger);

	return kill_at(pid, at);
}

/* System call stops in a whole life. */
static unsigned life_of(const char *url, int ledger)
{
	unsigned low = 1, high = 1;

	while (run_killed_at(url, high, ledger))
		high *= 2;
	low = high / 2;
	while (high - low > high / 16 + 1) {
		unsigned middle = low + (high - low) / 2;
		if (run_killed_at(url, middle, ledger))
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* ---- the ledger ---- */

static int by_subscriber_and_sqn(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->subscriber != y->subscriber)
		return x->subscriber < y->subscriber ? -1 : 1;
	return x->sqn < y->sqn ? -1 : x->sqn > y->sqn;
}

static void check_ledger(int ledger)
{
	struct stat st;

	test_require(fstat(ledger, &st) == 0 && st.st_size > 0, "the ledger");
	size_t count = (size_t)st.st_size / sizeof(struct entry);
	struct entry *entries = calloc(count, sizeof *entries);
	assert_non_null(entries);
	assert_int_equal(pread(ledger, entries, count * sizeof *entries, 0), count * sizeof *entries);
	assert_true(count > KILLS);
	qsort(entries, count, sizeof *entries, by_subscriber_and_sqn);
	size_t twice = 0;
	for (size_t i = 1; i < count; i++)
		twice += by_subscriber_and_sqn(&entries[i], &entries[i - 1]) == 0;
	free(entries);
	assert_int_equal(twice, 0);
}

static void
no_sqn_is_given_out_twice_wherever_a_process_is_killed(void **state) /* design: a power loss, two processes */
{
	(void)state;
	struct es_db_testing t;
	char path[] = "/tmp/auth_sqn_ledger.XXXXXX";
	int ledger = mkostemp(path, O_APPEND | O_CLOEXEC);

	test_require(ledger >= 0 && unlink(path) == 0, "a ledger");
	es_db_testing_begin(&t, test_engine, test_program);
	pid_t probe = start_traced(t.url, 0, ledger);
	if (probe == 0) {
		(void)close(ledger);
		es_db_testing_end(&t);
		print_message("no process may be traced here\n");
		skip();
	}
	(void)kill_at(probe, 0); /* never: it makes the tables */
	const pid_t rivals[] = { start_rival(t.url, "one", ledger), start_rival(t.url, "other", ledger) };
	unsigned life = life_of(t.url, ledger), step = life / KILLS + 1;
	for (unsigned at = 1; at <= life; at += step)
		(void)run_killed_at(t.url, at, ledger);
	for (size_t i = 0; i < ES_COUNT(rivals); i++)
		test_require(kill(rivals[i], SIGKILL) == 0 && waitpid(rivals[i], NULL, 0) == rivals[i], "a rival to its end");
	check_ledger(ledger);
	(void)close(ledger);
	es_db_testing_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sqn_is_given_out_twice_wherever_a_process_is_killed),
	};
	TEST_ON_EACH_ENGINE("auth_sqn_crash_test", tests);
}
