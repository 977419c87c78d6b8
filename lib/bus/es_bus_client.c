/* es_bus_client.c -- calls: a slot each, one or two attempts, one callback. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_bus_client.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_log.h"
#include "es_metrics.h"

#define SLOTS_DEFAULT 512
#define SLOT_MEMORY (3u * ES_BUS_MAX_FRAME) /* request, reply, and the reply's payload on its own */
/* How long a call that may be repeated waits for a replica to be there again. */
#define REPEAT_WAIT_MS 3000
/* At most one that may have been run is repeated; the others met replicas that were just going. */
#define ATTEMPTS_MAX 4

ES_METRIC_COUNTER(calls, "openes_bus_calls_total", "Calls to other processes", "status", es_status_label_values);
ES_METRIC_COUNTER1(repeats, "openes_bus_repeats_total", "Calls sent a second time");
ES_METRIC_HISTOGRAM(call_seconds, "openes_bus_call_seconds", "Time of calls to other processes");

/* ---- slots ---- */

static struct es_bus_slot *slot_new(struct es_bus_client *client)
{
	struct es_bus_slot *slot = calloc(1, sizeof *slot);
	if (slot == NULL) {
		return NULL;
	}
	slot->arena = es_arena_new(4096, SLOT_MEMORY);
	if (slot->arena == NULL) {
		free(slot);
		return NULL;
	}
	es_arena_set_secret(slot->arena);
	slot->client = client;
	slot->next = client->slots;
	client->slots = slot;
	client->slots_made++;
	return slot;
}

/* With the lock held. */
static bool has_healthy(const struct es_bus_client *client)
{
	for (size_t i = 0; i < client->replica_count; i++) {
		if (client->replicas[i]->is_up) {
			return true;
		}
	}
	return false;
}

bool es_bus_client_is_ready(struct es_bus_client *client)
{
	(void)pthread_mutex_lock(&client->lock);
	bool is_ready = has_healthy(client);
	(void)pthread_mutex_unlock(&client->lock);
	return is_ready;
}

static es_status slot_take(struct es_bus_client *client, struct es_bus_slot **out)
{
	es_status status = ES_OK;
	struct es_bus_slot *slot = NULL;

	(void)pthread_mutex_lock(&client->lock);
	if (client->is_stopping || !has_healthy(client)) {
		status = ES_UNAVAILABLE;
	} else if ((slot = client->free_slots) != NULL) {
		client->free_slots = slot->next_free;
	} else if (client->slots_made == client->slots_max || (slot = slot_new(client)) == NULL) {
		status = ES_BUSY;
	}
	if (status == ES_OK) {
		client->slots_used++;
		*out = slot;
	}
	(void)pthread_mutex_unlock(&client->lock);
	return status;
}

/* Gives back the slot, and the lane if there is one. */
static void slot_release(struct es_bus_slot *slot, struct es_bus_lane *lane)
{
	struct es_bus_client *client = slot->client;

	es_arena_reset(slot->arena);
	(void)pthread_mutex_lock(&client->lock);
	if (lane != NULL) {
		es_bus_lane_release(lane);
	}
	slot->callback = NULL;
	slot->next_free = client->free_slots;
	client->free_slots = slot;
	client->slots_used--;
	if (client->is_stopping) {
		(void)pthread_cond_broadcast(&client->quiet);
	}
	(void)pthread_mutex_unlock(&client->lock);
}

nng_duration es_bus_slot_left(const struct es_bus_slot *slot)
{
	int64_t left = slot->deadline - es_wall_ms();
	return left < 1 ? 1 : left > ES_BUS_DEADLINE_MAX_MS ? ES_BUS_DEADLINE_MAX_MS : (nng_duration)left;
}

bool es_bus_slot_may_repeat(const struct es_bus_slot *slot)
{
	return slot->idempotency_key.len > 0 && !slot->is_repeated && !slot->client->is_stopping;
}

/* ---- sending ---- */

