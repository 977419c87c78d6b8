/* gw_process.h -- openes-gateway as es_service runs it. */
#ifndef GW_PROCESS_H
#define GW_PROCESS_H

#include "es_service.h"

extern const struct es_service_ops gw_service;

#endif
