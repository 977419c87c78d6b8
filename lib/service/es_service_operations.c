/* es_service_operations.c -- the operations port: /livez, /readyz and /metrics over plain HTTP, by default on loopback. */
#include "es_service_int.h"

#include "es_cleanup.h"
#include "es_metrics.h"

enum { METRICS_MAX = 4 * 1024 * 1024 };

static void live(struct es_service *service, struct es_http_request *request)
{
	(void)service;
	es_http_reply(request, 200, "text/plain", ES_SLICE_LIT("alive\n"));
}

static void ready(struct es_service *service, struct es_http_request *request)
{
	(void)pthread_mutex_lock(&service->lock);
	bool is_ready = service->started && service->ops->is_ready(service->state);
	(void)pthread_mutex_unlock(&service->lock);
	es_http_reply(request, is_ready ? 200 : 503, "text/plain",
	              is_ready ? ES_SLICE_LIT("ready\n") : ES_SLICE_LIT("not ready\n"));
}

static void metrics(struct es_service *service, struct es_http_request *request)
{
	struct es_buf text;

	(void)service;
	es_buf_init(&text, METRICS_MAX);
	es_metrics_write(&text);
	es_http_reply(request, 200, "text/plain; version=0.0.4", es_buf_slice(&text));
	es_buf_free(&text);
}

static const struct {
	const char *path;
	void (*answer)(struct es_service *service, struct es_http_request *request);
} pages[] = { { "/livez", live }, { "/readyz", ready }, { "/metrics", metrics } };

static void handle(struct es_http_request *request, void *user)
{
	if (!es_slice_eq_str(es_http_method(request), "GET")) {
		es_http_set_header(request, "Allow", "GET");
		es_http_reply(request, 405, "text/plain", ES_SLICE_LIT("only GET\n"));
		return;
	}
	for (size_t i = 0; i < ES_COUNT(pages); i++) {
		if (es_slice_eq_str(es_http_path(request), pages[i].path)) {
			pages[i].answer(user, request);
			return;
		}
	}
	es_http_reply(request, 404, "text/plain", ES_SLICE_LIT("there are /livez, /readyz and /metrics\n"));
}

es_status es_service_operations_start(struct es_service *service, struct es_buf *error)
{
	if (service->config->ops_listen[0] == '\0')
		return ES_OK;
	return es_http_start(
		&(struct es_http_options){
			.name = "operations",
			.listen = service->config->ops_listen,
			.threads = 1,
			.connections_max = 64,
			.body_max = 1024,
			.handler = handle,
			.user = service,
		},
		&service->operations, error);
}
