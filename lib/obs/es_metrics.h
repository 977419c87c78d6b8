/* es_metrics.h -- counters, gauges and histograms with Prometheus text output. Any thread.
 *
 * A metric is a static object declared where it is counted; its labels come from closed sets given at
 * declaration (status, operation, application), never from a request. Counting is one atomic addition.
 *
 *     static const char *const results[] = { "success", "reject", "sync_failure" };
 *     ES_METRIC_COUNTER(auth_exchanges, "openes_auth_exchanges_total", "EAP exchanges ended", "result", results);
 *     es_count(&auth_exchanges, RESULT_REJECT);
 */
#ifndef ES_METRICS_H
#define ES_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "es_buf.h"

#define ES_METRIC_MAX_SERIES 64
#define ES_METRIC_BUCKETS 12

enum es_metric_kind { ES_COUNTER, ES_GAUGE, ES_HISTOGRAM };

struct es_metric {
	enum es_metric_kind kind;
	const char *name, *help;
	const char *label;         /* NULL: no label */
	const char *const *values; /* names of the label's values, index = series */
	size_t series;             /* 1 when there is no label */
	const char *fixed[2][2];   /* further labels, each name and value, the same for all series; metrics of
	                                                one name that differ here are shown as one. NULL: none */
	const uint64_t *bounds_us; /* of a histogram: ES_METRIC_BUCKETS other bounds; NULL: the usual */
	_Atomic int64_t value[ES_METRIC_MAX_SERIES]; /* of a histogram: [0] counts what is beyond the last bucket */
	/* Histogram, seconds: usual buckets 0.1 ms .. 10 s, each without those below it */
	_Atomic uint64_t bucket[ES_METRIC_BUCKETS];
	_Atomic uint64_t sum_us;
	_Atomic int registered;
	struct es_metric *next;
};

/* clang-format off */
#define ES_METRIC_COUNTER(var, metric_name, metric_help, label_name, label_values)                       \
	_Static_assert(sizeof(label_values) / sizeof(*(label_values)) <= ES_METRIC_MAX_SERIES, "too many series"); \
	static struct es_metric var = { .kind = ES_COUNTER, .name = metric_name, .help = metric_help,      \
		.label = label_name, .values = label_values, .series = sizeof(label_values) / sizeof(*(label_values)) }
#define ES_METRIC_COUNTER1(var, metric_name, metric_help) \
	static struct es_metric var = { .kind = ES_COUNTER, .name = metric_name, .help = metric_help, .series = 1 }
#define ES_METRIC_GAUGE(var, metric_name, metric_help) \
	static struct es_metric var = { .kind = ES_GAUGE, .name = metric_name, .help = metric_help, .series = 1 }
#define ES_METRIC_GAUGES(var, metric_name, metric_help, label_name, label_values)                        \
	_Static_assert(sizeof(label_values) / sizeof(*(label_values)) <= ES_METRIC_MAX_SERIES, "too many series"); \
	static struct es_metric var = { .kind = ES_GAUGE, .name = metric_name, .help = metric_help,        \
		.label = label_name, .values = label_values, .series = sizeof(label_values) / sizeof(*(label_values)) }
#define ES_METRIC_HISTOGRAM(var, metric_name, metric_help) \
	static struct es_metric var = { .kind = ES_HISTOGRAM, .name = metric_name, .help = metric_help, .series = 1 }
/* clang-format on */

/* Shows the metric at /metrics with value 0 before the first count. Idempotent; counting registers too. */
void es_metric_register(struct es_metric *m);
/* Adds one to series `index` (0 when there is no label). An index outside is a bug (assert). */
void es_count(struct es_metric *m, size_t index);
void es_count_by(struct es_metric *m, size_t index, int64_t n);
void es_gauge_set(struct es_metric *m, int64_t value);
void es_gauge_set_at(struct es_metric *m, size_t index, int64_t value);
void es_gauge_add(struct es_metric *m, int64_t delta);
void es_observe_us(struct es_metric *m, uint64_t microseconds);
/* Of a histogram: how many were observed. */
int64_t es_metric_value(const struct es_metric *m, size_t index);

/* Prometheus text format 0.0.4 of everything registered, process_* basics included. */
void es_metrics_write(struct es_buf *out);

/* Names of all es_status values, for a metric labelled by status. */
extern const char *const es_status_label_values[ES_STATUS_COUNT];

#endif
