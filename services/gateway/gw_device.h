/* gw_device.h -- the front towards devices: TS.43 over HTTPS on its own listener. */
#ifndef GW_DEVICE_H
#define GW_DEVICE_H

#include "gw.h"

struct gw_device;

struct gw_sign_keys;
/* `config`, `clients` and `sign_keys` (NULL: none) outlive it, the keys the clients, too. Without a certificate file it speaks plain HTTP (behind something that ends TLS). */
es_status gw_device_start(const struct gw_config *config, const struct gw_clients *clients,
                          const struct gw_sign_keys *sign_keys, struct gw_device **out,
                          struct es_buf *error) ES_MUST_USE;
uint16_t gw_device_port(const struct gw_device *device);
void gw_device_drain(struct gw_device *device);
/* NULL is fine. */
void gw_device_stop(struct gw_device *device, int64_t wait_ms);

#endif
