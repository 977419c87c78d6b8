/* notify_smpp.c -- the header, mandatory fields in their order, then TLVs in any. */
#include "notify_smpp.h"

#include <stdio.h>
#include <string.h>

#include "es_reader.h"

enum { /* 5.3.2 */
	   TLV_RECEIPTED_MESSAGE_ID = 0x001e,
	   TLV_SOURCE_PORT = 0x020a,
	   TLV_DESTINATION_PORT = 0x020b,
	   TLV_SAR_REFERENCE = 0x020c,
	   TLV_SAR_TOTAL = 0x020e,
	   TLV_SAR_NUMBER = 0x020f,
	   TLV_SC_INTERFACE_VERSION = 0x0210,
	   TLV_MESSAGE_PAYLOAD = 0x0424,
	   TLV_MESSAGE_STATE = 0x0427,
};

#define INTERFACE_VERSION 0x34

/* ---- in ---- */

enum notify_smpp_framing notify_smpp_frame(struct es_slice received, struct notify_smpp_pdu *out, size_t *taken)
{
	struct es_reader r = es_reader_of(received);
	const uint32_t length = es_read_u32(&r);

	if (received.len < 4)
		return SMPP_PDU_PARTIAL;
	if (length < NOTIFY_SMPP_HEADER || length > NOTIFY_SMPP_PDU_MAX)
		return SMPP_PDU_BAD;
	if (received.len < length)
		return SMPP_PDU_PARTIAL;
	out->command = es_read_u32(&r);
	out->status = es_read_u32(&r);
	out->sequence = es_read_u32(&r);
	out->body = es_read_bytes(&r, length - NOTIFY_SMPP_HEADER);
	*taken = length;
	return SMPP_PDU_WHOLE;
}

/* A text and its NUL, `size` octets with it at most. */
static struct es_slice read_text(struct es_reader *r, size_t size)
{
	const struct es_slice left = es_slice_of(r->at, es_reader_left(r));
	const size_t len = es_slice_find(left, '\0');

	if (r->bad || len == left.len || len >= size) {
		r->bad = true;
		return (struct es_slice){ 0 };
	}
	const struct es_slice text = es_read_bytes(r, len);
	(void)es_read_u8(r);
	return text;
}

struct tlv {
	uint16_t tag;
	struct es_slice value;
};

/* False: there is none any more, or r->bad. */
static bool next_tlv(struct es_reader *r, struct tlv *out)
{
	if (es_reader_left(r) == 0)
		return false;
	out->tag = es_read_u16(r);
	out->value = es_read_bytes(r, es_read_u16(r));
	return !r->bad;
}

static es_status end_of(const struct es_reader *r)
{
	return es_reader_is_done(r) ? ES_OK : ES_MALFORMED;
}

static void read_octet(struct es_reader *r, struct es_slice value, uint8_t *out)
{
	if (value.len == 1)
		*out = value.ptr[0];
	else
		r->bad = true;
}

es_status notify_smpp_read_bind(struct es_slice body, uint8_t *version)
{
	struct es_reader r = es_reader_of(body);
	struct tlv tlv;

	*version = 0;
	if (body.len == 0)
		return ES_OK;
	(void)read_text(&r, 16);
	while (next_tlv(&r, &tlv))
		if (tlv.tag == TLV_SC_INTERFACE_VERSION)
			read_octet(&r, tlv.value, version);
	return end_of(&r);
}

es_status notify_smpp_read_submit(struct es_slice body, char id[NOTIFY_SMPP_ID_SIZE])
{
	struct es_reader r = es_reader_of(body);
	struct tlv tlv;

	id[0] = '\0';
	if (body.len == 0)
		return ES_OK;
	const struct es_slice text = read_text(&r, NOTIFY_SMPP_ID_SIZE);
	while (next_tlv(&r, &tlv))
		; /* 3.4 has none here; later versions and vendors do */
	ES_TRY(end_of(&r));
	return es_slice_to_str(text, id, NOTIFY_SMPP_ID_SIZE) ? ES_OK : ES_MALFORMED;
}

static struct es_slice read_address(struct es_reader *r, size_t size)
{
	(void)es_read_u16(r); /* TON, NPI */
	return read_text(r, size);
}

static void take_deliver_tlv(struct es_reader *r, const struct tlv *tlv, struct notify_smpp_deliver *out)
{
	if (tlv->tag == TLV_MESSAGE_STATE) {
		read_octet(r, tlv->value, &out->state);
	} else if (tlv->tag == TLV_MESSAGE_PAYLOAD) {
		out->message = tlv->value;
	} else if (tlv->tag == TLV_RECEIPTED_MESSAGE_ID) {
		/* 5.3.2.12: a C-string; some leave the NUL out. */
		const size_t len = es_slice_find(tlv->value, '\0');
		if (len + 1 < tlv->value.len || len >= NOTIFY_SMPP_ID_SIZE)
			r->bad = true;
		out->receipted = es_slice_sub(tlv->value, 0, len);
	}
}

es_status notify_smpp_read_deliver(struct es_slice body, struct notify_smpp_deliver *out)
{
	struct es_reader r = es_reader_of(body);
	struct tlv tlv;

	*out = (struct notify_smpp_deliver){ 0 };
	(void)read_text(&r, 6); /* service_type */
	out->source = read_address(&r, 21);
	out->destination = read_address(&r, 21);
	out->esm_class = es_read_u8(&r);
	(void)es_read_u16(&r);   /* protocol_id, priority_flag */
	(void)read_text(&r, 17); /* schedule_delivery_time */
	(void)read_text(&r, 17); /* validity_period */
	(void)es_read_u16(&r);   /* registered_delivery, replace_if_present_flag */
	out->data_coding = es_read_u8(&r);
	(void)es_read_u8(&r); /* sm_default_msg_id */
	const uint8_t len = es_read_u8(&r);
	if (len > NOTIFY_SMPP_MESSAGE_MAX)
		return ES_MALFORMED;
	out->message = es_read_bytes(&r, len);
	while (next_tlv(&r, &tlv))
		take_deliver_tlv(&r, &tlv, out);
	return end_of(&r);
}

