/* notify_sms_wake.c -- a wake-up to a port: its text, its header, its parts (TS.43 2.6.1, 3GPP TS 23.040 9.2.3.24). */
#include <string.h>

#include "es_buf.h"
#include "es_cleanup.h"
#include "notify_sms_parts.h"
#include "notify_sms_text.h"

#define KEYWORD "-aescfg"
#define PART_OCTETS 140
#define UDH_ONE 7      /* length, IEI 05 with its length, two ports */
#define UDH_SEVERAL 12 /* and IEI 00 with its length, reference, total, number */
#define TEXT_MAX 1024

static const struct coding {
	uint8_t data_coding;
	bool is_septets;
} codings[] = {
	[WAKE_BINARY] = { 0x04, false },
	[WAKE_CLASS_1] = { 0xf5, false },
	[WAKE_SEPTETS] = { 0x00, true },
	[WAKE_PACKED] = { 0x00, true },
};

/* Characters beside a header. With TLVs it is the SMSC that makes it, of the same size. */
static size_t room_beside(size_t udh, bool is_septets)
{
	return is_septets ? (PART_OCTETS * 8 - udh * 8) / 7 : PART_OCTETS - udh;
}

static void put_text(const char *imsi, const char *const *apps, size_t app_count, struct es_buf *out)
{
	es_put_str(out, imsi);
	es_put_str(out, KEYWORD);
	for (size_t i = 0; i < app_count; i++) {
		es_put_u8(out, ',');
		es_put_str(out, apps[i]);
	}
}

/* Letters and digits are the same in ASCII and in GSM's alphabet; an id with others is for nobody. */
static bool is_in_both(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t code[2];
		if (notify_gsm_code(text.ptr[i], code) != 1 || code[0] != text.ptr[i])
			return false;
	}
	return true;
}

/* Septets, lowest bits first, from the first septet's border behind the header (TS 23.040 9.2.3.24). */
static void pack(struct es_slice septets, struct notify_sms_part *part)
{
	const size_t first = (part->udh_len * 8 + 6) / 7 * 7;

	for (size_t i = 0; i < septets.len; i++) {
		const size_t bit = first + i * 7, octet = bit / 8, shift = bit % 8;
		const unsigned value = (unsigned)septets.ptr[i] << shift;
		part->octets[octet] = (uint8_t)(part->octets[octet] | (value & 0xff));
		part->octets[octet + 1] = (uint8_t)(part->octets[octet + 1] | value >> 8);
	}
	part->len = (first + septets.len * 7 + 7) / 8;
}

static void put_header(const struct notify_wake_form *form, const struct notify_sms_parts *parts, size_t number,
                       struct notify_sms_part *part)
{
	const uint8_t udh[UDH_SEVERAL] = { parts->count > 1 ? UDH_SEVERAL - 1 : UDH_ONE - 1,
		                               0x05,
		                               4,
		                               (uint8_t)(form->port >> 8),
		                               (uint8_t)form->port,
		                               0,
		                               0,
		                               0x00,
		                               3,
		                               parts->reference,
		                               (uint8_t)parts->count,
		                               (uint8_t)number };

	part->udh_len = parts->count > 1 ? UDH_SEVERAL : UDH_ONE;
	memcpy(part->octets, udh, part->udh_len);
	part->len = part->udh_len;
}

static es_status cut(const struct notify_wake_form *form, struct es_slice text, struct notify_sms_parts *out)
{
	const bool is_septets = codings[form->coding].is_septets;
	const size_t one = room_beside(UDH_ONE, is_septets), several = room_beside(UDH_SEVERAL, is_septets);
	const size_t each = text.len <= one ? one : several;

	out->count = (text.len + each - 1) / each;
	if (out->count > NOTIFY_SMS_PARTS_MAX)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < out->count; i++) {
		const struct es_slice piece = es_slice_sub(text, i * each, (i + 1) * each);
		struct notify_sms_part *part = &out->part[i];
		if (!form->in_tlvs)
			put_header(form, out, i + 1, part);
		if (form->coding == WAKE_PACKED) {
			pack(piece, part);
		} else {
			memcpy(part->octets + part->len, piece.ptr, piece.len);
			part->len += piece.len;
		}
	}
	return ES_OK;
}

es_status notify_sms_wake(const struct notify_wake_form *form, const char *imsi, const char *const *apps,
                          size_t app_count, uint8_t reference, struct notify_sms_parts *out)
{
	uint8_t room[TEXT_MAX];
	struct es_buf text;

	es_buf_init_fixed(&text, room, sizeof room);
	put_text(imsi, apps, app_count, &text);
	ES_TRY(es_buf_status(&text));
	if (!is_in_both(es_buf_slice(&text)))
		return ES_MALFORMED;
	*out = (struct notify_sms_parts){ .data_coding = codings[form->coding].data_coding,
		                              .has_udh = !form->in_tlvs,
		                              .has_ports = form->in_tlvs,
		                              .port = form->port,
		                              .reference = reference };
	return cut(form, es_buf_slice(&text), out);
}
