/* es_service_int.h -- the parts of the service runtime among themselves. */
#ifndef ES_SERVICE_INT_H
#define ES_SERVICE_INT_H

#include <pthread.h>

#include "es_arena.h"
#include "es_http.h"
#include "es_service.h"

struct es_service {
	const struct es_service_ops *ops;
	const struct es_service_config *config;
	struct es_arena *arena; /* the configuration and its strings */
	struct es_bus_key *bus_key;
	struct es_http_server *operations;
	char instance[128];
	void *state;
	pthread_mutex_t lock; /* held while is_ready() looks at the state, which stop() frees */
	bool started;         /* under the lock: start() succeeded and drain has not begun */
};

/* --- command line --- */
enum es_service_mode {
	ES_SERVICE_RUN,
	ES_SERVICE_CHECK,
	ES_SERVICE_PRINT,
	ES_SERVICE_PRINT_OWN,
	ES_SERVICE_HELP,
	ES_SERVICE_VERSION,
	ES_SERVICE_USAGE
};
struct es_service_args {
	enum es_service_mode mode;
	const char *config_path;    /* NULL: no file */
	const char *print_argument; /* of the process's own option */
};
struct es_service_args es_service_parse_args(const struct es_service_ops *ops, int argc, char **argv);
/* What --help and a wrong command line print. */
void es_service_write_help(const struct es_service_ops *ops, struct es_buf *out);

/* --- the operations port --- */
es_status es_service_operations_start(struct es_service *service, struct es_buf *error) ES_MUST_USE;

/* Tells systemd, when it started us with Type=notify; nothing otherwise. */
void es_service_notify(const char *message);

#endif