static es_status slot_pack(struct es_bus_slot *slot, uint64_t id, struct es_slice *plain)
{
	Openes__BusRequest envelope = OPENES__BUS_REQUEST__INIT;

	envelope.id = id;
	envelope.method = slot->method;
	envelope.schema = OPENES__BUS_SCHEMA__BUS_SCHEMA_CURRENT;
	envelope.deadline_unix_ms = slot->deadline;
	envelope.traceparent = slot->traceparent;
	envelope.caller = program_invocation_short_name;
	/* protobuf-c only reads them, through pointers that are not const. */
	envelope.idempotency_key.data = (uint8_t *)(uintptr_t)slot->idempotency_key.ptr;
	envelope.idempotency_key.len = slot->idempotency_key.len;
	envelope.payload.data = (uint8_t *)(uintptr_t)slot->payload.ptr;
	envelope.payload.len = slot->payload.len;
	return es_bus_envelope_pack(&envelope.base, 0, NULL, slot->arena, plain);
}

/* One attempt. The slot is under way when ES_OK, and must not be touched any more. */
static es_status slot_send(struct es_bus_slot *slot)
{
	struct es_bus_client *client = slot->client;
	struct es_bus_frame_id id;
	struct es_slice plain;
	nng_msg *msg;

	slot->attempts++;
	(void)pthread_mutex_lock(&client->lock);
	uint64_t number = ++client->calls;
	(void)pthread_mutex_unlock(&client->lock);
	ES_TRY(slot_pack(slot, number, &plain));
	ES_TRY(es_bus_message_seal(client->key, ES_BUS_REQUEST, NULL, plain, &msg, &id));

	(void)pthread_mutex_lock(&client->lock);
	struct es_bus_replica *replica = client->is_stopping ? NULL : es_bus_replica_pick(client);
	es_status status = replica == NULL ? ES_UNAVAILABLE : es_bus_lane_send(replica, slot, msg, &id);
	(void)pthread_mutex_unlock(&client->lock);
	if (status != ES_OK) {
		nng_msg_free(msg);
	}
	return status;
}

static es_status slot_fill(struct es_bus_slot *slot, const struct es_bus_call_options *options,
                           const ProtobufCMessage *request)
{
	struct es_trace trace = options->trace == NULL ? es_trace_new() : es_trace_child(options->trace);
	size_t size = protobuf_c_message_get_packed_size(request);

	if (size > ES_BUS_MAX_FRAME) {
		return ES_TOO_LARGE;
	}
	uint8_t *payload = es_arena_alloc(slot->arena, size);
	if (payload == NULL) {
		return ES_TOO_LARGE;
	}
	slot->payload = es_slice_of(payload, protobuf_c_message_pack(request, payload));
	slot->idempotency_key = es_arena_copy(slot->arena, options->idempotency_key);
	es_trace_format(&trace, slot->traceparent);
	slot->method = options->method;
	slot->is_repeated = false;
	slot->attempts = 0;
	slot->started_us = es_mono_us();
	return ES_OK;
}

es_status es_bus_call(struct es_bus_client *client, const struct es_bus_call_options *options,
                      const ProtobufCMessage *request, es_bus_callback *callback, void *user)
{
	struct es_bus_slot *slot;
	int64_t now = es_wall_ms();

	if (options->deadline <= now) {
		return ES_TIMEOUT;
	}
	ES_TRY(slot_take(client, &slot));
	slot->deadline =
		options->deadline - now > ES_BUS_DEADLINE_MAX_MS ? now + ES_BUS_DEADLINE_MAX_MS : options->deadline;
	slot->callback = callback;
	slot->user = user;
	es_status status = slot_fill(slot, options, request);
	if (status == ES_OK) {
		status = slot_send(slot);
	}
	if (status != ES_OK) {
		slot_release(slot, NULL);
	}
	return status;
}

/* ---- ending ---- */

static void slot_finish(struct es_bus_slot *slot, struct es_bus_lane *lane, const struct es_bus_reply_view *view)
{
	es_count(&calls, view->status);
	es_observe_us(&call_seconds, (uint64_t)(es_mono_us() - slot->started_us));
	slot->callback(view, slot->user);
	slot_release(slot, lane);
}

static void slot_fail(struct es_bus_slot *slot, struct es_bus_lane *lane, es_status status, const char *detail)
{
	slot_finish(slot, lane, &(struct es_bus_reply_view){ .status = status, .detail = detail });
}

