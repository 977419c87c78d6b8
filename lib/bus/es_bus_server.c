/* es_bus_server.c -- answers requests: one REP socket with many contexts, each a call that is received, worked on,
 * answered, and received again.
 *
 * There are some contexts more than slots. A call that finds all slots taken is told ES_BUSY by its own context; without
 * the spare ones it would wait unread in NNG until its caller gave up. All contexts are alike, since NNG hands requests
 * to them in turn. */
#include <assert.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "es_bus_internal.h"
#include "es_bus_pb.h"
#include "es_clock.h"
#include "es_cond.h"
#include "es_log.h"
#include "es_metrics.h"

#define SLOTS_DEFAULT 256
#define SPARE_CALLS 16
/* A peer that does not read its replies holds a context no longer. */
#define SEND_TIMEOUT_MS 5000

enum call_state {
	CALL_RECEIVING, /* NNG has it */
	CALL_AT_WORK,   /* a handler has it */
	CALL_ANSWERING, /* NNG has it */
	CALL_CLOSED,
};

struct es_bus_call {
	struct es_bus_server *server;
	nng_ctx ctx;
	nng_aio *aio;
	_Atomic int state; /* enum call_state */
	bool has_slot;
	struct es_arena *arena; /* made for the first request */
	struct es_bus_frame_id asked;
	const Openes__BusRequest *request; /* in the arena */
	struct es_trace trace;
	int64_t started_us;
};

struct es_bus_server {
	char service[32];
	struct es_bus_key *key;
	const struct es_bus_method *methods;
	size_t method_count;
	void *user;
	uint32_t slots;
	nng_socket socket;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint32_t at_work; /* slots taken: from the handler's start until the answer has been handed to the socket */
	uint32_t working; /* calls that a handler has; grows only until is_stopping */
	uint32_t open;    /* calls that NNG or a handler has */
	uint32_t inside;  /* threads inside an NNG function of ours */
	bool is_stopping, is_closed, is_orphaned;
	size_t call_count;
	struct es_bus_call calls[];
};

ES_METRIC_COUNTER(served, "openes_bus_served_total", "Requests answered", "status", es_status_label_values);
ES_METRIC_HISTOGRAM(served_seconds, "openes_bus_served_seconds", "Time from a request's arrival to its answer");

struct es_arena *es_bus_call_arena(struct es_bus_call *call)
{
	return call->arena;
}

const struct es_trace *es_bus_call_trace(const struct es_bus_call *call)
{
	return &call->trace;
}

int64_t es_bus_call_deadline(const struct es_bus_call *call)
{
	return call->request->deadline_unix_ms;
}

struct es_slice es_bus_call_idempotency_key(const struct es_bus_call *call)
{
	return es_slice_of(call->request->idempotency_key.data, call->request->idempotency_key.len);
}

/* ---- slots ---- */

/* Hands the call to a handler, if there is a slot. */
static bool slot_take(struct es_bus_call *call)
{
	struct es_bus_server *server = call->server;

	(void)pthread_mutex_lock(&server->lock);
	call->has_slot = !server->is_stopping && server->at_work < server->slots;
	if (call->has_slot) {
		server->at_work++;
		server->working++;
		atomic_store(&call->state, CALL_AT_WORK);
	}
	(void)pthread_mutex_unlock(&server->lock);
	return call->has_slot;
}

static void slot_release(struct es_bus_call *call)
{
	struct es_bus_server *server = call->server;

	if (!call->has_slot) {
		return;
	}
	call->has_slot = false;
	(void)pthread_mutex_lock(&server->lock);
	server->at_work--;
	if (server->is_stopping) {
		(void)pthread_cond_broadcast(&server->changed);
	}
	(void)pthread_mutex_unlock(&server->lock);
}

static bool is_stopping(struct es_bus_server *server)
{
	(void)pthread_mutex_lock(&server->lock);
	bool is = server->is_stopping;
	(void)pthread_mutex_unlock(&server->lock);
	return is;
}

/* ---- the end of a call, or of the server ---- */

/* From any thread, also a callback of one of the aios: NNG frees them later, on a thread of its own. */
static void server_free(struct es_bus_server *server)
{
	for (size_t i = 0; i < server->call_count; i++) {
		nng_aio_reap(server->calls[i].aio);
		es_arena_free(server->calls[i].arena);
	}
	(void)pthread_cond_destroy(&server->changed);
	(void)pthread_mutex_destroy(&server->lock);
	free(server);
}

