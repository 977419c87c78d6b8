/* policy_service.h -- the process: configuration, start, stop. */
#ifndef POLICY_SERVICE_H
#define POLICY_SERVICE_H

#include "es_service.h"

struct policy_config {
	struct es_service_config base;
	const char *bus_listen, *events_listen;
	const char *db;
	const char *token_keys_file;
	const char *admin_token_file;    /* "": no bootstrap credential */
	const char *sim_id_key_file;     /* "": none */
	const char *private_id_key_file; /* "": none */
	const char *eir_file;            /* "": none */
	const char *auth_target;         /* "": no S13 */
	const char *esim_target;         /* "": no sheets of eSIMs */
	const char *bss_file;            /* "": none */
	const char *sheet_peers_file;    /* "": none */
	const char *qos_file;            /* "": none */
	bool note_devices;
};

extern const struct es_service_ops policy_service;

#endif
