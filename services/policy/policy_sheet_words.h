/* policy_sheet_words.h -- the catalogue of the sheets, in parts: each text is in one of them. Internal to policy_sheet_text.c. */
#ifndef POLICY_SHEET_WORDS_H
#define POLICY_SHEET_WORDS_H

#include "policy_sheet_text.h"

#define POLICY_LANGUAGES 5

struct policy_words {
	const char *name, *says[POLICY_LANGUAGES]; /* in the order of policy_language_code() */
};
extern const struct policy_words policy_words[POLICY_SAYS_COUNT];         /* of every sheet, and of addresses */
extern const struct policy_words policy_service_words[POLICY_SAYS_COUNT]; /* of one service each */
extern const struct policy_words policy_esim_words[POLICY_SAYS_COUNT];    /* of eSIMs */

#endif
