/* dia_message.c -- octets to attributes and back. */
#include "dia_message.h"

#include <string.h>

#include "es_reader.h"

enum { VERSION = 1, FLAG_VENDOR = 0x80, FLAG_MANDATORY = 0x40, AVP_HEADER = 8, VENDOR_OCTETS = 4, AVP_LENGTH_AT = 5 };

static uint32_t read_u24(struct es_reader *r)
{
	const uint32_t high = es_read_u8(r);

	return high << 16 | es_read_u16(r);
}

/* ---- reading ---- */

es_status dia_avp_next(struct es_slice *rest, struct dia_avp *out)
{
	struct es_reader r = es_reader_of(*rest);

	if (rest->len == 0)
		return ES_NOT_FOUND;
	out->code = es_read_u32(&r);
	out->flags = es_read_u8(&r);
	const uint32_t length = read_u24(&r);
	const bool has_vendor = (out->flags & FLAG_VENDOR) != 0;
	const uint32_t header = AVP_HEADER + (has_vendor ? VENDOR_OCTETS : 0);
	out->vendor = has_vendor ? es_read_u32(&r) : 0;
	if (r.bad || length < header)
		return ES_MALFORMED;
	out->data = es_read_bytes(&r, length - header);
	/* The last one of a group may lack its padding: seen in the field, and nothing is gained by refusing it. */
	const size_t padding = (4 - length % 4) % 4, left = es_reader_left(&r);
	(void)es_read_bytes(&r, padding < left ? padding : left);
	if (r.bad)
		return ES_MALFORMED;
	*rest = es_read_rest(&r);
	return ES_OK;
}

es_status dia_message_parse(struct es_slice octets, struct dia_message *out)
{
	struct es_reader r = es_reader_of(octets);
	const uint8_t version = es_read_u8(&r);
	const uint32_t length = read_u24(&r);
	struct dia_message m = { 0 };
	struct dia_avp avp;
	es_status status;

	m.flags = es_read_u8(&r);
	m.command = read_u24(&r);
	m.application = es_read_u32(&r);
	(void)es_read_u32(&r); /* hop by hop: the library's */
	m.end_to_end = es_read_u32(&r);
	if (r.bad || version != VERSION || length != octets.len || length > DIA_MESSAGE_MAX)
		return ES_MALFORMED;
	m.body = es_read_rest(&r);
	struct es_slice rest = m.body;
	while ((status = dia_avp_next(&rest, &avp)) == ES_OK)
		;
	if (status != ES_NOT_FOUND)
		return status;
	*out = m;
	return ES_OK;
}

es_status dia_find_next(struct es_slice *rest, enum dia_attr attr, struct es_slice *out)
{
	const struct dia_attr_row *row = &dia_attrs[attr];
	struct dia_avp avp;

	do
		ES_TRY(dia_avp_next(rest, &avp));
	while (avp.code != row->code || avp.vendor != row->vendor);
	*out = avp.data;
	return ES_OK;
}

es_status dia_find(struct es_slice group, enum dia_attr attr, struct es_slice *out)
{
	return dia_find_next(&group, attr, out);
}

es_status dia_find_u32(struct es_slice group, enum dia_attr attr, uint32_t *out)
{
	struct es_slice data;

	ES_TRY(dia_find(group, attr, &data));
	struct es_reader r = es_reader_of(data);
	const uint32_t value = es_read_u32(&r);
	if (!es_reader_is_done(&r))
		return ES_MALFORMED;
	*out = value;
	return ES_OK;
}

void dia_message_mark(uint8_t *octets, uint32_t end_to_end, uint8_t more_flags)
{
	const uint8_t id[4] = { (uint8_t)(end_to_end >> 24), (uint8_t)(end_to_end >> 16), (uint8_t)(end_to_end >> 8),
		                    (uint8_t)end_to_end };

	octets[4] |= more_flags;
	memcpy(octets + 12, id, sizeof id);
	memcpy(octets + 16, id, sizeof id);
}

/* ---- writing ---- */

static void patch_u24(struct es_buf *buf, size_t at, size_t value)
{
	const uint8_t octets[3] = { (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };

	es_buf_patch(buf, at, es_slice_of(octets, sizeof octets));
}

struct dia_writer dia_begin(struct es_buf *buf, uint8_t flags, enum dia_command command, enum dia_app application)
{
	struct dia_writer w = { .buf = buf, .start = buf->len };

	es_put_u32(buf, (uint32_t)VERSION << 24);
	es_put_u32(buf, (uint32_t)flags << 24 | (uint32_t)command);
	es_put_u32(buf, (uint32_t)application);
	es_put_u64(buf, 0);
	return w;
}

static size_t put_header(struct dia_writer *w, enum dia_attr attr, bool mandatory)
{
	const struct dia_attr_row *row = &dia_attrs[attr];
	const size_t at = w->buf->len;

	es_put_u32(w->buf, row->code);
	es_put_u8(w->buf, (uint8_t)((row->vendor != 0 ? FLAG_VENDOR : 0) | (mandatory ? FLAG_MANDATORY : 0)));
	es_put_zeros(w->buf, 3);
	if (row->vendor != 0)
		es_put_u32(w->buf, row->vendor);
	return at;
}

void dia_close(struct dia_writer *w, size_t group)
{
	const size_t length = w->buf->len - group;

	if (w->buf->bad)
		return;
	patch_u24(w->buf, group + AVP_LENGTH_AT, length);
	es_put_zeros(w->buf, (4 - length % 4) % 4);
}

size_t dia_open(struct dia_writer *w, enum dia_attr attr)
{
	return put_header(w, attr, dia_attrs[attr].mandatory);
}

void dia_put(struct dia_writer *w, enum dia_attr attr, struct es_slice value)
{
	const size_t at = put_header(w, attr, dia_attrs[attr].mandatory);

	es_put_bytes(w->buf, value);
	dia_close(w, at);
}

void dia_put_str(struct dia_writer *w, enum dia_attr attr, const char *value)
{
	dia_put(w, attr, es_slice_str(value));
}

void dia_put_u32_flag(struct dia_writer *w, enum dia_attr attr, uint32_t value, bool mandatory)
{
	const size_t at = put_header(w, attr, mandatory);

	es_put_u32(w->buf, value);
	dia_close(w, at);
}

void dia_put_u32(struct dia_writer *w, enum dia_attr attr, uint32_t value)
{
	dia_put_u32_flag(w, attr, value, dia_attrs[attr].mandatory);
}

es_status dia_end(struct dia_writer *w)
{
	if (es_buf_status(w->buf) != ES_OK || w->buf->len - w->start > DIA_MESSAGE_MAX)
		return ES_TOO_LARGE;
	patch_u24(w->buf, w->start + 1, w->buf->len - w->start);
	return ES_OK;
}
