/* es_bus_frame.h -- the sealed frame around every envelope on the bus. No NNG in here; docs/bus.md has the threat model.
 *
 *     'O' 'B' | version 1 | kind | salt (16) | counter (8) | ciphertext | tag (16)
 *
 * The salt is the sending process's, drawn at its start; its key is HKDF-SHA256(bus secret, salt, "openes bus v1") and
 * its nonce the counter, so two processes never share a key and one never repeats a nonce. Bound (AAD) are the clear
 * header and, in a reply, salt and counter of the request's frame: a reply answers exactly one request. Any thread. */
#ifndef ES_BUS_FRAME_H
#define ES_BUS_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "es_bus.h"
#include "es_crypto.h"
#include "es_slice.h"
#include "es_status.h"

enum es_bus_kind { ES_BUS_REQUEST = 1, ES_BUS_REPLY = 2, ES_BUS_EVENT = 3 };

#define ES_BUS_SALT 16
#define ES_BUS_FRAME_HEADER (2 + 1 + 1 + ES_BUS_SALT + 8)
#define ES_BUS_FRAME_OVERHEAD (ES_BUS_FRAME_HEADER + ES_GCM_TAG)
#define ES_BUS_PEERS 64    /* senders whose keys are kept */
#define ES_BUS_WINDOW 8192 /* counters of a sender that are told apart, newest first */

/* What names a frame for ever: its sender and its number there. */
struct es_bus_frame_id {
	uint8_t salt[ES_BUS_SALT];
	uint64_t counter;
};

/* `answers` is the request's id in a reply, NULL otherwise. Writes plain.len + ES_BUS_FRAME_OVERHEAD octets. */
void es_bus_frame_seal(struct es_bus_key *key, enum es_bus_kind kind, const struct es_bus_frame_id *answers,
                       struct es_slice plain, uint8_t *out, struct es_bus_frame_id *id);

/* ES_MALFORMED: not a frame of this version and kind. ES_UNAUTHENTIC: sealed under another key, for another request, or
 * altered. Writes frame.len - ES_BUS_FRAME_OVERHEAD octets. */
es_status es_bus_frame_open(struct es_bus_key *key, enum es_bus_kind kind, const struct es_bus_frame_id *answers,
                            struct es_slice frame, uint8_t *out, struct es_bus_frame_id *id) ES_MUST_USE;

/* To be asked once for each request that opened and whose deadline has not passed: remembers the sender's key. False: a
 * frame of that number was admitted before, or it is older than the window. */
bool es_bus_frame_admit(struct es_bus_key *key, const struct es_bus_frame_id *id) ES_MUST_USE;
/* For a reply, which is fresh because its request was: remembers the sender's key. */
void es_bus_frame_remember(struct es_bus_key *key, const struct es_bus_frame_id *id);

#endif
