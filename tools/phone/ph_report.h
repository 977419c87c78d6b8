/* ph_report.h -- the figures of a load as a table and as JSON. */
#ifndef PH_REPORT_H
#define PH_REPORT_H

#include <stdio.h>

#include "es_buf.h"

#include "ph_load.h"

void ph_report_table(const struct ph_load_result *result, FILE *out);
/* {"seconds", "connections", "phones", "rate", "requests", "resynchronisations", "lpa_calls", "lpa_us", "failure",
 *  "auth": {"ok", "failed", "per_second", "p50_us", "p90_us", "p99_us", "max_us"}, "token" and "odsa": the same,
 *  "statuses": {"200": n, ...}}; "0" among the statuses: no answer came. */
void ph_report_json(const struct ph_load_result *result, struct es_buf *out);

#endif
