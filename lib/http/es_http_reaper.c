/* es_http_reaper.c -- a thread that waits for slow peers, so that libmicrohttpd's need not, and ends those too slow.
 *
 * libmicrohttpd's timeout starts anew with every octet, so one octet now and then holds a connection for ever. Here each
 * connection has a deadline for the whole of what it is doing (shaking hands, sending a request, taking the answer,
 * being idle); a socket past it is shut down, libmicrohttpd sees the end and cleans up.
 *
 * Connections whose handshake waits for the peer sleep (es_http_wire.c says why) until their socket has something.
 *
 * And a socket closed with octets unread is reset by the kernel, which takes the last answer from a peer that was still
 * sending its request: a 413 nobody sees. Such a socket is kept, read and thrown away for a moment (RFC 9112 9.6). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "es_clock.h"
#include "es_http_int.h"

#define LINGERERS_MAX 256
#define LINGER_MS 2000
#define LINGER_OCTETS (1024u * 1024)
#define EVENTS_MAX 64

struct lingerer {
	int fd; /* -1: free */
	int64_t deadline;
	size_t octets; /* that may still come */
};

struct http_reaper {
	struct http_limits *limits;
	int64_t interval_ms;
	int epoll_fd, wake_fd;
	pthread_t thread;
	_Atomic bool is_stopping;
	pthread_mutex_t lock;
	pthread_cond_t quiet; /* the last handshake was woken */
	bool is_closing;      /* no handshake sleeps any more */
	struct http_connection *waiting;
	struct lingerer lingerers[LINGERERS_MAX];
};

/* What an event is about: a pointer into `lingerers`, to a connection, or NULL for the wake-up call. */

