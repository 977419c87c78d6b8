/* notify_sms_text.c -- the default alphabet of GSM, and texts cut into parts (3GPP TS 23.038 6.2.1, TS 23.040 9.2.3.24). */
#include "notify_sms_text.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_utf8.h"
#include "notify_sms_parts.h"

#define ESCAPE 0x1b
#define UCS2 8
#define PART_UDH 6 /* octets: length, IEI 00 with its length, reference, total, number */

/* ---- alphabet ---- */

static const uint16_t alphabet[128] = {
	'@',   0xa3, '$',   0xa5,  0xe8,  0xe9,  0xf9,  0xec,  0xf2,  0xc7,  '\n',  0xd8,   0xf8, '\r', 0xc5, 0xe5,
	0x394, '_',  0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0xffff, 0xc6, 0xe6, 0xdf, 0xc9,
	' ',   '!',  '"',   '#',   0xa4,  '%',   '&',   '\'',  '(',   ')',   '*',   '+',    ',',  '-',  '.',  '/',
	'0',   '1',  '2',   '3',   '4',   '5',   '6',   '7',   '8',   '9',   ':',   ';',    '<',  '=',  '>',  '?',
	0xa1,  'A',  'B',   'C',   'D',   'E',   'F',   'G',   'H',   'I',   'J',   'K',    'L',  'M',  'N',  'O',
	'P',   'Q',  'R',   'S',   'T',   'U',   'V',   'W',   'X',   'Y',   'Z',   0xc4,   0xd6, 0xd1, 0xdc, 0xa7,
	0xbf,  'a',  'b',   'c',   'd',   'e',   'f',   'g',   'h',   'i',   'j',   'k',    'l',  'm',  'n',  'o',
	'p',   'q',  'r',   's',   't',   'u',   'v',   'w',   'x',   'y',   'z',   0xe4,   0xf6, 0xf1, 0xfc, 0xe0,
};
static const struct {
	uint16_t character;
	uint8_t code;
} extension[] = {
	{ '\f', 0x0a }, { '^', 0x14 }, { '{', 0x28 }, { '}', 0x29 }, { '\\', 0x2f },
	{ '[', 0x3c },  { '~', 0x3d }, { ']', 0x3e }, { '|', 0x40 }, { 0x20ac, 0x65 },
};

unsigned notify_gsm_code(uint32_t character, uint8_t out[2])
{
	for (size_t i = 0; i < ES_COUNT(alphabet); i++) {
		if (alphabet[i] == character && i != ESCAPE) {
			out[0] = (uint8_t)i;
			return 1;
		}
	}
	for (size_t i = 0; i < ES_COUNT(extension); i++) {
		if (extension[i].character == character) {
			out[0] = ESCAPE;
			out[1] = extension[i].code;
			return 2;
		}
	}
	return 0;
}

/* ---- one character in each coding: octets written, 0: it has none. `*weight`: what it takes of a part ---- */

typedef unsigned encode(uint32_t character, uint8_t out[4], unsigned *weight);

static unsigned as_gsm(uint32_t character, uint8_t out[4], unsigned *weight)
{
	*weight = notify_gsm_code(character, out);
	return *weight;
}

/* The SMSC turns it into septets: it counts as those, and must be one of them. */
static unsigned as_octet(uint32_t character, uint32_t end, uint8_t out[4], unsigned *weight)
{
	uint8_t septets[2];

	*weight = notify_gsm_code(character, septets);
	if (*weight == 0 || character >= end)
		return 0;
	out[0] = (uint8_t)character;
	return 1;
}

static unsigned as_ascii(uint32_t character, uint8_t out[4], unsigned *weight)
{
	return as_octet(character, 0x80, out, weight);
}

static unsigned as_latin1(uint32_t character, uint8_t out[4], unsigned *weight)
{
	return as_octet(character, 0x100, out, weight);
}

