/* auth_oidc_config.c -- the keys of `[oidc NAME]`, and providers made of them. */
#include <stdlib.h>
#include <string.h>

#include "auth_oidc_provider.h"
#include "es_cleanup.h"
#include "es_grant.h"
#include "es_secret.h"

#define SECRET_MAX 1024

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(oidc, struct auth_oidc_settings, field, kind, fallback, min, max, help)

static const struct es_conf_key keys[] = {
	KEY(issuer, ES_CONF_STRING, NULL, 0, 0, "the provider's issuer, an https URL exactly as its ID tokens say it"),
	KEY(authorization_endpoint, ES_CONF_STRING, "", 0, 0,
	    "where the user is sent; empty: as the issuer's discovery document says"),
	KEY(token_endpoint, ES_CONF_STRING, "", 0, 0, "where codes are exchanged; empty: by discovery"),
	KEY(jwks_uri, ES_CONF_STRING, "", 0, 0, "the provider's public keys; empty: by discovery"),
	KEY(userinfo_endpoint, ES_CONF_STRING, "", 0, 0,
	    "asked when the ID token does not hold the subject; empty: by discovery, where that is used"),
	KEY(client_id, ES_CONF_STRING, NULL, 0, 0, "what the provider calls this server"),
	KEY(client_secret_file, ES_CONF_STRING, "", 0, 0, "file with the client's secret"),
	KEY(private_key_file, ES_CONF_STRING, "", 0, 0,
	    "PEM, RSA or P-256: private_key_jwt instead of a secret (OpenID Connect Core 9)"),
	KEY(key_id, ES_CONF_STRING, "", 0, 0, "kid of that key"),
	KEY(client_auth, ES_CONF_STRING, "basic", 0, 0, "how the secret is sent: basic or post"),
	KEY(redirect_uri, ES_CONF_STRING, NULL, 0, 0, "this server's URL for devices, as registered with the provider"),
	KEY(scope, ES_CONF_STRING, "openid", 0, 0, "scopes to ask for; openid is one of them"),
	KEY(subject_claim, ES_CONF_STRING, "phone_number", 0, 0, "the claim that says whose line it is"),
	KEY(subject_kind, ES_CONF_STRING, "msisdn", 0, 0, "what that claim holds: msisdn or imsi"),
	KEY(ca_file, ES_CONF_STRING, "", 0, 0, "authority (PEM) of the provider's certificate; empty: the system's"),
	KEY(timeout, ES_CONF_DURATION, "4s", 100, 20000, "time the provider has for one answer"),
};
const struct es_conf_section auth_oidc_section = {
	.kind = "oidc", .keys = keys, .key_count = ES_COUNT(keys), .size = sizeof(struct auth_oidc_settings)
};

static bool is_https(const char *url)
{
	return strncmp(url, "https://", 8) == 0 && strlen(url) < AUTH_OIDC_URL_MAX;
}

