/* es_metrics_process.h -- the process_* metrics every Prometheus client offers. Inside lib/obs only. */
#ifndef ES_METRICS_PROCESS_H
#define ES_METRICS_PROCESS_H

#include "es_buf.h"

/* What the system does not tell (no /proc) is left out. */
void metrics_write_process(struct es_buf *out);

#endif
