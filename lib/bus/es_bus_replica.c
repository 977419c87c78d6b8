/* es_bus_replica.c -- one replica of a target: its connection, its lanes, and whether it is well.
 *
 * NNG does not notice a hung peer (its kernel still takes what we send), so each replica is pinged. It gets calls after
 * the first answered ping on a connection and until two timeouts in a row, and again after the next answer. */
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_bus_client.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"

#define PING_EVERY_MS 500
#define PING_TIMEOUT_MS 400
/* In the envelope: much later, so that a callee whose clock goes wrong still counts as alive. */
#define PING_FRESH_MS 60000
#define MISSES_TO_LEAVE_OUT 2
/* Then the connection itself is doubted: a peer that lost power leaves one that the kernel holds for a quarter hour. */
#define MISSES_TO_RECONNECT 4

static const char *const changes[] = { "up", "down" };
ES_METRIC_COUNTER(replica_changes, "openes_bus_replica_changes_total", "Replicas found well or lost", "to", changes);

static void ping_send(struct es_bus_replica *r);
static void ping_pause(struct es_bus_replica *r);

/* ---- health (locked) ---- */

static void ping_wake(struct es_bus_replica *r)
{
	if (r->ping.state == PING_PAUSING) {
		nng_aio_abort(r->ping.pause, NNG_EINTR);
	}
}

/* Calls whose replica has gone silent: those still queued have certainly not left, and those that may be repeated need
 * not wait for their deadline. The others wait, since nobody knows whether they were run. */
static void abandon_calls(struct es_bus_replica *r)
{
	for (struct es_bus_lane *lane = r->lanes; lane != NULL; lane = lane->next) {
		if (lane->state == LANE_SENDING || (lane->state == LANE_RECEIVING && es_bus_slot_may_repeat(lane->slot))) {
			lane->abandoned = NNG_ECONNABORTED;
			nng_aio_abort(lane->aio, NNG_ECONNABORTED);
		}
	}
}

static void set_up(struct es_bus_replica *r)
{
	r->misses = 0;
	if (!r->is_up && r->is_connected && !r->is_leaving) {
		r->is_up = true;
		es_count(&replica_changes, 0);
		es_info(NULL, "bus.replica_up", es_f_str("target", r->client->name), es_f_str("url", r->url));
		es_bus_slots_wake(r->client);
	}
}

static void set_down(struct es_bus_replica *r, const char *why)
{
	if (r->is_up) {
		r->is_up = false;
		es_count(&replica_changes, 1);
		es_warn(NULL, "bus.replica_down", es_f_str("target", r->client->name), es_f_str("url", r->url),
		        es_f_str("why", why));
	}
}

void es_bus_replica_heard(struct es_bus_replica *r)
{
	r->misses = 0;
}

/* Slow or dead? New calls go elsewhere, and a ping finds out at once. */
void es_bus_replica_missed(struct es_bus_replica *r)
{
	r->misses++;
	if (r->misses >= MISSES_TO_LEAVE_OUT) {
		set_down(r, "silent");
		ping_wake(r);
	}
}

/* NNG tells the calls first, and us later (on_disconnected): until then, no call goes where the last one was lost. */
void es_bus_replica_lost(struct es_bus_replica *r)
{
	set_down(r, "disconnected");
}

void es_bus_replica_refused(struct es_bus_replica *r)
{
	set_down(r, "stopping");
}

struct es_bus_replica *es_bus_replica_pick(struct es_bus_client *client)
{
	struct es_bus_replica *best = NULL;

	for (size_t i = 1; i <= client->replica_count; i++) {
		struct es_bus_replica *r = client->replicas[(client->turn + i) % client->replica_count];
		if (r->is_up && (best == NULL || r->outstanding < best->outstanding)) {
			best = r;
		}
	}
	if (best != NULL) {
		client->turn++;
	}
	return best;
}

/* ---- connection ---- */

static void on_connected(nng_pipe pipe, nng_pipe_ev event, void *user)
{
	(void)event;
	struct es_bus_replica *r = user;
	(void)pthread_mutex_lock(&r->client->lock);
	r->pipe = pipe;
	r->is_connected = true;
	r->misses = r->ping.misses = 0;
	ping_wake(r);
	(void)pthread_mutex_unlock(&r->client->lock);
}

