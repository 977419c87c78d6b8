/* auth_client.c -- AUTH_CLIENT_TOKEN: assertions checked by the client's registered keys, access and app tokens made.
 *
 * Signatures, claims and scopes are judged where the call arrived; then the identifiers of the assertions are spent, in one
 * commit, and only who was first gets what was made. */
#include "auth_client.h"

#include <stddef.h>
#include <string.h>

#include "auth_flow.h"
#include "auth_spend.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_jose.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_text.h"

#define LEEWAY_S 10
#define JTI_MAX 255

ES_METRIC_COUNTER(requests, "openes_auth_client_requests_total", "Requests of servers for tokens, by their error",
                  "result", auth_client_error_names);

void auth_client_metrics(void)
{
	es_metric_register(&requests);
}

struct asking {
	struct auth_task *task;
	const struct auth_client_request *in;
	struct auth_client_token *out;
	struct auth_client_form form;
	const struct auth_tenant *tenant; /* while the snapshot is held */
	const struct auth_client *client;
	struct es_jwks *keys; /* of the client, once they were needed */
	struct es_slice issuer;
	char tenant_id[32];
	struct es_grant grant;
	struct auth_spending spending;
};

static enum auth_client_error refuse(struct asking *a, enum auth_client_error error, const char *why)
{
	a->out->why = why;
	return error;
}

static void finish(struct asking *a, enum auth_client_error error)
{
	a->out->error = error;
	if (error != AUTH_CLIENT_ERROR_NONE)
		a->out->token = a->out->scope = (struct es_slice){ NULL, 0 };
	es_count(&requests, error);
	es_info(a->task->trace, "auth.client_token", es_f_str("result", auth_client_error_names[error]),
	        es_f_str("why", a->out->why != NULL ? a->out->why : ""), es_f_str("tenant", a->tenant_id),
	        es_f_slice("client", a->client != NULL ? a->issuer : (struct es_slice){ NULL, 0 }));
	a->task->answer(a->task, ES_OK, NULL);
}

/* ---- who ---- */

static const struct auth_client *find_client(const struct auth_tenant *tenant, struct es_slice id)
{
	for (size_t i = 0; i < tenant->client_count; i++)
		if (es_slice_eq(tenant->clients[i].id, id))
			return &tenant->clients[i];
	return NULL;
}

/* Says the same of a client that is not there and of one whose keys are others. */
static enum auth_client_error identify(struct asking *a)
{
	struct es_slice jwt = a->form.client_assertion.len > 0 ? a->form.client_assertion : a->form.assertion;

	if (auth_client_claimed_issuer(jwt, a->task->arena, &a->issuer) != ES_OK)
		return refuse(a, AUTH_CLIENT_ERROR_CLIENT, "the assertion is no JWT with an iss");
	if (a->form.client_id.len > 0 && !es_slice_eq(a->form.client_id, a->issuer))
		return refuse(a, AUTH_CLIENT_ERROR_CLIENT, "iss is not client_id");
	const struct auth_client *client = find_client(a->tenant, a->issuer);
	if (client == NULL || client->disabled || a->issuer.len >= sizeof a->grant.client_id)
		return refuse(a, AUTH_CLIENT_ERROR_CLIENT, "the assertion is not of a client");
	a->client = client;
	return AUTH_CLIENT_ERROR_NONE;
}

/* ---- assertions ---- */

static void note_jti(struct asking *a, const char *jti)
{
	static const uint8_t nul;
	const struct es_slice parts[] = {
		ES_SLICE_LIT("jti"), es_slice_of(&nul, 1), es_slice_str(a->tenant_id), es_slice_of(&nul, 1),
		a->issuer,           es_slice_of(&nul, 1), es_slice_str(jti)
	};
	uint8_t hash[32];

	es_sha256(parts, ES_COUNT(parts), hash);
	memcpy(a->spending.ids[a->spending.count++], hash, AUTH_SPENT_ID);
}