static void call_close(struct es_bus_call *call)
{
	struct es_bus_server *server = call->server;

	slot_release(call);
	atomic_store(&call->state, CALL_CLOSED);
	(void)pthread_mutex_lock(&server->lock);
	bool is_last = --server->open == 0 && server->is_orphaned;
	(void)pthread_cond_broadcast(&server->changed);
	(void)pthread_mutex_unlock(&server->lock);
	if (is_last) {
		server_free(server);
	}
}

/* NNG 1.5 frees a socket while a thread is still on its way out of nng_ctx_send() or nng_ctx_recv(), which then locks a
 * mutex that is gone. So a socket is closed when nobody is inside, and nobody goes in afterwards. */
static void nng_enter(struct es_bus_call *call, void operation(nng_ctx, nng_aio *), nng_duration timeout)
{
	struct es_bus_server *server = call->server;

	(void)pthread_mutex_lock(&server->lock);
	bool is_closed = server->is_closed;
	server->inside += !is_closed;
	(void)pthread_mutex_unlock(&server->lock);
	if (is_closed) {
		nng_msg *unsent = nng_aio_get_msg(call->aio);
		nng_aio_set_msg(call->aio, NULL);
		if (unsent != NULL) {
			nng_msg_free(unsent);
		}
		call_close(call);
		return;
	}
	nng_aio_set_timeout(call->aio, timeout);
	operation(call->ctx, call->aio); /* from here on, the call may be anywhere */
	(void)pthread_mutex_lock(&server->lock);
	server->inside--;
	if (server->is_closed) {
		(void)pthread_cond_broadcast(&server->changed);
	}
	(void)pthread_mutex_unlock(&server->lock);
}

static void call_receive(struct es_bus_call *call)
{
	if (call->arena != NULL) {
		es_arena_reset(call->arena);
	}
	call->request = NULL;
	atomic_store(&call->state, CALL_RECEIVING);
	nng_enter(call, nng_ctx_recv, NNG_DURATION_INFINITE);
}

/* ---- answers ---- */

static es_status pack_reply(struct es_bus_call *call, const Openes__BusReply *reply, const ProtobufCMessage *payload,
                            nng_msg **out)
{
	/* Not from the call's arena: a reply may be larger than what a request may make us allocate. */
	struct es_arena *arena = es_arena_new(2048, ES_BUS_MAX_FRAME + 4096);
	struct es_bus_frame_id id;
	struct es_slice plain;

	if (arena == NULL) {
		return ES_BUSY;
	}
	es_arena_set_secret(arena);
	es_status status = es_bus_envelope_pack(&reply->base, 4, payload, arena, &plain);
	if (status == ES_OK) {
		status = es_bus_message_seal(call->server->key, ES_BUS_REPLY, &call->asked, plain, out, &id);
	}
	es_arena_free(arena);
	return status;
}

/* The one way out of a call: sends and, when sent, receives the next. */
static void answer(struct es_bus_call *call, es_status status, const char *detail, const ProtobufCMessage *payload,
                   bool not_run)
{
	Openes__BusReply reply = OPENES__BUS_REPLY__INIT;
	nng_msg *msg = NULL;

	reply.id = call->request == NULL ? 0 : call->request->id;
	reply.status = (uint32_t)status;
	reply.detail = es_pb_text(detail == NULL ? "" : detail);
	reply.not_run = not_run;
	es_status packed = pack_reply(call, &reply, payload, &msg);
	if (packed != ES_OK && payload != NULL) {
		status = packed;
		reply.status = (uint32_t)packed;
		packed = pack_reply(call, &reply, NULL, &msg);
	}
	es_count(&served, (size_t)status);
	es_observe_us(&served_seconds, (uint64_t)(es_mono_us() - call->started_us));
	if (packed != ES_OK) { /* no memory even for that: its deadline will tell the caller */
		slot_release(call);
		call_receive(call);
		return;
	}
	nng_aio_set_msg(call->aio, msg);
	nng_enter(call, nng_ctx_send, SEND_TIMEOUT_MS);
}

static void finish(struct es_bus_call *call, es_status status, const char *detail, const ProtobufCMessage *payload)
{
	struct es_bus_server *server = call->server;
	int expected = CALL_AT_WORK;

	bool is_first = atomic_compare_exchange_strong(&call->state, &expected, CALL_ANSWERING);
	assert(is_first && "a call is answered once");
	(void)is_first;
	(void)pthread_mutex_lock(&server->lock);
	server->working--;
	bool is_closed = server->is_closed;
	(void)pthread_mutex_unlock(&server->lock);
	if (is_closed) { /* the handler took longer than the server's stop waited, and even the key may be gone */
		call_close(call);
	} else {
		answer(call, status, detail, payload, false);
	}
}

