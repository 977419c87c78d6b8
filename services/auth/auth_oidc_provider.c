/* auth_oidc_provider.c -- endpoints by discovery (OpenID Connect Discovery 1.0), and how the client proves who it is. */
#include "auth_oidc_provider.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_text.h"

#define DISCOVERY_TTL_S 3600
#define DISCOVERY_TTL_MAX_S 86400
#define DISCOVERY_STALE_MS (INT64_C(86400) * 1000) /* how long past their time endpoints are better than none */
#define DISCOVERY_PAUSE_MS 60000
#define ASSERTION_LIFE_S 120
#define SPARE_MS 300 /* of the call's time, to make use of an answer */

int64_t auth_oidc_deadline(const struct auth_oidc_provider *provider, const struct auth_task *task)
{
	int64_t own = task->env->now_ms() + provider->settings->timeout, call = task->deadline - SPARE_MS;

	return own < call ? own : call;
}

/* ---- endpoints ---- */

static void copy_url(char out[AUTH_OIDC_URL_MAX], const char *url)
{
	size_t len = strlen(url);

	memcpy(out, url, len < AUTH_OIDC_URL_MAX ? len + 1 : 0);
}

static void use_settings(struct auth_oidc_provider *p)
{
	const struct auth_oidc_settings *s = p->settings;

	copy_url(p->endpoints.authorization, s->authorization_endpoint);
	copy_url(p->endpoints.token, s->token_endpoint);
	copy_url(p->endpoints.jwks, s->jwks_uri);
	copy_url(p->endpoints.userinfo, s->userinfo_endpoint);
	p->fresh_until_ms = INT64_MAX;
}

/* With the lock held. A key set's address that changes takes effect with the next start. */
static es_status have_keys(struct auth_oidc_provider *p)
{
	if (p->jwks != NULL)
		return ES_OK;
	return auth_jwks_new(
		p->target, &(struct auth_jwks_options){ .url = p->endpoints.jwks, .fetch_ms = p->settings->timeout }, &p->jwks);
}

/* With the lock held: whether what was found may be used. Past its time one asker a minute looks again, the others go on with
 * what there is: it lists what seldom changes, and no login is to wait for a provider whose discovery is away. */
static bool is_of_use(struct auth_oidc_provider *p, int64_t now_ms)
{
	if (now_ms < p->fresh_until_ms)
		return true;
	if (now_ms - p->fresh_until_ms >= DISCOVERY_STALE_MS)
		return false;
	if (now_ms < p->next_try_ms)
		return true;
	p->next_try_ms = now_ms + DISCOVERY_PAUSE_MS;
	return false;
}

/* What is known now; ES_NOT_FOUND when that is nothing or too old, or this asker is to look again. */
static es_status known(struct auth_oidc_lookup *l, int64_t now_ms)
{
	struct auth_oidc_provider *p = l->provider;
	es_status status = ES_NOT_FOUND;

	pthread_mutex_lock(&p->lock);
	if (p->fresh_until_ms == 0 && p->settings->token_endpoint[0] != '\0')
		use_settings(p);
	if (is_of_use(p, now_ms))
		status = have_keys(p);
	if (status == ES_OK) {
		l->endpoints = p->endpoints;
		l->jwks = p->jwks;
	}
	pthread_mutex_unlock(&p->lock);
	return status;
}

static void remember(struct auth_oidc_provider *p, const struct auth_oidc_endpoints *found, int64_t now_ms,
                     int64_t max_age_s)
{
	int64_t ttl_s = max_age_s < 0 ? DISCOVERY_TTL_S : max_age_s > DISCOVERY_TTL_MAX_S ? DISCOVERY_TTL_MAX_S : max_age_s;

	pthread_mutex_lock(&p->lock);
	p->endpoints = *found;
	if (p->settings->userinfo_endpoint[0] != '\0')
		copy_url(p->endpoints.userinfo, p->settings->userinfo_endpoint);
	/* Never for less than a minute: a login asks twice, before and after the user was there. */
	p->fresh_until_ms = now_ms + (ttl_s < 60 ? 60 : ttl_s) * 1000;
	pthread_mutex_unlock(&p->lock);
}

static void discovered(const struct es_fetch_answer *answer, void *user)
{
	struct auth_oidc_lookup *l = user;
	struct auth_oidc_endpoints found;
	int64_t now = l->task->env->now_ms();
	es_status status = answer->status;

	if (status == ES_OK && answer->code != 200)
		status = ES_UNAVAILABLE;
	if (status == ES_OK)
		status = auth_oidc_discovery_parse(answer->body, l->provider->settings->issuer, &found);
	if (status == ES_OK) {
		remember(l->provider, &found, now, answer->max_age_s);
	} else {
		es_warn(l->task->trace, "auth.oidc_discovery_failed", es_f_str("provider", l->provider->name),
		        es_f_status(status), es_f_i64("code", answer->code), es_f_str("why", answer->why));
	}
	l->done(l, known(l, now) == ES_OK ? ES_OK : ES_UNAVAILABLE);
}

