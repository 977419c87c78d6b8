/* esim_bus.h -- ESIM_OPERATE: from protobuf to the domain and back, and the note of the device seen. */
#ifndef ESIM_BUS_H
#define ESIM_BUS_H

#include "es_bus.h"
#include "es_db.h"

struct esim_bus {
	struct es_db *db;
};

extern const struct es_bus_method esim_bus_methods[];
extern const size_t esim_bus_method_count;

/* Shows the metrics before the first request. */
void esim_bus_init(void);

#endif