static const char *check_claims(struct asking *a, const cJSON *claims)
{
	const char *issuer = es_arena_strdup(a->task->arena, a->issuer), *why = "memory";
	const char *audience = es_arena_printf(a->task->arena, "https://" ES_SLICE_FMT ES_SLICE_FMT,
	                                       ES_SLICE_ARG(a->in->host), ES_SLICE_ARG(a->in->path));
	const char *jti = es_json_str(claims, "jti");
	const struct es_jwt_expect expect = { .issuer = issuer,
		                                  .audience = audience,
		                                  .now_s = a->task->env->now_ms() / 1000,
		                                  .leeway_s = LEEWAY_S,
		                                  .life_max_s = AUTH_CLIENT_LIFE_MAX_S };

	if (issuer == NULL || audience == NULL)
		return why;
	es_status status = es_jwt_check(claims, &expect, &why);
	if (status != ES_OK)
		return status == ES_EXPIRED ? "the assertion has expired"
		                            : "iss, aud, exp, nbf or iat of the assertion is wrong";
	if (jti == NULL || jti[0] == '\0' || strlen(jti) > JTI_MAX)
		return "jti is missing or too long";
	note_jti(a, jti);
	return NULL;
}

/* The claims of an assertion of this client, or why it is none. */
static const char *verify(struct asking *a, struct es_slice jwt, cJSON **claims)
{
	if (a->keys == NULL && es_jwks_parse(a->client->jwks, &a->keys, NULL) != ES_OK)
		return "the assertion is not of a client"; /* policy refuses such keys: somebody changed its database */
	return es_jwt_verify(a->keys, jwt, claims) == ES_OK ? check_claims(a, *claims) : "the assertion is not of a client";
}

/* RFC 7523 3: of client assertions sub is the client, too. */
static enum auth_client_error authenticate(struct asking *a)
{
	ES_CLEANUP(es_json_done) cJSON *claims = NULL;

	if (a->form.client_assertion.len == 0)
		return AUTH_CLIENT_ERROR_NONE; /* jwt-bearer: the assertion shows who it is */
	const char *why = verify(a, a->form.client_assertion, &claims);
	if (why != NULL)
		return refuse(a, AUTH_CLIENT_ERROR_CLIENT, why);
	const char *subject = es_json_str(claims, "sub");
	if (subject == NULL || !es_slice_eq_str(a->issuer, subject))
		return refuse(a, AUTH_CLIENT_ERROR_CLIENT, "sub is not the client");
	return AUTH_CLIENT_ERROR_NONE;
}

/* ---- what ---- */

static bool has_scope(const struct auth_client *client, struct es_slice one)
{
	for (size_t i = 0; i < client->scope_count; i++)
		if (es_slice_eq(client->scopes[i], one))
			return true;
	return false;
}

static void add_word(struct es_buf *out, struct es_slice word)
{
	if (out->len > 0)
		es_put_u8(out, ' ');
	es_put_bytes(out, word);
}

/* What was asked for, all of it the client's; nothing asked for: all it has but app tokens. */
static enum auth_client_error take_scope(struct asking *a, struct es_slice asked)
{
	struct es_buf out;

	es_buf_init_fixed(&out, a->grant.scope, sizeof a->grant.scope - 1);
	for (size_t i = 0; asked.len == 0 && i < a->client->scope_count; i++)
		if (!es_slice_eq_str(a->client->scopes[i], AUTH_CLIENT_APP_SCOPE))
			add_word(&out, a->client->scopes[i]);
	while (asked.len > 0) {
		struct es_slice word = es_slice_cut(&asked, ' ');
		if (word.len == 0)
			continue;
		if (!has_scope(a->client, word))
			return refuse(a, AUTH_CLIENT_ERROR_SCOPE, "a scope is not the client's");
		add_word(&out, word);
	}
	if (out.len == 0 || es_buf_status(&out) != ES_OK)
		return refuse(a, AUTH_CLIENT_ERROR_SCOPE, "no scope, or more than a token holds");
	return AUTH_CLIENT_ERROR_NONE;
}

