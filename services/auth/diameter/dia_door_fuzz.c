/* dia_door_fuzz.c -- octets of the network at the door: what is let in has nothing left to object to, and keeps its size. */
#undef NDEBUG /* the checks are the point, in every build */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dia_door.h"
#include "dia_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *octets = malloc(size + 1);
	struct dia_message before, after;
	uint32_t id = 0;

	if (octets == NULL)
		abort();
	memcpy(octets, data, size);
	const enum dia_door first = dia_door_check(octets, size, &id);
	if (first == DIA_DOOR_PASS)
		assert(memcmp(octets, data, size) == 0);
	if (first == DIA_DOOR_SPOILED) {
		assert(dia_message_parse(es_slice_of(data, size), &before) == ES_OK);
		assert(dia_message_parse(es_slice_of(octets, size), &after) == ES_OK);
		assert(id == before.end_to_end && before.command == after.command && before.body.len == after.body.len);
		assert(dia_door_check(octets, size, &id) == DIA_DOOR_PASS);
	}
	if (first == DIA_DOOR_BREAK)
		assert(octets[0] == 0);
	free(octets);
	return 0;
}
