/* policy_resource_fuzz.c -- bodies of the operators' API: what is accepted is written and read again the same.
 *
 * The first octet picks the resource, the rest is the body. */
#include <stdlib.h>

#include "es_cleanup.h"
#include "policy_resource.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SHAPES 7

union resource {
	struct policy_tenant tenant;
	struct policy_plan plan;
	struct policy_subscriber subscriber;
	struct policy_client client;
	struct policy_store_user store_user;
	struct policy_listed listed;
	struct policy_device_model model;
};

static bool read_body(const struct policy_shape *shape, struct es_slice body, struct es_json_limits limits,
                      struct es_arena *arena, union resource *into)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_fault fault = { NULL, NULL };

	if (es_json_parse(body, limits, &json) != ES_OK)
		return false;
	policy_resource_defaults(shape, into);
	es_status status = policy_resource_read(shape, json, arena, into, &fault);
	if (status == ES_MALFORMED && (fault.field == NULL || fault.error == NULL))
		abort(); /* a refusal says where and why */
	return status == ES_OK;
}

static void write_body(const struct policy_shape *shape, const union resource *from, struct es_buf *out)
{
	es_buf_init(out, 4u << 20);
	struct es_json_out j = es_json_to(out);
	es_json_object(&j, NULL);
	policy_resource_write(shape, from, &j);
	es_json_end_object(&j);
	if (es_buf_status(out) != ES_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_shape *const shapes[SHAPES] = { &policy_tenant_shape,      &policy_plan_shape,
		                                                &policy_subscriber_shape,  &policy_client_shape,
		                                                &policy_store_user_shape,  &policy_listed_shape,
		                                                &policy_device_model_shape };
	/* Escapes and defaults make the written form longer than the one that was read. */
	const struct es_json_limits written = { 4u << 20, 8, 65536 };
	union resource first, second;
	struct es_buf once, twice;

	if (size == 0)
		return 0;
	const struct policy_shape *shape = shapes[(uint8_t)(data[0] - '0') % SHAPES];
	struct es_arena *arena = es_arena_new(0, 16u << 20);
	if (arena == NULL)
		return 0;
	if (read_body(shape, es_slice_of(data + 1, size - 1), ES_JSON_SMALL, arena, &first)) {
		write_body(shape, &first, &once);
		if (!read_body(shape, es_buf_slice(&once), written, arena, &second))
			abort();
		write_body(shape, &second, &twice);
		if (!es_slice_eq(es_buf_slice(&once), es_buf_slice(&twice)))
			abort();
		es_buf_free(&once);
		es_buf_free(&twice);
	}
	es_arena_free(arena);
	return 0;
}
