/* es_reader.c -- the one place where a length from outside is compared with what is there. */
#include "es_reader.h"

#include <string.h>

struct es_reader es_reader_of(struct es_slice bytes)
{
	static const uint8_t nothing[1];

	if (bytes.ptr == NULL) /* arithmetic on NULL is undefined, even when nothing is added */
		bytes = es_slice_of(nothing, 0);
	return (struct es_reader){ bytes.ptr, bytes.ptr + bytes.len, false };
}

size_t es_reader_left(const struct es_reader *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->at);
}

struct es_slice es_read_bytes(struct es_reader *r, size_t n)
{
	if (r->bad || n > (size_t)(r->end - r->at)) {
		r->bad = true;
		return (struct es_slice){ NULL, 0 };
	}
	struct es_slice bytes = { r->at, n };
	r->at += n;
	return bytes;
}

void es_read_into(struct es_reader *r, void *out, size_t len, size_t room)
{
	struct es_slice bytes = es_read_bytes(r, len);

	if (bytes.len > room)
		r->bad = true;
	else if (bytes.len > 0)
		memcpy(out, bytes.ptr, bytes.len);
}

void es_read_text(struct es_reader *r, size_t len, char *out, size_t size)
{
	struct es_slice text = es_read_bytes(r, len);

	memset(out, 0, size);
	if (!r->bad && !es_slice_to_str(text, out, size))
		r->bad = true;
}

void es_read_counted(struct es_reader *r, char *out, size_t size)
{
	es_read_text(r, es_read_u8(r), out, size);
}

static uint64_t read_be(struct es_reader *r, size_t n)
{
	struct es_slice bytes = es_read_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < bytes.len; i++)
		v = v << 8 | bytes.ptr[i];
	return v;
}

uint8_t es_read_u8(struct es_reader *r)
{
	return (uint8_t)read_be(r, 1);
}

uint16_t es_read_u16(struct es_reader *r)
{
	return (uint16_t)read_be(r, 2);
}

uint32_t es_read_u32(struct es_reader *r)
{
	return (uint32_t)read_be(r, 4);
}

uint64_t es_read_u64(struct es_reader *r)
{
	return read_be(r, 8);
}

struct es_slice es_read_rest(struct es_reader *r)
{
	return es_read_bytes(r, es_reader_left(r));
}

bool es_reader_is_done(const struct es_reader *r)
{
	return !r->bad && r->at == r->end;
}
