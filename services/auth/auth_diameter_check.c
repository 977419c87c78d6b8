/* auth_diameter_check.c -- one run of openes-diameter --check-config, and what it says on its way out. */
#include "auth_diameter_check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "es_clock.h"
#include "es_log.h"
#include "es_slice.h"

enum { SAYS_MAX = 2048, BOUND_MS = 10000 };

/* False: it was not started. */
static bool spawn(const char *program, char *const env[], int out, pid_t *pid)
{
	char name[] = "openes-diameter", option[] = "--check-config";
	char *const arguments[] = { name, option, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;

	sigemptyset(&none);
	if (posix_spawnattr_init(&attr) != 0)
		return false;
	if (posix_spawn_file_actions_init(&files) != 0) {
		(void)posix_spawnattr_destroy(&attr);
		return false;
	}
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	int error = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	if (error == 0)
		error = posix_spawn(pid, program, &files, &attr, arguments, env);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	return error == 0;
}

/* What it says until it ends; false: it did not within the bound. */
static bool listen_to(int in, char says[SAYS_MAX], size_t *len)
{
	const int64_t until = es_mono_ms() + BOUND_MS;
	struct pollfd fd = { .fd = in, .events = POLLIN };
	char rest[256];

	for (*len = 0;;) {
		const int64_t left = until - es_mono_ms();
		const int ready = left > 0 ? poll(&fd, 1, (int)left) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return false;
		const bool fits = *len < SAYS_MAX;
		const ssize_t n = read(in, fits ? says + *len : rest, fits ? SAYS_MAX - *len : sizeof rest);
		if (n <= 0)
			return n == 0;
		if (fits)
			*len += (size_t)n;
	}
}

static es_status refuse(struct es_slice says, struct es_buf *error)
{
	const struct es_slice front = ES_SLICE_LIT("openes-diameter: ");

	says = es_slice_trim(says);
	if (es_slice_starts_with(says, front))
		says = es_slice_of(says.ptr + front.len, says.len - front.len);
	es_put_bytes(error, says);
	return ES_MALFORMED;
}

es_status auth_diameter_check(const char *program, char *const env[], struct es_buf *error)
{
	char says[SAYS_MAX];
	size_t len = 0;
	int ends[2], how = 0;
	pid_t pid = -1;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ES_OK;
	const bool runs = spawn(program, env, ends[1], &pid);
	(void)close(ends[1]);
	const bool ended = runs && listen_to(ends[0], says, &len);
	(void)close(ends[0]);
	if (runs && !ended)
		(void)kill(pid, SIGKILL);
	if (runs)
		while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
			;
	if (!ended || WIFSIGNALED(how)) {
		es_warn(NULL, "auth.diameter_not_checked", es_f_str("program", program));
		return ES_OK;
	}
	return WEXITSTATUS(how) == 0 ? ES_OK : refuse(es_slice_of((const uint8_t *)says, len), error);
}
