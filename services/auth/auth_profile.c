/* auth_profile.c -- SAR to the HSS, the change to policy, and on. */
#include "auth_profile.h"

#include <stddef.h>
#include <string.h>

#include "es_log.h"

static void told(struct auth_core_change *change, es_status status)
{
	struct auth_profile *p = (struct auth_profile *)(void *)((uint8_t *)change - offsetof(struct auth_profile, change));

	if (status != ES_OK)
		es_warn(p->task->trace, "auth.profile_not_stored", es_f_str("source", p->round->source), es_f_status(status));
	p->done(p);
}

static void answered(struct auth_profile_ask *ask, enum auth_profile_answer answer)
{
	struct auth_profile *p = (struct auth_profile *)(void *)((uint8_t *)ask - offsetof(struct auth_profile, ask));
	struct auth_env *env = p->task->env;

	if (answer != AUTH_PROFILE_KNOWN) {
		es_warn(p->task->trace, "auth.profile_not_told", es_f_str("source", p->round->source),
		        es_f_str("why", answer == AUTH_PROFILE_AWAY ? ask->why : "unknown"));
		p->done(p);
		return;
	}
	if (ask->msisdn[0] == '\0' && !ask->has_access) { /* nothing that policy keeps */
		p->done(p);
		return;
	}
	p->event = (struct auth_core_event){ .kind = AUTH_CORE_PROFILE,
		                                 .source = p->round->source,
		                                 .imsi = p->round->imsi.digits,
		                                 .reason = "",
		                                 .msisdn = ask->msisdn,
		                                 .has_access = ask->has_access,
		                                 .access_barred = ask->access_barred };
	p->change = (struct auth_core_change){ .event = &p->event,
		                                   .tenant = p->session->tenant,
		                                   .arena = p->task->arena,
		                                   .deadline = ask->deadline,
		                                   .trace = p->task->trace,
		                                   .done = told };
	if (env->core_change(env->policy, &p->change) != ES_OK)
		told(&p->change, ES_UNAVAILABLE);
}

static bool is_wanted(const struct auth_profile *p)
{
	struct auth_env *env = p->task->env;
	const struct auth_source *source = auth_sources_find(env->sources, es_slice_str(p->round->source));

	if (env->profile == NULL || source == NULL || strcmp(source->kind, "swx") != 0)
		return false;
	const struct auth_tenants *tenants;
	const struct auth_tenant *tenant = auth_snapshot_tenant(env->tenants, p->session->tenant, &tenants);
	bool wants = tenant != NULL && tenant->hss_profile;
	auth_snapshot_put(tenants);
	return wants;
}

void auth_profile_take(struct auth_profile *p)
{
	struct auth_env *env = p->task->env;
	int64_t now = env->now_ms();

	if (!is_wanted(p)) {
		p->done(p);
		return;
	}
	p->ask = (struct auth_profile_ask){ .source = p->round->source,
		                                .imsi = p->round->imsi.digits,
		                                .arena = p->task->arena,
		                                .deadline =
		                                    now + (p->task->deadline - now) / 2, /* the answer is not to wait for it */
		                                .trace = p->task->trace,
		                                .done = answered };
	env->profile(env->diameter, &p->ask);
}
