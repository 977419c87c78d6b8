/* policy_engine_bss.h -- a decision and the operator's own systems: whether they are to be asked first, and what holds when
 * they do not answer. Pure but for the log. */
#ifndef POLICY_ENGINE_BSS_H
#define POLICY_ENGINE_BSS_H

#include "policy_bss.h"
#include "policy_types.h"

/* Of one call. First time `has_asked` is false: where the call comes back with `is_wanted`, nothing has been answered yet;
 * the question is asked, and the call made again with what became of it. */
struct policy_bss_need {
	bool has_asked;
	int64_t began_ms;                /* mono ms; when not has_asked */
	enum policy_bss_outcome outcome; /* when has_asked */
	bool is_wanted;
	struct policy_bss_question question; /* when is_wanted; texts of the call's arena; without deadline and trace */
};

/* Sets is_wanted and the question. `line` NULL: we have none of that IMSI. */
es_status policy_bss_look(struct policy_bss_need *need, const struct policy_tenant *tenant, const char *imsi,
                          const struct policy_subscriber *line, int64_t now_ms, struct es_arena *arena) ES_MUST_USE;
/* What holds after the question: ES_UNAVAILABLE where nothing does. `*plan` is the line's, or becomes the tenant's
 * default. */
es_status policy_bss_hold(const struct policy_bss_need *need, const struct policy_tenant *tenant,
                          const struct policy_subscriber *line, int64_t now_ms, const char **plan) ES_MUST_USE;
/* Whether the last answer may be used without asking. */
bool policy_bss_is_fresh(const struct policy_tenant *tenant, const struct policy_subscriber *line, int64_t now_ms);

#endif
