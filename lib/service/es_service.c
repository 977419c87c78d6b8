/* es_service.c -- the life of a process: configuration, keys, logging, start, signals, drain, stop. */
#include "es_service_int.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_secret.h"

enum { CONFIG_ARENA = 1024 * 1024, TEXT_MAX = 256 * 1024, EXIT_USAGE = 2, BUS_CHECK_S = 5, BUS_FAILURES_MAX = 4 };

struct es_bus_key *es_service_bus_key(struct es_service *service)
{
	return service->bus_key;
}

const char *es_service_instance(const struct es_service *service)
{
	return service->instance;
}

/* SIGTERM and SIGINT are taken by sigtimedwait in the main thread; every thread born later inherits the mask. */
static void block_signals(sigset_t *waited)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	sigemptyset(waited);
	sigaddset(waited, SIGTERM);
	sigaddset(waited, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, waited, NULL);
}

/* What the table of keys cannot say. */
static es_status check_words(const struct es_service_config *config, struct es_buf *error)
{
	enum es_log_level level;

	if (!es_log_level_from_name(config->log_level, &level)) {
		es_put_printf(error, "log_level is '%s'; it may be debug, info, warn or error", config->log_level);
		return ES_MALFORMED;
	}
	if (strcmp(config->log_format, "auto") != 0 && strcmp(config->log_format, "json") != 0 &&
	    strcmp(config->log_format, "human") != 0) {
		es_put_printf(error, "log_format is '%s'; it may be auto, json or human", config->log_format);
		return ES_MALFORMED;
	}
	return ES_OK;
}

static es_status load_config(struct es_service *service, const char *path, struct es_buf *error)
{
	const struct es_service_ops *ops = service->ops;
	void *config;

	service->arena = es_arena_new(0, CONFIG_ARENA);
	if (service->arena == NULL || (config = es_arena_alloc(service->arena, ops->config_size)) == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_config_load(ops->keys, ops->key_count, path, config, service->arena, error));
	service->config = config;
	ES_TRY(check_words(service->config, error));
	return ops->check == NULL ? ES_OK : ops->check(config, error);
}

static es_status start_logging(struct es_service *service, struct es_buf *error)
{
	const struct es_service_config *config = service->config;
	struct es_log_options log = { .service = service->ops->name,
		                          .instance = service->instance,
		                          .show_identities = config->log_identities };

	(void)es_log_level_from_name(config->log_level, &log.level); /* checked with the configuration */
	log.human = strcmp(config->log_format, "human") == 0 ||
	            (strcmp(config->log_format, "auto") == 0 && isatty(STDERR_FILENO) == 1);
	if (config->pseudonym_key_file[0] != '\0')
		ES_TRY(es_secret_load(config->pseudonym_key_file, log.pseudonym_key, error));
	else
		es_random(log.pseudonym_key, sizeof log.pseudonym_key);
	es_log_init(&log);
	es_wipe(log.pseudonym_key, sizeof log.pseudonym_key);
	if (config->log_identities)
		es_warn(NULL, "service.identities_shown");
	return ES_OK;
}

static void name_instance(struct es_service *service)
{
	if (service->config->instance[0] != '\0')
		(void)snprintf(service->instance, sizeof service->instance, "%s", service->config->instance);
	else if (gethostname(service->instance, sizeof service->instance) != 0)
		(void)snprintf(service->instance, sizeof service->instance, "%s", service->ops->name);
	service->instance[sizeof service->instance - 1] = '\0';
}

static void set_started(struct es_service *service, bool started)
{
	(void)pthread_mutex_lock(&service->lock);
	service->started = started;
	(void)pthread_mutex_unlock(&service->lock);
}

static es_status start_all(struct es_service *service, struct es_buf *error)
{
	name_instance(service);
	ES_TRY(start_logging(service, error));
	es_bus_init();
	ES_TRY(es_bus_key_load(service->config->bus_key_file, &service->bus_key, error));
	ES_TRY(es_service_operations_start(service, error));
	ES_TRY(service->ops->start(service, service->config, &service->state, error));
	set_started(service, true);
	es_info(NULL, "service.started", es_f_str("version", OPENES_VERSION),
	        es_f_str("operations", service->config->ops_listen));
	es_service_notify("READY=1");
	return ES_OK;
}

/* Everything start_all() made, in the other order; also after half a start. */
static void free_all(struct es_service *service)
{
	es_http_stop(service->operations, 1000);
	es_bus_key_free(service->bus_key);
	es_arena_free(service->arena);
}

