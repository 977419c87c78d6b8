/* auth_diameter_child_test.c -- a child that is told what it needs, comes back when it ends, and ends when told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth_diameter_child.h"
#include "es_clock.h"

#define BOUND_MS 30000

struct place {
	char dir[64], program[96], notes[96];
	struct auth_diameter_child *child;
};

/* A script in the place of openes-diameter: notes its process id and its environment, then waits. */
static void write_program(struct place *p, const char *first)
{
	FILE *f = fopen(p->program, "w");

	assert_non_null(f);
	(void)fprintf(f,
	              "#!/bin/sh\n%s\n[ \"$1\" = --check-config ] && exit 0\necho \"pid=$$ parent=$OPENES_DIAMETER_PARENT "
	              "core=$OPENES_DIAMETER_CORE_FILE "
	              "listen=$OPENES_DIAMETER_BUS_LISTEN ops=$OPENES_DIAMETER_OPS_LISTEN\" >> %s\n"
	              "while :; do sleep 0.02; done\n",
	              first, p->notes);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(p->program, 0700), 0);
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	assert_non_null(p);
	(void)snprintf(p->dir, sizeof p->dir, "/tmp/diameter-child.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->program, sizeof p->program, "%s/program", p->dir);
	(void)snprintf(p->notes, sizeof p->notes, "%s/notes", p->dir);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	auth_diameter_child_stop(p->child, 5000);
	(void)unlink(p->program);
	(void)unlink(p->notes);
	assert_int_equal(rmdir(p->dir), 0);
	free(p);
	return 0;
}

static void start(struct place *p)
{
	const struct auth_diameter_child_options options = { .program = p->program,
		                                                 .core_file = "/etc/core.conf",
		                                                 .auth_target = "ipc:///tmp/auth",
		                                                 .bus_key_file = "/etc/bus.key",
		                                                 .instance = "auth0",
		                                                 .log_level = "info",
		                                                 .log_format = "json",
		                                                 .pseudonym_key_file = "" };
	struct es_buf error;

	es_buf_init(&error, 512);
	assert_int_equal(auth_diameter_child_start(&options, &p->child, &error), ES_OK);
	es_buf_free(&error);
}

/* Line n of the notes, waited for. */
static void note(struct place *p, int n, char line[512])
{
	const struct timespec moment = { .tv_nsec = 2000000 };
	const int64_t give_up = es_mono_ms() + BOUND_MS;

	for (;;) {
		FILE *f = fopen(p->notes, "r");
		int at = 0;
		line[0] = '\0';
		while (f != NULL && at < n && fgets(line, 512, f) != NULL)
			at++;
		if (f != NULL)
			(void)fclose(f);
		if (at == n && strchr(line, '\n') != NULL)
			return;
		assert_true(es_mono_ms() < give_up);
		(void)nanosleep(&moment, NULL);
	}
}

static pid_t pid_of(const char *line)
{
	return (pid_t)strtol(strstr(line, "pid=") + strlen("pid="), NULL, 10);
}

static void the_child_is_told_what_it_needs(void **state)
{
	struct place *p = *state;
	char line[512], expected[64];

	assert_int_equal(setenv("OPENES_DIAMETER_OPS_LISTEN", "127.0.0.1:9106", 1), 0);
	assert_int_equal(setenv("OPENES_DIAMETER_CORE_FILE", "/not/this/one", 1), 0);
	write_program(p, "");
	start(p);
	note(p, 1, line);
	(void)snprintf(expected, sizeof expected, "parent=%d ", (int)getpid());
	assert_non_null(strstr(line, expected));
	assert_non_null(strstr(line, "core=/etc/core.conf "));
	assert_non_null(strstr(line, auth_diameter_child_target(p->child)));
	assert_non_null(strstr(line, "ops=127.0.0.1:9106"));
	assert_int_equal(unsetenv("OPENES_DIAMETER_OPS_LISTEN"), 0);
	assert_int_equal(unsetenv("OPENES_DIAMETER_CORE_FILE"), 0);
}

static void a_child_that_is_killed_comes_back(void **state)
{
	struct place *p = *state;
	char line[512];
	pid_t last = 0;

	write_program(p, "");
	start(p);
	for (int life = 1; life <= 3; life++) {
		note(p, life, line);
		assert_int_not_equal(pid_of(line), last);
		last = pid_of(line);
		assert_int_equal(kill(last, SIGKILL), 0);
	}
	note(p, 4, line);
}

static void the_stop_ends_it(void **state)
{
	struct place *p = *state;
	char line[512];

	write_program(p, "");
	start(p);
	note(p, 1, line);
	auth_diameter_child_stop(p->child, BOUND_MS);
	p->child = NULL;
	assert_int_equal(kill(pid_of(line), 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void one_that_does_not_listen_is_killed(void **state)
{
	struct place *p = *state;
	char line[512];

	write_program(p, "trap '' TERM");
	start(p);
	note(p, 1, line);
	auth_diameter_child_stop(p->child, 50);
	p->child = NULL;
	assert_int_equal(kill(pid_of(line), 0), -1);
}

static void a_core_file_that_it_refuses_stops_the_start_with_its_words(void **state)
{
	struct place *p = *state;
	const struct auth_diameter_child_options options = { .program = p->program,
		                                                 .core_file = "/etc/core.conf",
		                                                 .auth_target = "ipc:///tmp/auth",
		                                                 .bus_key_file = "/etc/bus.key",
		                                                 .instance = "auth0",
		                                                 .log_level = "info",
		                                                 .log_format = "json",
		                                                 .pseudonym_key_file = "" };
	struct es_buf error;

	write_program(p, "echo \"openes-diameter: $OPENES_DIAMETER_CORE_FILE:4: flavour is unknown\" >&2; exit 1");
	es_buf_init(&error, 512);
	assert_int_equal(auth_diameter_child_start(&options, &p->child, &error), ES_MALFORMED);
	assert_true(es_slice_eq_str(es_buf_slice(&error), "/etc/core.conf:4: flavour is unknown"));
	assert_null(p->child);
	es_buf_free(&error);
}

static void a_check_that_is_cut_short_does_not_stop_auth(void **state)
{
	struct place *p = *state;

	write_program(p, "[ \"$1\" = --check-config ] && kill -9 $$");
	start(p);
}

static void a_program_that_is_not_there_does_not_stop_auth(void **state)
{
	struct place *p = *state;

	start(p);
	auth_diameter_child_stop(p->child, 1000);
	p->child = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_child_is_told_what_it_needs),
		TEST(a_child_that_is_killed_comes_back),
		TEST(the_stop_ends_it),
		TEST(one_that_does_not_listen_is_killed),
		TEST(a_core_file_that_it_refuses_stops_the_start_with_its_words),
		TEST(a_check_that_is_cut_short_does_not_stop_auth),
		TEST(a_program_that_is_not_there_does_not_stop_auth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
