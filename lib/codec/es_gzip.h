/* es_gzip.h -- gzip both ways (zlib), the way in bounded in size and ratio against decompression bombs. Pure. */
#ifndef ES_GZIP_H
#define ES_GZIP_H

#include "es_arena.h"
#include "es_buf.h"
#include "es_slice.h"
#include "es_status.h"

es_status es_gzip(struct es_slice plain, struct es_buf *out) ES_MUST_USE;
/* ES_TOO_LARGE past max_octets or when more than max_ratio times the input comes out (after the first 4 KiB);
 * ES_MALFORMED for damage, truncation and trailing bytes. */
es_status es_gunzip(struct es_slice packed, size_t max_octets, unsigned max_ratio, struct es_arena *arena,
                    struct es_slice *out) ES_MUST_USE;

#endif
