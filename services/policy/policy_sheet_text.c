/* policy_sheet_text.c -- a text of the sheets: the tenant's, or one of ours (policy_sheet_words.c, policy_sheet_service_words.c). */
#include "policy_sheet_text.h"

#include <assert.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_sheet_words.h"

#define OVERRIDE_MAX 1024

static const struct policy_words *words_of(size_t text)
{
	return policy_words[text].name != NULL ? &policy_words[text] : &policy_service_words[text];
}

/* Cuts "xx name" off; false when it is not of that form or names nothing of ours. */
static bool read_override(struct es_slice item, struct es_slice *language, size_t *which, struct es_slice *says)
{
	struct es_slice rest = item, name;

	*language = es_slice_cut(&rest, ' ');
	name = es_slice_cut(&rest, ':');
	*says = es_slice_trim(rest);
	for (*which = 0; *which < POLICY_SAYS_COUNT; (*which)++)
		if (es_slice_eq_str(name, words_of(*which)->name))
			return true;
	return false;
}

bool policy_is_text_override(struct es_slice text)
{
	struct es_slice language, says;
	size_t which;
	bool is_known = false;

	if (text.len > OVERRIDE_MAX || !es_text_is_clean_utf8(text) || !read_override(text, &language, &which, &says))
		return false;
	for (unsigned i = 0; i < POLICY_LANGUAGES; i++)
		is_known = is_known || es_slice_eq_str(language, policy_language_code(i));
	return is_known && says.len > 0;
}

const char *policy_sheet_text(const struct policy_tenant *tenant, enum policy_sheet_text text, unsigned language)
{
	assert(language < POLICY_LANGUAGES && (unsigned)text < POLICY_SAYS_COUNT);
	for (size_t i = 0; i < tenant->texts.count; i++) {
		struct es_slice code, says;
		size_t which;
		if (read_override(es_slice_str(tenant->texts.items[i]), &code, &which, &says) && which == text &&
		    es_slice_eq_str(code, policy_language_code(language)))
			return (const char *)says.ptr; /* to the end of the item, which ends with NUL */
	}
	return words_of(text)->says[language];
}

bool policy_language_is_rtl(unsigned language)
{
	return strcmp(policy_language_code(language), "ar") == 0;
}
