/* policy_bus.h -- policy on the bus: its methods, its workers, its doorbell. */
#ifndef POLICY_BUS_H
#define POLICY_BUS_H

#include "es_bus.h"
#include "policy_engine.h"

struct policy_bus_options {
	const char *listen, *events_listen;
	struct es_bus_key *key;
	struct policy_engine *engine; /* outlives the bus */
	const char *bss_file;         /* the operator's own systems; "": none */
	const char *esim_target;      /* whom sheets of eSIMs ask; "": nobody, and they say that it does not work now */
};

struct policy_bus;
es_status policy_bus_start(const struct policy_bus_options *options, struct policy_bus **out,
                           struct es_buf *error) ES_MUST_USE;
/* Takes no more requests, waits for those in work, closes. NULL is fine. */
void policy_bus_stop(struct policy_bus *bus, int64_t wait_ms);

#endif
