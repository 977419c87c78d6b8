/* es_text.h -- numbers, hexadecimal, Base64 and percent-encoding, each with its bounds. Pure.
 *
 * Outputs are written only on success. Buffers of the caller are never overrun: what does not fit is ES_TOO_LARGE. */
#ifndef ES_TEXT_H
#define ES_TEXT_H

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

/* Decimal digits only, no sign, no blanks; ES_MALFORMED outside [min, max]. The signed one takes a '-' when min is
 * negative. */
es_status es_parse_u32(struct es_slice text, uint32_t min, uint32_t max, uint32_t *out) ES_MUST_USE;
es_status es_parse_u64(struct es_slice text, uint64_t min, uint64_t max, uint64_t *out) ES_MUST_USE;
es_status es_parse_i64(struct es_slice text, int64_t min, int64_t max, int64_t *out) ES_MUST_USE;

/* Exactly `len` octets from 2*len hexadecimal digits of either case. */
es_status es_hex_decode(struct es_slice text, uint8_t *out, size_t len) ES_MUST_USE;
void es_hex_encode(struct es_slice bytes, char *out /* 2*len+1, NUL-terminated, lower case */);

/* Base64, standard alphabet (RFC 4648 4) with padding. The decoder also takes line breaks (Android's
 * encoder may send them) and missing padding, and refuses everything else. Result lives in the arena. */
es_status es_base64_decode(struct es_slice text, struct es_arena *arena, struct es_slice *out) ES_MUST_USE;
void es_base64_encode(struct es_slice bytes, struct es_buf *out);
/* URL-safe alphabet without padding (RFC 4648 5). */
es_status es_base64url_decode(struct es_slice text, struct es_arena *arena, struct es_slice *out) ES_MUST_USE;
/* Exactly `len` octets, without an arena: names and handles, which come from anybody. `out` is spoilt by what is malformed. */
es_status es_base64url_decode_into(struct es_slice text, uint8_t *out, size_t len) ES_MUST_USE;
void es_base64url_encode(struct es_slice bytes, struct es_buf *out);

/* Percent-decoding of a query value; '+' becomes a space when plus_is_space. A damaged escape is ES_MALFORMED. */
es_status es_percent_decode(struct es_slice text, bool plus_is_space, struct es_arena *arena,
                            struct es_slice *out) ES_MUST_USE;
void es_percent_encode(struct es_slice text, struct es_buf *out);

/* Octets of the well-formed UTF-8 character (RFC 3629) at the start of `text`: 1..4, and 0 when there is none. */
size_t es_utf8_length(struct es_slice text);
/* Well-formed UTF-8 without NUL and without other C0 controls than TAB, LF, CR. */
bool es_text_is_clean_utf8(struct es_slice text);
/* True for 1..n ASCII digits only. */
bool es_text_is_digits(struct es_slice text);

/* "YYYY-MM-DDThh:mm:ssZ" (ISO 8601, TS.43 TZD) of a wall time in ms since 1970; out holds 21 bytes. */
void es_time_iso8601(int64_t unix_ms, char out[21]);

#endif
