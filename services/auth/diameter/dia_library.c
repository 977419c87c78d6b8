/* dia_library.c -- freeDiameter's life: configuration, logging, start and stop. */
#include "dia_library_int.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dia_log_filter.h"
#include "es_log.h"

enum { CONFIG_MAX = 256 * 1024, TEXT_MAX = 2048, STOP_NAP_NS = 25000000, NS_PER_S = 1000000000 };

struct dia_library dia_library;
static _Atomic bool is_stopping;

/* ---- log ---- */

/* It tells everything, at every level; what matters of it has events of our own. */
__attribute__((format(printf, 2, 0))) static void on_log(int level, const char *format, va_list args)
{
	char text[TEXT_MAX], shown[TEXT_MAX];
	struct es_buf out;

	if (level < FD_LOG_ERROR || atomic_load(&is_stopping)) /* at the end it complains of itself */
		return;
	es_buf_init_fixed(&out, shown, sizeof shown);
	if (vsnprintf(text, sizeof text, format, args) < 0)
		return;
	dia_log_filter(es_slice_str(text), &out);
	es_warn(NULL, "diameter.freediameter", es_f_slice("says", es_buf_slice(&out)));
}

/* ---- start ---- */

static es_status failed(struct es_buf *error, const char *what)
{
	es_put_printf(error, "freeDiameter: %s", what);
	return ES_INTERNAL;
}

static es_status write_all(int fd, struct es_slice text)
{
	while (text.len > 0) {
		const ssize_t n = write(fd, text.ptr, text.len);
		if (n <= 0)
			return ES_UNAVAILABLE;
		text = es_slice_sub(text, (size_t)n, text.len);
	}
	return ES_OK;
}

/* It only reads files: one that is nowhere on a disk. */
static es_status read_configuration(const struct dia_config *config, struct es_buf *error)
{
	char path[32];
	struct es_buf text;
	const int fd = memfd_create("diameter.conf", MFD_CLOEXEC);

	if (fd < 0)
		return failed(error, "no memory for its configuration");
	es_buf_init(&text, CONFIG_MAX);
	dia_config_write(config, &text);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	es_status status = es_buf_status(&text);
	if (status == ES_OK)
		status = write_all(fd, es_buf_slice(&text));
	if (status == ES_OK && fd_core_parseconf(path) != 0)
		status =
			failed(error, "its configuration is not accepted; the log says why (a certificate must be issued to the "
		                  "identity)");
	es_buf_free(&text);
	(void)close(fd);
	return status;
}

es_status dia_library_start(const struct dia_config *config, const struct dia_library_hooks *hooks,
                            struct es_buf *error)
{
	dia_library.config = config;
	dia_library.hooks = hooks;
	if (fd_log_handler_register(on_log) != 0 || fd_core_initialize() != 0)
		return failed(error, "does not begin");
	ES_TRY(read_configuration(config, error));
	ES_TRY(dia_dictionary_register(error));
	ES_TRY(dia_traffic_register(error));
	if (fd_core_start() != 0 || fd_core_waitstartcomplete() != 0)
		return failed(error, "does not start; the log says why");
	return ES_OK;
}

/* In place of libc's. To stop, libfdproto (fifo.c) wakes the threads that wait at a queue one by one, naps for a millisecond
 * after each, and asserts that all have left after 20 naps: on a busy machine they have not, so a nap is longer then. */
int usleep(useconds_t microseconds)
{
	const long least = atomic_load(&is_stopping) ? STOP_NAP_NS : 0, asked = (long)microseconds * 1000;
	const long ns = asked > least ? asked : least;
	const struct timespec nap = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };

	return nanosleep(&nap, NULL);
}

void dia_library_stop(void)
{
	atomic_store(&is_stopping, true);
	(void)fd_core_shutdown();
	(void)fd_core_wait_shutdown_complete();
	(void)fd_log_handler_unregister();
}

/* ---- peers ---- */

static struct peer_hdr *peer_of(size_t i)
{
	const char *host = dia_library.config->peers[i].host;
	union {
		const char *in;
		char *out;
	} name = { host };
	struct peer_hdr *peer = NULL;

	return fd_peer_getbyid(name.out, strlen(host), 1, &peer) == 0 ? peer : NULL;
}

uint32_t dia_library_open_peers(void)
{
	uint32_t open = 0;

	for (size_t i = 0; i < dia_library.config->peer_count; i++) {
		struct peer_hdr *peer = peer_of(i);
		if (peer != NULL && fd_peer_get_state(peer) == STATE_OPEN)
			open |= 1u << i;
	}
	return open;
}

uint32_t dia_library_outstanding(size_t i)
{
	struct peer_hdr *peer = peer_of(i);
	long waiting = 0, unused = 0;

	if (peer == NULL || fd_peer_get_load_pending(peer, &waiting, &unused) != 0 || waiting < 0)
		return 0;
	return (uint32_t)waiting;
}
