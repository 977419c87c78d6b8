/* auth_client_form.c -- the form of the token endpoint, a row per parameter, and the texts inside its values. */
#include "auth_client_form.h"

#include <stddef.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define JWT_BEARER "urn:ietf:params:oauth:grant-type:jwt-bearer"

const char *const auth_client_error_names[AUTH_CLIENT_ERROR_COUNT] = {
#define AUTH_CLIENT_ERROR_NAME(name, text) text,
	AUTH_CLIENT_ERROR_LIST(AUTH_CLIENT_ERROR_NAME)
#undef AUTH_CLIENT_ERROR_NAME
};

/* ---- the form ---- */

struct reading {
	struct auth_client_form form;
	struct es_slice grant_type, assertion_type;
};

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{ "grant_type", offsetof(struct reading, grant_type) },
	{ "client_assertion_type", offsetof(struct reading, assertion_type) },
	{ "client_assertion", offsetof(struct reading, form.client_assertion) },
	{ "client_id", offsetof(struct reading, form.client_id) },
	{ "assertion", offsetof(struct reading, form.assertion) },
	{ "scope", offsetof(struct reading, form.scope) },
	{ "resource", offsetof(struct reading, form.resource) },
	{ "3PAppNameAnon", offsetof(struct reading, form.app_name) },
};

/* False: one of them twice (RFC 6749 3.2). What is not known is passed over, what is empty is not there. */
static bool sort(const struct auth_client_param *params, size_t count, struct reading *in)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < ES_COUNT(fields); k++) {
			struct es_slice *slot = (struct es_slice *)(void *)((char *)in + fields[k].offset);
			if (!es_slice_eq_str(params[i].name, fields[k].name) || params[i].value.len == 0)
				continue;
			if (slot->len > 0)
				return false;
			*slot = params[i].value;
		}
	}
	return true;
}

static enum auth_client_error fail(enum auth_client_error error, const char *text, const char **why)
{
	*why = text;
	return error;
}

enum auth_client_error auth_client_form_read(const struct auth_client_param *params, size_t count,
                                             struct auth_client_form *out, const char **why)
{
	struct reading in = { .form = { .client_id = { NULL, 0 } } };
	struct auth_client_form *form = &in.form;

	if (!sort(params, count, &in))
		return fail(AUTH_CLIENT_ERROR_REQUEST, "a parameter is there twice", why);
	/* The request of TS.43 2.8.3 is printed without grant_type: with an assertion of the client it can only be this. */
	if (es_slice_eq_str(in.grant_type, "client_credentials") ||
	    (in.grant_type.len == 0 && form->client_assertion.len > 0))
		form->grant_type = AUTH_CLIENT_CREDENTIALS;
	else if (es_slice_eq_str(in.grant_type, JWT_BEARER))
		form->grant_type = AUTH_JWT_BEARER;
	else if (in.grant_type.len == 0)
		return fail(AUTH_CLIENT_ERROR_REQUEST, "grant_type is missing", why);
	else
		return fail(AUTH_CLIENT_ERROR_GRANT_TYPE, "client_credentials and jwt-bearer are served", why);
	if (form->client_assertion.len > 0 && !es_slice_eq_str(in.assertion_type, ASSERTION_TYPE))
		return fail(AUTH_CLIENT_ERROR_REQUEST, "client_assertion_type has to be jwt-bearer", why);
	if (form->grant_type == AUTH_CLIENT_CREDENTIALS && form->client_assertion.len == 0)
		return fail(AUTH_CLIENT_ERROR_CLIENT, "a client shows itself by a client_assertion", why);
	if (form->grant_type == AUTH_JWT_BEARER && form->assertion.len == 0)
		return fail(AUTH_CLIENT_ERROR_REQUEST, "assertion is missing", why);
	if (form->scope.len > 0 && !es_scope_is_valid(form->scope))
		return fail(AUTH_CLIENT_ERROR_SCOPE, "scope is malformed", why);
	*out = *form;
	return AUTH_CLIENT_ERROR_NONE;
}

/* ---- inside the values ---- */

es_status auth_client_claimed_issuer(struct es_slice jwt, struct es_arena *arena, struct es_slice *issuer)
{
	ES_CLEANUP(es_json_done) cJSON *claims = NULL;
	struct es_slice rest = jwt, text;

	(void)es_slice_cut(&rest, '.');
	struct es_slice payload = es_slice_cut(&rest, '.');
	if (payload.len == 0 || rest.len == 0)
		return ES_MALFORMED;
	ES_TRY(es_base64url_decode(payload, arena, &text));
	ES_TRY(es_json_parse(text, ES_JSON_SMALL, &claims));
	const char *found = es_json_str(claims, "iss");
	if (found == NULL || found[0] == '\0')
		return ES_MALFORMED;
	*issuer = es_arena_copy(arena, es_slice_str(found));
	return issuer->ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

struct es_slice auth_client_subject_token(struct es_slice subject, bool *may_be_operator)
{
	struct es_slice rest = subject, prefix = es_slice_cut(&rest, ':');

	*may_be_operator = es_slice_eq_str(prefix, "operatortoken");
	if (!*may_be_operator && !es_slice_eq_str(prefix, "temptoken"))
		return (struct es_slice){ NULL, 0 };
	return rest;
}

struct es_slice auth_client_host_name(struct es_slice host)
{
	if (host.len > 0 && host.ptr[0] == '[')
		return es_slice_sub(host, 0, es_slice_find(host, ']') + 1);
	return es_slice_sub(host, 0, es_slice_find(host, ':'));
}

struct es_slice auth_client_resource_host(struct es_slice url)
{
	const struct es_slice scheme = ES_SLICE_LIT("https://");

	if (!es_slice_eq_nocase(es_slice_sub(url, 0, scheme.len), scheme) || es_slice_find(url, '#') != url.len)
		return (struct es_slice){ NULL, 0 };
	struct es_slice rest = es_slice_sub(url, scheme.len, url.len);
	struct es_slice authority = es_slice_cut(&rest, '/');
	authority = es_slice_sub(authority, 0, es_slice_find(authority, '?'));
	if (es_slice_find(authority, '@') != authority.len)
		return (struct es_slice){ NULL, 0 };
	return auth_client_host_name(authority);
}