static enum auth_client_error take_resource(struct asking *a)
{
	struct es_slice host = auth_client_resource_host(a->form.resource);

	if (a->form.resource.len == 0)
		return AUTH_CLIENT_ERROR_NONE;
	for (size_t i = 0; i < a->tenant->host_count; i++) {
		if (!es_slice_eq_nocase(host, a->tenant->hosts[i]) || host.len >= sizeof a->grant.resource)
			continue;
		memcpy(a->grant.resource, host.ptr, host.len);
		return AUTH_CLIENT_ERROR_NONE;
	}
	return refuse(a, AUTH_CLIENT_ERROR_TARGET, "resource is no https URL of this operator");
}

static int64_t life_ms(const struct asking *a, int64_t most_s)
{
	int64_t own = a->client->token_s > 0 ? a->client->token_s : AUTH_CLIENT_LIFE_MAX_S;

	return (most_s > 0 && own > most_s ? most_s : own) * 1000;
}

static void begin_grant(struct asking *a, enum es_grant_kind kind, int64_t most_s)
{
	a->grant = es_grant_new(kind, a->tenant_id, a->task->env->now_ms() + life_ms(a, most_s));
	memcpy(a->grant.client_id, a->issuer.ptr, a->issuer.len);
}

static enum auth_client_error app_token(struct asking *a)
{
	begin_grant(a, ES_GRANT_APP, AUTH_CLIENT_LIFE_MAX_S);
	if (a->form.app_name.len == 0 || a->form.app_name.len >= sizeof a->grant.name)
		return refuse(a, AUTH_CLIENT_ERROR_REQUEST, "an app token needs 3PAppNameAnon, of at most 63 octets");
	memcpy(a->grant.name, a->form.app_name.ptr, a->form.app_name.len);
	return take_scope(a, a->form.scope);
}

static enum auth_client_error client_credentials(struct asking *a)
{
	if (es_scope_has(a->form.scope, ES_SLICE_LIT(AUTH_CLIENT_APP_SCOPE)))
		return app_token(a);
	begin_grant(a, ES_GRANT_ACCESS, 0);
	enum auth_client_error error = take_scope(a, a->form.scope);
	return error == AUTH_CLIENT_ERROR_NONE ? take_resource(a) : error;
}

/* The subscriber's token that the assertion is about. */
static bool open_subject(struct asking *a, const char *subject, struct es_grant *out)
{
	struct auth_env *env = a->task->env;
	bool may_be_operator = false;
	struct es_slice token = auth_client_subject_token(es_slice_str(subject), &may_be_operator);
	int64_t now = env->now_ms();

	if (token.len == 0)
		return false;
	if (es_grant_open(env->token_keys, ES_GRANT_TEMPORARY, token, now, out) == ES_OK)
		return strcmp(out->tenant, a->tenant_id) == 0;
	return may_be_operator && es_grant_open(env->token_keys, ES_GRANT_OPERATOR, token, now, out) == ES_OK &&
	       strcmp(out->tenant, a->tenant_id) == 0 && es_slice_eq_str(a->issuer, out->client_id);
}

static enum auth_client_error bind(struct asking *a, const cJSON *claims)
{
	const char *subject = es_json_str(claims, "sub"), *scope = es_json_str(claims, "scope");
	struct es_slice asked = es_slice_str(scope);
	struct es_grant about;

	if (subject == NULL || !open_subject(a, subject, &about))
		return refuse(a, AUTH_CLIENT_ERROR_GRANT, "sub is no token of this operator, or has expired");
	begin_grant(a, ES_GRANT_ACCESS, AUTH_CLIENT_LIFE_MAX_S);
	if (a->grant.expires_ms > about.expires_ms)
		a->grant.expires_ms = about.expires_ms;
	a->grant.imsi = about.imsi;
	a->grant.epoch = about.epoch;
	memcpy(a->grant.bound, about.id, sizeof a->grant.bound);
	memcpy(a->grant.app, about.app, sizeof a->grant.app);
	if (asked.len > 0 && !es_scope_is_valid(asked))
		return refuse(a, AUTH_CLIENT_ERROR_SCOPE, "scope is malformed");
	enum auth_client_error error = take_scope(a, asked.len > 0 ? asked : a->form.scope);
	return error == AUTH_CLIENT_ERROR_NONE ? take_resource(a) : error;
}

