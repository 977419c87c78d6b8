/* esim_real_peers.h -- SM-DP+s and BSSs of the peers file, as the runner of orders asks them. */
#ifndef ESIM_REAL_PEERS_H
#define ESIM_REAL_PEERS_H

#include "es_buf.h"
#include "es_status.h"
#include "esim_peers.h"

struct esim_real_peers;
struct esim_smdp;

/* `file` "": there are none. `as` is filled in, and lives as long as `out`. */
es_status esim_real_peers_start(const char *file, struct esim_real_peers **out, struct esim_peers *as,
                                struct es_buf *error) ES_MUST_USE;
void esim_real_peers_stop(struct esim_real_peers *peers); /* everybody asked has been heard of; NULL is fine for both */
void esim_real_peers_free(struct esim_real_peers *peers);
struct esim_smdp *esim_real_peers_smdp(struct esim_real_peers *peers);

#endif
