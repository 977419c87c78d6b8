/* policy_text.h -- the texts a phone shows, in the user's language (Accept-Language, TS.43 2.2.2). Pure. */
#ifndef POLICY_TEXT_H
#define POLICY_TEXT_H

#include "es_slice.h"
#include "policy_types.h"

enum policy_text {
	POLICY_TEXT_NONE,       /* "" */
	POLICY_TEXT_LTE,        /* 4G calling is not in the plan */
	POLICY_TEXT_LTE_ABROAD, /* ... not abroad */
	POLICY_TEXT_LTE_HOME,   /* ... not at home */
	POLICY_TEXT_NR,
	POLICY_TEXT_NR_ABROAD,
	POLICY_TEXT_VOWIFI,
	POLICY_TEXT_SMSOIP,
	POLICY_TEXT_SATELLITE,
	POLICY_TEXT_OPTED_OUT,
	POLICY_TEXT_NOT_OFFERED,
	POLICY_TEXT_BILLING,         /* carrier billing is not in the plan */
	POLICY_TEXT_BILLING_ACCOUNT, /* ... not with this kind of account */
	POLICY_TEXT_BILLING_BARRED,
	POLICY_TEXT_AWAY, /* withheld by a rule or an outage that says nothing itself */
	POLICY_TEXT_COUNT
};

/* Of "en: text", "de: Text" the one in that language, else in `fallback`, else the first; "" of an empty list. */
const char *policy_text_of(const struct policy_list *list, unsigned language, const char *fallback);

/* Index of the best language of ours (es_language_pick()); no match gives `fallback` (a code of two letters; unknown:
 * English). */
unsigned policy_language(struct es_slice accept_language, const char *fallback);
const char *policy_language_code(unsigned language);
const char *policy_text(enum policy_text text, unsigned language);

/* What a tenant says instead of us: "de vowifi_not_in_plan: Fragen Sie uns". Cuts it; false when it is not of that form. */
bool policy_text_override_cut(struct es_slice item, struct es_slice *language, struct es_slice *name,
                              struct es_slice *says);
bool policy_text_is_name(struct es_slice name);
/* The tenant's, else ours. */
const char *policy_text_for(const struct policy_tenant *tenant, enum policy_text text, unsigned language);

#endif
