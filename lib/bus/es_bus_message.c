/* es_bus_message.c -- protobuf envelopes to sealed NNG messages and back, with the bounds protobuf-c does not have. */
#include <stdlib.h>
#include <string.h>

#include "es_bus_internal.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_reader.h"
#include "es_text.h"

/* protobuf-c unpacks nested messages by recursion and counts no depth: 2 octets a level would buy a megabyte of stack for
 * 2 KB of input. Our deepest message is a configuration document. */
#define DEPTH_MAX 32

static void *arena_alloc(void *arena, size_t size)
{
	return es_arena_alloc(arena, size);
}

static void arena_free(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

ProtobufCAllocator es_bus_allocator(struct es_arena *arena)
{
	return (ProtobufCAllocator){ .alloc = arena_alloc, .free = arena_free, .allocator_data = arena };
}

/* ---- unpacking ---- */

static uint64_t read_varint(struct es_reader *r)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t octet = es_read_u8(r);
		v |= (uint64_t)(octet & 0x7f) << shift;
		if ((octet & 0x80) == 0) {
			return v;
		}
	}
	r->bad = true;
	return 0;
}

static const ProtobufCMessageDescriptor *nested_type(const ProtobufCMessageDescriptor *type, uint64_t number)
{
	if (number == 0 || number > UINT32_MAX) {
		return NULL;
	}
	const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(type, (unsigned)number);
	return f != NULL && f->type == PROTOBUF_C_TYPE_MESSAGE ? f->descriptor : NULL;
}

/* Whether the octets are well-formed fields, nested no deeper than DEPTH_MAX. */
static bool is_shallow(const ProtobufCMessageDescriptor *type, struct es_slice bytes, unsigned depth)
{
	struct es_reader r = es_reader_of(bytes);

	while (es_reader_left(&r) > 0 && !r.bad) {
		uint64_t tag = read_varint(&r);
		switch (tag & 7) {
		case 0: (void)read_varint(&r); break;
		case 1: (void)es_read_bytes(&r, 8); break;
		case 5: (void)es_read_bytes(&r, 4); break;
		case 2: {
			uint64_t len = read_varint(&r);
			struct es_slice inner = es_read_bytes(&r, len > SIZE_MAX ? SIZE_MAX : (size_t)len);
			const ProtobufCMessageDescriptor *nested = nested_type(type, tag >> 3);
			if (nested != NULL && (depth == 0 || !is_shallow(nested, inner, depth - 1))) {
				return false;
			}
			break;
		}
		default: return false; /* groups are not proto3 */
		}
	}
	return !r.bad;
}

static bool clean_message(ProtobufCMessage *message);

static bool clean_string(char **text)
{
	static char empty[] = "";
	if (*text == NULL) {
		*text = empty;
	}
	return es_text_is_clean_utf8(es_slice_str(*text));
}

static bool clean_member(const ProtobufCFieldDescriptor *f, void *member, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (f->type == PROTOBUF_C_TYPE_STRING && !clean_string((char **)member + i)) {
			return false;
		}
		if (f->type == PROTOBUF_C_TYPE_MESSAGE && !clean_message(((ProtobufCMessage **)member)[i])) {
			return false;
		}
	}
	return true;
}

/* proto3 strings are UTF-8 and never NULL; protobuf-c promises neither. */
static bool clean_message(ProtobufCMessage *message)
{
	if (message == NULL) {
		return true; /* an absent message is legal; readers check */
	}
	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &message->descriptor->fields[i];
		uint8_t *base = (uint8_t *)message;
		void *member = base + f->offset;
		if (f->type != PROTOBUF_C_TYPE_STRING && f->type != PROTOBUF_C_TYPE_MESSAGE) {
			continue;
		}
		if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
		    *(const uint32_t *)(const void *)(base + f->quantifier_offset) != f->id) {
			continue; /* the union holds another member */
		}
		size_t count = 1;
		if (f->label == PROTOBUF_C_LABEL_REPEATED) {
			count = *(const size_t *)(const void *)(base + f->quantifier_offset);
			member = *(void **)member;
		}
		if (!clean_member(f, member, count)) {
			return false;
		}
	}
	return true;
}

