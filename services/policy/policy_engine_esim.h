/* policy_engine_esim.h -- EsimFacts: what esim is told with a request of a device, and with an act on a sheet. */
#ifndef POLICY_ENGINE_ESIM_H
#define POLICY_ENGINE_ESIM_H

#include "policy.pb-c.h"
#include "policy_esim.h"
#include "policy_flow.h"
#include "policy_store.h"

struct policy_esim_asked {
	const struct policy_context *context;
	const struct policy_catalog *catalog;
	uint32_t devices;               /* POLICY_FOR_COMPANION, POLICY_FOR_PRIMARY: whose plans are offered; 0: none are */
	const struct policy_flow *flow; /* names the sheet where a person may go on; NULL: there is none */
	struct es_slice handle;         /* of it */
	const struct policy_enterprise *enterprise; /* of ap2011: whose plans are offered; NULL: none */
};

/* Copies: `out` outlives the catalog. ES_TOO_LARGE. */
es_status policy_esim_fill(const struct policy_esim_asked *asked, struct es_arena *arena,
                           Openes__EsimFacts **out) ES_MUST_USE;

#endif
