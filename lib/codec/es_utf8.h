/* es_utf8.h -- one character of UTF-8 at a time, for the writers of this module. Pure. */
#ifndef ES_UTF8_H
#define ES_UTF8_H

#include <stdint.h>

#include "es_slice.h"

/* What stands for a character that cannot be written. */
#define ES_UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Reads the character at `at` (at < s.len). Returns its octets, 0 when they are not well-formed UTF-8 (RFC 3629:
 * overlong forms, surrogates and values above U+10FFFF are not). */
static inline unsigned es_utf8_next(struct es_slice s, size_t at, uint32_t *out)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = s.ptr[at];
	unsigned n = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;

	if (n == 0 || n > s.len - at)
		return 0;
	if (n == 1) {
		*out = first;
		return 1;
	}
	uint32_t c = first & (0xffu >> (n + 1));
	for (unsigned i = 1; i < n; i++) {
		if ((s.ptr[at + i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s.ptr[at + i] & 0x3fu);
	}
	if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*out = c;
	return n;
}

#endif
