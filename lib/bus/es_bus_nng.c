/* es_bus_nng.c -- three faults of NNG 1.5 that can only be put right from outside it: by a function of our program that the
 * dynamic linker prefers to the one of the same name in the library. */
#include <dlfcn.h>
#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "es_bus.h"
#include "es_log.h"

/* ---- an end for operations that NNG forgets ----
 *
 * A message is read in two steps, its length and its body, and when a connection is closed in between, the second step
 * is refused without telling anybody: nni_aio_begin() sets NNG_ECANCELED on the operation and returns, and its callback
 * never runs. The first in line to notice is NNG's only reaper thread, which then waits for that callback for ever, and
 * with it every nng_close() and every reconnection of the process. (Found by killing a peer under load: every third kill
 * did it. Later versions of NNG have "finish receive aio on close".) So NNG's calls of these two functions come here;
 * what was refused is finished, which runs its callback with NNG_ECLOSED.
 *
 * Nothing else leaves NNG_ECANCELED behind: what begins and is then closed ends with NNG_ECLOSED, and a connection is
 * always closed before it is stopped. */

typedef void stream_operation(nng_stream *, nng_aio *);

static struct {
	stream_operation *recv, *send;
} nng_own;

static void find_nng_own(void)
{
	/* POSIX's way around ISO C, which has no conversion from an object pointer to a function pointer. */
	*(void **)&nng_own.recv = dlsym(RTLD_NEXT, "nng_stream_recv");
	*(void **)&nng_own.send = dlsym(RTLD_NEXT, "nng_stream_send");
}

static void finish_if_refused(nng_aio *aio)
{
	if (nng_aio_result(aio) == NNG_ECANCELED) {
		nng_aio_finish(aio, NNG_ECLOSED);
	}
}

void nng_stream_recv(nng_stream *stream, nng_aio *aio)
{
	nng_own.recv(stream, aio);
	finish_if_refused(aio);
}

void nng_stream_send(nng_stream *stream, nng_aio *aio)
{
	nng_own.send(stream, aio);
	finish_if_refused(aio);
}

/* ---- a peer's end that is not our own ----
 *
 * NNG calls EPIPE "closed", which for its listeners and dialers means that we ourselves have closed them: a peer that
 * hangs up while the two greet each other stops our listener from accepting, or our dialer from dialling, for good. So
 * a write that finds the peer gone fails with ECONNRESET, which both take for what it is. GnuTLS and libmicrohttpd write
 * through here, too, and make no difference between the two. */

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t sent = (ssize_t)syscall(SYS_sendmsg, fd, message, flags);
	if (sent < 0 && errno == EPIPE) {
		errno = ECONNRESET;
	}
	return sent;
}

/* ---- fewer threads ----
 *
 * NNG has no option for it: at its first use it asks sysconf(_SC_NPROCESSORS_ONLN) and starts two task threads (16 at
 * most) and one expiry thread (256 at most) for each processor it is told. A container with a share of one CPU on a
 * 64-processor node would get 80 threads in each of the five processes, and taskset or a CPU quota do not change the
 * answer. Told "one", it starts ten: 2 task, 1 expiry, 4 resolver, timer, reap, poll. Fewer is also faster here:
 * measured on the bus, two task threads gave 0.95 to 1.7 times the throughput of four, with a third of the p99.
 *
 * The small number is told only to the thread that is inside es_bus_init(); everything else is forwarded to __sysconf,
 * glibc's other name of the same function: no dlsym(), which may allocate and with it recurse, since sanitizers and
 * libc's own start-up call sysconf() before anything is ready. For the same reason it is not instrumented. */

#define NNG_PROCESSORS 1

long __sysconf(int name);

static _Thread_local int is_starting_nng;

__attribute__((no_sanitize("address", "undefined", "thread"))) long sysconf(int name)
{
	if (name == _SC_NPROCESSORS_ONLN && is_starting_nng) {
		return NNG_PROCESSORS;
	}
	return __sysconf(name);
}

static void start_nng(void)
{
	nng_socket socket;

	find_nng_own();
	is_starting_nng = 1;
	int rv = nng_own.recv == NULL || nng_own.send == NULL
	             ? NNG_EINTERNAL
	             : nng_req0_open(&socket); /* the first use starts all threads */
	is_starting_nng = 0;
	if (rv != 0) {
		es_error(NULL, "bus.no_threads", es_f_str("why", nng_strerror(rv)));
		exit(EXIT_FAILURE); /* at start, nothing is running yet, and nothing ever would */
	}
	(void)nng_close(socket);
}

void es_bus_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, start_nng);
}
