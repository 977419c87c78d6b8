/* auth_address.h -- a client's address as limits count it: IPv4 whole, IPv6 by its /64, the smallest network that one
 * customer gets, as the gateway's own limits do. Pure. */
#ifndef AUTH_ADDRESS_H
#define AUTH_ADDRESS_H

#include <stdint.h>

#include "es_slice.h"

/* In `storage`, or `text` itself when it is no address. */
struct es_slice auth_address_network(struct es_slice text, uint8_t storage[8]);

#endif