static void on_disconnected(nng_pipe pipe, nng_pipe_ev event, void *user)
{
	(void)event;
	struct es_bus_replica *r = user;
	(void)pthread_mutex_lock(&r->client->lock);
	if (r->is_connected && nng_pipe_id(pipe) == nng_pipe_id(r->pipe)) {
		r->is_connected = false;
		r->dialled_at = es_mono_ms(); /* its dialer does so now */
		set_down(r, "disconnected");
		abandon_calls(r); /* those that were sent have got ECONNRESET from NNG already */
	}
	(void)pthread_mutex_unlock(&r->client->lock);
}

/* ---- lanes ---- */

static void lane_receive(struct es_bus_lane *lane)
{
	lane->state = LANE_RECEIVING;
	nng_aio_set_timeout(lane->aio, es_bus_slot_left(lane->slot));
	nng_ctx_recv(lane->ctx, lane->aio);
}

/* Always send, callback, receive, callback on one aio: a receive that starts before its send has finished crashes
 * NNG 1.5 when there is no peer. */
static void on_lane(void *user)
{
	struct es_bus_lane *lane = user;
	struct es_bus_client *client = lane->replica->client;
	int error = nng_aio_result(lane->aio);
	nng_msg *msg = NULL;

	(void)pthread_mutex_lock(&client->lock);
	bool was_sending = lane->state == LANE_SENDING;
	if (lane->replica->is_closing && lane->abandoned == 0) {
		lane->abandoned = NNG_ECLOSED;
	}
	if (was_sending && error == 0 && lane->abandoned == 0) {
		lane_receive(lane);
		(void)pthread_mutex_unlock(&client->lock);
		return;
	}
	if (!was_sending || error != 0) { /* the reply, or the request that did not go */
		msg = nng_aio_get_msg(lane->aio);
		nng_aio_set_msg(lane->aio, NULL);
	}
	bool has_left = !was_sending || error == 0;
	if (was_sending && error == 0) {
		error = lane->abandoned;
	}
	struct es_bus_slot *slot = lane->slot;
	(void)pthread_mutex_unlock(&client->lock);

	if (error != 0 && msg != NULL) {
		nng_msg_free(msg);
		msg = NULL;
	}
	es_bus_slot_ended(slot, lane, error, has_left, msg);
}

static struct es_bus_lane *lane_new(struct es_bus_replica *r)
{
	struct es_bus_lane *lane = calloc(1, sizeof *lane);
	if (lane == NULL) {
		return NULL;
	}
	if (nng_aio_alloc(&lane->aio, on_lane, lane) != 0) {
		free(lane);
		return NULL;
	}
	if (nng_ctx_open(&lane->ctx, r->socket) != 0) {
		nng_aio_free(lane->aio);
		free(lane);
		return NULL;
	}
	lane->replica = r;
	lane->next = r->lanes;
	r->lanes = lane;
	return lane;
}

es_status es_bus_lane_send(struct es_bus_replica *r, struct es_bus_slot *slot, nng_msg *msg,
                           const struct es_bus_frame_id *id)
{
	struct es_bus_lane *lane = r->idle;
	if (lane != NULL) {
		r->idle = lane->next_idle;
	} else if ((lane = lane_new(r)) == NULL) {
		return ES_BUSY;
	}
	r->outstanding++;
	lane->slot = slot;
	lane->asked = *id;
	lane->abandoned = 0;
	lane->state = LANE_SENDING;
	nng_aio_set_msg(lane->aio, msg);
	nng_aio_set_timeout(lane->aio, es_bus_slot_left(slot));
	nng_ctx_send(lane->ctx, lane->aio);
	return ES_OK;
}

void es_bus_lane_release(struct es_bus_lane *lane)
{
	struct es_bus_replica *r = lane->replica;

	lane->state = LANE_IDLE;
	lane->slot = NULL;
	lane->next_idle = r->idle;
	r->idle = lane;
	r->outstanding--;
	if (r->is_leaving) {
		(void)pthread_cond_broadcast(&r->client->quiet);
	}
}

/* ---- pings ---- */

/* The next step, from any state (locked). */
static void ping_next(struct es_bus_replica *r, bool at_once)
{
	if (r->is_leaving) {
		r->ping.state = PING_STOPPED;
		(void)pthread_cond_broadcast(&r->client->quiet);
	} else if (at_once && r->is_connected) {
		ping_send(r);
	} else {
		ping_pause(r);
	}
}

