/* ph_load.h -- many phones on many connections: load, and what came of it. */
#ifndef PH_LOAD_H
#define PH_LOAD_H

#include <stdint.h>

#include "ph_histogram.h"
#include "ph_options.h"

enum ph_kind { PH_AUTH, PH_TOKEN, PH_ODSA /* a whole flow */, PH_KINDS };
#define PH_STATUS_MAX 600

struct ph_tally {
	struct {
		struct ph_histogram latency; /* of those that succeeded */
		uint64_t ok, failed;
	} kind[PH_KINDS];
	uint64_t requests, resyncs;
	uint64_t lpa_calls, lpa_us;        /* what downloads took, which is in the latency of flows */
	uint64_t by_status[PH_STATUS_MAX]; /* last answer of each exchange; 0: none came */
	char failure[160];                 /* the first one, in words */
};

struct ph_load_result {
	struct ph_tally total;
	double seconds;
	unsigned connections;
	size_t phones;
	uint64_t rate; /* asked for; 0: none */
};

/* Runs the load, reports. The exit status. */
int ph_load(const struct ph_options *options, const struct ph_run *run, struct ph_server *server);

#endif