static enum auth_client_error jwt_bearer(struct asking *a)
{
	ES_CLEANUP(es_json_done) cJSON *claims = NULL;

	const char *why = verify(a, a->form.assertion, &claims);
	if (why != NULL)
		return refuse(a, AUTH_CLIENT_ERROR_GRANT, why);
	return bind(a, claims);
}

/* ---- the way there ---- */

static enum auth_client_error judge(struct asking *a)
{
	static enum auth_client_error (*const by_type[])(struct asking * a) = {
		[AUTH_CLIENT_CREDENTIALS] = client_credentials,
		[AUTH_JWT_BEARER] = jwt_bearer,
	};
	enum auth_client_error error = auth_client_form_read(a->in->params, a->in->param_count, &a->form, &a->out->why);

	if (error == AUTH_CLIENT_ERROR_NONE && a->tenant == NULL)
		error = refuse(a, AUTH_CLIENT_ERROR_CLIENT, "no operator has that host");
	if (error == AUTH_CLIENT_ERROR_NONE)
		error = identify(a);
	if (error == AUTH_CLIENT_ERROR_NONE)
		error = authenticate(a);
	return error == AUTH_CLIENT_ERROR_NONE ? by_type[a->form.grant_type](a) : error;
}

static void spent(struct auth_spending *spending, es_status status)
{
	struct asking *a = (struct asking *)(void *)((uint8_t *)spending - offsetof(struct asking, spending));
	bool is_grant = a->form.grant_type == AUTH_JWT_BEARER;

	if (status != ES_OK) {
		auth_flow_fail(a->task, status, "the assertion was not noted");
		return;
	}
	if (!spending->spent_before) {
		finish(a, AUTH_CLIENT_ERROR_NONE);
		return;
	}
	finish(a,
	       refuse(a, is_grant ? AUTH_CLIENT_ERROR_GRANT : AUTH_CLIENT_ERROR_CLIENT, "the assertion was used before"));
}

static es_status seal(struct asking *a)
{
	int64_t now = a->task->env->now_ms();

	ES_TRY(es_grant_seal(a->task->env->token_keys, &a->grant, a->task->arena, &a->out->token));
	a->out->scope = es_slice_str(a->grant.scope);
	a->out->expires_in_s = (a->grant.expires_ms - now) / 1000;
	a->spending.call = a->in->call;
	a->spending.expires_ms = now + (AUTH_CLIENT_LIFE_MAX_S + 2 * LEEWAY_S) * 1000;
	a->spending.done = spent;
	return ES_OK;
}

void auth_client_token(struct auth_task *task, const struct auth_client_request *in, struct auth_client_token *out)
{
	struct asking *a = es_arena_alloc(task->arena, sizeof *a);

	*out = (struct auth_client_token){ .error = AUTH_CLIENT_ERROR_REQUEST };
	if (a == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	const struct auth_tenants *tenants = auth_snapshot_get(task->env->tenants);
	*a = (struct asking){ .task = task, .in = in, .out = out };
	a->tenant = tenants != NULL ? auth_tenant_of_host(tenants, auth_client_host_name(in->host)) : NULL;
	if (a->tenant != NULL)
		memcpy(a->tenant_id, a->tenant->id, sizeof a->tenant_id);
	enum auth_client_error error = judge(a);
	auth_snapshot_put(tenants);
	es_jwks_free(a->keys);
	a->keys = NULL;
	a->tenant = NULL; /* and the client is only known to have been one */
	if (error != AUTH_CLIENT_ERROR_NONE) {
		finish(a, error);
		return;
	}
	es_status status = seal(a);
	if (status == ES_OK)
		status = auth_spend_start(task->env, &a->spending);
	if (status != ES_OK)
		auth_flow_fail(task, status, "the token was not made");
}
