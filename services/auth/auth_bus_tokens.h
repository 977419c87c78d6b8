/* auth_bus_tokens.h -- the methods of auth_bus.c about tokens of others than the phone. `user` is the auth_env. */
#ifndef AUTH_BUS_TOKENS_H
#define AUTH_BUS_TOKENS_H

#include "es_bus.h"

es_bus_handler auth_on_spend, auth_on_acquire, auth_on_client_token, auth_on_server_token;

#endif
