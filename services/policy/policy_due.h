/* policy_due.h -- what time alone does to a line: the moments at which an answer changes with nobody changing anything. Pure.
 *
 * Usage is none of them: that numbers grow old, or that a billing cycle ends, makes them untold, and what comes instead is a
 * change of its own. */
#ifndef POLICY_DUE_H
#define POLICY_DUE_H

#include "es_buf.h"
#include "policy_types.h"

/* The first such moment later than `after_ms`; 0: none. */
int64_t policy_due_after(const struct policy_subscriber *line, int64_t after_ms);
/* AppIDs whose answers the moments later than `after_ms` and up to `until_ms` may alter, separated by blanks. */
void policy_due_apps(const struct policy_subscriber *line, int64_t after_ms, int64_t until_ms, struct es_buf *out);

#endif
