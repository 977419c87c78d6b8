/* es_gzip_fuzz.c -- unpacking hostile bytes stays inside its bounds; what is packed comes back. */
#include <stdint.h>
#include <stdlib.h>

#include "es_cleanup.h"
#include "es_gzip.h"

enum { MAX_OCTETS = 65536, RATIO = 50 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 4 * MAX_OCTETS);
	ES_CLEANUP(es_buf_free) struct es_buf packed;
	struct es_slice input = es_slice_of(data, size), out = { 0 };

	must(arena != NULL);
	if (es_gunzip(input, MAX_OCTETS, RATIO, arena, &out) == ES_OK)
		must(out.len <= MAX_OCTETS && (out.len <= 4096 || out.len <= size * RATIO));
	if (size > MAX_OCTETS)
		return 0;
	es_buf_init(&packed, 2 * MAX_OCTETS);
	must(es_gzip(input, &packed) == ES_OK);
	must(es_gunzip(es_buf_slice(&packed), MAX_OCTETS, 2000, arena, &out) == ES_OK);
	must(es_slice_eq(out, input));
	return 0;
}
