/* es_eap_write.c -- EAP-AKA packets out: whoever writes chooses the attributes, and es_eap.c reads all that comes of it. */
#include <assert.h>

#include "es_eap.h"

struct es_eap_writer es_eap_begin(struct es_buf *buf, uint8_t code, uint8_t identifier, uint8_t type, uint8_t subtype)
{
	struct es_eap_writer w = { .buf = buf, .start = buf->len };

	es_put_u8(buf, code);
	es_put_u8(buf, identifier);
	es_put_u16(buf, 0); /* Length, known at the end */
	es_put_u8(buf, type);
	es_put_u8(buf, subtype);
	es_put_u16(buf, 0);
	return w;
}

static void put_header(struct es_eap_writer *w, uint8_t attr, size_t words)
{
	if (words > 255) {
		w->buf->bad = true;
		return;
	}
	es_put_u8(w->buf, attr);
	es_put_u8(w->buf, (uint8_t)words);
}

/* A 16-bit head (reserved, a length) and a value padded to whole words. */
static void put_padded(struct es_eap_writer *w, uint8_t attr, size_t head, struct es_slice value)
{
	size_t words = 1 + (value.len + 3) / 4;

	put_header(w, attr, words);
	es_put_u16(w->buf, (uint16_t)head);
	es_put_bytes(w->buf, value);
	es_put_zeros(w->buf, (words - 1) * 4 - value.len);
}

void es_eap_put_16(struct es_eap_writer *w, uint8_t attr, const uint8_t value[16])
{
	put_padded(w, attr, 0, es_slice_of(value, 16));
}

void es_eap_put_res(struct es_eap_writer *w, struct es_slice res)
{
	assert(res.len >= 4 && res.len <= 16);
	put_padded(w, AT_RES, res.len * 8, res);
}

void es_eap_put_auts(struct es_eap_writer *w, const uint8_t auts[14])
{
	put_header(w, AT_AUTS, 4);
	es_put_bytes(w->buf, es_slice_of(auts, 14));
}

void es_eap_put_u16(struct es_eap_writer *w, uint8_t attr, uint16_t value)
{
	put_padded(w, attr, value, (struct es_slice){ 0 });
}

void es_eap_put_counted(struct es_eap_writer *w, uint8_t attr, struct es_slice value)
{
	put_padded(w, attr, value.len, value);
}

void es_eap_put_checkcode(struct es_eap_writer *w, struct es_slice hash)
{
	assert(hash.len == 0 || hash.len == 20 || hash.len == 32);
	put_padded(w, AT_CHECKCODE, 0, hash);
}

void es_eap_put_mac_space(struct es_eap_writer *w)
{
	put_header(w, AT_MAC, 5);
	es_put_u16(w->buf, 0);
	w->mac_at = es_buf_reserve(w->buf, 16);
}

es_status es_eap_end(struct es_eap_writer *w, struct es_slice *packet, uint8_t **mac)
{
	ES_TRY(es_buf_status(w->buf));
	size_t len = w->buf->len - w->start;
	if (len > ES_EAP_MAX_PACKET)
		return ES_TOO_LARGE;
	es_buf_patch_u16(w->buf, w->start + 2, (uint16_t)len);
	*packet = es_slice_of(w->buf->ptr + w->start, len);
	*mac = w->mac_at == 0 ? NULL : w->buf->ptr + w->mac_at;
	return ES_OK;
}

void es_eap_put_encr_data(struct es_eap_writer *w, struct es_slice blocks)
{
	assert(blocks.len % 16 == 0 && blocks.len > 0);
	put_padded(w, AT_ENCR_DATA, 0, blocks);
}

struct es_eap_writer es_eap_begin_inner(struct es_buf *buf)
{
	return (struct es_eap_writer){ .buf = buf, .start = buf->len };
}

es_status es_eap_end_inner(struct es_eap_writer *w, struct es_slice *plain)
{
	size_t odd = (w->buf->len - w->start) % 16;

	if (odd > 0) {
		put_header(w, AT_PADDING, (16 - odd) / 4);
		es_put_zeros(w->buf, 16 - odd - 2);
	}
	ES_TRY(es_buf_status(w->buf));
	*plain = es_slice_of(w->buf->ptr + w->start, w->buf->len - w->start);
	return ES_OK;
}
