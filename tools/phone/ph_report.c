/* ph_report.c -- numbers for people and for programs. */
#include "ph_report.h"

#include <inttypes.h>

#include "es_json.h"

static const char *const kind_names[PH_KINDS] = { [PH_AUTH] = "auth", [PH_TOKEN] = "token", [PH_ODSA] = "odsa" };

static double ms(uint64_t us)
{
	return (double)us / 1000;
}

void ph_report_table(const struct ph_load_result *r, FILE *out)
{
	(void)fprintf(out, "%-8s %10s %8s %12s %9s %9s %9s %9s\n", "", "ok", "failed", "ok/s", "p50 ms", "p90 ms", "p99 ms",
	              "max ms");
	for (int k = 0; k < PH_KINDS; k++) {
		const struct ph_histogram *h = &r->total.kind[k].latency;
		if (r->total.kind[k].ok + r->total.kind[k].failed == 0)
			continue;
		(void)fprintf(out, "%-8s %10" PRIu64 " %8" PRIu64 " %12.1f %9.2f %9.2f %9.2f %9.2f\n", kind_names[k],
		              r->total.kind[k].ok, r->total.kind[k].failed, (double)r->total.kind[k].ok / r->seconds,
		              ms(ph_histogram_percentile(h, 50)), ms(ph_histogram_percentile(h, 90)),
		              ms(ph_histogram_percentile(h, 99)), ms(h->max));
	}
	(void)fprintf(
		out, "\n%" PRIu64 " requests in %.1f s (%.1f/s), %u connections, %zu phones, %" PRIu64 " resynchronisations\n",
		r->total.requests, r->seconds, (double)r->total.requests / r->seconds, r->connections, r->phones,
		r->total.resyncs);
	if (r->total.lpa_calls > 0)
		(void)fprintf(out, "%" PRIu64 " downloads took %.2f ms each\n", r->total.lpa_calls,
		              ms(r->total.lpa_us / r->total.lpa_calls));
	if (r->rate > 0)
		(void)fprintf(out, "asked for %" PRIu64 " exchanges a second; latency counts from when each was due\n",
		              r->rate);
	(void)fprintf(out, "last answers:");
	for (unsigned status = 1; status < PH_STATUS_MAX; status++)
		if (r->total.by_status[status] > 0)
			(void)fprintf(out, "  %u: %" PRIu64, status, r->total.by_status[status]);
	if (r->total.by_status[0] > 0)
		(void)fprintf(out, "  none: %" PRIu64, r->total.by_status[0]);
	(void)fputc('\n', out);
	if (r->total.failure[0] != 0)
		(void)fprintf(out, "first failure: %s\n", r->total.failure);
}

void ph_report_json(const struct ph_load_result *r, struct es_buf *out)
{
	struct es_json_out j = es_json_to(out);

	es_json_object(&j, NULL);
	es_json_put_raw(&j, "seconds", (struct es_slice){ 0 });
	es_put_printf(out, "%.3f", r->seconds);
	es_json_put_i64(&j, "connections", r->connections);
	es_json_put_i64(&j, "phones", (int64_t)r->phones);
	es_json_put_i64(&j, "rate", (int64_t)r->rate);
	es_json_put_i64(&j, "requests", (int64_t)r->total.requests);
	es_json_put_i64(&j, "resynchronisations", (int64_t)r->total.resyncs);
	es_json_put_i64(&j, "lpa_calls", (int64_t)r->total.lpa_calls);
	es_json_put_i64(&j, "lpa_us", (int64_t)r->total.lpa_us);
	es_json_put_str(&j, "failure", r->total.failure[0] == 0 ? NULL : r->total.failure);
	for (int k = 0; k < PH_KINDS; k++) {
		const struct ph_histogram *h = &r->total.kind[k].latency;
		es_json_object(&j, kind_names[k]);
		es_json_put_i64(&j, "ok", (int64_t)r->total.kind[k].ok);
		es_json_put_i64(&j, "failed", (int64_t)r->total.kind[k].failed);
		es_json_put_raw(&j, "per_second", (struct es_slice){ 0 });
		es_put_printf(out, "%.1f", (double)r->total.kind[k].ok / r->seconds);
		es_json_put_i64(&j, "p50_us", (int64_t)ph_histogram_percentile(h, 50));
		es_json_put_i64(&j, "p90_us", (int64_t)ph_histogram_percentile(h, 90));
		es_json_put_i64(&j, "p99_us", (int64_t)ph_histogram_percentile(h, 99));
		es_json_put_i64(&j, "max_us", (int64_t)h->max);
		es_json_end_object(&j);
	}
	es_json_object(&j, "statuses");
	for (unsigned status = 0; status < PH_STATUS_MAX; status++) {
		char name[8];
		if (r->total.by_status[status] == 0)
			continue;
		(void)snprintf(name, sizeof name, "%u", status);
		es_json_put_i64(&j, name, (int64_t)r->total.by_status[status]);
	}
	es_json_end_object(&j);
	es_json_end_object(&j);
	es_put_u8(out, '\n');
}
