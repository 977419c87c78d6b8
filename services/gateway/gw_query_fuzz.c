/* gw_query_fuzz.c -- any query string: what is accepted keeps every promise of gw_request.h, and says the same when it is
 * written again with every octet escaped. */
#include <stdlib.h>

#include "es_text.h"
#include "gw_request.h"

#define CHECK(what)                                                                                                    \
	do {                                                                                                               \
		if (!(what))                                                                                                   \
			abort();                                                                                                   \
	} while (0)

static void check_promises(const struct gw_device_request *request)
{
	CHECK(request->app_count >= 1 && request->app_count <= GW_APPS_MAX);
	CHECK(request->version_major <= 12 && (request->version_major < 12 || request->version_minor == 0));
	CHECK(request->token.len <= GW_TOKEN_MAX && request->param_count <= GW_PARAMS_MAX);
	for (size_t i = 0; i < request->app_count; i++) {
		CHECK(gw_app_index(request->apps[i]) < GW_KNOWN_APPS || gw_app_may_be_own(request->apps[i]));
		for (size_t k = 0; k < i; k++)
			CHECK(!es_slice_eq(request->apps[i], request->apps[k]));
	}
	for (size_t i = 0; i < request->param_count; i++) {
		CHECK(!es_slice_eq_nocase(request->params[i].name, ES_SLICE_LIT("token")));
		CHECK(es_text_is_clean_utf8(request->params[i].value) && request->params[i].value.len <= GW_VALUE_MAX);
	}
}

static void write_again(const struct gw_params *params, struct es_buf *out)
{
	for (size_t i = 0; i < params->count; i++) {
		es_percent_encode(params->items[i].name, out);
		es_put_u8(out, '=');
		es_percent_encode(params->items[i].value, out);
		es_put_u8(out, '&');
	}
}

static void check_round_trip(const struct gw_params *params, struct es_arena *arena)
{
	struct gw_params again = { .count = 0 };
	struct es_buf text;

	es_buf_init(&text, 4u << 20);
	write_again(params, &text);
	CHECK(gw_query_parse(es_buf_slice(&text), arena, &again) == GW_FAULT_NONE);
	CHECK(again.count == params->count);
	for (size_t i = 0; i < again.count; i++)
		CHECK(es_slice_eq(again.items[i].name, params->items[i].name) &&
		      es_slice_eq(again.items[i].value, params->items[i].value));
	es_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_arena *arena = es_arena_new(0, 4u << 20);
	struct gw_device_request request;
	struct gw_params params = { .count = 0 };

	if (gw_query_parse(es_slice_of(data, size), arena, &params) == GW_FAULT_NONE) {
		check_round_trip(&params, arena);
		if (gw_request_build(&params, 12, &request) == GW_FAULT_NONE)
			check_promises(&request);
	}
	es_arena_free(arena);
	return 0;
}