static void ping_pause(struct es_bus_replica *r)
{
	r->ping.state = PING_PAUSING;
	nng_sleep_aio(PING_EVERY_MS, r->ping.pause);
}

static void ping_send(struct es_bus_replica *r)
{
	Openes__BusRequest envelope = OPENES__BUS_REQUEST__INIT;
	struct es_slice plain;
	nng_msg *msg;

	envelope.id = ++r->client->calls;
	envelope.method = OPENES__BUS_METHOD__BUS_PING;
	envelope.schema = OPENES__BUS_SCHEMA__BUS_SCHEMA_CURRENT;
	envelope.deadline_unix_ms = es_wall_ms() + PING_FRESH_MS;
	es_arena_reset(r->ping.arena);
	if (es_bus_envelope_pack(&envelope.base, 0, NULL, r->ping.arena, &plain) != ES_OK ||
	    es_bus_message_seal(r->client->key, ES_BUS_REQUEST, NULL, plain, &msg, &r->ping.asked) != ES_OK) {
		ping_pause(r);
		return;
	}
	r->ping.state = PING_SENDING;
	nng_aio_set_msg(r->ping.aio, msg);
	nng_aio_set_timeout(r->ping.aio, PING_TIMEOUT_MS);
	nng_ctx_send(r->ping.ctx, r->ping.aio);
}

static bool is_redial_due(const struct es_bus_replica *r)
{
	return !r->is_connected && !r->is_leaving && es_mono_ms() - r->dialled_at >= ES_BUS_REDIAL_MS;
}

/* A chore, outside the lock: NNG ends calls while it closes. */
static void redial(void *user)
{
	struct es_bus_replica *r = user;

	(void)pthread_mutex_lock(&r->client->lock);
	bool is_due = is_redial_due(r); /* no more when it has connected meanwhile: closing its dialer would end that */
	if (is_due) {
		r->dialled_at = es_mono_ms();
	}
	(void)pthread_mutex_unlock(&r->client->lock);
	if (is_due) {
		es_bus_redial(r->socket, r->url, &r->dialer);
	}
	(void)pthread_mutex_lock(&r->client->lock);
	ping_next(r, true);
	(void)pthread_mutex_unlock(&r->client->lock);
}

static void on_ping_pause(void *user)
{
	struct es_bus_replica *r = user;
	(void)pthread_mutex_lock(&r->client->lock);
	if (is_redial_due(r)) {
		r->ping.state = PING_REDIALLING;
		es_bus_chore_do(&r->redialling);
	} else {
		ping_next(r, true);
	}
	(void)pthread_mutex_unlock(&r->client->lock);
}

/* A reply to a ping (locked). */
static void ping_answered(struct es_bus_replica *r, nng_msg *msg)
{
	struct es_bus_frame_id id;
	ProtobufCMessage *m = NULL;

	es_status status = es_bus_message_open(r->client->key, ES_BUS_REPLY, &r->ping.asked, msg,
	                                       &openes__bus_reply__descriptor, r->ping.arena, &id, &m);
	if (status != ES_OK) {
		es_bus_refuse(status == ES_MALFORMED ? ES_BUS_NOT_A_FRAME : ES_BUS_BAD_SEAL, r->client->name);
		return;
	}
	es_bus_frame_remember(r->client->key, &id);
	const Openes__BusReply *reply = (const Openes__BusReply *)m;
	r->ping.misses = 0;
	if (reply != NULL && reply->status == ES_OK) {
		set_up(r);
	} else {
		set_down(r, "stopping");
	}
}

/* True when the connection should be made anew (locked). */
static bool ping_missed(struct es_bus_replica *r)
{
	r->ping.misses++;
	es_bus_replica_missed(r);
	if (r->ping.misses == MISSES_TO_LEAVE_OUT) {
		abandon_calls(r);
	}
	return r->ping.misses % MISSES_TO_RECONNECT == 0;
}

