/* es_gzip.c -- gzip over zlib; unpacking stops at the bound, before the memory is spent. */
#include "es_gzip.h"

#include <limits.h>

#include <zlib.h>

#include "es_cleanup.h"

enum { GZIP = 16, RATIO_FREE = 4096 };

static void deflate_done(z_stream *z)
{
	(void)deflateEnd(z);
}

static void inflate_done(z_stream *z)
{
	(void)inflateEnd(z);
}

/* zlib's own type for input is not const in every build of it. */
static void feed(z_stream *z, struct es_slice bytes)
{
	union {
		const uint8_t *in;
		Bytef *zlib;
	} p = { .in = bytes.ptr };
	z->next_in = p.zlib;
	z->avail_in = (uInt)bytes.len;
}

es_status es_gzip(struct es_slice plain, struct es_buf *out)
{
	if (plain.len > UINT_MAX / 2)
		return ES_TOO_LARGE;
	/* A document of a few KiB needs no 32 KiB window: a small one makes deflate's state 35 KB instead of 268. */
	int window = plain.len <= 4096 ? 12 : 15, memory = plain.len <= 4096 ? 5 : 8;
	ES_CLEANUP(deflate_done) z_stream z = { 0 };
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window + GZIP, memory, Z_DEFAULT_STRATEGY) != Z_OK)
		return ES_TOO_LARGE;
	feed(&z, plain);

	uint8_t chunk[8192];
	int step;
	do {
		z.next_out = chunk;
		z.avail_out = sizeof chunk;
		step = deflate(&z, Z_FINISH);
		es_put_bytes(out, es_slice_of(chunk, sizeof chunk - z.avail_out));
		ES_TRY(es_buf_status(out));
	} while (step == Z_OK);
	return step == Z_STREAM_END ? ES_OK : ES_INTERNAL;
}

static size_t output_limit(size_t packed, size_t max_octets, unsigned max_ratio)
{
	size_t by_ratio = max_ratio > 0 && packed > SIZE_MAX / max_ratio ? SIZE_MAX : packed * max_ratio;
	if (by_ratio < RATIO_FREE)
		by_ratio = RATIO_FREE;
	return by_ratio < max_octets ? by_ratio : max_octets;
}

/* Fills `plain`, whose maximum is the limit. */
static es_status unpack(z_stream *z, struct es_buf *plain)
{
	uint8_t chunk[8192];

	for (;;) {
		z->next_out = chunk;
		z->avail_out = sizeof chunk;
		int step = inflate(z, Z_NO_FLUSH);
		es_put_bytes(plain, es_slice_of(chunk, sizeof chunk - z->avail_out));
		ES_TRY(es_buf_status(plain));
		if (step == Z_STREAM_END)
			return z->avail_in == 0 ? ES_OK : ES_MALFORMED; /* nothing may follow, not even a second member */
		if (step == Z_MEM_ERROR)
			return ES_TOO_LARGE;
		if (step != Z_OK || (z->avail_in == 0 && z->avail_out != 0))
			return ES_MALFORMED; /* damaged, or the end is missing */
	}
}

es_status es_gunzip(struct es_slice packed, size_t max_octets, unsigned max_ratio, struct es_arena *arena,
                    struct es_slice *out)
{
	if (packed.len > UINT_MAX / 2)
		return ES_TOO_LARGE;
	ES_CLEANUP(inflate_done) z_stream z = { 0 };
	feed(&z, packed);
	if (inflateInit2(&z, 15 + GZIP) != Z_OK)
		return ES_TOO_LARGE;

	ES_CLEANUP(es_buf_free) struct es_buf plain;
	es_buf_init(&plain, output_limit(packed.len, max_octets, max_ratio));
	ES_TRY(unpack(&z, &plain));
	struct es_slice copy = es_arena_copy(arena, es_buf_slice(&plain));
	if (copy.ptr == NULL && plain.len > 0)
		return ES_TOO_LARGE;
	*out = copy;
	return ES_OK;
}
