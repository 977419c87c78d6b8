/* es_metrics.c -- the list of metrics and its rendering in Prometheus text format 0.0.4. */
#include "es_metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_metrics_process.h"

const char *const es_status_label_values[ES_STATUS_COUNT] = {
#define ES_STATUS_LABEL(symbol, name, retryable, meaning) [ES_##symbol] = name,
	ES_STATUS_LIST(ES_STATUS_LABEL)
#undef ES_STATUS_LABEL
};

/* Upper bounds. The fast path is 0.1 to 5 ms, a handshake under load 10 to 100 ms, a call that times out seconds. */
static const uint64_t usual_bounds_us[ES_METRIC_BUCKETS] = {
	100, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 500000, 2500000, 10000000,
};

static const uint64_t *bounds_of(const struct es_metric *m)
{
	return m->bounds_us != NULL ? m->bounds_us : usual_bounds_us;
}

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
	const uint64_t *bounds = bounds_of(m);
	size_t i = 0;

	es_metric_register(m);
	while (i < ES_METRIC_BUCKETS && microseconds > bounds[i])
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

/* `{a="b",label="value"}`; nothing without labels. */
static void put_labels(struct es_buf *out, const struct es_metric *m, const char *label, const char *value)
{
	const char *between = "{";

	for (size_t i = 0; i < ES_COUNT(m->fixed) && m->fixed[i][0] != NULL; i++) {
		es_put_printf(out, "%s%s=\"%s\"", between, m->fixed[i][0], m->fixed[i][1]);
		between = ",";
	}
	if (label != NULL)
		es_put_printf(out, "%s%s=\"%s\"", between, label, value);
	if (label != NULL || m->fixed[0][0] != NULL)
		es_put_str(out, "}");
}

static void put_series(struct es_buf *out, const struct es_metric *m)
{
	for (size_t i = 0; i < m->series; i++) {
		if (m->label != NULL && m->values[i] == NULL)
			continue; /* a hole in an array with designated initialisers */
		es_put_str(out, m->name);
		put_labels(out, m, m->label, m->label == NULL ? NULL : m->values[i]);
		es_put_printf(out, " %" PRId64 "\n", es_metric_value(m, i));
	}
}

static void put_bucket(struct es_buf *out, const struct es_metric *m, const char *bound, uint64_t below)
{
	es_put_printf(out, "%s_bucket", m->name);
	put_labels(out, m, "le", bound);
	es_put_printf(out, " %" PRIu64 "\n", below);
}

static void put_histogram(struct es_buf *out, const struct es_metric *m)
{
	uint64_t below = 0;
	char bound[32];

	for (size_t i = 0; i < ES_METRIC_BUCKETS; i++) {
		below += atomic_load_explicit(&m->bucket[i], memory_order_relaxed);
		(void)snprintf(bound, sizeof bound, "%g", (double)bounds_of(m)[i] / 1e6);
		put_bucket(out, m, bound, below);
	}
	/* The same number twice, however many are observed meanwhile: scrapers check it. */
	below += (uint64_t)atomic_load_explicit(&m->value[0], memory_order_relaxed);
	uint64_t sum = atomic_load_explicit(&m->sum_us, memory_order_relaxed);
	put_bucket(out, m, "+Inf", below);
	es_put_printf(out, "%s_sum", m->name);
	put_labels(out, m, NULL, NULL);
	es_put_printf(out, " %" PRIu64 ".%06" PRIu64 "\n%s_count", sum / 1000000, sum % 1000000, m->name);
	put_labels(out, m, NULL, NULL);
	es_put_printf(out, " %" PRIu64 "\n", below);
}

static bool is_first_of_its_name(const struct es_metric *first, const struct es_metric *m)
{
	while (first != m && strcmp(first->name, m->name) != 0)
		first = first->next;
	return first == m;
}

void es_metrics_write(struct es_buf *out)
{
	const struct es_metric *const first = atomic_load(&registered);

	for (const struct es_metric *m = first; m != NULL; m = m->next) {
		if (!is_first_of_its_name(first, m))
			continue;
		put_head(out, m);
		for (const struct es_metric *k = m; k != NULL; k = k->next)
			if (k->kind == ES_HISTOGRAM && strcmp(k->name, m->name) == 0)
				put_histogram(out, k);
			else if (strcmp(k->name, m->name) == 0)
				put_series(out, k);
	}
	metrics_write_process(out);
}
