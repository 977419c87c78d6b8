/* auth_server_token.c -- AUTH_SERVER_TOKEN: nothing is stored, nothing is asked. */
#include "auth_server_token.h"

#include <string.h>

#include "auth_flow.h"
#include "es_grant.h"

/* What the access token may be used for, its TOKEN may be: no more comes of it. */
static bool fill(const struct auth_server_token *io, const struct es_grant *access, struct es_grant *grant)
{
	memcpy(grant->client_id, access->client_id, sizeof grant->client_id);
	memcpy(grant->scope, access->scope, sizeof grant->scope);
	memcpy(grant->app, "ap2011", sizeof "ap2011");
	return io->enterprise_id.len > 0 && es_slice_to_str(io->requestor_id, grant->requestor, sizeof grant->requestor) &&
	       es_slice_to_str(io->enterprise_id, grant->name, sizeof grant->name);
}

es_status auth_server_token(struct auth_env *env, struct es_arena *arena, struct auth_server_token *io)
{
	const int64_t now_ms = env->now_ms();
	struct es_grant access;

	io->token = (struct es_slice){ NULL, 0 };
	if (es_grant_open(env->token_keys, ES_GRANT_ACCESS, io->access_token, now_ms, &access) != ES_OK)
		return ES_OK;
	const int64_t life_ms = auth_flow_token_ttl(env, access.tenant);
	struct es_grant grant = es_grant_new(ES_GRANT_SERVER, access.tenant, now_ms + life_ms);
	if (!fill(io, &access, &grant))
		return ES_OK;
	io->validity_s = life_ms / 1000;
	return es_grant_seal(env->token_keys, &grant, arena, &io->token);
}