static bool is_one_of(const char *text, const char *a, const char *b)
{
	return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

/* The three endpoints that are always needed are all written down, or none. */
static const char *fault_of(const struct auth_oidc_settings *s)
{
	const char *urls[] = { s->authorization_endpoint, s->token_endpoint, s->jwks_uri };
	size_t given = 0;

	for (size_t i = 0; i < ES_COUNT(urls); i++) {
		given += urls[i][0] != '\0';
		if (urls[i][0] != '\0' && !is_https(urls[i]))
			return "endpoints are https URLs";
	}
	if (given != 0 && given != ES_COUNT(urls))
		return "authorization_endpoint, token_endpoint and jwks_uri come together";
	if (!is_https(s->issuer) || !is_https(s->redirect_uri))
		return "issuer and redirect_uri are https URLs";
	if (s->userinfo_endpoint[0] != '\0' && !is_https(s->userinfo_endpoint))
		return "userinfo_endpoint is an https URL";
	if (!is_one_of(s->client_auth, "basic", "post"))
		return "client_auth is basic or post";
	if (!is_one_of(s->subject_kind, "msisdn", "imsi"))
		return "subject_kind is msisdn or imsi";
	if (s->client_secret_file[0] != '\0' && s->private_key_file[0] != '\0')
		return "client_secret_file or private_key_file, not both";
	return es_scope_has(es_slice_str(s->scope), ES_SLICE_LIT("openid")) ? NULL : "scope holds openid";
}

static es_status read_secret(struct auth_oidc_provider *p, struct es_buf *error)
{
	const struct auth_oidc_settings *s = p->settings;

	es_buf_init(&p->secret, SECRET_MAX);
	if (s->private_key_file[0] != '\0')
		return es_jwt_signer_load(s->private_key_file, s->key_id[0] != '\0' ? s->key_id : NULL, &p->signer, error);
	return s->client_secret_file[0] != '\0' ? es_secret_text_load(s->client_secret_file, &p->secret, error) : ES_OK;
}

static es_status start_provider(struct auth_oidc *oidc, struct auth_oidc_provider *p,
                                const struct es_conf_named *section, struct es_buf *error)
{
	const struct auth_oidc_settings *s = section->values;
	const char *fault = fault_of(s);

	p->name = section->name;
	p->settings = s;
	(void)pthread_mutex_init(&p->lock, NULL);
	if (fault != NULL) {
		es_put_printf(error, "[oidc %s], line %u: %s", p->name, section->line, fault);
		return ES_MALFORMED;
	}
	ES_TRY(read_secret(p, error));
	return es_fetch_target_new(
		oidc->fetcher,
		&(struct es_fetch_target_options){ .name = p->name, .ca_file = s->ca_file[0] != '\0' ? s->ca_file : NULL },
		&p->target, error);
}

static bool is_ours(const struct es_conf_named *section)
{
	return strcmp(section->section->kind, auth_oidc_section.kind) == 0;
}

static size_t count_sections(const struct es_conf_named *sections, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += is_ours(&sections[i]);
	return found;
}

es_status auth_oidc_new(const struct es_conf_named *sections, size_t count, struct es_fetcher *fetcher,
                        struct auth_oidc **out, struct es_buf *error)
{
	struct auth_oidc *oidc = calloc(1, sizeof *oidc);
	size_t wanted = count_sections(sections, count);
	es_status status = ES_OK;

	if (oidc != NULL)
		oidc->providers = calloc(wanted > 0 ? wanted : 1, sizeof *oidc->providers);
	if (oidc == NULL || oidc->providers == NULL) {
		free(oidc);
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	oidc->fetcher = fetcher;
	for (size_t i = 0; i < count && status == ES_OK; i++)
		if (is_ours(&sections[i]))
			status = start_provider(oidc, &oidc->providers[oidc->count++], &sections[i], error);
	if (status != ES_OK) {
		auth_oidc_free(oidc);
		return status;
	}
	*out = oidc;
	return ES_OK;
}

void auth_oidc_free(struct auth_oidc *oidc)
{
	if (oidc == NULL)
		return;
	for (size_t i = 0; i < oidc->count; i++) {
		struct auth_oidc_provider *p = &oidc->providers[i];
		auth_jwks_free(p->jwks);
		es_jwt_signer_free(p->signer);
		es_buf_wipe(&p->secret);
		pthread_mutex_destroy(&p->lock);
	}
	free(oidc->providers);
	free(oidc);
}

struct auth_oidc_provider *auth_oidc_find(struct auth_oidc *oidc, const char *name)
{
	for (size_t i = 0; oidc != NULL && i < oidc->count; i++)
		if (strcmp(oidc->providers[i].name, name) == 0)
			return &oidc->providers[i];
	return NULL;
}

struct es_slice auth_oidc_redirect_uri(struct auth_oidc *oidc, const char *provider)
{
	const struct auth_oidc_provider *found = auth_oidc_find(oidc, provider);

	return found != NULL ? es_slice_str(found->settings->redirect_uri) : (struct es_slice){ NULL, 0 };
}
