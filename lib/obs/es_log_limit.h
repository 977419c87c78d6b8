/* es_log_limit.h -- at most 20 warnings or errors of one name in a second. Inside lib/obs only. Any thread, no lock.
 *
 * `second` is a monotonic time in whole seconds, never 0. */
#ifndef ES_LOG_LIMIT_H
#define ES_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Whether one more `event` may be written. The name must live as long as the process. */
bool log_limit_admits(const char *event, uint32_t second);

/* Says once for each name how many lines were left out before `second`. Costs one load when there were none. */
void log_limit_report(uint32_t second, void (*report)(const char *event, uint32_t left_out));

#endif
