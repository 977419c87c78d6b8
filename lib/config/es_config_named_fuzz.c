/* es_config_named_fuzz.c -- whatever a file says: a refusal has a reason, and what is accepted is within its bounds. */
#undef NDEBUG /* the checks are the point, in every build */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "es_config_named.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
	const char *host;
	uint32_t port;
};

static const struct es_conf_key keys[] = {
	ES_CONF(peer, struct peer, host, ES_CONF_STRING, NULL, 0, 0, "Who."),
	ES_CONF(peer, struct peer, port, ES_CONF_U32, "3868", 1, 65535, "Where."),
};
static const struct es_conf_section kinds[] = {
	{ "peer", keys, sizeof keys / sizeof *keys, sizeof(struct peer), false },
	{ "node", keys, sizeof keys / sizeof *keys, sizeof(struct peer), true },
	{ "udm", NULL, 0, 0, false },
};

static void check(const struct es_conf_named *list, size_t count)
{
	assert(count <= ES_CONFIG_NAMED_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct peer *peer = list[i].values;
		assert((peer == NULL) == (list[i].section->keys == NULL));
		assert(peer == NULL || (peer->host[0] != '\0' && peer->port >= 1 && peer->port <= 65535));
		assert(strlen(list[i].name) <= ES_CONFIG_NAME_MAX && (list[i].name[0] == '\0') == list[i].section->is_single);
		for (size_t k = 0; k < i; k++)
			assert(list[k].section != list[i].section || strcmp(list[k].name, list[i].name) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena *arena = es_arena_new(0, (size_t)256 * 1024);
	const struct es_conf_named *list = NULL;
	struct es_buf error;
	size_t count = 0;

	if (arena == NULL)
		abort();
	es_buf_init(&error, 8192);
	if (es_config_named_parse(kinds, sizeof kinds / sizeof *kinds, es_slice_of(data, size), arena, &list, &count,
	                          &error) == ES_OK)
		check(list, count);
	else
		assert(error.len > 0);
	es_buf_free(&error);
	es_arena_free(arena);
	return 0;
}
