/* es_metrics.c -- the list of metrics and its rendering in Prometheus text format 0.0.4. */
#include "es_metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>

#include "es_metrics_process.h"

const char *const es_status_label_values[ES_STATUS_COUNT] = {
#define ES_STATUS_LABEL(symbol, name, retryable, meaning) [ES_##symbol] = name,
	ES_STATUS_LIST(ES_STATUS_LABEL)
#undef ES_STATUS_LABEL
};

/* Upper bounds. The fast path is 0.1 to 5 ms, a handshake under load 10 to 100 ms, a call that times out seconds. */
static const struct {
	uint64_t us;
	const char *seconds;
} bounds[ES_METRIC_BUCKETS] = {
	{ 100, "0.0001" }, { 500, "0.0005" }, { 1000, "0.001" },  { 2500, "0.0025" },
	{ 5000, "0.005" }, { 10000, "0.01" }, { 25000, "0.025" }, { 50000, "0.05" },
	{ 100000, "0.1" }, { 500000, "0.5" }, { 2500000, "2.5" }, { 10000000, "10" },
};

static _Atomic(struct es_metric *) registered;

void es_metric_register(struct es_metric *m)
{
	if (atomic_load_explicit(&m->registered, memory_order_relaxed) || atomic_exchange(&m->registered, 1))
		return;
	m->next = atomic_load(&registered);
	while (!atomic_compare_exchange_weak(&registered, &m->next, m))
		;
}

void es_count_by(struct es_metric *m, size_t index, int64_t n)
{
	assert(index < m->series);
	es_metric_register(m);
	atomic_fetch_add_explicit(&m->value[index], n, memory_order_relaxed);
}

void es_count(struct es_metric *m, size_t index)
{
	es_count_by(m, index, 1);
}

void es_gauge_set_at(struct es_metric *m, size_t index, int64_t value)
{
	assert(index < m->series);
	es_metric_register(m);
	atomic_store_explicit(&m->value[index], value, memory_order_relaxed);
}

void es_gauge_set(struct es_metric *m, int64_t value)
{
	es_gauge_set_at(m, 0, value);
}

void es_gauge_add(struct es_metric *m, int64_t delta)
{
	es_count_by(m, 0, delta);
}

void es_observe_us(struct es_metric *m, uint64_t microseconds)
{
	size_t i = 0;

	es_metric_register(m);
	while (i < ES_METRIC_BUCKETS && microseconds > bounds[i].us)
		i++;
	if (i < ES_METRIC_BUCKETS)
		atomic_fetch_add_explicit(&m->bucket[i], 1, memory_order_relaxed);
	else
		atomic_fetch_add_explicit(&m->value[0], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->sum_us, microseconds, memory_order_relaxed);
}

int64_t es_metric_value(const struct es_metric *m, size_t index)
{
	assert(index < m->series);
	int64_t value = atomic_load_explicit(&m->value[index], memory_order_relaxed);

	for (size_t i = 0; m->kind == ES_HISTOGRAM && i < ES_METRIC_BUCKETS; i++)
		value += (int64_t)atomic_load_explicit(&m->bucket[i], memory_order_relaxed);
	return value;
}

/* ---- text format ---- */

static void put_head(struct es_buf *out, const struct es_metric *m)
{
	static const char *const kinds[] = { [ES_COUNTER] = "counter", [ES_GAUGE] = "gauge", [ES_HISTOGRAM] = "histogram" };

	es_put_printf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name, kinds[m->kind]);
}

static void put_series(struct es_buf *out, const struct es_metric *m)
{
	for (size_t i = 0; i < m->series; i++) {
		int64_t value = es_metric_value(m, i);
		if (m->label == NULL)
			es_put_printf(out, "%s %" PRId64 "\n", m->name, value);
		else if (m->values[i] != NULL) /* a hole in an array with designated initialisers */
			es_put_printf(out, "%s{%s=\"%s\"} %" PRId64 "\n", m->name, m->label, m->values[i], value);
	}
}

static void put_histogram(struct es_buf *out, const struct es_metric *m)
{
	uint64_t below = 0;

	for (size_t i = 0; i < ES_METRIC_BUCKETS; i++) {
		below += atomic_load_explicit(&m->bucket[i], memory_order_relaxed);
		es_put_printf(out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", m->name, bounds[i].seconds, below);
	}
	/* The same number twice, however many are observed meanwhile: scrapers check it. */
	below += (uint64_t)atomic_load_explicit(&m->value[0], memory_order_relaxed);
	uint64_t sum = atomic_load_explicit(&m->sum_us, memory_order_relaxed);
	es_put_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", m->name, below);
	es_put_printf(out, "%s_sum %" PRIu64 ".%06" PRIu64 "\n", m->name, sum / 1000000, sum % 1000000);
	es_put_printf(out, "%s_count %" PRIu64 "\n", m->name, below);
}

void es_metrics_write(struct es_buf *out)
{
	for (const struct es_metric *m = atomic_load(&registered); m != NULL; m = m->next) {
		put_head(out, m);
		if (m->kind == ES_HISTOGRAM)
			put_histogram(out, m);
		else
			put_series(out, m);
	}
	metrics_write_process(out);
}
