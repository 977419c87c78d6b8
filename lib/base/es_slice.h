/* es_slice.h -- pointer plus length, by value; the bytes belong to somebody else.
 *
 * Text and binary alike travel as slices; NUL-terminated strings exist only at the border to C
 * libraries. A slice never owns and is never freed. {NULL, 0} is the empty slice. Pure. */
#ifndef ES_SLICE_H
#define ES_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct es_slice {
	const uint8_t *ptr;
	size_t len;
};

#define ES_SLICE_LIT(text) ((struct es_slice){ (const uint8_t *)("" text), sizeof(text) - 1 })
/* For printf: ES_SLICE_FMT with ES_SLICE_ARG(slice). */
#define ES_SLICE_FMT "%.*s"
#define ES_SLICE_ARG(s) (int)(s).len, (const char *)(s).ptr

struct es_slice es_slice_of(const void *ptr, size_t len);
/* NULL gives the empty slice. */
struct es_slice es_slice_str(const char *text);
bool es_slice_eq(struct es_slice a, struct es_slice b);
/* ASCII case folded: TS.43 1.7 compares every String parameter without regard to case. */
bool es_slice_eq_nocase(struct es_slice a, struct es_slice b);
bool es_slice_eq_str(struct es_slice a, const char *text);
bool es_slice_starts_with(struct es_slice s, struct es_slice prefix);
/* Index of the first `byte`, or s.len when there is none. */
size_t es_slice_find(struct es_slice s, uint8_t byte);
/* [from, to) clamped to the slice. */
struct es_slice es_slice_sub(struct es_slice s, size_t from, size_t to);
/* As a NUL-terminated text. False, and `out` untouched: there is no room, or a NUL inside. */
bool es_slice_to_str(struct es_slice s, char *out, size_t size);
/* The same, or as much of it as there is room for; up to a NUL inside, for whoever reads it. size: 1 at least. */
void es_slice_to_str_cut(struct es_slice s, char *out, size_t size);
/* Without leading and trailing ASCII blanks (space, tab, CR, LF). */
struct es_slice es_slice_trim(struct es_slice s);
/* Cuts `*rest` at the first `byte`: returns what stands before it and leaves what follows. When there is no
 * `byte`, returns all and leaves {NULL, 0}. Iterate while rest->ptr != NULL. */
struct es_slice es_slice_cut(struct es_slice *rest, uint8_t byte);

#endif
