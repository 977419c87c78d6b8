/* es_arena.h -- memory of one request: allocated piece by piece, freed as a whole.
 *
 * An arena is born with a hard limit, which is at the same time the bound on what hostile input may make
 * us allocate: past it every allocation gives NULL. One arena belongs to one thread at a time.
 * Memory handed out is zeroed and aligned for any type. */
#ifndef ES_ARENA_H
#define ES_ARENA_H

#include <stddef.h>

#include "es_slice.h"
#include "es_status.h"

struct es_arena;

/* `limit` in bytes, all blocks together; the first block is `first` bytes (0: a default). NULL when out of memory. */
struct es_arena *es_arena_new(size_t first, size_t limit);
void es_arena_free(struct es_arena *arena);  /* NULL is fine */
void es_arena_done(struct es_arena **arena); /* the same, for ES_CLEANUP */
/* Gives everything back but the first block: for reuse by the next request. */
void es_arena_reset(struct es_arena *arena);
/* Wipes (not only frees) all memory when reset and freed: for arenas that see secrets. */
void es_arena_set_secret(struct es_arena *arena);

/* NULL when the limit or the memory is exhausted. n = 0 gives a valid pointer. */
void *es_arena_alloc(struct es_arena *arena, size_t n) ES_MUST_USE;
/* Same, for `count` elements of `size`; NULL on overflow. */
void *es_arena_array(struct es_arena *arena, size_t count, size_t size) ES_MUST_USE;
/* A NUL-terminated copy; NULL when exhausted. */
char *es_arena_strdup(struct es_arena *arena, struct es_slice text) ES_MUST_USE;
char *es_arena_printf(struct es_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3))) ES_MUST_USE;
/* Copy of the bytes; {NULL, 0} with a non-empty input when exhausted. */
struct es_slice es_arena_copy(struct es_arena *arena, struct es_slice bytes);
size_t es_arena_used(const struct es_arena *arena);

#endif
