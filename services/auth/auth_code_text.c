/* auth_code_text.c -- what the SMS with a one-time code says. */
#include <string.h>

#include "auth_code.h"
#include "es_cleanup.h"
#include "es_language.h"

/* Name of the operator, then the code: phones and people find the digits most easily when nothing else is a number. */
static const struct {
	const char *language, *format;
} texts[] = {
	/* in the order of `codes` */
	{ "en", "%.*s: your code is %s. Do not give it to anybody." },
	{ "es", "%.*s: tu código es %s. No se lo des a nadie." },
	{ "fr", "%.*s : votre code est %s. Ne le donnez à personne." },
	{ "de", "%.*s: Ihr Code ist %s. Geben Sie ihn niemandem." },
	{ "ar", "%.*s: رمزك هو %s. لا تعطه لأحد." },
};

static const char *const codes[] = { "en", "es", "fr", "de", "ar" };
_Static_assert(ES_COUNT(codes) == ES_COUNT(texts), "one code for each text");

const char *auth_code_language(struct es_slice languages, struct es_slice fallback)
{
	size_t i = es_language_pick(languages, codes, ES_COUNT(codes), fallback);
	return codes[i < ES_COUNT(codes) ? i : 0];
}

const char *auth_code_text(struct es_arena *arena, const char *language, struct es_slice tenant, const char *code)
{
	size_t i = es_language_find(es_slice_str(language), codes, ES_COUNT(codes));

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* one of the table above */
	return es_arena_printf(arena, texts[i < ES_COUNT(texts) ? i : 0].format, ES_SLICE_ARG(tenant), code);
#pragma GCC diagnostic pop
}