es_status notify_smpp_read_alert(struct es_slice body)
{
	struct es_reader r = es_reader_of(body);
	struct tlv tlv;

	(void)read_address(&r, 65);
	(void)read_address(&r, 65);
	while (next_tlv(&r, &tlv))
		;
	return end_of(&r);
}

es_status notify_smpp_read_empty(struct es_slice body)
{
	return body.len == 0 ? ES_OK : ES_MALFORMED;
}

/* ---- out ---- */

static void put_text(struct es_buf *out, const char *text, size_t size)
{
	const size_t len = strlen(text);

	if (len >= size)
		out->bad = true;
	es_put_bytes(out, es_slice_of(text, len));
	es_put_u8(out, '\0');
}

static size_t begin(uint32_t command, uint32_t status, uint32_t sequence, struct es_buf *out)
{
	const size_t start = out->len;

	es_put_u32(out, 0);
	es_put_u32(out, command);
	es_put_u32(out, status);
	es_put_u32(out, sequence);
	return start;
}

static void end(size_t start, struct es_buf *out)
{
	const uint32_t length = (uint32_t)(out->len - start);
	const uint8_t octets[] = { (uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
		                       (uint8_t)length };

	if (!out->bad)
		es_buf_patch(out, start, es_slice_of(octets, sizeof octets));
}

void notify_smpp_put_bind(const struct notify_smpp_bind *bind, uint32_t sequence, struct es_buf *out)
{
	const size_t start = begin(SMPP_BIND_TRANSCEIVER, 0, sequence, out);

	put_text(out, bind->system_id, 16);
	put_text(out, bind->password, 9);
	put_text(out, bind->system_type, 13);
	es_put_u8(out, INTERFACE_VERSION);
	es_put_u8(out, bind->ton);
	es_put_u8(out, bind->npi);
	put_text(out, bind->address_range, 41);
	end(start, out);
}

static void put_address(const struct notify_smpp_address *address, struct es_buf *out)
{
	es_put_u8(out, address->ton);
	es_put_u8(out, address->npi);
	put_text(out, address->digits, 21);
}

static void put_tlv(struct es_buf *out, uint16_t tag, uint16_t value, uint16_t size)
{
	es_put_u16(out, tag);
	es_put_u16(out, size);
	if (size == 1)
		es_put_u8(out, (uint8_t)value);
	else
		es_put_u16(out, value);
}

static void put_submit_tlvs(const struct notify_smpp_submit *submit, struct es_buf *out)
{
	if (submit->has_ports) {
		put_tlv(out, TLV_SOURCE_PORT, submit->source_port, 2);
		put_tlv(out, TLV_DESTINATION_PORT, submit->destination_port, 2);
	}
	if (submit->sar_total > 1) {
		put_tlv(out, TLV_SAR_REFERENCE, submit->sar_reference, 2);
		put_tlv(out, TLV_SAR_TOTAL, submit->sar_total, 1);
		put_tlv(out, TLV_SAR_NUMBER, submit->sar_number, 1);
	}
}

void notify_smpp_put_submit(const struct notify_smpp_submit *submit, uint32_t sequence, struct es_buf *out)
{
	const size_t start = begin(SMPP_SUBMIT_SM, 0, sequence, out);

	put_text(out, submit->service_type, 6);
	put_address(&submit->source, out);
	put_address(&submit->destination, out);
	es_put_u8(out, submit->esm_class);
	es_put_u8(out, submit->protocol_id);
	es_put_u8(out, submit->priority);
	put_text(out, "", 17); /* schedule_delivery_time: now */
	put_text(out, submit->validity, 17);
	es_put_u8(out, submit->registered_delivery);
	es_put_u8(out, 0); /* replace_if_present_flag */
	es_put_u8(out, submit->data_coding);
	es_put_u8(out, 0); /* sm_default_msg_id */
	if (submit->message.len > NOTIFY_SMPP_MESSAGE_MAX)
		out->bad = true;
	es_put_u8(out, (uint8_t)submit->message.len);
	es_put_bytes(out, submit->message);
	put_submit_tlvs(submit, out);
	end(start, out);
}

void notify_smpp_put_empty(uint32_t command, uint32_t status, uint32_t sequence, struct es_buf *out)
{
	end(begin(command, status, sequence, out), out);
}

void notify_smpp_put_deliver_resp(uint32_t status, uint32_t sequence, struct es_buf *out)
{
	const size_t start = begin(SMPP_DELIVER_SM | SMPP_RESPONSE, status, sequence, out);

	es_put_u8(out, '\0'); /* message_id: not used (4.6.2) */
	end(start, out);
}

void notify_smpp_validity(int64_t ms, char out[17])
{
	const int64_t most = INT64_C(99) * 86400 - 1, asked = ms <= 0 ? 1 : (ms + 999) / 1000;
	const unsigned s = (unsigned)(asked > most ? most : asked);
	char text[64];

	/* YYMMDDhhmmss000R: as long from now */
	(void)snprintf(text, sizeof text, "0000%02u%02u%02u%02u000R", s / 86400 % 100, s / 3600 % 24, s / 60 % 60, s % 60);
	memcpy(out, text, 16);
	out[16] = '\0';
}
