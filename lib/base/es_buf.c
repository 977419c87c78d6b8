/* es_buf.c -- the one place where a length is compared with the room that is left. */
#include "es_buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_FIRST = 256 };

void es_buf_init(struct es_buf *b, size_t max)
{
	*b = (struct es_buf){ .max = max };
}

void es_buf_init_fixed(struct es_buf *b, void *storage, size_t size)
{
	*b = (struct es_buf){ .ptr = storage, .cap = size, .max = size, .fixed = true };
}

void es_buf_free(struct es_buf *b)
{
	if (!b->fixed) {
		free(b->ptr);
		b->ptr = NULL;
		b->cap = 0;
	}
	b->len = 0;
}

void es_buf_wipe(struct es_buf *b)
{
	if (b->ptr != NULL)
		explicit_bzero(b->ptr, b->cap);
	es_buf_free(b);
}

void es_buf_reset(struct es_buf *b)
{
	b->len = 0;
	b->bad = false;
}

static bool grow(struct es_buf *b, size_t n)
{
	if (b->bad || b->fixed || n > b->max - b->len) {
		b->bad = true;
		return false;
	}
	size_t cap = b->cap > b->max / 2 ? b->max : b->cap * 2;
	if (cap < CAP_FIRST)
		cap = b->max < CAP_FIRST ? b->max : CAP_FIRST;
	if (cap < b->len + n)
		cap = b->len + n;
	uint8_t *ptr = malloc(cap);
	if (ptr == NULL) {
		b->bad = true;
		return false;
	}
	if (b->ptr != NULL) {
		memcpy(ptr, b->ptr, b->len);
		explicit_bzero(b->ptr, b->len);
		free(b->ptr);
	}
	b->ptr = ptr;
	b->cap = cap;
	return true;
}

/* Where the next n octets (at least one) go; NULL when they do not fit or something did not fit before. */
static inline uint8_t *room(struct es_buf *b, size_t n)
{
	if ((b->bad || n > b->cap - b->len) && !grow(b, n))
		return NULL;
	uint8_t *at = b->ptr + b->len;
	b->len += n;
	return at;
}

void es_put_bytes(struct es_buf *b, struct es_slice bytes)
{
	if (bytes.len == 0)
		return;
	uint8_t *at = room(b, bytes.len);
	if (at != NULL)
		memcpy(at, bytes.ptr, bytes.len);
}

void es_put_str(struct es_buf *b, const char *text)
{
	es_put_bytes(b, es_slice_str(text));
}

void es_put_counted(struct es_buf *b, const char *text)
{
	struct es_slice s = es_slice_str(text);

	assert(s.len <= UINT8_MAX);
	es_put_u8(b, (uint8_t)s.len);
	es_put_bytes(b, s);
}

void es_put_u8(struct es_buf *b, uint8_t v)
{
	uint8_t *at = room(b, 1);

	if (at != NULL)
		*at = v;
}

static inline void put_be(struct es_buf *b, uint64_t v, size_t n)
{
	uint8_t *at = room(b, n);

	if (at == NULL)
		return;
	for (size_t i = n; i-- > 0; v >>= 8)
		at[i] = (uint8_t)v;
}

void es_put_u16(struct es_buf *b, uint16_t v)
{
	put_be(b, v, 2);
}

void es_put_u32(struct es_buf *b, uint32_t v)
{
	put_be(b, v, 4);
}

void es_put_u64(struct es_buf *b, uint64_t v)
{
	put_be(b, v, 8);
}

void es_put_zeros(struct es_buf *b, size_t n)
{
	uint8_t *at = n == 0 ? NULL : room(b, n);

	if (at != NULL)
		memset(at, 0, n);
}

void es_put_vprintf(struct es_buf *b, const char *format, va_list args)
{
	char small[256];
	va_list again;

	va_copy(again, args);
	int n = vsnprintf(small, sizeof small, format, args);
	if (n < 0 || (size_t)n > b->max - b->len) {
		b->bad = true;
	} else if ((size_t)n < sizeof small) {
		es_put_bytes(b, es_slice_of(small, (size_t)n));
	} else {
		/* Not straight into the buffer: at the very end of `max` there is no room for printf's NUL. */
		char *text = malloc((size_t)n + 1);
		if (text == NULL) {
			b->bad = true;
		} else {
			(void)vsnprintf(text, (size_t)n + 1, format, again);
			es_put_bytes(b, es_slice_of(text, (size_t)n));
			explicit_bzero(text, (size_t)n);
			free(text);
		}
	}
	va_end(again);
}

void es_put_printf(struct es_buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	es_put_vprintf(b, format, args);
	va_end(args);
}

size_t es_buf_reserve(struct es_buf *b, size_t n)
{
	size_t offset = b->len;

	es_put_zeros(b, n);
	return offset;
}

void es_buf_patch(struct es_buf *b, size_t offset, struct es_slice bytes)
{
	if (b->bad || bytes.len == 0)
		return;
	assert(offset <= b->len && bytes.len <= b->len - offset);
	memcpy(b->ptr + offset, bytes.ptr, bytes.len);
}

void es_buf_patch_u16(struct es_buf *b, size_t offset, uint16_t v)
{
	const uint8_t be[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	es_buf_patch(b, offset, es_slice_of(be, sizeof be));
}

struct es_slice es_buf_slice(const struct es_buf *b)
{
	return es_slice_of(b->ptr, b->len);
}

es_status es_buf_status(const struct es_buf *b)
{
	return b->bad ? ES_TOO_LARGE : ES_OK;
}
