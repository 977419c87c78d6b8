/* esim_wire.h -- protobuf to the domain's values and back. Texts are the message's. */
#ifndef ESIM_WIRE_H
#define ESIM_WIRE_H

#include "es_bus.h"
#include "esim.pb-c.h"
#include "esim_odsa.h"

/* The gateway and policy have checked these; a request that misses them was made by neither: ES_MALFORMED. */
es_status esim_wire_request(const Openes__OperateRequest *message, struct es_arena *arena,
                            struct esim_request *out) ES_MUST_USE;
es_status esim_wire_facts(const Openes__EsimFacts *message, struct es_arena *arena, struct esim_facts *out) ES_MUST_USE;
/* The children of `root`; NULL: none. */
es_status esim_wire_nodes(const struct es_doc_node *root, struct es_arena *arena, Openes__AppAnswer *out) ES_MUST_USE;

#endif
