/* es_bus_threads.c -- keeps NNG from starting threads by the number of the machine's processors.
 *
 * NNG 1.5 has no option for it: at its first use it asks sysconf(_SC_NPROCESSORS_ONLN) and starts two task threads (16 at
 * most) and one expiry thread (256 at most) for each processor it is told. A container with a share of one CPU on a
 * 64-processor node would get 80 threads in each of the five processes, and taskset or a CPU quota do not change the
 * answer. Told "one", it starts ten: 2 task, 1 expiry, 4 resolver, timer, reap, poll. Fewer is also faster here:
 * measured on the bus, two task threads gave 0.95 to 1.7 times the throughput of four, with a third of the p99.
 *
 * So the program brings its own sysconf(), which the dynamic linker prefers to libc's for all libraries, too. It tells
 * the small number only to the thread that is inside es_bus_init(), and forwards everything else to __sysconf, glibc's
 * other name of the same function: no dlsym(), which may allocate and with it recurse, since sanitizers and libc's own
 * start-up call sysconf() before anything is ready. For the same reason it is not instrumented. */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "es_bus.h"
#include "es_log.h"

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

	is_starting_nng = 1;
	int rv = nng_req0_open(&socket); /* the first use starts all threads */
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
