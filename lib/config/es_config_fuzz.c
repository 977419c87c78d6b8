/* es_config_fuzz.c -- whatever a file says: a refusal has a reason, and what is accepted is printed as itself. */
#undef NDEBUG /* the checks are the point, in every build */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "es_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct demo {
	const char *listen, *note;
	uint32_t threads;
	bool verbose;
	int64_t ttl;
	uint64_t limit;
};

static const struct es_conf_key keys[] = {
	ES_CONF(demo, struct demo, listen, ES_CONF_STRING, "tcp://127.0.0.1:5701", 0, 0, "Where to listen."),
	ES_CONF(demo, struct demo, note, ES_CONF_STRING, "", 0, 0, "Anything."),
	ES_CONF(demo, struct demo, threads, ES_CONF_U32, "4", 1, 64, "Threads."),
	ES_CONF(demo, struct demo, verbose, ES_CONF_BOOL, "no", 0, 0, "Say more."),
	ES_CONF(limits, struct demo, ttl, ES_CONF_DURATION, "30s", 1000, 86400000, "Lifetime."),
	ES_CONF(limits, struct demo, limit, ES_CONF_SIZE, "16k", 0, 0, "Octets."),
};
enum { KEYS = sizeof keys / sizeof *keys };

/* Where inih would see the start of a comment, a printed value does not read back. Only the environment, or a value
 * right after the '=', can hold one. */
static bool has_comment(const char *value)
{
	return value[0] == ';' || strstr(value, " ;") != NULL || strstr(value, "\t;") != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena *arena = es_arena_new(0, (size_t)64 * 1024);
	struct demo first = { .threads = 4711 }, second = { .threads = 0 };
	struct es_buf error, printed;

	if (arena == NULL)
		abort();
	es_buf_init(&error, 8192);
	es_buf_init(&printed, (size_t)32 * 1024);
	if (es_config_parse(keys, KEYS, es_slice_of(data, size), &first, arena, &error) != ES_OK) {
		assert(error.len > 0 && first.threads == 4711); /* nothing is half applied */
	} else if (!has_comment(first.listen) && !has_comment(first.note)) {
		assert(error.len == 0 && first.threads >= 1 && first.threads <= 64);
		es_config_print(keys, KEYS, &first, &printed);
		es_status again = es_config_parse(keys, KEYS, es_buf_slice(&printed), &second, arena, &error);
		assert(again == ES_OK);
		assert(strcmp(first.listen, second.listen) == 0 && strcmp(first.note, second.note) == 0);
		assert(first.threads == second.threads && first.verbose == second.verbose);
		assert(first.ttl == second.ttl && first.limit == second.limit);
	}
	es_buf_free(&printed);
	es_buf_free(&error);
	es_arena_free(arena);
	return 0;
}
