/* policy_sheet_writing.h -- a page of a sheet in work, block by block. Internal to policy_sheet_*page.c. */
#ifndef POLICY_SHEET_WRITING_H
#define POLICY_SHEET_WRITING_H

#include "policy_sheet.h"

struct policy_writing {
	const struct policy_sheet *sheet;
	const struct policy_tenant *tenant;
	unsigned language;
	struct policy_page_model *page;
};

/* A page with its title, its JavaScript object, and the alert of the sheet. */
struct policy_writing policy_page_begin(const struct policy_sheet *sheet, enum policy_sheet_text title,
                                        struct policy_page_model *page);
const char *policy_says(const struct policy_writing *w, enum policy_sheet_text text);
struct policy_block *policy_put_block(const struct policy_writing *w, enum policy_block_kind kind, const char *name,
                                      const char *label);
void policy_put_words(const struct policy_writing *w, enum policy_sheet_text text);
void policy_put_act(const struct policy_writing *w, enum policy_block_kind kind, const char *action,
                    enum policy_sheet_text label);
/* NULL or "": nothing is put. */
void policy_put_fact(const struct policy_writing *w, enum policy_sheet_text label, const char *value);
/* The last page: the phone is told by `call`, and for whoever has none there is a word. */
void policy_put_end(const struct policy_writing *w, const char *call, bool at_once);
/* The page of the text that is to be accepted. */
void policy_show_terms(const struct policy_sheet *sheet, enum policy_sheet_text title, enum policy_sheet_text lead,
                       struct policy_page_model *page);

#endif
