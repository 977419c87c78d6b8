/* dia_log_filter.c -- identities are digits (IMSI, NAI, MSISDN), keys are hexadecimal, dumps begin in known ways. */
#include "dia_log_filter.h"

#include <stdbool.h>

enum { DIGITS_MIN = 6, HEX_MIN = 12, TEXT_MAX = 300 };

/* A dump of a message or attribute in any of the library's three forms. */
static const char *const dump_marks[] = { "User-Name", "AVP:", "AVP '", "{ V", "(l=", "MSG:", "\n", "\r" };

static size_t dump_begins(struct es_slice text)
{
	for (size_t at = 0; at < text.len; at++)
		for (size_t i = 0; i < sizeof dump_marks / sizeof *dump_marks; i++)
			if (es_slice_starts_with(es_slice_sub(text, at, text.len), es_slice_str(dump_marks[i])))
				return at;
	return text.len;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t run_of(struct es_slice text, size_t at, bool (*is)(uint8_t))
{
	size_t end = at;

	while (end < text.len && is(text.ptr[end]))
		end++;
	return end - at;
}

void dia_log_filter(struct es_slice text, struct es_buf *out)
{
	const size_t end = dump_begins(text);
	const struct es_slice shown = es_slice_sub(text, 0, end < TEXT_MAX ? end : TEXT_MAX);

	for (size_t at = 0; at < shown.len;) {
		const size_t digits = run_of(shown, at, is_digit), hex = run_of(shown, at, is_hex);
		const bool is_hidden = hex >= HEX_MIN || digits >= DIGITS_MIN;
		const size_t step = hex >= HEX_MIN ? hex : digits > 0 ? digits : 1;
		es_put_bytes(out, is_hidden ? ES_SLICE_LIT("#") : es_slice_sub(shown, at, at + step));
		at += step;
	}
	if (shown.len < text.len)
		es_put_str(out, " ...");
}
