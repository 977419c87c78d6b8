/* esim_row.c -- number, length, octets; again and again. Pure. */
#include "esim_row.h"

#include <string.h>

#include "es_reader.h"

/* Members are of these sizes; a bool is one octet of 0 or 1. */
static int64_t number_of(const uint8_t *at, size_t size)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	int64_t i64;

	switch (size) {
	case sizeof u8: return *at;
	case sizeof u16: memcpy(&u16, at, size); return u16;
	case sizeof u32: memcpy(&u32, at, size); return u32;
	default: memcpy(&i64, at, sizeof i64); return i64;
	}
}

static es_status number_to(int64_t value, uint8_t *at, const struct esim_member *m)
{
	const size_t size = m->size;

	if (m->max >= 0 && (value < 0 || value > m->max))
		return ES_MALFORMED;
	const uint8_t u8 = (uint8_t)value;
	const uint16_t u16 = (uint16_t)value;
	const uint32_t u32 = (uint32_t)value;
	const void *from = size == sizeof u8 ? (const void *)&u8 : size == sizeof u16 ? (const void *)&u16 : &u32;
	memcpy(at, size < sizeof value ? from : &value, size);
	return ES_OK;
}

void esim_row_write(const struct esim_member *members, size_t count, const void *row, struct es_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct esim_member *m = &members[i];
		const uint8_t *at = (const uint8_t *)row + m->offset;
		const size_t len = m->is_text ? strlen((const char *)at) : sizeof(int64_t);
		const int64_t number = m->is_text ? 0 : number_of(at, m->size);
		if (m->is_text ? len == 0 : number == 0)
			continue;
		es_put_u8(out, m->number);
		es_put_u16(out, (uint16_t)len);
		if (m->is_text)
			es_put_bytes(out, es_slice_of(at, len));
		else
			es_put_u64(out, (uint64_t)number);
	}
}

static es_status take(const struct esim_member *m, struct es_slice value, uint8_t *row)
{
	if (!m->is_text) {
		struct es_reader r = es_reader_of(value);
		const int64_t number = (int64_t)es_read_u64(&r);
		return es_reader_is_done(&r) ? number_to(number, row + m->offset, m) : ES_MALFORMED;
	}
	if (value.len >= m->size || memchr(value.ptr, '\0', value.len) != NULL)
		return ES_MALFORMED;
	memcpy(row + m->offset, value.ptr, value.len);
	row[m->offset + value.len] = '\0';
	return ES_OK;
}

es_status esim_row_read(const struct esim_member *members, size_t count, struct es_slice octets, void *row)
{
	struct es_reader r = es_reader_of(octets);

	while (es_reader_left(&r) > 0) {
		const uint8_t number = es_read_u8(&r);
		const size_t len = es_read_u16(&r);
		const struct es_slice value = es_read_bytes(&r, len);
		if (r.bad)
			return ES_MALFORMED;
		for (size_t i = 0; i < count; i++)
			if (members[i].number == number)
				ES_TRY(take(&members[i], value, row));
	}
	return ES_OK;
}
