/* es_arena.c -- a chain of blocks with a bump pointer; the arena itself lives at the start of its first block.
 *
 * Under AddressSanitizer everything not handed out is poisoned, the alignment gaps too: an overrun of a piece and a
 * use after reset are found as with malloc. */
#include "es_arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(ptr, n) ASAN_POISON_MEMORY_REGION(ptr, n)
#define UNPOISON(ptr, n) ASAN_UNPOISON_MEMORY_REGION(ptr, n)
#else
#define POISON(ptr, n) ((void)0)
#define UNPOISON(ptr, n) ((void)0)
#endif

#define ALIGN _Alignof(max_align_t)
#define ROUND_UP(n) (((n) + ALIGN - 1) & ~(ALIGN - 1))

enum { FIRST_DEFAULT = 4096, BLOCK_MAX = 256 * 1024 };

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(max_align_t) uint8_t bytes[];
};

struct es_arena {
	struct block *first, *current;
	size_t limit;    /* of all blocks together */
	size_t reserved; /* the blocks' sizes so far */
	size_t used;
	bool secret;
};

#define HEAD ROUND_UP(sizeof(struct es_arena)) /* of the first block; not counted into any limit */

static struct block *block_new(size_t size)
{
	struct block *block = malloc(sizeof *block + size);

	if (block == NULL)
		return NULL;
	block->next = NULL;
	block->size = size;
	block->used = 0;
	POISON(block->bytes, size);
	return block;
}

/* Empties a block down to its first `keep` octets. */
static void block_clear(struct block *block, size_t keep, bool secret)
{
	if (secret) {
		UNPOISON(block->bytes, block->used);
		explicit_bzero(block->bytes + keep, block->used - keep);
	}
	POISON(block->bytes + keep, block->size - keep);
	block->used = keep;
}

struct es_arena *es_arena_new(size_t first, size_t limit)
{
	if (limit > SIZE_MAX / 4)
		limit = SIZE_MAX / 4;
	limit = ROUND_UP(limit);
	if (first == 0)
		first = FIRST_DEFAULT;
	first = first > limit ? limit : ROUND_UP(first);

	struct block *block = block_new(HEAD + first);
	if (block == NULL)
		return NULL;
	struct es_arena *arena = (void *)block->bytes;
	UNPOISON(arena, HEAD);
	block->used = HEAD;
	*arena = (struct es_arena){ .first = block, .current = block, .limit = limit, .reserved = first };
	return arena;
}

void es_arena_reset(struct es_arena *arena)
{
	struct block *first = arena->first;

	for (struct block *block = first->next, *next; block != NULL; block = next) {
		next = block->next;
		block_clear(block, 0, arena->secret);
		free(block);
	}
	block_clear(first, HEAD, arena->secret);
	first->next = NULL;
	arena->current = first;
	arena->reserved = first->size - HEAD;
	arena->used = 0;
}

void es_arena_free(struct es_arena *arena)
{
	if (arena == NULL)
		return;
	es_arena_reset(arena);
	free(arena->first);
}

void es_arena_done(struct es_arena **arena)
{
	es_arena_free(*arena);
}

void es_arena_set_secret(struct es_arena *arena)
{
	arena->secret = true;
}

/* A block with room for `need`, which has become the current one if it has more left to give. */
static struct block *grow(struct es_arena *arena, size_t need)
{
	struct block *current = arena->current;
	size_t room = arena->limit - arena->reserved;
	size_t size = arena->reserved > BLOCK_MAX / 2 ? BLOCK_MAX : ROUND_UP(arena->reserved * 2);

	if (need > room)
		return NULL;
	if (size < need)
		size = need;
	if (size > room)
		size = room;
	struct block *block = block_new(size);
	if (block == NULL)
		return NULL;
	block->next = arena->first->next;
	arena->first->next = block;
	arena->reserved += size;
	if (size - need > current->size - current->used)
		arena->current = block;
	return block;
}

void *es_arena_alloc(struct es_arena *arena, size_t n)
{
	struct block *block = arena->current;

	if (n > arena->limit)
		return NULL;
	size_t need = ROUND_UP(n + (n == 0));
	if (need > block->size - block->used) {
		block = grow(arena, need);
		if (block == NULL)
			return NULL;
	}
	uint8_t *piece = block->bytes + block->used;
	block->used += need;
	arena->used += need;
	UNPOISON(piece, n);
	return memset(piece, 0, n);
}

void *es_arena_array(struct es_arena *arena, size_t count, size_t size)
{
	size_t n;

	return __builtin_mul_overflow(count, size, &n) ? NULL : es_arena_alloc(arena, n);
}

char *es_arena_strdup(struct es_arena *arena, struct es_slice text)
{
	char *copy = text.len == SIZE_MAX ? NULL : es_arena_alloc(arena, text.len + 1);

	if (copy != NULL && text.len > 0)
		memcpy(copy, text.ptr, text.len);
	return copy;
}

char *es_arena_printf(struct es_arena *arena, const char *format, ...)
{
	char small[256]; /* most texts are formatted once only */
	va_list args;

	va_start(args, format);
	int n = vsnprintf(small, sizeof small, format, args);
	va_end(args);
	if (n < 0)
		return NULL;
	size_t len = (size_t)n;
	if (len < sizeof small)
		return es_arena_strdup(arena, es_slice_of(small, len));

	char *text = es_arena_alloc(arena, len + 1);
	if (text == NULL)
		return NULL;
	va_start(args, format);
	(void)vsnprintf(text, len + 1, format, args);
	va_end(args);
	return text;
}

struct es_slice es_arena_copy(struct es_arena *arena, struct es_slice bytes)
{
	if (bytes.len == 0)
		return bytes.ptr == NULL ? bytes : ES_SLICE_LIT("");
	void *copy = es_arena_alloc(arena, bytes.len);
	if (copy == NULL)
		return (struct es_slice){ NULL, 0 };
	memcpy(copy, bytes.ptr, bytes.len);
	return es_slice_of(copy, bytes.len);
}

size_t es_arena_used(const struct es_arena *arena)
{
	return arena->used;
}
