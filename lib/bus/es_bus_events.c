/* es_bus_events.c -- doorbells over pub/sub: sealed hints that an outbox has grown.
 *
 * NNG drops what does not fit its buffers (with the default ones, 98 of 100 in a burst of a thousand), and what is on
 * the way when somebody restarts. That is why a hint carries a number only, and why a subscriber is rung at a steady
 * pace, too. */
#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_bus_internal.h"
#include "es_bus_pb.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"

#define BUFFERS 8192 /* NNG's maximum */
#define HINT_MEMORY 4096

struct es_bus_publisher {
	nng_socket socket;
	struct es_bus_key *key;
};

struct dialled {
	char url[128];
	nng_dialer dialer;
	int64_t away_since; /* monotonic ms; 0: it was connected when it was last looked after */
};

struct joined {
	int pipe, dialer;
};

struct es_bus_subscriber {
	nng_socket socket;
	struct es_bus_key *key;
	int64_t poll_ms, next_poll; /* monotonic */
	es_bus_doorbell *bell;
	void *user;
	nng_aio *aio;
	struct es_arena *arena;
	struct es_bus_watch *watch;
	struct es_bus_chore looking;

	pthread_mutex_t dialling; /* guards what is dialled; taken before `lock`, and never by callbacks of pipes */
	struct dialled dialled[ES_BUS_ADDRESSES_MAX];
	size_t dialled_count;

	pthread_mutex_t lock;                           /* guards what follows, and next_poll */
	struct joined joined[2 * ES_BUS_ADDRESSES_MAX]; /* a dialer's old pipe may go after its new one has come */
	size_t joined_count;
	pthread_cond_t ended;
	bool is_stopping, has_ended, is_looking;
	struct es_bus_left left;
};

ES_METRIC_COUNTER1(published, "openes_bus_hints_published_total", "Hints published");
ES_METRIC_COUNTER1(received, "openes_bus_hints_received_total", "Hints received");

/* ---- publisher ---- */

es_status es_bus_publisher_start(const char *url, struct es_bus_key *key, struct es_bus_publisher **out,
                                 struct es_buf *error)
{
	es_bus_init();
	struct es_bus_publisher *p = calloc(1, sizeof *p);
	if (p == NULL || nng_pub0_open(&p->socket) != 0) {
		es_put_str(error, "out of memory");
		free(p);
		return ES_TOO_LARGE;
	}
	p->key = key;
	es_status status = es_bus_socket_setup(p->socket);
	if (status != ES_OK || nng_socket_set_int(p->socket, NNG_OPT_SENDBUF, BUFFERS) != 0) {
		es_put_str(error, "cannot set up the socket for events");
		status = ES_UNAVAILABLE;
	} else {
		status = es_bus_listen(p->socket, url, error);
	}
	if (status != ES_OK) {
		es_bus_publisher_stop(p);
		return status;
	}
	*out = p;
	return ES_OK;
}

void es_bus_publish(struct es_bus_publisher *p, const char *topic, uint64_t sequence)
{
	struct es_arena *arena = es_arena_new(512, HINT_MEMORY);
	Openes__BusHint hint = OPENES__BUS_HINT__INIT;
	struct es_bus_frame_id id;
	struct es_slice plain;
	nng_msg *msg;

	hint.topic = es_pb_text(topic);
	hint.sequence = sequence;
	if (arena != NULL && es_bus_envelope_pack(&hint.base, 0, NULL, arena, &plain) == ES_OK &&
	    es_bus_message_seal(p->key, ES_BUS_EVENT, NULL, plain, &msg, &id) == ES_OK) {
		if (nng_sendmsg(p->socket, msg, NNG_FLAG_NONBLOCK) != 0) {
			nng_msg_free(msg);
		}
		es_count(&published, 0);
	}
	es_arena_free(arena);
}

void es_bus_publisher_stop(struct es_bus_publisher *p)
{
	if (p == NULL) {
		return;
	}
	(void)es_bus_close(p->socket);
	free(p);
}

/* ---- subscriber ---- */

