/* auth_oidc_finish.c -- AUTH_OIDC_FINISH: the user came back with a code. Claim the login, exchange the code, check both
 * tokens, find the line; then the token, or the second factor first. */
#include <string.h>

#include "auth_code.h"
#include "auth_flow.h"
#include "auth_oidc_provider.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_text.h"

#define CODE_MAX 4096
#define FORM_MAX 16384
#define LEEWAY_S 60
#define LIFE_MAX_S 86400

struct step {
	struct auth_login_claim claim;
	struct auth_oidc_finish in;
	struct auth_oidc_lookup lookup;
	struct auth_oidc_tokens tokens;
	bool has_at_hash;
	struct es_slice subject, sub;
	struct auth_login next;
};

static const char *provider_name(const struct step *s)
{
	return s->lookup.provider->name;
}

/* The provider did not do its part: nothing is lost, the client may come with the same code again. */
static void let_go_coded(struct step *s, es_status status, const char *what, long code, const char *why)
{
	es_warn(s->claim.task->trace, "auth.oidc_failed", es_f_str("provider", provider_name(s)), es_f_str("what", what),
	        es_f_status(status), es_f_i64("code", code), es_f_str("why", why));
	auth_login_release(&s->claim, status == ES_BUSY ? ES_BUSY : ES_UNAVAILABLE, "the provider was of no help");
}

static void let_go(struct step *s, es_status status, const char *what, const char *why)
{
	let_go_coded(s, status, what, 0, why);
}

/* What came instead of an answer of use: no answer, or one with another code than 200. */
static void let_go_with(struct step *s, const struct es_fetch_answer *answer, const char *what)
{
	let_go_coded(s, answer->status != ES_OK ? answer->status : ES_UNAVAILABLE, what, answer->code, answer->why);
}

static void refuse(struct step *s, enum auth_login_reason reason, const char *why)
{
	es_info(s->claim.task->trace, "auth.oidc_refused", es_f_str("provider", provider_name(s)), es_f_str("why", why));
	auth_login_deny(&s->claim, reason);
}

/* ---- the line ---- */

static bool wants_second_factor(const struct step *s)
{
	const struct auth_tenants *tenants;
	const struct auth_tenant *tenant =
		auth_snapshot_tenant(s->claim.task->env->tenants, s->claim.login.tenant, &tenants);
	bool wants = tenant == NULL || tenant->second_factor; /* a tenant that is gone gets no token by its absence */

	auth_snapshot_put(tenants);
	return wants;
}

/* V12-OIDC-08: no token yet; the web sheet sends the code and says when it was right. */
static void hold_back(struct step *s)
{
	struct auth_login_claim *c = &s->claim;
	struct auth_login_reply reply = { .outcome = AUTH_LOGIN_CODE_SENT, .reason = AUTH_LOGIN_SECOND_FACTOR };

	if (c->find.line_msisdn.text[0] == '\0') {
		refuse(s, AUTH_LOGIN_NO_NUMBER, "no_number");
		return;
	}
	auth_login_follow(c, AUTH_LOGIN_FACTOR, &s->next);
	s->next.msisdn = c->find.line_msisdn;
	reply.session = es_slice_str(s->next.handle);
	auth_login_end(c, &reply, &s->next);
}

static void line_found(struct auth_login_claim *c)
{
	struct step *s = (void *)c;

	if (wants_second_factor(s))
		hold_back(s);
	else
		auth_login_give_token(c);
}

static void find_line(struct step *s)
{
	struct es_msisdn msisdn = { "" };
	struct es_imsi imsi = { "" };
	bool by_number = strcmp(s->lookup.provider->settings->subject_kind, "msisdn") == 0;

	es_status status = by_number ? auth_code_number(s->subject, &msisdn) : es_imsi_parse(s->subject, &imsi);
	if (status != ES_OK) {
		refuse(s, AUTH_LOGIN_SUBJECT_MISSING, "subject_unusable");
		return;
	}
	auth_login_find(&s->claim, msisdn.text, imsi.digits, line_found);
}

