/* auth_bus.h -- the methods AUTH_* of proto/bus.proto: protobuf to auth's own structs and back. */
#ifndef AUTH_BUS_H
#define AUTH_BUS_H

#include <stddef.h>

#include "es_bus.h"

/* For es_bus_server_options; `user` is the struct auth_env. */
extern const struct es_bus_method auth_bus_methods[];
extern const size_t auth_bus_method_count;

#endif