/* Nothing new, then what is in flight within the bound. Says whether the bound held. */
static bool drain(struct es_service *service)
{
	int64_t begun = es_mono_ms(), bound = service->config->drain;

	es_service_notify("STOPPING=1");
	es_info(NULL, "service.draining");
	set_started(service, false);
	if (service->ops->drain != NULL)
		service->ops->drain(service->state);
	service->ops->stop(service->state, bound);
	int64_t took = es_mono_ms() - begun;
	if (took > bound) {
		es_error(NULL, "service.drain_overrun", es_f_i64("took_ms", took), es_f_i64("bound_ms", bound));
		return false;
	}
	es_info(NULL, "service.stopped", es_f_i64("took_ms", took));
	return true;
}

/* Until told to stop, or until only a new process can help. Says whether it was the former. */
static bool wait_for_the_end(const sigset_t *waited)
{
	const struct timespec pause = { .tv_sec = BUS_CHECK_S };
	unsigned failures = 0; /* in a row: one alone may be a machine that is very busy */

	while (sigtimedwait(waited, NULL, &pause) < 0) {
		failures = es_bus_is_sound() ? 0 : failures + 1;
		if (failures == BUS_FAILURES_MAX) {
			es_error(NULL, "service.bus_stuck", es_f_str("next", "this process ends, to be started again"));
			return false;
		}
	}
	return true;
}

static int run(struct es_service *service)
{
	sigset_t waited;
	struct es_buf error;

	block_signals(&waited);
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }); /* a core file would hold keys */
	es_buf_init(&error, TEXT_MAX);
	if (start_all(service, &error) != ES_OK) {
		es_error(NULL, "service.not_started", es_f_slice("why", es_buf_slice(&error)));
		es_buf_free(&error);
		free_all(service);
		return EXIT_FAILURE;
	}
	es_buf_free(&error);
	bool was_told = wait_for_the_end(&waited);
	bool was_drained = drain(service);
	free_all(service);
	return was_told && was_drained ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void print(FILE *to, struct es_buf *text)
{
	struct es_slice all = es_buf_slice(text);

	(void)fprintf(to, ES_SLICE_FMT, ES_SLICE_ARG(all));
	es_buf_free(text);
}

static int explain(const struct es_service_ops *ops, enum es_service_mode mode)
{
	struct es_buf text;

	if (mode == ES_SERVICE_VERSION) {
		(void)printf("openes-%s %s\n", ops->name, OPENES_VERSION);
		return EXIT_SUCCESS;
	}
	es_buf_init(&text, TEXT_MAX);
	es_service_write_help(ops, &text);
	print(mode == ES_SERVICE_HELP ? stdout : stderr, &text);
	return mode == ES_SERVICE_HELP ? EXIT_SUCCESS : EXIT_USAGE;
}

/* What this process alone can print. Frees `text`. */
static int print_own(const struct es_service *service, const char *argument, struct es_buf *text)
{
	char storage[1024];
	struct es_buf error;

	es_buf_init_fixed(&error, storage, sizeof storage);
	if (service->ops->print->print(service->config, argument, text, &error) == ES_OK) {
		print(stdout, text);
		return EXIT_SUCCESS;
	}
	es_buf_free(text);
	(void)fprintf(stderr, "openes-%s: " ES_SLICE_FMT "\n", service->ops->name, ES_SLICE_ARG(es_buf_slice(&error)));
	return EXIT_FAILURE;
}

int es_service_main(const struct es_service_ops *ops, int argc, char **argv)
{
	struct es_service_args args = es_service_parse_args(ops, argc, argv);
	struct es_service service = { .ops = ops, .lock = PTHREAD_MUTEX_INITIALIZER };
	struct es_buf text;

	if (args.mode == ES_SERVICE_HELP || args.mode == ES_SERVICE_VERSION || args.mode == ES_SERVICE_USAGE)
		return explain(ops, args.mode);
	es_crypto_init();
	es_buf_init(&text, TEXT_MAX);
	if (load_config(&service, args.config_path, &text) != ES_OK) {
		(void)fprintf(stderr, "openes-%s: ", ops->name);
		print(stderr, &text);
		(void)fputc('\n', stderr);
		es_arena_free(service.arena);
		return EXIT_FAILURE;
	}
	es_buf_reset(&text);
	if (args.mode == ES_SERVICE_RUN) {
		es_buf_free(&text);
		return run(&service);
	}
	if (args.mode == ES_SERVICE_PRINT_OWN) {
		int code = print_own(&service, args.print_argument, &text);
		es_arena_free(service.arena);
		return code;
	}
	if (args.mode == ES_SERVICE_PRINT)
		es_config_print(ops->keys, ops->key_count, service.config, &text);
	else
		es_put_printf(&text, "the configuration of openes-%s is right\n", ops->name);
	print(stdout, &text);
	es_arena_free(service.arena);
	return EXIT_SUCCESS;
}