ProtobufCMessage *es_bus_unpack(const ProtobufCMessageDescriptor *type, struct es_slice payload, struct es_arena *arena)
{
	static const uint8_t nothing[1];

	if (!is_shallow(type, payload, DEPTH_MAX)) {
		return NULL;
	}
	ProtobufCAllocator allocator = es_bus_allocator(arena);
	const uint8_t *bytes = payload.ptr != NULL ? payload.ptr : nothing;
	ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, payload.len, bytes);
	return message != NULL && clean_message(message) ? message : NULL;
}

/* ---- packing ---- */

static size_t put_varint(uint8_t *out, uint64_t v)
{
	size_t n = 0;
	for (; v >= 0x80; v >>= 7) {
		out[n++] = (uint8_t)(v | 0x80);
	}
	out[n++] = (uint8_t)v;
	return n;
}

es_status es_bus_envelope_pack(const ProtobufCMessage *envelope, uint32_t payload_field,
                               const ProtobufCMessage *payload, struct es_arena *arena, struct es_slice *out)
{
	size_t head = protobuf_c_message_get_packed_size(envelope);
	size_t body = payload == NULL ? 0 : protobuf_c_message_get_packed_size(payload);

	if (head > ES_BUS_MAX_FRAME || body > ES_BUS_MAX_FRAME ||
	    head + body + 20 + ES_BUS_FRAME_OVERHEAD > ES_BUS_MAX_FRAME) {
		return ES_TOO_LARGE;
	}
	uint8_t *bytes = es_arena_alloc(arena, head + body + 20); /* and two varints */
	if (bytes == NULL) {
		return ES_TOO_LARGE;
	}
	size_t at = protobuf_c_message_pack(envelope, bytes);
	if (body > 0) {
		at += put_varint(bytes + at, (uint64_t)payload_field << 3 | 2);
		at += put_varint(bytes + at, body);
		at += protobuf_c_message_pack(payload, bytes + at);
	}
	*out = es_slice_of(bytes, at);
	return ES_OK;
}

es_status es_bus_message_seal(struct es_bus_key *key, enum es_bus_kind kind, const struct es_bus_frame_id *answers,
                              struct es_slice plain, nng_msg **out, struct es_bus_frame_id *id)
{
	nng_msg *msg;

	if (nng_msg_alloc(&msg, plain.len + ES_BUS_FRAME_OVERHEAD) != 0) {
		return ES_BUSY;
	}
	es_bus_frame_seal(key, kind, answers, plain, nng_msg_body(msg), id);
	*out = msg;
	return ES_OK;
}

es_status es_bus_message_open(struct es_bus_key *key, enum es_bus_kind kind, const struct es_bus_frame_id *answers,
                              nng_msg *msg, const ProtobufCMessageDescriptor *type, struct es_arena *arena,
                              struct es_bus_frame_id *id, ProtobufCMessage **out)
{
	struct es_slice frame = es_slice_of(nng_msg_body(msg), nng_msg_len(msg));
	if (frame.len < ES_BUS_FRAME_OVERHEAD) {
		return ES_MALFORMED;
	}
	/* Not in the arena: a frame of its whole size may be genuine, and must be opened to know. */
	size_t len = frame.len - ES_BUS_FRAME_OVERHEAD;
	uint8_t *plain = malloc(len + 1);
	if (plain == NULL) {
		return ES_MALFORMED;
	}
	es_status status = es_bus_frame_open(key, kind, answers, frame, plain, id);
	if (status == ES_OK) {
		*out = es_bus_unpack(type, es_slice_of(plain, len), arena);
	}
	es_wipe(plain, len);
	free(plain);
	return status;
}

/* ---- strangers ---- */

static const char *const refusals[] = { "not_a_frame", "bad_seal", "replayed" };
ES_METRIC_COUNTER(refused, "openes_bus_refused_total", "Frames dropped without an answer", "why", refusals);

void es_bus_refuse(enum es_bus_refusal why, const char *where)
{
	es_count(&refused, (size_t)why);
	es_warn(NULL, "bus.stranger", es_f_str("at", where), es_f_str("why", refusals[why]));
}
