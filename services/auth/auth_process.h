/* auth_process.h -- openes-auth as a service: what main() runs, and what tests start without it. */
#ifndef AUTH_PROCESS_H
#define AUTH_PROCESS_H

#include "es_service.h"

extern const struct es_service_ops auth_service;

#endif
