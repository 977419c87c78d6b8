/* policy_engine_grant.c -- POLICY_DECIDE for holders of temporary and operator tokens: whose token, what for. */
#include <string.h>

#include "es_cleanup.h"
#include "es_metrics.h"
#include "policy_deciding.h"

ES_METRIC_COUNTER(operations, "openes_policy_operations_total",
                  "Operations of ap2014 and ap2015, and requests without TOKEN, by what became of them", "result",
                  policy_verdict_names);

void policy_grant_metrics(void)
{
	es_metric_register(&operations);
}

/* TS.43 T8: 401 is for tokens, 403 for what a good one may not do, 404 for what is not there. */
static const Openes__DecideReply__Outcome outcomes[POLICY_VERDICT_COUNT] = {
	[POLICY_VERDICT_GOOD] = OPENES__DECIDE_REPLY__OUTCOME__DECIDED,
	[POLICY_VERDICT_UNAUTHENTIC] = OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED,
	[POLICY_VERDICT_EXPIRED] = OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED,
	[POLICY_VERDICT_REVOKED] = OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED,
	[POLICY_VERDICT_NO_SUBSCRIBER] = OPENES__DECIDE_REPLY__OUTCOME__NO_RESOURCE,
	[POLICY_VERDICT_NO_NUMBER] = OPENES__DECIDE_REPLY__OUTCOME__NO_RESOURCE,
	[POLICY_VERDICT_TERMINATED] = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN,
	[POLICY_VERDICT_OTHER_APP] = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN,
	[POLICY_VERDICT_NOT_A_TARGET] = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN,
	[POLICY_VERDICT_OUT_OF_SCOPE] = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN,
	[POLICY_VERDICT_OTHER_REQUESTOR] = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN,
	[POLICY_VERDICT_OTHER_CLIENT] = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN,
	[POLICY_VERDICT_OTHER_ENTERPRISE] = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN,
	[POLICY_VERDICT_ACCESS_UNAUTHENTIC] = OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED,
	[POLICY_VERDICT_ACCESS_EXPIRED] = OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED,
	[POLICY_VERDICT_ACCESS_OF_OTHER_TENANT] = OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED,
	[POLICY_VERDICT_ACCESS_OF_NO_CLIENT] = OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED,
	[POLICY_VERDICT_ACCESS_ELSEWHERE] = OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED,
	[POLICY_VERDICT_ACCESS_FOR_ANOTHER] = OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED,
	[POLICY_VERDICT_ACCESS_MISSING] = OPENES__DECIDE_REPLY__OUTCOME__INVALID,
	[POLICY_VERDICT_NOT_OFFERED] = OPENES__DECIDE_REPLY__OUTCOME__NOT_OFFERED,
	[POLICY_VERDICT_PARAMETER] = OPENES__DECIDE_REPLY__OUTCOME__INVALID,
};

es_status policy_verdict_outcome(const struct policy_deciding *d, enum policy_verdict verdict)
{
	es_count(&operations, verdict);
	d->reply->outcome = outcomes[verdict];
	/* 401 is nothing for a phone: it has a TOKEN, and another application's token is not its own (V12-HTTP-11). */
	if (d->caller.bearer == POLICY_BEARER_TOKEN && d->reply->outcome == OPENES__DECIDE_REPLY__OUTCOME__UNAUTHORIZED)
		d->reply->outcome = OPENES__DECIDE_REPLY__OUTCOME__FORBIDDEN;
	d->reply->reason = es_arena_strdup(d->arena, es_slice_str(policy_verdict_names[verdict]));
	return d->reply->reason != NULL ? ES_OK : ES_TOO_LARGE;
}

/* ---- who asks for what ---- */

struct es_slice policy_deciding_param(const Openes__DeviceRequest *device, const char *name)
{
	for (size_t i = 0; i < device->n_params; i++)
		if (es_slice_eq_nocase(es_slice_str(device->params[i]->name), es_slice_str(name)))
			return es_slice_str(device->params[i]->value);
	return (struct es_slice){ NULL, 0 };
}

struct es_slice policy_boost_type(const Openes__DeviceRequest *device)
{
	struct es_slice type = policy_deciding_param(device, "boost_type");
	return type.len > 0 ? type : policy_deciding_param(device, "boostType");
}

void policy_access_open(struct policy_deciding *d)
{
	struct es_slice text = es_slice_str(d->request->access_token);

	d->has_access = text.len > 0;
	if (d->has_access)
		d->access_opened = es_grant_open(d->engine->ring, ES_GRANT_ACCESS, text, d->now_ms, &d->access);
}

bool policy_access_is_known(const struct policy_deciding *d)
{
	return d->has_access && (d->access_opened == ES_OK || d->access_opened == ES_EXPIRED);
}

