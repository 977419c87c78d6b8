/* ph_histogram.c -- 64 buckets for each power of two. */
#include "ph_histogram.h"

#include "es_cleanup.h"

/* Values below 64 have a bucket each; above, the top seven bits choose it. */
static unsigned bucket_of(uint64_t us)
{
	unsigned shift = 0;
	while (us >> shift >= 2 * PH_BUCKETS_PER_OCTAVE)
		shift++;
	unsigned bucket = shift * PH_BUCKETS_PER_OCTAVE + (unsigned)(us >> shift);
	unsigned last = PH_BUCKETS_PER_OCTAVE * (PH_OCTAVES + 1) - 1;
	return bucket < last ? bucket : last;
}

static uint64_t upper_edge(unsigned bucket)
{
	unsigned shift = bucket < 2 * PH_BUCKETS_PER_OCTAVE ? 0 : bucket / PH_BUCKETS_PER_OCTAVE - 1;
	uint64_t top = bucket - shift * PH_BUCKETS_PER_OCTAVE;
	return ((top + 1) << shift) - 1;
}

void ph_histogram_add(struct ph_histogram *h, int64_t us)
{
	uint64_t v = us < 0 ? 0 : (uint64_t)us;
	h->buckets[bucket_of(v)]++;
	h->count++;
	if (v > h->max)
		h->max = v;
}

uint64_t ph_histogram_percentile(const struct ph_histogram *h, double percent)
{
	double wanted = (double)h->count * percent / 100;
	uint64_t seen = 0;

	for (unsigned i = 0; i < ES_COUNT(h->buckets); i++) {
		seen += h->buckets[i];
		if (seen > 0 && (double)seen >= wanted)
			return upper_edge(i) < h->max ? upper_edge(i) : h->max;
	}
	return h->max;
}