/* ---- the subject ---- */

/* A number that its provider has not verified is only what somebody typed. */
static bool take_subject(struct step *s, const cJSON *claims)
{
	const char *name = s->lookup.provider->settings->subject_claim;
	const char *text = es_json_str(claims, name);
	const cJSON *said = cJSON_GetObjectItemCaseSensitive(claims, "phone_number_verified");
	/* Some say it as a text, "false" too. */
	bool verified = strcmp(name, "phone_number") != 0 || said == NULL || cJSON_IsTrue(said) ||
	                (cJSON_IsString(said) && strcmp(said->valuestring, "true") == 0);
	if (text == NULL || text[0] == '\0' || !verified)
		return false;
	s->subject = es_arena_copy(s->claim.task->arena, es_slice_str(text));
	return s->subject.ptr != NULL;
}

static void userinfo_came(const struct es_fetch_answer *answer, void *user)
{
	struct step *s = user;
	ES_CLEANUP(es_json_done) cJSON *claims = NULL;

	if (answer->status != ES_OK || answer->code == 429 || answer->code >= 500) {
		let_go_with(s, answer, "userinfo");
		return;
	}
	if (answer->code != 200) {
		refuse(s, AUTH_LOGIN_ACCESS_TOKEN_INVALID, "userinfo");
		return;
	}
	if (es_json_parse(answer->body, ES_JSON_SMALL, &claims) != ES_OK || !cJSON_IsObject(claims)) {
		let_go(s, ES_MALFORMED, "userinfo", "no JSON object");
		return;
	}
	/* OpenID Connect Core 5.3.4: of the same user, or it is not used. */
	const char *sub = es_json_str(claims, "sub");
	if (sub == NULL || !es_slice_eq(s->sub, es_slice_str(sub)))
		refuse(s, AUTH_LOGIN_ACCESS_TOKEN_INVALID, "userinfo_sub");
	else if (s->subject.len == 0 && !take_subject(s, claims))
		refuse(s, AUTH_LOGIN_SUBJECT_MISSING, "no_subject_claim");
	else
		find_line(s);
}

static void ask_userinfo(struct step *s)
{
	struct auth_task *task = s->claim.task;
	const char *authorization =
		es_arena_printf(task->arena, "Bearer " ES_SLICE_FMT, ES_SLICE_ARG(s->tokens.access_token));
	const struct es_fetch_header headers[] = { { "Authorization", authorization }, { "Accept", "application/json" } };
	es_status status = ES_TOO_LARGE;

	if (authorization != NULL)
		status = es_fetch(s->lookup.provider->target,
		                  &(struct es_fetch_request){ .method = "GET",
		                                              .url = s->lookup.endpoints.userinfo,
		                                              .headers = headers,
		                                              .header_count = ES_COUNT(headers),
		                                              .deadline = auth_oidc_deadline(s->lookup.provider, task),
		                                              .trace = task->trace,
		                                              .is_secret = true },
		                  userinfo_came, s);
	if (status != ES_OK)
		let_go(s, status, "userinfo", "not asked");
}

/* ---- both tokens (V12-OIDC-04) ---- */

static es_status check_claims(struct step *s, const cJSON *claims, const char **why)
{
	const struct auth_oidc_settings *settings = s->lookup.provider->settings;
	char nonce[44];

	auth_oidc_octets(s->claim.login.nonce, sizeof s->claim.login.nonce, nonce);
	ES_TRY(es_jwt_check(claims,
	                    &(struct es_jwt_expect){ .issuer = settings->issuer,
	                                             .audience = settings->client_id,
	                                             .nonce = nonce,
	                                             .now_s = s->claim.task->env->now_ms() / 1000,
	                                             .leeway_s = LEEWAY_S,
	                                             .life_max_s = LIFE_MAX_S,
	                                             .needs_iat = true },
	                    why));
	return auth_oidc_claims_check(claims, settings->client_id, s->tokens.access_token, &s->has_at_hash, why);
}

