/* policy_deciding.h -- one POLICY_DECIDE in work. Internal to policy_engine_decide.c and policy_engine_grant.c. */
#ifndef POLICY_DECIDING_H
#define POLICY_DECIDING_H

#include "es_token.h"
#include "policy_decide.h"
#include "policy_engine.h"

struct policy_deciding {
	struct policy_engine *engine;
	const Openes__DecideRequest *request;
	const Openes__DeviceRequest *device;
	int64_t now_ms;
	struct es_arena *arena;
	Openes__DecideReply *reply;
	struct es_token token; /* of another token than TOKEN: whose it is, and no more */
	bool has_line;
	struct policy_subscriber line;
	const struct policy_catalog *catalog;
	struct policy_caller caller;
	struct es_grant grant, access; /* what `caller` points to */
};

/* The line of d->token and the catalog of the same moment; without a line the catalog, too. */
es_status policy_deciding_read(struct policy_deciding *d) ES_MUST_USE;
es_status policy_deciding_subject(const struct policy_deciding *d) ES_MUST_USE;
/* Judges the operation and fills in the whole answer; or the outcome that the judgement is. */
es_status policy_deciding_answer(struct policy_deciding *d, const struct policy_tenant *tenant) ES_MUST_USE;

/* policy_engine_grant.c */

/* Whether it is a token of somebody else that decides (TS.43 2.8.6, 14, 2.8.3). */
bool policy_grant_decides(const Openes__DecideRequest *request);
es_status policy_grant_decide(struct policy_deciding *d) ES_MUST_USE;
/* Reads what the request says of operation and caller, and opens the access token. Needs the catalog. */
es_status policy_caller_read(struct policy_deciding *d, enum policy_bearer bearer) ES_MUST_USE;
/* boost_type, which TS.43 figure 51 spells boostType. Empty: none. */
struct es_slice policy_boost_type(const Openes__DeviceRequest *device);
/* Sets outcome and reason, and counts. */
es_status policy_verdict_outcome(const struct policy_deciding *d, enum policy_verdict verdict) ES_MUST_USE;
void policy_grant_metrics(void);

#endif
