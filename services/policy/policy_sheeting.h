/* policy_sheeting.h -- one request for a sheet in work. Internal to policy_engine_sheet*.c. */
#ifndef POLICY_SHEETING_H
#define POLICY_SHEETING_H

#include "policy_effects.h"
#include "policy_engine_sheet.h"
#include "policy_sheet.h"

/* What became of a request: labels of openes_policy_sheets_total. */
enum policy_sheet_result {
	POLICY_SHEET_SHOWN,
	POLICY_SHEET_COMMITTED,
	POLICY_SHEET_REPEATED,
	POLICY_SHEET_LEFT,
	POLICY_SHEET_PAYING,
	POLICY_SHEET_UNPAID,
	POLICY_SHEET_BAD,
	POLICY_SHEET_EXPIRED,
	POLICY_SHEET_USED,
	POLICY_SHEET_GONE,
	POLICY_SHEETS
};

/* One request in work. */
struct policy_sheeting {
	struct policy_engine *engine;
	struct es_arena *arena;
	Openes__SheetReply *reply;
	const char *accept_language, *client, *back_url;
	const struct es_trace *trace;
	int64_t now_ms;
	struct policy_sheet_state state;
	/* read */
	bool has_line, is_used, is_identified;
	struct policy_subscriber line;
	struct policy_store_user user;
	bool has_user;
	const char *used_for;
	const struct policy_catalog *catalog;
	struct policy_tenant none;
	struct policy_context context;
	struct policy_device device; /* the one that opened the sheet, as far as it is known */
	struct policy_asking asking;
	struct policy_equipment equipment;
	struct policy_history history;
	struct policy_effects effects;
	struct policy_sheet sheet;
};

/* Line, catalog, what the handle was used for and what rules look at, of one moment; then the sheet itself. */
es_status policy_sheeting_read(struct policy_sheeting *s) ES_MUST_USE;
/* The tenant of the handle; before it is known, one of defaults, which has the words. */
const struct policy_tenant *policy_sheeting_tenant(const struct policy_sheeting *s);

/* The page as the reply; `reason` NULL: the result's own name. Then, where it has a form, what that carries. */
es_status policy_sheeting_fill(struct policy_sheeting *s, const struct policy_page_model *page,
                               Openes__SheetReply__Outcome outcome, enum policy_sheet_result result,
                               const char *reason) ES_MUST_USE;
es_status policy_sheeting_carry(struct policy_sheeting *s) ES_MUST_USE;
/* Ends. */
es_status policy_sheeting_bad(struct policy_sheeting *s, const char *reason) ES_MUST_USE;
es_status policy_sheeting_used(struct policy_sheeting *s) ES_MUST_USE;
es_status policy_sheeting_gone(struct policy_sheeting *s, const char *reason) ES_MUST_USE;
es_status policy_sheeting_leave(struct policy_sheeting *s) ES_MUST_USE;

/* policy_engine_sheet_esim.c: a sheet of an eSIM that was opened, and an act on one. `answer` NULL: first pass. */
es_status policy_sheeting_esim_opened(struct policy_sheeting *s, const struct policy_sheet_answer *answer,
                                      struct policy_sheet_question *question) ES_MUST_USE;
es_status policy_sheeting_esim_acted(struct policy_sheeting *s, const char *action,
                                     const struct policy_sheet_answer *answer,
                                     struct policy_sheet_question *question) ES_MUST_USE;

#endif