void es_bus_reply(struct es_bus_call *call, const ProtobufCMessage *message)
{
	finish(call, ES_OK, NULL, message);
}

void es_bus_fail(struct es_bus_call *call, es_status status, const char *detail)
{
	finish(call, status, detail, NULL);
}

/* Answers what no handler saw. */
static void turn_down(struct es_bus_call *call, es_status status, const char *detail)
{
	atomic_store(&call->state, CALL_ANSWERING);
	answer(call, status, detail, NULL, true);
}

/* ---- requests ---- */

static const struct es_bus_method *method_find(const struct es_bus_server *server, uint32_t number)
{
	for (size_t i = 0; i < server->method_count; i++) {
		if (server->methods[i].method == number) {
			return &server->methods[i];
		}
	}
	return NULL;
}

/* The request is genuine, fresh and new. */
static void call_dispatch(struct es_bus_call *call)
{
	struct es_bus_server *server = call->server;
	const struct es_bus_method *method = method_find(server, call->request->method);

	if (call->request->method == OPENES__BUS_METHOD__BUS_PING) {
		if (is_stopping(server)) {
			turn_down(call, ES_UNAVAILABLE, "stopping");
		} else {
			turn_down(call, ES_OK, NULL); /* also when all slots are taken: busy is not dead */
		}
		return;
	}
	if (method == NULL) {
		turn_down(call, ES_UNSUPPORTED, "no such method here");
		return;
	}
	struct es_slice payload = es_slice_of(call->request->payload.data, call->request->payload.len);
	const ProtobufCMessage *message = es_bus_unpack(method->request, payload, call->arena);
	if (message == NULL) {
		turn_down(call, ES_MALFORMED, "the payload does not parse");
		return;
	}
	if (!slot_take(call)) {
		bool stopping = is_stopping(server);
		turn_down(call, stopping ? ES_UNAVAILABLE : ES_BUSY, stopping ? "stopping" : "all slots are taken");
		return;
	}
	method->handler(call, message, server->user); /* nothing of the call may be touched after it */
}

/* The frame is genuine. What its deadline has outlived is never admitted: a thief's old captures push no live sender out
 * of the list of those whose numbers we remember. */
static void call_check(struct es_bus_call *call)
{
	const Openes__BusRequest *request = call->request;
	int64_t now = es_wall_ms();

	if (request == NULL) {
		turn_down(call, ES_MALFORMED, "the envelope does not parse");
	} else if (request->schema != OPENES__BUS_SCHEMA__BUS_SCHEMA_CURRENT) {
		turn_down(call, ES_MALFORMED, "unknown schema");
	} else if (request->deadline_unix_ms <= now) {
		turn_down(call, ES_TIMEOUT, "came after its deadline");
	} else if (request->deadline_unix_ms - now > 2 * ES_BUS_DEADLINE_MAX_MS) {
		turn_down(call, ES_MALFORMED, "the deadline is too far away");
	} else if (!es_bus_frame_admit(call->server->key, &call->asked)) {
		es_bus_refuse(ES_BUS_REPLAYED, call->server->service);
		call_receive(call);
	} else {
		if (!es_trace_parse(es_slice_str(request->traceparent), &call->trace)) {
			call->trace = es_trace_new();
		}
		call_dispatch(call);
	}
}

static void call_open(struct es_bus_call *call, nng_msg *msg)
{
	ProtobufCMessage *request = NULL;

	call->started_us = es_mono_us();
	if (call->arena == NULL && (call->arena = es_arena_new(2048, ES_BUS_CALL_MEMORY)) != NULL) {
		es_arena_set_secret(call->arena);
	}
	if (call->arena == NULL) {
		nng_msg_free(msg);
		call_receive(call);
		return;
	}
	es_status status = es_bus_message_open(call->server->key, ES_BUS_REQUEST, NULL, msg,
	                                       &openes__bus_request__descriptor, call->arena, &call->asked, &request);
	nng_msg_free(msg);
	if (status != ES_OK) { /* a stranger learns nothing, not even that somebody listens */
		es_bus_refuse(status == ES_MALFORMED ? ES_BUS_NOT_A_FRAME : ES_BUS_BAD_SEAL, call->server->service);
		call_receive(call);
		return;
	}
	call->request = (const Openes__BusRequest *)request;
	call_check(call);
}

