/* gw.h -- what the parts of the gateway share: its configuration and its bus clients. */
#ifndef GW_H
#define GW_H

#include "es_bus.h"
#include "es_service.h"

struct gw_config {
	struct es_service_config base;
	/* devices: TS.43 over HTTPS */
	const char *device_listen, *device_cert_file, *device_key_file, *ticket_key_file;
	const char *device_paths; /* comma-separated; a request elsewhere is 404 */
	const char *sheet_path;   /* of the one-time code's web sheet */
	const char *pages_path;   /* of the web sheets of applications; "": none are shown */
	uint32_t device_threads, connections_max, connections_per_address, requests_per_minute;
	uint64_t body_max, header_max;
	int64_t request_time, idle_time; /* ms */
	int64_t call_time;               /* ms: deadline of one device request inside */
	uint32_t retry_after_s;          /* sent with 503 */
	const char *answer_keys_file;    /* keys that sign documents (gw_sign_keys.h); "": none */
	uint32_t version_major_max;      /* newest entitlement_version major: 12 */
	/* operators' API */
	const char *admin_listen, *admin_cert_file, *admin_key_file, *admin_client_ca_file;
	/* servers: the OAuth 2.0 token endpoint */
	const char *server_listen, *server_cert_file, *server_key_file, *server_client_ca_file;
	uint32_t server_requests_per_minute;
	/* SM-DP+s that tell what became of downloads */
	const char *es2_listen, *es2_cert_file, *es2_key_file, *es2_client_ca_file;
	/* the other processes */
	const char *auth_target, *policy_target, *esim_target, *notify_target;
};

struct gw_hold;

struct gw_clients {
	struct es_bus_client *auth, *policy, *esim, *notify;
	struct gw_hold
		*hold; /* of refusals that wait (gw_hold.h): late answers of the clients still come to it. NULL: none waits */
};

struct gw_admin;
/* The operators' API on its own listener. `clients` and `config` outlive it. */
es_status gw_admin_start(const struct gw_config *config, const struct gw_clients *clients, struct gw_admin **out,
                         struct es_buf *error) ES_MUST_USE;
void gw_admin_drain(struct gw_admin *admin);
void gw_admin_stop(struct gw_admin *admin, int64_t wait_ms);

#endif
