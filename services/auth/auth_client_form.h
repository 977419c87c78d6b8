/* auth_client_form.h -- what a server sends to the token endpoint (TS.43 2.8.3; RFC 6749, 7521, 7523, 8707), read and
 * judged by itself: no key, no clock, no database. Everything in it is hostile. Pure. */
#ifndef AUTH_CLIENT_FORM_H
#define AUTH_CLIENT_FORM_H

#include "es_arena.h"
#include "es_grant.h"
#include "es_slice.h"
#include "es_status.h"

/* RFC 6749 5.2, RFC 8707 2; NONE: no error. */
#define AUTH_CLIENT_ERROR_LIST(X)                                                                                      \
	X(NONE, "ok")                                                                                                      \
	X(REQUEST, "invalid_request")                                                                                      \
	X(CLIENT, "invalid_client")                                                                                        \
	X(GRANT, "invalid_grant")                                                                                          \
	X(GRANT_TYPE, "unsupported_grant_type")                                                                            \
	X(SCOPE, "invalid_scope")                                                                                          \
	X(TARGET, "invalid_target")

enum auth_client_error {
#define AUTH_CLIENT_ERROR_ENUM(name, text) AUTH_CLIENT_ERROR_##name,
	AUTH_CLIENT_ERROR_LIST(AUTH_CLIENT_ERROR_ENUM)
#undef AUTH_CLIENT_ERROR_ENUM
		AUTH_CLIENT_ERROR_COUNT
};
extern const char *const auth_client_error_names[AUTH_CLIENT_ERROR_COUNT];

struct auth_client_param {
	struct es_slice name, value;
};

enum auth_grant_type { AUTH_CLIENT_CREDENTIALS = 1, AUTH_JWT_BEARER };

/* Empty where nothing was sent. */
struct auth_client_form {
	enum auth_grant_type grant_type;
	struct es_slice client_id, client_assertion, assertion, scope, resource;
	struct es_slice app_name; /* 3PAppNameAnon */
};
/* `why`: for people, static. */
enum auth_client_error auth_client_form_read(const struct auth_client_param *params, size_t count,
                                             struct auth_client_form *out, const char **why);

/* Whom an assertion claims to be of, before any signature was looked at: to find the key that says whether it is true.
 * ES_MALFORMED, ES_TOO_LARGE. */
es_status auth_client_claimed_issuer(struct es_slice jwt, struct es_arena *arena, struct es_slice *issuer) ES_MUST_USE;

/* "temptoken:<token>", "operatortoken:<token>": the token; empty: the subject is none. `may_be_operator`: CAMARA calls a
 * temporary token an operator token, too. */
struct es_slice auth_client_subject_token(struct es_slice subject, bool *may_be_operator);

/* The host of an https URL, without port; empty: it is none. */
struct es_slice auth_client_resource_host(struct es_slice url);
/* Of a Host header, without port. */
struct es_slice auth_client_host_name(struct es_slice host);

#endif
