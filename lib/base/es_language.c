/* es_language.c -- choice of a language. */
#include "es_language.h"

#include "es_text.h"

size_t es_language_find(struct es_slice range, const char *const *codes, size_t count)
{
	if (range.len < 2 || (range.len > 2 && range.ptr[2] != '-'))
		return count;
	for (size_t i = 0; i < count; i++)
		if (es_slice_eq_nocase(es_slice_sub(range, 0, 2), es_slice_str(codes[i])))
			return i;
	return count;
}

/* "q=0.8" in thousandths; 1000 without; anything malformed is 0: not wanted. */
static uint32_t quality(struct es_slice parameters)
{
	while (parameters.ptr != NULL) {
		struct es_slice p = es_slice_trim(es_slice_cut(&parameters, ';'));
		if (!es_slice_eq_nocase(es_slice_sub(p, 0, 2), ES_SLICE_LIT("q=")))
			continue;
		struct es_slice fraction = es_slice_sub(p, 2, p.len), whole = es_slice_cut(&fraction, '.');
		uint32_t units, thousandths = 0, scale = 1000;
		if (es_parse_u32(whole, 0, 1, &units) != ES_OK || fraction.len > 3)
			return 0;
		if (fraction.len > 0 && es_parse_u32(fraction, 0, 999, &thousandths) != ES_OK)
			return 0;
		for (size_t i = 0; i < fraction.len; i++)
			scale /= 10;
		uint32_t q = units * 1000 + thousandths * scale;
		return q > 1000 ? 0 : q;
	}
	return 1000;
}

size_t es_language_pick(struct es_slice accept_language, const char *const *codes, size_t count,
                        struct es_slice fallback)
{
	uint32_t best_q = 0;
	size_t best = count;

	while (accept_language.ptr != NULL) {
		struct es_slice parameters = es_slice_cut(&accept_language, ',');
		struct es_slice range = es_slice_trim(es_slice_cut(&parameters, ';'));
		size_t language = es_language_find(es_slice_eq_str(range, "*") ? fallback : range, codes, count);
		uint32_t q = language < count ? quality(parameters) : 0;
		if (q > best_q) {
			best_q = q;
			best = language;
		}
	}
	return best < count ? best : es_language_find(fallback, codes, count);
}
