/* es_bus.h -- how the five processes talk: protobuf envelopes (proto/bus.proto) over NNG request/reply and pub/sub.
 *
 * Every frame is sealed with AES-256-GCM under the bus key, a secret that all processes share: nobody else on the
 * network can speak, read or alter; a stranger's frame is dropped, counted and logged. A reply is bound to its request.
 * Transports by URL: ipc:///path and tcp://host:port.
 *
 * Deadlines are absolute wall times (ms) in the envelope; a callee drops what came too late, a caller's callback always
 * runs, once, at the deadline at the latest. Queues are bounded: no free slot is ES_BUSY at once. NNG's own resend is
 * off; a call that may have been run is repeated only when it carries an idempotency key, and once; one that certainly
 * was not (its replica was just going) is sent again, a few times.
 *
 * A target is a list of URLs, comma-separated; each host name is resolved again every few seconds and every address
 * gets a connection. Replicas are pinged; one that is dead, hung or refuses is left out until it answers again.
 *
 * Threads: handlers and callbacks run on NNG's few task threads and may never block (no commit, no HTTP, no
 * waiting): hand such work to es_db_write, a worker (es_worker.h) or another call. */
#ifndef ES_BUS_H
#define ES_BUS_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"
#include "es_trace.h"

#define ES_BUS_MAX_FRAME (1u << 20) /* octets, both ways */

/* Bounds NNG's threads to what the process needs; before any other use of the bus. */
void es_bus_init(void);
/* Whether NNG still lets go of what is closed. When not (es_bus_address.c says why), a lost replica is never reached
 * again, and only a new process helps: es_service.h drains and ends. May wait a second; not for callbacks. */
bool es_bus_is_sound(void);

/* The shared secret: 64 hexadecimal digits in a file nobody else may read. */
struct es_bus_key;
es_status es_bus_key_load(const char *path, struct es_bus_key **out, struct es_buf *error) ES_MUST_USE;
struct es_bus_key *es_bus_key_from(const uint8_t secret[32]);
void es_bus_key_free(struct es_bus_key *key);

/* An allocator over an arena: unpack into it and the whole message dies with the arena. */
ProtobufCAllocator es_bus_allocator(struct es_arena *arena);

/* ---- callee ---- */

struct es_bus_server;
struct es_bus_call; /* one request: must be answered exactly once; freed by the answer */

typedef void es_bus_handler(struct es_bus_call *call, const ProtobufCMessage *request, void *user);
struct es_bus_method {
	uint32_t method;                           /* number from proto/bus.proto */
	const ProtobufCMessageDescriptor *request; /* parsed and checked before the handler runs */
	es_bus_handler *handler;
};
struct es_bus_server_options {
	const char *url;        /* one or several, comma-separated, to listen on */
	struct es_bus_key *key; /* borrowed; outlives the server */
	const char *service;    /* for logs and metrics */
	const struct es_bus_method *methods;
	size_t method_count;
	void *user;
	uint32_t slots; /* calls in work at once; more: ES_BUSY. 0: 256 */
};
es_status es_bus_server_start(const struct es_bus_server_options *options, struct es_bus_server **out,
                              struct es_buf *error) ES_MUST_USE;
/* Stops taking requests (callers go elsewhere), waits up to wait_ms for those in work, closes. */
void es_bus_server_stop(struct es_bus_server *server, int64_t wait_ms);

struct es_arena *es_bus_call_arena(struct es_bus_call *call); /* 4 MiB at most, wiped; lives until the answer */
const struct es_trace *es_bus_call_trace(const struct es_bus_call *call);
int64_t es_bus_call_deadline(const struct es_bus_call *call); /* wall ms */
struct es_slice es_bus_call_idempotency_key(const struct es_bus_call *call);
/* Answer with a message, or with a status other than ES_OK and `detail` (a short English sentence for logs, may be NULL).
 * Any thread. */
void es_bus_reply(struct es_bus_call *call, const ProtobufCMessage *message);
void es_bus_fail(struct es_bus_call *call, es_status status, const char *detail);

/* ---- caller ---- */

struct es_bus_client;
struct es_bus_client_options {
	const char *target; /* URLs, comma-separated */
	const char *name;   /* "policy": for logs and metrics */
	struct es_bus_key *key;
	uint32_t slots; /* calls under way at once. 0: 512 */
};
es_status es_bus_client_start(const struct es_bus_client_options *options, struct es_bus_client **out,
                              struct es_buf *error) ES_MUST_USE;
/* Fails all calls under way with ES_UNAVAILABLE, waits for their callbacks, closes. */
void es_bus_client_stop(struct es_bus_client *client);
/* Whether at least one replica answers. */
bool es_bus_client_is_ready(struct es_bus_client *client);

struct es_bus_reply_view {
	es_status status;
	struct es_slice payload; /* valid during the callback */
	const char *detail;      /* never NULL */
};
typedef void es_bus_callback(const struct es_bus_reply_view *reply, void *user);

struct es_bus_call_options {
	uint32_t method;
	int64_t deadline;                /* wall ms */
	const struct es_trace *trace;    /* may be NULL */
	struct es_slice idempotency_key; /* empty: never repeated */
};
/* Starts a call. The request is packed before it returns. `callback` runs exactly once, unless the return is not ES_OK
 * (ES_BUSY, ES_UNAVAILABLE: no replica answers, ES_TOO_LARGE), when it never does. */
es_status es_bus_call(struct es_bus_client *client, const struct es_bus_call_options *options,
                      const ProtobufCMessage *request, es_bus_callback *callback, void *user) ES_MUST_USE;
/* The same, waiting: for workers, tools and tests, never in a handler or callback. Unpacks into the arena. */
es_status es_bus_call_wait(struct es_bus_client *client, const struct es_bus_call_options *options,
                           const ProtobufCMessage *request, const ProtobufCMessageDescriptor *reply_type,
                           struct es_arena *arena, ProtobufCMessage **reply) ES_MUST_USE;
/* Unpacks and checks (no NULL where proto3 means "", UTF-8 clean) into the arena; NULL when it does not parse. */
ProtobufCMessage *es_bus_unpack(const ProtobufCMessageDescriptor *type, struct es_slice payload,
                                struct es_arena *arena) ES_MUST_USE;

/* ---- events: a doorbell, not a letter. The truth is in the publisher's outbox. ---- */

struct es_bus_publisher;
es_status es_bus_publisher_start(const char *url, struct es_bus_key *key, struct es_bus_publisher **out,
                                 struct es_buf *error) ES_MUST_USE;
/* Says that the outbox of `topic` has reached `sequence`. Never blocks; may get lost. */
void es_bus_publish(struct es_bus_publisher *publisher, const char *topic, uint64_t sequence);
void es_bus_publisher_stop(struct es_bus_publisher *publisher);

struct es_bus_subscriber;
typedef void es_bus_doorbell(const char *topic, uint64_t sequence, void *user);
/* Rings for every hint, and with sequence 0 at the start, at each new connection, and every `poll_ms`, so that a lost hint
 * costs a delay only. One ring at a time. */
es_status es_bus_subscriber_start(const char *target, struct es_bus_key *key, int64_t poll_ms, es_bus_doorbell *bell,
                                  void *user, struct es_bus_subscriber **out, struct es_buf *error) ES_MUST_USE;
void es_bus_subscriber_stop(struct es_bus_subscriber *subscriber);

#endif
