/* auth_oidc_start.c -- AUTH_OIDC_START: the user is sent to the tenant's provider, and the request waits in a row. */
#include <string.h>

#include "auth_code.h"
#include "auth_flow.h"
#include "auth_oidc_provider.h"
#include "es_cleanup.h"
#include "es_log.h"

#define LOCATION_MAX 4096

struct starting {
	struct auth_task *task;
	struct auth_login_reply *out;
	struct es_slice address;
	struct auth_login login;
	struct auth_oidc_lookup lookup;
};

static void send_there(struct starting *s)
{
	const struct auth_oidc_settings *settings = s->lookup.provider->settings;
	ES_CLEANUP(es_buf_wipe) struct es_buf location;

	es_buf_init(&location, LOCATION_MAX);
	es_status status = auth_oidc_location(s->lookup.endpoints.authorization, settings->client_id,
	                                      settings->redirect_uri, settings->scope, &s->login, &location);
	const char *copy = status == ES_OK ? es_arena_strdup(s->task->arena, es_buf_slice(&location)) : NULL;
	if (copy == NULL) {
		auth_flow_fail(s->task, ES_TOO_LARGE, "the provider's URL is too long");
		return;
	}
	*s->out = (struct auth_login_reply){ .outcome = AUTH_LOGIN_REDIRECT,
		                                 .reason = AUTH_LOGIN_STARTED,
		                                 .location = es_slice_str(copy) };
	auth_login_store(s->task, &s->login, s->address, s->out);
}

static void endpoints_known(struct auth_oidc_lookup *lookup, es_status status)
{
	struct starting *s = (void *)((uint8_t *)lookup - offsetof(struct starting, lookup));

	if (status == ES_OK)
		send_there(s);
	else
		auth_flow_fail(s->task, status == ES_BUSY ? ES_BUSY : ES_UNAVAILABLE, "the provider's endpoints are not known");
}

/* As a query it may stand in a Location; anything else stays behind. */
static bool is_query(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f)
			return false;
	return text.len > 0;
}

/* TS.43 7.7: a companion that is not going to work is said so before anybody logs in. NULL: nothing is known against it. */
static const char *not_enabled_page(struct auth_task *task, const struct auth_login_start *start)
{
	const struct auth_tenants *tenants = auth_snapshot_get(task->env->tenants);
	const struct auth_tenant *tenant = tenants != NULL ? auth_tenant_of_host(tenants, start->host) : NULL;
	const char *page = NULL;
	bool has_query = tenant != NULL && is_query(tenant->not_enabled_user_data);

	for (size_t i = 0;
	     tenant != NULL && tenant->not_enabled_url.len > 0 && page == NULL && i < tenant->unsupported_companion_count;
	     i++) {
		if (es_slice_eq_nocase(start->companion_model, tenant->unsupported_companions[i]))
			page = es_arena_printf(task->arena, ES_SLICE_FMT "%s" ES_SLICE_FMT, ES_SLICE_ARG(tenant->not_enabled_url),
			                       has_query ? "?" : "",
			                       ES_SLICE_ARG(has_query ? tenant->not_enabled_user_data : es_slice_str("")));
	}
	auth_snapshot_put(tenants);
	return page;
}

/* NULL: this host has no tenant, or the tenant no provider. */
static struct auth_oidc_provider *provider_of(struct auth_task *task, const struct auth_login_start *start,
                                              struct auth_login *login)
{
	const struct auth_tenants *tenants = auth_snapshot_get(task->env->tenants);
	const struct auth_tenant *tenant = tenants != NULL ? auth_tenant_of_host(tenants, start->host) : NULL;
	struct auth_oidc_provider *provider = NULL;

	if (tenant != NULL && tenant->oidc.len > 0) {
		provider = auth_oidc_find(task->env->oidc, (const char *)tenant->oidc.ptr);
		if (provider == NULL)
			es_warn(task->trace, "auth.oidc_not_configured", es_f_str("tenant", tenant->id),
			        es_f_slice("provider", tenant->oidc));
	}
	if (provider != NULL && strlen(provider->name) < sizeof login->provider) {
		auth_login_begin(task->env, AUTH_LOGIN_OIDC, tenant, start, login);
		memcpy(login->provider, provider->name, strlen(provider->name) + 1);
		memcpy(login->language, auth_code_language(start->accept_language, tenant->language), 3);
	}
	auth_snapshot_put(tenants);
	return provider;
}

void auth_oidc_start(struct auth_task *task, const struct auth_login_start *start, struct auth_login_reply *out)
{
	struct starting *s = es_arena_alloc(task->arena, sizeof *s);

	if (s == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*s = (struct starting){ .task = task, .out = out, .address = start->address };
	*out = (struct auth_login_reply){ 0 };
	const char *page = start->companion_model.len > 0 ? not_enabled_page(task, start) : NULL;
	if (page != NULL) {
		const struct auth_login_reply reply = { .outcome = AUTH_LOGIN_REDIRECT,
			                                    .reason = AUTH_LOGIN_NOT_ENABLED,
			                                    .location = es_slice_str(page) };
		auth_login_finish(task, NULL, out, &reply);
		return;
	}
	struct auth_oidc_provider *provider = provider_of(task, start, &s->login);
	if (provider == NULL) {
		auth_login_refuse(task, NULL, out, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_NOT_CONFIGURED);
		return;
	}
	s->lookup = (struct auth_oidc_lookup){ .task = task, .provider = provider, .done = endpoints_known };
	auth_oidc_look_up(&s->lookup);
}
