/* gw_server.h -- the OAuth 2.0 token endpoint for servers (TS.43 2.8.3; RFC 6749 3.2), on a listener of its own. */
#ifndef GW_SERVER_H
#define GW_SERVER_H

#include "gw.h"

#define GW_SERVER_PATH "/oauth/token"

struct gw_server;
/* `config` and `clients` outlive it. Without server_listen there is none: `out` is NULL then. */
es_status gw_server_start(const struct gw_config *config, const struct gw_clients *clients, struct gw_server **out,
                          struct es_buf *error) ES_MUST_USE;
/* NULL is fine for all of them. */
void gw_server_drain(struct gw_server *server);
void gw_server_stop(struct gw_server *server, int64_t wait_ms);
uint16_t gw_server_port(const struct gw_server *server);

#endif
