/* gw_config.h -- the gateway's keys; the struct they fill is in gw.h. */
#ifndef GW_CONFIG_H
#define GW_CONFIG_H

#include "gw.h"

#define GW_CONFIG_KEY_COUNT 44
extern const struct es_conf_key gw_config_keys[GW_CONFIG_KEY_COUNT];
/* What types and ranges cannot say. `config` is a struct gw_config. */
es_status gw_config_check(const void *config, struct es_buf *error) ES_MUST_USE;

#endif