static void on_wait(void *user)
{
	struct es_bus_slot *slot = user;
	struct es_bus_client *client = slot->client;

	(void)pthread_mutex_lock(&client->lock);
	slot->is_waiting = false;
	for (struct es_bus_slot **at = &client->waiting; *at != NULL; at = &(*at)->next_waiting) {
		if (*at == slot) {
			*at = slot->next_waiting;
			break;
		}
	}
	(void)pthread_mutex_unlock(&client->lock);
	es_status status = slot_send(slot);
	if (status != ES_OK) {
		slot_fail(slot, NULL, status, "the replica was lost and no other answers");
	}
}

/* Waits until a replica is up; false when that is not possible. */
static bool slot_wait(struct es_bus_slot *slot)
{
	struct es_bus_client *client = slot->client;
	nng_duration left = es_bus_slot_left(slot);

	if (slot->wait == NULL && nng_aio_alloc(&slot->wait, on_wait, slot) != 0) {
		return false;
	}
	(void)pthread_mutex_lock(&client->lock);
	bool waits = !client->is_stopping;
	if (waits) {
		slot->is_waiting = true;
		slot->next_waiting = client->waiting;
		client->waiting = slot;
		nng_sleep_aio(left < REPEAT_WAIT_MS ? left : REPEAT_WAIT_MS, slot->wait);
	}
	(void)pthread_mutex_unlock(&client->lock);
	return waits;
}

void es_bus_slots_wake(struct es_bus_client *client)
{
	for (struct es_bus_slot *slot = client->waiting; slot != NULL; slot = slot->next_waiting) {
		nng_aio_abort(slot->wait, NNG_EINTR);
	}
}

/* Another attempt, when it is allowed and there is time. `is_safe`: the last one was certainly not run. */
static bool slot_repeat(struct es_bus_slot *slot, struct es_bus_lane *lane, bool is_safe)
{
	struct es_bus_client *client = slot->client;

	(void)pthread_mutex_lock(&client->lock);
	bool may = slot->attempts < ATTEMPTS_MAX && !client->is_stopping && slot->deadline > es_wall_ms() &&
	           (is_safe || es_bus_slot_may_repeat(slot));
	if (may) {
		slot->is_repeated |= !is_safe;
		es_bus_lane_release(lane);
	}
	(void)pthread_mutex_unlock(&client->lock);
	if (!may) {
		return false;
	}
	es_count(&repeats, 0);
	if (slot_send(slot) != ES_OK && !slot_wait(slot)) {
		slot_fail(slot, NULL, ES_UNAVAILABLE, "the replica was lost");
	}
	return true;
}

static void slot_lost(struct es_bus_slot *slot, struct es_bus_lane *lane, int error, bool has_left)
{
	struct es_bus_client *client = slot->client;
	/* NNG 1.5 may report a timeout to an operation that began on an aio just when the one before it ran out. */
	bool is_late = error == NNG_ETIMEDOUT && es_wall_ms() >= slot->deadline - 1;

	(void)pthread_mutex_lock(&client->lock);
	if (is_late) {
		es_bus_replica_missed(lane->replica);
	} else if (error == NNG_ECONNRESET) {
		es_bus_replica_lost(lane->replica);
	}
	(void)pthread_mutex_unlock(&client->lock);
	if (is_late) {
		slot_fail(slot, lane, ES_TIMEOUT, "no reply before the deadline");
	} else if (!slot_repeat(slot, lane, !has_left)) {
		slot_fail(slot, lane, ES_UNAVAILABLE, nng_strerror(error));
	}
}

/* Opens the reply; ES_OK and *out when it is one. */
static es_status slot_open(struct es_bus_slot *slot, const struct es_bus_lane *lane, nng_msg *msg,
                           const Openes__BusReply **out)
{
	struct es_bus_frame_id id;
	ProtobufCMessage *m = NULL;

	es_status status = es_bus_message_open(slot->client->key, ES_BUS_REPLY, &lane->asked, msg,
	                                       &openes__bus_reply__descriptor, slot->arena, &id, &m);
	if (status != ES_OK) {
		es_bus_refuse(status == ES_MALFORMED ? ES_BUS_NOT_A_FRAME : ES_BUS_BAD_SEAL, slot->client->name);
		return status;
	}
	if (m == NULL) {
		return ES_MALFORMED;
	}
	es_bus_frame_remember(slot->client->key, &id);
	*out = (const Openes__BusReply *)m;
	return ES_OK;
}

