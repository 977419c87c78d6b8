/* dia_bus.h -- what auth may ask (proto/diameter.proto): from protobuf to a Diameter request, from its answer back. */
#ifndef DIA_BUS_H
#define DIA_BUS_H

#include "dia_engine.h"
#include "es_bus.h"

struct dia_bus {
	const struct dia_config *config;
	struct dia_engine *engine;
	uint32_t session_high; /* of this process's Session-Ids */
	_Atomic uint32_t session_low;
};

extern const struct es_bus_method dia_bus_methods[];
extern const size_t dia_bus_method_count;

/* Shows the metrics of these sources before the first question. `config` outlives the process. */
void dia_bus_init(const struct dia_config *config);

#endif
