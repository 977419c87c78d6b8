/* bench_profiles.h -- profiles of an SM-DP+ that never runs out, as far as orders and downloads go (SGP.22 3.1). Any thread. */
#ifndef BENCH_PROFILES_H
#define BENCH_PROFILES_H

#include <stdbool.h>
#include <stdint.h>

#include "es_slice.h"

#define BENCH_ICCID 20 /* 19 digits */

struct bench_profiles;

/* A refusal has the subject and reason codes of SGP.22; NULL subject: it was done. */
struct bench_refusal {
	const char *subject, *reason;
};

struct bench_profiles *bench_profiles_new(void); /* NULL: out of memory */
void bench_profiles_free(struct bench_profiles *profiles);

/* `eid` may be empty. */
struct bench_refusal bench_profiles_order(struct bench_profiles *p, struct es_slice eid, char iccid[BENCH_ICCID]);
struct bench_refusal bench_profiles_confirm(struct bench_profiles *p, struct es_slice iccid, struct es_slice eid,
                                            struct es_slice matching_id, bool release);
struct bench_refusal bench_profiles_release(struct bench_profiles *p, struct es_slice iccid);
struct bench_refusal bench_profiles_cancel(struct bench_profiles *p, struct es_slice iccid);
/* A device fetches and installs it. */
struct bench_refusal bench_profiles_fetch(struct bench_profiles *p, struct es_slice matching_id, struct es_slice eid,
                                          char iccid[BENCH_ICCID]);
uint64_t bench_profiles_ordered(struct bench_profiles *p);
uint64_t bench_profiles_installed(struct bench_profiles *p);

#endif