static void slot_answered(struct es_bus_slot *slot, struct es_bus_lane *lane, const Openes__BusReply *reply)
{
	struct es_bus_client *client = slot->client;

	(void)pthread_mutex_lock(&client->lock);
	es_bus_replica_heard(lane->replica);
	if (reply->not_run && reply->status == ES_UNAVAILABLE) {
		es_bus_replica_refused(lane->replica); /* it is stopping */
	}
	(void)pthread_mutex_unlock(&client->lock);
	if (reply->not_run && reply->status == ES_UNAVAILABLE && slot_repeat(slot, lane, true)) {
		return;
	}
	slot_finish(slot, lane,
	            &(struct es_bus_reply_view){ .status = es_status_from_wire(reply->status),
	                                         .payload = es_slice_of(reply->payload.data, reply->payload.len),
	                                         .detail = reply->detail });
}

void es_bus_slot_ended(struct es_bus_slot *slot, struct es_bus_lane *lane, int error, bool has_left, nng_msg *msg)
{
	const Openes__BusReply *reply = NULL;

	if (msg == NULL) {
		slot_lost(slot, lane, error == 0 ? NNG_ECONNABORTED : error, has_left);
		return;
	}
	es_status status = slot_open(slot, lane, msg, &reply);
	nng_msg_free(msg);
	if (status == ES_OK) {
		slot_answered(slot, lane, reply);
	} else {
		slot_fail(slot, lane, ES_UNAVAILABLE, "the reply is not genuine");
	}
}

/* ---- the waiting call ---- */

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
	es_status status;
	const ProtobufCMessageDescriptor *type;
	struct es_arena *arena;
	ProtobufCMessage *reply;
};

static void on_waited(const struct es_bus_reply_view *view, void *user)
{
	struct waiter *w = user;

	(void)pthread_mutex_lock(&w->lock);
	w->status = view->status;
	if (view->status == ES_OK) {
		w->reply = es_bus_unpack(w->type, view->payload, w->arena);
		if (w->reply == NULL) {
			w->status = ES_INTERNAL; /* a reply that does not parse is the peer's fault, or larger than our arena */
		}
	}
	w->is_done = true;
	(void)pthread_cond_signal(&w->done);
	(void)pthread_mutex_unlock(&w->lock);
}

es_status es_bus_call_wait(struct es_bus_client *client, const struct es_bus_call_options *options,
                           const ProtobufCMessage *request, const ProtobufCMessageDescriptor *reply_type,
                           struct es_arena *arena, ProtobufCMessage **reply)
{
	struct waiter w = {
		.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER, .type = reply_type, .arena = arena
	};

	ES_TRY(es_bus_call(client, options, request, on_waited, &w));
	(void)pthread_mutex_lock(&w.lock);
	while (!w.is_done) {
		(void)pthread_cond_wait(&w.done, &w.lock); /* the call's own deadline ends this */
	}
	(void)pthread_mutex_unlock(&w.lock);
	(void)pthread_cond_destroy(&w.done);
	(void)pthread_mutex_destroy(&w.lock);
	if (w.status == ES_OK) {
		*reply = w.reply;
	}
	return w.status;
}

/* ---- life ---- */

static bool is_among(const char *url, const char *const *urls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(url, urls[i]) == 0) {
			return true;
		}
	}
	return false;
}

static bool has_replica(const struct es_bus_client *client, const char *url)
{
	for (size_t i = 0; i < client->replica_count; i++) {
		if (strcmp(client->replicas[i]->url, url) == 0) {
			return true;
		}
	}
	return false;
}

/* Moves the replicas whose address is gone to the leaving ones; calls under way end in peace. */
static void drop_gone(struct es_bus_client *client, const char *const *urls, size_t count)
{
	(void)pthread_mutex_lock(&client->lock);
	for (size_t i = 0; i < client->replica_count;) {
		struct es_bus_replica *r = client->replicas[i];
		if (is_among(r->url, urls, count)) {
			i++;
			continue;
		}
		client->replicas[i] = client->replicas[--client->replica_count];
		es_bus_replica_leave(r);
		r->next_leaving = client->leaving;
		client->leaving = r;
		if (!client->is_stopping) {
			es_info(NULL, "bus.replica_gone", es_f_str("target", client->name), es_f_str("url", r->url));
		}
	}
	(void)pthread_mutex_unlock(&client->lock);
}

