/* auth_diameter_child.c -- a thread that spawns, waits and spawns again. */
#include "auth_diameter_child.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth_diameter_check.h"
#include "es_arena.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"

#define PREFIX "OPENES_DIAMETER_"
enum {
	ARENA_MAX = 4 << 20,
	ENV_MAX = 4096,
	PAUSE_MIN_MS = 100,
	PAUSE_MAX_MS = 10000,
	GOOD_LIFE_MS = 30000,
	LOOK_MS = 200,
};

ES_METRIC_COUNTER1(starts, "openes_auth_diameter_starts_total", "Starts of openes-diameter");

struct auth_diameter_child {
	struct es_arena *arena;
	char *program, *dir, *target;
	char **env;
	pthread_t thread;
	int stop_fd;          /* readable once it is to end */
	_Atomic int64_t wait; /* ms, of the stop */
};

/* ---- environment ---- */

struct setting {
	const char *name, *value;
};

static bool is_replaced(const char *variable, const struct setting *settings, size_t count)
{
	const size_t prefix = strlen(PREFIX);

	if (strncmp(variable, "NOTIFY_SOCKET=", strlen("NOTIFY_SOCKET=")) == 0)
		return true; /* what the service manager is told, we tell */
	if (strncmp(variable, PREFIX, prefix) != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		const size_t len = strlen(settings[i].name);
		if (strncmp(variable + prefix, settings[i].name, len) == 0 && variable[prefix + len] == '=')
			return true;
	}
	return false;
}

static es_status make_environment(struct auth_diameter_child *c, const struct setting *settings, size_t count)
{
	size_t used = 0;

	c->env = es_arena_array(c->arena, ENV_MAX + count + 1, sizeof *c->env);
	if (c->env == NULL)
		return ES_TOO_LARGE;
	for (char **at = environ; *at != NULL && used < ENV_MAX; at++)
		if (!is_replaced(*at, settings, count) && (c->env[used] = es_arena_strdup(c->arena, es_slice_str(*at))) != NULL)
			used++;
	for (size_t i = 0; i < count; i++) {
		c->env[used] = es_arena_printf(c->arena, PREFIX "%s=%s", settings[i].name, settings[i].value);
		if (c->env[used++] == NULL)
			return ES_TOO_LARGE;
	}
	c->env[used] = NULL;
	return ES_OK;
}

static es_status tell(struct auth_diameter_child *c, const struct auth_diameter_child_options *o)
{
	char parent[16];
	const struct setting settings[] = {
		{ "CORE_FILE", o->core_file },
		{ "AUTH_TARGET", o->auth_target },
		{ "BUS_LISTEN", c->target },
		{ "BUS_KEY_FILE", o->bus_key_file },
		{ "INSTANCE", o->instance },
		{ "LOG_LEVEL", o->log_level },
		{ "LOG_FORMAT", o->log_format },
		{ "LOG_IDENTITIES", o->log_identities ? "yes" : "no" },
		{ "PSEUDONYM_KEY_FILE", o->pseudonym_key_file },
		{ "PARENT", parent },
		{ "OPS_LISTEN", o->ops_listen },
	};
	const bool has_ops = o->ops_listen != NULL && o->ops_listen[0] != '\0';

	(void)snprintf(parent, sizeof parent, "%d", (int)getpid());
	return make_environment(c, settings, ES_COUNT(settings) - (has_ops ? 0 : 1));
}

/* ---- one life of the child ---- */

static bool spawn(struct auth_diameter_child *c, pid_t *pid)
{
	char *const arguments[] = { c->program, NULL };
	posix_spawnattr_t attr;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	if (posix_spawnattr_init(&attr) != 0)
		return false;
	/* It blocks and ignores for itself; what we block and ignore is not for it. */
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	const int error = posix_spawn(pid, c->program, NULL, &attr, arguments, c->env);
	(void)posix_spawnattr_destroy(&attr);
	es_count(&starts, 0);
	if (error == 0)
		return true;
	es_error(NULL, "auth.diameter_not_started", es_f_str("program", c->program),
	         es_f_str("why", strerrordesc_np(error)));
	return false;
}

/* Until the stop, at most `ms` (-1: any). */
static bool is_told_to_stop(const struct auth_diameter_child *c, int ms)
{
	struct pollfd stop = { .fd = c->stop_fd, .events = POLLIN };

	return poll(&stop, 1, ms) > 0;
}

/* Waits for the child's end, `ms` at most (-1: any), and for the stop as well with `or_stop`. True: the child has ended and
 * `how` says how. Without a pidfd, when descriptors are used up, it looks again and again. */
