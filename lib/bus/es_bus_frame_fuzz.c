/* es_bus_frame_fuzz.c -- hostile frames, and hostile envelopes inside genuine ones.
 *
 * First octet even: the rest is a frame off the network. What opens must be genuine in every octet. Odd: the rest is an
 * envelope as a broken peer might seal it. What unpacks must pack and unpack to the same octets. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bus.pb-c.h"
#include "es_bus_frame.h"
#include "policy.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct es_bus_key *key(void)
{
	static const uint8_t secret[32] = "the secret of the fuzzing corpus";
	static struct es_bus_key *one;
	if (one == NULL) {
		one = es_bus_key_from(secret);
	}
	return one;
}

static void try_frame(const uint8_t *data, size_t size)
{
	uint8_t *plain = malloc(size + 1);
	uint8_t *copy = malloc(size + 1);
	struct es_bus_frame_id id;
	assert(plain != NULL && copy != NULL);

	if (es_bus_frame_open(key(), ES_BUS_REQUEST, NULL, es_slice_of(data, size), plain, &id) == ES_OK) {
		assert(size >= ES_BUS_FRAME_OVERHEAD);
		bool first = es_bus_frame_admit(key(), &id), again = es_bus_frame_admit(key(), &id);
		(void)first; /* the corpus may hold it twice */
		assert(!again);
		memcpy(copy, data, size);
		copy[plain[0] % size] ^= 0x10;
		assert(es_bus_frame_open(key(), ES_BUS_REQUEST, NULL, es_slice_of(copy, size), plain, &id) != ES_OK);
	}
	free(copy);
	free(plain);
}

/* Fields of a later version, or of none, anywhere in the message: protobuf-c keeps their octets as they came, also when
 * they are written in more octets than needed, and does not always read back what it wrote of them. */
static bool has_unknown(const ProtobufCMessage *m)
{
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		const uint8_t *at = (const uint8_t *)m + f->offset;
		if (f->type != PROTOBUF_C_TYPE_MESSAGE) {
			continue;
		}
		bool is_list = f->label == PROTOBUF_C_LABEL_REPEATED;
		size_t n = 1;
		if (is_list) {
			memcpy(&n, (const uint8_t *)m + f->quantifier_offset, sizeof n);
		}
		const ProtobufCMessage *const *parts = (const ProtobufCMessage *const *)(const void *)at;
		if (is_list) {
			memcpy(&parts, at, sizeof parts);
		}
		for (size_t k = 0; k < n; k++) {
			if (parts[k] != NULL && has_unknown(parts[k])) {
				return true;
			}
		}
	}
	return m->n_unknown_fields > 0;
}

static void try_type(const ProtobufCMessageDescriptor *type, struct es_slice bytes)
{
	struct es_arena *arena = es_arena_new(0, 1 << 20);
	ProtobufCMessage *first = es_bus_unpack(type, bytes, arena);

	if (first != NULL && !has_unknown(first)) {
		size_t len = protobuf_c_message_get_packed_size(first);
		uint8_t *a = malloc(len + 1), *b = malloc(len + 1);
		struct es_arena *another = es_arena_new(0, 4 << 20);
		assert(a != NULL && b != NULL);
		(void)protobuf_c_message_pack(first, a);
		ProtobufCMessage *second = es_bus_unpack(type, es_slice_of(a, len), another);
		assert(second != NULL && protobuf_c_message_get_packed_size(second) == len);
		(void)protobuf_c_message_pack(second, b);
		assert(memcmp(a, b, len) == 0);
		es_arena_free(another);
		free(a);
		free(b);
	}
	es_arena_free(arena);
}

static void try_envelope(const uint8_t *data, size_t size)
{
	uint8_t *frame = malloc(size + ES_BUS_FRAME_OVERHEAD), *plain = malloc(size + 1);
	struct es_bus_frame_id id;
	assert(frame != NULL && plain != NULL);

	es_bus_frame_seal(key(), ES_BUS_REQUEST, NULL, es_slice_of(data, size), frame, &id);
	es_status status =
		es_bus_frame_open(key(), ES_BUS_REQUEST, NULL, es_slice_of(frame, size + ES_BUS_FRAME_OVERHEAD), plain, &id);
	assert(status == ES_OK && memcmp(plain, data, size) == 0);
	try_type(&openes__bus_request__descriptor, es_slice_of(plain, size));
	try_type(&openes__bus_reply__descriptor, es_slice_of(plain, size));
	try_type(&openes__decide_reply__descriptor, es_slice_of(plain, size));
	free(plain);
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	if (data[0] % 2 == 0) {
		try_frame(data + 1, size - 1);
	} else {
		try_envelope(data + 1, size - 1);
	}
	return 0;
}