/* Closes the leaving replicas whose last call and ping have ended; all of them when `now`. */
static void close_leaving(struct es_bus_client *client, bool now)
{
	struct es_bus_replica *ready = NULL;

	(void)pthread_mutex_lock(&client->lock);
	for (struct es_bus_replica **at = &client->leaving; *at != NULL;) {
		struct es_bus_replica *r = *at;
		if (!now && !es_bus_replica_is_quiet(r)) {
			at = &r->next_leaving;
			continue;
		}
		*at = r->next_leaving;
		r->next_leaving = ready;
		ready = r;
	}
	(void)pthread_mutex_unlock(&client->lock);
	while (ready != NULL) {
		struct es_bus_replica *r = ready;
		ready = r->next_leaving;
		es_bus_replica_close(r);
	}
}

static void on_addresses(const char *const *urls, size_t count, void *user)
{
	struct es_bus_client *client = user;

	drop_gone(client, urls, count);
	close_leaving(client, false);
	for (size_t i = 0; i < count; i++) {
		if (!has_replica(client, urls[i])) { /* the list changes on this thread only */
			es_bus_replica_open(client, urls[i]);
		}
	}
}

es_status es_bus_client_start(const struct es_bus_client_options *options, struct es_bus_client **out,
                              struct es_buf *error)
{
	es_bus_init();
	es_metric_register(&calls);
	es_metric_register(&repeats);
	struct es_bus_client *client = calloc(1, sizeof *client);
	if (client == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	(void)pthread_mutex_init(&client->lock, NULL);
	(void)pthread_cond_init(&client->quiet, NULL);
	client->key = options->key;
	client->slots_max = options->slots > 0 ? options->slots : SLOTS_DEFAULT;
	(void)snprintf(client->name, sizeof client->name, "%s", options->name);
	es_status status = es_bus_chores_start();
	if (status != ES_OK) {
		es_put_str(error, "cannot start the bus's own thread");
	} else {
		status = es_bus_watch_start(options->target, on_addresses, client, &client->watch, error);
	}
	if (status != ES_OK) {
		es_bus_client_stop(client);
		return status;
	}
	*out = client;
	return ES_OK;
}

static void slots_free(struct es_bus_client *client)
{
	while (client->slots != NULL) {
		struct es_bus_slot *slot = client->slots;
		client->slots = slot->next;
		nng_aio_free(slot->wait);
		es_arena_free(slot->arena);
		free(slot);
	}
}

/* Pings end by themselves, soon; what arrives on a socket while it closes may block NNG (es_bus_close()). */
static void wait_for_pings(struct es_bus_client *client)
{
	(void)pthread_mutex_lock(&client->lock);
	for (const struct es_bus_replica *r = client->leaving; r != NULL;) {
		if (r->ping.state == PING_STOPPED) {
			r = r->next_leaving;
			continue;
		}
		(void)pthread_cond_wait(&client->quiet, &client->lock);
		r = client->leaving;
	}
	(void)pthread_mutex_unlock(&client->lock);
}

void es_bus_client_stop(struct es_bus_client *client)
{
	if (client == NULL) {
		return;
	}
	(void)pthread_mutex_lock(&client->lock);
	client->is_stopping = true;
	(void)pthread_mutex_unlock(&client->lock);
	es_bus_watch_stop(client->watch);
	drop_gone(client, NULL, 0);
	wait_for_pings(client);
	close_leaving(client, true);

	(void)pthread_mutex_lock(&client->lock);
	es_bus_slots_wake(client);
	while (client->slots_used > 0) {
		(void)pthread_cond_wait(&client->quiet, &client->lock);
	}
	(void)pthread_mutex_unlock(&client->lock);
	slots_free(client);
	if (client->abandoned != NULL) {
		es_bus_leave_behind(&client->left);
		return;
	}
	(void)pthread_cond_destroy(&client->quiet);
	(void)pthread_mutex_destroy(&client->lock);
	free(client);
}
