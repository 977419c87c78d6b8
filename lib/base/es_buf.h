/* es_buf.h -- the writer: a growing buffer born with its maximum.
 *
 * Overflow and lack of memory stick: `bad` stays set, later writes do nothing, es_buf_status() says it once
 * at the end. Memory is malloc'ed and owned by the buffer; es_buf_free() (idempotent) gives it back.
 * A block that was outgrown is wiped: the buffer may hold keys. Big-endian. One thread at a time. */
#ifndef ES_BUF_H
#define ES_BUF_H

#include <stdarg.h>

#include "es_slice.h"
#include "es_status.h"

struct es_buf {
	uint8_t *ptr;
	size_t len, cap, max;
	bool bad;
	bool fixed; /* `ptr` is the caller's storage of `max` bytes: never grown, never freed */
};

/* Nothing is allocated until the first write. `max` in bytes. */
void es_buf_init(struct es_buf *b, size_t max);
/* Writes into the caller's storage. */
void es_buf_init_fixed(struct es_buf *b, void *storage, size_t size);
void es_buf_free(struct es_buf *b);
/* Wipes, then frees. */
void es_buf_wipe(struct es_buf *b);
/* Empties it and clears `bad`; keeps the memory. */
void es_buf_reset(struct es_buf *b);

void es_put_bytes(struct es_buf *b, struct es_slice bytes);
void es_put_str(struct es_buf *b, const char *text);
/* A text behind an octet that tells its length: 255 at most. */
void es_put_counted(struct es_buf *b, const char *text);
void es_put_u8(struct es_buf *b, uint8_t v);
void es_put_u16(struct es_buf *b, uint16_t v);
void es_put_u32(struct es_buf *b, uint32_t v);
void es_put_u64(struct es_buf *b, uint64_t v);
void es_put_zeros(struct es_buf *b, size_t n);
void es_put_printf(struct es_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void es_put_vprintf(struct es_buf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
/* Reserves n bytes (zeroed) to be filled later; the offset, valid also after growth. */
size_t es_buf_reserve(struct es_buf *b, size_t n);
void es_buf_patch_u16(struct es_buf *b, size_t offset, uint16_t v);
void es_buf_patch(struct es_buf *b, size_t offset, struct es_slice bytes);

struct es_slice es_buf_slice(const struct es_buf *b);
/* ES_OK, or ES_TOO_LARGE when any write did not fit. */
es_status es_buf_status(const struct es_buf *b) ES_MUST_USE;

#endif
