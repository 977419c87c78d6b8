/* es_http_metrics.c -- what the HTTP servers of a process count.
 *
 * One counter for all servers: es_metrics knows one label, and prints its values as they are, so the second label is
 * written into the value. */
#include <string.h>

#include "es_cleanup.h"
#include "es_http_int.h"

#define ROW(server) server "\",code=\"2xx", server "\",code=\"3xx", server "\",code=\"4xx", server "\",code=\"5xx"
#define CLASSES 4u

static const char *const servers[] = { "device", "admin", "operations", "other" };
static const char *const replies[] = { ROW("device"), ROW("admin"), ROW("operations"), ROW("other") };
_Static_assert(ES_COUNT(replies) == ES_COUNT(servers) * CLASSES, "a row for each server");

static const char *const reasons[] = {
#define HTTP_REFUSAL_LABEL(name, label, status, text) label,
	HTTP_REFUSAL_LIST(HTTP_REFUSAL_LABEL)
#undef HTTP_REFUSAL_LABEL
};

ES_METRIC_COUNTER(http_replies, "openes_http_requests_total", "HTTP replies by server and class of status", "server",
                  replies);
ES_METRIC_COUNTER(http_refusals, "openes_http_refused_total",
                  "Requests and connections refused before a handler saw them", "reason", reasons);
ES_METRIC_GAUGE(http_connections, "openes_http_connections", "Open HTTP connections");
ES_METRIC_GAUGE(http_requests, "openes_http_active_requests", "Requests being received, worked on or answered");

const char *http_refusal_label(enum http_refusal why)
{
	return reasons[why];
}

void http_metrics_register(struct es_http_server *server)
{
	server->metric_row = 0;
	while (server->metric_row < ES_COUNT(servers) - 1 && strcmp(servers[server->metric_row], server->options.name) != 0)
		server->metric_row++;
	es_metric_register(&http_replies);
	es_metric_register(&http_refusals);
	es_metric_register(&http_connections);
	es_metric_register(&http_requests);
}

void http_count_reply(const struct es_http_server *server, unsigned status)
{
	unsigned class = status / 100;

	es_count(&http_replies, server->metric_row * CLASSES + (class < 2 ? 0 : class > 5 ? 3 : class - 2));
}

void http_count_refusal(enum http_refusal why)
{
	es_count(&http_refusals, why);
}

void http_gauge_connections(int64_t delta)
{
	es_gauge_add(&http_connections, delta);
}

void http_gauge_requests(int64_t delta)
{
	es_gauge_add(&http_requests, delta);
}