static void on_ping(void *user)
{
	struct es_bus_replica *r = user;
	int error = nng_aio_result(r->ping.aio);
	nng_pipe doubted = NNG_PIPE_INITIALIZER;

	(void)pthread_mutex_lock(&r->client->lock);
	if (r->ping.state == PING_SENDING && error == 0 && !r->is_closing) {
		r->ping.state = PING_RECEIVING;
		nng_ctx_recv(r->ping.ctx, r->ping.aio);
		(void)pthread_mutex_unlock(&r->client->lock);
		return;
	}
	nng_msg *msg = nng_aio_get_msg(r->ping.aio);
	nng_aio_set_msg(r->ping.aio, NULL);
	bool is_silent = error == NNG_ETIMEDOUT && r->is_connected;
	if (error == 0 && msg != NULL) {
		ping_answered(r, msg);
	} else if (is_silent && ping_missed(r)) {
		doubted = r->pipe;
	}
	ping_next(r, is_silent); /* the timeout was the pause */
	(void)pthread_mutex_unlock(&r->client->lock);
	if (msg != NULL) {
		nng_msg_free(msg);
	}
	if (nng_pipe_id(doubted) > 0) {
		(void)nng_pipe_close(doubted);
	}
}

/* ---- life ---- */

static void replica_free(struct es_bus_replica *r)
{
	nng_aio_free(r->ping.aio);
	nng_aio_free(r->ping.pause);
	es_arena_free(r->ping.arena);
	while (r->lanes != NULL) {
		struct es_bus_lane *lane = r->lanes;
		r->lanes = lane->next;
		nng_aio_free(lane->aio);
		free(lane);
	}
	free(r);
}

static es_status socket_open(struct es_bus_replica *r)
{
	if (nng_req0_open(&r->socket) != 0) {
		return ES_UNAVAILABLE;
	}
	/* Otherwise NNG itself sends a request again when its replica dies: SQNs and orders would be run twice. */
	if (es_bus_socket_setup(r->socket) != ES_OK ||
	    nng_socket_set_ms(r->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE) != 0 ||
	    nng_pipe_notify(r->socket, NNG_PIPE_EV_ADD_POST, on_connected, r) != 0 ||
	    nng_pipe_notify(r->socket, NNG_PIPE_EV_REM_POST, on_disconnected, r) != 0 ||
	    nng_ctx_open(&r->ping.ctx, r->socket) != 0 || es_bus_dial(r->socket, r->url, &r->dialer) != ES_OK) {
		(void)nng_close(r->socket);
		return ES_UNAVAILABLE;
	}
	return ES_OK;
}

void es_bus_replica_open(struct es_bus_client *client, const char *url)
{
	struct es_bus_replica *r = calloc(1, sizeof *r);
	if (r == NULL) {
		return; /* the next round of the resolver tries again */
	}
	r->client = client;
	r->dialled_at = es_mono_ms();
	r->ping.state = PING_STOPPED;
	r->redialling = (struct es_bus_chore){ .run = redial, .user = r };
	(void)snprintf(r->url, sizeof r->url, "%s", url);
	r->ping.arena = es_arena_new(1024, ES_BUS_CALL_MEMORY);
	if (r->ping.arena == NULL || nng_aio_alloc(&r->ping.aio, on_ping, r) != 0 ||
	    nng_aio_alloc(&r->ping.pause, on_ping_pause, r) != 0 || socket_open(r) != ES_OK) {
		es_error(NULL, "bus.no_replica", es_f_str("target", client->name), es_f_str("url", url));
		replica_free(r);
		return;
	}
	(void)pthread_mutex_lock(&client->lock);
	client->replicas[client->replica_count++] = r;
	ping_next(r, true);
	(void)pthread_mutex_unlock(&client->lock);
}

void es_bus_replica_leave(struct es_bus_replica *r)
{
	r->is_leaving = true;
	r->is_up = false;
	ping_wake(r);
}

bool es_bus_replica_is_quiet(const struct es_bus_replica *r)
{
	return r->outstanding == 0 && r->ping.state == PING_STOPPED;
}

void es_bus_replica_close(struct es_bus_replica *r)
{
	struct es_bus_client *client = r->client;

	(void)pthread_mutex_lock(&client->lock);
	r->is_closing = true; /* whoever was inside NNG had the lock, and is out */
	(void)pthread_mutex_unlock(&client->lock);
	bool is_closed = es_bus_close(r->socket); /* everything on it ends with NNG_ECLOSED, callbacks included */
	(void)pthread_mutex_lock(&client->lock);
	while (!es_bus_replica_is_quiet(r)) {
		(void)pthread_cond_wait(&client->quiet, &client->lock);
	}
	(void)pthread_mutex_unlock(&client->lock);
	if (is_closed) {
		replica_free(r);
	} else { /* callbacks of its pipe may still come */
		r->next_leaving = client->abandoned;
		client->abandoned = r;
	}
}