/* The access token is vouched for by at_hash, or else by its provider's UserInfo, where there is one. */
static void tokens_are_right(struct step *s, const cJSON *claims)
{
	bool has_userinfo = s->lookup.endpoints.userinfo[0] != '\0';
	bool has_subject = take_subject(s, claims);

	s->sub = es_arena_copy(s->claim.task->arena, es_slice_str(es_json_str(claims, "sub")));
	if (has_userinfo && (!has_subject || !s->has_at_hash))
		ask_userinfo(s);
	else if (has_subject)
		find_line(s);
	else
		refuse(s, AUTH_LOGIN_SUBJECT_MISSING, "no_subject_claim");
}

static void keys_came(es_status status, const struct es_jwks *keys, const char *detail, void *user)
{
	struct step *s = user;
	ES_CLEANUP(es_json_done) cJSON *claims = NULL;
	const char *why = "signature";

	if (status != ES_OK && status != ES_NOT_FOUND) {
		let_go(s, status, "jwks", detail);
		return;
	}
	if (status == ES_OK)
		status = es_jwt_verify(keys, s->tokens.id_token, &claims);
	if (status == ES_OK)
		status = check_claims(s, claims, &why);
	if (status == ES_OK)
		tokens_are_right(s, claims);
	else
		refuse(s, AUTH_LOGIN_ID_TOKEN_INVALID, why);
}

static void check_tokens(struct step *s)
{
	struct auth_task *task = s->claim.task;
	struct es_slice kid;

	if (es_jwt_kid(s->tokens.id_token, task->arena, &kid) != ES_OK)
		refuse(s, AUTH_LOGIN_ID_TOKEN_INVALID, "header");
	else
		auth_jwks_get(s->lookup.jwks, kid, auth_oidc_deadline(s->lookup.provider, task), task->trace, keys_came, s);
}

/* ---- the exchange ---- */

static bool is_about_the_code(struct es_slice error)
{
	return es_slice_eq_str(error, "invalid_grant") || es_slice_eq_str(error, "invalid_request");
}

/* A code that the provider does not take is the client's affair (511); all else is between the provider and us. */
static void exchange_refused(struct step *s, const struct es_fetch_answer *answer)
{
	struct es_slice error = { NULL, 0 };

	if ((answer->code != 400 && answer->code != 401) ||
	    auth_oidc_error_parse(answer->body, s->claim.task->arena, &error) != ES_OK || error.len == 0) {
		let_go_with(s, answer, "token");
		return;
	}
	es_warn(s->claim.task->trace, "auth.oidc_exchange_refused", es_f_str("provider", provider_name(s)),
	        es_f_str("error", auth_oidc_error_name(error)));
	if (is_about_the_code(error))
		auth_login_end(
			&s->claim,
			&(struct auth_login_reply){ .outcome = AUTH_LOGIN_AUTHENTICATE, .reason = AUTH_LOGIN_PROVIDER_REFUSED },
			NULL);
	else
		auth_login_release(&s->claim, ES_UNAVAILABLE, "the provider does not accept this client");
}

static void exchanged(const struct es_fetch_answer *answer, void *user)
{
	struct step *s = user;

	if (answer->status != ES_OK)
		let_go_with(s, answer, "token");
	else if (answer->code != 200)
		exchange_refused(s, answer);
	else if (auth_oidc_tokens_parse(answer->body, s->claim.task->arena, &s->tokens) != ES_OK)
		let_go(s, ES_MALFORMED, "token", "not an answer with both tokens");
	else
		check_tokens(s);
}

