/* policy_sheeting.h -- one request for a sheet in work. Internal to policy_engine_sheet*.c. */
#ifndef POLICY_SHEETING_H
#define POLICY_SHEETING_H

#include "policy_effects.h"
#include "policy_engine_sheet.h"
#include "policy_sheet.h"

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

#endif
