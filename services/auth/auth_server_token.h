/* auth_server_token.h -- the TOKEN of ap2011 (TS.43 10.2): of a server, for one enterprise, made of an access token. policy has said
 * before that this server may act for that enterprise, and looks both up again with each use. */
#ifndef AUTH_SERVER_TOKEN_H
#define AUTH_SERVER_TOKEN_H

#include "auth_env.h"

struct auth_server_token {
	struct es_slice access_token, requestor_id, enterprise_id;
	/* learned */
	struct es_slice token; /* empty: the access token is dead */
	int64_t validity_s;
};
/* `token` is of the arena. ES_TOO_LARGE. */
es_status auth_server_token(struct auth_env *env, struct es_arena *arena, struct auth_server_token *io) ES_MUST_USE;

#endif