static void exchange(struct step *s)
{
	struct auth_oidc_provider *p = s->lookup.provider;
	struct auth_task *task = s->claim.task;
	ES_CLEANUP(es_buf_wipe) struct es_buf body;
	ES_CLEANUP(es_buf_wipe) struct es_buf authorization;

	es_buf_init(&body, FORM_MAX);
	es_buf_init(&authorization, FORM_MAX);
	es_status status =
		auth_oidc_token_request(p, &s->lookup.endpoints, &s->claim.login, s->in.code, task, &body, &authorization);
	const struct es_fetch_header headers[] = {
		{ "Content-Type", "application/x-www-form-urlencoded" },
		{ "Accept", "application/json" },
		{ "Authorization", (const char *)authorization.ptr },
	};
	if (status == ES_OK)
		status = es_fetch(p->target,
		                  &(struct es_fetch_request){ .method = "POST",
		                                              .url = s->lookup.endpoints.token,
		                                              .headers = headers,
		                                              .header_count = authorization.len > 1 ? 3 : 2,
		                                              .body = es_buf_slice(&body),
		                                              .deadline = auth_oidc_deadline(p, task),
		                                              .trace = task->trace,
		                                              .is_once = true, /* as the code is good */
		                                              .is_secret = true },
		                  exchanged, s);
	if (status != ES_OK)
		let_go(s, status, "token", "not asked");
}

static void endpoints_known(struct auth_oidc_lookup *lookup, es_status status)
{
	struct step *s = (void *)((uint8_t *)lookup - offsetof(struct step, lookup));

	if (status == ES_OK)
		exchange(s);
	else
		let_go(s, status, "endpoints", "not known");
}

/* ---- the return ---- */

static void came_back(struct step *s)
{
	struct auth_login_claim *c = &s->claim;
	struct auth_oidc_provider *provider = auth_oidc_find(c->task->env->oidc, c->login.provider);

	if (c->login.kind == AUTH_LOGIN_BACK) {
		auth_login_admit(c, &c->login.imsi);
		return;
	}
	if (c->is_error) {
		es_info(c->task->trace, "auth.oidc_error", es_f_str("provider", c->login.provider),
		        es_f_str("error", auth_oidc_error_name(s->in.error)));
		auth_login_deny(c, AUTH_LOGIN_PROVIDER_ERROR);
		return;
	}
	if (provider == NULL) {
		auth_login_deny(c, AUTH_LOGIN_NOT_CONFIGURED);
		return;
	}
	s->lookup = (struct auth_oidc_lookup){ .task = c->task, .provider = provider, .done = endpoints_known };
	auth_oidc_look_up(&s->lookup);
}

static void claimed(struct auth_login_claim *c, es_status status)
{
	struct step *s = (void *)c;

	if (status != ES_OK) {
		auth_flow_fail(c->task, status, "the login could not be claimed");
		return;
	}
	switch (c->verdict) {
	case AUTH_LOGIN_MINE: came_back(s); break;
	case AUTH_LOGIN_REPLAY: auth_login_finish(c->task, &c->login, c->out, &c->reply); break;
	case AUTH_LOGIN_SPENT:
		auth_login_refuse(c->task, &c->login, c->out, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_STATE_SPENT);
		break;
	case AUTH_LOGIN_UNKNOWN:
	case AUTH_LOGIN_WRONG:
	case AUTH_LOGIN_USED_UP:
		auth_login_refuse(c->task, NULL, c->out, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_STATE_UNKNOWN);
		break;
	}
}

void auth_oidc_finish(struct auth_task *task, const struct auth_oidc_finish *finish, struct auth_login_reply *out)
{
	struct step *s = es_arena_alloc(task->arena, sizeof *s);

	if (s == NULL || finish->code.len > CODE_MAX) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*s = (struct step){ .claim = { .task = task,
		                           .out = out,
		                           .handle = finish->state,
		                           .kinds = 1u << AUTH_LOGIN_OIDC | 1u << AUTH_LOGIN_BACK,
		                           .is_error = finish->code.len == 0,
		                           .answer = finish->code.len > 0 ? finish->code : finish->error,
		                           .done = claimed },
		                .in = *finish };
	*out = (struct auth_login_reply){ 0 };
	auth_login_claim(&s->claim);
}
