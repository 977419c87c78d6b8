/* es_bus_internal.h -- what the files of lib/bus share: envelopes, addresses, the words for NNG's failures. */
#ifndef ES_BUS_INTERNAL_H
#define ES_BUS_INTERNAL_H

#include <nng/nng.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.pb-c.h"
#include "es_bus.h"
#include "es_bus_frame.h"

/* No deadline lies further away than this: a captured request stays of use to a thief no longer. */
#define ES_BUS_DEADLINE_MAX_MS (10 * 60 * 1000)
/* One call's memory: the frame opened, its payload, the payload unpacked, and what the handler makes of it. Hostile input
 * makes a process allocate no more; what a call took beyond its first block is given back with the answer. */
#define ES_BUS_CALL_MEMORY ((size_t)4 * ES_BUS_MAX_FRAME)
#define ES_BUS_ADDRESSES_MAX 64

/* ---- envelopes (es_bus_message.c) ---- */

/* Packs `envelope` (without its payload) and `payload` (may be NULL) as its field `payload_field`, in one pass; the
 * result lives in the arena. ES_TOO_LARGE beyond ES_BUS_MAX_FRAME or the arena. */
es_status es_bus_envelope_pack(const ProtobufCMessage *envelope, uint32_t payload_field,
                               const ProtobufCMessage *payload, struct es_arena *arena,
                               struct es_slice *out) ES_MUST_USE;
/* Seals into a new message. */
es_status es_bus_message_seal(struct es_bus_key *key, enum es_bus_kind kind, const struct es_bus_frame_id *answers,
                              struct es_slice plain, nng_msg **out, struct es_bus_frame_id *id) ES_MUST_USE;
/* Opens a message and unpacks the envelope in it into the arena. ES_UNAUTHENTIC and ES_MALFORMED as es_bus_frame_open();
 * when the frame is genuine and its envelope does not unpack, ES_OK and *out is NULL. */
es_status es_bus_message_open(struct es_bus_key *key, enum es_bus_kind kind, const struct es_bus_frame_id *answers,
                              nng_msg *msg, const ProtobufCMessageDescriptor *type, struct es_arena *arena,
                              struct es_bus_frame_id *id, ProtobufCMessage **out) ES_MUST_USE;

/* Counts and logs a frame that gets no answer. */
enum es_bus_refusal { ES_BUS_NOT_A_FRAME, ES_BUS_BAD_SEAL, ES_BUS_REPLAYED };
void es_bus_refuse(enum es_bus_refusal why, const char *where);

/* ---- addresses (es_bus_address.c) ---- */

/* Calls `each` for every URL of the comma-separated list; its failure ends the walk. Refuses what is not ipc:///path or
 * tcp://host:port. */
es_status es_bus_each_url(const char *list, es_status (*each)(const char *url, void *user, struct es_buf *error),
                          void *user, struct es_buf *error) ES_MUST_USE;
/* Options every socket of ours has; listens on all URLs of the list, with mode 0600 on ipc. */
es_status es_bus_socket_setup(nng_socket socket) ES_MUST_USE;
es_status es_bus_listen(nng_socket socket, const char *urls, struct es_buf *error) ES_MUST_USE;
/* Closes, and waits for it a second at most: NNG 1.5 sometimes never comes back (docs/bus.md). False: it has not yet, and
 * callbacks of pipes may still run. Operations on contexts have ended in either case. */
bool es_bus_close(nng_socket socket);
/* What such callbacks use stays for good, where the leak checker finds it: a member of it. */
struct es_bus_left {
	struct es_bus_left *next;
};
void es_bus_leave_behind(struct es_bus_left *left);
/* Dials in the background and again whenever the connection is lost. */
es_status es_bus_dial(nng_socket socket, const char *url, nng_dialer *out) ES_MUST_USE;
/* A dialer of NNG 1.5 may sleep for ever, since its random pause may come out as -1: one that has not connected for so long is
 * replaced by a new one. */
#define ES_BUS_REDIAL_MS 2000
/* Replaces a dialer that does not connect; what it was connected to is closed. A chore: waits for callbacks of NNG. */
void es_bus_redial(nng_socket socket, const char *url, nng_dialer *dialer);

/* ---- chores (es_bus_chore.c): one thread per process for what waits for NNG's threads ----
 *
 * Of these there are two. Two callbacks on them that each wait for a third one stop NNG for good. */

struct es_bus_chore {
	void (*run)(void *user);
	void *user;
	struct es_bus_chore *next;
};
/* Before the first chore. ES_UNAVAILABLE: there is no thread to be had. */
es_status es_bus_chores_start(void) ES_MUST_USE;
/* Runs soon; not to be given again before it does. */
void es_bus_chore_do(struct es_bus_chore *chore);

/* ---- resolver (es_bus_resolve.c): one thread per process, since getaddrinfo() blocks ---- */

struct es_bus_watch;
/* All addresses the target has now, each an URL without names. Runs on the resolver's thread, or in es_bus_watch_start()
 * for what needs no resolving; never twice at once. */
typedef void es_bus_addresses(const char *const *urls, size_t count, void *user);
es_status es_bus_watch_start(const char *target, es_bus_addresses *changed, void *user, struct es_bus_watch **out,
                             struct es_buf *error) ES_MUST_USE;
/* Afterwards `changed` does not run any more. NULL is fine. */
void es_bus_watch_stop(struct es_bus_watch *watch);

#endif
