/* gw_admin.h -- the operators' API's listener beyond what gw.h says: for tests that let the system pick the port. */
#ifndef GW_ADMIN_H
#define GW_ADMIN_H

#include "gw.h"

uint16_t gw_admin_port(const struct gw_admin *admin);

#endif
