/* es_bus_address.c -- URLs of the bus, and sockets set up, listening and dialling the way ours do. */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/transport/ipc/ipc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "es_bus_internal.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_log.h"
#include "es_metrics.h"

#define URL_MAX 300
/* NNG's own defaults are 1 s for ever: too slow for a replica that restarts. */
#define RECONNECT_MIN_MS 50
#define RECONNECT_MAX_MS 250
#define CLOSE_MS 1000

static bool is_url(struct es_slice url)
{
	const struct es_slice ipc = ES_SLICE_LIT("ipc:///"), tcp = ES_SLICE_LIT("tcp://");

	for (size_t i = 0; i < url.len; i++) {
		if (url.ptr[i] <= ' ' || url.ptr[i] >= 0x7f) {
			return false;
		}
	}
	if (es_slice_starts_with(url, ipc)) {
		/* The path is cut to sun_path by the system, silently meeting another one. */
		return url.len > ipc.len && url.len - ipc.len + 1 < sizeof((struct sockaddr_un){ 0 }).sun_path;
	}
	return es_slice_starts_with(url, tcp) && url.len > tcp.len && url.len < URL_MAX;
}

es_status es_bus_each_url(const char *list, es_status (*each)(const char *url, void *user, struct es_buf *error),
                          void *user, struct es_buf *error)
{
	struct es_slice rest = es_slice_str(list);
	char text[URL_MAX];

	do {
		struct es_slice url = es_slice_trim(es_slice_cut(&rest, ','));
		if (!is_url(url)) {
			es_put_printf(error, "\"" ES_SLICE_FMT "\" is not a bus address (ipc:///path or tcp://host:port)",
			              ES_SLICE_ARG(url));
			return ES_MALFORMED;
		}
		memcpy(text, url.ptr, url.len);
		text[url.len] = '\0';
		ES_TRY(each(text, user, error));
	} while (rest.ptr != NULL);
	return ES_OK;
}

es_status es_bus_socket_setup(nng_socket socket)
{
	/* Without RECVMAXSZ, NNG takes a claimed length of gigabytes. Must be set before listening and dialling. */
	if (nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, ES_BUS_MAX_FRAME) != 0 ||
	    nng_socket_set_ms(socket, NNG_OPT_RECONNMINT, RECONNECT_MIN_MS) != 0 ||
	    nng_socket_set_ms(socket, NNG_OPT_RECONNMAXT, RECONNECT_MAX_MS) != 0) {
		return ES_UNAVAILABLE;
	}
	return ES_OK;
}

static es_status listen_one(const char *url, void *user, struct es_buf *error)
{
	const nng_socket *socket = user;
	nng_listener listener;

	int rv = nng_listener_create(&listener, *socket, url);
	if (rv == 0 && strncmp(url, "ipc:", 4) == 0) {
		rv = nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, 0600);
	}
	if (rv == 0) {
		rv = nng_listener_start(listener, 0);
	}
	if (rv != 0) {
		es_put_printf(error, "cannot listen on %s: %s", url, nng_strerror(rv));
		return ES_UNAVAILABLE;
	}
	return ES_OK;
}

es_status es_bus_listen(nng_socket socket, const char *urls, struct es_buf *error)
{
	return es_bus_each_url(urls, listen_one, &socket, error);
}

es_status es_bus_dial(nng_socket socket, const char *url, nng_dialer *out)
{
	/* A blocking dial to an absent peer fails for good; this one goes on trying. */
	return nng_dial(socket, url, out, NNG_FLAG_NONBLOCK) == 0 ? ES_OK : ES_UNAVAILABLE;
}

ES_METRIC_COUNTER1(redials, "openes_bus_redials_total", "Dialers replaced since they did not connect");

void es_bus_redial(nng_socket socket, const char *url, nng_dialer *dialer)
{
	es_count(&redials, 0);
	(void)nng_dialer_close(*dialer);
	if (es_bus_dial(socket, url, dialer) != ES_OK) {
		es_error(NULL, "bus.not_dialled", es_f_str("url", url));
	}
}

/* ---- closing ---- */

struct closing {
	nng_socket socket;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_closed, is_given_up;
};

ES_METRIC_COUNTER1(stuck, "openes_bus_close_stuck_total", "Sockets that NNG did not close");

static void closing_free(struct closing *c)
{
	(void)pthread_cond_destroy(&c->changed);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

static void *close_socket(void *user)
{
	struct closing *c = user;

	(void)nng_close(c->socket);
	(void)pthread_mutex_lock(&c->lock);
	c->is_closed = true;
	bool is_mine = c->is_given_up;
	(void)pthread_cond_signal(&c->changed);
	(void)pthread_mutex_unlock(&c->lock);
	if (is_mine) {
		closing_free(c);
	}
	return NULL;
}

static struct closing *closing_start(nng_socket socket)
{
	pthread_attr_t attr;
	pthread_t thread;
	struct closing *c = calloc(1, sizeof *c);

	if (c == NULL) {
		return NULL;
	}
	c->socket = socket;
	(void)pthread_mutex_init(&c->lock, NULL);
	es_cond_init(&c->changed);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	int rv = pthread_create(&thread, &attr, close_socket, c);
	(void)pthread_attr_destroy(&attr);
	if (rv != 0) {
		closing_free(c);
		return NULL;
	}
	return c;
}

/* nng_close() waits for NNG's only reaper thread, and that one for the end of every operation. es_bus_nng.c cures the one
 * way we know in which an operation never ends; should there be another, a stop must not hang on it. So closing has a
 * thread of its own that may be left behind. */
bool es_bus_close(nng_socket socket)
{
	struct closing *c = closing_start(socket);
	if (c == NULL) {
		(void)nng_close(socket);
		return true;
	}
	const int64_t due = es_mono_ms() + CLOSE_MS;

	(void)pthread_mutex_lock(&c->lock);
	while (!c->is_closed && es_cond_wait_until(&c->changed, &c->lock, due)) {
	}
	bool is_closed = c->is_closed;
	c->is_given_up = !is_closed;
	(void)pthread_mutex_unlock(&c->lock);
	if (is_closed) {
		closing_free(c);
	} else {
		es_count(&stuck, 0);
		es_warn(NULL, "bus.close_stuck");
	}
	return is_closed;
}

void es_bus_leave_behind(struct es_bus_left *left)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct es_bus_left *all;

	(void)pthread_mutex_lock(&lock);
	left->next = all;
	all = left;
	(void)pthread_mutex_unlock(&lock);
}

/* A listener's end passes through the same reaper. */
bool es_bus_is_sound(void)
{
	nng_socket probe;

	if (nng_req0_open(&probe) != 0) {
		return true; /* no memory: others will say so */
	}
	(void)nng_listen(probe, "inproc://openes-probe", NULL, 0);
	return es_bus_close(probe);
}
