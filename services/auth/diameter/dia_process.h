/* dia_process.h -- openes-diameter: auth's helper that speaks Diameter, so that a fault in it takes nothing else down.
 *
 * auth starts it, with its configuration in the environment (OPENES_DIAMETER_*), and it ends when auth does. */
#ifndef DIA_PROCESS_H
#define DIA_PROCESS_H

#include "es_service.h"

/* The [diameter] section; no file is read for it. */
struct dia_process_config {
	struct es_service_config base;
	const char *core_file, *bus_listen, *auth_target;
	uint32_t parent; /* process id; 0: nobody's child */
};

extern const struct es_service_ops dia_service;

#endif