/* Waits for the next hint, or ends when the subscriber is stopped. */
static void receive(struct es_bus_subscriber *s)
{
	(void)pthread_mutex_lock(&s->lock);
	int64_t left = s->next_poll - es_mono_ms();
	if (s->is_stopping) {
		s->has_ended = true;
		(void)pthread_cond_signal(&s->ended);
	} else {
		nng_aio_set_timeout(s->aio, left < 1 ? 1 : (nng_duration)left);
		nng_recv_aio(s->socket, s->aio);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

static void on_hint(struct es_bus_subscriber *s, nng_msg *msg)
{
	struct es_bus_frame_id id;
	ProtobufCMessage *m = NULL;

	es_arena_reset(s->arena);
	es_status status =
		es_bus_message_open(s->key, ES_BUS_EVENT, NULL, msg, &openes__bus_hint__descriptor, s->arena, &id, &m);
	nng_msg_free(msg);
	if (status != ES_OK) {
		es_bus_refuse(status == ES_MALFORMED ? ES_BUS_NOT_A_FRAME : ES_BUS_BAD_SEAL, "events");
	} else if (m != NULL) {
		const Openes__BusHint *hint = (const Openes__BusHint *)m;
		es_count(&received, 0);
		s->bell(hint->topic, hint->sequence, s->user);
	}
}

/* By the clock, and not by the timeout: hints of one topic, or a stranger's noise, never silence the others' poll. */
static bool is_poll_due(struct es_bus_subscriber *s)
{
	int64_t now = es_mono_ms();

	(void)pthread_mutex_lock(&s->lock);
	bool is_due = now >= s->next_poll;
	if (is_due) {
		s->next_poll = now + s->poll_ms;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return is_due;
}

/* Like a replica's, a dialer may sleep for ever (es_bus_replica.c): hints would be missed until a restart, and every event come
 * as late as a poll. One that stays away is replaced; not one that is only about to connect, which NNG 1.5 would leak. */
static bool is_joined(struct es_bus_subscriber *s, nng_dialer dialer)
{
	bool found = false;

	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->joined_count && !found; i++) {
		found = s->joined[i].dialer == nng_dialer_id(dialer);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return found;
}

static void look(void *user)
{
	struct es_bus_subscriber *s = user;

	(void)pthread_mutex_lock(&s->dialling);
	for (size_t i = 0; i < s->dialled_count; i++) {
		struct dialled *d = &s->dialled[i];
		const int64_t now = es_mono_ms();
		if (is_joined(s, d->dialer)) {
			d->away_since = 0;
		} else if (d->away_since == 0) {
			d->away_since = now;
		} else if (now - d->away_since >= ES_BUS_REDIAL_MS) {
			es_bus_redial(s->socket, d->url, &d->dialer);
			d->away_since = now;
		}
	}
	(void)pthread_mutex_unlock(&s->dialling);
	(void)pthread_mutex_lock(&s->lock);
	s->is_looking = false;
	(void)pthread_cond_signal(&s->ended);
	(void)pthread_mutex_unlock(&s->lock);
}

static void look_after_dialers(struct es_bus_subscriber *s)
{
	(void)pthread_mutex_lock(&s->lock);
	if (!s->is_looking && !s->is_stopping) {
		s->is_looking = true;
		es_bus_chore_do(&s->looking);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

static void on_event(void *user)
{
	struct es_bus_subscriber *s = user;
	int error = nng_aio_result(s->aio);
	nng_msg *msg = nng_aio_get_msg(s->aio);

	nng_aio_set_msg(s->aio, NULL);
	if (error == 0 && msg != NULL) {
		on_hint(s, msg);
	}
	if (is_poll_due(s)) {
		s->bell("", 0, s->user);
		look_after_dialers(s);
	}
	receive(s);
}

/* What was published before is lost to us: so it rings. */
static void on_connected(nng_pipe pipe, nng_pipe_ev event, void *user)
{
	struct es_bus_subscriber *s = user;

	(void)event;
	(void)pthread_mutex_lock(&s->lock);
	if (s->joined_count < ES_COUNT(s->joined)) {
		s->joined[s->joined_count++] =
			(struct joined){ .pipe = nng_pipe_id(pipe), .dialer = nng_dialer_id(nng_pipe_dialer(pipe)) };
	}
	s->next_poll = es_mono_ms();
	nng_aio_abort(s->aio, NNG_ETIMEDOUT);
	(void)pthread_mutex_unlock(&s->lock);
}

static void on_disconnected(nng_pipe pipe, nng_pipe_ev event, void *user)
{
	struct es_bus_subscriber *s = user;

	(void)event;
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->joined_count; i++) {
		if (s->joined[i].pipe == nng_pipe_id(pipe)) {
			s->joined[i] = s->joined[--s->joined_count];
			break;
		}
	}
	(void)pthread_mutex_unlock(&s->lock);
}

static void on_addresses(const char *const *urls, size_t count, void *user)
{
	struct es_bus_subscriber *s = user;

	(void)pthread_mutex_lock(&s->dialling);
	for (size_t i = 0; i < s->dialled_count;) {
		size_t j = 0;
		while (j < count && strcmp(urls[j], s->dialled[i].url) != 0) {
			j++;
		}
		if (j < count) {
			i++;
			continue;
		}
		(void)nng_dialer_close(s->dialled[i].dialer);
		s->dialled[i] = s->dialled[--s->dialled_count];
	}
	for (size_t j = 0; j < count && s->dialled_count < ES_BUS_ADDRESSES_MAX; j++) {
		size_t i = 0;
		while (i < s->dialled_count && strcmp(urls[j], s->dialled[i].url) != 0) {
			i++;
		}
		struct dialled *d = &s->dialled[i];
		if (i == s->dialled_count && es_bus_dial(s->socket, urls[j], &d->dialer) == ES_OK) {
			(void)snprintf(d->url, sizeof d->url, "%s", urls[j]);
			d->away_since = 0;
			s->dialled_count++;
		}
	}
	(void)pthread_mutex_unlock(&s->dialling);
}

static es_status subscriber_open(struct es_bus_subscriber *s)
{
	if (nng_sub0_open(&s->socket) != 0) {
		return ES_UNAVAILABLE;
	}
	if (es_bus_socket_setup(s->socket) != ES_OK || nng_socket_set_int(s->socket, NNG_OPT_RECVBUF, BUFFERS) != 0 ||
	    nng_socket_set(s->socket, NNG_OPT_SUB_SUBSCRIBE, "", 0) != 0 || nng_aio_alloc(&s->aio, on_event, s) != 0 ||
	    nng_pipe_notify(s->socket, NNG_PIPE_EV_ADD_POST, on_connected, s) != 0 ||
	    nng_pipe_notify(s->socket, NNG_PIPE_EV_REM_POST, on_disconnected, s) != 0) {
		(void)es_bus_close(s->socket);
		return ES_UNAVAILABLE;
	}
	return ES_OK;
}

static void subscriber_free(struct es_bus_subscriber *s)
{
	nng_aio_free(s->aio);
	es_arena_free(s->arena);
	(void)pthread_cond_destroy(&s->ended);
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_mutex_destroy(&s->dialling);
	free(s);
}

es_status es_bus_subscriber_start(const char *target, struct es_bus_key *key, int64_t poll_ms, es_bus_doorbell *bell,
                                  void *user, struct es_bus_subscriber **out, struct es_buf *error)
{
	es_bus_init();
	struct es_bus_subscriber *s = calloc(1, sizeof *s);
	if (s == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	(void)pthread_mutex_init(&s->dialling, NULL);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->ended, NULL);
	s->looking = (struct es_bus_chore){ .run = look, .user = s };
	s->key = key;
	s->poll_ms = poll_ms;
	s->next_poll = es_mono_ms(); /* the first ring is at once: what happened while we were away? */
	s->bell = bell;
	s->user = user;
	s->arena = es_arena_new(1024, HINT_MEMORY);
	if (s->arena == NULL || es_bus_chores_start() != ES_OK || subscriber_open(s) != ES_OK) {
		es_put_str(error, "cannot set up the socket for events");
		subscriber_free(s);
		return ES_UNAVAILABLE;
	}
	es_status status = es_bus_watch_start(target, on_addresses, s, &s->watch, error);
	if (status != ES_OK) {
		(void)es_bus_close(s->socket);
		subscriber_free(s);
		return status;
	}
	receive(s);
	*out = s;
	return ES_OK;
}

void es_bus_subscriber_stop(struct es_bus_subscriber *s)
{
	if (s == NULL) {
		return;
	}
	es_bus_watch_stop(s->watch);
	(void)pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	nng_aio_cancel(s->aio);
	while (!s->has_ended || s->is_looking) {
		(void)pthread_cond_wait(&s->ended, &s->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	if (es_bus_close(s->socket)) {
		subscriber_free(s);
	} else { /* callbacks of its pipes may still come */
		es_bus_leave_behind(&s->left);
	}
}
