/* es_fetch_test_kit.h -- what tests of outgoing HTTP share: a Python peer as child process, a throw-away PKI, one answer
 * waited for. */
#ifndef ES_FETCH_TEST_KIT_H
#define ES_FETCH_TEST_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_fetch.h"

#define BOUND_MS 60000
#define PEER_ARGUMENTS 12

/* tests/peers/<script> with its port; it ends when `input` is closed. */
struct peer {
	pid_t pid;
	int input;
	unsigned port;
};

static inline void peer_exec(const char *script, const char *const *arguments, int input, int output)
{
	char path[512];
	char *argv[PEER_ARGUMENTS + 3] = { (char *)(uintptr_t) "python3", path };

	(void)snprintf(path, sizeof path, "%s/%s", PEERS_DIR, script);
	for (size_t i = 0; arguments != NULL && arguments[i] != NULL && i < PEER_ARGUMENTS; i++)
		argv[i + 2] = (char *)(uintptr_t)arguments[i];
	(void)dup2(input, STDIN_FILENO);
	(void)dup2(output, STDOUT_FILENO);
	(void)execv("/usr/bin/python3", argv);
	_exit(127);
}

static inline struct peer peer_start(const char *script, const char *const *arguments)
{
	struct peer p = { .pid = -1 };
	int input[2], output[2];

	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	p.pid = fork();
	assert_true(p.pid >= 0);
	if (p.pid == 0)
		peer_exec(script, arguments, input[0], output[1]);
	(void)close(input[0]);
	(void)close(output[1]);
	p.input = input[1];
	FILE *said = fdopen(output[0], "r");
	char line[64] = "";
	assert_non_null(said);
	assert_non_null(fgets(line, sizeof line, said));
	assert_int_equal(sscanf(line, "port %u", &p.port), 1);
	(void)fclose(said);
	return p;
}

static inline void peer_stop(struct peer *p)
{
	if (p->pid <= 0)
		return;
	(void)close(p->input);
	(void)waitpid(p->pid, NULL, 0);
	p->pid = -1;
}

/* An answer, kept. */
struct kept {
	pthread_mutex_t lock;
	pthread_cond_t came;
	int count;
	es_status status;
	long code;
	char body[65536], content_type[128], why[256];
	size_t body_len;
	int64_t retry_after_s, max_age_s;
};

#define KEPT                                                                                                           \
	{                                                                                                                  \
		.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER                                            \
	}

static inline void keep(const struct es_fetch_answer *answer, void *user)
{
	struct kept *k = user;

	(void)pthread_mutex_lock(&k->lock);
	k->count++;
	k->status = answer->status;
	k->code = answer->code;
	k->retry_after_s = answer->retry_after_s;
	k->max_age_s = answer->max_age_s;
	k->body_len = answer->body.len;
	es_slice_to_str_cut(answer->body, k->body, sizeof k->body);
	es_slice_to_str_cut(answer->content_type, k->content_type, sizeof k->content_type);
	(void)snprintf(k->why, sizeof k->why, "%s", answer->why);
	(void)pthread_cond_broadcast(&k->came);
	(void)pthread_mutex_unlock(&k->lock);
}

static inline void wait_for(struct kept *k, int count)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += BOUND_MS / 1000;
	(void)pthread_mutex_lock(&k->lock);
	while (k->count < count)
		assert_int_equal(pthread_cond_timedwait(&k->came, &k->lock, &until), 0);
	(void)pthread_mutex_unlock(&k->lock);
}

/* A CA, a server's certificate for 127.0.0.1, a client's, and an alien CA, in a new folder. */
static inline void make_pki(char folder[32])
{
	static const char script[] =
		"cd %s && exec >log 2>&1 && K='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' && "
		"openssl req -x509 $K -keyout ca.key -out ca.pem -subj /CN=ca -days 2 && "
		"openssl req -x509 $K -keyout alien.key -out alien.pem -subj /CN=alien -days 2 && "
		"for n in server client; do "
		"openssl req $K -keyout $n.key -out $n.csr -subj /CN=$n && "
		"printf 'extendedKeyUsage=%%sAuth\\nsubjectAltName=%%s\\n' $n $([ $n = server ] && echo IP:127.0.0.1 || echo "
		"DNS:client) >$n.ext && "
		"openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $n.pem -days 2 -extfile $n.ext || "
		"exit 1; done";
	char command[1024];

	(void)snprintf(folder, 32, "/tmp/es_fetch_test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(command, sizeof command, script, folder);
	assert_int_equal(system(command), 0);
}

static inline void remove_pki(const char *folder)
{
	char command[64];

	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

#endif