/* Receive, send, receive: one operation at a time on one aio, each begun when the one before has ended. */
static void on_call(void *user)
{
	struct es_bus_call *call = user;
	int error = nng_aio_result(call->aio);
	nng_msg *msg = nng_aio_get_msg(call->aio);

	nng_aio_set_msg(call->aio, NULL);
	if (atomic_load(&call->state) == CALL_RECEIVING && error == 0 && msg != NULL) {
		call_open(call, msg);
		return;
	}
	if (msg != NULL) {
		nng_msg_free(msg); /* an answer that could not be sent */
	}
	if (error == NNG_ECLOSED) {
		call_close(call);
		return;
	}
	slot_release(call);
	call_receive(call);
}

/* ---- life ---- */

static es_status calls_open(struct es_bus_server *server, uint32_t count)
{
	for (; server->call_count < count; server->call_count++) {
		struct es_bus_call *call = &server->calls[server->call_count];
		call->server = server;
		if (nng_aio_alloc(&call->aio, on_call, call) != 0) {
			return ES_UNAVAILABLE;
		}
		if (nng_ctx_open(&call->ctx, server->socket) != 0) {
			nng_aio_free(call->aio);
			return ES_UNAVAILABLE;
		}
	}
	return ES_OK;
}

static struct es_bus_server *server_new(const struct es_bus_server_options *options, uint32_t slots)
{
	struct es_bus_server *server = calloc(1, sizeof *server + (slots + SPARE_CALLS) * sizeof server->calls[0]);
	if (server == NULL) {
		return NULL;
	}
	(void)snprintf(server->service, sizeof server->service, "%s", options->service);
	server->key = options->key;
	server->methods = options->methods;
	server->method_count = options->method_count;
	server->user = options->user;
	server->slots = slots;
	(void)pthread_mutex_init(&server->lock, NULL);
	es_cond_init(&server->changed);
	return server;
}

es_status es_bus_server_start(const struct es_bus_server_options *options, struct es_bus_server **out,
                              struct es_buf *error)
{
	es_bus_init();
	es_metric_register(&served);
	uint32_t slots = options->slots > 0 ? options->slots : SLOTS_DEFAULT;
	struct es_bus_server *server = server_new(options, slots);
	if (server == NULL || nng_rep0_open(&server->socket) != 0) {
		es_put_str(error, "out of memory");
		free(server);
		return ES_TOO_LARGE;
	}
	es_status status = es_bus_socket_setup(server->socket);
	if (status == ES_OK) {
		status = calls_open(server, slots + SPARE_CALLS);
	}
	if (status == ES_OK) {
		status = es_bus_listen(server->socket, options->url, error);
	} else {
		es_put_str(error, "cannot set up the bus socket");
	}
	if (status != ES_OK) {
		(void)es_bus_close(server->socket);
		server_free(server);
		return status;
	}
	server->open = (uint32_t)server->call_count;
	for (size_t i = 0; i < server->call_count; i++) {
		call_receive(&server->calls[i]);
	}
	*out = server;
	return ES_OK;
}

void es_bus_server_stop(struct es_bus_server *server, int64_t wait_ms)
{
	if (server == NULL) {
		return;
	}
	const int64_t until = es_mono_ms() + wait_ms;

	(void)pthread_mutex_lock(&server->lock);
	server->is_stopping = true; /* new requests are told so, and their callers go elsewhere */
	while (server->at_work > 0 && es_cond_wait_until(&server->changed, &server->lock, until)) {
	}
	server->is_closed = true;
	while (server->inside > 0) {
		(void)pthread_cond_wait(&server->changed, &server->lock);
	}
	(void)pthread_mutex_unlock(&server->lock);

	(void)es_bus_close(server->socket); /* every operation ends with NNG_ECLOSED */
	(void)pthread_mutex_lock(&server->lock);
	while (server->open > server->working) {
		(void)pthread_cond_wait(&server->changed, &server->lock);
	}
	/* A handler that still has its call keeps the server's memory alive; its answer frees it. */
	server->is_orphaned = server->open > 0;
	bool is_orphaned = server->is_orphaned;
	if (is_orphaned) {
		es_warn(NULL, "bus.calls_left", es_f_str("server", server->service), es_f_u64("count", server->open));
	}
	(void)pthread_mutex_unlock(&server->lock);
	if (!is_orphaned) {
		server_free(server);
	}
}
