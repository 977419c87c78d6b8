/* policy_engine_bss.c -- fresh, stale, and away. */
#include "policy_engine_bss.h"

#include "es_cleanup.h"

static bool is_within(const struct policy_subscriber *line, int64_t seconds, int64_t now_ms)
{
	/* A clock that was set back makes an answer of the future: it is asked anew. */
	return line->bss_ms > 0 && line->bss_ms <= now_ms && now_ms - line->bss_ms <= seconds * 1000;
}

bool policy_bss_is_fresh(const struct policy_tenant *tenant, const struct policy_subscriber *line, int64_t now_ms)
{
	return is_within(line, tenant->bss.max_age_s, now_ms);
}

es_status policy_bss_look(struct policy_bss_need *need, const struct policy_tenant *tenant, const char *imsi,
                          const struct policy_subscriber *line, int64_t now_ms, struct es_arena *arena)
{
	need->is_wanted = false;
	if (need->has_asked || tenant->bss.mode != POLICY_BSS_QUERY || (line == NULL && !tenant->bss.create_unknown))
		return ES_OK;
	/* Terminated is for good, whatever anybody says. */
	if (line != NULL && (line->status == POLICY_TERMINATED || policy_bss_is_fresh(tenant, line, now_ms)))
		return ES_OK;
	/* The catalog is let go before the question is asked. */
	const char *source = es_arena_strdup(arena, es_slice_str(tenant->bss.source));
	const char *id = es_arena_strdup(arena, es_slice_str(tenant->id));
	if (source == NULL || id == NULL)
		return ES_TOO_LARGE;
	need->is_wanted = true;
	need->question = (struct policy_bss_question){
		.source = source,
		.tenant = id,
		.imsi = imsi,
		.msisdn = line != NULL ? line->msisdn : "",
		.is_new = line == NULL,
		.began_ms = need->began_ms,
	};
	return ES_OK;
}

es_status policy_bss_hold(const struct policy_bss_need *need, const struct policy_tenant *tenant,
                          const struct policy_subscriber *line, int64_t now_ms, const char **plan)
{
	const bool is_away = need->has_asked && (need->outcome == POLICY_BSS_AWAY || need->outcome == POLICY_BSS_WRONG);

	if (!is_away || tenant->bss.mode != POLICY_BSS_QUERY)
		return ES_OK;
	if (line == NULL) /* nobody can say whether there is one: "not known" would stand for weeks in a phone */
		return tenant->bss.create_unknown ? ES_UNAVAILABLE : ES_OK;
	if (line->status == POLICY_TERMINATED || is_within(line, tenant->bss.stale_max_age_s, now_ms))
		return ES_OK;
	switch (tenant->bss.when_away) {
	case POLICY_BSS_DEFAULT_PLAN: *plan = tenant->bss.default_plan; return ES_OK;
	case POLICY_BSS_UNAVAILABLE: return ES_UNAVAILABLE;
	default: return ES_OK;
	}
}
