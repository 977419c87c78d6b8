/* policy_engine_server.c -- POLICY_DECIDE for servers that ask for themselves: ap2011 (TS.43 10).
 *
 * The first request of an enterprise comes with an access token and names it; CheckEligibility then is answered with a TOKEN, which
 * auth makes. Later ones come with that TOKEN, which says for whom and by whom; client and enterprise are looked up each time. */
#include <string.h>

#include "es_cleanup.h"
#include "policy_deciding.h"
#include "policy_engine_esim.h"
#include "policy_resource.h"

struct serving {
	struct policy_deciding *d;
	const struct policy_tenant *tenant;
	const struct policy_client *client;
	const struct policy_enterprise *enterprise; /* NULL: none that this requestor acts for */
};

bool policy_server_decides(const Openes__DecideRequest *request)
{
	if (request->token[0] == '\0')
		return request->access_token[0] != '\0';
	for (size_t i = 0; i < request->request->n_apps; i++)
		if (strcmp(request->request->apps[i], "ap2011") != 0)
			return false;
	return request->request->n_apps > 0;
}

/* ---- what both have in common ---- */

/* A host that another tenant names is that one's: a server of ours has nothing to ask there. */
static bool is_host_of_another(const struct policy_deciding *d)
{
	bool other = false;

	for (size_t i = 0; i < d->catalog->tenant_count; i++) {
		const struct policy_tenant *tenant = &d->catalog->tenants[i];
		for (size_t k = 0; k < tenant->hosts.count; k++) {
			if (!es_slice_eq_nocase(d->caller.host, es_slice_str(tenant->hosts.items[k])))
				continue;
			if (strcmp(tenant->id, d->token.tenant) == 0)
				return false;
			other = true;
		}
	}
	return other;
}

/* Facts of nobody's line. */
static es_status fill_esim(const struct serving *s)
{
	struct policy_subscriber nobody;
	struct policy_context context = { .tenant = s->tenant,
		                              .subscriber = &nobody,
		                              .version_major = s->d->device->version_major,
		                              .version_minor = s->d->device->version_minor,
		                              .now_ms = s->d->now_ms };
	const struct policy_esim_asked asked = { .context = &context,
		                                     .catalog = s->d->catalog,
		                                     .enterprise = s->enterprise };

	policy_resource_defaults(&policy_subscriber_shape, &nobody);
	context.language = policy_language(es_slice_str(s->d->device->accept_language), s->tenant->language);
	return policy_esim_fill(&asked, s->d->arena, &s->d->reply->esim);
}

static es_status answer(const struct serving *s)
{
	s->d->reply->vers = 1;
	s->d->reply->validity_s = s->tenant->validity_s;
	ES_TRY(fill_esim(s));
	return policy_deciding_subject(s->d);
}

/* Reads the catalog: there is no line. False: the tenant has had its requests of this second. */
static es_status begin(struct serving *s, const char *tenant, bool *goes_on)
{
	static const struct policy_subscriber nobody = { .imsi = "", .msisdn = "" };
	struct policy_deciding *d = s->d;

	memcpy(d->token.tenant, tenant, strnlen(tenant, sizeof d->token.tenant - 1) + 1);
	ES_TRY(policy_deciding_read(d));
	*goes_on = !policy_deciding_is_limited(d);
	d->line = nobody;
	s->tenant = policy_catalog_tenant(d->catalog, d->token.tenant);
	return policy_caller_read(d, POLICY_BEARER_ACCESS);
}

/* ---- by an access token ---- */

static enum policy_verdict check_access(const struct serving *s)
{
	const struct policy_deciding *d = s->d;

	for (size_t i = 0; i < d->device->n_apps; i++) /* all other applications are somebody's phone's */
		if (strcmp(d->device->apps[i], "ap2011") != 0)
			return POLICY_VERDICT_UNAUTHENTIC;
	if (s->tenant == NULL)
		return d->caller.access_opened == ES_OK ? POLICY_VERDICT_ACCESS_OF_OTHER_TENANT
		                                        : POLICY_VERDICT_ACCESS_UNAUTHENTIC;
	enum policy_verdict verdict = policy_access_check(&d->caller, s->tenant, es_operation_find(d->caller.operation));
	return verdict == POLICY_VERDICT_GOOD && is_host_of_another(d) ? POLICY_VERDICT_ACCESS_OF_OTHER_TENANT : verdict;
}