static bool watch(const struct http_reaper *reaper, int fd, void *what)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data = { .ptr = what } };

	return epoll_ctl(reaper->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void unwatch(const struct http_reaper *reaper, int fd)
{
	(void)epoll_ctl(reaper->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* ---- handshakes ---- */

bool http_reaper_wait_for_peer(struct http_reaper *reaper, struct http_connection *connection)
{
	bool is_asleep = false;

	pthread_mutex_lock(&reaper->lock);
	if (!reaper->is_closing) {
		/* Asleep before it is watched: whoever sees an event may wake it. */
		MHD_suspend_connection(connection->mhd);
		is_asleep = watch(reaper, connection->fd, connection);
		if (is_asleep) {
			connection->next_waiting = reaper->waiting;
			connection->waiting_link = &reaper->waiting;
			if (reaper->waiting != NULL)
				reaper->waiting->waiting_link = &connection->next_waiting;
			reaper->waiting = connection;
		} else {
			MHD_resume_connection(connection->mhd);
		}
	}
	pthread_mutex_unlock(&reaper->lock);
	return is_asleep;
}

/* With the lock. Afterwards the connection is libmicrohttpd's alone. */
static void wake_handshake(struct http_reaper *reaper, struct http_connection *connection)
{
	unwatch(reaper, connection->fd);
	*connection->waiting_link = connection->next_waiting;
	if (connection->next_waiting != NULL)
		connection->next_waiting->waiting_link = connection->waiting_link;
	if (reaper->waiting == NULL)
		pthread_cond_broadcast(&reaper->quiet);
	MHD_resume_connection(connection->mhd);
}

void http_reaper_end_handshakes(struct http_reaper *reaper)
{
	pthread_mutex_lock(&reaper->lock);
	reaper->is_closing = true;
	for (struct http_connection *c = reaper->waiting; c != NULL; c = c->next_waiting)
		shutdown(c->fd, SHUT_RDWR); /* which is an event */
	while (reaper->waiting != NULL)
		pthread_cond_wait(&reaper->quiet, &reaper->lock);
	pthread_mutex_unlock(&reaper->lock);
}

/* ---- lingering ---- */

/* Anything but an end in order, or a broken connection: libmicrohttpd refuses some requests without a word to us. */
static bool may_be_sending(const struct http_connection *connection)
{
	char octet;
	ssize_t n = recv(connection->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);

	return n > 0 || (n < 0 && errno == EAGAIN);
}

static struct lingerer *free_lingerer(struct http_reaper *reaper)
{
	for (size_t i = 0; i < LINGERERS_MAX; i++)
		if (reaper->lingerers[i].fd < 0)
			return &reaper->lingerers[i];
	return NULL;
}

void http_reaper_linger(struct http_reaper *reaper, const struct http_connection *connection)
{
	if (!may_be_sending(connection))
		return;
	pthread_mutex_lock(&reaper->lock);
	struct lingerer *place = reaper->is_closing ? NULL : free_lingerer(reaper);
	int fd = place != NULL ? fcntl(connection->fd, F_DUPFD_CLOEXEC, 0) : -1;

	if (fd >= 0) {
		shutdown(fd, SHUT_WR);
		*place = (struct lingerer){ .fd = fd, .deadline = es_mono_ms() + LINGER_MS, .octets = LINGER_OCTETS };
		if (!watch(reaper, fd, place)) {
			close(fd);
			place->fd = -1;
		}
	}
	pthread_mutex_unlock(&reaper->lock);
}

/* Reads what there is; true when nothing more is to be expected or borne. */
static bool is_done(struct lingerer *lingerer)
{
	uint8_t octets[16384];
	ssize_t n;

	while ((n = recv(lingerer->fd, octets, sizeof(octets), MSG_DONTWAIT)) > 0) {
		if ((size_t)n >= lingerer->octets)
			return true;
		lingerer->octets -= (size_t)n;
	}
	return n == 0 || errno != EAGAIN;
}

static void end_lingerer(const struct http_reaper *reaper, struct lingerer *lingerer)
{
	unwatch(reaper, lingerer->fd);
	close(lingerer->fd);
	lingerer->fd = -1;
}

static void end_old_lingerers(struct http_reaper *reaper, int64_t now_ms)
{
	for (size_t i = 0; i < LINGERERS_MAX; i++)
		if (reaper->lingerers[i].fd >= 0 && reaper->lingerers[i].deadline <= now_ms)
			end_lingerer(reaper, &reaper->lingerers[i]);
}

/* ---- the thread ---- */

static void on_event(struct http_reaper *reaper, void *what)
{
	struct lingerer *lingerer = what;
	uint64_t count;

	if (what == NULL)
		(void)!read(reaper->wake_fd, &count, sizeof(count));
	else if ((uintptr_t)what < (uintptr_t)reaper->lingerers ||
	         (uintptr_t)what >= (uintptr_t)(reaper->lingerers + LINGERERS_MAX))
		wake_handshake(reaper, what);
	else if (lingerer->fd >= 0 && is_done(lingerer))
		end_lingerer(reaper, lingerer);
}

static void *run(void *arg)
{
	struct http_reaper *reaper = arg;
	struct epoll_event events[EVENTS_MAX];
	int64_t next_ms = es_mono_ms() + reaper->interval_ms;

	while (!atomic_load(&reaper->is_stopping)) {
		int64_t wait_ms = next_ms - es_mono_ms();
		int count = epoll_wait(reaper->epoll_fd, events, EVENTS_MAX, wait_ms > 0 ? (int)wait_ms : 0);

		pthread_mutex_lock(&reaper->lock);
		for (int i = 0; i < count; i++)
			on_event(reaper, events[i].data.ptr);
		pthread_mutex_unlock(&reaper->lock);
		if (es_mono_ms() < next_ms)
			continue;
		next_ms = es_mono_ms() + reaper->interval_ms;
		http_limits_reap(reaper->limits, es_mono_ms());
		pthread_mutex_lock(&reaper->lock);
		end_old_lingerers(reaper, es_mono_ms());
		pthread_mutex_unlock(&reaper->lock);
	}
	return NULL;
}

/* ---- start and stop ---- */

static int64_t interval_of(const struct es_http_server *server)
{
	int64_t interval = server->options.request_ms / 8;

	return interval < 20 ? 20 : interval > 1000 ? 1000 : interval;
}

static void reaper_free(struct http_reaper *reaper)
{
	for (size_t i = 0; i < LINGERERS_MAX; i++)
		if (reaper->lingerers[i].fd >= 0)
			close(reaper->lingerers[i].fd);
	if (reaper->epoll_fd >= 0)
		close(reaper->epoll_fd);
	if (reaper->wake_fd >= 0)
		close(reaper->wake_fd);
	pthread_mutex_destroy(&reaper->lock);
	pthread_cond_destroy(&reaper->quiet);
	free(reaper);
}

es_status http_reaper_start(struct es_http_server *server)
{
	struct http_reaper *reaper = calloc(1, sizeof(*reaper));

	if (reaper == NULL)
		return ES_TOO_LARGE;
	reaper->limits = server->limits;
	reaper->interval_ms = interval_of(server);
	pthread_mutex_init(&reaper->lock, NULL);
	pthread_cond_init(&reaper->quiet, NULL);
	for (size_t i = 0; i < LINGERERS_MAX; i++)
		reaper->lingerers[i].fd = -1;
	reaper->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	reaper->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (reaper->epoll_fd < 0 || reaper->wake_fd < 0 || !watch(reaper, reaper->wake_fd, NULL) ||
	    pthread_create(&reaper->thread, NULL, run, reaper) != 0) {
		reaper_free(reaper);
		return ES_BUSY;
	}
	server->reaper = reaper;
	return ES_OK;
}

void http_reaper_stop(struct http_reaper *reaper)
{
	const uint64_t one = 1;

	if (reaper == NULL)
		return;
	atomic_store(&reaper->is_stopping, true);
	(void)!write(reaper->wake_fd, &one, sizeof(one));
	pthread_join(reaper->thread, NULL);
	reaper_free(reaper);
}
