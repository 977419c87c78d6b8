/* auth_login_bus.h -- the handlers of AUTH_OIDC_* and AUTH_CODE_*: rows of auth_bus.c's table. `user`: struct auth_env. */
#ifndef AUTH_LOGIN_BUS_H
#define AUTH_LOGIN_BUS_H

#include "es_bus.h"

void auth_bus_oidc_start(struct es_bus_call *bus, const ProtobufCMessage *message, void *user);
void auth_bus_oidc_finish(struct es_bus_call *bus, const ProtobufCMessage *message, void *user);
void auth_bus_code_start(struct es_bus_call *bus, const ProtobufCMessage *message, void *user);
void auth_bus_code_check(struct es_bus_call *bus, const ProtobufCMessage *message, void *user);

#endif
