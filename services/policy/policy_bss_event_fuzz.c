/* policy_bss_event_fuzz.c -- an event of a BSS, read as our own form and as TM Forum's. */
#include <stdlib.h>

#include "es_cleanup.h"
#include "policy_bss_event.h"
#include "policy_bss_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(es_status status, const struct policy_bss_event *event, const char *field, const char *error)
{
	if (status == ES_MALFORMED && (field == NULL || error == NULL))
		abort();
	if (status == ES_OK && (event->id == NULL || event->id[0] == '\0'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct es_arena *arena = es_arena_new(0, 1u << 20);
	struct policy_bss_event event;
	const char *field = NULL, *error = NULL;

	if (arena != NULL && es_json_parse(es_slice_of(data, size), POLICY_BSS_JSON, &json) == ES_OK) {
		es_status status = policy_bss_event_read(json, arena, &event, &field, &error);
		check(status, &event, field, error);
		if (status == ES_OK && event.deed == POLICY_BSS_PATCH && event.patch == NULL)
			abort();
		cJSON_Delete(event.patch);
		status = policy_bss_envelope_read(json, arena, &event, &field, &error);
		check(status, &event, field, error);
		cJSON *patch = cJSON_IsObject(json) ? cJSON_Duplicate(json, true) : NULL;
		if (patch != NULL && policy_bss_envelope_fill(&event, patch, arena) == ES_OK &&
		    (event.deed == POLICY_BSS_NOTHING) != (event.imsi[0] == '\0' && event.msisdn[0] == '\0'))
			abort();
		cJSON_Delete(patch);
	}
	es_arena_free(arena);
	return 0;
}