/* The one that is named, else the only one. One of others is as good as none: nobody learns whose enterprises there are. */
static es_status find_enterprise(struct serving *s)
{
	const struct policy_deciding *d = s->d;
	const struct es_slice named = policy_deciding_param(d->device, "enterprise_id");

	if (named.len == 0) {
		s->enterprise = policy_catalog_enterprise_of(d->catalog, s->tenant->id, d->caller.requestor_id);
		return ES_OK;
	}
	const char *id = es_arena_strdup(d->arena, named);
	if (id == NULL)
		return ES_TOO_LARGE;
	s->enterprise = policy_catalog_enterprise(d->catalog, s->tenant->id, id);
	if (s->enterprise != NULL && !policy_enterprise_has(s->enterprise, d->caller.requestor_id))
		s->enterprise = NULL;
	return ES_OK;
}

static es_status by_access_token(struct serving *s)
{
	struct policy_deciding *d = s->d;
	bool goes_on = false;

	ES_TRY(begin(s, policy_access_is_known(d) ? d->access.tenant : "", &goes_on));
	if (!goes_on)
		return ES_OK;
	const enum policy_verdict verdict = check_access(s);
	ES_TRY(policy_verdict_outcome(d, verdict));
	if (verdict != POLICY_VERDICT_GOOD)
		return ES_OK;
	ES_TRY(find_enterprise(s));
	d->reply->no_token = true;
	if (s->enterprise != NULL && es_operation_find(d->caller.operation) == ES_OP_CHECK_ELIGIBILITY) {
		d->reply->no_token = false;
		d->reply->token_enterprise = es_arena_strdup(d->arena, es_slice_str(s->enterprise->id));
		if (d->reply->token_enterprise == NULL)
			return ES_TOO_LARGE;
	}
	return answer(s);
}

/* ---- by the TOKEN of an enterprise ---- */

static bool is_alive(const struct serving *s)
{
	return s->tenant != NULL && s->client != NULL && !s->client->disabled && s->enterprise != NULL &&
	       !is_host_of_another(s->d);
}

static enum policy_verdict check_token(const struct serving *s)
{
	const struct policy_caller *caller = &s->d->caller;
	const struct es_grant *grant = &s->d->grant;
	const struct es_slice named = policy_deciding_param(s->d->device, "enterprise_id");
	const enum es_operation operation = es_operation_find(caller->operation);

	if (caller->requestor_id.len == 0)
		return POLICY_VERDICT_PARAMETER;
	if (!es_slice_eq_nocase(caller->requestor_id, es_slice_str(grant->requestor)) ||
	    !policy_enterprise_has(s->enterprise, caller->requestor_id))
		return POLICY_VERDICT_OTHER_REQUESTOR;
	if (named.len > 0 && !es_slice_eq_str(named, grant->name))
		return POLICY_VERDICT_OTHER_ENTERPRISE;
	if (operation != ES_OP_COUNT && !policy_scope_allows(s->tenant, es_slice_str(grant->scope), operation))
		return POLICY_VERDICT_OUT_OF_SCOPE;
	return POLICY_VERDICT_GOOD;
}

static es_status dead(const struct policy_deciding *d, const char *why)
{
	d->reply->outcome = OPENES__DECIDE_REPLY__OUTCOME__AUTHENTICATE;
	d->reply->reason = es_arena_strdup(d->arena, es_slice_str(why));
	return d->reply->reason != NULL ? ES_OK : ES_TOO_LARGE;
}

static es_status by_token(struct serving *s)
{
	struct policy_deciding *d = s->d;
	bool goes_on = false;

	ES_TRY(begin(s, d->grant.tenant, &goes_on));
	if (!goes_on)
		return ES_OK;
	s->client = policy_catalog_client(d->catalog, d->grant.tenant, d->grant.client_id);
	s->enterprise = policy_catalog_enterprise(d->catalog, d->grant.tenant, d->grant.name);
	if (!is_alive(s))
		return dead(d, "server_token_dead");
	const enum policy_verdict verdict = check_token(s);
	ES_TRY(policy_verdict_outcome(d, verdict));
	if (verdict != POLICY_VERDICT_GOOD)
		return ES_OK;
	d->reply->token_remaining_s = (d->grant.expires_ms - d->now_ms) / 1000;
	return answer(s);
}

es_status policy_server_decide(struct policy_deciding *d)
{
	struct serving s = { .d = d };
	const struct es_slice token = es_slice_str(d->request->token);

	if (token.len == 0)
		return by_access_token(&s);
	const es_status opened = es_grant_open(d->engine->ring, ES_GRANT_SERVER, token, d->now_ms, &d->grant);
	if (opened == ES_OK)
		return by_token(&s);
	if (d->has_access) /* beside a TOKEN that is of no use: begun anew */
		return by_access_token(&s);
	return dead(d, opened == ES_EXPIRED ? "server_token_expired" : "server_token_unauthentic");
}
