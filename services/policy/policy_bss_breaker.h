/* policy_bss_breaker.h -- when a BSS is left alone: after so many failures in a row, for a while; then one question tries.
 *
 * Times are monotonic ms, given by the caller. Pure; the caller locks. */
#ifndef POLICY_BSS_BREAKER_H
#define POLICY_BSS_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct policy_bss_breaker {
	uint32_t failures_max; /* in a row */
	int64_t open_ms;
	uint32_t failures;
	int64_t open_until; /* while is_open */
	bool is_open, is_probing;
};

/* Whether a question may be asked now. Each that was admitted is told by policy_bss_breaker_note(), once. */
bool policy_bss_breaker_admits(struct policy_bss_breaker *b, int64_t now);
/* True when that opened or closed it: for the log. */
bool policy_bss_breaker_note(struct policy_bss_breaker *b, bool is_good, int64_t now);

#endif
