/* gw_es2.h -- where SM-DP+s tell what became of a download: ES2+ HandleDownloadProgressInfo and HandleNotification (SGP.22
 * 5.3.5), by mutual TLS on a listener of its own. What they say is esim's business (ESIM_NOTIFIED); nothing is kept here. */
#ifndef GW_ES2_H
#define GW_ES2_H

#include "gw.h"

struct gw_es2;
/* `config` and `clients` outlive it. Without es2_listen there is none: `out` is NULL then. */
es_status gw_es2_start(const struct gw_config *config, const struct gw_clients *clients, struct gw_es2 **out,
                       struct es_buf *error) ES_MUST_USE;
/* NULL is fine for all of them. */
void gw_es2_drain(struct gw_es2 *es2);
void gw_es2_stop(struct gw_es2 *es2, int64_t wait_ms);
uint16_t gw_es2_port(const struct gw_es2 *es2);

#endif
