/* ph_histogram.h -- latencies in microseconds, counted in buckets 1.6 % wide: exact enough to report, small enough to
 * have one in every thread. Pure. */
#ifndef PH_HISTOGRAM_H
#define PH_HISTOGRAM_H

#include <stdint.h>

#define PH_BUCKETS_PER_OCTAVE 64u
#define PH_OCTAVES 30u /* up to 2^35 us, nine hours */

struct ph_histogram {
	uint64_t count, max;
	uint64_t buckets[PH_BUCKETS_PER_OCTAVE * (PH_OCTAVES + 1)];
};

void ph_histogram_add(struct ph_histogram *h, int64_t us);
/* The value below which `percent` of all lie (the upper edge of its bucket, never above the maximum); 0 when empty. */
uint64_t ph_histogram_percentile(const struct ph_histogram *h, double percent);

#endif
