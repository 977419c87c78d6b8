/* es_slice.c -- comparing and cutting slices. No function here reads through the pointer of an empty slice. */
#include "es_slice.h"

#include <string.h>

struct es_slice es_slice_of(const void *ptr, size_t len)
{
	return (struct es_slice){ ptr, len };
}

struct es_slice es_slice_str(const char *text)
{
	return text == NULL ? (struct es_slice){ NULL, 0 } : es_slice_of(text, strlen(text));
}

bool es_slice_eq(struct es_slice a, struct es_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Not tolower(): that one asks the locale. */
static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool es_slice_eq_nocase(struct es_slice a, struct es_slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (fold(a.ptr[i]) != fold(b.ptr[i]))
			return false;
	return true;
}

bool es_slice_eq_str(struct es_slice a, const char *text)
{
	return es_slice_eq(a, es_slice_str(text));
}

bool es_slice_starts_with(struct es_slice s, struct es_slice prefix)
{
	return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

size_t es_slice_find(struct es_slice s, uint8_t byte)
{
	const uint8_t *hit = s.len == 0 ? NULL : memchr(s.ptr, byte, s.len);

	return hit == NULL ? s.len : (size_t)(hit - s.ptr);
}

struct es_slice es_slice_sub(struct es_slice s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	/* An offset on NULL, even 0, is undefined. */
	return s.ptr == NULL ? s : es_slice_of(s.ptr + from, to - from);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct es_slice es_slice_trim(struct es_slice s)
{
	size_t from = 0, to = s.len;

	while (from < to && is_blank(s.ptr[from]))
		from++;
	while (to > from && is_blank(s.ptr[to - 1]))
		to--;
	return es_slice_sub(s, from, to);
}

struct es_slice es_slice_cut(struct es_slice *rest, uint8_t byte)
{
	struct es_slice all = *rest;
	size_t at = es_slice_find(all, byte);

	*rest = at == all.len ? (struct es_slice){ NULL, 0 } : es_slice_sub(all, at + 1, all.len);
	return es_slice_sub(all, 0, at);
}

bool es_slice_to_str(struct es_slice s, char *out, size_t size)
{
	if (s.len >= size || es_slice_find(s, 0) != s.len)
		return false;
	es_slice_to_str_cut(s, out, size);
	return true;
}

void es_slice_to_str_cut(struct es_slice s, char *out, size_t size)
{
	size_t len = s.len < size ? s.len : size - 1;

	if (len > 0)
		memcpy(out, s.ptr, len);
	out[len] = '\0';
}