void auth_oidc_look_up(struct auth_oidc_lookup *l)
{
	const char *issuer = l->provider->settings->issuer;
	size_t len = strlen(issuer);
	es_status status = known(l, l->task->env->now_ms());

	if (status != ES_NOT_FOUND) {
		l->done(l, status);
		return;
	}
	while (len > 0 && issuer[len - 1] == '/') /* Discovery 4.1: without a slash at the end */
		len--;
	const char *url = es_arena_printf(l->task->arena, "%.*s/.well-known/openid-configuration", (int)len, issuer);
	status = url == NULL ? ES_TOO_LARGE
	                     : es_fetch(l->provider->target,
	                                &(struct es_fetch_request){ .method = "GET",
	                                                            .url = url,
	                                                            .deadline = auth_oidc_deadline(l->provider, l->task),
	                                                            .trace = l->task->trace },
	                                discovered, l);
	if (status != ES_OK)
		l->done(l, known(l, l->task->env->now_ms()) == ES_OK ? ES_OK : status);
}

/* ---- the token request ---- */

static es_status put_assertion(struct auth_oidc_provider *p, const struct auth_oidc_endpoints *endpoints,
                               struct auth_task *task, struct es_buf *body)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf claims;
	struct es_slice token;
	uint8_t random[16];
	char jti[44];
	int64_t now_s = task->env->now_ms() / 1000;

	es_buf_init(&claims, 4096);
	es_random(random, sizeof random);
	auth_oidc_octets(random, sizeof random, jti);
	struct es_json_out j = es_json_to(&claims);
	es_json_object(&j, NULL);
	es_json_put_str(&j, "iss", p->settings->client_id);
	es_json_put_str(&j, "sub", p->settings->client_id);
	es_json_put_str(&j, "aud", endpoints->token);
	es_json_put_str(&j, "jti", jti);
	es_json_put_i64(&j, "iat", now_s);
	es_json_put_i64(&j, "exp", now_s + ASSERTION_LIFE_S);
	es_json_end_object(&j);
	ES_TRY(es_buf_status(&claims));
	ES_TRY(es_jwt_sign(p->signer, es_buf_slice(&claims), task->arena, &token));
	auth_oidc_form_put(body, "client_id", es_slice_str(p->settings->client_id));
	auth_oidc_form_put(body, "client_assertion_type",
	                   ES_SLICE_LIT("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
	auth_oidc_form_put(body, "client_assertion", token);
	return ES_OK;
}

/* RFC 6749 2.3.1: both halves are form-encoded before they are joined. */
static es_status put_basic(const struct auth_oidc_provider *p, struct es_buf *authorization)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf pair;

	es_buf_init(&pair, 8192);
	es_percent_encode(es_slice_str(p->settings->client_id), &pair);
	es_put_u8(&pair, ':');
	es_percent_encode(es_buf_slice(&p->secret), &pair);
	ES_TRY(es_buf_status(&pair));
	es_put_str(authorization, "Basic ");
	es_base64_encode(es_buf_slice(&pair), authorization);
	return ES_OK;
}

static es_status put_client(struct auth_oidc_provider *p, const struct auth_oidc_endpoints *endpoints,
                            struct auth_task *task, struct es_buf *body, struct es_buf *authorization)
{
	if (p->signer != NULL)
		return put_assertion(p, endpoints, task, body);
	if (p->secret.len > 0 && strcmp(p->settings->client_auth, "basic") == 0)
		return put_basic(p, authorization);
	auth_oidc_form_put(body, "client_id", es_slice_str(p->settings->client_id));
	if (p->secret.len > 0)
		auth_oidc_form_put(body, "client_secret", es_buf_slice(&p->secret));
	return ES_OK;
}

es_status auth_oidc_token_request(struct auth_oidc_provider *p, const struct auth_oidc_endpoints *endpoints,
                                  const struct auth_login *login, struct es_slice code, struct auth_task *task,
                                  struct es_buf *body, struct es_buf *authorization)
{
	char verifier[44];

	auth_oidc_octets(login->verifier, sizeof login->verifier, verifier);
	auth_oidc_form_put(body, "grant_type", ES_SLICE_LIT("authorization_code"));
	auth_oidc_form_put(body, "code", code);
	auth_oidc_form_put(body, "redirect_uri", es_slice_str(p->settings->redirect_uri));
	auth_oidc_form_put(body, "code_verifier", es_slice_str(verifier));
	es_wipe(verifier, sizeof verifier);
	ES_TRY(put_client(p, endpoints, task, body, authorization));
	es_put_u8(authorization, '\0');
	ES_TRY(es_buf_status(body));
	return es_buf_status(authorization);
}
