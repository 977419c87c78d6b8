/* auth_core_event.h -- what an HSS tells unasked (RTR, PPR) or asked (SAA), to policy, which owns the subscriber.
 *
 * The network knows an IMSI and no tenant: policy hears of it for each tenant whose routes name that source for that IMSI. */
#ifndef AUTH_CORE_EVENT_H
#define AUTH_CORE_EVENT_H

#include "auth_env.h"

enum auth_core_event_kind { AUTH_CORE_DEREGISTERED = 1, AUTH_CORE_PROFILE };

/* Texts outlive it; "" is not known. */
struct auth_core_event {
	enum auth_core_event_kind kind;
	const char *source, *imsi, *reason;
	const char *msisdn; /* of a profile */
	bool has_access, access_barred;
};

/* One question to policy, as auth_admit_fn. */
struct auth_core_change {
	const struct auth_core_event *event;
	const char *tenant;
	struct es_arena *arena;
	int64_t deadline;
	const struct es_trace *trace;
	void (*done)(struct auth_core_change *change, es_status status);
	bool known; /* with ES_OK: policy has this subscriber */
};

struct auth_core_known {
	bool known; /* of one tenant at least */
};
/* Answers the task when policy has heard of it for all tenants concerned; a failure when one could not be told: the network
 * is then to say it again. */
void auth_core_event(struct auth_task *task, const struct auth_core_event *event, struct auth_core_known *out);

#endif
