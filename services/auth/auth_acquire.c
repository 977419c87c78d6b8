/* auth_acquire.c -- AUTH_ACQUIRE: temporary tokens, operator tokens, Get3PAppInfo; a row each. */
#include "auth_acquire.h"

#include <stddef.h>
#include <string.h>

#include "auth_flow.h"
#include "auth_spend.h"
#include "es_cleanup.h"
#include "es_log.h"
#include "es_text.h"
#include "es_token.h"

#define SHORT_LIFE_S                                                                                                   \
	300 /* of temporary tokens for ap2014 and ap2015 (settled rule 17), and where a tenant says nothing */

struct acquiring {
	struct auth_task *task;
	const struct auth_acquire *in;
	struct auth_acquired *out;
	const struct operation *operation;
	/* Whose token it is. */
	const char *tenant;
	struct es_imsi imsi;
	uint32_t epoch;
	bool is_temporary;
	struct es_token token;
	struct es_grant held; /* the temporary or the app token; good once */
	uint32_t targets;
	struct auth_admit admit;
	struct auth_spending spending;
};

/* Reads and checks what was sent: false with the outcome when it is no use. `make` puts the answer's parms. */
struct operation {
	enum es_operation name;
	bool by_temporary;                    /* a temporary token may ask, too */
	bool spends;                          /* `held` is spent even by the phone itself */
	enum auth_acquired_outcome once_more; /* of one that was spent before */
	bool (*prepare)(struct acquiring *a);
	es_status (*make)(struct acquiring *a);
};

static void put(struct acquiring *a, const char *name, struct es_slice value)
{
	if (a->out->count < AUTH_ACQUIRED_MAX) {
		a->out->parms[a->out->count].name = name;
		a->out->parms[a->out->count++].value = value;
	}
}