static bool has_ended(const struct auth_diameter_child *c, pid_t pid, int pidfd, bool or_stop, int ms, int *how)
{
	struct pollfd fds[] = { { .fd = or_stop ? c->stop_fd : -1, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
	const int64_t until = es_mono_ms() + ms;
	const int most = pidfd >= 0 ? INT32_MAX : LOOK_MS;

	for (;;) {
		if (waitpid(pid, how, WNOHANG) == pid)
			return true;
		const int64_t left = ms < 0 ? most : until - es_mono_ms();
		if (left <= 0 || (fds[0].revents & POLLIN) != 0)
			return false;
		fds[0].revents = 0;
		(void)poll(fds, 2, left < most ? (int)left : most);
	}
}

/* Bounded: a child that does not end when told is killed. */
static void end(const struct auth_diameter_child *c, pid_t pid, int pidfd)
{
	int how;

	(void)kill(pid, SIGTERM);
	if (!has_ended(c, pid, pidfd, false, (int)c->wait, &how)) {
		es_warn(NULL, "auth.diameter_killed");
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
}

/* True: the stop has come. */
static bool watch(const struct auth_diameter_child *c, pid_t pid)
{
	const int pidfd = pidfd_open(pid, 0);
	int how = 0;

	const bool stops = !has_ended(c, pid, pidfd, true, -1, &how);
	if (stops) {
		end(c, pid, pidfd);
	} else {
		es_error(NULL, "auth.diameter_ended", es_f_i64("signal", WIFSIGNALED(how) ? WTERMSIG(how) : 0),
		         es_f_i64("code", WIFEXITED(how) ? WEXITSTATUS(how) : 0));
	}
	if (pidfd >= 0)
		(void)close(pidfd);
	return stops;
}

/* The signal that ends the child with us is sent when this thread ends, which is when auth does. */
static void *run(void *user)
{
	struct auth_diameter_child *c = user;
	int pause = PAUSE_MIN_MS;
	pid_t pid;

	for (;;) {
		const int64_t begun = es_mono_ms();
		if (spawn(c, &pid) && watch(c, pid))
			return NULL;
		if (es_mono_ms() - begun >= GOOD_LIFE_MS)
			pause = PAUSE_MIN_MS;
		if (is_told_to_stop(c, pause))
			return NULL;
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
	}
}

/* ---- start and stop ---- */

/* The folder of this program. */
static char *beside_us(struct es_arena *arena)
{
	char path[4096];
	const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	char *slash = strrchr(path, '/');
	if (slash == NULL)
		return NULL;
	return es_arena_printf(arena, "%.*s/openes-diameter", (int)(slash - path), path);
}

static char *make_directory(struct es_arena *arena)
{
	const char *const bases[] = { getenv("RUNTIME_DIRECTORY"), getenv("TMPDIR"), "/tmp" };

	for (size_t i = 0; i < ES_COUNT(bases); i++) {
		if (bases[i] == NULL || bases[i][0] != '/')
			continue;
		char *dir = es_arena_printf(arena, "%s/openes-diameter.XXXXXX", bases[i]);
		if (dir != NULL && mkdtemp(dir) != NULL)
			return dir;
	}
	return NULL;
}

static es_status prepare(struct auth_diameter_child *c, const struct auth_diameter_child_options *o,
                         struct es_buf *error)
{
	c->arena = es_arena_new(0, ARENA_MAX);
	if (c->arena == NULL)
		return ES_TOO_LARGE;
	c->program = o->program != NULL ? es_arena_strdup(c->arena, es_slice_str(o->program)) : beside_us(c->arena);
	c->stop_fd = eventfd(0, EFD_CLOEXEC);
	c->dir = make_directory(c->arena);
	if (c->program == NULL || c->stop_fd < 0 || c->dir == NULL) {
		es_put_str(error, "no place for the socket of openes-diameter");
		return ES_UNAVAILABLE;
	}
	c->target = es_arena_printf(c->arena, "ipc://%s/bus", c->dir);
	return c->target == NULL ? ES_TOO_LARGE : tell(c, o);
}

static void free_child(struct auth_diameter_child *c)
{
	if (c->dir != NULL) {
		(void)unlink(c->target + strlen("ipc://"));
		(void)rmdir(c->dir);
	}
	if (c->stop_fd >= 0)
		(void)close(c->stop_fd);
	es_arena_free(c->arena);
	free(c);
}

es_status auth_diameter_child_start(const struct auth_diameter_child_options *options, struct auth_diameter_child **out,
                                    struct es_buf *error)
{
	struct auth_diameter_child *c = calloc(1, sizeof *c);

	if (c == NULL)
		return ES_TOO_LARGE;
	c->stop_fd = -1;
	es_metric_register(&starts);
	es_status status = prepare(c, options, error);
	if (status == ES_OK)
		status = auth_diameter_check(c->program, c->env, error);
	if (status == ES_OK && pthread_create(&c->thread, NULL, run, c) != 0)
		status = ES_TOO_LARGE;
	if (status != ES_OK) {
		free_child(c);
		return status;
	}
	*out = c;
	return ES_OK;
}

void auth_diameter_child_stop(struct auth_diameter_child *c, int64_t wait_ms)
{
	const uint64_t one = 1;

	if (c == NULL)
		return;
	c->wait = wait_ms < INT32_MAX ? wait_ms : INT32_MAX;
	if (write(c->stop_fd, &one, sizeof one) == (ssize_t)sizeof one)
		(void)pthread_join(c->thread, NULL);
	free_child(c);
}

const char *auth_diameter_child_target(const struct auth_diameter_child *c)
{
	return c->target;
}
