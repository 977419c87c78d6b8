/* gw_admin.c -- the operators' API: its listener. gw_admin_front.c answers on it. */
#include "gw_admin.h"

#include <stdlib.h>

#include "gw_admin_call.h"

#define BODY_MAX 1000000u /* octets; an import of 500 rows needs a tenth */
#define REQUEST_MS 30000u /* operators' scripts may sit behind slow lines */
#define CONNECTIONS_MAX 256u

static const char *or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

es_status gw_admin_start(const struct gw_config *config, const struct gw_clients *clients, struct gw_admin **out,
                         struct es_buf *error)
{
	struct gw_admin *admin = calloc(1, sizeof *admin);

	if (admin == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	*admin = (struct gw_admin){ .config = config, .clients = clients };
	const struct es_http_options options = {
		.name = "admin",
		.listen = config->admin_listen,
		.cert_file = or_null(config->admin_cert_file),
		.key_file = or_null(config->admin_key_file),
		.client_ca_file = or_null(config->admin_client_ca_file),
		.threads = 1,
		.connections_max = CONNECTIONS_MAX,
		.body_max = BODY_MAX,
		.request_ms = REQUEST_MS,
		.handler = gw_admin_handle,
		.user = admin,
	};
	es_status status = es_http_start(&options, &admin->server, error);
	if (status != ES_OK) {
		free(admin);
		return status;
	}
	*out = admin;
	return ES_OK;
}

void gw_admin_drain(struct gw_admin *admin)
{
	if (admin != NULL)
		es_http_drain(admin->server);
}

void gw_admin_stop(struct gw_admin *admin, int64_t wait_ms)
{
	if (admin == NULL)
		return;
	es_http_stop(admin->server, wait_ms);
	free(admin);
}

uint16_t gw_admin_port(const struct gw_admin *admin)
{
	return es_http_port(admin->server);
}