static unsigned as_utf16(uint32_t character, uint8_t out[4], unsigned *weight)
{
	*weight = character > 0xffff ? 4 : 2;
	if (*weight == 4) {
		const uint32_t high = 0xd800 + ((character - 0x10000) >> 10), low = 0xdc00 + (character & 0x3ff);
		out[2] = (uint8_t)(low >> 8);
		out[3] = (uint8_t)low;
		character = high;
	}
	out[0] = (uint8_t)(character >> 8);
	out[1] = (uint8_t)character;
	return *weight;
}

struct coding {
	uint8_t data_coding;
	encode *encode;
	unsigned one, several; /* weight that fits a text of one part, and each of several */
};
/* 160 septets or 140 octets; the header of a part takes six octets, which are seven septets. */
static const struct coding codings[] = {
	{ TEXT_GSM, as_gsm, 160, 153 },
	{ TEXT_ASCII, as_ascii, 160, 153 },
	{ TEXT_LATIN1, as_latin1, 160, 153 },
	{ UCS2, as_utf16, 140, 134 },
};
static const struct coding *const ucs2 = &codings[ES_COUNT(codings) - 1];

/* ---- parts ---- */

/* What all of it weighs. ES_UNSUPPORTED: this coding does not have all characters. */
static es_status weigh(const struct coding *coding, struct es_slice text, size_t *out)
{
	uint32_t character;
	uint8_t octets[4];
	unsigned weight, len;

	*out = 0;
	for (size_t at = 0; at < text.len; at += len) {
		len = es_utf8_next(text, at, &character);
		if (len == 0)
			return ES_MALFORMED;
		if (coding->encode(character, octets, &weight) == 0)
			return ES_UNSUPPORTED;
		*out += weight;
	}
	return ES_OK;
}

static void begin_part(struct notify_sms_part *part, bool has_header)
{
	part->udh_len = part->len = has_header ? PART_UDH : 0;
}

/* Number and total are known when all are filled. */
static void head_parts(struct notify_sms_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		const uint8_t udh[PART_UDH] = {
			PART_UDH - 1, 0x00, 3, parts->reference, (uint8_t)parts->count, (uint8_t)(i + 1)
		};
		memcpy(parts->part[i].octets, udh, sizeof udh);
	}
}

static es_status fill(const struct coding *coding, struct es_slice text, bool is_several, struct notify_sms_parts *out)
{
	const unsigned fits = is_several ? coding->several : coding->one;
	uint32_t character = 0;
	uint8_t octets[4];
	unsigned weight, len, filled = 0;

	out->count = 1;
	begin_part(&out->part[0], is_several);
	for (size_t at = 0; at < text.len; at += es_utf8_next(text, at, &character)) {
		(void)es_utf8_next(text, at, &character);
		len = coding->encode(character, octets, &weight);
		if (filled + weight > fits) {
			if (out->count == NOTIFY_SMS_PARTS_MAX)
				return ES_TOO_LARGE;
			begin_part(&out->part[out->count++], is_several);
			filled = 0;
		}
		struct notify_sms_part *part = &out->part[out->count - 1];
		memcpy(part->octets + part->len, octets, len);
		part->len += len;
		filled += weight;
	}
	return ES_OK;
}

es_status notify_sms_text(enum notify_text_coding wanted, struct es_slice text, uint8_t reference,
                          struct notify_sms_parts *out)
{
	const struct coding *coding = codings;
	size_t weight = 0;

	*out = (struct notify_sms_parts){ .reference = reference };
	while (coding != ucs2 && coding->data_coding != (uint8_t)wanted)
		coding++;
	es_status status = weigh(coding, text, &weight);
	if (status == ES_UNSUPPORTED) {
		coding = ucs2;
		status = weigh(coding, text, &weight);
	}
	if (status != ES_OK)
		return status;
	out->data_coding = coding->data_coding;
	out->has_udh = weight > coding->one;
	ES_TRY(fill(coding, text, out->has_udh, out));
	if (out->has_udh)
		head_parts(out);
	return ES_OK;
}
