/* es_language.h -- which language a reader is answered in: Accept-Language (RFC 9110 12.5.4) against the languages there
 * are texts in, by basic filtering (RFC 4647 3.3.1). Pure. */
#ifndef ES_LANGUAGE_H
#define ES_LANGUAGE_H

#include "es_slice.h"

/* Index in `codes` (tags of two letters) of the range with the highest q that is one of them or begins with one ("de-AT"),
 * the first of several. `*` means `fallback`; a range with q=0, or with a q that is none, is not wanted. No match: the
 * fallback's index, and `count` when that is none of them either. A range of any length costs a few comparisons. */
size_t es_language_pick(struct es_slice accept_language, const char *const *codes, size_t count,
                        struct es_slice fallback);
/* The code that `range` is, or begins with; `count`: none. */
size_t es_language_find(struct es_slice range, const char *const *codes, size_t count);

#endif
