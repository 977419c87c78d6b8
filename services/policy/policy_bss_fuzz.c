/* policy_bss_fuzz.c -- a mapping and an answer of a BSS, a NUL between them. What leaves is a patch that a subscriber's
 * reader may refuse, but that never harms; a refusal says why. */
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "policy_bss_map.h"
#include "policy_resource.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_patch(const cJSON *patch)
{
	struct es_arena *arena = es_arena_new(0, 4u << 20);
	struct policy_fault fault = { NULL, NULL };
	struct policy_subscriber line;

	if (arena == NULL)
		return;
	policy_resource_defaults(&policy_subscriber_shape, &line);
	es_status status = policy_resource_read(&policy_subscriber_shape, patch, arena, &line, &fault);
	if (status == ES_MALFORMED && (fault.field == NULL || fault.error == NULL))
		abort();
	es_arena_free(arena);
}

static void apply(const struct policy_bss_map *map, const cJSON *answer, bool is_part)
{
	ES_CLEANUP(es_json_done) cJSON *patch = NULL;
	ES_CLEANUP(es_buf_free) struct es_buf error;
	enum policy_bss_found found = POLICY_BSS_NOBODY;

	es_buf_init(&error, 65536);
	es_status status = policy_bss_map_apply(map, answer, is_part, &found, &patch, &error);
	if (status == ES_MALFORMED && error.len == 0)
		abort();
	if (status == ES_OK && (found == POLICY_BSS_FOUND) != (patch != NULL))
		abort();
	if (patch != NULL)
		read_patch(patch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ES_CLEANUP(es_json_done) cJSON *answer = NULL;
	ES_CLEANUP(es_buf_free) struct es_buf error;
	struct es_slice rest = es_slice_of(data, size), text = es_slice_cut(&rest, '\0');
	struct policy_bss_map *map = NULL;

	es_buf_init(&error, 65536);
	es_status status = policy_bss_map_parse(text, &map, &error);
	if (status == ES_MALFORMED && error.len == 0)
		abort();
	if (status == ES_OK && es_json_parse(rest, POLICY_BSS_JSON, &answer) == ES_OK) {
		apply(map, answer, false);
		apply(map, answer, true);
	}
	policy_bss_map_free(map);
	return 0;
}
