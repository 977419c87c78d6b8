/* dia_library_int.h -- the two halves of dia_library.h among themselves: life and traffic. */
#ifndef DIA_LIBRARY_INT_H
#define DIA_LIBRARY_INT_H

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include "dia_library.h"

struct dia_library {
	const struct dia_config *config;
	const struct dia_library_hooks *hooks;
	struct dict_object *models[DIA_ATTR_COUNT];
};
extern struct dia_library dia_library;

/* Attributes, commands and the applications that the configuration uses. */
es_status dia_dictionary_register(struct es_buf *error) ES_MUST_USE;
/* Routing, hooks and handlers of the requests that peers send. */
es_status dia_traffic_register(struct es_buf *error) ES_MUST_USE;

#endif
