/* es_json_scan.c -- RFC 8259's grammar as a recursive descent, as deep as the limit and no deeper. */
#include "es_json_scan.h"

#include "es_cleanup.h"
#include "es_utf8.h"

/* The longest number cJSON reads whole. */
enum { NUMBER_MAX = 63 };

struct scan {
	struct es_slice text;
	size_t at, values;
	struct es_json_limits limits;
};

static uint8_t peek(const struct scan *s)
{
	return s->at < s->text.len ? s->text.ptr[s->at] : 0; /* NUL is valid nowhere, so it may stand for the end */
}

static bool take(struct scan *s, uint8_t c)
{
	if (s->at >= s->text.len || s->text.ptr[s->at] != c)
		return false;
	s->at++;
	return true;
}

static void skip_blanks(struct scan *s)
{
	while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\n' || peek(s) == '\r')
		s->at++;
}

static size_t take_digits(struct scan *s)
{
	size_t from = s->at;
	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at - from;
}

static es_status scan_number(struct scan *s)
{
	size_t from = s->at;

	(void)take(s, '-');
	if (!take(s, '0') && take_digits(s) == 0)
		return ES_MALFORMED;
	if (take(s, '.') && take_digits(s) == 0)
		return ES_MALFORMED;
	if (take(s, 'e') || take(s, 'E')) {
		if (!take(s, '+'))
			(void)take(s, '-');
		if (take_digits(s) == 0)
			return ES_MALFORMED;
	}
	return s->at - from > NUMBER_MAX ? ES_TOO_LARGE : ES_OK;
}

static bool take_hex4(struct scan *s, uint32_t *out)
{
	uint32_t v = 0;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t c = peek(s), lower = c | 0x20;
		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (lower >= 'a' && lower <= 'f')
			v = v << 4 | (lower - 'a' + 10u);
		else
			return false;
		s->at++;
	}
	*out = v;
	return true;
}

/* After the backslash. \u0000 would end the string early for every reader in C; half a surrogate pair is no
 * character. */
static bool take_escape(struct scan *s)
{
	static const struct es_slice simple = { (const uint8_t *)"\"\\/bfnrt", 8 };
	uint32_t c = 0, low = 0;

	if (!take(s, 'u')) {
		if (s->at >= s->text.len || es_slice_find(simple, peek(s)) == simple.len)
			return false;
		s->at++;
		return true;
	}
	if (!take_hex4(s, &c) || c == 0 || (c >= 0xdc00 && c <= 0xdfff))
		return false;
	if (c < 0xd800 || c > 0xdbff)
		return true;
	return take(s, '\\') && take(s, 'u') && take_hex4(s, &low) && low >= 0xdc00 && low <= 0xdfff;
}

static es_status scan_string(struct scan *s)
{
	if (!take(s, '"'))
		return ES_MALFORMED;
	while (s->at < s->text.len) {
		uint32_t c = 0;
		if (take(s, '"'))
			return ES_OK;
		if (take(s, '\\')) {
			if (!take_escape(s))
				return ES_MALFORMED;
			continue;
		}
		unsigned n = es_utf8_next(s->text, s->at, &c);
		if (n == 0 || c < 0x20)
			return ES_MALFORMED;
		s->at += n;
	}
	return ES_MALFORMED;
}

static es_status scan_word(struct scan *s, struct es_slice word)
{
	if (!es_slice_starts_with(es_slice_sub(s->text, s->at, s->text.len), word))
		return ES_MALFORMED;
	s->at += word.len;
	return ES_OK;
}

static es_status scan_value(struct scan *s, size_t depth);

static es_status scan_member(struct scan *s, size_t depth)
{
	skip_blanks(s);
	ES_TRY(scan_string(s));
	skip_blanks(s);
	return take(s, ':') ? scan_value(s, depth) : ES_MALFORMED;
}

/* After the opening bracket: elements or members, separated by commas. */
static es_status scan_nested(struct scan *s, size_t depth, uint8_t close)
{
	if (depth > s->limits.max_depth)
		return ES_TOO_LARGE;
	skip_blanks(s);
	if (take(s, close))
		return ES_OK;
	do {
		ES_TRY(close == '}' ? scan_member(s, depth) : scan_value(s, depth));
		skip_blanks(s);
	} while (take(s, ','));
	return take(s, close) ? ES_OK : ES_MALFORMED;
}

static es_status scan_value(struct scan *s, size_t depth)
{
	skip_blanks(s);
	if (++s->values > s->limits.max_values)
		return ES_TOO_LARGE;
	switch (peek(s)) {
	case '{': s->at++; return scan_nested(s, depth + 1, '}');
	case '[': s->at++; return scan_nested(s, depth + 1, ']');
	case '"': return scan_string(s);
	case 't': return scan_word(s, ES_SLICE_LIT("true"));
	case 'f': return scan_word(s, ES_SLICE_LIT("false"));
	case 'n': return scan_word(s, ES_SLICE_LIT("null"));
	default: return scan_number(s);
	}
}

es_status es_json_scan(struct es_slice text, struct es_json_limits limits, size_t *values)
{
	struct scan s = { .text = text, .limits = limits };

	if (text.len > limits.max_octets)
		return ES_TOO_LARGE;
	ES_TRY(scan_value(&s, 0));
	skip_blanks(&s);
	if (s.at != text.len)
		return ES_MALFORMED;
	*values = s.values;
	return ES_OK;
}
