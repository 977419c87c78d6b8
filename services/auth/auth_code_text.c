/* auth_code_text.c -- what the SMS with a one-time code says. */
#include <string.h>

#include "auth_code.h"
#include "es_cleanup.h"

/* Name of the operator, then the code: phones and people find the digits most easily when nothing else is a number. */
static const struct {
	const char *language, *format;
} texts[] = {
	{ "en", "%.*s: your code is %s. Do not give it to anybody." },
	{ "es", "%.*s: tu código es %s. No se lo des a nadie." },
	{ "fr", "%.*s : votre code est %s. Ne le donnez à personne." },
	{ "de", "%.*s: Ihr Code ist %s. Geben Sie ihn niemandem." },
	{ "ar", "%.*s: رمزك هو %s. لا تعطه لأحد." },
};

static size_t find_text(struct es_slice language)
{
	size_t i = 0;

	while (i < ES_COUNT(texts) && !es_slice_eq_nocase(es_slice_sub(language, 0, 2), es_slice_str(texts[i].language)))
		i++;
	return i;
}

static bool is_language(struct es_slice tag)
{
	return tag.len >= 2 && (tag.len == 2 || tag.ptr[2] == '-');
}

/* In the order given: clients list what they like best first, and a language that was not liked at all is not listed. */
const char *auth_code_language(struct es_slice languages, struct es_slice fallback)
{
	while (languages.ptr != NULL) {
		struct es_slice item = es_slice_cut(&languages, ',');
		struct es_slice tag = es_slice_trim(es_slice_cut(&item, ';'));
		size_t i = find_text(tag);

		if (is_language(tag) && i < ES_COUNT(texts))
			return texts[i].language;
	}
	size_t i = is_language(fallback) ? find_text(fallback) : ES_COUNT(texts);
	return texts[i < ES_COUNT(texts) ? i : 0].language;
}

const char *auth_code_text(struct es_arena *arena, const char *language, struct es_slice tenant, const char *code)
{
	size_t i = find_text(es_slice_str(language));

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* one of the table above */
	return es_arena_printf(arena, texts[i < ES_COUNT(texts) ? i : 0].format, ES_SLICE_ARG(tenant), code);
#pragma GCC diagnostic pop
}
