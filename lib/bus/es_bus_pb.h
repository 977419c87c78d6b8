/* es_bus_pb.h -- protobuf-c's texts and octets as ours, and ours as its. Nothing is copied.
 *
 * The members of its messages are not const, though packing writes to none of them: what goes out may be anybody's text. */
#ifndef ES_BUS_PB_H
#define ES_BUS_PB_H

#include <protobuf-c/protobuf-c.h>

#include "es_slice.h"

static inline char *es_pb_text(const char *text)
{
	union {
		const char *in;
		char *out;
	} both = { text };

	return both.out;
}

static inline ProtobufCBinaryData es_pb_octets(struct es_slice octets)
{
	union {
		const uint8_t *in;
		uint8_t *out;
	} both = { octets.ptr };

	return (ProtobufCBinaryData){ .len = octets.len, .data = both.out };
}

static inline struct es_slice es_pb_slice(ProtobufCBinaryData data)
{
	return es_slice_of(data.data, data.len);
}

#endif
