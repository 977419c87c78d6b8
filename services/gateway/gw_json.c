/* gw_json.c -- the JSON body of a POST (TS.43 2.4), and the EAP answer that comes as JSON, too.
 *
 * Values should be strings; numbers and booleans are taken as well, an array becomes a repeated parameter. An EAP answer is
 * known by its member, not by its type: clients label it as they like. */
#include <inttypes.h>
#include <stdio.h>

#include "es_cleanup.h"
#include "es_json.h"
#include "es_text.h"
#include "gw_request.h"

#define RELAY_MEMBER "eap-relay-packet"
#define EXACT_MAX 9007199254740992.0 /* 2^53: beyond it a JSON number is not the number that was sent */

static enum gw_fault add_text(struct gw_params *out, struct es_arena *arena, const char *name, const char *text)
{
	struct es_slice kept_name = es_arena_copy(arena, es_slice_str(name));
	struct es_slice kept = es_arena_copy(arena, es_slice_str(text));

	if ((kept_name.ptr == NULL && *name != '\0') || (kept.ptr == NULL && *text != '\0'))
		return GW_FAULT_TOO_LONG;
	return gw_params_add(out, kept_name, kept);
}

static enum gw_fault add_number(struct gw_params *out, struct es_arena *arena, const char *name, double number)
{
	char text[32];

	if (!(number > -EXACT_MAX && number < EXACT_MAX))
		return GW_FAULT_SYNTAX;
	int64_t whole = (int64_t)number;

	if (!((double)whole < number) && !((double)whole > number))
		snprintf(text, sizeof(text), "%" PRId64, whole);
	else
		snprintf(text, sizeof(text), "%.17g", number);
	return add_text(out, arena, name, text);
}

static enum gw_fault add_scalar(struct gw_params *out, struct es_arena *arena, const char *name, const cJSON *value)
{
	if (cJSON_IsString(value))
		return add_text(out, arena, name, value->valuestring);
	if (cJSON_IsNumber(value))
		return add_number(out, arena, name, value->valuedouble);
	if (cJSON_IsBool(value))
		return add_text(out, arena, name, cJSON_IsTrue(value) ? "true" : "false");
	if (cJSON_IsNull(value))
		return add_text(out, arena, name, "null");
	return GW_FAULT_SYNTAX;
}

/* Nothing in TS.43 is a structure: what has one is unknown and passed over (V12-REQ-18), unless it has a known name. */
static enum gw_fault add_value(struct gw_params *out, struct es_arena *arena, const char *name, const cJSON *value)
{
	if ((cJSON_IsObject(value) || cJSON_IsArray(value)) && !gw_param_is_known(es_slice_str(name)))
		return GW_FAULT_NONE;
	return add_scalar(out, arena, name, value);
}

static enum gw_fault add_member(struct gw_params *out, struct es_arena *arena, const cJSON *member)
{
	const cJSON *element;

	if (!cJSON_IsArray(member))
		return add_value(out, arena, member->string, member);
	cJSON_ArrayForEach(element, member)
	{
		enum gw_fault fault = add_value(out, arena, member->string, element);

		if (fault != GW_FAULT_NONE)
			return fault;
	}
	return GW_FAULT_NONE;
}

static enum gw_fault read_packet(const cJSON *member, struct es_arena *arena, struct es_slice *packet)
{
	struct es_slice bytes;

	if (!cJSON_IsString(member))
		return GW_FAULT_PACKET;
	if (es_base64_decode(es_slice_str(member->valuestring), arena, &bytes) != ES_OK || bytes.len == 0)
		return GW_FAULT_PACKET;
	*packet = bytes;
	return GW_FAULT_NONE;
}

enum gw_fault gw_json_parse(struct es_slice body, struct es_arena *arena, struct gw_params *out,
                            struct es_slice *packet)
{
	ES_CLEANUP(es_json_done) cJSON *root = NULL;
	const cJSON *member;

	if (es_json_parse(body, ES_JSON_SMALL, &root) != ES_OK || !cJSON_IsObject(root))
		return GW_FAULT_SYNTAX;
	member = cJSON_GetObjectItemCaseSensitive(root, RELAY_MEMBER);
	if (member != NULL)
		return read_packet(member, arena, packet);
	cJSON_ArrayForEach(member, root)
	{
		enum gw_fault fault = add_member(out, arena, member);

		if (fault != GW_FAULT_NONE)
			return fault;
	}
	return GW_FAULT_NONE;
}
