/* es_reader.h -- reading untrusted bytes: the bounds check is written once, here.
 *
 * Errors stick: after the first read past the end `bad` stays set and every read gives zero or an empty
 * slice, so a parser reads like the format's description and checks once at the end. Big-endian. Pure. */
#ifndef ES_READER_H
#define ES_READER_H

#include "es_slice.h"

struct es_reader {
	const uint8_t *at, *end;
	bool bad;
};

struct es_reader es_reader_of(struct es_slice bytes);
struct es_slice es_read_bytes(struct es_reader *r, size_t n);
uint8_t es_read_u8(struct es_reader *r);
uint16_t es_read_u16(struct es_reader *r);
uint32_t es_read_u32(struct es_reader *r);
uint64_t es_read_u64(struct es_reader *r);
/* `len` octets into `out`, which has room for `room`; more are as bad as what is not there. */
void es_read_into(struct es_reader *r, void *out, size_t len, size_t room);
#define ES_READ_ARRAY(r, array) es_read_into((r), (array), sizeof(array), sizeof(array))
/* A text of `len` octets, none of them NUL, into `out`, which is filled up with NULs: one at least. "" when it is bad. */
void es_read_text(struct es_reader *r, size_t len, char *out, size_t size);
/* The same after an octet that tells its length: what es_put_counted() writes. */
void es_read_counted(struct es_reader *r, char *out, size_t size);
/* Everything that is left. */
struct es_slice es_read_rest(struct es_reader *r);
size_t es_reader_left(const struct es_reader *r);
/* True when nothing was read past the end and nothing is left: the check at the end of a parser. */
bool es_reader_is_done(const struct es_reader *r);

#endif
