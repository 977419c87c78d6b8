/* auth_udm.h -- a UDM as source of authentication vectors, over HTTP/2 (TS 29.503 5.4). Any thread.
 *
 * One `[udm NAME]` section of the core file is one source. An ask is one request, besides the token of an NRF where one is
 * configured; a token that the UDM does not take is replaced and the request repeated once. */
#ifndef AUTH_UDM_H
#define AUTH_UDM_H

#include <stdint.h>

#include "auth_source.h"
#include "es_buf.h"
#include "es_config.h"
#include "es_fetch.h"
#include "es_status.h"

/* Texts that are "" are not set. */
struct auth_udm_config {
	const char *url;                            /* apiRoot; http://: HTTP/2 by prior knowledge */
	const char *api;                            /* "hss" or "ausf" */
	const char *ca_file, *cert_file, *key_file; /* of the NRF, too */
	int64_t timeout;                            /* ms */
	uint32_t in_flight_max, connections_max;
	const char *nrf_token_url, *nf_instance_id, *nf_type, *scope;
};
#define AUTH_UDM_KEYS 12
extern const struct es_conf_key auth_udm_keys[AUTH_UDM_KEYS];

/* Fills *out, whose `self` is ours. ES_MALFORMED, ES_UNAVAILABLE: `error` says what is wrong with the section. The config may go
 * afterwards; the fetcher must stay until nothing is asked any more. */
es_status auth_udm_new(struct es_fetcher *fetcher, const struct auth_udm_config *config, const char *name,
                       struct auth_source *out, struct es_buf *error) ES_MUST_USE;
/* After es_fetcher_stop(), which ends every ask under way as AUTH_SOURCE_AWAY. */
void auth_udm_free(struct auth_source *source);

#endif
