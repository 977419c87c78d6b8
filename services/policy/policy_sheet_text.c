/* policy_sheet_text.c -- a text of the sheets: the tenant's, or one of ours (policy_sheet*_words.c). */
#include "policy_sheet_text.h"

#include <assert.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"
#include "policy_sheet_words.h"

#define OVERRIDE_MAX 1024

static const struct policy_words *words_of(size_t text)
{
	static const struct policy_words *const parts[] = { policy_words, policy_service_words, policy_esim_words };
	size_t i = 0;

	while (i + 1 < ES_COUNT(parts) && parts[i][text].name == NULL)
		i++;
	return &parts[i][text];
}

/* POLICY_SAYS_COUNT: no text of the sheets. */
static size_t which_of(struct es_slice name)
{
	size_t which = 0;

	while (which < POLICY_SAYS_COUNT && !es_slice_eq_str(name, words_of(which)->name))
		which++;
	return which;
}

bool policy_is_text_override(struct es_slice text)
{
	struct es_slice language, name, says;
	bool is_known = false;

	if (text.len > OVERRIDE_MAX || !es_text_is_clean_utf8(text) ||
	    !policy_text_override_cut(text, &language, &name, &says))
		return false;
	for (unsigned i = 0; i < POLICY_LANGUAGES; i++)
		is_known = is_known || es_slice_eq_str(language, policy_language_code(i));
	return is_known && (which_of(name) < POLICY_SAYS_COUNT || policy_text_is_name(name));
}

const char *policy_sheet_text(const struct policy_tenant *tenant, enum policy_sheet_text text, unsigned language)
{
	assert(language < POLICY_LANGUAGES && (unsigned)text < POLICY_SAYS_COUNT);
	for (size_t i = 0; i < tenant->texts.count; i++) {
		struct es_slice code, name, says;
		if (policy_text_override_cut(es_slice_str(tenant->texts.items[i]), &code, &name, &says) &&
		    es_slice_eq_str(name, words_of(text)->name) && es_slice_eq_str(code, policy_language_code(language)))
			return (const char *)says.ptr; /* to the end of the item, which ends with NUL */
	}
	return words_of(text)->says[language];
}

bool policy_language_is_rtl(unsigned language)
{
	return strcmp(policy_language_code(language), "ar") == 0;
}
