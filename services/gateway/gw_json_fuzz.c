/* gw_json_fuzz.c -- any body: a packet or parameters, never both; and texts that a GET could carry mean the same there
 * (V12-REQ-04). */
#include <stdlib.h>
#include <string.h>

#include "es_text.h"
#include "gw_request.h"

#define CHECK(what)                                                                                                    \
	do {                                                                                                               \
		if (!(what))                                                                                                   \
			abort();                                                                                                   \
	} while (0)

static void check_same_by_get(const struct gw_params *params, struct es_arena *arena)
{
	struct gw_device_request by_post, by_get;
	struct gw_params again = { .count = 0 };
	struct es_buf query;
	enum gw_fault fault = gw_request_build(params, 12, &by_post);

	es_buf_init(&query, 4u << 20);
	for (size_t i = 0; i < params->count; i++) {
		es_percent_encode(params->items[i].name, &query);
		es_put_u8(&query, '=');
		es_percent_encode(params->items[i].value, &query);
		es_put_u8(&query, '&');
	}
	CHECK(gw_query_parse(es_buf_slice(&query), arena, &again) == GW_FAULT_NONE);
	CHECK(gw_request_build(&again, 12, &by_get) == fault);
	if (fault == GW_FAULT_NONE) {
		CHECK(by_get.app_count == by_post.app_count && by_get.vers == by_post.vers);
		CHECK(by_get.version_major == by_post.version_major && by_get.version_minor == by_post.version_minor);
		CHECK(es_slice_eq(by_get.token, by_post.token) && es_slice_eq(by_get.eap_id, by_post.eap_id));
		CHECK(by_get.param_count == by_post.param_count && by_get.notif_action == by_post.notif_action);
	}
	es_buf_free(&query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena *arena = es_arena_new(0, 4u << 20);
	struct gw_params params = { .count = 0 };
	struct es_slice packet = { NULL, 0 };

	if (gw_json_parse(es_slice_of(data, size), arena, &params, &packet) == GW_FAULT_NONE) {
		CHECK(packet.len == 0 || params.count == 0);
		if (packet.len == 0)
			check_same_by_get(&params, arena);
	} else {
		CHECK(packet.len == 0);
	}
	es_arena_free(arena);
	return 0;
}
