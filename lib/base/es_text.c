/* es_text.c -- numbers, hexadecimal, Base64, percent-encoding and UTF-8, none of which asks the locale. */
#include "es_text.h"

#include <time.h>

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

bool es_text_is_digits(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_digit(text.ptr[i]))
			return false;
	return text.len > 0;
}

/* ---- numbers ---- */

es_status es_parse_u64(struct es_slice text, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!es_text_is_digits(text))
		return ES_MALFORMED;
	for (size_t i = 0; i < text.len; i++)
		if (__builtin_mul_overflow(v, 10U, &v) || __builtin_add_overflow(v, (unsigned)(text.ptr[i] - '0'), &v))
			return ES_MALFORMED;
	if (v < min || v > max)
		return ES_MALFORMED;
	*out = v;
	return ES_OK;
}

es_status es_parse_u32(struct es_slice text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t v;

	ES_TRY(es_parse_u64(text, min, max, &v));
	*out = (uint32_t)v;
	return ES_OK;
}

es_status es_parse_i64(struct es_slice text, int64_t min, int64_t max, int64_t *out)
{
	bool negative = min < 0 && text.len > 0 && text.ptr[0] == '-';
	uint64_t magnitude;

	ES_TRY(es_parse_u64(es_slice_sub(text, negative, text.len), 0, (uint64_t)INT64_MAX + negative, &magnitude));
	int64_t v = negative ? -(int64_t)(magnitude / 2) - (int64_t)(magnitude - magnitude / 2) : (int64_t)magnitude;
	if (v < min || v > max)
		return ES_MALFORMED;
	*out = v;
	return ES_OK;
}

/* ---- hexadecimal ---- */

/* 0..15, and a negative number for what is no digit. */
static int hex_value(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

es_status es_hex_decode(struct es_slice text, uint8_t *out, size_t len)
{
	if (text.len / 2 != len || text.len % 2 != 0)
		return ES_MALFORMED;
	for (size_t i = 0; i < text.len; i++)
		if (hex_value(text.ptr[i]) < 0)
			return ES_MALFORMED;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(hex_value(text.ptr[2 * i]) << 4 | hex_value(text.ptr[2 * i + 1]));
	return ES_OK;
}

void es_hex_encode(struct es_slice bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = digits[bytes.ptr[i] >> 4];
		out[2 * i + 1] = digits[bytes.ptr[i] & 15];
	}
	out[2 * bytes.len] = '\0';
}

/* ---- Base64 (RFC 4648) ---- */

static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void base64_encode(struct es_slice bytes, const char *alphabet, bool pad, struct es_buf *out)
{
	size_t full = bytes.len / 3, rest = bytes.len % 3;
	size_t tail = rest == 0 ? 0 : (pad ? 4 : rest + 1);
	size_t offset = es_buf_reserve(out, full * 4 + tail);

	if (out->bad || bytes.len == 0)
		return;
	uint8_t *at = out->ptr + offset;
	const uint8_t *in = bytes.ptr;
	for (; full > 0; full--, in += 3) {
		*at++ = (uint8_t)alphabet[in[0] >> 2];
		*at++ = (uint8_t)alphabet[(in[0] << 4 | in[1] >> 4) & 63];
		*at++ = (uint8_t)alphabet[(in[1] << 2 | in[2] >> 6) & 63];
		*at++ = (uint8_t)alphabet[in[2] & 63];
	}
	if (rest == 0)
		return;
	unsigned bits = (unsigned)in[0] << 16 | (rest == 2 ? (unsigned)in[1] << 8 : 0);
	for (size_t i = 0; i < tail; i++)
		at[i] = i <= rest ? (uint8_t)alphabet[bits >> (18 - 6 * i) & 63] : '=';
}

void es_base64_encode(struct es_slice bytes, struct es_buf *out)
{
	base64_encode(bytes, std_alphabet, true, out);
}

void es_base64url_encode(struct es_slice bytes, struct es_buf *out)
{
	base64_encode(bytes, url_alphabet, false, out);
}

/* 0..63, and a negative number for what is not in the alphabet; `c62` and `c63` are its last two characters. */
static int base64_value(uint8_t c, char c62, char c63)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	if (c == (uint8_t)c62)
		return 62;
	return c == (uint8_t)c63 ? 63 : -1;
}

static bool is_line_break(uint8_t c)
{
	return c == '\r' || c == '\n';
}

/* What `text` ends in: padding, line breaks around it taken off. False when the padding is damaged: there are as many
 * '=' as `symbols`, the number of characters before them, calls for, or none at all. */
static bool padding_is_valid(struct es_slice tail, size_t symbols)
{
	size_t pads = 0;

	for (size_t i = 0; i < tail.len; i++) {
		if (is_line_break(tail.ptr[i]))
			continue;
		if (tail.ptr[i] != '=')
			return false;
		pads++;
	}
	return pads == 0 || (symbols % 4 != 0 && pads == 4 - symbols % 4);
}

/* Octets that `len` characters stand for, or more: line breaks and padding stand for none. */
static size_t base64_room(size_t len)
{
	return len / 4 * 3 + 3;
}