es_status policy_caller_read(struct policy_deciding *d, enum policy_bearer bearer)
{
	const Openes__DeviceRequest *device = d->device;
	struct policy_caller *caller = &d->caller;

	*caller = (struct policy_caller){
		.bearer = bearer,
		.grant = bearer == POLICY_BEARER_TEMPORARY || bearer == POLICY_BEARER_OPERATOR ? &d->grant : NULL,
		.host = es_slice_str(device->host),
		.requestor_id = es_slice_str(device->requestor_id),
		.operation = es_slice_str(device->operation),
		.msisdn = policy_deciding_param(device, "msisdn"),
		.client_id = policy_deciding_param(device, "client_id"),
		.scope = policy_deciding_param(device, "scope"),
		.targets = policy_deciding_param(device, "operation_targets"),
		.app_token = policy_deciding_param(device, "App_token"),
		.app_count = device->n_apps,
		.has_access = d->has_access,
		.access_opened = d->access_opened,
		.sim_key = es_slice_of(d->engine->sim_id_key, d->engine->has_sim_id_key ? 32 : 0),
	};
	if (caller->targets.len == 0)
		caller->targets = policy_deciding_param(device, "operation_target"); /* TS.43 14.1.5 has both */
	if (caller->client_id.len > 0 && caller->client_id.len < ES_GRANT_CLIENT_SIZE) {
		const char *id = es_arena_strdup(d->arena, caller->client_id);
		if (id == NULL)
			return ES_TOO_LARGE;
		caller->named = policy_catalog_client(d->catalog, d->token.tenant, id);
	}
	if (policy_access_is_known(d)) {
		caller->access = &d->access;
		caller->client = policy_catalog_client(d->catalog, d->access.tenant, d->access.client_id);
	}
	return ES_OK;
}

/* ---- temporary and operator tokens ---- */

bool policy_grant_decides(const Openes__DecideRequest *request)
{
	return request->temporary_token[0] != '\0' || request->operator_token[0] != '\0';
}

static enum policy_verdict opened(es_status status)
{
	if (status == ES_OK)
		return POLICY_VERDICT_GOOD;
	return status == ES_EXPIRED ? POLICY_VERDICT_EXPIRED : POLICY_VERDICT_UNAUTHENTIC;
}

/* An operator token is an application's, and ends with it. */
static bool client_lives(const struct policy_deciding *d)
{
	if (d->caller.bearer != POLICY_BEARER_OPERATOR)
		return true;
	const struct policy_client *client = policy_catalog_client(d->catalog, d->grant.tenant, d->grant.client_id);
	return client != NULL && !client->disabled;
}

/* Order matters: only a token of the present epoch proves who asks. */
static enum policy_verdict check_line(const struct policy_deciding *d)
{
	if (!d->has_line)
		return POLICY_VERDICT_NO_SUBSCRIBER;
	if (d->grant.epoch != (uint32_t)d->line.epoch)
		return POLICY_VERDICT_REVOKED;
	if (d->line.status == POLICY_TERMINATED)
		return POLICY_VERDICT_TERMINATED;
	return client_lives(d) ? POLICY_VERDICT_GOOD : POLICY_VERDICT_ACCESS_OF_NO_CLIENT;
}

static es_status decide_for_holder(struct policy_deciding *d, enum policy_bearer bearer, const char *text)
{
	ES_TRY(policy_deciding_read(d));
	if (policy_deciding_is_limited(d))
		return ES_OK;
	ES_TRY(policy_caller_read(d, bearer));
	enum policy_verdict verdict = check_line(d);
	if (verdict != POLICY_VERDICT_GOOD)
		return policy_verdict_outcome(d, verdict);
	const struct policy_tenant *tenant = policy_catalog_tenant(d->catalog, d->token.tenant);
	if (tenant == NULL)
		return ES_INTERNAL; /* the schema ties every line's plan to a tenant */
	d->reply->no_token = true;
	ES_TRY(policy_deciding_answer(d, tenant));
	if (!d->reply->spend)
		return ES_OK;
	d->reply->spend_token = es_arena_strdup(d->arena, es_slice_str(text));
	return d->reply->spend_token != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_grant_decide(struct policy_deciding *d)
{
	bool temporary = d->request->temporary_token[0] != '\0';
	const char *text = temporary ? d->request->temporary_token : d->request->operator_token;
	enum es_grant_kind kind = temporary ? ES_GRANT_TEMPORARY : ES_GRANT_OPERATOR;

	enum policy_verdict verdict =
		opened(es_grant_open(d->engine->ring, kind, es_slice_str(text), d->now_ms, &d->grant));
	if (verdict != POLICY_VERDICT_GOOD)
		return policy_verdict_outcome(d, verdict);
	memcpy(d->token.tenant, d->grant.tenant, sizeof d->token.tenant);
	d->token.imsi = d->grant.imsi;
	d->token.epoch = d->grant.epoch;
	return decide_for_holder(d, temporary ? POLICY_BEARER_TEMPORARY : POLICY_BEARER_OPERATOR, text);
}