static es_status put_expiry(struct acquiring *a, const char *name, int64_t expires_ms)
{
	char text[21];

	es_time_iso8601(expires_ms, text);
	struct es_slice copy = es_arena_copy(a->task->arena, es_slice_str(text));
	put(a, name, copy);
	return copy.ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

static void finish(struct acquiring *a, enum auth_acquired_outcome outcome, const char *reason)
{
	a->out->outcome = outcome;
	a->out->reason = reason;
	es_info(a->task->trace, "auth.acquire",
	        es_f_str("operation", a->operation != NULL ? es_operation_names[a->operation->name] : ""),
	        es_f_str("reason", reason), es_f_id("imsi", es_slice_str(a->imsi.digits)));
	a->task->answer(a->task, ES_OK, NULL);
}

/* Whole seconds, as the document says them. */
static int64_t expires_after(const struct acquiring *a, int64_t life_s)
{
	return (a->task->env->now_ms() / 1000 + life_s) * 1000;
}

static bool about_subscriber(const struct acquiring *a, struct es_grant *grant)
{
	grant->imsi = a->imsi;
	grant->epoch = a->epoch;
	return es_slice_to_str(a->in->app, grant->app, sizeof grant->app);
}

/* ---- AcquireTemporaryToken ---- */

static bool prepare_temporary(struct acquiring *a)
{
	struct es_grant grant;

	return es_slice_to_str(a->in->requestor_id, grant.requestor, sizeof grant.requestor) &&
	       es_operations_parse(a->in->targets, &a->targets);
}

static int64_t temporary_life_s(const struct acquiring *a, const struct auth_tenant *tenant)
{
	int64_t life_s = tenant != NULL && tenant->temporary_token_s > 0 ? tenant->temporary_token_s : SHORT_LIFE_S;
	bool is_transfer = es_slice_eq_str(a->in->app, "ap2009");

	return is_transfer || life_s < SHORT_LIFE_S ? life_s : SHORT_LIFE_S;
}

static es_status put_targets(struct acquiring *a)
{
	char storage[512];
	struct es_buf text;

	es_buf_init_fixed(&text, storage, sizeof storage);
	es_operations_write(a->targets, &text);
	ES_TRY(es_buf_status(&text));
	struct es_slice copy = es_arena_copy(a->task->arena, es_buf_slice(&text));
	put(a, "OperationTargets", copy);
	return copy.ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

/* TS.43 T48; the expiry always, since a client that exists reads it without looking whether it is there. */
static es_status make_temporary(struct acquiring *a)
{
	const struct auth_tenants *tenants;
	const struct auth_tenant *tenant = auth_snapshot_tenant(a->task->env->tenants, a->tenant, &tenants);
	struct es_grant grant = es_grant_new(ES_GRANT_TEMPORARY, a->tenant, expires_after(a, temporary_life_s(a, tenant)));
	struct es_slice text;

	auth_snapshot_put(tenants);
	grant.operations = a->targets;
	if (!about_subscriber(a, &grant) || !es_slice_to_str(a->in->requestor_id, grant.requestor, sizeof grant.requestor))
		return ES_TOO_LARGE;
	ES_TRY(es_grant_seal(a->task->env->token_keys, &grant, a->task->arena, &text));
	put(a, "TemporaryToken", text);
	ES_TRY(put_expiry(a, "TemporaryTokenExpiry", grant.expires_ms));
	return put_targets(a);
}

/* ---- AcquireOperatorToken ---- */

static bool prepare_operator(struct acquiring *a)
{
	struct es_grant grant;

	return a->in->client_id.len > 0 && es_slice_to_str(a->in->client_id, grant.client_id, sizeof grant.client_id) &&
	       es_scope_is_valid(a->in->scope) && a->in->scope.len < ES_GRANT_SCOPE_SIZE;
}

static es_status put_validator(struct acquiring *a, const struct auth_tenant *tenant)
{
	if (tenant == NULL || tenant->operator_token_url.len == 0)
		return ES_OK;
	struct es_slice copy = es_arena_copy(a->task->arena, tenant->operator_token_url);
	put(a, "OperatorTokenAuthURL", copy);
	return copy.ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

/* TS.43 T117 */
static es_status make_operator(struct acquiring *a)
{
	const struct auth_tenants *tenants;
	const struct auth_tenant *tenant = auth_snapshot_tenant(a->task->env->tenants, a->tenant, &tenants);
	int64_t life_s = tenant != NULL && tenant->operator_token_s > 0 ? tenant->operator_token_s : SHORT_LIFE_S;
	struct es_grant grant = es_grant_new(ES_GRANT_OPERATOR, a->tenant, expires_after(a, life_s));
	struct es_slice text = { 0 };
	bool fits = about_subscriber(a, &grant) &&
	            es_slice_to_str(a->in->client_id, grant.client_id, sizeof grant.client_id) &&
	            es_slice_to_str(a->in->scope, grant.scope, sizeof grant.scope);

	es_status status = fits ? es_grant_seal(a->task->env->token_keys, &grant, a->task->arena, &text) : ES_TOO_LARGE;
	put(a, "OperatorToken", text);
	if (status == ES_OK)
		status = put_expiry(a, "OperatorTokenExpiry", grant.expires_ms);
	if (status == ES_OK)
		status = put_validator(a, tenant);
	auth_snapshot_put(tenants);
	put(a, "ClientID", a->in->client_id);
	return status;
}

/* ---- Get3PAppInfo ---- */

/* A backend that was disabled or removed since is none any more. */
static bool has_client(const struct acquiring *a, const char *id)
{
	const struct auth_tenants *tenants;
	const struct auth_tenant *tenant = auth_snapshot_tenant(a->task->env->tenants, a->tenant, &tenants);
	bool found = false;

	for (size_t i = 0; tenant != NULL && i < tenant->client_count; i++)
		found = found || (es_slice_eq_str(tenant->clients[i].id, id) && !tenant->clients[i].disabled);
	auth_snapshot_put(tenants);
	return found;
}

static bool prepare_app_info(struct acquiring *a)
{
	es_status status =
		es_grant_open(a->task->env->token_keys, ES_GRANT_APP, a->in->app_token, a->task->env->now_ms(), &a->held);
	return status == ES_OK && strcmp(a->held.tenant, a->tenant) == 0 && has_client(a, a->held.client_id);
}

/* TS.43 T133 */
static es_status make_app_info(struct acquiring *a)
{
	struct es_slice copy = es_arena_copy(a->task->arena, es_slice_str(a->held.name));

	put(a, "3PAppNameAnon", copy);
	return copy.ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

/* ---- the table ---- */

static const struct operation operations[] = {
	{ ES_OP_ACQUIRE_TEMPORARY_TOKEN, false, false, AUTH_ACQUIRE_DEAD, prepare_temporary, make_temporary },
	{ ES_OP_ACQUIRE_OPERATOR_TOKEN, true, false, AUTH_ACQUIRE_DEAD, prepare_operator, make_operator },
	{ ES_OP_GET_3P_APP_INFO, false, true, AUTH_ACQUIRE_INVALID, prepare_app_info, make_app_info },
};

static const struct operation *find(struct es_slice name)
{
	enum es_operation wanted = es_operation_find(name);

	for (size_t i = 0; i < ES_COUNT(operations); i++)
		if (operations[i].name == wanted)
			return &operations[i];
	return NULL;
}

/* ---- the way there ---- */

static void make(struct acquiring *a)
{
	es_status status = a->operation->make(a);

	put(a, "OperationResult", ES_SLICE_LIT("1"));
	if (status == ES_OK)
		finish(a, AUTH_ACQUIRED, "made");
	else
		auth_flow_fail(a->task, status, "the token was not made");
}

static void spent(struct auth_spending *spending, es_status status)
{
	struct acquiring *a = (struct acquiring *)(void *)((uint8_t *)spending - offsetof(struct acquiring, spending));

	if (status != ES_OK)
		auth_flow_fail(a->task, status, "the use was not noted");
	else if (spending->spent_before)
		finish(a, a->operation->once_more, "spent_before");
	else
		make(a);
}

static void admitted(struct auth_admit *admit, es_status status)
{
	struct acquiring *a = (struct acquiring *)(void *)((uint8_t *)admit - offsetof(struct acquiring, admit));

	if (status != ES_OK) {
		auth_flow_fail(a->task, ES_UNAVAILABLE, "policy did not say whether to admit");
		return;
	}
	if (admit->admission != AUTH_ADMITTED || admit->epoch != a->epoch) {
		finish(a, admit->admission == AUTH_ADMIT_TERMINATED ? AUTH_ACQUIRE_REFUSED : AUTH_ACQUIRE_DEAD, "not_admitted");
		return;
	}
	if (!a->is_temporary && !a->operation->spends) {
		make(a);
		return;
	}
	a->spending =
		(struct auth_spending){ .count = 1, .call = a->in->call, .expires_ms = a->held.expires_ms, .done = spent };
	memcpy(a->spending.ids[0], a->held.id, sizeof a->held.id);
	status = auth_spend_start(a->task->env, &a->spending);
	if (status != ES_OK)
		auth_flow_fail(a->task, status, "too many commits are waiting");
}

static void whose(struct acquiring *a, const char *tenant, struct es_imsi imsi, uint32_t epoch)
{
	a->tenant = tenant;
	a->imsi = imsi;
	a->epoch = epoch;
}

/* The phone's TOKEN, or the temporary token of somebody it trusts. */
static bool open_caller(struct acquiring *a)
{
	struct auth_env *env = a->task->env;
	int64_t now = env->now_ms();

	if (es_token_open(env->token_keys, a->in->token, now, &a->token) == ES_OK) {
		whose(a, a->token.tenant, a->token.imsi, a->token.epoch);
		return true;
	}
	if (!a->operation->by_temporary ||
	    es_grant_open(env->token_keys, ES_GRANT_TEMPORARY, a->in->token, now, &a->held) != ES_OK)
		return false;
	whose(a, a->held.tenant, a->held.imsi, a->held.epoch);
	a->is_temporary = true;
	return (a->held.operations >> a->operation->name & 1) != 0 && es_slice_eq_str(a->in->app, a->held.app);
}

static void ask_policy(struct acquiring *a)
{
	a->admit = (struct auth_admit){ .tenant = a->tenant,
		                            .imsi = a->imsi.digits,
		                            .arena = a->task->arena,
		                            .deadline = a->task->deadline,
		                            .trace = a->task->trace,
		                            .key = a->in->token,
		                            .done = admitted };
	if (a->task->env->admit(a->task->env->policy, &a->admit) != ES_OK)
		auth_flow_fail(a->task, ES_UNAVAILABLE, "policy could not be asked");
}

void auth_acquire(struct auth_task *task, const struct auth_acquire *in, struct auth_acquired *out)
{
	struct acquiring *a = es_arena_alloc(task->arena, sizeof *a);

	*out = (struct auth_acquired){ .outcome = AUTH_ACQUIRE_INVALID };
	if (a == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*a = (struct acquiring){ .task = task, .in = in, .out = out, .operation = find(in->operation) };
	if (a->operation == NULL)
		finish(a, AUTH_ACQUIRE_INVALID, "operation");
	else if (!open_caller(a))
		finish(a, AUTH_ACQUIRE_DEAD, "token");
	else if (!a->operation->prepare(a))
		finish(a, AUTH_ACQUIRE_INVALID, "parameter");
	else
		ask_policy(a);
}