/* `bytes` has base64_room(), or, where nothing is lenient, room for what `text` stands for. */
static es_status base64_octets(struct es_slice text, const char *alphabet, bool lenient, uint8_t *bytes, size_t *octets)
{
	char c62 = alphabet[62], c63 = alphabet[63];
	size_t symbols = 0, len = 0, i;
	unsigned bits = 0;

	for (i = 0; i < text.len && text.ptr[i] != '='; i++) {
		int v = base64_value(text.ptr[i], c62, c63);
		if (v < 0 && lenient && is_line_break(text.ptr[i]))
			continue;
		if (v < 0)
			return ES_MALFORMED;
		bits = bits << 6 | (unsigned)v;
		if (symbols++ % 4 != 0)
			bytes[len++] = (uint8_t)(bits >> (6 - 2 * ((symbols - 1) % 4)));
	}
	if (i < text.len && (!lenient || !padding_is_valid(es_slice_sub(text, i, text.len), symbols)))
		return ES_MALFORMED;
	/* The last character's unused bits must be 0 (RFC 4648 3.5): one text for each value. */
	unsigned unused = symbols % 4 == 2 ? 15 : (symbols % 4 == 3 ? 3 : 0);
	if (symbols % 4 == 1 || (bits & unused) != 0)
		return ES_MALFORMED;
	*octets = len;
	return ES_OK;
}

static es_status base64_decode(struct es_slice text, const char *alphabet, bool lenient, struct es_arena *arena,
                               struct es_slice *out)
{
	uint8_t *bytes = es_arena_alloc(arena, base64_room(text.len));
	size_t len = 0;

	if (bytes == NULL)
		return ES_TOO_LARGE;
	ES_TRY(base64_octets(text, alphabet, lenient, bytes, &len));
	*out = es_slice_of(bytes, len);
	return ES_OK;
}

es_status es_base64_decode(struct es_slice text, struct es_arena *arena, struct es_slice *out)
{
	return base64_decode(text, std_alphabet, true, arena, out);
}

es_status es_base64url_decode(struct es_slice text, struct es_arena *arena, struct es_slice *out)
{
	return base64_decode(text, url_alphabet, false, arena, out);
}

es_status es_base64url_decode_into(struct es_slice text, uint8_t *out, size_t len)
{
	size_t octets;

	/* So many characters, none of them a line break or padding, never stand for more than `len`. */
	return text.len == (len * 4 + 2) / 3 ? base64_octets(text, url_alphabet, false, out, &octets) : ES_MALFORMED;
}

/* ---- percent-encoding (RFC 3986 2.1) ---- */

es_status es_percent_decode(struct es_slice text, bool plus_is_space, struct es_arena *arena, struct es_slice *out)
{
	uint8_t *bytes = es_arena_alloc(arena, text.len);
	size_t len = 0;

	if (bytes == NULL)
		return ES_TOO_LARGE;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (c == '+' && plus_is_space) {
			c = ' ';
		} else if (c == '%') {
			if (text.len - i < 3 || es_hex_decode(es_slice_sub(text, i + 1, i + 3), &c, 1) != ES_OK)
				return ES_MALFORMED;
			i += 2;
		}
		bytes[len++] = c;
	}
	*out = es_slice_of(bytes, len);
	return ES_OK;
}

/* RFC 3986 2.3: everything else is escaped. */
static bool is_unreserved(uint8_t c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void es_percent_encode(struct es_slice text, struct es_buf *out)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (is_unreserved(c)) {
			es_put_u8(out, c);
			continue;
		}
		const char escape[3] = { '%', digits[c >> 4], digits[c & 15] };
		es_put_bytes(out, es_slice_of(escape, sizeof escape));
	}
}

/* ---- UTF-8 and time ---- */

size_t es_utf8_length(struct es_slice text)
{
	/* RFC 3629 4: the second octet's range excludes overlong forms, surrogates and what lies beyond U+10FFFF. */
	static const struct {
		uint8_t first_min, first_max, second_min, second_max, length;
	} forms[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	if (text.len == 0)
		return 0;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (text.ptr[0] < forms[i].first_min || text.ptr[0] > forms[i].first_max)
			continue;
		size_t length = forms[i].length;
		if (length > text.len)
			return 0;
		if (length > 1 && (text.ptr[1] < forms[i].second_min || text.ptr[1] > forms[i].second_max))
			return 0;
		for (size_t k = 2; k < length; k++)
			if ((text.ptr[k] & 0xc0) != 0x80)
				return 0;
		return length;
	}
	return 0;
}

bool es_text_is_clean_utf8(struct es_slice text)
{
	for (size_t i = 0, n; i < text.len; i += n) {
		uint8_t c = text.ptr[i];
		n = 1;
		if (c >= 0x20 && c < 0x80)
			continue; /* ASCII, nearly always */
		n = es_utf8_length(es_slice_sub(text, i, text.len));
		if (n == 0 || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
			return false;
	}
	return true;
}

void es_time_iso8601(int64_t unix_ms, char out[21])
{
	/* The form has four digits for the year; gmtime() and strftime() keep to it within these. */
	const int64_t year_1000 = -30610224000, year_9999 = 253402300799;
	int64_t seconds = unix_ms / 1000 - (unix_ms % 1000 < 0);
	struct tm tm;

	time_t t = (time_t)(seconds < year_1000 ? year_1000 : seconds > year_9999 ? year_9999 : seconds);
	(void)gmtime_r(&t, &tm);
	(void)strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
